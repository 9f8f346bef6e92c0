"""What can be worn: one record per kind, read by the parser, the filling and the drawing side.

A garment is added by one `_wear(...)` line here and one drawing function of the same kind. The words are
written the way people say them, without plurals; several kinds may not share a phrase.
"""

from __future__ import annotations

from dataclasses import dataclass

TORSO_LEGS = ("torso", "legs")
SUIT_OF_ARMOR = ("torso", "legs", "arms", "hands", "feet", "shoulders")


@dataclass(frozen=True)
class GarmentWord:
    """One kind of garment: where it goes, over what it lies, and the phrases that mean it."""

    kind: str
    slot: str
    layer: int
    words: tuple[str, ...]
    material: str = "cloth"
    length: str | None = None
    sleeve: str | None = None
    group: str = ""  # generic words ("armor", "hat") mean any kind of their group
    covers: tuple[str, ...] = ()  # the slots that need nothing else below it
    colours: tuple[str, ...] = ()  # usual colours where nobody says one; empty: the palette decides
    variant: str | None = None
    modest: str | None = None  # what a child wears instead


GARMENTS: dict[str, GarmentWord] = {}


def _wear(
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
) -> None:
    covered = (TORSO_LEGS if slot == "full" else (slot,)) if covers is None else covers
    GARMENTS[kind] = GarmentWord(
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


# Layers: 0 next to the skin, 1 base, 2 over it, 3 coats, 4 armour, 5 cloaks and what lies on top.

# Upper body
_wear(
    "shirt",
    "torso",
    1,
    "shirt, dress shirt, button-up shirt, linen shirt",
    "cotton",
    length="hip",
    sleeve="long",
)
_wear("blouse", "torso", 1, "blouse", "silk", length="hip", sleeve="puff")
_wear("t_shirt", "torso", 1, "t-shirt, tshirt, tee shirt, tee", "cotton", length="hip", sleeve="short")
_wear("polo_shirt", "torso", 1, "polo shirt, polo", "cotton", length="hip", sleeve="short")
_wear(
    "tank_top",
    "torso",
    1,
    "tank top, tanktop, singlet, camisole",
    "cotton",
    length="hip",
    sleeve="none",
    modest="t_shirt",
)
_wear(
    "crop_top", "torso", 1, "crop top, cropped top", "cotton", length="crop", sleeve="short", modest="t_shirt"
)
_wear(
    "turtleneck", "torso", 1, "turtleneck, turtleneck sweater, roll neck", "knit", length="hip", sleeve="long"
)
_wear("sweater", "torso", 2, "sweater, jumper, pullover, jersey", "knit", length="hip", sleeve="long")
_wear("hoodie", "torso", 2, "hoodie, hooded sweatshirt, sweatshirt", "cotton", length="hip", sleeve="long")
_wear("tunic", "torso", 2, "tunic, surcoat, tabard", "linen", length="knee", sleeve="long")
_wear("doublet", "torso", 2, "doublet, jerkin, gambeson, gambison", "velvet", length="hip", sleeve="long")
_wear("vest", "torso", 2, "vest, waistcoat, gilet", "cloth", length="hip", sleeve="none", covers=())
_wear(
    "corset",
    "torso",
    2,
    "corset, bustier, bodice",
    "leather",
    length="hip",
    sleeve="none",
    covers=(),
    modest="vest",
)
_wear("cardigan", "torso", 3, "cardigan", "knit", length="hip", sleeve="long", covers=(), variant="open")
_wear(
    "jacket",
    "torso",
    3,
    "jacket, bomber jacket, windbreaker",
    "cloth",
    length="hip",
    sleeve="long",
    group="jacket",
)
_wear(
    "leather_jacket",
    "torso",
    3,
    "leather jacket, biker jacket, motorcycle jacket",
    "leather",
    length="hip",
    sleeve="long",
    group="jacket",
    colours="black black dark_brown",
)
_wear(
    "denim_jacket",
    "torso",
    3,
    "denim jacket, jean jacket",
    "denim",
    length="hip",
    sleeve="long",
    group="jacket",
    colours="denim",
)
_wear(
    "blazer",
    "torso",
    3,
    "blazer, suit jacket, sport coat",
    "wool",
    length="hip",
    sleeve="long",
    group="jacket",
)
_wear(
    "coat",
    "torso",
    3,
    "coat, overcoat, raincoat, pea coat, peacoat, winter coat, parka, long coat, longcoat",
    "wool",
    length="knee",
    sleeve="long",
)
_wear(
    "trench_coat",
    "torso",
    3,
    "trench coat, trenchcoat, duster, duster coat",
    "cloth",
    length="calf",
    sleeve="long",
)
_wear(
    "frock_coat",
    "torso",
    3,
    "frock coat, tailcoat, pirate coat, captain coat",
    "velvet",
    length="knee",
    sleeve="long",
)
_wear(
    "lab_coat",
    "torso",
    3,
    "lab coat, labcoat, doctor coat, white coat",
    "cotton",
    length="knee",
    sleeve="long",
    colours="white",
)
_wear(
    "chef_jacket",
    "torso",
    2,
    "chef jacket, chef coat, chef whites, chef uniform",
    "cotton",
    length="hip",
    sleeve="long",
    colours="white",
)
_wear("haori", "torso", 3, "haori, happi", "silk", length="hip", sleeve="wide", covers=(), variant="open")
_wear("harness", "torso", 3, "harness, bandolier, chest strap", "leather", covers=())

# Whole body
_wear(
    "suit",
    "full",
    3,
    "suit, business suit, formal suit, three-piece suit, pantsuit",
    "wool",
    length="hip",
    sleeve="long",
    colours="charcoal navy black gray",
)
_wear("tuxedo", "full", 3, "tuxedo, dinner jacket", "wool", length="hip", sleeve="long", colours="black")
_wear(
    "dress", "full", 1, "dress, frock, cocktail dress", "cotton", length="knee", sleeve="short", group="dress"
)
_wear(
    "sundress",
    "full",
    1,
    "sundress, summer dress",
    "cotton",
    length="knee",
    sleeve="none",
    group="dress",
    modest="dress",
)
_wear(
    "gown",
    "full",
    1,
    (
        "gown, ball gown, ballgown, evening gown, evening dress, wedding dress, wedding gown, royal "
        "gown, princess dress"
    ),
    "satin",
    length="floor",
    sleeve="none",
    group="dress",
)
_wear(
    "lolita_dress",
    "full",
    1,
    "lolita dress, lolita fashion, gothic lolita, frilly dress, doll dress",
    "lace",
    length="knee",
    sleeve="puff",
    group="dress",
)
_wear(
    "maid_dress",
    "full",
    1,
    "maid dress, maid outfit, maid uniform, maid costume",
    "cotton",
    length="knee",
    sleeve="puff",
    group="dress",
    colours="black",
)
_wear(
    "cheongsam",
    "full",
    1,
    "cheongsam, qipao, chinese dress",
    "silk",
    length="calf",
    sleeve="short",
    group="dress",
)
_wear(
    "robe",
    "full",
    2,
    "robe, mage robe, wizard robe, monk robe, priest robe, sorcerer robe, cassock, habit, vestment",
    "cloth",
    length="floor",
    sleeve="wide",
)
_wear(
    "toga", "full", 2, "toga, chiton, peplos", "linen", length="ankle", sleeve="none", colours="white cream"
)
_wear("kimono", "full", 2, "kimono, yukata, furisode, hanbok", "silk", length="ankle", sleeve="wide")
_wear(
    "school_uniform",
    "full",
    1,
    "school uniform, sailor uniform, sailor suit, seifuku, student uniform",
    "cotton",
    length="knee",
    sleeve="short",
    colours="navy white",
)
_wear(
    "military_uniform",
    "full",
    3,
    "military uniform, army uniform, soldier uniform, officer uniform, army fatigues, fatigues",
    "cloth",
    length="hip",
    sleeve="long",
    colours="olive khaki navy",
)
_wear(
    "tracksuit",
    "full",
    2,
    "tracksuit, track suit, jogging suit, sportswear, gym clothes, athletic wear",
    "plastic",
    length="hip",
    sleeve="long",
)
_wear(
    "jumpsuit",
    "full",
    1,
    "jumpsuit, flight suit, pilot suit, coveralls, boiler suit, racing suit",
    "cloth",
    sleeve="long",
)
_wear("overalls", "full", 2, "overalls, dungarees", "denim", sleeve="none", covers=("legs",), colours="denim")
_wear(
    "bodysuit",
    "full",
    1,
    "bodysuit, body suit, catsuit, wetsuit, plugsuit, superhero suit, superhero costume",
    "latex",
    sleeve="long",
)
_wear(
    "space_suit",
    "full",
    4,
    "space suit, spacesuit, astronaut suit",
    "cloth",
    sleeve="long",
    covers=SUIT_OF_ARMOR,
    colours="white",
)
_wear(
    "scrubs",
    "full",
    1,
    "scrubs, hospital scrubs, nurse uniform",
    "cotton",
    length="hip",
    sleeve="short",
    colours="teal light_blue white",
)
_wear(
    "swimsuit",
    "full",
    1,
    "swimsuit, swimwear, bathing suit, one-piece swimsuit, bikini",
    "plastic",
    sleeve="none",
    modest="wetsuit_short",
)
_wear("wetsuit_short", "full", 1, "rash guard, swim shirt", "plastic", sleeve="short")
_wear(
    "swim_trunks",
    "legs",
    1,
    "swim trunks, swimming trunks, board shorts, boardshorts",
    "plastic",
    length="short",
)
_wear("pajamas", "full", 1, "pajamas, nightgown, sleepwear, onesie", "cotton", length="hip", sleeve="long")
_wear("apron", "waist", 3, "apron", "cotton", length="knee", covers=())

# Armour
_wear(
    "plate_armor",
    "full",
    4,
    (
        "plate armor, full plate armor, full plate, plate mail, platemail, knight armor, heavy "
        "armor, full armor, suit of armor, steel armor, iron armor"
    ),
    "steel",
    group="armor",
    covers=SUIT_OF_ARMOR,
    colours="steel steel silver",
)
_wear(
    "breastplate",
    "torso",
    4,
    "breastplate, breast plate, chest plate, chestplate, cuirass, half plate",
    "steel",
    group="armor",
    covers=("torso",),
    colours="steel",
)
_wear(
    "chainmail",
    "torso",
    3,
    "chainmail, chain mail, mail armor, chain armor, hauberk, mail shirt",
    "chain",
    length="hip",
    sleeve="short",
    group="armor",
    colours="steel iron",
)
_wear(
    "scale_armor",
    "torso",
    4,
    "scale armor, scale mail, scalemail, lamellar, dragon scale armor",
    "bronze",
    length="hip",
    group="armor",
)
_wear(
    "leather_armor",
    "torso",
    4,
    "leather armor, light armor, studded leather, studded leather armor, hide armor, leather cuirass",
    "leather",
    length="hip",
    group="armor",
    colours="brown dark_brown",
)
_wear(
    "samurai_armor",
    "full",
    4,
    "samurai armor, o-yoroi, yoroi, japanese armor, lacquered armor",
    "iron",
    group="armor",
    covers=("torso", "legs", "arms", "shoulders"),
)
_wear(
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
)
_wear(
    "bone_armor",
    "torso",
    4,
    "bone armor, skull armor",
    "bone",
    group="armor",
    covers=("torso",),
    colours="bone",
)
_wear(
    "pauldrons",
    "shoulders",
    5,
    "pauldron, shoulder armor, shoulder plate, shoulder pad, spaulder",
    "steel",
    group="armor_part",
)
_wear(
    "bracers", "arms", 4, "bracer, vambrace, arm guard, armguard, wrist guard", "leather", group="armor_part"
)
_wear("gauntlets", "hands", 4, "gauntlet, armored glove", "steel", group="armor_part")
_wear("greaves", "legs", 4, "greave, shin guard, leg armor", "steel", group="armor_part", covers=())
_wear("knee_pads", "legs", 4, "knee pad, kneepad", "plastic", covers=())

# Cloaks and shoulders
_wear("cape", "back", 5, "cape, half cape, superhero cape", "cloth", length="calf")
_wear("cloak", "back", 5, "cloak, mantle, traveling cloak, travelling cloak", "wool", length="ankle")
_wear("poncho", "shoulders", 5, "poncho, serape", "wool", length="hip")
_wear("shawl", "shoulders", 5, "shawl, stole, capelet, wrap", "knit", length="crop")
_wear(
    "fur_collar",
    "shoulders",
    5,
    "fur collar, fur mantle, fur trim collar, fur pelt, fur stole, feather boa",
    "fur",
)
_wear("epaulettes", "shoulders", 5, "epaulette, epaulet", "gold", colours="gold")

# Legs
_wear(
    "trousers", "legs", 1, "trousers, pants, slacks, breeches, chinos, leather pants", "cloth", length="ankle"
)
_wear("jeans", "legs", 1, "jeans, denim pants, blue jeans", "denim", length="ankle", colours="denim")
_wear(
    "cargo_pants",
    "legs",
    1,
    "cargo pants, cargo trousers, combat trousers, tactical pants",
    "cotton",
    length="ankle",
)
_wear("shorts", "legs", 1, "shorts, bermudas", "cotton", length="short")
_wear("leggings", "legs", 0, "leggings, yoga pants", "cotton", length="ankle")
_wear(
    "tights",
    "legs",
    0,
    "tights, stockings, thigh-highs, thigh highs, thighhighs, pantyhose, knee socks, hosiery",
    "cotton",
    length="ankle",
    covers=(),
)
_wear("hakama", "legs", 2, "hakama, wide trousers, harem pants", "cotton", length="ankle")
_wear("skirt", "legs", 2, "skirt", "cloth", length="knee", group="skirt")
_wear(
    "mini_skirt",
    "legs",
    2,
    "mini skirt, miniskirt, short skirt",
    "cloth",
    length="short",
    group="skirt",
    modest="skirt",
)
_wear(
    "pleated_skirt",
    "legs",
    2,
    "pleated skirt, plaid skirt, school skirt, tennis skirt",
    "cotton",
    length="knee",
    group="skirt",
)
_wear(
    "long_skirt", "legs", 2, "long skirt, maxi skirt, peasant skirt", "cloth", length="ankle", group="skirt"
)
_wear("kilt", "legs", 2, "kilt", "wool", length="knee", group="skirt")
_wear(
    "fur_skirt",
    "legs",
    2,
    "fur skirt, fur kilt, loincloth, hide skirt",
    "fur",
    length="knee",
    group="skirt",
    colours="brown dark_brown tan",
)

# Feet
_wear(
    "boots",
    "feet",
    2,
    "boot, leather boot, riding boot, ankle boot",
    "leather",
    length="calf",
    group="footwear",
    colours="brown dark_brown black",
)
_wear(
    "combat_boots",
    "feet",
    2,
    "combat boot, army boot, military boot, biker boot",
    "leather",
    length="calf",
    group="footwear",
    colours="black black dark_brown",
)
_wear(
    "tall_boots",
    "feet",
    2,
    "thigh boot, thigh-high boot, knee-high boot, knee high boot, knee boot, tall boot, high boot, long boot",
    "leather",
    length="knee",
    group="footwear",
    colours="black brown",
)
_wear(
    "armored_boots",
    "feet",
    4,
    "armored boot, sabaton, steel boot, plate boot, metal boot",
    "steel",
    length="calf",
    group="footwear",
    colours="steel",
)
_wear(
    "shoes",
    "feet",
    2,
    "shoe, loafer, oxford, flats, moccasin, dress shoe",
    "leather",
    group="footwear",
    colours="black brown dark_brown",
)
_wear(
    "sneakers",
    "feet",
    2,
    "sneaker, trainers, running shoe, tennis shoe, canvas shoe",
    "cloth",
    group="footwear",
    colours="white black red",
)
_wear("heels", "feet", 2, "heels, high heel, high-heeled shoe, pumps, stiletto", "leather", group="footwear")
_wear("sandals", "feet", 2, "sandal, flip-flop, flip flop", "leather", group="footwear", colours="brown tan")
_wear("geta", "feet", 2, "geta, zori, wooden sandal", "wood", group="footwear", colours="brown")
_wear("slippers", "feet", 2, "slipper, ballet flat, ballet shoe", "cloth", group="footwear")
_wear("socks", "feet", 0, "sock", "cotton", length="calf", covers=())

# Hands, arms, waist
_wear("gloves", "hands", 2, "glove, leather glove, opera glove, long glove", "leather")
_wear("fingerless_gloves", "hands", 2, "fingerless glove", "leather", colours="black")
_wear("mittens", "hands", 2, "mitten", "knit")
_wear("ring", "hands", 5, "ring, signet ring", "gold", covers=(), colours="gold")
_wear(
    "bracelet",
    "arms",
    5,
    "bracelet, bangle, armlet, wristband, watch, wristwatch",
    "gold",
    covers=(),
    colours="gold silver",
)
_wear("arm_wraps", "arms", 1, "arm wrap, bandaged arm, hand wrap, wrapped arm", "linen", colours="cream")
_wear("detached_sleeves", "arms", 2, "detached sleeve, arm warmer", "cloth", sleeve="wide")
_wear("belt", "waist", 3, "belt, leather belt, buckle", "leather", colours="brown dark_brown black")
_wear(
    "utility_belt",
    "waist",
    3,
    "utility belt, tool belt, pouch, belt pouch, pouches",
    "leather",
    colours="brown dark_brown",
)
_wear("sash", "waist", 3, "sash, obi, waist sash, cummerbund, girdle", "silk")

# Neck and ears
_wear("scarf", "neck", 5, "scarf, neck scarf, muffler, neckerchief", "knit")
_wear(
    "necklace",
    "neck",
    5,
    "necklace, amulet, pendant, locket, medallion, pearls, jewelry",
    "gold",
    colours="gold silver",
)
_wear("choker", "neck", 5, "choker, collar", "leather", colours="black")
_wear("tie", "neck", 2, "tie, necktie", "silk")
_wear("bow_tie", "neck", 2, "bow tie, bowtie", "silk")
_wear("ruff", "neck", 3, "ruff, cravat, jabot, lace collar", "lace", colours="white")
_wear("earrings", "ears", 5, "earring, ear stud, ear ring, hoop earring", "gold", colours="gold silver")

# Head
_wear(
    "wizard_hat",
    "head",
    5,
    "wizard hat, mage hat, pointed hat, pointy hat",
    "wool",
    group="hat",
    length="short",
)
_wear("witch_hat", "head", 5, "witch hat", "wool", group="hat", colours="black dark_purple")
_wear("top_hat", "head", 5, "top hat, tophat, stovepipe hat", "silk", group="hat", colours="black")
_wear("bowler_hat", "head", 5, "bowler hat, bowler, derby hat", "wool", group="hat", colours="black brown")
_wear(
    "fedora", "head", 5, "fedora, trilby, detective hat", "wool", group="hat", colours="brown gray charcoal"
)
_wear("cowboy_hat", "head", 5, "cowboy hat, stetson, ranger hat", "leather", group="hat", colours="brown tan")
_wear(
    "straw_hat",
    "head",
    5,
    "straw hat, sun hat, sunhat, wide-brimmed hat",
    "straw",
    group="hat",
    colours="straw",
)
_wear("kasa", "head", 5, "conical hat, kasa, rice hat", "straw", group="hat", colours="straw")
_wear(
    "tricorn",
    "head",
    5,
    "tricorn, tricorne, tricorn hat, pirate hat",
    "wool",
    group="hat",
    colours="black dark_brown",
)
_wear("beret", "head", 5, "beret", "wool", group="hat")
_wear("cap", "head", 5, "cap, baseball cap, snapback, flat cap", "cotton", group="hat")
_wear(
    "peaked_cap",
    "head",
    5,
    "peaked cap, officer cap, captain hat, sailor hat, military cap, police cap",
    "cloth",
    group="hat",
)
_wear("beanie", "head", 5, "beanie, knit cap, woolly hat, wool hat", "knit", group="hat")
_wear(
    "feathered_hat",
    "head",
    5,
    "feathered hat, plumed hat, bard hat, musketeer hat, feather hat",
    "velvet",
    group="hat",
)
_wear("chef_hat", "head", 5, "chef hat, toque", "cotton", group="hat", colours="white")
_wear("nurse_cap", "head", 5, "nurse cap, nurse hat", "cotton", group="hat", colours="white")
_wear("santa_hat", "head", 5, "santa hat, christmas hat", "fur", group="hat", colours="red")
_wear("turban", "head", 5, "turban, head wrap, headscarf, hijab", "silk", group="hat")
_wear("bandana", "head", 5, "bandana, bandanna, head scarf, kerchief", "cotton", group="hat")
_wear("hood", "head", 5, "hood, cowl", "cloth", group="hood")
_wear(
    "helmet",
    "head",
    5,
    "helmet, helm, knight helmet, great helm, visored helmet, bascinet",
    "steel",
    group="helmet",
    colours="steel",
)
_wear(
    "horned_helmet",
    "head",
    5,
    "horned helmet, viking helmet, viking helm, horned helm",
    "iron",
    group="helmet",
    colours="iron bronze",
)
_wear("kabuto", "head", 5, "kabuto, samurai helmet", "iron", group="helmet")
_wear(
    "space_helmet",
    "head",
    5,
    "space helmet, astronaut helmet, glass helmet, bubble helmet",
    "glass",
    group="helmet",
    colours="white",
)
_wear(
    "cyber_helmet",
    "head",
    5,
    "cyber helmet, futuristic helmet, motorcycle helmet, mech helmet",
    "carbon",
    group="helmet",
    colours="charcoal",
)
_wear("crown", "head", 5, "crown, royal crown", "gold", group="crown", colours="gold")
_wear("tiara", "head", 5, "tiara, diadem", "silver", group="crown", colours="silver gold")
_wear("circlet", "head", 5, "circlet, coronet, headpiece", "silver", group="crown", colours="silver gold")
_wear(
    "laurel",
    "head",
    5,
    "laurel wreath, laurel, wreath, leaf crown",
    "cloth",
    group="crown",
    colours="green gold",
)
_wear(
    "flower_crown",
    "head",
    5,
    "flower crown, floral crown, flower wreath",
    "cloth",
    group="crown",
    colours="pink white yellow",
)
_wear(
    "hair_flower",
    "head",
    5,
    "hair flower, flower in hair, flower in the hair, flower in her hair, flower in his hair, rose in hair",
    "cloth",
    group="hair_ornament",
    colours="pink red white",
)
_wear(
    "hair_ribbon",
    "head",
    5,
    (
        "hair ribbon, hair bow, ribbon, ribbon in hair, bow in hair, ribbon in her hair, bow in her "
        "hair, hairbow"
    ),
    "satin",
    group="hair_ornament",
)
_wear(
    "hairpin",
    "head",
    5,
    "hairpin, hair pin, hair clip, hairclip, kanzashi, barrette",
    "gold",
    group="hair_ornament",
    colours="gold silver",
)
_wear(
    "headband",
    "head",
    5,
    "headband, hairband, hair band, sweatband, hachimaki",
    "cloth",
    group="hair_ornament",
)
_wear(
    "maid_headband",
    "head",
    5,
    "maid headband, maid headdress, frilly headband",
    "lace",
    group="hair_ornament",
    colours="white",
)
_wear("veil", "head", 5, "veil, bridal veil, wimple", "lace", group="hood", colours="white")
_wear("headphones", "head", 5, "headphones, headphone, headset", "plastic", colours="black white red")

# Face
_wear(
    "glasses",
    "face",
    5,
    "glasses, eyeglasses, spectacles, reading glasses, round glasses",
    "plastic",
    covers=(),
    colours="black gold brown",
)
_wear(
    "sunglasses",
    "face",
    5,
    "sunglasses, shades, aviators, mirrorshades",
    "plastic",
    covers=(),
    colours="black",
)
_wear(
    "goggles", "face", 5, "goggles, aviator goggles, steampunk goggles", "brass", covers=(), colours="brass"
)
_wear(
    "visor", "face", 5, "visor, cyber visor, hud visor, vr headset", "holographic", covers=(), colours="cyan"
)
_wear("eyepatch", "face", 5, "eyepatch, eye patch", "leather", covers=(), colours="black")
_wear("monocle", "face", 5, "monocle", "gold", covers=(), colours="gold")
_wear("mask", "face", 5, "mask, masquerade mask, domino mask, eye mask", "cloth", group="mask", covers=())
_wear(
    "face_mask",
    "face",
    5,
    "face mask, ninja mask, surgical mask, half mask, cloth mask, mouth mask",
    "cloth",
    group="mask",
    covers=(),
    colours="black",
)
_wear(
    "fox_mask",
    "face",
    5,
    "fox mask, kitsune mask, animal mask",
    "wood",
    group="mask",
    covers=(),
    colours="white",
)
_wear("skull_mask", "face", 5, "skull mask, bone mask", "bone", group="mask", covers=(), colours="bone")
_wear("gas_mask", "face", 5, "gas mask, respirator", "rubber", group="mask", covers=(), colours="charcoal")
_wear(
    "plague_mask",
    "face",
    5,
    "plague mask, plague doctor mask, beak mask",
    "leather",
    group="mask",
    covers=(),
    colours="black brown",
)
_wear("blindfold", "face", 5, "blindfold", "cloth", covers=(), colours="white black")


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
