"""How fast the figure draws, warm and cold, and how that compares with a plain fused kernel on this machine.

The yardstick is a small shading kernel of the same kind of work: lambert steps, a shadow look-up of nine
samples, a rim light and an edge test over the pixels of a 512 × 768 picture at four samples each. A machine
that is busy or slow is so for both, so the ratio is what to compare.

Where an earlier study of the renderer is at hand, its fused kernel (a module `fused` with a function
`go(width, height, samples, yaw)`) is timed in the same run: one view of a character that is built already,
on all cores, at the same sizes. It may need another Python than this one, as it needs other packages.

Run: python -m tests.bench.figure [--rounds 5] [--skip-cold] [--study DIR [--study-python PYTHON]]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil

from studio.engine.figure import Camera, DrawRequest, control_maps, draw
from studio.engine.figure.compiled import kernel

WORDS = "female warrior, blue armor, long white hair, red cape, silver trim, determined expression"
Array = np.ndarray
VIEWS = (0.0, 40.0, 90.0, 180.0)
STUDY = """
import sys, time
sys.path.insert(0, sys.argv[1])
import fused
for width, height in ((512, 768), (1024, 1536)):
    found = []
    for _ in range(int(sys.argv[2]) + 1):
        begin = time.perf_counter()
        fused.go(width, height, 2, -35)
        found.append(time.perf_counter() - begin)
    print("study", min(found[1:] or found))
"""
COLD = """
import time
begin = time.perf_counter()
from studio.engine.figure import DrawRequest, draw, warm_up
if {warm_up}:
    warm_up()
draw(DrawRequest({words!r}, width=512, height=768))
print(time.perf_counter() - begin)
"""
HEAVY = """
import sys
from studio.engine.figure import Camera, DrawRequest, control_maps, draw
for yaw in (0.0, 40.0, 90.0, 180.0):
    draw(DrawRequest({words!r}, width=1024, height=1536, camera=Camera(yaw)))
control_maps(DrawRequest({words!r}, width=1024, height=1536))
if sys.platform == "win32":
    import psutil
    print(psutil.Process().memory_info().peak_wset)
else:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


