"""Faces can be read: expressions differ, features stand off the skin, in portraits and on whole figures."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from studio.engine.figure.character import built_from
from studio.engine.figure.face.decal import face_picture
from studio.engine.figure.face.tones import tones_of
from studio.engine.figure.keys import EXPRESSIONS, SURFACES
from studio.engine.figure.oklab import to_lab, told_apart
from studio.engine.figure.spec import Build, Face, Hair, Skin, Spec
from studio.engine.figure.words import parse
from studio.engine.figure.words.species import HUMAN_SKINS, SPECIES
from tests.figure_pictures import pictured

Array = np.ndarray
PORTRAIT_TEXELS, FIGURE_TEXELS = 300.0, 110.0
SKINS = (*HUMAN_SKINS, *(colour for word in SPECIES.values() for colour in word.skins))


def on_skin(spec: Spec, texels: float, turn: float = 0.0) -> Array:
    """The decal laid over the skin, RGB 0..1."""
    decal = face_picture(spec, texels, turn=turn)
    return decal[..., :3] + tones_of(spec).skin * (1 - decal[..., 3:])


def of_mood(expression: str, presentation: str = "feminine", skin: Skin | None = None) -> Spec:
    """Somebody in this mood."""
    return Spec(build=Build(presentation=presentation), skin=skin or Skin(), face=Face(expression=expression))


@pytest.mark.parametrize("texels", [PORTRAIT_TEXELS, FIGURE_TEXELS], ids=["portrait", "figure"])
@pytest.mark.parametrize("presentation", ["feminine", "masculine"])
def test_every_two_expressions_are_told_apart(presentation: str, texels: float) -> None:
    faces = {name: on_skin(of_mood(name, presentation), texels) for name in EXPRESSIONS}
    area = 0.55 * 0.60 * texels**2  # of brows, eyes and mouth
    alike = {}
    for a, b in combinations(faces, 2):
        share = float((np.abs(faces[a] - faces[b]).max(-1) > 0.15).sum() / area)
        if share < 0.035:
            alike[a, b] = round(share, 3)
    assert alike == {}


@pytest.mark.parametrize("skin", sorted(set(SKINS)))
def test_features_stand_off_every_skin(skin: tuple[int, int, int]) -> None:
    hairs = ((35, 32, 38), (92, 64, 48), (235, 235, 240), skin)
    for hair in hairs:
        tones = tones_of(Spec(skin=Skin(skin), hair=Hair(colour=hair)))
        light = {name: float(to_lab(getattr(tones, name))[0]) for name in ("skin", "ink", "line", "brow")}
        assert abs(light["brow"] - light["skin"]) > 0.12, (hair, light)
        assert light["line"] < light["skin"] - 0.10, (hair, light)
        assert light["ink"] < light["skin"] - 0.10, (hair, light)


@pytest.mark.parametrize("surface", sorted({*SURFACES} - {"skin", "slime"}))
def test_faces_show_what_they_are_made_of(surface: str) -> None:
    colour = (150, 130, 110)
    bare, made = (
        on_skin(Spec(skin=Skin(colour, kind), hair=Hair(style="bald")), PORTRAIT_TEXELS)
        for kind in ("skin", surface)
    )
    assert (np.abs(bare - made).max(-1) > 0.06).sum() > 0.006 * PORTRAIT_TEXELS**2


@pytest.mark.parametrize("surface", ["bone", "scales", "fur", "stone"])
def test_moods_show_on_every_surface(surface: str) -> None:
    moods = ("neutral", "happy", "sad", "angry", "surprised", "sleepy")
    faces = [on_skin(of_mood(mood, skin=Skin((150, 130, 110), surface)), PORTRAIT_TEXELS) for mood in moods]
    changes = [(np.abs(a - b).max(-1) > 0.15).sum() / PORTRAIT_TEXELS**2 for a, b in combinations(faces, 2)]
    assert min(changes) > 0.006


def test_the_white_of_an_eye_is_white_on_dark_skin() -> None:
    face = on_skin(of_mood("neutral", skin=Skin((84, 54, 40))), PORTRAIT_TEXELS)
    assert (face.min(-1) > 0.80).sum() > 0.010 * PORTRAIT_TEXELS**2


def test_a_profile_shows_more_of_the_near_side_of_the_mouth() -> None:
    front, side = (on_skin(of_mood("happy"), PORTRAIT_TEXELS, turn) for turn in (0.0, 1.0))
    rows = slice(round((0.86 - 0.20) * PORTRAIT_TEXELS), round((0.86 - 0.05) * PORTRAIT_TEXELS))
    middle = front.shape[1] // 2
    changed = (np.abs(front - side).max(-1) > 0.15)[rows]
    assert changed[:, :middle].sum() > 5 * changed[:, middle:].sum()


def test_old_faces_have_folds_that_young_ones_lack() -> None:
    young, old = (
        on_skin(Spec(build=Build(age=age), face=Face(expression="neutral")), PORTRAIT_TEXELS)
        for age in ("young", "elder")
    )
    forehead = slice(round((0.86 - 0.73) * PORTRAIT_TEXELS), round((0.86 - 0.60) * PORTRAIT_TEXELS))
    assert young[forehead].std(axis=(0, 1)).max() < 0.01
    assert old[forehead].std(axis=(0, 1)).max() > 0.02


WHO = (
    "knight", "demon", "demon with red skin", "dark skin", "doctor, dark skin", "detective", "pirate",
    "dwarf", "orc", "dragonborn", "elf", "man with brown skin and a beard", "old man", "android",
    "black woman", "troll",
)  # fmt: skip


@pytest.mark.parametrize("words", WHO)
def test_hair_that_nobody_named_is_told_from_the_skin(words: str) -> None:
    specs = [parse(words, seed=seed).spec for seed in range(30)]
    alike = {
        (spec.hair.colour, spec.skin.colour)
        for spec in specs
        if spec.hair.style != "bald" and not told_apart(spec.hair.colour, spec.skin.colour, 0.10)
    }
    assert alike == set()


@pytest.mark.parametrize("words", ["brown hair, full beard, dark skin", "demon with red skin and red hair"])
def test_hair_that_was_said_keeps_its_colour_and_is_still_told_from_the_skin(words: str) -> None:
    spec = parse(words, seed=3).spec
    drawn = built_from(spec).hair
    assert told_apart(drawn.colour, spec.skin.colour, 0.10)
    moved = to_lab(np.array(drawn.colour) / 255) - to_lab(np.array(spec.hair.colour) / 255)
    assert np.abs(moved[1:]).max() < 0.05
    assert abs(moved[0]) < 0.20


@pytest.mark.parametrize("style", ["pixel", "ink", "concept_grey"])
def test_moods_are_seen_on_whole_figures_in_the_coarse_styles(style: str) -> None:
    size = {"width": 128, "height": 192} if style == "pixel" else {"width": 256, "height": 384}
    moods = ("neutral", "happy", "sad", "angry", "surprised", "evil grin")
    words = "man, dark skin, bald, white t-shirt, jeans, sneakers"
    drawn = [pictured(f"{words}, {mood}", style=style, **size).rgba[..., :3].astype(int) for mood in moods]
    changes = [int((np.abs(a - b).max(-1) > 40).sum()) for a, b in combinations(drawn, 2)]
    assert min(changes) >= (6 if style == "pixel" else 20), changes


@pytest.mark.parametrize("skin", ["fair", "brown", "dark"])
def test_pixel_art_keeps_the_colour_of_skin(skin: str) -> None:
    words = f"woman, {skin} skin, bald, white bodysuit"
    spec = parse(words).spec
    cells = pictured(words, style="pixel", width=128, height=192).rgba
    seen = cells[cells[..., 3] > 0][:, :3].astype(int)
    assert (np.abs(seen - np.array(spec.skin.colour)).max(-1) < 26).sum() > 60


@pytest.mark.parametrize("style", ["oil", "watercolor"])
def test_large_pictures_have_no_seams(style: str) -> None:
    picture = pictured("woman, bald, white bodysuit", style=style, width=900, height=1240, transparent=False)
    rows = picture.rgba[:, :40, :3].astype(float).mean((1, 2))
    steps = np.abs(np.diff(rows))
    assert steps.max() < 12 * max(0.5, float(np.median(steps)))
