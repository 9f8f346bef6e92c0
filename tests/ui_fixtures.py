"""What the tests of the interface share: one browser, one app, a page that must not complain."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import WAIT_MS, Watched, find_chromium, open_browser, open_page, open_studio_page
from tests.conftest import RunningApp

PROMPT = "female warrior, blue armor, long white hair"


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Expectations wait as long as this machine may need."""
    expect.set_options(timeout=WAIT_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of a file; without one, only a CI run fails."""
    if find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here; install one or name it with CHROMIUM")
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def studio(studio_with_interface: RunningApp) -> RunningApp:
    """The app that files with a browser share: nobody can count on being its only visitor ever."""
    return studio_with_interface


@pytest.fixture
def watched(browser: Browser, studio: RunningApp) -> Iterator[Watched]:
    """The studio's page, opened anew; a test fails when the page complained."""
    with open_page(browser, studio.url) as watched:
        open_studio_page(watched.page)
        yield watched
        assert not watched.complaints, watched.complaints


@pytest.fixture(scope="module")
def in_use() -> Iterator[list[tuple[Watched, ExitStack]]]:
    """The page that is `lasting`, once there is one."""
    pages: list[tuple[Watched, ExitStack]] = []
    yield pages
    for _, stack in pages:
        stack.close()


@pytest.fixture
def lasting(
    request: pytest.FixtureRequest,
    browser: Browser,
    studio: RunningApp,
    in_use: list[tuple[Watched, ExitStack]],
) -> Iterator[Watched]:
    """One page for many tests of a file, as the one before has left it."""
    if not in_use:
        stack = ExitStack()
        in_use.append((stack.enter_context(open_page(browser, studio.url)), stack))
        open_studio_page(in_use[0][0].page)
    watched, stack = in_use[0]
    failed = request.session.testsfailed
    yield watched
    # Whoever was not content with it leaves nothing behind.
    complaints = list(watched.complaints)
    watched.complaints.clear()
    if complaints or request.session.testsfailed > failed:
        in_use.clear()
        stack.close()
    assert not complaints, complaints


@pytest.fixture
def busy(studio: RunningApp) -> Iterator[Callable[[], None]]:
    """Nothing is drawn for now, as if there were much to do before; until somebody calls what this gives."""
    (server,) = studio.client.get("/avatarforge-controller/servers").json()["servers"]
    address = f"/avatarforge-controller/servers/{server['server_id']}"
    studio.client.post(f"{address}/pause").raise_for_status()

    def go_on() -> None:
        studio.client.post(f"{address}/resume").raise_for_status()

    yield go_on
    for job in studio.client.get("/studio/jobs?status=queued&limit=100").json()["jobs"]:
        studio.client.delete(f"/generations/{job['id']}")
    go_on()


def forgive(watched: Watched, *paths: str) -> None:
    """Browsers note every answer that is an error, also one that is meant."""
    watched.complaints[:] = [one for one in watched.complaints if not any(path in one for path in paths)]


def generate(page: Page, prompt: str = PROMPT, seed: str = "") -> str:
    """Fill the form, press Generate, and give the id of the new job once the address has it."""
    before = page.url
    page.locator("#prompt textarea").fill(prompt)
    page.locator("#seed").get_by_role("textbox").fill(seed)
    page.locator("#generate").click()
    page.wait_for_function("before => location.href !== before && /job=./.test(location.search)", arg=before)
    return job_of(page, "job")


def close_dialogs(page: Page) -> None:
    """Whatever lies over the page is put away."""
    page.evaluate("for (const one of document.querySelectorAll('dialog[open]')) one.close()")


def job_of(page: Page, name: str) -> str:
    """The job that the page's address names."""
    found = re.search(rf"[?&]{name}=([\w-]+)", page.url)
    assert found is not None, page.url
    return found[1]


def open_tab(page: Page, name: str) -> None:
    """Open a tab by its name."""
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


HOLD = """([name, pattern, whole]) => {
  const own = window.fetch, kept = [];
  window[name] = kept;
  window.fetch = async (path, options) => {
    const isMeant = !kept.open && new RegExp(pattern).test(`${options?.method || 'GET'} ${path}`);
    const wait = () => isMeant && new Promise((go) => { kept.push(go); });
    if (whole) await wait();
    const answer = await own(path, options);
    if (!whole) await wait();
    return answer;
  };
}"""


@dataclass(frozen=True)
class Held:
    """What a page asks for and does not get yet."""

    page: Page
    name: str

    def wait(self) -> None:
        """Wait until something is held."""
        self.page.wait_for_function("name => window[name].length > 0", arg=self.name)

    def let_go(self) -> None:
        """Let all of it through, the newest first, and give the page the time to take it in."""
        self.page.evaluate(
            "name => { window[name].open = true; for (const go of window[name].reverse()) go(); }", self.name
        )
        self.page.wait_for_timeout(300)


def hold_requests(page: Page, pattern: str) -> Held:
    """Keep what the page's scripts fetch (`METHOD path`) from being sent."""
    page.evaluate(HOLD, ["heldRequests", pattern, True])
    return Held(page, "heldRequests")


def hold_answers(page: Page, pattern: str) -> Held:
    """The same with what has been answered: when it comes, it is what was true before."""
    page.evaluate(HOLD, ["heldAnswers", pattern, False])
    return Held(page, "heldAnswers")
