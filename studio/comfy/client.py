"""Everything that the studio asks of one ComfyUI server over HTTP."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from studio.comfy.address import parse_address
from studio.comfy.answers import (
    Download,
    History,
    Queue,
    Whereabouts,
    read_history,
    read_number,
    read_queue,
)
from studio.comfy.events import RemoteOutput
from studio.comfy.info import ObjectInfo
from studio.comfy.refusals import graph_refused
from studio.comfy.wire import Kind, Wire
from studio.errors import StudioError

__all__ = ["Comfy", "Download", "History", "Queue", "Whereabouts"]

OBJECT_INFO_S = 120.0  # servers with many node packs look at every model folder first
CHUNK_BYTES = 256 * 1024
KNOWN_NUMBERS = 1_000  # of the prompts that were sent last
MIME = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}


@dataclass(frozen=True)
class _Upload:
    name: str
    revision: int  # of the server's state when the file was last seen there


class Comfy:
    """One ComfyUI server; every method blocks, may be called from any thread and raises StudioError."""

    def __init__(
        self,
        url: str,
        *,
        kind: Kind = "comfy",
        client_id: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self.address = parse_address(url)
        self.kind: Kind = kind
        self.client_id = client_id or uuid.uuid4().hex
        self._wire = Wire(self.address, kind, timeout_s, transport)
        self._info: ObjectInfo | None = None
        self._info_lock = threading.Lock()
        self._uploads: dict[str, _Upload] = {}
        self._upload_lock = threading.Lock()
        self._revision = 0
        self._numbers: OrderedDict[str, float] = OrderedDict()
        self._numbers_lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where the server is, without a password."""
        return self.address.base

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    # What the server is and has.

    def object_info(self) -> ObjectInfo:
        """The server's nodes, read once; see refresh."""
        with self._info_lock:
            if self._info is None:
                self._info = self._read_object_info()
            return self._info

    @property
    def known_info(self) -> ObjectInfo | None:
        """The server's nodes if they were read before; asks nobody."""
        return self._info

    def refresh(self) -> ObjectInfo:
        """Read the server's nodes anew, and check uploads before they are believed again."""
        self._revision += 1
        info = self._read_object_info()
        with self._info_lock:
            self._info = info
        return info

    def _read_object_info(self) -> ObjectInfo:
        nodes = self._mapping("/object_info", timeout_s=max(OBJECT_INFO_S, self._wire.timeout_s))
        if not any(isinstance(node, dict) and "input" in node for node in nodes.values()):
            raise self._wire.confused("/object_info lists no nodes")
        return ObjectInfo(nodes)

    def models(self, folder: str) -> tuple[str, ...]:
        """The files in one model folder; none if the server does not know the folder."""
        path = f"/models/{quote(folder, safe='')}"
        answer = self._wire.send("GET", path)
        return () if answer.status == 404 else _strings(self._wire.read_json(answer, path))

    def embeddings(self) -> tuple[str, ...]:
        """The names of the textual inversions."""
        return _strings(self._wire.get_json("/embeddings"))

    def features(self) -> Mapping[str, Any]:
        """What the server says that it supports; nothing in versions that do not know the question."""
        answer = self._wire.send("GET", "/features")
        return {} if answer.status == 404 else self._wire.read_mapping(answer, "/features")

    def system_stats(self, timeout_s: float | None = None) -> Mapping[str, Any]:
        """The server's version, devices and memory; also the test whether this is ComfyUI at all."""
        stats = self._mapping("/system_stats", timeout_s=timeout_s)
        if not isinstance(stats.get("system"), dict) or not isinstance(stats.get("devices"), list):
            raise self._wire.confused("/system_stats is not ComfyUI's")
        return stats

    # Prompts.

    def queue(self, timeout_s: float | None = None) -> Queue:
        """What runs and what waits."""
        body = self._mapping("/queue", timeout_s=timeout_s)
        queue = read_queue(body)
        if queue is None:
            raise self._wire.confused("/queue is not ComfyUI's")
        return queue

    def history(self, prompt_id: str) -> History | None:
        """How a prompt ended; None while it waits or runs, and when the server does not know it."""
        body = self._mapping(f"/history/{quote(prompt_id, safe='')}")
        entry = body.get(prompt_id)
        if entry is None:
            return None
        if not isinstance(entry, dict):
            raise self._wire.confused("/history is not ComfyUI's")
        return read_history(prompt_id, entry)

    def whereabouts(self, prompt_id: str) -> Whereabouts:
        """Where a prompt is.

        The queue is asked first: a prompt moves from there to the history in one step, and so is seen in one.
        """
        found = self.queue().where(prompt_id)
        if found != "unknown":
            return found
        return "unknown" if self.history(prompt_id) is None else "done"

    def outcome(self, prompt_id: str, wait_s: float = 5.0) -> History | None:
        """The history of a prompt that was just said to have ended: it is written a moment later."""
        deadline = time.monotonic() + wait_s
        pause_s = 0.005
        while True:
            found = self.history(prompt_id)
            if found is not None or time.monotonic() > deadline:
                return found
            if self.queue().where(prompt_id) == "unknown":
                return self.history(prompt_id)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.25)

    def submit(
        self,
        graph: Mapping[str, Any],
        prompt_id: str,
        *,
        extra_pnginfo: Mapping[str, Any] | None = None,
        front: bool = False,
    ) -> None:
        """Queue a graph under our own id.

        Never repeated by itself. After `connection_lost` the server may have taken it: ask whereabouts.
        """
        body: dict[str, Any] = {"prompt": graph, "prompt_id": prompt_id, "client_id": self.client_id}
        if extra_pnginfo is not None:
            body["extra_data"] = {"extra_pnginfo": extra_pnginfo}
        if front:
            body["front"] = True
        answer = self._wire.send("POST", "/prompt", again=False, json=body)
        if answer.status in (502, 503, 504):
            # Said by a proxy, which may have handed the prompt on before it lost the server.
            raise self._wire.lost(f"the server in front of it says HTTP {answer.status}")
        if answer.status == 400:
            raise self._refusal(answer.content, graph)
        taken = self._wire.read_mapping(answer, "/prompt")
        taken_id = taken.get("prompt_id")
        if taken_id != prompt_id:
            if isinstance(taken_id, str) and taken_id:
                self.cancel(taken_id)
                raise self._wire.confused(
                    "it gives prompts ids of its own; ComfyUI 0.3.45 or newer is needed"
                )
            raise self._wire.confused("/prompt gave no prompt id")
        if taken.get("node_errors"):
            # It runs what it can and leaves outputs out: half a result would look like a whole one.
            self.cancel(prompt_id)
            raise graph_refused(taken, graph, self._info)
        if (number := read_number(taken.get("number"))) is not None:
            with self._numbers_lock:
                self._numbers[prompt_id] = number
                while len(self._numbers) > KNOWN_NUMBERS:
                    self._numbers.popitem(last=False)

    def number_of(self, prompt_id: str) -> float | None:
        """By which number the server has put a prompt into its queue, as it said; None if nobody knows.

        What another process of ours has sent is known for as long as it is in the queue.
        """
        with self._numbers_lock:
            known = self._numbers.get(prompt_id)
        return self.queue().numbers.get(prompt_id) if known is None else known

    def _refusal(self, content: bytes, graph: Mapping[str, Any]) -> StudioError:
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            return self._wire.confused("/prompt gave HTTP 400 without ComfyUI's reasons")
        if not isinstance(body, dict) or not ("error" in body or "node_errors" in body):
            return self._wire.confused("/prompt gave HTTP 400 without ComfyUI's reasons")
        return graph_refused(body, graph, self._info)

    def interrupt(self, prompt_id: str) -> bool:
        """Stop a prompt if it runs; says whether it did.

        The queue is asked first, as versions before 0.3.57 ignore the id and would stop anybody's work.
        """
        if self.queue().where(prompt_id) != "running":
            return False
        # Not repeated: where the id is ignored, the second one would stop whoever comes next.
        self._post("/interrupt", {"prompt_id": prompt_id}, again=False)
        return True

    def dequeue(self, prompt_ids: Iterable[str]) -> None:
        """Take prompts out of the queue; running ones stay."""
        ids = list(prompt_ids)
        if ids:
            self._post("/queue", {"delete": ids})

    def cancel(self, prompt_id: str) -> bool:
        """Take a prompt out of the queue, or stop it if it runs by now; says whether it ran."""
        self.dequeue([prompt_id])
        return self.interrupt(prompt_id)

    def forget(self, prompt_ids: Iterable[str]) -> None:
        """Take prompts out of the server's history."""
        ids = list(prompt_ids)
        if ids:
            self._post("/history", {"delete": ids})

    def free(self, *, unload_models: bool = True, free_memory: bool = True) -> None:
        """Ask the server to give memory back."""
        self._post("/free", {"unload_models": unload_models, "free_memory": free_memory})

    # Files.

    def upload(
        self,
        path: Path,
        *,
        content_hash: str,
        suffix: str,
        kind: Literal["image", "audio", "video"] = "image",
    ) -> str:
        """Bring a file to the server's input folder, once; gives the name for LoadImage and its kin."""
        with self._upload_lock:
            known, revision = self._uploads.get(content_hash), self._revision
            if known and known.revision == revision:
                return known.name
            wanted = known.name if known else _upload_name(content_hash, suffix)
            name = wanted if self._has_input(wanted, path.stat().st_size) else None
            if name is None:
                fallback = f"{kind}/{suffix.lstrip('.')}"
                wanted = _upload_name(content_hash, suffix)
                with path.open("rb") as stream:
                    file = (wanted, stream, MIME.get(suffix.lower(), fallback))
                    name = self._send_file("/upload/image", file, {"type": "input"})
            self._uploads[content_hash] = _Upload(name, revision)
            return name

    def upload_mask(self, path: Path, *, original: str, content_hash: str, suffix: str = ".png") -> str:
        """Bring a mask for an uploaded picture: the server joins both into a new picture with alpha."""
        key = f"{content_hash}:{original}"
        with self._upload_lock:
            known, revision = self._uploads.get(key), self._revision
            if known and (known.revision == revision or self._has_input(known.name, None)):
                self._uploads[key] = _Upload(known.name, revision)
                return known.name
            reference = json.dumps({"filename": original, "subfolder": "", "type": "input"})
            stem = re.sub(r"[^\w-]", "-", Path(original).stem)[-16:]
            wanted = _upload_name(content_hash, suffix).replace(suffix, f"-on-{stem}{suffix}")
            with path.open("rb") as stream:
                form = {"type": "input", "original_ref": reference}
                name = self._send_file("/upload/mask", (wanted, stream, "image/png"), form)
            self._uploads[key] = _Upload(name, revision)
            return name

    def _has_input(self, name: str, size_bytes: int | None) -> bool:
        """Whether the input folder has this file, whole; asks for one byte of it."""
        params = {"filename": name, "type": "input"}
        with self._wire.stream("/view", params=params, headers={"range": "bytes=0-0"}) as response:
            if response.status_code == 404:
                return False
            self._wire.check(response.status_code, response.headers.get("content-type", ""), "/view")
            total = response.headers.get("content-range", "").rpartition("/")[2]
            if response.status_code == 200:
                total = response.headers.get("content-length", "")
            return size_bytes is None or not total.isdigit() or int(total) == size_bytes

    def _send_file(self, path: str, file: tuple[str, Any, str], form: Mapping[str, str]) -> str:
        answer = self._wire.send("POST", path, again=False, files={"image": file}, data=dict(form))
        if answer.status in (400, 413, 415, 422):
            why = "it is too large for that server" if answer.status == 413 else f"HTTP {answer.status}"
            raise StudioError("upload_refused", url=self.url, name=file[0], why=why)
        body = self._wire.read_mapping(answer, path)
        name, subfolder = body.get("name"), body.get("subfolder") or ""
        if not isinstance(name, str) or not name or not isinstance(subfolder, str):
            raise self._wire.confused(f"{path} gave no name")
        return f"{subfolder}/{name}" if subfolder else name

    @contextmanager
    def view(self, output: RemoteOutput) -> Iterator[Download]:
        """Read a file from the server piece by piece, inside the block."""
        params = {"filename": output.filename, "subfolder": output.subfolder, "type": output.folder_type}
        # Unpacked by nobody on the way, so that the length says whether all has come.
        with self._wire.stream("/view", params=params, headers={"accept-encoding": "identity"}) as response:
            if response.status_code == 404:
                raise StudioError("output_missing", name=output.filename)
            content_type = response.headers.get("content-type", "")
            is_page = content_type.startswith("text/html") and not output.filename.endswith((".html", ".htm"))
            self._wire.check(response.status_code, content_type, "/view", b"<" if is_page else b"")
            length = response.headers.get("content-length", "")
            size = int(length) if length.isdigit() else None
            yield Download(content_type, size, response.iter_bytes(CHUNK_BYTES))

    def account(
        self,
        words: str,
        *,
        negative: str = "",
        seed: int = 0,
        image: str = "",
        timeout_s: float | None = None,
    ) -> Mapping[str, Any]:
        """What the embedded engine makes of words; other servers have no such route."""
        path = "/figure/account"
        body = {"words": words, "negative": negative, "seed": seed, "image": image}
        answer = self._wire.send("POST", path, timeout_s=timeout_s, json=body)
        if answer.status in (400, 422):
            told = answer.parsed()
            raise StudioError("words_refused", why=told["error"]["message"])
        return self._wire.read_mapping(answer, path)

    # Helpers.

    def _mapping(self, path: str, timeout_s: float | None = None) -> Mapping[str, Any]:
        return self._wire.read_mapping(self._wire.send("GET", path, timeout_s=timeout_s), path)

    def _post(self, path: str, body: Mapping[str, Any], *, again: bool = True) -> None:
        answer = self._wire.send("POST", path, again=again, json=body)
        self._wire.check(answer.status, answer.content_type, path, answer.content)


def _upload_name(content_hash: str, suffix: str) -> str:
    suffix = f".{suffix.lstrip('.').lower()}" if suffix else ""
    return f"avatarforge-{re.sub(r'[^0-9A-Za-z]', '', content_hash)[:32]}{suffix}"


def _strings(listed: Any) -> tuple[str, ...]:
    return tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
