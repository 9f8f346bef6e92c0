"""The verbs over kept characters and their styles."""

from __future__ import annotations

import dataclasses
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from studio import visitors
from studio.characters import canon, words
from studio.disk import display_name, full_disk_is_said
from studio.errors import StudioError
from studio.given import given
from studio.jobs import Jobs
from studio.media import wants_photo
from studio.prompts import view_asked_for
from studio.records import characters as records
from studio.records import media
from studio.records.characters import POSE, REFERENCE, Character, CharacterStatus, Style
from studio.records.entities import Job, Output
from studio.records.files import StoredFile
from studio.request import AvatarRequest, random_seed, with_values

log = logging.getLogger(__name__)

FACE_URL, FACE_PATH, FACE_FILE = (
    "face_reference_image_url",
    "face_reference_image_path",
    "face_reference_file_id",
)
WORDS_ONLY = "No server at hand can follow the face reference; the character was described in words."
_STYLE_SETTINGS = {
    "checkpoint": "model",
    "sampler_name": "sampler",
    "scheduler": "scheduler",
    "steps": "steps",
    "cfg_scale": "cfg",
    "width": "width",
    "height": "height",
}
_PERSON = frozenset({"name", "status", "bio", "age", "location", "timezone", "interests", "picture_id"})


class Characters:
    """Everything that can be done with kept characters; holds no state beside the records."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.files = jobs.files

    # ------------------------------------------------------------------ finding

    def get(self, character_id: str) -> Character:
        """One character by its id."""
        found = records.find(self.database, character_id)
        if found is None:
            raise StudioError("character_not_found", id=display_name(character_id)[:100])
        return found

    def page(
        self, *, status: CharacterStatus | None = None, search: str = "", limit: int = 20, offset: int = 0
    ) -> tuple[list[Character], int]:
        """The newest matching characters of whoever is asking, and how many there are."""
        return records.page(self.database, status=status, search=search, limit=limit, offset=offset)

    def names(self, ids: Sequence[str]) -> dict[str, str]:
        """The names of characters, of deleted ones too."""
        return records.names_of(self.database, ids)

    def pictures(
        self, character_id: str, *, media: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[list[Output], int]:
        """Everything that was made of a character, the newest first, and how much there is."""
        self.get(character_id)
        return records.pictures(self.database, character_id, media=media, limit=limit, offset=offset)

    def portrait(self, character: Character) -> Output | None:
        """The picture that stands for a character: the chosen one, else the newest."""
        if character.picture_id and (found := media.find(self.database, character.picture_id)):
            return found
        newest, _ = records.pictures(self.database, character.id, media="image", limit=1)
        return newest[0] if newest else None

    # ----------------------------------------------------------------- changing

    @full_disk_is_said()
    def create(
        self,
        values: Mapping[str, Any],
        *,
        origin: Mapping[str, Any] | None = None,
        base_url: str = "",
        character_id: str | None = None,
    ) -> Character:
        """A new character, under an id of its own or a free one; a face that cannot be had leaves a note."""
        now = time.time()
        appearance = dict(values.get("appearance") or {})
        reference, notes = self._face(appearance, base_url)
        character = Character(
            id=str(uuid.uuid4()),
            name=values["name"],
            status=values.get("status") or "active",
            bio=values.get("bio") or "",
            age=values.get("age"),
            location=values.get("location") or "",
            timezone=values.get("timezone") or "",
            interests=tuple(values.get("interests") or ()),
            personality=_set(values.get("personality")),
            appearance=_set(appearance),
            look_seed=random_seed() if values.get("look_seed") is None else values["look_seed"],
            canon={},
            costumes=dict(values.get("costumes") or {}),
            notes=notes,
            origin=dict(origin or {}),
            picture_id=values.get("picture_id"),
            visitor=visitors.asking().name,
            created_at=now,
            updated_at=now,
            files={(REFERENCE, ""): reference.id} if reference else {},
        )
        with self.database.write() as connection:
            if character_id and not records.is_taken(connection, "characters", character_id):
                character = dataclasses.replace(character, id=character_id)
            records.insert(connection, character)
        return self.get(character.id)

    @full_disk_is_said()
    def update(self, character_id: str, values: Mapping[str, Any], *, base_url: str = "") -> Character:
        """Change what is given; members of appearance and personality one by one, None takes one away."""
        known = self.get(character_id)
        changed: dict[str, Any] = {
            name: _filled(name, value) for name, value in values.items() if name in _PERSON
        }
        for name in ("personality", "appearance", "costumes"):
            if name in values:
                changed[name] = _set({**getattr(known, name), **values[name]} if values[name] else {})
        if values.get("look_seed") is not None:
            changed["look_seed"] = values["look_seed"]
        given_face = values.get("appearance") or {}
        face_changes = any(name in given_face for name in (FACE_URL, FACE_PATH, FACE_FILE))
        reference: StoredFile | None = None
        if face_changes:
            reference, notes = self._face(changed["appearance"], base_url)
            changed["notes"] = notes
        with self.database.write() as connection:
            # What others have changed meanwhile stays.
            fresh = self.get(character_id)
            records.update(connection, dataclasses.replace(fresh, **changed, updated_at=time.time()))
            if face_changes and reference is not None:
                records.set_file(connection, character_id, REFERENCE, "", reference.id, time.time())
            elif face_changes or ("appearance" in values and not values["appearance"]):
                records.drop_file(connection, character_id, REFERENCE)
        return self.get(character_id)

    def delete(self, character_id: str) -> Character:
        """Hide a character from lists and look-ups; what was made of it is kept."""
        known = self.get(character_id)
        with self.database.write() as connection:
            records.update(connection, dataclasses.replace(known, deleted_at=time.time()))
        return known

    def restore(self, character_id: str) -> Character:
        """Take a deletion back."""
        found = records.find(self.database, character_id, deleted=True)
        if found is None:
            return self.get(character_id)
        with self.database.write() as connection:
            records.update(connection, dataclasses.replace(found, deleted_at=None))
        return self.get(character_id)

    def hold(self, character_id: str, role: str, name: str, file_id: str) -> Character:
        """Keep an upload for a character, for as long as it is kept itself."""
        self.get(character_id)
        stored = self.files.get(file_id)
        with self.database.write() as connection:
            records.set_file(connection, character_id, role, name, stored.id, time.time())
        return self.get(character_id)

    def _face(
        self, appearance: Mapping[str, Any], base_url: str
    ) -> tuple[StoredFile | None, tuple[str, ...]]:
        """The picture of the face that an appearance names, or why it cannot be had."""
        file_id, path, url = (appearance.get(name) for name in (FACE_FILE, FACE_PATH, FACE_URL))
        if file_id:
            return self.files.get(str(file_id), media="image"), ()
        if path:
            return given(self.files, path=str(path), base_url=base_url), ()
        if not url:
            return None, ()
        try:
            return given(self.files, url=str(url), base_url=base_url), ()
        except StudioError as error:
            # An address may be away for a while; whoever is described is there all the same.
            log.info("a face reference cannot be had: %s", error.message)
            return None, (f"The face reference could not be fetched: {error.message} {error.hint}".strip(),)

    def release(self, character_id: str, role: str, name: str) -> Character:
        """Let an upload go; it stays for as long as others hold it."""
        self._held(self.get(character_id), role, name)
        with self.database.write() as connection:
            records.drop_file(connection, character_id, role, name)
        return self.get(character_id)

    def _held(self, character: Character, role: str, name: str) -> str:
        file_id = character.files.get((role, name))
        if file_id is None:
            raise StudioError("pose_not_found", name=display_name(name)[:100])
        return file_id

    # ------------------------------------------------------------------- styles

    def styles(self, character_id: str, *, is_active: bool | None = None) -> list[Style]:
        """The styles of a character, in their order."""
        self.get(character_id)
        found = records.styles(self.database.connection, [character_id])[character_id]
        return [style for style in found if is_active is None or style.is_active == is_active]

    def styles_of(self, character_ids: Sequence[str]) -> dict[str, list[Style]]:
        """The styles of several characters at once."""
        return records.styles(self.database.connection, character_ids)

    def style(self, character_id: str, style_id: str) -> Style:
        """One style of a character."""
        self.get(character_id)
        found = records.find_style(self.database.connection, character_id, style_id)
        if found is None:
            raise StudioError("style_not_found", id=display_name(style_id)[:100])
        return found

    def add_style(
        self, character_id: str, values: Mapping[str, Any], *, style_id: str | None = None
    ) -> Style:
        """A new style; as the default it takes the place of the former one."""
        self.get(character_id)
        now = time.time()
        style = Style(
            id=str(uuid.uuid4()),
            character_id=character_id,
            **_style_texts(values),
            **_style_settings(values),
            style_keywords=tuple(values.get("style_keywords") or ()),
            display_order=values.get("display_order") or 0,
            is_active=values.get("is_active") is not False,
            is_default=bool(values.get("is_default")),
            created_at=now,
            updated_at=now,
        )
        with self.database.write() as connection:
            if style_id and not records.is_taken(connection, "character_styles", style_id):
                style = dataclasses.replace(style, id=style_id)
            records.insert_style(connection, style)
        return style

    def update_style(self, character_id: str, style_id: str, values: Mapping[str, Any]) -> Style:
        """Change what is given of a style; None takes a setting away."""
        with self.database.write() as connection:
            known = self.style(character_id, style_id)
            changed = {name: _filled_style(name, value) for name, value in values.items()}
            style = dataclasses.replace(known, **changed, updated_at=time.time())
            records.update_style(connection, style)
        return style

    def delete_style(self, character_id: str, style_id: str) -> Style:
        """Forget a style; pictures that were drawn in it stay."""
        known = self.style(character_id, style_id)
        with self.database.write() as connection:
            records.remove_style(connection, known.id)
        return known

    def default_style(self, character_id: str) -> Style | None:
        """The style that is used where none is named."""
        return next((one for one in self.styles(character_id, is_active=True) if one.is_default), None)

    # ------------------------------------------------------------------ drawing

    def request(
        self, character_id: str, values: Mapping[str, Any], style_id: str | None = None
    ) -> AvatarRequest:
        """What draws this character; `values` are members of an `AvatarRequest`, its prompt is the scene.

        The style's settings override those of the request; without a style the default one is taken.
        `costume` and `pose` name some of the character's own.
        """
        character = self.complete(self.get(character_id))
        style = self.style(character_id, style_id) if style_id else self.default_style(character_id)
        asked = {name: value for name, value in values.items() if value is not None}
        prompt = str(asked.pop("prompt", ""))
        if pose := asked.pop("pose", None):
            asked["pose_file_id"] = self._held(character, POSE, str(pose))
        costume, clothing = str(asked.pop("costume", "")), str(asked.pop("clothing", ""))
        clothing = clothing or self._clothes(character, costume, prompt)
        if style is not None:
            chosen = {name: getattr(style, name) for name in _STYLE_SETTINGS}
            asked |= {_STYLE_SETTINGS[name]: value for name, value in chosen.items() if value is not None}
        said = words.join(style.prompt_prefix, prompt, style.prompt_suffix) if style else prompt
        request = AvatarRequest(
            **{
                "kind": "media",
                "views": (view_asked_for(said) or "front",),
                "framing": words.framing_of(said),
                "realism": wants_photo(said),
                "seed": character.look_seed,
                **asked,
                "prompt": words.prompt_of(character, prompt, style, clothing, self._mood(character, said)),
                **self.identity(character.id),
                "negative_prompt": words.negative_of(character, str(asked.get("negative_prompt", "")), style),
                "style_id": style.id if style else None,
            }
        )
        return self._with_reference(request, character)

    def _clothes(self, character: Character, costume: str, prompt: str) -> str:
        """A costume by its name, or what is usually worn where a scene says nothing of clothes."""
        if costume and costume not in character.costumes:
            raise StudioError(
                "costume_unknown", name=costume, known=", ".join(character.costumes) or "none are kept"
            )
        usual = words.clothes_of(character, costume)
        if costume or not usual:
            return usual
        try:
            told = canon.account(self.jobs, prompt)
        except StudioError as error:
            log.info("nobody can tell whether %r speaks of clothes: %s", prompt[:100], error.message)
            return usual
        return "" if told.has_clothes else usual

    def _mood(self, character: Character, said: str) -> str:
        """How the character usually looks, where a scene says nothing of that."""
        usual = words.mood_of(character)
        if not usual or not said.strip():
            return usual
        try:
            return "" if canon.mood_said(self.jobs, said) else usual
        except StudioError as error:
            log.info("nobody can tell whether %r speaks of a mood: %s", said[:100], error.message)
            return usual

    def complete(self, character: Character, *, wait: bool = True) -> Character:
        """The character with words for what its description leaves open, which are then kept."""
        found = canon.completed(self.jobs, character, wait=wait)
        if found.canon != character.canon:
            with self.database.write() as connection:
                records.set_canon(connection, character.id, found.canon)
        return found

    def remember_open(self, character: Character, traits: Mapping[str, str]) -> None:
        """Keep words that another studio has found for what the description leaves open."""
        with self.database.write() as connection:
            records.set_canon(connection, character.id, {**traits, "of": words.canon_key(character)})

    def identity(self, character_id: str) -> dict[str, Any]:
        """The members of a request that keep a character the same, whatever the words; none if it is gone."""
        character = records.find(self.database, character_id)
        if character is None:
            return {}
        return {
            "character_id": character.id,
            "identity": words.identity_words(character),
            "identity_seed": character.look_seed,
        }

    def _with_reference(self, request: AvatarRequest, character: Character) -> AvatarRequest:
        """The request with the picture of the face, where a server can follow one."""
        file_id = character.reference_file_id
        if file_id is None or request.reference_file_id is not None:
            return request
        with_face = with_values(request, reference_file_id=file_id)
        try:
            self.jobs.preflight(with_face)
        except StudioError as error:
            if error.code not in {"workflow_impossible", "file_not_found"}:
                raise
            log.info("the face of %s cannot be followed: %s", character.id, error.message)
            return request
        return with_face

    def notes_on(self, job: Job) -> tuple[str, ...]:
        """What a job of a character could not do."""
        if job.character_id is None or job.request.get("reference_file_id"):
            return ()
        character = records.find(self.database, job.character_id)
        return (WORDS_ONLY,) if character is not None and character.reference_file_id else ()

    def words(self, character: Character) -> str:
        """A short account of somebody, for those who write in their name."""
        return words.description(self.complete(character, wait=False))


_STYLE_TEXTS = ("name", "description", "prompt_prefix", "prompt_suffix", "negative_prompt")
_EMPTY: dict[str, Any] = {"status": "active", "interests": (), "age": None, "picture_id": None}


def _style_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) or "" for name in _STYLE_TEXTS}


def _style_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in _STYLE_SETTINGS}


def _set(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _filled(name: str, value: Any) -> Any:
    """A member as the records have it; None stands for what is empty."""
    if value is None:
        return _EMPTY.get(name, "")
    return tuple(value) if name == "interests" else value


def _filled_style(name: str, value: Any) -> Any:
    if value is not None:
        return tuple(value) if name == "style_keywords" else value
    if name in _STYLE_SETTINGS:
        return None
    return {"style_keywords": (), "display_order": 0, "is_active": True, "is_default": False}.get(name, "")
