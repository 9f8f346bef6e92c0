"""Colour words: names, shades ("dark", "neon") and things whose colour people name ("fire", "snow")."""

from __future__ import annotations

import colorsys

from studio.engine.figure.spec import RGB

COLOURS: dict[str, RGB] = {
    "black": (34, 33, 40),
    "white": (243, 242, 238),
    "gray": (136, 139, 146),
    "charcoal": (62, 64, 72),
    "slate": (96, 108, 124),
    "red": (196, 42, 46),
    "crimson": (164, 20, 50),
    "scarlet": (222, 48, 34),
    "maroon": (112, 24, 40),
    "burgundy": (116, 28, 52),
    "ruby": (176, 20, 68),
    "cherry": (186, 32, 68),
    "vermilion": (226, 74, 44),
    "rust": (168, 78, 40),
    "orange": (232, 126, 38),
    "amber": (240, 172, 40),
    "peach": (250, 196, 160),
    "coral": (246, 122, 98),
    "salmon": (244, 150, 130),
    "apricot": (250, 188, 132),
    "yellow": (242, 208, 62),
    "lemon": (248, 232, 100),
    "mustard": (208, 164, 46),
    "gold": (212, 170, 62),
    "straw": (226, 200, 124),
    "cream": (246, 234, 208),
    "ivory": (246, 240, 222),
    "beige": (222, 204, 172),
    "sand": (216, 190, 144),
    "khaki": (176, 162, 112),
    "tan": (198, 156, 110),
    "brown": (118, 76, 48),
    "dark_brown": (78, 52, 38),
    "chestnut": (128, 70, 44),
    "chocolate": (88, 54, 38),
    "caramel": (186, 122, 66),
    "copper": (190, 112, 70),
    "bronze": (166, 118, 66),
    "brass": (188, 152, 76),
    "green": (58, 142, 72),
    "lime": (150, 212, 54),
    "mint": (166, 226, 190),
    "emerald": (22, 148, 98),
    "jade": (52, 158, 118),
    "olive": (112, 118, 58),
    "sage": (156, 172, 136),
    "moss": (100, 118, 62),
    "forest_green": (36, 92, 56),
    "teal": (24, 128, 130),
    "turquoise": (52, 196, 190),
    "aqua": (98, 214, 218),
    "cyan": (44, 200, 226),
    "blue": (52, 98, 192),
    "light_blue": (140, 186, 232),
    "sky_blue": (126, 192, 238),
    "azure": (52, 140, 226),
    "cobalt": (30, 72, 172),
    "sapphire": (24, 74, 170),
    "royal_blue": (50, 82, 196),
    "navy": (34, 46, 94),
    "midnight_blue": (28, 32, 72),
    "denim": (70, 98, 142),
    "indigo": (70, 58, 150),
    "purple": (122, 66, 166),
    "dark_purple": (66, 40, 96),
    "violet": (140, 88, 198),
    "lavender": (190, 168, 226),
    "lilac": (202, 166, 216),
    "plum": (128, 62, 112),
    "amethyst": (146, 96, 198),
    "magenta": (204, 40, 146),
    "fuchsia": (226, 52, 152),
    "pink": (240, 142, 178),
    "hot_pink": (246, 70, 150),
    "rose": (222, 98, 126),
    "mauve": (178, 130, 162),
    "silver": (196, 202, 210),
    "steel": (152, 162, 176),
    "iron": (112, 116, 126),
    "platinum": (226, 224, 214),
    "pearl": (238, 232, 226),
    "bone": (228, 218, 196),
    "ebony": (46, 38, 38),
    "obsidian": (36, 34, 46),
    "wine": (108, 26, 50),
    "champagne": (238, 216, 176),
}

# What people also say; the value is a name of COLOURS.
ALIASES: dict[str, str] = {
    "golden": "gold",
    "gilded": "gold",
    "silvery": "silver",
    "gunmetal": "iron",
    "reddish": "red",
    "bluish": "blue",
    "greenish": "green",
    "brownish": "brown",
    "purplish": "purple",
    "pinkish": "pink",
    "yellowish": "yellow",
    "grayish": "gray",
    "orangey": "orange",
    "aquamarine": "aqua",
    "bordeaux": "burgundy",
    "cerulean": "azure",
    "navy blue": "navy",
    "royal blue": "royal_blue",
    "sky blue": "sky_blue",
    "baby blue": "light_blue",
    "ice blue": "light_blue",
    "icy blue": "light_blue",
    "midnight blue": "midnight_blue",
    "cobalt blue": "cobalt",
    "steel blue": "slate",
    "electric blue": "azure",
    "forest green": "forest_green",
    "olive green": "olive",
    "lime green": "lime",
    "mint green": "mint",
    "sea green": "jade",
    "emerald green": "emerald",
    "blood red": "crimson",
    "cherry red": "cherry",
    "ruby red": "ruby",
    "wine red": "wine",
    "hot pink": "hot_pink",
    "rose gold": "salmon",
    "jet black": "black",
    "pitch black": "black",
    "snow white": "white",
    "off white": "ivory",
    "pure white": "white",
    "ash gray": "gray",
    "tawny": "tan",
    "hazel": "caramel",
    "saffron": "orange",
    "mahogany": "chestnut",
    "umber": "dark_brown",
    "sepia": "brown",
    "coffee": "chocolate",
    "taupe": "mauve",
    "monochrome": "gray",
}

