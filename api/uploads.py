"""Receiving uploads: multipart straight from the socket into a temp file, bounded in every direction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import python_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from studio.disk import Incoming, too_large
from studio.errors import StudioError
from studio.settings import Settings

log = logging.getLogger(__name__)
# It tells of every oddity in what clients send.
logging.getLogger(python_multipart.multipart.__name__).setLevel(logging.ERROR)

MAX_BESIDE = 1024 * 1024  # everything in the body that is not the file
MAX_PARTS = 64
MAX_HEADER_BYTES = 16 * 1024  # of one part
MAX_DRAIN = 64 * 1024 * 1024  # read and thrown away so that a refused client gets to read why
DRAIN_S = 10.0
STALL_S = 60.0
BLOCK = 1024 * 1024


async def receive(
    request: Request, settings: Settings, field: str = "file", *, max_bytes: int | None = None
) -> tuple[Incoming, str]:
    """The file part of a multipart body and the client's name for it; the caller must store or abort it."""
    body = _Body(request)
    most = max_bytes or settings.max_file_size
    try:
        boundary = _boundary(request.headers.get("content-type", ""))
        claimed = request.headers.get("content-length", "")
        if claimed.isdecimal() and int(claimed) > most + MAX_BESIDE:
            raise too_large(most)
        return await _read(body, settings, boundary, field, most)
    except StudioError:
        await body.drain()
        raise


async def _read(
    body: _Body, settings: Settings, boundary: bytes, field: str, most: int
) -> tuple[Incoming, str]:
    incoming = await run_in_threadpool(Incoming, settings.temp_path, max_bytes=most)
    try:
        form = _Form(boundary, field)
        async for chunk in body.chunks():
            if body.received > most + MAX_BESIDE:
                raise too_large(most)
            form.feed(chunk)
            if form.waiting >= BLOCK:
                await _to_disk(incoming, form)
        form.finish()
        await _to_disk(incoming, form)
        return incoming, form.filename
    except BaseException:
        incoming.abort()
        raise


async def _to_disk(incoming: Incoming, form: _Form) -> None:
    # A cancelled request waits for this thread too, so that nobody closes the file under it.
    await run_in_threadpool(incoming.write_all, form.take())


class _Body:
    """The request's body, piece by piece, with an eye on how much is still to come."""

    def __init__(self, request: Request) -> None:
        self.received = 0
        self._receive = request.receive
        self._ended = False
        # Such a client sends nothing before it is given leave, which the first look at the body does.
        self._waits_for_leave = request.headers.get("expect", "").lower() == "100-continue"

    async def chunks(self) -> AsyncIterator[bytes]:
        """Every piece up to the end of the body."""
        while not self._ended:
            try:
                async with asyncio.timeout(STALL_S):
                    chunk = await self._next()
            except TimeoutError as error:
                raise StudioError("upload_malformed", why=f"nothing came for {STALL_S:g} seconds") from error
            if chunk:
                yield chunk

    async def _next(self) -> bytes:
        self._waits_for_leave = False
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._ended = True
            # Nobody reads this answer; it only ends the request in order.
            raise StudioError("upload_malformed", why="the connection was closed in the middle")
        self._ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        self.received += len(chunk)
        return chunk

    async def drain(self) -> None:
        """Read on for a bounded while: a client that still sends would find the door shut, not the answer."""
        enough = self.received + MAX_DRAIN
        try:
            async with asyncio.timeout(DRAIN_S):
                while not self._ended and not self._waits_for_leave and self.received < enough:
                    await self._next()
        except (TimeoutError, StudioError) as error:
            log.info("a refused upload was cut off: %r", error)


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        found = kind.decode("latin-1")[:100] or "missing"
        raise StudioError("upload_malformed", why=f"its content type is {found}, not multipart/form-data")
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise StudioError("upload_malformed", why="its content type names no usable boundary")
    return boundary


class _Form:
    """Follows a multipart body and keeps only the file's bytes that were not taken yet."""

    def __init__(self, boundary: bytes, field: str) -> None:
        self.filename = ""
        self.waiting = 0
        self._field = field
        self._blocks: list[bytes] = []
        self._found = self._in_file = self._ended = False
        self._parts = self._beside = self._header_bytes = 0
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._on_header_name,
                "on_header_value": self._on_header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Take in a piece of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise StudioError("upload_malformed", why=_plain(error)) from error

    def take(self) -> list[bytes]:
        """The bytes of the file that came since the last call."""
        blocks, self._blocks, self.waiting = self._blocks, [], 0
        return blocks

    def finish(self) -> None:
        """Check that the body was whole and had the file."""
        if not self._ended:
            raise StudioError("upload_malformed", why="it ends before its last boundary")
        if not self._found:
            raise StudioError("upload_missing", field=self._field)

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise StudioError("upload_malformed", why=f"it has more than {MAX_PARTS} parts")
        self._in_file = False
        self._header_bytes = 0
        self._disposition = b""

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_value += data[start:end]

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > MAX_HEADER_BYTES:
            raise StudioError("upload_malformed", why="the headers of a part are too long")

    def _header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        if options.get(b"name") != self._field.encode():
            return
        filename = _decoded(options.get(b"filename", b""))
        if self._found:
            raise StudioError("upload_malformed", why=f"it has more than one part named {self._field!r}")
        self._found = self._in_file = True
        self.filename = filename

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._blocks.append(data[start:end])
            self.waiting += end - start
            return
        self._beside += end - start
        if self._beside > MAX_BESIDE:
            raise StudioError("upload_malformed", why="its other fields are too long")

    def _end(self) -> None:
        self._ended = True


def _decoded(name: bytes) -> str:
    # Browsers send UTF-8 and write quotes and line ends as %22, %0D and %0A.
    try:
        text = name.decode()
    except UnicodeDecodeError:
        text = name.decode("latin-1")
    return text.replace("%22", '"').replace("%0D", " ").replace("%0A", " ")


def _plain(error: FormParserError) -> str:
    return (str(error).strip().rstrip(".") or "its parts do not fit together")[:200]
