"""The tab for the character sheet: whose it is, how it looks, its pictures one by one, and taking it away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import gradio as gr
from starlette.concurrency import run_in_threadpool

from studio import sheets
from studio.errors import StudioError
from studio.records.entities import Job
from studio.request import AvatarRequest, View, random_seed
from studio.sheets import plan, turntable
from studio.sheets.content import ORDER, about_sheet
from studio.sheets.options import Layout
from studio.ui import form, parts, phrases, sheet_cells, texts
from studio.ui.sheet_cells import TAB
from studio.ui.tail import Live, Tail
from studio.ui.texts import label

if TYPE_CHECKING:
    from studio.assembly import Studio

STAGE = '<figure class="sheet-stage" data-sheet-stage></figure>'
EXPORTS = '<section class="list" data-sheet-exports></section>'
BACKGROUNDS = ("paper", "white", "mist", "night", "transparent", "own")
PARTS = ("labels", "shadows", "guides", "palette", "portrait", "expressions")
WIDTHS = ("", "1024", "2048", "4096")
FIGURES = ("auto", "cut", "card")


@dataclass(frozen=True)
class Look:
    """The fields that say how a sheet looks, by the names under which the page's script knows them."""

    layout: gr.Radio
    name: gr.Textbox
    title: gr.Textbox
    parts: gr.CheckboxGroup
    background: gr.Radio
    colour: gr.ColorPicker
    margin: gr.Slider
    width: gr.Radio
    views: gr.CheckboxGroup
    figures: gr.Radio
    facts: gr.Textbox


@dataclass(frozen=True)
class SheetTab:
    """What the page needs of this tab."""

    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail) -> SheetTab:
    """Create the tab and wire it."""
    with gr.Row(elem_classes="workbench", elem_id="sheet"):
        with gr.Column(scale=2, min_width=320, elem_classes="sheet", elem_id="sheet-form"):
            character = parts.live("sheet-source")
            look = _fields()
        with gr.Column(scale=4, min_width=320, elem_id="sheet-shown"):
            parts.static(STAGE, elem_id="sheet-stage")
            cells = parts.live("sheet-cells")
            parts.static(EXPORTS, elem_id="sheet-exports")
    job = gr.Textbox("", visible="hidden", elem_id="sheet-job")
    _wire_look(look)
    _wire_turn(studio)

    def act(event: gr.EventData, request: gr.Request) -> Any:
        """Do what a button beside a picture says."""
        language = texts.language_of_page(request)
        try:
            made, said = _act(studio, parts.pressed(event), language)
        except StudioError as error:
            raise form.refusal(error, language) from error
        if said:
            gr.Info(said)
        if made is None:
            tail.wake_all()
            return gr.skip()
        tail.show(request.session_hash, TAB, made)
        return made

    def look_at(job_id: str, request: gr.Request) -> None:
        """Have the stream show another character's sheet."""
        tail.show(request.session_hash, TAB, job_id)

    # Pressed by the page's script for buttons in any tab that send a character here.
    take = gr.Button(label("action.to_sheet"), visible="hidden", elem_id="sheet-take")
    taken = take.click(None, None, job, js="() => avatarforge.sheet.taken()", api_visibility="private")
    taken.then(look_at, job, None, **parts.AT_ONCE)
    for part in (character, cells):
        part.click(act, None, job, **parts.PRESSED).success(
            None, job, None, js="(id) => avatarforge.sheet.shows(id)", api_visibility="private"
        )
    return SheetTab(
        (
            Live(character, sheet_cells.show_character, TAB),
            Live(cells, sheet_cells.show_cells, TAB),
        )
    )


