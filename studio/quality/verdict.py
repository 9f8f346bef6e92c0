"""What is said of a picture's quality: named checks, each with its value, limit and reason, and a score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning"]
Finder = Literal["recipe", "cascades", ""]  # by what faces were found
Point = tuple[float, float]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    passed: bool
    value: float | int | str | None
    limit: float | int | str | None
    why: str  # a sentence for people, also where it has passed
    weight: float = 0.0  # its share of the score; 0: it is said, but does not count
    score: float = 1.0  # 0 to 1
    level: Level = "warning"  # a picture that fails an "error" is not valid


@dataclass(frozen=True)
class Face:
    """Where a face is, in pixels of the upright picture."""

    x: int
    y: int
    width: int
    height: int
    eyes: tuple[Point, ...] = ()  # where they are known, the one further left first
    mouth: Point | None = None


@dataclass(frozen=True)
class Verdict:
    """All of it; `score` goes from 0 to 10."""

    score: float
    checks: tuple[Check, ...]
    explained: str = ""  # how the score comes about
    width: int | None = None
    height: int | None = None
    format: str | None = None
    file_size: int = 0
    phash: int | None = None
    faces: tuple[Face, ...] = ()
    duplicates: tuple[str, ...] = ()  # what it looks the same as, nearest first
    faces_by: Finder = ""  # the recipe of a drawing says where its face is; others are looked at

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong that makes it useless."""
        return all(check.passed or check.level != "error" for check in self.checks)

    @property
    def passed(self) -> tuple[str, ...]:
        """The names of what is fine."""
        return tuple(check.name for check in self.checks if check.passed)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of what is not."""
        return tuple(check.name for check in self.checks if not check.passed)

    def reasons(self, level: Level) -> tuple[str, ...]:
        """What is wrong, in sentences."""
        return tuple(check.why for check in self.checks if not check.passed and check.level == level)

    def to_json(self) -> dict[str, Any]:
        """As it is kept beside the picture."""
        return asdict(self)


def read_verdict(text: str) -> Verdict:
    """A verdict that was kept as JSON."""
    values: Mapping[str, Any] = json.loads(text)
    return Verdict(
        **{
            **values,
            "checks": tuple(Check(**check) for check in values["checks"]),
            "faces": tuple(read_face(face) for face in values["faces"]),
            "duplicates": tuple(values["duplicates"]),
        }
    )


def read_face(values: Mapping[str, Any]) -> Face:
    """A face that was kept as JSON; an older one has no eyes."""
    x, y, width, height = (int(values[name]) for name in ("x", "y", "width", "height"))
    mouth = values.get("mouth")
    eyes = tuple((float(across), float(down)) for across, down in values.get("eyes") or ())
    return Face(x, y, width, height, eyes, (float(mouth[0]), float(mouth[1])) if mouth else None)


@dataclass(frozen=True)
class Demand:
    """What a platform takes; None: it does not mind."""

    name: str
    least_width: int | None = None
    least_height: int | None = None
    most_width: int | None = None
    most_height: int | None = None
    least_ratio: float | None = None  # width to height
    most_ratio: float | None = None
    most_bytes: int | None = None
    formats: tuple[str, ...] = ()  # PNG, JPEG, WEBP; empty: all of them
