"""Which function makes which hair style."""

from __future__ import annotations

from collections.abc import Callable

from ..registering import remember
from ..workshop import Workshop
from .colouring import HAT_LINES, colour, worn_over
from .locks import TIP_Y, Barber

# What stands out from the head and has no room under something that holds all the hair.
KNOTS = frozenset({"bun", "topknot", "double_buns", "mohawk", "spiky"})
TIED = KNOTS | {"ponytail", "side_ponytail", "half_up"}

Style = Callable[[Barber, Workshop], None]
_STYLES: dict[str, Style] = {}


def style(*names: str) -> Callable[[Style], Style]:
    """Register a function as the maker of these hair styles."""
    return remember(_STYLES, names)


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
    if hair.style in _hidden(shop):
        make = _STYLES["pixie"]
    # Lengths are told by the body that they reach down: to shoulders, waist, knees.
    body = min(1.0, (shop.spec.build.heads_tall - 1) / 5.5)
    tip = TIP_Y.get(hair.length, -0.55)
    barber = Barber(shop, tip * body**0.75 if tip < 0 else tip)
    make(barber, shop)
    colour(barber)


def _hidden(shop: Workshop) -> frozenset[str]:
    """The styles of which nothing is seen: a helmet may let a tail out, a hood does not."""
    worn = worn_over(shop)
    if "hood" in worn:
        return TIED
    return KNOTS if any(HAT_LINES.get(kind, 9.0) <= 0 for kind in worn) else frozenset()
