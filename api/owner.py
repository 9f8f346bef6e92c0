"""Who may change what the studio runs on: whoever is signed in, or sits at its machine."""

from __future__ import annotations

import ipaddress
import urllib.parse

from fastapi import Depends, Request

from api import login
from studio.errors import StudioError


def owner_only(request: Request) -> None:
    """Refuse strangers: with a login on, nobody else comes so far; without one, only this machine counts."""
    settings = request.app.state.studio.settings
    if login.is_wanted(settings):
        return
    if not _is_here(request.client.host if request.client else ""):
        raise StudioError("owner_only")
    # Any page in the owner's browser can send requests from this machine.
    origin = request.headers.get("origin")
    host = request.headers.get("host")
    if origin and origin not in settings.allowed_origins and urllib.parse.urlsplit(origin).netloc != host:
        raise StudioError("foreign_origin", origin=origin)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


OWNER = [Depends(owner_only)]
