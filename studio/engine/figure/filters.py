"""Filters over whole pictures for styles and backdrops: blur, noise, brush, shifts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from .compiled import bands, kernel, spread

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
    least = 16_384 // max(1, source.shape[1] * source.shape[2])
    spread(lambda band: _box_rows(source, radius, *band, out), bands(source.shape[0], 4, least))
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


_band: ContextVar[tuple[int, int] | None] = ContextVar("band", default=None)


@contextmanager
def rows_of(first: int, height: int) -> Iterator[None]:
    """What is painted meanwhile is a band of a picture: noise goes on from band to band."""
    token = _band.set((first, height))
    try:
        yield
    finally:
        _band.reset(token)


def whole_height(height: int) -> int:
    """The height of the picture of which this may be a band."""
    return (_band.get() or (0, height))[1]


def noise(height: int, width: int, scale_px: float, seed: int, octaves: int = 3) -> Array:
    """Smooth noise 0..1 whose largest features measure scale_px."""
    rng = np.random.default_rng(seed)
    first, whole = _band.get() or (0, height)
    out, weight, total = np.zeros((height, width), np.float32), 1.0, 0.0
    for octave in range(octaves):
        size = max(1.5, scale_px / 2**octave)
        rows, columns = int(whole / size) + 3, int(width / size) + 3
        grid = rng.random((rows, columns), dtype=np.float32)
        y, x = (first + np.arange(height)) / size, np.arange(width) / size
        iy, ix = y.astype(int), x.astype(int)
        fy, fx = (y - iy).astype(np.float32)[:, None], (x - ix).astype(np.float32)[None]
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
    iu, iv = u.astype(np.int32), v.astype(np.int32)
    fu, fv = (u - iu).astype(np.float32), (v - iv).astype(np.float32)
    del x, y, u, v
    out = np.empty(picture.shape, np.float32)
    planes = picture[..., None] if picture.ndim == 2 else picture
    into = out[..., None] if picture.ndim == 2 else out
    for c in range(planes.shape[2]):
        plane = np.ascontiguousarray(planes[..., c])
        top = plane[iv, iu] * (1 - fu) + plane[iv, iu + 1] * fu
        low = plane[iv + 1, iu] * (1 - fu) + plane[iv + 1, iu + 1] * fu
        into[..., c] = top * (1 - fv) + low * fv
    return out


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
    spread(lambda band: _kuwahara(source, radius, *band, out), bands(source.shape[0], 8, 16))
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
        shape = list(picture.shape)
        shape[axis] *= 2
        out = np.empty(shape, np.float32)
        turned, source = out.swapaxes(0, axis), picture.swapaxes(0, axis)
        even, odd = turned[0::2], turned[1::2]
        np.multiply(source, np.float32(0.75), out=even)
        odd[:] = even
        quarter = source * np.float32(0.25)
        even[1:] += quarter[:-1]
        even[0] += quarter[0]
        odd[:-1] += quarter[1:]
        odd[-1] += quarter[-1]
        picture = out
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
