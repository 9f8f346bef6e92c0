"""Words by which the parts of a prompt are told apart: clothes, places, times, looks, what tunes a model."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


GARMENTS = _words(
    "dress, gown, shirt, t-shirt, tee, blouse, top, sweater, jumper, hoodie, cardigan, jacket, coat, "
    "blazer, vest, suit, tuxedo, uniform, robe, robes, cloak, cape, tunic, skirt, jeans, trousers, "
    "pants, shorts, leggings, outfit, clothes, clothing, attire, costume, kimono, yukata, sari, hanbok, "
    "armor, armour, helmet, hat, cap, beanie, hood, scarf, gloves, boots, shoes, sneakers, heels, "
    "sandals, glasses, sunglasses, apron, overalls, swimsuit, bikini, trunks, pajamas, pyjamas, "
    "nightgown, corset, toga, poncho, raincoat, trench, tie, bow tie, veil, crown, tiara, jumpsuit, "
    "tracksuit, turtleneck, leather, denim, linen, silk, velvet, chainmail, spacesuit, look, layers, "
    "streetwear, sportswear"
)
MASS = _words(
    "armor, armour, clothing, clothes, attire, jeans, trousers, pants, shorts, leggings, gloves, boots, "
    "shoes, sneakers, heels, sandals, glasses, sunglasses, overalls, pajamas, pyjamas, robes, trunks, "
    "leather, denim, linen, silk, velvet, chainmail, layers, streetwear, sportswear, space, snow, "
    "water, fog, mist, ruins, woods, mountains, stars, clouds, flowers, nature, traffic, rain, "
    "sunlight, moonlight, public, bed, town, hills"
)
BODY = _words(
    "hair, eyes, eye, skin, beard, mustache, moustache, freckles, ears, wings, tail, horns, braid, "
    "braids, ponytail, bun, bangs, curls, dreadlocks, bob, lips, nose, face, body, build, tattoo, "
    "tattoos, scar, scars, makeup, eyebrows, lashes, stubble, fringe, locks, complexion, physique, "
    "pigtails, twintails, fangs, antlers, fur, pixie cut"
)
PLACES = _words(
    "forest, woods, beach, street, city, town, village, cafe, café, coffee shop, bar, restaurant, "
    "kitchen, bedroom, bathroom, living room, office, studio, library, bookstore, bookshop, garden, "
    "park, field, meadow, desert, mountain, mountains, hill, lake, river, sea, ocean, pool, castle, "
    "palace, temple, church, cathedral, tower, dungeon, cave, market, mall, shop, store, gym, stage, "
    "classroom, school, university, museum, gallery, station, train, subway, airport, plane, car, boat, "
    "ship, spaceship, space, rooftop, balcony, terrace, window, door, bridge, road, path, alley, farm, "
    "barn, stable, vineyard, greenhouse, harbor, harbour, port, island, jungle, swamp, canyon, "
    "waterfall, ruins, throne room, tavern, inn, workshop, laboratory, lab, arena, stadium, court, "
    "playground, campsite, camp, cliff, shore, coast, dock, pier, hotel, lobby, corridor, hallway, "
    "room, house, home, apartment, loft, attic, garage, skyline, downtown, square, plaza, boulevard, "
    "sofa, couch, bed, desk, table, bench, chair, throne, stairs, staircase, counter"
)
ON = _words(
    "beach, street, rooftop, balcony, terrace, bridge, road, path, stage, train, boat, ship, plane, "
    "hill, cliff, shore, coast, dock, pier, island, boulevard, sofa, couch, bench, chair, throne, "
    "stairs, staircase, farm, square, plaza"
)
TIMES = _words(
    "sunset, sunrise, dawn, dusk, twilight, night, noon, midday, midnight, golden hour, blue hour, "
    "morning, evening, afternoon, daytime, summer, winter, spring, autumn, fall, rain, snow, fog, mist, "
    "storm, sunlight, moonlight, sunshine, christmas, halloween, new year, weekend, breakfast, lunch, "
    "dinner, starlight, candlelight, lamplight, wind"
)
AT = _words(
    "sunset, sunrise, dawn, dusk, twilight, night, noon, midday, midnight, golden hour, blue hour, "
    "christmas, halloween, new year, breakfast, lunch, dinner"
)
PEOPLE = _words(
    "man, woman, girl, boy, lady, guy, person, people, couple, friends, child, kid, teenager, adult, "
    "model, influencer, knight, witch, wizard, mage, sorcerer, sorceress, elf, dwarf, orc, fairy, "
    "ranger, archer, warrior, paladin, rogue, thief, assassin, bard, monk, cleric, priest, priestess, "
    "druid, barbarian, pirate, captain, sailor, soldier, samurai, ninja, king, queen, prince, princess, "
    "emperor, empress, duke, duchess, noble, merchant, blacksmith, farmer, baker, chef, cook, waiter, "
    "barista, doctor, nurse, scientist, engineer, programmer, teacher, student, professor, librarian, "
    "artist, painter, musician, singer, guitarist, dancer, actor, actress, photographer, writer, poet, "
    "journalist, pilot, astronaut, detective, police officer, firefighter, athlete, runner, boxer, "
    "footballer, skater, surfer, gamer, streamer, hacker, cyborg, android, robot, vampire, werewolf, "
    "demon, angel, goddess, god, mermaid, adventurer, explorer, hunter, alchemist, gardener, mechanic, "
    "businessman, businesswoman, lawyer, bride, groom, ballerina, gladiator, viking, cowboy, cowgirl, "
    "hero, heroine, villain, superhero, maid, butler, idol, hiker, cyclist, swimmer, traveler, "
    "traveller, grandmother, grandfather, mother, father, sister, brother, twins, catgirl, foxgirl, "
    "half-elf, necromancer, shaman, templar, squire, jester, pilgrim, nomad, rebel, spy, agent, "
    "courier, healer, oracle, seer"
)
# They end like people and are none.
THINGS = _words(
    "flower, tower, river, water, weather, mirror, door, floor, dinner, paper, letter, summer, winter, "
    "burger, computer, scooter, sweater, counter, corner, butter, feather, leather, ladder, hammer, "
    "lighter, poster, banner, border, number, sunflower, skyscraper, helicopter, trailer, paster, "
    "container, shower, finger, center, theater, spider, tiger, otter, lobster, oyster, monster, color, "
    "interior, exterior, motor, tractor, elevator, corridor, meteor, decor, armor, outdoor, dress, "
    "fortress, mattress, mess, glass, chess, wilderness, darkness, harness, mist, fist, list, twist, "
    "cistern, piston, order, cover, layer, flyer, player, printer, speaker, roller, cooler, toaster, "
    "blender, charger, tanker, cruiser"
)
MOODS = {
    "smiling": "smiling", "smile": "smiling", "laughing": "laughing", "laugh": "laughing",
    "grinning": "grinning", "happy": "happy", "joyful": "joyful", "cheerful": "cheerful", "sad": "sad",
    "crying": "crying", "angry": "angry", "serious": "serious", "calm": "calm",
    "thoughtful": "thoughtful", "confident": "confident", "shy": "shy", "surprised": "surprised",
    "sleepy": "sleepy", "winking": "winking", "determined": "determined", "proud": "proud",
    "relaxed": "relaxed", "excited": "excited",
}  # fmt: skip
MEDIA = {
    "anime": "anime", "manga": "manga", "watercolor": "watercolour", "watercolour": "watercolour",
    "sketch": "sketch", "oil painting": "oil painting", "pixel art": "pixel art", "comic": "comic",
    "cartoon": "cartoon", "illustration": "illustration", "3d render": "3D render",
    "cel shaded": "cel-shaded", "cel-shaded": "cel-shaded", "ink": "ink drawing",
    "pencil": "pencil drawing", "chibi": "chibi", "painterly": "painting",
    "flat design": "flat design", "line art": "line art", "low poly": "low-poly",
    "storybook": "storybook illustration", "noir": "noir", "cyberpunk": "cyberpunk",
    "steampunk": "steampunk", "fantasy art": "fantasy art", "concept art": "concept art",
}  # fmt: skip
# What follows "-ing" and is no doing.
NOT_DOING = _words(
    "evening, morning, ring, king, wing, clothing, building, lighting, painting, earring, string, "
    "spring, thing, being, viking, darling, wedding, ceiling, everything, nothing, something, sling, "
    "offspring, landing, railing, stocking, legging, flooring, standing, posing, facing, looking, "
    "showing, featuring, wearing, including, having, stunning, charming, flowing, glowing, interesting, "
    "amazing, breathtaking, striking, sterling, matching, living, dining, background, during, shining, "
    "gleaming, setting, rising, piercing, welcoming, imposing, fitting, loving"
)
# Parts that tune a model and say nothing about what is seen.
QUALITY = _words(
    "masterpiece, best quality, high quality, highest quality, good quality, ultra quality, highly "
    "detailed, ultra detailed, detailed, very detailed, intricate, intricate details, sharp focus, "
    "sharp, 4k, 8k, hd, uhd, hdr, raw photo, photorealistic, realistic, hyperrealistic, ultra "
    "realistic, professional, professional photography, photography, cinematic, cinematic lighting, "
    "natural lighting, studio lighting, soft lighting, dramatic lighting, soft light, volumetric "
    "lighting, depth of field, bokeh, absurdres, newest, score_9, score_8_up, score_7_up, trending on "
    "artstation, award winning, award-winning, beautiful, gorgeous, stunning, aesthetic, perfect "
    "lighting, dslr, 35mm, film grain, solo, full body, upper body, portrait, close-up, close up, head "
    "and shoulders, looking at viewer, looking at camera, looking at the viewer, looking at the camera, "
    "facing viewer, front view, side view, back view, from behind, three-quarter view, simple "
    "background, plain background, white background, grey background, gray background, transparent "
    "background, no background, centered, symmetrical, vibrant colors, vivid colors, detailed face, "
    "detailed eyes, detailed skin, clean lines, safe, sfw, 1girl, 1boy, rating_safe, detailed "
    "background, character, the character, same character, person, a person, natural light, high "
    "resolution, wallpaper, modern, casual"
)
EMOJI = {
    "coffee": "☕", "cafe": "☕", "tea": "🍵", "beach": "🌊", "sea": "🌊", "ocean": "🌊",
    "forest": "🌲", "woods": "🌲", "book": "📚", "library": "📚", "night": "🌙", "moon": "🌙",
    "sunset": "🌅", "sunrise": "🌅", "rain": "🌧️", "snow": "❄️", "city": "🏙️", "sword": "⚔️",
    "knight": "⚔️", "garden": "🌿", "flower": "🌸", "music": "🎶", "guitar": "🎸", "camera": "📷",
    "mountain": "⛰️", "dog": "🐶", "cat": "🐱", "star": "⭐", "space": "🚀", "dance": "💃",
    "dancing": "💃", "gym": "💪", "pizza": "🍕", "cake": "🍰", "car": "🚗", "bike": "🚲",
    "train": "🚆", "plane": "✈️", "travel": "✈️", "castle": "🏰", "fire": "🔥", "magic": "✨",
    "wizard": "✨", "witch": "✨", "dragon": "🐉", "crown": "👑", "queen": "👑", "king": "👑",
    "tree": "🌳", "park": "🌳", "kitchen": "🍳", "horse": "🐎", "umbrella": "☂️", "desert": "🏜️",
    "island": "🏝️",
}  # fmt: skip
