"""Peoples and their skins, as data; the parts of the body that come with them are in `features`."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.figure.spec import RGB

HUMAN_SKINS: tuple[RGB, ...] = (
    (252, 224, 204),
    (246, 212, 188),
    (240, 200, 172),
    (230, 184, 150),
    (214, 164, 126),
    (196, 142, 104),
    (168, 116, 82),
    (140, 94, 66),
    (112, 74, 54),
    (94, 64, 50),
)

SKIN_WORDS: dict[str, RGB] = {
    "porcelain": (254, 232, 220),
    "pale": (250, 224, 208),
    "fair": (248, 216, 194),
    "light": (244, 208, 182),
    "peachy": (246, 206, 178),
    "olive": (206, 164, 120),
    "tanned": (208, 154, 112),
    "tan": (208, 154, 112),
    "bronzed": (186, 130, 90),
    "caramel": (182, 126, 86),
    "brown": (146, 98, 68),
    "dark": (114, 76, 56),
    "black": (92, 62, 48),
    "ebony": (78, 54, 46),
    "ashen": (206, 200, 200),
}


@dataclass(frozen=True)
class SpeciesWord:
    """One people: its words, skins, features ("kind" or "kind/variant"), height and other tendencies."""

    kind: str
    words: tuple[str, ...]
    skins: tuple[RGB, ...] = HUMAN_SKINS
    surface: str = "skin"
    second: RGB | None = None
    features: tuple[str, ...] = ()
    height: float = 1.0
    heads: float = 0.0
    weight: float = 0.0
    muscle: float = 0.0
    hair: tuple[str, ...] = ()  # colours that fit
    hair_style: str | None = None
    eyes: tuple[str, ...] = ()
    eye_shape: str | None = None
    pupil: str | None = None
    glow: bool = False
    beard: str | None = None  # for the masculine


SPECIES: dict[str, SpeciesWord] = {}


def _people(kind: str, words: str, **more: object) -> None:
    phrases = tuple(phrase.strip() for phrase in words.split(","))
    SPECIES[kind] = SpeciesWord(kind, phrases, **more)  # type: ignore[arg-type]


_people("human", "human, human being, mortal")
_people(
    "elf",
    "elf, elven, elvish, half-elf, half elf, wood elf, high elf, elves",
    skins=HUMAN_SKINS[:5],
    features=("pointed_ears",),
    height=1.05,
    heads=0.3,
    weight=-0.15,
    hair=("straw", "silver", "gold", "chestnut", "white", "black"),
    eyes=("emerald", "azure", "amethyst", "amber"),
    eye_shape="almond",
)
_people(
    "dark_elf",
    "dark elf, drow, night elf, shadow elf",
    skins=((112, 98, 140), (92, 84, 118), (132, 112, 150)),
    features=("pointed_ears",),
    height=1.03,
    heads=0.3,
    weight=-0.15,
    hair=("white", "silver", "lavender"),
    eyes=("ruby", "amethyst", "amber"),
    eye_shape="narrow",
)
_people(
    "dwarf",
    "dwarf, dwarven, dwarvish, dwarves",
    skins=HUMAN_SKINS[1:6],
    height=0.76,
    heads=-1.6,
    weight=0.25,
    muscle=0.2,
    hair=("rust", "chestnut", "brown", "gray"),
    beard="braided_beard",
)
_people("halfling", "halfling, hobbit, gnome", skins=HUMAN_SKINS[1:6], height=0.68, heads=-1.5, weight=0.05)
_people("giant", "giant, giantess, goliath, titan", height=1.25, heads=0.6, muscle=0.25, weight=0.15)
_people(
    "orc",
    "orc, orcish, ork, half-orc, half orc",
    skins=((112, 142, 84), (92, 122, 74), (132, 152, 104), (108, 118, 108)),
    features=("pointed_ears", "tusks"),
    height=1.1,
    weight=0.15,
    muscle=0.35,
    hair=("black", "dark_brown"),
    eyes=("amber", "crimson"),
    eye_shape="narrow",
)
_people(
    "goblin",
    "goblin, gobline, hobgoblin, imp, gremlin",
    skins=((126, 166, 78), (104, 148, 78), (150, 170, 82)),
    features=("pointed_ears", "fangs"),
    height=0.66,
    heads=-2.0,
    weight=-0.1,
    hair=("black", "dark_brown", "moss"),
    eyes=("yellow", "amber"),
    eye_shape="wide",
)
_people(
    "troll",
    "troll, ogre, ogress",
    skins=((96, 128, 132), (112, 136, 120)),
    features=("pointed_ears", "tusks"),
    height=1.22,
    weight=0.25,
    muscle=0.3,
    hair=("orange", "black", "teal"),
    eyes=("amber",),
)
_people(
    "catfolk",
    (
        "cat-folk, catfolk, cat folk, cat person, cat girl, catgirl, cat boy, catboy, cat woman, cat "
        "man, neko, nekomimi, khajiit, feline, tabaxi, cat people"
    ),
    skins=HUMAN_SKINS[:6],
    features=("cat_ears", "tail/cat"),
    hair=("black", "chestnut", "white", "orange"),
    eyes=("amber", "emerald", "azure"),
    eye_shape="upturned",
    pupil="slit",
)
_people(
    "foxfolk",
    (
        "fox-folk, foxfolk, fox folk, fox person, fox girl, foxgirl, fox boy, fox woman, fox man, "
        "kitsune, vulpine, fox spirit, gumiho, fox people"
    ),
    skins=HUMAN_SKINS[:5],
    features=("fox_ears", "tail/fox"),
    hair=("orange", "rust", "white", "straw"),
    eyes=("amber", "gold"),
    eye_shape="upturned",
    pupil="slit",
)
_people(
    "wolffolk",
    (
        "wolf-folk, wolffolk, wolf folk, wolf person, wolf girl, wolf boy, wolf woman, wolf man, "
        "werewolf, lycan, dog girl, dog boy, wolfkin, wolf people"
    ),
    skins=HUMAN_SKINS[1:7],
    features=("wolf_ears", "tail/wolf", "fangs"),
    height=1.04,
    muscle=0.1,
    hair=("gray", "silver", "black", "brown"),
    eyes=("amber", "light_blue", "gold"),
    eye_shape="narrow",
)
_people(
    "rabbitfolk",
    (
        "rabbit-folk, rabbitfolk, rabbit folk, rabbit girl, rabbit boy, bunny girl, bunny boy, bunny "
        "person, rabbit person, usagi, harengon, bunny, rabbit woman, rabbit man, rabbit people"
    ),
    skins=HUMAN_SKINS[:5],
    features=("rabbit_ears", "tail/rabbit"),
    height=0.97,
    hair=("white", "cream", "tan", "pink"),
    eyes=("ruby", "rose", "chocolate"),
    eye_shape="round",
)
_people(
    "beastfolk",
    (
        "furry, anthro, anthropomorphic, beastfolk, beast folk, beast person, anthro wolf, anthro "
        "fox, anthro cat"
    ),
    skins=((168, 120, 82), (124, 124, 132), (210, 130, 70)),
    surface="fur",
    second=(240, 228, 208),
    features=("wolf_ears", "tail/wolf", "muzzle"),
    hair=("brown", "charcoal", "cream"),
    eyes=("amber", "emerald"),
)
_people(
    "lizardfolk",
    "lizardfolk, lizard folk, lizard person, lizardman, lizard man, reptilian, argonian, snake person, naga",
    skins=((88, 134, 88), (72, 122, 118), (138, 140, 74)),
    surface="scales",
    second=(206, 204, 150),
    features=("tail/dragon", "muzzle", "spikes"),
    hair_style="bald",
    eyes=("amber", "yellow"),
    pupil="slit",
)
_people(
    "demon",
    "demon, demonic, devil, demoness, tiefling, oni, demon girl, demon boy, demon lord, hellspawn",
    skins=((198, 92, 92), (150, 84, 130), (228, 170, 160), (120, 84, 150)),
    features=("horns", "tail/demon", "pointed_ears"),
    height=1.03,
    hair=("black", "crimson", "white", "indigo"),
    eyes=("crimson", "gold", "magenta"),
    eye_shape="narrow",
    pupil="slit",
)
_people(
    "angel",
    "angel, angelic, seraph, seraphim, archangel, celestial, aasimar, valkyrie angel",
    skins=HUMAN_SKINS[:6],
    features=("wings/feather", "halo"),
    height=1.03,
    hair=("straw", "white", "gold", "silver"),
    eyes=("sky_blue", "gold", "azure"),
)
_people(
    "dragonfolk",
    (
        "dragon-folk, dragonfolk, dragon folk, dragonborn, dragonkin, half-dragon, half dragon, "
        "dragon person, dragon girl, dragon boy, dragon woman, dragon man, draconic, draconian, "
        "dragonoid"
    ),
    skins=((150, 54, 50), (58, 110, 92), (66, 84, 136), (184, 140, 70)),
    surface="scales",
    second=(228, 202, 150),
    features=("horns/dragon", "tail/dragon", "pointed_ears"),
    height=1.07,
    muscle=0.15,
    hair=("black", "crimson", "white"),
    eyes=("amber", "emerald", "crimson"),
    eye_shape="narrow",
    pupil="slit",
)
_people(
    "android",
    (
        "android, robot, cyborg, robotic, automaton, gynoid, mecha girl, robot girl, robot boy, "
        "machine person, synthetic human, humanoid robot, mechanical person"
    ),
    skins=((226, 230, 236), (198, 206, 216), (240, 228, 220)),
    surface="metal",
    second=(96, 104, 118),
    features=("tech_implants",),
    hair=("white", "silver", "cyan", "black"),
    eyes=("cyan", "azure", "orange"),
    pupil="ring",
    glow=True,
)
_people(
    "vampire",
    "vampire, vampiress, dhampir, nosferatu, vampiric",
    skins=((244, 228, 226), (236, 222, 224)),
    features=("fangs", "pointed_ears"),
    hair=("black", "white", "maroon"),
    eyes=("crimson", "ruby"),
    eye_shape="narrow",
)
_people(
    "undead",
    "undead, zombie, lich, ghoul, revenant, draugr",
    skins=((150, 164, 136), (168, 172, 160), (142, 152, 160)),
    hair=("gray", "black", "olive"),
    eyes=("yellow", "light_blue"),
    weight=-0.2,
)
_people(
    "skeleton",
    "skeleton, skeletal, skeleton warrior",
    skins=((228, 218, 196),),
    surface="bone",
    hair_style="bald",
    eyes=("cyan", "crimson"),
    glow=True,
    weight=-0.4,
)
_people(
    "ghost",
    "ghost, spirit, phantom, spectre, specter, wraith",
    skins=((214, 228, 238), (200, 220, 226)),
    hair=("white", "light_blue"),
    eyes=("cyan", "white"),
    glow=True,
)
_people(
    "fairy",
    "fairy, faerie, fae, pixie girl, sprite, fairy girl",
    skins=HUMAN_SKINS[:5],
    features=("wings/fairy", "pointed_ears"),
    height=0.85,
    weight=-0.2,
    hair=("pink", "mint", "lavender", "straw"),
    eyes=("emerald", "amethyst", "azure"),
)
_people(
    "merfolk",
    "merfolk, mermaid, merman, sea elf, siren, fish person, triton",
    skins=((140, 196, 196), (160, 206, 186), (134, 168, 206)),
    features=("gills", "pointed_ears"),
    hair=("teal", "aqua", "coral", "indigo"),
    eyes=("turquoise", "aqua"),
)
_people(
    "alien",
    "alien, extraterrestrial, martian, alien girl, alien woman",
    skins=((126, 184, 140), (120, 156, 206), (170, 140, 196)),
    features=("antennae",),
    hair=("indigo", "teal", "white"),
    eyes=("ebony", "violet", "lime"),
    eye_shape="wide",
)
_people(
    "treefolk",
    "treefolk, dryad, ent, tree person, plant girl, forest spirit, nymph",
    skins=((146, 170, 112), (150, 116, 80), (174, 190, 136)),
    surface="skin",
    features=("pointed_ears", "antlers"),
    hair=("moss", "green", "rust"),
    eyes=("emerald", "amber"),
)
_people(
    "golem",
    "golem, stone person, rock person, gargoyle, elemental",
    skins=((136, 132, 126), (150, 128, 106)),
    surface="stone",
    height=1.15,
    weight=0.3,
    muscle=0.3,
    hair_style="bald",
    eyes=("amber", "cyan"),
    glow=True,
)
_people(
    "slime",
    "slime, slime girl, slime boy, jelly person, slime person",
    skins=((110, 206, 176), (126, 176, 232), (214, 140, 206)),
    surface="slime",
    hair=("mint", "light_blue", "lilac"),
    eyes=("teal", "royal_blue"),
)
_people(
    "satyr",
    "satyr, faun, goat person, goat girl",
    skins=HUMAN_SKINS[2:7],
    features=("horns/ram", "hooves", "pointed_ears"),
    hair=("chestnut", "brown"),
    eyes=("amber",),
)
_people(
    "minotaur",
    "minotaur, bull person, cow girl",
    skins=((124, 86, 62), (96, 70, 56)),
    surface="fur",
    second=(206, 180, 148),
    features=("horns", "muzzle", "hooves"),
    height=1.18,
    weight=0.2,
    muscle=0.4,
    hair=("dark_brown", "black"),
    eyes=("chocolate",),
)
