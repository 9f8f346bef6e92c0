"""The AInfluencer API: one file per section of its document, below /api and without a version."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from api import problems
from api.influencer import answers

# In the order in which they are matched.
ROUTERS: tuple[APIRouter, ...] = ()


def install(app: FastAPI) -> None:
    """Serve the family, with failures in its own form."""
    problems.RENDERERS[answers.PREFIX] = answers.render
    problems.LISTERS[answers.PREFIX] = answers.list_errors
    for router in ROUTERS:
        app.include_router(router, prefix=answers.PREFIX, responses=answers.OTHERWISE)
