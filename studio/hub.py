"""One file of the Hugging Face Hub onto the disk: resumed, checked, and at its place only when whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from studio.disk import full_disk_is_said
from studio.errors import StudioError

HUB = "https://huggingface.co"
SUFFIX = ".safetensors"
ONNX = ".onnx"  # graphs and numbers, too; only of the files that the studio itself reads
# Other formats can run code when they are opened.
SPARE_BYTES = 2**29  # stays free beside a model, for everything else on that disk
MAX_HEADER_BYTES = 100 * 2**20
BLOCK_BYTES = 2**20
METADATA_TIMEOUT_S = 10.0

_SHA256 = re.compile(r"[0-9a-f]{64}")

Told = Callable[[int, int | None], None]


class StoppedError(Exception):
    """Somebody wants no more of this download; what has come so far stays for the next time."""


@dataclass(frozen=True)
class HubFile:
    """Where a file is on the Hub."""

    repo: str
    revision: str
    path: str

    @property
    def name(self) -> str:
        """Its name without folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Remote:
    """What the Hub says about a file before any of it is fetched."""

    location: str
    headers: dict[str, str]
    etag: str
    size: int | None

    @property
    def sha256(self) -> str | None:
        """The hash of its bytes; small files have another kind of tag."""
        return self.etag if _SHA256.fullmatch(self.etag) else None


def parse_address(address: str, hub: str = HUB) -> HubFile:
    """The file that a link of the Hub's pages or of its downloads means."""
    parts = urllib.parse.urlsplit(address.strip())
    hosts = {urllib.parse.urlsplit(known).netloc for known in (HUB, hub)}
    found = re.fullmatch(r"/([^/]+/[^/]+)/(?:resolve|blob)/([^/]+)/(.+)", urllib.parse.unquote(parts.path))
    if parts.scheme not in {"http", "https"} or parts.netloc not in hosts or found is None:
        raise StudioError("model_address", address=address)
    if any(part in {"", ".", ".."} for part in found[3].split("/")):
        raise StudioError("model_address", address=address)
    return HubFile(found[1], found[2], found[3])


def fetch(
    file: HubFile,
    target: Path,
    *,
    hub: str = HUB,
    token: str = "",
    told: Told,
    stopped: Callable[[], bool],
    wanted: str | None = None,
) -> str:
    """Bring a file to its place and give the hash of its bytes; goes on with an earlier, broken attempt.

    `wanted` is the hash that somebody expects; where the Hub tells another one, nothing is fetched.
    """
    suffix = target.suffix.lower()
    if suffix not in (SUFFIX, ONNX) or not file.path.lower().endswith(suffix):
        raise StudioError("model_format", name=target.name if file.path.endswith(SUFFIX) else file.path)
    with _said_for_people(file, hub):
        remote = _look_up(file, hub, token)
        _refuse_other(file, wanted, remote.sha256)
        if target.exists():
            return _same_or_refused(target, remote, told)
        partial = target.with_name(f"{target.name}.{remote.etag[:16]}.partial")
        with full_disk_is_said():
            target.parent.mkdir(parents=True, exist_ok=True)
            for other in target.parent.glob(f"{_glob_escaped(target.name)}.*.partial"):
                if other != partial:  # of a version that is no longer served
                    other.unlink()
            _download(remote, partial, told, stopped)
    sha256 = _hash(partial, stopped)
    if remote.sha256 is None and wanted is not None and sha256 != wanted:
        partial.unlink()
        _refuse_other(file, wanted, sha256)
    if remote.sha256 is not None and sha256 != remote.sha256:
        partial.unlink()
        raise StudioError("model_damaged", name=file.name, why="its hash is not the one that the Hub states")
    try:
        (check_onnx if suffix == ONNX else check_safetensors)(partial)
    except ValueError as reason:
        partial.unlink()
        raise StudioError("model_damaged", name=file.name, why=str(reason)) from reason
    size = partial.stat().st_size
    told(size, size)
    if stopped():
        raise StoppedError
    partial.replace(target)
    return sha256


def _refuse_other(file: HubFile, wanted: str | None, found: str | None) -> None:
    if wanted is not None and found is not None and found != wanted:
        # Only programs name a hash, so these words are for them.
        why = f"its hash is {found}, and {wanted} was asked for"
        raise StudioError("model_damaged", name=file.name, why=why)


def forget(target: Path) -> None:
    """Remove what has come of a file that nobody wants any more."""
    for partial in target.parent.glob(f"{_glob_escaped(target.name)}.*.partial"):
        partial.unlink(missing_ok=True)


