"""Model files: those that the library knows, and bringing them to where ComfyUI looks for them."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from studio import face_models, hub
from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.records import Database, installs
from studio.records.installs import Install
from studio.settings import Settings
from studio.workflows import ModelFile, Workflow

__all__ = ["Install", "KnownModel", "Models"]

log = logging.getLogger(__name__)

TOLD_EVERY_S = 0.25
RETRY_AFTER_S = (1.0, 3.0, 10.0, 30.0, 60.0)  # the Hub's own library has tried again before each of these


# What the studio itself looks at faces with; no ComfyUI has to be there for them.
FACE_FILES = (
    (
        ModelFile(
            name=face_models.YUNET,
            address=f"https://huggingface.co/opencv/face_detection_yunet/resolve/main/{face_models.YUNET}",
            size_bytes=232_589,
            licence="MIT",
        ),
        "YuNet, which finds faces",
    ),
    (
        ModelFile(
            name=face_models.SFACE,
            address=f"https://huggingface.co/opencv/face_recognition_sface/resolve/main/{face_models.SFACE}",
            size_bytes=38_696_353,
            licence="Apache-2.0",
        ),
        "SFace, which tells whose face it is",
    ),
)


@dataclass(frozen=True)
class KnownModel:
    """A model file that a workflow of the library can use."""

    file: ModelFile
    folder: str  # below the models folder
    what: str
    workflows: tuple[str, ...]
    installed: bool  # in the folder that COMFYUI_MODELS_PATH names
    servers: tuple[str, ...]  # that list it

    @property
    def place(self) -> str:
        """Folder and name."""
        return f"{self.folder}/{self.file.name}"


class Models:
    """The verbs over model files; one is fetched at a time, in a thread of its own."""

    def __init__(
        self,
        database: Database,
        pool: Pool,
        library: Callable[[], Mapping[str, Workflow]],
        settings: Settings,
        retry_after_s: Sequence[float] = RETRY_AFTER_S,
    ) -> None:
        self.database = database
        self.pool = pool
        self._library = library
        self.settings = settings
        self._retry_after_s = retry_after_s
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on with what an earlier run left, and take what comes."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="models", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Leave what is on its way for the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    # --------------------------------------------------------------- reading

    def known(self) -> list[KnownModel]:
        """Every file that the library names, with where it is already."""
        users: dict[tuple[str, str], list[str]] = {}
        files: dict[tuple[str, str], tuple[ModelFile, str]] = {}
        for workflow in list(self._library().values()):
            for choice in workflow.manifest.models.values():
                for file in choice.files:
                    place = (_below_models(choice.folder), file.name)
                    files.setdefault(place, (file, choice.what))
                    if workflow.name not in users.setdefault(place, []):
                        users[place].append(workflow.name)
        of_faces = [
            KnownModel(
                file, face_models.FOLDER, what, (), self._is_installed(face_models.FOLDER, file.name), ()
            )
            for file, what in FACE_FILES
        ]
        return of_faces + [
            KnownModel(
                file,
                folder,
                what,
                tuple(users[folder, name]),
                self._is_installed(folder, name),
                tuple(self._listed_on(folder, name)),
            )
            for (folder, name), (file, what) in sorted(files.items())
        ]

    def _is_installed(self, folder: str, name: str) -> bool:
        if folder == face_models.FOLDER:
            return face_models.find(self.settings, name) is not None
        root = self.settings.models_path
        return root is not None and (root / folder / name).is_file()

    def _listed_on(self, folder: str, name: str) -> list[str]:
        wanted = PurePosixPath(name).name.lower()
        return [
            server.url
            for server in self.pool.servers
            if server.kind == "comfy"
            and server.info is not None
            and any(_file_name(listed) == wanted for listed in server.info.models(folder))
        ]

    def list(self, limit: int = 100) -> list[Install]:
        """What was asked for, the newest first."""
        return installs.newest(self.database, limit)

    def get(self, install_id: str) -> Install:
        """One of them as it is recorded now."""
        found = installs.get(self.database, install_id)
        if found is None:
            raise StudioError("install_not_found", id=install_id)
        return found

    # -------------------------------------------------------------- changing

    def install(self, name: str) -> Install:
        """Fetch a file that the library names."""
        for model in self.known():
            if name in (model.file.name, f"{model.folder}/{model.file.name}"):
                return self._add(model.file.address, model.folder, model.file.name, model.file.size_bytes)
        raise StudioError("model_unknown", name=name)

    def install_from(
        self, address: str, folder: str, name: str = "", wanted_sha256: str | None = None
    ) -> Install:
        """Fetch any safetensors file of the Hub into a folder below the models folder.

        With the hash that is wanted, nothing else arrives.
        """
        file = hub.parse_address(address, self.settings.hf_endpoint)
        return self._add(address, _below_models(folder), name or file.name, None, wanted_sha256)

    def of_file(self, folder: str, name: str) -> Install | None:
        """What became of the newest wish for a file."""
        return installs.of_file(self.database, _below_models(folder), name)

    def is_installed(self, folder: str, name: str) -> bool:
        """Whether a file is in the models folder that we can write to."""
        return self._is_installed(_below_models(folder), name)

    def _add(
        self, address: str, folder: str, name: str, size_bytes: int | None, wanted_sha256: str | None = None
    ) -> Install:
        suffix = hub.ONNX if _is_of_faces(folder, name) else hub.SUFFIX
        if self.settings.models_path is None and suffix != hub.ONNX:
            raise StudioError("models_path_unset")
        file = hub.parse_address(address, self.settings.hf_endpoint)
        if not (name.lower().endswith(suffix) and file.path.lower().endswith(suffix)):
            raise StudioError("model_format", name=name)
        self._target(folder, name)
        wish = Install(
            *(str(uuid.uuid4()), address, folder, name, "queued", 0, size_bytes, None, None),
            *(time.time(), None, wanted_sha256),
        )
        added = installs.add(self.database, wish)
        self._wake.set()
        return added

    def cancel(self, install_id: str) -> Install:
        """Want it no more; what has come so far is removed."""
        wish = self.get(install_id)
        if not installs.cancel(self.database, install_id, time.time()):
            raise StudioError("job_finished", status=self.get(install_id).status)
        if wish.status == "queued":
            hub.forget(self._target(wish.folder, wish.name))
        return self.get(install_id)

    def retry(self, install_id: str) -> Install:
        """Fetch a file again that failed; it goes on where it broke off."""
        wish = self.get(install_id)
        if not wish.is_final:
            raise StudioError("job_running", status=wish.status)
        return self._add(wish.address, wish.folder, wish.name, wish.size_bytes, wish.wanted_sha256)

    # --------------------------------------------------------------- working

    def _run(self) -> None:
        owner = str(uuid.uuid4())
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                wish = installs.claim(self.database, owner, time.time())
                if wish is not None:
                    self._fetch(wish, owner)
                    continue
            except sqlite3.OperationalError as error:
                log.error("the records of model files cannot be written: %s", error)
            self._wake.wait(installs.OWNER_GONE_S / 3)

    def _fetch(self, wish: Install, owner: str) -> None:
        target = self._target(wish.folder, wish.name)
        ours = _Ours(self.database, wish.id, owner, self._stopping)
        try:
            sha256 = self._fetch_patiently(wish, target, ours)
        except hub.StoppedError:
            if self._stopping.is_set() and ours.is_ours:
                installs.give_back(self.database, wish.id, owner)
            elif self.get(wish.id).status == "cancelled":
                hub.forget(target)
        except StudioError as error:
            log.warning("cannot fetch %s: %s", wish.name, error)
            installs.end(self.database, wish.id, owner, "failed", time.time(), error=error.to_json())
        except Exception:  # the thread must outlive what nobody foresaw
            log.exception("fetching %s failed", wish.name)
            problem = StudioError("internal_error", request_id=wish.id).to_json()
            installs.end(self.database, wish.id, owner, "failed", time.time(), error=problem)
        else:
            installs.end(self.database, wish.id, owner, "completed", time.time(), sha256=sha256)
            for server in self.pool.servers:
                if server.kind == "comfy":
                    server.reread()

    def _fetch_patiently(self, wish: Install, target: Path, ours: _Ours) -> str:
        file = hub.parse_address(wish.address, self.settings.hf_endpoint)
        for pause_s in (*self._retry_after_s, None):
            try:
                return hub.fetch(
                    file,
                    target,
                    hub=self.settings.hf_endpoint,
                    token=self.settings.hf_token.get_secret_value(),
                    told=ours.told,
                    stopped=ours.stopped,
                    wanted=wish.wanted_sha256,
                )
            except StudioError as error:
                if not error.problem.retry_mends or pause_s is None:
                    raise
                log.warning("%s; going on with %s in %g s", error, wish.name, pause_s)
                end = time.monotonic() + pause_s
                while time.monotonic() < end:
                    if ours.stopped():
                        raise hub.StoppedError from error
                    self._stopping.wait(TOLD_EVERY_S)
        raise AssertionError("the last attempt returns or raises")

    def _target(self, folder: str, name: str) -> Path:
        if _is_of_faces(folder, name):
            return face_models.target(self.settings, name)
        root = self.settings.models_path
        if root is None:
            raise StudioError("models_path_unset")
        if not root.is_dir():
            raise StudioError("models_path_missing", path=root)
        below = PurePosixPath(folder, name)
        if (
            not folder
            or below.is_absolute()
            or ".." in below.parts
            or "\\" in str(below)
            or ":" in str(below)
        ):
            raise StudioError("model_folder", folder=folder, name=name)
        return root / below


class _Ours:
    """Whether a download is still this thread's business, asked of the records a few times a second."""

    def __init__(self, database: Database, install_id: str, owner: str, stopping: threading.Event) -> None:
        self._write: Callable[[int, int | None], bool] = lambda done, size: installs.progress(
            database, install_id, owner, done, size, time.time()
        )
        self._stopping = stopping
        self._done: int = 0
        self._size: int | None = None
        self._written_at = 0.0
        self.is_ours = True

    def told(self, done: int, size: int | None) -> None:
        """Take note of how much there is."""
        self._done, self._size = done, size
        if done == size:
            self._written_at = 0.0  # the last word before the file gets its name must be a fresh one
        self.stopped()

    def stopped(self) -> bool:
        """Whether to stop: the studio ends, or somebody has cancelled it or taken it over."""
        now = time.monotonic()
        if now - self._written_at >= TOLD_EVERY_S:
            self._written_at = now
            self.is_ours = self._write(self._done, self._size)
        return self._stopping.is_set() or not self.is_ours


def _is_of_faces(folder: str, name: str) -> bool:
    """Whether it is one of the files that the studio itself reads, which go to a folder of its own."""
    return folder == face_models.FOLDER and name in {file.name for file, _ in FACE_FILES}


def _below_models(folder: str) -> str:
    return folder.strip().strip("/").removeprefix("models/")


def _file_name(listed: str) -> str:
    return listed.replace("\\", "/").rpartition("/")[2].lower()
