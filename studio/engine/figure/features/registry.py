"""Which function makes which feature of the body."""

from __future__ import annotations

from collections.abc import Callable

from ..palette import Paint
from ..registering import remember
from ..shape.mesh import Mesh
from ..spec import Feature
from ..workshop import Workshop

Maker = Callable[[Workshop, Feature], None]
_MAKERS: dict[str, Maker] = {}


def feature(*names: str) -> Callable[[Maker], Maker]:
    """Register a function as the maker of these features."""
    return remember(_MAKERS, names)


def kinds() -> tuple[str, ...]:
    """All registered features."""
    return tuple(_MAKERS)


def add_features(shop: Workshop) -> None:
    """Give the character what its species or its words call for."""
    for item in shop.spec.features:
        make = _MAKERS.get(item.kind)
        if make is None:
            shop.miss(item.kind.replace("_", " "))
            continue
        make(shop, item)


def on_head(shop: Workshop, mesh: Mesh, paint: Paint, casts: bool = True) -> None:
    """Add a part that the head carries, in head units."""
    shop.add(mesh, paint, "feature", "head", casts=casts)
