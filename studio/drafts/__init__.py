"""Drafts: what a character will look like, drawn small by the embedded engine while somebody still types."""

from studio.drafts.drawing import Draft, Drafts
from studio.drafts.wanted import HEIGHT, MEMBERS, WIDTH, Wanted, address, wanted

__all__ = ["HEIGHT", "MEMBERS", "WIDTH", "Draft", "Drafts", "Wanted", "address", "wanted"]
