"""From what was said to a whole character: every field that the words leave open is filled by the seed."""

from __future__ import annotations

from dataclasses import replace

from studio.engine.figure.spec import RGB, Background, CameraHint, Pose, Spec
from studio.engine.figure.words import hairdo, looks, palette
from studio.engine.figure.words.archetypes import ARCHETYPES
from studio.engine.figure.words.carry import carry
from studio.engine.figure.words.colours import shaded
from studio.engine.figure.words.dress import dress
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.materials import METALS
from studio.engine.figure.words.reference import ReferenceColours
from studio.engine.figure.words.said import Said
from studio.engine.figure.words.scenes import ANYWHERE, INDOORS, SCENES, SNOWED, WITHIN
from studio.engine.figure.words.text import phrase_key
from studio.engine.figure.words.wardrobe import Wardrobe
from studio.engine.figure.words.who import Wanted, Who

FRILLS = frozenset(
    {
        "school_uniform",
        "dress",
        "sundress",
        "gown",
        "lolita_dress",
        "maid_dress",
        "blouse",
        "skirt",
        "mini_skirt",
    }
)
TIMES = frozenset({"night_sky", "sunset", "snow"})
_ANYWHERE_KEYS = frozenset(phrase_key(phrase) for phrase in ANYWHERE)


def fill(said: Said, wanted: Wanted, reference: ReferenceColours) -> tuple[Spec, list[str], list[str]]:
    """The whole spec, the user's words that lost against other words of theirs, and notes."""
    _tie_bows(said)
    who = Who(said, wanted, reference)
    skin = looks.skin(who)
    hair = hairdo.hair(who, skin)
    build = who.build()
    colours = _palette(who)
    wardrobe = _wardrobe(who, colours)
    garments = dress(wardrobe)
    items = carry(wardrobe)
    who.outdone.extend(wardrobe.replaced)
    who.notes.extend(wardrobe.notes)
    spec = Spec(
        build=build,
        skin=skin,
        face=looks.face(who),
        eyes=looks.eyes(who),
        hair=hair,
        species=who.species.kind,
        features=looks.features(who, skin, hair),
        garments=garments,
        items=items,
        pose=Pose(who.one("pose", "idle")),
        background=_background(who),
        style=wanted.style,
        camera=_camera(who),
        accent=colours.accent,
        seed=wanted.seed,
    )
    return spec, who.outdone, who.notes


def _tie_bows(said: Said) -> None:
    """A coloured bow beside a dress or a uniform is a ribbon, and no weapon."""
    kinds = {thing.key for thing in said.things}
    tied = "hair_ribbon" in kinds  # "hair bow, bow", as tags say it twice
    if not (tied or kinds & FRILLS) or "quiver" in kinds or "archer" in said.values("pose"):
        return
    for thing in said.of("item"):
        if thing.key == "bow" and (thing.colours or tied):
            thing.role, thing.key = "garment", "hair_ribbon"


def _palette(who: Who) -> palette.Palette:
    avoid = [colour for thing in who.said.removed if thing.role == "outfit" for colour in thing.colours]
    chosen = palette.choose(who.chance, who.calling.palettes, tuple(avoid))
    clothes = who.reference.clothes
    if clothes:
        chosen = replace(chosen, main=clothes[0], second=clothes[-1])
    for thing in reversed(who.said.of("garment")):
        word = GARMENTS[thing.key]
        if thing.colours and word.slot in {"full", "torso"} and word.material not in METALS:
            chosen = replace(chosen, main=thing.colours[0])
    for thing in who.said.of("outfit"):
        if thing.colours:
            second = thing.colours[1] if len(thing.colours) > 1 else chosen.second
            chosen = replace(chosen, main=thing.colours[0], second=second)
        for shade in thing.shades:
            chosen = replace(chosen, main=shaded(chosen.main, shade), second=shaded(chosen.second, shade))
    return chosen


def _wardrobe(who: Who, colours: palette.Palette) -> Wardrobe:
    everything = None
    for thing in who.said.of("outfit"):
        if thing.key in {"outfit", "person"} and len(thing.colours) == 1:
            everything = thing.colours[0]
    callings = [thing for thing in who.said.of("outfit") if thing.key in ARCHETYPES]
    outfits = who.said.of("outfit")
    cloth = next((thing.materials[-1] for thing in outfits if thing.materials), None)
    state = next((thing.states[-1] for thing in outfits if thing.states and thing.states[-1] != "glow"), None)
    hooves = "hooves" in who.species.features
    return Wardrobe(
        who.said,
        who.calling,
        colours,
        who.chance,
        who.feminine,
        who.age in {"child", "teen"},
        everything,
        hooves,
        next((thing.colours[0] for thing in callings if thing.colours), None),
        cloth,
        state,
    )


def _background(who: Who) -> Background:
    named = who.named("background")
    colours = named.colours if named is not None else []
    kind, time = _scene(who, "plain" if colours else "gradient")
    if "background" in who.removed("scene") and not who.said.values("scene"):
        kind = "plain"
    if colours:
        if kind == "gradient" and len(colours) < 2:
            colours = [colours[0], shaded(colours[0], "light")]
        return Background(kind, colours[0], colours[-1])
    if kind == "gradient":
        tints: tuple[tuple[RGB, RGB], ...] = (
            ((206, 218, 236), (244, 240, 234)),
            ((222, 214, 236), (244, 238, 240)),
            ((206, 228, 222), (242, 242, 230)),
            ((238, 222, 206), (246, 240, 230)),
        )
        top, bottom = who.chance.pick("background", tints)
        return Background(kind, top, bottom)
    if time == "snow" and kind in SNOWED:
        kind, time = SNOWED[kind], None
    scene = next(scene for scene in SCENES if scene.kind == kind)
    if time == "snow" and kind in WITHIN:
        season = next(other for other in SCENES if other.kind == time)
        return Background(
            kind, *((scene.top, scene.bottom) if kind in INDOORS else (season.top, season.bottom))
        )
    if time is not None:
        light = next(other for other in SCENES if other.kind == time)
        ground = shaded(scene.bottom, "dark") if time == "night_sky" else scene.bottom
        return Background(kind, light.top, ground)
    return Background(kind, scene.top, scene.bottom)


def _scene(who: Who, otherwise: str) -> tuple[str, str | None]:
    """The place, and night, sunset or snow over it ("castle at night")."""
    facts = who.said.facts.get("scene", [])
    places = [entry for entry in facts if entry[0] not in TIMES]
    times = [value for value, _ in facts if value in TIMES]
    if not places:
        return who.one("scene", otherwise), None
    places = _narrowest(places)
    who.outdone.extend(text for value, text in places[:-1] if value != places[-1][0])
    return places[-1][0], times[-1] if times else None


def _narrowest(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The places without those that say no more than another one does."""
    named = [entry for entry in places if phrase_key(entry[1]) not in _ANYWHERE_KEYS] or places
    wide = frozenset[str]().union(*(WITHIN.get(kind, ()) for kind, _ in named))
    return [entry for entry in named if entry[0] not in wide] or named


def _camera(who: Who) -> CameraHint:
    hint = CameraHint()
    for view in who.said.values("view"):
        hint = CameraHint(
            view.yaw_deg if view.yaw_deg is not None else hint.yaw_deg,
            view.pitch_deg if view.pitch_deg is not None else hint.pitch_deg,
            view.framing or hint.framing,
        )
    return hint
