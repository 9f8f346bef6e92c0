"""What went wrong inside a graph that was running, and which error of ours that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.errors import StudioError

# Wordings of torch on CUDA, ROCm, MPS, XPU and CPU, of ComfyUI's own allocator check, and of numpy.
OUT_OF_MEMORY = (
    "out of memory",
    "outofmemory",
    "out_of_memory",
    "would exceed allowed memory",
    "defaultcpuallocator",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "unable to allocate",
)
# Refusals of the embedded engine's nodes, whose sentences are for people.
REFUSALS = {
    "WordsRefused": "words_refused",
    "NoFace": "no_face",
    "SoundRefused": "sound_refused",
    "WishRefused": "wish_refused",
}
MAX_MESSAGE = 2_000


@dataclass(frozen=True)
class ExecutionFault:
    """One node's failure, as the server reports it."""

    node_id: str
    node_type: str
    message: str
    exception_type: str
    traceback: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Which error of the registry this is."""
        kind = self.exception_type.rsplit(".", 1)[-1]
        if kind in REFUSALS:
            return REFUSALS[kind]
        if kind in ("MemoryError", "_ArrayMemoryError"):
            return "out_of_memory"
        text = f"{self.exception_type} {self.message}".lower()
        return "out_of_memory" if any(words in text for words in OUT_OF_MEMORY) else "graph_failed"

    def to_error(self) -> StudioError:
        """The failure for records, answers and people."""
        why = self.message if self.code in REFUSALS.values() else self.message.rstrip(".")
        return StudioError(
            self.code,
            node_id=self.node_id,
            node_type=self.node_type,
            why=why,
            exception_type=self.exception_type,
        )


def read_fault(data: Mapping[str, Any]) -> ExecutionFault:
    """Read the body of `execution_error`, from the websocket or from the history."""
    exception_type = _text(data.get("exception_type")) or "Exception"
    message = _text(data.get("exception_message")).strip()
    traceback = data.get("traceback")
    lines = tuple(_text(line) for line in traceback) if isinstance(traceback, list) else ()
    return ExecutionFault(
        node_id=_text(data.get("node_id")) or "?",
        node_type=_text(data.get("node_type")) or "unknown node",
        message=(message or f"{exception_type} without a message")[:MAX_MESSAGE],
        exception_type=exception_type,
        traceback=lines,
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
