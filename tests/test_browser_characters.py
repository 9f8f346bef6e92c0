"""Characters and their library in a real browser: made, changed, drawn, decided, described, taken back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import WAIT_MS, Watched, come_back, open_page, open_studio_page
from tests.conftest import RunningApp, start_app_process
from tests.ui_fixtures import (
    browser,
    close_dialogs,
    hold_answers,
    hold_requests,
    in_use,
    job_of,
    lasting,
    open_tab,
    patience,
)

__all__ = ["browser", "in_use", "lasting", "patience"]

PEOPLE = "#characters .grid > li"
ITEMS = "#library .grid > li"
SIZE = {"width": 128, "height": 192}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with one character, of whom there are three pictures."""
    app = start_app_process(tmp_path_factory.mktemp("characters"), RATE_LIMIT_ENABLED="false")
    app.wait_healthy()
    looks = {"hair_color": "brown", "eye_color": "blue", "gender": "woman"}
    made = app.client.post("/api/characters", json={"name": "Mira", "age": 25, "appearance": looks})
    mira = made.json()["data"]["id"]
    for scene in ("in a cafe", "waving", "reading a book"):
        asked = {"prompt": scene, **SIZE, "steps": 2}
        job = app.client.post(f"/api/characters/{mira}/generate/image", json=asked).json()["data"]["job_id"]
        assert app.wait(job, 240)["status"] == "completed"  # the first picture may wait for kernels
    yield app
    app.kill()


@pytest.fixture
def watched(browser: Browser, studio: RunningApp) -> Iterator[Watched]:
    """A page; a test fails when it complained."""
    with open_page(browser, studio.url) as watched:
        yield watched
        assert watched.complaints == []


def open_room(page: Page, tab: str, room: str) -> None:
    """Open a tab; what its list shows now is marked, to be told from what is fetched next."""
    close_dialogs(page)
    open_tab(page, tab)
    expect(page.locator(f"{room} [data-count]")).not_to_be_empty()
    page.locator(f"{room} .grid > li").evaluate_all("all => all.forEach((one) => { one.dataset.old = ''; })")


def wait_for_list(page: Page, items: str) -> None:
    """Wait until the list has been fetched since it was marked."""
    expect(page.locator(f"{items}[data-old]")).to_have_count(0)
    page.locator(items).first.wait_for()


def people(page: Page) -> Locator:
    """The cards of all characters."""
    open_room(page, "Characters", "#characters")
    back = page.locator("#characters [data-back]")
    if back.is_visible():
        back.click()
    else:
        page.locator("#characters [data-search]").dispatch_event("input")
    wait_for_list(page, PEOPLE)
    return page.locator(PEOPLE)


def library(page: Page) -> Locator:
    """The cards of the library."""
    open_room(page, "Library", "#library")
    for part in ("search", "filter=status", "filter=character", "filter=type"):
        page.locator(f"#library [data-{part}]").evaluate("one => { one.value = ''; }")
    page.locator("#library [data-filter=type]").dispatch_event("change")
    wait_for_list(page, ITEMS)
    return page.locator(ITEMS)


def open_mira(page: Page) -> None:
    """The editor of the first character."""
    people(page).filter(has_text="Mira").locator(".open").click()
    name = page.locator("#characters .editor h2")
    expect(name).to_be_visible()  # who was edited before is there still, but hidden
    expect(name).to_have_text("Mira")


def shown(page: Page, image: Locator) -> None:
    """Wait until a picture is there as a picture."""
    page.wait_for_function("one => one.complete && one.naturalWidth > 0", arg=image.element_handle())


