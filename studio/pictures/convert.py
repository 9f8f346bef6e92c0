"""Other sizes and formats of a picture."""

from __future__ import annotations

import io

from PIL import Image

from studio.pictures.decode import Format, decode
from studio.pictures.source import Source

THUMBNAIL_QUALITY = 80
_KEPT_MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB"),
    "WEBP": ("RGB", "RGBA"),
}


def thumbnail(source: Source, side: int) -> bytes:
    """A WEBP of at most `side` pixels each way; never larger than the picture itself."""
    image = _in_mode(decode(source, near=side * 2), "WEBP")
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _encoded(image, "WEBP", THUMBNAIL_QUALITY)


def thumbnail_of_pixels(width: int, height: int, pixels: bytes, side: int) -> bytes:
    """A WEBP of at most `side` pixels each way, of rows of red, green and blue bytes."""
    image = Image.frombytes("RGB", (width, height), pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encoded(image, "WEBP", THUMBNAIL_QUALITY)


def convert(source: Source | Image.Image, wanted: Format, *, quality: int = 90) -> bytes:
    """The picture in another format; `quality` (1 to 100) is JPEG's and WEBP's, 100 being lossless WEBP."""
    image = source if isinstance(source, Image.Image) else decode(source)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    return _encoded(_in_mode(image, wanted), wanted, quality, profile)


def _encoded(image: Image.Image, wanted: Format, quality: int, profile: bytes | None = None) -> bytes:
    target = io.BytesIO()
    # None is said aloud: Pillow would else take what stands in image.info, for whichever mode that was.
    if wanted == "PNG":
        image.save(target, "PNG", icc_profile=profile)
    elif wanted == "JPEG":
        image.save(target, "JPEG", quality=quality, icc_profile=profile)
    else:
        image.save(target, "WEBP", quality=quality, lossless=quality == 100, icc_profile=profile or b"")
    return target.getvalue()


def _in_mode(image: Image.Image, wanted: Format) -> Image.Image:
    """A mode that the format can hold; what is clear becomes white where nothing can be clear."""
    if image.mode.startswith(("I", "F")) and not (wanted == "PNG" and image.mode == "I;16"):
        image = _to_8_bits(image)
    if wanted != "JPEG" and image.mode in _KEPT_MODES[wanted]:
        return image
    if not image.has_transparency_data:
        return image if image.mode in _KEPT_MODES[wanted] else image.convert("RGB")
    image = image.convert("RGBA")
    if wanted != "JPEG":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _to_8_bits(image: Image.Image) -> Image.Image:
    # Pillow would clip at 255; 16 bits are what such files hold.
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
