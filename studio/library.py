"""The workflow library as its users see it: what there is, what can run where, and workflows of one's own."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.comfy.pool import Pool
from studio.disk import Incoming, is_bare_name
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import waiting
from studio.request import (
    EDITED,
    MOVING,
    TALKING,
    AnyRequest,
    AvatarRequest,
    EditRequest,
    TalkRequest,
    VideoRequest,
)
from studio.workflows import Candidate, Graph, Manifest, Trial, Workflow

LONGEST_NAME = 60
MOST_BYTES = 8 * 2**20
MOST_NODES = 2_000
MOST_OWN = 500
REFUSALS_SHOWN = 3
ONCE = "once_"  # begins the names of graphs that were sent to be run as they are
MOST_ONCE = 200


@dataclass(frozen=True)
class Entry:
    """A workflow with what would become of it on each server."""

    workflow: Workflow
    is_own: bool
    trials: tuple[Trial, ...]  # one for each server that it is meant for
    notes: tuple[str, ...] = ()


class Library:
    """The verbs over workflows; a change is there for the next request."""

    def __init__(self, jobs: Jobs, pool: Pool, folder: Path, once_folder: Path | None = None) -> None:
        self.jobs = jobs
        self.pool = pool
        self.folder = folder
        self.once_folder = once_folder or folder / "once"
        self._changing = threading.Lock()

    def list(self) -> list[Entry]:
        """Every workflow."""
        maps = self._maps()
        listed = [one for one in self.jobs.library.values() if one.manifest.listed]
        return [self._entry(workflow, maps) for workflow in listed]

    def get(self, name: str) -> Entry:
        """One workflow."""
        if name not in self.jobs.library:
            raise StudioError("workflow_not_found", name=name)
        return self._entry(self.jobs.library[name], self._maps())

    def take_in(self, content: bytes | Mapping[str, Any], name: str, *, replace: bool = False) -> Entry:
        """Keep an exported workflow as one's own; what cannot be used is refused with the reasons."""
        name = plain_name(name)
        try:
            graph = self._graph(_document(content) if isinstance(content, bytes) else content)
            workflows.check_graph(graph)
            if len(graph) > MOST_NODES:
                raise ValueError(f"it has more than {MOST_NODES} nodes")
            written = {"engine": "any"} if self._is_for_the_engine(graph) else {}
            manifest = workflows.adopt(graph, name, written)
        except (ValueError, RecursionError) as error:
            raise StudioError("workflow_refused", why=_sentence(error)) from error
        with self._changing:
            self._refuse_taken(name, replace=replace)
            workflow = self._keep(name, graph, manifest)
            # A new dictionary, so that nobody who is just reading sees half a change.
            self.jobs.planner.library = {**self.jobs.library, name: workflow}
        return self.get(name)

    def take_once(self, graph: Mapping[str, Any]) -> Workflow:
        """Keep a graph to be run as it is; it is in no list, and goes when many others have come."""
        try:
            workflows.check_graph(graph)
            if len(graph) > MOST_NODES:
                raise ValueError(f"it has more than {MOST_NODES} nodes")
            text = json.dumps(graph, sort_keys=True)
            if len(text) > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB")
            name = f"{ONCE}{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:20]}"
            # Nothing but the file's name is filled in, by which the result is found again.
            as_it_is = {slot: [] for slot in workflows.find_slots(dict(graph)) if slot != "filename_prefix"}
            # For any engine, so that what a server lacks is said and not for whom the graph would be.
            written: dict[str, Any] = {"title": "A graph as it was sent", "engine": "any", "listed": False}
            written["slots"] = as_it_is
            manifest = workflows.adopt(dict(graph), name, written)
        except (ValueError, RecursionError) as error:
            raise StudioError("workflow_refused", why=_sentence(error)) from error
        with self._changing:
            if name not in self.jobs.library:
                self._forget_once()
                workflow = self._keep(name, dict(graph), manifest, self.once_folder)
                self.jobs.planner.library = {**self.jobs.library, name: workflow}
            return self.jobs.library[name]

    def _forget_once(self) -> None:
        """Make room: the oldest graphs that no work is waiting for."""
        files = sorted(self.once_folder.glob(f"{ONCE}*.json"), key=lambda path: path.stat().st_mtime)
        for path in files[: max(0, len(files) - MOST_ONCE + 1)]:
            if waiting.unfinished_with(self.jobs.database, path.stem):
                continue
            self.jobs.planner.library = {
                key: one for key, one in self.jobs.library.items() if key != path.stem
            }
            for suffix in (".json", ".toml"):
                path.with_suffix(suffix).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Remove a workflow of one's own; one that work is waiting for stays."""
        with self._changing:
            if name not in self.jobs.library:
                raise StudioError("workflow_not_found", name=name)
            if not self._is_own(name):
                raise StudioError("workflow_built_in", name=name)
            if unfinished := waiting.unfinished_with(self.jobs.database, name):
                raise StudioError("workflow_busy", name=name, jobs=unfinished)
            self.jobs.planner.library = {key: one for key, one in self.jobs.library.items() if key != name}
            for suffix in (".json", ".toml"):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)

    # ----------------------------------------------------------------- reading

    def _entry(self, workflow: Workflow, maps: frozenset[str]) -> Entry:
        request = _any_request(workflow)
        meant = workflow.manifest.engine
        trials = tuple(
            workflows.try_out(workflow, request, Candidate(server.kind, server.info, server.url), maps)
            for server in self.pool.servers
            if server.answers and meant in (server.kind, "any")
        )
        is_own = self._is_own(workflow.name)
        return Entry(workflow, is_own, trials, _notes(workflow.manifest) if is_own else ())

    def _maps(self) -> frozenset[str]:
        return self.jobs.planner.control_maps() if self.pool.online("embedded") else frozenset()

    def _is_own(self, name: str) -> bool:
        return (self.folder / f"{name}.json").is_file()

    # --------------------------------------------------------------- taking in

    def _graph(self, document: Mapping[str, Any]) -> Graph:
        if isinstance(document.get("prompt"), dict) and "class_type" not in document["prompt"]:
            document = document["prompt"]  # as it is sent to a server
        if not isinstance(document.get("nodes"), list):
            return dict(document)
        reasons: dict[str, None] = {}
        for info in self._infos():
            try:
                return workflows.from_editor(document, info)
            except ValueError as error:
                reasons[str(error)] = None
        if not reasons:
            raise ValueError(
                "it is the editor's own format, and no server is there to read it with; use Export (API)"
            )
        shown = "; or ".join(list(reasons)[:REFUSALS_SHOWN])
        raise ValueError(f"it is the editor's own format and cannot be read safely: {shown}")

    def _infos(self) -> Sequence[ObjectInfo]:
        # The embedded engine last: it has few nodes.
        servers = sorted(self.pool.servers, key=lambda server: server.kind == "embedded")
        return [server.info for server in servers if server.answers and server.info is not None]

    def _is_for_the_engine(self, graph: Graph) -> bool:
        infos = [server.info for server in self.pool.online("embedded") if server.info is not None]
        return any(not info.missing_nodes(graph) for info in infos)

    def _refuse_taken(self, name: str, *, replace: bool) -> None:
        if name in self.jobs.library and not (replace and self._is_own(name)):
            raise StudioError("workflow_exists", name=name)
        if len(list(self.folder.glob("*.json"))) >= MOST_OWN:
            raise StudioError("workflow_refused", why=f"there are {MOST_OWN} workflows already")

    def _keep(self, name: str, graph: Graph, manifest: Manifest, folder: Path | None = None) -> Workflow:
        """Write both files, once it is certain that the next start will read them."""
        folder = folder or self.folder
        sidecar = workflows.write_manifest(manifest)
        try:
            workflow = workflows.read_own(name, graph, sidecar, _checkpoints(self.jobs.library))
        except ValueError as error:
            raise StudioError("workflow_refused", why=_sentence(error)) from error
        # In this order a power cut leaves no sidecar beside another graph, which would stop the start.
        (folder / f"{name}.toml").unlink(missing_ok=True)
        texts = {".json": json.dumps(graph, indent=2, ensure_ascii=False), ".toml": sidecar}
        for suffix, text in texts.items():
            with Incoming(self.jobs.settings.temp_path) as incoming:
                # Half a letter, as JSON can hold it, becomes a question mark.
                incoming.write(text.encode("utf-8", "replace"))
                incoming.move_to(folder / f"{name}{suffix}")
        return workflow


