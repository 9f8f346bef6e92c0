"""What is held and carried, at most one thing in each place."""

from __future__ import annotations

from studio.engine.figure.spec import Item
from studio.engine.figure.words.colours import COLOURS, shaded
from studio.engine.figure.words.items import IMPLIED, ITEMS
from studio.engine.figure.words.materials import MATERIAL_COLOURS
from studio.engine.figure.words.outfit import Option
from studio.engine.figure.words.said import Thing
from studio.engine.figure.words.wardrobe import Wardrobe


def carry(wardrobe: Wardrobe) -> tuple[Item, ...]:
    """What is held and carried, at most one thing in each place."""
    things = list(wardrobe.said.of("item"))
    gone = {thing.key for thing in wardrobe.said.removed if thing.role == "item"}
    named = {thing.key for thing in things}
    for pose in wardrobe.said.values("pose"):
        if pose in IMPLIED and IMPLIED[pose] not in named:
            things.append(Thing("item", IMPLIED[pose], ""))
    if not things and "items" not in wardrobe.bare:
        kinds = _usual_items(wardrobe)
        if not kinds and wardrobe.said.values("weapon"):
            kinds = [wardrobe.chance.pick("weapon", ("sword", "axe", "spear", "dagger"))]
        things = [Thing("item", kind, "") for kind in kinds]
    things = _once(things)
    taken: dict[str, Item] = {}
    left_out: list[str] = []
    for thing in things:
        if thing.key in gone and not thing.text:
            continue
        word = ITEMS[thing.key]
        for _ in range(min(2, thing.count)):
            where = _free_place(thing.where or word.where, taken, fixed=thing.where is not None)
            if where is None:
                left_out.append(thing.text or thing.key)
                continue
            taken[where] = _item(wardrobe, thing, where)
        if thing.count > 2:
            left_out.append(f"{thing.text} (more than two)")
    wardrobe.replaced.extend(text for text in left_out if text)
    return tuple(taken.values())


def _once(things: list[Thing]) -> list[Thing]:
    """Tags name a thing twice ("sword, holding sword"); what has its own colour or place is another."""
    kept: list[Thing] = []
    for thing in things:
        plain = not thing.colours and thing.where is None and thing.count == 1 and not thing.materials
        if not (plain and any(other.key == thing.key for other in kept)):
            kept.append(thing)
    return kept


def _usual_items(wardrobe: Wardrobe) -> list[str]:
    kinds: list[str] = []
    for place, decision in enumerate(wardrobe.calling.items.split()):
        options = [Option.parse(text) for text in decision.split("|")]
        name = f"items {wardrobe.calling.key} {place}"
        if any(option.maybe for option in options) and not wardrobe.chance.happens(f"{name} at all", 0.5):
            continue
        kinds.extend(part.partition("=")[0] for part in wardrobe.chance.pick(name, options).parts)
    return kinds


def _free_place(wanted: str, taken: dict[str, Item], *, fixed: bool) -> str | None:
    other = {
        "right_hand": "left_hand",
        "left_hand": "right_hand",
        "left_hip": "right_hip",
        "right_hip": "left_hip",
    }
    order = [wanted, other.get(wanted, "left_hip"), "left_hip", "right_hip", "back", "shoulder"]
    if fixed and wanted not in taken:
        return wanted
    return next((place for place in order if place not in taken), None)


def _item(wardrobe: Wardrobe, thing: Thing, where: str) -> Item:
    word = ITEMS[thing.key]
    material = thing.materials[-1] if thing.materials else word.material
    if thing.colours:
        colour = thing.colours[0]
    elif thing.materials and material in MATERIAL_COLOURS:
        colour = COLOURS[MATERIAL_COLOURS[material]]
    elif word.colours:
        colour = COLOURS[wardrobe.chance.pick(f"colour of {word.kind}", word.colours)]
    else:
        colour = COLOURS[MATERIAL_COLOURS.get(material, "steel")]
    for shade in thing.shades:
        colour = shaded(colour, shade)
    accent = thing.colours[1] if len(thing.colours) > 1 else thing.trim or wardrobe.palette.accent
    glow = "glow" in thing.states or material == "neon" or word.kind in {"magic", "energy_sword"}
    return Item(word.kind, colour, material, where, accent, glow)
