"""Characters from what there is: from a sentence, from a picture, and from a result of the studio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.characters import canon, words
from studio.characters.verbs import FACE_FILE, Characters
from studio.disk import display_name
from studio.errors import StudioError
from studio.records import gallery
from studio.records.characters import Character
from studio.records.entities import Job, Output

_NAMED = re.compile(r"\b(?:named|called|name is)\s+((?:[A-ZÀ-Þ][\w'’-]*\s?){1,3})")
_BEGINS = re.compile(r"^\s*((?:[A-ZÀ-Þ][\w'’-]+\s?){1,3}),\s+(?:a|an|the|who|is)\b")
_RECIPE = {
    "model": "checkpoint",
    "sampler": "sampler_name",
    "scheduler": "scheduler",
    "steps": "steps",
    "cfg": "cfg_scale",
}
NAMELESS = "Unnamed"
KEPT = "as kept"


@dataclass(frozen=True)
class Fields:
    """What a character would be created from, and the words that no trait is known for."""

    values: Mapping[str, Any]
    not_understood: tuple[str, ...] = ()


def from_words(characters: Characters, text: str, name: str = "") -> Fields:
    """The fields that a sentence fills."""
    told = canon.account(characters.jobs, text)
    named = _NAMED.search(text) or _BEGINS.search(text)
    own_name = name or (named[1].strip() if named else "")
    appearance: dict[str, Any] = {trait: told.traits[trait] for trait in told.traits if trait in told.said}
    if told.years is not None:
        appearance.pop("age", None)
    if told.clothes:
        appearance["clothing"] = ", ".join(told.clothes)
    if mood := canon.mood_said(characters.jobs, text):
        appearance[words.MOOD] = mood
    rest = tuple(one for one in told.not_drawn if not (own_name and own_name in one))
    if rest:
        appearance["description"] = ", ".join(rest)
    values = {"name": own_name or NAMELESS, "age": told.years, "bio": text, "appearance": appearance}
    return Fields({key: value for key, value in values.items() if value is not None}, rest)


def from_picture(characters: Characters, file_id: str, name: str, text: str = "") -> tuple[Character, Fields]:
    """A character by a picture: its colours are read, and it is kept as the reference of the face."""
    stored = characters.files.get(file_id, media="image")
    fields = from_words(characters, text, name) if text else Fields({"name": name, "appearance": {}})
    colours = canon.account(characters.jobs, text, file_id=stored.id).colours
    appearance = {
        **{key: value for key, value in colours.items() if key in {"hair_color", "skin_tone"}},
        **fields.values["appearance"],
        FACE_FILE: stored.id,
    }
    if (clothes := colours.get("clothes")) and "clothing" not in appearance:
        appearance["colors"] = list(clothes)
    values = {**fields.values, "name": name, "appearance": appearance}
    made = characters.create(values, origin={"kind": "picture", "file_id": stored.id})
    return made, Fields(values, fields.not_understood)


def from_result(characters: Characters, output_id: str, name: str) -> tuple[Character, Fields]:
    """Keep the character of a picture: its words, its seed and how it was made."""
    output = gallery.output(characters.database, output_id)
    if output is None:
        raise StudioError("output_not_found", name=display_name(output_id)[:100])
    job = characters.jobs.get(output.job_id)
    if job.kind == "talk":
        raise StudioError("result_without_character")
    seed = next((task.seed for task in job.tasks if task.id == output.task_id), job.seed)
    request = job.request
    who, look_seed = request.get("identity") or request["prompt"], request.get("identity_seed")
    look_seed = seed if look_seed is None else look_seed
    told = canon.account(characters.jobs, who, seed=look_seed)
    own = job.engine == "embedded"
    fields = from_words(characters, who, name)
    appearance = dict(fields.values["appearance"])
    if own:
        appearance |= _what_the_seed_does_not_give(characters, appearance, told, look_seed)
    clothes = request.get("clothing") or appearance.get("clothing") or ""
    if clothes:
        appearance["clothing"] = clothes
    values: dict[str, Any] = {
        "name": name,
        "age": told.years,
        "bio": "",
        "appearance": appearance,
        "look_seed": look_seed,
        "picture_id": output.id,
        "costumes": {KEPT: clothes} if clothes else {},
    }
    if not own:
        values["appearance"][FACE_FILE] = _as_upload(characters, job, output)
    origin = {
        "kind": "result",
        "output_id": output.id,
        "job_id": job.id,
        "prompt": request["prompt"],
        "seed": seed,
    }
    made = characters.create(values, origin=origin)
    _keep_manner(characters, made, request, own=own)
    return characters.get(made.id), Fields(values, fields.not_understood)


def _what_the_seed_does_not_give(
    characters: Characters, appearance: Mapping[str, Any], told: canon.Account, seed: int
) -> dict[str, str]:
    """Traits of a drawing that its seed alone would not bring back without the words of its scene."""
    text = words.join(*words.phrases(told.years, appearance)) or "person"
    alone = canon.account(characters.jobs, text, seed=seed).traits
    lacking = {name: trait for name, trait in told.traits.items() if alone.get(name) != trait}
    if told.years is not None:
        lacking.pop("age", None)
    return lacking


def _as_upload(characters: Characters, job: Job, output: Output) -> str:
    path = characters.files.output_path(job.id, output.name)
    if output.media != "image" or not path.is_file():
        raise StudioError("result_without_character")
    return characters.files.store_bytes(path.read_bytes(), output.name).id


def _keep_manner(
    characters: Characters, character: Character, request: Mapping[str, Any], *, own: bool
) -> None:
    """The way in which a picture was made, as the character's default style."""
    settings = {} if own else {style: request.get(name) for name, style in _RECIPE.items()}
    manner = {
        "prompt_suffix": request.get("style") or "",
        "negative_prompt": request.get("negative_prompt") or "",
        **{name: value for name, value in settings.items() if value is not None},
    }
    if any(manner.values()):
        values = {
            "name": KEPT.capitalize(),
            "description": "How the kept picture was made",
            "is_default": True,
        }
        characters.add_style(character.id, {**values, **manner})
