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
        "studio background, studio lighting, studio backdrop, studio, backdrop",
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
        "city, cityscape, downtown, urban, town square, skyline, futuristic city",
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
        ("room, indoors, house, tavern, inn, interior, cozy room, workshop, laboratory, lab, hospital"),
        (214, 196, 172),
        (150, 116, 88),
    ),
    _scene("library", "library, bookshelf, bookshelves, study room, archive", (120, 84, 60), (88, 60, 46)),
    _scene("dungeon", "dungeon, cave, cavern, crypt, prison, tomb, catacomb", (58, 58, 70), (40, 38, 46)),
    _scene(
        "meadow",
        (
            "meadow, field, grassland, flower field, plains, countryside, outdoors, "
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
    _scene("stage", "stage, spotlight, stage lights", (64, 30, 92), (26, 20, 44)),
    _scene(
        "sky",
        "sky, cloud, clouds, blue sky, cloudy sky, in the clouds, heaven, heavenly",
        (118, 178, 240),
        (226, 240, 252),
    ),
)

# Everyday places. What lies in them, or around them, may be named as well; see `WITHIN`.
_EVERYDAY: tuple[Scene, ...] = (
    _scene(
        "cafe",
        (
            "coffee shop, cafe, café, coffeeshop, coffee house, coffee bar, coffee place, cafeteria, tea "
            "house, tea room, bakery, espresso bar, internet cafe, cat cafe, sidewalk cafe, cafe "
            "interior, coffee shop interior, coffee date"
        ),
        (201, 143, 107),
        (154, 123, 98),
    ),
    _scene(
        "restaurant",
        (
            "restaurant, diner, bistro, brasserie, dining room, fine dining, steakhouse, pizzeria, "
            "trattoria, wine bar, cocktail bar, hotel bar, in a bar, at a bar, at the bar, in the bar, "
            "pub, dinner date, having dinner, out for dinner, candlelight dinner, candlelit dinner"
        ),
        (138, 75, 69),
        (110, 74, 56),
    ),
    _scene(
        "bookshop",
        "bookshop, bookstore, book shop, book store, among bookshelves, wall of books, aisle of books",
        (217, 195, 160),
        (154, 112, 72),
    ),
    _scene(
        "boutique",
        (
            "boutique, clothing store, clothing shop, clothes store, clothes shop, fashion store, "
            "dress shop, fitting room, dressing room, changing room, walk in closet, department store, "
            "shopping mall, shopping center, at the mall, in a mall, shoe store, thrift store"
        ),
        (239, 228, 220),
        (201, 178, 156),
    ),
    _scene(
        "office",
        (
            "office, workplace, coworking space, open plan office, home office, meeting room, conference "
            "room, boardroom, at a desk, at the desk, at work, working at a computer, in front of a "
            "computer, cubicle, startup office"
        ),
        (221, 227, 232),
        (142, 150, 156),
    ),
    _scene(
        "gym",
        (
            "gym, gymnasium, fitness studio, fitness center, fitness room, weight room, health club, "
            "workout, working out, work out, exercising, gym workout, weight training, working out at the "
            "gym, working out in the gym, at the gym, training at the gym, yoga studio"
        ),
        (141, 150, 158),
        (75, 80, 86),
    ),
    _scene(
        "airport",
        (
            "airport, airport terminal, airport lounge, airport gate, departure lounge, departure gate, "
            "waiting for a flight, boarding gate"
        ),
        (190, 214, 230),
        (196, 201, 204),
    ),
    _scene(
        "train",
        (
            "on a train, in a train, on the train, in the train, inside a train, aboard a train, train "
            "carriage, train compartment, train interior, train ride, subway, metro, subway car, subway "
            "train, tram, in a bus, on a bus, on the bus, commuting, train station, railway station, "
            "subway station, metro station, train platform"
        ),
        (220, 217, 208),
        (110, 116, 121),
    ),
    _scene(
        "concert",
        (
            "concert, concert stage, concert hall, music festival, festival stage, live show, live "
            "concert, rock concert, pop concert, nightclub, night club, dance club, disco, dj booth"
        ),
        (64, 30, 92),
        (26, 20, 44),
    ),
    _scene(
        "photo_studio",
        (
            "photo studio, studio shoot, studio photoshoot, softbox, softbox light, softbox lighting, "
            "studio with softbox, studio with softbox light"
        ),
        (90, 94, 102),
        (217, 218, 221),
    ),
    _scene(
        "living_room",
        (
            "living room, lounge, apartment, flat interior, sitting room, on a sofa, on the sofa, on a "
            "couch, on the couch, sofa, couch, at home, cozy living room, cozy apartment, loft apartment"
        ),
        (227, 211, 188),
        (185, 138, 92),
    ),
    _scene(
        "bedroom",
        "bedroom, bed, in bed, hotel room, dorm room, cozy bedroom",
        (220, 203, 210),
        (196, 162, 126),
    ),
    _scene(
        "kitchen",
        "kitchen, cooking, baking, cooking in the kitchen, kitchen interior, kitchen counter, cooking show",
        (240, 233, 220),
        (183, 155, 124),
    ),
    _scene(
        "bathroom",
        "bathroom, bathtub, bathroom mirror, powder room, washroom, restroom",
        (207, 227, 228),
        (159, 178, 179),
    ),
    _scene(
        "park",
        ("park, city park, public park, park bench, in the park, picnic, central park, tree lined path"),
        (140, 196, 240),
        (134, 179, 90),
    ),
    _scene(
        "garden",
        (
            "garden, flower garden, flower bed, rose garden, botanical garden, backyard, back yard, "
            "front yard, patio, gardening, rose arch, bed of flowers, bed of roses, "
            "courtyard garden, garden party, cottage garden, in the garden"
        ),
        (150, 204, 244),
        (141, 187, 94),
    ),
    _scene(
        "pool",
        (
            "pool, swimming pool, poolside, by the pool, at the pool, pool party, hotel pool, infinity "
            "pool, pool deck, by a pool, resort, water park"
        ),
        (110, 190, 240),
        (231, 220, 200),
    ),
    _scene(
        "rooftop",
        (
            "rooftop, roof top, roof terrace, rooftop terrace, rooftop bar, rooftop party, balcony, "
            "terrace, penthouse, observation deck, rooftop with skyline, rooftop with a skyline, rooftop "
            "with city skyline, city view, skyline view, overlooking the city"
        ),
        (150, 196, 236),
        (169, 140, 108),
    ),
    _scene(
        "street",
        (
            "street, city street, shopping street, street with shops, high street, main street, sidewalk, "
            "pavement, alley, alleyway, boulevard, avenue, crosswalk, shop window, storefront, side "
            "street, pedestrian zone, street scene"
        ),
        (150, 198, 236),
        (185, 178, 166),
    ),
    _scene(
        "snow_street",
        (
            "snow street, snowy street, snowy city, snowy city street, street in the snow, snow covered "
            "street, winter street, winter city, snowy town, christmas market, christmas street, winter "
            "market"
        ),
        (196, 212, 230),
        (237, 243, 249),
    ),
)
SCENES += _EVERYDAY

# Wide words stay true in a narrower place: a coffee shop is indoors, and a roof terrace is in a city.
_WIDE = frozenset({"room", "meadow", "city", "neon_city", "village", "sky"})
_STREETS = frozenset({"street", "snow_street"})
_MORE: dict[str, frozenset[str]] = {
    **dict.fromkeys(("cafe", "restaurant", "boutique", "office", "gym"), _STREETS),
    "bookshop": _STREETS | {"library"},
    "concert": frozenset({"stage"}),
    "photo_studio": frozenset({"studio"}),
}
WITHIN: dict[str, frozenset[str]] = {
    scene.kind: _WIDE | _MORE.get(scene.kind, frozenset()) for scene in _EVERYDAY
}
# Words of a season or of no place in particular: any other place is where it is.
ANYWHERE = frozenset({"outdoors", "outdoor", "nature", "spring", "summer", "indoors", "interior"})
INDOORS = frozenset(scene.kind for scene in _EVERYDAY) - {
    "park", "garden", "pool", "rooftop", "street", "snow_street",
}  # fmt: skip
# A place that is another one under snow.
SNOWED: dict[str, str] = {"street": "snow_street"}
