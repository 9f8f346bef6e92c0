"""A motion on a body: what every joint, foot and lid does at each frame of a video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..pose import carrying
from ..poses import resolve
from ..shape.curves import turn
from ..shape.skeleton import BONE, bend
from ..spec import Item, Joint, Pose, Spec
from ..workshop import Model
from .legs import SIDES, Body, ankle_of, leg_joints, lowered
from .motion import Motion, motions

Array = np.ndarray
_SLOWEST, _FASTEST = 0.65, 1.5  # how much a motion may be stretched so that a video ends as it began
_BREATHS_PER_S = 0.27
_BLINK_S, _BLINK_EVERY_S = 0.17, (1.9, 4.6)
_HELD_SWING = 0.22  # how much of its swing is left to an arm that carries something
_SOLE = 0.3  # of the height of the ankle, that counts as sole
_ROLLS = 0.88  # of the way to the tip, where a foot rolls
_LEGS = ("hip", "knee", "ankle")
_ARMS = ("shoulder", "elbow", "wrist")


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame of a motion: a pose around hips that stay, where these are, and how the face looks."""

    joints: tuple[Joint, ...]
    hips: Array  # moved so far from where they are at rest
    turned_deg: float
    way: Array  # where the character has come to in the world; pictures follow it
    lids: float | None = None
    mouth: str | None = None


def rounds_of(motion: Motion, seconds: float, pace: float = 1.0) -> float:
    """How often a motion happens in a video: a whole number of times, where it need not hurry or wait."""
    natural = seconds * pace / motion.seconds
    if not motion.closed:
        return natural
    whole = max(1.0, float(round(natural)))
    return whole if _SLOWEST <= whole / natural <= _FASTEST else natural


def ends_as_it_began(motion: Motion, seconds: float, pace: float = 1.0) -> bool:
    """Whether a video of this length can be shown again and again without a jump."""
    return motion.closed and rounds_of(motion, seconds, pace) % 1.0 == 0.0


def cast_as(spec: Spec, motion: Motion) -> tuple[Spec, Motion]:
    """The character ready for a motion: hands, face and stool, and the motion for the hand that is free."""
    held = {side: _held(spec, side) for side in ("left", "right")}
    other = "left" if motion.one_armed == "right" else "right"
    if motion.one_armed and held[motion.one_armed] and not held[other]:
        motion = replace(motion.mirrored(), one_armed=other)
    left, right = motion.hands or ("relaxed", "relaxed")
    pose = Pose(
        "sit" if motion.seat else "idle",
        left_hand=spec.pose.left_hand if held["left"] else left,
        right_hand=spec.pose.right_hand if held["right"] else right,
    )
    face = spec.face
    if motion.smile and face.expression == "neutral":
        face = replace(face, expression="happy")
    return replace(spec, pose=pose, face=face), motion


def _held(spec: Spec, side: str) -> Item | None:
    return next((item for item in spec.items if item.where in (f"{side}_hand", "both_hands")), None)


def body_of(model: Model) -> Body:
    """The legs of a model, the ground that it stands on, and where its soles end."""
    foot = model.points[model.weights[:, BONE["left_ankle"]] > 0.5]
    ground = float(foot[:, 1].min())
    ankle = model.rest["left_ankle"]
    sole = foot[foot[:, 1] < ground + _SOLE * float(ankle[1] - ground), 2] - float(ankle[2])
    return Body(model.rest, ground, _ROLLS * float(sole.max()), -_ROLLS * float(sole.min()))


