"""What is worn so far while somebody is dressed, and how one more garment is put on."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.engine.figure.spec import RGB, Garment
from studio.engine.figure.words.archetypes import Archetype
from studio.engine.figure.words.chance import Chance
from studio.engine.figure.words.colours import COLOURS
from studio.engine.figure.words.garments import GARMENTS, GarmentWord
from studio.engine.figure.words.materials import MATERIAL_COLOURS, METALS
from studio.engine.figure.words.palette import Palette
from studio.engine.figure.words.said import Said

METAL_GROUPS = frozenset({"armor", "armor_part", "helmet", "crown"})


@dataclass
class Wardrobe:
    """What dressing needs to know, and what it has put on so far."""

    said: Said
    calling: Archetype
    palette: Palette
    chance: Chance
    feminine: bool
    child: bool
    everything: RGB | None = None  # "dressed in black": the colour of all cloth
    fur_feet: bool = False
    calling_colour: RGB | None = None  # "black knight": the colour of the armour
    cloth: str | None = None  # "leather outfit": what filled garments are made of
    state: str | None = None  # "torn clothes"
    worn: dict[str, Garment] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)  # the user's words that another word of theirs outdid
    shown: set[str] = field(default_factory=set)  # slots whose garments were named: they are to be seen
    bare: set[str] = field(default_factory=set)  # slots that are to stay free
    unwanted: set[str] = field(default_factory=set)  # kinds that are not to be worn
    tints: dict[str, list[RGB]] = field(default_factory=dict)  # kinds with colours that are not to be used


def covered_slots(wardrobe: Wardrobe, above: int = 0) -> set[str]:
    """The slots that need nothing more, by the garments from this layer outwards."""
    return {
        slot
        for garment in wardrobe.worn.values()
        if garment.layer >= above
        for slot in GARMENTS[garment.kind].covers
    }


def put_on(wardrobe: Wardrobe, word: GarmentWord, colour: RGB | None, material: str) -> None:
    """Puts on a garment that nobody asked for, in the colours of the palette."""
    clothlike = word.slot in {"full", "torso", "legs"} and word.group not in METAL_GROUPS
    if clothlike and wardrobe.cloth is not None and wardrobe.cloth not in METALS:
        material = wardrobe.cloth
    chosen = colour or usual_colour(wardrobe, word, material)
    if chosen in wardrobe.tints.get(word.kind, []):
        chosen = wardrobe.palette.quiet
    trim = None
    if word.group not in METAL_GROUPS and word.layer >= 2 and word.slot in {"full", "torso", "back"}:
        trim = wardrobe.palette.accent if wardrobe.chance.happens(f"trim {word.kind}", 0.4) else None
    length = word.length
    if "legs" in wardrobe.shown and word.slot == "torso" and word.layer < 3 and length in {"knee", "calf"}:
        length = "hip"
    wardrobe.worn[word.kind] = Garment(
        word.kind,
        word.slot,
        word.layer,
        chosen,
        material,
        trim=trim,
        length=length,
        sleeve=word.sleeve,
        variant=wardrobe.state if clothlike and wardrobe.state else word.variant,
    )


def usual_colour(wardrobe: Wardrobe, word: GarmentWord, material: str) -> RGB:
    """The colour of a garment that nobody gave one: by its kind, else by its place in the palette."""
    dyed = word.material not in METALS and material not in METALS
    if wardrobe.everything is not None and dyed:
        return wardrobe.everything
    if material != word.material and material in MATERIAL_COLOURS:
        return COLOURS[MATERIAL_COLOURS[material]]
    if word.colours:
        return COLOURS[wardrobe.chance.pick(f"colour of {word.kind}", word.colours)]
    if material in METALS and material in MATERIAL_COLOURS:
        return COLOURS[MATERIAL_COLOURS[material]]
    if material == "leather" or word.slot in {"feet", "hands"}:
        return wardrobe.palette.leather
    if word.slot == "legs" or word.layer == 0:
        return wardrobe.palette.quiet
    if word.slot in {"waist", "neck", "shoulders", "arms", "face"}:
        return wardrobe.palette.second
    if word.slot == "back":
        return wardrobe.palette.second
    if word.slot == "torso" and word.layer == 1:
        return wardrobe.palette.second
    return wardrobe.palette.main
