"""How quick the content library is: `python -m tests.bench.library [contents]`; p50, p99 and ratios."""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from studio.contents import Contents, Filter
from studio.gallery import Gallery
from studio.media import Media
from studio.records import Database, characters, contents
from studio.records.characters import Character
from studio.records.contents import NewContent
from tests.conftest import RunningApp, start_app_process
from tests.studio_fixtures import noise_png, open_jobs

RUNS = 200
PAGE = 50
CHARACTERS = 500
ZIPPED = 300
ZIPPED_BYTES = 4 * 2**20
WORDS = (  # noqa: SIM905 - easier to read
    "knight red cape forest castle rain silver armour portrait smiling garden winter morning tavern dragon "
    "sleeping river bridge lantern market violet coat reading library window storm harbour sunset rooftop"
).split()
RARE = "heliotrope"

LISTS: dict[str, Filter] = {
    "first page": Filter(),
    "page at 10,000": Filter(),
    "oldest first": Filter(sort="oldest"),
    "one character": Filter(character_id="character 7"),
    "pending images": Filter(types=("image",), statuses=("pending",)),
    "approved, of a character": Filter(character_id="character 7", statuses=("approved",)),
    "videos by quality": Filter(types=("video",), sort="quality"),
    "best first": Filter(sort="quality"),
    "by name": Filter(types=("image",), sort="name"),
    "the largest": Filter(sort="size"),
    "good ones, not nsfw": Filter(min_quality=8, nsfw=False),
    "a folder with those below": Filter(folder="/campaign"),
    "two tags": Filter(tags=("summer", "portrait")),
    "search, rare word": Filter(search=RARE),
    "search, common word": Filter(search="knight"),
    "search, two words, approved": Filter(search="knight rain", statuses=("approved",)),
}


@dataclass(frozen=True)
class Times:
    """Of many calls, in milliseconds."""

    p50: float
    p99: float
    cpu: float  # what the call itself takes, however busy the machine is


