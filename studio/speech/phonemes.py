"""Phonemes as a lip reader needs them: espeak-ng's IPA in, ARPAbet with times out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

SILENCE = "SIL"

# Every sound by how IPA writes it. What is written with two letters is one movement of the mouth.
_WRITTEN = {
    "AY": "aɪ ai",
    "AW": "aʊ au",
    "EY": "eɪ ei",
    "OW": "oʊ əʊ ou o ɵ ø œ",
    "OY": "ɔɪ ɔø ɔy oi",
    "CH": "tʃ tɕ tʂ",
    "JH": "dʒ dʑ dʐ",
    "F": "pf ɱ ɸ f",
    "AA": "ɑ ɒ a ä",
    "AE": "æ",
    "AH": "ɐ ʌ ə ɘ ɤ",
    "ER": "ɜ ɚ ɝ ɞ",
    "AO": "ɔ ɶ",
    "EH": "ɛ e",
    "IH": "ɪ ɨ ɯ",
    "IY": "i",
    "UW": "ʏ y ʉ u",
    "UH": "ʊ",
    "B": "b",
    "P": "p",
    "M": "m",
    "V": "β v ʋ",
    "W": "w ʍ ɥ",
    "TH": "θ",
    "DH": "ð",
    "T": "t ʈ",
    "D": "d ɖ ɾ",
    "N": "n ɳ ɲ",
    "NG": "ŋ ɴ",
    "L": "l ɫ ɭ ɬ ɮ ʎ ʟ",
    "R": "r ɹ ɻ ɽ ʀ ʁ",
    "S": "s",
    "Z": "z",
    "SH": "ʃ ɕ ʂ",
    "ZH": "ʒ ʑ ʐ",
    "HH": "ç x ɣ χ ħ ʕ h ɦ",
    "Y": "ʝ j",
    "K": "k c q",
    "G": "ɡ g ɟ ɢ",
    SILENCE: "ʔ",
}
_SOUNDS = {ipa: name for name, written in _WRITTEN.items() for ipa in written.split()}


@dataclass(frozen=True)
class Phoneme:
    """One sound of the voice and when it begins, in seconds."""

    at: float
    phoneme: str


def timed(heard: Sequence[tuple[float, str]]) -> tuple[Phoneme, ...]:
    """What espeak-ng reports as ARPAbet; sounds that it reports as one share its time."""
    found: list[Phoneme] = []
    for index, (at, ipa) in enumerate(heard):
        if re.fullmatch(r"\(.*\)", ipa):  # a change of language, not a sound
            continue
        names = arpabet(ipa)
        until = heard[index + 1][0] if index + 1 < len(heard) else at
        share = max(0.0, until - at) / len(names)
        found += [Phoneme(round(at + share * place, 4), name) for place, name in enumerate(names)]
    return tuple(_without_repeats(found))


def arpabet(ipa: str) -> list[str]:
    """The ARPAbet names of an IPA string; silence if it holds no sound."""
    # "ä" and "ç" are letters here, every other mark only colours one.
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFC", ipa)
        if not unicodedata.combining(letter) and letter not in "ˈˌːˑ˞ʲʰʷˠˤʼ‿͡1234567890.-'_"
    )
    names: list[str] = []
    while plain:
        length = 2 if plain[:2] in _SOUNDS else 1
        bare = unicodedata.normalize("NFD", plain[0])[0]
        if name := _SOUNDS.get(plain[:length]) or _SOUNDS.get(bare):
            names.append(name)
        plain = plain[length:]
    return names or [SILENCE]


def _without_repeats(found: list[Phoneme]) -> list[Phoneme]:
    return [
        one
        for index, one in enumerate(found)
        if not (index and one.phoneme == SILENCE and found[index - 1].phoneme == SILENCE)
    ]
