"""The library of motions: each a JSON file of keys for joints, hips and feet, and what it is called.

`joints` maps a joint to keys [when, forward, out, twist] in degrees, `root` has keys of the hips
[when, aside, up, ahead] and `feet` keys of the feet [when, aside, up, ahead, toes up], in lengths of a leg
from where they are at rest; a key may end in how one comes there (`curves.EASES`). `gait` says how somebody
steps instead. Of a motion with `halves` the left is written: the right does the same half a round later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..keys import HANDS, JOINTS
from .curves import Curve
from .legs import Body, Footing, Gait

Array = np.ndarray
FOLDER = Path(__file__).parent / "library"
_MIDDLE = np.array([1.0, -1.0, -1.0])  # of a joint in the middle when left and right are exchanged
_SAME = np.array([1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Motion:
    """How somebody moves, for any body."""

    name: str
    about: str
    words: tuple[str, ...]
    seconds: float
    closed: bool  # it ends as it begins
    joints: Mapping[str, Curve]
    root: Curve
    gait: Gait | None = None
    feet: Mapping[str, Curve] = field(default_factory=dict)
    hands: tuple[str, str] | None = None  # left, right
    view_deg: float = 0.0  # from where it is seen best, where nobody says
    one_armed: str = ""  # the side that does it; the other does if this one holds something
    smile: bool = False
    seat: bool = False
    mouth: tuple[str, ...] = ()

    def footing(self, body: Body, side: str, phase: float) -> Footing:
        """Where a foot is at a moment, seen from where the character is meanwhile."""
        if self.gait is not None:
            return self.gait.footing(body, side, phase)
        sign = 1.0 if side == "left" else -1.0
        curve = self.feet.get(side)
        aside, up, ahead, pitch = curve.at(phase) if curve is not None else (0.0, 0.0, 0.0, 0.0)
        moved = np.array([sign * aside, up, ahead]) * body.leg
        return Footing(body.ankle(side) + moved, float(pitch), sign * 6.0)

    def hips(self, body: Body, phase: float) -> Array:
        """How far the hips are from where they are at rest."""
        aside, up, ahead = self.root.at(phase)
        return np.array([aside, up, ahead]) * body.leg

    def way(self, body: Body, rounds: float) -> tuple[Array, float]:
        """Where the character is after so many rounds, and how far it has turned to its left, in degrees."""
        if self.gait is None:
            return np.zeros(3), 0.0
        ahead = rounds * self.gait.pairs * self.gait.stride * body.leg
        return np.array([0.0, 0.0, ahead]), rounds * self.gait.pairs * self.gait.turn_deg

    def mirrored(self) -> Motion:
        """The same with left and right exchanged."""
        joints = {_other(name): _exchanged(name, curve) for name, curve in self.joints.items()}
        root = Curve(
            self.root.times, self.root.values * np.array([-1.0, 1.0, 1.0]), self.root.eases, self.closed
        )
        feet = {_other(side + "_")[:-1]: curve for side, curve in self.feet.items()}
        hands = None if self.hands is None else (self.hands[1], self.hands[0])
        return replace(self, joints=joints, root=root, feet=feet, hands=hands)


def _other(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    if name.startswith("right_"):
        return "left_" + name.removeprefix("right_")
    return name


def _exchanged(name: str, curve: Curve) -> Curve:
    paired = name.startswith(("left_", "right_"))
    return Curve(curve.times, curve.values * (_SAME if paired else _MIDDLE), curve.eases, curve.closed)


@cache
def motions() -> dict[str, Motion]:
    """All motions by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        motion = read_motion(json.loads(path.read_text(encoding="utf-8")))
        found[motion.name] = motion
    return found


def read_motion(data: Mapping[str, Any]) -> Motion:
    """A motion from its JSON; ValueError says what is wrong with it."""
    closed = bool(data["closed"])
    halves = bool(data.get("halves", False))
    unknown = sorted(set(data.get("joints", {})) - set(JOINTS))
    if unknown:
        raise ValueError(f"unknown joints: {', '.join(unknown)}; known are {', '.join(JOINTS)}")
    joints = {name: Curve.of(rows, 3, closed) for name, rows in data.get("joints", {}).items()}
    feet: dict[str, Curve] = {}
    for side, rows in data.get("feet", {}).items():
        curve = Curve.of(rows, 4, closed)
        feet |= dict.fromkeys(("left", "right") if side == "both" else (side,), curve)
    if halves:
        joints |= {
            _other(name): curve.mirrored(_SAME)
            for name, curve in joints.items()
            if name.startswith(("left_", "right_"))
        }
        feet |= {_other(side + "_")[:-1]: curve.mirrored(np.ones(4)) for side, curve in dict(feet).items()}
    hands = data.get("hands")
    if hands is not None and not set(hands) <= set(HANDS):
        raise ValueError(f"unknown hand among {hands}; known are {', '.join(HANDS)}")
    gait = Gait(**data["gait"]) if "gait" in data else None
    return Motion(
        str(data["name"]),
        str(data["about"]),
        tuple(part.strip() for part in str(data["words"]).split(",")),
        float(data["seconds"]),
        closed,
        joints,
        Curve.of(data["root"], 3, closed),
        gait,
        feet,
        None if hands is None else (hands[0], hands[1]),
        float(data.get("view_deg", 0.0)),
        str(data.get("one_armed", "")),
        bool(data.get("smile", False)),
        bool(data.get("seat", False)),
        tuple(str(data.get("mouth", "")).split()),
    )
