"""A real browser for tests and for the README's picture."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),  # a microphone that beeps
    "--autoplay-policy=no-user-gesture-required",
]
WAIT_MS = 60_000  # of a machine on which other tests draw

Scheme = Literal["light", "dark"]

_idle: dict[tuple[Browser, str], BrowserContext] = {}  # emptied visitors, whose caches are still warm


def find_chromium() -> str | None:
    """The browser named by CHROMIUM, or one that is installed."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in USUAL_PLACES if Path(place).is_file()), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            for key in [key for key in _idle if key[0] is browser]:
                del _idle[key]
            browser.close()


@dataclass
class Watched:
    """A page, with everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def open_page(
    browser: Browser,
    url: str,
    *,
    width: int = 1440,
    height: int = 900,
    scheme: Scheme = "light",
) -> Iterator[Watched]:
    """A page in a context of its own; a request to another host is a complaint too."""
    context = _idle.pop((browser, url), None) or browser.new_context(base_url=url)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    watched = Watched(page)
    page.on(
        "console",
        lambda message: (
            watched.complaints.append(f"{message.text} ({message.location.get('url', '')})")
            if message.type == "error"
            else None
        ),
    )
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((url, "data:", "blob:"))
            else watched.complaints.append(f"asked another host: {request.url}")
        ),
    )
    try:
        yield watched
    except BaseException:
        context.close()
        raise
    # Two at once are two visitors, each in a context of its own.
    if (browser, url) not in _idle and _has_forgotten(context, page):
        _idle[browser, url] = context
    else:
        context.close()


def _has_forgotten(context: BrowserContext, page: Page) -> bool:
    """Leave nothing of a visitor but what the cache holds, which saves a quarter of a page's time."""
    try:
        page.goto("/api/v1/health/live")  # where no script writes anything down again
        page.evaluate("localStorage.clear()")
        for one in context.pages:
            one.close()
        context.clear_cookies()
        context.clear_permissions()
        context.set_extra_http_headers({})
    except Error:  # the studio is gone, or the browser
        return False
    return True


LEFT = ("BodyStreamBuffer was aborted", "signal is aborted without reason", "Connection errored out")


def reload(watched: Watched) -> None:
    """Load the page again; that its stream breaks off by that is no complaint."""
    with _leaving(watched):
        watched.page.reload()
        _wait_for_interface(watched.page, watched.page.url)


def come_back(watched: Watched) -> None:
    """Go elsewhere and come back; that the stream breaks off by that is no complaint."""
    with _leaving(watched):
        address = watched.page.url
        watched.page.goto("/api/v1/health/live")
        open_studio_page(watched.page, address)


@contextmanager
def _leaving(watched: Watched) -> Iterator[None]:
    before = len(watched.complaints)
    yield
    watched.complaints[before:] = [
        one for one in watched.complaints[before:] if not any(words in one for words in LEFT)
    ]


def _wait_for_interface(page: Page, path: str) -> None:
    """Wait until the form is there; behind another tab it cannot be seen."""
    state = "attached" if "tab=" in path else "visible"
    page.locator("#generate").wait_for(state=state, timeout=3 * WAIT_MS)


def open_studio_page(page: Page, path: str = "/") -> None:
    """Go to the studio and wait until its interface is there."""
    page.goto(path)
    _wait_for_interface(page, path)


def take_readme_pictures(url: str, folder: Path) -> None:
    """Make the README's character in a running studio and photograph three of its tabs."""
    with open_browser() as browser, open_page(browser, url, width=1280, height=860) as watched:
        page = watched.page
        open_studio_page(page)
        page.locator("#prompt textarea").fill("female warrior, blue armor, long white hair")
        page.locator("#clothing").get_by_role("textbox").fill("red cape, silver trim")
        page.locator("#seed").get_by_role("textbox").fill("6")
        page.locator("#generate").click()
        page.locator("#result img[src^='outputs/']").wait_for()
        page.wait_for_function("document.querySelector('#result img').naturalWidth > 0")
        page.wait_for_function(
            "[...document.querySelectorAll('#style label')].slice(1, 6)"
            ".every(one => one.style.backgroundImage)"
        )
        page.evaluate("scrollTo(0, 0)")
        _photograph(page, folder / "studio.webp")
        page.get_by_role("button", name="Pose views").click()
        page.locator("#views-generate").click()
        page.wait_for_function("document.querySelectorAll('#views .view img').length === 4")
        page.locator("[data-view=front] [data-do=accept]").click()
        page.locator("[data-view=front].accepted").wait_for()
        page.wait_for_function("document.querySelector('.turning img').naturalWidth > 0")
        _photograph(page, folder / "studio-views.webp")
        _photograph_sheet(page, folder / "studio-sheet.webp")


def _photograph_sheet(page: Page, path: Path) -> None:
    """The sheet of the character whose views are on the page, with faces, a name and facts."""
    page.get_by_role("button", name="Character sheet").click()
    page.locator("[data-sheet-stage].filled img").wait_for()
    page.get_by_label("Game sheet").check()
    page.locator("#sheet-name").get_by_role("textbox").fill("Aldara")
    page.locator("#sheet-title").get_by_role("textbox").fill("Shield of the seven towns")
    page.get_by_text("Advanced").last.click()
    page.locator("#sheet-facts textarea").fill("Age: 24\nHome: Tiravel\nOath: To the last gate")
    page.get_by_text("Advanced").last.click()
    for name in ("expressions", "Add a portrait"):
        button = page.locator("#sheet-cells .adding > .row").get_by_role("button", name=name)
        button.click()
        button.wait_for(state="detached")
    page.wait_for_function("document.querySelectorAll('[data-cell] img').length >= 13", timeout=4 * WAIT_MS)
    page.wait_for_timeout(4000)  # the sheet is composed once more with each of them
    page.wait_for_function(
        "!document.querySelector('[data-sheet-stage][data-composing]')"
        " && document.querySelector('[data-sheet-stage] [data-size]').textContent",
        timeout=4 * WAIT_MS,
    )
    page.evaluate("scrollTo(0, 0)")
    _photograph(page, path)


def _photograph(page: Page, path: Path) -> None:
    """What is in sight, as the README keeps it."""
    Image.open(io.BytesIO(page.screenshot(animations="disabled"))).save(path, quality=82, method=6)


if __name__ == "__main__":
    # python -m tests.browser http://localhost:8000 docs/pictures
    take_readme_pictures(sys.argv[1], Path(sys.argv[2]))
