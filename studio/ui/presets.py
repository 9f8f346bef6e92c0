"""What the forms offer: examples, styles, poses, shapes of a picture; all of it ends as words or numbers."""

from __future__ import annotations

from typing import NamedTuple

# The key of its name, and what it writes into the form.
EXAMPLES: dict[str, tuple[str, str]] = {
    "example.warrior": (
        "female warrior, blue armor, long white hair, determined expression",
        "red cape, silver trim",
    ),
    "example.cyberpunk": ("cyberpunk hacker, neon pink hair, tech implants", "leather jacket, combat boots"),
    "example.mage": ("old mage, long grey beard, purple robes, holding a staff", ""),
    "example.student": (
        "cheerful student, short brown hair, glasses",
        "school blazer, pleated skirt, loafers",
    ),
    "example.knight": ("knight in full plate armor, holding a sword and a shield", "blue surcoat"),
}

# The words that ask for a style or a pose, by the key of its name; empty: as the other words say.
STYLES: dict[str, str] = {
    "style.free": "",
    "style.anime": "anime style",
    "style.flat": "flat vector",
    "style.comic": "comic book",
    "style.watercolor": "watercolor",
    "style.ink": "ink drawing",
    "style.oil": "oil painting",
    "style.pixel": "pixel art",
    "style.chibi": "chibi",
    "style.3d": "3d render",
    "style.concept": "concept art",
}
ENGINE_STYLES = {
    "style.3d": "shaded_3d",
    "style.concept": "concept_grey",
}  # where the engine's own name differs
POSES: dict[str, str] = {
    "pose.free": "",
    "pose.arms_crossed": "arms crossed",
    "pose.hands_on_hips": "hands on hips",
    "pose.wave": "waving",
    "pose.point": "pointing",
    "pose.think": "thinking",
    "pose.walk": "walking",
    "pose.run": "running",
    "pose.jump": "jumping",
    "pose.fly": "flying",
    "pose.battle_stance": "battle stance",
    "pose.punch": "punching",
    "pose.kick": "kicking",
    "pose.cast": "casting a spell",
    "pose.victory": "victory pose",
    "pose.dance": "dancing",
    "pose.sit": "sitting",
    "pose.kneel": "kneeling",
    "pose.crouch": "crouching",
    "pose.salute": "saluting",
    "pose.pray": "praying",
    "pose.read": "reading",
    "pose.t_pose": "t-pose",
    "pose.a_pose": "a-pose",
}


class Shape(NamedTuple):
    """One shape of a picture, by its sides."""

    width: int
    height: int


SHAPES: dict[str, Shape] = {
    "2:3": Shape(2, 3),
    "3:4": Shape(3, 4),
    "1:1": Shape(1, 1),
    "4:3": Shape(4, 3),
    "9:16": Shape(9, 16),
}
# Pixels of a picture of usual size, by the kind of server that draws it.
USUAL_PIXELS = {"embedded": 512 * 768, "comfy": 1024 * 1024}
SCALES = {"small": 0.5, "medium": 1.0, "large": 2.0}
STEP = 64  # what every model accepts


def pixels(shape: str, scale: str, engine: str) -> tuple[int | None, int | None]:
    """Width and height of a shape at a scale; nothing where the workflow is to choose."""
    if shape not in SHAPES:
        return None, None
    sides = SHAPES[shape]
    unit = (USUAL_PIXELS[engine] * SCALES[scale] / (sides.width * sides.height)) ** 0.5
    width, height = (max(STEP, round(side * unit / STEP) * STEP) for side in sides)
    return width, height


def pictured() -> dict[str, dict[str, str]]:
    """Which words of a form the engine has a small picture for, and under which name."""
    return {
        "style": {
            words: ENGINE_STYLES.get(key, key.removeprefix("style."))
            for key, words in STYLES.items()
            if words
        },
        "pose": {words: key.removeprefix("pose.") for key, words in POSES.items() if words},
    }
