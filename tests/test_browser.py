"""The interface in a real browser: words in, a picture out, again after a reload, on any screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Scheme, Watched, open_page, open_studio_page, reload
from tests.conftest import RunningApp
from tests.ui_fixtures import PROMPT, browser, busy, generate, make_room, patience, studio, watched

__all__ = ["browser", "busy", "patience", "studio", "watched"]

PICTURE = "#result img[src^='outputs/']"


def assert_picture_is_seen(page: Page, job_id: str) -> None:
    """The job's picture is there, decoded by the browser, and says in words what it shows."""
    picture = page.locator(f"#result img[src='outputs/{job_id}/output.png']")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('#result img').naturalWidth > 0")
    assert picture.evaluate("img => [img.naturalWidth, img.naturalHeight]") == [512, 768]
    assert PROMPT in (picture.get_attribute("alt") or "")


def test_words_become_a_picture_that_a_reload_shows_again(
    watched: Watched, browser: Browser, studio: RunningApp
) -> None:
    page = watched.page
    seed = "9007199254740993"  # one more than numbers in a browser can hold
    job_id = generate(page, seed=seed)
    assert_picture_is_seen(page, job_id)
    recorded = studio.client.get(f"/generations/{job_id}").json()
    assert recorded["status"] == "completed"
    assert str(recorded["seed"]) == seed
    expect(page.locator("#result .chips")).to_contain_text(f"Seed {seed}")
    for note in recorded["notes"]:
        expect(page.locator("#result")).to_contain_text(note, ignore_case=True)

    reload(watched)
    assert_picture_is_seen(page, job_id)
    with open_page(browser, studio.url) as elsewhere:
        open_studio_page(elsewhere.page, f"/?job={job_id}")
        assert_picture_is_seen(elsewhere.page, job_id)
        assert elsewhere.complaints == []


def test_an_empty_seed_is_a_new_one_each_time(watched: Watched, studio: RunningApp) -> None:
    first, second = generate(watched.page), generate(watched.page)
    seeds = {studio.client.get(f"/generations/{job_id}").json()["seed"] for job_id in (first, second)}
    assert len(seeds) == 2


def test_an_example_fills_the_form(watched: Watched) -> None:
    watched.page.get_by_role("button", name="Cyberpunk").click()
    expect(watched.page.locator("#prompt textarea")).to_have_value(re.compile("cyberpunk"))
    expect(watched.page.locator("#clothing").get_by_role("textbox")).to_have_value(re.compile("jacket"))


def test_the_form_is_used_by_keyboard_alone(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    page.locator("#prompt textarea").fill(PROMPT)
    page.get_by_label("Back").press("Space")
    expect(page.get_by_label("Back")).to_be_checked()
    page.locator("#prompt textarea").press("Shift+Enter")
    page.locator(PICTURE).wait_for()
    found = re.search(r"job=([\w-]+)", page.url)
    assert found is not None
    recorded = studio.client.get(f"/generations/{found[1]}").json()
    assert [output["pose_type"] for output in recorded["output_files"]] == ["back"]


@pytest.mark.parametrize(
    ("prompt", "seed", "words"),
    [("", "", "Describe the character first"), (PROMPT, "many", "A seed is a whole number")],
)
def test_what_is_wrong_is_said(watched: Watched, prompt: str, seed: str, words: str) -> None:
    page = watched.page
    page.locator("#prompt textarea").fill(prompt)
    page.locator("#seed").get_by_role("textbox").fill(seed)
    page.locator("#generate").click()
    expect(page.get_by_text(words)).to_be_visible()
    assert "job=" not in page.url


def test_an_address_with_an_unknown_job_says_so(browser: Browser, studio: RunningApp) -> None:
    with open_page(browser, studio.url) as watched:
        open_studio_page(watched.page, "/?job=%3Cb%3Egone%3C/b%3E")
        alert = watched.page.locator("#result [role=alert]")
        expect(alert).to_contain_text("Generation not found: <b>gone</b>")
        expect(watched.page.locator("#cancel")).to_be_disabled()
        assert watched.complaints == []


def test_cancel_stops_what_is_shown(watched: Watched, studio: RunningApp, busy: list[str]) -> None:
    page = watched.page
    expect(page.locator("#cancel")).to_be_disabled()
    job_id = generate(page)
    expect(page.locator("#result")).to_contain_text("Waiting for a free server")
    page.locator("#cancel").click()
    expect(page.locator("#result")).to_contain_text("Cancelled")
    expect(page.locator("#cancel")).to_be_disabled()
    recorded = studio.client.get(f"/generations/{job_id}").json()
    assert recorded["message"] == "Generation was cancelled"
    assert recorded["output_files"] == []


def test_a_newer_job_takes_the_page_over(watched: Watched, studio: RunningApp, busy: list[str]) -> None:
    page = watched.page
    older = generate(page)
    expect(page.locator("#result")).to_contain_text("Waiting for a free server")
    newer = generate(page)
    assert older != newer
    make_room(studio, busy)
    assert_picture_is_seen(page, newer)
    assert studio.wait(older)["status"] == "completed"
    assert_picture_is_seen(page, newer)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_it_fits_the_screen(
    browser: Browser, studio: RunningApp, tmp_path: Path, scheme: Scheme, width: int, height: int
) -> None:
    with open_page(browser, studio.url, width=width, height=height, scheme=scheme) as watched:
        page = watched.page
        open_studio_page(page)
        job_id = generate(page)
        assert_picture_is_seen(page, job_id)
        target = tmp_path / f"{scheme}-{width}.png"
        page.screenshot(path=target, animations="disabled", full_page=True)
        assert target.stat().st_size > 10_000
        assert page.evaluate("document.documentElement.scrollWidth") == width
        # Seen without scrolling: on a phone the page went to the picture by itself.
        expect(page.locator(PICTURE)).to_be_in_viewport(ratio=0.8)
        brightness = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3)"
            ".reduce((sum, part) => sum + Number(part), 0)"
        )
        assert (brightness > 384) == (scheme == "light")
        assert watched.complaints == []
