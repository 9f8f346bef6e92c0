"""Captions, posts and descriptions without a model: from what a recipe says and how somebody talks.

The same seed gives the same text. Nothing is said of a picture that is not in its recipe.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from studio.writing import hashtags, lexicon, phrases
from studio.writing.lengths import fitted
from studio.writing.persona import NOBODY, Persona, Tone
from studio.writing.platforms import Platform
from studio.writing.scene import Scene, bare, with_article

# Too plain to be a role.
_ANYBODY = frozenset(
    [
        "man",
        "woman",
        "girl",
        "boy",
        "lady",
        "guy",
        "person",
        "people",
        "model",
        "influencer",
        "child",
        "kid",
        "adult",
        "teenager",
        "couple",
        "friends",
    ]
)
_OUTGOING = 0.45


@dataclass(frozen=True)
class Post:
    """A text for a platform; `whole` has the hashtags in it, as it would be posted."""

    text: str
    hashtags: tuple[str, ...]
    whole: str


def seed_of(*parts: object) -> int:
    """A number that these things always give."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest()[:7], "big")


def caption(
    scene: Scene,
    tone: Tone,
    platform: Platform,
    most: int,
    seed: int,
    persona: Persona = NOBODY,
    *,
    with_hashtags: bool = True,
) -> Post:
    """A caption for a picture, in at most so many characters."""
    chance = random.Random(seed)
    places = _places(scene, chance, own=not persona.is_nobody)
    opener = _opener(scene, tone, places, chance, most, platform)
    asks = (
        *(phrases.ASKS_PLACE[tone] if scene.place else ()),
        *(phrases.ASKS_OUTFIT[tone] if scene.wearing else ()),
    ) or phrases.ASKS[tone]
    tags = _hashtags(scene, persona, platform, chance) if with_hashtags else ()
    return _assembled(opener, asks, tags, tone, platform, most, chance, persona, scene.words)


def post(
    topic: str,
    tone: Tone,
    platform: Platform,
    most: int,
    seed: int,
    persona: Persona = NOBODY,
    *,
    with_hashtags: bool = True,
) -> Post:
    """A text about a subject, in at most so many characters."""
    chance = random.Random(seed)
    opener = _first_that_fits(phrases.TOPICS[tone], {"topic": topic}, chance, most, platform)
    found = hashtags.words_of([topic, *persona.interests, *persona.topics])
    tags = hashtags.written(found, platform)[: platform.hashtags] if with_hashtags else ()
    return _assembled(opener, phrases.ASKS[tone], tags, tone, platform, most, chance, persona, topic.lower())


def comment(tone: Tone, most: int, seed: int) -> str:
    """A word under somebody's post."""
    fit = [one for one in phrases.COMMENTS[tone] if len(one) <= most]
    return random.Random(seed).choice(fit) if fit else fitted("Love it.", most)


def message(topic: str, tone: Tone, most: int, seed: int, persona: Persona) -> str:
    """A letter of a few lines, signed."""
    chance = random.Random(seed)
    about = _first_that_fits(phrases.TOPICS[tone], {"topic": topic}, chance, most, None) if topic else ""
    parts = [chance.choice(phrases.GREETINGS[tone]), about, chance.choice(phrases.THANKS[tone])]
    signed = [*parts, persona.name] if persona.name else parts
    for kept in (signed, parts, parts[1:], parts[:1]):
        text = "\n".join(one for one in kept if one)
        if text and len(text) <= most:
            return text
    return fitted(parts[0], most)


def biography(persona: Persona, tone: Tone, most: int) -> str:
    """A character in a line, as it stands beside their picture."""
    things = [*persona.interests, *persona.topics]
    listed = ", ".join(dict.fromkeys(one.strip() for one in things if one.strip()))
    first = persona.bio.strip().rstrip(".") if persona.bio else ""
    joint = " | " if tone in {"professional", "short"} else " · "
    parts = [persona.name, first, listed, persona.location]
    while len(text := joint.join(one for one in parts if one)) > most and any(parts[1:]):
        parts[max(index for index, one in enumerate(parts) if one)] = ""
    return fitted(text, most)


