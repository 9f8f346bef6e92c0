"""Where feet stand and how legs reach them: a foot on the ground stays where it is until it is lifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shape.curves import smoothstep, turn, unit
from ..shape.skeleton import Rest
from ..spec import Joint

Array = np.ndarray
SIDES = (("left", 1.0), ("right", -1.0))
_STRAIGHT_DEG = 4.0  # a knee is never bent less: legs that lock look like sticks
_DEEPEST_DEG = 150.0
_SOFT = 0.012  # in leg lengths: how gently hips are drawn down when a leg is too short


@dataclass(frozen=True, eq=False)
class Footing:
    """Where a foot should be, on the ground under the character."""

    place: Array  # of the ankle if the foot were flat on the ground (x, height, z)
    pitch_deg: float = 0.0  # toes up; below 0 the heel is up
    yaw_deg: float = 0.0  # out from straight ahead, to the character's left


@dataclass(frozen=True, eq=False)
class Body:
    """The lengths of somebody's legs."""

    rest: Rest
    ground: float  # the height of the soles at rest
    toes: float  # how far ahead of the ankle, where a foot rolls
    heel: float  # how far behind it

    @property
    def leg(self) -> float:
        """From the hip to the ankle."""
        return float(self.rest["left_hip"][1] - self.rest["left_ankle"][1])

    def ankle(self, side: str) -> Array:
        """Where an ankle is at rest."""
        return self.rest[f"{side}_ankle"]


def ankle_of(body: Body, side: str, footing: Footing) -> tuple[Array, Array]:
    """Where the ankle is, and how the foot is turned: it rolls over its heel or its toes."""
    ahead = turn("y", footing.yaw_deg)
    turned = ahead @ turn("x", -footing.pitch_deg)
    reach = body.toes if footing.pitch_deg < 0 else -body.heel
    height = float(body.ankle(side)[1]) - body.ground
    pivot = np.array([0.0, -height, reach])  # from the ankle
    return footing.place + ahead @ pivot - turned @ pivot, turned


def lowered(body: Body, hips: Array, pelvis: Array, ankles: dict[str, Array]) -> float:
    """How far hips must come down so that both feet can be reached; hips is where the pelvis is."""
    drop = 0.0
    soft = _SOFT * body.leg
    for side, _ in SIDES:
        socket = hips + pelvis @ (body.rest[f"{side}_hip"] - body.rest["pelvis"])
        away = ankles[side] - socket
        flat = float(np.hypot(away[0], away[2]))
        longest = _reach(body, side, _STRAIGHT_DEG)
        highest = ankles[side][1] + np.sqrt(max(longest**2 - flat**2, 0.0))
        over = float(socket[1] - highest)
        # Softly, so that hips do not jerk at the moment when a leg gets long.
        drop = max(drop, over if over > soft else 0.0 if over < -soft else (over + soft) ** 2 / (4 * soft))
    return drop


def _bones(body: Body, side: str) -> tuple[Array, Array]:
    thigh = body.rest[f"{side}_knee"] - body.rest[f"{side}_hip"]
    return thigh, body.rest[f"{side}_ankle"] - body.rest[f"{side}_knee"]


def _reach(body: Body, side: str, bent_deg: float) -> float:
    thigh, shin = _bones(body, side)
    return float(np.linalg.norm(thigh + turn("x", bent_deg) @ shin))


def _bent_deg(body: Body, side: str, far: float) -> float:
    """How far a knee is bent when the ankle is so far from the hip."""
    thigh, shin = _bones(body, side)
    fixed = thigh[0] * shin[0]
    even = thigh[1] * shin[1] + thigh[2] * shin[2]
    odd = thigh[2] * shin[1] - thigh[1] * shin[2]
    size, phase = float(np.hypot(even, odd)), float(np.arctan2(odd, even))
    wanted = (far * far - thigh @ thigh - shin @ shin) / 2 - fixed
    angle = np.degrees(np.arccos(np.clip(wanted / size, -1.0, 1.0)) + phase)
    return float(np.clip(angle, _STRAIGHT_DEG, _DEEPEST_DEG))


