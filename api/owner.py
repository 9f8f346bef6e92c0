"""The routes that only the studio's owner may use."""

from __future__ import annotations

from fastapi import Depends, Request

from studio.owner import check_owner


def owner_only(request: Request) -> None:
    """Refuse everybody else."""
    settings = request.app.state.studio.settings
    client = request.client.host if request.client else ""
    check_owner(settings, client, request.headers.get("origin"), request.headers.get("host"))


OWNER = [Depends(owner_only)]
