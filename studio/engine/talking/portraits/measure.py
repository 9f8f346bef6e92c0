"""What a picture tells about a face whose eyes and mouth are known: lip line, colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.figure.filters import blur

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Frame:
    """The face's own axes in pixels: everything on it is measured in distances of the eyes."""

    origin: Array  # between the eyes
    right: Array  # unit vectors
    down: Array
    unit: float

    def at(self, u: Array | float, v: Array | float) -> Array:
        """Pixels of places of the face."""
        u, v = np.broadcast_arrays(u, v)
        return self.origin + (u[..., None] * self.right + v[..., None] * self.down) * self.unit

    def of(self, pixels: Array) -> Array:
        """Places of the face of pixels."""
        away = np.asarray(pixels, float) - self.origin
        return np.stack([away @ self.right, away @ self.down], -1) / self.unit


@dataclass(frozen=True)
class LipLine:
    """Where the lips meet: across from the middle, v = level + tilt u + bend u²."""

    middle: tuple[float, float]  # on the face
    tilt: float
    bend: float
    half: float  # to a corner
    rest: float = 0.0  # how far the lips are apart in the picture; the line is then that of the lower lip
    rest_tilt: float = 0.0
    rest_bend: float = 0.0


def sampled(picture: Array, places: Array) -> Array:
    """Bilinear samples of a picture (float) at pixels."""
    height, width = picture.shape[:2]
    x = np.clip(places[..., 0], 0, width - 1.001)
    y = np.clip(places[..., 1], 0, height - 1.001)
    ix, iy = x.astype(int), y.astype(int)
    fx, fy = (x - ix), (y - iy)
    if picture.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    top = picture[iy, ix] * (1 - fx) + picture[iy, ix + 1] * fx
    return top * (1 - fy) + (picture[iy + 1, ix] * (1 - fx) + picture[iy + 1, ix + 1] * fx) * fy


def luminance(rgb: Array) -> Array:
    """How light, 0..255."""
    return rgb[..., 0] * 0.299 + rgb[..., 1] * 0.587 + rgb[..., 2] * 0.114


_BENDS = (-1.3, -0.9, -0.6, -0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4)
_TILTS = (-0.12, -0.06, 0.0, 0.06, 0.12)


def lip_line(rgb: Array, frame: Frame, mouth: Array, sure: bool) -> LipLine:
    """The dark line between the lips near a place; `sure` places (clicks) are hardly left."""
    soft = blur(luminance(rgb.astype(np.float32)), frame.unit * 0.012)
    near = frame.of(mouth)
    first = _dark_line(soft, frame, near, 0.20 if sure else 0.36)
    # Once more around its own middle, as heads are turned.
    again = _dark_line(soft, frame, np.array(first.middle), 0.10)
    found = again if abs(again.middle[0] - first.middle[0]) < 0.12 else first
    return _apart(rgb, frame, found, np.linspace(-0.60, 0.60, 61)) or found


