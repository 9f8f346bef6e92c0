"""Moving a picture softly: a field of shifts on a coarse grid, turned around and looked through."""

from __future__ import annotations

import numpy as np

from studio.engine.figure.compiled import kernel

Array = np.ndarray
CELL = 4  # pixels of the picture per place of the grid, along each side
PART = 65536  # parts of a pixel in which kernels count places
_ROUNDS = 4
EMPTY, MIXED, FULL = range(3)  # what a layer has in a cell and around it


def grid_size(size: int) -> int:
    """How many places the grid has along a side: one at every fourth pixel, and one beyond the edge."""
    return -(-size // CELL) + 1


@kernel
def turned_around(field, rounds, out):
    """From where each place was moved, given where each place moves to (both as shifts, in pixels)."""
    rows, columns = field.shape[0], field.shape[1]
    quarter, nothing, one = np.float32(0.25), np.float32(0.0), np.float32(1.0)
    last_x, last_y = np.float32(columns - 1.0), np.float32(rows - 1.0)
    for gy in range(rows):
        for gx in range(columns):
            dx, dy = field[gy, gx, 0], field[gy, gx, 1]
            for _ in range(rounds):
                x = min(max(np.float32(gx) - dx * quarter, nothing), last_x)
                y = min(max(np.float32(gy) - dy * quarter, nothing), last_y)
                left, top = min(int(x), columns - 2), min(int(y), rows - 2)
                fx, fy = x - np.float32(left), y - np.float32(top)
                a, b = (one - fx) * (one - fy), fx * (one - fy)
                c, d = (one - fx) * fy, fx * fy
                ix, iy, jx, jy = np.uintp(left), np.uintp(top), np.uintp(left + 1), np.uintp(top + 1)
                dx = field[iy, ix, 0] * a + field[iy, jx, 0] * b + field[jy, ix, 0] * c + field[jy, jx, 0] * d
                dy = field[iy, ix, 1] * a + field[iy, jx, 1] * b + field[jy, ix, 1] * c + field[jy, jx, 1] * d
            out[gy, gx, 0] = dx
            out[gy, gx, 1] = dy


@kernel
def between(pixels, x, y):
    """The colour between four pixels, at a place in parts of a pixel (PART), as three lanes of one number.

    A lane holds a channel in parts of 8192; `pixels` are words of four bytes, the first one lowest.
    One multiplication weighs all three, and unsigned places spare the look whether they count from the end.
    """
    ix, iy, jx, jy = np.uintp(x >> 16), np.uintp(y >> 16), np.uintp((x >> 16) + 1), np.uintp((y >> 16) + 1)
    fx, fy = (x >> 8) & 255, (y >> 8) & 255
    d = (fx * fy) >> 3
    b, c = fx * 32 - d, fy * 32 - d
    first, second, third = np.uint64(0xFF), np.uint64(0xFF00), np.uint64(0xFF0000)
    far, further = np.uint64(13), np.uint64(26)
    seen = np.uint64(pixels[iy, ix])
    lanes = ((seen & first) | (seen & second) << far | (seen & third) << further) * np.uint64(
        8192 - b - c - d
    )
    seen = np.uint64(pixels[iy, jx])
    lanes += ((seen & first) | (seen & second) << far | (seen & third) << further) * np.uint64(b)
    seen = np.uint64(pixels[jy, ix])
    lanes += ((seen & first) | (seen & second) << far | (seen & third) << further) * np.uint64(c)
    seen = np.uint64(pixels[jy, jx])
    return lanes + ((seen & first) | (seen & second) << far | (seen & third) << further) * np.uint64(d)


@kernel
def put(lanes, out, y, x):
    """Write a colour from `between`, rounded."""
    row, column, byte = np.uintp(y), np.uintp(x), np.uint64(0xFF)
    lanes += np.uint64(4096 | 4096 << 21 | 4096 << 42)
    out[row, column, 0] = (lanes >> np.uint64(13)) & byte
    out[row, column, 1] = (lanes >> np.uint64(34)) & byte
    out[row, column, 2] = (lanes >> np.uint64(55)) & byte


@kernel
def covered(pixels, x, y):
    """How much of a place the four pixels around it cover: up to 65536 × 255."""
    ix, iy, jx, jy = np.uintp(x >> 16), np.uintp(y >> 16), np.uintp((x >> 16) + 1), np.uintp((y >> 16) + 1)
    fx, fy = (x >> 8) & 255, (y >> 8) & 255
    upper = (256 - fx) * int(pixels[iy, ix] >> np.uint32(24)) + fx * int(pixels[iy, jx] >> np.uint32(24))
    lower = (256 - fx) * int(pixels[jy, ix] >> np.uint32(24)) + fx * int(pixels[jy, jx] >> np.uint32(24))
    return (256 - fy) * upper + fy * lower


@kernel
def look_through(layers, kinds, behind, fields, out):
    """Each pixel from where it came: the first layer covers the others, and all cover what is behind."""
    rows, columns = out.shape[0], out.shape[1]
    count = layers.shape[0]
    last_x, last_y = (columns - 1) * PART - 66, (rows - 1) * PART - 66
    parts, parts_of_cell = np.float32(PART), np.float32(PART / CELL)
    place = np.empty((count, 4), np.int64)
    asked = np.empty(count, np.int64)
    last_cell_y, last_cell_x = kinds.shape[1] - 1, kinds.shape[2] - 1
    lane, byte_and_half = np.uint64(0x1FFFFF), np.uint64(5)
    for y in range(rows):
        gy = y // CELL
        ty = np.float32((y - gy * CELL) / CELL)
        for gx in range((columns + CELL - 1) // CELL):
            first, end = gx * CELL, min((gx + 1) * CELL, columns)
            many, full = 0, False
            for n in range(count):
                for k in range(2):
                    left = fields[n, gy, gx, k] + (fields[n, gy + 1, gx, k] - fields[n, gy, gx, k]) * ty
                    right = fields[n, gy, gx + 1, k]
                    right += (fields[n, gy + 1, gx + 1, k] - right) * ty
                    place[many, k] = (first if k == 0 else y) * PART - int(left * parts)
                    place[many, 2 + k] = (PART if k == 0 else 0) - int((right - left) * parts_of_cell)
                cell_x = min(max(place[many, 0] // (CELL * PART), 0), last_cell_x)
                cell_y = min(max(place[many, 1] // (CELL * PART), 0), last_cell_y)
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
            if full and many == 1:
                pixels = layers[asked[0]]
                from_x, from_y, step_x, step_y = place[0, 0], place[0, 1], place[0, 2], place[0, 3]
                for x in range(first, end):
                    sx, sy = min(max(from_x, 0), last_x), min(max(from_y, 0), last_y)
                    put(between(pixels, sx, sy), out, y, x)
                    from_x += step_x
                    from_y += step_y
                continue
            for x in range(first, end):
                open_share = 65536  # of the pixel that no layer has covered yet
                red = green = blue = 0
                for m in range(many):
                    pixels = layers[asked[m]]
                    sx = min(max(place[m, 0] + place[m, 2] * (x - first), 0), last_x)
                    sy = min(max(place[m, 1] + place[m, 3] * (x - first), 0), last_y)
                    share = open_share
                    if not (full and m == many - 1):
                        seen = covered(pixels, sx, sy)
                        if seen == 0:
                            continue
                        if seen < 16711680:
                            share = (open_share * (seen >> 8)) // 65280
                    lanes = between(pixels, sx, sy)
                    red += share * int((lanes & lane) >> byte_and_half)
                    green += share * int(((lanes >> np.uint64(21)) & lane) >> byte_and_half)
                    blue += share * int((lanes >> np.uint64(42)) >> byte_and_half)
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


def words_of(pictures: Array) -> Array:
    """Pictures of four bytes a pixel, as kernels read them: a word each."""
    return pictures.view("<u4")[..., 0]


def moved(layers: Array, kinds: Array, behind: Array, fields: Array) -> Array:
    """Layers (n × height × width × 4, uint8) moved each by its own field over what lies behind them all."""
    back = np.empty_like(fields)
    for field, turned in zip(fields, back, strict=True):
        turned_around(field, _ROUNDS, turned)
    out = np.empty((*layers.shape[1:3], 3), np.uint8)
    look_through(words_of(layers), kinds, behind, back, out)
    return out
