"""Prompts as artists, players and game designers write them become what they meant, or are listed."""

from __future__ import annotations

import pytest

from studio.engine.figure.spec import Garment, Spec
from studio.engine.figure.words import parse
from studio.engine.figure.words.colours import COLOURS, distance
from studio.engine.figure.words.tell import account


def worn(spec: Spec) -> dict[str, Garment]:
    """What is worn, by kind."""
    return {garment.kind: garment for garment in spec.garments}


def near(one: tuple[int, int, int] | None, name: str) -> bool:
    """Whether a colour is one that people would call by this name."""
    return one is not None and distance(one, COLOURS[name]) < 90


@pytest.mark.parametrize("words", ["schoolgirl", "student", "schoolboy", "japanese schoolgirl, sailor fuku"])
@pytest.mark.parametrize("seed", range(6))
def test_who_goes_to_school_wears_a_uniform(words: str, seed: int) -> None:
    assert "school_uniform" in worn(parse(words, seed=seed).spec)


def test_a_schoolgirl_is_a_girl_and_young() -> None:
    build = parse("schoolgirl").spec.build
    assert (build.presentation, build.age) == ("feminine", "teen")


METAL = {"steel", "iron", "chain", "bronze"}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "words",
    [
        "boy in shorts",
        "child adventurer boy, blue scarf, brown backpack, shorts, boots",
        "little girl warrior in shorts",
        "kid in denim shorts",
    ],
)
def test_children_in_shorts_wear_no_mail_and_nothing_that_hides_them(words: str, seed: int) -> None:
    garments = worn(parse(words, seed=seed).spec)
    assert "shorts" in garments
    assert not {garment.material for garment in garments.values()} & METAL
    torso = [garment for garment in garments.values() if garment.slot in {"torso", "full"}]
    assert {garment.length for garment in torso} <= {"crop", "hip"}


@pytest.mark.parametrize("seed", range(8))
def test_children_wear_no_heels(seed: int) -> None:
    garments = worn(parse("little girl in a red dress, red high heels", seed=seed).spec)
    assert "heels" not in garments
    assert near(garments["dress"].colour, "red")


@pytest.mark.parametrize("seed", range(8))
def test_said_shorts_are_seen_below_a_filled_tunic(seed: int) -> None:
    garments = worn(parse("elf ranger, green shorts", seed=seed).spec)
    assert "shorts" in garments
    assert "tunic" not in garments or garments["tunic"].length == "hip"


COLOURED = [
    ("a knight whose armor is blue and whose hair is long and white", "plate_armor", "blue"),
    ("a girl wearing a hoodie that is pink and a skirt that is black", "hoodie", "pink"),
    ("a girl wearing a hoodie that is pink and a skirt that is black", "skirt", "black"),
    ("the cloak is red, the boots are black and the armor is silver", "cloak", "red"),
    ("the cloak is red, the boots are black and the armor is silver", "boots", "black"),
    ("her hair is short and black, her dress is green with gold trim", "dress", "green"),
    ("red-lined black cape", "cape", "black"),
    ("gold-trimmed white robe", "robe", "white"),
    ("dwarf paladin / heavy armor with gold inlay / blue cape / warhammer", "cape", "blue"),
    ("white blouse under a grey cardigan, red plaid skirt", "blouse", "white"),
    ("superhero with a blue suit, red cape and yellow belt", "bodysuit", "blue"),
    ("superhero with a blue suit, red cape and yellow belt", "belt", "yellow"),
]


@pytest.mark.parametrize(("words", "kind", "colour"), COLOURED)
def test_colours_go_to_the_noun_that_they_speak_of(words: str, kind: str, colour: str) -> None:
    assert near(worn(parse(words, seed=5).spec)[kind].colour, colour)


def test_trim_that_is_named_before_its_garment_goes_to_it() -> None:
    assert near(worn(parse("vampire, red-lined black cape").spec)["cape"].trim, "red")


def test_what_an_undrawn_thing_is_made_of_dyes_nobody() -> None:
    spec, not_drawn, _ = parse("goblin thief carrying a sack of gold", seed=2)
    assert not any(near(garment.colour, "gold") for garment in spec.garments)
    assert {"sack", "gold"} <= set(not_drawn)


def test_a_two_handed_axe_is_one_axe() -> None:
    assert [item.kind for item in parse("barbarian, two-handed axe").spec.items] == ["axe"]


def test_what_is_off_is_off() -> None:
    assert not any("helmet" in kind for kind in worn(parse("astronaut floating in space, helmet off").spec))


def test_beasts_are_what_they_are_called_after_and_furred() -> None:
    spec = parse("wolf warrior, grey fur, leather armor").spec
    assert (spec.species, spec.skin.surface) == ("wolffolk", "fur")
    assert near(spec.skin.colour, "gray")
    assert parse("warrior with a wolf").spec.species == "human"


def test_a_beard_that_was_said_colours_the_hair() -> None:
    hair = parse("dwarf with a huge ginger beard", seed=3).spec.hair
    assert hair.colour == hair.beard_colour


