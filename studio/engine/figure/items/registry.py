"""Which function makes which item, and how an item comes into a hand or onto the back."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..palette import CLOTH, GEM, GLOW, LEATHER, METAL, SURFACE_OF, Paint
from ..registering import remember
from ..shape.curves import Points, Vector, turn, unit
from ..shape.mesh import Mesh, ellipsoid, loop_tube, revolve_sharp, rings, tube
from ..spec import RGB, Item
from ..workshop import Workshop

Array = np.ndarray


@dataclass
class Smith:
    """Makes one item around its grip: y up along the thing, z away from the knuckles, origin in the fist."""

    shop: Workshop
    item: Item

    @property
    def paint(self) -> Paint:
        """The item's own paint."""
        return Paint(self.item.colour, SURFACE_OF.get(self.item.material, LEATHER), glow=self.item.glow)

    @property
    def accent(self) -> RGB:
        """Hilts, gems, feathers."""
        return self.item.accent or self.shop.spec.accent

    def metal(self, colour: RGB | None = None) -> Paint:
        """Metal in the accent's or another colour."""
        return Paint(colour or self.accent, METAL)

    def leather(self, colour: RGB = (92, 62, 44)) -> Paint:
        """Leather."""
        return Paint(colour, LEATHER)

    def cloth(self, colour: RGB) -> Paint:
        """Cloth."""
        return Paint(colour, CLOTH)

    def gem(self, colour: RGB) -> Paint:
        """Something clear that glitters."""
        return Paint(colour, GEM)

    def light(self, colour: RGB) -> Paint:
        """Something that shines."""
        return Paint(colour, GLOW)

    def add(self, mesh: Mesh, paint: Paint | None = None, casts: bool = True) -> None:
        """Add a mesh of the item, where it is carried."""
        rotation, place, bone = self._holding()
        self.shop.add(mesh.moved(rotation, place), paint or self.paint, "item", bone, 6, casts)

    def rod(
        self,
        points: Points,
        radii: Sequence[float],
        paint: Paint | None = None,
        columns: int = 10,
        flat: float = 1.0,
        towards: Sequence[float] = (0, 0, 1),
    ) -> None:
        """A tube through points."""
        self.add(rings(tube(points, radii, max(8, 6 * len(points)), columns, flat, towards)), paint)

    def ball(self, centre: Vector, radii: Vector | float, paint: Paint | None = None) -> None:
        """An ellipsoid."""
        size = np.full(3, radii) if isinstance(radii, int | float) else radii
        self.add(ellipsoid(centre, size), paint)

    def turned(self, outline: Points, paint: Paint | None = None, columns: int = 24) -> None:
        """A thing of revolution about y from (radius, y) points."""
        self.add(revolve_sharp(outline, columns), paint)

    def hoop(
        self,
        centre: Vector,
        radius: float,
        thickness: float,
        paint: Paint | None = None,
        axis: str = "y",
    ) -> None:
        """A ring."""
        angle = np.linspace(0, 2 * np.pi, 33)[:-1]
        c, s, o = np.cos(angle) * radius, np.sin(angle) * radius, angle * 0
        loop = {"y": [c, o, s], "z": [c, s, o], "x": [o, c, s]}[axis]
        self.add(loop_tube(np.stack(loop, -1) + np.asarray(centre), thickness), paint)

    def box(
        self,
        centre: Vector,
        half: Vector,
        paint: Paint | None = None,
        round_off: float = 6.0,
    ) -> None:
        """A rounded box."""
        x, y, z = half
        c = np.asarray(centre, float)
        line = [c - (0, y, 0), c - (0, y * 0.96, 0), c + (0, y * 0.96, 0), c + (0, y, 0)]
        grid = tube(line, (x * 0.93, x, x, x * 0.93), 14, 28, z / x, (0, 0, 1), round_off)
        self.add(rings(grid), paint)

    def _holding(self) -> tuple[Array, Array, str]:
        where = self.item.where
        rest = self.shop.rest
        if where in ("right_hand", "left_hand", "both_hands"):
            side = "left" if where == "left_hand" else "right"
            sign = 1.0 if side == "left" else -1.0
            hand = rest.turned(f"{side}_wrist")
            # The fist closes in front of the palm; things stand across it, towards the thumb.
            grip = hand @ np.array([-sign * 0.026, -0.092, 0.004]) + rest[f"{side}_wrist"]
            along = hand @ unit(np.array([-sign * 0.10, -0.10, 1.0]))
            ahead = hand @ np.array([0.0, -1.0, 0.0])
            x = unit(np.cross(along, ahead))
            return np.stack([x, along, np.cross(x, along)], -1), grip, f"{side}_wrist"
        if where == "back":
            return turn("z", 28) @ turn("y", 180), np.array([0.0, 1.20, -0.165]), "chest"
        if where in ("left_hip", "right_hip"):
            sign = 1.0 if where == "left_hip" else -1.0
            lean = turn("x", 32) @ turn("z", sign * 8)
            return lean, np.array([sign * 0.185, 0.985, -0.01]), "pelvis"
        if where == "shoulder":
            return np.eye(3), np.array([-0.17, 1.43, -0.02]), "chest"
        if where == "head":
            return np.eye(3), np.array([0.0, 1.75, 0.0]), "head"
        return np.eye(3), np.array([-0.42, 1.30, 0.16]), "chest"


Maker = Callable[[Smith], None]
_MAKERS: dict[str, Maker] = {}


def item(*names: str) -> Callable[[Maker], Maker]:
    """Register a function as the maker of these items."""
    return remember(_MAKERS, names)


def kinds() -> tuple[str, ...]:
    """All registered items."""
    return tuple(_MAKERS)


def add_items(shop: Workshop) -> None:
    """Give the character what it carries."""
    for thing in shop.spec.items:
        make = _MAKERS.get(thing.kind)
        if make is None:
            shop.miss(thing.kind.replace("_", " "))
            continue
        make(Smith(shop, thing))
