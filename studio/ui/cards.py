"""Pieces of HTML that several tabs are made of; everything that comes from outside is escaped here."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from studio.drafts import MEMBERS
from studio.errors import StudioError
from studio.gallery.restore import FILMS
from studio.records import queue
from studio.records.entities import Job, Output, Task
from studio.ui import phrases, texts
from studio.ui.tail import Sight

STATUS_KEYS = {
    "queued": "status.queued",
    "processing": "status.processing",
    "completed": "status.completed",
    "failed": "status.failed",
    "cancelled": "status.cancelled",
}


def named(sight: Sight, key: str) -> str:
    """What a view or a door is called; jobs of other programs may have some that we have no words for."""
    return texts.table(sight.page.language).get(key, key.partition(".")[2])


def words_of(job: Job) -> str:
    """Prompt, clothing and style in one line."""
    return ", ".join(part.strip() for part in job.prompt.splitlines() if part.strip())


def alt_text(job: Job, view: str = "") -> str:
    """What a picture shows, for those who cannot see it."""
    words = words_of(job)
    return escape(f"{words} ({view})" if view and len(job.tasks) > 1 else words)


def output_url(output: Output) -> str:
    """Where the browser gets a result; relative, so that it works below any path."""
    return f"outputs/{escape(output.job_id)}/{escape(output.name)}"


def picture(job: Job, output: Output) -> str:
    """One finished picture, as wide and high as it will be before it is there."""
    size = f' width="{output.width}" height="{output.height}"' if output.width and output.height else ""
    return f'<img src="{output_url(output)}" alt="{alt_text(job, output.view)}"{size} decoding="async">'


def video(job: Job, output: Output) -> str:
    """One finished video, as wide and high as it will be before it is there."""
    size = f' width="{output.width}" height="{output.height}"' if output.width and output.height else ""
    # Asked for a moment after the beginning, every browser shows the first picture before it plays.
    return (
        f'<video src="{output_url(output)}#t=0.001"{size} controls playsinline preload="metadata" '
        f'aria-label="{alt_text(job)}"></video>'
    )


def preview(sight: Sight, job: Job) -> str:
    """The newest preview frame of a running job, if there is one."""
    found = sight.studio.jobs.preview(job.id)
    if found is None:
        return ""
    mime_type, data = found
    source = f"data:{escape(mime_type)};base64,{base64.b64encode(data).decode()}"
    return (
        f'<img class="preview" src="{source}" alt="{escape(sight.say("result.preview"))}: {alt_text(job)}">'
    )


def bar(percent: float, label: str) -> str:
    """A progress bar."""
    shown = f"{percent:.0f}"
    return (
        f'<div class="bar" role="progressbar" aria-label="{escape(label)}" aria-valuenow="{shown}" '
        f'aria-valuemin="0" aria-valuemax="100"><i style="width:{shown}%"></i></div>'
    )


def problem(sentence: str, remedy: str = "") -> str:
    """What went wrong, and what to do about it."""
    hint = f'<span class="remedy">{escape(remedy)}</span>' if remedy else ""
    return f'<p class="note problem" role="alert"><span>{escape(sentence)}</span>{hint}</p>'


def note(sight: Sight, sentence: str) -> str:
    """Something worth knowing about a result."""
    sentence = phrases.phrase(sight.page.language, sentence)
    return f'<p class="note">{escape(sentence[:1].upper() + sentence[1:])}</p>'


def failure(sight: Sight, error: Mapping[str, Any] | StudioError | None) -> str:
    """An error, perhaps a recorded one, as a sentence with its remedy."""
    told = phrases.explain(sight.page.language, error or {})
    return problem(told.sentence or sight.say("result.failed"), told.remedy)


def button(do: str, text: str, job_id: str = "", *, kind: str = "", **data: str) -> str:
    """A button whose click the page hands to the tab, with what it carries."""
    carried = {"id": job_id, **data} if job_id else data
    attributes = "".join(f' data-{key}="{escape(value)}"' for key, value in carried.items())
    return f'<button type="button" class="act {kind}" data-do="{do}"{attributes}>{escape(text)}</button>'


def download(url: str, text: str, sign: str = "", *, kind: str = "") -> str:
    """A link that saves a file; with a sign instead of its words where there is little room."""
    name = escape(text)
    shown = f'aria-label="{name}" title="{name}">{sign or name}'
    return f'<a class="act {kind}" href="{url}" download {shown}</a>'


def chip(text: str, kind: str = "") -> str:
    """A short fact."""
    return f'<span class="chip {kind}">{escape(text)}</span>'


def ago(at: float) -> str:
    """A time that the browser words by itself, in its own language, and keeps up to date."""
    return f'<time data-at="{at:.0f}"></time>'


def lasting(since: float) -> str:
    """How long something has been going on; the browser counts."""
    return f'<time data-since="{since:.0f}"></time>'


def seconds(sight: Sight, duration_s: float) -> str:
    """A duration for people."""
    if duration_s < 100:
        return sight.say(
            "time.seconds", count=f"{duration_s:.1f}" if duration_s < 10 else f"{duration_s:.0f}"
        )
    return sight.say("time.minutes", count=f"{duration_s / 60:.0f}")


def size(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 100 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values, one line each."""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{rows}</dl>'


