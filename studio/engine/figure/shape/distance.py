"""Signed distances to lists of solids: at given points, and on a grid that is fine only near the skin.

Points are taken in handfuls; every solid is measured for a whole handful, as processors do several at a time.
"""

from __future__ import annotations

import numpy as np

from ..compiled import kernel

_SIDE = 4  # points along a block, and blocks along a group of blocks
_MOST = 64  # points of a handful
_CHUNK = 32  # points of a list that are so near to one another that few solids matter to all of them
_FAR = 1e3

# For each constant that one kernel hands another, numba compiles that one anew; np.int64 makes plain numbers.


@kernel
def _cone(table, s, x, y, z, count, values):
    ax, ay, az = table[s, 4], table[s, 5], table[s, 6]
    dx, dy, dz, inverse = table[s, 7], table[s, 8], table[s, 9], table[s, 16]
    radius, change = table[s, 10], table[s, 11]
    squeeze, nx, ny, nz = table[s, 12], table[s, 13], table[s, 14], table[s, 15]
    for p in range(count):
        px, py, pz = x[p] - ax, y[p] - ay, z[p] - az
        along = (px * nx + py * ny + pz * nz) * squeeze
        px += along * nx
        py += along * ny
        pz += along * nz
        t = (px * dx + py * dy + pz * dz) * inverse
        t = 0.0 if t < 0.0 else t
        t = 1.0 if t > 1.0 else t
        px -= dx * t
        py -= dy * t
        pz -= dz * t
        values[s, p] = np.sqrt(px * px + py * py + pz * pz) - (radius + change * t)


@kernel
def _ellipsoid(table, s, x, y, z, count, values):
    cx, cy, cz = table[s, 4], table[s, 5], table[s, 6]
    ix, iy, iz, least = table[s, 7], table[s, 8], table[s, 9], table[s, 10]
    for p in range(count):
        px, py, pz = (x[p] - cx) * ix, (y[p] - cy) * iy, (z[p] - cz) * iz
        a = px * px + py * py + pz * pz
        px *= ix
        py *= iy
        pz *= iz
        b = np.sqrt(px * px + py * py + pz * pz)
        values[s, p] = -least if b < 1e-9 else (a - np.sqrt(a)) / b


@kernel
def _loft(table, s, lofts, x, y, z, count, values):
    grow, low, high, power, root = table[s, 3], table[s, 4], table[s, 5], table[s, 6], table[s, 7]
    rows_per_metre, which = table[s, 8], int(table[s, 9])
    last = lofts.shape[1] - 1
    for p in range(count):
        place = (min(high, max(low, y[p])) - low) * rows_per_metre
        i = min(last - 1, int(place))
        f = place - i
        w = lofts[which, i, 0] * (1 - f) + lofts[which, i + 1, 0] * f + grow
        front = lofts[which, i, 1] * (1 - f) + lofts[which, i + 1, 1] * f + grow
        back = lofts[which, i, 2] * (1 - f) + lofts[which, i + 1, 2] * f - grow
        depth = (front - back) * 0.5
        away = z[p] - (front + back) * 0.5
        r = ((abs(x[p]) / w) ** power + (abs(away) / depth) ** power) ** root
        if r > 1.0:
            d = (1.0 - 1.0 / r) * np.sqrt(x[p] * x[p] + away * away)
        else:
            d = (r - 1.0) * min(w, depth)
        over = max(low - grow - y[p], y[p] - high - grow)
        if over > 0.0:
            d = max(d, 0.0)
            values[s, p] = np.sqrt(d * d + over * over)
        else:
            values[s, p] = max(d, over)


@kernel
def _plane(table, s, x, y, z, count, values):
    ax, ay, az = table[s, 4], table[s, 5], table[s, 6]
    nx, ny, nz, swell = table[s, 7], table[s, 8], table[s, 9], table[s, 3]
    for p in range(count):
        values[s, p] = (x[p] - ax) * nx + (y[p] - ay) * ny + (z[p] - az) * nz - swell


