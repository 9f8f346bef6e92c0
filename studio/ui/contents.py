"""The library tab: what characters have made, approved or not; its page asks the routes of the library."""

from __future__ import annotations

from dataclasses import dataclass

from studio.contents import Filter
from studio.ui import parts
from studio.ui.tail import Live, Sight

TAB = "library"
EMPTY = '<div class="gallery library" data-library></div>'


@dataclass(frozen=True)
class LibraryTab:
    """What the page needs of this tab."""

    live: tuple[Live, ...]


def build() -> LibraryTab:
    """Create the tab."""
    parts.static(EMPTY, elem_id="library")
    newest = parts.live("library-newest")
    return LibraryTab((Live(newest, show_newest, TAB),))


def show_newest(sight: Sight) -> str:
    """Which item is the newest: the page fetches what has come when it sees another one."""
    items, total = sight.studio.contents.page(Filter(), limit=1, offset=0)
    return f'<i hidden data-newest="{total} {items[0].id if items else ""}"></i>'
