"""Whatever is typed becomes a picture. FIGURE_FUZZ=500 draws more of them."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest

from studio.engine.figure import Camera, DrawRequest, WordsRefused, control_maps, draw
from studio.engine.figure.keys import STYLES
from studio.engine.figure.poses import library
from studio.engine.figure.words.lexicon import lexicon

COUNT = int(os.environ.get("FIGURE_FUZZ", "25"))
BATCH = 10
SCRIPTS = (
    (0x20, 0x7F),
    (0xA1, 0x24F),
    (0x370, 0x3FF),
    (0x400, 0x4FF),
    (0x590, 0x6FF),
    (0x900, 0x97F),
    (0x3040, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x1F300, 0x1FAFF),
    (0x2000, 0x206F),
    (0x0, 0x1F),
)
GLUE = (
    " ",
    ", ",
    " and ",
    " with ",
    " without ",
    " no ",
    " of ",
    ": ",
    "\n",
    " (",
    ") ",
    "((",
    "]",
    ":1.4)",
    " - ",
    ".",
)
CONTRADICTIONS = (
    "bald woman with long hair in twin tails",
    "no armor, plate armor, without armor, armored",
    "tiny giant, thin fat muscular child elder",
    "red blue green red cape without cape cape",
    "front view from behind side view portrait full body",
    "sitting standing running t-pose jumping",
    "barefoot boots, sword in both hands, two-handed shield, unarmed",
    "human elf orc android angel demon slime skeleton",
    "watercolor pixel art oil photo ink chibi",
    "black white hair the colour of transparent, invisible man, no head",
)
PHRASES = [" ".join(phrase) for entries in lexicon().by_first.values() for phrase, _ in entries]


def noise(rng: random.Random, length: int) -> str:
    """Characters of every script, of none, and half letters."""
    return "".join(chr(rng.randint(*rng.choice(SCRIPTS))) for _ in range(length))


def prompt(rng: random.Random, number: int) -> str:
    """A prompt out of vocabulary, noise, brackets, contradictions, or ten thousand characters of them."""
    if number % 50 == 7:
        return (noise(rng, 40) + rng.choice(PHRASES)) * 200
    if number % 50 == 23:
        return ", ".join(rng.choice(PHRASES) for _ in range(900))[:10_000]
    if number % 25 == 11:
        return rng.choice(
            ("", " ", "\n\n", ",,,,", "((((", "😀" * 30, "\u202e\u0000", "a" * 10_000, "'; DROP")
        )
    if number % 5 == 0:
        return rng.choice(CONTRADICTIONS) + rng.choice(GLUE) + rng.choice(PHRASES)
    if number % 5 == 1:
        return noise(rng, rng.randint(1, 120))
    parts = []
    for _ in range(rng.randint(1, 14)):
        parts.append(rng.choice(PHRASES) if rng.random() < 0.85 else noise(rng, rng.randint(1, 9)))
        parts.append(rng.choice(GLUE))
    return "".join(parts)


def request_for(number: int) -> DrawRequest:
    """A small request, odd in every way."""
    rng = random.Random(9000 + number)
    camera = Camera(
        rng.uniform(-720, 720), rng.uniform(-60, 60), rng.choice(("full", "full", "bust", "portrait"))
    )
    pose: dict[str, object] | None = rng.choice(
        (None, None, {"name": rng.choice(sorted(library()))}, {"name": noise(rng, 5)}, {"people": []}, {})
    )
    return DrawRequest(
        prompt(rng, number),
        negative=rng.choice(("", "", rng.choice(PHRASES), noise(rng, 30))),
        seed=rng.choice((0, 1, -1, 2**63, rng.getrandbits(64))),
        width=rng.choice((16, 40, 64)),
        height=rng.choice((16, 56, 96)),
        steps=rng.choice((1, 2, 8)),
        camera=rng.choice((None, camera)),
        style=rng.choice((None, None, rng.choice(STYLES), noise(rng, 8))),
        realism=rng.random() < 0.1,
        transparent=rng.random() < 0.3,
        pose_json=pose,
        reference_image=np.random.default_rng(number).integers(0, 255, (20, 14, 3), np.uint8)
        if rng.random() < 0.1
        else None,
    )


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_any_words_give_a_picture(first: int) -> None:
    for number in range(first, min(COUNT, first + BATCH)):
        request = request_for(number)
        try:
            picture = draw(request)
        except WordsRefused as reason:
            # Thrown together, words may say what nobody may: of a child, or "without clothes".
            assert "young person" in str(reason) or "without clothes" in str(reason), number  # noqa: PT017
            continue
        assert picture.rgba.shape == (request.height, request.width, 4), number
        assert picture.rgba.dtype == np.uint8
        assert picture.rgba[..., 3].any(), number
        assert picture.rgba[..., :3].std() > 0 or request.width < 64, number
        assert len(picture.not_drawn) <= 60
        if number % 20 == 3:
            assert set(control_maps(request)) >= {"depth", "openpose", "openpose_json"}
