"""The tab for one avatar: words in, a draft while they are typed, a job made, its record shown."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.errors import StudioError
from studio.records.entities import Job, Output
from studio.request import AvatarRequest, random_seed, with_values
from studio.ui import cards, form, parts, phrases, texts
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "avatar"
VARIATIONS = 4

EMPTY = '<div class="stage empty fresh"><p>{}</p></div>'
DRAFT = '<figure class="draft" hidden><img alt=""><figcaption><b></b><span></span></figcaption></figure>'


@dataclass(frozen=True)
class AvatarTab:
    """What the page needs of this tab."""

    form: form.Form
    generate: gr.Button
    cancel: gr.Button
    result: gr.HTML
    job: gr.Textbox
    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail) -> AvatarTab:
    """Create the tab and wire it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(scale=2, min_width=320, elem_classes="sheet", elem_id="form"):
            fields = form.build(studio)
            with gr.Row(elem_id="actions"):
                generate = gr.Button(label("avatar.generate"), variant="primary", elem_id="generate", scale=2)
                cancel = gr.Button(label("avatar.cancel"), interactive=False, elem_id="cancel", scale=1)
        with gr.Column(scale=3, min_width=320, elem_classes="shown", elem_id="shown"):
            parts.static(DRAFT, elem_id="draft")
            ready = parts.live("getting-ready")
            result = parts.live("result", EMPTY.format(label("result.empty")))
    # No gr.State: its value never reaches the browser, which keeps the job in its address.
    job = gr.Textbox("", visible="hidden", elem_id="avatar-job")

    def submit(request: gr.Request, *given: Any) -> tuple[str, Any]:
        """Record a job; the work goes on whether or not anybody looks."""
        values = fields.values(given)
        language = texts.language_of_page(request)
        made = _submit(studio, form.read(studio, values, language), language)
        tail.show(request.session_hash, TAB, made.id)
        # What the draft shows is what comes; the next one is another, unless this one is to be kept.
        keep = values["keep_seed"] or not str(values["seed"] or "").strip()
        return made.id, gr.skip() if keep else str(random_seed())

    def stop(job_id: str, request: gr.Request) -> None:
        """Cancel the job that is shown."""
        try:
            studio.jobs.cancel(job_id)
        except StudioError as error:
            form.tell(error, texts.language_of_page(request))

    def act(event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        """Do what a button below the result says."""
        carried = parts.pressed(event)
        try:
            return _act(studio, fields, job, carried, texts.language_of_page(request))
        except StudioError as error:
            raise form.refusal(error, texts.language_of_page(request)) from error

    def look_at(job_id: str, request: gr.Request) -> None:
        """Have the stream show another job."""
        tail.show(request.session_hash, TAB, job_id)

    submitted = gr.on(
        [generate.click, fields.prompt.submit], submit, fields.components, [job, fields.seed], **parts.QUIET
    )
    submitted.success(None, job, None, js="(id) => avatarforge.made('job', id)")
    cancel.click(stop, job, None, **parts.QUIET)
    result.click(act, None, [job, *fields.components], **parts.PRESSED)
    job.change(look_at, job, None, **parts.AT_ONCE)
    job.change(None, job, None, js="(id) => avatarforge.remember({job: id})")
    return AvatarTab(
        fields,
        generate,
        cancel,
        result,
        job,
        (Live(result, show), Live(cancel, _cancellable), Live(ready, show_readiness)),
    )


def _submit(studio: Studio, request: AvatarRequest, language: str) -> Job:
    try:
        return studio.jobs.submit(request, door="ui")
    except StudioError as error:
        raise form.refusal(error, language) from error


def _act(
    studio: Studio, fields: form.Form, shown: gr.Textbox, carried: dict[str, str], language: str
) -> dict[Any, Any]:
    job = studio.jobs.get(carried.get("id", ""))
    match carried.get("do"):
        case "variations":
            request = AvatarRequest.model_validate(
                {**job.request, "seed": random_seed(), "variants": VARIATIONS}
            )
            return {shown: _submit(studio, request, language).id}
        case "retry":
            return {shown: studio.jobs.retry(job.id, door="ui").id}
        case "upscale":
            return {shown: _upscale(studio, job, carried.get("name", ""), language).id}
        case "reuse":
            return form.restore(fields, {**job.request, "seed": job.seed})
    return {shown: gr.skip()}


def _upscale(studio: Studio, job: Job, name: str, language: str) -> Job:
    output = studio.jobs.output(job.id, name)
    source = studio.files.store_bytes(studio.files.output_path(job.id, name).read_bytes(), output.name)
    request = AvatarRequest(prompt=job.request["prompt"], workflow="upscale", reference_file_id=source.id)
    return _submit(studio, with_values(request, realism=job.request["realism"]), language)


def _cancellable(sight: Sight) -> dict[str, Any]:
    job = sight.job(TAB)
    return gr.update(interactive=isinstance(job, Job) and not job.is_final)


def show_readiness(sight: Sight) -> str:
    """Why drafts have to wait, while the engine comes up or prepares itself; it says so itself."""
    engine = next((one for one in sight.servers if one["kind"] == "embedded" and not one["paused"]), None)
    if engine is None:
        return ""
    said = phrases.phrase(sight.page.language, sight.heard.said(engine["url"]))
    if not said and engine["status"] == "starting":
        said = sight.say("draft.starting")
    return f'<p class="getting-ready" role="status">{escape(said)}</p>' if said else ""


def show(sight: Sight) -> str:
    """The job that this tab shows: its pictures, or how far it is."""
    job = sight.job(TAB)
    if job is None:
        return EMPTY.format(escape(sight.say("result.empty")))
    if isinstance(job, StudioError):
        return _stage("failed", cards.failure(sight, job))
    match job.status:
        case "completed":
            return _stage("done", _finished(sight, job))
        case "failed":
            again = cards.button("retry", sight.say("action.retry"), job.id)
            return _stage("failed", cards.failure(sight, job.error) + f'<div class="row">{again}</div>')
        case "cancelled":
            again = cards.button("retry", sight.say("action.again"), job.id)
            words = escape(sight.say("status.cancelled"))
            return _stage("empty", f'<p>{words}</p><div class="row">{again}</div>')
        case _:
            return _stage("working", _working(sight, job))


def _stage(state: str, content: str) -> str:
    return f'<div class="stage {state}">{content}</div>'


def _finished(sight: Sight, job: Job) -> str:
    pictures = "".join(
        f"<figure>{cards.picture(job, output)}<figcaption>{_picture_actions(sight, job, output)}"
        "</figcaption></figure>"
        for output in job.outputs
        if output.media == "image"
    )
    took = (job.completed_at or 0) - (job.started_at or job.created_at)
    maker = sight.say("result.by_engine" if job.engine == "embedded" else "result.by_comfy")
    chips = [
        cards.chip(sight.say("result.seed", seed=job.seed)),
        cards.chip(f"{job.outputs[0].width} × {job.outputs[0].height}") if job.outputs else "",
        cards.chip(maker),
        cards.chip(cards.seconds(sight, took)) if took > 0 else "",
    ]
    actions = [
        cards.send("views", sight.say("action.to_views"), job.id),
        cards.send("sheet", sight.say("action.to_sheet"), job.id),
        cards.button("variations", sight.say("action.variations"), job.id),
        cards.button("reuse", sight.say("action.reuse"), job.id),
    ]
    notes = "".join(cards.note(sight, one) for one in job.notes)
    return (
        f'<div class="pictures n{min(len(job.outputs), 4)}">{pictures}</div>'
        f'<p class="chips">{"".join(chips)}</p><div class="row">{"".join(actions)}</div>{notes}'
        f"{cards.recipe(sight, job)}"
    )


def _picture_actions(sight: Sight, job: Job, output: Output) -> str:
    actions = cards.download(cards.output_url(output), sight.say("action.download"))
    actions += cards.send("talking", sight.say("action.to_talking"), job.id, picture=output.id)
    if job.request.get("character_id") is None:
        actions += cards.keep(sight.say("action.keep"), output)
    if any(server["kind"] == "comfy" for server in sight.servers):
        actions += cards.button("upscale", sight.say("action.upscale"), job.id, name=output.name)
    return actions


def _working(sight: Sight, job: Job) -> str:
    words = cards.waiting_words(sight, job)
    return (
        f"{cards.preview(sight, job)}"
        f'<div class="working"><p role="status">{escape(words)}</p>'
        f"{cards.bar(job.progress, sight.say('result.progress'))}"
        f"<small>{cards.lasting(job.started_at or job.created_at)}</small></div>"
    )
