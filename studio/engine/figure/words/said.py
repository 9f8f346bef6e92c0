"""What the words said, before anything is filled in: the hand-over from reading to filling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.engine.figure.spec import RGB


@dataclass
class Thing:
    """A noun of the prompt with the modifiers bound to it; it is finished while the text is read."""

    role: (
        str  # "garment", "generic", "item", "feature", "hair", "eyes", "skin", "lips", "beard", "outfit" ...
    )
    key: str
    text: str
    colours: list[RGB] = field(default_factory=list)
    shades: list[str] = field(default_factory=list)  # of the usual colour, when no colour was named
    materials: list[str] = field(default_factory=list)
    pattern: str | None = None
    second: RGB | None = None  # colour of the pattern
    length: str | None = None
    sleeve: str | None = None
    states: list[str] = field(default_factory=list)
    trim: RGB | None = None
    where: str | None = None
    count: int = 1
    variant: str | None = None
    borrowed: bool = False  # the colour is that of the thing before: "black hat and cloak"
    hair_colour: bool = False  # the colour is a hair colour by name ("blonde")


@dataclass
class Said:
    """Everything that one text said, in reading order."""

    things: list[Thing] = field(default_factory=list)
    facts: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)  # role -> (value, the user's words)
    removed: list[Thing] = field(default_factory=list)
    removed_facts: list[tuple[str, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def tell(self, role: str, value: Any, text: str) -> None:
        """Remember one fact."""
        self.facts.setdefault(role, []).append((value, text))

    def values(self, role: str) -> list[Any]:
        """All values said for a role."""
        return [value for value, _ in self.facts.get(role, [])]

    def last(self, role: str) -> Any:
        """The last value said for a role, None when nothing was said."""
        found = self.facts.get(role)
        return found[-1][0] if found else None

    def of(self, *roles: str) -> list[Thing]:
        """The things with one of these roles, in reading order."""
        return [thing for thing in self.things if thing.role in roles]
