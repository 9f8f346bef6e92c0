"""The gallery in a real browser: found, marked, compared, deleted, taken back, and settings out of files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.bench.listing import RARE, fill
from tests.browser import Watched
from tests.conftest import RunningApp, start_app_process
from tests.studio_fixtures import StandInServer, open_jobs
from tests.ui_fixtures import (
    browser,
    close_dialogs,
    forgive,
    hold_answers,
    in_use,
    lasting,
    open_tab,
    patience,
)

__all__ = ["browser", "in_use", "lasting", "patience"]

ROWS = 2_000
VIEWS = ("quarter", "side", "back", "front")  # the newest first
CARDS = ".gallery .grid > li"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with thousands of old records, and four pictures of its own on top."""
    folder = tmp_path_factory.mktemp("gallery")
    jobs = open_jobs(folder, StandInServer("embedded"))
    fill(jobs.database, ROWS)
    jobs.database.close()
    app = start_app_process(
        folder / "app", DATABASE_URL=f"sqlite:///{folder / 'studio.db'}", ENABLE_SCHEDULER="false"
    )
    app.wait_healthy()
    for view in reversed(VIEWS):  # one after the other, so that their order is known
        path = f"generate_pose?pose={view}"
        made = app.generate(path, prompt="red haired pirate", width=96, height=144, seed=7)
        assert app.wait(made["generation_id"], 240)["status"] == "completed"
    yield app
    app.kill()


@pytest.fixture
def watched(lasting: Watched) -> Iterator[Watched]:
    """The gallery as whoever opens it finds it; a test fails when the page complained."""
    open_gallery(lasting.page)
    yield lasting
    # The old records have no files: their small pictures are rightly missing.
    forgive(lasting, "/studio/thumbnails/")


AS_OPENED = """() => {
  const all = (selector) => document.querySelectorAll(`[data-gallery] ${selector}`);
  for (const one of all('[data-search], [data-filter]')) one.value = '';
  for (const one of all('[data-favourites], [data-bin]')) one.setAttribute('aria-pressed', 'false');
  for (const one of all('.grid > li')) one.dataset.old = '';
  for (const one of all('[data-filter=date]')) one.dispatchEvent(new Event('change', {bubbles: true}));
}"""


def open_gallery(page: Page) -> None:
    """Nothing searched, picked or opened, and the list fetched anew."""
    close_dialogs(page)
    open_tab(page, "Gallery")
    page.locator("[data-gallery] [data-search]").wait_for()
    page.evaluate(AS_OPENED)
    page.locator(f"{CARDS}:not([data-old])").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(f"{CARDS}[data-old]")).to_have_count(0)


def fill_form(page: Page) -> None:
    """Other settings than those that are to come."""
    close_dialogs(page)
    open_tab(page, "Single avatar")
    page.locator("#prompt textarea").fill("somebody else")
    page.locator("#seed").get_by_role("textbox").fill("1")
    page.locator("#view").get_by_role("radio", name="Front").check()
    open_tab(page, "Gallery")


def card(page: Page, view: str) -> str:
    """The place of one of our own four pictures."""
    return f"{CARDS}:nth-child({VIEWS.index(view) + 1})"


def pick(page: Page, *views: str) -> None:
    for view in views:
        page.locator(card(page, view)).hover()
        page.locator(f"{card(page, view)} [data-pick]").click()


def test_our_own_pictures_come_first_and_are_seen(watched: Watched) -> None:
    page = watched.page
    image = page.locator(f"{card(page, 'front')} img")
    expect(image).to_have_attribute("alt", "red haired pirate (Front)")
    page.wait_for_function("one => one.naturalWidth > 0", arg=image.element_handle())
    expect(page.locator("[data-count]")).to_contain_text("more than 1000")


