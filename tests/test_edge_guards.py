"""What strangers try at the door: headers out of names, paths out of the storage, bodies that grow."""

from __future__ import annotations

import functools
import gzip
import io
import tarfile
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.bad_files import BadFile, bombs
from tests.conftest import RunningApp
from tests.raw_http import connect, read_all, say, shut_writing
from tests.studio_fixtures import png

AF = "/avatarforge-controller"
CRLF = (
    "%0d%0aX-Injected:%20yes",
    "%0aX-Injected:yes",
    "%E5%98%8D%E5%98%8AX-Injected:yes",
    "%0d%0a%0d%0a<html>",
)
SECRET = "a-file-that-nobody-serves"
REFUSED = {301, 302, 307, 308, 400, 401, 403, 404, 405, 413, 422, 429}


@pytest.fixture(scope="module")
def planted(app: RunningApp) -> Iterator[RunningApp]:
    """The shared app with files beside and inside its storage that no route may give."""
    app.wait_healthy()
    hidden = [app.folder / "secret.txt", app.storage / "secret.txt", app.storage / "outputs" / "secret.txt"]
    for file in hidden:
        file.write_text(SECRET, "utf-8")
    yield app
    for file in hidden:
        file.unlink()


def get(app: RunningApp, target: str, method: str = "GET") -> bytes:
    """The whole answer to a path as it is written, which a client would tidy up."""
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return say(app.url, head.encode("utf-8"))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def headers_of(answer: bytes) -> bytes:
    return answer.split(b"\r\n\r\n", 1)[0].lower()


# ------------------------------------------------------------------ headers


@pytest.mark.parametrize(
    "base",
    [
        "/{}",
        "/docs-assets/{}",
        f"{AF}/generations/{{}}",
        f"{AF}/generations/{{}}/",
        "/files/{}/",
        "/outputs/x/{}",
        "/api/v1/jobs/status/{}",
        "/api/v1/media/{}?download=true",
        "/api/v1/download/{}",
        "/download/{}",
        f"{AF}/generations?status={{}}",
        "/openapi.json?{}",
    ],
)
def test_no_path_becomes_a_header(app: RunningApp, base: str) -> None:
    for text in CRLF:
        answer = get(app, base.format(text))
        assert b"\nx-injected" not in headers_of(answer), text
        assert status_of(answer) < 500, answer[:300]


def test_no_header_becomes_another_one(app: RunningApp) -> None:
    for name in ("X-Request-ID", "Origin", "Referer", "If-None-Match", "Range", "Accept", "Prefer", "Host"):
        for value in CRLF:
            head = f"GET /health HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\nConnection: close\r\n\r\n"
            answer = say(app.url, head.encode())
            assert b"\nx-injected" not in headers_of(answer)
            assert status_of(answer) < 500


def test_no_file_name_becomes_a_header(app: RunningApp) -> None:
    for number, text in enumerate(CRLF):
        name = urllib.parse.unquote(text) + ".png"
        picture = png(f"rgb({number}, 40, 90)")
        stored = app.client.post(f"{AF}/upload/pose_image", files={"file": (name, picture)})
        assert stored.status_code == 200, stored.text
        answer = get(app, f"/files/{stored.json()['file_id']}")
        assert status_of(answer) == 200
        assert b"\nx-injected" not in headers_of(answer)


@pytest.mark.parametrize(
    "request_text",
    [
        "GET /health HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET",
        "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "\x00" * 64 + "\r\n\r\n",
    ],
)
def test_what_is_not_one_clear_request_is_refused(app: RunningApp, request_text: str) -> None:
    with connect(app.url) as connection:
        connection.sendall(request_text.encode("latin-1"))
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:
            return  # cut off, with more on its way than anybody wanted to read
        # Only then, as the other side drops an answer for which nobody waits any more.
        shut_writing(connection)
        answer += read_all(connection)
    # One answer at most: what follows must not be taken for a request of somebody else.
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert status_of(answer) in {400, 404, 405, 501, 505}, answer[:200]


def test_a_folded_line_belongs_to_its_header(app: RunningApp) -> None:
    head = "Host: x\r\nX-Request-ID: a\r\n X-Injected: b\r\nConnection: close"
    answer = say(app.url, f"GET /health HTTP/1.1\r\n{head}\r\n\r\n".encode())
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert status_of(answer) in {200, 400}
    assert b"\nx-injected" not in headers_of(answer)


# -------------------------------------------------------------------- paths

STEPS = (
    "../",
    "%2e%2e/",
    "..%2f",
    "%2e%2e%2f",
    "..\\",
    "..%5c",
    "....//",
    "..;/",
    "%252e%252e%252f",
    "..%c0%af",
)
BASES = (
    "/",
    "/docs-assets/",
    "/files/",
    "/outputs/",
    "/outputs/x/",
    f"{AF}/outputs/x/",
    f"{AF}/files/",
    "/api/v1/media/",
    "/api/v1/download/",
    "/download/",
    "/api/v1/jobs/status/",
    "/api/v1/cleanup/",
    "/content/",
)
TARGETS = ("secret.txt", "etc/passwd", "avatarforge.db", "app.py", "windows/win.ini")


