"""Portraits that the figure did not draw: skin with pores before a blurred room, and graphite on paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from studio.engine.figure.filters import blur

Array = np.ndarray
EYE_X, EYE_Y, MOUTH_Y = 0.158, -0.085, 0.262  # in halves of the picture from its middle
MARKS = {
    "left_eye": [0.5 - EYE_X / 2, 0.5 + EYE_Y / 2],
    "right_eye": [0.5 + EYE_X / 2, 0.5 + EYE_Y / 2],
    "mouth": [0.5, 0.5 + MOUTH_Y / 2],
}
_LAMP = np.array([-0.46, -0.50, 0.73])


@dataclass(frozen=True)
class Person:
    """Who is painted: colours as 0..1, shapes in shares of the usual."""

    skin: tuple[float, float, float] = (0.87, 0.66, 0.55)
    lips: tuple[float, float, float] = (0.70, 0.37, 0.36)
    iris: tuple[float, float, float] = (0.34, 0.42, 0.44)
    hair: tuple[float, float, float] = (0.34, 0.21, 0.13)
    shirt: tuple[float, float, float] = (0.20, 0.27, 0.36)
    room: tuple[float, float, float] = (0.42, 0.44, 0.42)
    jaw: float = 1.0
    long: float = 1.2  # hair
    stubble: float = 0.0
    brows: float = 1.0
    grain: float = 1.0
    seed: int = 1


WOMAN = Person()
MAN = Person(
    skin=(0.58, 0.40, 0.30), lips=(0.46, 0.26, 0.24), iris=(0.22, 0.13, 0.08), hair=(0.10, 0.08, 0.07),
    shirt=(0.52, 0.47, 0.40), room=(0.34, 0.38, 0.44), jaw=1.10, long=0.03, brows=1.5, stubble=1.0, seed=5,
)  # fmt: skip


def _hill(x: Array, y: Array, at: tuple[float, float], wide: float, tall: float) -> Array:
    return np.exp(-(((x - at[0]) / wide) ** 2) - ((y - at[1]) / tall) ** 2)


def _step(low: Array | float, high: Array | float, value: Array) -> Array:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _mixed(under: Array, colour: Array, share: Array) -> Array:
    return under + (colour - under) * share[..., None]


def _noise(rng: np.random.Generator, size: int, radius: float) -> Array:
    noise = blur(rng.normal(0, 1, (size, size)).astype(np.float32), max(0.5, radius))
    return noise / noise.std()


@lru_cache(maxsize=8)
def photo_like(size: int = 512, who: Person = WOMAN) -> Array:
    """A portrait as a camera would take it (size × size × 3, uint8)."""
    rng = np.random.default_rng(who.seed)
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    side = np.abs(x)
    # A head: an egg with a nose, sockets, lips and a chin.
    jaw = _step(0.02, 0.54, y)
    width = 0.365 - (0.085 - 0.30 * (who.jaw - 1.0)) * jaw
    egg = 1 - (x / width) ** 2 - ((y + 0.045) / 0.560) ** 2
    head = _step(-0.02, 0.03, egg)
    bulk = 0.40 * np.sqrt(np.clip(egg, 0.0, 1))
    relief = (
        0.050 * np.exp(-((x / 0.030) ** 2)) * _step(-0.16, 0.10, y) * _step(0.16, 0.11, y)
        + 0.040 * _hill(x, y, (0, 0.112), 0.040, 0.036)
        + 0.020 * _hill(side, y, (0.050, 0.128), 0.020, 0.022)
        - 0.034 * _hill(side, y, (0.135, EYE_Y - 0.01), 0.080, 0.050)
        + 0.026 * _hill(side, y, (EYE_X, EYE_Y), 0.060, 0.034)
        + 0.014 * _hill(side, y, (0.13, -0.185), 0.10, 0.030)
        + 0.018 * _hill(side, y, (0.205, 0.055), 0.085, 0.075)
        + 0.012 * _hill(side, y, (0.035, MOUTH_Y - 0.026), 0.065, 0.018)
        + 0.017 * _hill(x, y, (0, MOUTH_Y + 0.034), 0.080, 0.024)
        - 0.010 * _hill(x, y, (0, MOUTH_Y), 0.11, 0.009)
        - 0.014 * _hill(x, y, (0, MOUTH_Y + 0.080), 0.09, 0.022)
        + 0.022 * _hill(x, y, (0, 0.455), 0.085, 0.055)
        - 0.007 * _hill(side, y, (0.118, 0.19), 0.020, 0.075)
        - 0.005 * _hill(x, y, (0, 0.20), 0.012, 0.028)
    )
    pores = 0.00040 * _noise(rng, size, size / 512) + 0.00022 * _noise(rng, size, size / 200)
    down, right = np.gradient(
        blur((bulk + 0.72 * relief).astype(np.float32), size / 150) + pores * head, 2 / size
    )
    normal = np.stack([-right, -down, np.ones_like(x)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    facing = normal @ _LAMP
    light = 0.30 + 0.78 * np.clip((facing + 0.25) / 1.25, 0, 1)
    shine = np.clip(normal @ np.array([-0.25, -0.28, 0.93]), 0, 1) ** 40
    # Skin: redder on cheeks, nose and where the light fades, mottled, with some freckles.
    skin = np.broadcast_to(np.array(who.skin), (size, size, 3)).copy()
    red = 0.5 * _hill(side, y, (0.20, 0.07), 0.09, 0.08) + 0.45 * _hill(x, y, (0, 0.12), 0.06, 0.05)
    red = red + 0.06 * _noise(rng, size, size / 60) + 0.5 * np.exp(-(((facing - 0.10) / 0.22) ** 2))
    skin *= 1 + np.clip(red, -0.3, 1)[..., None] * np.array([0.02, -0.10, -0.10])
    spots = np.clip(_noise(rng, size, size / 330) - 2.5, 0, 1) * (
        0.3 + _hill(side, y, (0.17, 0.04), 0.14, 0.09)
    )
    skin *= 1 - 0.30 * spots[..., None] * np.array([0.5, 0.8, 1.0])
    skin = _lips(skin, x, y, who, rng)
    face = skin * light[..., None] ** np.array([0.85, 1.06, 1.14]) + 0.10 * shine[..., None]
    dark = 0.62 * _hill(side, y, (0.026, 0.146), 0.015, 0.009) + 0.30 * _hill(x, y, (0, 0.160), 0.06, 0.012)
    dark = dark + 0.30 * _hill(side, y, (0.095, EYE_Y - 0.028), 0.030, 0.030)
    face *= 1 - np.clip(dark, 0, 1)[..., None] * np.array([0.72, 0.86, 0.90])
    beard = _hill(side, y, (0.0, 0.42), 0.26, 0.17) + 0.8 * _hill(side, y, (0.05, 0.205), 0.09, 0.022)
    beard = np.clip(beard - 1.4 * _hill(x, y, (0, MOUTH_Y + 0.01), 0.13, 0.035), 0, 1) * who.stubble
    face *= 1 - (beard * np.clip(0.30 + 0.16 * _noise(rng, size, size / 420), 0, 1))[..., None]
    face = _eyes(face, x, y, who, size)
    picture = _room(x, y, who, rng, size)
    picture = _hair_behind(picture, who, rng, size)
    picture = _body(picture, x, y, who, rng, size)
    ears = _step(1.0, 0.85, np.hypot((side - 0.355) / 0.045, (y + 0.055) / 0.105))
    shade = (0.62 - 0.25 * x) * (1 - 0.45 * np.exp(-(((side - 0.372) / 0.016) ** 2)))
    picture = _mixed(picture, np.array(who.skin) * np.array([1.02, 0.9, 0.88]) * shade[..., None], ears)
    picture = _mixed(picture, face, head)
    picture = _hair_before(picture, who, rng, size)
    picture = blur(np.clip(picture, 0, 1).astype(np.float32), 0.45 * size / 512)
    vignette = 1 - 0.22 * np.clip(x * x + y * y - 0.5, 0, 1)
    grain = (0.75 * rng.normal(0, 1, (size, size)) + 0.6 * _noise(rng, size, 0.9)) * 0.013 * who.grain
    picture = picture * vignette[..., None] + grain[..., None] + 0.004 * rng.normal(0, 1, (size, size, 3))
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _lips(skin: Array, x: Array, y: Array, who: Person, rng: np.random.Generator) -> Array:
    half = 0.128
    bow = np.clip(1 - (x / half) ** 2, 0, 1)
    line = MOUTH_Y + 0.004 * np.cos(x * 60) * bow - 0.10 * x * x
    peak = 0.040 * bow**0.8 * (1 - 0.22 * np.exp(-((x / 0.020) ** 2)))
    upper = _step(-0.004, 0.004, y - line + peak) * (y < line)
    lower = _step(0.006, -0.006, y - line - 0.052 * bow**0.75) * (y >= line)
    creases = 1 + 0.05 * np.sin(x * 260 + 2 * np.sin(x * 47)) * _noise(rng, len(x), 1.5)
    colour = np.array(who.lips) * creases[..., None]
    skin = _mixed(skin, colour * 0.86, upper * (bow > 0))
    skin = _mixed(
        skin,
        colour * (1 + 0.16 * _hill(x, y, (-0.02, MOUTH_Y + 0.028), 0.05, 0.012))[..., None],
        lower * (bow > 0),
    )
    shut = np.exp(-(((y - line) / 0.0050) ** 2)) * _step(1.12, 0.86, np.abs(x) / half)
    return skin * (1 - 0.80 * shut[..., None] * np.array([0.80, 0.95, 0.95]))


def _eyes(face: Array, x: Array, y: Array, who: Person, size: int) -> Array:
    soft = 3.0 / size
    for sign in (-1.0, 1.0):
        u = (x - sign * EYE_X) * sign  # to the temple
        v = y - EYE_Y + 0.06 * u
        bow = np.clip(1 - (u / 0.076) ** 2, 0, 1)
        upper, lower = -0.031 * bow**0.62, 0.021 * bow**0.9
        inside = _step(-soft, soft, v - upper) * _step(soft, -soft, v - lower) * (bow > 0)
        away = np.hypot(u, v + 0.005)
        ring = away / 0.031
        angle = np.arctan2(v + 0.005, u)
        white = np.array([0.80, 0.76, 0.74]) * (0.70 + 0.30 * _step(upper, upper + 0.030, v))[..., None]
        white = white * (1 - 0.25 * (u / 0.076) ** 2)[..., None]
        threads = 1 + 0.20 * np.sin(angle * 37 + 3 * np.sin(angle * 11)) * _step(0.3, 0.8, ring)
        iris = np.array(who.iris) * (threads * (0.62 + 0.45 * _step(-0.03, 0.02, v)))[..., None]
        iris = iris * (1 - 0.55 * _step(0.80, 1.0, ring))[..., None]
        eye = _mixed(white, iris, _step(1.06, 0.96, ring))
        eye = _mixed(eye, np.array([0.02, 0.02, 0.02]), _step(0.46, 0.38, ring))
        eye = _mixed(
            eye,
            np.array([1.0, 1.0, 0.98]),
            _hill(x, y, (sign * EYE_X - 0.011, EYE_Y - 0.016), 0.0065, 0.0065) * 1.0,
        )
        face = _mixed(face, eye, inside)
        corner = _hill(u, v, (-0.072, 0.006), 0.012, 0.009)
        face = _mixed(face, np.array([0.62, 0.36, 0.33]), 0.6 * corner)
        lashes = np.exp(-(((v - upper + 0.002) / (0.0050 + 0.0030 * np.clip(u / 0.076, 0, 1))) ** 2)) * _step(
            1.10, 0.86, np.abs(u) / 0.076
        )
        face = face * (1 - 0.86 * lashes[..., None])
        rim = np.exp(-(((v - lower) / 0.0035) ** 2)) * _step(1.0, 0.8, np.abs(u) / 0.076)
        face = face * (1 - 0.30 * rim[..., None])
        fold = -0.050 * np.clip(1 - (u / 0.095) ** 2, 0, 1) ** 0.6
        crease = np.exp(-(((v - fold) / 0.0050) ** 2)) * _step(1.0, 0.75, np.abs(u) / 0.090)
        face = face * (1 - 0.42 * crease[..., None] * np.array([0.8, 0.95, 1.0]))
        bag = np.exp(-(((v - 0.045 + 0.5 * u * u / 0.076) / 0.009) ** 2)) * _step(1.0, 0.5, np.abs(u) / 0.08)
        face = face * (1 - 0.10 * bag[..., None])
    return _strokes(face, _brow_hairs(who), np.array(who.hair) * 0.85, 0.55, size)


def _brow_hairs(who: Person) -> list[Array]:
    rng = np.random.default_rng(who.seed + 20)
    hairs = []
    for sign in (-1.0, 1.0):
        for along in rng.uniform(0, 1, int(300 * who.brows)):
            x = 0.070 + 0.175 * along
            y = -0.158 - 0.034 * np.sin(np.pi * min(1.0, along * 1.02) * 0.72) + 0.030 * max(0.0, along - 0.7)
            y += rng.normal(0, 0.0068 * (1.15 - 0.85 * along) * who.brows**0.5)
            length = rng.uniform(0.018, 0.034)
            lean = -1.0 + 1.15 * min(1.0, along * 1.6) + rng.normal(0, 0.15)
            hairs.append(np.array([[sign * x, y], [sign * (x + length), y + lean * length * 0.6]]))
    return hairs


def _strokes(picture: Array, lines: list[Array], colour: Array, strength: float, size: int) -> Array:
    """Fine hairs of one colour over a picture."""
    mask = Image.new("L", (2 * size, 2 * size))
    brush = ImageDraw.Draw(mask)
    for line in lines:
        brush.line([tuple(p) for p in (line + 1) * size], fill=255, width=max(1, size // 300))
    share = np.asarray(mask.resize((size, size), Image.Resampling.BOX), np.float32) / 255
    return _mixed(picture, colour, np.clip(share * 1.3, 0, 1) * strength)


def _hair(
    picture: Array, who: Person, rng: np.random.Generator, size: int, lines: list[tuple[Array, float]]
) -> Array:
    """Strands, each in a tone of its own."""
    hair = Image.new("RGBA", (2 * size, 2 * size))
    brush = ImageDraw.Draw(hair)
    base = np.array(who.hair)
    for line, shine in lines:
        tone = base * (0.55 + 0.9 * shine + rng.normal(0, 0.13))
        colour = tuple(int(c) for c in np.clip(tone * 255, 0, 255))
        brush.line(
            [tuple(p) for p in (line + 1) * size],
            fill=(*colour, 255),
            width=max(1, round(size / 190 * rng.uniform(0.5, 1.4))),
        )
    drawn = np.asarray(hair.resize((size, size), Image.Resampling.LANCZOS), np.float32) / 255
    return _mixed(picture, drawn[..., :3], drawn[..., 3])


def _strand(side: float, out: float, begin: float, end: float, wave: float) -> tuple[Array, float]:
    t = np.linspace(begin, end, 26)
    fall = np.clip(t - 1.62, 0, None)
    x = side * (0.395 * out + 0.020 * np.sin(4 * t + wave)) * np.sin(np.minimum(t, 1.62)) + 0.03
    y = -0.10 - 0.525 * out * np.cos(np.minimum(t, 1.62)) + 0.62 * fall
    x = x - side * 0.05 * fall**2 + side * 0.010 * np.sin(9 * t + wave)
    middle = (begin + end) / 2
    light = np.exp(-(((middle - 0.75) / 0.35) ** 2)) * (1.0 if side < 0 else 0.55)
    return np.stack([x, y], -1), float(0.10 + 0.55 * light)


def _hair_behind(picture: Array, who: Person, rng: np.random.Generator, size: int) -> Array:
    lines, widest = [], 1.04 + 0.10 * min(1.0, who.long)
    for _ in range(2600):
        side, out = rng.choice([-1.0, 1.0]), rng.uniform(0.62, widest)
        begin = rng.uniform(0.0, 1.5)
        end = min(
            begin + rng.uniform(0.5, 1.1), rng.uniform(1.25, 1.5) + 1.05 * who.long * rng.uniform(0.6, 1.08)
        )
        if end > begin + 0.1:
            line, shine = _strand(side, out, begin, end, rng.uniform(0, 6))
            lines.append((line, 0.35 * shine))
    return _hair(picture, who, rng, size, lines)


def _hair_before(picture: Array, who: Person, rng: np.random.Generator, size: int) -> Array:
    lines, widest = [], 0.22 + 0.14 * min(1.0, who.long)
    for _ in range(3600):
        side = rng.choice([-1.0, 1.0])
        # The hair line: from the parting over the forehead to the temples.
        out = rng.uniform(0.0, 1.0) ** 0.8 * widest + 0.80
        begin = rng.uniform(-0.12, 1.40)
        most = (
            rng.uniform(0.95, 1.40)
            if out < 0.91 or who.long < 0.3
            else 1.42 + 1.1 * who.long * rng.uniform(0.55, 1.08)
        )
        end = min(begin + rng.uniform(0.25, 0.7), most)
        if end > begin + 0.08:
            lines.append(_strand(side, out, begin, end, rng.uniform(0, 6)))
    return _hair(picture, who, rng, size, lines)


def _room(x: Array, y: Array, who: Person, rng: np.random.Generator, size: int) -> Array:
    room = np.broadcast_to(np.array(who.room), (size, size, 3)).copy()
    room *= (1.12 - 0.30 * x - 0.25 * y)[..., None]
    for _ in range(26):  # lamps and windows far out of focus
        at, radius = rng.uniform(-1.1, 1.1, 2), rng.uniform(0.05, 0.16)
        disc = _step(1.05, 0.85, np.hypot(x - at[0], y - at[1] * 0.9) / radius)
        room = _mixed(
            room,
            np.clip(np.array(who.room) * rng.uniform(0.7, 1.9) * rng.uniform(0.85, 1.15, 3), 0, 1),
            disc * rng.uniform(0.15, 0.5),
        )
    return blur(room.astype(np.float32), size / 40)


def _body(picture: Array, x: Array, y: Array, who: Person, rng: np.random.Generator, size: int) -> Array:
    half = 0.195 * (0.75 + 0.25 * who.jaw) + 0.10 * _step(0.55, 0.95, y)
    round_ = np.sqrt(np.clip(1 - (x / half) ** 2, 0, 1))
    light = 0.30 + 0.62 * round_ * (1 - 0.45 * x / half) * (1 - 0.62 * _step(0.62, 0.44, y))
    neck = np.array(who.skin) * np.clip(light, 0, 2)[..., None] ** np.array([0.9, 1.1, 1.2])
    picture = _mixed(picture, neck, _step(1.02, 0.97, np.abs(x) / half) * _step(0.30, 0.34, y))
    slope = (
        0.660
        + 0.34 * np.clip(np.abs(x) - 0.16, 0, None) ** 1.25 * 1.1
        - 0.05 * np.exp(-((x / 0.2) ** 2)) * -1.6
    )
    folds = 1 + 0.10 * _noise(rng, size, size / 22) + 0.05 * np.sin((x + 0.7 * y) * 620 / 3)
    shirt = np.array(who.shirt) * (folds * (1.05 - 0.45 * x - 0.35 * (y - 0.8)))[..., None]
    return _mixed(picture, shirt, _step(-0.008, 0.008, y - slope))


@lru_cache(maxsize=8)
def sketch(size: int = 512, who: Person = MAN) -> Array:
    """A portrait in graphite on paper (size × size × 3, uint8)."""
    rng = np.random.default_rng(who.seed + 50)
    seen = photo_like(size, Person(**{**who.__dict__, "grain": 0.0})).astype(np.float32).mean(-1) / 255
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    soft = blur(seen, size / 300)
    lines = np.clip(1 - soft / np.maximum(blur(soft, size / 85), 0.02), 0, 1)
    lines = np.clip(lines * 2.6 - 0.06, 0, 1)
    tone = np.clip(1 - blur(seen, size / 160) * 1.25, 0, 1)
    paper = _noise(rng, size, 0.9)
    hatch = np.zeros_like(seen)
    for turn, begin in ((0.62, 0.34), (-0.45, 0.55), (1.2, 0.72)):
        bent = (x * np.cos(turn) + y * np.sin(turn)) * 95 + 1.4 * _noise(rng, size, size / 18)
        stroke = np.clip(0.5 + 0.5 * np.sin(bent * np.pi) + 0.16 * paper, 0, 1) ** 1.4
        hatch = np.maximum(hatch, stroke * np.clip((tone - begin) * 1.7, 0, 0.72))
    away = np.hypot(x / 0.86, (y + 0.06) / 0.98)
    hatch *= _step(1.02, 0.72, away)
    lines *= _step(1.10, 0.82, away)
    graphite = np.clip(lines + 0.62 * hatch, 0, 1) * (0.90 + 0.12 * paper)
    shade = np.clip(0.955 - 0.80 * graphite, 0, 1) + 0.010 * _noise(rng, size, 1.6)
    drawn = shade[..., None] * np.array([1.0, 0.992, 0.965])
    return (np.clip(drawn, 0, 1) * 255 + 0.5).astype(np.uint8)
