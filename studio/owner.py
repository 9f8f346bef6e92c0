"""Who may change what the studio runs on: whoever is signed in, or sits at its machine."""

from __future__ import annotations

import ipaddress
import urllib.parse

from studio.errors import StudioError
from studio.settings import Settings
from studio.visitors import OWNER, asking


def check_owner(settings: Settings, client: str, origin: str | None, host: str | None) -> None:
    """Refuse strangers: with a login on, nobody else comes so far; without one, only this machine counts.

    On a Space anybody with a Hub account may be signed in; there the Space's author counts.
    """
    if settings.has_login:
        if settings.space_author_name and asking() != OWNER:
            raise StudioError("author_only")
        return
    if not _is_here(client):
        raise StudioError("owner_only")
    # Any page in the owner's browser can send requests from this machine.
    if origin and origin not in settings.allowed_origins and urllib.parse.urlsplit(origin).netloc != host:
        raise StudioError("foreign_origin", origin=origin)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
