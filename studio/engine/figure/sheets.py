"""Contact sheets: many characters, styles, expressions, poses and hair styles on labelled pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from .drawing import draw
from .keys import EXPRESSIONS, HAIR_STYLES, STYLES
from .poses import library
from .request import Camera, DrawRequest
from .words.garments import GARMENTS
from .words.scenes import SCENES, WITHIN

Array = np.ndarray
VIEWS = (0.0, 40.0, 90.0, 180.0)
CHARACTERS = (
    "female warrior, blue armor, long white hair, red cape, silver trim, determined expression",
    "cyberpunk warrior woman, neon blue hair, undercut, tech implants, leather jacket, combat boots",
    "old mage, purple robes with gold trim, wizard hat, long white beard, holding a staff",
    "female rogue, leather armor, dark green hood, short black hair, dagger, smirk",
    "knight in full plate armor, red cape, silver trim, short brown hair, sword and shield",
    "elf archer woman, long blonde hair, green cloak, brown tunic, holding a bow, quiver",
    "samurai, black and red samurai armor, topknot, katana, serious",
    "princess, pink ball gown, tiara, long wavy blonde hair, happy",
    "school girl, twin tails, pink hair, school uniform, happy",
    "dwarf warrior, red braided beard, chainmail, horned helmet, axe",
    "orc barbarian, fur collar, leather pants, mohawk, greatsword, angry",
    "catgirl in a yellow hoodie, short orange hair, denim shorts, sneakers, wink",
    "angel woman in a white and gold dress, long silver hair, calm",
    "demon man with red skin, black horns, black and gold robe, evil grin",
    "android girl, white bodysuit with cyan trim, short bob hair, glowing blue eyes",
    "pirate captain man, black frock coat, tricorn, goatee, rapier, smirk",
    "steampunk inventor woman, brown vest, goggles, top hat, curly red hair, wrench",
    "astronaut woman, white space suit with orange trim, ponytail",
    "witch, black dress, witch hat, purple hair, broom, smirk",
    "monk, orange robe, bald, beads, calm",
    "detective man, beige trench coat, fedora, magnifying glass, serious",
    "fox girl, red and white kimono, orange hair, fox tail, shy",
    "doctor man, white lab coat, glasses, clipboard, dark skin, short hair",
    "child adventurer boy, blue scarf, brown backpack, shorts, boots, laughing",
)
MODEL = "young woman, long wavy auburn hair, green eyes, white blouse, blue skirt, brown boots, fair skin"


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet with its caption."""

    caption: str
    picture: Array


def _tile(caption: str, request: DrawRequest) -> Tile:
    return Tile(caption, draw(request).rgba[..., :3])


