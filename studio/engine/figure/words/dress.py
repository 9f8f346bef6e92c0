"""What is worn: first what the words name, then the outfit of the calling, then what decency asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from studio.engine.figure.spec import RGB, Garment
from studio.engine.figure.words.colours import COLOURS, shaded
from studio.engine.figure.words.garments import GARMENTS, GENERIC, GarmentWord
from studio.engine.figure.words.materials import MATERIAL_COLOURS, METALS
from studio.engine.figure.words.outfit import put_on_outfit
from studio.engine.figure.words.palette import Palette
from studio.engine.figure.words.said import Said, Thing
from studio.engine.figure.words.wardrobe import METAL_GROUPS, Wardrobe, covered_slots, put_on, usual_colour

HELMETS = {"space_suit": "space_helmet", "exo_armor": "cyber_helmet", "samurai_armor": "kabuto"}
SUITS = {"superhero": "bodysuit", "astronaut": "space_suit", "pilot": "jumpsuit", "futurist": "bodysuit"}
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
SHORT_LENGTHS = frozenset({"crop", "short"})


def dress(wardrobe: Wardrobe) -> tuple[Garment, ...]:
    """All garments, from the body outwards."""
    _take_removals(wardrobe)
    named = _named(wardrobe)
    for thing, kind in named:
        _put_on_named(wardrobe, thing, kind)
    wardrobe.shown = {garment.slot for garment in wardrobe.worn.values() if garment.layer > 0}
    _shoe(wardrobe)
    put_on_outfit(wardrobe, few=bool(named))
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
                wardrobe.unwanted |= _kinds_of("armor") | _kinds_of("armor_part") | _kinds_of("helmet")
            else:
                wardrobe.bare.add(thing.key)
        elif thing.role == "generic":
            group = _kinds_of(thing.key) | (
                {*_kinds_of("armor_part"), *_kinds_of("helmet")} if thing.key == "armor" else set()
            )
            wardrobe.unwanted |= group
            if thing.key in {"hat", "footwear"}:
                wardrobe.bare.add({"hat": "head", "footwear": "feet"}[thing.key])
        elif thing.role == "garment" and thing.colours:
            wardrobe.tints.setdefault(thing.key, []).extend(thing.colours)
        elif thing.role == "garment":
            word = GARMENTS[thing.key]
            whole_group = word.group in {"helmet", "crown", "hood", "mask"} or thing.key == word.group
            wardrobe.unwanted |= {thing.key} | (_kinds_of(word.group) if whole_group else set())
            if thing.key in {"shoes", "boots"}:
                wardrobe.bare.add("feet")


def _kinds_of(name: str) -> set[str]:
    return {kind for kind, word in GARMENTS.items() if word.group == name}


# Named garments


def _named(wardrobe: Wardrobe) -> list[tuple[Thing, str]]:
    """The named garments, "armor" and "hat" decided; a generic word lends its colours to a special one."""
    things = wardrobe.said.of("garment", "generic")
    kinds = {thing.key for thing in things if thing.role == "garment"}
    named: list[tuple[Thing, str]] = []
    for thing in things:
        special = [kind for kind in kinds if GARMENTS[kind].group == thing.key and kind != thing.key]
        if special:  # "gothic lolita, black dress": the dress is that one
            for other in things:
                if other.key in special:
                    _lend(thing, other)
            continue
        if thing.role == "garment":
            plain = thing.text.lower() in {"helmet", "helm", "helmets", "suit"}
            named.append((thing, _as_called(wardrobe, thing.key, kinds) if plain else thing.key))
            continue
        named.append((thing, _decide(wardrobe, thing)))
    return named


def _lend(giver: Thing, taker: Thing) -> None:
    taker.colours = taker.colours or list(giver.colours)
    taker.materials = taker.materials or list(giver.materials)
    taker.trim = taker.trim or giver.trim
    taker.pattern = taker.pattern or giver.pattern
    taker.states.extend(giver.states)


def _as_called(wardrobe: Wardrobe, kind: str, kinds: set[str]) -> str:
    """A plain "suit" is that of the calling, a plain "helmet" that of the armour it is worn with."""
    if kind == "suit":
        villain = any("villain" in text.lower() for _, text in wardrobe.said.facts.get("archetype", []))
        return kind if villain else SUITS.get(wardrobe.calling.key, kind)
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
        colour = usual_colour(wardrobe, word, material)
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


def _shoe(wardrobe: Wardrobe) -> None:
    taken = any(garment.slot == "feet" for garment in wardrobe.worn.values())
    if taken or "feet" in wardrobe.bare or wardrobe.fur_feet:
        return
    for kind in list(wardrobe.worn):
        options = [shoe for shoe in FOOTWEAR.get(kind, ()) if shoe not in wardrobe.unwanted]
        if not wardrobe.feminine or wardrobe.child:
            options = [shoe for shoe in options if shoe != "heels"] or options
        if options:
            word = GARMENTS[wardrobe.chance.pick(f"shoes with {kind}", options)]
            put_on(wardrobe, word, None, word.material)
            return


def _cover(wardrobe: Wardrobe) -> None:
    """Nobody stands undressed: what is still uncovered gets something plain that goes with the rest."""
    covered = {slot for slot in covered_slots(wardrobe) if slot != "torso"}
    if any(
        "torso" in GARMENTS[garment.kind].covers and garment.layer != 3 for garment in wardrobe.worn.values()
    ):
        covered.add("torso")
    if any(garment.slot == "full" and garment.layer == 3 for garment in wardrobe.worn.values()):
        covered.add("torso")
    rustic = wardrobe.calling.key not in {"everyday"}
    if "torso" not in covered:
        put_on(
            wardrobe,
            GARMENTS["tunic" if rustic and "tunic" not in wardrobe.unwanted else "shirt"],
            None,
            "linen",
        )
    covered = covered_slots(wardrobe, above=1)
    if any(garment.slot == "legs" and garment.layer == 0 for garment in wardrobe.worn.values()):
        if "legs" not in covered:
            put_on(wardrobe, GARMENTS["shorts"], None, "cloth")
    elif "legs" not in covered:
        kind = "trousers" if "trousers" not in wardrobe.unwanted else "leggings"
        put_on(wardrobe, GARMENTS[kind], None, "cloth")
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
            put_on(wardrobe, GARMENTS[kind], None, GARMENTS[kind].material)


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
