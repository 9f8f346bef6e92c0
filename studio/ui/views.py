"""The tab for the chosen character from several sides, each with its own progress and its own say."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.errors import StudioError
from studio.records.entities import Job, Output, Task
from studio.request import VIEWS, AvatarRequest, View, with_values
from studio.ui import avatar, cards, form, parts, texts
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "views"
ACCEPTED = "accepted"  # the gallery's tag of a view that somebody is content with
CLOSE, FAR = (
    0.15,
    0.35,
)  # drift scores: below the first nothing is seen, above the second it is another person

TURNING = """<figure class="turning"><img alt="" hidden><p class="quiet"></p></figure>"""


@dataclass(frozen=True)
class ViewsTab:
    """What the page needs of this tab."""

    source: gr.Textbox
    job: gr.Textbox
    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail, single: avatar.AvatarTab, blocks: gr.Blocks) -> ViewsTab:
    """Create the tab and wire it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(scale=2, min_width=320, elem_classes="sheet", elem_id="views-form"):
            character = parts.live("views-source")
            wanted = gr.CheckboxGroup(
                [(label(f"view.{view}"), view) for view in VIEWS],
                value=list(VIEWS),
                label=label("views.which"),
                elem_id="views-which",
                elem_classes="segments",
            )
            with gr.Accordion(label("form.advanced"), open=False):
                limit = gr.Slider(
                    0, 1, 0, step=0.05, label=label("views.limit"), info=label("views.limit_info")
                )
            with gr.Row(elem_id="views-actions"):
                generate = gr.Button(
                    label("views.generate"), variant="primary", elem_id="views-generate", scale=2
                )
                cancel = gr.Button(label("avatar.cancel"), interactive=False, elem_id="views-cancel", scale=1)
            yaw = gr.Slider(0, 355, 30, step=5, label=label("views.turn"), elem_id="views-yaw")
            parts.static(TURNING, elem_id="turning")
        with gr.Column(scale=3, min_width=320, elem_classes="shown"):
            shown = parts.live("views")
            compared = parts.live("compare")
    source = gr.Textbox("", visible="hidden", elem_id="views-from")
    job = gr.Textbox("", visible="hidden", elem_id="views-job")

    def take(event: gr.EventData, request: gr.Request) -> Any:
        """Take a character over from another tab."""
        carried = parts.pressed(event)
        if carried.get("send") != TAB:
            return gr.skip()
        tail.show(request.session_hash, SOURCE, carried.get("id", ""))
        return carried.get("id", "")

    def submit(request: gr.Request, source_id: str, views: list[View], most: float, *given: Any) -> str:
        """Record a job of all wanted views."""
        language = texts.language_of_page(request)
        more = {"views": tuple(view for view in VIEWS if view in views), "max_drift": most or None}
        if not views:
            raise form.complaint(texts.say(language, "views.none"))
        try:
            asked = _character(studio, source_id, more) or form.read(
                studio, single.form.values(given), language, **more
            )
            made = studio.jobs.submit(with_values(asked, variants=1), door="ui")
        except StudioError as error:
            raise form.refusal(error, language) from error
        tail.show(request.session_hash, TAB, made.id)
        return made.id

    def stop(job_id: str, request: gr.Request) -> None:
        """Cancel the job that is shown."""
        try:
            studio.jobs.cancel(job_id)
        except StudioError as error:
            form.tell(error, texts.language_of_page(request))

    def act(event: gr.EventData, request: gr.Request) -> Any:
        """Re-roll a view, or say that it is good."""
        try:
            made = _act(studio, parts.pressed(event))
        except StudioError as error:
            raise form.refusal(error, texts.language_of_page(request)) from error
        if made is None:
            return gr.skip()
        tail.show(request.session_hash, TAB, made)
        return made

    def forget(event: gr.EventData, request: gr.Request) -> str:
        """Draw the character of the form again instead of a chosen one."""
        tail.show(request.session_hash, SOURCE, "")
        return ""

    single.result.send(take, None, source, **parts.PRESSED)
    character.click(forget, None, source, **parts.QUIET)
    submitted = generate.click(submit, [source, wanted, limit, *single.form.components], job, **parts.QUIET)
    submitted.success(None, job, None, js="(id) => avatarforge.made('views', id)")
    cancel.click(stop, job, None, **parts.QUIET)
    shown.click(act, None, job, **parts.PRESSED).success(
        None, job, None, js="(id) => avatarforge.remember({views: id})"
    )
    gr.on(
        [yaw.change, source.change, *(one.change for one in single.form.components)],
        None,
        [yaw, source, *single.form.components],
        None,
        js=f"(...all) => avatarforge.turn({single.form.names}, all)",
    )
    # Loaded again with views on it, the page goes on with the character that they show.
    shows = "() => [new URL(location).searchParams.get('views') || '']"
    blocks.load(None, None, source, js=shows, api_visibility="private")
    return ViewsTab(
        source,
        job,
        (
            Live(character, show_character, TAB),
            Live(shown, show, TAB),
            Live(compared, show_comparison, TAB),
            Live(cancel, _cancellable),
        ),
    )