# Colours that only hair has by that name.
HAIR_COLOURS: dict[str, RGB] = {
    "blonde": (232, 200, 124),
    "platinum blonde": (240, 228, 196),
    "strawberry blonde": (224, 156, 104),
    "dirty blonde": (186, 152, 102),
    "honey blonde": (218, 172, 94),
    "golden blonde": (234, 190, 92),
    "ash blonde": (200, 186, 156),
    "brunette": (88, 58, 40),
    "ginger": (206, 100, 46),
    "redhead": (184, 72, 40),
    "red head": (184, 72, 40),
    "auburn": (134, 58, 38),
    "raven": (30, 30, 42),
    "salt and pepper": (132, 132, 136),
    "white haired": (240, 240, 240),
}

# Colour words before hair mean a natural colour when they can.
NATURAL_HAIR: dict[str, RGB] = {
    "black": (36, 34, 42),
    "brown": (104, 68, 46),
    "chestnut": (124, 70, 46),
    "gray": (152, 154, 160),
    "gold": (232, 190, 96),
    "silver": (206, 212, 222),
    "white": (242, 242, 246),
}

# Things with a well-known colour: "hair the color of fire", "ocean eyes", "honey-colored".
LIKENESS: dict[str, RGB] = {
    "fire": (232, 88, 30),
    "flame": (234, 96, 34),
    "ember": (214, 74, 36),
    "snow": (244, 246, 250),
    "ice": (196, 226, 242),
    "frost": (206, 228, 240),
    "night": (30, 34, 66),
    "midnight": (28, 32, 72),
    "sky": (126, 190, 236),
    "blood": (150, 18, 34),
    "wheat": (228, 196, 124),
    "honey": (220, 166, 66),
    "ocean": (34, 110, 164),
    "sea": (46, 126, 150),
    "grass": (92, 164, 66),
    "leaf": (84, 150, 70),
    "forest": (40, 94, 58),
    "coal": (40, 40, 46),
    "ash": (166, 164, 164),
    "smoke": (146, 148, 156),
    "milk": (246, 242, 234),
    "moonlight": (214, 220, 238),
    "moon": (218, 222, 232),
    "sun": (250, 206, 80),
    "sunlight": (250, 214, 110),
    "sunset": (240, 122, 74),
    "autumn leaf": (198, 96, 40),
    "autumn": (198, 96, 40),
    "storm": (92, 104, 124),
    "rose": (222, 98, 126),
    "violet": (140, 88, 198),
    "lavender": (190, 168, 226),
    "pumpkin": (228, 118, 34),
    "cinnamon": (162, 90, 52),
    "mud": (104, 82, 58),
    "lava": (236, 76, 24),
    "toxic": (140, 226, 44),
}

# Rainbow and the like are two colours at once.
DOUBLE: dict[str, tuple[RGB, RGB]] = {
    "black and white": ((34, 33, 40), (243, 242, 238)),  # before a noun; alone it is an art style
    "rainbow": ((236, 92, 140), (86, 168, 236)),
    "multicolored": ((236, 92, 140), (86, 168, 236)),
    "iridescent": ((156, 212, 232), (218, 160, 232)),
    "opalescent": ((206, 228, 240), (238, 206, 226)),
    "galaxy": ((58, 44, 120), (206, 96, 190)),
    "colorful": ((240, 146, 62), (70, 150, 210)),
}

SHADES = (
    "dark",
    "deep",
    "light",
    "pale",
    "pastel",
    "neon",
    "bright",
    "vivid",
    "vibrant",
    "muted",
    "dusty",
    "icy",
    "faded",
    "electric",
    "fluorescent",
    "soft",
    "rich",
    "warm",
    "cool",
    "metallic",
    "matte",
    "shiny",
)


def shaded(colour: RGB, shade: str) -> RGB:
    """The colour as its adjective says: darker, paler, louder, quieter."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    if shade == "dark":
        light *= 0.58
    elif shade == "deep":
        light, saturation = light * 0.72, min(1.0, saturation * 1.15)
    elif shade in {"light", "icy"}:
        light = light + (1 - light) * 0.48
    elif shade == "pale":
        light, saturation = light + (1 - light) * 0.6, saturation * 0.75
    elif shade == "pastel":
        light, saturation = max(0.8, light), min(saturation, 0.75)
    elif shade in {"neon", "electric", "fluorescent"}:
        if saturation > 0.08:
            light, saturation = 0.56, 1.0
    elif shade in {"bright", "vivid", "vibrant"}:
        light, saturation = min(0.9, light * 1.12), min(1.0, saturation * 1.3)
    elif shade in {"muted", "dusty", "faded", "soft"}:
        light, saturation = light + (0.62 - light) * 0.25, saturation * 0.55
    elif shade == "rich":
        light, saturation = light * 0.9, min(1.0, saturation * 1.2)
    elif shade == "warm":
        light = min(1.0, light * 1.03)
        return _mixed(_rgb(hue, light, saturation), (240, 160, 70), 0.12)
    elif shade == "cool":
        return _mixed(colour, (90, 150, 230), 0.12)
    elif shade == "metallic":
        light, saturation = light * 1.04, saturation * 0.85
    elif shade in {"matte", "shiny"}:
        light *= 0.96 if shade == "matte" else 1.05
    return _rgb(hue, min(1.0, light), min(1.0, saturation))


def distance(one: RGB, other: RGB) -> float:
    """How different two colours look, 0 to about 765; red and blue weigh by how bright the red is."""
    mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return ((2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2) ** 0.5


def _rgb(hue: float, light: float, saturation: float) -> RGB:
    red, green, blue = colorsys.hls_to_rgb(hue, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _mixed(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
