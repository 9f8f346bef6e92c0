"""Letters on pictures: a font that is always there, the machine's for what it lacks, and what none has."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

BUILT_IN = "Aileron"  # comes with Pillow and covers Latin
MOST_FONTS = 800  # of a machine that are looked at
FALLBACKS = 60  # that are searched for a letter which the others lack
_TESTED_PX = 32
_NO_LETTER = "\U0010fffe"  # no font has it: what is drawn for it is the sign for "missing"
_SUFFIXES = {".ttf", ".otf", ".ttc"}
# Fonts that cover much, best first: they are tried before the rest of the machine's fonts.
_BROAD = (
    *("notosanscjk", "sourcehansans", "notosansjp", "notosanssc", "yugothr", "yugothm", "meiryo", "msyh"),
    *("malgun", "pingfang", "hiragino sans gb", "hiraginosans", "applesdgothic", "wqy", "droidsansfallback"),
    *("segoeui.", "arial unicode", "notosans-regular", "dejavusans.", "freesans.", "arial.", "helvetica"),
    *("liberationsans-regular",),
)

Font = ImageFont.FreeTypeFont
Colour = tuple[int, int, int, int]


@dataclass(frozen=True)
class Lettering:
    """A written line: its picture, where it stands on its base line, and letters that no font has."""

    image: Image.Image
    rise: int  # from the picture's top to the base line
    width: int
    missing: str = ""


@dataclass(frozen=True)
class _Source:
    """Where a font comes from: a file of the machine, or the one inside Pillow."""

    path: Path | None
    index: int = 0

    def at(self, size: float, *, shaped: bool = False) -> Font:
        return _opened(self, size, shaped)


def write(
    text: str, size: float, colour: Colour, font: str | Path = "", *, tracking: float = 0.0
) -> Lettering:
    """One line of text as a picture; `font` is a family of `families`, or a file that the owner names."""
    text = " ".join(text.split())
    sources = (*_wanted(font), _Source(None))
    runs, missing = _runs(text, sources)
    if not runs:
        return Lettering(Image.new("RGBA", (1, 1)), 0, 0, missing)
    pad = max(2, int(size * 0.35))
    widths = [
        source.at(size, shaped=_needs_shaping(run)).getlength(run) + tracking * len(run)
        for run, source in runs
    ]
    rise, fall = int(size * 1.25), int(size * 0.55)
    image = Image.new("RGBA", (int(sum(widths)) + 2 * pad, rise + fall), (*colour[:3], 0))
    pen = ImageDraw.Draw(image)
    at = float(pad)
    for (run, source), width in zip(runs, widths, strict=True):
        opened = source.at(size, shaped=_needs_shaping(run))
        if tracking:
            x = at
            for letter in run:
                pen.text((x, rise), letter, fill=colour, font=opened, anchor="ls")
                x += opened.getlength(letter) + tracking
        else:
            pen.text((at, rise), run, fill=colour, font=opened, anchor="ls")
        at += width
    left, right = 0, image.width
    if box := image.getchannel("A").getbbox():
        left, right = box[0], box[2]
        image, rise = image.crop(box), rise - box[1]
    return Lettering(image, rise, right - left, missing)


def width_of(text: str, size: float, font: str | Path = "", *, tracking: float = 0.0) -> float:
    """How wide a line would be."""
    runs, _ = _runs(" ".join(text.split()), (*_wanted(font), _Source(None)))
    return sum(
        source.at(size, shaped=_needs_shaping(run)).getlength(run) + tracking * len(run)
        for run, source in runs
    )


@functools.lru_cache(maxsize=1)
def families() -> dict[str, Path | None]:
    """The fonts that captions can be written with, by name: the built-in one, then the machine's."""
    found: dict[str, Path | None] = {BUILT_IN: None}
    for path in _font_files():
        try:
            family, style = ImageFont.truetype(str(path), 10).getname()
        except OSError:  # a file that is no font, or a kind that FreeType does not read
            continue
        if family and style in ("Regular", "Book", "Roman", "Normal", None) and family[0] not in ".@":
            found.setdefault(family, path)
    return found


def _wanted(font: str | Path) -> tuple[_Source, ...]:
    if isinstance(font, Path):
        return (_Source(font),)
    path = None if font in ("", BUILT_IN) else families().get(font)
    return (_Source(path),) if path is not None else ()


