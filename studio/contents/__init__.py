"""The content library: what shows characters or was made for programs, kept, judged and used again."""

from studio.contents.verbs import GRACE_S, Contents, Decided, Deleted
from studio.records.contents import Content, Filter, Stats

__all__ = ["GRACE_S", "Content", "Contents", "Decided", "Deleted", "Filter", "Stats"]