@kernel
def _measure(table, lofts, near, few, x, y, z, count, values):
    """The distances of a handful of points to each solid of a list; `field._fill_row` says what rows hold."""
    for n in range(few):
        s = near[n]
        kind = int(table[s, 0])
        if table[s, 1] > 2.0:
            continue
        if kind == 0:
            _cone(table, s, x, y, z, count, values)
        elif kind == 1:
            _ellipsoid(table, s, x, y, z, count, values)
        elif kind == 2:
            _loft(table, s, lofts, x, y, z, count, values)
        else:
            _plane(table, s, x, y, z, count, values)


@kernel
def _unite(d, e, blend, quarter):
    """The smaller of two distances, with a smooth seam; quarter is 0.25 / blend."""
    near = blend - abs(d - e)
    near = 0.0 if near < 0.0 else near
    return (d if d < e else e) - near * near * quarter


@kernel
def _fold(table, near, few, values, count, d, aside):
    """The distances to the solids of a list combined in their order, for a handful of points."""
    for p in range(count):
        d[p] = aside[p] = _FAR
    for n in range(few):
        s = near[n]
        op, blend, quarter = int(table[s, 1]), table[s, 2], table[s, 17]
        if op == 0:
            for p in range(count):
                d[p] = _unite(d[p], values[s, p], blend, quarter)
        elif op == 1:
            for p in range(count):
                d[p] = -_unite(-d[p], values[s, p], blend, quarter)
        elif op == 2:
            for p in range(count):
                d[p] = -_unite(-d[p], -values[s, p], blend, quarter)
        elif op == 3:
            for p in range(count):
                aside[p] = _unite(aside[p], d[p], blend, quarter)
                d[p] = _FAR
        else:
            for p in range(count):
                d[p] = _unite(d[p], aside[p], blend, quarter)
                aside[p] = _FAR


@kernel
def _choose(table, near, few, values, p, half, chosen):
    """The solids that may matter within `half` of a measured place; planes and steps always do."""
    best = _FAR
    for n in range(few):
        if table[near[n], 1] == 0.0:
            best = min(best, values[near[n], p])
    limit = max(best, 0.0) + 2.3 * half
    found = 0
    for n in range(few):
        s = near[n]
        if table[s, 1] != 0.0 or values[s, p] < limit + table[s, 2]:
            chosen[found] = s
            found += 1
    return found


@kernel
def distances(points, first, last, table, lofts, out):
    """The distance at each of the points first .. last; neighbours in the list are best near in space."""
    zero, one = np.int64(0), np.int64(1)
    solids = table.shape[0]
    every, near = np.arange(solids), np.empty(solids, np.int64)
    values = np.empty((solids, _CHUNK))
    x, y, z = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    d, aside = np.empty(_CHUNK), np.empty(_CHUNK)
    for begin in range(first, last, _CHUNK):
        count = min(last, begin + _CHUNK) - begin
        cx = cy = cz = 0.0
        for p in range(count):
            x[p], y[p], z[p] = points[begin + p, 0], points[begin + p, 1], points[begin + p, 2]
            cx += x[p] / count
            cy += y[p] / count
            cz += z[p] / count
        half = 0.0
        for p in range(count):
            half = max(half, (x[p] - cx) ** 2 + (y[p] - cy) ** 2 + (z[p] - cz) ** 2)
        x[0], y[0], z[0] = cx, cy, cz
        _measure(table, lofts, every, solids, x, y, z, one, values)
        few = _choose(table, every, solids, values, zero, np.sqrt(half), near)
        x[0], y[0], z[0] = points[begin, 0], points[begin, 1], points[begin, 2]
        _measure(table, lofts, near, few, x, y, z, count, values)
        _fold(table, near, few, values, count, d, aside)
        for p in range(count):
            out[begin + p] = d[p]


@kernel
def _fill_cube(grid, x0, y0, z0, side, value):
    for x in range(x0, min(x0 + side, grid.shape[0])):
        for y in range(y0, min(y0 + side, grid.shape[1])):
            for z in range(z0, min(z0 + side, grid.shape[2])):
                grid[x, y, z] = value


@kernel
def _corners(origin, h, x0, y0, z0, side, step, shift, x, y, z):
    """The places of side³ cubes, `step` points wide, from a corner of the grid on."""
    p = 0
    for i in range(side):
        for j in range(side):
            for k in range(side):
                x[p] = origin[0] + (x0 + i * step + shift) * h
                y[p] = origin[1] + (y0 + j * step + shift) * h
                z[p] = origin[2] + (z0 + k * step + shift) * h
                p += 1


