"""What a talking head costs and how well its lips follow: realtime factors, memory, lag, two baselines.

A realtime factor is seconds of work for a second of video, after everything is warm. On a machine that is
busy with something else, the parts alone tell more: the least of some rounds of drawing and of encoding.

Run: python -m tests.bench.talking [--seconds 8] [--minutes 10] [--skip-memory] [--picture FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from studio.engine.figure import Camera, DrawRequest, draw
from studio.engine.talking.audio import Check, open_sound
from studio.engine.talking.curves import smooth
from studio.engine.talking.head import Face, Talk, face_name, lips_of, listen, portrait_of, talking_video
from studio.engine.talking.hearing import HOP_S, hear
from studio.engine.talking.moment import Moment
from studio.engine.talking.moods import MOODS
from studio.engine.talking.performance import perform
from studio.engine.talking.sync import correlate, measure, voice_energy
from studio.engine.talking.video import Video, frames_of, write_video
from studio.engine.talking.visemes import lips_from_voice
from tests.talking_voices import RATE, SOUNDINGS, Spoken, band_noise, music, speak, write_long_wav, write_wav

WORDS = "elf girl, long silver hair, green tunic, friendly smile"
FPS = 25
MARKS = {"left_eye": [0.35, 0.41], "right_eye": [0.65, 0.41], "mouth": [0.5, 0.7]}
VOICES = ((110.0, 0), (150.0, 2), (210.0, 3))
MEMORY = "from tests.bench.talking import peak_megabytes; peak_megabytes({path!r}, {seconds}, {size})"


def painted() -> np.ndarray:
    """A face with soft shading, as a photo has it."""
    rows, columns = np.mgrid[:512, :512] / 512
    shade = 1.0 - 0.35 * (columns - 0.4) ** 2 - 0.2 * (rows - 0.4) ** 2
    picture = np.stack([232 * shade, 194 * shade, 170 * shade], axis=-1)
    picture += np.random.default_rng(0).normal(0, 3, picture.shape)
    for x in (0.35, 0.65):
        for width, height, colour in ((0.09, 0.045, (245, 245, 245)), (0.04, 0.04, (60, 80, 110))):
            picture[((columns - x) / width) ** 2 + ((rows - 0.41) / height) ** 2 < 1] = colour
    picture[((columns - 0.5) / 0.14) ** 2 + ((rows - 0.7) / 0.028) ** 2 < 1] = (176, 84, 90)
    return picture.clip(0, 255).astype(np.uint8)


def faces(size: int, photo: Path | None) -> dict[str, Face]:
    """A character that we drew, and a picture that we did not."""
    drawn = draw(DrawRequest(WORDS, width=512, height=512, camera=Camera(0.0, 0.0, "portrait")))
    picture = np.ascontiguousarray(drawn.rgba[..., :3])
    recipe = json.loads(json.dumps(drawn.recipe, default=str))
    other = np.asarray(Image.open(photo).convert("RGB")) if photo else painted()
    marks: dict[str, Any] | None = None if photo else MARKS
    return {
        "drawn": Face(picture, recipe, None, size, face_name(picture, recipe, None, size)),
        "photo": Face(other, None, marks, size, face_name(other, None, marks, size)),
    }


@dataclass(frozen=True)
class Cost:
    """What one kind of picture costs: seconds to open it, and seconds of work for each second of video."""

    opened_s: float
    clock: float
    processor: float
    drawing: float  # on one core, the least of some rounds: others' work disturbs it least
    encoding: float


@dataclass(frozen=True)
class Ready:
    """Frames that are drawn already."""

    kept: list[np.ndarray]

    def pictures(self, check: Check) -> Iterator[np.ndarray]:
        """All of them."""
        return iter(self.kept)


def cost_of(face: Face, voice: Path, folder: Path) -> Cost:
    """Make a video twice, the second time with a watch; then its parts alone."""
    sound = open_sound(voice)
    begin = time.perf_counter()
    portrait = portrait_of(face)
    opened_s = time.perf_counter() - begin

    def make() -> Video:
        heard = listen(sound, 3600)
        return talking_video(face, sound, heard, lips_of(sound, heard, ""), FPS, "neutral", 1)

    write_video(make(), folder / "talk.mp4")
    begin, used = time.perf_counter(), time.process_time()
    video = make()
    write_video(video, folder / "talk.mp4")
    clock, processor = time.perf_counter() - begin, time.process_time() - used
    length_s = float(video.count / video.fps)
    moments = [moment_of(video, number) for number in range(video.count)]
    ready = replace(video, source=Ready([portrait.frame(moment) for moment in moments]))
    drawing = [
        least(lambda moment=moment: portrait.frame(moment), time.thread_time) for moment in moments[::5]
    ]
    encoding = least(lambda: write_video(ready, folder / "again.mp4"), time.process_time)
    return Cost(
        opened_s, clock / length_s, processor / length_s, float(np.mean(drawing)) * FPS, encoding / length_s
    )


def moment_of(video: Video, number: int) -> Moment:
    """What a frame of a talking head shows."""
    assert isinstance(video.source, Talk)
    return video.source.performance.moment(number)


def least(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """The least seconds of some rounds."""
    found = []
    for _ in range(4):
        begin = clock()
        work()
        found.append(clock() - begin)
    return min(found)


def peak_megabytes(path: str, seconds: int, size: int) -> None:
    """Make one video and print the most memory that this process held; to be called in a new one."""
    sound = open_sound(Path(path))
    heard = listen(sound, seconds + 1)
    picture = painted()
    face = Face(picture, None, MARKS, size, "memory")
    with tempfile.TemporaryDirectory() as folder:
        video = talking_video(face, sound, heard, lips_of(sound, heard, ""), FPS, "neutral", 1)
        write_video(video, Path(folder) / "talk.mp4")
    if sys.platform == "win32":
        peak = psutil.Process().memory_info().peak_wset
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(peak / 2**20)


def memory(folder: Path, minutes: float, size: int) -> float:
    """The most megabytes that a video of some minutes needs."""
    block = speak().samples
    path = folder / "long.wav"
    write_long_wav(path, block, max(1, round(minutes * 60 * RATE / len(block))))
    program = MEMORY.format(path=str(path), seconds=round(minutes * 60) + 10, size=size)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(ran.stdout.strip().splitlines()[-1])


def wanted_opening(spoken: Spoken, count: int) -> np.ndarray:
    """How far a mouth should be open, where that is known."""
    wanted = np.full(count, np.nan)
    for name, begin, end in spoken.said:
        aim = SOUNDINGS[name].opening
        if aim is not None:
            inset = 0.25 * (end - begin)
            wanted[round((begin + inset) / HOP_S) : round((end - inset) / HOP_S) + 1] = aim
    return wanted


def lip_figures(folder: Path) -> None:
    """Print how well lips follow voices whose phonemes are known, beside a still and a random mouth."""
    rows: dict[str, list[tuple[float, float, float]]] = {"ours": [], "always half open": [], "random": []}
    shown: list[tuple[float, float]] = []
    for pitch_hz, seed in VOICES:
        spoken = speak(pitch_hz=pitch_hz, seed=seed)
        heard = hear(open_sound(write_wav(folder / "said.wav", spoken.samples)))
        lips = lips_from_voice(heard)
        opening = lips[:, 0].astype(float)
        chance = smooth(np.random.default_rng(seed).uniform(0, 1, len(opening)), 4.0)
        wanted = wanted_opening(spoken, len(opening))
        known = np.isfinite(wanted)
        mouths = {"ours": opening, "always half open": np.full(len(opening), 0.45), "random": chance}
        for name, mouth in mouths.items():
            vowels, shut = mouth[known & (wanted >= 0.5)], mouth[known & (wanted == 0)]
            wins = (vowels[:, None] > shut).mean() + 0.5 * (vowels[:, None] == shut).mean()
            still = np.ptp(mouth[known]) == 0
            alike = 0.0 if still else float(np.corrcoef(mouth[known], wanted[known])[0, 1])
            error = float(np.abs(mouth[known] - wanted[known]).mean())
            rows[name].append((float(wins), alike, error))
        pace = Fraction(FPS)
        performance = perform(lips, heard, MOODS["neutral"], 1, pace, frames_of(heard.length_s, pace))
        sync = measure(performance.rows[:, 0], FPS, heard)
        shown.append((sync.lag_s, sync.likeness))
        rough = correlate(chance, voice_energy(heard)[: len(chance)])
        print(
            f"voice at {pitch_hz:.0f} Hz: lips {1000 * sync.lag_s:+.0f} ms after the voice, likeness "
            f"{sync.likeness:.2f} (a random mouth: {rough.likeness:.2f})"
        )
    print(f"\n{'mouth':18} {'vowel wider than closure':>25} {'correlation':>12} {'mean error':>11}")
    for name, found in rows.items():
        wins, alike, error = np.mean(found, axis=0)
        print(f"{name:18} {100 * wins:24.1f}% {alike:12.2f} {error:11.2f}")
    print("\nmovement of the mouth per second (a voice: ", end="")
    heard = hear(open_sound(write_wav(folder / "said.wav", speak().samples)))
    print(f"{_movement(heard):.2f})")
    others = {kind: music(kind) for kind in ("plucked", "organ", "chords", "drums")}
    others["hiss"] = 0.1 * band_noise(6 * RATE, 20, 7900)
    for name, samples in others.items():
        moved = _movement(hear(open_sound(write_wav(folder / "other.wav", samples))))
        print(f"  {name:10} {moved:.3f}")


def _movement(heard: Any) -> float:
    opening = lips_from_voice(heard)[:, 0]
    return float(np.abs(np.diff(opening)).sum()) / float(heard.length_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of the voice for realtime factors")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the voice for memory")
    parser.add_argument("--skip-memory", action="store_true")
    parser.add_argument("--picture", type=Path, help="a photo with a face to use instead of a painted one")
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f} before the start")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lip_figures(folder)
        voice = write_wav(folder / "voice.wav", np.resize(speak().samples, round(args.seconds * RATE)))
        print("\nSeconds of work for a second of video at 25 frames a second:")
        print(
            f"{'picture':14} {'opened':>9} {'by clock':>9} {'processor':>10} {'drawing':>8} {'encoding':>9}"
        )
        for size in (512, 1024):
            for kind, face in faces(size, args.picture).items():
                cost = cost_of(face, voice, folder)
                print(
                    f"{kind:8}{size:6} {cost.opened_s:8.1f}s {cost.clock:9.2f} {cost.processor:10.2f} "
                    f"{cost.drawing:8.2f} {cost.encoding:9.2f}"
                    f"   on two idle cores: {(cost.drawing + cost.encoding) / 2:.2f}"
                )
        if not args.skip_memory:
            short, long = memory(folder, 0.5, 256), memory(folder, args.minutes, 256)
            print(
                f"\npeak memory: {short:.0f} MB for half a minute, {long:.0f} MB for {args.minutes:g} minutes"
            )


if __name__ == "__main__":
    main()
