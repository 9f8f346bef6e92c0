"""What the tests of the interface share: one browser, one app, a page that must not complain."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import WAIT_MS, Watched, find_chromium, open_browser, open_page, open_studio_page
from tests.conftest import RunningApp, start_app_process

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
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app with its interface."""
    running = start_app_process(tmp_path_factory.mktemp("browser"))
    running.wait_healthy()
    running.wait(running.generate()["generation_id"], 240)  # the first picture may wait for kernels
    yield running
    running.kill()


@pytest.fixture
def watched(browser: Browser, studio: RunningApp) -> Iterator[Watched]:
    """The studio's page; a test fails when the page complained."""
    with open_page(browser, studio.url) as watched:
        open_studio_page(watched.page)
        yield watched
        assert not watched.complaints, watched.complaints


@pytest.fixture
def busy(studio: RunningApp) -> Iterator[list[str]]:
    """So much work before everything else that a new job has to wait."""
    ids = [studio.generate("generate_all_poses", width=1024, height=1024)["generation_id"] for _ in range(12)]
    yield ids
    make_room(studio, ids)


def make_room(studio: RunningApp, ids: list[str]) -> None:
    """Throw the work away that keeps the engine busy."""
    while ids:
        assert studio.client.delete(f"/generations/{ids.pop()}").status_code == 200


def generate(page: Page, prompt: str = PROMPT, seed: str = "") -> str:
    """Fill the form, press Generate, and give the id of the new job once the address has it."""
    before = page.url
    page.locator("#prompt textarea").fill(prompt)
    page.locator("#seed").get_by_role("textbox").fill(seed)
    page.locator("#generate").click()
    page.wait_for_function("before => location.href !== before && /job=./.test(location.search)", arg=before)
    return job_of(page, "job")


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
