"""Filters over whole pictures for styles and backdrops: blur, noise, brush, shifts."""

from __future__ import annotations

import numpy as np

from .compiled import kernel, spread

Array = np.ndarray


@kernel
def _box_rows(source, radius, first, last, out):
    columns, channels = source.shape[1], source.shape[2]
    scale = 1.0 / (2 * radius + 1)
    for y in range(first, last):
        for c in range(channels):
            total = 0.0
            for x in range(-radius, radius + 1):
                total += source[y, min(columns - 1, max(0, x)), c]
            for x in range(columns):
                out[y, x, c] = total * scale
                total += source[y, min(columns - 1, x + radius + 1), c] - source[y, max(0, x - radius), c]


def _rows(source: Array, radius: int) -> Array:
    out = np.empty_like(source)
    bands = [band for band in np.array_split(np.arange(source.shape[0]), 4) if len(band)]
    spread(lambda band: _box_rows(source, radius, band[0], band[-1] + 1, out), bands)
    return out


def blur(picture: Array, radius: float) -> Array:
    """A soft blur (three boxes), of height × width or height × width × channels."""
    size = int(radius + 0.5)
    if size < 1:
        return picture
    flat = picture.ndim == 2
    work = np.ascontiguousarray(picture[..., None] if flat else picture, np.float32)
    for _ in range(2):
        work = _rows(work, size)
        work = np.ascontiguousarray(
            _rows(np.ascontiguousarray(work.transpose(1, 0, 2)), size).transpose(1, 0, 2)
        )
    return work[..., 0] if flat else work


def noise(height: int, width: int, scale_px: float, seed: int, octaves: int = 3) -> Array:
    """Smooth noise 0..1 whose largest features measure scale_px."""
    rng = np.random.default_rng(seed)
    out, weight, total = np.zeros((height, width), np.float32), 1.0, 0.0
    for octave in range(octaves):
        size = max(1.5, scale_px / 2**octave)
        rows, columns = int(height / size) + 3, int(width / size) + 3
        grid = rng.random((rows, columns), dtype=np.float32)
        y, x = np.arange(height) / size, np.arange(width) / size
        iy, ix = y.astype(int), x.astype(int)
        fy, fx = (y - iy)[:, None], (x - ix)[None]
        fy, fx = fy * fy * (3 - 2 * fy), fx * fx * (3 - 2 * fx)
        a, b = grid[iy][:, ix], grid[iy][:, ix + 1]
        c, d = grid[iy + 1][:, ix], grid[iy + 1][:, ix + 1]
        out += weight * ((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy)
        total += weight
        weight *= 0.5
    return out / total


def warped(picture: Array, dx: Array, dy: Array) -> Array:
    """The picture seen through a wavy glass (bilinear)."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = np.clip(x + dx, 0, width - 1.001), np.clip(y + dy, 0, height - 1.001)
    iu, iv = u.astype(int), v.astype(int)
    fu, fv = (u - iu)[..., None], (v - iv)[..., None]
    p = picture if picture.ndim == 3 else picture[..., None]
    top = p[iv, iu] * (1 - fu) + p[iv, iu + 1] * fu
    low = p[iv + 1, iu] * (1 - fu) + p[iv + 1, iu + 1] * fu
    out = top * (1 - fv) + low * fv
    return out.astype(np.float32) if picture.ndim == 3 else out[..., 0].astype(np.float32)


@kernel
def _kuwahara(source, radius, first, last, out):
    """Each pixel takes the mean of the calmest of four windows around it: the look of a flat brush."""
    rows, columns = source.shape[0], source.shape[1]
    for y in range(first, last):
        for x in range(columns):
            best = 1e9
            br = bg = bb = ba = 0.0
            for quarter in range(4):
                y0 = y - radius if quarter < 2 else y
                x0 = x - radius if quarter % 2 == 0 else x
                n = 0
                r = g = b = a = s = 0.0
                for yy in range(y0, y0 + radius + 1):
                    if yy < 0 or yy >= rows:
                        continue
                    for xx in range(x0, x0 + radius + 1):
                        if xx < 0 or xx >= columns:
                            continue
                        p, q, w = source[yy, xx, 0], source[yy, xx, 1], source[yy, xx, 2]
                        r += p
                        g += q
                        b += w
                        a += source[yy, xx, 3]
                        s += p * p + q * q + w * w
                        n += 1
                if n == 0:
                    continue
                r, g, b, a = r / n, g / n, b / n, a / n
                spread_out = s / n - r * r - g * g - b * b
                if spread_out < best:
                    best = spread_out
                    br, bg, bb, ba = r, g, b, a
            out[y, x, 0], out[y, x, 1], out[y, x, 2], out[y, x, 3] = br, bg, bb, ba


def brushed(rgba: Array, radius: int) -> Array:
    """Flattened into strokes of so many pixels."""
    if radius < 1:
        return rgba
    if radius > 4:
        # Broad strokes carry no fine detail: half the size shows the same.
        return twice(brushed(halved(rgba), radius // 2))[: rgba.shape[0], : rgba.shape[1]]
    source = np.ascontiguousarray(rgba, np.float32)
    out = np.empty_like(source)
    bands = [band for band in np.array_split(np.arange(source.shape[0]), 8) if len(band)]
    spread(lambda band: _kuwahara(source, radius, band[0], band[-1] + 1, out), bands)
    return out


def halved(picture: Array) -> Array:
    """The picture in half size, averaged."""
    rows, columns = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    even = picture[: max(2, rows), : max(2, columns)]
    out = (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]) * np.float32(0.25)
    if picture.shape[0] % 2:
        out = np.concatenate([out, out[-1:]], 0)
    if picture.shape[1] % 2:
        out = np.concatenate([out, out[:, -1:]], 1)
    return out


def twice(picture: Array) -> Array:
    """The picture in double size, smoothly."""
    for axis in (0, 1):
        before = np.concatenate(
            [picture.take([0], axis), picture.take(range(picture.shape[axis] - 1), axis)], axis
        )
        after = np.concatenate(
            [picture.take(range(1, picture.shape[axis]), axis), picture.take([-1], axis)], axis
        )
        pair = np.stack([picture * 0.75 + before * 0.25, picture * 0.75 + after * 0.25], axis + 1)
        shape = list(picture.shape)
        shape[axis] *= 2
        picture = pair.reshape(shape).astype(np.float32)
    return picture


def luminance(rgb: Array) -> Array:
    """How light a colour is, 0..1."""
    return rgb[..., 0] * 0.299 + rgb[..., 1] * 0.587 + rgb[..., 2] * 0.114


def slope(field: Array) -> Array:
    """How steeply a picture changes, per pixel."""
    dx = np.zeros_like(field)
    dy = np.zeros_like(field)
    dx[:, 1:-1] = (field[:, 2:] - field[:, :-2]) * 0.5
    dy[1:-1] = (field[2:] - field[:-2]) * 0.5
    return np.sqrt(dx * dx + dy * dy)


def straight(rgba: Array) -> Array:
    """Colours freed from their alpha; white where nothing is."""
    alpha = rgba[..., 3:]
    return np.where(alpha > 1e-3, rgba[..., :3] / np.maximum(alpha, 1e-3), 1.0).astype(np.float32)
