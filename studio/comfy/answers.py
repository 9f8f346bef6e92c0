"""What a ComfyUI server answers about its prompts and files, in shapes of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.comfy.events import RemoteOutput, collect_extras, collect_outputs
from studio.comfy.faults import ExecutionFault, read_fault

Whereabouts = Literal["running", "pending", "done", "unknown"]
State = Literal["success", "error", "interrupted"]


@dataclass(frozen=True)
class Queue:
    """The ids of the prompts that a server has: the running ones, and the waiting ones in their order."""

    running: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    """By id, what the server orders them by."""

    def where(self, prompt_id: str) -> Whereabouts:
        """Whether a prompt runs or waits; "unknown" if it does neither."""
        if prompt_id in self.running:
            return "running"
        return "pending" if prompt_id in self.pending else "unknown"


@dataclass(frozen=True)
class History:
    """How a prompt ended."""

    prompt_id: str
    state: State
    outputs: tuple[RemoteOutput, ...] = ()
    extras: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What nodes tell beside files, by node."""
    error: ExecutionFault | None = None


@dataclass(frozen=True)
class Download:
    """A file that is being read from a server; iterate it for its bytes."""

    content_type: str
    size_bytes: int | None
    chunks: Iterator[bytes] = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks


def read_queue(body: Mapping[str, Any]) -> Queue | None:
    """Read `/queue`; None if it is something else."""
    running, pending = body.get("queue_running"), body.get("queue_pending")
    if not isinstance(running, list) or not isinstance(pending, list):
        return None
    waiting = [item for item in pending if isinstance(item, list) and len(item) > 1]
    waiting.sort(key=lambda item: item[0] if isinstance(item[0], int | float) else 0)
    at_work = [item for item in running if isinstance(item, list) and len(item) > 1]
    numbers = {
        str(item[1]): number for item in (*at_work, *waiting) if (number := read_number(item[0])) is not None
    }
    return Queue(tuple(str(item[1]) for item in at_work), tuple(str(item[1]) for item in waiting), numbers)


def read_number(value: Any) -> float | None:
    """The number by which a server orders a prompt; None if it is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_history(prompt_id: str, entry: Mapping[str, Any]) -> History:
    """Read one prompt's entry in `/history`."""
    outputs: list[RemoteOutput] = []
    extras: dict[str, Mapping[str, Any]] = {}
    listed = entry.get("outputs")
    for node, ui in (listed if isinstance(listed, dict) else {}).items():
        if isinstance(ui, dict):
            outputs += collect_outputs(ui, str(node))
            if told := collect_extras(ui):
                extras[str(node)] = told
    state, error = _read_status(entry.get("status"))
    return History(prompt_id, state, tuple(outputs), extras, error)


def _read_status(status: Any) -> tuple[State, ExecutionFault | None]:
    if not isinstance(status, dict):
        return "success", None  # versions before 2024 keep no status, and no failed prompts
    messages = status.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        match message:
            case ["execution_interrupted", _]:
                return "interrupted", None
            case ["execution_error", dict(data)]:
                return "error", read_fault(data)
    if status.get("status_str") == "error" or status.get("completed") is False:
        return "error", read_fault({"exception_message": "the server gave no reason"})
    return "success", None
