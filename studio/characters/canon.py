"""What the embedded engine makes of a description: traits in words, also those that it leaves open."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.characters import words
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records.characters import Character

log = logging.getLogger(__name__)

WAIT_S = 5.0  # for an engine that is just coming up
ASK_S = 10.0
UNSAID = "evil grin"  # a mood that hardly anybody names
GLANCE_S = 3.0  # for whoever would rather have an answer without it


@dataclass(frozen=True)
class Account:
    """What words make of a character."""

    traits: Mapping[str, str]
    said: frozenset[str]  # those of the traits that the words decide; a seed decides the others
    has_clothes: bool
    clothes: tuple[str, ...]
    years: int | None
    not_drawn: tuple[str, ...]
    colours: Mapping[str, Any]  # of the picture that was shown with them
    mood: str = ""  # in which the face is drawn


def account(
    jobs: Jobs, text: str, *, seed: int = 0, file_id: str | None = None, wait: bool = True
) -> Account:
    """Ask the embedded engine what it makes of words, and of a picture where they leave colours open."""
    server = next((one for one in jobs.pool.servers if one.kind == "embedded"), None)
    if server is None:
        raise StudioError("engine_unavailable", why="it is switched off")
    if not server.answers and not (wait and jobs.pool.wait_ready(WAIT_S, "embedded")):
        raise server.unavailable()
    image = ""
    if file_id is not None:
        stored = jobs.files.get(file_id, media="image")
        path = jobs.files.path_of(stored.id)
        image = server.client.upload(path, content_hash=stored.sha256, suffix=stored.suffix)
    told = server.client.account(text, seed=seed % 2**63, image=image, timeout_s=ASK_S if wait else GLANCE_S)
    return Account(
        traits=told.get("traits") or {},
        said=frozenset(told.get("said") or ()),
        has_clothes=bool(told.get("has_clothes")),
        clothes=tuple(told.get("clothes") or ()),
        years=told.get("years"),
        not_drawn=tuple(told.get("not_drawn") or ()),
        colours=told.get("colours") or {},
        mood=_mood_of(told.get("spec")),
    )


def mood_said(jobs: Jobs, text: str) -> str:
    """The mood that words name for a face; empty where they leave it open."""
    # Of two moods the later one is drawn: where the first one stays, the words have none of their own.
    found = account(jobs, f"{UNSAID}, {text}").mood
    return "" if found == UNSAID else found


def _mood_of(spec: Any) -> str:
    face = spec.get("face") if isinstance(spec, dict) else None
    return str(face.get("expression") or "").replace("_", " ") if isinstance(face, dict) else ""


def completed(jobs: Jobs, character: Character, *, wait: bool = True) -> Character:
    """The character with words for all that its description leaves open, as far as they can be found."""
    if words.is_found(character):
        return character
    try:
        canon = _canon(jobs, character, wait=wait)
    except StudioError as error:
        log.info("nobody can tell now what %s looks like: %s", character.id, error.message)
        return character
    return dataclasses.replace(character, canon=canon)


def _canon(jobs: Jobs, character: Character, *, wait: bool) -> dict[str, str]:
    text, seed = words.identity_words(character), character.look_seed
    told = account(jobs, text, seed=seed, wait=wait)
    traits = dict(told.traits)
    if (file_id := character.reference_file_id) is not None:
        try:
            traits = dict(account(jobs, text, seed=seed, file_id=file_id, wait=wait).traits)
        except StudioError as error:  # the picture may be gone
            log.info("the reference of %s cannot be looked at: %s", character.id, error.message)
    given = words.said_of(character)
    open_traits = {
        name: value for name, value in traits.items() if name not in told.said and name not in given
    }
    if character.age is not None:
        open_traits.pop("age", None)
    return {**open_traits, "of": words.canon_key(character)}
