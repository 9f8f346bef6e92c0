"""The typed description of one character: what the words became, and all that the drawing side may know.

Words are read into a `Spec` (package `words`), and the body is built from a `Spec`; neither side knows the
other. A `Spec` is immutable, hashable, equal when its parts are equal, and goes through JSON without loss.

Conventions
-----------
* Colours are sRGB triples of 0..255 (`RGB`).
* Kinds are plain keys ("plate_armor", "ponytail", "elf"); `keys` has the closed lists of them. The drawing
  side registers one function per key and falls back by `slot` (garments) or `where` (items) for a key that it
  does not know.
* Left and right are the character's own. x points to the character's left (the viewer's right from the
  front), y up, z to the viewer.
* A `Pose` gives angles per joint in degrees, measured from standing straight with the arms hanging down; see
  `Joint` and the package `poses`.

Fields
------
* build: `height_m`, `heads_tall` (2.5 chibi .. 8.5 heroic), `age` (AGES), `body` (BODIES), `presentation`
  (PRESENTATIONS), `weight` and `muscle` 0..1
* skin: `colour`, `surface` (SURFACES), `second` (belly or muzzle)
* face: `shape` (FACE_SHAPES), `expression` (EXPRESSIONS), `marks` (MARKS), `lips`
* eyes: `left`, `right`, `shape` (EYE_SHAPES), `pupil` (PUPILS), `glow`
* hair: `style` (HAIR_STYLES), `length` (HAIR_LENGTHS), `colour`, `second`, `second_where` (SECOND_HAIR),
  `bangs` (BANGS), `beard` (BEARDS), `beard_colour`
* species: a key of `words.species`; features: `kind`, `colour`, `variant`, `second`
* garments, from the body outwards (sorted by `layer`): `kind` (`words.garments`), `slot` (SLOTS), `layer`,
  `colour`, `material` (MATERIALS), `trim`, `second`, `pattern` (PATTERNS), `length` (GARMENT_LENGTHS),
  `sleeve` (SLEEVES), `variant`, `glow`
* items, at most one per hand: `kind` (`words.items`), `colour`, `material`, `where` (WHERES), `accent`,
  `glow`
* pose: `name`, `joints`, `lift`, `left_hand`, `right_hand` (HANDS), `mirrored`
* background: `kind` (BACKGROUNDS), `top`, `bottom`; style (STYLES); camera: `yaw_deg`, `pitch_deg`, `framing`
* accent: the colour of small things that nobody named; seed: the seed that filled what was left open
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Build:
    """Size and proportions; `weight` and `muscle` run from 0 to 1 with 0.5 as the ordinary adult."""

    height_m: float = 1.70
    heads_tall: float = 7.0
    age: str = "young"
    body: str = "average"
    presentation: str = "androgynous"
    weight: float = 0.5
    muscle: float = 0.5


@dataclass(frozen=True)
class Skin:
    """What the body itself is covered with; `second` is a lighter belly, muzzle or plate line."""

    colour: RGB = (236, 200, 172)
    surface: str = "skin"
    second: RGB | None = None


@dataclass(frozen=True)
class Face:
    """The face that the decal draws; `marks` are keys of MARKS, `lips` a lipstick colour."""

    shape: str = "oval"
    expression: str = "neutral"
    marks: tuple[str, ...] = ()
    lips: RGB | None = None


@dataclass(frozen=True)
class Eyes:
    """The irises (unequal: heterochromia), the shape and pupil of both, and whether they glow."""

    left: RGB = (90, 120, 160)
    right: RGB = (90, 120, 160)
    shape: str = "round"
    pupil: str = "round"
    glow: bool = False


@dataclass(frozen=True)
class Hair:
    """Style times length; `second_where` says where a second colour goes, None when there is none."""

    style: str = "straight"
    length: str = "medium"
    colour: RGB = (92, 64, 48)
    second: RGB | None = None
    second_where: str | None = None
    bangs: str = "swept"
    beard: str = "none"
    beard_colour: RGB | None = None


@dataclass(frozen=True)
class Feature:
    """A part of the body that not everybody has: "cat_ears", "horns", "tail" ... in its own colour."""

    kind: str
    colour: RGB
    variant: str | None = None  # "ram" horns, "fox" tail, "bat" wings
    second: RGB | None = None  # tip of a tail, inside of an ear


@dataclass(frozen=True)
class Garment:
    """One thing that is worn; higher layers lie over lower ones."""

    kind: str
    slot: str
    layer: int
    colour: RGB
    material: str = "cloth"
    trim: RGB | None = None
    second: RGB | None = None  # the other colour of "black and gold", or of the pattern
    pattern: str | None = None
    length: str | None = None  # of GARMENT_LENGTHS where the kind has one
    sleeve: str | None = None  # of SLEEVES where the kind has sleeves
    variant: str | None = None  # "hood_up", "open", "pointed", "torn"
    glow: bool = False


@dataclass(frozen=True)
class Item:
    """One thing that is held or carried."""

    kind: str
    colour: RGB
    material: str = "steel"
    where: str = "right_hand"
    accent: RGB | None = None  # hilt, gem, fletching
    glow: bool = False


@dataclass(frozen=True)
class Joint:
    """Angles of one joint in degrees.

    Paired joints (shoulder, elbow, hip ...) are mirrored: `forward` swings the bone to the viewer, `out` away
    from the body, `twist` turns its front outwards. Middle joints (pelvis .. head): `forward` bows, `out`
    leans to the character's left, `twist` turns to its left. Order: twist first, then out, then forward, in
    the parent's frame.
    """

    name: str
    forward: float = 0.0
    out: float = 0.0
    twist: float = 0.0


@dataclass(frozen=True)
class Pose:
    """A pose of the library by name, or any pose by its joints; `poses.resolve` gives the joints of both."""

    name: str = "idle"
    joints: tuple[Joint, ...] = ()  # empty: those of the library pose `name`
    lift: float = 0.0  # height of the lowest foot over the ground, in head heights
    left_hand: str = "relaxed"
    right_hand: str = "relaxed"
    mirrored: bool = False  # left and right exchanged: the drawing side need not look, resolve does it


@dataclass(frozen=True)
class Background:
    """What stands behind; `top` and `bottom` colour its gradient, or the sky and ground of a scene."""

    kind: str = "gradient"
    top: RGB = (214, 224, 236)
    bottom: RGB = (242, 240, 236)


@dataclass(frozen=True)
class CameraHint:
    """What the words say of the view; None where they say nothing."""

    yaw_deg: float | None = None
    pitch_deg: float | None = None
    framing: str | None = None


@dataclass(frozen=True)
class Spec:
    """One character, whole."""

    build: Build = Build()
    skin: Skin = Skin()
    face: Face = Face()
    eyes: Eyes = Eyes()
    hair: Hair = Hair()
    species: str = "human"
    features: tuple[Feature, ...] = ()
    garments: tuple[Garment, ...] = ()
    items: tuple[Item, ...] = ()
    pose: Pose = Pose()
    background: Background = Background()
    style: str = "anime"
    camera: CameraHint = CameraHint()
    accent: RGB = (196, 160, 84)  # buckles, gems, buttons that nobody named
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """The spec as plain lists, dicts, numbers and strings."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Spec:
        """The spec that `to_json` described; unknown keys are an error, missing ones take their default."""
        return _read(cls, data)

    def feature(self, kind: str) -> Feature | None:
        """The feature of this kind, if the character has it."""
        return next((feature for feature in self.features if feature.kind == kind), None)

    def worn(self, slot: str) -> tuple[Garment, ...]:
        """The garments in one slot, from the body outwards."""
        return tuple(garment for garment in self.garments if garment.slot == slot)


T = TypeVar("T")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: type[T], data: dict[str, Any]) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    unknown = set(data) - known
    if unknown:
        raise ValueError(
            f"{kind.__name__} has no field {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
        )
    return kind(**{name: _value(_hints(kind)[name], value) for name, value in data.items()})


def _value(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _value(next(part for part in get_args(kind) if part is not type(None)), value)
    if origin is tuple:
        parts = get_args(kind)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_value(parts[0], item) for item in value)
        if len(value) != len(parts):
            raise ValueError(f"expected {len(parts)} values, got {value!r}")
        return tuple(_value(part, item) for part, item in zip(parts, value, strict=True))
    if is_dataclass(kind):
        return _read(kind, value)  # type: ignore[arg-type]
    return kind(value) if kind is float else value