def _fields() -> Look:
    """Create the fields; what few people need is folded away."""

    def choices(kind: str, names: tuple[str, ...]) -> list[tuple[Any, str]]:
        return [(label(f"sheet.{kind}_{name or 'auto'}"), name) for name in names]

    layout = gr.Radio(
        choices("layout", get_args(Layout)),
        value="row",
        label=label("sheet.layout"),
        elem_id="sheet-layout",
        elem_classes="layouts",
    )
    name = gr.Textbox(
        label=label("sheet.name"), placeholder=label("sheet.name_hint"), max_length=80, elem_id="sheet-name"
    )
    title = gr.Textbox(
        label=label("sheet.title"),
        placeholder=label("sheet.title_hint"),
        max_length=160,
        elem_id="sheet-title",
    )
    shown = gr.CheckboxGroup(
        choices("part", PARTS),
        value=["labels", "shadows", "expressions"],
        label=label("sheet.parts"),
        elem_id="sheet-parts",
    )
    background = gr.Radio(
        choices("background", BACKGROUNDS),
        value="paper",
        label=label("sheet.background"),
        elem_id="sheet-background",
        elem_classes="swatches",
    )
    colour = gr.ColorPicker("#dbeafe", label=label("sheet.colour"), elem_id="sheet-colour")
    width = gr.Radio(
        choices("width", WIDTHS),
        value="",
        label=label("sheet.width"),
        elem_id="sheet-width",
        elem_classes="segments",
    )
    margin = gr.Slider(0, 0.4, 0.1, step=0.02, label=label("sheet.margin"), elem_id="sheet-margin")
    with gr.Accordion(label("form.advanced"), open=False, elem_id="sheet-more"):
        views = gr.CheckboxGroup(
            [(label(f"view.{view}"), view) for view in ORDER],
            value=list(ORDER),
            label=label("views.which"),
            elem_id="sheet-views",
            elem_classes="segments",
        )
        figures = gr.Radio(
            choices("figures", FIGURES),
            value="auto",
            label=label("sheet.figures"),
            elem_id="sheet-figures",
            elem_classes="segments",
        )
        facts = gr.Textbox(
            label=label("sheet.facts"),
            placeholder=label("sheet.facts_hint"),
            info=label("sheet.facts_info"),
            lines=3,
            max_lines=8,
            elem_id="sheet-facts",
        )
    return Look(layout, name, title, shown, background, colour, margin, width, views, figures, facts)


def _wire_look(look: Look) -> None:
    """Every change goes to the page's script, which composes the sheet anew; nothing of it runs here."""
    components = [getattr(look, name) for name in look.__dataclass_fields__]
    names = json.dumps(list(look.__dataclass_fields__))
    gr.on(
        [component.change for component in components],
        None,
        components,
        None,
        js=f"(...all) => avatarforge.sheet.changed({names}, all)",
        **parts.QUIET,
    )
    # By hand only: what belongs to a layout is chosen along with it, and may then be changed.
    look.layout.input(
        None,
        [look.layout, look.parts],
        look.parts,
        js="(...all) => avatarforge.sheet.partsOf(all)",
        **parts.QUIET,
    )
    restore = gr.Button(visible="hidden", elem_id="sheet-restore")
    restore.click(None, None, components, js=f"() => avatarforge.sheet.restored({names})", **parts.QUIET)


def _wire_turn(studio: Studio) -> None:
    """Draw the angles of a turntable one by one, and tell the page's script after each of them."""
    asked = gr.Textbox("", visible="hidden")
    told = gr.Textbox("", visible="hidden")
    start = gr.Button(visible="hidden", elem_id="sheet-turn")
    stop = gr.Button(visible="hidden", elem_id="sheet-turn-stop")

    async def turn(asked: str, request: gr.Request) -> AsyncIterator[str]:
        """How many angles are drawn; what goes wrong is told in the same way."""
        wanted = json.loads(asked)
        frames, height = int(wanted["frames"]), int(wanted["height"])
        about = {"run": wanted["run"], "of": frames}
        try:
            async for done in draw_turn(studio, str(wanted["job"]), frames, height):
                yield json.dumps({**about, "done": done})
        except StudioError as error:
            told = phrases.explain(texts.language_of_page(request), error)
            yield json.dumps({**about, "problem": " ".join(filter(None, told))})

    begun = start.click(
        None, None, asked, js="() => avatarforge.sheet.turning()", api_visibility="private"
    ).then(turn, asked, told, concurrency_limit=None, **parts.QUIET)
    told.change(None, told, None, js="(said) => avatarforge.sheet.turned(said)", api_visibility="private")
    stop.click(None, None, None, cancels=[begun], api_visibility="private")


