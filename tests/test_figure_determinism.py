"""Equal requests give equal bytes: with one thread or two, in any process, in any order."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from studio.engine.figure.keys import STYLES

# Draws in the order of its arguments, each with so many threads, and prints a digest for each picture.
PROGRAM = """
import hashlib, json, sys
from studio.engine.figure import Camera, DrawRequest, control_maps, draw
from studio.engine.figure.compiled import use_threads
cases = json.loads(sys.stdin.read())
found = []
for argument in sys.argv[1:]:
    threads, name = argument.split(":")
    use_threads(int(threads))
    words, seed, style, yaw = cases[name]
    request = DrawRequest(words, seed=seed, width=72, height=108, style=style, camera=Camera(yaw))
    digest = hashlib.sha256()
    if name == "maps":
        for kind, picture in sorted(control_maps(request).items()):
            digest.update(kind.encode())
            digest.update(picture.tobytes() if hasattr(picture, "tobytes") else json.dumps(picture).encode())
    else:
        picture = draw(request)
        digest.update(picture.rgba.tobytes())
        digest.update(json.dumps(picture.recipe, sort_keys=True).encode())
    found.append(digest.hexdigest())
print(json.dumps(found))
"""
KNIGHT = "knight, blue plate armor, red cape, long white hair, sword, in a forest"
CASES: dict[str, tuple[str, int, str | None, float]] = {
    "knight": (KNIGHT, 1, None, 0.0),
    "knight behind": (KNIGHT, 1, None, 180.0),
    "maps": (KNIGHT, 1, None, 40.0),
    "mage": ("old mage, purple velvet robes, staff, long white beard", 2, None, 40.0),
    "open": ("", 3, None, 20.0),
    **{style: ("elf archer, curly hair, green cloak, bow", 4, style, 20.0) for style in STYLES},
}


def digests(wanted: list[tuple[int, str]], hash_seed: str) -> list[str]:
    """The digests of some cases with so many threads, drawn in a process of their own."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *(f"{threads}:{name}" for threads, name in wanted)],
        input=json.dumps(CASES),
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def alone() -> dict[str, str]:
    """All cases in order, on one thread."""
    return dict(zip(CASES, digests([(1, name) for name in CASES], "1"), strict=True))


def test_another_process_with_other_threads_and_another_order_draws_the_same_bytes(
    alone: dict[str, str],
) -> None:
    wanted = [(2, name) for name in reversed(CASES)]
    wanted += [(5, name) for name in ("mage", "knight behind", "oil")]  # more than a small machine has cores
    other = digests(wanted, "77")
    differ = [one for one, digest in zip(wanted, other, strict=True) if digest != alone[one[1]]]
    assert differ == []


def test_the_cases_are_not_all_the_same_picture(alone: dict[str, str]) -> None:
    assert len(set(alone.values())) == len(CASES)
