"""A character in words: what was said of a look, and a picture's words put together in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from studio.records.characters import Character, Style
from studio.request import Framing

# Members of an appearance that end as words, in the order in which they are said; others are kept unsaid.
GENDER = ("gender", "presentation", "sex")
HAIR = ("hair_length", "hair_style", "hair_color")
CLOTHES = ("clothing", "outfit", "default_outfit", "costume")
MOOD = "expression"  # not part of who it is: a scene may say another
AFTER_HAIR: tuple[tuple[str, str], ...] = (("bangs", ""), ("facial_hair", ""), ("beard", ""))
SAID: tuple[tuple[str, str], ...] = (
    ("ethnicity", ""),
    ("species", ""),
    ("body_type", ""),
    ("build", ""),
    ("height", ""),
    ("skin_tone", "skin"),
    ("skin_color", "skin"),
    ("face_shape", "face"),
)
AFTER_EYES: tuple[tuple[str, str], ...] = (
    ("lips", "lips"),
    ("makeup", ""),
    ("marks", ""),
    ("distinguishing_features", ""),
    ("features", ""),
    ("tattoos", ""),
    ("accessories", ""),
    ("glasses", ""),
    ("description", ""),
)
PEOPLE = {
    "female": "woman",
    "feminine": "woman",
    "woman": "woman",
    "girl": "girl",
    "f": "woman",
    "male": "man",
    "masculine": "man",
    "man": "man",
    "boy": "boy",
    "m": "man",
    "androgynous": "androgynous person",
    "nonbinary": "androgynous person",
    "non-binary": "androgynous person",
}
_SHE = re.compile(r"\b(she|her|hers|herself|woman|girl|lady|mother|daughter|sister|actress)\b", re.IGNORECASE)
_HE = re.compile(r"\b(he|him|his|himself|man|boy|guy|father|son|brother|actor)\b", re.IGNORECASE)
_CLOSE = re.compile(
    r"\b(portrait|close[- ]?up|head ?shot|face only|profile (?:photo|picture))\b", re.IGNORECASE
)
_HALF = re.compile(
    r"\b(upper body|half[- ]body|bust|selfie|waist[- ]up|cowboy shot|medium shot)\b", re.IGNORECASE
)


def listed(value: Any) -> tuple[str, ...]:
    """The words of one member: a text, or a list of them; nothing of what is no text."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(
        " ".join(str(one).split())
        for one in values
        if isinstance(one, str | int | float) and str(one).strip()
    )


def join(*parts: str) -> str:
    """Words with commas between; each part once."""
    seen: dict[str, str] = {}
    for part in parts:
        if plain := part.strip(" ,\n\t"):
            seen.setdefault(plain.casefold(), plain)
    return ", ".join(seen.values())


def gender_of(character: Character) -> str:
    """The word for the person, if the appearance or the biography gives one."""
    for name in GENDER:
        if said := listed(character.appearance.get(name)):
            return PEOPLE.get(said[0].casefold(), said[0])
    she, he = len(_SHE.findall(character.bio)), len(_HE.findall(character.bio))
    return "" if she == he else "woman" if she > he else "man"


def said_of(character: Character) -> dict[str, Any]:
    """The traits that somebody has given, under the names by which they are put into words."""
    said = {name: value for name, value in character.appearance.items() if listed(value)}
    if gender := gender_of(character):
        said["gender"] = gender
    return said


def phrases(age: int | None, traits: Mapping[str, Any]) -> list[str]:
    """A look in phrases, from the person to the details; clothes are apart."""
    person = " ".join(listed(traits.get("gender"))[:1])
    if age is not None:
        person = f"{age} year old {person or 'person'}"
    elif years := " ".join(listed(traits.get("age"))[:1]):
        person = f"{years} {person}".strip()
    found = [person]
    for name, noun in SAID:
        found += [_with_noun(one, noun) for one in listed(traits.get(name))]
    found.append(_hair(traits))
    for name, noun in AFTER_HAIR:
        found += [_with_noun(one, noun) for one in listed(traits.get(name))]
    found.append(_eyes(traits))
    for name, noun in AFTER_EYES:
        found += [_with_noun(one, noun) for one in listed(traits.get(name))]
    return [one for one in found if one]


def _hair(traits: Mapping[str, Any]) -> str:
    said = [_without_noun(one, "hair") for name in HAIR for one in listed(traits.get(name))]
    # A style may say the length, and a colour the style: each word once.
    words = list(dict.fromkeys(word for one in said for word in one.split()))
    return f"{' '.join(words)} hair" if words else ""


