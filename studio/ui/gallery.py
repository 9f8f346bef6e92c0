"""The tab with everything that was made; its page speaks to the gallery's own routes, so that it is quick."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.gallery import Filter
from studio.gallery.restore import FILMS
from studio.ui import form, parts
from studio.ui.tail import Live, Sight
from studio.ui.texts import label

TAB = "gallery"
EMPTY = '<div class="gallery" data-gallery></div>'


@dataclass(frozen=True)
class GalleryTab:
    """What the page needs of this tab."""

    live: tuple[Live, ...]


def build() -> GalleryTab:
    """Create the tab."""
    parts.static(EMPTY, elem_id="gallery")
    newest = parts.live("gallery-newest")
    return GalleryTab((Live(newest, show_newest, TAB),))


def build_taking(fields: form.Form) -> None:
    """How settings that the page has read get into the form; no tab holds it, as tabs are made late."""
    taken = gr.Textbox("", visible="hidden")
    # Pressed by the page once it has read them.
    take = gr.Button(label("gallery.use"), visible="hidden", elem_id="gallery-take")

    def restore(settings: str) -> dict[Any, Any]:
        """Fill the form of the first tab as a picture was made."""
        try:
            request = json.loads(settings)
        except ValueError:
            return {}
        if not isinstance(request, dict) or request.get("kind") in FILMS:
            return {}  # the form is that of pictures
        return form.restore(fields, request) if request else {}

    take.click(None, None, taken, js="() => avatarforge.gallery.taken()", api_visibility="private").then(
        restore, taken, fields.components, **parts.QUIET
    )


def show_newest(sight: Sight) -> str:
    """Which picture is the newest: the page fetches what has come when it sees another one."""
    items = sight.studio.gallery.page(Filter(), limit=1).items
    return f'<i hidden data-newest="{items[0].id if items else ""}"></i>'
