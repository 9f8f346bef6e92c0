"""Bytes on their way to the disk: hashed and bounded while they come, whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import sqlite3
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from studio.errors import StudioError

log = logging.getLogger(__name__)

MAX_NAME = 255  # what people are shown of a client's name for a file
MAX_BARE_NAME = 200  # leaves room for a suffix below the 255 bytes of common file systems

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in "0123456789")}
)


@contextlib.contextmanager
def full_disk_is_said() -> Iterator[None]:
    """Turn a full disk, also one that the database meets, into its own error."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StudioError("disk_full") from error
        raise
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StudioError("disk_full") from error
        raise


class Incoming:
    """A temp file that hashes what is written to it; gone unless it was moved to its place."""

    def __init__(self, folder: Path, *, max_bytes: int | None = None) -> None:
        self.path = folder / uuid.uuid4().hex
        self.max_bytes = max_bytes
        self.size = 0
        self._hash = hashlib.sha256()
        self._moved = False
        with full_disk_is_said():
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)

    @property
    def sha256(self) -> str:
        """The hash of all that was written so far."""
        return self._hash.hexdigest()

    def write(self, block: bytes) -> None:
        """Add a block; best are blocks of a megabyte or so."""
        self.size += len(block)
        if self.max_bytes is not None and self.size > self.max_bytes:
            raise too_large(self.max_bytes)
        with full_disk_is_said():
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._hash.update(block)

    def write_all(self, blocks: Iterable[bytes]) -> None:
        """Add many blocks."""
        for block in blocks:
            self.write(block)

    def settle(self) -> None:
        """Make sure that all of it is on the disk; nothing can be added afterwards."""
        if not self._file.closed:
            with full_disk_is_said():
                os.fsync(self._file.fileno())
                self._file.close()

    def move_to(self, target: Path) -> None:
        """Give the whole file its place at once, over whatever is there."""
        self.settle()
        with full_disk_is_said():
            target.parent.mkdir(parents=True, exist_ok=True)
            self.path.replace(target)
            self._moved = True
            sync_folder(target.parent)

    def take_back(self, place: Path) -> None:
        """Undo a move."""
        place.replace(self.path)
        self._moved = False

    def abort(self) -> None:
        """Remove it, unless it has its place; may be called again."""
        with contextlib.suppress(OSError):  # closing may try to write once more to a full disk
            self._file.close()
        if not self._moved:
            remove_file(self.path)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def too_large(max_bytes: int) -> StudioError:
    """The refusal of a file over the limit."""
    return StudioError("file_too_large", limit_mb=max_bytes / 1024 / 1024)


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network and container file systems cannot; the file itself is safe.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def remove_file(path: Path) -> bool:
    """Remove a file if it is there; one that cannot go now is left to the next sweep."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", path, error)
        return False
    return True


def is_bare_name(name: str) -> bool:
    """Whether a name can only mean one entry of one folder, on every system."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= MAX_BARE_NAME
        and name[0] not in ". "
        and name[-1] not in ". "
        and not any(letter in '<>:"/\\|?*' or _is_invisible(letter) for letter in name)
        and name.partition(".")[0].rstrip().lower() not in _RESERVED
    )


def _is_invisible(letter: str) -> bool:
    # Controls, marks that turn the writing direction, halves of letters, private ones, line ends.
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def display_name(name: str) -> str:
    """A client's name for a file as people may see it: no path, nothing invisible, not endless."""
    last = name[-4096:].replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in last if not _is_invisible(letter))
    seen = " ".join(seen.split()).strip(". ")
    if len(seen) <= MAX_NAME:
        return seen
    stem, dot, suffix = seen.rpartition(".")
    if not dot or len(suffix) > 10:
        return seen[:MAX_NAME]
    return stem[: MAX_NAME - len(suffix) - 1] + dot + suffix
