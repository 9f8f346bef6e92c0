"""The one door for pictures from outside: what they are, whether they are whole, and their pixels."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from PIL import ExifTags, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from studio.errors import StudioError
from studio.pictures import jpeg, png, webp
from studio.pictures.source import BrokenPictureError, Source, opened

log = logging.getLogger(__name__)

Format = Literal["PNG", "JPEG", "WEBP"]
MIME_TYPES: dict[Format, str] = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}

MAX_FRAMES = 100  # of an animation, although only its first frame is ever used
MAX_SIDE = 16_384
MAX_PIXELS = 64_000_000
LOAD_WHOLE_PIXELS = 4_000_000  # a larger PNG is checked as a stream, so that checking it costs no memory

# Decoding is the one thing here that needs memory in proportion to the picture: 4 bytes a pixel and more.
_decoding = threading.BoundedSemaphore(2)

_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)


@dataclass(frozen=True)
class PictureFacts:
    """What a picture is, without its pixels."""

    format: Format
    mime_type: str
    width: int
    height: int
    frames: int


def inspect(source: Source, *, low: int = 1, high: int = MAX_SIDE) -> PictureFacts:
    """What the picture is, once it is certain that it is whole and each side is `low` to `high` pixels."""
    with _refusals(), opened(source) as stream:
        kind, width, height = _header(stream)
        if not (low <= width <= high and low <= height <= high):
            raise StudioError("image_dimensions", width=width, height=height, low=low, high=high)
        if width * height > MAX_PIXELS:
            raise BrokenPictureError(f"it has more than {MAX_PIXELS // 1_000_000} million pixels")
        frames = _verify(stream, kind)
        if frames > MAX_FRAMES:
            raise BrokenPictureError(f"it is an animation of {frames} frames; at most {MAX_FRAMES} are read")
        with _decoding:
            image = _pillow(stream, kind, (width, height))
            if kind == "JPEG":
                # An eighth of each side: every coded pixel is read, few are made.
                image.draft(None, (1, 1))
            if kind != "PNG" or width * height <= LOAD_WHOLE_PIXELS:
                image.load()
        return PictureFacts(kind, MIME_TYPES[kind], width, height, frames)


def decode(source: Source, *, max_pixels: int = MAX_PIXELS, near: int | None = None) -> Image.Image:
    """The pixels, upright; of an animation the first frame. `near`: a smaller one for such a side will do."""
    with _refusals(), opened(source) as stream:
        kind, width, height = _header(stream)
        if max(width, height) > MAX_SIDE or width * height > max_pixels:
            raise BrokenPictureError(f"it is too large at {width}x{height} pixels")
        if kind == "JPEG":
            jpeg.verify(stream)
        with _decoding:
            image = _pillow(stream, kind, (width, height))
            if near is not None:
                image.draft(None, (near, near))
            image.load()
            return _upright(image)


def _upright(image: Image.Image) -> Image.Image:
    try:
        if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
            return image
        return ImageOps.exif_transpose(image)
    except (
        Exception
    ):  # EXIF is the least reliable part of a picture; lying on its side is better than nothing
        log.info("an orientation cannot be read", exc_info=True)
        return image


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Whatever a hostile file breaks inside becomes one clear refusal."""
    try:
        yield
    except (StudioError, MemoryError, FileNotFoundError, PermissionError):
        raise
    except BrokenPictureError as error:
        raise StudioError("invalid_image", why=str(error)) from error
    except Exception as error:  # Pillow's readers raise nearly anything when bytes make no sense
        log.info("a picture cannot be read: %r", error)
        raise StudioError("invalid_image", why=_said_by_pillow(error)) from error


def _said_by_pillow(error: Exception) -> str:
    text = str(error).strip().rstrip(".")
    if "truncated" in text.lower():
        return "it is cut off"
    return f"its pixels cannot be read ({text[:120]})" if text else "its pixels cannot be read"


def _header(stream: BinaryIO) -> tuple[Format, int, int]:
    """Format by content and size by header; no name and no claim of the sender counts."""
    stream.seek(0)
    head = stream.read(16)
    if head.startswith(png.SIGNATURE):
        shape = png.header(stream)
        return "PNG", shape.width, shape.height
    if head.startswith(jpeg.SIGNATURE):
        return "JPEG", *jpeg.size(stream)
    if webp.is_webp(head):
        return "WEBP", *webp.size(stream)
    raise BrokenPictureError(_what_else(head))


def sniff(source: Source) -> str | None:
    """The type that the first bytes tell, whether or not the rest is whole; None for no picture."""
    with opened(source) as stream:
        stream.seek(0)
        head = stream.read(16)
    if head.startswith(png.SIGNATURE):
        return MIME_TYPES["PNG"]
    if head.startswith(jpeg.SIGNATURE):
        return MIME_TYPES["JPEG"]
    return MIME_TYPES["WEBP"] if webp.is_webp(head) else None


def _what_else(head: bytes) -> str:
    if not head:
        return "it is empty"
    name = next((name for start, name in _OTHERS if head.startswith(start)), None)
    if name is None and head[4:8] == b"ftyp":
        name = "a video or an AVIF or HEIC picture"
    return f"it is {name}, not a PNG, JPG or WEBP" if name else "it is not a PNG, JPG or WEBP"


def _verify(stream: BinaryIO, kind: Format) -> int:
    if kind == "PNG":
        return png.verify(stream)
    if kind == "WEBP":
        return webp.verify(stream)
    jpeg.verify(stream)
    return 1


def _pillow(stream: BinaryIO, kind: Format, size: tuple[int, int]) -> Image.Image:
    """Pillow's reader for just this format, which must see the size that was checked."""
    stream.seek(0)
    # Not Image.open: it would try other formats, and refuse by its own limit with its own words.
    if kind == "PNG":
        image: Image.Image = PngImagePlugin.PngImageFile(stream)
    elif kind == "WEBP":
        image = WebPImagePlugin.WebPImageFile(stream)
    else:
        image = JpegImagePlugin.JpegImageFile(stream)
    if image.size != size:
        raise BrokenPictureError("it has two different sizes")
    return image
