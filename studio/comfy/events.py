"""What a ComfyUI server says while it works: its websocket messages as typed events."""

from __future__ import annotations

import json
import logging
import math
import mimetypes
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from studio.comfy.faults import ExecutionFault, read_fault

log = logging.getLogger(__name__)

Media = Literal["image", "video", "audio", "file"]

# Not every platform's own table knows these.
SUFFIXES: dict[str, Media] = {
    ".webp": "image",
    ".avif": "image",
    ".jxl": "image",
    ".exr": "image",
    ".mkv": "video",
    ".webm": "video",
    ".mov": "video",
    ".mp4": "video",
    ".flac": "audio",
    ".opus": "audio",
    ".m4a": "audio",
    ".ogg": "audio",
    ".wav": "audio",
}
PREVIEW, TEXT, PREVIEW_WITH_METADATA = 1, 3, 4
PREVIEW_FORMATS = {1: "image/jpeg", 2: "image/png"}


@dataclass(frozen=True)
class RemoteOutput:
    """A file that a node left on the server."""

    filename: str
    subfolder: str = ""
    folder_type: str = "output"
    media: Media = "file"
    animated: bool = False
    node: str = ""


@dataclass(frozen=True)
class Event:
    """Something that a server said; `prompt_id` is empty when it concerns the whole server."""

    prompt_id: str = ""


@dataclass(frozen=True)
class Connected(Event):
    """The websocket is open."""

    sid: str = ""


@dataclass(frozen=True)
class Disconnected(Event):
    """The websocket is closed, and will be tried again."""

    why: str = ""


@dataclass(frozen=True)
class Online(Event):
    """The server answers and its nodes are known (again)."""

    revision: int = 0


@dataclass(frozen=True)
class Offline(Event):
    """The server does not answer any more."""

    why: str = ""


@dataclass(frozen=True)
class Queued(Event):
    """How many prompts the server has, with the running one."""

    remaining: int = 0


@dataclass(frozen=True)
class Started(Event):
    """A prompt began to run."""


@dataclass(frozen=True)
class Cached(Event):
    """These nodes need not run: their results are known."""

    nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Executing(Event):
    """A node began to run."""

    node: str = ""


@dataclass(frozen=True)
class Progress(Event):
    """How far a node is."""

    node: str = ""
    value: float = 0
    maximum: float = 1


@dataclass(frozen=True)
class Preview(Event):
    """A small picture of what is being made."""

    node: str = ""
    mime: str = "image/jpeg"
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Said(Event):
    """A sentence about what a node does; an empty one takes the last back."""

    node: str = ""
    text: str = ""


