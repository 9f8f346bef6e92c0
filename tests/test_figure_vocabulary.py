"""Every word of the vocabulary changes the picture, or the picture says that it was not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, cycle

import numpy as np
import pytest

from studio.engine.figure.character import built_from
from studio.engine.figure.drawing import draw_layers, stage
from studio.engine.figure.garments.registry import paint_of
from studio.engine.figure.hair import add_hair
from studio.engine.figure.keys import (
    AGES,
    BACKGROUNDS,
    BEARDS,
    BODIES,
    EXPRESSIONS,
    EYE_SHAPES,
    HAIR_STYLES,
    MARKS,
    PATTERNS,
    PUPILS,
)
from studio.engine.figure.palette import KIND, LIT, PATTERN, SURFACE_OF, WEAVE, lifted, row_of
from studio.engine.figure.poses import resolve
from studio.engine.figure.spec import RGB, Garment, Spec
from studio.engine.figure.words import parse
from studio.engine.figure.words.colours import COLOURS
from studio.engine.figure.words.features import FEATURES
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.items import ITEMS
from studio.engine.figure.words.materials import MATERIALS
from studio.engine.figure.words.materials import PATTERNS as PATTERN_WORDS
from studio.engine.figure.words.moods import EXPRESSIONS as EXPRESSION_WORDS
from studio.engine.figure.words.people import BODIES as BODY_WORDS
from studio.engine.figure.words.people import EYE_SHAPES as EYE_WORDS
from studio.engine.figure.words.people import MARKS as MARK_WORDS
from studio.engine.figure.words.people import PUPIL_WORDS
from studio.engine.figure.words.scenes import SCENES
from studio.engine.figure.words.species import SPECIES
from studio.engine.figure.words.views import POSES
from studio.engine.figure.workshop import Workshop
from tests.figure_pictures import pictured, request_of

Array = np.ndarray
SMALL = {"width": 72, "height": 108}
NEAR = {"width": 144, "height": 144, "framing": "portrait"}
# Little to build, and little that hides anything.
BASE = "young woman, bald, white bodysuit, barefoot, fair skin"
SEEN = 3  # pixels of a small picture
# Loud colours that neither skin nor hair nor the rest of the clothes have.
LOUD = (
    "red",
    "lime",
    "magenta",
    "cyan",
    "orange",
    "violet",
    "yellow",
    "azure",
    "emerald",
    "hot_pink",
    "teal",
)
# Woven plainly, these look like any cloth of their colour at the size of a figure.
PLAIN_CLOTHS = {"cloth", "cotton", "linen", "wool", "velvet", "paper", "straw"}


def spoken(key: str) -> str:
    """A key as people say it."""
    return key.replace("_", " ")


def first_words(phrases: Mapping[str, object]) -> dict[str, str]:
    """One phrase for each key."""
    found: dict[str, str] = {}
    for phrase, value in phrases.items():
        key = value[0] if isinstance(value, tuple) else value
        found.setdefault(str(key), phrase)
    return found


@cache
def shown_colours(words: str, yaw: float) -> dict[tuple[float, ...], int]:
    """The colours of the parts that are in sight, with their pixels."""
    scene = stage(request_of(words, yaw, **SMALL))
    numbers, counts = np.unique(draw_layers(scene, draft=True).part, return_counts=True)
    found: dict[tuple[float, ...], int] = {}
    for number, count in zip(numbers, counts, strict=True):
        if number >= 0:
            colour = tuple(scene.model.table[number, LIT : LIT + 3].tolist())
            found[colour] = found.get(colour, 0) + int(count)
    return found


def in_sight(words: str, colour: RGB) -> bool:
    """Whether a part of this colour is seen from the front or from behind."""
    wanted = tuple(np.asarray(lifted(colour), np.float32).tolist())
    return any(shown_colours(words, yaw).get(wanted, 0) >= SEEN for yaw in (20.0, 200.0))


def changed(a: Array, b: Array, by: int = 24) -> int:
    """How many pixels of two pictures differ clearly."""
    return int((np.abs(a.astype(int) - b).max(-1) > by).sum())


def changes_alone(phrase: str) -> bool:
    """Whether a phrase beside the base words is drawn, or owned up to."""
    words = f"{BASE}, {phrase}"
    if phrase in pictured(words, 20.0, **SMALL).not_drawn:
        return True
    return any(
        changed(pictured(BASE, yaw, **size).rgba, pictured(words, yaw, **size).rgba) >= SEEN
        for yaw, size in ((20.0, SMALL), (200.0, SMALL), (20.0, NEAR))
    )


def all_different(pictures: Mapping[str, Array], at_least: int = SEEN, by: int = 24) -> None:
    """Every two pictures differ in some pixels."""
    alike = [(a, b) for a, b in combinations(pictures, 2) if changed(pictures[a], pictures[b], by) < at_least]
    assert alike == []


def face(words: str, person: str = BASE) -> Array:
    """A small portrait."""
    return pictured(f"{person}, {words}", 0.0, **NEAR).rgba


def outfits() -> Iterator[list[str]]:
    """All garments, in sets of things that can be worn together."""
    slots: dict[str, list[str]] = {}
    for kind, word in GARMENTS.items():
        slots.setdefault(word.slot, []).append(kind)
    heads, faces, necks = iter(slots["head"]), iter(slots["face"]), iter([*slots["neck"], *slots["ears"]])
    below = ("legs", "feet", "hands", "waist", "arms", "shoulders", "back")
    small = {slot: iter(slots[slot]) for slot in below}
    # Thin tops first: small things show beside them. Coats hang open over what is thinner.
    tops = sorted(slots["torso"], key=lambda kind: GARMENTS[kind].layer)
    coats = iter([kind for kind in tops if GARMENTS[kind].layer == 3])
    for kind in [kind for kind in tops if GARMENTS[kind].layer < 3]:
        few = [found for slot in small.values() for found in _next(slot)]
        yield [kind, *few, *(() if few[2:] else _next(coats)), *_next(heads)]
    for kind in [*coats, *(kind for kind in tops if GARMENTS[kind].layer > 3)]:
        yield [kind, *_next(heads)]
    for kind in slots["full"]:
        yield [kind, *(_next(heads) or _next(faces) or _next(necks))]
    while rest := [found for left in (heads, faces, necks, *small.values()) for found in _next(left)]:
        yield rest


def _next(kinds: Iterator[str]) -> list[str]:
    found = next(kinds, None)
    return [found] if found else []


OUTFITS = [*outfits()]


def test_the_outfits_hold_every_garment() -> None:
    assert {kind for outfit in OUTFITS for kind in outfit} == set(GARMENTS)


@pytest.mark.parametrize("kinds", OUTFITS, ids=lambda kinds: kinds[0])
def test_every_garment_is_seen(kinds: list[str]) -> None:
    names = dict(zip(kinds, cycle(LOUD), strict=False))
    phrases = {kind: f"{spoken(names[kind])} {GARMENTS[kind].words[0]}" for kind in kinds}
    words = f"young woman, bald, fair skin, {', '.join(phrases.values())}"
    worn = {garment.kind: garment for garment in stage(request_of(words, **SMALL)).spec.garments}
    hidden = [kind for kind in kinds if kind not in worn or not in_sight(words, worn[kind].colour)]
    assert [kind for kind in hidden if not changes_alone(phrases[kind])] == []


def item_groups() -> list[tuple[str, ...]]:
    """All items, so many at a time as there are places for them."""
    places: dict[str, list[str]] = {"right_hand": [], "left_hand": [], "other": []}
    for kind, word in ITEMS.items():
        places[word.where if word.where in places else "other"].append(kind)
    right, left = places["right_hand"], places["left_hand"]
    while len(right) > len(left) + 1:
        left.append(right.pop())
    return [tuple(found) for found in zip_longest_filled(*places.values())]


def zip_longest_filled(*lists: list[str]) -> list[list[str]]:
    """The first of each list, the second of each, and so on, without gaps."""
    return [[each[at] for each in lists if at < len(each)] for at in range(max(map(len, lists)))]


@pytest.mark.parametrize("kinds", item_groups(), ids=lambda kinds: kinds[0])
def test_every_item_is_seen(kinds: tuple[str, ...]) -> None:
    phrases = [ITEMS[kind].words[0] for kind in kinds]
    said = [f"{spoken(name)} {phrase}" for name, phrase in zip(LOUD, phrases, strict=False)]
    words = f"{BASE}, {said[0]} in right hand, {', '.join(said[1:])}"
    held = {item.kind: item for item in stage(request_of(words, **SMALL)).spec.items}
    hidden = [kind for kind in kinds if kind not in held or not in_sight(words, held[kind].colour)]
    assert [kind for kind in hidden if not changes_alone(ITEMS[kind].words[0])] == []


def feature_groups() -> list[tuple[str, ...]]:
    """All features, in groups that do not sit in the same place."""
    of_kind: dict[str, list[str]] = {}
    for word in FEATURES:
        place = "ears" if word.kind.endswith("_ears") else word.kind
        of_kind.setdefault(place, []).append(word.words[0])
    lists = [of_kind.pop(kind) for kind in ("ears", "tail", "wings", "horns")]
    rest = [words for found in of_kind.values() for words in found]
    third = -(-len(rest) // 3)
    groups = zip_longest_filled(*lists, *(rest[at : at + third] for at in range(0, len(rest), third)))
    return [tuple(group) for group in groups]


@pytest.mark.parametrize("phrases", feature_groups(), ids=lambda group: group[0])
def test_every_feature_is_seen(phrases: tuple[str, ...]) -> None:
    said = {phrase: f"{spoken(name)} {phrase}" for phrase, name in zip(phrases, LOUD, strict=False)}
    words = f"{BASE}, {', '.join(said.values())}"
    hidden = [
        phrase for phrase, name in zip(phrases, LOUD, strict=False) if not in_sight(words, COLOURS[name])
    ]
    assert [phrase for phrase in hidden if not changes_alone(said[phrase])] == []


def hair_cells(words: str) -> Array:
    """Which cells of a grid around the head and back hold hair."""
    shop = Workshop(built_from(stage_spec(words)))
    add_hair(shop)
    points = [shop.to_head(part.mesh.points) if not part.in_head else part.mesh.points for part in shop.parts]
    histogram, _ = np.histogramdd(
        np.concatenate(points) if points else np.zeros((0, 3)),
        bins=(24, 40, 24),
        range=((-0.9, 0.9), (-1.6, 1.4), (-0.9, 0.9)),
    )
    return histogram > 0


def stage_spec(words: str) -> Spec:
    """The character of these words."""
    return parse(words, seed=1).spec


def test_every_hair_style_is_another() -> None:
    cells = {}
    for style in HAIR_STYLES:
        length = "" if style in ("bald", "buzz_cut") else "medium "
        spec = stage_spec(f"young woman, {length}{spoken(style)} hair")
        assert spec.hair.style == style
        cells[style] = hair_cells(f"young woman, {length}{spoken(style)} hair")
    assert [name for name in cells if not cells[name].any()] == ["bald"]
    alike = [(a, b) for a, b in combinations(cells, 2) if int((cells[a] ^ cells[b]).sum()) < 40]
    assert alike == []


def test_every_beard_is_another() -> None:
    man = BASE.replace("young woman", "man, black hair")
    said = {beard: "clean shaven" if beard == "none" else spoken(beard) for beard in BEARDS}
    all_different({beard: face(words, man) for beard, words in said.items()})


def test_every_species_is_another() -> None:
    said = {kind: f"{word.words[0]}, bald, white bodysuit, barefoot" for kind, word in SPECIES.items()}
    all_different({kind: pictured(words, 20.0, **SMALL).rgba for kind, words in said.items()})


def test_every_expression_is_another() -> None:
    words = first_words(EXPRESSION_WORDS)
    assert set(EXPRESSIONS) <= set(words)
    faces = {key: face(words[key]) for key in EXPRESSIONS}
    all_different(faces)
    calm = faces.pop("neutral")
    assert [key for key in faces if changed(calm, faces[key], 40) <= 12] == []


def test_every_mark_is_seen() -> None:
    words = first_words(MARK_WORDS)
    assert set(MARKS) <= set(words)
    bare = face("")
    assert [key for key in MARKS if changed(bare, face(words[key]), 10) < SEEN] == []


def test_every_eye_shape_and_pupil_is_seen() -> None:
    shapes, pupils = first_words(EYE_WORDS), first_words(PUPIL_WORDS)
    assert set(EYE_SHAPES) <= set(shapes) | {"round"}
    assert set(PUPILS) <= set(pupils) | {"round"}
    all_different({key: face(f"{shapes[key]} green eyes") for key in EYE_SHAPES if key in shapes}, 2)
    all_different({key: face(f"green eyes, {pupils[key]}") for key in PUPILS if key in pupils}, 2)


def test_every_build_is_another() -> None:
    words = first_words(BODY_WORDS)
    assert set(BODIES) <= set(words) | {"average"}
    all_different({key: pictured(f"{words[key]} {BASE}", **SMALL).rgba for key in BODIES if key in words})


def test_every_age_is_another() -> None:
    ages = ("child", "teenage girl", "young woman", "adult woman", "middle-aged woman", "old woman")
    assert len(ages) == len(AGES)
    all_different({age: face("green eyes", BASE.replace("young woman", age)) for age in ages}, by=10)


def test_every_background_is_another() -> None:
    words = {scene.kind: scene.words[0] for scene in SCENES}
    assert set(words) == set(BACKGROUNDS)
    size = SMALL | {"transparent": False}
    all_different({kind: pictured(f"{BASE}, {said}", **size).rgba for kind, said in words.items()}, by=4)


ANGLES = ("forward", "out", "twist")


def test_every_pose_is_another() -> None:
    words = first_words(POSES)
    poses = {key: resolve(stage_spec(f"{BASE}, {said}").pose) for key, said in words.items()}
    assert {pose.name for pose in poses.values()} == set(words)
    bends = {
        key: {(joint.name, part): float(getattr(joint, part)) for joint in pose.joints for part in ANGLES}
        for key, pose in poses.items()
    }

    def most(a: str, b: str) -> float:
        names = {*bends[a], *bends[b]}
        return max((abs(bends[a].get(name, 0.0) - bends[b].get(name, 0.0)) for name in names), default=0.0)

    alike = [(a, b) for a, b in combinations(words, 2) if most(a, b) < 10.0]
    hands = {key: (pose.left_hand, pose.right_hand, pose.lift) for key, pose in poses.items()}
    assert [(a, b) for a, b in alike if hands[a] == hands[b]] == []


def painted(words: str, thing: str) -> Array:
    """The row of the shader's table for a garment of these words."""
    spec = stage_spec(words)
    worn = next(garment for garment in spec.garments if garment.kind == thing)
    return row_of(paint_of(worn, spec.accent), 0)


