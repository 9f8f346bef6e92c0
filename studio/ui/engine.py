"""The tab with the servers, what they can run and lack, and the disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.errors import StudioError
from studio.request import AvatarRequest
from studio.ui import cards, form, parts
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import label, say
from studio.workflows import Candidate, Workflow
from studio.workflows.trials import Trial, try_out

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "engine"
DISK_KEPT_S = 30.0


@dataclass(frozen=True)
class EngineTab:
    """What the page needs of this tab."""

    servers: gr.HTML
    live: tuple[Live, ...]


@dataclass(frozen=True)
class Usage:
    """What lies on the disk, in bytes, and when it was counted."""

    outputs: int
    files: int
    records: int
    other: int
    free: int
    total: int
    at: float


def build(studio: Studio, tail: Tail) -> EngineTab:
    """Create the tab and wire it."""
    counted: dict[str, Usage] = {}
    servers = parts.live("servers", f'<p class="quiet">{label("engine.loading")}</p>')
    abilities = parts.live("abilities", "")
    disk = parts.live("disk", "")

    def act(event: gr.EventData) -> None:
        """Pause a server, or let it go on."""
        carried = parts.pressed(event)
        try:
            studio.pause(carried.get("url", ""), carried.get("do") == "pause")
        except StudioError as error:
            raise form.refusal(error) from error
        tail.wake_all()

    def clean(request: gr.Request) -> None:
        """Remove what nobody needs any more, and say how much it was."""
        page = tail.page(request.session_hash)
        words = partial(say, page.language if page else "en")
        swept = studio.files.sweep(time.time())
        total = swept.files + swept.orphans + swept.temporary + swept.outputs
        gr.Info(words("engine.cleaned", count=total) if total else words("engine.clean"))
        counted.clear()
        tail.wake_all()

    servers.click(act, None, None, show_progress="hidden", api_visibility="private")
    disk.click(clean, None, None, show_progress="hidden", api_visibility="private")
    return EngineTab(
        servers,
        (
            Live(servers, show_servers, TAB),
            Live(abilities, show_abilities, TAB),
            Live(disk, partial(show_disk, counted), TAB),
        ),
    )


# ------------------------------------------------------------------- servers


def show_servers(sight: Sight) -> str:
    """Every server with its health."""
    rows = "".join(_server(sight, server) for server in sight.servers)
    return cards.section(sight.say("engine.servers"), f'<ul class="rows">{rows}</ul>')


def _server(sight: Sight, server: dict[str, Any]) -> str:
    words = sight.say
    state = "paused" if server["paused"] else server["status"]
    name = words("engine.embedded_name") if server["kind"] == "embedded" else str(server["url"])
    stats = server["stats"]
    chips = [
        cards.chip(words(f"health.{state}"), state),
        cards.chip(words("engine.load", running=stats["queue_running"], waiting=stats["queue_pending"])),
        cards.chip(str(server["device"])) if server.get("device") else "",
        cards.chip(f"ComfyUI {server['version']}")
        if server.get("version") and server["kind"] == "comfy"
        else "",
    ]
    memory = ""
    total, free = server.get("vram_total_bytes"), server.get("vram_free_bytes")
    if total and free is not None:
        used = 100 * (total - free) / total
        told = words("engine.memory", free=cards.size(free), total=cards.size(total))
        memory = f"<p>{escape(told)}</p>{cards.bar(used, told)}"
    error = cards.problem(str(server["error"])) if server["error"] else ""
    do = "resume" if server["paused"] else "pause"
    act = cards.button(do, words(f"action.{do}"), url=str(server["url"]))
    return (
        f'<li class="server {state}"><span class="dot {state}" aria-hidden="true"></span><div class="what">'
        f'<p class="prompt">{escape(name)}</p><p class="chips">{"".join(chips)}</p>{memory}{error}</div>'
        f'<div class="row">{act}</div></li>'
    )


# ----------------------------------------------------------------- abilities


def show_abilities(sight: Sight) -> str:
    """What every workflow needs, and where it could run."""
    trials = [(workflow, _tries(sight.studio, workflow)) for workflow in sight.studio.jobs.library.values()]
    trials.sort(key=lambda pair: (not any(trial.plan for _, trial in pair[1]), pair[0].manifest.title))
    rows = "".join(_workflow(sight, workflow, found) for workflow, found in trials)
    return (
        f"<section><header><h2>{escape(sight.say('engine.workflows'))}</h2></header>"
        f'<ul class="rows">{rows}</ul></section>'
    )


def _tries(studio: Studio, workflow: Workflow) -> list[tuple[str, Trial]]:
    """The workflow on every server that is there, with whatever pictures it asks for."""
    given = {f"{role}_file_id": "any" for role in workflow.manifest.pictures}
    request = AvatarRequest.model_validate({"prompt": "anybody", "workflow": workflow.name, **given})
    sources = set(workflow.manifest.inputs_from.values())
    return [
        (server.url, try_out(workflow, request, Candidate(server.kind, server.info, server.url), sources))
        for server in studio.pool.servers
        if server.info is not None and workflow.manifest.engine in (server.kind, "any")
    ]


def _workflow(sight: Sight, workflow: Workflow, found: list[tuple[str, Trial]]) -> str:
    manifest, words = workflow.manifest, sight.say
    able = [url for url, trial in found if trial.plan]
    if able:
        chips = [cards.chip(words("engine.ready"), "healthy")]
    elif found:
        chips = [cards.chip(words("engine.lacking"), "paused")]
    else:
        chips = [cards.chip(words("engine.no_server"))]
    if manifest.vram_gb:
        chips.append(cards.chip(words("engine.vram", size=f"{manifest.vram_gb:g} GB")))
    lacking = "" if able or not found else _lacking(sight, found[0][1])
    return (
        f'<li class="workflow"><div class="what"><p class="prompt">{escape(manifest.title)}</p>'
        f'<p class="quiet">{escape(manifest.about)}</p><p class="chips">{"".join(chips)}</p>{lacking}'
        "</div></li>"
    )


def _lacking(sight: Sight, trial: Trial) -> str:
    """The files and nodes to get, with where each of them is had."""
    get = escape(sight.say("engine.get"))
    rows: list[str] = []
    for file in trial.files:
        size = f" · {cards.size(file.size_bytes)}" if file.size_bytes else ""
        where = f" → <code>{escape(file.folder)}</code>"
        rows.append(f"{escape(file.name or file.what)}{where}{size}{_link(file.address, get)}")
    rows += [f"{escape(node.name)} {escape(node.pack)}{_link(node.address, get)}" for node in trial.nodes]
    rows = rows or [escape(reason) for reason in trial.reasons]
    return f'<ul class="lacking">{"".join(f"<li>{row}</li>" for row in rows)}</ul>'


def _link(address: str, text: str) -> str:
    return f' · <a href="{escape(address)}" target="_blank" rel="noopener">{text}</a>' if address else ""


# ---------------------------------------------------------------------- disk


def show_disk(counted: dict[str, Usage], sight: Sight) -> str:
    """What lies on the disk."""
    usage = counted.get(TAB)
    if usage is None or time.time() - usage.at > DISK_KEPT_S:
        usage = counted[TAB] = _count(sight.studio)
    pairs = [
        (sight.say("disk.outputs"), cards.size(usage.outputs)),
        (sight.say("disk.files"), cards.size(usage.files)),
        (sight.say("disk.records"), cards.size(usage.records)),
        (sight.say("disk.other"), cards.size(usage.other)),
        (sight.say("disk.free"), f"{cards.size(usage.free)} / {cards.size(usage.total)}"),
    ]
    clean = cards.button("clean", sight.say("action.clean"))
    return cards.section(sight.say("engine.disk"), cards.facts(pairs), clean)


def _count(studio: Studio) -> Usage:
    settings = studio.settings
    space = shutil.disk_usage(settings.storage_path)
    outputs, files = _bytes([settings.outputs_path]), _bytes([settings.files_path])
    place = settings.database_path
    records = _bytes(place.parent.glob(f"{place.name}*"))
    other = max(0, _bytes([settings.storage_path]) - outputs - files)
    return Usage(outputs, files, records, other, space.free, space.total, time.time())


def _bytes(places: Iterable[Path]) -> int:
    total = 0
    for place in places:
        for path in [place] if place.is_file() else place.rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:  # removed since it was listed
                continue
    return total
