"""Who wants to hear of a job: checked when the job is asked for, recorded with it."""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Sequence

import httpx

from studio import fetch
from studio.errors import StudioError
from studio.records import hooks as records
from studio.settings import Settings

EVENTS = ("started", "output", "completed", "failed", "cancelled")
USUAL = ("completed", "failed", "cancelled")  # where nothing else is asked for
_PORTS = {"http": 80, "https": 443}


def check(url: str, events: Sequence[str] | None, settings: Settings) -> None:
    """Refuse what could never be delivered; whom a name leads to is seen when it is used."""
    plain = fetch.check(url)
    if unknown := sorted(set(events or ()) - set(EVENTS)):
        why = f"There is no webhook event {', '.join(unknown)}; choose from {', '.join(EVENTS)}."
        raise StudioError("invalid_field", why=why)
    if not settings.studio_allow_private_addresses and _is_inside(plain.host):
        raise StudioError("address_refused", why=f"{plain.host} is not on the public internet")


def subscribe(
    connection: sqlite3.Connection,
    job_id: str,
    url: str,
    events: Sequence[str] | None = None,
    base_url: str = "",
) -> None:
    """Tell an address of a job's events; called inside the transaction that records the job.

    `base_url` is how the client reached the studio, for the addresses in what it is told.
    """
    wanted = [event for event in EVENTS if event in (events or USUAL)]
    records.subscribe(connection, job_id, url, receiver_of(url), wanted, base_url)


def receiver_of(url: str) -> str:
    """The host and port that share what one receiver may take of us."""
    plain = httpx.URL(url)
    return f"{plain.host}:{plain.port or _PORTS[plain.scheme]}"


def _is_inside(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not fetch.is_public(host)
