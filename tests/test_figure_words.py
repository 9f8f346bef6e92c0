"""Words become a character: what is said is kept, the rest filled in, nothing dropped in silence."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.engine.figure import keys
from studio.engine.figure.poses import library
from studio.engine.figure.request import WordsRefused
from studio.engine.figure.spec import Spec
from studio.engine.figure.words import dominant_colours, parse
from studio.engine.figure.words.archetypes import ARCHETYPES
from studio.engine.figure.words.art import STYLES
from studio.engine.figure.words.colours import COLOURS, distance
from studio.engine.figure.words.features import FEATURES
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.items import ITEMS
from studio.engine.figure.words.lexicon import MODIFIERS, lexicon
from studio.engine.figure.words.materials import MATERIALS, PATTERNS
from studio.engine.figure.words.read import read
from studio.engine.figure.words.scenes import SCENES
from studio.engine.figure.words.species import SPECIES

ROOT = Path(__file__).parents[1]

DOCUMENTED = [
    "female warrior, blue armor, long white hair, determined expression",
    "female warrior, blue armor, long white hair",
    "female warrior, determined expression, battle stance",
    "full plate armor, red cape, silver trim",
    "full plate armor, red cape",
    "cyberpunk warrior, neon blue hair, tech implants",
    "cyberpunk warrior, neon hair",
    "leather jacket, combat boots",
    "digital art",
    "watercolor painting",
    "watercolor",
    "knight character, silver armor",
    "knight character, silver armor, red cape",
    "warrior character",
    "warrior character, blue armor",
    "mage character, purple robes",
    "rogue character, leather armor",
    "masterpiece, best quality, highly detailed, front view, full body, simple background",
    "casual outfit, natural lighting",
]


def kinds(spec: Spec) -> set[str]:
    """The kinds of everything worn, carried and grown."""
    return {thing.kind for thing in (*spec.garments, *spec.items, *spec.features)}


@pytest.mark.parametrize("words", DOCUMENTED)
def test_documented_prompts_are_understood_whole(words: str) -> None:
    assert parse(words, seed=7).not_drawn == ()


def test_the_vocabulary_is_as_large_as_promised() -> None:
    assert len(COLOURS) >= 40
    assert len(set(MATERIALS.values())) >= 20
    assert len(keys.HAIR_STYLES) >= 16
    assert len(keys.BEARDS) >= 6
    assert len(keys.EXPRESSIONS) >= 12
    assert len(GARMENTS) >= 30
    assert len(SPECIES) >= 12
    assert len(ITEMS) >= 15
    assert len(ARCHETYPES) >= 25


def test_the_vocabulary_uses_only_keys_of_the_spec() -> None:
    assert {word.slot for word in GARMENTS.values()} <= set(keys.SLOTS)
    assert {word.material for word in GARMENTS.values()} <= set(keys.MATERIALS)
    assert {word.length for word in GARMENTS.values()} <= {None, *keys.GARMENT_LENGTHS}
    assert {word.sleeve for word in GARMENTS.values()} <= {None, *keys.SLEEVES}
    assert {word.where for word in ITEMS.values()} <= set(keys.WHERES)
    assert {word.material for word in ITEMS.values()} <= set(keys.MATERIALS)
    assert set(MATERIALS.values()) <= set(keys.MATERIALS)
    assert set(PATTERNS.values()) <= set(keys.PATTERNS)
    assert {scene.kind for scene in SCENES} == set(keys.BACKGROUNDS)
    assert set(STYLES.values()) == set(keys.STYLES)
    assert {word.surface for word in SPECIES.values()} <= set(keys.SURFACES)


SAID = [
    *((f"wearing a {word.words[0]}", "garment", kind) for kind, word in GARMENTS.items()),
    *((f"holding a {word.words[0]}", "item", kind) for kind, word in ITEMS.items()),
    *((f"with {word.words[0]}", "feature", word.kind) for word in FEATURES),
    *((word.words[0], "species", kind) for kind, word in SPECIES.items()),
    *((f"{style.replace('_', ' ')} hair", "hair", style) for style in keys.HAIR_STYLES),
    *((beard.replace("_", " "), "beard", beard) for beard in keys.BEARDS if beard != "none"),
    *(
        (f"{expression.replace('_', ' ')} expression", "expression", expression)
        for expression in keys.EXPRESSIONS
    ),
    *((f"{scene.words[0]}", "background", scene.kind) for scene in SCENES),
    *((mark.replace("_", " "), "mark", mark) for mark in keys.MARKS),
    *((f"{colour.replace('_', ' ')} tunic", "colour", colour) for colour in COLOURS if colour != "straw"),
    *((f"{word} dress", "material", material) for word, material in MATERIALS.items() if word != "gold"),
    *((f"{word} dress", "pattern", pattern) for word, pattern in PATTERNS.items()),
]


@pytest.mark.parametrize(("words", "part", "kind"), SAID, ids=[f"{part}-{words}" for words, part, _ in SAID])
def test_every_vocabulary_word_reaches_the_spec(words: str, part: str, kind: str) -> None:
    spec, not_drawn, _ = parse(words, seed=5)
    dress = next((garment for garment in spec.garments if garment.kind in {"dress", "tunic"}), None)
    found = {
        "garment": {garment.kind for garment in spec.garments},
        "item": {item.kind for item in spec.items},
        "feature": {feature.kind for feature in spec.features},
        "species": {spec.species},
        "hair": {spec.hair.style},
        "beard": {spec.hair.beard},
        "expression": {spec.face.expression},
        "background": {spec.background.kind},
        "mark": set(spec.face.marks),
        "colour": {name for name, colour in COLOURS.items() if dress and colour == dress.colour},
        "material": {dress.material} if dress else set(),
        "pattern": {dress.pattern} if dress else set(),
    }
    metals = {"steel", "iron", "gold", "silver", "bronze", "brass", "copper"}
    if part == "material" and kind in metals:
        assert dress is not None
        assert distance(dress.colour, COLOURS[kind]) < 120
    else:
        assert kind in found[part]
    assert not_drawn == ()


def test_no_phrase_of_the_vocabulary_crashes_or_goes_unread() -> None:
    phrases = [" ".join(phrase) for entries in lexicon().by_first.values() for phrase, _ in entries]
    assert len(phrases) > 1500
    needs_a_noun = MODIFIERS | {"likeness", "number", "noun"}
    for entries in lexicon().by_first.values():
        for phrase, senses in entries:
            unread = read(f"a character, {' '.join(phrase)}").unknown
            assert not unread or set(senses) <= needs_a_noun, (phrase, unread)


# What is not drawn


NOT_DRAWN = [
    ("knight, dragon in the background", ("dragon in the background",)),
    ("knight with a red dragon", ("red dragon",)),
    ("mage, holding a cake", ("cake",)),
    ("girl petting an owl", ("petting an owl",)),
    ("blue armor, flibbertigibbet", ("flibbertigibbet",)),
    ("two knights", ("two knights",)),
    ("sparkling red cape", ("sparkling",)),
    ("a Portrait of a Wise Capybara", ("Capybara",)),
    ("武士", ("武士",)),
    ("knight, happy, sad", ("happy",)),
    ("mischievous grin", ()),
    ("overalls with oil stains", ("oil stains",)),
    ("masterpiece, best quality, 8k, a girl, solo, looking at viewer", ()),
    ("She is standing and has the most beautiful green eyes.", ()),
    ("a man with short brown hair, wearing a white shirt and blue jeans, smiling at the camera", ()),
]


@pytest.mark.parametrize(("words", "listed"), NOT_DRAWN)
def test_what_is_not_drawn_is_listed_in_the_users_words(words: str, listed: tuple[str, ...]) -> None:
    assert parse(words).not_drawn == listed


def test_a_flood_of_unknown_words_is_counted_not_recited() -> None:
    _, not_drawn, _ = parse(", ".join(f"qwx{number}z" for number in range(300)))
    assert len(not_drawn) <= 41
    assert not_drawn[-1] == "and 260 more"


# Negation


@pytest.mark.parametrize(
    "words", ["no helmet", "without a helmet", "no headgear", "not wearing a helmet", "no cape, no helmet"]
)
def test_negation_takes_away(words: str) -> None:
    for seed in range(12):
        assert not kinds(parse(f"astronaut knight, {words}", seed=seed).spec) & {
            "helmet",
            "horned_helmet",
            "space_helmet",
        }


def test_a_denied_colour_is_not_used() -> None:
    for seed in range(40):
        spec = parse("elf, not blonde; blue dress, not red", seed=seed).spec
        assert distance(spec.hair.colour, (232, 200, 124)) > 60
        dress = next(garment for garment in spec.garments if garment.kind == "dress")
        assert dress.second is None


def test_negation_ends_with_its_clause() -> None:
    found = kinds(parse("knight without cape but with a red scarf, blue gloves").spec)
    assert "cape" not in found
    assert {"scarf", "gloves"} <= found


def test_the_negative_prompt_removes_things() -> None:
    plain = [kinds(parse("knight", seed=seed).spec) for seed in range(20)]
    without = [
        kinds(parse("knight", "cape, shield, blurry, low quality, bad hands, nude", seed=seed).spec)
        for seed in range(20)
    ]
    assert any("cape" in found for found in plain)
    assert any("shield" in found for found in plain)
    assert not any({"cape", "shield"} & found for found in without)
    assert parse("knight", "blurry, low quality, distorted, extra fingers, watermark").not_drawn == ()


def test_the_negative_prompt_turns_colours_and_looks_away() -> None:
    for seed in range(40):
        spec = parse("elf", "blonde hair, beard, smile, woman", seed=seed).spec
        assert distance(spec.hair.colour, (232, 200, 124)) > 60
        assert spec.hair.beard == "none"
        assert spec.face.expression != "happy"
        assert spec.build.presentation == "masculine"


@pytest.mark.parametrize("words", ["bald", "no hair", "hairless", "shaved head"])
def test_bald_in_four_ways(words: str) -> None:
    assert parse(f"monk, {words}").spec.hair.style == "bald"


def test_weapons_come_and_go_as_one() -> None:
    for seed in range(8):
        assert parse("knight, no weapons", seed=seed).spec.items == ()
        assert parse("knight", "weapon", seed=seed).spec.items == ()
        assert parse("woman with a weapon", seed=seed).spec.items != ()


def test_a_pose_brings_the_thing_that_it_needs() -> None:
    assert "bow" in kinds(parse("elf drawing a bow").spec)
    assert "book" in kinds(parse("student reading a book").spec)


def test_barefoot_is_respected() -> None:
    for seed in range(10):
        assert not parse("barefoot farmer", seed=seed).spec.worn("feet")


# Views, styles, quality


VIEWS = [
    ("from behind", 180.0, None),
    ("back view", 180.0, None),
    ("side view", 90.0, None),
    ("3/4 view", 38.0, None),
    ("three-quarter view", 38.0, None),
    ("front view", 0.0, None),
    ("portrait", None, "portrait"),
    ("close-up", None, "portrait"),
    ("upper body", None, "bust"),
    ("full body", None, "full"),
    ("portrait from behind", 180.0, "portrait"),
    ("knight", None, None),
]


@pytest.mark.parametrize(("words", "yaw", "framing"), VIEWS)
def test_view_words_become_a_camera_hint(words: str, yaw: float | None, framing: str | None) -> None:
    spec, not_drawn, _ = parse(f"knight, {words}")
    assert (spec.camera.yaw_deg, spec.camera.framing) == (yaw, framing)
    assert not_drawn == ()


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("anime style", "anime"),
        ("watercolour painting", "watercolor"),
        ("ink drawing", "ink"),
        ("pixel art", "pixel"),
        ("flat vector", "flat"),
        ("oil painting", "oil"),
        ("comic book style", "comic"),
        ("chibi", "chibi"),
        ("3D render", "shaded_3d"),
        ("concept art", "concept_grey"),
        ("anime, watercolor", "watercolor"),
    ],
)
def test_style_words_choose_the_style(words: str, style: str) -> None:
    assert parse(f"knight, {words}").spec.style == style
    assert parse("knight", style=words).spec.style == style


def test_an_unknown_style_says_so_and_a_photograph_is_called_what_it_is() -> None:
    spec, not_drawn, notes = parse("knight", style="stained glass macramé")
    assert spec.style == "anime"
    assert "stained glass macramé" in not_drawn
    assert "not known" in notes[0]
    spec, _, notes = parse("knight", realism=True)
    assert spec.style == "shaded_3d"
    assert "not as a photograph" in notes[0]


# Filling


@pytest.mark.parametrize("key", sorted(ARCHETYPES))
def test_every_calling_is_dressed_from_head_to_foot(key: str) -> None:
    for seed in range(8):
        spec, not_drawn, _ = parse(ARCHETYPES[key].words[0], seed=seed)
        covered = {slot for garment in spec.garments for slot in GARMENTS[garment.kind].covers}
        assert {"torso", "legs", "feet"} <= covered, spec.garments
        assert not_drawn == ()
        slots = [
            (garment.slot, garment.layer)
            for garment in spec.garments
            if garment.slot in {"feet", "back", "full"}
        ]
        assert len(slots) == len(set(slots))


def test_a_mage_wears_a_robe_and_a_knight_wears_plate() -> None:
    for seed in range(20):
        assert "robe" in kinds(parse("mage", seed=seed).spec)
        assert "plate_armor" not in kinds(parse("mage", seed=seed).spec)
        assert "plate_armor" in kinds(parse("knight", seed=seed).spec)


def test_seeds_give_different_people() -> None:
    seen = [parse("a character", seed=seed).spec for seed in range(60)]
    assert len({spec.hair.colour for spec in seen}) >= 6
    assert len({spec.skin.colour for spec in seen}) >= 6
    assert len({spec.hair.style for spec in seen}) >= 8
    assert len({spec.garments for spec in seen}) >= 50


def test_one_more_word_changes_only_what_it_touches() -> None:
    plain = parse("female elf ranger", seed=11).spec
    more = parse("female elf ranger, green eyes", seed=11).spec
    assert more.garments == plain.garments
    assert more.hair == plain.hair
    assert more.skin == plain.skin
    assert more.eyes != plain.eyes


def test_children_are_dressed_modestly() -> None:
    for words in (
        "a child in a mini skirt and crop top",
        "10 year old girl in a bikini",
        "little girl in a strapless gown",
    ):
        for seed in range(10):
            spec = parse(words, seed=seed).spec
            assert spec.build.age == "child"
            assert not kinds(spec) & {"mini_skirt", "crop_top", "swimsuit", "tank_top", "corset"}
            for garment in spec.garments:
                assert (
                    garment.kind == "shorts"
                    or garment.length not in {"crop", "short"}
                    or garment.slot in {"head", "feet"}
                )
                assert garment.sleeve != "none" or garment.slot != "full" or "overall" in garment.kind


def test_ages_and_bodies() -> None:
    assert parse("35 year old woman").spec.build.age == "adult"
    assert parse("old man").spec.build.age == "elder"
    assert parse("teenage boy").spec.build.age == "teen"
    assert parse("muscular man").spec.build.muscle > parse("slim man").spec.build.muscle
    assert parse("dwarf").spec.build.height_m < parse("orc").spec.build.height_m
    assert parse("chibi knight").spec.build.heads_tall < 3.5


# The same for the same


def test_equal_in_another_process() -> None:
    words = "cyberpunk elf ranger, neon hair, dragon behind, torn cloak"
    script = (
        "import json, sys\n"
        "from studio.engine.figure.words import parse\n"
        "print(json.dumps(parse(sys.argv[1], 'cape', 42).spec.to_json(), sort_keys=True))\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script, words],
            cwd=ROOT,
            env={**__import__("os").environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = json.dumps(parse(words, "cape", 42).spec.to_json(), sort_keys=True)
    assert seen == {here}


@pytest.mark.parametrize("words", DOCUMENTED)
def test_specs_go_through_json(words: str) -> None:
    spec = parse(words, seed=9).spec
    again = Spec.from_json(json.loads(json.dumps(spec.to_json())))
    assert again == spec
    assert hash(again) == hash(spec)


def test_json_with_unknown_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="no field wings"):
        Spec.from_json({"wings": 2})


# Reference pictures


def test_a_reference_picture_colours_what_the_words_leave_open() -> None:
    picture = np.full((200, 160, 3), 255, np.uint8)
    picture[20:70, 50:110] = (120, 40, 30)
    picture[40:90, 60:100] = (232, 190, 160)
    picture[95:200, 30:130] = (40, 70, 160)
    found = dominant_colours(picture)
    assert found.hair is not None
    assert distance(found.hair, (120, 40, 30)) < 40
    assert found.skin is not None
    assert distance(found.skin, (232, 190, 160)) < 30
    assert distance(found.clothes[0], (40, 70, 160)) < 40
    spec = parse("a woman", seed=1, reference=found).spec
    assert spec.hair.colour == found.hair
    assert spec.skin.colour == found.skin
    assert any(garment.colour == found.clothes[0] for garment in spec.garments)
    assert parse("a woman with green hair", seed=1, reference=found).spec.hair.colour != found.hair


def test_strange_reference_pictures_are_survived() -> None:
    rng = np.random.default_rng(3)
    for picture in (
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((50, 4, 4), np.uint8),
        rng.integers(0, 255, (64, 64, 3), np.uint8),
        np.full((40, 40, 3), (232, 190, 160), np.uint8),
    ):
        parse("knight", reference=dominant_colours(picture))


# Anything at all


def fuzzed(count: int) -> list[str]:
    """Prompts out of vocabulary, grammar, noise of all scripts, brackets and emoji."""
    rng = random.Random(20)
    phrases = [" ".join(phrase) for entries in lexicon().by_first.values() for phrase, _ in entries]
    glue = [
        " ",
        ", ",
        " and ",
        " with ",
        " without ",
        " of ",
        ": ",
        " (",
        "):1.3 ",
        "((",
        "))",
        "[",
        "]",
        "\n",
        " no ",
        "|",
        " is ",
    ]
    prompts = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(1, 25)):
            kind = rng.random()
            if kind < 0.6:
                parts.append(rng.choice(phrases))
            elif kind < 0.75:
                parts.append(
                    "".join(
                        chr(
                            rng.choice(
                                [
                                    rng.randrange(32, 0x2FF),
                                    rng.randrange(0x400, 0xD7FF),
                                    rng.randrange(0x1F300, 0x1FAFF),
                                ]
                            )
                        )
                        for _ in range(rng.randrange(1, 12))
                    )
                )
            else:
                parts.append(
                    rng.choice(
                        [
                            "2girls",
                            "<lora:x:0.8>",
                            "(a:(b:0.1):2)",
                            "BREAK",
                            "🐉",
                            "\u200b",
                            "''",
                            "3/4",
                            "-",
                            "é́́",
                            "\0",
                        ]
                    )
                )
            parts.append(rng.choice(glue))
        prompts.append("".join(parts))
    return prompts


def check_keys(spec: Spec) -> None:
    """Every key of a spec is one that the drawing side was promised."""
    build, hair, face = spec.build, spec.hair, spec.face
    assert build.age in keys.AGES
    assert build.body in keys.BODIES
    assert build.presentation in keys.PRESENTATIONS
    assert 0 <= build.weight <= 1
    assert 0 <= build.muscle <= 1
    assert 2.5 <= build.heads_tall <= 8.5
    assert spec.skin.surface in keys.SURFACES
    assert face.expression in keys.EXPRESSIONS
    assert face.shape in keys.FACE_SHAPES
    assert set(face.marks) <= set(keys.MARKS)
    assert spec.eyes.shape in keys.EYE_SHAPES
    assert spec.eyes.pupil in keys.PUPILS
    assert hair.style in keys.HAIR_STYLES
    assert hair.length in keys.HAIR_LENGTHS
    assert hair.bangs in keys.BANGS
    assert hair.beard in keys.BEARDS
    assert (hair.second is None) == (hair.second_where is None)
    assert hair.second_where in {None, *keys.SECOND_HAIR}
    for garment in spec.garments:
        assert GARMENTS[garment.kind].slot == garment.slot
        assert garment.material in keys.MATERIALS
        assert garment.length in {None, *keys.GARMENT_LENGTHS}
        assert garment.sleeve in {None, *keys.SLEEVES}
        assert garment.pattern in {None, *keys.PATTERNS}
    assert len({item.where for item in spec.items}) == len(spec.items)
    for item in spec.items:
        assert item.kind in ITEMS
        assert item.where in keys.WHERES
        assert item.material in keys.MATERIALS
    assert spec.background.kind in keys.BACKGROUNDS
    assert spec.style in keys.STYLES
    assert spec.pose.name in library()
    assert all(0 <= part <= 255 for part in (*spec.skin.colour, *hair.colour, *spec.eyes.left, *spec.accent))


def test_any_prompt_gives_a_character() -> None:
    for number, words in enumerate(fuzzed(520)):
        try:
            spec = parse(words, words[::-1], seed=number).spec
        except WordsRefused:
            continue
        assert spec.garments
        assert Spec.from_json(spec.to_json()) == spec
        check_keys(spec)


@pytest.mark.parametrize(
    "unit",
    ["red ", "long white hair, ", "(((", "no ", "dragon ", "🐉", "a:1)", "n u d x ", "and black ", "-"],
)
def test_long_prompts_are_read_in_step_with_their_length(unit: str) -> None:
    spec, not_drawn, _ = parse(unit * (10_000 // len(unit)))
    assert spec.garments
    assert len(not_drawn) <= 41


def test_nothing_said_is_somebody_too() -> None:
    for words in ("", " ", ",,,", "🐉", "\n"):
        assert parse(words).spec.garments


@pytest.mark.parametrize(("words", "low", "high"), [("young woman", 0.6, 0.8), ("young man", 0.25, 0.55)])
def test_unsaid_fringes_are_as_common_as_in_drawn_characters(words: str, low: float, high: float) -> None:
    fringes = [
        parse(words, seed=seed).spec.hair.bangs in {"straight", "swept", "side"} for seed in range(200)
    ]
    assert low < sum(fringes) / 200 < high


def test_said_bangs_win_over_the_usual_fringe() -> None:
    assert {parse("woman with curtain bangs", seed=seed).spec.hair.bangs for seed in range(30)} == {"curtain"}