def test_the_last_word_before_skin_is_its_colour() -> None:
    blue = parse("ice queen, pale blue skin").spec.skin.colour
    assert blue[2] > blue[0] + 20
    light, plain = (parse(f"{words} skin").spec.skin.colour for words in ("light brown", "brown"))
    assert sum(light) > sum(plain)


def test_ages_of_character_sheets_count() -> None:
    assert parse("Name: Kael. Age: 34. Race: half-orc. Class: barbarian.").spec.build.age == "adult"
    assert parse("Age: 9, wizard").spec.build.age == "child"


def test_parameters_of_other_programs_are_told_and_not_drawn() -> None:
    spec, not_drawn, notes = parse("elf archer --ar 2:3 --v 6 --no hat, cloak --stylize 250", seed=1)
    assert not_drawn == ()
    assert any("--ar 2:3 --v 6 --stylize 250" in note for note in notes)
    assert not {"cloak", "feathered_hat", "fedora"} & set(worn(spec))


LISTED = [
    ("ein Ritter mit roter Rüstung", ("ein Ritter mit roter Rüstung",)),
    ("銀髪の少女、青い目", ("銀髪の少女", "青い目")),
    ("wizard riding a dragon in a stormy sky", ("riding a dragon", "stormy")),
    ("1girl, bare shoulders, blue eyes", ("bare shoulders",)),
    ("man in a kilt playing bagpipes", ("playing bagpipes",)),
    ("1boy, male focus, closed mouth, solo", ()),
    ("nun with a rosary", ("rosary",)),
]


@pytest.mark.parametrize(("words", "listed"), LISTED)
def test_what_is_not_drawn_is_listed_and_nothing_else(words: str, listed: tuple[str, ...]) -> None:
    assert parse(words).not_drawn == listed


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("grumpy old man", "angry"),
        ("smug elf", "smirk"),
        ("elf, open mouth", "happy"),
        ("woman, one eye closed", "wink"),
        ("wicked smile", "evil_grin"),
        ("puzzled scientist", "confused"),
        ("horrified villager", "scared"),
    ],
)
def test_moods_by_other_names(words: str, expression: str) -> None:
    assert parse(words).spec.face.expression == expression


def test_tags_that_name_a_thing_twice_mean_one() -> None:
    assert [item.kind for item in parse("1boy, sword, knight, holding sword").spec.items] == ["sword"]
    assert [item.kind for item in parse("dual swords, ninja").spec.items] == ["sword", "sword"]
    spec = parse("1girl, hair bow, bow, pleated skirt").spec
    assert "bow" not in {item.kind for item in spec.items}


def test_tones_before_a_person_are_of_the_skin() -> None:
    spec = parse("young black woman astronaut, orange flight suit", seed=11).spec
    assert sum(spec.skin.colour) < 260
    assert near(worn(spec)["jumpsuit"].colour, "orange")
    assert "space_suit" not in worn(spec)
    assert sum(parse("tall pale man", seed=3).spec.skin.colour) > 600
    dressed, plain = (parse(words, seed=3).spec.skin for words in ("woman in black", "woman"))
    assert dressed == plain


def test_black_and_white_before_a_noun_are_its_colours() -> None:
    spec = parse("maid, black and white dress").spec
    assert spec.style == "anime"
    assert near(worn(spec)["dress"].colour, "black")
    assert near(worn(spec)["dress"].second, "white")
    assert parse("knight, black and white").spec.style == "concept_grey"


def test_a_villain_in_a_suit_wears_a_suit() -> None:
    assert "suit" in worn(parse("villain in a purple suit").spec)


def test_an_age_in_years_is_understood_whole() -> None:
    assert parse("witch, 12 years old").not_drawn == ()


@pytest.mark.parametrize(
    ("words", "yaw", "framing"),
    [
        ("front view", 0.0, None),
        ("left side view", 90.0, None),
        ("right profile", -90.0, None),
        ("from the right side", -90.0, None),
        ("three-quarter view", 38.0, None),
        ("three-quarter back view", 142.0, None),
        ("3/4 rear view", 142.0, None),
        ("facing away from the viewer", 180.0, None),
        ("turned 30 degrees, waist up", 30.0, "bust"),
        ("full shot", None, "full"),
        ("extreme close-up", None, "portrait"),
    ],
)
def test_views_are_taken_from_where_the_words_say(words: str, yaw: float | None, framing: str | None) -> None:
    spec, not_drawn, _ = parse(f"knight, {words}")
    assert (spec.camera.yaw_deg, spec.camera.framing) == (yaw, framing)
    assert not_drawn == ()


@pytest.mark.parametrize("words", ["in a cafe, drinking coffee", "drinking tea", "a woman with a coffee"])
def test_a_drink_is_a_cup_in_a_hand_and_no_colour_of_clothes(words: str) -> None:
    assert [item.kind for item in parse(words).spec.items] == ["cup"]
    assert not account(words)["has_clothes"]
