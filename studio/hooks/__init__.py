"""Webhooks: whoever asked for it hears how a job goes, signed, in order and at least once."""

from studio.hooks.signing import Secret
from studio.hooks.subscribing import EVENTS, USUAL, check, subscribe
from studio.hooks.verbs import Hooks
from studio.records.hooks import Attempt, Delivery, DeliveryPage

__all__ = [
    "EVENTS",
    "USUAL",
    "Attempt",
    "Delivery",
    "DeliveryPage",
    "Hooks",
    "Secret",
    "check",
    "subscribe",
]
