"""What the stream shows on the tab of the character sheet: whose sheet it is, and its pictures one by one."""

from __future__ import annotations

import functools
import json
from html import escape
from pathlib import Path
from typing import Any

from studio import sheets
from studio.errors import StudioError
from studio.pictures import letters
from studio.records.entities import Job, Output, Task
from studio.sheets import Cell, Content, SheetOptions, plan
from studio.sheets.content import ORDER, PICTURES, about_sheet
from studio.ui import avatar, cards, phrases, texts, views
from studio.ui.tail import Sight

TAB = "sheet"
OTHERS_SHOWN = 12
OTHERS_READ = 40  # jobs that are read to find so many characters among them


def shown_job(sight: Sight) -> Job | StudioError | None:
    """The chosen character; by itself the one that another tab shows."""
    return sight.job(TAB) or sight.job(views.TAB) or sight.job(avatar.TAB)


# ------------------------------------------------------------------ whose it is


def show_character(sight: Sight) -> str:
    """Whose sheet it is, and who else can be chosen."""
    say = sight.say
    job = shown_job(sight)
    who = ""
    if isinstance(job, Job):
        first = next((one for one in job.outputs if one.mime_type in PICTURES), None)
        thumb = cards.thumbnail(job, first) if first else ""
        chips = [cards.chip(say("result.seed", seed=job.seed)), f"<small>{cards.ago(job.created_at)}</small>"]
        who = (
            f'<div class="who">{thumb}<div><p class="prompt">{cards.alt_text(job)}</p>'
            f'<p class="chips">{"".join(chips)}</p></div></div>'
        )
    others = "".join(_other(one, isinstance(job, Job) and one.id == job.id) for one in _characters(sight))
    strip = ""
    if others:
        title = escape(say("sheet.others"))
        strip = (
            f'<p class="quiet">{title}</p>'
            f'<div class="others" role="group" aria-label="{title}">{others}</div>'
        )
    return f'<div class="character"><h2>{escape(say("views.character"))}</h2>{who}{strip}</div>'


def _characters(sight: Sight) -> list[Job]:
    """The newest characters with pictures; faces and cut-outs of others are none."""
    page = sight.studio.jobs.list(statuses=["completed"], limit=OTHERS_READ)
    found = [job for job in page.jobs if about_sheet(job) is None and _first(job) is not None]
    return found[:OTHERS_SHOWN]


def _first(job: Job) -> Output | None:
    return next((one for one in job.outputs if one.mime_type in PICTURES), None)


def _other(job: Job, is_chosen: bool) -> str:
    output = _first(job)
    count = len({one.view for one in job.outputs})
    number = f"<i>{count}</i>" if count > 1 else ""
    image = _thumbnail(output, cards.alt_text(job)) if output else ""
    return (
        f'<button type="button" data-do="choose" data-id="{escape(job.id)}" title="{cards.alt_text(job)}" '
        f'aria-pressed="{str(is_chosen).lower()}">{image}{number}</button>'
    )


def _thumbnail(output: Output, alt: str) -> str:
    return (
        f'<img src="studio/thumbnails/{escape(output.id)}?v={output.sha256[:12]}" alt="{alt}" loading="lazy">'
    )


# ------------------------------------------------------------- its pictures


def show_cells(sight: Sight) -> str:
    """The pictures of the sheet, each with what can be done to it, and what can be added."""
    job = shown_job(sight)
    if job is None:
        words = sight.say("sheet.empty" if _characters(sight) else "sheet.first")
        return _state({"job": "", "words": words})
    if isinstance(job, StudioError):
        words = " ".join(filter(None, phrases.explain(sight.page.language, job)))
        return _state({"job": "", "words": words, "failed": True})
    content = _content(sight, job)
    state = _state_of(sight, job, content)
    tiles = _views(sight, job, content)
    if content is not None:
        if content.portrait is not None:
            tiles += _face(sight, job, content.portrait, sight.say("sheet.portrait"))
        tiles += "".join(_face(sight, job, cell, expression(sight, cell.key)) for cell in content.expressions)
        tiles += "".join(_coming(sight, child) for child in _pending(sight, content))
    notes = cards.failure(sight, job.error) if job.status == "failed" else ""
    body = f'<div class="cells">{tiles}</div>{notes}{_adding(sight, job, content)}'
    return _state(state) + cards.section(sight.say("sheet.pictures"), body, _job_actions(sight, job))


def _content(sight: Sight, job: Job) -> Content | None:
    try:
        return sheets.content_of(sight.studio.jobs, job.id)
    except StudioError as error:
        if error.code != "sheet_empty":
            raise
        return None


