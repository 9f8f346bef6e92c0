"""The tab with the servers, what they can run and lack, and the disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.errors import StudioError
from studio.owner import check_owner
from studio.servers import Listed
from studio.ui import abilities, cards, disk, form, hooks, parts, phrases, texts
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import label
from studio.workflows.trials import Trial

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "engine"


@dataclass(frozen=True)
class EngineTab:
    """What the page needs of this tab."""

    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail) -> EngineTab:
    """Create the tab and wire it."""
    counted: dict[str, disk.Usage] = {}
    tried: dict[tuple[str, int], Trial] = {}
    servers = parts.live("servers", f'<p class="quiet">{label("engine.loading")}</p>')
    with gr.Row(elem_classes="sheet add", elem_id="add-server"):
        address = gr.Textbox(label=label("engine.add"), placeholder=label("engine.add_hint"), scale=4)
        test = gr.Button(label("engine.test"), scale=0, min_width=90)
        add = gr.Button(label("engine.add_button"), variant="primary", scale=0, min_width=90)
    able = parts.live("abilities")
    installs = parts.live("installs")
    models = parts.live("models")
    sent = hooks.build()
    usage = parts.live("disk")

    def say(request: gr.Request, key: str, **facts: Any) -> str:
        return texts.say(texts.language_of_page(request), key, **facts)

    def act(event: gr.EventData, request: gr.Request) -> None:
        """Pause a server, let it go on, or let go of it."""
        carried = parts.pressed(event)
        with owner_and_refusals(studio, request):
            match carried.get("do"):
                case "pause":
                    studio.servers.pause(carried.get("id", ""))
                case "resume":
                    studio.servers.resume(carried.get("id", ""))
                case "remove":
                    studio.servers.remove(carried.get("id", ""))
        tail.wake_all()

    def try_address(address: str, request: gr.Request) -> None:
        """Ask an address whether ComfyUI is there."""
        with owner_and_refusals(studio, request):
            found = studio.servers.try_address(address)
        if found.problem is not None:
            raise form.complaint(" ".join(phrases.explain(texts.language_of_page(request), found.problem)))
        devices = found.stats.get("devices") or [{}]
        told = say(
            request, "engine.answers", url=found.url, device=devices[0].get("name", "?"), queue=found.queue
        )
        gr.Info(told)

    def add_address(address: str, request: gr.Request) -> str:
        """Use one more server from now on."""
        with owner_and_refusals(studio, request):
            added = studio.servers.add(address)
        gr.Info(say(request, "engine.added", url=added.health["url"]))
        tail.wake_all()
        return ""

    def fetch(event: gr.EventData, request: gr.Request) -> None:
        """Fetch a model file, or want it no more."""
        carried = parts.pressed(event)
        with owner_and_refusals(studio, request):
            match carried.get("do"):
                case "install":
                    studio.models.install(carried.get("name", ""))
                case "cancel":
                    studio.models.cancel(carried.get("id", ""))
                case "retry":
                    studio.models.retry(carried.get("id", ""))
        tail.wake_all()

    def replay(event: gr.EventData, request: gr.Request) -> None:
        """Send a webhook again."""
        carried = parts.pressed(event)
        with owner_and_refusals(studio, request):
            studio.hooks.replay(carried.get("id", ""))

    def try_hook(address: str, request: gr.Request) -> str:
        """Send a webhook that belongs to no job, to see whether somebody takes it."""
        with owner_and_refusals(studio, request):
            studio.hooks.test(address.strip())
        gr.Info(say(request, "hooks.sent"))
        return ""

    def clean(request: gr.Request) -> None:
        """Remove what nobody needs any more, and say how much it was."""
        with owner_and_refusals(studio, request):
            swept = studio.files.sweep(time.time())
        total = swept.files + swept.orphans + swept.temporary + swept.outputs
        gr.Info(say(request, "engine.cleaned", count=total) if total else say(request, "engine.clean"))
        counted.clear()
        tail.wake_all()

    servers.click(act, None, None, **parts.PRESSED)
    test.click(try_address, address, None, **parts.QUIET)
    gr.on([add.click, address.submit], add_address, address, address, **parts.QUIET)
    gr.on([models.click, installs.click], fetch, None, None, **parts.PRESSED)
    usage.click(clean, None, None, **parts.QUIET)
    sent.listed.click(replay, None, None, **parts.PRESSED)
    gr.on([sent.test.click, sent.address.submit], try_hook, sent.address, sent.address, **parts.QUIET)
    return EngineTab(
        (
            Live(servers, show_servers, TAB),
            Live(able, lambda sight: abilities.show_abilities(sight, tried), TAB),
            Live(installs, abilities.show_installs, TAB),
            Live(models, abilities.show_models, TAB),
            Live(sent.listed, hooks.show, TAB),
            Live(usage, partial(disk.show_disk, counted), TAB),
        ),
    )


def check(studio: Studio, request: gr.Request) -> None:
    """Refuse who is not the owner."""
    client = request.client.host if request.client else ""
    check_owner(studio.settings, client, request.headers.get("origin"), request.headers.get("host"))


@contextlib.contextmanager
def owner_and_refusals(studio: Studio, request: gr.Request) -> Iterator[None]:
    """Let only the owner do it, as over REST, and show an error of the registry on the page."""
    try:
        check(studio, request)
        yield
    except StudioError as error:
        raise form.refusal(error, texts.language_of_page(request)) from error


# ------------------------------------------------------------------- servers


def show_servers(sight: Sight) -> str:
    """Every server with its health."""
    rows = "".join(_server(sight, listed) for listed in sight.studio.servers.list())
    return cards.section(sight.say("engine.servers"), f'<ul class="rows">{rows}</ul>')


def _server(sight: Sight, listed: Listed) -> str:
    say, server = sight.say, listed.health
    state = "paused" if server["paused"] else server["status"]
    name = say("engine.embedded_name") if server["kind"] == "embedded" else str(server["url"])
    stats = server["stats"]
    version = server.get("version") if server["kind"] == "comfy" else None
    chips = [
        cards.chip(say(f"health.{state}"), state),
        cards.chip(say("engine.load", running=stats["queue_running"], waiting=stats["queue_pending"])),
        cards.chip(str(server["device"])) if server.get("device") else "",
        cards.chip(f"ComfyUI {version}") if version else "",
    ]
    memory = ""
    total, free = server.get("vram_total_bytes"), server.get("vram_free_bytes")
    if total and free is not None:
        used = 100 * (total - free) / total
        told = say("engine.memory", free=cards.size(free), total=cards.size(total))
        memory = f"<p>{escape(told)}</p>{cards.bar(used, told)}"
    said = phrases.phrase(sight.page.language, str(server["error"] or ""))
    error = cards.problem(said) if said else ""
    do = "resume" if server["paused"] else "pause"
    actions = cards.button(do, say(f"action.{do}"), listed.id)
    if listed.is_added:
        actions += cards.button("remove", say("action.remove"), listed.id)
    return (
        f'<li class="server {state}"><span class="dot {state}" aria-hidden="true"></span><div class="what">'
        f'<p class="prompt">{escape(name)}</p><p class="chips">{"".join(chips)}</p>{memory}{error}</div>'
        f'<div class="row">{actions}</div></li>'
    )
