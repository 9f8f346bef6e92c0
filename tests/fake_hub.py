"""A Hugging Face Hub on this machine: files, gates, redirects, and every way to break off."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tests import local_server
from tests.local_server import serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def safetensors(size: int = 300_000, fill: bytes = b"x") -> bytes:
    """A whole safetensors file of about this size."""
    header = json.dumps({"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + fill * size


@dataclass
class Hub:
    """What the hub has, how it misbehaves, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)  # by OWNER/REPO/PATH
    gated: dict[str, str] = field(default_factory=dict)  # repository: the token that opens it
    elsewhere: bool = False  # large files lie on another host, as on the real one
    break_after: list[int] = field(default_factory=list)  # each GET ends early after so many bytes
    status: int = 0  # answer everything with it
    wrong_hash: bool = False
    ignore_ranges: bool = False
    hold: threading.Event | None = None  # each GET stops in the middle until this is set
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def gets(self) -> list[tuple[str, dict[str, str]]]:
        """The downloads that were begun: path and headers."""
        return [(path, headers) for method, path, headers in self.asked if method == "GET"]

    def address(self, name: str) -> str:
        """A file's address as people copy it from the real hub."""
        owner, repo, path = name.split("/", 2)
        return f"https://huggingface.co/{owner}/{repo}/resolve/main/{path}"


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    hub = Hub()

    class Handler(local_server.Handler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            hub.asked.append((self.command, path, {k.lower(): v for k, v in self.headers.items()}))
            if hub.status:
                return self._plain(hub.status)
            if path.startswith("blobs/"):
                return self._file(hub.files[path.removeprefix("blobs/")])
            owner, repo, _, _, name = path.split("/", 4)
            repository, key = f"{owner}/{repo}", f"{owner}/{repo}/{name}"
            if (token := hub.gated.get(repository)) and self.headers.get(
                "authorization"
            ) != f"Bearer {token}":
                return self._plain(401, [("X-Error-Code", "GatedRepo"), ("X-Error-Message", "gated")])
            if key not in hub.files:
                known = any(other.startswith(f"{repository}/") for other in hub.files)
                return self._plain(404, [("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")])
            data = hub.files[key]
            digest = hashlib.sha256(b"other" if hub.wrong_hash else data).hexdigest()
            facts = [
                ("X-Repo-Commit", COMMIT),
                ("X-Linked-Size", str(len(data))),
                ("X-Linked-Etag", f'"{digest}"'),
            ]
            if hub.elsewhere:
                # Another host by name, the same machine: a token must not travel there.
                place = hub.url.replace("127.0.0.1", "localhost")
                return self._plain(302, [*facts, ("Location", f"{place}/blobs/{key}?signed=1")])
            return self._file(data, facts)

        def _plain(self, status: int, headers: list[tuple[str, str]] | None = None) -> None:
            self.send_response(status)
            for name, value in headers or []:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _file(self, data: bytes, facts: list[tuple[str, str]] | None = None) -> None:
            wanted = self.headers.get("range", "")
            begin = 0 if hub.ignore_ranges or not wanted else int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206 if begin else 200)
            for name, value in facts or []:
                self.send_header(name, value)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            if self.command == "HEAD":
                return
            rest = data[begin:]
            if hub.hold is not None:
                self.wfile.write(rest[: len(rest) // 2])
                self.wfile.flush()
                hub.hold.wait(30)
                rest = rest[len(rest) // 2 :]
            if hub.break_after:
                self.wfile.write(rest[: hub.break_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(rest)

    with serving(Handler) as hub.url:
        yield hub
