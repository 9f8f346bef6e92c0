"""The gallery: everything that was made, found again quickly, marked, compared, taken along or made anew."""

from studio.gallery.archive import archive
from studio.gallery.compare import Difference, compare
from studio.gallery.restore import Restored, restore
from studio.gallery.thumbnails import SIDE, Thumbnails, has_thumbnail
from studio.gallery.verbs import GRACE_S, Deleted, Gallery
from studio.records.gallery import Filter, Item, Slice

__all__ = [
    "GRACE_S",
    "SIDE",
    "Deleted",
    "Difference",
    "Filter",
    "Gallery",
    "Item",
    "Restored",
    "Slice",
    "Thumbnails",
    "archive",
    "compare",
    "has_thumbnail",
    "restore",
]
