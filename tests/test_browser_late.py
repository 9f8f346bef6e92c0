"""A quick visitor of a slow studio, in a real browser: drafts and videos that come when nobody wants them."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import Watched
from tests.conftest import RunningApp
from tests.ui_fixtures import browser, busy, hold_answers, open_tab, patience, studio, watched

__all__ = ["browser", "busy", "patience", "studio", "watched"]


def test_drafts_are_of_the_words_that_are_there(watched: Watched) -> None:
    page = watched.page
    words = page.locator("#prompt textarea")
    draft = page.locator(".draft")
    words.fill("a monk")
    expect(draft.locator("img")).to_be_visible()
    drawing = hold_answers(page, "^POST studio/draft")
    words.fill("a monk, green robe")
    drawing.wait()
    words.fill("")
    expect(draft).to_be_hidden()
    drawing.let_go()
    expect(draft).to_be_hidden()

    # Whom the words describe is seen from any side, also when they were written before anybody looked.
    turned = page.locator(".turning img")
    words.fill("a green pirate")
    expect(draft.locator("img")).to_have_attribute("alt", re.compile("a green pirate$"))
    open_tab(page, "Pose views")
    expect(turned).to_have_attribute("alt", re.compile("^a green pirate"))
    open_tab(page, "Single avatar")
    words.fill("a red pirate")
    expect(draft.locator("img")).to_have_attribute("alt", re.compile("a red pirate$"))
    open_tab(page, "Pose views")
    expect(turned).to_have_attribute("alt", re.compile("^a red pirate"))
    open_tab(page, "Single avatar")
    words.fill("")
    open_tab(page, "Pose views")
    expect(turned).to_be_hidden()


def test_quick_presses_all_count(watched: Watched, studio: RunningApp, busy: Callable[[], None]) -> None:
    page = watched.page
    press = "names => names.forEach((name) => document.querySelector(name).click())"
    page.evaluate(press, [f"[role=tab][data-tab-id={tab}]" for tab in ("library", "gallery", "queue")])
    expect(page.locator("#queue")).to_contain_text("Nothing waits.")
    assert page.url.endswith("?tab=queue")

    made = [studio.generate(prompt=words)["generation_id"] for words in ("a smith", "a baker", "a miller")]
    rows = [f"[data-job='{one}']" for one in made]
    for row in rows:
        expect(page.locator(row)).to_be_visible()
    cancel = [f"{row} [data-do=cancel]" for row in rows]
    page.evaluate(press, [cancel[0], cancel[0], cancel[1], cancel[2]])
    for row in rows:
        expect(page.locator(f"{row}.cancelled")).to_be_visible()
    expect(page.locator("[data-testid=toast-body]")).to_have_count(0)  # nobody cancelled anything twice


def test_a_film_is_cancelled_once_and_its_choices_may_come_late(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    made = studio.client.post("/api/characters", json={"name": "Nora", "age": 25}).json()["data"]["id"]
    open_tab(page, "Characters")
    card = page.locator("#characters .grid > li").filter(has_text="Nora").locator(".open")
    card.click()
    film = page.locator("#characters [data-film]")
    film.wait_for()
    choices = hold_answers(page, "^GET .*video-choices$")
    film.locator("summary").click()
    choices.wait()
    page.locator("#characters [data-back]").click()
    expect(film).to_be_hidden()
    choices.let_go()

    card.click()
    film.locator("summary").click()
    film.locator("[data-film-form] [name=duration]").fill("20")
    expect(page.locator("#characters [data-toast]")).to_be_empty()  # nobody was told of what came late
    looking = hold_answers(page, "^GET .*/video/")
    film.locator("[data-film-form] button").click()
    looking.wait()
    cancel = film.locator("[data-film-cancel]")
    cancel.click()
    expect(cancel).to_be_disabled()
    looking.let_go()
    expect(film.locator(".film-run [role=alert]")).to_be_visible()
    studio.client.delete(f"/api/characters/{made}")
