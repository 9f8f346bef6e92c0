"""From what was said to a whole character: every field that the words leave open is filled by the seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studio.engine.figure.spec import (
    RGB,
    Background,
    Build,
    CameraHint,
    Eyes,
    Face,
    Feature,
    Hair,
    Pose,
    Skin,
    Spec,
)
from studio.engine.figure.words import palette
from studio.engine.figure.words.archetypes import ARCHETYPES, EVERYDAY, Archetype
from studio.engine.figure.words.chance import Chance
from studio.engine.figure.words.colours import COLOURS, HAIR_COLOURS, NATURAL_HAIR, distance, shaded
from studio.engine.figure.words.dress import Wardrobe, carry, dress
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.materials import METALS
from studio.engine.figure.words.reference import ReferenceColours
from studio.engine.figure.words.said import Said, Thing
from studio.engine.figure.words.scenes import SCENES
from studio.engine.figure.words.species import FEATURES, HUMAN_SKINS, SPECIES, FeatureWord, SpeciesWord

WANDERER = replace(
    EVERYDAY,
    key="wanderer",
    outfit="tunic|doublet|shirt vest? trousers|leggings belt boots bracers? scarf?",
    palettes=("earth", "forest", "jewel", "autumn", "crimson", "arcane", "teal"),
    armor="plate_armor",
    hat="feathered_hat",
)
FUTURIST = replace(
    EVERYDAY,
    key="futurist",
    outfit="bodysuit|jumpsuit jacket? belt combat_boots|boots gloves?",
    palettes=("sky_tech", "neon", "mono"),
    armor="exo_armor",
    hat="cyber_helmet",
)
RUSTIC_GARMENTS = frozenset(
    [
        "cloak",
        "cape",
        "tunic",
        "robe",
        "hood",
        "doublet",
        "plate_armor",
        "breastplate",
        "chainmail",
        "scale_armor",
        "leather_armor",
        "bone_armor",
        "bracers",
        "gauntlets",
        "greaves",
        "pauldrons",
        "helmet",
        "horned_helmet",
        "wizard_hat",
        "witch_hat",
        "circlet",
        "crown",
        "fur_collar",
    ]
)
RUSTIC_ITEMS = frozenset(
    [
        "sword",
        "greatsword",
        "dagger",
        "staff",
        "wand",
        "spear",
        "axe",
        "hammer",
        "mace",
        "bow",
        "quiver",
        "shield",
        "orb",
        "scythe",
    ]
)
HEADS = {"child": 5.2, "teen": 6.6, "young": 7.1, "adult": 7.4, "middle_aged": 7.4, "elder": 7.1}
HEIGHTS = {"child": 1.26, "teen": 1.58, "young": 1.68, "adult": 1.7, "middle_aged": 1.7, "elder": 1.64}
BODY_NUMBERS = {
    "slim": (0.3, 0.35),
    "average": (0.5, 0.45),
    "athletic": (0.48, 0.7),
    "muscular": (0.62, 0.95),
    "heavy": (0.95, 0.4),
    "curvy": (0.66, 0.42),
    "petite": (0.32, 0.32),
}
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
TIMES = frozenset({"night_sky", "sunset", "snow"})
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


def fill(said: Said, wanted: Wanted, reference: ReferenceColours) -> tuple[Spec, list[str], list[str]]:
    """The whole spec, the user's words that lost against other words of theirs, and notes."""
    filler = _Filler(said, wanted, reference)
    return filler.spec(), filler.outdone, filler.notes


class Wanted:
    """What comes from beside the words: seed, style key, and the age in years if one was given."""

    def __init__(self, seed: int, style: str, years: int | None) -> None:
        self.seed = seed
        self.style = style
        self.years = years


