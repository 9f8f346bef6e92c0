"""Pictures of a character that are made together: its costumes, its expressions, its sides, or scenes."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from studio.characters.verbs import Characters
from studio.disk import display_name
from studio.errors import StudioError
from studio.records import characters as records
from studio.records.characters import Character, CharacterSet
from studio.records.entities import Job
from studio.request import VIEW_DESCRIPTIONS, VIEWS

log = logging.getLogger(__name__)

Kind = Literal["costumes", "expressions", "views", "scenes"]
MOST = 24
EXPRESSIONS = ("neutral", "happy", "laughing", "sad", "angry", "surprised", "scared", "shy")
COSTUMES: Mapping[str, str] = {
    "everyday": "white t-shirt, blue jeans, sneakers",
    "business": "dark blue suit, white shirt",
    "evening": "elegant black evening wear",
    "sport": "grey hoodie, black leggings, running shoes",
    "winter": "long red coat, grey scarf, boots",
    "summer": "light summer clothes, straw hat, sandals",
}


@dataclass(frozen=True)
class Wish:
    """One picture of a set that is asked for."""

    name: str
    words: str = ""


@dataclass(frozen=True)
class Member:
    """One picture of a set with its job, if it still has one."""

    name: str
    words: str
    job: Job | None
    error: str


def make(
    characters: Characters,
    character_id: str,
    kind: Kind,
    wishes: Sequence[Wish] | None = None,
    *,
    door: str,
    style_id: str | None = None,
    keep: bool = False,
    **values: Any,
) -> CharacterSet:
    """Ask for all pictures of a set; what cannot be begun any more is told in the set itself."""
    character = characters.get(character_id)
    wanted = list(wishes) if wishes else usual(character, kind)
    if kind == "costumes":
        wanted = [_dressed(character, wish) for wish in wanted]
        if keep and wishes:
            characters.update(character_id, {"costumes": {wish.name: wish.words for wish in wanted}})
    made = str(uuid.uuid4())
    items: list[dict[str, Any]] = []
    for wish in wanted:
        item: dict[str, Any] = {"name": wish.name, "words": wish.words, "job_id": None}
        try:
            request = characters.request(character_id, {**_values(kind, wish), **values}, style_id)
            metadata = {"character_set": made, "kind": kind, "name": wish.name}
            item["job_id"] = characters.jobs.submit(request, door=door, metadata=metadata).id
        except StudioError as error:
            if not items:
                raise
            item["error"] = f"{error.message} {error.hint}".strip()
            log.info("a picture of set %s could not be begun: %s", made, error.message)
        items.append(item)
    found = CharacterSet(made, character_id, kind, tuple(items), time.time())
    with characters.database.write() as connection:
        records.insert_set(connection, found)
    return found


def usual(character: Character, kind: Kind) -> list[Wish]:
    """What a set has where nobody says otherwise."""
    if kind == "costumes":
        return [Wish(name, words) for name, words in (character.costumes or COSTUMES).items()][:MOST]
    if kind == "expressions":
        return [Wish(name) for name in EXPRESSIONS]
    if kind == "views":
        return [Wish(view) for view in VIEWS]
    raise StudioError("set_empty")


def _dressed(character: Character, wish: Wish) -> Wish:
    return Wish(
        wish.name, wish.words or character.costumes.get(wish.name) or COSTUMES.get(wish.name) or wish.name
    )


def _values(kind: Kind, wish: Wish) -> dict[str, Any]:
    """The members of a request that one picture of a set stands for."""
    if kind == "costumes":
        return {"prompt": "standing, full body, plain background", "clothing": wish.words}
    if kind == "expressions":
        words = wish.words or f"{wish.name} expression"
        return {"prompt": f"{words}, portrait, head and shoulders, plain background", "framing": "portrait"}
    if kind == "views":
        if wish.name not in VIEW_DESCRIPTIONS:
            raise StudioError("set_view_unknown", name=wish.name, known=", ".join(VIEWS))
        words = wish.words or "standing, full body, plain background"
        return {"prompt": words, "views": (wish.name,), "kind": "avatar"}
    return {"prompt": wish.words or wish.name}


def get(characters: Characters, character_id: str, set_id: str) -> CharacterSet:
    """One set by its id."""
    characters.get(character_id)
    found, _ = records.sets(characters.database.connection, character_id, set_id)
    if not found:
        raise StudioError("set_not_found", id=display_name(set_id)[:100])
    return found[0]


def page(
    characters: Characters, character_id: str, *, limit: int = 50, offset: int = 0
) -> tuple[list[CharacterSet], int]:
    """The sets of a character, the newest first, and how many there are."""
    characters.get(character_id)
    return records.sets(characters.database.connection, character_id, limit=limit, offset=offset)


def members(characters: Characters, made: CharacterSet) -> list[Member]:
    """The pictures of a set with their jobs; a job that was deleted meanwhile is gone from it."""
    found: list[Member] = []
    for item in made.items:
        job, error = None, str(item.get("error", ""))
        if job_id := item.get("job_id"):
            try:
                job = characters.jobs.get(job_id)
            except StudioError:
                error = "Its job was deleted."
        found.append(Member(item["name"], item["words"], job, error))
    return found
