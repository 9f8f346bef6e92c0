"""The tab for one avatar: words in, a job made, and its record shown until the picture is there."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError

from studio.errors import StudioError
from studio.records.entities import Job
from studio.request import VIEW_DESCRIPTIONS, VIEWS, AvatarRequest

if TYPE_CHECKING:
    from studio.assembly import Studio

EXAMPLES = [
    ["female warrior, blue armor, long white hair, determined expression", "red cape, silver trim", ""],
    ["cyberpunk character, neon hair, tech implants", "leather jacket, combat boots", "digital art"],
    ["mage character, purple robes, holding a staff", "", "watercolor painting"],
]
EMPTY = '<div class="result"><p class="empty">Describe a character and press Generate.</p></div>'
TAIL_S = 3600.0


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Create the tab and wire it."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            prompt = gr.Textbox(
                label="Character",
                placeholder="female warrior, blue armor, long white hair",
                lines=3,
                elem_id="prompt",
            )
            clothing = gr.Textbox(
                label="Clothing", placeholder="full plate armor, red cape", elem_id="clothing"
            )
            style = gr.Textbox(label="Art style", placeholder="watercolor, pixel art, ...", elem_id="style")
            with gr.Row():
                view = gr.Dropdown(
                    [(VIEW_DESCRIPTIONS[view], view) for view in VIEWS], value="front", label="View"
                )
                realism = gr.Checkbox(label="Realistic", value=False)
            seed = gr.Number(label="Seed (empty: a new one each time)", value=None, precision=0, minimum=0)
            with gr.Row():
                generate = gr.Button("Generate", variant="primary", elem_id="generate")
                cancel = gr.Button("Cancel", elem_id="cancel")
            gr.Examples(EXAMPLES, [prompt, clothing, style], label="Examples")
        with gr.Column(scale=3, min_width=320):
            result = gr.HTML(EMPTY, elem_id="result")
    job_id = gr.State("")

    def submit(prompt: str, clothing: str, style: str, view: str, realism: bool, seed: float | None) -> str:
        """Record a job and give its id; the work goes on whether or not anybody looks."""
        try:
            request = AvatarRequest.model_validate(
                {
                    "prompt": prompt,
                    "clothing": clothing or "",
                    "style": style or "",
                    "views": (view,),
                    "realism": realism,
                    "seed": None if seed is None else int(seed),
                }
            )
            return studio.jobs.submit(request, door="ui").id
        except ValidationError as error:
            raise gr.Error(_explain(error), title="Not quite", print_exception=False) from error
        except StudioError as error:
            raise gr.Error(f"{error.message} {error.hint}", print_exception=False) from error

    def follow(job_id: str) -> Iterator[str]:
        """The job as a picture with words, again after each change."""
        if not job_id:
            yield EMPTY
            return
        try:
            for job in studio.jobs.watch(job_id, TAIL_S):
                yield render(job, studio.jobs.preview(job.id))
        except StudioError as error:
            yield _page(f'<p class="note">{html.escape(f"{error.message} {error.hint}")}</p>')

    def stop(job_id: str) -> None:
        """Cancel the job that is shown."""
        if not job_id:
            return
        try:
            studio.jobs.cancel(job_id)
        except StudioError as error:
            gr.Info(error.message)

    def reopen(request: gr.Request) -> str:
        """The job that the page's address names."""
        return dict(request.query_params).get("job", "")

    started = generate.click(
        submit, [prompt, clothing, style, view, realism, seed], job_id, api_name="avatar_submit"
    )
    show_in_address = (
        "(id) => { const url = new URL(location); url.searchParams.set('job', id);"
        " history.replaceState(null, '', url); return []; }"
    )
    started.success(None, job_id, None, js=show_in_address, api_visibility="private")
    started.success(
        follow, job_id, result, concurrency_limit=None, show_progress="hidden", api_name="avatar_follow"
    )
    cancel.click(stop, job_id, None, api_name="avatar_cancel")
    blocks.load(reopen, None, job_id, api_visibility="private").success(
        follow, job_id, result, concurrency_limit=None, show_progress="hidden", api_visibility="private"
    )


def render(job: Job, preview: tuple[str, bytes] | None) -> str:
    """A job as HTML: its pictures, or how far it is."""
    alt = html.escape(job.prompt.replace("\n", ", "), quote=True)
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in job.notes)
    if job.status == "completed":
        pictures = "".join(
            f'<img src="outputs/{output.job_id}/{html.escape(output.name, quote=True)}" alt="{alt}">'
            for output in job.outputs
        )
        facts = f'<p class="note">Seed {job.seed} · {html.escape(job.workflow)} · {job.engine} engine</p>'
        return _page(pictures + facts + notes)
    if job.status == "failed":
        problem: dict[str, Any] = job.error or {}
        sentence = f"{problem.get('message', 'It failed.')} {problem.get('hint', '')}"
        return _page(f'<p class="note" role="alert">{html.escape(sentence)}</p>')
    if job.status == "cancelled":
        return _page('<p class="note">Cancelled.</p>')
    picture = ""
    if preview is not None:
        mime_type, data = preview
        picture = (
            f'<img src="data:{mime_type};base64,{base64.b64encode(data).decode()}" alt="Preview: {alt}">'
        )
    words = "Waiting for a free server" if job.status == "queued" else f"Drawing, {job.progress:.0f} %"
    return _page(
        f'{picture}<p class="note" aria-live="polite">{words}</p>'
        f'<div class="bar"><i style="width:{job.progress:.0f}%"></i></div>'
    )


def _page(content: str) -> str:
    return f'<div class="result">{content}</div>'


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["loc"] and first["loc"][0] == "prompt":
        return "Describe the character first, in a few words."
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
