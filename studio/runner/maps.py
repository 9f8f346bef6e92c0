"""Control maps: drawn by the embedded engine, one for each view, and kept for the next time."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from studio import VERSION, collect, workflows
from studio.comfy.client import Comfy
from studio.comfy.pool import Pool
from studio.disk import Incoming, remove_file
from studio.errors import StudioError
from studio.files import StoredFile
from studio.request import AvatarRequest, View

log = logging.getLogger(__name__)

LONGEST_S = 120.0  # for one map, waiting behind other drawings included
MOST_KEPT = 2000


class Map(NamedTuple):
    """A control map on the disk."""

    path: Path
    sha256: str


class ControlMaps:
    """Draws maps on the embedded engine and keeps them by what they show."""

    def __init__(
        self, pool: Pool, folder: Path, temp: Path, stopping: threading.Event, forget: Callable[[str], None]
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._temp = temp
        self._stopping = stopping
        self._forget = forget
        self._one_at_a_time = threading.Lock()  # as the engine draws them, and so equal ones are drawn once

    def get(
        self, request: AvatarRequest, view: View, kind: str, seed: int, pose: tuple[StoredFile, Path] | None
    ) -> Map:
        """The map of one view; drawn now if it never was."""
        asked = workflows.map_graph(request, view, kind, seed, pose[0].sha256 if pose else None, "")
        key = hashlib.sha256(json.dumps([VERSION, asked], sort_keys=True).encode()).hexdigest()
        path = self._folder / f"{key}.png"
        with self._one_at_a_time:
            if not path.is_file():
                self._draw(request, view, kind, seed, pose, path)
                self._keep_few(path)
        try:
            return Map(path, hashlib.sha256(path.read_bytes()).hexdigest())
        except FileNotFoundError as error:  # somebody has tidied up meanwhile
            raise StudioError(
                "engine_unavailable", why="a control map went away, and is drawn anew"
            ) from error

    def _draw(
        self,
        request: AvatarRequest,
        view: View,
        kind: str,
        seed: int,
        pose: tuple[StoredFile, Path] | None,
        path: Path,
    ) -> None:
        client = self._engine()
        name = None
        if pose is not None:
            name = client.upload(pose[1], content_hash=pose[0].sha256, suffix=pose[0].suffix)
        prompt_id = str(uuid.uuid4())
        prefix = collect.filename_prefix(prompt_id)
        graph = workflows.map_graph(request, view, kind, seed, name, prefix)
        try:
            # A GPU waits for it, and drafts do not.
            client.submit(graph, prompt_id, front=True)
            self._wait(client, prompt_id)
            found = client.outcome(prompt_id)
            if found is None or not found.outputs:
                if found is not None and found.error is not None:
                    raise found.error.to_error()
                raise StudioError("engine_unavailable", why="it lost a control map that it was to draw")
            with client.view(found.outputs[0]) as download, Incoming(self._temp) as incoming:
                incoming.write_all(download)
                incoming.move_to(path)
        finally:
            self._forget(collect.folder_of(prompt_id))

    def _engine(self) -> Comfy:
        for server in self._pool.online("embedded"):
            return server.client
        raise StudioError("engine_unavailable", why="it has to draw a control map and does not answer")

    def _wait(self, client: Comfy, prompt_id: str) -> None:
        deadline = time.monotonic() + LONGEST_S
        pause_s = 0.01
        while client.whereabouts(prompt_id) in ("running", "pending"):
            if time.monotonic() > deadline or self._stopping.is_set():
                with suppress(StudioError):
                    client.cancel(prompt_id)
                raise StudioError("engine_unavailable", why="it is busy with other pictures for too long")
            self._stopping.wait(pause_s)
            pause_s = min(0.2, pause_s * 1.5)

    def _keep_few(self, newest: Path) -> None:
        found = list(self._folder.glob("*.png"))
        if len(found) <= MOST_KEPT:
            return
        by_age = sorted((path for path in found if path != newest), key=lambda path: path.stat().st_mtime)
        for path in by_age[: len(found) - MOST_KEPT // 2]:
            remove_file(path)
