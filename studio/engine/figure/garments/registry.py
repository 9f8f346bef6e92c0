"""Which function makes which garment."""

from __future__ import annotations

from collections.abc import Callable

from ..palette import SURFACE_OF, Paint
from ..registering import remember
from ..spec import RGB, Garment
from ..workshop import Workshop
from .tailor import Tailor

Maker = Callable[[Tailor], None]
_MAKERS: dict[str, Maker] = {}
# What is sewn when a kind has no maker of its own, by slot.
_SPARE = {
    "torso": "shirt",
    "full": "dress",
    "legs": "trousers",
    "feet": "shoes",
    "back": "cape",
    "head": "cap",
}


def garment(*names: str) -> Callable[[Maker], Maker]:
    """Register a function as the maker of these garments."""
    return remember(_MAKERS, names)


def kinds() -> tuple[str, ...]:
    """All registered garments."""
    return tuple(_MAKERS)


def paint_of(item: Garment, accent: RGB) -> Paint:
    """The paint of a garment: material, trim, pattern."""
    kind = SURFACE_OF.get(item.material, 0)
    second = item.second
    trim = item.trim
    if trim is None and second is not None and item.pattern is None:
        trim = second
    return Paint(
        item.colour,
        kind,
        trim=trim,
        trim_width=0.014 if trim is not None else 0.0,
        pattern=item.pattern,
        second=second if second is not None else (item.trim if item.pattern else None),
        weave=item.material
        if item.material in ("knit", "chain", "denim", "lace", "carbon", "feather")
        else "",
        glow=item.glow,
    )


def add_garments(shop: Workshop) -> None:
    """Dress the character, from the skin outwards."""
    worn = {item.kind for item in shop.spec.garments}
    for item in shop.spec.garments:
        make = _MAKERS.get(item.kind)
        if make is None:
            spare = _SPARE.get(item.slot)
            shop.miss(item.kind.replace("_", " "))
            if spare is None:
                continue
            make = _MAKERS[spare]
        make(Tailor(shop, item, paint_of(item, shop.spec.accent), worn))
