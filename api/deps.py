"""What routes need from the app: the studio, and small things that several families render alike."""

from __future__ import annotations

import datetime
import email.utils
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from studio.assembly import Studio


def studio_of(request: Request) -> Studio:
    """The studio that this app serves."""
    return request.app.state.studio


StudioDep = Annotated[Studio, Depends(studio_of)]


def iso_seconds(at: float | None) -> str | None:
    """A time as the documents write it: UTC, whole seconds, Z."""
    if at is None:
        return None
    return datetime.datetime.fromtimestamp(int(at), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


FOREVER = "private, max-age=604800, immutable"


def send_file(
    request: Request, path: Path, mime_type: str, filename: str, etag: str, disposition: str = "inline"
) -> Response:
    """A stored file with ranges, an entity tag and a date; never sniffed into another type."""
    if known := not_modified(request, etag) or _not_since(request, path, etag):
        return known
    return FileResponse(
        path,
        headers=_headers(etag, FOREVER, plays=mime_type.startswith(("video/", "audio/"))),
        media_type=mime_type,
        filename=filename,
        content_disposition_type=disposition,
    )


def send_zip(pieces: Iterator[bytes], stem: str) -> Response:
    """A ZIP, sent while it is written."""
    day = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    headers = {
        "Content-Disposition": f'attachment; filename="{stem}-{day}.zip"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, headers=headers, media_type="application/zip")


def send_bytes(data: bytes, mime_type: str, etag: str, cache: str = FOREVER) -> Response:
    """A picture that is in memory, under the same rules as a file."""
    return Response(data, headers=_headers(etag, cache), media_type=mime_type)


def not_modified(request: Request, etag: str, cache: str = FOREVER) -> Response | None:
    """The answer to a client that has it already, by the tags that it sends; nothing for the others."""
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=_headers(etag, cache))
    return None


def _not_since(request: Request, path: Path, etag: str) -> Response | None:
    """The answer to a client that has it already by the date that it sends; a tag would count more."""
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return None
    try:
        known_at = email.utils.parsedate_to_datetime(since)
        is_known_since = int(path.stat().st_mtime) <= known_at.timestamp()
    except (ValueError, OverflowError, OSError):  # no date, or no file
        return None
    return Response(status_code=304, headers=_headers(etag, FOREVER)) if is_known_since else None


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the client has the file already, by the tags that it sends."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or f'"{etag}"' in tags


def _headers(etag: str, cache: str, *, plays: bool = False) -> dict[str, str]:
    # A browser's own player is a page of this address, which a sandbox would keep from its file.
    alone = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"
    return {
        "ETag": f'"{etag}"',
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": alone if plays else "default-src 'none'; sandbox",
    }
