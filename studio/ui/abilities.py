"""What the servers can run and what they lack: workflows, and the model files that they need."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from studio.models import Install, KnownModel
from studio.records import runs
from studio.records.runs import History
from studio.request import AnyRequest, AvatarRequest, EditRequest, TalkRequest, VideoRequest
from studio.ui import cards, phrases
from studio.ui.tail import Sight
from studio.workflows import Candidate, Workflow
from studio.workflows.choose import Preflight
from studio.workflows.report import pieces_of, report
from studio.workflows.trials import Trial, try_out

if TYPE_CHECKING:
    from studio.assembly import Studio

INSTALLS_SHOWN = 10
Tried = list[tuple[str, Trial]]


def show_abilities(sight: Sight, tried: dict[tuple[str, int], Trial]) -> str:
    """What every workflow needs, and where it could run; `tried` keeps what was found out about a server."""
    history = runs.history(sight.studio.database)
    listed = [one for one in sight.studio.jobs.library.values() if one.manifest.listed]
    found = [(one, _tries(sight.studio, one, tried)) for one in listed]
    found.sort(key=lambda pair: (not any(trial.plan for _, trial in pair[1]), pair[0].manifest.title))
    shown = [_workflow(sight, workflow, trials, history) for workflow, trials in found if trials]
    others = [_workflow(sight, workflow, trials, history) for workflow, trials in found if not trials]
    rows = f'<ul class="rows">{"".join(shown)}</ul>'
    if others:
        more = escape(sight.say("engine.others", count=len(others)))
        rows += cards.fold(more, "".join(others))
    return cards.section(sight.say("engine.workflows"), rows)


def _tries(studio: Studio, workflow: Workflow, tried: dict[tuple[str, int], Trial]) -> Tried:
    """The workflow on every server that is there, with whatever pictures it asks for."""
    manifest, request = workflow.manifest, _any_request(workflow)
    sources = set(manifest.inputs_from.values())
    found: Tried = []
    for server in studio.pool.servers:
        if server.info is None or manifest.engine not in (server.kind, "any"):
            continue
        key = (f"{workflow.name} {server.url}", server.revision)
        if key not in tried:
            tried[key] = try_out(workflow, request, Candidate(server.kind, server.info, server.url), sources)
        found.append((server.url, tried[key]))
    return found


def _any_request(workflow: Workflow) -> AnyRequest:
    """Whatever this workflow is for, with all the files that it asks for."""
    manifest = workflow.manifest
    if manifest.task == "talk":
        return TalkRequest(image_file_id="any", audio_file_id="any", workflow=workflow.name)
    if manifest.task == "edit":
        return EditRequest(clip_file_ids=("any",), workflow=workflow.name)
    if manifest.task == "video":
        picture = "any" if "start_image" in manifest.requires else None
        return VideoRequest(prompt="anybody", image_file_id=picture, workflow=workflow.name)
    given = {f"{role}_file_id": "any" for role in manifest.pictures if f"{role}_image" in manifest.requires}
    return AvatarRequest.model_validate({"prompt": "anybody", "workflow": workflow.name, **given})


def _workflow(sight: Sight, workflow: Workflow, found: Tried, history: History) -> str:
    manifest, words = workflow.manifest, sight.say
    able = [url for url, trial in found if trial.plan]
    if able:
        chips = [cards.chip(words("engine.ready"), "healthy")]
    elif found:
        chips = [cards.chip(words("engine.lacking"), "paused")]
    else:
        chips = [cards.chip(words("engine.no_server"))]
    if (expected := _seconds(sight, workflow, found, history)) is not None:
        chips.append(cards.chip(words("engine.expected", time=cards.seconds(sight, expected))))
    if manifest.vram_gb:
        chips.append(cards.chip(words("engine.vram", size=f"{manifest.vram_gb:g} GB")))
    lacking = "" if able or not found else _lacking(sight, found[0][1])
    return (
        f'<li class="workflow"><div class="what"><p class="prompt">{escape(manifest.title)}</p>'
        f'<p class="quiet">{escape(manifest.about)}</p><p class="chips">{"".join(chips)}</p>{lacking}'
        "</div></li>"
    )


def _seconds(sight: Sight, workflow: Workflow, found: Tried, history: History) -> float | None:
    """What a preflight of a plain request expects, by past work; None where there was none."""
    request, servers = _any_request(workflow), sight.studio.pool.servers
    tried = [Preflight(trial.plan, trial.server, (trial,)) for _, trial in found if trial.plan]
    known = [report(request, one, servers, history).seconds for one in tried]
    if not any(known) and workflow.manifest.engine == "embedded":
        # It is the same engine after each start of the studio, at another address.
        works = {piece.work for one in tried if one.plan for piece in pieces_of(one.plan)}
        known = [seconds.median for (_, work), seconds in history.warm.items() if work in works]
    return min((one for one in known if one), default=None)


def _lacking(sight: Sight, trial: Trial) -> str:
    """The files and nodes to get, with where each of them is had."""
    get = escape(sight.say("engine.get"))
    rows: list[str] = []
    for file in trial.files:
        size = f" · {cards.size(file.size_bytes)}" if file.size_bytes else ""
        where = f" → <code>{escape(file.folder)}</code>"
        rows.append(f"{escape(file.name or file.what)}{where}{size}{_link(file.address, get)}")
    rows += [f"{escape(node.name)} {escape(node.pack)}{_link(node.address, get)}" for node in trial.nodes]
    rows = rows or [escape(phrases.phrase(sight.page.language, reason)) for reason in trial.reasons]
    return f'<ul class="lacking">{"".join(f"<li>{row}</li>" for row in rows)}</ul>'


def _link(address: str, text: str) -> str:
    return f' · <a href="{escape(address)}" target="_blank" rel="noopener">{text}</a>' if address else ""


def show_models(sight: Sight) -> str:
    """The files that could be had."""
    models = sight.studio.models
    can_install = sight.studio.settings.models_path is not None
    if not can_install and not any(server["kind"] == "comfy" for server in sight.servers):
        return ""  # nobody would use them
    lacking = [one for one in models.known() if not one.installed and not one.servers]
    rows = "".join(_model(sight, one, can_install) for one in lacking)
    hint = "" if can_install else f'<p class="quiet">{escape(sight.say("engine.models_path"))}</p>'
    none = f'<p class="quiet">{escape(sight.say("engine.models_none"))}</p>'
    count = f"{escape(sight.say('engine.models'))} ({len(lacking)})"
    return cards.section(sight.say("engine.models"), hint + (cards.fold(count, rows) if rows else none))


def show_installs(sight: Sight) -> str:
    """The files that are on their way or came lately; apart from the list, which would fold at each step."""
    wishes = "".join(_wish(sight, wish) for wish in sight.studio.models.list(INSTALLS_SHOWN))
    return cards.section(sight.say("engine.installs"), f'<ul class="rows">{wishes}</ul>') if wishes else ""


def _wish(sight: Sight, wish: Install) -> str:
    say = sight.say
    percent = 100 * wish.done_bytes / wish.size_bytes if wish.size_bytes else 0.0
    size = f"{cards.size(wish.done_bytes)} / {cards.size(wish.size_bytes)}" if wish.size_bytes else ""
    error = cards.failure(sight, wish.error) if wish.status == "failed" else ""
    if not wish.is_final:
        action = cards.button("cancel", say("action.cancel"), wish.id)
    elif wish.status == "failed":
        action = cards.button("retry", say("action.retry"), wish.id)
    else:
        action = ""
    progress = "" if wish.is_final else cards.bar(percent, wish.name)
    return (
        f'<li class="install"><span></span><div class="what"><p class="prompt">{escape(wish.name)}</p>'
        f'<p class="chips">{cards.chip(say(f"install.{wish.status}"), wish.status)}{cards.chip(size)}</p>'
        f'{progress}{error}</div><div class="row">{action}</div></li>'
    )


def _model(sight: Sight, model: KnownModel, can_install: bool) -> str:
    file = model.file
    chips = [model.folder, cards.size(file.size_bytes) if file.size_bytes else "", file.licence]
    action = (
        cards.button("install", sight.say("action.install"), name=f"{model.folder}/{file.name}")
        if can_install
        else ""
    )
    return (
        f'<li class="model"><span></span><div class="what"><p class="prompt">{escape(file.name)}</p>'
        f'<p class="quiet">{escape(model.what)}</p>'
        f'<p class="chips">{"".join(cards.chip(one) for one in chips if one)}'
        f"{_link(file.address, escape(sight.say('engine.get')))}</p></div>"
        f'<div class="row">{action}</div></li>'
    )
