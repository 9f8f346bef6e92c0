"""Moving a picture softly: a field of shifts on a coarse grid, turned around and looked through."""

from __future__ import annotations

import numpy as np

from studio.engine.figure.compiled import kernel

Array = np.ndarray
CELL = 4  # pixels of the picture per place of the grid, along each side
_ROUNDS = 4
EMPTY, MIXED, FULL = range(3)  # what a layer has in a cell and around it


def grid_size(size: int) -> int:
    """How many places the grid has along a side: one at every fourth pixel, and one beyond the edge."""
    return -(-size // CELL) + 1


@kernel
def turned_around(field, rounds, out):
    """From where each place was moved, given where each place moves to (both as shifts, in pixels)."""
    rows, columns = field.shape[0], field.shape[1]
    for gy in range(rows):
        for gx in range(columns):
            dx, dy = field[gy, gx, 0], field[gy, gx, 1]
            for _ in range(rounds):
                x = min(max(gx - dx * 0.25, 0.0), columns - 1.0)
                y = min(max(gy - dy * 0.25, 0.0), rows - 1.0)
                ix, iy = min(int(x), columns - 2), min(int(y), rows - 2)
                fx, fy = np.float32(x - ix), np.float32(y - iy)
                a, b = (1 - fx) * (1 - fy), fx * (1 - fy)
                c, d = (1 - fx) * fy, fx * fy
                dx = (
                    field[iy, ix, 0] * a + field[iy, ix + 1, 0] * b
                    + field[iy + 1, ix, 0] * c + field[iy + 1, ix + 1, 0] * d
                )  # fmt: skip
                dy = (
                    field[iy, ix, 1] * a + field[iy, ix + 1, 1] * b
                    + field[iy + 1, ix, 1] * c + field[iy + 1, ix + 1, 1] * d
                )  # fmt: skip
            out[gy, gx, 0] = dx
            out[gy, gx, 1] = dy


@kernel
def look_through(layers, kinds, behind, fields, out):
    """Each pixel from where it came: the first layer covers the others, and all cover what is behind."""
    rows, columns = out.shape[0], out.shape[1]
    count = layers.shape[0]
    last_x, last_y = np.float32(columns - 1.001), np.float32(rows - 1.001)
    nothing, quarter = np.float32(0.0), np.float32(0.25)
    place = np.empty((count, 4), np.float32)
    asked = np.empty(count, np.int64)
    last_cell_y, last_cell_x = kinds.shape[1] - 1, kinds.shape[2] - 1
    for y in range(rows):
        gy = y // 4
        ty = np.float32((y - gy * 4) * 0.25)
        for gx in range((columns + 3) // 4):
            first, end = gx * 4, min(gx * 4 + 4, columns)
            many, full = 0, False
            for n in range(count):
                for k in range(2):
                    left = fields[n, gy, gx, k] + (fields[n, gy + 1, gx, k] - fields[n, gy, gx, k]) * ty
                    right = fields[n, gy, gx + 1, k]
                    right += (fields[n, gy + 1, gx + 1, k] - right) * ty
                    place[many, k] = left
                    place[many, 2 + k] = (right - left) * quarter
                cell_x = min(max(int(first - place[many, 0]) >> 2, 0), last_cell_x)
                cell_y = min(max(int(y - place[many, 1]) >> 2, 0), last_cell_y)
                kind = kinds[n, cell_y, cell_x]
                if kind != EMPTY:
                    asked[many] = n
                    many += 1
                    if kind == FULL:
                        full = True
                        break
            if many == 0:
                for x in range(first, end):
                    for k in range(3):
                        out[y, x, k] = behind[y, x, k]
                continue
            for x in range(first, end):
                step = np.float32(x - first)
                open_share = 65536  # of the pixel that no layer has covered yet
                red = green = blue = 0
                for m in range(many):
                    n = asked[m]
                    sx = min(max(x - place[m, 0] - place[m, 2] * step, nothing), last_x)
                    sy = min(max(y - place[m, 1] - place[m, 3] * step, nothing), last_y)
                    ix, iy = int(sx), int(sy)
                    fx, fy = int((sx - ix) * 256.0), int((sy - iy) * 256.0)
                    a, b = (256 - fx) * (256 - fy), fx * (256 - fy)
                    c, d = (256 - fx) * fy, fx * fy
                    share = open_share
                    if not (full and m == many - 1):
                        seen = (
                            layers[n, iy, ix, 3] * a + layers[n, iy, ix + 1, 3] * b
                            + layers[n, iy + 1, ix, 3] * c + layers[n, iy + 1, ix + 1, 3] * d
                        )  # fmt: skip
                        if seen == 0:
                            continue
                        if seen < 16711680:
                            share = (open_share * (seen >> 8)) // 65280
                    red += share * ((
                        layers[n, iy, ix, 0] * a + layers[n, iy, ix + 1, 0] * b
                        + layers[n, iy + 1, ix, 0] * c + layers[n, iy + 1, ix + 1, 0] * d
                    ) >> 8)  # fmt: skip
                    green += share * ((
                        layers[n, iy, ix, 1] * a + layers[n, iy, ix + 1, 1] * b
                        + layers[n, iy + 1, ix, 1] * c + layers[n, iy + 1, ix + 1, 1] * d
                    ) >> 8)  # fmt: skip
                    blue += share * ((
                        layers[n, iy, ix, 2] * a + layers[n, iy, ix + 1, 2] * b
                        + layers[n, iy + 1, ix, 2] * c + layers[n, iy + 1, ix + 1, 2] * d
                    ) >> 8)  # fmt: skip
                    open_share -= share
                    if open_share <= 0:
                        break
                rest = open_share * 256
                out[y, x, 0] = (red + behind[y, x, 0] * rest + 8388608) >> 24
                out[y, x, 1] = (green + behind[y, x, 1] * rest + 8388608) >> 24
                out[y, x, 2] = (blue + behind[y, x, 2] * rest + 8388608) >> 24


def kinds_of(layers: Array) -> Array:
    """For each cell of each layer whether it and its neighbours are empty, full or neither."""
    count, height, width, _ = layers.shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    alpha = np.pad(layers[..., 3], ((0, 0), (0, rows * CELL - height), (0, columns * CELL - width)), "edge")
    cells = alpha.reshape(count, rows, CELL, columns, CELL)
    low = np.pad(cells.min((2, 4)), ((0, 0), (1, 1), (1, 1)), "edge")
    high = np.pad(cells.max((2, 4)), ((0, 0), (1, 1), (1, 1)), "edge")
    shifts = [(slice(None), slice(i, i + rows), slice(j, j + columns)) for i in range(3) for j in range(3)]
    full = np.minimum.reduce([low[shift] for shift in shifts]) == 255
    empty = np.maximum.reduce([high[shift] for shift in shifts]) == 0
    return np.where(full, FULL, np.where(empty, EMPTY, MIXED)).astype(np.uint8)


def moved(layers: Array, kinds: Array, behind: Array, fields: Array) -> Array:
    """Layers (n × height × width × 4, uint8) moved each by its own field over what lies behind them all."""
    back = np.empty_like(fields)
    for field, turned in zip(fields, back, strict=True):
        turned_around(field, _ROUNDS, turned)
    out = np.empty((*layers.shape[1:3], 3), np.uint8)
    look_through(layers, kinds, behind, back, out)
    return out
