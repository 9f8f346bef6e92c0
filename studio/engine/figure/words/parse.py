"""The door of this package: prompt words in, a whole character and an honest account of what was left out."""

from __future__ import annotations

from typing import NamedTuple

from studio.engine.figure.keys import STYLES
from studio.engine.figure.spec import Spec
from studio.engine.figure.words import art, refuse
from studio.engine.figure.words.fill import fill
from studio.engine.figure.words.read import read
from studio.engine.figure.words.reference import ReferenceColours
from studio.engine.figure.words.said import Said, Thing
from studio.engine.figure.words.text import MAX_CHARS, clean, parameters, phrase_key
from studio.engine.figure.words.who import Wanted

MAX_LISTED = 40
MAX_LISTED_CHARS = 80
DEFAULT_STYLE = "anime"


class Parsed(NamedTuple):
    """The character, the words that were not drawn (as the user wrote them), and remarks."""

    spec: Spec
    not_drawn: tuple[str, ...]
    notes: tuple[str, ...]


def parse(
    words: str,
    negative: str = "",
    seed: int = 0,
    reference: ReferenceColours | None = None,
    *,
    style: str | None = None,
    realism: bool = False,
) -> Parsed:
    """Reads the prompt and fills in the rest by the seed; raises WordsRefused for sexual content.

    `style` are the words of a separate style field; `realism` asks for the shaded 3D look in any case.
    """
    refuse.check(f"{words}, {style}" if style else words)
    told, unwanted, settings = parameters(words)
    said = read(told)
    _take_away(said, read(f"{negative}, {unwanted}" if unwanted else negative))
    notes: list[str] = []
    if settings:
        notes.append(f"settings of other programs mean nothing here: {' '.join(settings)}")
    key = _style(said, style, realism, notes)
    years = refuse.minor_years(clean(words))
    spec, outdone, remarks = fill(said, Wanted(seed, key, years), reference or ReferenceColours())
    notes.extend(remarks)
    if len(words) > MAX_CHARS:
        notes.append(f"only the first {MAX_CHARS} characters of the words were read")
    return Parsed(spec, _listed(said.unknown + outdone), tuple(dict.fromkeys(notes)))


def _take_away(said: Said, negative: Said) -> None:
    """What the negative prompt names is removed; praise and blame of quality in it means nothing here."""
    for thing in negative.things:
        if thing.role in {"garment", "item", "feature", "beard"} and not thing.colours:
            _strike(said, thing)
        said.removed.append(thing)
    kept = {"expression", "mark", "person", "archetype", "hair_style", "hair_length", "bangs", "scene"}
    for role, facts in negative.facts.items():
        if role in kept:
            said.removed_facts.extend((role, value) for value, _ in facts)
    if negative.values("weapon"):
        said.removed.append(Thing("slot", "items", ""))
    if negative.of("outfit"):
        said.removed[:] = [thing for thing in said.removed if thing.role != "outfit" or thing.colours]
    for role, facts in negative.facts.items():
        if role in {"expression", "mark", "pose", "scene", "hair_style"} and role in said.facts:
            unwanted = [value for value, _ in facts]
            said.facts[role] = [entry for entry in said.facts[role] if entry[0] not in unwanted]


def _strike(said: Said, unwanted: Thing) -> None:
    for thing in list(said.things):
        same = thing.role == unwanted.role and thing.key == unwanted.key
        if same and (unwanted.variant is None or unwanted.variant == thing.variant):
            said.things.remove(thing)
            if thing.role == "feature":
                said.unknown.append(thing.text)


def _style(said: Said, field: str | None, realism: bool, notes: list[str]) -> str:
    """The art style: realism, else the style field, else the prompt, else cel shade."""
    facts = list(said.facts.get("style", []))
    if field and field.strip():
        facts.extend(_field_style(said, field, notes))
    chosen = facts[-1][0] if facts else (DEFAULT_STYLE, "")
    weak = {"anime", "concept_grey"}
    strong = [value for value, _ in facts if value[0] not in weak]
    if strong and chosen[0] in weak:
        chosen = strong[-1]
    key, phrase = chosen
    said.unknown.extend(text for value, text in facts if value[0] not in weak and value[0] != key)
    if realism:
        notes.append("realism: drawn as shaded 3D, not as a photograph")
        return "shaded_3d"
    if phrase in art.STYLE_NOTES:
        notes.append(f"{phrase}: {art.STYLE_NOTES[phrase]}")
    return key


def _field_style(said: Said, field: str, notes: list[str]) -> list[tuple[tuple[str, str], str]]:
    if field.strip() in STYLES:
        return [((field.strip(), field.strip()), field.strip())]
    other = read(field)
    found = other.facts.get("style", [])
    if not found:
        notes.append(f"style “{' '.join(field.split())[:60]}” is not known; drawn as anime cel shade")
        said.unknown.append(" ".join(field.split()))
    else:
        said.unknown.extend(other.unknown)
    return found


def _listed(phrases: list[str]) -> tuple[str, ...]:
    """Each phrase once, in order, shortened; a flood of them ends in a count."""
    seen: dict[tuple[str, ...] | str, str] = {}
    for phrase in phrases:
        if phrase.strip():
            seen.setdefault(phrase_key(phrase) or phrase, phrase)
    listed = [
        text if len(text) <= MAX_LISTED_CHARS else text[: MAX_LISTED_CHARS - 1] + "…"
        for text in seen.values()
    ]
    if len(listed) > MAX_LISTED:
        return (*listed[:MAX_LISTED], f"and {len(listed) - MAX_LISTED} more")
    return tuple(listed)