def _state(values: dict[str, Any]) -> str:
    """What the page's script has to know; it composes the sheet when this changes."""
    return f'<i hidden data-sheet="{escape(json.dumps(values))}"></i>'


def _state_of(sight: Sight, job: Job, content: Content | None) -> dict[str, Any]:
    language = sight.page.language
    is_ready = content is not None and job.is_final
    words = "" if job.is_final else cards.waiting_words(sight, job)
    if job.is_final and content is None:
        words = sight.say("sheet.no_picture")
    state: dict[str, Any] = {
        "job": job.id,
        "parent": job.parent_id or "",
        "prompt": job.prompt,
        "ready": is_ready,
        "failed": job.is_final and content is None,
        "words": words,
        "key": sheets.key_of(content, SheetOptions()) if content else "",
        "views": [cell.key for cell in content.views] if content else [],
        "tall": max((cell.output.height or 0 for cell in content.views), default=0) if content else 0,
    }
    if content and language != texts.DEFAULT:
        names = {cell.key: sight.say(f"view.{cell.key}") for cell in content.views if cell.key in ORDER}
        names |= {cell.key: expression(sight, cell.key) for cell in content.expressions}
        names["portrait"] = sight.say("sheet.portrait")
        font = sight.studio.settings.studio_font or ""
        # Where no font has the letters, plain words below the pictures are better than none.
        state["labels"] = {key: name for key, name in names.items() if _can_write(name, font)}
    return state


@functools.lru_cache(maxsize=512)
def _can_write(text: str, font: str | Path) -> bool:
    return not letters.write(text, 16, (0, 0, 0, 255), font).missing


def expression(sight: Sight, name: str) -> str:
    """An expression's name in the page's language; people may ask for others than the known ones."""
    return sight.say(f"expression.{name}") if name in sheets.EXPRESSIONS else name.capitalize()


def _views(sight: Sight, job: Job, content: Content | None) -> str:
    there = {cell.key: cell for cell in content.views} if content else {}
    tiles: list[tuple[int, str]] = []
    for task in job.tasks:
        place = ORDER.index(task.view) if task.view in ORDER else len(ORDER)
        name = cards.named(sight, f"view.{task.view}")
        cell = there.get(task.view)
        tile = _view(sight, job, cell, name) if cell else _missing(sight, job, task, name)
        tiles.append((place, tile))
    return "".join(tile for _, tile in sorted(tiles, key=lambda one: one[0]))


def _view(sight: Sight, job: Job, cell: Cell, name: str) -> str:
    variants = [one for one in job.outputs if one.view == cell.key and one.mime_type in PICTURES]
    picks = ""
    if len(variants) > 1:
        ordered = sorted(variants, key=lambda one: one.position)
        picks = "".join(
            f'<button type="button" class="act" data-pick="{escape(one.name)}" '
            f'data-view="{escape(cell.key)}" '
            f'aria-label="{escape(sight.say("sheet.variant", number=number))}">{number}</button>'
            for number, one in enumerate(ordered, 1)
        )
        picks = f'<div class="row picks">{picks}</div>'
    again = cards.button("redo", sight.say("action.redo"), job.id, name=cell.key) if job.is_final else ""
    return _tile(cell, job, name, picks + again)


def _face(sight: Sight, job: Job, cell: Cell, name: str) -> str:
    again = cards.button("redo", sight.say("action.redo"), job.id, name=cell.key)
    label = escape(f"{sight.say('action.remove')}: {name}")
    drop = (
        f'<button type="button" class="act" data-do="drop" data-id="{escape(cell.output.job_id)}" '
        f'title="{label}" aria-label="{label}">✕</button>'
    )
    return _tile(cell, job, name, again + drop, "of-face")


def _tile(cell: Cell, job: Job, name: str, actions: str, kind: str = "") -> str:
    output = cell.output
    alt = f"{cards.alt_text(job)} ({escape(name)})"
    return (
        f'<figure class="cell {kind}" data-cell="{escape(cell.key)}"><a href="{cards.output_url(output)}" '
        f'target="_blank" rel="noopener">{_thumbnail(output, alt)}</a>'
        f'<figcaption>{escape(name)}</figcaption><div class="row">{actions}</div></figure>'
    )


