"""Drafts: what a character will look like, drawn small by the embedded engine while somebody still types."""

from studio.drafts.drawing import Draft, Drafts
from studio.drafts.wanted import HEIGHT, WIDTH, Wanted, address

__all__ = ["HEIGHT", "WIDTH", "Draft", "Drafts", "Wanted", "address"]
