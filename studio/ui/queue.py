"""The tab with everything that waits, runs or was done lately, from every door."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from studio.errors import StudioError
from studio.records import queue
from studio.records.entities import FINAL, STATUSES, Job
from studio.ui import cards, form, parts, texts
from studio.ui.tail import Live, Sight
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "queue"
WAITING_SHOWN = 30
RECENT_SHOWN = 20
UNFINISHED = tuple(status for status in STATUSES if status not in FINAL)


@dataclass(frozen=True)
class QueueTab:
    """What the page needs of this tab."""

    listed: gr.HTML
    live: tuple[Live, ...]


def build(studio: Studio) -> QueueTab:
    """Create the tab and wire it."""
    listed = parts.live("queue", f'<p class="quiet">{label("queue.loading")}</p>')

    def act(event: gr.EventData, request: gr.Request) -> None:
        """Do what a button in the list says; the stream shows what became of it."""
        carried = parts.pressed(event)
        try:
            _act(studio, carried.get("do", ""), carried.get("id", ""))
        except StudioError as error:
            raise form.refusal(error, texts.language_of_page(request)) from error

    listed.click(act, None, None, **parts.PRESSED)
    return QueueTab(listed, (Live(listed, show, TAB),))


def _act(studio: Studio, do: str, job_id: str) -> None:
    match do:
        case "cancel":
            studio.jobs.cancel(job_id)
        case "front":
            studio.jobs.prioritise(job_id, queue.highest_priority(studio.database) + 1)
        case "retry":
            studio.jobs.retry(job_id, door="ui")
        case "cancel-all":
            while waiting := queue.waiting(studio.database, 200):
                for one in waiting:
                    try:
                        studio.jobs.cancel(one)
                    except StudioError as error:  # finished, or removed, since the list was read
                        if error.code not in {"job_finished", "generation_not_found"}:
                            raise


def show(sight: Sight) -> str:
    """The whole list."""
    jobs, say = sight.studio.jobs, sight.say
    running = jobs.list(statuses=["processing"], limit=RECENT_SHOWN)
    recent = jobs.list(statuses=sorted(FINAL), limit=RECENT_SHOWN)
    waiting_total = jobs.list(statuses=["queued"], limit=1).total
    waiting = [
        job
        for job_id in queue.waiting(sight.studio.database, WAITING_SHOWN)
        if isinstance(job := _found(sight, job_id), Job)
    ]
    all_button = cards.button("cancel-all", say("queue.cancel_all")) if waiting else ""
    more = waiting_total - len(waiting)
    rest = f'<p class="quiet">{escape(say("queue.more", count=more))}</p>' if more > 0 else ""
    return (
        _section(sight, "queue.running", running.total, [_row(sight, job) for job in running.jobs])
        + _section(
            sight,
            "queue.waiting",
            waiting_total,
            [_row(sight, job, place) for place, job in enumerate(waiting, 1)],
            all_button,
        )
        + rest
        + _section(sight, "queue.recent", None, [_row(sight, job) for job in recent.jobs])
    )


def _found(sight: Sight, job_id: str) -> Job | None:
    try:
        return sight.studio.jobs.get(job_id)
    except StudioError:  # removed since the list was read
        return None


def _section(sight: Sight, key: str, count: int | None, rows: list[str], actions: str = "") -> str:
    number = f'<span class="count">{count}</span>' if count is not None else ""
    none = escape(sight.say(f"{key}_none"))
    body = f'<ul class="rows">{"".join(rows)}</ul>' if rows else f'<p class="quiet">{none}</p>'
    title = escape(sight.say(key))
    return f'<section class="list"><header><h2>{title}{number}</h2>{actions}</header>{body}</section>'


def _row(sight: Sight, job: Job, place: int = 0) -> str:
    say = sight.say
    images = [output for output in job.outputs if output.media in ("image", "video")]
    thumb = (
        cards.thumbnail(job, images[0])
        if images
        else f'<span class="thumb {job.status}" aria-hidden="true">{place or ""}</span>'
    )
    views = ", ".join(cards.named(sight, f"view.{task.view}") for task in job.tasks)
    facts = [
        cards.chip(say(cards.STATUS_KEYS[job.status]), job.status),
        cards.chip(cards.named(sight, f"door.{job.door}")),
        cards.chip(views),
        f"<small>{cards.ago(job.completed_at or job.created_at)}</small>",
    ]
    progress = cards.bar(job.progress, say("result.progress")) if job.status == "processing" else ""
    words = f"<p>{escape(cards.waiting_words(sight, job))}</p>" if job.status == "processing" else ""
    error = cards.failure(sight, job.error) if job.status == "failed" else ""
    return (
        f'<li class="job {job.status}" data-job="{escape(job.id)}">{thumb}<div class="what">'
        f'<p class="prompt">{escape(cards.words_of(job))}</p><p class="chips">{"".join(facts)}</p>'
        f'{words}{progress}{error}</div><div class="row">{_actions(sight, job, place)}</div></li>'
    )


def _actions(sight: Sight, job: Job, place: int) -> str:
    say = sight.say
    if job.status in UNFINISHED:
        front = cards.button("front", say("action.front"), job.id) if place > 1 else ""
        return front + cards.button("cancel", say("action.cancel"), job.id)
    opened = f'<a class="act" href="{cards.place(job)}">{escape(say("action.open"))}</a>'
    return opened + (cards.button("retry", say("action.retry"), job.id) if job.status != "completed" else "")
