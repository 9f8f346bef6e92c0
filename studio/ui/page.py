"""The page around the tabs: masthead, banner, tabs, and the one stream that keeps all of it alive."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio.errors import StudioError
from studio.ui import (
    avatar,
    cards,
    characters,
    contents,
    endpoints,
    engine,
    form,
    gallery,
    parts,
    presets,
    queue,
    sheet,
    sheet_endpoints,
    talking,
    texts,
    views,
)
from studio.ui.tail import Live, Sight, Tail
from studio.ui.texts import LANGUAGES, label

if TYPE_CHECKING:
    from studio.assembly import Studio

STORAGE_KEY = "avatarforge.form"
STORAGE_SECRET = "avatarforge"  # it keeps no secret: a fixed one, so that the form outlives a restart

MASTHEAD = """<header class="masthead">
<h1><svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8"/>
<circle cx="16" cy="12" r="5"/><path d="M6 27a10 8.5 0 0 1 20 0z"/></svg><span>AvatarForge Studio</span></h1>
<nav><a href="docs" target="_blank" rel="noopener">REST API</a>
<a href="?view=api" target="_blank" rel="noopener">Python API</a>
<button type="button" class="act plain" data-theme title="Light / dark" aria-label="Light / dark">◐</button>
<select class="act plain" data-language aria-label="Language">{options}</select></nav></header>"""


def build(studio: Studio, tail: Tail, blocks: gr.Blocks) -> None:
    """Create the page and wire it."""
    # First, so that their names are not taken by the page's own events.
    endpoints.build(studio)
    sheet_endpoints.build(studio)
    options = "".join(f'<option value="{code}">{escape(name)}</option>' for code, name in LANGUAGES.items())
    parts.static(MASTHEAD.format(options=options))
    banner = parts.live("banner")
    # Never in a menu: on a phone the row of tabs is moved sideways.
    with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
        with gr.Tab(label("tab.avatar"), id=avatar.TAB):
            single = avatar.build(studio, tail)
        with gr.Tab(label("tab.views"), id=views.TAB):
            sides = views.build(studio, tail, single, blocks)
        with gr.Tab(label("tab.sheet"), id=sheet.TAB):
            composed = sheet.build(studio, tail)
        with gr.Tab(label("tab.talking"), id=talking.TAB):
            spoken = talking.build(studio, tail)
        with gr.Tab(label("tab.characters"), id=characters.TAB):
            kept_ones = characters.build()
        with gr.Tab(label("tab.library"), id=contents.TAB):
            collected = contents.build()
        with gr.Tab(label("tab.gallery"), id=gallery.TAB):
            made = gallery.build()
        with gr.Tab(label("tab.queue"), id=queue.TAB):
            listed = queue.build(studio)
        with gr.Tab(label("tab.engine"), id=engine.TAB):
            servers = engine.build(studio, tail)

    gallery.build_taking(single.form)
    all_tabs = (single, sides, composed, spoken, kept_ones, collected, made, listed, servers)
    kept = gr.BrowserState({}, storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
    _keep_form(single.form, kept, blocks)
    _follow(
        studio,
        tail,
        blocks,
        [
            Live(banner, show_banner),
            *(part for tab in all_tabs for part in tab.live),
        ],
    )

    now = gr.Textbox("", visible="hidden")
    go = gr.Button(visible="hidden", elem_id="go")
    seen = gr.Button(visible="hidden", elem_id="seen")

    def opened_tab(told: str, request: gr.Request) -> None:
        """Note which tab is looked at, so that only this one is sent."""
        about = _asked(told)
        turn = about.get("turn", "")
        tail.open_tab(request.session_hash, about.get("tab", TABS[0]), int(turn) if turn.isdecimal() else 0)

    go.click(None, None, tabs, js="() => avatarforge.going()")
    # Told by the page itself: of tabs that are opened by name Gradio says nothing, of quick presses not all.
    seen.click(opened_tab, now, None, js="() => avatarforge.seen()", trigger_mode="multiple", **parts.AT_ONCE)
    # Lists that depend on the servers; read when the page is opened, as servers come and go.
    lists = [single.form.workflow, single.form.model, single.form.loras, single.form.sampler]
    blocks.load(lambda: form.choices(studio, single.form), None, lists, **parts.AT_ONCE)


TABS = (
    *(avatar.TAB, views.TAB, sheet.TAB, talking.TAB, characters.TAB),
    *(contents.TAB, gallery.TAB, queue.TAB, engine.TAB),
)


def _keep_form(fields: form.Form, kept: gr.BrowserState, blocks: gr.Blocks) -> None:
    """Keep what is typed in the browser, and draw a draft of it after each change."""
    names = json.dumps(fields.names)
    blocks.load(
        None,
        [kept, *fields.components],
        fields.components,
        js=f"(...all) => avatarforge.restore({names}, all)",
    )
    poses = json.dumps({words: key.removeprefix("pose.") for key, words in presets.POSES.items() if words})
    gr.on(
        [component.change for component in fields.components],
        None,
        fields.components,
        kept,
        js=f"(...values) => avatarforge.changed({names}, values, {poses})",
    )


def _follow(studio: Studio, tail: Tail, blocks: gr.Blocks, live: list[Live]) -> None:
    """The one stream of a page, begun when it is opened and again when it broke off."""
    opened = gr.Textbox("", visible="hidden")
    again = gr.Button(visible="hidden", elem_id="again")

    async def follow(opened: str, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """Everything on the page that changes by itself."""
        asked = _asked(opened)
        language = texts.language_of_page(request)
        shown = {tab: asked[name] for tab, name in SHOWN.items() if asked.get(name)}
        if views.TAB in shown:
            shown[views.SOURCE] = shown[views.TAB]
        session, tab = request.session_hash or "", asked.get("tab", TABS[0])
        is_owner = _is_owner(studio, request)
        async for values in tail.follow(session, language, tab, shown, live, is_owner=is_owner):
            yield values

    gr.on(
        [blocks.load, again.click],
        follow,
        opened,
        [part.component for part in live],
        js="() => avatarforge.opened()",
        concurrency_limit=None,
        trigger_mode="multiple",
        **parts.QUIET,
    ).then(None, None, None, js="() => avatarforge.brokeOff()")


def _is_owner(studio: Studio, request: gr.Request) -> bool:
    """Whether this page may see what only the studio's owner may."""
    try:
        engine.check(studio, request)
    except StudioError:
        return False
    return True


SHOWN = {avatar.TAB: "job", views.TAB: "views", sheet.TAB: "sheet", talking.TAB: "talk"}


def _asked(opened: str) -> dict[str, str]:
    """What the page's address asks for; it is typed by people and may be anything."""
    try:
        found = json.loads(opened)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def show_banner(sight: Sight) -> str:
    """Which servers are lost; nothing while all are there."""
    lost = [server for server in sight.servers if server["status"] == "unreachable" and not server["paused"]]
    if not lost:
        return ""
    rows = "".join(
        cards.problem(
            sight.say("banner.engine_lost")
            if server["kind"] == "embedded"
            else sight.say("banner.server_lost", url=server["url"]),
            sight.say("banner.comes_back"),
        )
        for server in lost
    )
    return f'<div class="banner">{rows}</div>'