def test_a_character_from_a_sentence_is_drawn_changed_and_kept(lasting: Watched) -> None:
    page = lasting.page
    people(page)
    page.locator("#characters [data-words]").fill("a cheerful elf ranger, short silver hair, green eyes")
    page.locator("#characters [data-from-words]").click()
    editor = page.locator("#characters .editor")
    expect(editor.locator("[data-field='appearance.hair_color']")).to_have_value(re.compile("silver"))
    expect(editor.locator("[data-field='appearance.eye_color']")).to_have_value(re.compile("green"))
    mood = editor.locator("[data-field='appearance.expression']")
    expect(mood).to_have_value("happy")
    expect(mood.locator(":checked")).to_have_text("Happy")
    draft = editor.locator("[data-draft]")
    shown(page, draft)
    before = draft.get_attribute("src")
    editor.locator("[data-field='name']").fill("Lyra")
    editor.locator("[data-field='appearance.hair_color']").fill("red")
    expect(editor.locator("[data-saved]")).to_have_text("Saved")
    expect(draft).not_to_have_attribute("src", before or "")
    page.locator("#characters [data-back]").click()
    expect(page.locator(PEOPLE).first).to_contain_text("Lyra")
    page.locator(f"{PEOPLE}:first-child .open").click()
    expect(editor.locator("[data-field='appearance.hair_color']")).to_have_value("red")
    mood.select_option("angry")
    expect(editor.locator("[data-saved]")).to_have_text("Saved")
    page.locator("#characters [data-back]").click()
    page.locator(f"{PEOPLE}:first-child .open").click()
    expect(mood).to_have_value("angry")
    page.locator("#characters [data-delete]").click()
    expect(page.locator(PEOPLE).filter(has_text="Lyra")).to_have_count(0)
    page.locator("#characters [data-toast] button").click()
    expect(editor).to_be_visible()
    expect(editor.locator("h2")).to_have_text("Lyra")


