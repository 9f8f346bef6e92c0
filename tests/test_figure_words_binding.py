"""Adjectives go to the noun they stand next to, whatever the grammar around them."""

from __future__ import annotations

import pytest

from studio.engine.figure.spec import RGB, Spec
from studio.engine.figure.words import parse
from studio.engine.figure.words.colours import COLOURS, HAIR_COLOURS, LIKENESS, NATURAL_HAIR, distance
from studio.engine.figure.words.species import SKIN_WORDS


def colour_of(spec: Spec, part: str) -> RGB | None:
    """The colour of "hair", "eyes", "cape", "cape.trim", "sword", "horns" ... in a spec."""
    name, _, field = part.partition(".")
    if name == "hair":
        return getattr(spec.hair, field or "colour")
    if name == "beard":
        return spec.hair.beard_colour
    if name in {"eyes", "left_eye"}:
        return spec.eyes.left
    if name == "right_eye":
        return spec.eyes.right
    if name == "skin":
        return spec.skin.colour
    if name == "lips":
        return spec.face.lips
    if name == "background":
        return spec.background.top
    things = {thing.kind: thing for thing in (*spec.garments, *spec.items, *spec.features)}
    assert name in things, f"{name} is missing, there are {', '.join(things)}"
    return getattr(things[name], field or "colour")


def close_to(colour: RGB | None, name: str) -> bool:
    """Whether a colour is what its name promises."""
    tables = (COLOURS, HAIR_COLOURS, NATURAL_HAIR, LIKENESS, SKIN_WORDS)
    return colour is not None and any(
        name in table and distance(colour, table[name]) < 70 for table in tables
    )


# words -> part: colour, part: colour ...
BINDINGS = [
    (
        "blue armor, long white hair, red cape, silver trim",
        "plate_armor: blue, hair: white, cape: red, cape.trim: silver",
    ),
    ("blue armor, silver trim", "plate_armor: blue, plate_armor.trim: silver"),
    ("black and gold robe", "robe: black, robe.second: gold, robe.trim: gold"),
    ("red and white striped shirt", "shirt: red, shirt.second: white"),
    ("hair the colour of fire", "hair: fire"),
    ("hair the color of snow", "hair: snow"),
    ("fire-colored hair", "hair: fire"),
    ("blue-eyed", "eyes: blue"),
    ("green-eyed woman", "eyes: green"),
    ("eyes: green", "eyes: green"),
    ("green eyes", "eyes: green"),
    ("her eyes are amber", "eyes: amber"),
    ("ocean eyes", "eyes: ocean"),
    ("silver-haired elf", "hair: silver"),
    ("hair is pink", "hair: pink"),
    ("hair: long, white", "hair: white"),
    ("long white hair", "hair: white"),
    ("white long hair", "hair: white"),
    ("short, messy purple hair", "hair: purple"),
    ("blonde girl", "hair: blonde"),
    ("a blond man in a green coat", "hair: blonde, coat: green"),
    ("brunette with a red scarf", "hair: brunette, scarf: red"),
    ("redhead in a black dress", "hair: redhead, dress: black"),
    ("green ponytail", "hair: green"),
    ("pink twin tails", "hair: pink"),
    ("white hair with blue tips", "hair: white, hair.second: blue"),
    ("black hair with red highlights", "hair: black, hair.second: red"),
    ("brown hair and green eyes", "hair: brown, eyes: green"),
    (
        "a tall elf woman with long silver hair wearing a green cloak and holding a bow",
        "hair: silver, cloak: green",
    ),
    ("a knight in red armor with a blue cape", "plate_armor: red, cape: blue"),
    ("armor of blue, boots that are green", "plate_armor: blue, boots: green"),
    ("a cloak that is green and boots of brown leather", "cloak: green, boots: brown"),
    ("black hat and cloak", "cloak: black"),
    ("black leather jacket, blue jeans", "leather_jacket: black, jeans: denim"),
    ("a white shirt under a navy blazer", "shirt: white, blazer: navy"),
    ("white shirt, red tie, black trousers", "shirt: white, tie: red, trousers: black"),
    ("shiny yellow raincoat", "coat: yellow"),
    ("purple robes", "robe: purple"),
    ("robes of purple", "robe: purple"),
    ("purple silk robe", "robe: purple"),
    ("crimson hooded cloak", "cloak: crimson"),
    ("emerald green velvet gown", "gown: emerald"),
    ("navy blue school uniform", "school_uniform: navy"),
    ("sky blue kimono with pink sash", "kimono: sky_blue, sash: pink"),
    ("white kimono with gold trim", "kimono: white, kimono.trim: gold"),
    ("red cape with golden embroidery", "cape: red, cape.trim: gold"),
    ("golden armor", "plate_armor: gold"),
    ("steel breastplate and brown boots", "breastplate: steel, boots: brown"),
    ("wearing black boots", "boots: black"),
    ("dressed in black", "shirt: black|sweater: black|hoodie: black|t_shirt: black"),
    ("woman in red", "shirt: red|sweater: red|hoodie: red|t_shirt: red"),
    ("black knight armor", "plate_armor: black"),
    ("(red cape:1.2)", "cape: red"),
    ("((blue)) ((dress))", "dress: blue"),
    ("[green boots]", "boots: green"),
    ("{purple robe}", "robe: purple"),
    ("red_cape, blue_dress", "cape: red, dress: blue"),
    ("RED CAPE", "cape: red"),
    ("a red sword and a blue shield", "sword: red, shield: blue"),
    ("golden staff", "staff: gold"),
    ("staff with a green gem, black horns", "horns: black"),
    ("white wings", "wings: white"),
    ("black feathered wings", "wings: black"),
    ("demon girl with purple skin and golden eyes", "skin: purple, eyes: gold"),
    ("green orc", "skin: green"),
    ("red lipstick", "lips: red"),
    ("old man with a white beard", "beard: white"),
    ("dwarf with a braided grey beard", "beard: gray"),
    ("a dress with red flowers", "dress.second: red"),
    ("one blue eye and one green eye", "left_eye: blue, right_eye: green"),
    ("a pointy blue hat", "wizard_hat: blue"),
    ("astronaut with a white helmet", "space_helmet: white"),
    ("nurse in a white uniform", "scrubs: white"),
    ("pale face, black hair", "skin: pale, hair: black"),
    ("black knight", "plate_armor: black"),
    ("sailor uniform with a red bow", "hair_ribbon: red"),
    ("elf with a red bow", "bow: red"),
    ("fire mage", "robe: fire"),
    ("blue dress, not red", "dress: blue"),
    ("in a dress the color of grass", "dress: grass"),
    ("white shirt, leather jacket", "shirt: white"),
    ("long red beard", "beard: red"),
    ("heterochromia, blue and green eyes", "left_eye: blue, right_eye: green"),
    ("blue background", "background: blue"),
    ("red background, white dress", "background: red, dress: white"),
    ("grey hoodie", "hoodie: gray"),
    ("gray hoodie", "hoodie: gray"),
    ("orange goggles and white gloves", "goggles: orange, gloves: white"),
    ("a girl whose hair is blue and whose eyes are red", "hair: blue, eyes: red"),
]


