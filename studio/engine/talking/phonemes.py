"""What the mouth does for each sound of speech, and how the sounds of a sentence flow into one another."""

from __future__ import annotations

import json
import math
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.engine.talking.audio import Array
from studio.engine.talking.hearing import HOP_S

PARTS = ("open", "wide", "press", "teeth", "tongue")
MOST_EVENTS = 200_000
LONGEST_SOUND_S = 0.6  # a last sound without an end; engines that pause say so
EARLY_S, LATE_S = 0.055, 0.060  # how fast a sound's influence fades before it begins and after it ends
LEAD_S = 0.020  # lips are in place before they are heard
REACH_S = 0.35
LATEST_S = 1e6
CHUNK = b"phnm"  # where a WAV file can carry its phonemes
MOST_BYTES, MOST_CHUNKS = 16 * 2**20, 1000  # some hours of speech; files of others may claim anything
FORM = 'Write [{"at": seconds, "phoneme": "HH"}, ...] with ARPABET or IPA.'


class PhonemesRefused(ValueError):  # noqa: N818 - named for what happened
    """A list of phonemes that cannot be understood; the sentence says why."""


@dataclass(frozen=True)
class Shape:
    """The mouth that a sound aims at, and how firmly it insists on opening, width and the rest."""

    open: float
    wide: float = 0.0
    press: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    firm: float = 1.0  # against its neighbours, for the opening
    firm_wide: float = 0.4


SILENT = Shape(0.0, firm=1.0, firm_wide=0.5)
_VOWEL = {
    "AA": (0.86, -0.08), "AE": (0.76, 0.38), "AH": (0.52, 0.04), "AO": (0.66, -0.62), "EH": (0.56, 0.40),
    "ER": (0.36, -0.38), "IH": (0.34, 0.46), "IY": (0.24, 0.82), "UH": (0.34, -0.60), "UW": (0.22, -0.95),
}  # fmt: skip
SHAPES: dict[str, Shape] = {
    "SIL": SILENT,
    **{name: Shape(*aim, firm=0.9, firm_wide=1.0) for name, aim in _VOWEL.items()},
    **dict.fromkeys(("B", "P", "M"), Shape(0.0, 0.0, press=1.0, firm=3.2, firm_wide=0.15)),
    **dict.fromkeys(("F", "V"), Shape(0.08, 0.05, press=0.12, teeth=0.95, firm=2.2, firm_wide=0.25)),
    **dict.fromkeys(("TH", "DH"), Shape(0.20, 0.05, teeth=0.35, tongue=0.90, firm=1.2, firm_wide=0.2)),
    **dict.fromkeys(("T", "D", "N"), Shape(0.17, 0.10, teeth=0.35, tongue=0.45, firm=1.0, firm_wide=0.15)),
    "L": Shape(0.28, 0.05, tongue=0.75, firm=0.9, firm_wide=0.2),
    **dict.fromkeys(("S", "Z"), Shape(0.10, 0.32, teeth=0.80, firm=1.7, firm_wide=0.45)),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), Shape(0.16, -0.62, teeth=0.65, firm=1.5, firm_wide=1.1)),
    "R": Shape(0.22, -0.45, tongue=0.10, firm=0.9, firm_wide=0.7),
    "W": Shape(0.12, -1.0, firm=1.4, firm_wide=1.6),
    "Y": Shape(0.18, 0.60, firm=0.9, firm_wide=0.7),
    **dict.fromkeys(("K", "G", "NG"), Shape(0.24, 0.05, firm=0.7, firm_wide=0.1)),
    "HH": Shape(0.34, 0.0, firm=0.25, firm_wide=0.05),
}
GLIDES = {"AW": ("AA", "UH"), "AY": ("AA", "IH"), "EY": ("EH", "IY"), "OW": ("AO", "UW"), "OY": ("AO", "IH")}
GLIDE_TURNS = 0.55  # where in a diphthong the second vowel begins
_IPA = {
    "AY": "aɪ ai", "AW": "aʊ au", "EY": "eɪ ei", "OW": "oʊ əʊ ou", "OY": "ɔɪ ɔʏ oi", "CH": "tʃ tɕ tʂ ʧ",
    "JH": "dʒ dʑ dʐ ʤ", "F": "f ɸ ɱ", "AA": "ɑ ɒ a ä", "AE": "æ", "AH": "ʌ ə ɐ ɘ ɤ", "ER": "ɜ ɝ ɚ ɞ œ ø ɵ",
    "AO": "ɔ ɶ o", "EH": "ɛ e", "IH": "ɪ ɨ ɯ", "IY": "i", "UW": "u ʉ y ʏ", "UH": "ʊ", "B": "b", "P": "p",
    "M": "m", "V": "v β ʋ", "W": "w ʍ ɥ", "TH": "θ", "DH": "ð", "T": "t ʈ", "D": "d ɖ ɾ", "N": "n ɳ ɲ",
    "NG": "ŋ ɴ", "L": "l ɫ ɭ ɬ ɮ ʎ ʟ", "R": "r ɹ ɻ ɽ ʀ ʁ", "S": "s", "Z": "z", "SH": "ʃ ɕ ʂ", "ZH": "ʒ ʑ ʐ",
    "HH": "h ɦ x ç χ ħ ɣ ʕ", "Y": "j ʝ", "K": "k c q", "G": "ɡ g ɟ ɢ",
}  # fmt: skip
_SOUNDS = {written: name for name, group in _IPA.items() for written in group.split()}
_SILENCES = {"", "SIL", "SP", "PAU", "PAUSE", "H#", "_", "_:", "ʔ", "|"}


@dataclass(frozen=True)
class Event:
    """One sound and when it begins."""

    at_s: float
    name: str


