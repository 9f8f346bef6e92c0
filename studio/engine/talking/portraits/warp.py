"""Moving a picture softly: a field of shifts on a coarse grid, turned around and looked through."""

from __future__ import annotations

import numpy as np

from studio.engine.figure.compiled import kernel

Array = np.ndarray
CELL = 4  # pixels of the picture per place of the grid, along each side
_ROUNDS = 4


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
def look_through(layers, behind, fields, out):
    """Each pixel from where it came: the first layer covers the others, and all cover what is behind."""
    rows, columns = out.shape[0], out.shape[1]
    count = layers.shape[0]
    last_x, last_y = np.float32(columns - 1.001), np.float32(rows - 1.001)
    nothing, quarter = np.float32(0.0), np.float32(0.25)
    place = np.empty((count, 4), np.float32)
    value = np.empty(3, np.int64)
    for y in range(rows):
        gy = y // 4
        ty = np.float32((y - gy * 4) * 0.25)
        for gx in range((columns + 3) // 4):
            for n in range(count):
                for k in range(2):
                    left = fields[n, gy, gx, k] + (fields[n, gy + 1, gx, k] - fields[n, gy, gx, k]) * ty
                    right = fields[n, gy, gx + 1, k]
                    right += (fields[n, gy + 1, gx + 1, k] - right) * ty
                    place[n, k] = left
                    place[n, 2 + k] = (right - left) * quarter
            for x in range(gx * 4, min(gx * 4 + 4, columns)):
                step = np.float32(x - gx * 4)
                open_share = 65536  # of the pixel that no layer has covered yet
                value[:] = 0
                for n in range(count):
                    sx = min(max(x - place[n, 0] - place[n, 2] * step, nothing), last_x)
                    sy = min(max(y - place[n, 1] - place[n, 3] * step, nothing), last_y)
                    ix, iy = int(sx), int(sy)
                    fx, fy = int((sx - ix) * 256.0), int((sy - iy) * 256.0)
                    a, b = (256 - fx) * (256 - fy), fx * (256 - fy)
                    c, d = (256 - fx) * fy, fx * fy
                    seen = (
                        layers[n, iy, ix, 3] * a + layers[n, iy, ix + 1, 3] * b
                        + layers[n, iy + 1, ix, 3] * c + layers[n, iy + 1, ix + 1, 3] * d
                    )  # fmt: skip
                    if seen == 0:
                        continue
                    share = open_share if seen >= 16711680 else (open_share * (seen >> 8)) // 65280
                    for k in range(3):
                        colour = (
                            layers[n, iy, ix, k] * a + layers[n, iy, ix + 1, k] * b
                            + layers[n, iy + 1, ix, k] * c + layers[n, iy + 1, ix + 1, k] * d
                        )  # fmt: skip
                        value[k] += (colour >> 8) * share
                    open_share -= share
                    if open_share <= 0:
                        break
                for k in range(3):
                    total = value[k] + behind[y, x, k] * 256 * open_share
                    out[y, x, k] = (total + 8388608) >> 24


def moved(layers: Array, behind: Array, fields: Array) -> Array:
    """Layers (n × height × width × 4, uint8) moved each by its own field over what lies behind them all."""
    back = np.empty_like(fields)
    for field, turned in zip(fields, back, strict=True):
        turned_around(field, _ROUNDS, turned)
    out = np.empty((*layers.shape[1:3], 3), np.uint8)
    look_through(layers, behind, back, out)
    return out
