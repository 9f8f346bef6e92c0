"""What models say around what was asked of them: thoughts, quotes, politeness; taken off here."""

from __future__ import annotations

import re

_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|reflection)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
# Some templates open the thought themselves, so that only its end is in the answer.
_END_OF_THOUGHT = re.compile(
    r"\A.*</(think|thinking|thought|reasoning|reflection)>", re.DOTALL | re.IGNORECASE
)
_CHANNEL = re.compile(r"\A.*<\|channel\|>final<\|message\|>", re.DOTALL)
_MARK = re.compile(r"<\|[a-z_]+\|>")
_LABEL = re.compile(r"\A\**(caption|post|text|tweet|description|answer)\**\s*:\s*\**\s*", re.IGNORECASE)
_QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("```", "```"))


def without_thoughts(text: str) -> str:
    """The answer alone, without what a reasoning model thought before it."""
    answer = _CHANNEL.sub("", text)
    answer = _END_OF_THOUGHT.sub("", _THOUGHT.sub("", answer))
    return _MARK.sub("", answer).strip()


def plain(text: str) -> str:
    """The words that were asked for, without a preface, a label or quotes around them."""
    answer = without_thoughts(text)
    before = ""
    while before != answer:
        before = answer
        first, newline, rest = answer.partition("\n")
        if newline and rest.strip() and first.rstrip().endswith(":") and len(first) < 160:
            answer = rest.strip()
        answer = _LABEL.sub("", answer).strip()
        for opening, closing in _QUOTES:
            inner = answer[len(opening) : -len(closing)]
            if (
                answer.startswith(opening)
                and answer.endswith(closing)
                and len(answer) > 2
                and opening not in inner
            ):
                answer = inner.strip()
    return re.sub(r"\n{3,}", "\n\n", answer.replace("**", ""))
