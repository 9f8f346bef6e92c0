"""Hair and beard: what was said of them, else what suits the person."""

from __future__ import annotations

from studio.engine.figure.oklab import told_apart
from studio.engine.figure.spec import RGB, Hair, Skin
from studio.engine.figure.words.colours import COLOURS, HAIR_COLOURS, NATURAL_HAIR, distance, shaded
from studio.engine.figure.words.species import HUMAN_SKINS
from studio.engine.figure.words.who import Who

HAIRDOS_F = (
    ("straight", "long"),
    ("wavy", "long"),
    ("bob", "short"),
    ("ponytail", "long"),
    ("braid", "long"),
    ("half_up", "long"),
    ("twin_tails", "long"),
    ("curly", "medium"),
    ("bun", "medium"),
    ("wavy", "medium"),
    ("straight", "medium"),
    ("pixie", "short"),
    ("hime_cut", "long"),
)
HAIRDOS_M = (
    ("messy", "short"),
    ("side_part", "short"),
    ("undercut", "short"),
    ("spiky", "short"),
    ("slicked_back", "short"),
    ("curly", "short"),
    ("wavy", "medium"),
    ("straight", "short"),
    ("buzz_cut", "buzz"),
    ("ponytail", "medium"),
    ("messy", "medium"),
)
LONG_STYLES = frozenset(
    [
        "straight",
        "wavy",
        "curly",
        "ponytail",
        "side_ponytail",
        "twin_tails",
        "braid",
        "twin_braids",
        "half_up",
        "hime_cut",
        "dreadlocks",
        "drills",
    ]
)
FRINGES = ("straight", "swept", "side")
OPEN_FOREHEADS = ("curtain", "parted")
# How often a person has a fringe when the words leave it open; later in life it is rarer.
FRINGE_F, FRINGE_M, FRINGE_LATE = 0.70, 0.45, 0.30
HAIR_TONES = (
    ("black", 20),
    ("dark_brown", 18),
    ("brown", 16),
    ("chestnut", 12),
    ("blonde", 12),
    ("auburn", 7),
    ("ginger", 5),
    ("straw", 5),
    ("silver", 3),
    ("navy", 1),
    ("rose", 1),
)
DARK_TONES = (("black", 60), ("dark_brown", 28), ("chestnut", 8), ("auburn", 4))


def hair(who: Who, skin: Skin) -> Hair:
    """The hair with its second colour and beard."""
    said = who.named("hair")
    gone = [thing for thing in who.said.removed if thing.role == "hair"]
    style, length, bangs = _hairdo(who)
    if (
        any(not thing.colours for thing in gone)
        and not who.removed("hair_style")
        and not who.removed("hair_length")
        and not who.removed("bangs")
    ):
        style, length, bangs = "bald", "none", "none"
    avoid = [colour for thing in gone for colour in thing.colours]
    colour = _hair_colour(who, skin, avoid)
    second, where = None, None
    whiskers = who.named("beard")
    if whiskers is not None and whiskers.colours and (said is None or not said.colours):
        colour = whiskers.colours[0]
    if said is not None:
        if said.colours:
            colour = said.colours[0]
            if len(said.colours) > 1:
                second, where = said.colours[1], "split"
        if "neon" in said.shades and not said.colours:
            colour = COLOURS[who.chance.pick("neon hair", ("cyan", "hot_pink", "lime", "magenta", "azure"))]
        for shade in said.shades:
            colour = shaded(colour, shade)
        if "glow" in said.states:
            if not said.colours and who.reference.hair is None:  # "flaming hair"
                colour = COLOURS["orange"]
            second, where = shaded(colour, "neon"), "tips"
    for thing in who.said.of("second"):
        where = thing.key
        if thing.colours:
            second = thing.colours[0]
    if where is not None and second is None:
        second = shaded(colour, "light" if sum(colour) < 420 else "dark")
    beard = _beard(who)
    beard_colour = whiskers.colours[0] if whiskers and whiskers.colours else shaded(colour, "rich")
    return Hair(style, length, colour, second, where, bangs, beard, beard_colour if beard != "none" else None)