def description(scene: Scene, size: tuple[int, int] | None, most: int, name: str = "") -> str:
    """What a picture shows, in sentences for those who do not see it."""
    if scene.is_empty and not scene.looks and not scene.is_person:
        if size is None:
            return fitted("A picture without a recipe.", most)
        form = "square" if size[0] == size[1] else "upright" if size[1] > size[0] else "wide"
        return fitted(f"{_a(form)} picture of {size[0]} by {size[1]} pixels, without a recipe.", most)
    who = scene.who or ("person" if scene.is_person else "")
    parts = [name] if name and scene.is_person else [with_article(who)] if who else []
    if scene.looks:
        parts.append(f"with {_listed(scene.looks)}")
    if scene.wearing:
        parts.append(("wearing " if parts else "") + _listed(scene.wearing))
    if scene.holding:
        parts.append(("holding " if parts else "") + scene.holding)
    action = " and ".join(one for one in (scene.mood, scene.doing) if one)
    where = " ".join(one for one in (scene.company, scene.place, scene.when) if one)
    sentence = ", ".join([" ".join(parts[:1]), *parts[1:], *([action] if action else [])])
    if action and len(parts) == 1:
        sentence = f"{parts[0]} {action}"
    sentence = f"{sentence} {where}".strip(" ,")
    more = [f"Also seen: {_listed(scene.rest)}"] if scene.rest else []
    more += [f"Style: {scene.medium}"] if scene.medium else []
    return fitted(" ".join(f"{_capital(one)}." for one in (sentence, *more) if one), most)


def tags(scene: Scene, persona: Persona, most: int) -> tuple[str, ...]:
    """Words by which a picture is found."""
    return tuple(hashtags.words_of([*_tag_parts(scene), *persona.topics]))[:most]


def topic_of(context: str) -> str:
    """The subject that a wish names: what stands after "about" or "on", or all of it."""
    plain = re.sub(r"\s+", " ", context).strip(" .!")
    found = re.search(r"\b(?:about|regarding|concerning|on the topic of|on)\s+(.+)$", plain, re.IGNORECASE)
    topic = (
        found[1]
        if found
        else re.sub(
            r"^(?:please\s+)?(?:write|create|generate|make)\s+(?:me\s+)?(?:an?|the|some)?\s*(?:short\s+)?"
            r"(?:\w+\s+)?(?:caption|post|story|tweet|message|text|reel)s?\s*(?:for|of|:)?\s*",
            "",
            plain,
            flags=re.IGNORECASE,
        )
    )
    return fitted(topic.strip(" .!:") or plain, 80)


# ---------------------------------------------------------------------- assembling


def _assembled(
    opener: str,
    asks: Sequence[str],
    tags: Sequence[str],
    tone: Tone,
    platform: Platform,
    most: int,
    chance: random.Random,
    persona: Persona,
    words: str,
) -> Post:
    """The opener and as much more as has room; nothing is ever cut in the middle."""
    measure = platform.measure
    usual = min(most, max(platform.usual, 120))

    def has_room(text: str, kept: Sequence[str], limit: int) -> bool:
        return measure(_whole(text, kept)) <= limit

    text, kept = opener, [*tags]
    while kept and not has_room(text, kept, most):
        kept.pop()
    wanted: list[str] = []
    if persona.interests and phrases.ASIDES[tone] and chance.random() < 0.5:
        interest = chance.choice(persona.interests).strip()
        if interest and interest.lower() not in words:
            wanted.append(_filled(chance.choice(phrases.ASIDES[tone]), {"interest": interest}))
    if asks and chance.random() < 0.35 + 0.6 * persona.extroversion:
        wanted.append(chance.choice(asks))
    for one in wanted:
        longer = f"{text} {one}"
        if has_room(longer, kept, usual):
            text = longer
    if platform.emoji and persona.extroversion >= _OUTGOING and chance.random() < 0.75:
        emoji = _emoji(words, tone)
        if emoji and has_room(f"{text} {emoji}", kept, most):
            text = f"{text} {emoji}"
    return Post(text, tuple(kept), _whole(text, kept))


def _whole(text: str, tags: Sequence[str]) -> str:
    return f"{text}\n\n{' '.join(tags)}" if tags and text else text or " ".join(tags)


def _emoji(words: str, tone: Tone) -> str:
    if not phrases.EMOJI_OF_TONE[tone]:
        return ""
    found = [emoji for word, emoji in lexicon.EMOJI.items() if re.search(rf"\b{word}s?\b", words)]
    return found[0] if found else phrases.EMOJI_OF_TONE[tone]


# ------------------------------------------------------------------------- openers


def _opener(
    scene: Scene, tone: Tone, places: Mapping[str, str], chance: random.Random, most: int, platform: Platform
) -> str:
    if not scene.is_person and (found := _scenery(scene)):
        return _first_that_fits(phrases.SCENES[tone], {"scene": found}, chance, most, platform)
    role = _role(scene)
    has_more = any(name in places for name in ("line", "outfit", "thing", "spot"))
    groups = [phrases.OPENERS[tone]] if has_more else []
    if role and (not has_more or chance.random() < 0.3):
        groups = [phrases.WHO[tone]]
    if not groups:
        groups = [phrases.WHO[tone]] if role else [phrases.BLANK[tone]]
    known = {**places, **({"who": role, "a_who": with_article(role)} if role else {})}
    return _first_that_fits(groups[0], known, chance, most, platform) or _first_that_fits(
        phrases.BLANK[tone], {}, chance, most, platform
    )


