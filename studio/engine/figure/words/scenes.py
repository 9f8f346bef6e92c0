"""Places and times of day behind a character, with the colours of their sky and ground."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.figure.spec import RGB


@dataclass(frozen=True)
class Scene:
    """One background: the phrases that mean it and its sky and ground."""

    kind: str
    words: tuple[str, ...]
    top: RGB
    bottom: RGB


def _scene(kind: str, words: str, top: RGB, bottom: RGB) -> Scene:
    return Scene(kind, tuple(phrase.strip() for phrase in words.split(",")), top, bottom)


SCENES: tuple[Scene, ...] = (
    _scene(
        "plain",
        (
            "plain background, simple background, solid background, flat background, blank "
            "background, empty background, no background, clean background"
        ),
        (236, 236, 238),
        (236, 236, 238),
    ),
    _scene(
        "gradient",
        "gradient background, blurred background, bokeh background, abstract background, soft background",
        (206, 218, 236),
        (244, 240, 234),
    ),
    _scene(
        "studio",
        "studio background, photo studio, studio lighting, studio backdrop, studio, backdrop",
        (188, 192, 200),
        (226, 226, 228),
    ),
    _scene(
        "transparent",
        "transparent background, alpha background, isolated, cutout, cut out",
        (255, 255, 255),
        (255, 255, 255),
    ),
    _scene(
        "forest",
        "forest, woods, woodland, jungle, enchanted forest, dark forest, grove",
        (140, 186, 150),
        (68, 98, 64),
    ),
    _scene(
        "city",
        ("city, street, cityscape, downtown, urban, town square, skyline, rooftop, futuristic city"),
        (170, 198, 226),
        (138, 140, 150),
    ),
    _scene(
        "neon_city",
        (
            "neon city, cyberpunk city, neon street, city at night, night city, futuristic "
            "cityscape, neon lights"
        ),
        (44, 26, 78),
        (24, 22, 44),
    ),
    _scene(
        "castle",
        "castle, throne room, palace, fortress, great hall, kingdom",
        (176, 190, 214),
        (132, 126, 122),
    ),
    _scene(
        "mountains", "mountain, mountains, cliff, peak, highlands, valley", (166, 200, 232), (122, 138, 128)
    ),
    _scene(
        "beach",
        "beach, seaside, shore, ocean background, tropical island, by the sea",
        (140, 206, 240),
        (238, 220, 174),
    ),
    _scene("desert", "desert, dune, wasteland, canyon", (244, 206, 150), (222, 178, 112)),
    _scene(
        "snow",
        "snow, snowy, winter, blizzard, tundra, snowy landscape, winter landscape, snowfall, icy landscape",
        (206, 222, 238),
        (240, 246, 252),
    ),
    _scene(
        "night_sky",
        "night, night sky, starry sky, starry night, moonlit, moonlight, at night, full moon, midnight",
        (20, 26, 62),
        (56, 60, 106),
    ),
    _scene(
        "sunset",
        "sunset, sunrise, dusk, dawn, golden hour, evening sky, evening",
        (250, 156, 98),
        (108, 74, 122),
    ),
    _scene(
        "space",
        "space, outer space, nebula, galaxy background, cosmos, stars background, planet, cosmic",
        (14, 12, 36),
        (60, 34, 92),
    ),
    _scene(
        "room",
        (
            "room, bedroom, indoors, house, tavern, inn, coffee shop, cafe, kitchen, office, living room, "
            "interior, cozy room, workshop, laboratory, lab, hospital"
        ),
        (214, 196, 172),
        (150, 116, 88),
    ),
    _scene("library", "library, bookshelf, bookshelves, study room, archive", (120, 84, 60), (88, 60, 46)),
    _scene("dungeon", "dungeon, cave, cavern, crypt, prison, tomb, catacomb", (58, 58, 70), (40, 38, 46)),
    _scene(
        "meadow",
        (
            "meadow, field, grassland, garden, park, flower field, plains, countryside, outdoors, "
            "nature, spring, summer, farm"
        ),
        (158, 210, 244),
        (130, 190, 98),
    ),
    _scene(
        "underwater",
        "underwater, under the sea, under water, deep sea, coral reef",
        (40, 140, 186),
        (14, 56, 104),
    ),
    _scene(
        "volcano",
        "volcano, lava, volcanic, hell, inferno, hellscape, burning city",
        (96, 24, 22),
        (224, 84, 28),
    ),
    _scene(
        "ruins",
        "ruin, ruins, battlefield, ancient ruin, abandoned building, apocalypse, post apocalyptic city",
        (188, 182, 176),
        (128, 120, 104),
    ),
    _scene(
        "village",
        "village, marketplace, market, medieval town, medieval village",
        (176, 208, 234),
        (164, 138, 102),
    ),
    _scene("school", "school, classroom, schoolyard, campus", (206, 222, 232), (186, 152, 112)),
    _scene("temple", "temple, shrine, church, cathedral, monastery, altar", (226, 206, 170), (146, 112, 84)),
    _scene("stage", "stage, concert, spotlight, concert stage, stage lights", (64, 30, 92), (26, 20, 44)),
    _scene(
        "sky",
        "sky, cloud, clouds, blue sky, cloudy sky, in the clouds, heaven, heavenly",
        (118, 178, 240),
        (226, 240, 252),
    ),
)

# phrase -> (style key, a note where the phrase promises more than the drawing keeps)
