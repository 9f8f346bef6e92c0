"""What can be worn: one record per kind, read by the parser, the filling and the drawing side.

A garment is added by one `wear(...)` line in `clothes`, `armour`, `limbs` or `headwear`, and one drawing
function of the same kind. The words are written the way people say them; no two kinds may share a phrase.
"""

from __future__ import annotations

from studio.engine.figure.words.armour import ARMOUR
from studio.engine.figure.words.clothes import CLOTHES
from studio.engine.figure.words.garment import GarmentWord
from studio.engine.figure.words.headwear import HEADWEAR
from studio.engine.figure.words.limbs import LIMBS

GARMENTS: dict[str, GarmentWord] = {word.kind: word for word in (*CLOTHES, *ARMOUR, *LIMBS, *HEADWEAR)}

# Words that leave the kind open: the archetype, else the seed, decides among these.
GENERIC: dict[str, tuple[str, ...]] = {
    "armor": (
        "plate_armor",
        "leather_armor",
        "chainmail",
        "breastplate",
        "scale_armor",
        "samurai_armor",
        "exo_armor",
    ),
    "hat": ("fedora", "cap", "beret", "straw_hat", "top_hat", "feathered_hat"),
    "footwear": ("shoes", "boots", "sneakers"),
    "uniform": ("military_uniform",),
}
GENERIC_WORDS: dict[str, str] = {
    "armor": "armor",
    "armored": "armor",
    "battle armor": "armor",
    "fantasy armor": "armor",
    "ornate armor": "armor",
    "hat": "hat",
    "headwear": "hat",
    "headgear": "hat",
    "footwear": "footwear",
    "uniform": "uniform",
}

__all__ = ["GARMENTS", "GENERIC", "GENERIC_WORDS", "GarmentWord"]
