"""Pictures that we drew ourselves as bytes: equal pictures give equal bytes."""

from __future__ import annotations

import io

from PIL import Image

QUICK_PIXELS = 3_000_000  # larger sheets are packed with less effort


def png(image: Image.Image) -> bytes:
    """A PNG without an alpha channel where all is opaque."""
    low, _ = image.getchannel("A").getextrema() if image.mode == "RGBA" else (255, 255)
    if low == 255:
        image = image.convert("RGB")
    target = io.BytesIO()
    level = 4 if image.width * image.height < QUICK_PIXELS else 2
    image.save(target, "PNG", compress_level=level, icc_profile=None)
    return target.getvalue()