def plain_name(name: str) -> str:
    """A workflow's name out of a title or a file name: what fits into addresses and folders."""
    stem = re.sub(r"\.json$", "", name.strip().replace("\\", "/").rsplit("/", 1)[-1], flags=re.IGNORECASE)
    plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:LONGEST_NAME].strip("_")
    if not plain or not is_bare_name(f"{plain}.json"):
        raise StudioError(
            "workflow_refused", why=f"{name[:80]!r} makes no name; give one of letters and digits"
        )
    return plain


def _document(content: bytes) -> Mapping[str, Any]:
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB")
    try:
        found = json.loads(content)
    except UnicodeDecodeError as error:
        raise ValueError("it is not text; export it from ComfyUI as JSON") from error
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("a graph is an object with a member for each node")
    return found


def _sentence(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    listed = getattr(error, "errors", None)  # of a manifest that does not hold
    if callable(listed) and (found := listed()):
        return f"{'.'.join(map(str, found[0]['loc']))}: {found[0]['msg']}"  # type: ignore[index]
    return str(error)


def _any_request(workflow: Workflow) -> AnyRequest:
    """A request for which the workflow is meant, with pictures where it needs some."""
    if TALKING in workflow.manifest.views:
        return TalkRequest(image_file_id="any", audio_file_id="any", workflow=workflow.name)
    if EDITED in workflow.manifest.views:
        return EditRequest(clip_file_ids=("any",), workflow=workflow.name)
    if MOVING in workflow.manifest.views:
        picture = "any" if "start_image" in workflow.manifest.requires else None
        return VideoRequest(prompt="anybody", image_file_id=picture, workflow=workflow.name)
    roles = {slot.removesuffix("_image") for slot in workflow.manifest.requires} & {"pose", "reference"}
    files = {f"{role}_file_id": "any" for role in roles}
    view = workflow.manifest.views[0]
    return AvatarRequest.model_validate(
        {"prompt": "anybody", "workflow": workflow.name, "views": (view,), **files}
    )


def _checkpoints(library: Mapping[str, Workflow]) -> workflows.Checkpoints:
    return next((workflow.checkpoints for workflow in library.values()), workflows.Checkpoints())


def _notes(manifest: Manifest) -> tuple[str, ...]:
    """What a person should know of slots that were not found."""
    missing = {
        "positive": "No place for the prompt was found: the words of a request have no effect.",
        "seed": "No place for the seed was found: every run may give the same picture.",
        "width": "No place for the size was found: the workflow's own size is used.",
    }
    return tuple(note for slot, note in missing.items() if slot not in manifest.slots)
