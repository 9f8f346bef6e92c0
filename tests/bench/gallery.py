"""How quick gallery, thumbnails and drafts are: `python -m tests.bench.gallery [pictures]`; prints ratios."""

from __future__ import annotations

import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageFilter

from studio.gallery import Filter, Gallery
from studio.records import Database
from tests.bench.listing import COMMON, RARE, fill
from tests.conftest import RunningApp, start_app_process
from tests.studio_fixtures import open_jobs

RUNS = 40
PAGE = 50
THUMBNAILS = 40
DRAFTS = 8

CASES: dict[str, dict[str, Any]] = {
    "first page": {},
    "page in the middle": {"before": True},
    "one view": {"views": ("back",)},
    "one view and style": {"views": ("side",), "styles": ("ink",)},
    "favourites": {"favourites": True},
    "a tag": {"tags": ("cover",)},
    "an hour long ago": {"since": 1.7e9 + 3600, "until": 1.7e9 + 7200},
    "search, rare word": {"search": RARE},
    "search, common word": {"search": COMMON},
    "search, common, a view": {"search": COMMON, "views": ("back",)},
}
# The same in the address.
NAMES = {"views": "view", "styles": "style", "tags": "tag", "favourites": "favourite"}


def main() -> None:
    """Fill a gallery, then ask it in the module and over HTTP; make thumbnails; draw drafts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = open_jobs(folder)
        started = time.perf_counter()
        fill(jobs.database, count)
        vary(jobs.database)
        print(f"{count} pictures in {time.perf_counter() - started:.1f} s")
        gallery = Gallery(jobs)
        middle = gallery.page(Filter(), limit=1).items[0].seq - count // 2
        in_module = {label: ask(lambda: pages(gallery, case, middle)) for label, case in CASES.items()}  # noqa: B023
        choices = ask(gallery.choices)
        whole = ask(lambda: gallery.count(Filter(), count))
        jobs.database.close()
        app = start_app_process(
            folder / "app",
            "--no-ui",
            DATABASE_URL=f"sqlite:///{folder / 'studio.db'}",
            ENABLE_SCHEDULER="false",
        )
        try:
            over_http = {label: ask(lambda: fetch(app.client, case, middle)) for label, case in CASES.items()}  # noqa: B023
            report(in_module, over_http)
            print(f"{'all choices to filter by':<30}{choices:8.2f}\n{'counting all':<30}{whole:8.2f}")
            app.wait_healthy()
            draw(app)
            thumbnails(app)
        finally:
            app.kill()


def ask(call: Callable[[], object]) -> float:
    """The median time of a call, in milliseconds."""
    call()
    times: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def pages(gallery: Gallery, case: dict[str, Any], middle: int) -> None:
    """One page from the module."""
    values = dict(case)
    before = middle if values.pop("before", False) else None
    gallery.page(Filter(**values), limit=PAGE, before=before)


def fetch(client: httpx.Client, case: dict[str, Any], middle: int) -> None:
    """One page over HTTP."""
    query = {NAMES.get(name, name): value for name, value in case.items()}
    if "before" in query:
        query["before"] = middle
    client.get("/studio/gallery", params={**query, "limit": PAGE}).raise_for_status()


def report(in_module: dict[str, float], over_http: dict[str, float]) -> None:
    """Times, and how many times the first page's each is."""
    print(f"{'a page of 50, p50':<30}{'module':>8}{'HTTP':>8} ms   times the first page")
    for label, ms in in_module.items():
        ratio = ms / in_module["first page"]
        print(f"{label:<30}{ms:8.2f}{over_http[label]:8.2f}      {ratio:.1f}")


def vary(database: Database) -> None:
    """Give the pictures of the other bench views, styles, marks and tags."""
    with database.write() as connection:
        connection.execute(
            """UPDATE gallery SET style = iif(seq % 5 = 0, 'ink', ''), favourite = (seq % 100 = 0),
               view = CASE seq % 4 WHEN 0 THEN 'front' WHEN 1 THEN 'back' WHEN 2 THEN 'side'
                      ELSE 'quarter' END"""
        )
        connection.execute("INSERT INTO gallery_tags SELECT 'cover', seq FROM gallery WHERE seq % 200 = 3")


def draw(app: RunningApp) -> None:
    """Drafts of characters that are known and new, beside a whole picture of the usual size."""
    dice = random.Random()
    numbers = itertools.count()

    def draft(**query: Any) -> Callable[[], None]:
        values = {"prompt": "elf ranger with red hair, green cloak", "page": "bench", **query}
        return lambda: _get(app.client, values)

    def turned() -> None:
        draft(yaw=(next(numbers) * 7 + dice.random()) % 360)()

    def new() -> None:
        draft(seed=dice.randrange(2**40))()

    def finished() -> None:
        made = app.generate(prompt="elf ranger with red hair, green cloak", seed=dice.randrange(2**40))
        app.wait(made["generation_id"], 120)

    while app.client.get("/studio/draft", params={"prompt": "warm up"}, timeout=240).status_code != 200:
        pass
    calls: dict[str, Callable[[], None]] = {
        "known, remembered": draft(),
        "known, another angle": turned,
        "a new character": new,
        "finished 512 × 768, new": finished,
    }
    times: dict[str, list[float]] = {label: [] for label in calls}
    for _ in range(DRAFTS):  # in turns, so that a busy machine is as busy for each
        for label, call in calls.items():
            times[label].append(timed(call))
    rows = {label: statistics.median(taken) for label, taken in times.items()}
    print("\ndrafts of 256 × 384 over HTTP, p50")
    for label, ms in rows.items():
        share = ms / rows["finished 512 × 768, new"]
        print(f"{label:<30}{ms:8.1f} ms   {share:6.3f} of a finished picture")


def thumbnails(app: RunningApp) -> None:
    """The first wish for each of a page, then the same page again."""
    made = [app.generate(prompt="a fox", seed=number, width=64, height=96) for number in range(THUMBNAILS)]
    for one in made:
        app.wait(one["generation_id"], 240)
        photo(app.storage / "outputs" / one["generation_id"] / "output.png")
    cards = app.client.get("/studio/gallery", params={"limit": THUMBNAILS}).json()["pictures"]

    def page() -> None:
        with ThreadPoolExecutor(6) as pool:  # as many as a browser asks for at once
            list(pool.map(lambda card: app.client.get(f"/{card['thumbnail']}").raise_for_status(), cards))

    first, again = timed(page), timed(page)
    print(f"\nthumbnails of {THUMBNAILS} pictures of 832 × 1216, each")
    print(f"{'made':<30}{first / THUMBNAILS:8.2f} ms")
    print(f"{'served again':<30}{again / THUMBNAILS:8.2f} ms   {again / first:6.3f} of making them")


def photo(path: Path) -> None:
    """Put a picture that looks like a finished one in the place of a small one."""
    noise = Image.effect_noise((832, 1216), 60).filter(ImageFilter.GaussianBlur(3))
    Image.merge("RGB", [noise, noise.rotate(180), noise]).save(path)


def timed(call: Callable[[], None]) -> float:
    """How long a call took, in milliseconds."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _get(client: httpx.Client, query: dict[str, Any]) -> None:
    client.get("/studio/draft", params=query, timeout=120).raise_for_status()


if __name__ == "__main__":
    main()
