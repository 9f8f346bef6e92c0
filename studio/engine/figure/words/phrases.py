"""Text as phrases of the vocabulary, with the stop words, breaks and unknown words between them."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.figure.words.lexicon import MODIFIERS, Senses, lexicon
from studio.engine.figure.words.neutral import NEGATIONS, STOP
from studio.engine.figure.words.text import Token, tokenize


@dataclass(frozen=True)
class Word:
    """One matched phrase, stop word, break or unknown word of the text."""

    kind: str  # "match", "stop", "break", "unknown", "copula"
    word: str
    senses: Senses
    start: int
    end: int

    def has(self, role: str) -> bool:
        """Whether one of its senses plays this role."""
        return role in self.senses

    @property
    def modifies(self) -> bool:
        """Whether it can describe a noun that follows."""
        return self.kind == "match" and any(role in MODIFIERS for role in self.senses)

    @property
    def stands(self) -> bool:
        """Whether it means something without a noun after it."""
        return self.kind == "match" and any(
            role == "hair_style" or (role not in MODIFIERS and role != "likeness") for role in self.senses
        )


def words_of(text: str) -> list[Word]:
    """The text as phrases of the vocabulary and what stands between them."""
    tokens = tokenize(text)
    look_up = lexicon()
    names = [token.word if token.kind == "word" else "\0" + token.kind for token in tokens]
    words: list[Word] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.kind != "word":
            words.append(_mark(token))
            position += 1
            continue
        found = look_up.longest(names, position)
        if found:
            count, senses = found
            end = tokens[position + count - 1].end
            words.append(
                Word("match", " ".join(names[position : position + count]), senses, token.start, end)
            )
            position += count
            continue
        kind = "stop" if token.word in STOP or token.word in NEGATIONS else "unknown"
        words.append(Word(kind, token.word, {}, token.start, token.end))
        position += 1
    return words


def _mark(token: Token) -> Word:
    kind = {"break": "break", "colon": "copula"}.get(token.kind, "unknown")
    return Word(kind, token.word, {}, token.start, token.end)


def as_colour(word: Word) -> Word:
    """The word read as the colour of what it names."""
    return Word("match", word.word, {"colour": word.senses["likeness"]}, word.start, word.end)
