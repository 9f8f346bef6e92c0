"""Reading a bundle: nothing is believed before it is checked, and nothing is unpacked by its own name."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ValidationError

from studio.bundles.forms import (
    CHARACTER,
    LICENCES,
    MANIFEST,
    MOST_FILES,
    MOST_JSON,
    MOST_RATIO,
    MOST_UNPACKED,
    File,
    KeptCharacter,
    KeptContent,
    Manifest,
)
from studio.characters import Characters
from studio.characters.verbs import FACE_FILE, FACE_PATH, FACE_URL
from studio.contents import Contents
from studio.disk import Incoming
from studio.errors import StudioError
from studio.records.characters import REFERENCE, Character
from studio.voices import Voices

log = logging.getLogger(__name__)

BLOCK = 1024 * 1024
SMALL = 64 * 1024
MOST_LISTED = 4 * 2**20
_END, _END_BYTES, _LARGE = b"PK\x05\x06", 22, b"PK\x06\x07"
_TAIL = 65_535 + _END_BYTES + 20  # a comment may stand behind the end
Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True)
class Read:
    """What came out of a bundle."""

    character: Character
    is_new_id: bool  # the one of the bundle was taken already
    files: int
    skipped: tuple[str, ...]  # what could not be taken over, with the reason


def read(characters: Characters, contents: Contents, voices: Voices, path: Path, name: str = "") -> Read:
    """Check the whole bundle, then make its character with all that belongs to it."""
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as bundle:
            manifest, who = _checked(bundle)
            return _Reading(characters, contents, voices, bundle).make(manifest, who, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, zlib.error, EOFError) as error:
        raise StudioError("bundle_unreadable", why=f"it is not a ZIP that can be read ({error})") from error


# ------------------------------------------------------------------------ checking


def _check_directory(path: Path) -> None:
    """Refuse a ZIP whose list of files would fill the memory before anybody could look at it."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_BYTES:
        raise StudioError("bundle_unreadable", why="it is not a ZIP, or not a whole one")
    listed_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")
    # The large form of ZIP can say anything; no bundle that is taken needs it.
    if listed_bytes > MOST_LISTED or tail[max(0, end - 20) : end].startswith(_LARGE):
        raise StudioError("bundle_too_large", why=f"it has more than {MOST_FILES} files")


def _checked(bundle: zipfile.ZipFile) -> tuple[Manifest, KeptCharacter]:
    """The bundle's two documents, once every file in it is what they say."""
    entries = bundle.infolist()
    if len(entries) > MOST_FILES + 10:
        raise StudioError("bundle_too_large", why=f"it has more than {MOST_FILES} files")
    if len({entry.filename for entry in entries}) < len(entries):
        raise StudioError("bundle_unreadable", why="two files in it have the same name")
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise StudioError("bundle_too_large", why=f"unpacked it has more than {MOST_UNPACKED >> 30} GB")
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise StudioError("bundle_unreadable", why=f"{entry.filename[:100]} is encrypted")
        if entry.file_size > MOST_RATIO * (entry.compress_size + SMALL):
            raise StudioError(
                "bundle_too_large", why=f"{entry.filename[:100]} unpacks to far more than it is"
            )
    manifest, _ = _document(bundle, MANIFEST, Manifest)
    who, sha256 = _document(bundle, CHARACTER, KeptCharacter)
    if sha256 != manifest.character:
        raise StudioError("bundle_damaged", name=CHARACTER)
    known = {file.path for file in manifest.files} | {MANIFEST, CHARACTER, LICENCES}
    if strangers := sorted(entry.filename for entry in entries if entry.filename not in known):
        raise StudioError("bundle_unreadable", why=f"its manifest does not name {strangers[0][:100]!r}")
    for file in manifest.files:
        found = hashlib.sha256()
        for block in _blocks(bundle, file):
            found.update(block)
        if found.hexdigest() != file.sha256:
            raise StudioError("bundle_damaged", name=file.path)
    return manifest, who


def _document(bundle: zipfile.ZipFile, name: str, form: type[Form]) -> tuple[Form, str]:
    """One of the JSON documents, and its checksum."""
    try:
        with bundle.open(name) as entry:
            data = entry.read(MOST_JSON + 1)
    except KeyError as error:
        raise StudioError("bundle_unreadable", why=f"{name} is not in it") from error
    if len(data) > MOST_JSON:
        raise StudioError("bundle_too_large", why=f"{name} is larger than {MOST_JSON >> 20} MB")
    try:
        return form.model_validate(json.loads(data)), hashlib.sha256(data).hexdigest()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:200]
        raise StudioError("bundle_unreadable", why=f"in {name}, {where}: {first['msg'][:200]}") from error
    except (ValueError, RecursionError) as error:
        raise StudioError("bundle_unreadable", why=f"{name} is not JSON") from error


