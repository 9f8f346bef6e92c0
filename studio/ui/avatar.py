"""The tab for one avatar: words in, a job made, and its record shown until the picture is there."""

from __future__ import annotations

import asyncio
import base64
import html
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from studio.errors import StudioError
from studio.records.entities import Job
from studio.request import MAX_SEED, VIEWS, AvatarRequest, View

if TYPE_CHECKING:
    from studio.assembly import Studio

VIEW_NAMES: dict[View, str] = {"front": "Front", "back": "Back", "side": "Side", "quarter": "3/4"}
EXAMPLES = {
    "Warrior": (
        "female warrior, blue armor, long white hair, determined expression",
        "red cape, silver trim",
    ),
    "Cyberpunk": ("cyberpunk character, neon hair, tech implants", "leather jacket, combat boots"),
    "Mage": ("mage character, purple robes, holding a staff", ""),
}
LOOK_EVERY_S = 0.2

# On a phone the picture is below the form.
SHOW_RESULT = """(id) => {
  const url = new URL(location); url.searchParams.set('job', id); history.replaceState(null, '', url);
  if (innerWidth <= 768) document.querySelector('#result').scrollIntoView({block: 'start'});
  return [];
}"""


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Create the tab and wire it."""
    with gr.Row(elem_id="workbench"):
        with gr.Column(scale=2, min_width=320, elem_id="form"):
            prompt = gr.Textbox(
                label="Character",
                placeholder="female warrior, blue armor, long white hair",
                lines=3,
                elem_id="prompt",
            )
            with gr.Row(elem_id="examples"):
                examples = {name: gr.Button(name, size="sm") for name in EXAMPLES}
            clothing = gr.Textbox(
                label="Clothing", placeholder="full plate armor, red cape", elem_id="clothing"
            )
            style = gr.Textbox(label="Art style", placeholder="watercolor, pixel art, ...", elem_id="style")
            view = gr.Radio(
                [(VIEW_NAMES[view], view) for view in VIEWS], value="front", label="View", elem_id="view"
            )
            realism = gr.Checkbox(label="Realistic", value=False, elem_id="realism")
            # Not a number field: that one turns an empty value into 0, and large seeds into other ones.
            seed = gr.Textbox(label="Seed", placeholder="empty: a new one each time", elem_id="seed")
            with gr.Row(elem_id="actions"):
                generate = gr.Button(
                    "Generate", variant="primary", elem_id="generate", scale=2, min_width=120
                )
                cancel = gr.Button("Cancel", interactive=False, elem_id="cancel", scale=1, min_width=90)
        with gr.Column(scale=3, min_width=320, elem_id="shown"):
            result = gr.HTML(EMPTY, elem_id="result", padding=False)
    job_id = gr.Textbox("", visible="hidden")  # no gr.State: its value never reaches the browser
    followed: dict[str | None, str] = {}  # the job that each open page shows, by Gradio's session

    def submit(prompt: str, clothing: str, style: str, view: str, realism: bool, seed: str) -> str:
        """Record a job and give its id; the work goes on whether or not anybody looks."""
        try:
            request = AvatarRequest.model_validate(
                {
                    "prompt": prompt,
                    "clothing": clothing or "",
                    "style": style or "",
                    "views": (view,),
                    "realism": realism,
                    "seed": (seed or "").strip() or None,
                }
            )
            return studio.jobs.submit(request, door="ui").id
        except ValidationError as error:
            raise gr.Error(_explain(error), title="Not quite", print_exception=False) from error
        except StudioError as error:
            raise gr.Error(f"{error.message} {error.hint}", print_exception=False) from error

    async def follow(job_id: str, request: gr.Request) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The job as a picture with words, again after each change; no thread waits meanwhile."""
        if not job_id:
            yield EMPTY, gr.update(interactive=False)
            return
        session = request.session_hash
        followed[session] = job_id
        shown = ""
        try:
            while True:
                try:
                    job = await run_in_threadpool(studio.jobs.get, job_id)
                except StudioError as error:
                    yield _page(_problem(f"{error.message} {error.hint}")), gr.update(interactive=False)
                    return
                if followed.get(session) != job_id:  # the page shows a newer job by now
                    return
                page = render(job, studio.jobs.preview(job.id))
                if page != shown:
                    yield page, gr.update(interactive=not job.is_final)
                    shown = page
                if job.is_final:
                    return
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            if followed.get(session) == job_id:
                del followed[session]

    def stop(job_id: str) -> None:
        """Cancel the job that is shown."""
        try:
            studio.jobs.cancel(job_id)
        except StudioError as error:
            gr.Info(error.message)

    def reopen(request: gr.Request) -> str:
        """The job that the page's address names."""
        return dict(request.query_params).get("job", "")

    for name, button in examples.items():
        button.click(lambda name=name: EXAMPLES[name], None, [prompt, clothing], api_visibility="private")
    fields = [prompt, clothing, style, view, realism, seed]
    started = gr.on([generate.click, prompt.submit], submit, fields, job_id, api_name="avatar_submit")
    started.success(None, job_id, None, js=SHOW_RESULT, api_visibility="private")
    started.success(
        follow,
        job_id,
        [result, cancel],
        concurrency_limit=None,
        trigger_mode="multiple",
        show_progress="hidden",
        api_name="avatar_follow",
    )
    blocks.load(reopen, None, job_id, api_visibility="private").success(
        follow,
        job_id,
        [result, cancel],
        concurrency_limit=None,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )
    cancel.click(stop, job_id, None, api_name="avatar_cancel")


