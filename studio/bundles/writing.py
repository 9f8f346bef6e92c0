"""Writing a bundle: what is in it is settled first, then it is sent in blocks, whatever its size."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import VERSION as STUDIO_VERSION
from studio import zips
from studio.bundles.forms import CHARACTER, FORMAT, LICENCES, MANIFEST, MOST_FILES, VERSION, Which
from studio.characters import Characters
from studio.characters.verbs import FACE_FILE, FACE_PATH, FACE_URL
from studio.contents import Contents
from studio.errors import StudioError
from studio.records.characters import POSE, REFERENCE, Character, Style
from studio.records.contents import Content, Filter
from studio.voices import Voices

log = logging.getLogger(__name__)

PART = 100
_FOLDERS = {REFERENCE: "references", POSE: "poses"}
_CONTENT = (
    *("id", "content_type", "prompt", "negative_prompt", "generation_settings", "description", "tags"),
    *("approval_status", "rejection_reason", "content_category", "platform", "folder_path", "is_nsfw"),
)


@dataclass(frozen=True)
class Plan:
    """What goes into a bundle."""

    texts: tuple[tuple[str, bytes], ...]
    files: tuple[tuple[str, Path], ...]
    at: float


def plan(characters: Characters, contents: Contents, voices: Voices, character_id: str, which: Which) -> Plan:
    """Find everything that belongs to a character."""
    character = characters.complete(characters.get(character_id), wait=False)
    styles = characters.styles(character_id)
    files: list[tuple[dict[str, Any], Path]] = [
        *_uploads(characters, character),
        *_voices(voices, character_id),
    ]
    listed, recipes = _contents(contents, character_id, which, MOST_FILES - len(files))
    files += listed
    who = _json(_told(character, styles))
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "studio": STUDIO_VERSION,
        "exported_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "character": hashlib.sha256(who).hexdigest(),
        "files": [told for told, _ in files],
    }
    licences = "\n".join(_licences(characters, styles, recipes)) + "\n"
    texts = ((MANIFEST, _json(manifest)), (CHARACTER, who), (LICENCES, licences.encode()))
    return Plan(texts, tuple((told["path"], path) for told, path in files), time.time())


def stream(plan: Plan) -> Iterator[bytes]:
    """The ZIP in pieces."""
    outlet = zips.Outlet()
    with zips.opened(outlet) as target:
        for name, data in plan.texts:
            target.writestr(name, data, compress_type=zipfile.ZIP_DEFLATED)
            yield outlet.take()
        for name, path in plan.files:
            for _ in zips.add_file(target, path, name, plan.at):
                yield outlet.take()
    yield outlet.take()


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=True).encode()


def _told(character: Character, styles: Iterable[Style]) -> dict[str, Any]:
    own = ("id", "name", "status", "bio", "age", "location", "timezone", "look_seed", "created_at")
    # Addresses and places mean nothing elsewhere; the picture itself is in the bundle.
    looks = {
        name: value
        for name, value in character.appearance.items()
        if name not in {FACE_URL, FACE_PATH, FACE_FILE}
    }
    return {
        **{name: getattr(character, name) for name in own},
        "interests": list(character.interests),
        "personality": dict(character.personality),
        "appearance": looks,
        "costumes": dict(character.costumes),
        "open_traits": {name: words for name, words in character.canon.items() if name != "of"},
        "origin": dict(character.origin),
        "styles": [dataclasses.asdict(style) for style in styles],
    }


def _uploads(characters: Characters, character: Character) -> Iterator[tuple[dict[str, Any], Path]]:
    for (role, name), file_id in character.files.items():
        try:
            stored, path = characters.files.needed(file_id), characters.files.path_of(file_id)
        except StudioError as error:
            log.info("an upload of %s is gone: %s", character.id, error.message)
            continue
        place = f"{_FOLDERS[role]}/{file_id}{stored.suffix}"
        yield {"path": place, "role": role, "name": name, "size": stored.size, "sha256": stored.sha256}, path


def _voices(voices: Voices, character_id: str) -> Iterator[tuple[dict[str, Any], Path]]:
    for voice in voices.list(character_id):
        path = voices.path(voice)
        if not path.is_file():
            log.info("the recording of voice %s is gone", voice.id)
            continue
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        known = {"id": voice.id, "name": voice.name, "language": voice.language, "heard": dict(voice.heard)}
        place = f"voices/{voice.id}{path.suffix}"
        told = {
            "path": place,
            "role": "voice",
            "name": voice.name,
            "size": path.stat().st_size,
            "sha256": sha256,
        }
        yield told | {"voice": known}, path


def _contents(
    contents: Contents, character_id: str, which: Which, most: int
) -> tuple[list[tuple[dict[str, Any], Path]], list[Mapping[str, Any]]]:
    """Files that were made of the character, with their recipes."""
    found: list[tuple[dict[str, Any], Path]] = []
    recipes: list[Mapping[str, Any]] = []
    wanted = Filter(character_id=character_id, statuses=("approved",) if which == "approved" else ())
    offset = 0
    while which != "none":
        part, _ = contents.page(wanted, PART, offset)
        if not part:
            break
        offset += len(part)
        for content in part:
            if len(found) >= most:
                raise StudioError("bundle_too_large", why=f"it would have more than {MOST_FILES} files")
            try:
                path = contents.path(content)
            except StudioError as error:
                log.info("content %s is left out: %s", content.id, error.message)
                continue
            recipe = _recipe(contents, content)
            recipes.append(recipe)
            known = {name: getattr(content, name) for name in _CONTENT} | {"seed": recipe.get("seed")}
            known["tags"] = list(content.tags)
            known["generation_settings"] = {**content.generation_settings, "recipe": dict(recipe)}
            told = {
                "path": f"contents/{content.id}{path.suffix}",
                "role": "content",
                "name": content.name,
                "size": content.file_size,
                "sha256": content.sha256,
                "content": known,
            }
            found.append((told, path))
    return found, recipes


def _recipe(contents: Contents, content: Content) -> dict[str, Any]:
    """The request of the job that made it, or what came along when it was taken in."""
    if content.job_id is not None:
        try:
            job = contents.jobs.get(content.job_id)
        except StudioError:
            log.debug("the job of content %s was deleted", content.id)
        else:
            return {**job.request, "seed": job.seed, "workflow": job.workflow, "engine_used": job.engine}
    kept = content.generation_settings.get("recipe")
    return dict(kept) if isinstance(kept, dict) else {}


def _licences(
    characters: Characters, styles: Iterable[Style], recipes: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """What is known of the licences of what the pictures were made with."""
    models = {style.checkpoint for style in styles} | {recipe.get("model") for recipe in recipes}
    named = sorted(
        {name.replace("\\", "/").rpartition("/")[2] for name in models if isinstance(name, str) and name}
    )
    known = {
        file.name: file
        for workflow in characters.jobs.library.values()
        for choice in workflow.manifest.models.values()
        for file in choice.files
    }
    yield "What the pictures of this character were made with, as far as it is known."
    yield "Pictures are whose they are by the licence of their model and the law where you are."
    yield ""
    for name in named:
        if name == "avatarforge-figure":
            yield f"{name}: drawn by AvatarForge Studio's own engine, without model weights"
        elif (file := known.get(name)) is not None:
            yield f"{name}: {file.licence or 'licence unknown'} ({file.address})"
        else:
            yield f"{name}: licence unknown; ask where you had it from"