class _Filler:
    def __init__(self, said: Said, wanted: Wanted, reference: ReferenceColours) -> None:
        self.said = said
        self.wanted = wanted
        self.reference = reference
        self.chance = Chance(wanted.seed)
        self.outdone: list[str] = []
        self.notes: list[str] = []
        self.species = SPECIES[self._one("species", "human")]
        self.calling = self._calling()
        self.age = self._age()
        self.presentation = self._presentation()
        self.feminine = self.presentation == "feminine" or (
            self.presentation == "androgynous" and self.chance.happens("clothes side", 0.5)
        )

    def spec(self) -> Spec:
        skin = self._skin()
        hair = self._hair(skin)
        build = self._build()
        colours = self._palette()
        wardrobe = self._wardrobe(colours)
        garments = dress(wardrobe)
        items = carry(wardrobe)
        self.outdone.extend(wardrobe.replaced)
        self.notes.extend(wardrobe.notes)
        return Spec(
            build=build,
            skin=skin,
            face=self._face(),
            eyes=self._eyes(),
            hair=hair,
            species=self.species.kind,
            features=self._features(skin, hair),
            garments=garments,
            items=items,
            pose=Pose(self._one("pose", "idle")),
            background=self._background(),
            style=self.wanted.style,
            camera=self._camera(),
            accent=colours.accent,
            seed=self.wanted.seed,
        )

    # Small helpers

    def _one(self, role: str, otherwise: Any) -> Any:
        """The last value said; earlier ones that say something else are reported."""
        facts = self.said.facts.get(role, [])
        if not facts:
            return otherwise
        value = facts[-1][0]
        self.outdone.extend(text for other, text in facts[:-1] if other != value)
        return value

    def _removed(self, role: str) -> list[Any]:
        return [value for name, value in self.said.removed_facts if name == role]

    def _named(self, role: str) -> Thing | None:
        """All that was said of one part of the body, as one thing."""
        things = self.said.of(role)
        if not things:
            return None
        whole = Thing(role, things[-1].key, things[-1].text)
        for thing in things:
            if thing.colours:
                if role == "eyes" and whole.colours and thing.text.lower() == "eye":
                    whole.colours = [whole.colours[0], thing.colours[0]]
                    continue
                if whole.colours and whole.colours != thing.colours and not thing.hair_colour:
                    self.outdone.append(next(t.text for t in things if t.colours == whole.colours))
                whole.colours = list(thing.colours)
            whole.shades.extend(thing.shades)
            whole.states.extend(thing.states)
            whole.materials.extend(thing.materials)
        return whole

    # Who

    def _calling(self) -> Archetype:
        unwanted = set(self._removed("archetype"))
        callings = [ARCHETYPES[key] for key in self.said.values("archetype") if key not in unwanted]
        strong = [calling for calling in callings if not calling.weak]
        if strong:
            if len({calling.key for calling in strong}) > 1:
                self.notes.append(f"the outfit is that of: {strong[-1].key.replace('_', ' ')}")
            return strong[-1]
        if callings:
            return callings[-1]
        kinds = {thing.key for thing in self.said.things}
        if self.species.kind in {"android", "alien"}:
            return FUTURIST
        if (
            kinds & RUSTIC_GARMENTS
            or kinds & RUSTIC_ITEMS
            or "armor" in kinds
            or self.species.kind != "human"
        ):
            return WANDERER
        return EVERYDAY

    def _age(self) -> str:
        years = self.wanted.years
        if years is not None:
            steps = ((13, "child"), (18, "teen"), (30, "young"), (45, "adult"), (62, "middle_aged"))
            return next((age for limit, age in steps if years < limit), "elder")
        ages = [age for _, age in self.said.values("person") if age is not None]
        minors = [age for age in ages if age in {"child", "teen"}]
        if minors:
            return minors[0]
        specific = [age for age in ages if age != "young"]
        if specific or ages:
            return (specific or ages)[-1]
        removed = {age for _, age in self._removed("person") if age}
        options = [age for age in self.calling.ages if age not in removed]
        return self.chance.pick("age", options or ("adult",))

    def _presentation(self) -> str:
        said = [side for side, _ in self.said.values("person") if side]
        if said:
            return said[-1]
        pronouns = [side for side, _ in self.said.values("pronoun") if side]
        if pronouns:
            return pronouns[-1]
        removed = {side for side, _ in self._removed("person")}
        if "feminine" in removed:
            return "masculine"
        if "masculine" in removed:
            return "feminine"
        words = " ".join(
            text.lower()
            for _, text in self.said.facts.get("archetype", []) + self.said.facts.get("species", [])
        )
        for ending, side in (
            ("woman", "feminine"),
            ("girl", "feminine"),
            ("ess", "feminine"),
            ("boy", "masculine"),
            ("man", "masculine"),
        ):
            if any(word.endswith((ending, ending + "s")) for word in words.split()):
                return side
        if self.calling.presentation:
            return self.calling.presentation
        kinds = {thing.key for thing in self.said.things if thing.role == "garment"}
        if kinds & {
            "dress",
            "gown",
            "sundress",
            "lolita_dress",
            "maid_dress",
            "mini_skirt",
            "skirt",
            "blouse",
            "cheongsam",
        }:
            return "feminine"
        if self.said.of("beard") or kinds & {"swim_trunks"}:
            return "masculine"
        return self.chance.weighted("presentation", (("feminine", 48), ("masculine", 44), ("androgynous", 8)))

    def _build(self) -> Build:
        bodies = [body for body, _ in self.said.values("body") if body]
        default = (
            "average" if self.age in {"child", "elder"} else self.chance.pick("body", self.calling.bodies)
        )
        body = bodies[-1] if bodies else default
        weight, muscle = BODY_NUMBERS[body]
        height = HEIGHTS[self.age] * self.species.height
        if self.age not in {"child", "teen"}:
            height *= {"feminine": 0.975, "masculine": 1.055}.get(self.presentation, 1.0)
        height *= self.chance.between("height", 0.97, 1.03)
        for _, factor in self.said.values("body"):
            height *= factor
        heads = HEADS[self.age] + self.species.heads + (0.2 if self.presentation == "masculine" else 0.0)
        heads += (height / (HEIGHTS[self.age] * self.species.height) - 1) * 3
        if self.wanted.style == "chibi":
            heads = 2.7
        return Build(
            round(min(2.4, max(0.7, height)), 3),
            round(min(8.5, max(2.5, heads)), 2),
            self.age,
            body,
            self.presentation,
            round(min(1.0, max(0.0, weight + self.species.weight)), 2),
            round(
                min(1.0, max(0.0, (muscle + self.species.muscle) * (0.5 if self.age == "child" else 1.0))), 2
            ),
        )

    def _skin(self) -> Skin:
        said = self._named("skin")
        species = self.species
        colour = self.chance.pick("skin", species.skins)
        if species.skins is not HUMAN_SKINS and species.surface == "skin" and species.skins[0] in HUMAN_SKINS:
            colour = self.chance.pick("skin", species.skins)
        if self.reference.skin is not None and species.skins[0] in HUMAN_SKINS:
            colour = self.reference.skin
        if (
            species.surface in {"scales", "fur", "metal", "slime", "stone"}
            or species.skins[0] not in HUMAN_SKINS
        ):
            named = self._named("species")
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

    def _face(self) -> Face:
        removed = set(self._removed("expression"))
        options = [key for key in self.calling.expressions if key not in removed]
        otherwise = self.chance.pick("expression", options) if options else "neutral"
        expression = self._one("expression", otherwise)
        gone = set(self._removed("mark"))
        marks = list(dict.fromkeys(mark for mark in self.said.values("mark") if mark not in gone))
        if (
            not marks
            and "freckles" not in gone
            and self.species.kind == "human"
            and self.chance.happens("freckles", 0.06)
        ):
            marks.append("freckles")
        if self.age == "elder" and "wrinkles" not in marks:
            marks.append("wrinkles")
        if expression == "shy" and "blush" not in marks:
            marks.append("blush")
        lips = self._named("lips")
        shapes = (
            ("oval", "heart", "round")
            if self.presentation == "feminine"
            else ("oval", "square", "long", "diamond")
        )
        shape = self._one("face_shape", self.chance.pick("face shape", shapes))
        return Face(shape, expression, tuple(marks), lips.colours[0] if lips and lips.colours else None)

    def _eyes(self) -> Eyes:
        said = self._named("eyes")
        species = self.species
        options = [(name, 1.0) for name in species.eyes] or [
            (name, float(weight)) for name, weight in EYE_TONES
        ]
        avoid = [colour for thing in self.said.removed if thing.role == "eyes" for colour in thing.colours]
        options = [
            entry for entry in options if all(distance(COLOURS[entry[0]], other) > 100 for other in avoid)
        ] or options
        left = COLOURS[self.chance.weighted("eyes", options)]
        other = COLOURS[
            self.chance.weighted("other eye", [entry for entry in EYE_TONES if COLOURS[entry[0]] != left])
        ]
        right = left
        if said is not None and said.colours:
            left = right = said.colours[0]
            right = said.colours[1] if len(said.colours) > 1 else right
        if said is not None:
            for shade in said.shades:
                left, right = shaded(left, shade), shaded(right, shade)
        if self.said.values("heterochromia") and left == right:
            right = other
        shape = self._one("eye_shape", species.eye_shape or self._usual_eye_shape())
        pupil = self._one("pupil", species.pupil or "round")
        return Eyes(left, right, shape, pupil, bool(said and "glow" in said.states) or species.glow)

    def _usual_eye_shape(self) -> str:
        options = (
            ("round", "almond", "wide") if self.presentation == "feminine" else ("almond", "narrow", "round")
        )
        return self.chance.pick("eye shape", options)

    # Hair

    def _hair(self, skin: Skin) -> Hair:
        said = self._named("hair")
        gone = [thing for thing in self.said.removed if thing.role == "hair"]
        style, length, bangs = self._hairdo()
        if (
            any(not thing.colours for thing in gone)
            and not self._removed("hair_style")
            and not self._removed("hair_length")
            and not self._removed("bangs")
        ):
            style, length, bangs = "bald", "none", "none"
        avoid = [colour for thing in gone for colour in thing.colours]
        colour = self._hair_colour(skin, avoid)
        second, where = None, None
        if said is not None:
            if said.colours:
                colour = said.colours[0]
                if len(said.colours) > 1:
                    second, where = said.colours[1], "split"
            if "neon" in said.shades and not said.colours:
                colour = COLOURS[
                    self.chance.pick("neon hair", ("cyan", "hot_pink", "lime", "magenta", "azure"))
                ]
            for shade in said.shades:
                colour = shaded(colour, shade)
            if "glow" in said.states:
                second, where = shaded(colour, "neon"), "tips"
        for thing in self.said.of("second"):
            where = thing.key
            if thing.colours:
                second = thing.colours[0]
        if where is not None and second is None:
            second = shaded(colour, "light" if sum(colour) < 420 else "dark")
        beard = self._beard()
        named = self._named("beard")
        beard_colour = named.colours[0] if named and named.colours else shaded(colour, "rich")
        return Hair(
            style, length, colour, second, where, bangs, beard, beard_colour if beard != "none" else None
        )

    def _hairdo(self) -> tuple[str, str, str]:
        said_style = self._one("hair_style", None)
        said_length = self._one("hair_length", None)
        avoid_length = set(self._removed("hair_length"))
        avoid_style = {value[0] for value in self._removed("hair_style")}
        dos = HAIRDOS_F if self.feminine else HAIRDOS_M
        options = [do for do in dos if do[0] not in avoid_style and do[1] not in avoid_length] or list(dos)
        if said_length in {"long", "very_long"}:
            options = [do for do in HAIRDOS_F if do[0] in LONG_STYLES and do[0] not in avoid_style]
            options = [do for do in options if do[0] in {"straight", "wavy", "half_up"}] or options
        elif said_length is not None:
            options = [do for do in dos if do[1] == said_length and do[0] not in avoid_style] or options
        style, length = self.chance.pick("hairdo", options)
        bangs = self.chance.pick("bangs", ("swept", "straight", "side", "curtain", "parted"))
        if self.species.hair_style and said_style is None and said_length is None:
            style, length = self.species.hair_style, "none"
        if said_style is not None:
            style, own_length, own_bangs = said_style
            length = own_length or ("long" if style in LONG_STYLES and self.feminine else "medium")
            bangs = own_bangs or bangs
        if said_length is not None and style not in {"bald", "buzz_cut"}:
            length = said_length
        return style, length, self._bangs(style, bangs)

    def _bangs(self, style: str, usual: str) -> str:
        said = self._one("bangs", None)
        if said is not None:
            return said
        if self._removed("bangs") or style in {"bald", "buzz_cut", "slicked_back"}:
            return "none"
        return usual

    def _hair_colour(self, skin: Skin, avoid: list[RGB]) -> RGB:
        species = self.species
        named = self._named("species")
        if named is not None and named.colours and species.skins[0] in HUMAN_SKINS:
            return named.colours[0]
        if self.reference.hair is not None:
            return self.reference.hair
        if self.age == "elder" and not species.hair:
            return NATURAL_HAIR[self.chance.pick("gray hair", ("gray", "silver", "white"))]
        if species.hair:
            tones = [(name, 1.0) for name in species.hair]
        elif sum(skin.colour) < 380:
            tones = [(name, float(weight)) for name, weight in DARK_TONES]
        else:
            tones = [(name, float(weight)) for name, weight in HAIR_TONES]
        table = {**COLOURS, **HAIR_COLOURS, **NATURAL_HAIR}
        kept = [tone for tone in tones if all(distance(table[tone[0]], other) > 110 for other in avoid)]
        return table[self.chance.weighted("hair colour", kept or tones)]

    def _beard(self) -> str:
        beards = self.said.of("beard")
        if beards:
            return beards[-1].key
        gone = any(thing.role == "beard" for thing in self.said.removed)
        if gone or self.presentation != "masculine" or self.age in {"child", "teen"}:
            return "none"
        if self.species.beard:
            return self.species.beard
        if self.species.kind not in {"human", "giant", "halfling"}:
            return "none"
        likely = {"young": 0.1, "adult": 0.3, "middle_aged": 0.5, "elder": 0.75}[self.age]
        if not self.chance.happens("beard at all", likely):
            return "none"
        if self.age == "elder" and self.calling.key in {"mage", "druid", "king"}:
            return "long_beard"
        return self.chance.pick("beard", ("stubble", "short_beard", "goatee", "full_beard", "moustache"))

    # Parts, clothes, surroundings

    def _features(self, skin: Skin, hair: Hair) -> tuple[Feature, ...]:
        gone = {(thing.key, thing.variant) for thing in self.said.removed if thing.role == "feature"}
        gone_kinds = {kind for kind, variant in gone if variant is None}
        found: dict[str, Feature] = {}
        for text in self.species.features:
            kind, _, variant = text.partition("/")
            record = _record(kind, variant or None)
            if kind not in gone_kinds and (kind, variant or None) not in gone:
                found[kind] = self._feature(record, None, skin, hair)
        for thing in self.said.of("feature"):
            usual = found.get(thing.key)
            record = _record(thing.key, thing.variant or (usual.variant if usual else None))
            if thing.key.endswith("_ears"):
                for kind in [kind for kind in found if kind.endswith("_ears")]:
                    del found[kind]
            found[thing.key] = self._feature(record, thing, skin, hair)
        return tuple(found.values())

    def _feature(self, record: FeatureWord, thing: Thing | None, skin: Skin, hair: Hair) -> Feature:
        colour = {"hair": hair.colour, "skin": skin.colour}.get(record.colour) or COLOURS[record.colour]
        if thing is not None:
            colour = thing.colours[0] if thing.colours else colour
            for shade in thing.shades:
                colour = shaded(colour, shade)
        second = thing.colours[1] if thing is not None and len(thing.colours) > 1 else None
        if second is None and record.variant == "fox":
            second = (248, 242, 232)
        return Feature(record.kind, colour, record.variant, second)

    def _palette(self) -> palette.Palette:
        avoid = [colour for thing in self.said.removed if thing.role == "outfit" for colour in thing.colours]
        chosen = palette.choose(self.chance, self.calling.palettes, tuple(avoid))
        clothes = self.reference.clothes
        if clothes:
            chosen = replace(chosen, main=clothes[0], second=clothes[-1])
        for thing in reversed(self.said.of("garment")):
            word = GARMENTS[thing.key]
            if thing.colours and word.slot in {"full", "torso"} and word.material not in METALS:
                chosen = replace(chosen, main=thing.colours[0])
        for thing in self.said.of("outfit"):
            if thing.colours:
                second = thing.colours[1] if len(thing.colours) > 1 else chosen.second
                chosen = replace(chosen, main=thing.colours[0], second=second)
            for shade in thing.shades:
                chosen = replace(chosen, main=shaded(chosen.main, shade), second=shaded(chosen.second, shade))
        return chosen

    def _wardrobe(self, colours: palette.Palette) -> Wardrobe:
        everything = None
        for thing in self.said.of("outfit"):
            if thing.key in {"outfit", "person"} and len(thing.colours) == 1:
                everything = thing.colours[0]
        callings = [thing for thing in self.said.of("outfit") if thing.key in ARCHETYPES]
        outfits = self.said.of("outfit")
        cloth = next((thing.materials[-1] for thing in outfits if thing.materials), None)
        state = next(
            (thing.states[-1] for thing in outfits if thing.states and thing.states[-1] != "glow"), None
        )
        hooves = "hooves" in self.species.features
        return Wardrobe(
            self.said,
            self.calling,
            colours,
            self.chance,
            self.feminine,
            self.age in {"child", "teen"},
            everything,
            hooves,
            next((thing.colours[0] for thing in callings if thing.colours), None),
            cloth,
            state,
        )

    def _background(self) -> Background:
        named = self._named("background")
        colours = named.colours if named is not None else []
        kind, time = self._scene("plain" if colours else "gradient")
        if "background" in self._removed("scene") and not self.said.values("scene"):
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
            top, bottom = self.chance.pick("background", tints)
            return Background(kind, top, bottom)
        scene = next(scene for scene in SCENES if scene.kind == kind)
        if time is not None:
            light = next(other for other in SCENES if other.kind == time)
            ground = shaded(scene.bottom, "dark") if time == "night_sky" else scene.bottom
            return Background(kind, light.top, ground)
        return Background(kind, scene.top, scene.bottom)

    def _scene(self, otherwise: str) -> tuple[str, str | None]:
        """The place, and night, sunset or snow over it ("castle at night")."""
        facts = self.said.facts.get("scene", [])
        places = [entry for entry in facts if entry[0] not in TIMES]
        times = [value for value, _ in facts if value in TIMES]
        if not places:
            return self._one("scene", otherwise), None
        self.outdone.extend(text for value, text in places[:-1] if value != places[-1][0])
        return places[-1][0], times[-1] if times else None

    def _camera(self) -> CameraHint:
        hint = CameraHint()
        for view in self.said.values("view"):
            hint = CameraHint(
                view.yaw_deg if view.yaw_deg is not None else hint.yaw_deg,
                view.pitch_deg if view.pitch_deg is not None else hint.pitch_deg,
                view.framing or hint.framing,
            )
        return hint


def _record(kind: str, variant: str | None) -> FeatureWord:
    same = [record for record in FEATURES if record.kind == kind]
    return next((record for record in same if record.variant == variant), same[0])


__all__ = ["SpeciesWord", "Wanted", "fill"]
