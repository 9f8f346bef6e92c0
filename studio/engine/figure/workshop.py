"""Where a character is put together: parts are added here, hidden skin is dropped, and a model comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from .cloth import Grid
from .drape import Hanging, Limbs, limbs_of
from .palette import COLUMNS, Paint, row_of
from .shape.body import Figure, body_solids, figure_of, rest_of, scale_of
from .shape.curves import smoothstep
from .shape.field import Field, Solid, pack
from .shape.mesh import Mesh
from .shape.skeleton import BONE, BONES, Rest, arm_weights, leg_weights, rigid, skin_weights
from .spec import Build, Spec

Array = np.ndarray
CHIN = np.array([0.0, 1.468, -0.012])  # where the head begins, in the modelling space of the body

# What a part is to a segmentation map, in the order of the legend.
SEGMENTS = (
    "background", "skin", "face", "hair", "torso", "legs", "feet", "hands", "head_wear", "cape",
    "armor", "item", "feature",
)  # fmt: skip


@dataclass(frozen=True)
class Hangs:
    """How a part hangs; a skirt and a cape say their grid."""

    kind: str
    grid: Grid | None = None


@dataclass(frozen=True, eq=False)
class Outline:
    """How far a skirt reaches at each height: half width, front, back."""

    levels: Array  # falling
    reach: Array  # rows of three

    def at(self, y: Array) -> Array:
        """The reach at some heights; nothing where the skirt is not."""
        found = np.stack([np.interp(y, self.levels[::-1], self.reach[::-1, k]) for k in range(3)], -1)
        found[(y < self.levels[-1]) | (y > self.levels[0])] = 0.0
        return found


@dataclass(frozen=True, eq=False)
class Part:
    """One coloured mesh at rest with the bones that move it."""

    mesh: Mesh  # in the modelling space of body or head until the model is finished
    weights: Array
    paint: Paint
    segment: str
    layer: int
    in_head: bool
    casts: bool
    hangs: Hangs | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A finished character at rest, in metres, ready to be bent and drawn."""

    points: Array
    normals: Array
    surface: Array
    local: Array  # place in head units for what belongs to the head, else the modelling space
    weights: Array
    faces: Array
    part_of: Array
    two_sided: Array
    casts: Array
    keep: Array
    cut: Array
    table: Array
    rest: Rest
    head_height: float
    head_origin: Array
    not_drawn: tuple[str, ...]
    hangings: tuple[Hanging, ...] = ()
    limbs: Limbs | None = None  # where something hangs


@lru_cache(maxsize=16)
def _body_of(build: Build) -> tuple[Figure, Rest, tuple[Solid, ...]]:
    """The measures of a body, its joints and its solids, which many characters share."""
    figure = figure_of(build)
    rest = rest_of(figure)
    return figure, rest, tuple(body_solids(figure, rest))


