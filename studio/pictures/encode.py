"""Pictures that we drew ourselves as bytes: equal pictures give equal bytes."""

from __future__ import annotations

import io

from PIL import Image

QUICK_PIXELS = 3_000_000  # larger sheets are packed with less effort


def png(image: Image.Image, *, keep_alpha: bool = False) -> bytes:
    """A PNG; without an alpha channel where all is opaque, unless that is to be kept."""
    if image.mode == "RGBA" and not keep_alpha and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    target = io.BytesIO()
    level = 4 if image.width * image.height < QUICK_PIXELS else 2
    image.save(target, "PNG", compress_level=level, icc_profile=None)
    return target.getvalue()
