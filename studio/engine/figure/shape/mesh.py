"""Meshes from profiles: lofts, tubes, sheets, solids of revolution; with normals and coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..compiled import kernel
from .curves import Points, Vector, path, profile, unit

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with per-vertex normals and (u, v, hem), hem being the distance to the nearest edge."""

    points: Array
    normals: Array
    faces: Array
    surface: Array
    two_sided: bool = False
    keep: Array | None = None  # where below zero, the surface is cut away

    def moved(self, rotation: Array | None = None, shift: Vector = (0, 0, 0)) -> Mesh:
        """The same mesh, turned and then shifted."""
        if rotation is None:
            return replace(self, points=self.points + np.asarray(shift))
        return replace(
            self,
            points=np.einsum("ij,kj->ik", self.points, rotation) + np.asarray(shift),
            normals=np.einsum("ij,kj->ik", self.normals, rotation),
        )

    def scaled(self, factor: float | Vector) -> Mesh:
        """The same mesh, scaled about the origin."""
        f = np.broadcast_to(np.asarray(factor, float), (3,))
        return replace(self, points=self.points * f, normals=unit(self.normals / f))

    def mirrored(self) -> Mesh:
        """The same mesh on the other side of the body."""
        flip = np.array([-1.0, 1.0, 1.0])
        return replace(
            self, points=self.points * flip, normals=self.normals * flip, faces=self.faces[:, ::-1].copy()
        )


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Several meshes as one."""
    offset, faces = 0, []
    for mesh in meshes:
        faces.append(mesh.faces + offset)
        offset += len(mesh.points)
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate(faces),
        np.concatenate([m.surface for m in meshes]),
        any(m.two_sided for m in meshes),
        np.concatenate([np.ones(len(m.points)) if m.keep is None else m.keep for m in meshes]),
    )


@kernel
def _add_normals(points, faces, out):
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in range(3):
            v = faces[f, corner]
            out[v, 0] += nx
            out[v, 1] += ny
            out[v, 2] += nz


def vertex_normals(points: Array, faces: Array) -> Array:
    """Area-weighted normals."""
    total = np.zeros((len(points), 3))
    _add_normals(np.ascontiguousarray(points, float), np.ascontiguousarray(faces, np.int64), total)
    return unit(total)


# Meshes share the arrays that are cached here: nobody writes into the faces of a mesh.
@lru_cache(maxsize=256)
def _grid_faces(rows: int, columns: int, closed: bool) -> Array:
    i = np.arange(rows - 1)[:, None]
    j = np.arange(columns if closed else columns - 1)[None]
    a, b = i * columns + j, i * columns + (j + 1) % columns
    c, d = a + columns, b + columns
    first, second = np.stack([a, b, d], -1), np.stack([a, d, c], -1)
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])


@kernel
def _volume(points, faces):
    """Six times the volume inside, negative when the faces look inwards."""
    cx = cy = cz = 0.0
    for i in range(points.shape[0]):
        cx += points[i, 0] / points.shape[0]
        cy += points[i, 1] / points.shape[0]
        cz += points[i, 2] / points.shape[0]
    total = 0.0
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = points[a, 0] - cx, points[a, 1] - cy, points[a, 2] - cz
        bx, by, bz = points[b, 0] - cx, points[b, 1] - cy, points[b, 2] - cz
        dx, dy, dz = points[c, 0] - cx, points[c, 1] - cy, points[c, 2] - cz
        total += ax * (by * dz - bz * dy) + ay * (bz * dx - bx * dz) + az * (bx * dy - by * dx)
    return total


def _outward(points: Array, faces: Array) -> Array:
    flat = np.ascontiguousarray(points, float)
    return faces if _volume(flat, np.ascontiguousarray(faces)) >= 0 else faces[:, ::-1].copy()


@lru_cache(maxsize=256)
def _ring_faces(rows: int, columns: int, caps: bool) -> Array:
    faces = _grid_faces(rows, columns, closed=True)
    if caps:
        j, k = np.arange(columns), rows * columns
        last = (rows - 1) * columns
        start = np.stack([np.full(columns, k), (j + 1) % columns, j], -1)
        end = np.stack([np.full(columns, k + 1), last + j, last + (j + 1) % columns], -1)
        faces = np.concatenate([faces, start, end])
    return faces


@lru_cache(maxsize=256)
def _ring_surface(rows: int, columns: int, caps: bool) -> Array:
    u = np.repeat(np.linspace(0, 1, rows), columns)
    v = np.tile(np.linspace(0, 1, columns, endpoint=False), rows)
    if caps:
        u, v = np.append(u, [0, 1]), np.append(v, [0.5, 0.5])
    return np.stack([u, v, np.zeros(len(u))], -1)


def rings(grid: Array, caps: bool = True) -> Mesh:
    """A closed skin over rings of points (rows × columns × 3)."""
    rows, columns, _ = grid.shape
    points = grid.reshape(-1, 3)
    middles = grid.mean(1)
    steps = middles[1:] - middles[:-1]
    along = np.concatenate([[0], np.cumsum(np.sqrt((steps * steps).sum(1)))])
    surface = _ring_surface(rows, columns, caps).copy()
    surface[: rows * columns, 2] = np.repeat(np.minimum(along, along[-1] - along), columns)
    if caps:
        points = np.concatenate([points, middles[[0, -1]]])
    faces = _outward(points, _ring_faces(rows, columns, caps))
    return Mesh(points, vertex_normals(points, faces), faces, surface)


@lru_cache(maxsize=256)
def circle(columns: int, squareness: float = 2.0) -> tuple[Array, Array]:
    """Cosine and sine of a superellipse; squareness 2 is round, 4 is boxy."""
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    power = 2 / squareness
    return np.sign(c) * np.abs(c) ** power, np.sign(s) * np.abs(s) ** power


def upright_loft(rows: Points, count: int = 40, columns: int = 40, squareness: float = 2.2) -> Array:
    """Rings of a loft along y from rows (y, half width, z front, z back[, x centre])."""
    table = np.asarray(rows, float)
    table = table[np.argsort(table[:, 0], kind="stable")]
    y = np.linspace(table[0, 0], table[-1, 0], count)
    width, front, back = (profile(table[:, 0], table[:, k], y) for k in (1, 2, 3))
    centre = profile(table[:, 0], table[:, 4], y) if table.shape[1] > 4 else np.zeros(count)
    c, s = circle(columns, squareness)
    x = centre[:, None] + width[:, None] * c
    z = ((front + back) / 2)[:, None] + ((front - back) / 2)[:, None] * s
    return np.stack([x, np.repeat(y[:, None], columns, 1), z], -1)


@kernel
def _tube(centre, radius, towards, flat, c, s, out):
    rows, columns = out.shape[0], out.shape[1]
    for i in range(rows):
        before, after = max(0, i - 1), min(rows - 1, i + 1)
        step = after - before
        tx = (centre[after, 0] - centre[before, 0]) / step
        ty = (centre[after, 1] - centre[before, 1]) / step
        tz = (centre[after, 2] - centre[before, 2]) / step
        size = 1.0 / max(np.sqrt(tx * tx + ty * ty + tz * tz), 1e-12)
        tx, ty, tz = tx * size, ty * size, tz * size
        dx, dy, dz = towards[i, 0], towards[i, 1], towards[i, 2]
        dot = dx * tx + dy * ty + dz * tz
        ax, ay, az = dx - dot * tx, dy - dot * ty, dz - dot * tz
        if ax * ax + ay * ay + az * az < 1e-4 * (dx * dx + dy * dy + dz * dz):
            # The section cannot face the way that the curve runs: it faces up, or to the side, instead.
            if abs(ty) < 0.9:
                ax, ay, az = -ty * tx, 1.0 - ty * ty, -ty * tz
            else:
                ax, ay, az = 1.0 - tx * tx, -tx * ty, -tx * tz
        size = 1.0 / max(np.sqrt(ax * ax + ay * ay + az * az), 1e-12)
        ax, ay, az = ax * size, ay * size, az * size
        wx, wy, wz = ty * az - tz * ay, tz * ax - tx * az, tx * ay - ty * ax
        for j in range(columns):
            wide, high = radius[i] * c[j], radius[i] * flat * s[j]
            out[i, j, 0] = centre[i, 0] + wx * wide + ax * high
            out[i, j, 1] = centre[i, 1] + wy * wide + ay * high
            out[i, j, 2] = centre[i, 2] + wz * wide + az * high


def tube(
    points: Points,
    radii: Vector,
    count: int = 20,
    columns: int = 12,
    flat: float = 1.0,
    towards: Vector = (0.0, 0.0, 1.0),
    squareness: float = 2.0,
) -> Array:
    """Rings along a curve; flat squeezes the section along `towards` (one direction, or one per ring)."""
    radius = np.asarray(radii, float)
    r = profile(np.linspace(0, 1, len(radius)), radius, np.linspace(0, 1, count))
    direction = np.empty((count, 3))
    direction[:] = towards
    c, s = circle(columns, squareness)
    out = np.empty((count, columns, 3))
    _tube(path(points, count), r, direction, float(flat), c, s, out)
    return out


def loop_tube(loop: Array, radius: float, columns: int = 8) -> Mesh:
    """A thin closed ring along a loop of points: the trim of armour."""
    tangent = unit(np.roll(loop, -1, 0) - np.roll(loop, 1, 0))
    out = unit(loop - loop.mean(0))
    wide = unit(np.cross(tangent, out))
    c, s = circle(columns)
    grid = (
        loop[:, None]
        + out[:, None] * (radius * c)[None, :, None]
        + wide[:, None] * (radius * s)[None, :, None]
    )
    rows = len(loop)
    points = grid.reshape(-1, 3)
    faces = _grid_faces(rows + 1, columns, closed=True) % (rows * columns)
    normals = unit(points - np.repeat(loop, columns, 0))
    a, b, d = (points[faces[:, k]] for k in range(3))
    if (np.cross(b - a, d - a) * normals[faces[:, 0]]).sum() < 0:
        faces = faces[:, ::-1].copy()
    return Mesh(points, normals, faces, np.full((len(points), 3), 0.5))


def ellipsoid(centre: Vector, radii: Vector, rows: int = 14, columns: int = 20) -> Mesh:
    """An ellipsoid along the axes."""
    theta = np.linspace(0.0, np.pi, rows)[:, None]
    phi = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None]
    ball = np.stack([np.sin(theta) * np.cos(phi), np.cos(theta) + 0 * phi, np.sin(theta) * np.sin(phi)], -1)
    r = np.asarray(radii, float)
    mesh = rings(ball * r, caps=False)
    return replace(mesh, points=mesh.points + np.asarray(centre), normals=unit(ball.reshape(-1, 3) / r))


def sheet(
    place: Callable[[Array, Array], Array],
    rows: int,
    columns: int,
    outward: Vector | None = None,
) -> Mesh:
    """A thin two-sided cloth or plate: place(u, v) gives its points; u runs down, v across.

    Normals look away from the y axis, or along `outward` if that is given.
    """
    u, v = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    grid = place(u, v)
    points = grid.reshape(-1, 3)
    faces = _grid_faces(rows, columns, closed=False)
    normals = vertex_normals(points, faces)
    if outward is None:
        away = points * np.array([1.0, 0.0, 1.0])
    else:
        away = np.broadcast_to(np.asarray(outward, float), points.shape)
    if (normals * away).sum() < 0:
        normals, faces = -normals, faces[:, ::-1].copy()
    down = np.sqrt((np.diff(grid, axis=0) ** 2).sum(-1))
    length = np.concatenate([np.zeros((1, columns)), np.cumsum(down, 0)])
    hem = length[-1] - length
    surface = np.stack([u.ravel(), v.ravel(), hem.ravel()], -1)
    return Mesh(points, normals, faces, surface, two_sided=True)


def closed_sheet(mesh: Mesh, rows: int, columns: int) -> Mesh:
    """Weld the normals of the first and last column of a sheet that runs all around."""
    grid = mesh.normals.reshape(rows, columns, 3).copy()
    seam = unit(grid[:, 0] + grid[:, -1])
    grid[:, 0] = grid[:, -1] = seam
    return replace(mesh, normals=grid.reshape(-1, 3))


def slab(mesh: Mesh, thickness: float) -> Mesh:
    """A sheet with a second side: a plate of armour."""
    count = len(mesh.points)
    points = np.concatenate([mesh.points + mesh.normals * thickness, mesh.points])
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    key = edges[:, 0].astype(np.int64) * count + edges[:, 1]
    reverse = edges[:, 1].astype(np.int64) * count + edges[:, 0]
    rim = edges[~np.isin(key, reverse)]
    a, b = rim[:, 0], rim[:, 1]
    wall = np.concatenate([np.stack([a, a + count, b + count], -1), np.stack([a, b + count, b], -1)])
    faces = np.concatenate([mesh.faces, mesh.faces[:, ::-1] + count, wall])
    normals = np.concatenate([mesh.normals, -mesh.normals])
    return Mesh(points, normals, faces, np.concatenate([mesh.surface, mesh.surface]))


def revolve_sharp(outline: Points, columns: int = 36, squash: float = 1.0) -> Mesh:
    """A two-sided skin of revolution whose outline keeps its corners: hats, bells, cuffs."""
    curve = np.asarray(outline, float)
    c, s = circle(columns)
    r, y = curve[:, 0][:, None], curve[:, 1][:, None]
    grid = np.stack([r * c * squash, np.repeat(y, columns, 1), r * s], -1)
    return replace(rings(grid, caps=False), two_sided=True)
