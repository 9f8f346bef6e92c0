"""A new visitor of a cold studio, and an engine that dies and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import open_page, open_studio_page, reload
from tests.conftest import RunningApp, start_app_process
from tests.engine_fixtures import RunningEngine, start_engine, stop_engine
from tests.ui_fixtures import PROMPT, browser, generate, patience

__all__ = ["browser", "patience"]

PICTURE = "#result img[src^='outputs/']"
COLD_MS = 180_000  # whatever machine this is


@dataclass(frozen=True)
class Cold:
    """A studio that has just been started, and its engine, which a test can kill for as long as it likes."""

    app: RunningApp
    engine: RunningEngine
    ready: Path  # the engine waits for this file


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cold]:
    """One for both tests, the second of which does not care whether somebody was there before."""
    folder = tmp_path_factory.mktemp("cold")
    ready = folder / "ready"
    engine = start_engine(folder / "engine", module=("tests.engine_that_waits", str(ready)))
    try:
        app = start_app_process(folder / "app", STUDIO_ENGINE_URL=engine.url)
        yield Cold(app, engine, ready)
        app.kill()
    finally:
        stop_engine(engine)


def test_a_new_visitor_makes_an_avatar_in_two_actions_while_the_engine_gets_ready(
    browser: Browser, cold: Cold
) -> None:
    with open_page(browser, cold.app.url) as watched:
        page = watched.page
        page.goto("/")  # the page that says that the interface is starting goes on by itself
        page.locator("#generate").wait_for(timeout=COLD_MS)
        page.get_by_role("button", name="Warrior").click()
        expect(page.locator(".getting-ready")).to_contain_text("first start only")
        page.locator("#generate").click()
        expect(page.locator("#result [role=status]")).to_contain_text("first start only")
        cold.ready.touch()
        page.locator(PICTURE).wait_for(timeout=COLD_MS)
        page.wait_for_function("document.querySelector('#result img').naturalWidth > 0")
        expect(page.locator(".getting-ready")).to_have_count(0)
        page.locator(".draft img[src^='studio/draft']").wait_for(timeout=COLD_MS)
        # A draft that waited for too long is refused, which browsers note.
        assert [one for one in watched.complaints if "/studio/" not in one] == []


def test_an_engine_is_killed_and_comes_back(browser: Browser, cold: Cold) -> None:
    cold.ready.touch()
    app, engine = cold.app, cold.engine
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
        again = start_engine(engine.base, "--port", engine.url.rpartition(":")[2])
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
