"""All vocabulary in one look-up: a phrase leads to its senses, each a role and a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from studio.engine.figure.words import (
    archetypes,
    art,
    colours,
    features,
    garments,
    hair,
    items,
    materials,
    moods,
    neutral,
    people,
    scenes,
    species,
    views,
)
from studio.engine.figure.words.text import phrase_key

Senses = dict[str, Any]  # role -> value

NOUNS: dict[str, str] = {
    "hair": "hair",
    "haired": "hair",
    "tress": "hair",
    "mane": "hair",
    "eye": "eyes",
    "eyed": "eyes",
    "iris": "eyes",
    "irises": "eyes",
    "skin": "skin",
    "skinned": "skin",
    "scale": "skin",
    "scaled": "skin",
    "scaly": "skin",
    "lip": "lips",
    "lipstick": "lips",
    "trim": "trim",
    "trimmed": "trim",
    "trimming": "trim",
    "accent": "trim",
    "edging": "trim",
    "edge": "trim",
    "lining": "trim",
    "lined": "trim",
    "border": "trim",
    "piping": "trim",
    "embroidery": "trim",
    "inlay": "trim",
    "inlaid": "trim",
    "ornament": "trim",
    "detail": "trim",
    "pattern": "print",
    "print": "print",
    "outfit": "outfit",
    "clothes": "outfit",
    "clothing": "outfit",
    "attire": "outfit",
    "garb": "outfit",
    "garment": "outfit",
    "apparel": "outfit",
    "costume": "outfit",
    "ensemble": "outfit",
    "background": "background",
    "backdrop": "background",
    "sleeve": "sleeves",
}

SLEEVES: dict[str, str] = {
    "sleeveless": "none",
    "strapless": "none",
    "off shoulder": "none",
    "off the shoulder": "none",
    "short sleeved": "short",
    "short sleeve": "short",
    "long sleeved": "long",
    "long sleeve": "long",
    "wide sleeved": "wide",
    "wide sleeve": "wide",
    "bell sleeve": "wide",
    "flowing sleeve": "wide",
    "puffy sleeve": "puff",
    "puff sleeve": "puff",
    "puffed sleeve": "puff",
    "rolled up sleeve": "elbow",
    "rolled sleeve": "elbow",
}

GARMENT_LENGTHS: dict[str, str] = {
    "short": "short",
    "mini": "short",
    "cropped": "crop",
    "waist length": "hip",
    "hip length": "hip",
    "knee length": "knee",
    "midi": "calf",
    "calf length": "calf",
    "long": "ankle",
    "maxi": "ankle",
    "ankle length": "ankle",
    "very long": "floor",
    "floor length": "floor",
    "full length": "floor",
    "flowing": "floor",
}

STATES: dict[str, str] = {
    "glowing": "glow",
    "luminous": "glow",
    "lit up": "glow",
    "flaming": "glow",
    "shining": "glow",
    "enchanted": "glow",
    "magic": "glow",
    "magical": "glow",
    "hooded": "hood_up",
    "open": "open",
    "unbuttoned": "open",
    "torn": "torn",
    "ripped": "torn",
    "tattered": "torn",
    "ragged": "torn",
    "weathered": "torn",
    "baggy": "loose",
    "oversized": "loose",
    "loose": "loose",
    "tight": "fitted",
    "fitted": "fitted",
    "ruffled": "frilled",
    "frilly": "frilled",
    "frilled": "frilled",
    "layered": "layered",
    "double breasted": "double_breasted",
    "studded": "studded",
    "spiked": "spiked",
    "spiky": "spiked",
    "pointed": "pointed",
    "pointy": "pointed",
    "quilted": "quilted",
    "old": "torn",
    "ancient": "torn",
}

# Phrases that take something away: a slot, or a kind of thing.
REMOVALS: dict[str, str] = {
    "barefoot": "feet",
    "bare foot": "feet",
    "bare feet": "feet",
    "barefooted": "feet",
    "shoeless": "feet",
    "bareheaded": "head",
    "bare head": "head",
    "hatless": "head",
    "helmetless": "head",
    "unarmed": "items",
    "empty handed": "items",
    "unarmored": "armor",
    "maskless": "face",
    "unmasked": "face",
}

# Modifiers for the noun that follows; a match with another role besides may stand alone.
MODIFIERS = frozenset(
    {
        "colour",
        "double",
        "shade",
        "material",
        "pattern",
        "hair_colour",
        "hair_length",
        "hair_style",
        "hair_adjective",
        "garment_length",
        "sleeve",
        "state",
        "eye_shape",
        "body",
        "skin_tone",
    }
)


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their first word, longest first."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], Senses], ...]]

    def longest(self, words: list[str], position: int) -> tuple[int, Senses] | None:
        """The longest phrase that starts here: how many words, and its senses."""
        for phrase, senses in self.by_first.get(words[position], ()):
            if tuple(words[position : position + len(phrase)]) == phrase:
                return len(phrase), senses
        return None


@cache
def lexicon() -> Lexicon:
    """The look-up over the whole vocabulary, built once."""
    entries: dict[tuple[str, ...], Senses] = {}

    def add(role: str, phrases: Iterable[tuple[str, Any]]) -> None:
        for phrase, value in phrases:
            entries.setdefault(phrase_key(phrase), {}).setdefault(role, value)

    named = ((name.replace("_", " "), rgb) for name, rgb in colours.COLOURS.items() if name != "straw")
    add("colour", named)
    add("colour", ((alias, colours.COLOURS[name]) for alias, name in colours.ALIASES.items()))
    add("hair_colour", colours.HAIR_COLOURS.items())
    add("likeness", colours.LIKENESS.items())
    add("double", colours.DOUBLE.items())
    add("shade", ((shade, shade) for shade in colours.SHADES))
    add("material", materials.MATERIALS.items())
    add("pattern", materials.PATTERNS.items())
    add("skin_tone", species.SKIN_WORDS.items())
    add("garment", ((phrase, word.kind) for word in garments.GARMENTS.values() for phrase in word.words))
    add("generic", garments.GENERIC_WORDS.items())
    add("item", ((phrase, word.kind) for word in items.ITEMS.values() for phrase in word.words))
    add("weapon", ((phrase, True) for phrase in items.WEAPON_WORDS))
    add("place", items.PLACES.items())
    add("feature", ((phrase, word) for word in features.FEATURES for phrase in word.words))
    add("species", ((phrase, word.kind) for word in species.SPECIES.values() for phrase in word.words))
    add("person", people.PERSONS.items())
    add("body", people.BODIES.items())
    add("face_shape", people.FACE_SHAPES.items())
    add("mark", people.MARKS.items())
    add("expression", moods.EXPRESSIONS.items())
    add("eye_shape", people.EYE_SHAPES.items())
    add("pupil", people.PUPIL_WORDS.items())
    add("heterochromia", ((phrase, True) for phrase in people.HETEROCHROMIA))
    add("hair_style", hair.STYLE_NOUNS.items())
    add("hair_adjective", hair.HAIR_ADJECTIVES.items())
    add("hair_length", hair.LENGTHS.items())
    add("bangs", hair.BANGS.items())
    add("second", hair.SECOND.items())
    add("beard", hair.BEARDS.items())
    add("archetype", ((phrase, word.key) for word in archetypes.ARCHETYPES.values() for phrase in word.words))
    add("pose", views.POSES.items())
    add("view", views.VIEWS.items())
    add("scene", ((phrase, scene.kind) for scene in scenes.SCENES for phrase in scene.words))
    add("style", ((phrase, (key, phrase)) for phrase, key in art.STYLES.items()))
    add("noun", NOUNS.items())
    add("sleeve", SLEEVES.items())
    add("garment_length", GARMENT_LENGTHS.items())
    add("state", STATES.items())
    add("removal", REMOVALS.items())
    add("number", neutral.NUMBERS.items())
    add("neutral", ((phrase, True) for phrase in neutral.NEUTRAL))
    by_first: dict[str, list[tuple[tuple[str, ...], Senses]]] = {}
    for phrase, senses in entries.items():
        if phrase:
            by_first.setdefault(phrase[0], []).append((phrase, senses))
    return Lexicon(
        {first: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for first, found in by_first.items()}
    )