def _runs(text: str, sources: Sequence[_Source]) -> tuple[list[tuple[str, _Source]], str]:
    """The text in pieces, each with a font that has its letters; and the letters that are left out."""
    for source in sources:
        if text and all(_has(source, letter) for letter in text):
            return [(text, source)], ""
    whole = next((one for one in _elsewhere(text) if all(_has(one, letter) for letter in text)), None)
    if whole is not None and any(_needs_shaping(letter) for letter in text):
        return [(text, whole)], ""
    runs: list[tuple[str, _Source]] = []
    missing: list[str] = []
    for letter in text:
        source = next((one for one in sources if _has(one, letter)), None) or next(
            iter(_elsewhere(letter)), None
        )
        if source is None:
            missing.append(letter)
        elif runs and runs[-1][1] == source:
            runs[-1] = (runs[-1][0] + letter, source)
        else:
            runs.append((letter, source))
    return runs, "".join(dict.fromkeys(missing))


@functools.lru_cache(maxsize=4096)
def _elsewhere(letters: str) -> tuple[_Source, ...]:
    """The machine's first font that has all these letters."""
    for path in _font_files()[:FALLBACKS]:
        source = _Source(path)
        if all(_has(source, letter) for letter in letters):
            return (source,)
    return ()


@functools.lru_cache(maxsize=20_000)
def _has(source: _Source, letter: str) -> bool:
    if letter.isspace() or unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return True
    if _needs_shaping(letter) and not _can_shape():
        return False
    try:
        shape, missing = _shape(source, letter), _shape(source, _NO_LETTER)
    except OSError:  # a file that is no font
        return False
    return shape != missing and shape[0] is not None


@functools.lru_cache(maxsize=20_000)
def _shape(source: _Source, letter: str) -> tuple[tuple[int, int, int, int] | None, bytes]:
    opened = source.at(_TESTED_PX)
    mask = Image.new("L", (2 * _TESTED_PX, 2 * _TESTED_PX))
    ImageDraw.Draw(mask).text(
        (_TESTED_PX // 2, _TESTED_PX * 3 // 2), letter, fill=255, font=opened, anchor="ls"
    )
    return mask.getbbox(), hashlib.blake2b(mask.tobytes(), digest_size=16).digest()


@functools.lru_cache(maxsize=256)
def _opened(source: _Source, size: float, shaped: bool) -> Font:
    # The plain layout is the same on all machines; the other one is for scripts that need it.
    layout = ImageFont.Layout.RAQM if shaped and _can_shape() else ImageFont.Layout.BASIC
    if source.path is not None:
        return ImageFont.truetype(str(source.path), size, index=source.index, layout_engine=layout)
    built_in = ImageFont.load_default(size)
    if not isinstance(built_in, ImageFont.FreeTypeFont):
        raise OSError("Pillow was built without FreeType, so that no letters can be drawn")
    return built_in.font_variant(layout_engine=layout)


@functools.lru_cache(maxsize=1)
def _can_shape() -> bool:
    return bool(features.check("raqm"))


def _needs_shaping(text: str) -> bool:
    """Whether letters join or run from right to left: Hebrew, Arabic, the scripts of India and their kin."""
    return any(
        unicodedata.bidirectional(letter) in ("R", "AL") or 0x0900 <= ord(letter) <= 0x109F for letter in text
    )


@functools.lru_cache(maxsize=1)
def _font_files() -> tuple[Path, ...]:
    found = sorted({path for folder in _font_folders() for path in _fonts_in(folder)}, key=_rank)
    return tuple(found[:MOST_FONTS])


def _rank(path: Path) -> tuple[int, str]:
    name = path.name.lower()
    place = next((at for at, broad in enumerate(_BROAD) if name.startswith(broad)), len(_BROAD))
    return place, name


def _fonts_in(folder: Path) -> Iterable[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names if Path(name).suffix.lower() in _SUFFIXES)


def _font_folders() -> list[Path]:
    if sys.platform == "win32":
        places = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
        local = os.environ.get("LOCALAPPDATA")
        return [*places, *([Path(local) / "Microsoft/Windows/Fonts"] if local else [])]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library/Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts"]
