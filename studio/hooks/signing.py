"""The secret and the signatures, after Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from studio.errors import StudioError
from studio.records import Database, memory
from studio.settings import Settings

KEPT_UNDER = "webhook_secrets"
PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP_S = 24 * 3600.0  # how long the former secret signs too, so that receivers can change over


@dataclass(frozen=True)
class Secret:
    """What a receiver checks signatures with."""

    text: str
    until: float | None  # None: until it is replaced


def headers(delivery_id: str, body: bytes, texts: Sequence[str], now: float) -> dict[str, str]:
    """What proves that a body is ours; one signature for each secret that is good."""
    timestamp = str(int(now))
    signed = b".".join((delivery_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_sign(text, signed)}" for text in texts),
    }


def _sign(text: str, signed: bytes) -> str:
    key = base64.b64decode(text.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def current(database: Database, settings: Settings, now: float) -> list[Secret]:
    """The secrets that are good now, the newest first; one is made when there is none."""
    if settings.webhook_secrets:
        return [Secret(text, None) for text in settings.webhook_secrets]
    if not _kept(database, now):
        with database.write():
            if not _kept(database, now):  # another process may have been quicker
                _keep(database, [Secret(_new(), None)])
    return _kept(database, now)


def rotate(database: Database, settings: Settings, now: float, overlap_s: float) -> list[Secret]:
    """A new secret; the former one signs too for a while."""
    if settings.webhook_secrets:
        raise StudioError("webhook_secret_fixed")
    former = current(database, settings, now)[0]
    with database.write():
        _keep(database, [Secret(_new(), None), Secret(former.text, now + overlap_s)])
    return _kept(database, now)


def _kept(database: Database, now: float) -> list[Secret]:
    found = [Secret(**one) for one in memory.recall(database, KEPT_UNDER, [])]
    return [one for one in found if one.until is None or one.until > now]


def _keep(database: Database, kept: Sequence[Secret]) -> None:
    memory.remember(database, KEPT_UNDER, [{"text": one.text, "until": one.until} for one in kept])


def _new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def texts(database: Database, settings: Settings) -> list[str]:
    """The secrets that sign at this moment."""
    return [one.text for one in current(database, settings, time.time())]
