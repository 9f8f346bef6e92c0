"""The content library: what shows characters or was made for programs, kept, judged and used again."""

from studio.contents.verbs import GRACE_S, KINDS, Cleaned, Contents, Decided, Deleted, Kind
from studio.records.contents import Content, Filter, Stats

__all__ = [
    "GRACE_S",
    "KINDS",
    "Cleaned",
    "Content",
    "Contents",
    "Decided",
    "Deleted",
    "Filter",
    "Kind",
    "Stats",
]