def _first_that_fits(
    templates: Sequence[str],
    known: Mapping[str, str],
    chance: random.Random,
    most: int,
    platform: Platform | None,
) -> str:
    """A sentence whose places can all be filled, and that has room; else the shortest, fitted."""
    usable = [one for one in templates if _names(one) <= {name.lower() for name in known}]
    chance.shuffle(usable)
    measure = platform.measure if platform else len
    written = [_filled(one, known) for one in usable]
    for text in written:
        if measure(text) <= most:
            return text
    return fitted(min(written, key=len), most, measure) if written else ""


def _names(template: str) -> set[str]:
    return {name.lower() for _, name, _, _ in Formatter().parse(template) if name}


def _filled(template: str, known: Mapping[str, str]) -> str:
    values = dict(known)
    values |= {name.capitalize(): _capital(value) for name, value in known.items()}
    text = template.format_map(values)
    # What a person wrote may end a sentence by itself.
    return re.sub(r"([.!?…])[.!](?=\s|$)", r"\1", text)


def _places(scene: Scene, chance: random.Random, *, own: bool) -> dict[str, str]:
    """What the openers' places are filled with, of what is known."""
    whose = "my" if own else "the"
    doing = _of(whose, scene.doing)
    wearing = _listed([_of(whose, one) for one in scene.wearing[:2]])
    found: dict[str, str] = {}
    leads = [
        one
        for one in (
            doing,
            f"in {wearing}" if wearing else "",
            f"with {scene.holding}" if scene.holding else "",
        )
        if one
    ]
    lead = doing if doing and chance.random() < 0.75 else chance.choice(leads) if leads else ""
    if lead != doing and scene.place.startswith("in ") and lead.startswith("in ") and chance.random() < 0.6:
        lead = ""
    company = scene.company if not lead.startswith("with") else ""
    plain = " ".join(one for one in (lead, company, scene.place) if one)
    whole = " ".join(one for one in (plain, scene.when) if one)
    if whole:
        found["line"] = whole
    if doing:
        found["doing_line"] = " ".join(one for one in (doing, company, scene.place, scene.when) if one)
    if plain and scene.when:
        found["line_plain"] = plain
    if scene.when:
        found["when"] = scene.when
    if scene.place and (spot := _spot(scene.place)):
        found["spot"] = spot
    if wearing:
        found["outfit"] = _listed([bare(one) for one in scene.wearing[:2]])
    if scene.holding:
        found["thing"] = scene.holding
    listed = [*scene.wearing[:2], *([scene.holding] if scene.holding else [])]
    listed += [_spot(scene.place)] if _spot(scene.place) else []
    listed += [bare(scene.when.partition(" ")[2])] if scene.when else []
    if len(listed) > 1 and len(" ".join(listed)) < 90:
        found["list"] = ", ".join(listed)
    return found


def _spot(place: str) -> str:
    first, _, rest = place.partition(" ")
    return rest if first in {"in", "on", "at", "inside"} else ""


def _role(scene: Scene) -> str:
    words = scene.who.lower().split()
    return "" if not words or words[-1] in _ANYBODY or len(scene.who) > 40 else scene.who


def _scenery(scene: Scene) -> str:
    parts = (
        with_article(scene.who) if scene.who else "",
        scene.doing,
        scene.company,
        scene.place,
        scene.when,
    )
    return " ".join(one for one in parts if one)


def _of(whose: str, words: str) -> str:
    """The words as the one who posts says them, who may not be the one in the picture."""
    return re.sub(r"\b(?:her|his|their|its)\b", whose, words)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _a(word: str) -> str:
    return _capital(with_article(word))


def _tag_parts(scene: Scene) -> list[str]:
    return [
        _role(scene),
        re.sub(r"^(?:in front of|on top of|next to|\w+)\s+", "", scene.place),
        *scene.wearing,
        scene.when.partition(" ")[2],
        scene.holding,
        " ".join(scene.doing.split()[:1]),
        scene.company.partition(" ")[2],
        *scene.rest,
        scene.medium,
    ]


def _hashtags(scene: Scene, persona: Persona, platform: Platform, chance: random.Random) -> tuple[str, ...]:
    """What the picture shows first, then what its character cares for."""
    shown = hashtags.words_of(_tag_parts(scene))
    own = hashtags.words_of([*persona.topics, *persona.interests])
    chance.shuffle(own)
    number = min(platform.hashtags, platform.most_hashtags)
    room = max(number - min(len(own), 2), (number + 1) // 2)
    return hashtags.written([*shown[:room], *own, *shown[room:]], platform)[:number]
