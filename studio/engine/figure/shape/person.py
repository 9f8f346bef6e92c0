"""The person under the clothes: skin, hands, head, and the plain underwear that everybody wears."""

from __future__ import annotations

import numpy as np

from ..palette import FACE, FUR, LEATHER, METAL, SKIN, Paint, toned
from ..spec import Spec
from ..workshop import Workshop
from .body import hand
from .field import keep, merge, pack, skin, stash
from .head import head_mesh, head_shape, human_ear
from .mesh import Mesh

SKIN_CELL = 0.0080
# Clothes under which nothing of the body is seen below the collar.
_ALL_OVER = {"plate_armor", "exo_armor", "samurai_armor", "space_suit", "bodysuit", "jumpsuit"}
_KINDS = {
    "skin": SKIN,
    "fur": FUR,
    "scales": SKIN,
    "metal": METAL,
    "stone": LEATHER,
    "wood": LEATHER,
    "bone": LEATHER,
}


def skin_paint(spec: Spec) -> Paint:
    """What the body is coloured with."""
    weave = "scales" if spec.skin.surface == "scales" else ""
    return Paint(spec.skin.colour, _KINDS.get(spec.skin.surface, SKIN), weave=weave)


def hand_shapes(spec: Spec) -> dict[str, str]:
    """How each hand is held: by the pose, or gripping what it carries."""
    shapes = {"left": spec.pose.left_hand, "right": spec.pose.right_hand}
    for item in spec.items:
        for side in ("left", "right"):
            if item.where in (f"{side}_hand", "both_hands"):
                shapes[side] = "grip"
    return shapes


def hand_size(shop: Workshop) -> float:
    """Hands grow with the arm that they end."""
    return 0.80 + 0.20 * shop.figure.limb


def hand_of(shop: Workshop, shape: str, side: str, grow: float = 0.0) -> Mesh:
    """One hand; equal ones are made once."""
    return shop.twin(("hand", shape, grow), side, lambda: hand(shape, shop.rest, side, hand_size(shop), grow))


def add_person(shop: Workshop) -> None:
    """Skin, hands, head and ears."""
    spec = shop.spec
    paint = skin_paint(spec)
    covered = any(garment.kind in _ALL_OVER for garment in spec.garments)
    low = np.array([-0.3, 1.27, -0.3]) if covered else None
    shop.add(skin(pack(shop.solids), SKIN_CELL, low), paint, "skin")
    if covered:
        # Suits end at the ankle; sandals and bare feet still need the feet themselves.
        feet = pack(shop.group("foot", "shin"))
        shop.add(skin(feet, SKIN_CELL, high=np.array([1.0, 0.16, 1.0])), paint, "skin")
    shapes = hand_shapes(spec)
    for side in ("left", "right"):
        shop.add(hand_of(shop, shapes[side], side), paint, "hands", f"{side}_wrist")
    shop.add(head_mesh(head_shape(spec)), Paint(spec.skin.colour, FACE), "face", "head")
    if not any(feature.kind.endswith("ears") for feature in spec.features):
        for sign in (1.0, -1.0):
            shop.add(human_ear(sign), Paint(spec.skin.colour, SKIN), "skin", "head")
    if not covered:
        _add_underwear(shop)


def _add_underwear(shop: Workshop) -> None:
    outer = [g.colour for g in shop.spec.garments if "skirt" in g.kind or (g.slot == "full" and g.layer <= 2)]
    colour = toned(outer[-1], -0.14) if outer else (72, 76, 92)
    dressed = any(g.slot in ("torso", "full") and g.layer <= 2 for g in shop.spec.garments)
    solids = [
        *shop.group("thigh", grow=0.003),
        keep((0, 0.80, 0), (0, 1, 0)),
        stash(),
        *shop.group("trunk", "bust", "seat", grow=0.003),
        merge(0.03),
        keep((0, 1.0 if dressed else 1.325, 0), (0, -1, 0)),
    ]
    shop.add(skin(pack(solids), SKIN_CELL), Paint(colour), "torso")
