"""The AInfluencer API: one file per section of its document, below /api and without a version."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api import problems
from api.influencer import (
    answers,
    captions,
    character_parts,
    characters,
    comfyui,
    contents,
    editing,
    faces,
    images,
    images_kept,
    installer,
    models,
    quality,
    repurposing,
    resources,
    services,
    settings,
    system,
    text,
    video,
    video_uploads,
    voices,
    workflows,
)

# In the order in which they are matched.
ROUTERS: tuple[APIRouter, ...] = (
    images.router,
    video.router,
    faces.router,
    quality.router,
    text.router,
    captions.content_router,
    captions.character_router,
    voices.router,
    voices.character_router,
    characters.router,
    character_parts.router,
    images_kept.router,
    contents.router,
    repurposing.router,
    editing.router,
    video_uploads.router,
    workflows.router,
    comfyui.router,
    models.router,
    services.router,
    settings.router,
    resources.router,
    installer.router,
    system.monitoring,
    system.router,
)
# Also under the studio's own prefix, where nobody counts what its page asks for.
PAGES = (
    captions.content_router,
    characters.router,
    character_parts.router,
    quality.router,
    contents.router,
    repurposing.router,
)
PAGE_PREFIX = "/studio"
# Of addresses that answers name, at the root as documented.
FILES = "/content"


def install(app: FastAPI) -> None:
    """Serve the family, with failures in its own form."""
    problems.RENDERERS[answers.PREFIX] = answers.render
    problems.LISTERS[answers.PREFIX] = answers.list_errors
    problems.RENDERERS[FILES] = answers.render
    for router in ROUTERS:
        app.include_router(router, prefix=answers.PREFIX, responses=answers.OTHERWISE)
    for router in PAGES:
        app.include_router(router, prefix=PAGE_PREFIX, include_in_schema=False)
    app.include_router(contents.files, responses=answers.OTHERWISE)
