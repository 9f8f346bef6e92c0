"""Gives modifiers to the noun they belong to, each in the sense that this noun lets it have."""

from __future__ import annotations

from typing import Any

from studio.engine.figure.spec import RGB
from studio.engine.figure.words import colours, materials
from studio.engine.figure.words.phrases import Word
from studio.engine.figure.words.said import Said, Thing


class Binder:
    """Binds words of one text; what a negation covers is told as not wanted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.said = Said()
        self.negated = False

    def bind(self, thing: Thing, waiting: list[Word]) -> None:
        """Gives the waiting modifiers to a noun."""
        shades: list[str] = []
        tones = [word for word in waiting if word.has("skin_tone") or word.has("colour")]
        for word in waiting:
            # Of "pale blue skin" the last word is the colour, of "pale skin" the only one.
            is_tone = thing.role == "skin" and word.has("skin_tone") and word is tones[-1]
            if word.has("shade") and not (word.has("colour") or is_tone):
                if word.word == "neon" and thing.role in {"garment", "item"}:
                    thing.materials.append("neon")
                shades.append(word.word)
                if word.has("state"):
                    thing.states.append(word.senses["state"])
                continue
            colour = self._colour_for(thing, word)
            if colour is not None:
                for shade in shades:
                    colour = colours.shaded(colour, shade)
                shades = []
                thing.colours.append(colour)
            self._qualify(thing, word, took_colour=colour is not None)
        thing.shades.extend(shades)
        for shade in shades:
            if len(waiting) > 1 and thing.colours and shade in {"metallic", "matte", "shiny"}:
                thing.shades.remove(shade)

    def _colour_for(self, thing: Thing, word: Word) -> RGB | None:
        senses = word.senses
        if thing.role in {"species", "outfit", "hair"} and "hair_colour" in senses:
            if thing.role == "hair":
                return senses["hair_colour"]
            self._hair_colour(word)
            return None
        if "hair_colour" in senses and thing.role == "beard":
            return senses["hair_colour"]
        if "hair_colour" in senses and "colour" not in senses:
            self._hair_colour(word)
            return None
        if thing.role == "skin" and "skin_tone" in senses:
            return senses["skin_tone"]
        if "double" in senses:
            first, second = senses["double"]
            thing.colours.append(first)
            return second
        if thing.role == "hair" and "colour" in senses:
            return colours.NATURAL_HAIR.get(word.word.replace("golden", "gold"), senses["colour"])
        return senses.get("colour")

    def _hair_colour(self, word: Word) -> None:
        hair = Thing("hair", "hair", self.text[word.start : word.end], hair_colour=True)
        hair.colours.append(word.senses["hair_colour"])
        (self.said.removed if self.negated else self.said.things).append(hair)

    def _qualify(self, thing: Thing, word: Word, *, took_colour: bool) -> None:
        """Everything of a modifier but its colour."""
        senses, role = word.senses, thing.role
        text = self.text[word.start : word.end]
        cloth = role in {"garment", "generic", "outfit", "item", "feature", "background", "trim"}
        if role == "beard":
            if "hair_length" in senses:
                thing.key = {"long": "long_beard", "short": "short_beard"}.get(
                    senses["hair_length"], thing.key
                )
            elif senses.get("hair_style", ("",))[0] == "braid":
                thing.key = "braided_beard"
        elif role in {"garment", "generic"} and "garment_length" in senses:
            thing.length = senses["garment_length"]
        elif "hair_length" in senses and role == "hair":
            self._hair_fact("hair_length", senses["hair_length"], text, thing)
        elif ("hair_style" in senses or "hair_adjective" in senses) and (
            role == "hair" or not cloth or "state" not in senses
        ):
            if role == "hair" or "hair_style" in senses:
                self._hair_fact(
                    "hair_style", senses.get("hair_style") or senses["hair_adjective"], text, thing
                )
            elif not took_colour and "material" not in senses and role not in {"beard", "eyes"}:
                self.not_drawn(text)
        elif role == "eyes" and "eye_shape" in senses:
            self.fact("eye_shape", senses["eye_shape"], text)
        elif "state" in senses and role in {
            "garment",
            "generic",
            "item",
            "eyes",
            "feature",
            "outfit",
            "hair",
        }:
            thing.states.append(senses["state"])
        elif "body" in senses and role in {"outfit", "species"}:
            self.fact("body", senses["body"], text)
        if "material" in senses and cloth:
            thing.materials.append(senses["material"])
        if "pattern" in senses and cloth and "state" not in senses:
            thing.pattern = senses["pattern"]
        if "sleeve" in senses:
            thing.sleeve = senses["sleeve"]

    def _hair_fact(self, role: str, value: Any, text: str, thing: Thing) -> None:
        if self.negated:
            self.said.removed_facts.append((role, value))
            return
        self.said.tell(role, value, text)
        if thing.role != "hair":
            self.said.things.append(Thing("hair", "hair", text))

    def not_drawn(self, text: str) -> None:
        """Lists a piece of the text as not drawn."""
        self.said.unknown.append(" ".join(text.split()))

    def fact(self, role: str, value: Any, text: str) -> None:
        """Remembers a fact, or that it is not wanted."""
        if self.negated:
            self.said.removed_facts.append((role, value))
        else:
            self.said.tell(role, value, text)


def trim_colour(probe: Thing) -> RGB | None:
    """The colour that trim has by its own colour or its material."""
    if probe.colours:
        return probe.colours[0]
    for material in probe.materials:
        name = materials.MATERIAL_COLOURS.get(material)
        if name:
            return colours.COLOURS[name]
    return None
