"""The interface in a real browser: words in, a picture out, again after a reload, on any screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import Watched, open_page, open_studio_page, reload
from tests.conftest import RunningApp
from tests.ui_fixtures import (
    PROMPT,
    browser,
    busy,
    forgive,
    generate,
    in_use,
    job_of,
    lasting,
    patience,
    studio,
    watched,
)

__all__ = ["browser", "busy", "in_use", "lasting", "patience", "studio", "watched"]

PICTURE = "#result img[src^='outputs/']"
PHONE, DESK = (390, 844), (1440, 900)


def assert_picture_is_seen(page: Page, job_id: str) -> None:
    """The job's picture is there, decoded by the browser, and says in words what it shows."""
    picture = page.locator(f"#result img[src='outputs/{job_id}/output.png']")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('#result img').naturalWidth > 0")
    assert picture.evaluate("img => [img.naturalWidth, img.naturalHeight]") == [512, 768]
    assert PROMPT in (picture.get_attribute("alt") or "")


def assert_it_fits(page: Page, job_id: str, size: tuple[int, int], target: Path) -> None:
    """The picture is seen, and nothing is wider than the screen."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert_picture_is_seen(page, job_id)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.screenshot(path=target, animations="disabled", full_page=True)
    assert target.stat().st_size > 10_000


def brightness(page: Page) -> int:
    """Of the page's ground, up to 765."""
    return page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3)"
        ".reduce((sum, part) => sum + Number(part), 0)"
    )


def test_words_become_a_picture_that_a_reload_and_a_dark_phone_show_again(
    watched: Watched, browser: Browser, studio: RunningApp, tmp_path: Path
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
    width, height = PHONE
    with open_page(browser, studio.url, width=width, height=height, scheme="dark") as elsewhere:
        there = elsewhere.page
        open_studio_page(there, f"/?job={job_id}")
        assert_picture_is_seen(there, job_id)
        for size in (PHONE, DESK):
            assert_it_fits(there, job_id, size, tmp_path / f"dark-{size[0]}.png")
        assert brightness(there) < 384
        assert elsewhere.complaints == []


def test_a_phone_goes_to_the_picture_by_itself_and_a_desk_has_it_in_sight(
    lasting: Watched, tmp_path: Path
) -> None:
    page = lasting.page
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    job_id = generate(page)
    assert_picture_is_seen(page, job_id)
    expect(page.locator(PICTURE)).to_be_in_viewport(ratio=0.8)
    assert_it_fits(page, job_id, PHONE, tmp_path / "phone.png")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(PICTURE)).to_be_in_viewport(ratio=0.8)
    assert_it_fits(page, job_id, DESK, tmp_path / "desk.png")
    assert brightness(page) > 384


def test_what_is_wrong_is_said(lasting: Watched) -> None:
    page = lasting.page
    before = page.url
    for prompt, seed, words in (
        ("", "", "Describe the character first"),
        (PROMPT, "many", "A seed is a whole number"),
    ):
        page.locator("#prompt textarea").fill(prompt)
        page.locator("#seed").get_by_role("textbox").fill(seed)
        page.locator("#generate").click()
        expect(page.get_by_text(words)).to_be_visible()
        assert page.url == before, "nothing was begun"


def test_an_empty_seed_is_a_new_one_each_time(lasting: Watched, studio: RunningApp) -> None:
    first, second = generate(lasting.page), generate(lasting.page)
    seeds = {studio.client.get(f"/generations/{job_id}").json()["seed"] for job_id in (first, second)}
    assert len(seeds) == 2


def test_an_example_fills_the_form(lasting: Watched) -> None:
    lasting.page.get_by_role("button", name="Cyberpunk").click()
    expect(lasting.page.locator("#prompt textarea")).to_have_value(re.compile("cyberpunk"))
    expect(lasting.page.locator("#clothing").get_by_role("textbox")).to_have_value(re.compile("jacket"))


def test_an_address_with_an_unknown_job_says_so(browser: Browser, studio: RunningApp) -> None:
    with open_page(browser, studio.url) as watched:
        open_studio_page(watched.page, "/?job=%3Cb%3Egone%3C/b%3E")
        alert = watched.page.locator("#result [role=alert]")
        expect(alert).to_contain_text("Generation not found: <b>gone</b>")
        expect(watched.page.locator("#cancel")).to_be_disabled()
        assert watched.complaints == []


def test_cancel_stops_what_is_shown(lasting: Watched, studio: RunningApp, busy: Callable[[], None]) -> None:
    page = lasting.page
    expect(page.locator("#cancel")).to_be_disabled()
    job_id = generate(page)
    expect(page.locator("#result")).to_contain_text("Waiting for a free server")
    page.locator("#cancel").click()
    expect(page.locator("#result")).to_contain_text("Cancelled")
    expect(page.locator("#cancel")).to_be_disabled()
    recorded = studio.client.get(f"/generations/{job_id}").json()
    assert recorded["message"] == "Generation was cancelled"
    assert recorded["output_files"] == []
    forgive(lasting, "/studio/")  # drafts cannot be drawn meanwhile


def test_a_newer_job_takes_the_page_over(
    lasting: Watched, studio: RunningApp, busy: Callable[[], None]
) -> None:
    page = lasting.page
    older = generate(page)
    expect(page.locator("#result")).to_contain_text("Waiting for a free server")
    newer = generate(page)
    assert older != newer
    busy()
    assert_picture_is_seen(page, newer)
    assert studio.wait(older)["status"] == "completed"
    assert_picture_is_seen(page, newer)
    forgive(lasting, "/studio/")  # drafts could not be drawn meanwhile


def test_the_form_is_used_by_keyboard_alone(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    before = page.url
    page.locator("#prompt textarea").fill(PROMPT)
    page.get_by_label("Back").press("Space")
    expect(page.get_by_label("Back")).to_be_checked()
    page.locator("#prompt textarea").press("Shift+Enter")
    page.wait_for_function("before => location.href !== before", arg=before)
    recorded = studio.wait(job_of(page, "job"))
    assert [output["pose_type"] for output in recorded["output_files"]] == ["back"]
    expect(page.locator(f"#result img[src^='outputs/{recorded['generation_id']}/']")).to_be_visible()
