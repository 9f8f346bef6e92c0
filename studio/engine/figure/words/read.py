"""Reads tokens into `Said`: phrases, adjectives bound to nouns, negations, and the unknown.

Modifiers wait until a noun comes ("long white" ... "hair"). After a copula ("is", "in", "of", ":") they may
also belong to the noun before, and do so when no noun follows. A clause of modifiers alone belongs to the
noun before it.
"""

from __future__ import annotations

import re

from studio.engine.figure.words import people
from studio.engine.figure.words.ahead import (
    is_crowd,
    is_likeness,
    modifier_follows,
    noun_follows,
    role_of,
    word_before,
)
from studio.engine.figure.words.neutral import NEGATION_ENDS, NEGATIONS
from studio.engine.figure.words.nouns import Listener
from studio.engine.figure.words.phrases import as_colour
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
COPULAS = frozenset(
    {"is", "are", "was", "were", "in", "of", "color", "colored", "dyed", "tinted", "made", "from"}
)
TAKES_OUTFIT = frozenset({"wearing", "wears", "wear", "dressed", "clad", "worn"})
JOINING = frozenset({"of", "the", "a", "an", "in", "on", "at", "to", "from", "his", "her", "their", "with"})


def read(text: str) -> Said:
    """What the text says."""
    return _Reader(clean(text)).read()


class _Reader(Listener):
    """Walks over the words once."""

    def read(self) -> Said:
        position = 0
        while position < len(self.words):
            position = self._step(position)
        self.end_clause()
        return self.said

    def _step(self, at: int) -> int:
        self.at = at
        word = self.words[at]
        if word.kind == "break":
            self.end_clause()
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
            self.flush()
            self.negated = True
        elif word == "off" and self._taken_off(at):
            return at + 1
        elif self.negated and word in NEGATION_ENDS and word_before(self.words, at) not in NEGATIONS:
            self.flush()
            self.negated = False
        if word in TAKES_OUTFIT and not self.negated:
            self.flush()
            self.last = None
            self.after_copula = True
        elif word in COPULAS:
            self.after_copula = self.last is not None or self.after_copula
        elif word == "and":
            self.with_and = True
            if self.after_copula and self.pending and not modifier_follows(self.words, at):
                self.flush()
        elif word in {"with", "while", "who", "holding", "carrying", "wielding", "but", "having", "has"}:
            self.flush()
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
        if end > at or not self.words[at].word.isdigit():
            end += self._bare_noun(end + 1)
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
            self.stand(role, word)
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
