"""What is held or carried: one record per kind, and where it is when nobody says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ItemWord:
    """One kind of item: its usual place, material and colours, and the phrases that mean it."""

    kind: str
    where: str
    words: tuple[str, ...]
    material: str = "steel"
    colours: tuple[str, ...] = ()
    two_handed: bool = False


ITEMS: dict[str, ItemWord] = {}


def _carry(
    kind: str, where: str, words: str, material: str = "steel", colours: str = "", *, two_handed: bool = False
) -> None:
    phrases = tuple(phrase.strip() for phrase in words.split(","))
    ITEMS[kind] = ItemWord(kind, where, phrases, material, tuple(colours.split()), two_handed)


_carry(
    "sword",
    "right_hand",
    (
        "sword, longsword, long sword, short sword, blade, broadsword, arming sword, saber, sabre, "
        "scimitar, cutlass"
    ),
)
_carry("rapier", "right_hand", "rapier, epee, fencing sword")
_carry("katana", "right_hand", "katana, samurai sword, wakizashi, nodachi")
_carry(
    "greatsword",
    "right_hand",
    (
        "greatsword, great sword, two-hand sword, two-handed sword, claymore, zweihander, buster "
        "sword, giant sword, huge sword, big sword"
    ),
    two_handed=True,
)
_carry(
    "energy_sword",
    "right_hand",
    "energy sword, laser sword, lightsaber, light saber, plasma sword, beam sword",
    "neon",
    "cyan green red magenta",
)
_carry("dagger", "right_hand", "dagger, knife, dirk, stiletto dagger, throwing knife, kunai")
_carry(
    "staff",
    "right_hand",
    "staff, quarterstaff, magic staff, mage staff, wizard staff, wooden staff, walking stick, rod, cane",
    "wood",
    "brown dark_brown",
)
_carry("wand", "right_hand", "wand, magic wand", "wood", "brown dark_brown ivory")
_carry("scepter", "right_hand", "scepter, royal scepter", "gold", "gold")
_carry(
    "spear",
    "right_hand",
    "spear, lance, pike, javelin, trident, halberd, polearm, naginata, glaive",
    "wood",
    "brown",
    two_handed=True,
)
_carry("scythe", "right_hand", "scythe, sickle, reaper scythe", "wood", "dark_brown", two_handed=True)
_carry("axe", "right_hand", "axe, ax, hatchet, battle axe, battleaxe, handaxe, tomahawk, greataxe, great axe")
_carry("hammer", "right_hand", "hammer, warhammer, war hammer, maul, mallet, sledgehammer")
_carry("mace", "right_hand", "mace, morning star, morningstar, flail, club")
_carry(
    "bow",
    "left_hand",
    "bow, longbow, long bow, shortbow, recurve bow, crossbow, bow and arrow",
    "wood",
    "brown chestnut",
)
_carry("quiver", "back", "quiver, quiver of arrow, arrow", "leather", "brown dark_brown")
_carry("shield", "left_hand", "shield, round shield, kite shield, tower shield, buckler", "steel", "steel")
_carry(
    "blaster",
    "right_hand",
    "blaster, gun, pistol, ray gun, raygun, laser gun, revolver, handgun, laser pistol, flintlock, sidearm",
    "carbon",
    "charcoal gray",
)
_carry(
    "rifle",
    "right_hand",
    "rifle, sniper rifle, laser rifle, plasma rifle, musket, shotgun, assault rifle, carbine",
    "carbon",
    "charcoal gray",
    two_handed=True,
)
_carry(
    "book",
    "left_hand",
    "book, spellbook, spell book, tome, grimoire, magic book, notebook, bible",
    "leather",
    "maroon navy forest_green brown",
)
_carry("scroll", "left_hand", "scroll, map, parchment, letter", "paper", "cream")
_carry("lantern", "left_hand", "lantern, lamp", "brass", "brass")
_carry("torch", "right_hand", "torch, flaming torch", "wood", "brown")
_carry(
    "orb", "left_hand", "orb, crystal ball, magic orb, glowing orb, sphere", "crystal", "azure violet aqua"
)
_carry(
    "potion",
    "left_hand",
    "potion, flask, vial, potion bottle, bottle, elixir",
    "glass",
    "magenta emerald azure",
)
_carry(
    "lute",
    "left_hand",
    "lute, guitar, mandolin, ukulele, electric guitar, acoustic guitar",
    "wood",
    "caramel brown",
    two_handed=True,
)
_carry("flute", "right_hand", "flute, recorder, pan flute", "wood", "brown")
_carry("harp", "left_hand", "harp, lyre", "gold", "gold")
_carry("microphone", "right_hand", "microphone, mic", "steel", "charcoal")
_carry("fan", "right_hand", "fan, folding fan, hand fan, war fan, paper fan", "paper", "red white")
_carry("umbrella", "right_hand", "umbrella, parasol", "cloth", "red navy pink")
_carry(
    "flower",
    "right_hand",
    "flower, rose, bouquet, bouquet of flower, single rose, sunflower, lily",
    "cloth",
    "red pink white",
)
_carry("fishing_rod", "right_hand", "fishing rod, fishing pole", "wood", "brown")
_carry("pitchfork", "right_hand", "pitchfork, hoe, rake, shovel, pickaxe", "wood", "brown", two_handed=True)
_carry("broom", "right_hand", "broom, broomstick, witch broom", "wood", "brown")
_carry("wrench", "right_hand", "wrench, spanner, tool", "steel", "steel")
_carry("ladle", "right_hand", "ladle, frying pan, spoon, whisk, pan", "steel", "steel")
_carry("magnifying_glass", "right_hand", "magnifying glass, magnifier, loupe", "brass", "brass")
_carry("phone", "right_hand", "phone, smartphone, cellphone, cell phone, tablet", "plastic", "black")
_carry("camera", "right_hand", "camera, photo camera", "plastic", "black")
_carry(
    "cup",
    "right_hand",
    "cup, mug, goblet, tankard, teacup, coffee cup, cup of coffee, cup of tea, chalice, drinking coffee, "
    "drinking tea, drinks coffee, drinks tea, drinking a coffee, sipping coffee, sipping tea, having coffee, "
    "having a coffee, with coffee, with a coffee, holding coffee, holding a coffee, drinking, sipping",
    "steel",
    "white silver brown",
)
_carry("ball", "left_hand", "ball, football, soccer ball, basketball", "plastic", "orange white")
_carry("clipboard", "left_hand", "clipboard, file folder, medical chart", "wood", "brown")
_carry("syringe", "right_hand", "syringe", "glass", "light_blue")
_carry("basket", "left_hand", "basket, picnic basket", "straw", "straw")
_carry(
    "briefcase", "left_hand", "briefcase, suitcase, handbag, purse, bag, tote bag", "leather", "brown black"
)
_carry(
    "backpack", "back", "backpack, rucksack, knapsack, school bag, schoolbag", "leather", "brown olive navy"
)
_carry("satchel", "left_hip", "satchel, messenger bag, shoulder bag", "leather", "brown")
_carry("scabbard", "left_hip", "scabbard, sheath, sheathed sword, holstered sword", "leather", "dark_brown")
_carry("holster", "right_hip", "holster", "leather", "dark_brown")
_carry("jetpack", "back", "jetpack, jet pack, rocket pack", "steel", "silver")
_carry("flag", "right_hand", "flag, banner", "cloth", "red", two_handed=True)
_carry(
    "magic",
    "right_hand",
    (
        "fireball, magic spell, spell, magic, glowing magic, magic energy, ball of fire, lightning "
        "magic, fire magic, ice magic, magical energy"
    ),
    "neon",
    "orange azure violet",
)

# Words that leave the kind open, and poses that need a thing to make sense.
WEAPON_WORDS = ("weapon", "weaponry", "armed", "heavily armed")
IMPLIED = {"archer": "bow", "read": "book"}

# "on her back", "at the hip": where the item last named is carried.
PLACES: dict[str, str] = {
    "on back": "back",
    "on her back": "back",
    "on his back": "back",
    "on their back": "back",
    "on the back": "back",
    "across back": "back",
    "across her back": "back",
    "across his back": "back",
    "strapped to back": "back",
    "strapped to her back": "back",
    "strapped to his back": "back",
    "in left hand": "left_hand",
    "in her left hand": "left_hand",
    "in his left hand": "left_hand",
    "in their left hand": "left_hand",
    "in the left hand": "left_hand",
    "left hand": "left_hand",
    "in right hand": "right_hand",
    "in her right hand": "right_hand",
    "in his right hand": "right_hand",
    "in their right hand": "right_hand",
    "in the right hand": "right_hand",
    "right hand": "right_hand",
    "in each hand": "each",
    "in either hand": "each",
    "in hand": "right_hand",
    "in her hand": "right_hand",
    "in his hand": "right_hand",
    "in their hand": "right_hand",
    "in both hand": "both_hands",
    "with both hand": "both_hands",
    "on hip": "left_hip",
    "on her hip": "left_hip",
    "on his hip": "left_hip",
    "at hip": "left_hip",
    "at her hip": "left_hip",
    "at his hip": "left_hip",
    "at the hip": "left_hip",
    "at her side": "left_hip",
    "at his side": "left_hip",
    "on belt": "left_hip",
    "on her belt": "left_hip",
    "on his belt": "left_hip",
    "on shoulder": "shoulder",
    "over shoulder": "shoulder",
    "over the shoulder": "shoulder",
    "over her shoulder": "shoulder",
    "over his shoulder": "shoulder",
    "on her shoulder": "shoulder",
    "on his shoulder": "shoulder",
    "floating beside": "floating",
}
