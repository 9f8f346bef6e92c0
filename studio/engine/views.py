"""Serves a file of the input, output or temp folder, whole, as a smaller preview, or by channels."""

from __future__ import annotations

import mimetypes
from email.utils import formatdate, parsedate_to_datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from studio.engine.errors import OutsideFolderError
from studio.engine.folders import Folders

DOWNLOAD_ONLY = {"text/html", "text/html-sandboxed", "application/xhtml+xml", "text/javascript", "text/css"}
OWN_TYPES = {".webp": "image/webp", ".svg": "application/octet-stream", ".js": "application/octet-stream"}


async def view(request: Request, folders: Folders) -> Response:
    """Answer GET /view."""
    asked = request.query_params
    if "filename" not in asked:
        return Response(status_code=404)
    name, folder = folders.annotated(asked["filename"])
    if not name or name.startswith("/") or ".." in name:
        return Response(status_code=400)
    folder = folder or folders.by_type(asked.get("type", "output"))
    if folder is None:
        return Response(status_code=400)
    try:
        folder = folders.inside(folder, asked.get("subfolder", ""))
    except OutsideFolderError:
        return Response(status_code=403)
    try:
        path = folders.inside(folder, Path(name).name)
    except OutsideFolderError:
        return Response(status_code=400)
    if not path.is_file():
        return Response(status_code=404)
    disposition = {"Content-Disposition": f'filename="{_header_safe(path.name)}"'}
    channel = asked.get("channel", "")
    try:
        if "preview" in asked:
            body, kind = await run_in_threadpool(_preview, path, asked["preview"], channel)
            return Response(body, media_type=kind, headers=disposition)
        if channel in ("rgb", "a"):
            body = await run_in_threadpool(_channels, path, channel)
            return Response(body, media_type="image/png", headers=disposition)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Response(f"{_header_safe(path.name)} is not a readable picture.", status_code=415)
    return _whole(request, path, disposition)


def _whole(request: Request, path: Path, headers: dict[str, str]) -> Response:
    facts = path.stat()
    headers |= {
        "ETag": f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"',
        "Last-Modified": formatdate(facts.st_mtime, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    if _is_unchanged(request, headers["ETag"], facts.st_mtime):
        return Response(status_code=304, headers=headers)
    kind = (
        OWN_TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    if kind in DOWNLOAD_ONLY:
        kind = "application/octet-stream"
    return FileResponse(path, media_type=kind, headers=headers, stat_result=facts)


def _is_unchanged(request: Request, etag: str, modified: float) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return int(modified) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


def _preview(path: Path, wish: str, channel: str) -> tuple[bytes, str]:
    parts = wish.split(";")
    form = parts[0] if parts[0] in ("webp", "jpeg") and "a" not in channel else "webp"
    quality = min(int(parts[-1]), 100) if parts[-1].isascii() and parts[-1].isdigit() else 90
    with Image.open(path) as image:
        picture: Image.Image = image.convert("RGB") if form == "jpeg" or channel == "rgb" else image
        buffer = BytesIO()
        picture.save(buffer, form, quality=quality)
    return buffer.getvalue(), f"image/{form}"


def _channels(path: Path, channel: str) -> bytes:
    with Image.open(path) as image:
        if channel == "rgb":
            picture = image.convert("RGB")
        else:
            alpha = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, 255)
            picture = Image.new("RGBA", image.size)
            picture.putalpha(alpha)
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _header_safe(name: str) -> str:
    return name.replace('"', "_").replace("\\", "_").encode("latin-1", "replace").decode("latin-1")
