"""What the client's verbs over characters do in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from studio.assembly import Studio
from studio.bundles import Which
from studio.characters import making, sets
from studio.client import state
from studio.client.here import DOOR, sentences
from studio.client.state import CharacterPage, CharacterState, FileData
from studio.disk import Incoming
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.characters import STATUSES, Character, CharacterStatus
from studio.request import random_seed
from studio.telling import tell_character, tell_style

_REQUEST = {"cfg_scale": "cfg", "sampler_name": "sampler", "checkpoint": "model", "batch_size": "variants"}


def create(studio: Studio, values: Mapping[str, Any]) -> CharacterState:
    """A new character from its fields."""
    return _told(studio, studio.characters.create(values))


def from_words(studio: Studio, words: str, name: str | None) -> CharacterState:
    """A new character from a sentence."""
    found = making.from_words(studio.characters, words, name or "")
    origin = {"kind": "words", "words": words}
    return _told(studio, studio.characters.create(found.values, origin=origin))


def from_picture(studio: Studio, file_id: str, name: str, words: str) -> CharacterState:
    """A new character from an uploaded picture."""
    return _told(studio, making.from_picture(studio.characters, file_id, name, words)[0])


def from_result(studio: Studio, output_id: str, name: str) -> CharacterState:
    """The character of a finished picture, kept."""
    return _told(studio, making.from_result(studio.characters, output_id, name)[0])


def page(studio: Studio, search: str, status: str | None, limit: int, offset: int) -> CharacterPage:
    """Some of the characters, newest first."""
    wanted: CharacterStatus | None = next((one for one in STATUSES if one == status), None)
    if status and wanted is None:
        raise StudioError("invalid_field", why=f"status: it is one of {', '.join(STATUSES)}.")
    found, total = studio.characters.page(status=wanted, search=search, limit=limit, offset=offset)
    styles = studio.characters.styles_of([one.id for one in found])
    listed = [state.read_character(tell_character(one, styles[one.id])) for one in found]
    return CharacterPage(total, tuple(listed))


def get(studio: Studio, character_id: str) -> CharacterState:
    """One character."""
    return _told(studio, studio.characters.get(character_id))


def change(studio: Studio, character_id: str, values: Mapping[str, Any]) -> CharacterState:
    """Change what is given."""
    return _told(studio, studio.characters.update(character_id, values))


def delete(studio: Studio, character_id: str) -> None:
    """Hide it."""
    studio.characters.delete(character_id)


def add_style(studio: Studio, character_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A new style."""
    return tell_style(studio.characters.add_style(character_id, values))


def draw(studio: Studio, character_id: str, values: Mapping[str, Any], key: str | None) -> str:
    """A picture of it; the job's id."""
    asked = {_REQUEST.get(name, name): value for name, value in values.items()}
    if asked.get("seed") == -1:
        asked["seed"] = random_seed()
    style_id = asked.pop("style_id", None)
    with sentences():
        request = studio.characters.request(character_id, asked, style_id)
    known = IdempotencyKey(DOOR, key) if key else None
    return studio.jobs.submit(request, door=DOOR, key=known).id


def make_set(studio: Studio, character_id: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Pictures that are made together; the job of each by its name."""
    asked = dict(values)
    named = asked.pop("kind", "")
    kind: sets.Kind | None = next((one for one in get_args(sets.Kind) if one == named), None)
    if kind is None:
        raise StudioError("invalid_field", why=f"kind: it is one of {', '.join(get_args(sets.Kind))}.")
    items = asked.pop("items", None)
    wishes = None if items is None else [sets.Wish(one["name"], one.get("words", "")) for one in items]
    with sentences():
        made = sets.make(studio.characters, character_id, kind, wishes, door=DOOR, **asked)
    return {item["name"]: item["job_id"] for item in made.items if item["job_id"]}


def export(studio: Studio, character_id: str, contents: str) -> FileData:
    """Everything of it as one ZIP."""
    which: Which | None = next((one for one in get_args(Which) if one == contents), None)
    if which is None:
        raise StudioError("invalid_field", why=f"contents: it is one of {', '.join(get_args(Which))}.")
    name = studio.characters.get(character_id).name
    return FileData(f"{name}.zip", b"".join(studio.bundles.write(character_id, which)), "")


def load(studio: Studio, data: bytes, name: str) -> tuple[CharacterState, Sequence[str]]:
    """The character of a bundle, and what of it could not be taken over."""
    with Incoming(studio.settings.temp_path) as incoming:
        incoming.write(data)
        incoming.settle()
        found = studio.bundles.read(incoming.path, name)
    return _told(studio, found.character), found.skipped


def _told(studio: Studio, character: Character) -> CharacterState:
    character = studio.characters.complete(character)
    styles = studio.characters.styles(character.id)
    return state.read_character(tell_character(character, styles))
