"""What is worn and carried: first what the words name, then the outfit of the calling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from studio.engine.figure.spec import RGB, Garment, Item
from studio.engine.figure.words.archetypes import Archetype
from studio.engine.figure.words.chance import Chance
from studio.engine.figure.words.colours import COLOURS, shaded
from studio.engine.figure.words.garments import GARMENTS, GENERIC, GarmentWord
from studio.engine.figure.words.items import IMPLIED, ITEMS
from studio.engine.figure.words.materials import MATERIAL_COLOURS, METALS
from studio.engine.figure.words.palette import Palette
from studio.engine.figure.words.said import Said, Thing

HELMETS = {"space_suit": "space_helmet", "exo_armor": "cyber_helmet", "samurai_armor": "kabuto"}
UNIFORMS = {
    "nurse": "scrubs",
    "doctor": "scrubs",
    "student": "school_uniform",
    "chef": "chef_jacket",
    "maid": "maid_dress",
    "mechanic": "jumpsuit",
    "pilot": "jumpsuit",
}
# What goes on the feet below clothes that boots would spoil.
FOOTWEAR = {
    "kimono": ("geta", "sandals"),
    "hakama": ("geta", "sandals"),
    "toga": ("sandals",),
    "swimsuit": ("sandals",),
    "wetsuit_short": ("sandals",),
    "swim_trunks": ("sandals",),
    "gown": ("heels", "slippers"),
    "suit": ("shoes",),
    "tuxedo": ("shoes",),
    "lolita_dress": ("shoes", "boots"),
    "school_uniform": ("shoes", "sneakers"),
    "sundress": ("sandals", "shoes"),
    "dress": ("shoes", "heels", "boots"),
}
FREE_LENGTH = frozenset({"full", "legs", "back", "waist", "feet"})  # slots whose lengths words may set freely
METAL_GROUPS = frozenset({"armor", "armor_part", "helmet", "crown"})
SHORT_LENGTHS = frozenset({"crop", "short"})


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
    bare: set[str] = field(default_factory=set)  # slots that are to stay free
    unwanted: set[str] = field(default_factory=set)  # kinds that are not to be worn
    tints: dict[str, list[RGB]] = field(default_factory=dict)  # kinds with colours that are not to be used


def dress(wardrobe: Wardrobe) -> tuple[Garment, ...]:
    """All garments, from the body outwards."""
    _take_removals(wardrobe)
    named = _named(wardrobe)
    for thing, kind in named:
        _put_on_named(wardrobe, thing, kind)
    _shoe(wardrobe)
    _put_on_outfit(wardrobe, few=bool(named))
    _cover(wardrobe)
    _hood(wardrobe)
    trims = wardrobe.said.values("trim")
    garments = [_trimmed(garment, trims) for garment in wardrobe.worn.values()]
    if wardrobe.child:
        garments = [_for_a_child(garment) for garment in garments]
    order = {kind: place for place, kind in enumerate(GARMENTS)}
    return tuple(sorted(garments, key=lambda garment: (garment.layer, order[garment.kind])))


def _take_removals(wardrobe: Wardrobe) -> None:
    for thing in wardrobe.said.removed:
        if thing.role == "slot":
            if thing.key == "armor":
                wardrobe.unwanted |= _group("armor") | _group("armor_part") | _group("helmet")
            else:
                wardrobe.bare.add(thing.key)
        elif thing.role == "generic":
            group = _group(thing.key) | (
                {*_group("armor_part"), *_group("helmet")} if thing.key == "armor" else set()
            )
            wardrobe.unwanted |= group
            if thing.key in {"hat", "footwear"}:
                wardrobe.bare.add({"hat": "head", "footwear": "feet"}[thing.key])
        elif thing.role == "garment" and thing.colours:
            wardrobe.tints.setdefault(thing.key, []).extend(thing.colours)
        elif thing.role == "garment":
            word = GARMENTS[thing.key]
            whole_group = word.group in {"helmet", "crown", "hood", "mask"} or thing.key == word.group
            wardrobe.unwanted |= {thing.key} | (_group(word.group) if whole_group else set())
            if thing.key in {"shoes", "boots"}:
                wardrobe.bare.add("feet")


def _group(name: str) -> set[str]:
    return {kind for kind, word in GARMENTS.items() if word.group == name}


# Named garments


def _named(wardrobe: Wardrobe) -> list[tuple[Thing, str]]:
    """The named garments, "armor" and "hat" decided; a generic word lends its colours to a special one."""
    things = wardrobe.said.of("garment", "generic")
    kinds = {thing.key for thing in things if thing.role == "garment"}
    named: list[tuple[Thing, str]] = []
    for thing in things:
        if thing.role == "garment":
            plain = thing.key == "helmet" and thing.text.lower() in {"helmet", "helm", "helmets"}
            named.append((thing, _helmet(wardrobe, kinds) if plain else thing.key))
            continue
        special = [kind for kind in kinds if GARMENTS[kind].group == thing.key]
        if special:
            for other in things:
                if other.key in special:
                    _lend(thing, other)
            continue
        named.append((thing, _decide(wardrobe, thing)))
    return named


def _lend(giver: Thing, taker: Thing) -> None:
    taker.colours = taker.colours or list(giver.colours)
    taker.materials = taker.materials or list(giver.materials)
    taker.trim = taker.trim or giver.trim
    taker.pattern = taker.pattern or giver.pattern
    taker.states.extend(giver.states)


def _helmet(wardrobe: Wardrobe, kinds: set[str]) -> str:
    """A plain "helmet" is that of the armour it is worn with."""
    for armor, helmet in HELMETS.items():
        if armor in kinds or armor in wardrobe.calling.outfit:
            return helmet
    return "helmet"


def _decide(wardrobe: Wardrobe, thing: Thing) -> str:
    if thing.key == "armor":
        materials = {
            "leather": "leather_armor",
            "chain": "chainmail",
            "bone": "bone_armor",
            "carbon": "exo_armor",
        }
        return next(
            (materials[name] for name in thing.materials if name in materials), wardrobe.calling.armor
        )
    if thing.key == "hat":
        materials = {"straw": "straw_hat", "fur": "beanie", "knit": "beanie"}
        usual = "wizard_hat" if "pointed" in thing.states else wardrobe.calling.hat
        return next((materials[name] for name in thing.materials if name in materials), usual)
    if thing.key == "uniform":
        return UNIFORMS.get(wardrobe.calling.key, "military_uniform")
    return wardrobe.chance.pick(f"kind of {thing.key}", GENERIC[thing.key])


def _put_on_named(wardrobe: Wardrobe, thing: Thing, kind: str) -> None:
    word = GARMENTS[kind]
    if kind in wardrobe.unwanted:
        wardrobe.replaced.append(thing.text)
        return
    rival = next(
        (
            other
            for other, garment in wardrobe.worn.items()
            if garment.slot == word.slot
            and garment.layer == word.layer
            and other != kind
            and word.slot in {"torso", "full", "legs", "feet", "head", "back"}
            and GARMENTS[other].group != "hair_ornament"
            and word.group != "hair_ornament"
        ),
        None,
    )
    if rival is not None:
        del wardrobe.worn[rival]
        wardrobe.replaced.append(_words_for(wardrobe.said, rival))
    if wardrobe.child and word.modest:
        wardrobe.notes.append(f"{thing.text}: drawn as a {word.modest.replace('_', ' ')} for a child")
        word = GARMENTS[word.modest]
    tints = wardrobe.tints.get(kind, [])
    before = wardrobe.worn.get(word.kind)
    if before is not None and not thing.colours:
        thing.colours = [before.colour]
    garment = _as_said(wardrobe, thing, word)
    if garment.colour in tints:
        garment = replace(garment, colour=wardrobe.palette.second)
    wardrobe.worn[word.kind] = garment


def _words_for(said: Said, kind: str) -> str:
    return next(
        (thing.text for thing in said.of("garment", "generic") if thing.key == kind), kind.replace("_", " ")
    )


def _as_said(wardrobe: Wardrobe, thing: Thing, word: GarmentWord) -> Garment:
    metal_made = word.group in METAL_GROUPS or word.material in METALS
    fitting = [name for name in thing.materials if metal_made or name not in METALS]
    material = fitting[-1] if fitting else word.material
    if thing.colours:
        colour = thing.colours[0]
    elif thing.materials and not fitting:
        colour = COLOURS[MATERIAL_COLOURS[thing.materials[-1]]]
    elif fitting and fitting[-1] != word.material and fitting[-1] in MATERIAL_COLOURS:
        colour = COLOURS[MATERIAL_COLOURS[fitting[-1]]]
    else:
        colour = _usual_colour(wardrobe, word, material)
    for shade in thing.shades:
        colour = shaded(colour, shade)
    second = thing.colours[1] if len(thing.colours) > 1 else thing.second
    metallic = second in {
        COLOURS["gold"],
        COLOURS["silver"],
        COLOURS["bronze"],
        COLOURS["copper"],
        COLOURS["brass"],
    }
    pattern = thing.pattern
    if second is None and pattern is not None:
        second = _against(wardrobe.palette, colour)
    return Garment(
        word.kind,
        word.slot,
        word.layer,
        colour,
        material,
        trim=thing.trim or (second if metallic and pattern is None else None),
        second=second,
        pattern=pattern,
        length=_length(word, thing),
        sleeve=thing.sleeve or word.sleeve,
        variant=_variant(word, thing),
        glow="glow" in thing.states or material in {"neon", "holographic"},
    )


def _against(palette: Palette, colour: RGB) -> RGB:
    light = sum(colour) > 380
    return palette.quiet if light else (245, 242, 234)


def _length(word: GarmentWord, thing: Thing) -> str | None:
    if thing.length is None or word.length is None:
        return word.length
    if word.slot == "torso":
        return {"short": "crop" if word.layer < 3 else "hip", "ankle": "calf", "floor": "ankle"}.get(
            thing.length, thing.length
        )
    if word.slot in FREE_LENGTH:
        if word.slot == "full" and thing.length == "crop":
            return word.length
        return thing.length
    return word.length


def _variant(word: GarmentWord, thing: Thing) -> str | None:
    states = [state for state in thing.states if state != "glow"]
    if states:
        return states[-1]
    if word.length is None and thing.length in {"short", "ankle"}:
        return "short" if thing.length == "short" else "long"
    return word.variant


# The outfit of the calling


def _put_on_outfit(wardrobe: Wardrobe, *, few: bool) -> None:
    for place, decision in enumerate(wardrobe.calling.outfit.split()):
        options = [_Option.parse(text) for text in decision.split("|")]
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
class _Option:
    side: str
    parts: tuple[str, ...]
    maybe: bool

    @staticmethod
    def parse(text: str) -> _Option:
        side = text[0] if text[1:2] == ":" else ""
        body = text[2:] if side else text
        maybe = body.endswith("?")
        parts = tuple(part for part in body.rstrip("?").split("+") if part != "-")
        return _Option(side, parts, maybe)


def _put_on_part(wardrobe: Wardrobe, part: str) -> None:
    kind, _, rest = part.partition("=")
    colour_name, _, material = rest.partition("/")
    if "/" in kind:
        kind, _, material = kind.partition("/")
    word = GARMENTS[kind]
    if wardrobe.child and word.modest:
        word = GARMENTS[word.modest]
    if not _room_for(wardrobe, word):
        return
    colour = COLOURS[colour_name] if colour_name else None
    if word.group == "armor":
        colour = wardrobe.calling_colour or colour
    if wardrobe.everything is not None and word.group not in METAL_GROUPS and word.material not in METALS:
        colour = wardrobe.everything
    _put_on(wardrobe, word, colour, material or word.material)


def _room_for(wardrobe: Wardrobe, word: GarmentWord) -> bool:
    if word.kind in wardrobe.unwanted or word.slot in wardrobe.bare or word.kind in wardrobe.worn:
        return False
    if wardrobe.fur_feet and word.slot == "feet":
        return False
    # A coat may hang open: only armour and whole garments make a shirt below them needless.
    covered = _covered(wardrobe, above=max(word.layer, 4) if word.slot == "torso" else word.layer)
    if word.covers and set(word.covers) <= covered:
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


def _shoe(wardrobe: Wardrobe) -> None:
    taken = any(garment.slot == "feet" for garment in wardrobe.worn.values())
    if taken or "feet" in wardrobe.bare or wardrobe.fur_feet:
        return
    for kind in list(wardrobe.worn):
        options = [shoe for shoe in FOOTWEAR.get(kind, ()) if shoe not in wardrobe.unwanted]
        if not wardrobe.feminine:
            options = [shoe for shoe in options if shoe != "heels"]
        if options:
            word = GARMENTS[wardrobe.chance.pick(f"shoes with {kind}", options)]
            _put_on(wardrobe, word, None, word.material)
            return


def _covered(wardrobe: Wardrobe, above: int = 0) -> set[str]:
    return {
        slot
        for garment in wardrobe.worn.values()
        if garment.layer >= above
        for slot in GARMENTS[garment.kind].covers
    }


def _put_on(wardrobe: Wardrobe, word: GarmentWord, colour: RGB | None, material: str) -> None:
    clothlike = word.slot in {"full", "torso", "legs"} and word.group not in METAL_GROUPS
    if clothlike and wardrobe.cloth is not None and wardrobe.cloth not in METALS:
        material = wardrobe.cloth
    chosen = colour or _usual_colour(wardrobe, word, material)
    if chosen in wardrobe.tints.get(word.kind, []):
        chosen = wardrobe.palette.quiet
    trim = None
    if word.group not in METAL_GROUPS and word.layer >= 2 and word.slot in {"full", "torso", "back"}:
        trim = wardrobe.palette.accent if wardrobe.chance.happens(f"trim {word.kind}", 0.4) else None
    wardrobe.worn[word.kind] = Garment(
        word.kind,
        word.slot,
        word.layer,
        chosen,
        material,
        trim=trim,
        length=word.length,
        sleeve=word.sleeve,
        variant=wardrobe.state if clothlike and wardrobe.state else word.variant,
    )


def _usual_colour(wardrobe: Wardrobe, word: GarmentWord, material: str) -> RGB:
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


def _cover(wardrobe: Wardrobe) -> None:
    """Nobody stands undressed: what is still uncovered gets something plain that goes with the rest."""
    covered = {slot for slot in _covered(wardrobe) if slot != "torso"}
    if any(
        "torso" in GARMENTS[garment.kind].covers and garment.layer != 3 for garment in wardrobe.worn.values()
    ):
        covered.add("torso")
    if any(garment.slot == "full" and garment.layer == 3 for garment in wardrobe.worn.values()):
        covered.add("torso")
    rustic = wardrobe.calling.key not in {"everyday"}
    if "torso" not in covered:
        _put_on(
            wardrobe,
            GARMENTS["tunic" if rustic and "tunic" not in wardrobe.unwanted else "shirt"],
            None,
            "linen",
        )
    covered = _covered(wardrobe, above=1)
    if any(garment.slot == "legs" and garment.layer == 0 for garment in wardrobe.worn.values()):
        if "legs" not in covered:
            _put_on(wardrobe, GARMENTS["shorts"], None, "cloth")
    elif "legs" not in covered:
        kind = "trousers" if "trousers" not in wardrobe.unwanted else "leggings"
        _put_on(wardrobe, GARMENTS[kind], None, "cloth")
    if "feet" not in covered and "feet" not in wardrobe.bare and not wardrobe.fur_feet:
        beach = {"swimsuit", "swim_trunks", "toga"} & set(wardrobe.worn)
        kind = next(
            (
                kind
                for kind in (("sandals",) if beach else ("boots", "shoes"))
                if kind not in wardrobe.unwanted
            ),
            None,
        )
        if kind is not None:
            _put_on(wardrobe, GARMENTS[kind], None, GARMENTS[kind].material)


def _hood(wardrobe: Wardrobe) -> None:
    """A hooded cloak and a separate hood are one thing."""
    for kind, garment in list(wardrobe.worn.items()):
        if garment.variant == "hood_up" and "hood" in wardrobe.worn and kind != "hood":
            del wardrobe.worn["hood"]


def _trimmed(garment: Garment, trims: Iterable[RGB]) -> Garment:
    colour = next(iter(trims), None)
    if colour is not None and garment.trim is None and garment.slot in {"full", "torso", "back"}:
        return replace(garment, trim=colour)
    return garment


def _for_a_child(garment: Garment) -> Garment:
    if (
        garment.length in SHORT_LENGTHS
        and garment.slot in {"full", "legs", "torso"}
        and garment.kind != "shorts"
    ):
        garment = replace(garment, length="hip" if garment.slot == "torso" else "knee")
    if garment.sleeve == "none" and garment.slot == "full":
        garment = replace(garment, sleeve="short")
    return garment


# Things in hands


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


def _usual_items(wardrobe: Wardrobe) -> list[str]:
    kinds: list[str] = []
    for place, decision in enumerate(wardrobe.calling.items.split()):
        options = [_Option.parse(text) for text in decision.split("|")]
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
