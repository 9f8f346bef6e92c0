"""From raw prompt text to tokens: one spelling, one number, weights taken off, clauses marked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARS = 20_000

_SPELLING = {
    "colour": "color",
    "coloured": "colored",
    "colourful": "colorful",
    "colouring": "color",
    "multicoloured": "multicolored",
    "armour": "armor",
    "armoured": "armored",
    "grey": "gray",
    "greyish": "grayish",
    "greyscale": "grayscale",
    "moustache": "mustache",
    "moustached": "mustached",
    "mustachioed": "mustached",
    "jewellery": "jewelry",
    "pyjama": "pajama",
    "sceptre": "scepter",
    "fibre": "fiber",
    "centre": "center",
    "theatre": "theater",
    "woollen": "woolen",
    "cosy": "cozy",
    "plait": "braid",
    "plaited": "braided",
    "blond": "blonde",
    "sabre": "saber",
    "gauntleted": "gauntlet",
    "watercolour": "watercolor",
    "aeroplane": "airplane",
    "tyre": "tire",
    "armors": "armor",
    "haircolor": "hair",
    "elve": "elf",
    "dwarve": "dwarf",
    "scarve": "scarf",
    "scarf": "scarf",
    "knive": "knife",
    "wolve": "wolf",
    "leave": "leaf",
    "favourite": "favorite",
    "tattered": "tattered",
    "mage's": "mage",
}
# Their plural is the word, or their singular is another word.
_WHOLE = frozenset(
    [
        "glasses",
        "eyeglasses",
        "sunglasses",
        "shorts",
        "tights",
        "shades",
        "pumps",
        "flats",
        "woods",
        "plains",
        "pearls",
        "dreads",
        "locs",
        "heels",
        "trainers",
        "clothes",
        "his",
        "this",
        "its",
        "is",
        "was",
        "us",
        "as",
        "has",
        "does",
        "yes",
        "plus",
        "sans",
        "minus",
        "lens",
        "canvas",
        "chess",
        "always",
        "perhaps",
        "across",
        "christmas",
        "santas",
        "cutlass",
        "compass",
        "trellis",
        "iris",
    ]
)
_LOOKALIKE = str.maketrans("аеорсухіѕјкмтнв", "aeopcyxisjkmthb")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\ufe0e\ufe0f]")
_LORA = re.compile(r"<[a-z]+:[^<>]{1,120}>", re.IGNORECASE)
_PARTS = re.compile(r"\s+(?:[/–—]|-{1,2})\s+")
_WEIGHT = re.compile(r":\s*(\d*\.?\d+)\s*(?=[)\]}])")
_TOKEN = re.compile(
    r"3/4|[^\W_]+(?:['’][^\W_]+)*|[,;|\n!?.•·…。、，]+|:|&|\+|[^\w\s()\[\]{}<>\-_/\\\"“”„`´^~=*#'’–—%@$€£]"
)


@dataclass(frozen=True)
class Token:
    """A word in its dictionary form, a break between clauses, or a sign; with its place in the text."""

    word: str
    kind: str  # "word", "break", "colon", "sign"
    start: int
    end: int


# What other programs take behind the words: "--ar 2:3 --v 6 --no hats".
_PARAMETER = re.compile(
    r"(?<!\S)--(?P<name>ar|aspect|v|version|s|stylize|style|q|quality|c|chaos|seed|niji|iw|stop|weird|w|raw|tile|hd|"
    r"sref|cref|sw|cw|p|profile|repeat|r|video|draft|turbo|fast|relax|no|n|steps|cfg|width|height|upbeta|test|creative)\b"
    r"(?P<value>[^-]*(?:-(?!-)[^-]*)*)"
)


def parameters(text: str) -> tuple[str, str, tuple[str, ...]]:
    """The words alone, what `--no` turns away, and the other parameters."""
    unwanted: list[str] = []
    others: list[str] = []
    rest: list[str] = []

    def take(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"]
        if name == "no":
            unwanted.append(value.strip())
            return ", "
        first, _, behind = value.strip().partition(" ")
        takes_none = name in {"tile", "hd", "raw", "video", "draft", "turbo", "fast", "relax"}
        others.append(f"--{name}" if takes_none or not first else f"--{name} {first.rstrip(',')}")
        rest.append(value if takes_none else behind)
        return ", " + rest[-1]

    return _PARAMETER.sub(take, text), ", ".join(unwanted), tuple(others)


def clean(text: str) -> str:
    """The text in one Unicode form, without invisible characters, LoRA tags and weights."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    text = _LORA.sub(", ", _INVISIBLE.sub("", text))
    text = _PARTS.sub(" , ", text.replace(" BREAK ", " , ").replace("\t", " ").replace("\r", "\n"))
    return _unweighted(text)


def _unweighted(text: str) -> str:
    """Takes `:1.2` off before its bracket; what weighs 0.3 or less is taken out, being all but unwanted."""
    out: list[str] = []
    opened: list[int] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char in "([{":
            opened.append(len(out))
            out.append(char)
        elif char in ")]}":
            if opened:
                opened.pop()
            out.append(char)
        elif char == ":" and opened and (weight := _WEIGHT.match(text, position)):
            if float(weight.group(1)) <= 0.3:
                del out[opened[-1] + 1 :]
            position = weight.end()
            continue
        else:
            out.append(char)
        position += 1
    return "".join(out)


def tokenize(text: str) -> list[Token]:
    """Tokens of cleaned text; hyphens, underscores, quotes and brackets only separate."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        raw = found.group()
        first = raw[0]
        if first.isalnum():
            tokens.append(Token(dictionary_form(raw), "word", found.start(), found.end()))
        elif first == ":":
            tokens.append(Token(":", "colon", found.start(), found.end()))
        elif first in "&+":
            tokens.append(Token("and", "word", found.start(), found.end()))
        elif first in ",;|\n!?.•·…。、，":
            tokens.append(Token(",", "break", found.start(), found.end()))
        else:
            tokens.append(Token(raw, "sign", found.start(), found.end()))
    return tokens


def dictionary_form(raw: str) -> str:
    """Lower case, American spelling, singular, without a possessive."""
    word = raw.lower().replace("’", "'")
    if word.isascii() is False and re.search("[a-z]", word):
        word = word.translate(_LOOKALIKE)
    word = word.removesuffix("'s").rstrip("'")
    word = _SPELLING.get(word, word)
    return _SPELLING.get(single := singular(word), single)


def singular(word: str) -> str:
    """The singular of an English plural, good enough to compare words with each other."""
    if len(word) < 4 or word in _WHOLE or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def phrase_key(phrase: str) -> tuple[str, ...]:
    """The dictionary forms of a vocabulary phrase, as the tokens of a prompt are written."""
    return tuple(token.word for token in tokenize(phrase) if token.kind == "word")