@dataclass(frozen=True)
class Executed(Event):
    """An output node is done; `extras` is what it tells beside files."""

    node: str = ""
    outputs: tuple[RemoteOutput, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Succeeded(Event):
    """A prompt ran to its end; the history may follow a moment later."""


@dataclass(frozen=True)
class Faulted(Event):
    """A prompt failed in one of its nodes."""

    fault: ExecutionFault = field(default_factory=lambda: read_fault({}))


@dataclass(frozen=True)
class Interrupted(Event):
    """A prompt was stopped, by us or by somebody else."""

    node: str = ""


@dataclass(frozen=True)
class Settled(Event):
    """A prompt has left the queue, however it ended: `/history` knows how."""


def collect_outputs(ui: Mapping[str, Any], node: str = "") -> tuple[RemoteOutput, ...]:
    """Find every file that a node names, under whichever key; unknown shapes are passed over."""
    found: dict[tuple[str, str, str], RemoteOutput] = {}
    flags = ui.get("animated")
    for value in ui.values():
        items = value if isinstance(value, list | tuple) else [value]
        for index, item in enumerate(items):
            if not isinstance(item, Mapping):
                continue
            filename, subfolder = item.get("filename"), item.get("subfolder") or ""
            folder_type = item.get("type") or "output"
            if not isinstance(filename, str) or not filename or "\0" in filename:
                continue
            if not isinstance(subfolder, str) or not isinstance(folder_type, str):
                continue
            output = RemoteOutput(
                filename, subfolder, folder_type, _media(filename, item), _is_animated(flags, index), node
            )
            found.setdefault((folder_type, subfolder, filename), output)
    return tuple(found.values())


def collect_extras(ui: Mapping[str, Any]) -> dict[str, Any]:
    """What a node tells beside its files."""
    return {
        key: value
        for key, value in ui.items()
        if key != "animated" and not collect_outputs({key: value}) and value not in ([], None)
    }


def _media(filename: str, item: Mapping[str, Any]) -> Media:
    suffix = PurePosixPath(filename.replace("\\", "/")).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    told = item.get("format")  # video nodes name the type, such as video/h264-mp4
    mime = mimetypes.guess_type(f"x{suffix}")[0] or (told if isinstance(told, str) else "")
    for media in ("image", "video", "audio"):
        if mime.startswith(f"{media}/"):
            return media
    return "file"


def _is_animated(flags: Any, index: int) -> bool:
    if not isinstance(flags, list | tuple) or not flags:
        return flags is True
    return flags[min(index, len(flags) - 1)] is True


class Reader:
    """Reads one connection's frames in order; it knows which prompt runs, as old previews do not say."""

    def __init__(self) -> None:
        self._prompt_id = ""
        self._node = ""
        self._progress: dict[str, tuple[float, float]] = {}

    def read(self, frame: str | bytes) -> list[Event]:
        """The events in one frame; a frame that cannot be understood is logged and gives none."""
        try:
            return self._binary(frame) if isinstance(frame, bytes) else self._text(frame)
        except (ValueError, TypeError, KeyError, AttributeError, struct.error, RecursionError) as error:
            log.warning("a websocket frame of %d bytes was not understood: %s", len(frame), error)
            return []

    def _text(self, frame: str) -> list[Event]:
        message = json.loads(frame)
        kind, data = message["type"], message.get("data") or {}
        if kind == "status":
            return self._status(data)
        if kind == "progress_state":
            return self._progress_state(data)
        if kind == "executing" and not data.get("prompt_id"):
            # Sent on reconnection, without saying for which prompt: it cannot be believed.
            return []
        prompt_id = data.get("prompt_id")
        if not isinstance(prompt_id, str) or not prompt_id:
            return []
        node = _name(data.get("node", data.get("node_id")))
        match kind:
            case "execution_start":
                self._now_running(prompt_id)
                return [Started(prompt_id)]
            case "execution_cached":
                return [Cached(prompt_id, tuple(_name(node) for node in data["nodes"]))]
            case "executing":
                if data.get("node") is None:
                    self._ended(prompt_id)
                    return [Settled(prompt_id)]
                self._now_running(prompt_id)
                self._node = node
                return [Executing(prompt_id, node)]
            case "progress":
                self._now_running(prompt_id)
                self._node = node or self._node
                return self._step(prompt_id, self._node, data["value"], data["max"])
            case "executed":
                ui = data.get("output") or {}
                return [Executed(prompt_id, node, collect_outputs(ui, node), collect_extras(ui))]
            case "execution_success":
                self._ended(prompt_id)
                return [Succeeded(prompt_id)]
            case "execution_error":
                self._ended(prompt_id)
                return [Faulted(prompt_id, read_fault(data))]
            case "execution_interrupted":
                self._ended(prompt_id)
                return [Interrupted(prompt_id, node)]
        return []

    def _status(self, data: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        if sid := data.get("sid"):
            events.append(Connected(sid=str(sid)))
        if data.get("status"):
            events.append(Queued(remaining=int(data["status"]["exec_info"]["queue_remaining"])))
        return events

    def _progress_state(self, data: Mapping[str, Any]) -> list[Event]:
        prompt_id = data["prompt_id"]
        self._now_running(prompt_id)
        events: list[Event] = []
        for node, state in data["nodes"].items():
            events += self._step(prompt_id, _name(node), state["value"], state["max"])
        return events

    def _step(self, prompt_id: str, node: str, value: Any, maximum: Any) -> list[Event]:
        value, maximum = float(value), float(maximum)
        if not (math.isfinite(value) and math.isfinite(maximum)) or maximum <= 0:
            return []
        # Servers tell the same step twice, in `progress` and in `progress_state`.
        if self._progress.get(node) == (value, maximum):
            return []
        self._progress[node] = (value, maximum)
        return [Progress(prompt_id, node, min(max(value, 0.0), maximum), maximum)]

    def _now_running(self, prompt_id: str) -> None:
        if prompt_id != self._prompt_id:
            self._prompt_id, self._node, self._progress = prompt_id, "", {}

    def _ended(self, prompt_id: str) -> None:
        if prompt_id == self._prompt_id:
            self._now_running("")

    def _binary(self, frame: bytes) -> list[Event]:
        (kind,) = struct.unpack_from(">I", frame)
        if kind == PREVIEW:
            (image_format,) = struct.unpack_from(">I", frame, 4)
            if not self._prompt_id or len(frame) <= 8:
                return []
            mime = PREVIEW_FORMATS.get(image_format) or _sniff(frame[8:24])
            return [Preview(self._prompt_id, self._node, mime, frame[8:])] if mime else []
        if kind == PREVIEW_WITH_METADATA:
            (length,) = struct.unpack_from(">I", frame, 4)
            if length > len(frame) - 8:
                raise ValueError("the metadata is longer than the frame")
            about = json.loads(frame[8 : 8 + length])
            data = frame[8 + length :]
            prompt_id = about.get("prompt_id") or self._prompt_id
            mime = about.get("image_type") or _sniff(data[:16])
            if not data or not prompt_id or not mime:
                return []
            return [Preview(str(prompt_id), _name(about.get("node_id")), str(mime), data)]
        if kind == TEXT:
            (length,) = struct.unpack_from(">I", frame, 4)
            if length > len(frame) - 8:
                raise ValueError("the node's name is longer than the frame")
            if not self._prompt_id:
                return []
            node, text = frame[8 : 8 + length].decode(), frame[8 + length :].decode()
            return [Said(self._prompt_id, node, text)]
        return []  # kinds that are yet to come


def _name(value: Any) -> str:
    return "" if value is None else str(value)


def _sniff(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if head[8:12] == b"WEBP" else ""
