"""The layers around the routes, in their order: what is cheap to refuse is refused first."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Scope

from api.edge.crowds import Crowds
from api.edge.envelope import Envelope
from api.edge.keys import Keys
from api.edge.rates import RateLimits, open_storage
from api.edge.visitors import Visitors
from api.limits import BodyLimit
from api.login import Guard
from api.problems import CatchAll
from studio.metrics import HttpMeter
from studio.settings import Settings

# What pages of other origins may read of an answer beside its body.
SHOWN_HEADERS = (
    "X-Request-ID",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
    "Preference-Applied",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Location",
)


def surround(app: FastAPI, settings: Settings, body_limit_for: Callable[[str], int | None]) -> HttpMeter:
    """Put every layer around the app, the innermost first; gives what counts its answers."""
    if settings.tells_visitors_apart:
        app.add_middleware(Visitors, settings=settings, secret=_secret)
    if settings.has_login:
        app.add_middleware(Guard, settings=settings, secret=_secret)
    if settings.api_keys:
        app.add_middleware(Keys, keys=settings.api_keys, has_login=settings.has_login)
    app.add_middleware(BodyLimit, limit_for=body_limit_for, patience_s=settings.studio_body_timeout_s)
    if settings.rate_limit_enabled:
        # Opened here: layers are only built when the server runs, which is too late to refuse.
        storage = open_storage(settings.rate_limit_storage_url)
        app.add_middleware(RateLimits, settings=settings, storage=storage)
    app.add_middleware(Crowds, limit=settings.studio_max_requests_per_client)
    # Inside of CORS, so that pages of other origins may read that something broke.
    app.add_middleware(CatchAll)
    origins = list(settings.allowed_origins)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins or ["*"],
        allow_credentials=bool(origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=SHOWN_HEADERS,
    )
    meter = HttpMeter()
    believes_all = "*" in settings.forwarded_allow_ips
    app.add_middleware(Envelope, meter=meter, framed_by=_framed_by(settings), believes_all=believes_all)
    return meter


def _secret(scope: Scope) -> str:
    return scope["app"].state.studio.session_secret


def _framed_by(settings: Settings) -> list[str] | None:
    """Who may show the pages in a frame; without a login a frame gives nobody more than REST does."""
    if not settings.has_login or settings.space_host:
        return None
    return ["'self'", *settings.allowed_origins]