@pytest.mark.parametrize(("words", "expected"), BINDINGS, ids=[words for words, _ in BINDINGS])
def test_colours_bind_to_their_noun(words: str, expected: str) -> None:
    spec = parse(words, seed=3).spec
    if "|" in expected:
        kinds = {garment.kind for garment in spec.garments} | {"hair"}
        choices = [choice.split(": ") for choice in expected.split("|")]
        assert any(part in kinds and close_to(colour_of(spec, part), name) for part, name in choices), spec
        return
    for pair in expected.split(", "):
        part, name = pair.split(": ")
        assert close_to(colour_of(spec, part), name), f"{part} is {colour_of(spec, part)}, not {name}"


MATERIALS = [
    ("leather boots", "boots", "leather"),
    ("silk robe", "robe", "silk"),
    ("robe of velvet", "robe", "velvet"),
    ("wool cloak", "cloak", "wool"),
    ("golden armor", "plate_armor", "gold"),
    ("bronze helmet", "helmet", "bronze"),
    ("denim shorts", "shorts", "denim"),
    ("wooden shield", "shield", "wood"),
    ("crystal sword", "sword", "crystal"),
    ("lace dress", "dress", "lace"),
    ("gold robe", "robe", "cloth"),
]


@pytest.mark.parametrize(("words", "kind", "material"), MATERIALS)
def test_materials_bind_to_their_noun(words: str, kind: str, material: str) -> None:
    spec = parse(words).spec
    thing = next(thing for thing in (*spec.garments, *spec.items) if thing.kind == kind)
    assert thing.material == material


def test_length_of_hair_garment_and_person_are_told_apart() -> None:
    spec = parse("short woman with long hair in a short dress", seed=1).spec
    tall = parse("tall woman with long hair in a short dress", seed=1).spec
    assert spec.hair.length == "long"
    assert next(garment for garment in spec.garments if garment.kind == "dress").length == "short"
    assert spec.build.height_m < tall.build.height_m


def test_neon_colours_shout() -> None:
    red, green, blue = parse("neon blue hair").spec.hair.colour
    assert blue > 240
    assert min(red, green) < 60


def test_pattern_needs_a_second_colour() -> None:
    skirt = next(garment for garment in parse("plaid red skirt").spec.garments if garment.kind == "skirt")
    assert skirt.pattern == "plaid"
    assert skirt.second is not None
    assert distance(skirt.second, skirt.colour) > 60


def test_a_weight_of_nothing_takes_the_thing_away() -> None:
    kinds = {garment.kind for garment in parse("(red cape:0), blue dress").spec.garments}
    assert "cape" not in kinds
    assert "dress" in kinds


def test_open_coats_have_something_below() -> None:
    for seed in range(10):
        layers = [garment.layer for garment in parse("leather jacket", seed=seed).spec.worn("torso")]
        assert min(layers) < 3


def test_a_plain_word_for_the_outfit_reaches_what_is_filled_in() -> None:
    leather = parse("leather outfit", seed=2).spec
    assert any(
        garment.material == "leather" for garment in leather.garments if garment.slot in {"torso", "full"}
    )
    torn = parse("zombie, torn clothes", seed=2).spec
    assert any(garment.variant == "torn" for garment in torn.garments)


def test_a_place_at_night_stays_the_place() -> None:
    day, night = parse("castle").spec.background, parse("castle at night").spec.background
    assert (day.kind, night.kind) == ("castle", "castle")
    assert sum(night.top) < sum(day.top) / 2


def test_items_go_where_the_words_say() -> None:
    places = {item.kind: item.where for item in parse("sword on her back, staff in left hand").spec.items}
    assert places == {"sword": "back", "staff": "left_hand"}


def test_two_of_a_kind_fill_both_hands() -> None:
    for words in ("rogue with two daggers", "rogue with a dagger in each hand", "rogue, dual daggers"):
        places = [item.where for item in parse(words).spec.items if item.kind == "dagger"]
        assert places == ["right_hand", "left_hand"], words
