"""The sheets of docs/talking.md made again: two sentences said by a drawn character, a photo and a sketch.

Run: python -m tests.bench.talking_sheets [--into docs/pictures] [--picture FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.engine.figure import Camera, DrawRequest, draw
from studio.engine.talking.audio import open_sound
from studio.engine.talking.head import lips_of, listen
from studio.engine.talking.moods import MOODS
from studio.engine.talking.performance import COLUMNS, Performance, perform
from studio.engine.talking.portraits import Portrait, open_portrait
from studio.engine.talking.video import frames_of
from tests.painted_faces import MAN, MARKS, photo_like, sketch
from tests.talking_voices import Spoken, speak, write_wav

FPS = Fraction(25)
SIZE = 512  # of the frames
CELL, HIGH = 184, 222  # of a sheet: the face, without what is beside it
MARGIN, LINE = 8, 24
INK, PAPER, GREY = (28, 30, 36), (250, 249, 246), (110, 112, 120)
WORDS = "elf girl, long silver hair, green tunic, friendly smile"


@dataclass(frozen=True)
class Sentence:
    """What is said, by letters and by sounds, and which of the sounds are shown."""

    name: str
    words: str
    sounds: str
    shown: tuple[int, ...]
    seed: int


SENTENCES = (
    Sentence(
        "talking-first", "“Mama, please sit near a blue tree.”",
        "SIL M AA M AH SIL P L IY S S IH T N IY R AH B L UW T R IY SIL", (1, 4, 6, 8, 11, 17, 19, 22), 4,
    ),
    Sentence(
        "talking-second", "“Shall Ann bat a small ball past Paul?”",
        "SIL SH AE L AE N B AE T AH S M AO L B AO L P AE S T P AO L SIL", (1, 2, 6, 7, 11, 12, 17, 22), 11,
    ),
)  # fmt: skip


def portraits(other: Path | None) -> dict[str, Portrait]:
    """Who speaks."""
    drawn = draw(DrawRequest(WORDS, width=512, height=512, camera=Camera(0.0, 0.0, "portrait")))
    recipe: dict[str, Any] = json.loads(json.dumps(drawn.recipe, default=str))
    photo = photo_like(768) if other is None else np.asarray(Image.open(other).convert("RGB"))
    return {
        "drawn": open_portrait(np.ascontiguousarray(drawn.rgba[..., :3]), recipe, SIZE),
        "a photo": open_portrait(photo, None, SIZE),
        "a sketch": open_portrait(sketch(768, MAN), None, SIZE, MARKS),
    }


def performance_of(sentence: Sentence, spoken: Spoken) -> Performance:
    """Every movement while the sentence is said."""
    with tempfile.TemporaryDirectory() as folder:
        sound = open_sound(write_wav(Path(folder) / "said.wav", spoken.samples))
        heard = listen(sound, 60)
        lips = lips_of(sound, heard, json.dumps(spoken.events()))
    return perform(lips, heard, MOODS["neutral"], sentence.seed, FPS, frames_of(heard.length_s, FPS))


def faces_of(portrait: Portrait, moments: list[Any]) -> list[Image.Image]:
    """Frames cut to what matters."""
    wide = round(SIZE * (0.52 if portrait.kind == "photo" else 0.58))
    high = round(wide * HIGH / CELL)
    left, top = (SIZE - wide) // 2, round(SIZE * (0.21 if portrait.kind == "photo" else 0.17))
    top = min(top, SIZE - high)
    box = (left, top, left + wide, top + high)
    return [
        Image.fromarray(portrait.frame(moment)).crop(box).resize((CELL, HIGH), Image.Resampling.LANCZOS)
        for moment in moments
    ]


def _clearest(performance: Performance, name: str, begin: float, end: float) -> int:
    """The frame in which a sound is seen best: lips pressed, pursed or open."""
    first = min(round(begin * FPS), len(performance.rows) - 1)
    rows = performance.rows[first : max(first + 1, round((end + 0.04) * FPS))]
    column = {"M": "press", "B": "press", "P": "press", "UW": "wide"}.get(name, "open")
    seen = rows[:, COLUMNS.index(column)]
    return first + int(np.argmin(seen) if column == "wide" else np.argmax(seen))


def sheet(sentence: Sentence, speakers: dict[str, Portrait]) -> Image.Image:
    """One sentence: who speaks in rows, time in columns."""
    spoken = speak(tuple(sentence.sounds.split()), pitch_hz=180.0, seed=sentence.seed, pace=1.25)
    performance = performance_of(sentence, spoken)
    shown = [spoken.said[number] for number in sentence.shown]
    frames = [_clearest(performance, *sound) for sound in shown]
    moments = [performance.moment(frame) for frame in frames]
    columns, rows = len(moments), len(speakers)
    out = Image.new(
        "RGB",
        (MARGIN + columns * (CELL + MARGIN), MARGIN + rows * (HIGH + MARGIN) + 2 * LINE + 2 * MARGIN),
        PAPER,
    )
    for row, portrait in enumerate(speakers.values()):
        for column, face in enumerate(faces_of(portrait, moments)):
            out.paste(face, (MARGIN + column * (CELL + MARGIN), MARGIN + row * (HIGH + MARGIN)))
    brush = ImageDraw.Draw(out)
    small, large = ImageFont.load_default(17), ImageFont.load_default(22)
    below = MARGIN + rows * (HIGH + MARGIN)
    for column, ((name, _, _), frame) in enumerate(zip(shown, frames, strict=True)):
        middle = MARGIN + column * (CELL + MARGIN) + CELL / 2
        brush.text((middle, below), f"{float(frame / FPS):.2f} s   {name}", INK, small, "ma")
    brush.text((out.width / 2, below + LINE + 2), sentence.words, GREY, large, "ma")
    return out


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--picture", type=Path, help="a photo with a face instead of the painted one")
    args = parser.parse_args()
    speakers = portraits(args.picture)
    for sentence in SENTENCES:
        path = args.into / f"{sentence.name}.webp"
        sheet(sentence, speakers).save(path, quality=82, method=6)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
