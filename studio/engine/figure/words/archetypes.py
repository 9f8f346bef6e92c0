"""Callings: what a knight, a mage or an idol wears and carries when the words say no more than that.

An outfit is one line. Each word of it is one decision: "boots|shoes" picks one, "f:gown" counts for the
feminine and "m:suit" for the masculine only, a trailing "?" leaves the thing out half of the time,
"robe/wool" names a material and "boots=black" a colour. Palettes are names in `fill.PALETTES`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Archetype:
    """One calling as data; a weak one ("warrior") steps back when a stronger one stands beside it."""

    key: str
    words: tuple[str, ...]
    outfit: str
    items: str = ""
    palettes: tuple[str, ...] = ()
    armor: str = "leather_armor"
    hat: str = "fedora"
    expressions: tuple[str, ...] = ("neutral", "happy", "calm", "serious", "smirk")
    bodies: tuple[str, ...] = ("average", "slim", "athletic")
    ages: tuple[str, ...] = ("young", "young", "adult")
    presentation: str | None = None
    features: str = ""
    weak: bool = False


ARCHETYPES: dict[str, Archetype] = {}


def _calling(key: str, words: str, outfit: str, items: str = "", palettes: str = "", **more: object) -> None:
    phrases = tuple(phrase.strip() for phrase in words.split(","))
    ARCHETYPES[key] = Archetype(key, phrases, outfit, items, tuple(palettes.split()), **more)  # type: ignore[arg-type]


STERN = ("serious", "determined", "neutral", "smirk", "calm")
SUNNY = ("happy", "happy", "laughing", "wink", "calm")

_calling(
    "warrior",
    (
        "warrior, fighter, swordsman, swordswoman, adventurer, mercenary, gladiator, hero warrior, "
        "shieldmaiden, hunter warrior, combatant, champion, duelist, heroic warrior"
    ),
    (
        "tunic breastplate|leather_armor|scale_armor|chainmail trousers pauldrons? bracers|gauntlets "
        "belt boots|armored_boots cape?"
    ),
    "sword|axe|spear|greatsword shield?",
    "steel_blue crimson earth forest",
    armor="plate_armor",
    expressions=STERN,
    bodies=("athletic", "muscular", "athletic"),
    weak=True,
)
_calling(
    "knight",
    "knight, crusader, templar, cavalier, royal guard, guard, dragoon",
    "plate_armor cape? belt",
    "sword|greatsword|spear shield?",
    "steel_blue royal crimson",
    armor="plate_armor",
    hat="helmet",
    expressions=STERN,
    bodies=("athletic", "muscular"),
)
_calling(
    "paladin",
    "paladin, holy knight, holy warrior",
    "plate_armor=silver tunic cape belt circlet?",
    "hammer|sword|greatsword shield",
    "holy royal",
    armor="plate_armor",
    expressions=("calm", "determined", "serious"),
    bodies=("athletic", "muscular"),
)
_calling(
    "mage",
    (
        "mage, wizard, sorcerer, sorceress, magician, warlock, enchantress, enchanter, spellcaster, "
        "archmage, magus, arcanist, illusionist, magic user"
    ),
    "robe sash|belt boots|shoes wizard_hat|hood|- cloak?",
    "staff|wand|book|orb",
    "arcane royal night teal",
    hat="wizard_hat",
    expressions=("calm", "serious", "smirk", "neutral"),
    bodies=("slim", "average"),
)
_calling(
    "necromancer",
    "necromancer, dark mage, dark wizard, cultist, dark sorcerer, evil wizard",
    "robe=black hood belt boots=black",
    "staff|book|scythe",
    "night blood",
    hat="hood",
    expressions=("evil_grin", "serious"),
    bodies=("slim",),
)
_calling(
    "druid",
    "druid, shaman, nature priest, forest guardian",
    "robe/linen|tunic fur_collar? belt boots|sandals laurel|flower_crown|-",
    "staff",
    "forest earth",
    armor="leather_armor",
    expressions=("calm", "happy"),
)
_calling(
    "witch",
    "witch, hag, witch girl",
    "f:dress=black m:robe=black corset? belt tights? tall_boots|boots witch_hat cape?",
    "broom|wand|book|potion",
    "night arcane blood",
    hat="witch_hat",
    expressions=("smirk", "happy", "calm"),
    bodies=("slim", "curvy", "average"),
)
_calling(
    "cleric",
    "cleric, priest, priestess, healer, white mage, bishop, acolyte, nun, oracle, saint",
    "robe=white sash shoes|sandals hood?|circlet?",
    "staff|book",
    "holy",
    armor="chainmail",
    expressions=("calm", "happy"),
)
_calling(
    "rogue",
    "rogue, thief, assassin, bandit, scoundrel, burglar, spy, outlaw, cutpurse, shadow",
    (
        "shirt leather_armor trousers fingerless_gloves|gloves belt|utility_belt boots hood|cloak|- "
        "scarf?|face_mask?"
    ),
    "dagger",
    "night earth forest",
    armor="leather_armor",
    hat="hood",
    expressions=("smirk", "serious", "neutral"),
    bodies=("slim", "athletic"),
)
_calling(
    "ranger",
    "ranger, archer, hunter, huntress, scout, bowman, woodsman, tracker, bowwoman",
    "tunic leather_armor? trousers bracers belt boots cloak|hood",
    "bow quiver",
    "forest earth",
    armor="leather_armor",
    hat="feathered_hat",
    expressions=STERN,
    bodies=("athletic", "slim"),
)
_calling(
    "barbarian",
    "barbarian, berserker, viking, savage, tribal warrior, raider, norseman",
    "harness fur_collar trousers|fur_skirt bracers belt boots/fur",
    "axe|greatsword|hammer",
    "earth crimson",
    armor="leather_armor",
    hat="horned_helmet",
    expressions=("angry", "determined", "serious"),
    bodies=("muscular",),
)
_calling(
    "monk",
    "monk, martial artist, kung fu master, fighter monk, kungfu fighter, karateka, wrestler",
    "tunic sash trousers|hakama arm_wraps shoes|sandals",
    "staff?",
    "saffron earth",
    expressions=("calm", "serious"),
    bodies=("athletic", "slim"),
)
_calling(
    "bard",
    "bard, minstrel, troubadour, musician, singer-songwriter, jester",
    "shirt vest|doublet trousers belt boots cape? feathered_hat?",
    "lute|flute|harp",
    "jewel autumn",
    hat="feathered_hat",
    expressions=SUNNY,
)
_calling(
    "samurai",
    "samurai, ronin, shogun, kensei, samurai warrior",
    "kimono samurai_armor|hakama sash geta|sandals kasa?",
    "katana",
    "crimson night jade",
    armor="samurai_armor",
    hat="kasa",
    expressions=STERN,
    bodies=("athletic",),
)
_calling(
    "ninja",
    "ninja, shinobi, kunoichi",
    "tunic=black trousers=black face_mask=black hood?|headband arm_wraps sash boots=black",
    "dagger|katana",
    "night blood",
    armor="leather_armor",
    hat="hood",
    expressions=("serious", "determined"),
    bodies=("athletic", "slim"),
)
_calling(
    "geisha",
    "geisha, miko, shrine maiden",
    "kimono sash geta hairpin",
    "fan|umbrella",
    "blossom crimson",
    presentation="feminine",
    expressions=("calm", "shy", "happy"),
    bodies=("slim",),
)
_calling(
    "pirate",
    "pirate, buccaneer, corsair, swashbuckler, privateer, pirate captain",
    "shirt=white vest|frock_coat trousers sash|belt boots|tall_boots tricorn|bandana|- eyepatch? earrings?",
    "sword|blaster",
    "crimson navy earth",
    hat="tricorn",
    expressions=("smirk", "laughing", "determined"),
    bodies=("athletic", "average"),
)
_calling(
    "sailor",
    "sailor, seaman, seafarer, deckhand, navy sailor",
    "shirt=white|t_shirt=white trousers=navy scarf=navy|tie=navy belt boots cap=white?|peaked_cap=white?",
    "",
    "navy",
    hat="cap",
    expressions=SUNNY,
)
_calling(
    "cowboy",
    "cowboy, cowgirl, gunslinger, sheriff, western hero",
    "shirt vest|poncho jeans belt boots cowboy_hat bandana?",
    "blaster",
    "earth denim",
    hat="cowboy_hat",
    expressions=STERN,
)
_calling(
    "princess",
    "princess, royal princess",
    "gown tiara|crown necklace? gloves? heels|slippers",
    "",
    "blossom royal holy",
    presentation="feminine",
    expressions=("happy", "calm", "shy"),
    bodies=("slim", "average"),
)
_calling(
    "prince",
    "prince, royal prince, nobleman, noble, aristocrat, lord, duke, count",
    "shirt doublet|frock_coat trousers belt boots|tall_boots cape? circlet?|epaulettes?",
    "sword?",
    "royal jewel",
    presentation="masculine",
    expressions=("calm", "smirk", "happy"),
)
_calling(
    "noblewoman",
    "noblewoman, duchess, countess, baroness, empress dowager, lady in waiting",
    "gown necklace gloves? earrings heels",
    "fan?",
    "jewel blossom royal",
    presentation="feminine",
    expressions=("calm", "smirk"),
)
_calling(
    "king",
    "king, emperor, monarch, ruler",
    "robe|doublet trousers fur_collar cape crown boots necklace?",
    "scepter|sword",
    "royal crimson",
    presentation="masculine",
    ages=("adult", "middle_aged", "elder"),
    expressions=("serious", "calm"),
)
_calling(
    "queen",
    "queen, empress",
    "gown fur_collar? cape? crown necklace earrings heels",
    "scepter",
    "royal crimson jewel",
    presentation="feminine",
    ages=("adult", "adult", "middle_aged"),
    expressions=("serious", "calm", "smirk"),
)
_calling(
    "student",
    "student, high school student, pupil, college student, university student, schoolmate, schoolgirl, "
    "schoolboy, school girl, school boy, schoolkid, schoolchild",
    ("school_uniform f:tights? shoes|sneakers"),
    "backpack?|book?",
    "denim navy",
    ages=("young",),
    expressions=SUNNY,
)
_calling(
    "teacher",
    "teacher, professor, scholar, librarian, academic, tutor",
    "shirt cardigan|blazer|vest trousers|f:long_skirt shoes glasses?",
    "book",
    "autumn navy",
    ages=("adult", "middle_aged"),
    expressions=("calm", "happy"),
)
_calling(
    "astronaut",
    "astronaut, cosmonaut, space explorer, spaceman, spacewoman",
    "space_suit space_helmet?",
    "",
    "sky_tech",
    hat="space_helmet",
    armor="exo_armor",
    expressions=("happy", "calm", "surprised"),
)
_calling(
    "space_marine",
    "space marine, sci-fi soldier, mech pilot, space soldier, bounty hunter, starfighter, space pirate",
    "exo_armor cyber_helmet?",
    "rifle|blaster",
    "sky_tech crimson",
    armor="exo_armor",
    hat="cyber_helmet",
    expressions=STERN,
    bodies=("athletic", "muscular"),
)
_calling(
    "cyberpunk",
    "cyberpunk, hacker, netrunner, street samurai, cyber ninja, punk, cyber, cyber warrior",
    (
        "t_shirt|tank_top leather_jacket|jacket cargo_pants|trousers combat_boots fingerless_gloves? "
        "choker? visor?|goggles?"
    ),
    "blaster?|energy_sword?",
    "neon",
    armor="exo_armor",
    hat="cap",
    expressions=("smirk", "serious", "neutral"),
    bodies=("slim", "athletic"),
)
_calling(
    "steampunk",
    "steampunk, inventor, tinkerer, artificer, clockmaker, airship captain, alchemist",
    "shirt vest|corset trousers|f:skirt belt|utility_belt gloves boots goggles top_hat|bowler_hat|-",
    "wrench|potion|blaster",
    "brass autumn",
    hat="top_hat",
    armor="leather_armor",
    expressions=("smirk", "happy", "serious"),
)
_calling(
    "gothic",
    "gothic, goth, gothic girl, victorian, emo, dark academia",
    (
        "f:lolita_dress=black|f:dress=black m:shirt=black+frock_coat=black+trousers=black choker "
        "boots=black tights?"
    ),
    "",
    "night blood",
    expressions=("neutral", "serious", "sad"),
)
_calling(
    "superhero",
    "superhero, superheroine, super hero, vigilante, supervillain, villain, villainess",
    "bodysuit cape belt gloves tall_boots mask?",
    "",
    "hero neon",
    expressions=("determined", "smirk", "happy"),
    bodies=("athletic", "muscular"),
)
_calling(
    "idol",
    (
        "idol, pop star, popstar, singer, pop idol, vtuber, vocaloid, streamer, performer, dancer, "
        "rock star, rockstar, ballerina"
    ),
    "f:blouse+mini_skirt m:shirt+jacket+trousers hair_ribbon?|headphones? choker? tall_boots|sneakers",
    "microphone",
    "candy blossom neon",
    ages=("young",),
    expressions=SUNNY,
    bodies=("slim", "average"),
)
_calling(
    "magical_girl",
    "magical girl, mahou shoujo, magical boy",
    "lolita_dress sash gloves=white hair_ribbon tall_boots",
    "wand",
    "candy blossom",
    ages=("young",),
    expressions=SUNNY,
    bodies=("slim",),
)
_calling(
    "maid",
    "maid, housekeeper",
    "maid_dress apron=white maid_headband tights=white shoes=black",
    "",
    "mono",
    presentation="feminine",
    expressions=("happy", "shy", "calm"),
)
_calling(
    "butler",
    "butler, waiter, bartender, servant",
    "shirt=white vest=black trousers=black bow_tie=black gloves=white shoes=black",
    "cup?",
    "mono",
    expressions=("calm", "neutral"),
)
_calling(
    "soldier",
    (
        "soldier, marine, commando, sniper, infantry, trooper, special forces, captain, commander, "
        "general, officer, sergeant"
    ),
    "military_uniform combat_boots belt peaked_cap?|helmet?",
    "rifle",
    "olive",
    armor="exo_armor",
    hat="peaked_cap",
    expressions=STERN,
    bodies=("athletic", "muscular"),
)
_calling(
    "police",
    "police officer, policeman, policewoman, cop, police, security guard",
    "military_uniform=navy peaked_cap=navy tie=black belt=black shoes=black",
    "",
    "navy",
    hat="peaked_cap",
    expressions=STERN,
)
_calling(
    "firefighter",
    "firefighter, fireman",
    "jumpsuit=mustard coat=mustard helmet=red boots=black gloves=black",
    "axe",
    "saffron",
    expressions=STERN,
    bodies=("athletic",),
)
_calling(
    "pilot",
    "pilot, aviator, airman",
    "shirt=cream leather_jacket=brown trousers scarf=white boots goggles",
    "",
    "brass olive",
    expressions=("smirk", "happy"),
)
_calling(
    "nurse",
    "nurse",
    "scrubs nurse_cap? shoes=white",
    "clipboard|syringe|-",
    "sky_tech",
    expressions=("happy", "calm"),
)
_calling(
    "doctor",
    "doctor, physician, medic, surgeon, veterinarian",
    "shirt lab_coat trousers tie? shoes glasses?",
    "clipboard",
    "sky_tech navy",
    ages=("adult",),
    expressions=("calm", "happy"),
)
_calling(
    "scientist",
    "scientist, researcher, chemist, mad scientist, biologist",
    "shirt lab_coat trousers|f:skirt shoes glasses|goggles|-",
    "potion|clipboard",
    "sky_tech teal",
    ages=("adult", "young"),
    expressions=("happy", "confused", "smirk"),
)
_calling(
    "plague_doctor",
    "plague doctor",
    "robe=black cloak=black plague_mask gloves=brown boots=black fedora=black",
    "staff",
    "night",
)
_calling(
    "chef",
    "chef, cook, baker, pastry chef",
    "chef_jacket trousers apron=white chef_hat shoes=black",
    "ladle",
    "mono",
    hat="chef_hat",
    expressions=SUNNY,
    bodies=("average", "heavy"),
)
_calling(
    "detective",
    "detective, private eye, investigator, secret agent, agent, private detective, inspector",
    "shirt=white tie trousers trench_coat=khaki|trench_coat fedora shoes",
    "magnifying_glass|blaster|-",
    "noir",
    hat="fedora",
    ages=("adult",),
    expressions=("serious", "smirk"),
)
_calling(
    "businessperson",
    (
        "businessman, businesswoman, business man, business woman, business person, office worker, ceo, "
        "manager, lawyer, salaryman, banker, mafia boss, gangster, executive"
    ),
    "shirt=white suit tie shoes=black",
    "briefcase?",
    "noir navy",
    ages=("adult",),
    expressions=("calm", "serious", "smirk"),
)
_calling(
    "mechanic",
    "mechanic, engineer, technician, repairman, plumber, construction worker",
    "t_shirt overalls|jumpsuit gloves utility_belt combat_boots cap?|goggles?|bandana?",
    "wrench",
    "denim saffron",
    hat="cap",
    expressions=("happy", "smirk"),
)
_calling(
    "blacksmith",
    "blacksmith, smith, craftsman, carpenter",
    "shirt apron=brown/leather trousers gloves boots bandana?",
    "hammer",
    "earth",
    expressions=STERN,
    bodies=("muscular", "heavy"),
)
_calling(
    "farmer",
    "farmer, peasant, villager, farm girl, farm boy, shepherd, gardener, commoner",
    "shirt overalls|vest+trousers boots straw_hat?|bandana?",
    "pitchfork|basket",
    "earth denim",
    hat="straw_hat",
    expressions=SUNNY,
)
_calling(
    "merchant",
    "merchant, trader, shopkeeper, innkeeper, barkeep, bartender, tavern keeper, barmaid, barista",
    "shirt vest trousers belt boots cloak? turban?|cap?",
    "satchel",
    "autumn jewel",
    expressions=SUNNY,
    ages=("adult", "middle_aged"),
)
_calling(
    "fisher",
    "fisherman, fisherwoman, angler",
    "sweater trousers tall_boots=green beanie",
    "fishing_rod",
    "navy",
    expressions=("calm",),
)
_calling(
    "explorer",
    "explorer, archaeologist, treasure hunter, adventurer archaeologist, traveler, wanderer, nomad",
    "shirt=khaki leather_jacket=brown? trousers belt boots fedora?|scarf?",
    "satchel backpack?",
    "earth olive",
    hat="fedora",
    expressions=("smirk", "happy", "determined"),
)
_calling(
    "artist",
    "artist, painter, writer, poet, photographer",
    "sweater|shirt apron? trousers|jeans shoes beret? scarf?",
    "",
    "autumn candy",
    hat="beret",
    expressions=("happy", "calm"),
)
_calling(
    "athlete",
    (
        "athlete, runner, basketball player, soccer player, football player, tennis player, boxer, "
        "gymnast, cheerleader"
    ),
    "tank_top|t_shirt shorts sneakers headband?",
    "ball?",
    "hero candy",
    bodies=("athletic",),
    expressions=("determined", "happy"),
)
_calling(
    "skater",
    (
        "skater, skateboarder, hip hop, rapper, streetwear, street style, e-girl, egirl, eboy, "
        "gamer, casual outfit, casual, casual clothing, casual clothes, everyday clothes, modern "
        "clothes"
    ),
    "hoodie|t_shirt jeans|cargo_pants|shorts sneakers cap?|beanie?|headphones?",
    "",
    "denim candy neon",
    hat="cap",
    expressions=("happy", "smirk", "neutral"),
)
_calling(
    "formal",
    (
        "formal, formal wear, formal attire, formal outfit, elegant outfit, professional outfit, "
        "business attire, business casual"
    ),
    "f:gown m:shirt=white+suit+tie f:heels m:shoes",
    "",
    "noir royal jewel",
    expressions=("calm", "happy"),
)
_calling(
    "bride",
    "bride",
    "gown=white veil=white necklace heels=white",
    "flower",
    "holy",
    presentation="feminine",
    expressions=("happy", "shy"),
)
_calling(
    "groom",
    "groom",
    "shirt=white tuxedo bow_tie shoes=black",
    "",
    "mono",
    presentation="masculine",
    expressions=("happy",),
)
_calling(
    "beach",
    "beachwear, lifeguard, surfer, swimmer, beach outfit",
    "f:swimsuit m:swim_trunks+tank_top sandals straw_hat?|sunglasses?",
    "",
    "candy teal",
    expressions=SUNNY,
)
_calling(
    "gladiator",
    "spartan, roman soldier, centurion, legionary, hoplite, greek warrior, amazon, valkyrie",
    "tunic breastplate/bronze fur_skirt=crimson bracers/bronze greaves/bronze sandals helmet/bronze? cape",
    "spear|sword shield",
    "crimson brass",
    armor="breastplate",
    hat="helmet",
    expressions=STERN,
    bodies=("muscular", "athletic"),
)
_calling(
    "pharaoh",
    "pharaoh, egyptian, cleopatra, egyptian queen, egyptian princess, desert princess, genie",
    "toga=white necklace=gold bracelet=gold sash=gold sandals=gold circlet=gold",
    "staff=gold?",
    "saffron",
    expressions=("calm", "serious"),
)
_calling(
    "goddess",
    "goddess, god, deity, demigod, muse",
    "toga sash=gold sandals=gold laurel=gold|circlet=gold bracelet=gold",
    "orb?",
    "holy royal",
    expressions=("calm", "serious"),
)
_calling(
    "santa",
    "santa, santa claus, christmas elf, christmas",
    "coat=red/fur trousers=red belt=black boots=black santa_hat gloves=white",
    "",
    "crimson",
    expressions=SUNNY,
)
_calling(
    "post_apocalyptic",
    "post-apocalyptic, wasteland survivor, scavenger, survivor, stalker",
    "t_shirt jacket|harness|poncho cargo_pants gloves combat_boots goggles?|gas_mask? scarf?",
    "rifle|backpack|axe",
    "earth olive",
    armor="leather_armor",
    expressions=STERN,
    bodies=("athletic", "slim"),
)
_calling(
    "royal_attire",
    "royal, regal, royal attire, royal outfit, royalty",
    "f:gown m:doublet+trousers cape crown|circlet boots|heels",
    "",
    "royal",
    weak=True,
)

# Anybody: the everyday clothes of a character of whom nothing is said.
EVERYDAY = Archetype(
    "everyday",
    (),
    "t_shirt|shirt|hoodie|sweater jacket?|cardigan?|scarf? jeans|trousers|f:skirt sneakers|boots|shoes",
    "",
    ("denim", "autumn", "candy", "forest", "navy", "jewel", "teal"),
    armor="plate_armor",
    expressions=("neutral", "happy", "calm", "happy"),
)