@pytest.mark.parametrize("base", BASES)
def test_no_path_leads_out_of_the_storage(planted: RunningApp, base: str) -> None:
    with httpx.Client(base_url=planted.url, trust_env=False) as client:
        for step in STEPS:
            for depth in (1, 2, 3, 8):
                for target in TARGETS:
                    raw = f"{base}{step * depth}{target}".encode()
                    answer = client.get(httpx.URL(planted.url).copy_with(raw_path=raw))
                    assert answer.status_code in REFUSED, raw
                    assert not leaks(answer.content), raw


@pytest.mark.parametrize("base", BASES)
def test_no_absolute_or_odd_name_is_served(planted: RunningApp, base: str) -> None:
    names = [
        *("/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "file:///etc/passwd", "C:%5cwindows%5cwin.ini"),
        *(
            str(planted.folder / "secret.txt"),
            urllib.parse.quote(str(planted.folder / "secret.txt"), safe=""),
        ),
        *("secret.txt%00.png", "%00", ".", "..", "~", "CON", "secret.txt::$DATA", "x" * 4000, "%ff%fe"),
    ]
    for name in names:
        answer = get(planted, f"{base}{name}")
        assert status_of(answer) in REFUSED | {200}, name
        assert not leaks(answer), name
        assert status_of(answer) < 500


def leaks(answer: bytes) -> bool:
    """Whether something is in it that lies on this disk."""
    return any(
        text in answer for text in (SECRET.encode(), b"root:x:", b"SQLite format 3", b"from __future__")
    )


def test_no_file_name_leads_anywhere(planted: RunningApp) -> None:
    before = set(planted.folder.rglob("*evil*"))
    for name in ("../evil.png", "..\\evil.png", "/tmp/evil.png", "a/../../evil.png", "evil.png\0.exe"):
        for route in (f"{AF}/upload/pose_image", f"{AF}/upload/reference_image", "/api/v1/upload/image"):
            answer = planted.client.post(route, files={"file": (name, png("teal"))})
            assert answer.status_code in {200, 400}, answer.text
    assert set(planted.folder.rglob("*evil*")) == before
    assert not Path("/tmp/evil.png").exists()


# ------------------------------------------------------------------- sizes


def test_large_heads_are_refused(app: RunningApp) -> None:
    for head in (
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ",
        "GET /",
    ):
        with connect(app.url) as connection:
            answer = b""
            connection.settimeout(20)
            try:
                connection.sendall(head.encode())
                for _ in range(40):
                    connection.sendall(b"a" * 50_000)
            except (BrokenPipeError, ConnectionResetError):
                answer = b"closed"
            answer += read_all(connection)
        assert answer.startswith((b"HTTP/1.1 400", b"closed")) or answer == b"", answer[:200]


@pytest.mark.parametrize(
    "path",
    [
        f"{AF}/generate/avatar",
        "/api/v1/jobs/generate",
        "/api/v1/generate/async",
        "/api/v1/webhooks/test",
        f"{AF}/upload/pose_image",
        "/api/v1/upload/image",
        "/studio/restore",
        f"{AF}/workflows",
        "/nothing/here",
    ],
)
def test_claimed_and_endless_bodies_are_refused(app: RunningApp, path: str) -> None:
    kind = "multipart/form-data; boundary=b" if "upload" in path or "restore" in path else "application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
    claimed = f"{head}Expect: 100-continue\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n"
    answer = say(app.url, claimed.encode())
    assert status_of(answer) in {404, 413}, answer[:300]


def test_packed_bodies_stay_packed(app: RunningApp) -> None:
    process = psutil.Process(app.process.pid)
    packed = gzip.compress(b'{"prompt": "' + b"a" * 150_000_000 + b'"}', 1)
    before = process.memory_info().rss
    for coding in ("gzip", "deflate"):
        headers = {"Content-Type": "application/json", "Content-Encoding": coding}
        for path in (f"{AF}/generate/avatar", "/api/v1/jobs/generate"):
            answer = app.client.post(path, content=packed, headers=headers)
            assert answer.status_code in {400, 415, 422}, answer.text
    assert process.memory_info().rss - before < 100_000_000


@functools.cache
def picture_bombs() -> list[BadFile]:
    """Pictures that would fill a memory."""
    return list(bombs())


def archive_bombs() -> dict[str, bytes]:
    """Archives that would fill a disk."""
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.png", bytes(5_000_000))
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../evil.png"), io.BytesIO(b""))
    return {"zip": packed.getvalue(), "tar": tarred.getvalue()}


@pytest.mark.parametrize("route", ["/api/v1/upload/image", "/api/v1/upload/audio", "/studio/restore"])
def test_bombs_do_not_fill_the_memory(app: RunningApp, route: str) -> None:
    process = psutil.Process(app.process.pid)
    before = process.memory_info().rss
    for name, content in archive_bombs().items():
        answer = app.client.post(route, files={"file": (f"bomb.{name}", content)})
        assert 400 <= answer.status_code < 500, answer.text
    for bomb in picture_bombs():
        answer = app.client.post(route, files={"file": ("bomb.png", b"".join(bomb.blocks()))})
        assert answer.status_code < 500, f"{bomb.name}: {answer.text}"
    assert process.memory_info().rss - before < 150_000_000


def test_nothing_of_that_left_a_trace(app: RunningApp) -> None:
    assert not any("Traceback" in line for line in app.lines), "".join(app.lines[-80:])
    assert not [path for path in (app.storage / "temp").iterdir() if path.is_file()]
    assert app.client.get("/health").status_code == 200