class Acting:
    """A character and a motion over the length of a video."""

    def __init__(
        self, spec: Spec, model: Model, motion: Motion, seconds: float, pace: float = 1.0, seed: int = 0
    ) -> None:
        self.motion, self.body, self.seconds = motion, body_of(model), seconds
        self.rounds = rounds_of(motion, seconds, pace)
        self.breaths = max(1, round(seconds * _BREATHS_PER_S))
        self.base = _standing(spec)
        self.held = frozenset(side for side in ("left", "right") if _held(spec, side))
        self.blinks = _blinks(seconds, seed)

    def moment(self, share: float) -> Moment:
        """The moment at a share of the video, from 0 to 1."""
        rounds = share * self.rounds
        phase = rounds % 1.0 if self.motion.closed else min(1.0, max(rounds, share))
        joints = self._joints(phase, share)
        hips, legs = self._stand(joints, phase)
        everything = {**joints, **{joint.name: joint for joint in legs}}
        way, turned = self.motion.way(self.body, rounds)
        lids, mouth = self._lids(share * self.seconds), self._mouth(phase)
        return Moment(tuple(everything.values()), hips, turned, way, lids, mouth)

    def _joints(self, phase: float, share: float) -> dict[str, Joint]:
        joints = dict(self.base)
        for name, curve in self.motion.joints.items():
            forward, out, twist = (float(value) for value in curve.at(phase))
            joint = Joint(name, forward, out, twist)
            side, _, limb = name.partition("_")
            if side in self.held and limb in _ARMS:
                joint = _carried(self.base.get(name, Joint(name)), joint, float(curve.values[:, 0].mean()))
            joints[name] = joint
        breath = float(np.sin(2 * np.pi * self.breaths * share))
        for name, forward, out in (
            ("spine", 0.5, 0.0), ("chest", -1.3, 0.0), ("neck", 0.7, 0.0),
            ("left_clavicle", 0.0, 1.3), ("right_clavicle", 0.0, 1.3),
            ("left_shoulder", 0.0, -0.6), ("right_shoulder", 0.0, -0.6),
        ):  # fmt: skip
            joint = joints.get(name, Joint(name))
            more = joint.forward + forward * breath, joint.out + out * breath
            joints[name] = replace(joint, forward=more[0], out=more[1])
        return joints

    def _stand(self, joints: dict[str, Joint], phase: float) -> tuple[Array, list[Joint]]:
        body, rest = self.body, self.body.rest
        pelvis = _pelvis(joints.get("pelvis", Joint("pelvis")))
        hips = rest["pelvis"] + self.motion.hips(body, phase)
        steps = {side: self.motion.footing(body, side, phase) for side, _ in SIDES}
        feet = {side: ankle_of(body, side, footing) for side, footing in steps.items()}
        down = lowered(body, hips, pelvis, {side: ankle for side, (ankle, _) in feet.items()})
        hips = hips - np.array([0.0, down, 0.0])
        legs: list[Joint] = []
        for side, (ankle, foot) in feet.items():
            legs += leg_joints(body, side, hips, pelvis, ankle, foot, steps[side].yaw_deg)
        return hips - rest["pelvis"], legs

    def _lids(self, at_s: float) -> float | None:
        for start in self.blinks:
            if start <= at_s < start + _BLINK_S:
                return float(abs(2 * (at_s - start) / _BLINK_S - 1)) ** 0.7
        return None

    def _mouth(self, phase: float) -> str | None:
        shapes = self.motion.mouth
        return shapes[int(phase * len(shapes)) % len(shapes)] if shapes else None


def _carried(held: Joint, asked: Joint, middle: float) -> Joint:
    return replace(held, forward=held.forward + _HELD_SWING * (asked.forward - middle))


def _pelvis(joint: Joint) -> Array:
    return turn("x", joint.forward) @ turn("z", -joint.out) @ turn("y", joint.twist)


@lru_cache(maxsize=8)
def _standing_joints(items: tuple[Item, ...]) -> tuple[Joint, ...]:
    pose = carrying(resolve(Pose("idle")), Spec(items=items))
    return tuple(joint for joint in pose.joints if joint.name.partition("_")[2] not in _LEGS)


def _standing(spec: Spec) -> dict[str, Joint]:
    """The joints of somebody who stands at ease with what is in the hands; legs are found by their feet."""
    return {joint.name: joint for joint in _standing_joints(spec.items)}


def _blinks(seconds: float, seed: int) -> tuple[float, ...]:
    """When the eyes are shut for a moment; never where a video begins again."""
    rng = np.random.default_rng((seed & 0xFFFFFFFF) + 11)
    found, at = [], float(rng.uniform(0.6, 2.2))
    while at < seconds - 2 * _BLINK_S:
        found.append(at)
        at += float(rng.uniform(*_BLINK_EVERY_S))
    return tuple(found)


def places_at(acting: Acting, share: float, bones: tuple[str, ...]) -> Array:
    """Where some joints are at a moment, seen from where the character has come to."""
    moment = acting.moment(share)
    rest = acting.body.rest
    rotations, shifts = bend(rest, moment.joints)
    found = [rotations[BONE[name]] @ rest[name] + shifts[BONE[name]] + moment.hips for name in bones]
    return np.stack(found) @ turn("y", moment.turned_deg).T


__all__ = ["Acting", "Moment", "cast_as", "ends_as_it_began", "motions", "places_at", "rounds_of"]
