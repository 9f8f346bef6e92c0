"""An engine whose pictures are blank, for tests with many jobs: python -m tests.blank_engine --port 0."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from studio.engine import figure
from studio.engine.__main__ import main
from studio.engine.figure import DrawRequest, OnProgress, Picture

ROOT = Path(__file__).resolve().parent.parent


def draw(request: DrawRequest, on_progress: OnProgress | None = None) -> Picture:
    """Nothing, in the size that was asked for."""
    return Picture(np.full((request.height, request.width, 4), 255, np.uint8), ("everything",))


def control_maps(request: DrawRequest, kinds: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Black maps."""
    black = np.zeros((request.height, request.width, 3), np.uint8)
    return {**dict.fromkeys(kinds or (), black), "openpose_json": {"people": []}, "legend": {}}


class Film:
    """Nobody, who does as was wished."""

    def __init__(self, wish: SimpleNamespace) -> None:
        self.told = SimpleNamespace(
            motion=wish.motion, camera=wish.camera, closed=True, not_drawn=("everything",)
        )


@dataclass(frozen=True)
class Frames:
    """As many blank frames as were asked for."""

    wish: SimpleNamespace
    count: int
    ahead: Any

    def pictures(self, check: Callable[[], None]) -> Iterator[Any]:
        """Every frame."""
        blank = np.full((self.wish.request.height, self.wish.request.width, 3), 255, np.uint8)
        for _ in range(self.count):
            check()
            yield blank


def blank_films() -> ModuleType:
    """The room of films, without what it would load."""
    room = ModuleType("studio.engine.figure.motion.film")
    room.__dict__.update(Film=Film, Frames=Frames, Wish=_wish)
    return room


def _wish(request: DrawRequest, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(request=request, **more)


@contextmanager
def blank_engine(folder: Path) -> Iterator[str]:
    """Such an engine as a process of its own; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.blank_engine", "--port", "0", "--dir", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.kill()
        process.wait(20)


if __name__ == "__main__":
    for name, blank in {"draw": draw, "control_maps": control_maps, "warm_up": lambda: None}.items():
        setattr(figure, name, blank)
    films = blank_films()
    sys.modules[films.__name__] = films
    sys.exit(main(sys.argv[1:]))
