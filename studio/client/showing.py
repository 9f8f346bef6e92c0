"""Where a job shows how far it is: in place in a notebook, as a bar in a terminal, else nowhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, Protocol

from studio.client.cards import Shown, card, count, line
from studio.client.state import JobState

EVERY_S = 0.25  # between two pictures of the same wait
BAR = 24


class Show(Protocol):
    """Something that is told of a job while somebody waits for it."""

    wants_previews: bool

    def update(self, state: JobState, preview: bytes | None = None) -> None:
        """Show how far it is."""
        ...

    def count(self, done: int, total: int) -> None:
        """Show how many of several jobs are done."""
        ...

    def end(self, said: str = "") -> None:
        """Leave no more than what was said last."""
        ...


class Nowhere:
    """Nobody looks."""

    wants_previews = False

    def update(self, state: JobState, preview: bytes | None = None) -> None:
        """Say nothing."""

    def count(self, done: int, total: int) -> None:
        """Say nothing."""

    def end(self, said: str = "") -> None:
        """Say nothing."""


class Terminal:
    """One line that is written over, on standard error."""

    wants_previews = False

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._written = 0

    def update(self, state: JobState, preview: bytes | None = None) -> None:
        """Draw the bar anew."""
        self._bar(1.0 if state.status == "completed" else state.progress / 100, state.said or line(state))

    def count(self, done: int, total: int) -> None:
        """Draw the bar anew."""
        self._bar(done / max(total, 1), f"{done} of {total} done")

    def _bar(self, share: float, what: str) -> None:
        done = int(BAR * share)
        seconds = time.monotonic() - self._began
        self._write(f"[{'#' * done}{'.' * (BAR - done)}] {seconds:3.0f} s  {what}")

    def end(self, said: str = "") -> None:
        """Go to the next line."""
        if not self._written:
            return
        if said:
            self._write(said)
        sys.stderr.write("\n")
        sys.stderr.flush()

    def _write(self, text: str) -> None:
        text = text[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write(f"\r{text.ljust(self._written)}")
        sys.stderr.flush()
        self._written = len(text)


class Notebook:
    """A card that is replaced in place, wherever the notebook is open."""

    wants_previews = True

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown_at = 0.0

    def update(self, state: JobState, preview: bytes | None = None) -> None:
        """Replace the card, at most some times a second."""
        now = time.monotonic()
        if not state.is_final and now - self._shown_at < EVERY_S:
            return
        self._shown_at = now
        self.put(card(state, (Shown("preview", sniffed(preview), preview),) if preview else ()), line(state))

    def count(self, done: int, total: int) -> None:
        """Replace the card."""
        self.put(count(done, total), f"{done} of {total} done")

    def put(self, markup: str, text: str) -> None:
        """Show a card in the place of the last one."""
        from IPython.display import display

        bundle = {"text/html": markup, "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def end(self, said: str = "") -> None:
        """Leave a line instead of the card, as the job shows itself where it is asked for."""
        if self._handle is not None and said:
            self.put(f'<div style="opacity:.7;font:13px system-ui,sans-serif">{said}</div>', said)


def in_notebook() -> bool:
    """Whether this is a kernel with a front end that shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def a_show(wanted: bool | None) -> Show:
    """What fits where we are; `wanted` False shows nothing, True also where nobody seems to look."""
    if wanted is False:
        return Nowhere()
    if in_notebook():
        return Notebook()
    return Terminal() if wanted or sys.stderr.isatty() else Nowhere()


def sniffed(data: bytes) -> str:
    """The type of a preview frame by its first bytes."""
    return "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"