async def draw_turn(studio: Studio, job_id: str, frames: int, height: int) -> AsyncIterator[int]:
    """Draw a character from so many angles; they are remembered, so that the export finds them."""
    if not turntable.FEWEST <= frames <= turntable.MOST:
        why = f"frames: a turn has {turntable.FEWEST} to {turntable.MOST} of them, not {frames}."
        raise StudioError("invalid_field", why=why)
    job = await run_in_threadpool(studio.jobs.get, job_id)
    request, width = turntable.request_for(job, height)
    yield 0
    for at in range(frames):
        await run_in_threadpool(
            studio.drafts.draw, request, yaw_deg=at * 360.0 / frames, width=width, height=height, form="PNG"
        )
        yield at + 1


# ---------------------------------------------------------------------- acting


def _act(studio: Studio, carried: dict[str, str], language: str) -> tuple[str | None, str]:
    """Do what a pressed button says; gives the job to show, if that is another one, and what to tell."""
    job_id, name = carried.get("id", ""), carried.get("name", "")
    jobs = studio.jobs
    match carried.get("do"):
        case "choose":
            return jobs.get(job_id).id, ""
        case "redo":
            made = redo(studio, job_id, name, door="ui")
            # A face goes with the sheet that is shown; a view comes in a job with all the others.
            return (None if about_sheet(made) else made.id), ""
        case "retry":
            return jobs.retry(job_id, door="ui").id, ""
        case "complete":
            return jobs.submit(plan.all_views(jobs.get(job_id)), door="ui", parent_id=job_id).id, ""
        case "cancel":
            jobs.cancel(job_id)
        case "drop":
            if about_sheet(jobs.get(job_id)) is not None:
                jobs.delete(job_id)
        case "add":
            started = add(studio, job_id, name, door="ui")
            return None, "" if started else texts.say(language, "sheet.nothing_to_add")
    return None, ""


def add(studio: Studio, job_id: str, what: str, *, door: str) -> list[Job]:
    """Generate what a sheet lacks: `portrait`, `cutouts`, the usual `expressions`, or one by its name."""
    makers: dict[str, Callable[[], list[plan.Planned]]] = {
        "portrait": lambda: plan.portrait(studio.jobs, job_id),
        "cutouts": lambda: plan.cutouts(studio.jobs, job_id),
        "expressions": lambda: plan.expressions(studio.jobs, job_id),
    }
    make = makers.get(what, lambda: plan.expressions(studio.jobs, job_id, [what]))
    return plan.submit(studio.jobs, job_id, make(), door=door)


def redo(studio: Studio, job_id: str, cell: str, *, door: str) -> Job:
    """Make one picture again: a view in a job with the others, a face in a job that goes with the sheet."""
    jobs = studio.jobs
    view: View | None = next((one for one in ORDER if one == cell), None)
    if view is not None:
        return jobs.reroll(job_id, view, door=door)
    content = sheets.content_of(jobs, job_id)
    found = next((one for one in content.cells if one.key == cell and one.kind != "view"), None)
    if found is None:
        raise StudioError("task_not_found", name=cell)
    made = jobs.get(found.output.job_id)
    request = AvatarRequest.model_validate({**made.request, "seed": random_seed()})
    return jobs.submit(request, door=door, metadata=made.metadata, parent_id=job_id)