def recipe(sight: Sight, job: Job) -> str:
    """Everything that made a picture, to be opened on demand."""
    shown = {name: value for name, value in job.request.items() if value not in (None, "", [], False)}
    shown.pop("kind", None)
    shown["seed"] = job.seed
    pairs = [(name.replace("_", " "), _plain(value)) for name, value in shown.items()]
    title = escape(sight.say("result.recipe"))
    return f'<details class="recipe"><summary>{title}</summary>{facts(pairs)}</details>'


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def send(tab: str, text: str, job_id: str, **data: str) -> str:
    """A button that takes a result along to another tab."""
    more = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
    carried = f'data-send="{tab}" data-id="{escape(job_id)}"{more}'
    return f'<button type="button" class="act send" data-do="send" {carried}>{escape(text)}</button>'


def keep(text: str, output: Output) -> str:
    """A button that makes a kept character of a result."""
    return (
        f'<button type="button" class="act" data-keep-character="{escape(output.id)}">{escape(text)}</button>'
    )


def waiting_words(sight: Sight, job: Job) -> str:
    """What a job that is not finished does just now."""
    if said := sight.studio.jobs.said(job) or _said_by_its_server(sight, job):
        return phrases.phrase(sight.page.language, said)
    if job.status == "queued":
        ahead = queue.ahead(sight.studio.database, job.id)
        return sight.say("progress.next") if ahead == 0 else sight.say("progress.waiting", count=ahead)
    done = sum(task.status == "completed" for task in job.tasks)
    if len(job.tasks) > 1:
        return sight.say("progress.views", done=done, count=len(job.tasks))
    return task_words(sight, job.tasks[0]) if job.tasks else sight.say("progress.drawing")


def _said_by_its_server(sight: Sight, job: Job) -> str:
    """What keeps the server of a running job from it, told of whatever is before it there."""
    servers = [task.server for task in job.tasks if task.status == "processing" and task.server]
    return next((said for server in servers if (said := sight.heard.said(server))), "")


def task_words(sight: Sight, task: Task) -> str:
    """What a view that is not finished does just now: the step that its server has told, if it counts."""
    if task.status != "processing":
        return sight.say("views.after_front") if task.blocked else sight.say(STATUS_KEYS[task.status])
    found = sight.heard.steps(task.prompt_id)
    if found is None:
        return sight.say("progress.drawing")
    return sight.say("progress.step", step=found.step, steps=found.steps)


def section(title: str, content: str, actions: str = "") -> str:
    """A part of a list with its heading."""
    return f'<section class="list"><header><h2>{escape(title)}</h2>{actions}</header>{content}</section>'


def toggle(do: str, text: str, is_on: bool, job_id: str, **data: str) -> str:
    """A button that stays pressed."""
    kind = "on" if is_on else ""
    return button(do, text, job_id, kind=kind, **data).replace(
        "<button", f'<button aria-pressed="{str(is_on).lower()}"', 1
    )


def place(job: Job) -> str:
    """The address of the tab that shows a job."""
    return f"?talk={escape(job.id)}&amp;tab=talking" if job.kind in FILMS else f"?job={escape(job.id)}"


def thumbnail(job: Job, output: Output) -> str:
    """A small picture of a result, which opens the result itself."""
    source = f"studio/thumbnails/{escape(output.id)}?v={output.sha256[:12]}"
    return (
        f'<a class="thumb" href="{output_url(output)}" target="_blank" rel="noopener">'
        f'<img src="{source}" alt="{alt_text(job, output.view)}" loading="lazy"></a>'
    )


def draft_members(request: Mapping[str, Any]) -> str:
    """What a draft of a recorded request depends on, as JSON for the page's script."""
    members = {name: request[name] for name in MEMBERS if request.get(name) not in (None, "", False)}
    return json.dumps({**members, "seed": str(request.get("seed") or "")})


def fold(title: str, rows: str) -> str:
    """Rows that few people need, behind their heading."""
    return f'<details class="fold"><summary>{title}</summary><ul class="rows">{rows}</ul></details>'
