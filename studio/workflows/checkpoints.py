"""What a checkpoint is, told from its name: its family, and whether it draws or takes photographs."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr

from studio.comfy.info import find_choice

Look = Literal["drawn", "photo", "any"]

REMEMBERED = 20_000  # names; a server may list thousands, and every request asks about all of them


class Family(BaseModel):
    """One family of models: how its names look, and how good it is at drawings and at photographs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    patterns: tuple[str, ...] = ()
    drawn: int = 0
    photo: int = 0


class LookPatterns(BaseModel):
    """Names that say what a checkpoint's pictures look like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    drawn: tuple[str, ...] = ()
    photo: tuple[str, ...] = ()


class Assignment(BaseModel):
    """What a person says about one checkpoint, where its name does not tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str | None = None
    look: Look | None = None


class Checkpoints(BaseModel):
    """Everything that is known about names of checkpoints, as read from `checkpoints.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    never: tuple[str, ...] = ()  # no picture comes from these alone
    look: LookPatterns = LookPatterns()
    family_list: tuple[Family, ...] = ()
    assign: dict[str, Assignment] = {}
    _told: dict[str, tuple[Family, Look, bool]] = PrivateAttr(default_factory=dict)

    def family(self, name: str) -> Family:
        """The family that a name belongs to; "other" if it tells nothing."""
        return self._tell(name)[0]

    def look_of(self, name: str) -> Look:
        """Whether a checkpoint's pictures look drawn or photographed; "any" if its name does not tell."""
        return self._tell(name)[1]

    def is_usable(self, name: str) -> bool:
        """Whether pictures can come from this checkpoint; a person's word counts more than its name."""
        return self._tell(name)[2]

    def rank(self, name: str, realism: bool) -> int:
        """How well a checkpoint suits; the wrong look costs more than any family is worth."""
        family, look = self.family(name), self.look_of(name)
        wanted, other = ("photo", "drawn") if realism else ("drawn", "photo")
        return (family.photo if realism else family.drawn) + {wanted: 20, "any": 0, other: -40}[look]

    def _tell(self, name: str) -> tuple[Family, Look, bool]:
        told = self._told
        if name not in told:
            if len(told) >= REMEMBERED:
                told.clear()
            said = self._assignment(name)
            is_usable = said.family is not None or not matches_any(name, self.never)
            told[name] = (self._family(name, said), self._look(name, said), is_usable)
        return told[name]

    def _family(self, name: str, said: Assignment) -> Family:
        for one in self.family_list:
            if one.name == said.family if said.family else matches_any(name, one.patterns):
                return one
        return Family(name=said.family or "other", drawn=10, photo=10)

    def _look(self, name: str, said: Assignment) -> Look:
        if said.look:
            return said.look
        if matches_any(name, self.look.photo):
            return "photo"
        return "drawn" if matches_any(name, self.look.drawn) else "any"

    def _assignment(self, name: str) -> Assignment:
        for key, assignment in self.assign.items():
            if find_choice(key, (name,)):
                return assignment
        return Assignment()


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name has one of these patterns, however it is written."""
    plain = name.replace("\\", "/").lower()
    return any(fnmatchcase(plain, pattern.lower()) for pattern in patterns)


def read_checkpoints(path: Path, base: Checkpoints | None = None) -> Checkpoints:
    """A file of patterns and assignments, put before those that are known already."""
    found = Checkpoints.model_validate(tomllib.loads(path.read_text("utf-8")))
    if base is None:
        return found
    return Checkpoints(
        never=(*found.never, *base.never),
        look=LookPatterns(
            drawn=(*found.look.drawn, *base.look.drawn), photo=(*found.look.photo, *base.look.photo)
        ),
        family_list=(*found.family_list, *base.family_list),
        assign={**base.assign, **found.assign},
    )
