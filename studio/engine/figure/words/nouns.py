"""What a noun does when it is heard: it takes the modifiers that wait, and listens for those to come."""

from __future__ import annotations

from typing import Any

from studio.engine.figure.spec import RGB
from studio.engine.figure.words.bind import Binder, trim_colour
from studio.engine.figure.words.phrases import Word, words_of
from studio.engine.figure.words.said import Thing

FURRED = frozenset({"wolffolk", "foxfolk", "catfolk", "rabbitfolk", "beastfolk", "minotaur"})


class Listener(Binder):
    """The state between two words: what a listener would keep in mind."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.words = words_of(text)
        self.pending: list[Word] = []
        self.last: Thing | None = None
        self.after_copula = False
        self.clause_has_noun = False
        self.count = 1
        self.at = 0
        self.coming_trim: RGB | None = None
        self.lost = False  # the noun before is not drawn: "a sack of gold"
        self.with_before = False  # "a dress with flowers"
        self.with_and = False  # "hat and cloak": the second may share the first one's colour

    def stand(self, role: str, word: Word) -> None:
        """A word that means something by itself, in this sense of it."""
        value = word.senses[role]
        text = self.text[word.start : word.end]
        if role == "noun":
            self._noun(str(value), word, text)
        elif word.senses.get("item") == "flower" and self.with_before and self._on_cloth():
            self._flowers()
        elif role in {"garment", "generic", "item", "beard"}:
            self._thing(Thing(role, str(value), text))
        elif role == "feature":
            self._thing(Thing(role, value.kind, text, variant=value.variant))
        elif role == "second":
            self._thing(Thing("second", str(value), text))
        elif role in {"hair_style", "bangs"}:
            self._thing(Thing("hair", "hair", text), fact=(role, value))
        elif role in {"species", "archetype"}:
            thing = Thing("species" if role == "species" else "outfit", str(value), text)
            self._thing(thing, fact=(role, value))
            if word.has("person"):  # a schoolgirl is a student and a girl
                self.fact("person", word.senses["person"], text)
        elif role == "person":
            if word.word in {"her", "his", "him", "she", "he"}:
                self.fact("pronoun", value, text)
                return
            self._person(value, text)
        elif role == "place":
            self._place(str(value), text)
        elif role == "weapon" and self.negated:
            self.said.removed.append(Thing("slot", "items", text))
        elif role == "removal":
            self.said.removed.append(Thing("slot", str(value), text))
        else:
            self.fact(role, value, text)
            if role in {"scene", "style"}:
                self._drop_pending_shades()
        self.with_and = False

    def _on_cloth(self) -> bool:
        return self.last is not None and self.last.role == "garment"

    def _flowers(self) -> None:
        """ "A dress with red flowers" has them printed on it."""
        probe = Thing("trim", "flowers", "")
        self.bind(probe, self.pending)
        self.pending = []
        if self.last is not None:
            self.last.pattern = "floral"
            self.last.second = probe.colours[0] if probe.colours else None

    def _drop_pending_shades(self) -> None:
        self.pending = [word for word in self.pending if not word.has("shade")]

    def _person(self, value: Any, text: str) -> None:
        waiting, self.pending = self.pending, []
        tones = [word for word in waiting if word.has("skin_tone")]
        if tones and not self.negated:  # "a pale man", "a black woman"
            skin = Thing("skin", "skin", text)
            self.bind(skin, tones)
            self.said.things.append(skin)
            waiting = [word for word in waiting if word not in tones]
        thing = Thing("outfit", "person", text)
        self.bind(thing, waiting)
        self.fact("person", value, text)
        if thing.colours and not self.negated:
            self.said.things.append(thing)
        self.last = thing
        self.after_copula = False
        self.clause_has_noun = True

    def _noun(self, name: str, word: Word, text: str) -> None:
        if name == "background":
            self._background(text)
        elif name == "sleeves":
            self._sleeves()
        elif name == "print":
            if self.last is not None:
                self.bind(self.last, self.pending)
            self.pending = []
        elif name == "trim":
            self._trim(word, text)
        else:
            self._thing(Thing(name, name, text))

    def _background(self, text: str) -> None:
        thing = Thing("background", "background", text)
        self.bind(thing, self.pending)
        self.pending = []
        if self.negated:
            self.said.removed_facts.append(("scene", "background"))
        elif thing.colours:
            self.said.things.append(thing)
        self.last = thing

    def _sleeves(self) -> None:
        target = self.last if self.last is not None and self.last.role in {"garment", "generic"} else None
        for word in self.pending:
            if target is not None and (word.has("garment_length") or word.has("hair_length")):
                target.sleeve = "short" if word.word == "short" else "long"
            elif target is not None and word.has("colour"):
                target.trim = word.senses["colour"]
        self.pending = []

    def _trim(self, word: Word, text: str) -> None:
        """Trim belongs to the garment before it; a clause of its own trims all garments so far."""
        probe = Thing("trim", "trim", text)
        waiting, self.pending = self.pending, []
        self.bind(probe, waiting)
        colour = trim_colour(probe)
        if colour is not None and not self.negated and self._garment_comes():
            self.coming_trim = colour  # "red-lined black cape"
            return
        worn = [thing for thing in self.said.things if thing.role in {"garment", "generic", "outfit"}]
        targets = [self.last] if self.clause_has_noun and self.last in worn else worn
        if word.word == "embroidery" or probe.pattern:
            for thing in targets[-1:]:
                if thing is not None:
                    thing.pattern = probe.pattern or "embroidery"
        if colour is None:
            self.last = probe
            return
        for thing in targets:
            if thing is not None and thing.trim is None:
                thing.trim = colour
        if not targets:
            self.said.tell("trim", colour, text)
        self.after_copula = False

    def _garment_comes(self) -> bool:
        """Whether only adjectives stand between here and a garment."""
        for word in self.words[self.at + 1 :]:
            if word.has("garment") or word.has("generic"):
                return True
            if not word.modifies:
                return False
        return False

    def _thing(self, thing: Thing, fact: tuple[str, Any] | None = None) -> None:
        """A noun: takes the waiting modifiers, then listens for those behind it."""
        waiting, self.pending = self.pending, []
        shared = self.last if self.with_and else None
        self.bind(thing, waiting)
        if self.coming_trim is not None and thing.role in {"garment", "generic"}:
            thing.trim, self.coming_trim = self.coming_trim, None
        if (
            shared is not None
            and not waiting
            and thing.role == "garment"
            and shared.role in {"garment", "generic"}
            and shared.colours
        ):
            thing.colours = list(shared.colours[:1])
            thing.borrowed = True
        thing.count, self.count = self.count, 1
        if self.negated:
            self.said.removed.append(thing)
            if fact is not None:
                self.said.removed_facts.append(fact)
        else:
            self.said.things.append(thing)
            if fact is not None:
                self.said.tell(fact[0], fact[1], thing.text)
        self.last = thing
        self.after_copula = False
        self.clause_has_noun = True

    def _place(self, where: str, text: str) -> None:
        items = [thing for thing in self.said.things if thing.role == "item"]
        if where == "each":
            if items:
                items[-1].count = 2
        elif self.last is not None and self.last.role == "item":
            self.last.where = where
        elif items and items[-1].where is None and self.clause_has_noun:
            items[-1].where = where
        elif not items:
            return

    # Between nouns

    def flush(self) -> None:
        """Gives waiting modifiers to the noun before them; without one they speak of the whole person."""
        waiting, self.pending = self.pending, []
        if not waiting:
            return
        if self.last is None and self.lost:
            if not self.negated:
                self.not_drawn(self.text[waiting[0].start : waiting[-1].end])
            return
        if self._is_fur(waiting):
            fur = Thing("skin", "skin", self.text[waiting[0].start : waiting[-1].end])
            self.bind(fur, waiting)
            fur.materials.append("fur")
            (self.said.removed if self.negated else self.said.things).append(fur)
            return
        target = self.last if self.last is not None else Thing("outfit", "outfit", "")
        if self.negated:
            unwanted = Thing(target.role, target.key, target.text)
            self.bind(unwanted, waiting)
            if unwanted.colours:
                self.said.removed.append(unwanted)
            return
        if target.role == "background" and target not in self.said.things:
            self.said.things.append(target)
        if target.borrowed and any(word.has("colour") or word.has("material") for word in waiting):
            target.colours, target.borrowed = [], False
        self.bind(target, waiting)
        known = any(thing is target for thing in self.said.things)
        if target.role == "outfit" and not known and target.colours and not self.negated:
            self.said.things.append(target)

    def _is_fur(self, waiting: list[Word]) -> bool:
        """ "Grey fur" alone is what one of the beast-folk has for skin."""
        furry = waiting[-1].word == "fur" and not self.clause_has_noun
        return furry and any(kind in FURRED for kind in self.said.values("species"))

    def end_clause(self) -> None:
        """A comma: what waits is given away, what was begun is forgotten."""
        self.flush()
        self.lost = False
        self.after_copula = False
        self.clause_has_noun = False
        self.negated = False
        self.with_and = False
        self.with_before = False
        self.count = 1
