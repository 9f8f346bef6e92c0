"""Hair and cloth come after: they hang on springs to what carries them, and follow a moment later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..drape import CAPE, SKIRT
from ..palette import SEGMENT
from ..shape.curves import smoothstep
from ..shape.skeleton import BONE
from ..workshop import SEGMENTS, Model
from .acting import Acting, places_at

Array = np.ndarray
_CARRIERS = ("head", "chest", "pelvis")
_HERTZ = (1.9, 1.3, 1.6)  # how quickly hair, capes and skirts come back
_DAMPING = (0.42, 0.5, 0.6)
_FURTHEST = 0.22  # in head heights
_SAMPLES_PER_ROUND, _MOST_SAMPLES = 64, 1024
_STEPS = 6  # of the springs between two samples
_SETTLING_ROUNDS = 3  # after which a closed motion swings in the same way each time


@dataclass(frozen=True, eq=False)
class Loose:
    """How much each point of a model gives way, by what carries it."""

    hair: Array
    capes: Array
    skirts: Array


def loose_of(model: Model) -> Loose:
    """The points of a model that hang freely: more so the further they are from where they are fixed."""
    count = len(model.points)
    hair, capes, skirts = np.zeros(count), np.zeros(count), np.zeros(count)
    parts = np.zeros(count, np.int64)
    parts[model.faces.ravel()] = np.repeat(model.part_of, 3)
    is_hair = (model.table[parts, SEGMENT] == SEGMENTS.index("hair")) & (
        model.weights[:, BONE["head"]] + model.weights[:, BONE["chest"]] > 0.9
    )
    away = model.local - np.array([0.0, 0.55, -0.05], np.float32)
    far = np.sqrt((away * away).sum(1))
    hair[is_hair] = smoothstep(0.62, 2.2, far[is_hair])
    for hanging in model.hangings:
        own = hanging.own
        y = model.points[own, 1]
        depth = (y.max() - y) / max(float(np.ptp(y)), 1e-6)
        if hanging.kind == CAPE:
            capes[own] = depth**1.6
        elif hanging.kind == SKIRT:
            skirts[own] = smoothstep(0.25, 1.3, depth)
    return Loose(hair, capes, skirts)


class Sway:
    """How far head, chest and hips are ahead of what hangs on them, at any moment of a video."""

    def __init__(self, acting: Acting, head_height: float) -> None:
        motion, self._acting = acting.motion, acting
        self._closed = motion.closed
        rounds = 1.0 if self._closed else max(acting.rounds, 1e-6)
        self._span = rounds / acting.rounds  # of the video, in which the samples lie
        count = int(np.clip(np.ceil(_SAMPLES_PER_ROUND * rounds), 16, _MOST_SAMPLES))
        shares = np.arange(count) / count * self._span
        places = np.stack([places_at(acting, float(share), _CARRIERS) for share in shares])
        step_s = self._span * acting.seconds / count / _STEPS
        self._behind = np.stack(
            [
                _followed(places[:, k], step_s, _HERTZ[k], _DAMPING[k], self._closed) - places[:, k]
                for k in range(len(_CARRIERS))
            ],
            1,
        )
        most = _FURTHEST * head_height
        size = np.sqrt((self._behind**2).sum(-1, keepdims=True))
        self._behind *= most * np.tanh(size / most) / np.maximum(size, 1e-9)

    def behind(self, share: float) -> Array:
        """How far hair, capes and skirts are behind at a share of the video (3 × 3)."""
        count = len(self._behind)
        at = share / self._span * count
        at = at % count if self._closed else min(at, count - 1.001)
        low = int(at)
        part = at - low
        return self._behind[low] * (1 - part) + self._behind[(low + 1) % count] * part


def _followed(places: Array, step_s: float, hertz: float, damping: float, closed: bool) -> Array:
    """Where a weight on a spring is, that hangs on something moving; the first place is where it rests."""
    pull = (2 * np.pi * hertz) ** 2
    drag = 2 * damping * 2 * np.pi * hertz
    count = len(places)
    out = np.empty_like(places)
    at, speed = places.mean(0) if closed else places[0].copy(), np.zeros(3)
    for number in range(count * (_SETTLING_ROUNDS if closed else 1)):
        here, following = places[number % count], places[(number + 1) % count]
        if not closed and number == count - 1:
            following = here
        out[number % count] = at
        for step in range(_STEPS):
            goal = here + (following - here) * (step + 1) / _STEPS
            speed = speed + (pull * (goal - at) - drag * speed) * step_s
            at = at + speed * step_s
    return out
