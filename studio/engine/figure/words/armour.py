"""Armour, cloaks and what lies on the shoulders."""

from __future__ import annotations

from studio.engine.figure.words.garment import SUIT_OF_ARMOR, GarmentWord, wear

ARMOUR: tuple[GarmentWord, ...] = (
    # Armour
    wear(
        "plate_armor",
        "full",
        4,
        (
            "plate armor, full plate armor, full plate, plate mail, platemail, knight armor, heavy "
            "armor, full armor, suit of armor, steel armor, iron armor, heavy plate"
        ),
        "steel",
        group="armor",
        covers=SUIT_OF_ARMOR,
        colours="steel steel silver",
    ),
    wear(
        "breastplate",
        "torso",
        4,
        "breastplate, breast plate, chest plate, chestplate, cuirass, half plate",
        "steel",
        group="armor",
        covers=("torso",),
        colours="steel",
    ),
    wear(
        "chainmail",
        "torso",
        3,
        "chainmail, chain mail, mail armor, chain armor, hauberk, mail shirt",
        "chain",
        length="hip",
        sleeve="short",
        group="armor",
        colours="steel iron",
    ),
    wear(
        "scale_armor",
        "torso",
        4,
        "scale armor, scale mail, scalemail, lamellar, dragon scale armor",
        "bronze",
        length="hip",
        group="armor",
    ),
    wear(
        "leather_armor",
        "torso",
        4,
        "leather armor, light armor, studded leather, studded leather armor, hide armor, leather cuirass",
        "leather",
        length="hip",
        group="armor",
        colours="brown dark_brown",
    ),
    wear(
        "samurai_armor",
        "full",
        4,
        "samurai armor, o-yoroi, yoroi, japanese armor, lacquered armor",
        "iron",
        group="armor",
        covers=("torso", "legs", "arms", "shoulders"),
    ),
    wear(
        "exo_armor",
        "full",
        4,
        (
            "power armor, sci-fi armor, scifi armor, futuristic armor, exosuit, exoskeleton, mech suit, "
            "mecha armor, space armor, cyber armor, tech armor, combat armor, tactical armor, body "
            "armor, battle armor suit"
        ),
        "carbon",
        group="armor",
        covers=SUIT_OF_ARMOR,
    ),
    wear(
        "bone_armor",
        "torso",
        4,
        "bone armor, skull armor",
        "bone",
        group="armor",
        covers=("torso",),
        colours="bone",
    ),
    wear(
        "pauldrons",
        "shoulders",
        5,
        "pauldron, shoulder armor, shoulder plate, shoulder pad, spaulder",
        "steel",
        group="armor_part",
    ),
    wear(
        "bracers",
        "arms",
        4,
        "bracer, vambrace, arm guard, armguard, wrist guard",
        "leather",
        group="armor_part",
    ),
    wear("gauntlets", "hands", 4, "gauntlet, armored glove", "steel", group="armor_part"),
    wear("greaves", "legs", 4, "greave, shin guard, leg armor", "steel", group="armor_part", covers=()),
    wear("knee_pads", "legs", 4, "knee pad, kneepad", "plastic", covers=()),
    # Cloaks and shoulders
    wear("cape", "back", 5, "cape, half cape, superhero cape", "cloth", length="calf"),
    wear("cloak", "back", 5, "cloak, mantle, traveling cloak, travelling cloak", "wool", length="ankle"),
    wear("poncho", "shoulders", 5, "poncho, serape", "wool", length="hip"),
    wear("shawl", "shoulders", 5, "shawl, stole, capelet, wrap", "knit", length="crop"),
    wear(
        "fur_collar",
        "shoulders",
        5,
        "fur collar, fur mantle, fur trim collar, fur pelt, fur stole, feather boa",
        "fur",
    ),
    wear("epaulettes", "shoulders", 5, "epaulette, epaulet", "gold", colours="gold"),
)
