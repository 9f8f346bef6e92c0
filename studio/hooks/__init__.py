"""Webhooks: whoever asked for it hears how a job goes, signed, in order and at least once."""

from studio.hooks.subscribing import EVENTS, USUAL, check, subscribe
from studio.hooks.verbs import Hooks

__all__ = ["EVENTS", "USUAL", "Hooks", "check", "subscribe"]
