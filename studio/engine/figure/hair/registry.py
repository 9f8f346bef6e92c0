"""Which function makes which hair style."""

from __future__ import annotations

from collections.abc import Callable

from ..workshop import Workshop
from .colouring import colour
from .locks import TIP_Y, Barber

Style = Callable[[Barber, Workshop], None]
_STYLES: dict[str, Style] = {}


def style(*names: str) -> Callable[[Style], Style]:
    """Register a function as the maker of these hair styles."""

    def remember(make: Style) -> Style:
        for name in names:
            _STYLES[name] = make
        return make

    return remember


def styles() -> tuple[str, ...]:
    """All registered styles."""
    return tuple(_STYLES)


def add_hair(shop: Workshop) -> None:
    """Give the character its hair."""
    hair = shop.spec.hair
    if hair.style == "bald" or hair.length == "none":
        return
    make = _STYLES.get(hair.style)
    if make is None:
        shop.miss(f"hair style {hair.style.replace('_', ' ')}")
        make = _STYLES["straight"]
    # Lengths are told by the body that they reach down: to shoulders, waist, knees.
    body = min(1.0, (shop.spec.build.heads_tall - 1) / 5.5)
    tip = TIP_Y.get(hair.length, -0.55)
    barber = Barber(shop, tip * body**0.75 if tip < 0 else tip)
    make(barber, shop)
    colour(barber)