@pytest.mark.parametrize("thing", ["t_shirt", "cape"])
def test_every_colour_reaches_the_paint(thing: str) -> None:
    wrong = []
    for name, colour in COLOURS.items():
        row = painted(f"young woman, {spoken(name)} {GARMENTS[thing].words[0]}", thing)
        if not np.allclose(row[LIT : LIT + 3], lifted(colour)):
            wrong.append(name)
    assert wrong == []


def test_colours_are_seen() -> None:
    names = [*COLOURS][:: max(1, len(COLOURS) // 6)][:6]
    things = ("t-shirt", "trousers", "cape", "beanie", "scarf", "gloves")
    phrases = [f"{spoken(name)} {thing}" for name, thing in zip(names, things, strict=True)]
    words = f"young woman, bald, fair skin, {', '.join(phrases)}"
    assert [name for name in names if not in_sight(words, COLOURS[name])] == []


def test_every_pattern_is_printed_in_its_own_way() -> None:
    said = first_words(PATTERN_WORDS)
    assert set(PATTERNS) <= set(said)
    numbers = {
        pattern: painted(BASE.replace("white bodysuit", f"red {said[pattern]} bodysuit"), "bodysuit")[PATTERN]
        for pattern in PATTERNS
    }
    assert all(numbers.values())
    assert len(set(numbers.values())) == len(PATTERNS)
    plain, dotted = (pictured(BASE.replace("white", said), **SMALL).rgba for said in ("red", "red polka dot"))
    assert changed(plain, dotted) > 60


def test_materials_look_different_from_plain_cloth() -> None:
    def look(material: str) -> tuple[float, float]:
        row = row_of(paint_of(Garment("shirt", "torso", 1, (90, 120, 160), material), (0, 0, 0)), 0)
        return float(row[KIND]), float(row[WEAVE])

    plain = {material for material in set(MATERIALS.values()) if look(material) == look("cloth")}
    assert plain <= PLAIN_CLOTHS
    assert set(SURFACE_OF) <= set(MATERIALS.values()) | {"chain"}
