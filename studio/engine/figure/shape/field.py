"""Solid shapes as smooth unions of simple bodies, and their skins: a sparse surface-nets mesher."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..compiled import kernel, spread
from .curves import Points, Vector, profile, unit
from .mesh import Mesh, vertex_normals

Array = np.ndarray
CONE, ELLIPSOID, LOFT, PLANE = 0, 1, 2, 3
UNION, CUT, KEEP, STASH, MERGE = 0, 1, 2, 3, 4
_COLUMNS = 20
_LOFT_ROWS = 96
_FAR = 1e3


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
        bands = np.array_split(np.arange(len(points)), 2)
        spread(
            lambda band: _distances(pts, band[0], band[-1] + 1, self.table, self.lofts, out),
            [band for band in bands if len(band)],
        )
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
        row[0], row[1], row[2], row[3] = item.kind, item.op, item.blend, item.swell
        row[4 : 4 + len(item.numbers)] = item.numbers
        if item.loft is not None:
            row[19] = seen
            seen += 1
        if item.op == UNION:
            a, b = _box(item)
            low, high = np.minimum(low, a), np.maximum(high, b)
    shelf = np.stack(lofts) if lofts else np.zeros((1, _LOFT_ROWS, 3))
    return Field(table, shelf, low, high)


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


@kernel
def _solid(row, lofts, x, y, z):
    kind = int(row[0])
    if kind == 0:
        ax, ay, az = row[4], row[5], row[6]
        dx, dy, dz = row[7] - ax, row[8] - ay, row[9] - az
        px, py, pz = x - ax, y - ay, z - az
        squeeze = row[12] - 1.0
        if squeeze != 0.0:
            along = (px * row[13] + py * row[14] + pz * row[15]) * squeeze
            px += along * row[13]
            py += along * row[14]
            pz += along * row[15]
        length = dx * dx + dy * dy + dz * dz
        t = (px * dx + py * dy + pz * dz) / max(length, 1e-12)
        t = min(1.0, max(0.0, t))
        px -= dx * t
        py -= dy * t
        pz -= dz * t
        radius = row[10] + (row[11] - row[10]) * t
        return np.sqrt(px * px + py * py + pz * pz) - radius - row[3]
    if kind == 1:
        px, py, pz = x - row[4], y - row[5], z - row[6]
        rx, ry, rz = row[7] + row[3], row[8] + row[3], row[9] + row[3]
        a = np.sqrt((px / rx) ** 2 + (py / ry) ** 2 + (pz / rz) ** 2)
        b = np.sqrt((px / (rx * rx)) ** 2 + (py / (ry * ry)) ** 2 + (pz / (rz * rz)) ** 2)
        if b < 1e-9:
            return -min(rx, min(ry, rz))
        return a * (a - 1.0) / b
    if kind == 2:
        low, high, power = row[4], row[5], row[6]
        last = lofts.shape[1] - 1
        place = (min(high, max(low, y)) - low) / (high - low) * last
        i = min(last - 1, int(place))
        f = place - i
        which = int(row[19])
        grow = row[3]
        w = lofts[which, i, 0] * (1 - f) + lofts[which, i + 1, 0] * f + grow
        front = lofts[which, i, 1] * (1 - f) + lofts[which, i + 1, 1] * f + grow
        back = lofts[which, i, 2] * (1 - f) + lofts[which, i + 1, 2] * f - grow
        depth = (front - back) * 0.5
        qx = abs(x) / w
        qz = abs(z - (front + back) * 0.5) / depth
        r = (qx**power + qz**power) ** (1.0 / power)
        d = (r - 1.0) * min(w, depth)
        if r > 1.0:
            d = (1.0 - 1.0 / r) * np.sqrt(x * x + (z - (front + back) * 0.5) ** 2)
        over = max(low - grow - y, y - high - grow)
        if over > 0.0:
            return np.sqrt(max(d, 0.0) ** 2 + over * over)
        return max(d, over)
    return (x - row[4]) * row[7] + (y - row[5]) * row[8] + (z - row[6]) * row[9] - row[3]


@kernel
def _combine(d, e, op, k):
    if op == 0:
        if k > 0.0:
            h = max(k - abs(d - e), 0.0) / k
            return min(d, e) - h * h * k * 0.25
        return min(d, e)
    if op == 1:
        e = -e
    if k > 0.0:
        h = max(k - abs(d - e), 0.0) / k
        return max(d, e) + h * h * k * 0.25
    return max(d, e)


@kernel
def _distances(points, first, last, table, lofts, out):
    for i in range(first, last):
        d = aside = 1e3
        for s in range(table.shape[0]):
            op = int(table[s, 1])
            if op == 3:
                aside = _combine(aside, d, 0, table[s, 2])
                d = 1e3
            elif op == 4:
                d = _combine(d, aside, 0, table[s, 2])
                aside = 1e3
            else:
                e = _solid(table[s], lofts, points[i, 0], points[i, 1], points[i, 2])
                d = _combine(d, e, op, table[s, 2])
        out[i] = d


@kernel
def _fill_blocks(origin, h, table, lofts, grid, active, x_first, x_last):
    """Evaluate blocks of 4³ points; only blocks near the skin are evaluated point by point."""
    side = 4
    near = np.empty(table.shape[0], np.int64)
    values = np.empty(table.shape[0])
    # Half the diagonal of a block, and with it the one cell around that its neighbours look at.
    half = h * 3.47
    reach = (half + h * 1.75) * 1.15
    for bx in range(x_first, x_last):
        for by in range(active.shape[1]):
            for bz in range(active.shape[2]):
                cx = origin[0] + (bx * side + 1.5) * h
                cy = origin[1] + (by * side + 1.5) * h
                cz = origin[2] + (bz * side + 1.5) * h
                d = aside = 1e3
                best = 1e3
                for s in range(table.shape[0]):
                    op = int(table[s, 1])
                    if op == 3:
                        aside = _combine(aside, d, 0, table[s, 2])
                        d = 1e3
                    elif op == 4:
                        d = _combine(d, aside, 0, table[s, 2])
                        aside = 1e3
                    else:
                        e = _solid(table[s], lofts, cx, cy, cz)
                        values[s] = e
                        if op == 0:
                            best = min(best, e)
                        d = _combine(d, e, op, table[s, 2])
                if abs(d) > reach:
                    for x in range(side):
                        for y in range(side):
                            for z in range(side):
                                grid[bx * side + x, by * side + y, bz * side + z] = d
                    continue
                active[bx, by, bz] = 1
                count = 0
                for s in range(table.shape[0]):
                    if table[s, 1] != 0.0 or values[s] < max(best, 0.0) + 2.3 * half + table[s, 2]:
                        near[count] = s
                        count += 1
                for x in range(side):
                    for y in range(side):
                        for z in range(side):
                            px = origin[0] + (bx * side + x) * h
                            py = origin[1] + (by * side + y) * h
                            pz = origin[2] + (bz * side + z) * h
                            d = aside = 1e3
                            for n in range(count):
                                s = near[n]
                                op = int(table[s, 1])
                                if op == 3:
                                    aside = _combine(aside, d, 0, table[s, 2])
                                    d = 1e3
                                elif op == 4:
                                    d = _combine(d, aside, 0, table[s, 2])
                                    aside = 1e3
                                else:
                                    e = _solid(table[s], lofts, px, py, pz)
                                    d = _combine(d, e, op, table[s, 2])
                            grid[bx * side + x, by * side + y, bz * side + z] = d


@kernel
def _net(grid, active, index, points, faces):
    """Surface nets: one vertex per crossed cell, one quad per crossed edge; returns how many of each."""
    nx, ny, nz = grid.shape
    count = 0
    for bx in range(active.shape[0]):
        for by in range(active.shape[1]):
            for bz in range(active.shape[2]):
                if active[bx, by, bz] == 0:
                    continue
                for x in range(bx * 4, min(bx * 4 + 4, nx - 1)):
                    for y in range(by * 4, min(by * 4 + 4, ny - 1)):
                        for z in range(bz * 4, min(bz * 4 + 4, nz - 1)):
                            inside = 0
                            for c in range(8):
                                if grid[x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)] < 0:
                                    inside += 1
                            if inside == 0 or inside == 8:
                                continue
                            sx = sy = sz = 0.0
                            cuts = 0
                            for c in range(8):
                                for axis in range(3):
                                    bit = 1 << axis
                                    if c & bit:
                                        continue
                                    o = c | bit
                                    a = grid[x + (c & 1), y + ((c >> 1) & 1), z + (c >> 2)]
                                    b = grid[x + (o & 1), y + ((o >> 1) & 1), z + (o >> 2)]
                                    if (a < 0) == (b < 0):
                                        continue
                                    t = a / (a - b)
                                    sx += (c & 1) + (t if axis == 0 else 0.0)
                                    sy += ((c >> 1) & 1) + (t if axis == 1 else 0.0)
                                    sz += (c >> 2) + (t if axis == 2 else 0.0)
                                    cuts += 1
                            points[count, 0] = x + sx / cuts
                            points[count, 1] = y + sy / cuts
                            points[count, 2] = z + sz / cuts
                            index[x, y, z] = count
                            count += 1
    quads = 0
    for bx in range(active.shape[0]):
        for by in range(active.shape[1]):
            for bz in range(active.shape[2]):
                if active[bx, by, bz] == 0:
                    continue
                for x in range(max(1, bx * 4), min(bx * 4 + 4, nx - 1)):
                    for y in range(max(1, by * 4), min(by * 4 + 4, ny - 1)):
                        for z in range(max(1, bz * 4), min(bz * 4 + 4, nz - 1)):
                            here = grid[x, y, z] < 0
                            for axis in range(3):
                                if axis == 0:
                                    there = grid[x + 1, y, z] < 0
                                    a, b = index[x, y - 1, z - 1], index[x, y, z - 1]
                                    c, d = index[x, y, z], index[x, y - 1, z]
                                elif axis == 1:
                                    there = grid[x, y + 1, z] < 0
                                    a, b = index[x - 1, y, z - 1], index[x - 1, y, z]
                                    c, d = index[x, y, z], index[x, y, z - 1]
                                else:
                                    there = grid[x, y, z + 1] < 0
                                    a, b = index[x - 1, y - 1, z], index[x, y - 1, z]
                                    c, d = index[x, y, z], index[x - 1, y, z]
                                if here == there or a < 0 or b < 0 or c < 0 or d < 0:
                                    continue
                                f = quads * 2
                                faces[f, 0] = a
                                faces[f + 1, 0] = a
                                if here:
                                    faces[f, 1], faces[f, 2] = b, c
                                    faces[f + 1, 1], faces[f + 1, 2] = c, d
                                else:
                                    faces[f, 1], faces[f, 2] = c, b
                                    faces[f + 1, 1], faces[f + 1, 2] = d, c
                                quads += 1
    return count, quads * 2


@kernel
def _settle(grid, points, normals):
    """Move net vertices onto the skin and take their normals from the slope of the grid."""
    nx, ny, nz = grid.shape
    for i in range(points.shape[0]):
        for turn in range(2):
            x, y, z = points[i, 0], points[i, 1], points[i, 2]
            ix = min(nx - 2, max(0, int(x)))
            iy = min(ny - 2, max(0, int(y)))
            iz = min(nz - 2, max(0, int(z)))
            fx, fy, fz = x - ix, y - iy, z - iz
            v = gx = gy = gz = 0.0
            for c in range(8):
                wx = fx if c & 1 else 1 - fx
                wy = fy if c & 2 else 1 - fy
                wz = fz if c & 4 else 1 - fz
                g = grid[ix + (c & 1), iy + ((c >> 1) & 1), iz + (c >> 2)]
                v += g * wx * wy * wz
                gx += g * wy * wz * (1.0 if c & 1 else -1.0)
                gy += g * wx * wz * (1.0 if c & 2 else -1.0)
                gz += g * wx * wy * (1.0 if c & 4 else -1.0)
            length = gx * gx + gy * gy + gz * gz
            if turn == 0:
                if length > 1e-14:
                    move = v / length
                    points[i, 0] -= max(-0.5, min(0.5, move * gx))
                    points[i, 1] -= max(-0.5, min(0.5, move * gy))
                    points[i, 2] -= max(-0.5, min(0.5, move * gz))
            else:
                scale = 1.0 / max(np.sqrt(length), 1e-9)
                normals[i, 0] = gx * scale
                normals[i, 1] = gy * scale
                normals[i, 2] = gz * scale


def skin(field: Field, h: float, low: Array | None = None, high: Array | None = None) -> Mesh:
    """The surface of a field as a mesh with cells of size h."""
    start = (field.low if low is None else np.maximum(field.low, low)) - 3 * h
    stop = (field.high if high is None else np.minimum(field.high, high)) + 3 * h
    blocks = np.maximum(1, np.ceil((stop - start) / (4 * h))).astype(np.int64)
    grid = np.empty(tuple(blocks * 4), np.float32)
    active = np.zeros(tuple(blocks), np.uint8)
    slices = np.array_split(np.arange(blocks[0]), min(8, blocks[0]))
    spread(
        lambda s: _fill_blocks(start, h, field.table, field.lofts, grid, active, s[0], s[-1] + 1),
        slices,
    )
    index = np.full(grid.shape, -1, np.int32)
    room = int(active.sum()) * 64 + 1
    points = np.empty((room, 3))
    faces = np.empty((room * 6, 3), np.int32)
    count, triangles = _net(grid, active, index, points, faces)
    points, faces = points[:count].copy(), faces[:triangles].astype(np.int64)
    slope = np.empty_like(points)
    _settle(grid, points, slope)
    points = start + points * h
    normals = unit(slope * 0.65 + vertex_normals(points, faces) * 0.35) if count else slope
    return Mesh(points, normals, faces, np.full((count, 3), 0.5))
