"""What routes need from the app: the studio, and small things that several families render alike."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import FileResponse

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


def send_file(path: Path, mime_type: str, filename: str, etag: str) -> FileResponse:
    """A stored file, shown inline, with ranges and an entity tag; never sniffed into another type."""
    response = FileResponse(path, media_type=mime_type, filename=filename, content_disposition_type="inline")
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = "private, max-age=604800, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
