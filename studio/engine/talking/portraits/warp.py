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
def look_through(picture, behind, field, out):
    """Each pixel from where it came; what the picture's fourth channel leaves open shows what is behind."""
    rows, columns = out.shape[0], out.shape[1]
    last_x, last_y = columns - 1.001, rows - 1.001
    for y in range(rows):
        gy = y // 4
        ty = np.float32((y - gy * 4) * 0.25)
        for gx in range((columns + 3) // 4):
            left_x = field[gy, gx, 0] + (field[gy + 1, gx, 0] - field[gy, gx, 0]) * ty
            left_y = field[gy, gx, 1] + (field[gy + 1, gx, 1] - field[gy, gx, 1]) * ty
            right_x = field[gy, gx + 1, 0] + (field[gy + 1, gx + 1, 0] - field[gy, gx + 1, 0]) * ty
            right_y = field[gy, gx + 1, 1] + (field[gy + 1, gx + 1, 1] - field[gy, gx + 1, 1]) * ty
            step_x, step_y = (right_x - left_x) * np.float32(0.25), (right_y - left_y) * np.float32(0.25)
            for x in range(gx * 4, min(gx * 4 + 4, columns)):
                sx = min(max(x - left_x, np.float32(0.0)), np.float32(last_x))
                sy = min(max(y - left_y, np.float32(0.0)), np.float32(last_y))
                left_x += step_x
                left_y += step_y
                ix, iy = int(sx), int(sy)
                fx, fy = int((sx - ix) * 256.0), int((sy - iy) * 256.0)
                a, b = (256 - fx) * (256 - fy), fx * (256 - fy)
                c, d = (256 - fx) * fy, fx * fy
                seen = (
                    picture[iy, ix, 3] * a + picture[iy, ix + 1, 3] * b
                    + picture[iy + 1, ix, 3] * c + picture[iy + 1, ix + 1, 3] * d
                )  # fmt: skip
                if seen == 0:
                    for k in range(3):
                        out[y, x, k] = behind[y, x, k]
                    continue
                share = (seen + 128) >> 8  # 0..65280
                for k in range(3):
                    value = (
                        picture[iy, ix, k] * a + picture[iy, ix + 1, k] * b
                        + picture[iy + 1, ix, k] * c + picture[iy + 1, ix + 1, k] * d
                    ) >> 8  # fmt: skip
                    if share >= 65280:
                        out[y, x, k] = (value + 128) >> 8
                    else:
                        mixed = (value * (share >> 8) + behind[y, x, k] * (255 - (share >> 8)) * 256) // 255
                        out[y, x, k] = (mixed + 128) >> 8


def moved(picture: Array, behind: Array, field: Array) -> Array:
    """The picture (height × width × 4, uint8) moved by a field over what lies behind (× 3, uint8)."""
    back = np.empty_like(field)
    turned_around(field, _ROUNDS, back)
    out = np.empty((*picture.shape[:2], 3), np.uint8)
    look_through(picture, behind, back, out)
    return out
