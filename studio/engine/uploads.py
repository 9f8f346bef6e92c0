"""Takes uploaded files in: streamed, compared by content, never over an existing file unasked."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive

from studio.engine.errors import OutsideFolderError
from studio.engine.folders import Folders
from studio.engine.sockets import MAX_UPLOAD_BYTES

CHUNK_BYTES = 1024 * 1024
_naming = threading.Lock()  # two uploads of one name must not both find it free


async def receive_upload(request: Request, folders: Folders, *, as_mask: bool) -> Response:
    """Store the file of a multipart request; as a mask it becomes the alpha of a picture that is here."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MAX_UPLOAD_BYTES:
        return Response(status_code=413)
    limited = Request(request.scope, _limit(request.receive))
    try:
        async with limited.form(max_files=8, max_fields=32, max_part_size=CHUNK_BYTES) as form:
            upload = form.get("image")
            if not isinstance(upload, UploadFile) or not upload.filename:
                return Response(status_code=400)
            fields = {key: value for key, value in form.items() if isinstance(value, str)}
            return await run_in_threadpool(
                _store, upload.file, upload.filename, fields, folders, as_mask=as_mask
            )
    except HTTPException as problem:
        return Response(status_code=problem.status_code)


def _limit(receive: Receive) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_UPLOAD_BYTES:
            raise HTTPException(413)
        return message

    return counted


def _store(
    file: BinaryIO, filename: str, fields: dict[str, str], folders: Folders, *, as_mask: bool
) -> Response:
    kind = fields.get("type", "input")
    subfolder = fields.get("subfolder", "")
    root = folders.by_type(kind)
    if root is None:
        return Response(status_code=400)
    try:
        folder = folders.inside(root, subfolder)
        target = folders.inside(root, subfolder, filename)
        if target == folder:
            return Response(status_code=400)
        original = _original_of(fields, folders) if as_mask else None
        if as_mask and original is None:
            return Response("The picture that the mask belongs to was not found.", status_code=400)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{uuid.uuid4().hex}.part")
        try:
            if original is None:
                with part.open("wb") as out:
                    shutil.copyfileobj(file, out, CHUNK_BYTES)
            else:
                _write_masked(original, file, part)
            target = _settle(part, target, overwrite=fields.get("overwrite") in ("true", "1"))
        finally:
            part.unlink(missing_ok=True)
    except (OutsideFolderError, OSError, ValueError, Image.DecompressionBombError):
        return Response(status_code=400)
    name = Path(filename).with_name(target.name).as_posix()
    return JSONResponse({"name": name, "subfolder": subfolder, "type": kind})


def _settle(part: Path, target: Path, *, overwrite: bool) -> Path:
    """Give the finished file its name: its own, or the next free one when other bytes have it already."""
    with _naming:
        wanted, number = target, 1
        while not overwrite and target.exists():
            if target.is_file() and _same_bytes(part, target):
                return target
            target = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
            number += 1
        part.replace(target)
        return target


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    digests = []
    for path in (one, other):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return digests[0] == digests[1]


def _original_of(fields: dict[str, str], folders: Folders) -> Path | None:
    reference: Any = json.loads(fields.get("original_ref", ""))
    if not isinstance(reference, dict) or not isinstance(reference.get("filename"), str):
        return None
    name, folder = folders.annotated(reference["filename"])
    folder = folder or folders.by_type(str(reference.get("type", "output")))
    if folder is None or not name:
        return None
    path = folders.inside(folder, str(reference.get("subfolder", "")), name)
    return path if path.is_file() else None


def _write_masked(original: Path, mask: BinaryIO, part: Path) -> None:
    with Image.open(original) as picture, Image.open(mask) as drawn:
        texts = PngInfo()
        for key, value in getattr(picture, "text", {}).items():
            texts.add_text(key, value)
        combined = picture.convert("RGBA")
        combined.putalpha(drawn.convert("RGBA").getchannel("A"))
        combined.save(part, "PNG", compress_level=4, pnginfo=texts)
