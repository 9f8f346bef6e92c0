"""Reads tokens into `Said`: phrases, adjectives bound to nouns, negations, and the unknown.

Modifiers wait until a noun comes ("long white" ... "hair"). After a copula ("is", "in", "of", ":") they may
also belong to the noun before, and do so when no noun follows. A clause of modifiers alone belongs to the
noun before it.
"""

from __future__ import annotations

import re
from typing import Any

from studio.engine.figure.spec import RGB
from studio.engine.figure.words import people
from studio.engine.figure.words.ahead import (
    is_crowd,
    is_likeness,
    modifier_follows,
    noun_follows,
    role_of,
    word_before,
)
from studio.engine.figure.words.bind import Binder, trim_colour
from studio.engine.figure.words.neutral import NEGATION_ENDS, NEGATIONS
from studio.engine.figure.words.phrases import Word, as_colour, words_of
from studio.engine.figure.words.said import Said, Thing
from studio.engine.figure.words.text import clean

PLACING = frozenset({"in", "on", "at", "with", "from"})
ANIMALS = {
    "wolf": "wolffolk",
    "fox": "foxfolk",
    "cat": "catfolk",
    "rabbit": "rabbitfolk",
    "bunny": "rabbitfolk",
    "dragon": "dragonfolk",
    "lizard": "lizardfolk",
    "bear": "beastfolk",
    "lion": "beastfolk",
    "tiger": "beastfolk",
    "bull": "minotaur",
}
FURRED = frozenset({"wolffolk", "foxfolk", "catfolk", "rabbitfolk", "beastfolk", "minotaur"})
COPULAS = frozenset(
    {"is", "are", "was", "were", "in", "of", "color", "colored", "dyed", "tinted", "made", "from"}
)
TAKES_OUTFIT = frozenset({"wearing", "wears", "wear", "dressed", "clad", "worn"})
JOINING = frozenset({"of", "the", "a", "an", "in", "on", "at", "to", "from", "his", "her", "their", "with"})


def read(text: str) -> Said:
    """What the text says."""
    return _Reader(clean(text)).read()


