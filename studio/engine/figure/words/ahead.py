"""Looking around in a text: what a word means by what stands before and behind it."""

from __future__ import annotations

import re

from studio.engine.figure.words.phrases import Word

ARTICLES = frozenset({"a", "an", "the", "his", "her", "their", "its", "some", "very", "all"})
_CROWD = re.compile(r"^[2-9]\d*(girl|boy|people|person|women|men)$")


def is_likeness(words: list[Word], at: int) -> bool:
    """Whether fire, snow, night ... is a colour here and not a thing."""
    before = [word.word for word in words[max(0, at - 3) : at]]
    after = words[at + 1] if at + 1 < len(words) else None
    if after is not None and after.word in {"color", "colored", "hued", "tinted", "like"}:
        return True
    if any(word in {"color", "shade", "like"} for word in before):
        return True
    if after is None or after.kind != "match":
        return False
    if after.has("colour") and words[at].word in {
        "fire",
        "flame",
        "snow",
        "ice",
        "blood",
        "leaf",
        "sky",
        "sun",
        "lava",
    }:
        return False
    if after.has("archetype") or after.has("species") or after.has("garment"):
        return True
    return after.senses.get("noun") in {"hair", "eyes", "skin", "lips"} or (
        after.has("hair_style") and words[at].word not in {"rose"}
    )


def noun_follows(words: list[Word], at: int) -> bool:
    """Whether a word that could also stand alone is an adjective here."""
    word = words[at]
    for follower in words[at + 1 : at + 8]:
        if follower.kind in {"break", "copula"}:
            return False
        if follower.kind == "stop":
            if follower.word == "and" or follower.word in ARTICLES:
                if follower.word in ARTICLES:
                    return False
                continue
            return False
        if follower.kind == "unknown":
            continue
        if _fits(word, follower):
            return True
        if not follower.modifies:
            return False
    return False


def _fits(word: Word, noun: Word) -> bool:
    target = noun.senses.get("noun")
    if target == "hair" or noun.has("hair_style") or noun.has("bangs"):
        wanted = {"colour", "hair_colour", "hair_length", "hair_style", "hair_adjective", "double"}
    elif target == "eyes":
        wanted = {"colour", "eye_shape", "state", "double"}
    elif target == "skin":
        wanted = {"colour", "skin_tone"}
    elif target in {"lips", "trim", "print", "sleeves", "background"} or noun.has("beard"):
        wanted = {"colour", "material", "pattern", "hair_colour", "sleeve"}
        if noun.has("beard"):
            wanted |= {"hair_style", "hair_length"}
    elif noun.has("garment") or noun.has("generic") or target == "outfit":
        wanted = {"colour", "material", "pattern", "garment_length", "sleeve", "state", "double"}
    elif noun.has("item"):
        wanted = {"colour", "material", "state", "pattern"}
    elif noun.has("feature"):
        wanted = {"colour", "material", "state"}
    else:
        return False
    return any(word.has(role) for role in wanted)


def role_of(word: Word, *, described: bool) -> str | None:
    """The sense that a word has when it stands alone, most telling first."""
    order = (
        "removal",
        "weapon",
        "species",
        "archetype",
        "garment",
        "generic",
        "item",
        "feature",
        "noun",
        "second",
        "bangs",
        "beard",
        "pupil",
        "heterochromia",
        "person",
        "face_shape",
        "mark",
        "pose",
        "view",
        "expression",
        "scene",
        "style",
        "place",
        "hair_style",
        "number",
        "neutral",
    )
    if word.has("noun") and not described and word.has("neutral"):
        return None
    if word.has("scene") and word.has("garment"):
        return "garment"
    return next((role for role in order if word.has(role) and role != "neutral"), None)


def modifier_follows(words: list[Word], at: int) -> bool:
    """Whether an adjective comes next, articles aside."""
    following = at + 1
    while following < len(words) and words[following].word in ARTICLES:
        following += 1
    return following < len(words) and words[following].modifies


def word_before(words: list[Word], at: int) -> str:
    """The word before, empty at the beginning."""
    return words[at - 1].word if at else ""


def is_crowd(word: str) -> bool:
    """Whether a booru word like "2girls" asks for several people."""
    return bool(_CROWD.match(word))
