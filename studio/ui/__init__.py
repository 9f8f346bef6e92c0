"""The Gradio interface; the only room that imports gradio."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

if TYPE_CHECKING:
    from fastapi import FastAPI

    from studio.assembly import Studio

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = (
    *("studio.js", "room.js", "sheet.js", "talking.js", "gallery.js"),
    *("films.js", "characters.js", "library.js"),
)
CACHE_KEPT_S = 3600


def mount(app: FastAPI, studio: Studio) -> ASGIApp:
    """Build the interface for this studio and give the Gradio app that serves it."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str((studio.settings.temp_path / "gradio").absolute()))
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import gradio as gr

    from studio import visitors
    from studio.ui import asking, page
    from studio.ui.entrance import Entrance
    from studio.ui.tail import Tail
    from studio.ui.texts import translations
    from studio.ui.theme import THEME

    visitors.ask(asking.source(studio.settings))
    with gr.Blocks(
        title="AvatarForge Studio",
        analytics_enabled=False,
        delete_cache=(CACHE_KEPT_S, CACHE_KEPT_S),
        fill_width=True,
    ) as blocks:
        page.build(studio, Tail(studio), blocks)
    gr.mount_gradio_app(
        app,
        blocks,
        "/",
        server_name=studio.settings.gradio_server_name,
        server_port=studio.settings.gradio_server_port,
        theme=THEME,
        css_paths=sorted(ASSETS.glob("*.css")),
        head="".join(f"<script>{(ASSETS / name).read_text('utf-8')}</script>" for name in SCRIPTS),
        i18n=translations(),
        show_error=True,
        max_file_size=studio.settings.max_file_size,
        run_history=False,
        mcp_server=False,
        ssr_mode=False,
        footer_links=[],
        favicon_path=str(ASSETS / "favicon.svg"),
    )
    # Served behind our own routes rather than as one of them, so that a wrong method stays a 405.
    gradio_app = app.router.routes.pop().app  # type: ignore[attr-defined]
    gradio_app.add_middleware(Entrance)
    return gradio_app
