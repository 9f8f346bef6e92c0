"""Solid shapes as smooth unions of simple bodies, and their skins: a sparse surface-nets mesher."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from ..compiled import bands, spread
from .curves import Points, Vector, profile, unit
from .distance import distances, fill_grid
from .mesh import Mesh, vertex_normals
from .nets import net, settle

Array = np.ndarray
CONE, ELLIPSOID, LOFT, PLANE = 0, 1, 2, 3
UNION, CUT, KEEP, STASH, MERGE = 0, 1, 2, 3, 4
_COLUMNS = 18
_LOFT_ROWS = 96
_FAR = 1e3
_KEPT = 12  # skins; each is some 2 MB, and another outfit lies on the same body
_skins: OrderedDict[tuple[object, ...], tuple[Array, Array, Array]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, eq=False)
class Solid:
    """One simple body: `kind` and `op` as above, `blend` the radius of its smooth seam, `swell` grows it."""

    kind: int
    numbers: tuple[float, ...]
    op: int = UNION
    blend: float = 0.0
    swell: float = 0.0
    loft: Array | None = None
    group: str = ""

    def grown(self, by: float) -> Solid:
        """The same body, thicker by so many metres."""
        return replace(self, swell=self.swell + by)


def cone(
    a: Vector,
    b: Vector,
    ra: float,
    rb: float,
    blend: float,
    group: str = "",
    flat: float = 1.0,
    towards: Vector = (0.0, 0.0, 1.0),
) -> Solid:
    """A round cone between two points; flat < 1 squeezes it along `towards`."""
    n = unit(np.asarray(towards, float))
    numbers = (*map(float, a), *map(float, b), float(ra), float(rb), float(1 / flat), *map(float, n))
    return Solid(CONE, numbers, UNION, blend, group=group)


def blob(centre: Vector, radii: Vector, blend: float, group: str = "") -> Solid:
    """An ellipsoid."""
    return Solid(ELLIPSOID, (*map(float, centre), *map(float, radii)), UNION, blend, group=group)


def loft(rows: Points, blend: float, squareness: float = 2.3, group: str = "") -> Solid:
    """An upright loft from rows (y, half width, z front, z back)."""
    table = np.asarray(rows, float)
    table = table[np.argsort(table[:, 0], kind="stable")]
    y = np.linspace(table[0, 0], table[-1, 0], _LOFT_ROWS)
    columns = [profile(table[:, 0], table[:, k], y) for k in (1, 2, 3)]
    return Solid(
        LOFT, (table[0, 0], table[-1, 0], squareness), UNION, blend, loft=np.stack(columns, -1), group=group
    )


def keep(point: Vector, inward: Vector, blend: float = 0.0) -> Solid:
    """Keep only what lies on the side of a plane that `inward` points to."""
    n = -unit(np.asarray(inward, float))
    return Solid(PLANE, (*map(float, point), *map(float, n)), KEEP, blend)


def stash(blend: float = 0.0) -> Solid:
    """Lay what was built so far aside and start afresh: cuts that follow do not touch it."""
    return Solid(PLANE, (), STASH, blend)


def merge(blend: float = 0.0) -> Solid:
    """Unite with everything that was laid aside."""
    return Solid(PLANE, (), MERGE, blend)


def carve(solid: Solid, blend: float = 0.0) -> Solid:
    """Take this body away from what came before."""
    return replace(solid, op=CUT, blend=blend)


@dataclass(frozen=True, eq=False)
class Field:
    """A list of solids, combined in order, packed for the kernels."""

    table: Array
    lofts: Array
    low: Array
    high: Array

    def at(self, points: Array) -> Array:
        """Signed distance (negative inside) at each point."""
        out = np.empty(len(points))
        pts = np.ascontiguousarray(points, np.float64)
        spread(lambda band: distances(pts, *band, self.table, self.lofts, out), bands(len(points), 2, 1000))
        return out

    def gradient(self, points: Array, step: float = 0.002) -> Array:
        """Unit direction away from the solid at each point."""
        out = np.empty_like(points)
        for axis in range(3):
            shift = np.zeros(3)
            shift[axis] = step
            out[:, axis] = self.at(points + shift) - self.at(points - shift)
        return unit(out)


def pack(solids: Iterable[Solid]) -> Field:
    """Solids as one field."""
    items = list(solids)
    table = np.zeros((len(items), _COLUMNS))
    lofts = [item.loft for item in items if item.loft is not None]
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    seen = 0
    for row, item in zip(table, items, strict=True):
        _fill_row(row, item, seen)
        seen += item.loft is not None
        if item.op == UNION:
            a, b = _box(item)
            low, high = np.minimum(low, a), np.maximum(high, b)
    shelf = np.stack(lofts) if lofts else np.zeros((1, _LOFT_ROWS, 3))
    return Field(table, shelf, low, high)


def _fill_row(row: Array, item: Solid, loft_number: int) -> None:
    """What the kernels read of a solid: divisions are done here, once.

    All: kind, op, blend, swell in 0 .. 3 and 0.25 / blend in 17; the rest by kind from 4 on.
    Cone: first end, way to the other, radius, its change, squeeze - 1, direction of the squeeze, 1 / length²
    Ellipsoid: centre, 1 / radii, smallest radius. Loft: low, high, power, 1 / power, rows per metre, number.
    Plane: point, direction.
    """
    row[0], row[1], row[2], row[3] = item.kind, item.op, item.blend, item.swell
    row[17] = 0.25 / item.blend if item.blend > 0 else 0.0
    n = np.asarray(item.numbers)
    if item.kind == CONE:
        way = n[3:6] - n[0:3]
        row[4:7], row[7:10] = n[0:3], way
        row[10], row[11] = n[6] + item.swell, n[7] - n[6]
        row[12], row[13:16] = n[8] - 1.0, n[9:12]
        row[16] = 1.0 / max(float((way * way).sum()), 1e-12)
    elif item.kind == ELLIPSOID:
        radii = n[3:6] + item.swell
        row[4:7], row[7:10], row[10] = n[0:3], 1.0 / radii, radii.min()
    elif item.kind == LOFT:
        row[4:7], row[7], row[8], row[9] = n, 1.0 / n[2], (_LOFT_ROWS - 1) / (n[1] - n[0]), loft_number
    else:
        row[4 : 4 + len(n)] = n


def _box(item: Solid) -> tuple[Array, Array]:
    n, pad = np.asarray(item.numbers), item.swell + item.blend * 0.5
    if item.kind == CONE:
        ends = np.stack([n[0:3], n[3:6]])
        radius = max(n[6], n[7]) + pad
        return ends.min(0) - radius, ends.max(0) + radius
    if item.kind == ELLIPSOID:
        return n[0:3] - n[3:6] - pad, n[0:3] + n[3:6] + pad
    assert item.loft is not None
    width, front, back = item.loft[:, 0].max(), item.loft[:, 1].max(), item.loft[:, 2].min()
    return np.array([-width, n[0], back]) - pad, np.array([width, n[1], front]) + pad


def skin(field: Field, h: float, low: Array | None = None, high: Array | None = None) -> Mesh:
    """The surface of a field as a mesh with cells of size h; those of the last fields are still there."""
    start = (field.low if low is None else np.maximum(field.low, low)) - 3 * h
    stop = (field.high if high is None else np.minimum(field.high, high)) + 3 * h
    key = (h, *(array.tobytes() for array in (start, stop, field.table, field.lofts)))
    with _lock:
        kept = _skins.get(key)
    if kept is None:
        kept = _skinned(field, h, start, stop)
    with _lock:
        _skins[key] = kept
        _skins.move_to_end(key)
        while len(_skins) > _KEPT:
            _skins.popitem(last=False)
    points, normals, faces = kept
    # Whoever shapes a mesh further may write into its points; nobody writes into the faces of one.
    return Mesh(points.copy(), normals.copy(), faces, np.full((len(points), 3), 0.5))


def _skinned(field: Field, h: float, start: Array, stop: Array) -> tuple[Array, Array, Array]:
    """Points, normals and faces of the surface between two corners."""
    blocks = np.maximum(1, np.ceil((stop - start) / (4 * h))).astype(np.int64)
    grid = np.empty(tuple(blocks * 4), np.float32)
    active = np.zeros(tuple(blocks), np.uint8)
    spread(
        lambda group: fill_grid(start, h, field.table, field.lofts, grid, active, group, group + 1),
        range(-(-int(blocks[0]) // 4)),
    )
    index = np.full(grid.shape, -1, np.int32)
    room = int(active.sum()) * 64 + 1
    points = np.empty((room, 3))
    faces = np.empty((room * 6, 3), np.int32)
    count, triangles = net(grid, active, index, points, faces)
    points, faces = points[:count].copy(), faces[:triangles].astype(np.int64)
    slope = np.empty_like(points)
    settle(grid, points, slope)
    points = start + points * h
    normals = unit(slope * 0.65 + vertex_normals(points, faces) * 0.35) if count else slope
    return points, normals, faces