def check_safetensors(path: Path) -> None:
    """Refuse, with the reason, a file whose header does not describe exactly its bytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 10 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
            raise ValueError("it is not a safetensors file")
        try:
            header = json.loads(file.read(length))
            ends = [
                int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"
            ]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise ValueError("its safetensors header cannot be read") from error
    if max(ends, default=0) != size - 8 - length:
        raise ValueError("it is shorter or longer than its header says")


def check_onnx(path: Path) -> None:
    """Refuse, with the reason, what does not begin as an ONNX graph does."""
    with path.open("rb") as file:
        head = file.read(2)
    # The first member of every such file: the version of the format, which is small.
    if len(head) < 2 or head[0] != 0x08 or not 0 < head[1] < 100:
        raise ValueError("it is not an ONNX file")


def _look_up(file: HubFile, hub: str, token: str) -> Remote:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(file.repo, file.path, revision=file.revision, endpoint=hub)
    found = get_hf_file_metadata(url, token=token or False, timeout=METADATA_TIMEOUT_S, endpoint=hub)
    headers = build_hf_headers(token=token or False)
    if urllib.parse.urlsplit(found.location).netloc != urllib.parse.urlsplit(url).netloc:
        headers.pop("authorization", None)  # a signed address elsewhere: the token is none of its business
    if not found.etag:
        raise StudioError("hub_unavailable", hub=hub, why="it states no tag for the file")
    return Remote(found.location, headers, found.etag, found.size)


def _same_or_refused(target: Path, remote: Remote, told: Told) -> str:
    size = target.stat().st_size
    if remote.size in (None, size):
        sha256 = _hash(target, lambda: False)
        if remote.sha256 in (None, sha256):
            told(size, size)
            return sha256
    raise StudioError("model_exists", path=target)


def _download(remote: Remote, partial: Path, told: Told, stopped: Callable[[], bool]) -> None:
    from huggingface_hub.file_download import http_get

    done = partial.stat().st_size if partial.exists() else 0
    if remote.size is not None:
        free = shutil.disk_usage(partial.parent).free
        if remote.size - done + SPARE_BYTES > free:
            raise StudioError(
                "model_disk_full",
                name=partial.name.removesuffix(".partial").rpartition(".")[0],
                needed_gb=(remote.size - done + SPARE_BYTES) / 1e9,
                free_gb=free / 1e9,
                folder=partial.parent,
            )
    with partial.open("r+b" if partial.exists() else "w+b") as out:
        if remote.size is not None and done > remote.size:
            done = 0
            out.truncate(0)
        out.seek(done)
        told(done, remote.size)
        http_get(
            remote.location,
            _Watched(out, stopped),  # type: ignore[arg-type]
            resume_size=done,
            headers=remote.headers,
            expected_size=remote.size,
            tqdm_class=_meter(told, remote.size),
        )
        out.flush()
        os.fsync(out.fileno())


class _Watched:
    """A file that refuses to be written to once nobody wants it."""

    def __init__(self, file: BinaryIO, stopped: Callable[[], bool]) -> None:
        self._file = file
        self._stopped = stopped

    def write(self, block: bytes) -> int:
        """Write, unless it is no longer wanted."""
        if self._stopped():
            raise StoppedError
        return self._file.write(block)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _meter(told: Told, size: int | None) -> type[Any]:
    """What the Hub's library takes for a progress bar: it tells how many bytes there are."""
    from tqdm import tqdm

    class Meter(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            self._have = int(options.get("initial") or 0)
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            self._have += int(n or 0)
            told(self._have, size)
            return None

    return Meter


def _hash(path: Path, stopped: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if stopped():
                raise StoppedError
            digest.update(block)
    return digest.hexdigest()


def _glob_escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


@contextlib.contextmanager
def _said_for_people(file: HubFile, hub: str) -> Iterator[None]:
    """Turn the Hub's refusals and broken connections into errors of ours."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise StudioError("model_gated", repo=file.repo, hub=hub) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise StudioError("model_not_on_hub", path=file.path, repo=file.repo, hub=hub) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise StudioError("hub_unavailable", hub=hub, why=f"it answered {status}") from error
    except (httpx2.HTTPError, errors.OfflineModeIsEnabled) as error:
        raise StudioError("hub_unavailable", hub=hub, why=str(error) or type(error).__name__) from error
    except OSError as error:
        if error.errno is None:  # the Hub's library says so when too few or too many bytes have come
            raise StudioError("hub_unavailable", hub=hub, why="the download ended too early") from error
        raise