class _Reader(Binder):
    """Walks over the words once; the state between two words is what a listener would keep in mind."""

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

    def read(self) -> Said:
        position = 0
        while position < len(self.words):
            position = self._step(position)
        self._end_clause()
        return self.said

    def _step(self, at: int) -> int:
        self.at = at
        word = self.words[at]
        if word.kind == "break":
            self._end_clause()
            return at + 1
        if word.kind == "copula":
            self.after_copula = True
            return at + 1
        if word.kind == "stop":
            return self._stop(at)
        if word.kind == "unknown":
            return self._unknown(at)
        return self._match(at)

    # Words without a sense of their own

    def _stop(self, at: int) -> int:
        word = self.words[at].word
        if word in NEGATIONS:
            self._flush()
            self.negated = True
        elif word == "off" and self._taken_off(at):
            return at + 1
        elif self.negated and word in NEGATION_ENDS and word_before(self.words, at) not in NEGATIONS:
            self._flush()
            self.negated = False
        if word in TAKES_OUTFIT and not self.negated:
            self._flush()
            self.last = None
            self.after_copula = True
        elif word in COPULAS:
            self.after_copula = self.last is not None or self.after_copula
        elif word == "and":
            self.with_and = True
            if self.after_copula and self.pending and not modifier_follows(self.words, at):
                self._flush()
        elif word in {"with", "while", "who", "holding", "carrying", "wielding", "but", "having", "has"}:
            self._flush()
            self.after_copula = False
            self.with_and = False
            self.with_before = word == "with"
        return at + 1

    def _taken_off(self, at: int) -> bool:
        """ "Helmet off": what was just named is not worn."""
        last = self.last
        ends = at + 1 == len(self.words) or self.words[at + 1].kind == "break"
        if not ends or last is None or last.role != "garment" or last not in self.said.things:
            return False
        self.said.things.remove(last)
        self.said.removed.append(Thing(last.role, last.key, last.text))
        self.last = None
        return True

    def _unknown(self, at: int) -> int:
        if self._animal(at):
            return at + 1
        end = at
        reach = at + 1
        turn = at  # the last word before "in", "with", "on": what follows may speak of another thing
        while reach < len(self.words):
            word = self.words[reach]
            if word.kind == "unknown" or (
                word.kind == "match" and word.word in {"background", "foreground"} and end < reach - 1
            ):
                end = reach
            elif word.kind == "stop" and word.word in JOINING:
                if word.word in PLACING and end == reach - 1:
                    turn = end
            else:
                break
            reach += 1
        if turn < end and self._drawn_noun(end + 1):
            end = turn
        if self._bare_noun(end + 1):
            end += 1
        word = self.words[at]
        if end == at and re.fullmatch(r"\d+|[1-9]0s?", word.word):
            return at + 1
        start = word.start
        noun_follows = end + 1 < len(self.words) and self.words[end + 1].kind == "match"
        if self.pending and not noun_follows:
            start = self.pending[0].start
            self.pending.clear()
        if not self.negated:
            self.not_drawn(self.text[start : self.words[end].end])
            if is_crowd(word.word):
                self.said.tell("person", people.PERSONS.get(word.word[1:], (None, None)), word.word)
        if not noun_follows:
            self.last = None
            self.lost = True
            self.count = 1
        return end + 1

    def _drawn_noun(self, at: int) -> bool:
        """Whether a word is drawn: "riding a dragon in a stormy sky" is two things, and the sky is one."""
        return at < len(self.words) and self.words[at].stands and not self._bare_noun(at)

    def _bare_noun(self, at: int) -> bool:
        """Whether a word is understood and has nothing to draw, as the shoulders of "bare shoulders"."""
        return at < len(self.words) and [*self.words[at].senses] == ["neutral"]

    def _animal(self, at: int) -> bool:
        """ "A wolf warrior" is of the wolf-folk; "a warrior with a wolf" is not."""
        kind = ANIMALS.get(self.words[at].word)
        follower = self.words[at + 1] if at + 1 < len(self.words) else None
        if kind is None or follower is None or not (follower.has("archetype") or follower.has("person")):
            return False
        self.fact("species", kind, self.words[at].word)
        return True

    # Words of the vocabulary

    def _match(self, at: int) -> int:
        word = self.words[at]
        if word.has("number") and self._counts(at):
            return at + 1
        if word.has("likeness") and is_likeness(self.words, at):
            self.pending.append(as_colour(word))
            return at + 1
        if word.modifies and (not word.stands or noun_follows(self.words, at)):
            self.pending.append(word)
            return at + 1
        role = role_of(word, described=bool(self.pending))
        if role is None:
            if word.has("likeness"):
                return self._unknown(at)
            self._absorb(at)
            return at + 1
        follows_another = at > 0 and self.words[at - 1].has("expression")
        if not (role == "expression" and follows_another):  # "mischievous grin": the first says it
            self._stand(role, word)
        return at + 1

    def _absorb(self, at: int) -> None:
        """Modifiers of a noun that is not drawn: "pale face" is skin, "wooden nose" is told."""
        following = self.words[at + 1].kind if at + 1 < len(self.words) else "break"
        if not self.pending or following in {"match", "unknown"}:
            return
        waiting, self.pending = self.pending, []
        word = self.words[at]
        if word.word in {"face", "body", "complexion"} and any(entry.has("skin_tone") for entry in waiting):
            skin = Thing("skin", "skin", self.text[waiting[0].start : word.end])
            self.bind(skin, waiting)
            (self.said.removed if self.negated else self.said.things).append(skin)
        elif any(entry.has("body") for entry in waiting):
            self.bind(Thing("outfit", "person", word.word), waiting)
        elif not self.negated and any(not entry.has("shade") and not entry.has("state") for entry in waiting):
            self.not_drawn(self.text[waiting[0].start : word.end])

    def _counts(self, at: int) -> bool:
        """A number before a thing counts it; before people it asks for a crowd, which is not drawn."""
        for follower in self.words[at + 1 : at + 5]:
            if follower.kind == "break":
                break
            if follower.has("item") or follower.has("garment") or follower.has("feature"):
                self.count = self.words[at].senses["number"]
                return True
            if follower.has("hair_style") or follower.has("noun"):
                return True
            if follower.has("person") or follower.has("archetype") or follower.has("species"):
                if not self.negated:
                    self.not_drawn(self.text[self.words[at].start : follower.end])
                return True
        if self.words[at].word.isdigit():
            return True
        if not self.words[at].has("hair_style") and not self.negated:
            self.not_drawn(self.text[self.words[at].start : self.words[at].end])
        return True

    def _stand(self, role: str, word: Word) -> None:
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

    def _flush(self) -> None:
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

    def _end_clause(self) -> None:
        self._flush()
        self.lost = False
        self.after_copula = False
        self.clause_has_noun = False
        self.negated = False
        self.with_and = False
        self.with_before = False
        self.count = 1
