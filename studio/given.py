"""Files that clients name by a path or an address: ours are found below the storage, others are fetched.

No client reaches a file outside of STORAGE_PATH, by whatever spelling; what a file is, its bytes say.
"""

from __future__ import annotations

import contextlib
import re
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path

from studio import fetch
from studio.disk import Incoming, display_name, is_bare_name
from studio.errors import StudioError
from studio.files import COPY_BLOCK, FileStore
from studio.records import media as outputs
from studio.records import names
from studio.records.files import Media, StoredFile

FETCH_S = 60.0
REDIRECTS = 5
MAX_PATH = 1024
# Where the same things lie under the addresses of the API families.
_FAMILIES = re.compile(r"(avatarforge-controller|api/v1)(?=/(files|outputs|media|download)/)/")
_UNFINISHED = "temp"


def given(
    files: FileStore,
    *,
    url: str | None = None,
    path: str | None = None,
    media: Media = "image",
    base_url: str = "",
) -> StoredFile:
    """What a client names, as an upload; the path wins. `base_url` is how the client reached the studio."""
    local = _local(files, url, path, media, base_url)
    if local is None:
        with _fetched(files, url or "", most_bytes(files, media)) as incoming:
            return files.store(incoming, _name_in(url or ""), media=media)
    if (known := _upload(files, local)) is not None:
        return files.get(known, media=media)
    place = _place(files, local)
    incoming = Incoming(files.settings.temp_path, max_bytes=most_bytes(files, media))
    with incoming:
        with place.open("rb") as file:
            incoming.write_all(iter(lambda: file.read(COPY_BLOCK), b""))
        return files.store(incoming, place.name, media=media)


@contextlib.contextmanager
def given_path(
    files: FileStore,
    *,
    url: str | None = None,
    path: str | None = None,
    what: str = "video",
    base_url: str = "",
) -> Iterator[Path]:
    """Where the bytes lie that a client names, of any kind; what had to be fetched goes afterwards."""
    local = _local(files, url, path, what, base_url)
    if local is not None:
        yield _place(files, local)
        return
    with _fetched(files, url or "", files.settings.studio_max_audio_size) as incoming:
        incoming.settle()
        yield incoming.path


def place_of(files: FileStore, text: str, base_url: str = "") -> Path | None:
    """Where a path or an address of ours lies; nothing for an address of somebody else."""
    local = _of_address(files, text, base_url) if _is_address(text) else text
    return None if local is None else _place(files, local)


def _local(files: FileStore, url: str | None, path: str | None, what: str, base_url: str) -> str | None:
    """The path that is meant; nothing when it is to be fetched."""
    if path and path.strip():
        text = path.strip()
        # Some clients give back as a path what they were given as an address.
        found = _of_address(files, text, base_url) if _is_address(text) else text
        if found is None:
            raise _outside(text)
        return found
    if not (url and url.strip()):
        raise StudioError("given_nothing", what=what)
    return _of_address(files, url.strip(), base_url)


def _is_address(text: str) -> bool:
    return "://" in text[:16]


def _of_address(files: FileStore, url: str, base_url: str) -> str | None:
    """The path below the storage folder that an address of ours stands for."""
    if not _is_address(url) and not url.startswith("//"):
        return urllib.parse.unquote(url.partition("?")[0].partition("#")[0])
    try:
        asked = urllib.parse.urlsplit(url)
        for base in (files.settings.public_base_url, base_url):
            ours = urllib.parse.urlsplit(base)
            root = ours.path.rstrip("/")
            if ours.netloc and asked.netloc.lower() == ours.netloc.lower() and asked.scheme in fetch.SCHEMES:
                path = asked.path.removeprefix(root) if asked.path.startswith(f"{root}/") else asked.path
                return urllib.parse.unquote(path)
    except ValueError as error:
        raise StudioError("address_refused", why="it cannot be read") from error
    return None


# ------------------------------------------------------------------------- places


def _segments(files: FileStore, text: str) -> list[str]:
    """The names from the storage folder down to the file; each can mean only one entry of its folder."""
    if len(text) > MAX_PATH:
        raise _outside(text)
    plain = text.strip()
    root = files.settings.storage_path
    for base in {root.absolute().as_posix(), root.resolve().as_posix()}:
        spelled = plain.replace("\\", "/") if root.absolute().drive else plain
        if spelled.startswith(f"{base.rstrip('/')}/"):
            plain = spelled[len(base.rstrip("/")) + 1 :]
            break
    else:
        plain = _FAMILIES.sub("", plain.removeprefix("/"), count=1) if not plain.startswith("//") else plain
    found = plain.split("/")
    if not all(is_bare_name(name) for name in found):
        raise _outside(text)
    return found


def _upload(files: FileStore, text: str) -> str | None:
    """The id of the upload that a path stands for."""
    found = _segments(files, text)
    if found[0] == "files" and len(found) == 2:
        return found[1].partition(".")[0]
    if found[0] == "download" and len(found) == 2:
        return names.find(files.database, found[1])
    return None


def _place(files: FileStore, text: str) -> Path:
    """The file itself, which is there and below the storage folder, also behind every link."""
    found = _segments(files, text)
    if (known := _upload(files, text)) is not None:
        return files.path_of(files.get(known).id)
    if found[0] in ("media", "download") and len(found) == 2:
        place = _of_output(files, found[1].partition(".")[0], text)
    elif found[0] == "outputs" and len(found) == 3:
        place = files.output_path(found[1], found[2])
    else:
        place = files.settings.storage_path.joinpath(*found)
    root = files.settings.storage_path.resolve()
    resolved = place.resolve()
    if not resolved.is_relative_to(root) or found[0] == _UNFINISHED:
        raise _outside(text)
    if not resolved.is_file():
        raise _missing(text)
    return resolved


def _of_output(files: FileStore, name: str, text: str) -> Path:
    try:
        output = outputs.find(files.database, str(uuid.UUID(name)))
    except ValueError:
        output = None
    if output is None:
        raise _missing(text)
    return files.output_path(output.job_id, output.name)


def _missing(text: str) -> StudioError:
    return StudioError("given_missing", path=display_name(text)[:100])


def _outside(text: str) -> StudioError:
    return StudioError("given_outside", path=display_name(text)[:100])


# ----------------------------------------------------------------------- fetching


@contextlib.contextmanager
def _fetched(files: FileStore, url: str, max_bytes: int) -> Iterator[Incoming]:
    bounds = fetch.Bounds(
        seconds=FETCH_S,
        max_bytes=max_bytes,
        redirects=REDIRECTS,
        allow_private=files.settings.studio_allow_private_addresses,
    )
    answer = fetch.request("GET", url, bounds=bounds)
    if answer.status != 200:
        raise StudioError("address_without_file", host=fetch.check(url).host, status=answer.status)
    with Incoming(files.settings.temp_path, max_bytes=max_bytes) as incoming:
        incoming.write(answer.body)
        yield incoming


def most_bytes(files: FileStore, media: Media) -> int:
    """How large a file of this kind may be."""
    settings = files.settings
    limits: dict[Media, int] = {
        "image": settings.max_file_size,
        "audio": settings.studio_max_audio_size,
        "video": settings.studio_max_video_size,
    }
    return limits[media]


def _name_in(url: str) -> str:
    return display_name(urllib.parse.unquote(urllib.parse.urlsplit(url).path)) or "file"
