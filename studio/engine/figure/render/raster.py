"""The z-buffer: triangles sorted into bands of rows, then to the nearest surface per pixel."""

from __future__ import annotations

import numpy as np

from ..compiled import kernel

Array = np.ndarray
FAR = np.float32(1e9)


@kernel
def _sort(screen, faces, wanted, sides, step, margin, bands, first, last, starts, left, right):
    """The bands that each face reaches, how many faces each has, and how wide they are there."""
    for f in range(faces.shape[0]):
        first[f] = 0
        last[f] = -1
        if wanted[f] == 0:
            continue
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ay, by, cy = screen[a, 1], screen[b, 1], screen[c, 1]
        ax, bx, cx = screen[a, 0], screen[b, 0], screen[c, 0]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0 or (area > 0.0 and sides[f] == 0):
            continue
        low, high = min(ay, by, cy), max(ay, by, cy)
        near, far = min(ax, bx, cx), max(ax, bx, cx)
        if high < -margin or low > bands * step + margin:
            continue
        first[f] = max(0, int(np.floor((low - margin) / step)))
        last[f] = min(bands - 1, int(np.floor((high + margin) / step)))
        for band in range(first[f], last[f] + 1):
            starts[band + 1] += 1
            left[band] = min(left[band], near)
            right[band] = max(right[band], far)
    for band in range(bands):
        starts[band + 1] += starts[band]


@kernel
def _collect(first, last, places, order):
    for f in range(first.shape[0]):
        for band in range(first[f], last[f] + 1):
            order[places[band]] = f
            places[band] += 1


def banded(
    screen: Array, faces: Array, wanted: Array, sides: Array, step: int, bands: int, margin: float = 0.0
) -> tuple[list[Array], Array, Array]:
    """The wanted faces that reach each band of rows, in their order, and each band's left and right end.

    Faces seen from behind count only where `sides` says that both sides show.
    """
    first, last = np.empty(len(faces), np.int32), np.empty(len(faces), np.int32)
    starts = np.zeros(bands + 1, np.int64)
    left, right = np.full(bands, np.inf), np.full(bands, -np.inf)
    _sort(screen, faces, wanted, sides, step, margin, bands, first, last, starts, left, right)
    order = np.empty(starts[-1], np.int32)
    _collect(first, last, starts[:-1].copy(), order)
    return [order[starts[band] : starts[band + 1]] for band in range(bands)], left, right


@kernel
def rasterise(screen, faces, chosen, keep, cut, top, left, depth, face_at, weights):
    """Fill one tile: its first row and column in the picture are top and left; first triangle wins ties."""
    rows, columns = depth.shape
    for f in chosen:
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ay, by, cy = screen[a, 1] - top, screen[b, 1] - top, screen[c, 1] - top
        low, high = min(ay, by, cy), max(ay, by, cy)
        if high < 0 or low >= rows:
            continue
        ax, bx, cx = screen[a, 0] - left, screen[b, 0] - left, screen[c, 0] - left
        y0, y1 = max(0, int(np.ceil(low - 0.5))), min(rows - 1, int(np.floor(high - 0.5)))
        x0 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        x1 = min(columns - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        if y1 < y0 or x1 < x0:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:  # the shift to the tile may have rounded a sliver away
            continue
        inverse = 1.0 / area
        az, bz, cz = screen[a, 2], screen[b, 2], screen[c, 2]
        step0, step1 = (by - cy) * inverse, (cy - ay) * inverse
        for y in range(y0, y1 + 1):
            py = y + 0.5
            px = x0 + 0.5
            w0 = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inverse
            w1 = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inverse
            for x in range(x0, x1 + 1):
                u = w0 + step0 * (x - x0)
                v = w1 + step1 * (x - x0)
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    z = u * az + v * bz + w * cz
                    if z < depth[y, x]:
                        if cut[f] and u * keep[a] + v * keep[b] + w * keep[c] < 0.0:
                            continue
                        depth[y, x] = z
                        face_at[y, x] = f
                        weights[y, x, 0] = u
                        weights[y, x, 1] = v


@kernel
def shadow_depth(screen, faces, chosen, top, depth):
    """Nearest depth as the light sees it, one band of rows."""
    rows, columns = depth.shape
    for f in chosen:
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ay, by, cy = screen[a, 1] - top, screen[b, 1] - top, screen[c, 1] - top
        low, high = min(ay, by, cy), max(ay, by, cy)
        if high < 0 or low >= rows:
            continue
        ax, bx, cx = screen[a, 0], screen[b, 0], screen[c, 0]
        y0, y1 = max(0, int(np.ceil(low - 0.5))), min(rows - 1, int(np.floor(high - 0.5)))
        x0 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        x1 = min(columns - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        if y1 < y0 or x1 < x0:
            continue
        inverse = 1.0 / ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
        az, bz, cz = screen[a, 2], screen[b, 2], screen[c, 2]
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inverse
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inverse
                if u >= 0.0 and v >= 0.0 and u + v <= 1.0:
                    z = u * az + v * bz + (1.0 - u - v) * cz
                    if z < depth[y, x]:
                        depth[y, x] = z


@kernel
def to_view(
    points, normals, rotation, centre, distance, scale, half_width, half_height, screen, view_normals
):
    """Project points (x, y in pixels, z as distance) and turn normals into view space."""
    for i in range(points.shape[0]):
        x, y, z = points[i, 0] - centre[0], points[i, 1] - centre[1], points[i, 2] - centre[2]
        vx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z
        vy = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z
        vz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
        k = distance / (distance - vz)
        screen[i, 0] = half_width + vx * k * scale
        screen[i, 1] = half_height - vy * k * scale
        screen[i, 2] = -vz
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        view_normals[i, 0] = rotation[0, 0] * nx + rotation[0, 1] * ny + rotation[0, 2] * nz
        view_normals[i, 1] = rotation[1, 0] * nx + rotation[1, 1] * ny + rotation[1, 2] * nz
        view_normals[i, 2] = rotation[2, 0] * nx + rotation[2, 1] * ny + rotation[2, 2] * nz