SOURCE = "views-source"


def _character(studio: Studio, source_id: str, more: dict[str, Any]) -> AvatarRequest | None:
    """The very character of a finished job: its words and its seed."""
    if not source_id:
        return None
    job = studio.jobs.get(source_id)
    return AvatarRequest.model_validate({**job.request, "seed": job.seed, **more})


def _act(studio: Studio, carried: dict[str, str]) -> str | None:
    job = studio.jobs.get(carried.get("id", ""))
    view: View | None = next((one for one in VIEWS if one == carried.get("view")), None)
    output = next((one for one in job.outputs if one.view == view), None)
    match carried.get("do"):
        case "reroll" if view is not None:
            made = studio.jobs.reroll(job.id, view, door="ui")
            _keep_accepted(studio, job, made)
            return made.id
        case "retry":
            return studio.jobs.retry(job.id, door="ui").id
        case "accept" if output is not None:
            studio.gallery.tag([output.id], add=[ACCEPTED])
        case "unaccept" if output is not None:
            studio.gallery.tag([output.id], remove=[ACCEPTED])
    return None


def _keep_accepted(studio: Studio, old: Job, new: Job) -> None:
    """What was good before is good still: the kept pictures are the same ones."""
    good = {item.output.view for item in _items(studio, old) if ACCEPTED in item.tags}
    kept = [output.id for output in new.outputs if output.view in good]
    if kept:
        studio.gallery.tag(kept, add=[ACCEPTED])


def _items(studio: Studio, job: Job) -> list[Any]:
    return studio.gallery.find([output.id for output in job.outputs])


def _cancellable(sight: Sight) -> dict[str, Any]:
    job = sight.job(TAB)
    return gr.update(interactive=isinstance(job, Job) and not job.is_final)


# --------------------------------------------------------------------- shown


def show_character(sight: Sight) -> str:
    """Who is drawn: a chosen result, or whoever the form describes."""
    job = sight.job(SOURCE)
    title = f"<h2>{escape(sight.say('views.character'))}</h2>"
    if not isinstance(job, Job):
        return (
            f'<div class="character">{title}<p class="quiet">{escape(sight.say("views.from_form"))}</p></div>'
        )
    output = next((one for one in job.outputs if one.media == "image"), None)
    thumb = cards.thumbnail(job, output) if output else ""
    other = cards.button("forget", sight.say("views.forget"), job.id)
    return (
        f'<div class="character" data-query="{escape(_query(job))}">{title}<div class="who">{thumb}<div>'
        f'<p class="prompt">{escape(cards.words_of(job))}</p><p class="chips">'
        f"{cards.chip(sight.say('result.seed', seed=job.seed))}</p>{other}</div></div></div>"
    )


def _query(job: Job) -> str:
    """The members of a draft of this very character, as JSON."""
    return cards.draft_members({**job.request, "seed": job.seed})


def show(sight: Sight) -> str:
    """The views of the job that this tab shows."""
    job = sight.job(TAB)
    if job is None:
        return f'<div class="stage empty"><p>{escape(sight.say("views.empty"))}</p></div>'
    if isinstance(job, StudioError):
        return f'<div class="stage failed">{cards.failure(sight, job)}</div>'
    good = {item.output.view for item in _items(sight.studio, job) if ACCEPTED in item.tags}
    tiles = "".join(_view(sight, job, task, task.view in good) for task in job.tasks)
    notes = "".join(cards.note(sight, one) for one in job.notes)
    words = (
        ""
        if job.is_final
        else f'<p role="status" class="quiet">{escape(cards.waiting_words(sight, job))}</p>'
    )
    sheet = cards.send("sheet", sight.say("action.to_sheet"), job.id) if job.status == "completed" else ""
    again = (
        cards.button("retry", sight.say("action.retry"), job.id)
        if job.status in {"failed", "cancelled"}
        else ""
    )
    speaks = _to_talking(sight, job)
    actions = f'<div class="row">{sheet}{speaks}{again}</div>' if sheet or speaks or again else ""
    return f'{words}<div class="views n{len(job.tasks)}">{tiles}</div>{actions}{notes}'