def read_events(written: str) -> tuple[Event, ...]:
    """Phonemes as a client sends them, in order of time."""
    try:
        given = json.loads(written)
    except (ValueError, RecursionError) as problem:
        raise PhonemesRefused(f"The phonemes are not JSON: {problem}. {FORM}") from problem
    if not isinstance(given, list):
        raise PhonemesRefused(f"The phonemes are not a list. {FORM}")
    if len(given) > MOST_EVENTS:
        raise PhonemesRefused(
            f"{len(given)} phonemes are more than the {MOST_EVENTS} that can be read at once."
        )
    events: list[Event] = []
    for place, entry in enumerate(given):
        at_s, sound = (entry.get("at"), entry.get("phoneme")) if isinstance(entry, dict) else (None, None)
        if isinstance(at_s, bool) or not isinstance(at_s, int | float) or not isinstance(sound, str):
            raise PhonemesRefused(f"Phoneme number {place + 1} has no time or no name. {FORM}")
        if not 0 <= at_s <= LATEST_S:
            raise PhonemesRefused(f"Phoneme number {place + 1} begins at {at_s} s, which is no time. {FORM}")
        events.append(Event(float(at_s), sound))
    return tuple(sorted(events, key=lambda event: event.at_s))


def events_in(path: Path) -> str:
    """The phonemes that a WAV file carries behind its samples, as JSON; empty without any."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return ""
        for _ in range(MOST_CHUNKS):
            if len(head := file.read(8)) < 8:
                return ""
            tag, length = struct.unpack("<4sI", head)
            if tag == CHUNK:
                return file.read(length).decode("utf-8", "replace").strip() if length <= MOST_BYTES else ""
            file.seek(length + length % 2, 1)
    return ""


def after(events: Sequence[Event], start_s: float) -> tuple[Event, ...]:
    """The same from a moment on, as heard by who begins to listen there."""
    begun = [event for event in events if event.at_s <= start_s]
    rest = [Event(event.at_s - start_s, event.name) for event in events if event.at_s > start_s]
    return (*(Event(0.0, event.name) for event in begun[-1:]), *rest)


def named(sound: str) -> list[str]:
    """The ARPABET names of what an engine wrote: ARPABET with or without stress, or IPA."""
    plain = sound.strip()
    upper = plain.rstrip("0123456789").upper()
    if upper in _SILENCES:
        return ["SIL"]
    # A single small letter is IPA: "b" is the same either way, but "y" is not.
    is_ipa = len(plain) == 1 and plain in _SOUNDS
    if (upper in SHAPES or upper in GLIDES) and not is_ipa:
        return [upper]
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFC", plain)
        if unicodedata.category(letter) not in ("Mn", "Lm", "Sk", "Po", "Nd")
    )
    found: list[str] = []
    while letters:
        length = 2 if letters[:2] in _SOUNDS else 1
        bare = unicodedata.normalize("NFD", letters[0])[0]
        name = _SOUNDS.get(letters[:length]) or _SOUNDS.get(bare)
        if name:
            found.append(name)
        letters = letters[length:]
    return found or ["SIL"]


@dataclass(frozen=True)
class _Aim:
    begin_s: float
    end_s: float
    shape: Shape


def _aims(events: Sequence[Event], length_s: float) -> Iterable[_Aim]:
    for place, event in enumerate(events):
        last = place + 1 == len(events)
        end_s = min(length_s, event.at_s + LONGEST_SOUND_S) if last else events[place + 1].at_s
        names = [part for name in named(event.name) for part in GLIDES.get(name, (name,))]
        share_s = max(0.0, end_s - event.at_s) / len(names)
        turns = [event.at_s + share_s * k for k in range(len(names) + 1)]
        if len(names) == 2 and named(event.name)[0] in GLIDES:
            turns[1] = event.at_s + (end_s - event.at_s) * GLIDE_TURNS
        for name, begin, end in zip(names, turns, turns[1:], strict=False):
            yield _Aim(begin - LEAD_S, end - LEAD_S, SHAPES[name])


def lips_from_phonemes(events: Sequence[Event], length_s: float) -> Array:
    """The mouth a hundred times a second: every sound pulls towards its shape, near ones more."""
    count = max(1, math.ceil(length_s / HOP_S) + 1)
    pulled = np.zeros((count, len(PARTS)))
    force = np.full((count, len(PARTS)), 1e-3)  # where nobody pulls, the mouth is at rest
    for aim in _aims(events, length_s):
        first = max(0, int((aim.begin_s - REACH_S) / HOP_S))
        last = min(count, int((aim.end_s + REACH_S) / HOP_S) + 2)
        if first >= last:
            continue
        times = np.arange(first, last) * HOP_S
        away = np.where(times < aim.begin_s, (aim.begin_s - times) / EARLY_S, (times - aim.end_s) / LATE_S)
        away = np.maximum(away, 0.0)
        # Quick beside a sound, and soon nothing: a long vowel opens wholly between two closures.
        pull = np.exp(-np.maximum(away**1.3, away**2))
        shape = aim.shape
        firm = np.array([shape.firm, shape.firm_wide, shape.firm, shape.firm, 0.8])
        weights = pull[:, None] * firm
        pulled[first:last] += weights * [shape.open, shape.wide, shape.press, shape.teeth, shape.tongue]
        force[first:last] += weights
    return (pulled / force).astype(np.float32)


def known_share(events: Sequence[Event]) -> float:
    """How many of the sounds are known: a list in another alphabet should be refused, not mumbled."""
    spoken = [event.name for event in events if event.name.strip().upper() not in _SILENCES]
    if not spoken:
        return 1.0
    return sum(named(name) != ["SIL"] for name in spoken) / len(spoken)