@kernel
def _yardstick(
    normals: Array, depth: Array, shadow: Array, light: Array, table: Array, part: Array, out: Array
) -> None:
    height, width = depth.shape
    size = shadow.shape[0]
    for y in range(1, height):
        for x in range(1, width):
            nx, ny, nz = normals[y, x, 0], normals[y, x, 1], normals[y, x, 2]
            lit = min(1.0, max(0.0, (nx * light[0] + ny * light[1] + nz * light[2] - 0.02) / 0.08))
            lit = lit * lit * (3 - 2 * lit)
            u = (0.5 + 0.4 * nx) * size
            v = (0.5 - 0.4 * ny) * size
            dark = 0.0
            for k in range(9):
                iu, iv = int(u + (k % 3 - 1) * 1.2), int(v + (k // 3 - 1) * 1.2)
                if 0 <= iu < size and 0 <= iv < size and depth[y, x] - shadow[iv, iu] > 0.012:
                    dark += 1 / 9
            lit *= 1 - min(1.0, max(0.0, (dark - 0.35) / 0.3))
            edge = abs(depth[y, x] - depth[y, x - 1]) > 0.02 or abs(depth[y, x] - depth[y - 1, x]) > 0.02
            row = part[y, x]
            for c in range(3):
                value = table[row, 3 + c] + (table[row, c] - table[row, 3 + c]) * lit
                if 1 - nz > 0.66:
                    value += (1 - value) * 0.3
                out[y, x, c] = 0.1 if edge else value


def yardstick_seconds(rounds: int) -> float:
    """The time of the plain kernel over 1024 × 1536 samples."""
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(1536, 1024, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    depth = rng.random((1536, 1024), np.float32)
    shadow = rng.random((1024, 1024), np.float32)
    table = rng.random((16, 6), np.float32)
    part = rng.integers(0, 16, (1536, 1024))
    out = np.zeros((1536, 1024, 3), np.float32)
    light = np.array([-0.4, 0.6, 0.7], np.float32)
    return timed(lambda _: _yardstick(normals, depth, shadow, light, table, part, out), rounds)


def timed(work: Callable[[int], object], rounds: int) -> float:
    """The least seconds of work(round): the time least disturbed by others; the first does not count."""
    found = []
    for number in range(rounds + 1):
        begin = time.perf_counter()
        work(number)
        found.append(time.perf_counter() - begin)
    return min(found[1:])


def in_a_new_process(program: str, cache: str | None = None) -> float:
    """The number that a program prints, with its own cache of kernels if one is named."""
    env = dict(os.environ)
    env.pop("NUMBA_CACHE_DIR", None)
    if cache is not None:
        env["AVATARFORGE_CACHE_DIR"] = cache
    ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    return float(ran.stdout.strip().splitlines()[-1])


def study_seconds(folder: Path, python: str, rounds: int) -> list[float]:
    """What the study's kernel takes for 512 × 768 and for 1024 × 1536; says why when it cannot be run."""
    with tempfile.TemporaryDirectory() as cache:
        ran = subprocess.run(
            [python, "-c", STUDY, str(folder.resolve()), str(rounds)],
            env=os.environ | {"NUMBA_CACHE_DIR": cache},
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise SystemExit(f"The study in {folder} does not run with {python}:\n{ran.stderr}")
    return [float(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("study ")]


def main() -> None:
    """Measure everything and print a table with ratios to the yardstick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip-cold", action="store_true")
    parser.add_argument("--study", type=Path, metavar="DIR", help="time the kernel of a study as well")
    parser.add_argument("--study-python", default=sys.executable, help="the Python with the study's packages")
    args = parser.parse_args()
    base = DrawRequest(WORDS, width=512, height=768)
    large = replace(base, width=1024, height=1536)

    def views(seed: int) -> None:
        for yaw in VIEWS:
            draw(replace(base, seed=seed, camera=Camera(yaw)))

    load = psutil.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the start")
    unit = yardstick_seconds(args.rounds)
    rows = {
        "yardstick kernel, 1024 × 1536 samples, one thread": unit,
        "512 × 768, a character seen before": timed(lambda _: draw(base), args.rounds),
        "512 × 768, a new character": timed(lambda n: draw(replace(base, seed=50 + n)), args.rounds),
        "four views of a new character, 512 × 768": timed(lambda n: views(100 + n), args.rounds),
        "1024 × 1536, a character seen before": timed(lambda _: draw(large), args.rounds),
        "1024 × 1536, a new character": timed(lambda n: draw(replace(large, seed=150 + n)), args.rounds),
        "a picture and all its control maps, 512 × 768": timed(
            lambda _: (draw(base), control_maps(base)), args.rounds
        ),
    }
    for name, seconds in rows.items():
        print(f"{name:58} {seconds:7.3f} s {seconds / unit:8.1f} ×")
    if args.study is not None:
        seen = ("512 × 768, a character seen before", "1024 × 1536, a character seen before")
        for name, seconds in zip(
            seen, study_seconds(args.study, args.study_python, args.rounds), strict=True
        ):
            label = f"study's fused kernel, {name.split(',')[0]}"
            print(f"{label:58} {seconds:7.3f} s {seconds / unit:8.1f} ×")
            print(f"{'... and ours to it':58} {rows[name] / seconds:17.2f} ×")
    again = yardstick_seconds(args.rounds)
    print(f"{'yardstick again (how steady the machine is)':58} {again:7.3f} s {again / unit:8.1f} ×")
    if not args.skip_cold:
        with tempfile.TemporaryDirectory() as folder:
            cold = in_a_new_process(COLD.format(words=WORDS, warm_up=True), folder)
            warm = in_a_new_process(COLD.format(words=WORDS, warm_up=False), folder)
        print(f"{'first picture of an engine, kernels to be compiled':58} {cold:7.2f} s {cold / unit:8.1f} ×")
        print(f"{'first picture of a process, kernels on disk':58} {warm:7.2f} s {warm / unit:8.1f} ×")
    peak = in_a_new_process(HEAVY.format(words=WORDS))
    print(f"{'peak memory: four views of 1024 × 1536 and their maps':58} {peak / 2**20:7.0f} MB")


if __name__ == "__main__":
    main()