def _hairdo(who: Who) -> tuple[str, str, str]:
    said_style = who.one("hair_style", None)
    said_length = who.one("hair_length", None)
    avoid_length = set(who.removed("hair_length"))
    avoid_style = {value[0] for value in who.removed("hair_style")}
    dos = HAIRDOS_F if who.feminine else HAIRDOS_M
    options = [do for do in dos if do[0] not in avoid_style and do[1] not in avoid_length] or list(dos)
    if said_length in {"long", "very_long"}:
        options = [do for do in HAIRDOS_F if do[0] in LONG_STYLES and do[0] not in avoid_style]
        options = [do for do in options if do[0] in {"straight", "wavy", "half_up"}] or options
    elif said_length is not None:
        options = [do for do in dos if do[1] == said_length and do[0] not in avoid_style] or options
    style, length = who.chance.pick("hairdo", options)
    bangs = _usual_bangs(who)
    if who.species.hair_style and said_style is None and said_length is None:
        style, length = who.species.hair_style, "none"
    if said_style is not None:
        style, own_length, own_bangs = said_style
        length = own_length or ("long" if style in LONG_STYLES and who.feminine else "medium")
        bangs = own_bangs or bangs
    if said_length is not None and style not in {"bald", "buzz_cut"}:
        length = said_length
    return style, length, _bangs(who, style, bangs)


def _usual_bangs(who: Who) -> str:
    likely = FRINGE_F if who.feminine else FRINGE_M
    if who.age in {"middle_aged", "elder"}:
        likely = FRINGE_LATE
    return who.chance.pick("bangs", FRINGES if who.chance.happens("fringe", likely) else OPEN_FOREHEADS)


def _bangs(who: Who, style: str, usual: str) -> str:
    said = who.one("bangs", None)
    if said is not None:
        return said
    if who.removed("bangs") or style in {"bald", "buzz_cut", "slicked_back"}:
        return "none"
    return usual


def _hair_colour(who: Who, skin: Skin, avoid: list[RGB]) -> RGB:
    species = who.species
    named = who.named("species")
    if named is not None and named.colours and species.skins[0] in HUMAN_SKINS:
        return named.colours[0]
    if who.reference.hair is not None:
        return who.reference.hair
    if who.age == "elder" and not species.hair:
        tones = [(name, 1.0) for name in ("gray", "silver", "white")]
    elif species.hair:
        tones = [(name, 1.0) for name in species.hair]
    elif sum(skin.colour) < 380:
        tones = [(name, float(weight)) for name, weight in DARK_TONES]
    else:
        tones = [(name, float(weight)) for name, weight in HAIR_TONES]
    table = {**COLOURS, **HAIR_COLOURS, **NATURAL_HAIR}
    tones = [tone for tone in tones if all(distance(table[tone[0]], other) > 110 for other in avoid)] or tones
    seen = [tone for tone in tones if told_apart(table[tone[0]], skin.colour)]
    farthest = max(tones, key=lambda tone: distance(table[tone[0]], skin.colour))
    return table[who.chance.weighted("hair colour", seen or [farthest])]


def _beard(who: Who) -> str:
    beards = who.said.of("beard")
    if beards:
        return beards[-1].key
    gone = any(thing.role == "beard" for thing in who.said.removed)
    if gone or who.presentation != "masculine" or who.age in {"child", "teen"}:
        return "none"
    if who.species.beard:
        return who.species.beard
    if who.species.kind not in {"human", "giant", "halfling"}:
        return "none"
    likely = {"young": 0.1, "adult": 0.3, "middle_aged": 0.5, "elder": 0.75}[who.age]
    if not who.chance.happens("beard at all", likely):
        return "none"
    if who.age == "elder" and who.calling.key in {"mage", "druid", "king"}:
        return "long_beard"
    return who.chance.pick("beard", ("stubble", "short_beard", "goatee", "full_beard", "moustache"))