def _eyes(traits: Mapping[str, Any]) -> str:
    said = [
        _without_noun(one, "eyes") for name in ("eye_shape", "eye_color") for one in listed(traits.get(name))
    ]
    words = [word for word in said if word]
    return f"{' '.join(words)} eyes" if words else ""


def _without_noun(words: str, noun: str) -> str:
    return re.sub(rf"\s*\b{noun}\b\s*$", "", words, flags=re.IGNORECASE)


def _with_noun(words: str, noun: str) -> str:
    return words if not noun or noun in words.casefold() else f"{words} {noun}"


def given_words(character: Character) -> str:
    """The look as somebody has described it; with the look's seed this is the whole character."""
    return join(*phrases(character.age, said_of(character)))


def identity_words(character: Character) -> str:
    """Who it is, for those who draw by words and a seed; nobody in particular is somebody too."""
    return given_words(character) or "person"


def look_words(character: Character) -> str:
    """The look with words for what was left open, as far as they are known."""
    return join(*phrases(character.age, {**found_of(character), **said_of(character)}))


def found_of(character: Character) -> dict[str, str]:
    """The words that were found for what is left open, for the look as it is described now."""
    return (
        {name: words for name, words in character.canon.items() if name != "of"}
        if is_found(character)
        else {}
    )


def is_found(character: Character) -> bool:
    """Whether the words for what is left open are those of the look as it is described now."""
    return character.canon.get("of") == canon_key(character)


def canon_key(character: Character) -> str:
    """What the words for open traits depend on."""
    return f"{character.look_seed}|{given_words(character)}"


def clothes_of(character: Character, costume: str = "") -> str:
    """What the character wears where nobody says otherwise."""
    if costume:
        return character.costumes.get(costume, "")
    for name in CLOTHES:
        if said := listed(character.appearance.get(name)):
            return join(*(character.costumes.get(one, one) for one in said))
    return ""


def keywords_of(character: Character) -> tuple[str, ...]:
    """Words for the manner of all pictures of the character."""
    return listed(character.appearance.get("style_keywords"))


def mood_of(character: Character) -> str:
    """How the character usually looks, in words for a face; empty: as it comes."""
    return next((f"{mood} expression" for mood in listed(character.appearance.get(MOOD))), "")


def prompt_of(
    character: Character, prompt: str, style: Style | None, clothing: str = "", mood: str = ""
) -> str:
    """A picture's words: the style around what is asked for, and then who it is."""
    prefix, suffix, more = (
        (style.prompt_prefix, style.prompt_suffix, style.style_keywords) if style else ("", "", ())
    )
    who = look_words(character)
    return join(prefix, mood, prompt, suffix, *more, who, clothing, *keywords_of(character))


def negative_of(character: Character, negative: str, style: Style | None) -> str:
    """What is to be avoided, added up."""
    own = listed(character.appearance.get("negative_prompt"))
    return join(*_parts([negative, style.negative_prompt if style else "", *own]))


def _parts(texts: Iterable[str]) -> list[str]:
    return [part for text in texts for part in text.split(",")]


def framing_of(words: str) -> Framing:
    """How near the words want to be."""
    return "portrait" if _CLOSE.search(words) else "bust" if _HALF.search(words) else "full"


def description(character: Character) -> str:
    """A short account of somebody, for those who write in their name."""
    manner = character.personality
    tone = [str(manner[name]) for name in ("communication_style", "content_tone") if manner.get(name)]
    topics = listed(manner.get("preferred_topics"))
    parts = [
        f"{character.name}" + (f", {character.age} years old" if character.age is not None else ""),
        f"lives in {character.location}" if character.location else "",
        character.bio,
        f"is interested in {', '.join(character.interests)}" if character.interests else "",
        f"talks about {', '.join(topics)}" if topics else "",
        f"speaks in a {' and '.join(tone)} manner" if tone else "",
        _traits(manner),
        f"looks: {look_words(character)}" if look_words(character) else "",
    ]
    return ". ".join(part.strip(" .") for part in parts if part) + "."


def _traits(manner: Mapping[str, Any]) -> str:
    names = {
        "extroversion": ("reserved", "outgoing"),
        "creativity": ("down to earth", "creative"),
        "humor": ("serious", "humorous"),
        "professionalism": ("relaxed", "professional"),
        "authenticity": ("polished", "authentic"),
    }
    told = []
    for name, (low, high) in names.items():
        value = manner.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value - 0.5) >= 0.2:
            told.append(high if value > 0.5 else low)
    return f"is {', '.join(told)}" if told else ""