def page(rows: Sequence[Sequence[Tile]], caption_px: int = 18) -> Array:
    """Tiles in rows, each with its caption below."""
    height, width = rows[0][0].picture.shape[:2]
    columns = max(len(row) for row in rows)
    out = Image.new("RGB", (columns * width, len(rows) * (height + caption_px)), (250, 250, 252))
    pen = ImageDraw.Draw(out)
    for r, row in enumerate(rows):
        for c, tile in enumerate(row):
            x, y = c * width, r * (height + caption_px)
            out.paste(Image.fromarray(tile.picture), (x, y))
            pen.text((x + 4, y + height + 3), tile.caption[: max(8, width // 6)], fill=(60, 60, 70))
    return np.asarray(out)


def _in_rows(tiles: Iterable[Tile], columns: int) -> list[list[Tile]]:
    every = list(tiles)
    return [every[i : i + columns] for i in range(0, len(every), columns)]


def character_sheet(
    prompts: Sequence[str] = CHARACTERS, width: int = 256, height: int = 384, columns: int = 2
) -> Array:
    """Characters in four views each, `columns` of them side by side."""
    rows: list[list[Tile]] = []
    line: list[Tile] = []
    for number, words in enumerate(prompts):
        request = DrawRequest(words, seed=number + 1, width=width, height=height)
        for view, yaw in enumerate(VIEWS):
            line.append(_tile(words[view * 40 : view * 40 + 40], replace(request, camera=Camera(yaw))))
        if len(line) == 4 * columns:
            rows.append(line)
            line = []
    if line:
        rows.append(line)
    return page(rows)


def style_sheet(words: str = CHARACTERS[0]) -> Array:
    """One character in every style."""
    base = DrawRequest(words, seed=1, width=384, height=576, camera=Camera(25.0))
    return page(_in_rows((_tile(name, replace(base, style=name)) for name in STYLES), 5))


def expression_sheet(words: str = MODEL) -> Array:
    """Every expression as a portrait."""
    base = DrawRequest(words, seed=4, width=320, height=320, camera=Camera(12.0, 0.0, "portrait"))
    said = ((name, f"{words}, {name.replace('_', ' ')}") for name in EXPRESSIONS)
    return page(_in_rows((_tile(name, replace(base, words=text)) for name, text in said), 6))


def pose_sheet(words: str = MODEL) -> Array:
    """Every pose of the library."""
    base = DrawRequest(words, seed=4, width=256, height=320, camera=Camera(25.0))
    return page(_in_rows((_tile(name, replace(base, pose_json={"name": name})) for name in library()), 8))


def hair_sheet() -> Array:
    """Every hair style from the front quarter and from behind."""
    tiles = []
    for number, name in enumerate(HAIR_STYLES):
        length = ("medium", "long", "short")[number % 3]
        colour = ("auburn", "black", "blonde", "pink", "silver", "brown", "blue")[number % 7]
        words = f"young woman, {length} {colour} {name.replace('_', ' ')} hair, white shirt, fair skin"
        if name in ("bald", "buzz_cut", "mohawk", "undercut", "slicked_back", "topknot", "cornrows"):
            words = words.replace("woman", "man")
        base = DrawRequest(words, seed=9, width=256, height=320)
        tiles.append(_tile(name, replace(base, camera=Camera(28.0, 0.0, "bust"))))
        tiles.append(_tile(f"{name}, behind", replace(base, camera=Camera(205.0, 0.0, "bust"))))
    return page(_in_rows(tiles, 8))


def garment_sheet(kinds: Sequence[str]) -> Array:
    """These garments, each on somebody who wears little else, from the front quarter."""
    tiles = []
    for number, kind in enumerate(kinds):
        colour = ("blue", "crimson", "green", "violet", "mustard", "teal")[number % 6]
        who = ("young woman, short brown hair", "young man, short black hair")[number % 2]
        words = f"{who}, fair skin, {colour} {GARMENTS[kind].words[0]}"
        near = GARMENTS[kind].slot in ("head", "face", "ears", "neck")
        camera = Camera(28.0, 0.0, "bust" if near else "full")
        tiles.append(_tile(kind, DrawRequest(words, seed=2, width=192, height=288, camera=camera)))
    return page(_in_rows(tiles, 10))


PEOPLE = (
    "young woman, long wavy auburn hair, green eyes, cream sweater, jeans, white sneakers, fair skin",
    "young man, short black hair, brown skin, white t-shirt, blue open jacket, grey trousers, sneakers",
    "young woman, black bob hair, red dress, light skin, black boots",
    "young woman, blonde ponytail, yellow blouse, navy skirt, tan skin, sandals",
)


def scene_sheet(kinds: Sequence[str]) -> Array:
    """These scenes: somebody in them by day, and from near at night."""
    said = {scene.kind: scene.words[0] for scene in SCENES}
    tiles = []
    for number, kind in enumerate(kinds):
        words = f"{PEOPLE[number % len(PEOPLE)]}, {said[kind]}"
        base = DrawRequest(words, seed=3, width=224, height=256)
        tiles.append(_tile(kind, base))
        night = replace(base, words=f"{words}, at night", camera=Camera(14.0, 0.0, "bust"))
        tiles.append(_tile(f"{kind}, at night", night))
    return page(_in_rows(tiles, 8))


# Two pages where one would be too tall to look at.
_WORN = (*GARMENTS,)
_VISITED = (*WITHIN, "neon_city", "beach", "mountains", "forest")
SHEETS: dict[str, dict[str, Callable[[], Array]]] = {
    "characters": {
        "characters-1": lambda: character_sheet(CHARACTERS[:12]),
        "characters-2": lambda: character_sheet(CHARACTERS[12:]),
    },
    "styles": {"styles": style_sheet},
    "expressions": {"expressions": expression_sheet},
    "poses": {"poses": pose_sheet},
    "hair": {"hair": hair_sheet},
    "scenes": {
        "scenes-1": lambda: scene_sheet(_VISITED),
        "scenes-2": lambda: scene_sheet([scene.kind for scene in SCENES if scene.kind not in _VISITED]),
    },
    "garments": {
        "garments-1": lambda: garment_sheet(_WORN[: len(_WORN) // 2]),
        "garments-2": lambda: garment_sheet(_WORN[len(_WORN) // 2 :]),
    },
}


def write_sheets(folder: Path, only: str | None = None) -> Iterator[Path]:
    """All contact sheets, or those of one subject, as PNG files; each is told as soon as it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for subject, sheets in SHEETS.items():
        if only is not None and subject != only:
            continue
        for name, make in sheets.items():
            path = folder / f"{name}.png"
            Image.fromarray(make()).save(path)
            yield path
