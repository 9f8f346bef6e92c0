"""How well the drift score tells views of one character from views of two, on figures of the embedded engine.

Fifty characters, each from the front and from another side: fifty pairs of one character, and fifty of two.
AUC is the share of all comparisons in which the pair of one character is the nearer one; 0.5 would be chance.

Run: python -m tests.bench.drift [--characters 50] [--size 128x192]
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image

from studio.engine.figure import Camera, DrawRequest, draw
from studio.pictures import drift
from studio.pictures.drift import SHARES

YAWS = (180.0, 90.0, 40.0)
_WHO = (
    *("female warrior", "elf ranger", "old wizard", "young pirate", "knight", "schoolgirl", "ninja"),
    *("princess", "farmer", "detective", "fox girl", "monk", "bard", "queen", "soldier", "dancer"),
)
_COLOURS = ("red", "blue", "green", "black", "white", "purple", "yellow", "brown", "pink", "grey", "orange")
_HAIR = ("black", "blonde", "red", "white", "brown", "silver", "blue", "pink", "green")
_CUTS = ("long hair", "short hair", "ponytail", "braid", "bob cut", "twin tails", "curly hair")
_CLOTHES = (
    *("dress", "cloak and tunic", "plate armor", "hoodie and jeans", "kimono", "suit", "robe"),
    *("coat and trousers", "skirt and blouse", "shirt and shorts"),
)
_PLACES = ("in a forest", "in a castle", "at the beach", "simple background")


def _characters(count: int) -> tuple[str, ...]:
    pick = random.Random(5).choice
    return tuple(
        f"{pick(_WHO)}, {pick(_HAIR)} {pick(_CUTS)}, {pick(_COLOURS)} {pick(_CLOTHES)}, "
        f"{pick(_COLOURS)} boots, {pick(_PLACES)}"
        for _ in range(count)
    )


CHARACTERS = _characters(100)


def drawn(words: str, yaw_deg: float, size: tuple[int, int]) -> bytes:
    """A character from one side, with the background that its words ask for, as a PNG."""
    picture = draw(DrawRequest(words, seed=7, width=size[0], height=size[1], camera=Camera(yaw_deg)))
    file = io.BytesIO()
    Image.fromarray(picture.rgba[..., :3]).save(file, "PNG")
    return file.getvalue()


def auc(same: Sequence[float], different: Sequence[float]) -> float:
    """How often a pair of one character is nearer than a pair of two; ties count half."""
    one, two = np.array(same)[:, None], np.array(different)[None]
    return float(((one < two) + 0.5 * (one == two)).mean())


def main() -> None:
    """Draw, compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--characters", type=int, default=50)
    parser.add_argument("--size", default="128x192")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    cast = CHARACTERS[: options.characters]
    fronts = [drawn(words, 0.0, (width, height)) for words in cast]
    others = [drawn(words, YAWS[n % len(YAWS)], (width, height)) for n, words in enumerate(cast)]
    same = [drift(front, other) for front, other in zip(fronts, others, strict=True)]
    different = [drift(front, others[(n + 7) % len(cast)]) for n, front in enumerate(fronts)]
    print(f"{len(same)} pairs of one character, {len(different)} of two")
    for name in ("score", *SHARES):
        one = [getattr(found, name) for found in same]
        two = [getattr(found, name) for found in different]
        print(
            f"{name:12} AUC {auc(one, two):.3f}   one: median {np.median(one):.3f}, 90% below "
            f"{np.percentile(one, 90):.3f}   two: median {np.median(two):.3f}, 90% above "
            f"{np.percentile(two, 10):.3f}"
        )


if __name__ == "__main__":
    main()
