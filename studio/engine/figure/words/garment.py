"""What one kind of garment is, as a record, and how one is written down."""

from __future__ import annotations

from dataclasses import dataclass

TORSO_LEGS = ("torso", "legs")
SUIT_OF_ARMOR = ("torso", "legs", "arms", "hands", "feet", "shoulders")


@dataclass(frozen=True)
class GarmentWord:
    """One kind of garment: where it goes, over what it lies, and the phrases that mean it."""

    kind: str
    slot: str
    layer: int  # 0 next to the skin, 1 base, 2 over it, 3 coats, 4 armour, 5 cloaks and what lies on top
    words: tuple[str, ...]
    material: str = "cloth"
    length: str | None = None
    sleeve: str | None = None
    group: str = ""  # generic words ("armor", "hat") mean any kind of their group
    covers: tuple[str, ...] = ()  # the slots that need nothing else below it
    colours: tuple[str, ...] = ()  # usual colours where nobody says one; empty: the palette decides
    variant: str | None = None
    modest: str | None = None  # what a child wears instead


def wear(
    kind: str,
    slot: str,
    layer: int,
    words: str,
    material: str = "cloth",
    *,
    length: str | None = None,
    sleeve: str | None = None,
    group: str = "",
    covers: tuple[str, ...] | None = None,
    colours: str = "",
    variant: str | None = None,
    modest: str | None = None,
) -> GarmentWord:
    """One kind; `words` are phrases with commas between them, without plurals."""
    covered = (TORSO_LEGS if slot == "full" else (slot,)) if covers is None else covers
    return GarmentWord(
        kind,
        slot,
        layer,
        tuple(phrase.strip() for phrase in words.split(",")),
        material,
        length,
        sleeve,
        group,
        covered,
        tuple(colours.split()),
        variant,
        modest,
    )