def main() -> None:
    """Fill a library, ask it in the module and over HTTP, and take a large ZIP along."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = open_jobs(folder)
        library = Contents(Media(Gallery(jobs)))
        started = time.perf_counter()
        fill(jobs.database, count)
        print(f"{count} contents of {CHARACTERS} characters in {time.perf_counter() - started:.1f} s")
        found = {
            label: ask(lambda: library.page(wanted, PAGE, 10_000 if "at" in label else 0))  # noqa: B023
            for label, wanted in LISTS.items()
        }
        found["stats of all"] = ask(library.stats)
        found["stats of a character"] = ask(lambda: library.stats("character 7"))
        found["bytes by character"] = ask(library.by_character)
        found["tags in use"] = ask(library.tags)
        one = library.page(limit=1)[0][0].id
        found["one by its id"] = ask(lambda: library.get(one))
        first = found["first page"].cpu
        print(f"{'in the module':<30}{'p50':>8}{'p99':>8}{'of CPU':>8} ms   times the first page")
        for label, times in found.items():
            ratio = times.cpu / first
            print(f"{label:<30}{times.p50:8.2f}{times.p99:8.2f}{times.cpu:8.2f}      {ratio:.1f}")
        zip_files(library, folder)
        jobs.database.close()
        app = start_app_process(
            folder / "app",
            "--no-ui",
            DATABASE_URL=f"sqlite:///{folder / 'studio.db'}",
            ENABLE_SCHEDULER="false",
        )
        try:
            over_http(app)
        finally:
            app.kill()


def fill(database: Database, count: int) -> None:
    """Contents as months of work leave them."""
    chance = random.Random(1)
    now = time.time()
    with database.write() as connection:
        for number in range(CHARACTERS):
            characters.insert(connection, character(number, now))
        for number in range(count):
            content_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
            media = "video" if number % 10 == 0 else "image"
            words = " ".join(chance.choices(WORDS, k=12)) + (f" {RARE}" if number % 1000 == 500 else "")
            status = ("pending", "pending", "approved", "rejected")[chance.randrange(4)]
            new = NewContent(
                id=content_id,
                content_type=media,
                name=f"{content_id}.{'mp4' if media == 'video' else 'png'}",
                mime_type="video/mp4" if media == "video" else "image/png",
                file_size=chance.randrange(100_000, 2_000_000),
                sha256="0" * 64,
                created_at=now - (count - number) * 60,
                width=1024,
                height=1024,
                character_id=f"character {chance.randrange(CHARACTERS)}",
                prompt=words,
                generation_settings={"seed": number, "steps": 20, "workflow": "embedded"},
                quality_score=round(chance.uniform(2, 10), 1) if number % 4 else None,
                is_nsfw=number % 50 == 0,
                description=" ".join(chance.choices(WORDS, k=8)) if number % 3 == 0 else None,
                folder_path=f"/campaign/{number % 12}" if number % 5 == 0 else None,
            )
            tags = chance.sample(("summer", "portrait", "outdoor", "press", "story", *WORDS[:20]), number % 4)
            contents.insert(connection, new, tags)
            connection.execute("UPDATE contents SET approval_status = ? WHERE id = ?", (status, content_id))
    database.connection.execute("ANALYZE")


def character(number: int, now: float) -> Character:
    """Somebody to whom contents belong."""
    values: dict[str, Any] = {
        "id": f"character {number}",
        "name": f"Nora {number}",
        "status": "active",
        "look_seed": number,
        "created_at": now,
        "updated_at": now,
    }
    empty: dict[str, Any] = dict.fromkeys(("bio", "location", "timezone"), "")
    nothing: dict[str, Any] = {"interests": (), "notes": ()}
    open_: dict[str, Any] = {
        name: {} for name in ("personality", "appearance", "canon", "costumes", "origin")
    }
    none: dict[str, Any] = dict.fromkeys(("age", "picture_id", "visitor"))
    return Character(**values, **empty, **nothing, **open_, **none)


def ask(call: Callable[[], object], runs: int = RUNS) -> Times:
    """The median and the slowest hundredth of many calls."""
    call()
    times: list[float] = []
    worked: list[float] = []
    for _ in range(runs):
        started, began = time.perf_counter(), time.thread_time()
        call()
        times.append((time.perf_counter() - started) * 1000)
        worked.append((time.thread_time() - began) * 1000)
    return Times(statistics.median(times), statistics.quantiles(times, n=100)[98], statistics.median(worked))


def over_http(app: RunningApp) -> None:
    """The same where clients ask."""

    def get(path: str, **query: Any) -> Callable[[], httpx.Response]:
        return lambda: app.client.get(f"/api/content{path}", params=query).raise_for_status()

    asked = {
        "health, to compare": lambda: app.client.get("/api/v1/health"),
        "list of 50": get("/library"),
        "list of 50, one character": get("/library", character_id="character 7"),
        "search": get("/library", q="knight"),
        "images, 48": get("/images"),
        "stats": get("/library/stats"),
    }
    print(f"{'over HTTP':<30}{'p50':>8}{'p99':>8} ms")
    for label, call in asked.items():
        times = ask(call)
        print(f"{label:<30}{times.p50:8.2f}{times.p99:8.2f}")


def zip_files(library: Contents, folder: Path) -> None:
    """A ZIP of many large files, of which little may be in memory."""
    kept: list[str] = []
    for number in range(ZIPPED):
        path = folder / "large.png"
        path.write_bytes(noise_png(number) + bytes(ZIPPED_BYTES))
        kept.append(library.add(path, media="text", filename="large.bin").id)
        path.unlink()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    size = largest = 0
    for block in library.archive(kept):
        size += len(block)
        largest = max(largest, len(block))
    took = time.perf_counter() - started
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"a ZIP of {ZIPPED} files, {size / 2**20:.0f} MB: {size / 2**20 / took:.0f} MB/s, "
        f"the largest block {largest / 1024:.0f} KB, {more / 1024:.1f} MB more memory at most"
    )


if __name__ == "__main__":
    main()
