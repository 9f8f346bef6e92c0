"""How every place of a drawn character moves: shifts of the real model, seen by the camera, on the grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from studio.engine.figure.drawing import Scene
from studio.engine.figure.filters import blur
from studio.engine.figure.palette import HAIR, KIND, SEGMENT
from studio.engine.figure.render.raster import FAR, rasterise, to_view
from studio.engine.figure.shape.curves import smoothstep
from studio.engine.figure.shape.skeleton import BONE, bend, bend_points
from studio.engine.figure.spec import Joint
from studio.engine.figure.workshop import SEGMENTS, Model
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.warp import CELL, grid_size

Array = np.ndarray
_TRY_DEG = 4.0  # how far a joint is bent to see where everything goes
_NECK = 0.35  # share of a turn that the neck takes
_BREATH = 0.022  # heads that the shoulders rise
_TOGETHER = 0.75
_JAW = 0.050  # heads that the chin falls
MOTIONS = ("yaw", "pitch", "roll", "breath", "sway_x", "sway_y", "jaw")


@dataclass(frozen=True, eq=False)
class Motion:
    """Shifts in pixels per unit of each of MOTIONS, on the grid of each layer."""

    basis: Array  # motions × layers × rows × columns × 2, float32

    def fields(self, moment: Moment) -> Array:
        """Where every place of each layer goes in a moment."""
        amounts = np.array(
            [
                soft(moment.yaw, 0.30),
                soft(moment.pitch, 0.24),
                soft(moment.roll, 0.24),
                soft(moment.breath, 1.5),
                soft(moment.sway[0], 0.25),
                soft(moment.sway[1], 0.25),
                min(max(moment.mouth.open, 0.0), 1.2) * (1.0 - 0.8 * min(max(moment.mouth.press, 0.0), 1.0)),
            ],
            np.float32,
        )
        return np.ascontiguousarray(np.tensordot(amounts, self.basis, 1))


_REACH = 2.0  # of one look around, in pixels of each copy
_SMALLEST = 4  # pixels along the sides of the last copy
_SURE = 0.999


def soft(value: float, most: float) -> float:
    """A value that is held under a limit without a corner."""
    return float(most * np.tanh(value / most))


def motion_of(scene: Scene, layer_at: Callable[[Array, Array], Array], layers: int) -> Motion:
    """All motions of a posed character, for the view of a scene and its layers, from front to back."""
    shot, model = scene.shot, scene.model
    still = shot.project(scene.points)[:, :2]
    shifts = [_bent(scene, "twist") - still, _bent(scene, "forward") - still, _bent(scene, "out") - still]
    shifts = [shift / np.radians(_TRY_DEG) for shift in shifts]
    for moved in (_breath(scene), *_sway(scene), _jaw(scene)):
        shifts.append(shot.project(scene.points + moved)[:, :2] - still)
    # Half a cell outwards, as the grid's places lie on the corners of its cells.
    view = seen(scene, 2.0 / CELL, grid_size(shot.width) * 2, 1)
    corners = model.faces[np.maximum(view.face, 0)]
    layer = np.where(view.face >= 0, layer_at(view.face, view.depth), -1)
    basis = np.empty((len(shifts), layers, *(grid_size(shot.width),) * 2, 2), np.float32)
    for number in range(layers):
        there = (layer == number).astype(np.float32)
        for which, shift in enumerate(shifts):
            at = (shift[corners] * view.shares[..., None]).sum(-2).astype(np.float32)
            basis[which, number] = _on_grid(at, there)
    # Strands that hang behind go mostly with those before them: a head of hair is one thing.
    basis[:, -1] = basis[:, -1] * (1 - _TOGETHER) + basis[:, 0] * _TOGETHER
    return Motion(basis)


def _bent(scene: Scene, way: str) -> Array:
    """Where all points are seen with head and neck bent a little further."""
    joints = {joint.name: joint for joint in scene.spec.pose.joints}
    for name, share in (("neck", _NECK), ("head", 1 - _NECK)):
        joint = joints.get(name, Joint(name))
        joints[name] = replace(joint, **{way: getattr(joint, way) + share * _TRY_DEG})
    model = scene.model
    rotations, shifts = bend(model.rest, tuple(joints.values()))
    points, _ = bend_points(model.points, model.normals, model.weights, rotations, shifts)
    before, _ = bend_points(model.points, model.normals, model.weights, scene.rotations, scene.shifts)
    # Only the difference: what hangs was laid over the limbs afterwards.
    return scene.shot.project(scene.points + (points - before))[:, :2]


def _breath(scene: Scene) -> Array:
    """Shoulders, neck and head rise, the chest comes forward."""
    model = scene.model
    hips, neck = (
        scene.rotations[BONE[b]] @ model.rest[b] + scene.shifts[BONE[b]] for b in ("pelvis", "neck")
    )
    up = (scene.points - hips) @ (neck - hips) / float((neck - hips) @ (neck - hips))
    risen = smoothstep(0.25, 0.95, up)
    swollen = np.exp(-(((up - 0.72) / 0.22) ** 2))
    moved = np.zeros_like(scene.points)
    moved[:, 1] = risen
    away = scene.points - (hips + neck) / 2
    moved[:, [0, 2]] += 0.9 * swollen[:, None] * away[:, [0, 2]] / (0.5 * model.head_height)
    return moved * (_BREATH * model.head_height)


def _by_part(model: Model, column: int) -> Array:
    """A column of the table of parts, for every point."""
    out = np.zeros(len(model.points), np.int64)
    out[model.faces] = model.table[model.part_of, column].astype(np.int64)[:, None]
    return out


def _sway(scene: Scene) -> tuple[Array, Array]:
    """Hair follows late: the more, the further it hangs from the scalp."""
    model = scene.model
    hair = (_by_part(model, SEGMENT) == SEGMENTS.index("hair")) & (_by_part(model, KIND) == HAIR)
    local = model.local
    fall = smoothstep(0.45, -0.70, local[:, 1])
    away = np.sqrt(local[:, 0] ** 2 + (local[:, 1] - 0.55) ** 2 + (local[:, 2] + 0.05) ** 2)
    fringe = 0.16 * smoothstep(0.30, 0.44, local[:, 2]) * smoothstep(0.85, 0.55, local[:, 1])
    loose = np.maximum(fall, fringe) * smoothstep(0.36, 0.55, away) * hair
    # Beards are fixed to the jaw.
    loose *= ~((np.abs(local[:, 0]) < 0.34) & (local[:, 1] < 0.33) & (local[:, 2] > 0.10))
    width = 0.74 * model.head_height
    right, down = scene.shot.rotation[0] * width, -scene.shot.rotation[1] * width
    return loose[:, None] * right, loose[:, None] * down


def _jaw(scene: Scene) -> Array:
    """The lower face falls, and what grows on it."""
    model = scene.model
    segment = _by_part(model, SEGMENT)
    on_head = np.zeros(len(segment), bool)
    for name in ("face", "hair", "head_wear", "feature"):
        on_head |= segment == SEGMENTS.index(name)
    x, y, z = model.local.T
    low = smoothstep(0.150, 0.060, y) * smoothstep(-0.02, 0.16, z)
    near = smoothstep(0.42, 0.20, np.abs(x))
    cheek = 0.22 * smoothstep(0.30, 0.12, y) * smoothstep(0.0, 0.2, z)
    share = np.maximum(low, cheek) * near * on_head * smoothstep(-1.2, -0.5, y)
    head = scene.rotations[BONE["head"]]
    return share[:, None] * (head @ np.array([0.0, -1.0, -0.30])) * (_JAW * model.head_height)


@dataclass(frozen=True, eq=False)
class Seen:
    """The surface of the model at each place of a picture: -1 where there is none."""

    face: Array  # number of the triangle
    shares: Array  # of its three corners
    depth: Array


def seen(scene: Scene, fineness: float, side: int, inset: int = 0) -> Seen:
    """What a square view of the scene shows, so much finer than its picture."""
    shot, model = scene.shot, scene.model
    screen = np.empty((len(scene.points), 3), np.float32)
    to_view(
        scene.points, scene.normals, shot.rotation, shot.centre, shot.distance, shot.scale * fineness,
        shot.width * fineness / 2.0, shot.height * fineness / 2.0, screen, np.empty_like(screen),
    )  # fmt: skip
    depth = np.full((side, side), FAR, np.float32)
    face = np.full((side, side), -1, np.int32)
    weights = np.zeros((side, side, 2), np.float32)
    every = np.arange(len(model.faces), dtype=np.int32)
    rasterise(screen, model.faces, every, model.keep, model.cut, -inset, -inset, depth, face, weights)
    shares = np.stack([weights[..., 0], weights[..., 1], 1 - weights.sum(-1)], -1)
    return Seen(face, shares, depth)


def _on_grid(shift: Array, there: Array) -> Array:
    """Averaged onto the grid, and spread smoothly over what is empty."""
    side = len(there) // 2
    known = there.reshape(side, 2, side, 2).sum((1, 3))
    total = (shift * there[..., None]).reshape(side, 2, side, 2, 2).sum((1, 3))
    layers = np.concatenate([total, known[..., None]], -1).astype(np.float32)
    layers = blur(layers, 1.0)
    if not known.any():
        return np.zeros_like(total)
    return filled(layers[..., :2], layers[..., 2])


def filled(total: Array, weight: Array) -> Array:
    """A field whose empty places take what is around them; total is already multiplied by weight.

    What is further away is looked for in smaller copies: it comes from further, and smoother.
    """
    sure = np.clip(weight, 0, 1)
    near = _ratio(total, weight) * sure[..., None]
    if float(sure.min()) >= _SURE:
        return near
    return near + _around(total, weight) * (1 - sure[..., None])


def _around(total: Array, weight: Array) -> Array:
    """The field of the surroundings, one size smaller at a time until nothing is empty."""
    shares = blur(weight, _REACH)
    field = _ratio(blur(total, _REACH), shares)
    sure = np.clip(shares * 4.0, 0, 1)
    if float(sure.min()) >= _SURE or max(weight.shape) <= _SMALLEST:
        return field
    wide = _doubled(_around(_halved(total), _halved(weight)), *weight.shape)
    return field * sure[..., None] + wide * (1 - sure[..., None])


def _ratio(total: Array, weight: Array) -> Array:
    return total / np.maximum(weight, 1e-6)[..., None]


def _halved(values: Array) -> Array:
    """The mean of each four; beyond an odd edge there is nothing."""
    height, width = values.shape[:2]
    even = np.pad(values, [(0, height % 2), (0, width % 2)] + [(0, 0)] * (values.ndim - 2))
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) * np.float32(0.25)


def _doubled(values: Array, height: int, width: int) -> Array:
    """Twice as large, smoothly, cut to a size."""
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        before, after = np.concatenate([values[:1], values[:-1]]), np.concatenate([values[1:], values[-1:]])
        larger = np.empty((2 * len(values), *values.shape[1:]), np.float32)
        larger[::2] = 0.75 * values + 0.25 * before
        larger[1::2] = 0.75 * values + 0.25 * after
        values = np.moveaxis(larger, 0, axis)
    return np.ascontiguousarray(values[:height, :width])
