"""What the servers say of the work that they have in hand: steps, and why it takes longer; by prompt."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from studio.comfy.events import (
    Event,
    Faulted,
    Interrupted,
    Offline,
    Online,
    Progress,
    Said,
    Settled,
    Succeeded,
)
from studio.comfy.pool import Server

MOST = 256  # prompts; those of others on the same server may never be heard to end


@dataclass(frozen=True)
class Steps:
    """How far a prompt's node is, as its server counts."""

    step: int
    steps: int


class Heard:
    """Listens to a pool; `changed` is called when pages should look again."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._steps: OrderedDict[str, Steps] = OrderedDict()
        self._said: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def steps(self, prompt_id: str | None) -> Steps | None:
        """The step that a prompt is at, if its server counts steps."""
        return self._steps.get(prompt_id or "")

    def said(self, server_url: str) -> str:
        """Why a server's work takes longer, as far as it says so."""
        with self._lock:
            return next((text for url, text in reversed(self._said.values()) if url == server_url), "")

    def hear(self, server: Server, event: Event) -> None:
        """Take note of an event; from any thread."""
        match event:
            case Progress(prompt_id=prompt_id, value=value, maximum=most) if most > 1 and prompt_id:
                with self._lock:
                    self._steps[prompt_id] = Steps(min(int(most), max(1, int(value))), int(most))
                    while len(self._steps) > MOST:
                        self._steps.popitem(last=False)
                # The records are written at every percent or so, which wakes the pages soon enough.
            case Said(prompt_id=prompt_id, text=text):
                with self._lock:
                    self._said.pop(prompt_id, None)
                    if text:
                        self._said[prompt_id] = (server.url, text)
                    while len(self._said) > MOST:
                        self._said.popitem(last=False)
                self._changed()
            case Succeeded() | Faulted() | Interrupted() | Settled():
                self._forget(event.prompt_id)
            case Offline():
                with self._lock:
                    for prompt_id in [one for one, (url, _) in self._said.items() if url == server.url]:
                        del self._said[prompt_id]
                self._changed()
            case Online():
                self._changed()
            case _:
                return

    def _forget(self, prompt_id: str) -> None:
        with self._lock:
            self._steps.pop(prompt_id, None)
            was_said = self._said.pop(prompt_id, None) is not None
        if was_said:
            self._changed()
