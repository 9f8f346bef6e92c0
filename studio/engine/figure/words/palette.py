"""Harmonious colours for clothes that nobody gave a colour."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.figure.spec import RGB
from studio.engine.figure.words.chance import Chance
from studio.engine.figure.words.colours import COLOURS, distance

# main, second, quiet (legs, under layers), leather, accent
PALETTES: dict[str, tuple[str, ...]] = {
    "steel_blue": (
        "cobalt navy slate dark_brown silver",
        "slate burgundy charcoal brown brass",
    ),
    "crimson": (
        "crimson ivory charcoal dark_brown gold",
        "maroon black gray dark_brown brass",
        "scarlet cream navy brown gold",
    ),
    "earth": (
        "tan rust dark_brown brown brass",
        "olive sand chocolate chestnut bronze",
        "rust cream dark_brown brown copper",
    ),
    "forest": (
        "forest_green tan dark_brown chestnut bronze",
        "sage moss chocolate brown gold",
        "moss cream dark_brown brown copper",
    ),
    "royal": (
        "royal_blue ivory navy dark_brown gold",
        "dark_purple gold plum black gold",
        "burgundy cream charcoal dark_brown gold",
    ),
    "holy": (
        "ivory gold cream tan gold",
        "white sky_blue pearl caramel gold",
        "pearl royal_blue cream brown gold",
    ),
    "arcane": (
        "indigo gold dark_purple dark_brown gold",
        "purple lavender navy dark_brown silver",
        "midnight_blue violet charcoal brown amber",
    ),
    "night": (
        "charcoal dark_purple black black silver",
        "midnight_blue slate black dark_brown silver",
        "obsidian crimson charcoal black iron",
    ),
    "blood": (
        "obsidian crimson charcoal black silver",
        "maroon black charcoal black gold",
    ),
    "teal": (
        "teal cream slate brown brass",
        "turquoise navy slate dark_brown gold",
        "jade ivory charcoal brown gold",
    ),
    "jade": (
        "jade ivory charcoal brown gold",
        "emerald black slate dark_brown gold",
    ),
    "jewel": (
        "emerald plum charcoal dark_brown gold",
        "sapphire cream navy brown gold",
        "ruby teal charcoal dark_brown gold",
        "amethyst ivory slate dark_brown silver",
    ),
    "autumn": (
        "rust mustard dark_brown chestnut brass",
        "burgundy cream chocolate brown gold",
        "mustard teal dark_brown brown copper",
    ),
    "saffron": (
        "amber crimson dark_brown brown gold",
        "orange cream rust brown brass",
        "mustard white charcoal brown gold",
    ),
    "blossom": (
        "pink cream mauve brown gold",
        "rose white burgundy caramel gold",
        "lilac ivory plum brown silver",
    ),
    "candy": (
        "pink sky_blue white white yellow",
        "mint lilac white caramel coral",
        "coral cream turquoise white yellow",
        "lavender yellow white caramel pink",
    ),
    "neon": (
        "charcoal cyan black black hot_pink",
        "black magenta charcoal black cyan",
        "slate lime charcoal black orange",
        "dark_purple turquoise black black magenta",
    ),
    "sky_tech": (
        "white azure slate charcoal orange",
        "pearl teal gray charcoal cyan",
        "light_blue white navy charcoal orange",
    ),
    "brass": (
        "chestnut cream dark_brown brown brass",
        "burgundy sand chocolate dark_brown brass",
        "forest_green cream dark_brown brown copper",
    ),
    "navy": (
        "navy white gray brown gold",
        "cobalt cream charcoal dark_brown silver",
    ),
    "denim": (
        "white red denim brown yellow",
        "mustard white denim caramel red",
        "teal cream denim brown coral",
        "gray crimson denim black white",
    ),
    "mono": (
        "black white charcoal black silver",
        "charcoal white black black silver",
    ),
    "noir": (
        "charcoal burgundy slate black silver",
        "navy khaki charcoal dark_brown brass",
        "gray white charcoal black crimson",
    ),
    "olive": (
        "olive khaki moss dark_brown brass",
        "khaki olive charcoal black iron",
    ),
    "hero": (
        "royal_blue scarlet navy maroon yellow",
        "scarlet gold maroon maroon yellow",
        "emerald white forest_green black gold",
        "indigo amber charcoal black amber",
    ),
}


@dataclass(frozen=True)
class Palette:
    """Five colours that go together, by what they are for."""

    main: RGB
    second: RGB
    quiet: RGB
    leather: RGB
    accent: RGB


def choose(chance: Chance, names: tuple[str, ...], avoid: tuple[RGB, ...] = ()) -> Palette:
    """A palette of one of these names, without the colours to avoid where there is another one."""
    name = chance.pick("palette", names or tuple(PALETTES))
    options = [Palette(*(COLOURS[colour] for colour in line.split())) for line in PALETTES[name]]
    liked = [option for option in options if all(distance(option.main, other) > 120 for other in avoid)]
    if avoid and not liked:
        every = [
            Palette(*(COLOURS[part] for part in line.split()))
            for lines in PALETTES.values()
            for line in lines
        ]
        liked = [option for option in every if all(distance(option.main, other) > 120 for other in avoid)]
    return chance.pick("palette variant", liked or options)
