"""The tab of kept characters; its page speaks to their own routes."""

from __future__ import annotations

from dataclasses import dataclass

from studio.ui import parts
from studio.ui.tail import Live, Sight

TAB = "characters"
EMPTY = '<div class="gallery characters" data-characters></div>'


@dataclass(frozen=True)
class CharactersTab:
    """What the page needs of this tab."""

    live: tuple[Live, ...]


def build() -> CharactersTab:
    """Create the tab."""
    parts.static(EMPTY, elem_id="characters")
    newest = parts.live("characters-newest")
    return CharactersTab((Live(newest, show_newest, TAB),))


def show_newest(sight: Sight) -> str:
    """Which character and which picture are the newest: the page looks again when it sees others."""
    people, count = sight.studio.characters.page(limit=1)
    made, total = sight.studio.contents.page(limit=1)
    newest = " ".join([str(count), *(one.id for one in people), str(total), *(one.id for one in made)])
    return f'<i hidden data-newest="{newest}"></i>'
