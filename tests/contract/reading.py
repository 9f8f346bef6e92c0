"""Contracts as data: routes with what they take and give, and types that become checks."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.documents.contract import Shape, check_shape, is_count, is_time, is_uuid, matches, one_of, or_null

HERE = Path(__file__).parent
_TAKEN = re.compile(
    r"(?P<kind>[^!\s]+)(?P<needed>!)?(?: (?P<low>[\d.]+?)?\.\.(?P<high>[\d.]+)?)?(?: =(?P<default>\S+))?"
)
_IN_PATH = re.compile(r"\{(\w+)\}")
WORDS = {"str", "int", "num", "bool", "obj", "any", "time", "uuid", "path", "score"}


@dataclass(frozen=True)
class Taken:
    """What a route allows as one of its values."""

    kind: str
    needed: bool = False
    low: float | None = None
    high: float | None = None
    default: str | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be, where it is one of some."""
        return tuple(self.kind.split("|")) if "|" in self.kind else ()


@dataclass(frozen=True)
class Route:
    """One route of a contract."""

    method: str
    path: str
    tag: str
    documented: bool
    bare: bool = False
    bucket: str = ""
    takes: Mapping[str, Taken] = field(default_factory=dict)
    query: Mapping[str, Taken] = field(default_factory=dict)
    body: Any = None
    absent: bool = False
    last: bool = False
    ask: Mapping[str, Any] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    gives: Any = None
    file: str = ""
    inline: bool = False
    status: int = 200
    code: str = ""
    example: Any = None
    then: int = 200
    left_out: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How tests call it."""
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The names in its path that stand for something."""
        return tuple(_IN_PATH.findall(self.path))


@dataclass(frozen=True)
class Contract:
    """All routes of a family, its objects and its limits."""

    routes: tuple[Route, ...]
    objects: Mapping[str, Any]
    buckets: Mapping[str, int]

    def shape(self, told: Any) -> Shape:
        """The check of an answer that is told as a type or as a table of members."""
        if isinstance(told, Mapping):
            return {name: self.shape(inner) for name, inner in told.items()}
        if isinstance(told, Sequence) and not isinstance(told, str):
            return each(self.shape(told[0]))
        return self._of_word(told)

    def _of_word(self, told: str) -> Shape:
        if told.endswith("?"):
            return or_null(self._of_word(told[:-1]))
        if told.startswith("="):
            return _fixed(told[1:])
        if "|" in told:
            return one_of(*told.split("|"))
        if told[0] == "[":
            return each(self._of_word(told[1:-1]))
        if told[0] == "{":
            return every(self._of_word(told[1:-1]))
        if told[0] == "<":
            items = each(self._of_word(told[1:-1]))
            return {"items": items, "total": is_count, "limit": is_count, "offset": is_count}
        if told[0].isupper():
            return self.shape(_joined(self.objects, told))
        kind, _, bounds = told.partition(" ")
        return within(*map(float, bounds.split(".."))) if bounds else _PLAIN[kind]


@functools.cache
def read_contract(name: str) -> Contract:
    """The contract in a file of this folder."""
    told = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    return Contract(tuple(map(_route, told["route"])), told["objects"], told["buckets"])


def taken(told: str) -> Taken:
    """A value that a route takes, out of how the contract writes it."""
    found = _TAKEN.fullmatch(told)
    assert found, told
    low, high = (float(found[name]) if found[name] else None for name in ("low", "high"))
    return Taken(found["kind"], bool(found["needed"]), low, high, found["default"])


def each(shape: Shape) -> Callable[[Any], bool]:
    """A list, also an empty one, of things of a shape."""

    def check(value: Any) -> bool:
        assert isinstance(value, list), f"{value!r} is no list"
        for index, item in enumerate(value):
            check_shape(item, shape, f"[{index}]")
        return True

    return check


def every(shape: Shape) -> Callable[[Any], bool]:
    """A table of any names to things of a shape."""

    def check(value: Any) -> bool:
        assert isinstance(value, dict), f"{value!r} is no table"
        for name, item in value.items():
            check_shape(item, shape, name)
        return True

    return check


def within(low: float, high: float) -> Callable[[Any], bool]:
    """A number between two."""
    return lambda value: is_number(value) and low <= value <= high


def is_number(value: Any) -> bool:
    """Whole or not: JSON makes no difference."""
    return type(value) in (int, float)


_PLAIN: dict[str, Shape] = {
    "any": lambda _: True,
    "obj": dict,
    "str": str,
    "int": int,
    "num": is_number,
    "bool": bool,
    "time": is_time,
    "uuid": is_uuid,
    "path": matches(r"/[^\s/]\S*"),
    "score": within(0, 10),
}


def _fixed(word: str) -> Shape:
    return one_of(json.loads(word)) if re.fullmatch(r"true|false|\d+", word) else one_of(word)


def _joined(objects: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object with the members of the one that it extends."""
    own = dict(objects[name])
    base = own.pop("extends", None)
    return {**(_joined(objects, base) if base else {}), **own}


def _route(told: dict[str, Any]) -> Route:
    method, _, path = told["call"].partition(" ")
    return Route(
        method=method,
        path=path,
        tag=told["tag"],
        documented=told.get("shape") == "documented",
        bare=told.get("bare", False),
        bucket=told.get("bucket", ""),
        takes={name: taken(kind) for name, kind in told.get("takes", {}).items()},
        query={name: taken(kind) for name, kind in told.get("query", {}).items()},
        body=told.get("body"),
        absent=told.get("absent", False),
        last=told.get("last", False),
        ask=told.get("ask", {}),
        uses=told.get("uses", {}),
        fresh=tuple(told.get("fresh", ())),
        holds=tuple(told.get("holds", ())),
        gives=told.get("gives"),
        file=told.get("file", ""),
        inline=told.get("inline", False),
        status=told.get("status", 200),
        code=told.get("code", ""),
        example=json.loads(told["example"]) if "example" in told else None,
        then=told.get("then", 200),
        left_out=tuple(told.get("left_out", ())),
    )
