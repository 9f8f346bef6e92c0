"""The body without head: its solids by build, and the hands."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..spec import Build
from .curves import unit
from .field import Solid, blob, cone, loft, pack, skin
from .mesh import Mesh
from .skeleton import BODY_LENGTH, Rest, rest_skeleton

Array = np.ndarray
SIDES = (("left", 1.0), ("right", -1.0))

# Trunk rows: y, half width, front, back - of the two ends between which every body lies.
_FEMININE = (
    (0.850, 0.100, 0.068, -0.085),
    (0.885, 0.158, 0.094, -0.116),
    (0.930, 0.164, 0.098, -0.120),
    (0.985, 0.140, 0.092, -0.098),
    (1.055, 0.110, 0.082, -0.072),
    (1.110, 0.109, 0.083, -0.072),
    (1.180, 0.124, 0.092, -0.082),
    (1.250, 0.138, 0.100, -0.092),
    (1.310, 0.142, 0.096, -0.095),
    (1.355, 0.134, 0.074, -0.086),
    (1.388, 0.098, 0.044, -0.074),
    (1.412, 0.052, 0.022, -0.060),
)
_MASCULINE = (
    (0.850, 0.098, 0.072, -0.085),
    (0.885, 0.140, 0.096, -0.108),
    (0.930, 0.141, 0.098, -0.110),
    (0.985, 0.135, 0.096, -0.094),
    (1.055, 0.126, 0.092, -0.078),
    (1.110, 0.130, 0.096, -0.082),
    (1.180, 0.149, 0.108, -0.094),
    (1.250, 0.166, 0.122, -0.104),
    (1.310, 0.169, 0.116, -0.108),
    (1.355, 0.154, 0.088, -0.098),
    (1.388, 0.113, 0.050, -0.084),
    (1.412, 0.056, 0.026, -0.066),
)


@dataclass(frozen=True)
class Figure:
    """The numbers that shape one body: 0 masculine .. 1 feminine, weight and muscle around 0, and so on."""

    feminine: float
    weight: float  # -1 thin .. 1 heavy
    muscle: float  # -1 soft .. 1 strong
    bust: float  # 0 flat .. 1 full
    child: float  # 0 grown .. 1 child

    @property
    def shoulder(self) -> float:
        """Half the width between the shoulder joints."""
        grown = 0.163 - 0.029 * self.feminine + 0.012 * self.muscle + 0.006 * self.weight
        return grown * (1 - 0.08 * self.child)

    @property
    def limb(self) -> float:
        """Thickness of arms and legs against the ordinary."""
        return (
            (1.06 - 0.13 * self.feminine)
            * (1 + 0.16 * self.muscle + 0.16 * self.weight)
            * (1 - 0.04 * self.child)
        )


def figure_of(build: Build) -> Figure:
    """The shape numbers of a build."""
    feminine = {"feminine": 1.0, "masculine": 0.0}.get(build.presentation, 0.55)
    child = {"child": 1.0, "teen": 0.35}.get(build.age, 0.0)
    weight = (build.weight - 0.5) * 2
    muscle = (build.muscle - 0.5) * 2
    bust = 0.0
    if feminine > 0.8 and build.age not in ("child",):
        bust = {"curvy": 0.85, "petite": 0.35, "slim": 0.45}.get(build.body, 0.58) * (1 - 0.5 * child)
    return Figure(feminine * (1 - 0.4 * child), weight, muscle, bust, child)


def scale_of(build: Build) -> tuple[Array, float]:
    """How much the modelling space is stretched (x, y, z) for this build, and the head in metres."""
    heads = build.heads_tall if build.heads_tall < 4 else 4 + (build.heads_tall - 4) * 0.82
    head = build.height_m / heads
    length = build.height_m - head
    tall = length / BODY_LENGTH
    wide = tall * (6.9 / max(2.0, heads)) ** 0.42
    return np.array([wide, tall, wide]), head


def trunk_rows(figure: Figure) -> Array:
    """The rows of the trunk for these shape numbers."""
    f = figure.feminine
    rows = np.asarray(_FEMININE) * f + np.asarray(_MASCULINE) * (1 - f)
    y = rows[:, 0]
    belly = np.exp(-(((y - 1.05) / 0.10) ** 2))
    hips = np.exp(-(((y - 0.93) / 0.08) ** 2))
    chest = np.exp(-(((y - 1.28) / 0.09) ** 2))
    swell = (
        1
        + figure.weight * (0.06 + 0.20 * belly + 0.06 * hips)
        + figure.muscle * (0.07 * chest - 0.02 * belly)
    )
    rows[:, 1] *= swell * (1 - 0.06 * figure.child * hips)
    rows[:, 2] *= swell + figure.weight * 0.16 * belly + 0.05 * figure.child * belly
    rows[:, 3] *= swell
    return rows


def rest_of(figure: Figure) -> Rest:
    """The skeleton of this body in the modelling space."""
    return rest_skeleton(figure.shoulder, 0.091 + 0.004 * figure.weight)


def body_solids(figure: Figure, rest: Rest) -> list[Solid]:
    """The body as solids, each with its group: garments grow these."""
    solids = [loft(trunk_rows(figure), 0.02, 2.25, group="trunk")]
    m, limb = figure.muscle, figure.limb
    if figure.bust > 0:
        size = 0.040 + 0.017 * figure.bust
        for _, sign in SIDES:
            place = (sign * 0.060, 1.243, 0.066 + 0.012 * figure.bust)
            solids.append(blob(place, (size * 1.06, size * 1.05, size), 0.045, group="bust"))
    if figure.feminine < 0.7 and figure.child < 0.5:
        depth = 0.018 + 0.012 * m
        for _, sign in SIDES:
            place = (sign * 0.072, 1.275, 0.088)
            solids.append(blob(place, (0.074, 0.052, 0.030 + depth), 0.05, group="bust"))
    for _, sign in SIDES:
        solids.append(blob((sign * 0.068, 0.905, -0.070), (0.074, 0.076, 0.062), 0.05, group="seat"))
    neck = 0.041 + 0.012 * (1 - figure.feminine) + 0.006 * m
    solids.append(cone((0, 1.385, -0.026), (0, 1.500, -0.016), neck * 1.06, neck * 0.94, 0.045, group="neck"))
    if figure.feminine < 0.7:
        for _, sign in SIDES:
            lift = 1.375 + 0.006 * m
            solids.append(
                cone(
                    (sign * 0.02, lift + 0.02, -0.045),
                    (sign * 0.11, lift - 0.022, -0.032),
                    0.026,
                    0.022,
                    0.05,
                    group="neck",
                )
            )
    for side, sign in SIDES:
        shoulder, elbow, wrist = (rest[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
        along = unit(wrist - shoulder)
        thick = 0.047 * limb
        ball = shoulder + along * 0.020 - np.array([0, 0.006, 0])
        solids.append(blob(ball, np.full(3, 0.046 * limb + 0.002), 0.06, group=f"{side}_upper_arm"))
        top = np.array([sign * figure.shoulder * 0.96, 1.362, -0.026])
        solids.append(cone((sign * 0.045, 1.392, -0.034), top, 0.026, 0.020 * limb, 0.05, group="trunk"))
        solids.append(cone(shoulder, elbow, thick * 1.03, thick * 0.84, 0.04, group=f"{side}_upper_arm"))
        if m > 0.2:
            biceps = shoulder + along * 0.12 + np.array([0, 0, 0.012])
            solids.append(
                blob(biceps, np.full(3, thick * (0.95 + 0.25 * m)), 0.03, group=f"{side}_upper_arm")
            )
        belly = elbow + along * 0.065
        solids.append(cone(elbow, belly, thick * 0.80, thick * 0.86, 0.035, group=f"{side}_forearm"))
        solids.append(cone(belly, wrist, thick * 0.86, thick * 0.54, 0.03, group=f"{side}_forearm", flat=0.9))
        hip, knee, ankle = (rest[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        leg = 0.079 * (0.55 + 0.45 * limb) * (1 + 0.06 * figure.feminine)
        solids.append(
            cone(hip + (sign * -0.004, 0.0, 0.0), knee, leg, leg * 0.585, 0.018, group=f"{side}_thigh")
        )
        solids.append(
            blob(
                hip + (sign * 0.014, -0.12, 0.010),
                (leg * 0.86, 0.15, leg * 0.95),
                0.015,
                group=f"{side}_thigh",
            )
        )
        calf = knee + np.array([sign * 0.004, -0.115, -0.022])
        solids.append(cone(knee, calf, leg * 0.565, leg * 0.60, 0.04, group=f"{side}_shin"))
        solids.append(cone(calf, ankle, leg * 0.60, leg * 0.36, 0.04, group=f"{side}_shin"))
        solids.extend(foot_solids(ankle, sign, leg / 0.084))
    return solids


def foot_solids(ankle: Array, sign: float, size: float = 1.0) -> list[Solid]:
    """A bare foot: heel, arch, ball and toes, turned a little outwards."""
    group = "left_foot" if sign > 0 else "right_foot"
    x, z = ankle[0], ankle[2]
    heel = (x, 0.034, z - 0.022)
    ball = (x + sign * 0.020, 0.024, z + 0.125)
    toe = (x + sign * 0.026, 0.015, z + 0.172)
    s = 0.85 + 0.15 * size
    up = (0.0, 1.0, 0.0)
    return [
        cone((x, ankle[1], z), (x + sign * 0.010, 0.050, z + 0.055), 0.034 * s, 0.030 * s, 0.03, group=group),
        cone(heel, (x, 0.05, z - 0.01), 0.033 * s, 0.032 * s, 0.03, group=group),
        cone(heel, ball, 0.032 * s, 0.040 * s, 0.025, group=group, flat=0.72, towards=up),
        cone(ball, toe, 0.040 * s, 0.030 * s, 0.02, group=group, flat=0.55, towards=up),
    ]


# Fingers: place across the palm, length, and how much each hand shape curls (thumb apart).
_FINGERS = ((0.030, 0.070), (0.010, 0.079), (-0.011, 0.073), (-0.030, 0.056))
_CURL = {
    "relaxed": (24, 30, 34, 38),
    "open": (2, 2, 2, 4),
    "fist": (88, 90, 92, 92),
    "grip": (72, 76, 80, 82),
    "point": (4, 88, 90, 92),
    "peace": (4, 4, 90, 92),
}
_THUMB = {"relaxed": 0.35, "open": 0.0, "fist": 0.95, "grip": 0.9, "point": 0.95, "peace": 0.95}


def hand_solids(shape: str, grow: float = 0.0) -> list[Solid]:
    """A left hand that hangs down from the origin: back of the hand to +x, thumb to +z."""
    curls, thumb = _CURL.get(shape, _CURL["relaxed"]), _THUMB.get(shape, 0.35)
    across, down, back = np.array([0, 0, 1.0]), np.array([0, -1.0, 0]), np.array([1.0, 0, 0])
    solids = [
        cone((0, 0.03, 0), (0, -0.02, 0), 0.029, 0.030, 0.02, flat=0.78, towards=back),
        cone((0, -0.022, 0.012), (-0.002, -0.072, 0.020), 0.028, 0.025, 0.02, flat=0.55, towards=back),
        cone((0, -0.022, -0.010), (-0.002, -0.068, -0.020), 0.027, 0.023, 0.02, flat=0.55, towards=back),
    ]
    for (place, length), curl in zip(_FINGERS, curls, strict=True):
        spread_out = 0.16 if shape == "open" else 0.05
        joint = across * place + down * 0.078
        heading = unit(down + across * place * spread_out * 30)
        angle = 0.0
        # Each knuckle bends further, the middle one most, as fingers do.
        for part, bend_share, ra, rb in (
            (0.45, 0.8, 0.0115, 0.0105),
            (0.31, 1.0, 0.0105, 0.0095),
            (0.24, 0.6, 0.0095, 0.0080),
        ):
            angle += curl * bend_share
            direction = unit(heading * np.cos(np.radians(angle)) - back * np.sin(np.radians(angle)))
            end = joint + direction * length * part
            solids.append(cone(joint, end, ra, rb, 0.006))
            joint = end
    base = across * 0.026 + down * 0.024
    out = unit(across * (1.0 - 0.75 * thumb) + down * (0.85 + 0.2 * thumb) - back * (0.25 + 0.9 * thumb))
    middle = base + out * 0.036
    tip = middle + unit(out + down * 0.5 - back * thumb * 0.6 - across * thumb * 0.6) * 0.034
    solids += [cone(base, middle, 0.015, 0.012, 0.012), cone(middle, tip, 0.012, 0.009, 0.004)]
    return [solid.grown(grow) for solid in solids]


def hand(shape: str, rest: Rest, side: str, size: float, grow: float = 0.0) -> Mesh:
    """The mesh of a hand at the wrist of the skeleton at rest."""
    mesh = skin(pack(hand_solids(shape, grow)), 0.0034)
    mesh = mesh.scaled(size)
    if side == "right":
        mesh = mesh.mirrored()
    return mesh.moved(rest.turned(f"{side}_wrist"), rest[f"{side}_wrist"])
