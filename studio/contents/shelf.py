"""The files of kept content: one folder of them, each held by its own link, with small pictures beside."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from studio.disk import Incoming, full_disk_is_said, is_bare_name, remove_file
from studio.errors import StudioError
from studio.files import COPY_BLOCK
from studio.gallery.thumbnails import AT_ONCE, has_small, small
from studio.records.contents import Content
from studio.settings import Settings

log = logging.getLogger(__name__)

SMALL = "thumbnails"
# Any width may be asked for; few are made, so that nobody fills the disk with them.
SIDES = (96, 160, 320, 480, 640, 960, 1280)


class Shelf:
    """A folder of kept files."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.content_path
        self._making = threading.BoundedSemaphore(AT_ONCE)

    def place(self, name: str) -> Path:
        """Where a file of this name is or would be; only bare names mean one."""
        if not is_bare_name(name):
            raise StudioError("content_not_found", id=name[:100])
        return self.folder / name

    def keep(self, source: Path, name: str) -> Path:
        """Hold a file under a name of our own: by a link where the disk can, else as a copy."""
        target = self.place(name)
        link = self.settings.temp_path / uuid.uuid4().hex
        with full_disk_is_said():
            target.parent.mkdir(parents=True, exist_ok=True)
            self.settings.temp_path.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, link)
            except FileNotFoundError:
                raise
            except OSError as error:  # another disk, or one that knows no links
                log.debug("%s is copied, as it cannot be linked: %s", source, error)
                return self._copy(source, target)
            try:
                link.replace(target)
            finally:
                # Renaming a link over another one of the same file does nothing at all.
                remove_file(link)
        return target

    def _copy(self, source: Path, target: Path) -> Path:
        with Incoming(self.settings.temp_path) as incoming, source.open("rb") as file:
            incoming.write_all(iter(lambda: file.read(COPY_BLOCK), b""))
            incoming.move_to(target)
        return target

    def write(self, blocks: Iterable[bytes], name: str) -> tuple[Path, str]:
        """Keep bytes under a name; gives their hash, too."""
        target = self.place(name)
        with Incoming(self.settings.temp_path) as incoming:
            incoming.write_all(blocks)
            incoming.move_to(target)
            return target, incoming.sha256

    def remove(self, name: str) -> None:
        """Remove a file with its small pictures."""
        remove_file(self.place(name))
        for path in self._small_of(name.partition(".")[0]):
            remove_file(path)

    def names(self, until: float) -> Iterator[tuple[str, int]]:
        """The files that were last changed before a time, each with its size."""
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
                    if entry.is_file() and (facts := entry.stat()).st_mtime < until:
                        yield entry.name, facts.st_size

    # ------------------------------------------------------------- small pictures

    def small(self, content: Content, path: Path, width: int) -> Path:
        """The picture, or the first one of a video, about so wide; made on the first wish."""
        if not has_small(content.content_type, content.mime_type):
            raise StudioError("no_thumbnail", name=content.name, why=f"it is {content.mime_type}")
        wide = next((side for side in SIDES if side >= width), SIDES[-1])
        # By contents, as what is made again keeps its name.
        place = self.folder / SMALL / f"{content.id}-{content.sha256[:16]}-{wide}.webp"
        if place.is_file():
            return place
        tall = (content.height or 1) / (content.width or 1)
        with self._making:
            if not place.is_file():
                self._make(content, path, round(wide * max(1.0, min(tall, 4.0))), place)
        return place

    def _make(self, content: Content, path: Path, side: int, place: Path) -> None:
        try:
            data = small(path, content.mime_type, side)
        except StudioError as error:
            raise StudioError("no_thumbnail", name=content.name, why=error.message.rstrip(".")) from error
        with Incoming(self.settings.temp_path) as incoming:
            incoming.write(data)
            incoming.move_to(place)

    def _small_of(self, content_id: str) -> Iterator[Path]:
        # Ids are ours: letters, digits and hyphens, nothing that a pattern would read otherwise.
        return (self.folder / SMALL).glob(f"{content_id}-*.webp")