def _dark_line(soft: Array, frame: Frame, near: Array, reach: float) -> LipLine:
    u = np.linspace(-0.60, 0.60, 61)
    v = np.linspace(-reach - 0.30, reach + 0.30, 2 * round((reach + 0.30) / 0.008) + 1)
    patch = sampled(soft, frame.at(near[0] + u[None, :], near[1] + v[:, None]))
    step = v[1] - v[0]
    dark = np.clip(_box(patch, max(2, round(0.11 / step)), 0) - patch, -30, None)
    rough = float(np.std(dark)) + 1e-3
    weight = np.exp(-((u / 0.22) ** 2))
    columns = np.arange(len(u))
    best = (-np.inf, 0.0, 0.0, 0.0)
    for level in np.linspace(-reach, reach, 61):
        prior = (2.2 if level < 0 else 1.1) * (
            level / 0.36
        ) ** 2  # above there is a nose, whose shadow is dark
        for bend in _BENDS:
            for tilt in _TILTS:
                at = np.round((level + tilt * u + bend * np.minimum(u * u, 0.16) - v[0]) / step).astype(int)
                along = dark[np.clip(at, 0, len(v) - 1), columns]
                score = float((along * weight).sum() / weight.sum()) / rough - prior - 0.12 * bend * bend
                if score > best[0]:
                    best = score, level, tilt, bend
    _, level, tilt, bend = best
    at = np.round((level + tilt * u + bend * np.minimum(u * u, 0.16) - v[0]) / step).astype(int)
    at = np.clip(at, 2, len(v) - 3)
    along = np.maximum.reduce([dark[at + k, columns] for k in (-2, -1, 0, 1, 2)])
    start = int(np.argmax(_box(along, 3, 0) * weight))
    core = float(np.median(along[max(0, start - 4) : start + 5]))
    if core < 0.5 * rough:
        return LipLine((float(near[0]), float(near[1] + level)), tilt, bend, 0.38)
    left, right = (_until(along, start, way, 0.30 * core) for way in (-1, 1))
    middle = min(0.30, max(-0.30, float(u[left] + u[right]) / 2))
    half = min(0.52, max(0.16, float(u[right] - u[left]) / 2))
    return LipLine(
        (float(near[0] + middle), float(near[1] + level + tilt * middle + bend * middle * middle)),
        tilt + 2 * bend * middle, bend, half,
    )  # fmt: skip


def _until(along: Array, start: int, way: int, least: float) -> int:
    """The last column of a line; it may be interrupted for a moment."""
    end, calm, k = start, 0, start
    while 0 < k < len(along) - 1 and calm < 3:
        k += way
        calm = 0 if along[k] >= least else calm + 1
        end = end if calm else k
    return end


def _apart(rgb: Array, frame: Frame, line: LipLine, u: Array) -> LipLine | None:
    """The lines of both lips, if teeth or the dark of an open mouth are seen along a line between them."""
    soft = blur(rgb.astype(np.float32), frame.unit * 0.012)
    skin = skin_colour(rgb, frame)
    rows = line.middle[1] + line.tilt * u + line.bend * np.minimum(u * u, 1.5 * line.half**2)
    steps = np.linspace(0.0, 0.32, 65)
    middle = np.abs(u) < min(0.20, 0.5 * line.half)

    def reach(way: int) -> Array:
        """How far it goes on in each column; nan where it does not, or has no end."""
        patch = sampled(soft, frame.at(line.middle[0] + u[None, :], rows[None, :] + way * steps[:, None]))
        light = luminance(patch) / float(luminance(skin))
        colourful = (patch.max(-1) - patch.min(-1)) / np.maximum(patch.max(-1), 1)
        own = float((skin.max() - skin.min()) / max(skin.max(), 1.0))
        teeth = (light > 0.80) & (colourful < 0.62 * own) if own > 0.10 else np.zeros_like(light, bool)
        inner = teeth | (light < 0.45)
        inner[:13] = True  # the line itself
        length = np.where(inner.all(0), len(steps), np.argmin(inner, 0))
        return np.where((length > 16) & (length < 52), steps[np.minimum(length, 64)], np.nan)

    found = []
    for way in (-1, 1):
        ends = reach(way)
        if np.isfinite(ends[middle]).mean() < 0.6:
            found.append(np.array([line.bend, line.tilt, line.middle[1]]))
            continue
        good = np.isfinite(ends) & (np.abs(u) < line.half)
        found.append(np.polyfit(u[good], (rows + way * ends)[good], 2))
    upper, lower = found
    apart = lower - upper
    if apart[2] < 0.04:
        return None
    if apart[0] < -0.05:  # the lips meet where the curves do
        corner = float(np.sqrt(-apart[2] / apart[0]))
        half = min(0.55, max(0.16, corner))
    else:
        half = line.half
    return LipLine(
        (line.middle[0], float(lower[2])), float(lower[1]), float(lower[0]), half,
        float(apart[2]), float(apart[1]), float(min(apart[0], -apart[2] / half**2)),
    )  # fmt: skip


