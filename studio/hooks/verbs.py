"""The verbs over webhooks: the ledger, sending again, trying an address out, the secret."""

from __future__ import annotations

import time
import uuid
from typing import Any

from studio.disk import full_disk_is_said
from studio.errors import StudioError
from studio.hooks import bodies, signing
from studio.hooks.sending import Sender
from studio.hooks.signing import OVERLAP_S, Secret
from studio.hooks.subscribing import check, receiver_of
from studio.records import Database
from studio.records import hooks as records
from studio.records.hooks import Delivery, DeliveryPage
from studio.settings import Settings

LEDGER_DAYS = 30


class Hooks:
    """Everything about webhooks that a door needs; what is due is sent between `start` and `stop`."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self._sender = Sender(database, settings)

    def start(self) -> None:
        """Begin to deliver."""
        self._sender.start()

    def stop(self) -> None:
        """Stop delivering; what is left waits in the records."""
        self._sender.stop()

    # --------------------------------------------------------------- the ledger

    def deliveries(
        self, page: int = 1, per_page: int = 50, *, status: str = "", job_id: str = ""
    ) -> DeliveryPage:
        """The newest deliveries with their attempts."""
        return records.page(self.database, status=status, job_id=job_id, page=page, per_page=per_page)

    def get(self, delivery_id: str) -> Delivery:
        """One delivery with its attempts."""
        found = records.get(self.database, delivery_id)
        if found is None:
            raise StudioError("delivery_not_found", id=delivery_id)
        return found

    def body(self, delivery: Delivery) -> dict[str, Any]:
        """What its receiver is told."""
        return bodies.body(delivery, self.settings)

    @full_disk_is_said()
    def replay(self, delivery_id: str) -> Delivery:
        """Send a delivery again under its own id, however it ended."""
        self.get(delivery_id)
        if not records.replay(self.database, delivery_id, time.time()):
            raise StudioError("delivery_under_way")
        self._sender.look()
        return self.get(delivery_id)

    @full_disk_is_said()
    def test(self, url: str) -> Delivery:
        """Try an address out with one delivery that belongs to no job and is not repeated."""
        check(url, None, self.settings)
        return records.add_test(self.database, f"msg_{uuid.uuid4().hex}", url, receiver_of(url), time.time())

    def outcomes(self) -> dict[str, int]:
        """How many attempts had which outcome: delivered, refused, unreachable or gone."""
        return records.outcomes(self.database)

    def sweep(self, now: float) -> int:
        """Forget what ended long ago."""
        return records.forget(self.database, now - LEDGER_DAYS * 86400)

    # --------------------------------------------------------------- the secret

    @property
    def has_fixed_secret(self) -> bool:
        """Whether the secret is set by a setting, and so not rotated here."""
        return bool(self.settings.webhook_secrets)

    def secrets(self) -> list[Secret]:
        """The secrets that sign now, the newest first."""
        return signing.current(self.database, self.settings, time.time())

    @full_disk_is_said()
    def rotate(self, overlap_s: float = OVERLAP_S) -> list[Secret]:
        """A new secret; the former one signs beside it for a while."""
        return signing.rotate(self.database, self.settings, time.time(), overlap_s)
