"""Skin, face, eyes and the parts that only some peoples have."""

from __future__ import annotations

from studio.engine.figure.oklab import told_apart
from studio.engine.figure.spec import RGB, Eyes, Face, Feature, Hair, Skin
from studio.engine.figure.words.colours import COLOURS, distance, shaded
from studio.engine.figure.words.features import FEATURES, FeatureWord
from studio.engine.figure.words.said import Thing
from studio.engine.figure.words.species import HUMAN_SKINS
from studio.engine.figure.words.who import Who

EYE_TONES = (
    ("brown", 22),
    ("azure", 16),
    ("emerald", 14),
    ("caramel", 14),
    ("slate", 10),
    ("amber", 8),
    ("violet", 5),
    ("teal", 5),
)


def skin(who: Who) -> Skin:
    """The skin or what is in its place."""
    said = who.named("skin")
    species = who.species
    colour = who.chance.pick("skin", _apart_from_hair(who, species.skins))
    if species.skins is not HUMAN_SKINS and species.surface == "skin" and species.skins[0] in HUMAN_SKINS:
        colour = who.chance.pick("skin", species.skins)
    if who.reference.skin is not None and species.skins[0] in HUMAN_SKINS:
        colour = who.reference.skin
    if species.surface in {"scales", "fur", "metal", "slime", "stone"} or species.skins[0] not in HUMAN_SKINS:
        named = who.named("species")
        if named is not None and named.colours:
            colour = named.colours[-1]
    surface = species.surface
    if said is not None:
        if said.colours:
            colour = said.colours[0]
        for shade in said.shades:
            colour = shaded(colour, shade)
        if any(word in said.text.lower() for word in ("scale", "scaly")):
            surface = "scales"
        if said.materials:
            surface = {"fur": "fur", "stone": "stone", "wood": "wood", "bone": "bone"}.get(
                said.materials[-1], "metal"
            )
    return Skin(colour, surface, species.second)


def _apart_from_hair(who: Who, skins: tuple[RGB, ...]) -> tuple[RGB, ...]:
    """The skins on which brows and beards of the hair colour that was said can still be seen."""
    hair = who.named("hair")
    if hair is None or not hair.colours:
        return skins
    return tuple(skin for skin in skins if told_apart(hair.colours[0], skin, 0.20)) or skins


def face(who: Who) -> Face:
    """Expression, shape, marks and lips."""
    removed = set(who.removed("expression"))
    options = [key for key in who.calling.expressions if key not in removed]
    otherwise = who.chance.pick("expression", options) if options else "neutral"
    expression = who.one("expression", otherwise)
    gone = set(who.removed("mark"))
    marks = list(dict.fromkeys(mark for mark in who.said.values("mark") if mark not in gone))
    if (
        not marks
        and "freckles" not in gone
        and who.species.kind == "human"
        and who.chance.happens("freckles", 0.06)
    ):
        marks.append("freckles")
    if who.age == "elder" and "wrinkles" not in marks:
        marks.append("wrinkles")
    if expression == "shy" and "blush" not in marks:
        marks.append("blush")
    lips = who.named("lips")
    shapes = (
        ("oval", "heart", "round")
        if who.presentation == "feminine"
        else ("oval", "square", "long", "diamond")
    )
    shape = who.one("face_shape", who.chance.pick("face shape", shapes))
    return Face(shape, expression, tuple(marks), lips.colours[0] if lips and lips.colours else None)


def eyes(who: Who) -> Eyes:
    """Both eyes, unequal where the words say so."""
    said = who.named("eyes")
    species = who.species
    options = [(name, 1.0) for name in species.eyes] or [(name, float(weight)) for name, weight in EYE_TONES]
    avoid = [colour for thing in who.said.removed if thing.role == "eyes" for colour in thing.colours]
    options = [
        entry for entry in options if all(distance(COLOURS[entry[0]], other) > 100 for other in avoid)
    ] or options
    left = COLOURS[who.chance.weighted("eyes", options)]
    other = COLOURS[
        who.chance.weighted("other eye", [entry for entry in EYE_TONES if COLOURS[entry[0]] != left])
    ]
    right = left
    if said is not None and said.colours:
        left = right = said.colours[0]
        right = said.colours[1] if len(said.colours) > 1 else right
    if said is not None:
        for shade in said.shades:
            left, right = shaded(left, shade), shaded(right, shade)
    if who.said.values("heterochromia") and left == right:
        right = other
    shape = who.one("eye_shape", species.eye_shape or _usual_eye_shape(who))
    pupil = who.one("pupil", species.pupil or "round")
    return Eyes(left, right, shape, pupil, bool(said and "glow" in said.states) or species.glow)


def _usual_eye_shape(who: Who) -> str:
    options = ("round", "almond", "wide") if who.presentation == "feminine" else ("almond", "narrow", "round")
    return who.chance.pick("eye shape", options)


def features(who: Who, skin: Skin, hair: Hair) -> tuple[Feature, ...]:
    """Ears, horns, tails, wings ... of the species and of the words."""
    gone = {(thing.key, thing.variant) for thing in who.said.removed if thing.role == "feature"}
    gone_kinds = {kind for kind, variant in gone if variant is None}
    found: dict[str, Feature] = {}
    for text in who.species.features:
        kind, _, variant = text.partition("/")
        record = _record(kind, variant or None)
        if kind not in gone_kinds and (kind, variant or None) not in gone:
            found[kind] = _feature(who, record, None, skin, hair)
    for thing in who.said.of("feature"):
        usual = found.get(thing.key)
        record = _record(thing.key, thing.variant or (usual.variant if usual else None))
        if thing.key.endswith("_ears"):
            for kind in [kind for kind in found if kind.endswith("_ears")]:
                del found[kind]
        found[thing.key] = _feature(who, record, thing, skin, hair)
    return tuple(found.values())


def _feature(who: Who, record: FeatureWord, thing: Thing | None, skin: Skin, hair: Hair) -> Feature:
    colour = {"hair": hair.colour, "skin": skin.colour}.get(record.colour) or COLOURS[record.colour]
    if thing is not None:
        colour = thing.colours[0] if thing.colours else colour
        for shade in thing.shades:
            colour = shaded(colour, shade)
    second = thing.colours[1] if thing is not None and len(thing.colours) > 1 else None
    if second is None and record.variant == "fox":
        second = (248, 242, 232)
    return Feature(record.kind, colour, record.variant, second)


def _record(kind: str, variant: str | None) -> FeatureWord:
    same = [record for record in FEATURES if record.kind == kind]
    return next((record for record in same if record.variant == variant), same[0])