def test_a_search_finds_the_rare_among_thousands(watched: Watched) -> None:
    page = watched.page
    page.locator("[data-search]").fill(RARE)
    expect(page.locator("[data-count]")).to_have_text(f"{ROWS // 1000} pictures")
    expect(page.locator(CARDS)).to_have_count(ROWS // 1000)
    page.locator("[data-search]").fill("nobodyhasthisword")
    expect(page.locator("[data-empty]")).to_be_visible()
    page.locator("[data-search]").fill("pirate")
    expect(page.locator(CARDS)).to_have_count(4)
    page.locator("[data-filter=view]").select_option("back")
    expect(page.locator(CARDS)).to_have_count(1)


def test_more_come_as_one_scrolls(watched: Watched) -> None:
    page = watched.page
    before = page.locator(CARDS).count()
    page.locator("[data-end]").scroll_into_view_if_needed()
    page.wait_for_function(f"document.querySelectorAll('{CARDS}').length > {before}")


def test_favourites_and_tags_are_kept(watched: Watched) -> None:
    page = watched.page
    page.locator(f"{card(page, 'front')} .open").focus()
    page.keyboard.press("f")
    expect(page.locator(card(page, "front"))).to_have_class("favourite")
    page.keyboard.press("Enter")
    page.locator("dialog [data-tagging] input").fill("cover")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .tags .chip")).to_contain_text("cover")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("dialog .full img")).to_have_attribute("alt", "red haired pirate (Back)")
    page.keyboard.press("Escape")
    open_gallery(page)  # fetched from the studio again
    page.locator("[data-favourites]").click()
    expect(page.locator(CARDS)).to_have_count(1)
    page.locator("[data-filter=tag]").select_option("cover")
    expect(page.locator(f"{CARDS} img")).to_have_attribute("alt", "red haired pirate (Front)")


def test_two_are_compared(watched: Watched) -> None:
    page = watched.page
    pick(page, "front", "back")
    page.locator("[data-act=compare]").click()
    expect(page.locator("dialog tbody tr")).to_have_count(1)
    expect(page.locator("dialog tbody")).to_contain_text("View")


def test_a_deletion_is_taken_back(watched: Watched) -> None:
    page = watched.page
    page.locator("[data-search]").fill("pirate")
    expect(page.locator(CARDS)).to_have_count(4)
    pick(page, "quarter", "side")
    page.locator("[data-act=delete]").click()
    expect(page.locator(CARDS)).to_have_count(2)
    page.locator("[data-toast] button").click()
    expect(page.locator(CARDS)).to_have_count(4)
    page.locator(f"{card(page, 'side')} .open").focus()
    page.keyboard.press("Delete")
    expect(page.locator(CARDS)).to_have_count(3)
    page.locator("[data-bin]").click()
    expect(page.locator(CARDS)).to_have_count(1)
    pick(page, "quarter")
    page.locator("[data-act=undelete]").click()
    expect(page.locator("[data-empty]")).to_be_visible()
    page.locator("[data-bin]").click()
    expect(page.locator(CARDS)).to_have_count(4)


def test_a_selection_is_downloaded(watched: Watched) -> None:
    page = watched.page
    pick(page, "front", "back")
    with page.expect_download() as begun:
        page.locator("[data-act=zip]").click()
    with zipfile.ZipFile(begun.value.path()) as archive:
        names = archive.namelist()
        assert len([name for name in names if name.endswith(".png")]) == 2
        assert len([name for name in names if name.startswith("recipes/")]) == 2
        assert archive.testzip() is None


def test_settings_are_used_again(watched: Watched) -> None:
    page = watched.page
    fill_form(page)
    page.locator(f"{card(page, 'side')} .open").click()
    page.locator("dialog [data-use]").click()
    expect(page.locator("#prompt textarea")).to_have_value("red haired pirate")
    expect(page.locator("#seed").get_by_role("textbox")).to_have_value("7")
    expect(page.locator("#view").get_by_role("radio", name="Side")).to_be_checked()


def test_a_dropped_file_restores_its_settings(watched: Watched, studio: RunningApp, tmp_path: Path) -> None:
    page = watched.page
    fill_form(page)
    newest = studio.client.get("/studio/gallery?limit=4&search=pirate").json()["pictures"][3]
    picture = httpx.get(f"{studio.url}/{newest['url']}", trust_env=False).content
    page.evaluate(
        """([bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], 'from-elsewhere.png', {type: 'image/png'}));
          document.querySelector('.gallery').dispatchEvent(
            new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data}));
        }""",
        [list(picture)],
    )
    expect(page.locator("#prompt textarea")).to_have_value("red haired pirate")
    expect(page.locator("#seed").get_by_role("textbox")).to_have_value("7")


def test_a_file_without_settings_is_said(watched: Watched, tmp_path: Path) -> None:
    from PIL import Image

    plain = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(plain, "PNG")
    watched.page.locator(".drop.slim input").set_input_files(
        {"name": "plain.png", "mimeType": "image/png", "buffer": plain.getvalue()}
    )
    expect(watched.page.locator("[data-toast]")).to_contain_text("holds no settings")
    forgive(watched, "/studio/restore")


def test_news_that_come_late_do_not_undo_a_search(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    news = hold_answers(page, r"^GET .*gallery\?limit=\d+$")
    made = studio.generate(prompt="slow goblin", width=96, height=96)
    news.wait()
    page.locator("[data-gallery] [data-search]").fill("red haired pirate")
    expect(page.locator(CARDS)).to_have_count(len(VIEWS))
    news.let_go()
    expect(page.locator(CARDS)).to_have_count(len(VIEWS))
    studio.client.delete(f"/avatarforge-controller/generations/{made['generation_id']}")


def test_a_new_picture_appears_by_itself(watched: Watched, studio: RunningApp) -> None:
    made = studio.generate(prompt="late goblin", width=96, height=96)
    expect(watched.page.locator(f"{CARDS} img").first).to_have_attribute("alt", "late goblin (Front)")
    studio.client.delete(f"/avatarforge-controller/generations/{made['generation_id']}")
