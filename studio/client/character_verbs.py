"""The client's verbs over kept characters, each as a REST call and as what the rooms here do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from studio.client import state
from studio.client.state import CharacterPage, CharacterState, FileData
from studio.client.verbs import Ask, Verb

if TYPE_CHECKING:
    import httpx

CHARACTERS = "/api/characters"


def _rooms():
    """What the verbs do in this process; imported late, since it loads all of the studio."""
    from studio.client import characters_here

    return characters_here


def create(values: Mapping[str, Any]) -> Verb[CharacterState]:
    """A new character from its fields."""
    ask = Ask("POST", CHARACTERS, body=dict(values))
    return Verb(ask, _character, lambda studio: _rooms().create(studio, values))


def from_words(words: str, name: str | None) -> Verb[CharacterState]:
    """A new character from a sentence."""
    return Verb(
        Ask("POST", f"{CHARACTERS}/from-words", body={"words": words, "name": name}),
        lambda answer: state.read_character(_data(answer)["character"]),
        lambda studio: _rooms().from_words(studio, words, name),
    )


def from_picture(file_id: str, name: str, words: str) -> Verb[CharacterState]:
    """A new character from an uploaded picture."""
    return Verb(
        Ask("POST", f"{CHARACTERS}/from-picture", body={"file_id": file_id, "name": name, "words": words}),
        lambda answer: state.read_character(_data(answer)["character"]),
        lambda studio: _rooms().from_picture(studio, file_id, name, words),
    )


def from_result(output_id: str, name: str) -> Verb[CharacterState]:
    """The character of a finished picture, kept."""
    return Verb(
        Ask("POST", f"{CHARACTERS}/from-result", body={"output_id": output_id, "name": name}),
        lambda answer: state.read_character(_data(answer)["character"]),
        lambda studio: _rooms().from_result(studio, output_id, name),
    )


def page(search: str, status: str | None, limit: int, offset: int) -> Verb[CharacterPage]:
    """Some of the characters, newest first."""

    def read(answer: httpx.Response) -> CharacterPage:
        data = _data(answer)
        return CharacterPage(data["total"], tuple(map(state.read_character, data["characters"])))

    query = {"search": search, "limit": limit, "offset": offset, **({"status": status} if status else {})}
    return Verb(
        Ask("GET", CHARACTERS, query=query),
        read,
        lambda studio: _rooms().page(studio, search, status, limit, offset),
    )


def get(character_id: str) -> Verb[CharacterState]:
    """One character."""
    ask = Ask("GET", _path(character_id))
    return Verb(ask, _character, lambda studio: _rooms().get(studio, character_id))


def change(character_id: str, values: Mapping[str, Any]) -> Verb[CharacterState]:
    """Change what is given."""
    ask = Ask("PUT", _path(character_id), body=dict(values))
    return Verb(ask, _character, lambda studio: _rooms().change(studio, character_id, values))


def delete(character_id: str) -> Verb[None]:
    """Hide it."""
    ask = Ask("DELETE", _path(character_id))
    return Verb(ask, lambda _: None, lambda studio: _rooms().delete(studio, character_id))


def add_style(character_id: str, values: Mapping[str, Any]) -> Verb[dict[str, Any]]:
    """A new style."""
    ask = Ask("POST", _path(character_id, "styles"), body=dict(values))
    return Verb(ask, _data, lambda studio: _rooms().add_style(studio, character_id, values))


def draw(character_id: str, values: Mapping[str, Any], key: str | None) -> Verb[str]:
    """A picture of it; the job's id."""
    headers = {"Idempotency-Key": key} if key else {}
    return Verb(
        Ask("POST", _path(character_id, "generate", "image"), body=dict(values), headers=headers),
        lambda answer: _data(answer)["job_id"],
        lambda studio: _rooms().draw(studio, character_id, values, key),
    )


def make_set(character_id: str, values: Mapping[str, Any]) -> Verb[dict[str, str]]:
    """Pictures that are made together; the job of each by its name."""

    def read(answer: httpx.Response) -> dict[str, str]:
        return {item["name"]: item["job_id"] for item in _data(answer)["items"] if item["job_id"]}

    ask = Ask("POST", _path(character_id, "sets"), body=dict(values))
    return Verb(ask, read, lambda studio: _rooms().make_set(studio, character_id, values))


def export(character_id: str, contents: str) -> Verb[FileData]:
    """Everything of it as one ZIP."""

    def read(answer: httpx.Response) -> FileData:
        shown = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        return FileData(shown or "character.zip", answer.content, "")

    return Verb(
        Ask("GET", _path(character_id, "bundle"), query={"contents": contents}),
        read,
        lambda studio: _rooms().export(studio, character_id, contents),
    )


def load(data: bytes, name: str) -> Verb[tuple[CharacterState, Sequence[str]]]:
    """The character of a bundle, and what of it could not be taken over."""

    def read(answer: httpx.Response) -> tuple[CharacterState, Sequence[str]]:
        found = _data(answer)
        return state.read_character(found["character"]), tuple(found["skipped"])

    return Verb(
        Ask("POST", f"{CHARACTERS}/import", query={"name": name}, file=("character.zip", data)),
        read,
        lambda studio: _rooms().load(studio, data, name),
    )


def _data(answer: httpx.Response) -> Any:
    return answer.json()["data"]


def _character(answer: httpx.Response) -> CharacterState:
    return state.read_character(_data(answer))


def _path(character_id: str, *more: str) -> str:
    return "/".join((CHARACTERS, quote(character_id, safe=""), *more))
