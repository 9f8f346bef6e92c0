"""A job as a line of text and as HTML that stands by itself: no script, no address, both themes."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.client.state import JobState

SHORTEST_PROMPT = 60
FEW, ALONE_PX, TOGETHER_PX = 2, 420, 300  # four views stand side by side on a page of usual width
# What a person would want to set again; the rest of a request is seldom looked at.
RECIPE = (
    "clothing",
    "style",
    "realism",
    "negative_prompt",
    "framing",
    "model",
    "width",
    "height",
    "steps",
    "cfg",
)

_BOX = (
    "font:14px/1.5 system-ui,sans-serif;border:1px solid rgba(128,128,128,.35);border-radius:10px;"
    "padding:12px 14px;max-width:60rem;box-sizing:border-box"
)
_ROW = "display:flex;flex-wrap:wrap;gap:10px;margin-top:10px"
_SMALL = "opacity:.7;font-size:12px"
_COLOURS = {"completed": "#16a34a", "failed": "#dc2626", "cancelled": "#a16207"}
_BUSY = "#6366f1"


@dataclass(frozen=True)
class Shown:
    """A file to be shown, in the page itself."""

    caption: str
    mime_type: str
    data: bytes


def line(state: JobState) -> str:
    """A job in one line."""
    words = " ".join(state.prompt.split())
    words = words if len(words) <= SHORTEST_PROMPT else f"{words[: SHORTEST_PROMPT - 1]}…"
    how_far = f" {state.progress:.0f}%" if state.status == "processing" else ""
    files = f", {len(state.outputs)} file{'s' * (len(state.outputs) != 1)}" if state.outputs else ""
    return f"{state.status}{how_far}{files}: {words}"


def summary(state: JobState) -> str:
    """What is left of a wait: how it ended and how long it took."""
    if not state.is_final or state.started_at is None or state.completed_at is None:
        return f"{state.status}, job {state.id}"
    return (
        f"{state.status} in {state.completed_at - state.started_at:.1f} s, seed {state.seed}, job {state.id}"
    )


def card(state: JobState, shown: Sequence[Shown] = ()) -> str:
    """A job as HTML: how far it is, what there is to see, and how it was made."""
    colour = _COLOURS.get(state.status, _BUSY)
    parts = [
        f'<div style="display:flex;gap:8px;align-items:baseline;flex-wrap:wrap">'
        f'<b style="color:{colour}">{state.status}</b><span>{html.escape(state.prompt)}</span></div>'
    ]
    if not state.is_final:
        parts.append(_bar(state.progress))
    if state.said:
        parts.append(f'<div style="{_SMALL}">{html.escape(state.said)}</div>')
    if state.error and state.status == "failed":
        told = f"{state.error.get('message', '')} {state.error.get('hint', '')}"
        parts.append(f'<div role="alert" style="margin-top:8px">{html.escape(told.strip())}</div>')
    if shown:
        height = ALONE_PX if len(shown) <= FEW else TOGETHER_PX
        parts.append(f'<div style="{_ROW}">{"".join(figure(one, height) for one in shown)}</div>')
    if state.status == "completed":
        parts.append(_recipe(state))
    return f'<div style="{_BOX}" data-job="{html.escape(state.id)}">{"".join(parts)}</div>'


def count(done: int, total: int) -> str:
    """How many of several jobs are done, as HTML."""
    return f'<div style="{_BOX}">{_bar(100 * done / max(total, 1))}{done} of {total} done</div>'


def _bar(percent: float) -> str:
    done = max(0.0, min(100.0, percent))
    return (
        f'<div role="progressbar" aria-valuenow="{done:.0f}" aria-valuemin="0" aria-valuemax="100" '
        'style="height:8px;border-radius:4px;background:rgba(128,128,128,.25);margin-top:8px;overflow:hidden">'
        f'<div style="height:100%;width:{done:.1f}%;background:{_BUSY}"></div></div>'
        f'<div style="{_SMALL}">{done:.0f} %</div>'
    )


def figure(one: Shown, height: int | None = None) -> str:
    """A picture, film or sound as HTML."""
    source = f"data:{one.mime_type};base64,{base64.b64encode(one.data).decode()}"
    caption = html.escape(one.caption)
    style = f"max-width:100%;{f'max-height:{height}px;' if height else ''}border-radius:6px;display:block"
    if one.mime_type.startswith("video/"):
        seen = f'<video controls src="{source}" style="{style}"></video>'
    elif one.mime_type.startswith("audio/"):
        seen = f'<audio controls src="{source}"></audio>'
    else:
        seen = f'<img src="{source}" alt="{caption}" style="{style}">'
    return f'<figure style="margin:0">{seen}<figcaption style="{_SMALL}">{caption}</figcaption></figure>'


def _recipe(state: JobState) -> str:
    rows: list[tuple[str, Any]] = [
        ("job", state.id),
        ("seed", state.seed),
        ("engine", state.engine),
        ("workflow", state.workflow),
        *((name, state.request[name]) for name in RECIPE if state.request.get(name)),
        *(("note", note) for note in state.notes),
    ]
    cells = "".join(
        f'<tr><td style="text-align:left;opacity:.7;padding:0 12px 0 0">{html.escape(name)}</td>'
        f'<td style="text-align:left;padding:0">{html.escape(str(value))}</td></tr>'
        for name, value in rows
    )
    return (
        '<details style="margin-top:8px"><summary style="cursor:pointer;opacity:.7">recipe</summary>'
        f'<table style="border-collapse:collapse;font-size:12px">{cells}</table></details>'
    )