@dataclass
class Workshop:
    """The bench on which garments, hair and items are built; all measures are of the modelling space.

    The body there is 1.468 long from sole to chin, the head one unit tall with the chin at its origin.
    """

    spec: Spec
    parts: list[Part] = field(default_factory=list)
    covers: list[tuple[int, Field]] = field(default_factory=list)
    not_drawn: list[str] = field(default_factory=list)
    stool: float | None = None  # the height of a seat below the hips
    sleeve: float = 0.0  # how far wide sleeves stand off the arm
    skirts: list[Outline] = field(default_factory=list)  # what later layers must lie around

    def __post_init__(self) -> None:
        self._twins: dict[tuple[object, ...], Mesh] = {}
        self.figure: Figure
        self.rest: Rest
        self.figure, self.rest, solids = _body_of(self.spec.build)
        self.solids: list[Solid] = [*solids]
        self.scale, self.head_height = scale_of(self.spec.build)
        # Random choices that only decide where a strand or a crease lies.
        self.rng = np.random.default_rng(self.spec.seed & 0xFFFFFFFF)

    def group(self, *names: str, grow: float = 0.0) -> list[Solid]:
        """Solids of the body by group; a name without side means both."""
        wanted = set(names)
        return [
            solid.grown(grow)
            for solid in self.solids
            if solid.group in wanted or solid.group.removeprefix("left_").removeprefix("right_") in wanted
        ]

    def add(
        self,
        mesh: Mesh,
        paint: Paint,
        segment: str,
        bind: str = "skin",
        layer: int = 0,
        casts: bool = True,
        split: float = 0.03,
        hangs: Hangs | None = None,
    ) -> None:
        """Add a part. bind: "skin" (by place), "head" (in head units), "left_arm", "right_leg", or a bone."""
        if not len(mesh.faces):
            return
        in_head = bind in ("head", "hair")
        weights = self._weights(mesh.points, bind, split)
        self.parts.append(Part(mesh, weights, paint, segment, layer, in_head, casts, hangs))

    def twin(self, key: tuple[object, ...], side: str, make: Callable[[], Mesh]) -> Mesh:
        """A mesh of one side; the right one is the left one mirrored, which saves making it."""
        if side == "left" or key not in self._twins:
            mesh = make()
            if side == "left":
                self._twins[key] = mesh
            return mesh
        return self._twins[key].mirrored()

    def cover(self, solids: Sequence[Solid], layer: int) -> None:
        """Whatever lies inside these solids on a lower layer is out of sight."""
        self.covers.append((layer, pack(solids)))

    def to_head(self, points: Array) -> Array:
        """Places of the body's modelling space in head units."""
        return (np.asarray(points, float) - CHIN) * self.scale / self.head_height

    def from_head(self, points: Array) -> Array:
        """Places in head units in the body's modelling space."""
        return np.asarray(points, float) * self.head_height / self.scale + CHIN

    def miss(self, what: str) -> None:
        """Remember something that was asked for and is not drawn."""
        if what not in self.not_drawn:
            self.not_drawn.append(what)

    def _weights(self, points: Array, bind: str, split: float) -> Array:
        if bind == "skin":
            return skin_weights(points, self.rest, split=split)
        if bind == "skirt":
            # The front follows the thighs, the back stays with the seat; shins hardly pull.
            weights = skin_weights(points, self.rest, split=0.13)
            calm = 1.0 - (0.35 + 0.60 * smoothstep(-0.12, 0.10, points[:, 2]))
            for side in ("left", "right"):
                for joint, share in (("hip", 0.0), ("knee", 0.55), ("ankle", 1.0)):
                    taken = weights[:, BONE[f"{side}_{joint}"]] * np.maximum(calm, share)
                    weights[:, BONE[f"{side}_{joint}"]] -= taken
                    target = "pelvis" if joint == "hip" else f"{side}_hip"
                    weights[:, BONE[target]] += taken * (1.0 if joint == "hip" else 1 - calm)
                    weights[:, BONE["pelvis"]] += taken * (0.0 if joint == "hip" else calm)
            return weights.astype(np.float32)
        if bind == "hair":
            fall = smoothstep(-0.1, -0.9, points[:, 1])
            weights = rigid(len(points), "head") * (1 - fall)[:, None]
            weights[:, BONE["chest"]] += fall
            return weights.astype(np.float32)
        if bind == "loose":
            return skin_weights(points, self.rest, reach=1.25, split=split)
        if bind == "trunk":
            away = points.copy()
            away[:, 0] *= 0.05
            return skin_weights(away, self.rest, split=10.0)
        side, _, limb = bind.partition("_")
        if limb == "pauldron":
            # Shoulder plates follow the arm only in part, as their straps would let them.
            return (
                rigid(len(points), f"{side}_clavicle") * 0.72 + rigid(len(points), f"{side}_shoulder") * 0.28
            )
        if limb in ("arm", "leg"):
            weights = np.zeros((len(points), len(BONES)), np.float32)
            (arm_weights if limb == "arm" else leg_weights)(points, self.rest, side, weights)
            return weights
        return rigid(len(points), bind)

    def _hidden(self, part: Part) -> Array:
        faces = part.mesh.faces
        if part.mesh.keep is not None:
            faces = faces[(part.mesh.keep >= 0)[faces].any(1)]
        if part.in_head or not self.covers:
            return faces
        points = part.mesh.points
        hidden = np.zeros(len(points), bool)
        for layer, cover in self.covers:
            if layer > part.layer:
                asked = ~hidden & (points > cover.low).all(1) & (points < cover.high).all(1)
                if asked.any():
                    hidden[asked] = cover.at(points[asked]) < -0.0015
        return faces[~(hidden[faces[:, 0]] & hidden[faces[:, 1]] & hidden[faces[:, 2]])]

    def finish(self) -> Model:
        """All parts as one model in metres."""
        scale, head = self.scale, self.head_height
        origin = CHIN * scale
        points, normals, local, faces, part_of, two_sided, casts = [], [], [], [], [], [], []
        keep, cut = [], []
        table = np.zeros((len(self.parts), COLUMNS), np.float32)
        offset = 0
        hangings: list[Hanging] = []
        for number, part in enumerate(self.parts):
            kept = self._hidden(part)
            mesh = part.mesh.scaled(head).moved(None, origin) if part.in_head else part.mesh.scaled(scale)
            points.append(mesh.points)
            normals.append(mesh.normals)
            local.append(part.mesh.points)
            faces.append(kept + offset)
            part_of.append(np.full(len(kept), number, np.int32))
            two_sided.append(np.full(len(kept), mesh.two_sided, np.uint8))
            casts.append(np.full(len(kept), part.casts, np.uint8))
            keep.append(np.ones(len(mesh.points)) if mesh.keep is None else mesh.keep)
            cut.append(np.full(len(kept), mesh.keep is not None, np.uint8))
            table[number] = row_of(part.paint, SEGMENTS.index(part.segment))
            if part.hangs is not None:
                hangings.append(Hanging(part.hangs.kind, offset, len(mesh.points), part.hangs.grid))
            offset += len(mesh.points)
        return Model(
            np.concatenate(points),
            np.concatenate(normals),
            np.concatenate([part.mesh.surface for part in self.parts]).astype(np.float32),
            np.concatenate(local).astype(np.float32),
            np.concatenate([part.weights for part in self.parts]),
            np.concatenate(faces).astype(np.int32),
            np.concatenate(part_of),
            np.concatenate(two_sided),
            np.concatenate(casts),
            np.concatenate(keep).astype(np.float32),
            np.concatenate(cut),
            table,
            self.rest.scaled(scale),
            head,
            origin,
            tuple(self.not_drawn),
            tuple(hangings),
            limbs_of(self.figure, self.rest, self.stool, self.sleeve).scaled(scale) if hangings else None,
        )
