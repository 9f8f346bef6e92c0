"""How quick the page is for people, and what it leaves behind: `python -m tests.bench.ui --generations 200`.

One browser, one app of its own. Prints a table; takes about a second for each generation.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from studio.records import jobs, open_database
from tests.browser import open_browser, open_page, open_studio_page
from tests.conftest import RunningApp, start_app_process

DRAFTS = 15
LOADS = 5
SIZE = "Small"
PROMPT = "elf ranger with red hair, green cloak"
COLD_S = 300.0
# Waits inside the page: asking from outside would count the way there and back as well.
UNTIL = """([selectors, known]) => new Promise((done) => {
  const isSeen = (one) => one.src !== known && one.complete && one.naturalWidth > 0;
  const look = () => {
    const found = [...document.querySelectorAll(selectors)];
    if (found.some((one) => one.tagName !== 'IMG' || isSeen(one))) done(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
CLICK = """() => {
  const now = performance.now();
  document.querySelector('#generate').click();
  return now;
}"""
DRAFT = ".draft img[src^='studio/draft']"
PICTURE = "#result img[src^='outputs/']"
QUEUED = "#result .working [role=status]"  # or the picture itself, when the engine was quicker than the page


@dataclass
class Run:
    """What was measured, in milliseconds and bytes."""

    drafts: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    interactive: dict[str, list[float]] = field(default_factory=lambda: {"first": [], "again": []})
    weight: dict[str, list[int]] = field(default_factory=lambda: {"first": [], "again": []})
    requests: dict[str, list[int]] = field(default_factory=lambda: {"first": [], "again": []})
    memory: list[int] = field(default_factory=list)
    temp: list[int] = field(default_factory=list)


def main() -> None:
    """Measure all of it, once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=20, help="how many pictures are made in a row")
    wanted = parser.parse_args()
    run = Run()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, open_browser() as browser:
        app = start_app_process(Path(name))
        try:
            app.wait_healthy()
            app.wait(app.generate(prompt=PROMPT)["generation_id"], COLD_S)
            load_pages(browser, app, run)
            with open_page(browser, app.url) as watched:
                open_studio_page(watched.page)
                draw_drafts(watched.page, run)
                generate(watched.page, app, run, wanted.generations)
        finally:
            app.kill()
    report(run, wanted.generations)


# ------------------------------------------------------------------- measuring


def load_pages(browser: Browser, app: RunningApp, run: Run) -> None:
    """Open the page as a new visitor and as one who was there before."""
    for _ in range(LOADS):
        context = browser.new_context(base_url=app.url, viewport={"width": 1440, "height": 900})
        for visit in ("first", "again"):
            page = context.new_page()
            sizes = weigh(page)
            begun = time.perf_counter()
            page.goto("/", wait_until="commit")
            page.locator("#generate").wait_for(timeout=COLD_S * 1000)
            # What is typed is kept by the page itself: only then it is alive.
            page.wait_for_function(
                "window.avatarforge && document.querySelector('#seed textarea, #seed input')?.value"
            )
            run.interactive[visit].append((time.perf_counter() - begun) * 1000)
            page.wait_for_timeout(500)
            run.weight[visit].append(sum(sizes.values()))
            run.requests[visit].append(len(sizes))
            page.close()
        context.close()


def weigh(page: Page) -> dict[str, int]:
    """What comes over the wire from now on, by request; what the browser kept is none of it."""
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def finished(event: dict[str, Any]) -> None:
        if event["encodedDataLength"] > 0:
            sizes[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    return sizes


def draw_drafts(page: Page, run: Run) -> None:
    """Change a word of a known character, and of a new one each time."""
    prompt = page.locator("#prompt textarea")
    prompt.fill(PROMPT)
    page.locator(DRAFT).wait_for(timeout=COLD_S * 1000)
    for number in range(DRAFTS):
        known = page.locator(".draft img").evaluate("one => one.src")
        begun = page.evaluate("performance.now()")
        prompt.fill(f"{PROMPT}, {'blue' if number % 2 else 'green'} eyes, number {number}")
        run.drafts.append(page.evaluate(UNTIL, [DRAFT, known]) - begun)


def generate(page: Page, app: RunningApp, run: Run, count: int) -> None:
    """Make pictures one after the other in one window, and look at what is left behind on the way."""
    page.locator("#scale").get_by_label(SIZE).check()
    database = open_database(app.folder / "avatarforge.db")
    epoch_ms = page.evaluate("performance.timeOrigin")
    for number in range(count):
        if number in {0, count // 2}:
            take_stock(app, run)
        known = page.evaluate("selector => document.querySelector(selector)?.src || ''", PICTURE)
        begun = page.evaluate(CLICK)
        run.shown.append(page.evaluate(UNTIL, [f"{QUEUED}, {PICTURE}", known]) - begun)
        seen = page.evaluate(UNTIL, [PICTURE, known])
        page.wait_for_function(
            "known => !known.includes(new URL(location).searchParams.get('job'))", arg=known
        )
        job = jobs.get(database, page.evaluate("new URL(location).searchParams.get('job')"))
        assert job is not None
        assert job.completed_at is not None
        # The clocks of the page and of the records are those of one machine.
        run.finished.append(epoch_ms + seen - job.completed_at * 1000)
    take_stock(app, run)
    database.close()


def take_stock(app: RunningApp, run: Run) -> None:
    """The app's memory, and what lies in Gradio's temp folder."""
    run.memory.append(resident(app.process.pid))
    run.temp.append(sum(path.stat().st_size for path in files_below(app.storage / "temp" / "gradio")))


def files_below(folder: Path) -> Iterator[Path]:
    """Every file of a folder that may not be there."""
    return (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else iter(())


def resident(pid: int) -> int:
    """The memory of a process in bytes, where the system tells; else 0."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


# ------------------------------------------------------------------- reporting


def report(run: Run, generations: int) -> None:
    """One table; where something repeats, the median and the slowest of twenty."""

    def row(label: str, values: list[float], unit: str = "ms") -> None:
        ordered = sorted(values)
        late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        print(f"{label:<46}{statistics.median(ordered):10.0f}{late:10.0f} {unit}")

    print(f"{'':<46}{'p50':>10}{'p95':>10}")
    row("draft after a change", run.drafts)
    row("submit -> queued shown", run.shown)
    row("finished -> picture shown", run.finished)
    for visit, label in (("first", "a first visit"), ("again", "a later visit")):
        row(f"time to interactive, {label}", run.interactive[visit])
        row(f"page weight, {label}", [one / 1000 for one in run.weight[visit]], "kB")
        row(f"requests, {label}", [float(one) for one in run.requests[visit]], "")
    half = generations // 2
    print(f"\n{'after generations':<46}{0:>10}{half:>10}{generations:>10}")
    megabytes: Callable[[int], str] = lambda one: f"{one / 1e6:10.1f}"  # noqa: E731
    print(f"{'memory of the app':<46}{''.join(map(megabytes, run.memory))} MB")
    print(f"{'Gradio temp folder':<46}{''.join(map(megabytes, run.temp))} MB")


if __name__ == "__main__":
    sys.exit(main())