def test_what_was_typed_is_kept_by_whoever_leaves_at_once(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    studio.client.post("/api/characters", json={"name": "Lea"})
    people(page).filter(has_text="Lea").locator(".open").click()
    place = page.locator("#characters [data-field=location]")
    place.fill("Lisbon")
    page.locator("#characters [data-back]").click()
    lea = page.locator(PEOPLE).filter(has_text="Lea")
    expect(lea).to_contain_text("Lisbon")
    lea.locator(".open").click()
    place.fill("Porto")
    come_back(lasting)
    expect(place).to_have_value("Porto")


def test_what_is_slow_to_be_saved_does_not_replace_what_was_typed_after_it(lasting: Watched) -> None:
    page = lasting.page
    people(page).filter(has_text="Mira").first.locator(".open").click()
    place = page.locator("#characters [data-field=location]")
    saving = hold_requests(page, "^PUT ")
    place.fill("Nantes")
    saving.wait()
    place.fill("Rennes")
    page.wait_for_timeout(1000)  # longer than typing waits before it is saved
    saving.let_go()
    expect(page.locator("#characters [data-saved]")).to_have_text("Saved")
    page.locator("#characters [data-back]").click()
    expect(page.locator(PEOPLE).filter(has_text="Mira").first).to_contain_text("Rennes")


def test_pictures_and_sets_of_a_character_come_as_they_are_made(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    open_mira(page)
    pictures = page.locator("#characters [data-pictures] img")
    expect(pictures).to_have_count(3)
    costumes = page.locator("#characters [data-set=costumes]")
    page.locator("#characters summary").filter(has_text="costumes").click()
    costumes.locator("textarea").fill("red evening gown\nschool uniform")
    costumes.get_by_role("button").click()
    expect(pictures).to_have_count(5)
    found = studio.client.get("/api/content/library", params={"limit": 2}).json()["data"]["items"]
    assert {"gown" in one["prompt"] or "uniform" in one["prompt"] for one in found} == {True}


def test_the_newest_list_of_her_pictures_stays(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    studio.client.post("/api/characters", json={"name": "Ida"})
    people(page).filter(has_text="Ida").locator(".open").click()
    pictures = page.locator("#characters [data-pictures] img")
    expect(page.locator("#characters [data-no-pictures]")).to_be_visible()
    lists = hold_answers(page, r"^GET .*content/library\?character_id")
    page.locator("#characters [data-generate] button").click()
    lists.wait()  # the studio has answered before there was anything
    page.wait_for_function("window.heldAnswers.length > 2", timeout=4 * WAIT_MS)
    lists.let_go()
    expect(pictures).to_have_count(1)


def test_a_style_is_added_made_the_default_and_taken_away(lasting: Watched) -> None:
    page = lasting.page
    open_mira(page)
    form = page.locator("#characters [data-new-style]")
    form.locator("[name=name]").fill("Ink")
    form.locator("[name=prompt_prefix]").fill("ink drawing")
    form.get_by_role("button").click()
    row = page.locator("#characters [data-style]").filter(has_text="Ink")
    row.locator("[data-default]").click()
    expect(row.locator("[data-default]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#characters [name=style_id] option")).to_have_count(2)
    row.locator("[data-drop-style]").click()
    expect(row).to_have_count(0)


def test_a_character_is_used_in_the_first_tab_and_its_results_are_hers(
    lasting: Watched, studio: RunningApp
) -> None:
    page = lasting.page
    open_mira(page)
    page.locator("#characters [data-use=avatar]").click()
    chip = page.locator("[data-character]")
    expect(chip).to_contain_text("Mira")
    expect(page.locator("#prompt textarea")).to_have_value(re.compile("brown hair"))
    before = page.url
    page.locator("#generate").click()
    page.wait_for_function("before => location.href !== before && /job=./.test(location.search)", arg=before)
    made = studio.wait(job_of(page, "job"))
    assert made["status"] == "completed"
    mine = studio.client.get("/api/characters").json()["data"]["characters"]
    mira = next(one["id"] for one in mine if one["name"] == "Mira")
    newest = studio.client.get("/api/content/library", params={"limit": 1}).json()["data"]["items"][0]
    assert newest["character_id"] == mira
    chip.locator("[data-forget-character]").click()
    expect(chip).to_be_hidden()


def test_a_result_becomes_a_character(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    made = studio.generate(prompt="knight with a red beard", seed=5, width=128, height=192)
    assert studio.wait(made["generation_id"])["status"] == "completed"
    open_studio_page(page, f"/?job={made['generation_id']}")
    page.locator("#result [data-keep-character]").click()
    editor = page.locator("#characters .editor")
    expect(editor).to_be_visible()
    shown(page, editor.locator("[data-draft]"))
    expect(page.get_by_role("tab", name="Characters")).to_have_attribute("aria-selected", "true")


def test_a_bundle_goes_out_and_comes_back(lasting: Watched) -> None:
    page = lasting.page
    open_mira(page)
    with page.expect_download() as download:
        page.locator("#characters a[download]").first.click()
    content = download.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        assert any(name.endswith(".json") for name in bundle.namelist())
        assert bundle.testzip() is None
    page.locator("#characters [data-back]").click()
    before = page.locator(PEOPLE).count()
    page.locator("#characters [data-bundle]").set_input_files(
        {"name": "mira.zip", "mimeType": "application/zip", "buffer": content}
    )
    expect(page.locator("#characters .editor h2")).to_contain_text("Mira")
    expect(page.locator("#characters [data-pictures] img").first).to_be_visible()
    page.locator("#characters [data-back]").click()
    expect(page.locator(PEOPLE)).to_have_count(before + 1)
    page.locator(PEOPLE).first.locator(".open").click()
    page.locator("#characters [data-delete]").click()
    expect(page.locator(PEOPLE)).to_have_count(before)


def test_the_library_is_decided_by_keys_and_taken_back(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    items = library(page)
    first = items.first
    first.locator(".open").focus()
    page.keyboard.press("a")
    expect(first.locator("[data-state]")).to_have_text("✓")
    second = items.nth(1)
    expect(second.locator(".open")).to_be_focused()
    page.keyboard.press("r")
    expect(second).to_have_class(re.compile("rejected"))
    page.keyboard.press("z")
    expect(second).not_to_have_class(re.compile("rejected"))
    identifier = first.get_attribute("data-id")
    known = studio.client.get(f"/api/content/library/{identifier}").json()["data"]
    assert known["approval_status"] == "approved"
    page.locator("#library [data-filter=status]").select_option("approved")
    expect(items).to_have_count(1)
    expect(page.locator("#library [data-count]")).to_have_text("1 item")
    page.locator("#library [data-undo]").click()
    page.locator("#library [data-filter=status]").select_option("")
    expect(items.first.locator("[data-state]")).to_be_hidden()


def test_a_list_that_was_asked_for_before_an_undo_does_not_take_it_back(lasting: Watched) -> None:
    page = lasting.page
    items = library(page)
    items.first.locator(".open").focus()
    page.keyboard.press("a")
    expect(items.first.locator("[data-state]")).to_have_text("✓")
    undo = hold_requests(page, "^PUT ")
    lists = hold_answers(page, r"^GET .*content/library\?.*type=image")
    page.locator("#library [data-undo]").click()
    undo.wait()
    page.locator("#library [data-filter=type]").select_option("image")
    lists.wait()  # the studio has answered while it was still approved
    undo.let_go()
    expect(page.locator("#library [data-toast]")).to_contain_text("Taken back")
    lists.let_go()
    expect(items.first.locator("[data-state]")).to_be_hidden()


def test_quality_is_seen_and_explained(lasting: Watched) -> None:
    page = lasting.page
    items = library(page)
    expect(items.first.locator("[data-score]")).to_have_text(re.compile(r"^\d+\.\d$"))
    items.first.locator(".open").click()
    page.locator("#library [data-quality] summary").click()
    rows = page.locator("#library [data-checks] tr")
    expect(rows.get_by_role("rowheader", name=re.compile("Sharpness$"))).to_have_count(1)
    assert rows.count() >= 4


def test_tags_captions_and_platforms_of_one_picture(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    items = library(page)
    identifier = items.first.get_attribute("data-id")
    items.first.locator(".open").click()
    dialog = page.locator("#library dialog")
    dialog.locator("[data-tagging] input").fill("cover")
    page.keyboard.press("Enter")
    expect(dialog.locator(".tags .chip")).to_contain_text("cover")
    dialog.locator("[data-caption] summary").click()
    dialog.locator("[data-tone]").select_option("friendly")
    dialog.locator("[data-write]").click()
    expect(dialog.locator("[data-words]")).not_to_have_value("")
    expect(dialog.locator("[data-by]")).to_contain_text("without a language model")
    dialog.locator("[data-keep]").click()
    expect(page.locator("#library [data-toast]")).to_contain_text("kept")
    dialog.locator("[data-repurpose] summary").click()
    plans = dialog.locator("[data-plan]")
    plans.first.wait_for()
    assert plans.count() >= 4
    for box in plans.all()[1:]:
        box.uncheck()
    dialog.locator("[data-make]").click()
    expect(dialog.locator("[data-made]")).to_contain_text("1 made")
    known = studio.client.get(f"/api/content/library/{identifier}").json()["data"]
    assert known["tags"] == ["cover"]
    assert known["description"]
    newest = studio.client.get("/api/content/library", params={"limit": 1}).json()["data"]["items"][0]
    assert newest["source_id"] == identifier


def test_what_was_deleted_comes_back(lasting: Watched) -> None:
    page = lasting.page
    items = library(page)
    for item in items.all():  # whoever is being judged cannot be found any more once it is deleted
        expect(item.locator("[data-score]")).to_be_visible()
    before = items.count()
    gone = items.first.get_attribute("data-id")
    items.first.locator(".open").focus()
    page.keyboard.press("Delete")
    expect(page.locator(f'{ITEMS}[data-id="{gone}"]')).to_have_count(0)
    page.locator("#library [data-toast] button").click()
    expect(page.locator(f'{ITEMS}[data-id="{gone}"]')).to_have_count(1)
    expect(items).to_have_count(before)


def test_storage_is_told_by_character(lasting: Watched) -> None:
    page = lasting.page
    library(page)
    page.locator("#library [data-space]").click()
    expect(page.locator("#library .held").filter(has_text="Mira").first).to_be_visible()


def test_both_tabs_fit_a_phone(browser: Browser, studio: RunningApp) -> None:
    with open_page(browser, studio.url, width=390, height=844, scheme="dark") as watched:
        page = watched.page
        open_studio_page(page, "/?tab=characters")
        for tab, place in (("Characters", PEOPLE), ("Library", ITEMS)):
            open_tab(page, tab)
            page.locator(place).first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert watched.complaints == []


def test_the_talking_tab_knows_who_speaks(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    open_mira(page)
    page.locator("#characters [data-use=talking]").click()
    expect(page.get_by_role("tab", name="Talking")).to_have_attribute("aria-selected", "true")
    page.locator("#talk-source img").first.wait_for()
    given = page.evaluate("avatarforge.talking.given([''])[0]")
    assert json.loads(given)["character_id"]
    open_tab(page, "Characters")
    expect(page.locator("#characters .editor h2")).to_have_text("Mira")


def test_a_video_of_a_character_is_asked_for_followed_and_played(
    lasting: Watched, studio: RunningApp
) -> None:
    page = lasting.page
    open_mira(page)
    film = page.locator("#characters [data-film]")
    film.locator("summary").focus()
    page.keyboard.press("Enter")
    form = film.locator("[data-film-form]")
    expect(form.locator("[data-expected]")).not_to_be_empty()
    expect(form.locator("[name=motion] option")).to_have_count(15)
    form.locator("[name=preset_id]").select_option("tiktok_dance")
    expect(form.locator("[name=duration]")).to_have_value("8")
    form.locator("[name=preset_id]").select_option("generic")
    form.locator("[name=prompt]").fill("on a beach")
    form.locator("[name=motion]").select_option("wave")
    form.locator("[name=duration]").fill("1")
    form.get_by_role("button").click()
    expect(film.get_by_role("progressbar")).to_be_visible()
    video = film.locator("video")
    expect(video).to_be_visible(timeout=120_000)
    page.wait_for_function("one => one.videoWidth === 512", arg=video.element_handle())
    expect(page.locator("#characters [data-pictures] .plays")).to_have_count(1)
    item = studio.client.get("/api/content/library", params={"type": "video"}).json()["data"]["items"][0]
    assert item["character_name"] == "Mira"
    assert "on a beach" in item["prompt"]
    assert item["duration"] == pytest.approx(1, abs=0.1)
    expect(form.locator("[data-expected]")).to_have_text(re.compile(r"about \d+ s"))


def test_a_video_is_found_again_and_cancelled(browser: Browser, lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    open_mira(page)
    film = page.locator("#characters [data-film]")
    film.evaluate("one => { one.open = true; }")  # which it may be, when there was a video before
    film.locator("[data-film-form] [name=duration]").fill("20")
    film.locator("[data-film-form] button").click()
    expect(film.get_by_role("progressbar")).to_be_visible()
    with open_page(browser, studio.url) as other:
        open_studio_page(other.page, "/?tab=characters")
        open_mira(other.page)
        again = other.page.locator("#characters [data-film]")
        expect(again.get_by_role("progressbar")).to_be_visible()
        again.locator("[data-film-cancel]").click()
        expect(again.locator(".film-run [role=alert]")).to_be_visible()
        assert other.complaints == []
    expect(film.locator(".film-run [role=alert]")).to_be_visible()
    expect(film.get_by_role("progressbar")).to_have_count(0)


def test_the_library_cuts_videos_for_platforms(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    mira = studio.client.get("/api/characters", params={"search": "Mira"}).json()["data"]["characters"][0][
        "id"
    ]
    asked = {"prompt": "waving", "character_id": mira, "duration": 1, "fps": 8, "width": 128, "height": 128}
    job = studio.client.post("/api/generate/video", json=asked).json()["data"]["job_id"]
    assert studio.wait(job, 120)["status"] == "completed"
    items = library(page)
    page.locator("#library [data-filter=type]").select_option("video")
    expect(items.locator(".plays").first).to_be_visible()
    expect(items.locator(".open:not(.plays)")).to_have_count(0)
    items.first.locator(".open").click()
    dialog = page.locator("#library dialog")
    dialog.locator("[data-repurpose] summary").click()
    dialog.locator(".cut.exact").first.wait_for()
    for box in dialog.locator("[data-plan]").all():
        box.set_checked(box.get_attribute("value") == "twitter")
    dialog.locator("[data-make]").click()
    expect(dialog.locator("[data-made]")).to_contain_text("1 made", timeout=60_000)
    newest = studio.client.get("/api/content/library", params={"type": "video"}).json()["data"]["items"][0]
    assert newest["platform"] == "twitter"
    assert newest["width"] / newest["height"] == pytest.approx(16 / 9, rel=0.03)


def test_what_is_beside_the_fields_stays_beside_them(lasting: Watched) -> None:
    page = lasting.page
    open_mira(page)
    shown(page, page.locator("#characters [data-draft]"))
    add = page.locator("#characters [data-new-style] button")
    page.locator("#characters [data-pictures]").scroll_into_view_if_needed()
    draft, button = page.locator("#characters [data-draft]").bounding_box(), add.bounding_box()
    assert draft is not None
    assert button is not None
    assert draft["y"] + draft["height"] <= button["y"], "nothing is covered"


def test_news_that_come_late_do_not_undo_a_filter(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    items = library(page)
    news = hold_answers(page, r"^GET .*content/library\?limit=\d+(&sort=\w+)?$")
    mira = studio.client.get("/api/characters", params={"search": "Mira"}).json()["data"]["characters"][0]
    asked = {"prompt": "by the sea", **SIZE, "steps": 1}
    drawn = studio.client.post(f"/api/characters/{mira['id']}/generate/image", json=asked).json()["data"]
    assert studio.wait(drawn["job_id"])["status"] == "completed"
    news.wait()
    page.locator("#library [data-filter=type]").select_option("audio")
    expect(items).to_have_count(0)
    news.let_go()
    expect(items).to_have_count(0)


def test_a_character_leads_to_her_part_of_the_library(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    open_studio_page(page, "/?tab=characters")  # on which nobody has seen the library before
    for name in ("Zoe", "Adam"):
        studio.client.post("/api/characters", json={"name": name})
    people(page).filter(has_text="Zoe").locator(".open").click()
    # The tab fetches the list of characters when it opens, and that may come late.
    page.evaluate(
        """() => { const own = window.fetch; let asked = 0; window.late = 0;
        window.fetch = async (path, ...more) => {
          const wait = String(path).includes("characters/cards?limit=100") ? [900, 300, 300][asked++] : 0;
          const answer = await own(path, ...more);
          if (wait) { await new Promise((go) => setTimeout(go, wait)); window.late++; }
          return answer;
        }; }"""
    )
    page.locator("#characters [data-in-library]").click()
    page.wait_for_function("window.late >= 2")
    page.wait_for_timeout(100)  # for what is done with the last of them
    expect(page.get_by_role("tab", name="Library")).to_have_attribute("aria-selected", "true")
    chosen = page.locator("#library [data-filter=character]")
    expect(chosen.locator(":checked")).to_have_text("Zoe")
    expect(page.locator(ITEMS)).to_have_count(0)
    names = [one for one in chosen.locator("option").all_inner_texts()[1:] if one in {"Adam", "Mira", "Zoe"}]
    assert names == sorted(names)
    open_tab(page, "Characters")
    page.locator("#characters [data-back]").click()
    page.locator(PEOPLE).filter(has_text="Mira").first.locator(".open").click()
    page.locator("#characters [data-in-library]").click()
    expect(chosen.locator(":checked")).to_have_text("Mira")
    expect(page.locator(ITEMS).first).to_be_visible()
