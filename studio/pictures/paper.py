"""A picture on a page of paper, as a PDF to print."""

from __future__ import annotations

import io
import time
from typing import Literal

from PIL import Image

Paper = Literal["A4", "A3", "letter"]
SIZES_MM: dict[Paper, tuple[float, float]] = {"A4": (210, 297), "A3": (297, 420), "letter": (215.9, 279.4)}
MM_PER_INCH = 25.4


def page_size(paper: Paper, dpi: int, *, is_wide: bool) -> tuple[int, int]:
    """The page in dots."""
    short, long = (round(side / MM_PER_INCH * dpi) for side in SIZES_MM[paper])
    return (long, short) if is_wide else (short, long)


def write_pdf(
    image: Image.Image, paper: Paper, *, dpi: int, margin_mm: float, title: str = "", made_at: float = 0.0
) -> bytes:
    """The picture as large as the page allows, in the middle of it, on white."""
    page = Image.new("RGB", page_size(paper, dpi, is_wide=image.width >= image.height), "white")
    margin = round(margin_mm / MM_PER_INCH * dpi)
    room = (page.width - 2 * margin, page.height - 2 * margin)
    scale = min(room[0] / image.width, room[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    place = ((page.width - size[0]) // 2, (page.height - size[1]) // 2)
    page.paste(image, place, image if image.mode == "RGBA" else None)
    target = io.BytesIO()
    when = time.gmtime(made_at)
    page.save(
        target, "PDF", resolution=float(dpi), quality=93, title=title or "Character sheet",
        producer="AvatarForge Studio", creationDate=when, modDate=when,
    )  # fmt: skip
    return target.getvalue()