def leg_joints(
    body: Body, side: str, hips: Array, pelvis: Array, ankle: Array, foot: Array, yaw_deg: float
) -> list[Joint]:
    """The angles of a leg whose foot is there; the knee looks between the pelvis and the yaw of the toes."""
    socket = hips + pelvis @ (body.rest[f"{side}_hip"] - body.rest["pelvis"])
    away = ankle - socket
    bent = _bent_deg(body, side, float(np.linalg.norm(away)))
    thigh, shin = _bones(body, side)
    knee = turn("x", bent)
    reach = thigh + knee @ shin
    looks = unit(pelvis[:, 2] * np.array([1.0, 0.0, 1.0])) + turn("y", yaw_deg)[:, 2]
    across = np.array([looks[2], 0.0, -looks[0]])
    hip = _frame(away, across) @ _frame(reach, np.array([1.0, 0.0, 0.0])).T
    return [
        _angles(f"{side}_hip", pelvis.T @ hip),
        Joint(f"{side}_knee", -bent),
        _angles(f"{side}_ankle", (hip @ knee).T @ foot),
    ]


def _frame(along: Array, across: Array) -> Array:
    first = unit(along)
    second = unit(across - first * (across @ first))
    return np.stack([first, second, np.cross(first, second)], -1)


def _angles(name: str, rotation: Array) -> Joint:
    """A rotation as the angles of a paired joint."""
    sign = 1.0 if name.startswith("left_") else -1.0
    out = np.degrees(np.arcsin(np.clip(-rotation[0, 1], -1.0, 1.0)))
    twist = np.degrees(np.arctan2(rotation[0, 2], rotation[0, 0]))
    forward = -np.degrees(np.arctan2(rotation[2, 1], rotation[1, 1]))
    return Joint(name, float(forward), float(sign * out), float(sign * twist))


@dataclass(frozen=True)
class Gait:
    """How somebody steps: lengths in legs, times as shares of two steps."""

    stride: float = 0.0  # how far two steps go
    turn_deg: float = 0.0  # how far they turn to the left
    stance: float = 0.6  # how long a foot is on the ground
    lift: float = 0.12
    heel_deg: float = 16.0  # toes up as a foot comes down
    toe_deg: float = 38.0  # heel up as it leaves
    carry_deg: float = 0.0  # heel up while it is carried forward
    width: float = 0.7  # between the feet, of what it is at rest
    pairs: int = 1  # of steps in one round of the motion

    def footing(self, body: Body, side: str, phase: float) -> Footing:
        """Where a foot is in a round of the motion, seen from where the character is meanwhile."""
        own = phase * self.pairs + (0.0 if side == "left" else 0.5)
        begin, at = np.floor(own), own % 1.0  # it stands from the beginning of its round on
        middle = self.stance / 2
        if at < self.stance:
            stood = begin + middle
            share = at / self.stance
            pitch = self.heel_deg * float(smoothstep(0.18, 0.0, share))
            pitch -= self.toe_deg * float(smoothstep(0.55, 1.0, share)) ** 1.5
            up = 0.0
        else:
            share = (at - self.stance) / (1.0 - self.stance)
            moved = float(smoothstep(0.0, 1.0, share))
            stood = begin + middle + moved
            up = self.lift * body.leg * float(np.sin(np.pi * share**0.85)) ** 1.4
            pitch = -self.toe_deg * float(smoothstep(0.75, 0.0, share))
            pitch += self.heel_deg * float(smoothstep(0.55, 1.0, share))
            pitch -= self.carry_deg * float(smoothstep(0.0, 0.3, share) * smoothstep(1.0, 0.45, share))
        ahead = (stood - own) * self.stride * body.leg
        turned = (stood - own) * self.turn_deg
        ankle = body.ankle(side)
        rest = np.array([ankle[0] * self.width, ankle[1] + up, ankle[2]])
        place = turn("y", turned) @ rest + np.array([0.0, 0.0, ahead])
        return Footing(place, pitch, turned)
