"""A character back in words: each trait as people say it, in words that are read as the same trait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from studio.engine.figure.spec import RGB, Eyes, Feature, Hair, Spec
from studio.engine.figure.words.archetypes import ARCHETYPES
from studio.engine.figure.words.colours import COLOURS, HAIR_COLOURS, NATURAL_HAIR, distance
from studio.engine.figure.words.features import FEATURES
from studio.engine.figure.words.hair import BANGS, BEARDS, STYLE_NOUNS
from studio.engine.figure.words.parse import parse
from studio.engine.figure.words.people import FACE_SHAPES, MARKS
from studio.engine.figure.words.read import read
from studio.engine.figure.words.reference import ReferenceColours
from studio.engine.figure.words.refuse import minor_years
from studio.engine.figure.words.said import Thing
from studio.engine.figure.words.species import SKIN_WORDS
from studio.engine.figure.words.text import clean

PROBES = 10  # so many seeds agree on a trait only where the words decide it
PEOPLE = {"feminine": "woman", "masculine": "man", "androgynous": "androgynous person"}
CHILDREN = {"feminine": "girl", "masculine": "boy", "androgynous": "child"}
AGES = {
    "child": "child",
    "teen": "teenage",
    "young": "young",
    "adult": "adult",
    "middle_aged": "middle aged",
    "elder": "elderly",
}
LENGTHS = {
    "none": "",
    "buzz": "",
    "short": "short",
    "medium": "medium length",
    "long": "long",
    "very_long": "very long",
}
STYLES = {
    "straight": "straight",
    "half_up": "half up",
    "twin_tails": "twin tails",
    "double_buns": "double buns",
}
SECONDS = {
    "highlights": "highlights",
    "tips": "tips",
    "split": "split dyed",
    "roots": "roots",
    "streak": "streak",
}
EYES = {
    "round": "round",
    "almond": "almond",
    "narrow": "narrow",
    "droopy": "droopy",
    "upturned": "upturned",
    "wide": "wide",
}
SURFACES = {
    "fur": "fur",
    "scales": "scales",
    "metal": "metal skin",
    "stone": "stone skin",
    "wood": "wooden skin",
}
PASSING = frozenset({"blush"})  # marks that come and go with a mood
PLURALS = {"hoof": "hooves", "antenna": "antennae"}
GROWN = frozenset({"young", "adult", "middle_aged", "elder"})
NEAR = 60.0  # so near a colour of skin that the word for it will do
CLOTHES = ("garment", "generic", "outfit")


def traits(spec: Spec) -> dict[str, str]:
    """The lasting traits of a character, each in words; what cannot be said, or is nothing, is left out."""
    build, human = spec.build, spec.species == "human"
    people = CHILDREN if build.age in {"child", "teen"} else PEOPLE
    told = {
        "gender": people.get(build.presentation, ""),
        "age": AGES.get(build.age, ""),
        "species": "" if human else spec.species.replace("_", " "),
        "body_type": "average build" if build.body == "average" else build.body,
        "skin_tone": _skin(spec),
        "hair_color": _hair_colour(spec.hair.colour) if spec.hair.style != "bald" else "",
        "hair_style": _hair_style(spec.hair),
        "bangs": _first(BANGS, spec.hair.bangs),
        "facial_hair": _beard(spec),
        "eye_color": _eye_colour(spec.eyes),
        "eye_shape": EYES.get(spec.eyes.shape, ""),
        "face_shape": _first(FACE_SHAPES, spec.face.shape),
        "marks": ", ".join(
            _plural(_first(MARKS, mark), mark) for mark in spec.face.marks if mark not in PASSING
        ),
        "features": ", ".join(sorted(_feature(one) for one in spec.features)),
    }
    return {name: words for name, words in told.items() if words}


def account(
    words: str, negative: str = "", seed: int = 0, reference: ReferenceColours | None = None
) -> dict[str, Any]:
    """What words make of a character: all its traits, which of them they decide, and what they say beside."""
    found = parse(words, negative, seed, reference)
    told = traits(found.spec)
    others = [traits(parse(words, negative, seed + step, reference).spec) for step in range(1, PROBES + 1)]
    everywhere = {*told, *(name for other in others for name in other)}
    said = read(words)
    callings = [key.replace("_", " ") for key in said.values("archetype") if key in ARCHETYPES]
    return {
        "traits": told,
        "said": sorted(
            name for name in everywhere if all(other.get(name) == told.get(name) for other in others)
        ),
        "has_clothes": bool(said.of(*CLOTHES)) or bool(callings),
        # A calling is an outfit of its own: without it a ranger's cloak would hang over anybody's clothes.
        "clothes": [*callings, *(_garment(one) for one in said.of("garment", "item"))],
        "years": minor_years(clean(words)),
        "not_drawn": list(found.not_drawn),
        "notes": list(found.notes),
        "spec": found.spec.to_json(),
    }


def _garment(thing: Thing) -> str:
    colours = " and ".join(_nearest(colour, COLOURS.items()) for colour in thing.colours)
    words = (thing.length or "", colours, *thing.materials, thing.pattern or "", thing.text)
    return " ".join(dict.fromkeys(word.replace("_", " ") for word in words if word))


def colours_told(reference: ReferenceColours) -> dict[str, Any]:
    """The colours of a picture by their names, where it has told any."""
    told: dict[str, Any] = {"clothes": [_nearest(one, COLOURS.items()) for one in reference.clothes]}
    if reference.hair is not None:
        told["hair_color"] = _hair_colour(reference.hair)
    if reference.skin is not None:
        told["skin_tone"] = _nearest(reference.skin, SKIN_WORDS.items())
    return {name: value for name, value in told.items() if value}


def _first(table: Mapping[str, str], key: str) -> str:
    """The word that means a key; the plainest stands first."""
    words = [word for word, meant in table.items() if meant == key]
    return next((word for word in words if word.replace(" ", "_") == key), words[0] if words else "")


def _nearest(colour: RGB, names: Iterable[tuple[str, RGB]]) -> str:
    return min(names, key=lambda entry: distance(entry[1], colour))[0].replace("_", " ")


def _skin(spec: Spec) -> str:
    colour, surface = spec.skin.colour, spec.skin.surface
    tone = _nearest(colour, SKIN_WORDS.items())
    if surface == "skin" and distance(SKIN_WORDS[tone], colour) < NEAR:
        return tone
    name = _nearest(colour, [*COLOURS.items()])
    return f"{name} {SURFACES[surface]}" if surface in SURFACES else name


def _hair_colour(colour: RGB) -> str:
    plain = [(name, rgb) for name, rgb in COLOURS.items() if name not in NATURAL_HAIR and name != "straw"]
    natural = [(name, rgb) for name, rgb in NATURAL_HAIR.items() if name != "gold"]
    hair = [(name, rgb) for name, rgb in HAIR_COLOURS.items() if "head" not in name and "haired" not in name]
    return _nearest(colour, [*natural, *hair, *plain])


def _hair_style(hair: Hair) -> str:
    if hair.style in {"bald", "buzz_cut"}:
        return _first({words: style for words, (style, _, _) in STYLE_NOUNS.items()}, hair.style)
    style = STYLES.get(hair.style, hair.style.replace("_", " "))
    return f"{LENGTHS.get(hair.length, '')} {style}".strip()


def _eye_colour(eyes: Eyes) -> str:
    colours = [*COLOURS.items()]
    left, right = _nearest(eyes.left, colours), _nearest(eyes.right, colours)
    glow = "glowing " if eyes.glow else ""
    return f"{glow}{left}" if left == right else f"{glow}{left} and {right}"


def _feature(feature: Feature) -> str:
    record = next(
        (one for one in FEATURES if (one.kind, one.variant) == (feature.kind, feature.variant)),
        next((one for one in FEATURES if one.kind == feature.kind), None),
    )
    return _plural(record.words[0] if record else feature.kind.replace("_", " "), feature.kind)


def _plural(word: str, key: str) -> str:
    """The word as its key has it: ears and horns come in pairs."""
    return PLURALS.get(word) or (f"{word}s" if key.endswith("s") and not word.endswith("s") else word)


def _beard(spec: Spec) -> str:
    if spec.hair.beard != "none":
        return _first(BEARDS, spec.hair.beard)
    return "clean shaven" if spec.build.presentation == "masculine" and spec.build.age in GROWN else ""
