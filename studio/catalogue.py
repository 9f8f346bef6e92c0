"""All model files in one list: those that workflows name, those of servers, those in the models folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from studio.comfy.packs import FOLDERS, LOADER_FOLDERS
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.models import Install, Models

log = logging.getLogger(__name__)

Type = Literal["checkpoint", "lora", "embedding", "controlnet", "other"]

_TYPES: dict[str, Type] = {
    "checkpoints": "checkpoint",
    "loras": "lora",
    "embeddings": "embedding",
    "controlnet": "controlnet",
}
_FOLDERS = tuple(dict.fromkeys((*_TYPES, *FOLDERS.values(), *LOADER_FOLDERS.values())))
_SUFFIXES = frozenset({".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx", ".sft"})
NO_WORKFLOW, BY_NAME_ONLY, CHOSEN = 3, 2, 1
MOST_FILES = 5_000  # looked at in the models folder


@dataclass(frozen=True)
class Model:
    """One model file, wherever it is known from."""

    folder: str
    name: str  # below the folder, with slashes
    what: str = ""
    tier: int = NO_WORKFLOW  # 1: workflows that are chosen by themselves use it; 2: others do; 3: none
    workflows: tuple[str, ...] = ()
    url: str | None = None
    size_bytes: int | None = None
    licence: str = ""
    path: Path | None = None  # in the models folder that we can write to
    servers: tuple[str, ...] = field(default=())
    install: Install | None = None

    @property
    def id(self) -> str:
        """A name for addresses."""
        return f"{self.folder}:{self.name}".replace("/", ":")

    @property
    def type(self) -> Type:
        """What kind of model it is, by its folder."""
        return _TYPES.get(self.folder, "other")

    @property
    def is_installed(self) -> bool:
        """Whether it can be used somewhere."""
        return self.path is not None or bool(self.servers)


class Catalogue:
    """The verbs over that list."""

    def __init__(self, models: Models, jobs: Jobs) -> None:
        self._models = models
        self._jobs = jobs

    def list(self) -> list[Model]:
        """All of them, by folder and name."""
        found: dict[tuple[str, str], Model] = {}
        for known in self._models.known():
            found[known.folder, known.file.name] = Model(
                known.folder,
                known.file.name,
                known.what,
                self._tier(known.workflows),
                known.workflows,
                known.file.address,
                known.file.size_bytes,
                known.file.licence,
                servers=known.servers,
            )
        for folder, name, server in self._on_servers():
            one = found.get((folder, name)) or Model(folder, name)
            if server not in one.servers:
                found[folder, name] = replace(one, servers=(*one.servers, server))
        for folder, name, path, size in self._on_disk():
            one = found.get((folder, name)) or Model(folder, name)
            found[folder, name] = replace(one, path=path, size_bytes=size)
        for install in reversed(self._models.list(1000)):
            one = found.get((install.folder, install.name)) or Model(install.folder, install.name)
            found[install.folder, install.name] = replace(
                one, install=install, url=one.url or install.address
            )
        return [found[place] for place in sorted(found)]

    def get(self, model_id: str) -> Model:
        """One by its id, or by its file name."""
        every = self.list()
        for one in every:
            if model_id in (one.id, f"{one.folder}/{one.name}"):
                return one
        named = [one for one in every if one.name.rpartition("/")[2] == model_id]
        if not named:
            raise StudioError("model_unknown", name=model_id[:200])
        return max(named, key=lambda one: (one.is_installed, bool(one.url)))

    def install(self, model_id: str) -> Install:
        """Fetch one of them."""
        one = self.get(model_id)
        self._refuse_there(one)
        if one.url is None:
            raise StudioError("model_unknown", name=one.name)
        if one.workflows:
            return self._models.install(f"{one.folder}/{one.name}")
        return self._models.install_from(one.url, one.folder, one.name)

    def install_from(self, url: str, folder: str, name: str, sha256: str | None) -> Install:
        """Fetch a file of the Hub that is in no list."""
        found = next((one for one in self.list() if (one.folder, one.name) == (folder, name)), None)
        if found is not None:
            self._refuse_there(found)
        return self._models.install_from(url, folder, name, sha256)

    def _refuse_there(self, one: Model) -> None:
        if one.path is not None:
            raise StudioError("model_installed", name=f"{one.folder}/{one.name}")
        if one.install is not None and not one.install.is_final:
            raise StudioError("model_on_its_way", name=one.name, id=one.install.id, model_id=one.id)

    def _tier(self, workflows: tuple[str, ...]) -> int:
        library = self._jobs.library
        is_chosen = any(name in library and not library[name].manifest.pinned_only for name in workflows)
        return CHOSEN if is_chosen else BY_NAME_ONLY if workflows else NO_WORKFLOW

    def _on_servers(self) -> Iterator[tuple[str, str, str]]:
        for server in self._jobs.pool.servers:
            if server.kind != "comfy" or server.info is None or not server.answers:
                continue
            for folder in _FOLDERS:
                for name in server.info.models(folder):
                    yield folder, name.replace("\\", "/"), server.url

    def _on_disk(self) -> Iterator[tuple[str, str, Path, int]]:
        root = self._jobs.settings.models_path
        if root is None or not root.is_dir():
            return
        count = 0
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            for path in sorted(folder.rglob("*")):
                if path.suffix.lower() not in _SUFFIXES:
                    continue
                count += 1
                if count > MOST_FILES:
                    return
                try:
                    size = path.stat().st_size
                except OSError as error:  # a link that leads nowhere, or it has just gone
                    log.debug("%s cannot be looked at: %s", path, error)
                    continue
                yield folder.name, path.relative_to(folder).as_posix(), path, size


def folder_of(kind: Type) -> str | None:
    """The folder for models of a type; none for what may be anything."""
    return next((folder for folder, one in _TYPES.items() if one == kind), None)
