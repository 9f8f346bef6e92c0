"""Small pictures of finished ones: made on the first wish, kept beside them, and gone with them."""

from __future__ import annotations

import threading
from pathlib import Path

from studio import clips, pictures
from studio.disk import Incoming, remove_file
from studio.errors import StudioError
from studio.files import FileStore
from studio.records.entities import Output

SIDE = 320
FOLDER = "thumbnails"
AT_ONCE = 2  # each needs the whole picture in memory for a moment


def has_thumbnail(output: Output) -> bool:
    """Whether there is something to see of it: a picture, or the first one of a video."""
    return has_small(output.media, output.mime_type)


def has_small(media: str, mime_type: str) -> bool:
    """Whether there is something to see of such a file."""
    return media == "video" or mime_type in pictures.MIME_TYPES.values()


def small(path: Path, mime_type: str, side: int) -> bytes:
    """A WEBP of a picture, or of the first one of a video, of at most `side` pixels each way."""
    if mime_type in pictures.MIME_TYPES.values():
        return pictures.thumbnail(path, side)
    if not path.is_file():
        raise FileNotFoundError(path)
    shown = clips.poster(path)
    return pictures.thumbnail_of_pixels(shown.width, shown.height, shown.pixels, side)


class Thumbnails:
    """The small pictures of a store."""

    def __init__(self, files: FileStore) -> None:
        self.files = files
        self._making = threading.BoundedSemaphore(AT_ONCE)

    def path(self, output: Output) -> Path:
        """Where the small picture is or would be: in the job's own folder, so that it goes with it."""
        # By contents, as a picture that is made again keeps its name.
        return (
            self.files.result_place(output.job_id, output.name).parent / FOLDER / f"{output.sha256[:32]}.webp"
        )

    def get(self, output: Output) -> Path:
        """The small picture, made now if it is not there yet."""
        path = self.path(output)
        if path.is_file():
            return path
        if not has_thumbnail(output):
            raise StudioError("no_thumbnail", name=output.name, why=f"it is {output.mime_type}")
        with self._making:
            # Several ask at once when a page opens; whoever waited finds it made.
            if not path.is_file():
                self._make(output, path)
        return path

    def remove(self, output: Output) -> None:
        """Remove the small picture, if there is one."""
        remove_file(self.path(output))

    def _make(self, output: Output, path: Path) -> None:
        try:
            data = small(self.files.output_path(output.job_id, output.name), output.mime_type, SIDE)
        except FileNotFoundError as error:
            raise StudioError("output_not_found", name=output.name) from error
        except StudioError as error:
            raise StudioError("no_thumbnail", name=output.name, why=error.message.rstrip(".")) from error
        with Incoming(self.files.settings.temp_path) as incoming:
            incoming.write(data)
            incoming.move_to(path)
