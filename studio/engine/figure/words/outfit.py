"""The outfit of a calling: one line of decisions, made by the seed where there is room for them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.figure.words.colours import COLOURS
from studio.engine.figure.words.garments import GARMENTS, GarmentWord
from studio.engine.figure.words.materials import METALS
from studio.engine.figure.words.wardrobe import METAL_GROUPS, Wardrobe, covered_slots, put_on


def put_on_outfit(wardrobe: Wardrobe, *, few: bool) -> None:
    """Puts on what the calling wears; with few, only what it cannot do without."""
    for place, decision in enumerate(wardrobe.calling.outfit.split()):
        options = [Option.parse(text) for text in decision.split("|")]
        side = "f" if wardrobe.feminine else "m"
        options = [option for option in options if option.side in {"", side}]
        if not options:
            continue
        name = f"outfit {wardrobe.calling.key} {place}"
        maybe = any(option.maybe for option in options)
        if maybe and (few or not wardrobe.chance.happens(f"{name} at all", 0.5)):
            continue
        option = wardrobe.chance.pick(name, options)
        for part in option.parts:
            _put_on_part(wardrobe, part)


@dataclass(frozen=True)
class Option:
    """One way to make a decision: for whom, which parts, and whether it may be left out."""

    side: str
    parts: tuple[str, ...]
    maybe: bool

    @staticmethod
    def parse(text: str) -> Option:
        """Reads "f:gown", "vest+trousers", "cape?" or "-"."""
        side = text[0] if text[1:2] == ":" else ""
        body = text[2:] if side else text
        maybe = body.endswith("?")
        parts = tuple(part for part in body.rstrip("?").split("+") if part != "-")
        return Option(side, parts, maybe)


def _put_on_part(wardrobe: Wardrobe, part: str) -> None:
    kind, _, rest = part.partition("=")
    colour_name, _, material = rest.partition("/")
    if "/" in kind:
        kind, _, material = kind.partition("/")
    word = GARMENTS[kind]
    if wardrobe.child and word.modest:
        word = GARMENTS[word.modest]
    if wardrobe.child and "legs" in wardrobe.shown and word.group in METAL_GROUPS:
        return  # a boy in shorts is not at war
    if not _room_for(wardrobe, word):
        return
    colour = COLOURS[colour_name] if colour_name else None
    if word.group == "armor":
        colour = wardrobe.calling_colour or colour
    if wardrobe.everything is not None and word.group not in METAL_GROUPS and word.material not in METALS:
        colour = wardrobe.everything
    put_on(wardrobe, word, colour, material or word.material)


def _room_for(wardrobe: Wardrobe, word: GarmentWord) -> bool:
    if word.kind in wardrobe.unwanted or word.slot in wardrobe.bare or word.kind in wardrobe.worn:
        return False
    if wardrobe.fur_feet and word.slot == "feet":
        return False
    # A coat may hang open: only armour and whole garments make a shirt below them needless.
    covered = covered_slots(wardrobe, above=max(word.layer, 4) if word.slot == "torso" else word.layer)
    if word.covers and set(word.covers) <= covered:
        return False
    if (
        word.slot == "torso"
        and word.layer <= 2
        and word.covers
        and "torso" in wardrobe.shown
        and "torso" in covered_slots(wardrobe)
    ):
        worn = [garment for garment in wardrobe.worn.values() if "torso" in GARMENTS[garment.kind].covers]
        if any(garment.layer <= 2 for garment in worn):
            return False
    if word.slot == "full" and "full" in wardrobe.shown:
        return False
    for garment in wardrobe.worn.values():
        other = GARMENTS[garment.kind]
        same_place = garment.slot == word.slot and abs(garment.layer - word.layer) < 1
        if same_place or (word.group and word.group == other.group):
            return False
        if word.slot == "face" and garment.slot == "face":
            return False
        # Legs wear trousers or a skirt, and nothing long over the tights that somebody asked for.
        if word.slot == garment.slot == "legs" and max(word.layer, garment.layer) <= 2:
            under_skirt = garment.layer == 0 and word.layer == 2
            if not under_skirt:
                return False
        if (
            word.slot in other.covers
            and other.slot == "full"
            and word.slot not in {"waist", "shoulders", "torso"}
        ):
            return False
        if word.slot == "full" and garment.slot in {"torso", "legs"} and garment.layer == word.layer:
            return False
        if word.slot == "legs" and other.slot == "full" and other.covers:
            return False
        if word.slot == "torso" and other.slot == "full" and other.layer >= word.layer and other.layer > 2:
            return False
        if word.slot == "torso" and "torso" in other.covers and other.slot == "full" and word.layer <= 2:
            return False
        if word.slot == "full" and word.group != "armor" and other.group == "armor" and other.slot == "full":
            return False
        hats = {"hat", "helmet", "hood", "crown", "hair_ornament"}
        if word.group in hats and other.group in hats:
            return False
    return True
