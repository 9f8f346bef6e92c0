"""The file store: uploads kept once each under their id, and the results of jobs."""

from __future__ import annotations

import base64
import binascii
import contextlib
import logging
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from studio import clips, pictures
from studio.disk import Incoming, display_name, full_disk_is_said, is_bare_name, remove_file, too_large
from studio.errors import StudioError
from studio.records import Database, names
from studio.records import files as records
from studio.records.files import Media, StoredFile, suffix_of
from studio.settings import Settings

__all__ = ["FileStore", "Incoming", "StoredFile", "Swept", "Written"]

log = logging.getLogger(__name__)

DAY_S = 86_400.0
# FILE_CLEANUP_DAYS may be 0; whoever has just uploaded still gets the time to use it.
SHORTEST_KEEP_S = 3600.0
TOUCH_EVERY_S = 3600.0
COPY_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class _Seen:
    """What an upload turned out to be."""

    mime_type: str
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None


class Written(NamedTuple):
    """A result that has its place on the disk."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Swept:
    """What a clean-up removed."""

    files: int  # uploads that nobody needs any more
    orphans: int  # bytes that no record knows
    temporary: int
    outputs: int  # folders of jobs that are gone


class FileStore:
    """Uploads and results below STORAGE_PATH, in step with the records."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.fetch_back: Callable[[str, str, Path], None] | None = None  # where results have copies

    # ----------------------------------------------------------------- storing

    def receive(self) -> Incoming:
        """A temp file for an upload; it refuses more than MAX_FILE_SIZE."""
        return Incoming(self.settings.temp_path, max_bytes=self.settings.max_file_size)

    def store(
        self,
        incoming: Incoming,
        filename: str,
        *,
        media: Media = "image",
        accepted: Collection[str] = (),
        by_id: bool = True,
    ) -> StoredFile:
        """Keep an upload, once for all that send the same bytes; the temp file is gone in any case.

        `accepted` are the only types that will do, of those that the studio knows. Not `by_id`: whoever sent
        it gives it a name, and lets go of it by that.
        """
        with incoming, full_disk_is_said():
            while True:
                if known := self._known(incoming, media, accepted, by_id=by_id):
                    return known
                # Checking takes a while: another upload of the same bytes may be recorded meanwhile.
                if fresh := self._new(incoming, filename, media, accepted, by_id=by_id):
                    return fresh

    def _look(self, path: Path, media: Media, accepted: Collection[str]) -> _Seen:
        """What a file is by its contents; refused if it is not what is wanted."""
        if media == "audio":
            sound = clips.inspect_sound(path, self.settings.studio_max_audio_s)
            seen = _Seen(sound.mime_type, duration_s=sound.duration_s)
        elif media == "video":
            film = clips.look_at_video(path, self.settings.studio_max_video_s)
            seen = _Seen(film.mime_type, film.width, film.height, film.duration_s)
        else:
            if accepted and pictures.sniff(path) not in accepted:
                raise StudioError("file_type", allowed=", ".join(accepted))
            low, high = self.settings.min_image_dimension, self.settings.max_image_dimension
            picture = pictures.inspect(path, low=low, high=high)
            seen = _Seen(picture.mime_type, picture.width, picture.height)
        if accepted and seen.mime_type not in accepted:
            raise StudioError("file_type", allowed=", ".join(accepted))
        return seen

    def _known(
        self, incoming: Incoming, media: Media, accepted: Collection[str], *, by_id: bool
    ) -> StoredFile | None:
        found = records.find_hash(self.database.connection, incoming.sha256)
        if found is None:
            return None
        incoming.settle()
        if found.media != media or (accepted and found.mime_type not in accepted):
            self._look(incoming.path, media, accepted)
        now = time.time()
        with self.database.write() as connection:
            known = records.find_hash(connection, incoming.sha256)
            if known is None:
                return None
            records.revive(connection, known.id, now)
            if by_id:
                names.hold_by_id(connection, known.id, now)
            # In the transaction, so that no forced delete comes between; it is a rename and no more.
            if not self._is_whole(known):
                incoming.move_to(self._place(known.id))
        return replace(known, used_at=now, deleted_at=None, is_duplicate=True)

    def _new(
        self, incoming: Incoming, filename: str, media: Media, accepted: Collection[str], *, by_id: bool
    ) -> StoredFile | None:
        seen = self._look(incoming.path, media, accepted)
        now = time.time()
        fresh = StoredFile(
            id=str(uuid.uuid4()),
            sha256=incoming.sha256,
            filename=_named(filename, seen.mime_type),
            mime_type=seen.mime_type,
            size=incoming.size,
            width=seen.width,
            height=seen.height,
            created_at=now,
            used_at=now,
            deleted_at=None,
            duration_s=seen.duration_s,
        )
        place = self._place(fresh.id)
        incoming.settle()
        # The bytes come first: a crash in between leaves bytes for the sweep, never a record without bytes.
        copied = False
        try:
            incoming.move_to(place)
            with self.database.write() as connection:
                if records.find_hash(connection, fresh.sha256) is not None:
                    copied = True
                else:
                    records.insert(connection, fresh)
                    if by_id:
                        names.hold_by_id(connection, fresh.id, now)
        except BaseException:
            remove_file(place)
            raise
        if copied:
            incoming.take_back(place)
            return None
        return fresh

    def store_bytes(self, data: bytes, filename: str, *, media: Media = "image") -> StoredFile:
        """Keep a picture, a sound or a video that is in memory."""
        incoming = self.receive()
        try:
            incoming.write(data)
        except BaseException:
            incoming.abort()
            raise
        return self.store(incoming, filename, media=media)

    def store_base64(self, text: str, filename: str) -> StoredFile:
        """Keep a picture that was sent as base64, with or without a `data:` prefix."""
        if len(text) > self.settings.max_file_size * 2:
            raise too_large(self.settings.max_file_size)
        return self.store_bytes(_from_base64(text), filename)

    # ----------------------------------------------------------------- finding

    def get(self, file_id: str, media: Media | None = None) -> StoredFile:
        """An upload that is there for everybody; of one kind of media, if it is to be used as that."""
        found = records.find(self.database.connection, file_id)
        if found is None or found.deleted_at is not None:
            raise _no_file(file_id)
        if media is not None and found.media != media:
            raise StudioError("file_of_other_kind", name=found.filename, found=found.media, wanted=media)
        return found

    def needed(self, file_id: str) -> StoredFile:
        """An upload for a job that refers to it, even if it was deleted for everybody else since."""
        found = records.find(self.database.connection, file_id)
        if found is None:
            raise _no_file(file_id)
        return found

    def path_of(self, file_id: str) -> Path:
        """Where the bytes of a recorded upload are; for a deleted one as long as a job refers to it."""
        found = self.needed(file_id)
        path = self._place(found.id)
        if not path.is_file():
            raise _no_file(file_id)
        return path

    def path_if_there(self, file_id: str) -> Path | None:
        """Where the bytes of a recorded upload are; None when they are gone."""
        path = self._place(file_id)
        return path if path.is_file() else None

    def by_hash(self, sha256: str) -> StoredFile | None:
        """The upload with these bytes; asking counts as wanting it."""
        found = records.find_hash(self.database.connection, sha256.lower())
        if found is None or found.deleted_at is not None or not self._is_whole(found):
            return None
        now = time.time()
        if found.used_at < now - TOUCH_EVERY_S:
            with self.database.write() as connection:
                if not records.use(connection, found.id, now):
                    return None
        return found

    # ---------------------------------------------------------------- changing

    def add_references(self, connection: sqlite3.Connection, job_id: str, files: dict[str, str]) -> None:
        """Hold uploads for a job, by role; called inside the transaction that records the job."""
        for role, file_id in files.items():
            if not records.use(connection, file_id, time.time()) or not self._place(file_id).is_file():
                raise _no_file(file_id)
            records.add_reference(connection, file_id, job_id, role)

    def delete(self, file_id: str, *, force: bool = False) -> Literal["soft", "hard"]:
        """Remove an upload; while jobs refer to it only its address goes, unless by force."""
        with self.database.write() as connection:
            found = records.find(connection, file_id)
            # By force also what was deleted softly before.
            if found is None or (found.deleted_at is not None and not force):
                raise _no_file(file_id)
            names.let_go_by_id(connection, found.id, time.time())
            if not records.remove_unreferenced(connection, found.id):
                # The record stays, so that the jobs that refer to it can still be read.
                records.mark_deleted(connection, found.id, time.time())
                if force:
                    # In the transaction, so that no new upload of these bytes comes between.
                    remove_file(self._place(found.id))
                return "hard" if force else "soft"
        remove_file(self._place(found.id))
        return "hard"

    def reference_count(self, file_id: str) -> int:
        """How many jobs refer to an upload."""
        return records.reference_count(self.database.connection, file_id)

    # ----------------------------------------------------------------- results

    def output_path(self, job_id: str, name: str) -> Path:
        """Where a result is or would be; brought back if only a copy elsewhere is left."""
        place = self.result_place(job_id, name)
        if self.fetch_back is not None and not place.is_file():
            self.fetch_back(job_id, name, place)
        return place

    def result_place(self, job_id: str, name: str) -> Path:
        """Where a result is kept, whether it is there or not; only bare names mean one."""
        if not (is_bare_name(job_id) and is_bare_name(name)):
            raise StudioError("output_not_found", name=display_name(name)[:100])
        return self.settings.outputs_path / job_id / name

    def write_output(self, job_id: str, name: str, chunks: Iterable[bytes]) -> Written:
        """Keep a result as it streams in: whole under its name, or not at all."""
        target = self.result_place(job_id, name)
        with Incoming(self.settings.temp_path) as incoming:
            incoming.write_all(chunks)
            incoming.move_to(target)
            return Written(target, incoming.size, incoming.sha256)

    def copy_output(self, job_id: str, name: str, source: Path) -> Written:
        """Keep a copy of a file as a result."""
        with source.open("rb") as file:
            return self.write_output(job_id, name, iter(lambda: file.read(COPY_BLOCK), b""))

    def remove_outputs(self, job_id: str) -> None:
        """Remove all results of a job."""
        if not is_bare_name(job_id):
            raise StudioError("generation_not_found", id=display_name(job_id)[:100])
        folder = self.settings.outputs_path / job_id
        try:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
        except OSError as error:  # somebody reads one of them just now, which blocks it on Windows
            log.warning("%s cannot be removed now, the clean-up will: %s", folder, error)

    # ---------------------------------------------------------------- clean-up

    def sweep(self, now: float | None = None) -> Swept:
        """Remove what nobody needed for FILE_CLEANUP_DAYS and what crashes left; never what is in use."""
        now = time.time() if now is None else now
        keep_s = max(self.settings.file_cleanup_days * DAY_S, SHORTEST_KEEP_S)
        with self.database.write() as connection:
            expired = records.remove_expired(connection, now - keep_s, now)
        for file_id in expired:
            remove_file(self._place(file_id))
        old = now - DAY_S
        swept = Swept(
            files=len(expired),
            orphans=self._sweep_orphans(old),
            temporary=sum(remove_file(path) for path, _ in self.temporary(now)),
            outputs=self._sweep_outputs(old),
        )
        if swept != Swept(0, 0, 0, 0):
            log.info("cleaned up: %s", swept)
        return swept

    def temporary(self, now: float) -> Iterator[tuple[Path, int]]:
        """What uploads that broke off a day ago or earlier have left, each with its size."""
        for path in _older(self.settings.temp_path, 0, now - DAY_S):
            with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
                yield path, path.stat().st_size

    def _sweep_orphans(self, old: float) -> int:
        # Bytes from before these records began are another database's: it may only be away for a while.
        begun = records.kept_since(self.database)
        candidates = {path.name: path for path in _older(self.settings.files_path, begun, old)}
        orphans = records.unknown(self.database.connection, "files", candidates)
        return sum(remove_file(candidates[name]) for name in orphans)

    def _sweep_outputs(self, old: float) -> int:
        begun = records.kept_since(self.database)
        folders = _older(self.settings.outputs_path, begun, old, folders=True)
        names = [folder.name for folder in folders if _is_id(folder.name)]
        orphans = records.unknown(self.database.connection, "jobs", names)
        for name in orphans:
            self.remove_outputs(name)
        return len(orphans)

    # ------------------------------------------------------------------ places

    def _place(self, file_id: str) -> Path:
        # Exactly the id, as documented proxies serve this folder; callers hand over ids from the records.
        return self.settings.files_path / file_id

    def _is_whole(self, file: StoredFile) -> bool:
        path = self._place(file.id)
        return path.is_file() and path.stat().st_size == file.size


def _older(folder: Path, since: float, until: float, *, folders: bool = False) -> Iterator[Path]:
    """The entries of a folder that were last changed between two times."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
            if (path.is_dir() if folders else path.is_file()) and since <= path.stat().st_mtime < until:
                yield path


def _no_file(file_id: str) -> StudioError:
    return StudioError("file_not_found", id=display_name(file_id)[:100])


def _is_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _named(filename: str, mime_type: str) -> str:
    name = display_name(filename) or "upload"
    return name if "." in name else name + suffix_of(mime_type)


def _from_base64(text: str) -> bytes:
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    plain = "".join(text.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise StudioError("invalid_image", why="its base64 text cannot be read") from error