def _box(values: Array, radius: int, axis: int) -> Array:
    """A running mean along an axis."""
    padded = np.pad(
        values, [(radius, radius) if k == axis else (0, 0) for k in range(values.ndim)], mode="edge"
    )
    total = np.cumsum(padded, axis)
    zero = np.zeros_like(np.take(total, [0], axis))
    total = np.concatenate([zero, total], axis)
    size = 2 * radius + 1
    high = np.take(total, range(size, total.shape[axis]), axis)
    low = np.take(total, range(total.shape[axis] - size), axis)
    return (high - low) / size


def skin_colour(rgb: Array, frame: Frame) -> Array:
    """The colour of cheeks and nose, 0..255."""
    places = [frame.at(u, v) for u in (-0.55, -0.35, 0.0, 0.35, 0.55) for v in (0.42, 0.5, 0.58)]
    soft = blur(rgb.astype(np.float32), frame.unit * 0.03)
    return np.median(np.stack([sampled(soft, place) for place in places]), 0)


@dataclass(frozen=True, eq=False)
class Tints:
    """Colours for what is painted into a picture, in its own light; 0..255."""

    inside: Array
    teeth: Array
    tongue: Array
    line: Array


_USUAL_SKIN = np.array([226.0, 182.0, 158.0])


def tints_of(rgb: Array, frame: Frame, skin: Array, lips: LipLine) -> Tints:
    """Colours of a mouth in the light of a picture; grey and toned pictures stay what they are."""
    light = min(1.12, max(0.35, float(luminance(skin)) / 190.0))
    line = blur(rgb.astype(np.float32), frame.unit * 0.01)
    at = frame.at(lips.middle[0] + np.linspace(-0.2, 0.2, 9), lips.middle[1])
    dark = np.percentile(sampled(line, at), 25, axis=0)
    # Muted pictures have muted mouths, and warm light is on everything.
    paint = min(1.0, float(skin.max() - skin.min()) / max(float(skin.max()), 1.0) / 0.30)
    warm = np.sqrt(
        np.maximum(skin, 1.0) / _USUAL_SKIN * float(luminance(_USUAL_SKIN) / luminance(skin + 1.0))
    )
    colours = []
    for colour, least in (([86, 25, 29], 0.25), ([220, 206, 186], 0.8), ([172, 84, 84], 0.25)):
        plain = np.array(colour, float)
        grey = float(luminance(plain))
        colours.append((grey + (plain - grey) * (least + (1.0 - least) * paint)) * light * warm)
    colours.append(np.minimum(dark * 0.72, skin * 0.55))
    table = _toned(rgb)
    if table is not None:
        colours = [table[int(min(255, max(0, luminance(colour))))] for colour in colours]
    return Tints(*(np.asarray(colour, np.float32) for colour in colours))


def _toned(rgb: Array) -> Array | None:
    """The colour of each lightness in a picture of one hue; None if it has more."""
    pixels = rgb.reshape(-1, 3)[:: max(1, rgb.shape[0] * rgb.shape[1] // 40_000)].astype(np.float32)
    value = luminance(pixels)
    design = np.stack([np.ones_like(value), value, value * value], -1) / np.array([1, 255, 65025], np.float32)
    table = np.empty((256, 3), np.float32)
    grid = np.arange(256, dtype=np.float32)
    every = np.stack([np.ones_like(grid), grid, grid * grid], -1) / np.array([1, 255, 65025], np.float32)
    for k in range(3):
        fit, *_ = np.linalg.lstsq(design, pixels[:, k], rcond=None)
        if float(np.percentile(np.abs(design @ fit - pixels[:, k]), 93)) > 7.0:
            return None
        table[:, k] = every @ fit
    return np.clip(table, 0, 255)
