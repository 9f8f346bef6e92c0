"""Who it is: species, calling, age, presentation and build, and what the words say of each part of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studio.engine.figure.spec import Build
from studio.engine.figure.words.archetypes import ARCHETYPES, EVERYDAY, Archetype
from studio.engine.figure.words.chance import Chance
from studio.engine.figure.words.reference import ReferenceColours
from studio.engine.figure.words.said import Said, Thing
from studio.engine.figure.words.species import SPECIES

WANDERER = replace(
    EVERYDAY,
    key="wanderer",
    outfit="tunic|tunic+leggings|doublet|shirt vest? trousers belt boots bracers? scarf?",
    palettes=("earth", "forest", "jewel", "autumn", "crimson", "arcane", "teal"),
    armor="plate_armor",
    hat="feathered_hat",
)
YOUNGSTER = replace(
    WANDERER,
    key="youngster",
    outfit="shirt|tunic vest? trousers|shorts belt boots scarf?",
    armor="leather_armor",
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
# Callings that readers picture as women or men, unless the words say otherwise.
GENDERED = {
    **dict.fromkeys(
        ("shieldmaiden", "maiden",
         "nun", "witch", "mermaid", "ballerina", "kunoichi", "miko", "maid", "valkyrie", "amazon", "heroine",
         "nymph", "dryad", "succubus", "siren", "geisha", "cheerleader", "diva", "cleopatra"),
        "feminine",
    ),
    **dict.fromkeys(
        ("wizard", "warlock", "monk", "butler", "bishop", "viking", "merman", "shogun"), "masculine"
    ),
}  # fmt: skip
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


class Wanted:
    """What comes from beside the words: seed, style key, and the age in years if one was given."""

    def __init__(self, seed: int, style: str, years: int | None) -> None:
        self.seed = seed
        self.style = style
        self.years = years


class Who:
    """One person while they are being filled in: what is known of them, and what was outdone on the way."""

    def __init__(self, said: Said, wanted: Wanted, reference: ReferenceColours) -> None:
        self.said = said
        self.wanted = wanted
        self.reference = reference
        self.chance = Chance(wanted.seed)
        self.outdone: list[str] = []
        self.notes: list[str] = []
        self.species = SPECIES[self.one("species", "human")]
        self.calling = self._calling()
        self.age = self._age()
        if self.calling.weak and self.age == "child":
            self.calling = replace(YOUNGSTER, expressions=self.calling.expressions)
        self.presentation = self._presentation()
        self.feminine = self.presentation == "feminine" or (
            self.presentation == "androgynous" and self.chance.happens("clothes side", 0.5)
        )

    def one(self, role: str, otherwise: Any) -> Any:
        """The last value said; earlier ones that say something else are reported."""
        facts = self.said.facts.get(role, [])
        if not facts:
            return otherwise
        value = facts[-1][0]
        self.outdone.extend(text for other, text in facts[:-1] if other != value)
        return value

    def removed(self, role: str) -> list[Any]:
        """All values of a role that the words or the negative prompt turn away."""
        return [value for name, value in self.said.removed_facts if name == role]

    def named(self, role: str) -> Thing | None:
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

    def _calling(self) -> Archetype:
        unwanted = set(self.removed("archetype"))
        callings = [ARCHETYPES[key] for key in self.said.values("archetype") if key not in unwanted]
        strong = [calling for calling in callings if not calling.weak]
        if strong:
            if len({calling.key for calling in strong}) > 1:
                self.notes.append(f"the outfit is that of: {strong[-1].key.replace('_', ' ')}")
            return strong[-1]
        if callings:
            return callings[-1]
        canes = {"cane", "walking stick", "walking cane"}
        kinds = {thing.key for thing in self.said.things if thing.text.lower() not in canes}
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
        removed = {age for _, age in self.removed("person") if age}
        options = [age for age in self.calling.ages if age not in removed]
        return self.chance.pick("age", options or ("adult",))

    def _presentation(self) -> str:
        said = [side for side, _ in self.said.values("person") if side]
        if said:
            return said[-1]
        pronouns = [side for side, _ in self.said.values("pronoun") if side]
        if pronouns:
            return pronouns[-1]
        removed = {side for side, _ in self.removed("person")}
        if "feminine" in removed:
            return "masculine"
        if "masculine" in removed:
            return "feminine"
        words = " ".join(
            text.lower()
            for _, text in self.said.facts.get("archetype", []) + self.said.facts.get("species", [])
        )
        for name, side in GENDERED.items():
            if name in words.split():
                return side
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

    def build(self) -> Build:
        """Size and proportions."""
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
