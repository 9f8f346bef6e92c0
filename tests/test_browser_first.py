"""A new visitor of a cold studio, a stranger at its door, and an engine that dies and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import open_page, open_studio_page, reload
from tests.conftest import StartApp
from tests.engine_fixtures import RunningEngine, start_engine, stop_engine
from tests.ui_fixtures import PROMPT, browser, generate, patience

__all__ = ["browser", "patience"]

PICTURE = "#result img[src^='outputs/']"
COLD_MS = 180_000  # whatever machine this is
NAME, PASSWORD = "ada", "correct horse"


def test_a_new_visitor_makes_an_avatar_in_two_actions_while_the_engine_gets_ready(
    browser: Browser, start_app: StartApp, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    engine = start_engine(tmp_path / "engine", module=("tests.engine_that_waits", str(ready)))
    try:
        app = start_app(STUDIO_ENGINE_URL=engine.url)
        with open_page(browser, app.url) as watched:
            page = watched.page
            page.goto("/")  # the page that says that the interface is starting goes on by itself
            page.locator("#generate").wait_for(timeout=COLD_MS)
            page.get_by_role("button", name="Warrior").click()
            expect(page.locator(".getting-ready")).to_contain_text("first start only")
            page.locator("#generate").click()
            expect(page.locator("#result [role=status]")).to_contain_text("first start only")
            ready.touch()
            page.locator(PICTURE).wait_for(timeout=COLD_MS)
            page.wait_for_function("document.querySelector('#result img').naturalWidth > 0")
            expect(page.locator(".getting-ready")).to_have_count(0)
            page.locator(".draft img[src^='studio/draft']").wait_for(timeout=COLD_MS)
            # A draft that waited for too long is refused, which browsers note.
            assert [one for one in watched.complaints if "/studio/" not in one] == []
    finally:
        stop_engine(engine)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    """An engine that a test can kill for longer than the studio would leave its own dead."""
    running = start_engine(tmp_path / "engine")
    yield running
    stop_engine(running)


def test_an_engine_is_killed_and_comes_back(
    browser: Browser, start_app: StartApp, engine: RunningEngine, tmp_path: Path
) -> None:
    app = start_app(STUDIO_ENGINE_URL=engine.url)
    app.wait_healthy()
    with open_page(browser, app.url) as watched:
        page = watched.page
        open_studio_page(page)
        app.wait(generate(page), 240)
        before = app.generate("generate_all_poses", width=768, height=1024)["generation_id"]
        job_id = generate(page)
        engine.process.kill()
        engine.process.wait()
        expect(page.locator("#banner [role=alert]")).to_contain_text("The embedded engine is not answering")
        expect(page.locator("#banner")).to_contain_text("goes on as soon as it is back")
        # Whoever loads the page meanwhile sees the same: the job, and why it does not go on.
        reload(watched)
        expect(page.locator("#banner [role=alert]")).to_be_visible()
        expect(page.locator("#result [role=status]")).to_be_visible()
        again = start_engine(tmp_path / "engine", "--port", engine.url.rpartition(":")[2])
        try:
            expect(page.locator("#banner .banner")).to_have_count(0)
            picture = page.locator(f"#result img[src='outputs/{job_id}/output.png']")
            picture.wait_for(timeout=COLD_MS)
            assert PROMPT in (picture.get_attribute("alt") or "")
            assert app.wait(before, 240)["status"] == "completed"
            # Drafts could not be drawn meanwhile, and browsers note every answer that is an error.
            assert [one for one in watched.complaints if "/studio/" not in one] == []
        finally:
            stop_engine(again)


def test_a_stranger_gets_in_by_name_and_password_only(browser: Browser, start_app: StartApp) -> None:
    app = start_app(STUDIO_USER=NAME, STUDIO_PASSWORD=PASSWORD)
    ask = "url => fetch(url).then(answer => answer.status)"
    with open_page(browser, app.url) as watched:
        page = watched.page
        page.goto("/?tab=queue")
        expect(page).to_have_url(re.compile("/login"))
        for path in (
            "/config",
            "/studio/gallery",
            "/outputs/x/output.png",
            "/studio/draft?prompt=elf",
            "/docs",
        ):
            assert page.evaluate(ask, path) == 401, path
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("body")).to_contain_text(re.compile("wrong|not right|do not fit", re.IGNORECASE))
        expect(page.locator("#generate")).to_have_count(0)
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator("#queue").wait_for(timeout=COLD_MS)  # where the stranger wanted to go
        assert page.evaluate(ask, "/studio/gallery") == 200
        # What is left of the session is of no use once somebody has signed out.
        page.goto("/logout")
        assert page.evaluate(ask, "/studio/gallery") == 401
        page.goto("/")
        expect(page.get_by_label("Password")).to_be_visible()
