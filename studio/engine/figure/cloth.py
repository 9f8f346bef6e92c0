"""Woven cloth as a grid of points: its threads, how it settles over limbs, a coarse cloth for a fine one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .compiled import kernel
from .shape.curves import unit

Array = np.ndarray
_SPANS = (2, 5)  # threads along a row that are kept in length together
_MESH_M = 0.062  # meshes as wide as a knee or wider would let it through


@kernel
def _push_out(x, y, z, sewn, first, cones, turned, lie, out):
    """Move a point out of every cone, to the side of it on which it was sewn; true if it was in one."""
    touched = False
    for k in range(cones.shape[0]):
        ax, ay, az, ra = cones[k, 0], cones[k, 1], cones[k, 2], cones[k, 3] + lie
        dx, dy, dz = cones[k, 4] - ax, cones[k, 5] - ay, cones[k, 6] - az
        rb = cones[k, 7] + lie
        px, py, pz = x - ax, y - ay, z - az
        t = (px * dx + py * dy + pz * dz) / max(dx * dx + dy * dy + dz * dz, 1e-12)
        t = min(1.0, max(0.0, t))
        px, py, pz = px - dx * t, py - dy * t, pz - dz * t
        r = ra + (rb - ra) * t
        far = px * px + py * py + pz * pz
        if far < r * r:
            touched = True
            x, y, z = x - px, y - py, z - pz
            sx = sewn[0] - first[k, 0] - (first[k, 4] - first[k, 0]) * t
            sy = sewn[1] - first[k, 1] - (first[k, 5] - first[k, 1]) * t
            sz = sewn[2] - first[k, 2] - (first[k, 6] - first[k, 2]) * t
            nx = turned[k, 0, 0] * sx + turned[k, 0, 1] * sy + turned[k, 0, 2] * sz
            ny = turned[k, 1, 0] * sx + turned[k, 1, 1] * sy + turned[k, 1, 2] * sz
            nz = turned[k, 2, 0] * sx + turned[k, 2, 1] * sy + turned[k, 2, 2] * sz
            scale = 1.0 / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            behind = px * nx + py * ny + pz * nz
            if behind < 0.1 * r:
                move = 0.1 * r - behind
                px, py, pz = px + nx * move, py + ny * move, pz + nz * move
                far = px * px + py * py + pz * pz
            move = r / max(np.sqrt(far), 1e-9)
            x, y, z = x + px * move, y + py * move, z + pz * move
    out[0], out[1], out[2] = x, y, z
    return touched


@kernel
def _tie(points, hold, i, j, length, give):
    """Draw two points together when they are too far apart; apart, less so, when too near."""
    dx, dy, dz = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
    far = np.sqrt(dx * dx + dy * dy + dz * dz)
    weight = hold[i] + hold[j]
    if far < 1e-9 or weight == 0.0:
        return
    change = (far - length) / far / weight
    if far < length:
        change *= give
    a, b = change * hold[i], change * hold[j]
    points[i, 0] += dx * a
    points[i, 1] += dy * a
    points[i, 2] += dz * a
    points[j, 0] -= dx * b
    points[j, 1] -= dy * b
    points[j, 2] -= dz * b


@kernel
def _settle(
    points,
    sewn,
    start,
    goal,
    free,
    pull,
    side,
    every,
    lengths,
    first,
    cones,
    turned,
    lie,
    floor,
    rows,
    columns,
    closed,
    rounds,
):
    """Cloth pulled to where it would hang, kept together by its threads, kept out of the limbs.

    lengths holds, per point, those to the next in the row, in the column, and across both ways.
    """
    steps = cones.shape[0]
    spot = np.empty(3)
    spans = _SPANS
    wide = columns - 1 if closed else columns
    for step in range(steps):
        share = (step + 1.0) / steps
        for i in range(points.shape[0]):
            if free[i] == 0.0:
                for k in range(3):
                    points[i, k] = start[i, k] + (goal[i, k] - start[i, k]) * share
        turns = rounds if step < steps - 1 else rounds * 3
        for turn in range(turns):
            for i in range(points.shape[0]):
                if free[i] > 0.0 and turn % every == 0:
                    for k in range(3):
                        aim = start[i, k] + (goal[i, k] - start[i, k]) * share
                        # Its weight draws cloth down; sideways it is nearly free.
                        points[i, k] += (aim - points[i, k]) * (pull if k == 1 else pull * side)
            for n in range(rows * wide):
                # To and fro, so that no side of the cloth is always served first.
                m = n if turn % 2 == 0 else rows * wide - 1 - n
                r, c = m // wide, m % wide
                i = r * columns + c
                right = r * columns + (c + 1) % wide
                if c + 1 < wide or closed:
                    _tie(points, free, i, right, lengths[i, 0], 0.3)
                if r + 1 < rows:
                    _tie(points, free, i, i + columns, lengths[i, 1], 1.0)
                    if c + 1 < wide or closed:
                        _tie(points, free, i, right + columns, lengths[i, 2], 0.3)
                        _tie(points, free, right, i + columns, lengths[i, 3], 0.3)
                for s in range(2):
                    far = (c + spans[s]) % wide
                    if c + spans[s] < wide or closed:
                        _tie(points, free, i, r * columns + far, lengths[i, 4 + s], 0.0)
            if turn % 2 == 0 and turn < turns - 1:
                continue
            for r in range(rows):
                for c in range(wide):
                    i = r * columns + c
                    if free[i] > 0.0:
                        if _push_out(
                            points[i, 0], points[i, 1], points[i, 2], sewn[i], first, cones[step],
                            turned[step], lie, spot,
                        ):  # fmt: skip
                            points[i, 0], points[i, 1], points[i, 2] = spot[0], spot[1], spot[2]
                        if points[i, 1] < floor:
                            points[i, 1] = floor
    if closed:
        for r in range(rows):
            for k in range(3):
                points[r * columns + columns - 1, k] = points[r * columns, k]


@kernel
def nearest(points, others, into):
    """For each point, the number of the nearest of the others."""
    for i in range(points.shape[0]):
        best = 1e9
        for j in range(others.shape[0]):
            dx, dy, dz = points[i, 0] - others[j, 0], points[i, 1] - others[j, 1], points[i, 2] - others[j, 2]
            far = dx * dx + dy * dy + dz * dz
            if far < best:
                best = far
                into[i] = j


@dataclass(frozen=True)
class Grid:
    """Rows that run around, columns that run down; a closed one has its first column twice."""

    rows: int
    columns: int
    closed: bool

    def of(self, points: Array) -> Array:
        """Values of the points as rows and columns."""
        return points.reshape(self.rows, self.columns, *points.shape[1:])

    def lengths(self, points: Array) -> Array:
        """The lengths of the threads at each point: right, down, both slants, and along the spans."""
        grid = self.of(points)
        right = np.concatenate([grid[:, 1:], grid[:, 1:2] if self.closed else grid[:, -1:]], 1)
        below = np.concatenate([grid[1:], grid[-1:]])
        slant = np.concatenate([right[1:], right[-1:]])
        pairs = ((grid, right), (grid, below), (grid, slant), (right, below))
        found = [np.sqrt(((a - b) ** 2).sum(-1)) for a, b in pairs]
        # What pulls in one place is felt around the cloth sooner over several threads at once.
        wide = self.columns - 1 if self.closed else self.columns
        around = np.cumsum(np.concatenate([found[0][:, :wide], found[0][:, :wide]], 1), 1)
        for span in _SPANS:
            chain = around[:, span : span + wide] - around[:, :wide]
            found.append(np.concatenate([chain, chain[:, : self.columns - wide]], 1))
        return np.stack(found, -1).reshape(self.rows * self.columns, 4 + len(_SPANS))

    def normals(self, points: Array) -> Array:
        """Which way each point faces."""
        grid = self.of(points)
        down = np.gradient(grid, axis=0)
        if self.closed:
            around = np.concatenate([grid[:, -2:-1], grid, grid[:, 1:2]], 1)
            across = around[:, 2:] - around[:, :-2]
        else:
            across = np.gradient(grid, axis=1)
        return unit(np.cross(across, down)).reshape(-1, 3)

    def calm(self, normals: Array) -> Array:
        """Normals evened out a little: broad folds, not creases."""
        grid = self.of(normals)
        for _ in range(3):
            ends = (grid[:, -2:-1], grid[:, 1:2]) if self.closed else (grid[:, :1], grid[:, -1:])
            wide = np.concatenate([ends[0], grid, ends[1]], 1)
            grid = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
            tall = np.concatenate([grid[:1], grid, grid[-1:]])
            grid = tall[:-2] + 2 * tall[1:-1] + tall[2:]
        return unit(grid.reshape(-1, 3))

    def frames(self, points: Array) -> Array:
        """At each point: which way is out, down and across."""
        out = self.normals(points)
        down = np.gradient(self.of(points), axis=0).reshape(-1, 3)
        down = unit(down - out * (down * out).sum(1, keepdims=True))
        return np.stack([out, down, np.cross(out, down)], -1)


@dataclass(frozen=True, eq=False)
class Moving:
    """What cloth may not run through: cones at rest, at each step of their way, and how they are turned."""

    first: Array
    cones: Array
    turned: Array

    def arrived(self) -> Moving:
        """Only where they end."""
        return Moving(self.first, self.cones[-1:], self.turned[-1:])


@dataclass(frozen=True)
class Fall:
    """How cloth falls: its weight, how much of it draws sideways, every so many rounds; gaps and floor."""

    weight: float
    sideways: float
    every: int
    lie: float
    floor: float
    rounds: int


def settle(
    grid: Grid,
    sewn: Array,
    at: Array,
    goal: Array,
    free: Array,
    limbs: Moving,
    fall: Fall,
    beside: Array | None = None,
) -> Array:
    """Where cloth comes to lie that starts at `at` and would hang at `goal`; what is not free goes there.

    It stays on that side of each limb where it was sewn, or where `beside` is.
    """
    points = at.copy()
    side = sewn if beside is None else beside
    _settle(
        points, side, at, goal, free, fall.weight, fall.sideways, fall.every, grid.lengths(sewn),
        limbs.first, limbs.cones, np.array(limbs.turned, order="C"), fall.lie, fall.floor,
        grid.rows, grid.columns, grid.closed, fall.rounds,
    )  # fmt: skip
    return points


def _between(fine: int, coarse: Array, closed: bool) -> Array:
    """The matrix that takes values at some of the lines of a grid to all of them, smoothly."""
    out = np.zeros((fine, len(coarse)))
    count = len(coarse) - 1 if closed else len(coarse)
    for line in range(fine):
        k = min(int(np.searchsorted(coarse, line, side="right")) - 1, len(coarse) - 2)
        t = (line - coarse[k]) / (coarse[k + 1] - coarse[k])
        shares = (
            -0.5 * t + t * t - 0.5 * t**3,
            1 - 2.5 * t * t + 1.5 * t**3,
            0.5 * t + 2 * t * t - 1.5 * t**3,
            -0.5 * t * t + 0.5 * t**3,
        )
        for step, share in enumerate(shares):
            at = k - 1 + step
            out[line, at % count if closed else min(max(at, 0), count - 1)] += share
    return out


@dataclass(frozen=True, eq=False)
class Coarse:
    """Every so many rows and columns of a cloth: few points settle soon, the others lie between them."""

    at_rows: Array
    at_columns: Array
    fine: Grid

    @classmethod
    def of(cls, fine: Grid, points: Array) -> Coarse:
        """The coarse cloth of a fine one, its meshes small enough."""
        grid = fine.of(points)
        long = np.sqrt((np.diff(grid, axis=0) ** 2).sum(-1)).sum(0).max()
        wide = np.sqrt((np.diff(grid[-1], axis=0) ** 2).sum(-1)).sum()
        rows = int(np.clip(np.ceil(long / _MESH_M) + 1, 6, fine.rows))
        every = max(1, fine.columns // (40 if wide < 40 * _MESH_M else 60))
        at_rows = np.unique(np.round(np.linspace(0, fine.rows - 1, rows)).astype(int))
        at_columns = np.unique(np.append(np.arange(0, fine.columns, every), fine.columns - 1))
        return cls(at_rows, at_columns, fine)

    @property
    def grid(self) -> Grid:
        """Its rows and columns."""
        return Grid(len(self.at_rows), len(self.at_columns), self.fine.closed)

    def pick(self, values: Array) -> Array:
        """What belongs to its own points."""
        chosen = self.fine.of(values)[self.at_rows][:, self.at_columns]
        return np.ascontiguousarray(chosen.reshape(-1, *values.shape[1:]))

    def refine(self, settled: Array, sewn: Array) -> Array:
        """All points, each with the place on the smooth cloth that it has as sewn."""
        down = _between(self.fine.rows, self.at_rows, False)
        across = _between(self.fine.columns, self.at_columns, self.fine.closed)
        smooth = []
        for points in (self.pick(sewn), settled):
            # One sum after the other: all at once is much slower.
            tall = np.einsum("ri,ijk->rjk", down, self.grid.of(points))
            smooth.append(np.einsum("cj,rjk->rck", across, tall).reshape(-1, 3))
        turned = np.einsum("nij,nkj->nik", self.fine.frames(smooth[1]), self.fine.frames(smooth[0]))
        return smooth[1] + np.einsum("nij,nj->ni", turned, sewn - smooth[0])