def render(job: Job, preview: tuple[str, bytes] | None) -> str:
    """A job as HTML: its pictures, or how far it is."""
    alt = html.escape(job.prompt.replace("\n", ", "), quote=True)
    if job.status == "completed":
        urls = [f"outputs/{output.job_id}/{html.escape(output.name, quote=True)}" for output in job.outputs]
        pictures = "".join(f'<img src="{url}" alt="{alt}">' for url in urls)
        downloads = "".join(f'<a href="{url}" download>Download</a>' for url in urls)
        maker = "Drawn by the embedded engine" if job.engine == "embedded" else "Made by ComfyUI"
        facts = f"<span>Seed {job.seed}</span><span>{maker}</span>{downloads}"
        notes = "".join(f'<p class="note">{html.escape(_capital(note))}</p>' for note in job.notes)
        return _page(f'<div class="pictures">{pictures}</div><p class="facts">{facts}</p>{notes}')
    if job.status == "failed":
        problem: dict[str, Any] = job.error or {}
        return _page(_problem(f"{problem.get('message', 'It failed.')} {problem.get('hint', '')}"))
    if job.status == "cancelled":
        return _page('<p class="empty">Cancelled.</p>')
    picture = ""
    if preview is not None:
        mime_type, data = preview
        picture = (
            f'<img src="data:{mime_type};base64,{base64.b64encode(data).decode()}" alt="Preview: {alt}">'
        )
    words = "Waiting for a free server" if job.status == "queued" else "Drawing"
    percent = f"{job.progress:.0f}"
    return _page(
        f'{picture}<div class="working"><span role="status">{words}</span>'
        f'<div class="bar" role="progressbar" aria-label="Progress" aria-valuenow="{percent}" '
        f'aria-valuemin="0" aria-valuemax="100"><i style="width:{percent}%"></i></div></div>'
    )


def _page(content: str) -> str:
    return f'<div class="result">{content}</div>'


def _problem(sentence: str) -> str:
    return f'<p class="note problem" role="alert">{html.escape(sentence.strip())}</p>'


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


EMPTY = _page('<p class="empty">Describe a character and press Generate.</p>')


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    field = first["loc"][0] if first["loc"] else ""
    if field == "prompt":
        return "Describe the character first, in a few words."
    if field == "seed":
        return f"A seed is a whole number from 0 to {MAX_SEED}, or nothing."
    return f"{field}: {first['msg']}"
