"""The prompts that wait, the one that runs, and what became of the earlier ones."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_HISTORY_ITEMS = 10_000
MAX_HISTORY_BYTES = 256 * 1024 * 1024


@dataclass
class Item:
    """A prompt on its way; the event stops it, also before its first node."""

    number: float
    prompt_id: str
    prompt: dict[str, Any]
    extra_data: dict[str, Any]
    outputs: list[str]
    size_bytes: int = 0
    interrupt: threading.Event = field(default_factory=threading.Event)

    @property
    def client_id(self) -> str | None:
        """Name the client that should hear of this prompt."""
        given = self.extra_data.get("client_id")
        return None if given is None else str(given)

    def row(self) -> list[Any]:
        """Show the item as /queue and /history do."""
        return [self.number, self.prompt_id, self.prompt, self.extra_data, self.outputs]


class PromptQueue:
    """Waiting, running and finished prompts, shared by the worker thread and the HTTP side."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.RLock()
        self._filled = threading.Condition(self._lock)
        self._waiting: list[tuple[float, int, Item]] = []
        self._ticket = itertools.count()
        self._running: Item | None = None
        self._history: OrderedDict[str, tuple[dict[str, Any], int]] = OrderedDict()
        self._history_bytes = 0
        self._closed = False
        self._free_memory = False

    def put(self, item: Item) -> None:
        """Add a prompt; lower numbers go first, equal numbers in order of arrival."""
        with self._lock:
            heapq.heappush(self._waiting, (item.number, next(self._ticket), item))
            self._on_change()
            self._filled.notify()

    def take(self) -> Item | None:
        """Wait for the next prompt and mark it as running; nothing when there is other work or the end."""
        with self._filled:
            while not self._waiting and not self._closed and not self._free_memory:
                self._filled.wait()
            if self._closed or not self._waiting:
                return None
            self._running = heapq.heappop(self._waiting)[2]
            self._on_change()
            return self._running

    def finish(self, item: Item, result: dict[str, Any], status: dict[str, Any]) -> None:
        """Move the running prompt into the history."""
        with self._lock:
            self._running = None
            self._forget(item.prompt_id)
            self._history[item.prompt_id] = (
                {
                    "prompt": item.row(),
                    "outputs": result["outputs"],
                    "status": status,
                    "meta": result["meta"],
                },
                item.size_bytes,
            )
            self._history_bytes += item.size_bytes
            while len(self._history) > MAX_HISTORY_ITEMS or (
                self._history_bytes > MAX_HISTORY_BYTES and len(self._history) > 1
            ):
                self._forget(next(iter(self._history)))
            self._on_change()

    def close(self) -> None:
        """End the waiting of the worker and stop what runs."""
        with self._lock:
            self._closed = True
            if self._running:
                self._running.interrupt.set()
            self._filled.notify_all()

    @property
    def closed(self) -> bool:
        """Tell whether the engine is going down."""
        return self._closed

    def remaining(self) -> int:
        """Count the waiting prompts and the running one."""
        with self._lock:
            return len(self._waiting) + (self._running is not None)

    def rows(self) -> tuple[list[list[Any]], list[list[Any]]]:
        """Show what runs and what waits, next one first."""
        with self._lock:
            running = [self._running.row()] if self._running else []
            return running, [entry[2].row() for entry in sorted(self._waiting, key=lambda entry: entry[:2])]

    def clear_waiting(self) -> None:
        """Drop every waiting prompt."""
        with self._lock:
            self._waiting.clear()
            self._on_change()

    def remove_waiting(self, prompt_id: Any) -> bool:
        """Drop one waiting prompt."""
        with self._lock:
            for entry in self._waiting:
                if entry[2].prompt_id == prompt_id:
                    self._waiting.remove(entry)
                    heapq.heapify(self._waiting)
                    self._on_change()
                    return True
        return False

    def interrupt(self, prompt_id: Any = None) -> bool:
        """Stop what runs; with an id only if that is what runs."""
        with self._lock:
            if self._running is None or (prompt_id and self._running.prompt_id != prompt_id):
                return False
            self._running.interrupt.set()
            return True

    def history(self, max_items: int | None = None, offset: int = -1) -> dict[str, Any]:
        """Show finished prompts, the oldest first; without an offset the newest of them."""
        with self._lock:
            if offset < 0 and max_items is not None:
                offset = len(self._history) - max_items
            start = max(0, offset)
            stop = None if max_items is None else start + max(1, max_items)
            chosen = itertools.islice(self._history.items(), start, stop)
            return {prompt_id: entry for prompt_id, (entry, _) in chosen}

    def history_of(self, prompt_id: str) -> dict[str, Any]:
        """Show one finished prompt, or nothing."""
        with self._lock:
            found = self._history.get(prompt_id)
            return {prompt_id: found[0]} if found else {}

    def clear_history(self) -> None:
        """Forget all finished prompts."""
        with self._lock:
            self._history.clear()
            self._history_bytes = 0

    def remove_history(self, prompt_id: Any) -> None:
        """Forget one finished prompt."""
        with self._lock:
            if isinstance(prompt_id, str):
                self._forget(prompt_id)

    def ask_to_free(self) -> None:
        """Have the worker drop its cache when it is idle next."""
        with self._lock:
            self._free_memory = True
            self._filled.notify()

    def take_free_request(self) -> bool:
        """Tell once whether memory should be freed."""
        with self._lock:
            asked, self._free_memory = self._free_memory, False
            return asked

    def _forget(self, prompt_id: str) -> None:
        found = self._history.pop(prompt_id, None)
        if found:
            self._history_bytes -= found[1]