def _missing(sight: Sight, job: Job, task: Task, name: str) -> str:
    """A view that is not there: still being drawn, or not made."""
    if job.is_final:
        words = sight.say(cards.STATUS_KEYS[task.status])
        inside = f'<p class="quiet">{escape(words)}</p>'
        actions = cards.button("redo", sight.say("action.redo"), job.id, name=task.view)
    else:
        words = cards.task_words(sight, task)
        progress = cards.bar(task.progress, f"{name}: {sight.say('result.progress')}")
        inside = f'<p class="quiet">{escape(words)}</p>{progress}'
        actions = ""
    return _placeholder(task.view, name, inside, actions)


def _coming(sight: Sight, child: Job) -> str:
    """A picture that is being added just now."""
    about = about_sheet(child) or {}
    kind = str(about.get("cell", ""))
    name = expression(sight, str(about["name"])) if about.get("name") else sight.say(f"sheet.{kind}")
    words = escape(sight.say(cards.STATUS_KEYS[child.status]))
    progress = cards.bar(child.progress, f"{name}: {sight.say('result.progress')}")
    stop = cards.button("cancel", sight.say("action.cancel"), child.id)
    return _placeholder(child.id, name, f'<p class="quiet">{words}</p>{progress}', stop, "of-face")


def _placeholder(key: str, name: str, inside: str, actions: str, kind: str = "") -> str:
    return (
        f'<figure class="cell waiting {kind}" data-cell="{escape(key)}"><div class="hole">{inside}</div>'
        f'<figcaption>{escape(name)}</figcaption><div class="row">{actions}</div></figure>'
    )


def _pending(sight: Sight, content: Content) -> list[Job]:
    """What is being made for the sheet, in the order in which it was asked for."""
    found: list[Job] = []
    for job_id in content.pending:
        try:
            found.append(sight.studio.jobs.get(job_id))
        except StudioError:  # removed since the list was read
            continue
    known = [job for job in found if (about_sheet(job) or {}).get("cell") in KINDS]
    return sorted(known, key=lambda job: job.created_at)


KINDS = frozenset({"expression", "portrait", "cutout"})


def _job_actions(sight: Sight, job: Job) -> str:
    say = sight.say
    actions = ""
    if not job.is_final:
        actions += cards.button("cancel", say("action.cancel"), job.id)
    elif job.status != "completed":
        actions += cards.button("retry", say("action.retry"), job.id)
    if job.parent_id and _is_there(sight, job.parent_id):
        actions += cards.button("choose", say("sheet.before"), job.parent_id)
    return f'<div class="row">{actions}</div>' if actions else ""


def _is_there(sight: Sight, job_id: str) -> bool:
    try:
        return bool(sight.studio.jobs.get(job_id).outputs)
    except StudioError:
        return False


def _adding(sight: Sight, job: Job, content: Content | None) -> str:
    """Buttons for all that the sheet could have more."""
    if content is None or not job.is_final:
        return ""
    say = sight.say
    buttons = ""
    missing = [view for view in ORDER if view not in {cell.key for cell in content.views}]
    if missing:
        names = ", ".join(say(f"view.{view}") for view in missing)
        buttons += cards.button("complete", say("sheet.add_views", views=names), job.id, kind="main")
    there = {cell.key for cell in content.expressions}
    coming = [about_sheet(child) or {} for child in _pending(sight, content)]
    there |= {str(about["name"]) for about in coming if about.get("name")}
    kinds = {str(about.get("cell")) for about in coming}
    usual = [name for name in plan.USUAL if name not in there]
    if usual:
        kind = "" if missing or there else "main"
        buttons += cards.button(
            "add", say("sheet.add_faces", count=len(usual)), job.id, kind=kind, name="expressions"
        )
    if content.portrait is None and "portrait" not in kinds:
        buttons += cards.button("add", say("sheet.add_portrait"), job.id, name="portrait")
    is_solid = not job.request.get("transparent") and not all(cell.is_redrawn for cell in content.views)
    if is_solid and "cutout" not in kinds:
        buttons += cards.button("add", say("sheet.add_cutouts"), job.id, name="cutouts")
    faces = "".join(
        cards.button("add", f"+ {expression(sight, name)}", job.id, name=name)
        for name in sheets.EXPRESSIONS
        if name not in there
    )
    more = ""
    if faces:
        title = escape(say("sheet.single_faces"))
        more = (
            f'<details class="faces"><summary>{title}</summary><div class="row">{faces}</div>'
            f'<form class="row" data-face="{escape(job.id)}"><input class="field" maxlength="60" required '
            f'aria-label="{escape(say("sheet.own_face"))}" placeholder="{escape(say("sheet.own_face"))}">'
            f'<button type="submit" class="act">{escape(say("sheet.add"))}</button></form></details>'
        )
    return f'<div class="adding"><div class="row">{buttons}</div>{more}</div>'
