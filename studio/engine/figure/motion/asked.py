"""What somebody does and how the camera moves, read from the words of a prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .motion import motions

CAMERAS = ("still", "zoom in", "zoom out", "pan left", "pan right", "pan up", "pan down", "orbit")
_SLOWLY, _QUICKLY = 0.75, 1.3
_PACE_WORDS = r"(?:slowly|slow|quickly|fast|gently|smoothly|smooth)"
_LEAD = rf"(?:{_PACE_WORDS}\s+|with\s+an?\s+|an?\s+|the\s+)*(?:camera\s+)?(?:{_PACE_WORDS}\s+)?"
_TAIL = rf"(?:\s+(?:shot|move|movement|camera))?(?:\s+{_PACE_WORDS})?"
_CAMERA_WORDS: tuple[tuple[str, str], ...] = (
    ("zoom in", r"(?:zoom(?:s|ing)?[\s-]+in|push(?:es|ing)?[\s-]+in|dolly(?:ing)?[\s-]+in|moves?\s+closer)"),
    (
        "zoom out",
        r"(?:zoom(?:s|ing)?[\s-]+out|pull(?:s|ing)?[\s-]+(?:back|out)|dolly(?:ing)?[\s-]+out|moves?\s+away)",
    ),
    ("pan left", r"pan(?:s|ning)?\s+(?:to\s+the\s+)?left"),
    ("pan right", r"pan(?:s|ning)?\s+(?:to\s+the\s+)?right"),
    ("pan up", r"(?:pan|tilt)(?:s|ning|ing)?\s+up(?:wards?)?"),
    ("pan down", r"(?:pan|tilt)(?:s|ning|ing)?\s+down(?:wards?)?"),
    (
        "orbit",
        r"(?:orbit(?:s|ing)?(?:\s+around(?:\s+(?:the\s+character|him|her|them))?)?|circling|arc"
        r"|(?:moves?|turns?|rotates?|circles?|flies)\s+around(?:\s+(?:the\s+character|him|her|them))?"
        r"|360(?:\s+degrees?)?\s+(?:view|camera)|revolving)",
    ),
    ("still", r"(?:static|still|fixed|locked)\s+(?:camera|shot)"),
    ("zoom in", r"zoom(?:s|ing)?"),
    ("pan right", r"(?:pan(?:s|ning)|panning)"),
)
# These mean a camera only if it is named.
_NEEDS_CAMERA = (
    r"moves?\s+closer",
    r"moves?\s+away",
    r"around",
    r"circling",
    r"\barc\b",
    r"revolving",
    r"^zoom(?:s|ing)?$",
)
# Behind these a motion is only what something is called after: running shoes, a walking stick.
_OF_THINGS = r"[\s-]+(?:shoes?|boots?|shorts|gear|sticks?|canes?|outfit|dress|costume|clothes|suit|gloves)\b"
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "a an the and then is are while with of in at to on camera shot video clip animation animated loop "
        "looping character moving moves motion towards toward forward away around slowly quickly slow fast "
        "gently smoothly smooth cinematic viewer seamless scene",
    )
)


@dataclass(frozen=True)
class Asked:
    """What the words ask for; `words` are what is left of them for the character."""

    words: str
    motion: str
    camera: str
    pace: float
    said: frozenset[str]  # the words that were understood here, each alone
    heard: bool  # whether the motion was named


def asked_in(words: str) -> Asked:
    """Read motion and camera out of words; without any, somebody stands and breathes."""
    camera, rest, taken = _camera_in(words)
    motion, said = _motion_in(rest)
    pace = 1.0
    if motion and re.search(r"\bslow(?:ly)?\b", rest, re.I):
        pace = _SLOWLY
    elif motion and re.search(r"\b(?:quickly|fast)\b", rest, re.I):
        pace = _QUICKLY
    plain = {*re.findall(r"[a-z0-9]+", f"{taken} {said}".lower()), *_FILLERS}
    return Asked(rest, motion or "idle", camera, pace, frozenset(plain), bool(motion))


def still_unread(not_drawn: tuple[str, ...], asked: Asked) -> tuple[str, ...]:
    """What is left of the words that the drawing did not understand, after those of motion and camera."""
    return tuple(phrase for phrase in not_drawn if set(re.findall(r"[a-z0-9]+", phrase.lower())) - asked.said)


def _camera_in(words: str) -> tuple[str, str, str]:
    found, taken = "still", ""
    for name, pattern in _CAMERA_WORDS:
        match = re.search(rf"\b{_LEAD}{pattern}{_TAIL}\b", words, re.I)
        if match is None:
            continue
        phrase = match.group(0)
        core = re.search(pattern, phrase, re.I)
        vague = core is not None and any(re.search(mark, core.group(0), re.I) for mark in _NEEDS_CAMERA)
        if vague and not re.search(r"camera|shot|view", phrase, re.I):
            continue
        found, taken = name, f"{taken} {phrase}"
        words = f"{words[: match.start()]} {words[match.end() :]}"
        break
    return found, re.sub(r"\s+([,.;])", r"\1", " ".join(words.split())).strip(" ,;"), taken


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    pairs = [(phrase, name) for name, motion in motions().items() for phrase in motion.words]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _motion_in(words: str) -> tuple[str, str]:
    """The first motion that is named, and the words by which it is; standing only where there is no other."""
    best: tuple[bool, int, str, str] | None = None
    taken: list[tuple[int, int]] = []
    for phrase, name in _phrases():
        for match in re.finditer(rf"\b{re.escape(phrase)}\b(?!{_OF_THINGS})", words, re.I):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            found = (name == "idle", match.start(), name, phrase)
            best = found if best is None or found < best else best
    return (best[2], best[3]) if best else ("", "")