@kernel
def fill_grid(origin, h, table, lofts, grid, active, first, last):
    """Distances on a grid, for its groups of blocks first .. last along x; marks the blocks near the skin.

    Far from the skin a group, a block or an eighth of a block takes the distance at its middle. Distances to
    squeezed and blended solids are not exact: the shares by which the limits are raised allow for that.
    """
    zero, one, two, side, eight, most = (
        np.int64(0), np.int64(1), np.int64(2), np.int64(_SIDE), np.int64(8), np.int64(_MOST)
    )  # fmt: skip
    solids = table.shape[0]
    every, wide, near = np.arange(solids), np.empty(solids, np.int64), np.empty(solids, np.int64)
    values, fine = np.empty((solids, _MOST)), np.empty((solids, _MOST))
    x, y, z = np.empty(_MOST), np.empty(_MOST), np.empty(_MOST)
    d, aside, inner = np.empty(_MOST), np.empty(_MOST), np.empty(_MOST)
    places = np.empty((_MOST, 3), np.int64)
    group, room = side * side, 1.75 * h  # room: the cell around a cube that its neighbours look at
    half_group, half_block, half_eighth = h * (group - 1) * 0.87, h * 3.47, h * 0.87
    for gx in range(first, last):
        for gy in range((grid.shape[1] + group - 1) // group):
            for gz in range((grid.shape[2] + group - 1) // group):
                x0, y0, z0 = gx * group, gy * group, gz * group
                _corners(origin, h, x0, y0, z0, one, zero, (group - 1) * 0.5, x, y, z)
                _measure(table, lofts, every, solids, x, y, z, one, values)
                _fold(table, every, solids, values, one, d, aside)
                if abs(d[0]) > (half_group + room) * 1.8:
                    _fill_cube(grid, x0, y0, z0, group, d[0])
                    continue
                many = _choose(table, every, solids, values, zero, half_group * 1.2, wide)
                _corners(origin, h, x0, y0, z0, side, side, (_SIDE - 1) * 0.5, x, y, z)
                _measure(table, lofts, wide, many, x, y, z, most, values)
                _fold(table, wide, many, values, most, d, aside)
                for block in range(_MOST):
                    bx, by, bz = gx * 4 + block // 16, gy * 4 + block // 4 % 4, gz * 4 + block % 4
                    if bx >= active.shape[0] or by >= active.shape[1] or bz >= active.shape[2]:
                        continue
                    if abs(d[block]) > (half_block + room) * 1.15:
                        _fill_cube(grid, bx * _SIDE, by * _SIDE, bz * _SIDE, side, d[block])
                        continue
                    active[bx, by, bz] = 1
                    few = _choose(table, wide, many, values, block, half_block, near)
                    _corners(origin, h, bx * _SIDE, by * _SIDE, bz * _SIDE, two, two, 0.5, x, y, z)
                    _measure(table, lofts, near, few, x, y, z, eight, fine)
                    _fold(table, near, few, fine, eight, inner, aside)
                    count = zero
                    for part in range(8):
                        px, py, pz = bx * 4 + part // 4 * 2, by * 4 + part // 2 % 2 * 2, bz * 4 + part % 2 * 2
                        if abs(inner[part]) > (half_eighth + room) * 1.3:
                            _fill_cube(grid, px, py, pz, two, inner[part])
                            continue
                        for corner in range(8):
                            places[count, 0] = px + corner // 4
                            places[count, 1] = py + corner // 2 % 2
                            places[count, 2] = pz + corner % 2
                            count += 1
                    for p in range(count):
                        x[p] = origin[0] + places[p, 0] * h
                        y[p] = origin[1] + places[p, 1] * h
                        z[p] = origin[2] + places[p, 2] * h
                    _measure(table, lofts, near, few, x, y, z, count, fine)
                    _fold(table, near, few, fine, count, inner, aside)
                    for p in range(count):
                        grid[places[p, 0], places[p, 1], places[p, 2]] = inner[p]
