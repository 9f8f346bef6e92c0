"""A plain doll of shaded balls: it follows view, named colours and seed, and says what it leaves out."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import numpy as np
from PIL import Image

from studio.engine.figure.request import Camera, DrawRequest, Framing, OnProgress, Picture, WordsRefused

Colour = tuple[int, int, int]
Ball = tuple[
    tuple[float, float, float], float, str
]  # centre in metres (x: its left, y: up, z: front), radius, material

COLOURS: dict[str, Colour] = {
    "black": (38, 36, 42),
    "white": (238, 238, 240),
    "grey": (136, 138, 146),
    "gray": (136, 138, 146),
    "silver": (190, 196, 206),
    "red": (196, 48, 48),
    "crimson": (165, 22, 50),
    "orange": (228, 124, 40),
    "yellow": (236, 206, 70),
    "gold": (212, 172, 64),
    "golden": (212, 172, 64),
    "blonde": (228, 196, 120),
    "blond": (228, 196, 120),
    "green": (60, 142, 76),
    "emerald": (30, 140, 100),
    "teal": (30, 130, 136),
    "cyan": (70, 190, 206),
    "blue": (58, 96, 186),
    "navy": (34, 46, 96),
    "purple": (124, 70, 168),
    "violet": (138, 92, 190),
    "pink": (232, 140, 176),
    "brown": (112, 74, 48),
    "brunette": (84, 54, 36),
    "auburn": (132, 58, 38),
    "tan": (206, 160, 118),
    "pale": (246, 218, 200),
    "dark": (96, 64, 48),
}
MATERIAL_WORDS: dict[str, str] = {
    "hair": "hair",
    "eyes": "eyes",
    "eye": "eyes",
    "skin": "skin",
    "skinned": "skin",
    "boots": "shoes",
    "shoes": "shoes",
    "pants": "legs",
    "trousers": "legs",
    "jeans": "legs",
    "skirt": "legs",
    "shirt": "top",
    "jacket": "top",
    "coat": "top",
    "hoodie": "top",
    "armor": "top",
    "armour": "top",
    "dress": "top",
    "robe": "top",
    "suit": "top",
    "outfit": "top",
}
OPEN_CHOICES: dict[str, tuple[str, ...]] = {
    "hair": ("black", "brown", "auburn", "blonde", "silver"),
    "eyes": ("brown", "blue", "green", "grey"),
    "skin": ("pale", "tan", "dark"),
    "top": ("blue", "red", "teal", "purple", "green"),
    "legs": ("navy", "grey", "brown"),
    "shoes": ("black", "brown", "white"),
}
VIEW_WORDS: tuple[tuple[str, float], ...] = (
    (r"from behind|back view|rear view|seen from the back", 180.0),
    (r"three[- ]quarter|3/4", 45.0),
    (r"left side", 90.0),
    (r"right side", -90.0),
    (r"side view|in profile|profile view", 90.0),
)
MINOR_WORDS = (
    r"\b(child|kid|minor|underage|toddler|schoolgirl|schoolboy|loli|shota|baby|(?:[1-9]|1[0-7])[- ]?year)"
)
SEXUAL_WORDS = r"\b(nude|naked|nsfw|sexual|sexy|erotic|topless|lingerie|seductive)"


def draw_mannequin(request: DrawRequest, on_progress: OnProgress | None = None) -> Picture:
    """Draw the doll that the words, the camera and the seed ask for."""
    words = request.words.lower()
    if re.search(MINOR_WORDS, words) and re.search(SEXUAL_WORDS, words):
        raise WordsRefused(
            "Sexual depictions of minors are not drawn, in any style. "
            "Remove the sexual words or describe an adult."
        )
    camera = request.camera or _camera_from(words)
    palette, understood = _palette(request, words)
    balls = _balls(request.seed)
    steps = max(1, request.steps)
    for step in range(1, steps):  # a doll is drawn at once; the early steps show it coarsely
        scale = max(1, 2 ** (5 - (5 * step) // steps))
        coarse = _render(balls, palette, camera, request, scale) if on_progress and step == 1 else None
        if on_progress:
            on_progress(step, steps, coarse)
    rgba = _render(balls, palette, camera, request, 1)
    if request.base_image is not None and request.denoise < 1.0:
        rgba = _blend(rgba, request.base_image, request.denoise)
    if on_progress:
        on_progress(steps, steps, rgba)
    return Picture(rgba, _not_drawn(request, words, understood), _recipe(request, camera, palette))


def _camera_from(words: str) -> Camera:
    yaw = next((angle for pattern, angle in VIEW_WORDS if re.search(pattern, words)), 0.0)
    framing: Framing = "full"
    if re.search(r"full body|full-body", words):
        framing = "full"
    elif re.search(r"\bbust\b|upper body", words):
        framing = "bust"
    elif re.search(r"\bportrait\b|headshot|close-up", words):
        framing = "portrait"
    return Camera(yaw, 0.0, framing)


def _palette(request: DrawRequest, words: str) -> tuple[dict[str, Colour], set[str]]:
    palette: dict[str, Colour] = {}
    understood: set[str] = set()
    for match in re.finditer(r"[a-z]+", words):
        if match.group() not in COLOURS:
            continue
        for noun in re.findall(r"[a-z]+", words[match.end() :].split(",")[0])[:3]:
            if noun in MATERIAL_WORDS:
                palette.setdefault(MATERIAL_WORDS[noun], COLOURS[match.group()])
                understood.update((match.group(), noun))
                break
    choose = random.Random(request.seed)
    reference = request.reference_image
    for material, names in OPEN_CHOICES.items():
        chosen = COLOURS[choose.choice(names)]
        if reference is not None and material in ("hair", "top", "legs"):
            chosen = _reference_colour(reference, material)
        palette.setdefault(material, chosen)
    return palette, understood


def _reference_colour(image: np.ndarray, material: str) -> Colour:
    height, width = image.shape[:2]
    top, bottom = {"hair": (0.02, 0.15), "top": (0.3, 0.5), "legs": (0.6, 0.8)}[material]
    rows = slice(int(height * top), max(int(height * bottom), int(height * top) + 1))
    patch = image[rows, int(width * 0.4) : max(int(width * 0.6), int(width * 0.4) + 1), :3]
    red, green, blue = (int(value) for value in np.median(patch.reshape(-1, 3), axis=0))
    return (red, green, blue)


def _limb(
    start: tuple[float, float, float], end: tuple[float, float, float], radius: float, material: str
) -> list[Ball]:
    count = 14
    return [
        (
            (
                start[0] + (end[0] - start[0]) * t,
                start[1] + (end[1] - start[1]) * t,
                start[2] + (end[2] - start[2]) * t,
            ),
            radius * (1.0 - 0.25 * t),
            material,
        )
        for t in (index / (count - 1) for index in range(count))
    ]


def _balls(seed: int) -> list[Ball]:
    broad = 1.0 + (random.Random(seed ^ 0x5EED).random() - 0.5) * 0.16
    balls: list[Ball] = []
    for side in (-1.0, 1.0):
        shoulder, elbow, hand = (
            (0.19 * broad, 1.42, 0.0),
            (0.27 * broad, 1.14, 0.0),
            (0.31 * broad, 0.88, 0.05),
        )
        for a, b, radius, material in ((shoulder, elbow, 0.055, "top"), (elbow, hand, 0.042, "skin")):
            balls += _limb((side * a[0], a[1], a[2]), (side * b[0], b[1], b[2]), radius, material)
        hip, knee, ankle = (0.10 * broad, 0.92, 0.0), (0.11 * broad, 0.50, 0.02), (0.11 * broad, 0.09, 0.0)
        for a, b, radius, material in ((hip, knee, 0.085, "legs"), (knee, ankle, 0.062, "legs")):
            balls += _limb((side * a[0], a[1], a[2]), (side * b[0], b[1], b[2]), radius, material)
        balls += _limb((side * 0.11 * broad, 0.06, -0.02), (side * 0.12 * broad, 0.045, 0.14), 0.055, "shoes")
        balls.append(((side * 0.042, 1.665, 0.098), 0.018, "eyes"))
        balls += _limb((side * 0.07 * broad, 1.38, 0.0), (side * 0.06 * broad, 0.98, 0.0), 0.125, "top")
    balls += _limb((0.0, 1.52, -0.01), (0.0, 1.42, 0.0), 0.055, "skin")
    balls += _limb((0.0, 1.68, 0.0), (0.0, 1.61, 0.02), 0.112, "skin")
    balls += [((0.0, 1.715, -0.03), 0.128, "hair"), ((0.0, 1.62, -0.06), 0.105, "hair")]
    balls.append(((0.0, 1.635, 0.125), 0.014, "skin"))
    return balls


def _frame(framing: Framing) -> tuple[float, float]:
    return {"full": (0.91, 2.0), "bust": (1.46, 0.92), "portrait": (1.62, 0.58)}[framing]


def _project(
    point: tuple[float, float, float], camera: Camera, width: float, height: float
) -> tuple[float, float, float, float]:
    yaw, pitch = math.radians(camera.yaw_deg), math.radians(camera.pitch_deg)
    middle, tall = _frame(camera.framing)
    scale = min(height / tall, width / (tall * 0.55))
    x = point[0] * math.cos(yaw) - point[2] * math.sin(yaw)
    depth = point[0] * math.sin(yaw) + point[2] * math.cos(yaw)
    y = point[1] - middle
    up = y * math.cos(pitch) - depth * math.sin(pitch)
    near = y * math.sin(pitch) + depth * math.cos(pitch)
    return width / 2 + x * scale, height / 2 - up * scale, near * scale, scale


def _render(
    balls: list[Ball], palette: dict[str, Colour], camera: Camera, request: DrawRequest, coarse: int
) -> np.ndarray:
    width, height = max(1, request.width // coarse), max(1, request.height // coarse)
    colour = np.zeros((height, width, 4), np.uint8)
    if not request.transparent:
        fade = np.linspace(232, 196, height)[:, None]
        colour[..., 0], colour[..., 1], colour[..., 2] = fade, fade, fade + 8
        colour[..., 3] = 255
    near = np.full((height, width), -np.inf, np.float32)
    light = np.array([-0.4, 0.6, 0.7], np.float32) / 1.005
    for centre, radius, material in balls:
        x, y, z, scale = _project(centre, camera, width, height)
        r = max(radius * scale, 0.5)
        left, right = max(0, int(x - r)), min(width, int(x + r) + 2)
        top, bottom = max(0, int(y - r)), min(height, int(y + r) + 2)
        if left >= right or top >= bottom:
            continue
        dx = (np.arange(left, right, dtype=np.float32)[None] - x) / r
        dy = (np.arange(top, bottom, dtype=np.float32)[:, None] - y) / r
        inside = 1.0 - dx * dx - dy * dy
        bulge = np.sqrt(np.maximum(inside, 0.0))
        depth = z + bulge * r
        window = (slice(top, bottom), slice(left, right))
        visible = (inside > 0) & (depth > near[window])
        lit = 0.55 + 0.5 * np.clip(dx * light[0] - dy * light[1] + bulge * light[2], 0.0, 1.0)
        shade = np.clip(lit[..., None] * np.array(palette[material], np.float32), 0, 255).astype(np.uint8)
        near[window][visible] = depth[visible]
        colour[window][visible, :3] = shade[visible]
        colour[window][visible, 3] = 255
    if coarse > 1:
        return np.asarray(Image.fromarray(colour).resize((request.width, request.height)))
    return colour


def _blend(drawn: np.ndarray, base: np.ndarray, denoise: float) -> np.ndarray:
    height, width = drawn.shape[:2]
    under = np.asarray(Image.fromarray(base).convert("RGBA").resize((width, height)), np.float32)
    return np.round(under * (1.0 - denoise) + drawn.astype(np.float32) * denoise).astype(np.uint8)


def _not_drawn(request: DrawRequest, words: str, understood: set[str]) -> tuple[str, ...]:
    missing = [
        phrase.strip()
        for phrase in words.split(",")
        if phrase.strip()
        and not understood & set(re.findall(r"[a-z]+", phrase))
        and not any(re.search(pattern, phrase) for pattern, _ in VIEW_WORDS)
    ]
    if request.pose_image is not None or request.pose_json is not None:
        missing.append("pose (the doll only stands)")
    if request.style:
        missing.append(f"style {request.style}")
    missing += [f"LoRA {name}" for name, _ in request.loras]
    return tuple(missing)


def _recipe(request: DrawRequest, camera: Camera, palette: dict[str, Colour]) -> dict[str, Any]:
    points = {"nose": (0.0, 1.635, 0.139), "neck": (0.0, 1.45, 0.0), "left_hand": (0.31, 0.88, 0.05)}
    landmarks = {
        name: [round(v, 2) for v in _project(point, camera, request.width, request.height)[:2]]
        for name, point in points.items()
    }
    return {
        "figure": "mannequin",
        "words": request.words,
        "seed": request.seed,
        "style": request.style or "mannequin",
        "camera": {"yaw_deg": camera.yaw_deg, "pitch_deg": camera.pitch_deg, "framing": camera.framing},
        "palette": {name: list(colour) for name, colour in palette.items()},
        "landmarks": landmarks,
    }
