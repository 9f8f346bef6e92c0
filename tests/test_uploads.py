"""Uploads over a real socket: what arrives whole is kept, everything else is refused and leaves nothing."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api import uploads
from studio.errors import StudioError
from studio.files import FileStore
from studio.records import open_database
from studio.settings import Settings
from tests.bad_files import BadFile, bad_files, picture

MAX_FILE_SIZE = 2_000_000
BOUNDARY = b"----boundary7MA4YWxkTrZu0gW"


@dataclass(frozen=True)
class Running:
    """A server that does nothing but receive and store."""

    port: int
    files: FileStore

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/upload"

    def leftovers(self) -> list[Path]:
        return [path for path in self.files.settings.storage_path.rglob("*") if path.is_file()]


def make_app(files: FileStore) -> Starlette:
    async def upload(request: Request) -> JSONResponse:
        try:
            incoming, filename = await uploads.receive(request, files.settings)
            stored = await run_in_threadpool(files.store, incoming, filename)
        except StudioError as error:
            return JSONResponse(error.to_json(), status_code=error.status)
        return JSONResponse(
            {"id": stored.id, "filename": stored.filename, "sha256": stored.sha256, "size": stored.size}
            | {"is_duplicate": stored.is_duplicate}
        )

    return Starlette(routes=[Route("/upload", upload, methods=["POST"])])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("uploads")
    settings = Settings(storage_path=folder / "storage", max_file_size=MAX_FILE_SIZE)
    files = FileStore(open_database(folder / "records.db"), settings)
    server = uvicorn.Server(uvicorn.Config(make_app(files), port=0, log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield Running(listener.getsockname()[1], files)
    server.should_exit = True
    thread.join()
    files.database.close()


@pytest.fixture(autouse=True)
def _nothing_left(running: Running) -> Iterator[None]:
    yield
    for row in running.files.database.rows("SELECT id FROM files"):
        running.files.delete(row["id"])
    # A client that left in the middle is noticed a moment after it left.
    deadline = time.monotonic() + 10
    while running.leftovers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.leftovers() == []


def part(
    content: bytes, filename: bytes = b"a.png", field: bytes = b"file", kind: bytes = b"image/png"
) -> bytes:
    return (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + field + b'"; filename="' + filename
        + b'"\r\nContent-Type: ' + kind + b"\r\n\r\n" + content + b"\r\n"
    )  # fmt: skip


END = b"--" + BOUNDARY + b"--\r\n"
HEADERS = {"Content-Type": "multipart/form-data; boundary=" + BOUNDARY.decode()}


def send(running: Running, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, dict]:
    answer = post(running, body, HEADERS if headers is None else headers)
    return answer.status_code, answer.json()


def request_head(length: int) -> bytes:
    lines = ["POST /upload HTTP/1.1", "Host: x", f"Content-Type: {HEADERS['Content-Type']}"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def post(running: Running, body: bytes | Iterator[bytes], headers: dict[str, str]) -> httpx.Response:
    # No certificates are read for a plain connection; that would be most of the time.
    return httpx.post(running.url, content=body, headers=headers, timeout=60, verify=False, trust_env=False)


def blocks_of(bad: BadFile) -> Iterator[bytes]:
    head, _, tail = part(b"@@", bad.filename).partition(b"@@")
    yield head
    yield from bad.blocks()
    yield tail + END


@pytest.mark.parametrize("bad", bad_files(0, MAX_FILE_SIZE), ids=lambda bad: bad.name)
def test_hostile_upload_has_one_of_its_right_outcomes(running: Running, bad: BadFile) -> None:
    answer = post(running, blocks_of(bad), HEADERS)
    outcome = "ok" if answer.status_code == 200 else answer.json()["code"]
    assert outcome in bad.expected, answer.text
    assert answer.status_code < 500
    if outcome == "ok":
        name = answer.json()["filename"]
        assert name
        assert len(name) <= 255
        assert not set(name) & set("/\\\0\r\n\u202e")
    else:
        assert running.leftovers() == []


def test_hostile_set_is_large() -> None:
    assert len(list(bad_files(1))) >= 200


def test_good_upload_is_stored_and_a_second_one_is_a_duplicate(running: Running) -> None:
    content = picture("JPEG")
    status, first = send(running, part(content, b"me.jpg", kind=b"application/octet-stream") + END)
    assert (status, first["filename"], first["is_duplicate"]) == (200, "me.jpg", False)
    assert first["sha256"] == hashlib.sha256(content).hexdigest()
    assert running.files.path_of(first["id"]).read_bytes() == content
    _, second = send(running, part(content, b"other.jpg") + END)
    assert (second["id"], second["is_duplicate"]) == (first["id"], True)
    assert len(running.leftovers()) == 1


def test_file_of_exactly_the_limit_is_stored_and_one_byte_more_is_not(running: Running) -> None:
    good = picture("PNG")
    exact = good + bytes(MAX_FILE_SIZE - len(good))
    assert send(running, part(exact) + END)[1]["size"] == MAX_FILE_SIZE
    status, refused = send(running, part(exact + b"\0") + END)
    assert (status, refused["code"]) == (413, "file_too_large")


def test_other_fields_around_the_file_are_passed_over(running: Running) -> None:
    other = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    status, stored = send(running, other + part(picture("PNG")) + other + END + b"epilogue")
    assert (status, stored["size"]) == (200, len(picture("PNG")))


def test_part_without_type_and_without_filename_is_judged_by_content(running: Running) -> None:
    head = b"--" + BOUNDARY + b'\r\ncontent-disposition: form-data; name="file"\r\n\r\n'
    status, stored = send(running, head + picture("WEBP") + b"\r\n" + END)
    assert (status, stored["filename"]) == (200, "upload.webp")


def test_utf8_name_and_odd_boundaries_in_the_content_survive(running: Running) -> None:
    content = picture("PNG") + b"\r\n--" + BOUNDARY[:-1] + b"\r\n--\r\n" * 50
    status, stored = send(running, part(content, "фото.png".encode()) + END)
    assert (status, stored["filename"], stored["size"]) == (200, "фото.png", len(content))


GOOD = part(picture("PNG"))
REFUSED = "upload_malformed"
MALFORMED: dict[str, tuple[bytes, dict[str, str], str]] = {
    "no content type": (GOOD + END, {}, "upload_malformed"),
    "json": (b"{}", {"Content-Type": "application/json"}, "upload_malformed"),
    "bare picture": (picture("PNG"), {"Content-Type": "image/png"}, "upload_malformed"),
    "form": (b"file=a", {"Content-Type": "application/x-www-form-urlencoded"}, "upload_malformed"),
    "no boundary": (GOOD + END, {"Content-Type": "multipart/form-data"}, "upload_malformed"),
    "empty boundary": (GOOD + END, {"Content-Type": "multipart/form-data; boundary="}, "upload_malformed"),
    "long boundary": (b"", {"Content-Type": f"multipart/form-data; boundary={'x' * 300}"}, REFUSED),
    "other boundary": (GOOD + END, {"Content-Type": "multipart/form-data; boundary=zzz"}, "upload_malformed"),
    "nothing": (b"", HEADERS, "upload_malformed"),
    "only the end": (END, HEADERS, "upload_missing"),
    "no end": (GOOD, HEADERS, "upload_malformed"),
    "cut in the content": (GOOD[: len(GOOD) // 2], HEADERS, "upload_malformed"),
    "cut in the headers": (GOOD[:60], HEADERS, "upload_malformed"),
    "cut in the last boundary": ((GOOD + END)[:-5], HEADERS, "upload_malformed"),
    "other field": (part(picture("PNG"), field=b"image") + END, HEADERS, "upload_missing"),
    "two files": (GOOD + GOOD + END, HEADERS, "upload_malformed"),
    "65 fields": (part(b"x", field=b"note") * 65 + GOOD + END, HEADERS, "upload_malformed"),
    "long field": (part(bytes(1_100_000), field=b"note") + GOOD + END, HEADERS, "upload_malformed"),
    "long header": (GOOD.replace(b"image/png", b"a" * 20_000) + END, HEADERS, "upload_malformed"),
    "5,000 headers": (GOOD.replace(b"Con", b"A: b\r\n" * 5_000 + b"C") + END, HEADERS, "upload_malformed"),
    "noise": (bytes(range(256)) * 100, HEADERS, "upload_malformed"),
    "no colon in a header": (GOOD.replace(b"-Type:", b" Type") + END, HEADERS, "upload_malformed"),
    "no disposition": (b"--" + BOUNDARY + b"\r\n\r\nabc\r\n" + END, HEADERS, "upload_missing"),
    "epilogue without end": (GOOD + END + bytes(3_100_000), HEADERS, "file_too_large"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_body_is_refused_with_a_reason(running: Running, case: str) -> None:
    body, headers, code = MALFORMED[case]
    status, problem = send(running, body, headers)
    assert (status, problem["code"]) == (413 if code == "file_too_large" else 400, code)
    assert problem["message"]
    assert problem["hint"]
    assert running.leftovers() == []


def test_claimed_length_over_the_limit_is_refused_and_the_answer_is_read(running: Running) -> None:
    body = part(bytes(20_000_000)) + END
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request("POST", "/upload", body, HEADERS)  # sends all of it before it looks for an answer
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["message"].startswith("File too large")
    connection.close()


def test_streamed_body_over_the_limit_is_refused_and_the_answer_is_read(running: Running) -> None:
    def blocks() -> Iterator[bytes]:
        yield part(b"@@").partition(b"@@")[0]
        for _ in range(20):
            yield bytes(1_000_000)

    assert post(running, blocks(), HEADERS).status_code == 413


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("expect", ["Expect:", "Expect: 100-continue"])
def test_curl_sees_the_refusal(running: Running, tmp_path: Path, expect: str) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(30_000_000))
    command = ["curl", "-sS", "-w", "\n%{http_code}", "-H", expect, "-F", f"file=@{large}", running.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    assert (status, json.loads(body)["code"]) == ("413", "file_too_large")


@pytest.mark.parametrize("sent", [0, 100, 70_000, 1_500_000])
def test_client_that_leaves_in_the_middle_leaves_nothing(running: Running, sent: int) -> None:
    body = part(picture("PNG") + bytes(1_900_000))
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(request_head(len(body)) + body[:sent])
        deadline = time.monotonic() + 10
        while not running.leftovers() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert running.leftovers(), "the upload has begun"


@pytest.mark.parametrize(
    ("headers", "read_bytes"),
    [
        # Such a client waits for leave; looking at its body would give it.
        ({"content-length": "20000000", "expect": "100-continue"}, 0),
        ({"content-length": "20000000"}, 20_000_000),
        ({"content-length": "900000000"}, uploads.MAX_DRAIN),
        ({}, 20_000_000),
    ],
)
def test_refused_body_is_read_on_and_thrown_away_within_bounds(
    running: Running, headers: dict[str, str], read_bytes: int
) -> None:
    coming, read = int(headers.get("content-length", 20_000_000)), 0

    async def next_piece() -> dict[str, object]:
        nonlocal read
        read += 1_000_000
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": read < coming}

    raw = [(b"content-type", HEADERS["Content-Type"].encode())]
    raw += [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": raw}, next_piece)
    with pytest.raises(StudioError) as error:
        asyncio.run(uploads.receive(request, running.files.settings))
    assert error.value.status in (400, 413)
    assert read_bytes <= read <= read_bytes + 1_000_000


def test_client_that_stalls_is_refused(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "STALL_S", 0.2)
    monkeypatch.setattr(uploads, "DRAIN_S", 0.1)
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as client:
        client.sendall(request_head(9999) + part(b"abc")[:80])
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 400
        assert (
            json.loads(answer.read())["message"] == "The upload cannot be read: nothing came for 0.2 seconds."
        )


def test_simultaneous_uploads_of_the_same_bytes_give_one_record(running: Running) -> None:
    body = part(picture("PNG", seed=99, width=500, height=500)) + END
    answers: list[dict] = []
    threads = [threading.Thread(target=lambda: answers.append(send(running, body)[1])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["id"] for answer in answers}) == 1
    assert sorted(answer["is_duplicate"] for answer in answers) == [False] + [True] * 7
    assert len(running.leftovers()) == 1
