"""The tab for the chosen character from several sides, each with its own progress and its own say."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from studio.ui import avatar, parts
from studio.ui.tail import Live, Sight, Tail

if TYPE_CHECKING:
    from studio.assembly import Studio

TAB = "views"


@dataclass(frozen=True)
class ViewsTab:
    """What the page needs of this tab."""

    job: gr.Textbox
    live: tuple[Live, ...]


def build(studio: Studio, tail: Tail, single: avatar.AvatarTab) -> ViewsTab:
    """Create the tab and wire it."""
    job = gr.Textbox("", visible="hidden", elem_id="views-job")
    shown = parts.live("views", "")
    return ViewsTab(job, (Live(shown, show, TAB),))


def show(sight: Sight) -> str:
    """The views of the job that this tab shows."""
    return f'<p class="quiet">{escape(sight.say("views.empty"))}</p>'