def _blocks(bundle: zipfile.ZipFile, file: File) -> Iterator[bytes]:
    """The bytes of a file; more or fewer than were announced are damage, found while they come."""
    try:
        entry: IO[bytes] = bundle.open(file.path)
    except KeyError as error:
        raise StudioError("bundle_damaged", name=file.path) from error
    read_bytes = 0
    with entry:
        while block := entry.read(BLOCK):
            read_bytes += len(block)
            if read_bytes > file.size:
                raise StudioError("bundle_damaged", name=file.path)
            yield block
    if read_bytes != file.size:
        raise StudioError("bundle_damaged", name=file.path)


# -------------------------------------------------------------------------- making


class _Reading:
    """One bundle that has been checked, on its way into the studio."""

    def __init__(
        self, characters: Characters, contents: Contents, voices: Voices, bundle: zipfile.ZipFile
    ) -> None:
        self.characters = characters
        self.contents = contents
        self.voices = voices
        self.bundle = bundle
        self.files = characters.files
        self.skipped: list[str] = []
        self.taken = 0

    def make(self, manifest: Manifest, who: KeptCharacter, name: str) -> Read:
        """Make the character, and give it what is its own."""
        values = who.model_dump()
        places = {FACE_URL, FACE_PATH, FACE_FILE}
        values["appearance"] = {key: one for key, one in who.appearance.items() if key not in places}
        values["name"] = name or who.name
        made = self.characters.create(
            values, origin={"kind": "bundle", "id": who.id}, character_id=_uuid(who.id)
        )
        try:
            if who.open_traits:
                self.characters.remember_open(made, who.open_traits)
            for style in who.styles:
                self.characters.add_style(made.id, style.model_dump(), style_id=_uuid(style.id))
            for file in manifest.files:
                self._take(made.id, file)
        except BaseException:
            self.characters.delete(made.id)  # half of somebody is nobody
            raise
        return Read(self.characters.get(made.id), made.id != who.id, self.taken, tuple(self.skipped))

    def _take(self, character_id: str, file: File) -> None:
        """Take one file over; one that this studio does not accept is told."""
        try:
            if file.role == "content" and file.content is not None:
                self._take_content(character_id, file, file.content)
            elif file.role == "voice" and file.voice is not None:
                stored = self._stored(file, "audio")
                self.voices.clone(stored, file.voice.name, character_id, file.voice.language)
            else:
                stored = self._stored(file, "image")
                self.characters.hold(
                    character_id, file.role, "" if file.role == REFERENCE else file.name, stored.id
                )
            self.taken += 1
        except StudioError as error:
            if error.code == "disk_full":
                raise
            log.info("%s of a bundle is not taken over: %s", file.path, error.message)
            self.skipped.append(f"{file.path}: {error.message}")

    def _stored(self, file: File, media: Any) -> Any:
        incoming = Incoming(self.files.settings.temp_path)
        with incoming:
            incoming.write_all(_blocks(self.bundle, file))
            return self.files.store(incoming, file.name or Path(file.path).name, media=media)

    def _take_content(self, character_id: str, file: File, known: KeptContent) -> None:
        wanted = _uuid(known.id)
        if wanted is not None and self.contents.find([wanted], deleted=True):
            wanted = None
        with Incoming(self.files.settings.temp_path) as incoming:
            incoming.write_all(_blocks(self.bundle, file))
            incoming.settle()
            kept = self.contents.add(
                incoming.path,
                media=known.content_type,
                character_id=character_id,
                category=known.content_category,
                platform=known.platform,
                prompt=known.prompt,
                negative_prompt=known.negative_prompt,
                settings=_settings(known),
                description=known.description,
                tags=known.tags,
                folder=known.folder_path,
                nsfw=known.is_nsfw,
                content_id=wanted,
                filename=Path(file.path).name,
            )
        if known.approval_status == "approved":
            self.contents.approve([kept.id])
        elif known.approval_status == "rejected":
            self.contents.reject([kept.id], known.rejection_reason)


def _settings(known: KeptContent) -> Mapping[str, Any]:
    return {**known.generation_settings, **({"seed": known.seed} if known.seed is not None else {})}


def _uuid(text: str) -> str | None:
    """An id of ours in its plain form; whatever else stands there is no id."""
    try:
        return text if str(uuid.UUID(text)) == text else None
    except ValueError:
        return None
