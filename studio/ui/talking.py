"""The tab in which a picture speaks: a face, a voice and a mood in, a video out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError

from studio.errors import StudioError
from studio.records.entities import Job, Output
from studio.request import MAX_SEED, TalkRequest
from studio.ui import cards, form, parts, texts
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "talking"
SOURCE = '<div data-talking><div class="drop"></div></div>'
RESOLUTIONS = (256, 512, 1024)
USUAL_FPS, LEAST_FPS, MOST_FPS = 25, 10, 60
# Moods of the engine that have words; in the order in which people look for them.
MOODS = (
    *("neutral", "happy", "laughing", "smirk", "wink", "calm", "shy", "surprised", "confused", "sleepy"),
    *("serious", "determined", "sad", "crying", "scared", "angry", "disgusted"),
)


@dataclass(frozen=True)
class TalkingTab:
    """What the page needs of this tab."""

    job: gr.Textbox
    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail) -> TalkingTab:
    """Create the tab and wire it."""
    with gr.Row(elem_classes="workbench"):
        with gr.Column(scale=2, min_width=320, elem_classes="sheet", elem_id="talk-form"):
            parts.static(SOURCE, elem_id="talk-source")
            with gr.Row(elem_classes="pair"):
                emotion = gr.Dropdown(
                    [(label(f"expression.{mood}"), mood) for mood in MOODS],
                    value="neutral",
                    label=label("talk.emotion"),
                    elem_id="talk-emotion",
                    min_width=140,
                )
                resolution = gr.Radio(
                    [(str(one), one) for one in RESOLUTIONS],
                    value=512,
                    label=label("talk.resolution"),
                    elem_id="talk-resolution",
                    elem_classes="segments",
                )
            with gr.Accordion(label("form.advanced"), open=False):
                fps = gr.Slider(
                    LEAST_FPS, MOST_FPS, USUAL_FPS, step=1, label=label("talk.fps"), elem_id="talk-fps"
                )
                seed = gr.Textbox(
                    label=label("form.seed"),
                    placeholder=label("form.seed_placeholder"),
                    elem_id="talk-seed",
                )
            with gr.Row(elem_id="talk-actions"):
                generate = gr.Button(
                    label("talk.generate"), variant="primary", elem_id="talk-generate", scale=2
                )
                cancel = gr.Button(label("avatar.cancel"), interactive=False, elem_id="talk-cancel", scale=1)
        with gr.Column(scale=3, min_width=320, elem_classes="shown"):
            shown = parts.live("talk-shown", _empty(label("talk.empty")))
    given = gr.Textbox("", visible="hidden")  # what the page's own script keeps: picture, voice, landmarks
    job = gr.Textbox("", visible="hidden", elem_id="talk-job")

    def submit(request: gr.Request, source: str, *values: Any) -> str:
        """Record a job; the work goes on whether or not anybody looks."""
        language = texts.language_of_page(request)
        try:
            made = studio.jobs.submit(_read(source, values, language), door="ui")
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
        """Do what a button below the video says."""
        carried = parts.pressed(event)
        if carried.get("do") != "retry":
            return gr.skip()
        try:
            made = studio.jobs.retry(carried.get("id", ""), door="ui")
        except StudioError as error:
            raise form.refusal(error, texts.language_of_page(request)) from error
        tail.show(request.session_hash, TAB, made.id)
        return made.id

    fields = [given, emotion, resolution, fps, seed]
    submitted = generate.click(
        submit, fields, job, js="(...values) => avatarforge.talking.given(values)", **parts.QUIET
    )
    submitted.success(None, job, None, js="(id) => avatarforge.made('talk', id)")
    cancel.click(stop, job, None, **parts.QUIET)
    shown.click(act, None, job, **parts.PRESSED).success(
        None, job, None, js="(id) => avatarforge.remember({talk: id})"
    )
    return TalkingTab(job, (Live(shown, show, TAB), Live(cancel, _cancellable)))


def _read(source: str, values: tuple[Any, ...], language: str) -> TalkRequest:
    """The request that the form makes; what is missing is said by its name."""
    emotion, resolution, fps, seed = values
    try:
        chosen = json.loads(source)
    except ValueError:
        chosen = {}
    chosen = chosen if isinstance(chosen, dict) else {}
    for member, key in (("image_file_id", "talk.no_picture"), ("audio_file_id", "talk.no_voice")):
        if not chosen.get(member):
            raise form.complaint(texts.say(language, key), title=texts.say(language, "error.form"))
    try:
        return TalkRequest.model_validate(
            {
                **{
                    key: chosen.get(key)
                    for key in ("image_file_id", "audio_file_id", "landmarks", "character_id")
                },
                "title": str(chosen.get("title") or "")[:300],
                "emotion": emotion,
                "resolution": resolution,
                "fps": fps,
                "seed": str(seed or "").strip() or None,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        sentence = f"{field}: {first['msg']}"
        if field == "seed":
            sentence = texts.say(language, "error.seed", most=MAX_SEED)
        raise form.complaint(sentence, title=texts.say(language, "error.form")) from error


def _cancellable(sight: Sight) -> dict[str, Any]:
    job = sight.job(TAB)
    return gr.update(interactive=isinstance(job, Job) and not job.is_final)


# --------------------------------------------------------------------- shown


def _empty(words: Any) -> str:
    return f'<div class="stage empty"><p>{words}</p></div>'


def show(sight: Sight) -> str:
    """The job that this tab shows: its video, or how far it is."""
    job = sight.job(TAB)
    if job is None:
        return _empty(escape(sight.say("talk.empty")))
    if isinstance(job, StudioError):
        return f'<div class="stage failed">{cards.failure(sight, job)}</div>'
    match job.status:
        case "completed":
            return f'<div class="stage done">{_finished(sight, job)}</div>'
        case "failed":
            return f'<div class="stage failed">{_failed(sight, job)}</div>'
        case "cancelled":
            again = cards.button("retry", sight.say("action.again"), job.id)
            words = escape(sight.say("status.cancelled"))
            return f'<div class="stage empty"><p>{words}</p><div class="row">{again}</div></div>'
        case _:
            return f'<div class="stage working">{_working(sight, job)}</div>'


def _failed(sight: Sight, job: Job) -> str:
    actions = cards.button("retry", sight.say("action.retry"), job.id)
    if (job.error or {}).get("code") == "no_face":
        actions = cards.button("mark", sight.say("talk.mark"), job.id, kind="main")
    return f'{cards.failure(sight, job.error)}<div class="row">{actions}</div>'


def _working(sight: Sight, job: Job) -> str:
    words = cards.waiting_words(sight, job)
    return (
        f"{cards.preview(sight, job)}"
        f'<div class="working"><p role="status">{escape(words)}</p>'
        f"{cards.bar(job.progress, sight.say('result.progress'))}"
        f"<small>{cards.lasting(job.started_at or job.created_at)}</small></div>"
    )


def _finished(sight: Sight, job: Job) -> str:
    videos = [output for output in job.outputs if output.media == "video"]
    shown = "".join(f'<figure class="talk-video">{cards.video(job, one)}</figure>' for one in videos)
    actions = "".join(
        cards.download(cards.output_url(one), sight.say("action.download"), kind="main") for one in videos
    )
    chips = "".join(_chips(sight, job, one) for one in videos)
    notes = "".join(cards.note(sight, one) for one in job.notes)
    return (
        f'{shown or _gone(sight)}<p class="chips">{chips}</p><div class="row">{actions}</div>{notes}'
        f"{cards.recipe(sight, job)}"
    )


def _gone(sight: Sight) -> str:
    return f'<p class="quiet">{escape(sight.say("talk.gone"))}</p>'


def _chips(sight: Sight, job: Job, output: Output) -> str:
    took = (job.completed_at or 0) - (job.started_at or job.created_at)
    facts = [
        cards.seconds(sight, output.duration_s) if output.duration_s else "",
        f"{output.width} × {output.height}" if output.width else "",
        sight.say("talk.frames", count=output.frames) if output.frames else "",
        cards.size(output.size),
        sight.say("talk.took", seconds=cards.seconds(sight, took)) if took > 0 else "",
    ]
    return "".join(cards.chip(fact) for fact in facts if fact)