def _to_talking(sight: Sight, job: Job) -> str:
    """The view whose face is seen best can speak."""
    seen = {one.view: one for one in job.outputs if one.media == "image"}
    best = next((seen[view] for view in ("front", "quarter", "side") if view in seen), None)
    return cards.send("talking", sight.say("action.to_talking"), job.id, picture=best.id) if best else ""


def _view(sight: Sight, job: Job, task: Task, accepted: bool) -> str:
    say = sight.say
    output = next((one for one in job.outputs if one.task_id == task.id and one.media == "image"), None)
    name = cards.named(sight, f"view.{task.view}")
    if output is not None:
        content = cards.picture(job, output)
    elif task.status == "failed":
        content = cards.failure(sight, task.problem)
    elif task.status == "cancelled":
        content = f'<p class="quiet">{escape(say("status.cancelled"))}</p>'
    else:
        words = cards.task_words(sight, task)
        progress = cards.bar(task.progress, f"{name}: {say('result.progress')}")
        content = f'<p class="quiet">{escape(words)}</p>{progress}'
    actions = ""
    if output is not None:
        mark = "unaccept" if accepted else "accept"
        actions = cards.toggle(mark, say("action.accept"), accepted, job.id, view=task.view)
        if job.is_final:
            actions += cards.button("reroll", say("action.redo"), job.id, view=task.view)
        actions += cards.download(cards.output_url(output), say("action.download"), "↓")
    elif job.is_final:
        actions = cards.button("reroll", say("action.redo"), job.id, view=task.view)
    return (
        f'<figure class="view {"accepted" if accepted else ""}" data-view="{task.view}">'
        f'<div class="frame">{content}</div>'
        f"<figcaption><b>{escape(name)}</b>{_drift(sight, job, task, output)}</figcaption>"
        f'<div class="row">{actions}</div></figure>'
    )


def _drift(sight: Sight, job: Job, task: Task, output: Output | None) -> str:
    """How far a view is from the front, as far as that was measured."""
    found = output.drift_from_front if output else None
    if not found:
        return ""
    score = found["score"]
    if job.engine == "embedded":
        kind, key = (
            "",
            "close",
        )  # one model from all sides: what differs is what the back of a cape looks like
    elif score < CLOSE:
        kind, key = "healthy", "close"
    else:
        kind, key = ("paused", "some") if score < FAR else ("failed", "far")
    tries = len(task.tried)
    told = sight.say(f"drift.{key}", percent=round(100 * score))
    return cards.chip(f"{told} ({sight.say('drift.tries', count=tries)})" if tries > 1 else told, kind)


def show_comparison(sight: Sight) -> str:
    """Two views over one another, with a slider between them."""
    job = sight.job(TAB)
    outputs = [one for one in job.outputs if one.media == "image"] if isinstance(job, Job) else []
    if not isinstance(job, Job) or len(outputs) < 2:
        return ""
    first, second = outputs[0], outputs[1]

    def options(chosen: Output) -> str:
        return "".join(
            f'<option value="{cards.output_url(one)}"{" selected" if one is chosen else ""}>'
            f"{escape(cards.named(sight, f'view.{one.view}'))}</option>"
            for one in outputs
        )

    title = escape(sight.say("views.compare"))
    return (
        f'<section class="list compare" data-compare><header><h2>{title}</h2><div class="row">'
        f'<select class="act" data-side="left" aria-label="{title}: 1">{options(first)}</select>'
        f'<select class="act" data-side="right" aria-label="{title}: 2">{options(second)}</select>'
        "</div></header>"
        f'<div class="pair-of"><img src="{cards.output_url(first)}" alt="{cards.alt_text(job, first.view)}">'
        f'<img class="over" src="{cards.output_url(second)}" alt="{cards.alt_text(job, second.view)}">'
        f'<input type="range" min="0" max="100" value="50" aria-label="{title}"></div></section>'
    )
