"""The character sheet in a real browser: composed anew at once, one picture drawn again, and taken away."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from studio.pictures import read_recipe
from tests.browser import Scheme, Watched, open_page, open_studio_page
from tests.conftest import RunningApp
from tests.ui_fixtures import browser, hold_answers, open_tab, patience, studio

__all__ = ["browser", "patience", "studio"]

VIEWS = ("front", "quarter", "side", "back")
SHEET = "[data-sheet-stage].filled img"
# What the sheet in the browser looks like: its proportions, and how opaque its first corner is.
LOOK = """() => {
  const image = document.querySelector('[data-sheet-stage].filled img');
  if (!image?.naturalWidth) return null;
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  pen.drawImage(image, 0, 0, 1, 1, 0, 0, 1, 1);
  return [Math.round(100 * image.naturalWidth / image.naturalHeight), pen.getImageData(0, 0, 1, 1).data[3]];
}"""


@pytest.fixture(scope="module")
def sheet_id(studio: RunningApp) -> str:
    """A finished character from four sides."""
    made = studio.generate("generate_all_poses", prompt="a knight, red cape", seed=5, width=128, height=192)
    assert studio.wait(made["generation_id"])["status"] == "completed"
    return made["generation_id"]


@pytest.fixture
def watched(browser: Browser, studio: RunningApp) -> Iterator[Watched]:
    """A page that is not opened yet; a test fails when it complained."""
    with open_page(browser, studio.url) as watched:
        yield watched
        assert watched.complaints == []


def open_sheet(page: Page, job_id: str) -> None:
    """Open the tab with a character's sheet and wait until it is composed."""
    page.goto(f"/?tab=sheet&sheet={job_id}")
    page.locator(SHEET).wait_for()


def leave(watched: Watched) -> None:
    """Leave the page; that its stream breaks off by that is no complaint."""
    before = len(watched.complaints)
    watched.page.goto("about:blank")
    del watched.complaints[before:]


def wait_for_look(page: Page, before: list[int]) -> list[int]:
    """Wait until the sheet looks otherwise, and give how."""
    page.wait_for_function(
        f"before => {{ const now = ({LOOK})(); return now && String(now) !== String(before); }}", arg=before
    )
    return page.evaluate(LOOK)


def wait_until_transparent(page: Page) -> None:
    """Wait for a sheet without a background: changes made one after the other may be seen one by one."""
    page.wait_for_function(f"() => ({LOOK})()?.[1] === 0")


def send_here(page: Page, job_id: str) -> None:
    """Press a button that sends a character to its sheet, as the other tabs have it."""
    page.evaluate(
        """id => {
          const button = document.createElement('button');
          Object.assign(button.dataset, {send: 'sheet', id});
          document.body.append(button);
          button.click();
          button.remove();
        }""",
        job_id,
    )


def count_jobs(studio: RunningApp) -> int:
    return studio.client.get("/generations").json()["total"]


def files_of(studio: RunningApp, job_id: str) -> dict[str, bytes]:
    """The pictures of a job by their views, once all are there."""
    outputs = studio.wait(job_id)["output_files"]
    return {one["pose_type"]: studio.client.get(one["url"]).content for one in outputs}


def take(page: Page, name: str, **settings: str) -> tuple[str, bytes]:
    """Press the button of an export; its file's name and content."""
    form = page.locator(f"[data-export='{name}']")
    for field, value in settings.items():
        place = form.locator(f"[name={field}]")
        if place.evaluate("field => field.tagName") == "SELECT":
            place.select_option(value)
        else:
            place.fill(value)
    with page.expect_download(timeout=90_000) as coming:
        form.get_by_role("button", name="Download").click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def test_a_sheet_is_composed_anew_without_drawing(
    watched: Watched, studio: RunningApp, sheet_id: str
) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    jobs = count_jobs(studio)
    row = page.evaluate(LOOK)
    page.get_by_label("2 × 2").check()
    grid = wait_for_look(page, row)
    assert grid[0] < row[0]
    page.get_by_label("Turnaround").check()
    expect(page.get_by_label("Guide lines")).to_be_checked()
    wait_for_look(page, grid)
    page.locator("#sheet-background").get_by_label("None").check()
    wait_until_transparent(page)
    page.locator("#sheet-name").get_by_role("textbox").fill("Sir Ünal")
    page.wait_for_function("localStorage.getItem('avatarforge.sheet').includes('Sir Ünal')")

    leave(watched)
    open_sheet(page, sheet_id)
    expect(page.locator("#sheet-name").get_by_role("textbox")).to_have_value("Sir Ünal")
    expect(page.get_by_label("Turnaround")).to_be_checked()
    wait_until_transparent(page)
    name, data = take(page, "sheet.png")
    assert name == "sir-unal-sheet.png"
    recipe: dict[str, Any] = read_recipe(data) or {}
    assert recipe["options"]["layout"] == "turnaround"
    assert recipe["options"]["background"] == []
    picture = Image.open(io.BytesIO(data))
    expect(page.locator("[data-size]")).to_have_text(f"{picture.width} × {picture.height}")
    assert count_jobs(studio) == jobs


def test_one_picture_is_drawn_again_and_taken_back(
    watched: Watched, studio: RunningApp, sheet_id: str
) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    page.locator("[data-cell=back] [data-do=redo]").click()
    page.wait_for_function("old => !location.search.includes(old)", arg=sheet_id)
    found = re.search(r"sheet=([\w-]+)", page.url)
    assert found is not None
    expect(page.locator("[data-cell=back] [data-do=redo]")).to_be_visible()
    old, new = files_of(studio, sheet_id), files_of(studio, found[1])
    assert set(new) == set(VIEWS)
    assert {view for view in VIEWS if old[view] != new[view]} == {"back"}
    page.get_by_role("button", name="Back to the one before").click()
    page.wait_for_function("old => location.search.includes(old)", arg=sheet_id)


def test_faces_are_added_and_removed(watched: Watched, sheet_id: str) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    before = page.evaluate(LOOK)
    page.get_by_text("Choose expressions one by one").click()
    page.get_by_role("button", name="+ Happy").click()
    expect(page.locator("[data-cell=happy] img")).to_be_visible()
    after = wait_for_look(page, before)
    assert after[0] < before[0]  # a row of faces below the views makes it higher
    with page.expect_response(re.compile("/compose$")):
        page.get_by_role("button", name="Add a portrait").click()
        expect(page.locator("[data-cell=portrait] img")).to_be_visible()
    page.wait_for_function("!document.querySelector('[data-composing]')")  # which needs what goes next
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-cell=happy] [data-do=drop]").click()
    expect(page.locator("[data-cell=happy]")).to_have_count(0)


def test_what_somebody_typed_and_unfolded_stays_when_the_stream_speaks(
    watched: Watched, sheet_id: str
) -> None:
    page = watched.page
    page.goto("/?tab=sheet")
    name = page.locator("#sheet-name").get_by_role("textbox")
    name.fill("Aldara")
    page.wait_for_function("localStorage.getItem('avatarforge.sheet')")  # the page has taken note of it
    send_here(page, sheet_id)
    page.locator(SHEET).wait_for()
    expect(name).to_have_value("Aldara")
    assert "Aldara" in page.evaluate("localStorage.getItem('avatarforge.sheet')")

    title = page.get_by_text("Choose expressions one by one")
    another = page.get_by_role("button", name="+ Sad")
    title.click()
    page.get_by_role("button", name="+ Angry").click()
    expect(page.locator("[data-cell=angry] img")).to_be_visible()
    # What the stream brings does so wherever only attributes change.
    page.evaluate("document.querySelector('#sheet-cells details').removeAttribute('open')")
    page.wait_for_timeout(300)
    expect(another).to_be_visible()
    title.click()
    expect(another).to_be_hidden()

    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    colour = page.locator("[data-sheet-stage] [data-colour]").first
    colour.click()
    expect(page.locator("[data-sheet-stage] [data-size]")).to_have_text(
        colour.get_attribute("data-colour") or ""
    )
    assert page.evaluate("String(getSelection())") == colour.get_attribute("data-colour")


def test_a_slow_sheet_is_the_one_that_was_asked_for(watched: Watched, sheet_id: str) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    composing = hold_answers(page, "^POST .*/compose$")
    page.get_by_label("2 × 2").check()
    composing.wait()
    page.locator("#sheet-background").get_by_label("None").check()
    page.wait_for_function("localStorage.getItem('avatarforge.sheet').includes('transparent')")
    open_tab(page, "Library")
    composing.let_go()
    open_tab(page, "Character sheet")
    wait_until_transparent(page)

    # A large one is composed in full after a while, but not when somebody has gone on to another character.
    state = """(more) => {
      const place = document.querySelector('#sheet-cells [data-sheet]');
      const fresh = document.createElement('i');
      fresh.hidden = true;
      fresh.dataset.sheet = JSON.stringify({...JSON.parse(place.dataset.sheet), ...more});
      place.replaceWith(fresh);
    }"""
    composing = hold_answers(page, "^POST .*/compose$")
    page.evaluate(state, {"tall": 5000})
    composing.wait()
    page.evaluate(state, {"job": "elsewhere", "ready": False, "words": "Drawing"})
    composing.let_go()
    page.wait_for_timeout(2000)  # longer than it waits before it is composed in full
    expect(page.locator("[data-words]")).to_have_text("Drawing")
    expect(page.locator("[data-sheet-stage] [data-notes]")).to_be_empty()


def test_archives_hold_what_they_say(watched: Watched, sheet_id: str) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    page.locator("#sheet-name").get_by_role("textbox").fill("Bruna")
    name, data = take(page, "sheet.zip")
    assert name == "bruna.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        names = set(file.namelist())
        assert {"sheet.png", "palette.json", "palette.gpl", "recipe.json"} < names
        assert {f"pictures/{view}.png" for view in VIEWS} < names
        front = Image.open(io.BytesIO(file.read("pictures/front.png")))
        assert front.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
        assert json.loads(file.read("recipe.json"))["job"] == sheet_id
    name, data = take(page, "atlas.zip", scale="0.5", padding="3")
    assert name == "bruna-atlas.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        sheets = {Path(one).suffix: file.read(one) for one in file.namelist()}
    listed = json.loads(sheets[".json"])
    atlas = Image.open(io.BytesIO(sheets[".png"]))
    assert listed["meta"]["size"] == {"w": atlas.width, "h": atlas.height}
    assert float(listed["meta"]["scale"]) == 0.5
    for view in VIEWS:
        frame = listed["frames"][f"{view}.png"]["frame"]
        box = (frame["x"], frame["y"], frame["x"] + frame["w"], frame["y"] + frame["h"])
        assert atlas.crop(box).getchannel("A").getbbox() == (0, 0, frame["w"], frame["h"])
    expect(page.locator("[data-export='atlas.zip'] [data-progress]")).to_contain_text("bruna-atlas.zip saved")


def test_a_turntable_tells_how_far_it_is_and_can_be_stopped(watched: Watched, sheet_id: str) -> None:
    page = watched.page
    open_sheet(page, sheet_id)
    form = page.locator("[data-export=turntable]")
    form.locator("[name=frames]").fill("36")
    form.locator("[name=height]").select_option("768")
    form.get_by_role("button", name="Download").click()
    expect(form).to_contain_text(re.compile(r"Drawing angle \d+ of 36"))
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_contain_text("Stopped.")
    page.evaluate(
        """() => { window.told = [];
        const place = document.querySelector("[data-export=turntable] [data-progress]");
        new MutationObserver(() => told.push(place.textContent)).observe(place, {childList: true}); }"""
    )
    _, data = take(page, "turntable", kind="webp", frames="8", height="256")
    turning = Image.open(io.BytesIO(data))
    assert (turning.n_frames, turning.height) == (8, 256)  # type: ignore[attr-defined]
    told = [int(found[1]) for one in page.evaluate("told") if (found := re.search(r"angle (\d+) of 8", one))]
    assert told == sorted(told)
    assert len(set(told)) > 3
    expect(page.locator("[data-export=turntable] [data-progress] img")).to_be_visible()


def test_a_wrong_number_is_said(watched: Watched) -> None:
    watched.page.goto("/?tab=sheet&sheet=gone")
    expect(watched.page.locator("[data-words]")).to_contain_text("Generation not found: gone")
    expect(watched.page.locator("#sheet-exports")).to_be_hidden()


def test_a_character_is_sent_here_and_missing_sides_are_drawn(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    made = studio.generate(prompt="a monk", seed=9, width=128, height=192)["generation_id"]
    studio.wait(made)
    open_studio_page(page, f"/?job={made}")
    page.locator("#result").get_by_role("button", name="Character sheet").click()
    page.locator(SHEET).wait_for()
    assert f"sheet={made}" in page.url
    alone = page.evaluate(LOOK)
    page.get_by_role("button", name="Draw the missing sides").click()
    for view in VIEWS:
        expect(page.locator(f"[data-cell={view}] [data-do=redo]")).to_be_visible()
    assert wait_for_look(page, alone)[0] > alone[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, studio: RunningApp, sheet_id: str, scheme: Scheme) -> None:
    with open_page(browser, studio.url, width=390, height=844, scheme=scheme) as watched:
        page = watched.page
        open_sheet(page, sheet_id)
        page.get_by_text("Margin", exact=True).scroll_into_view_if_needed()
        expect(page.locator(SHEET)).to_be_in_viewport(
            ratio=0.9
        )  # it stays in sight while its look is changed
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert watched.complaints == []


def test_a_python_client_composes_and_turns(studio: RunningApp, sheet_id: str) -> None:
    client = Client(studio.url, verbose=False)
    named = client.view_api(return_format="dict")["named_endpoints"]  # type: ignore[index]
    assert {name for name in named if "sheet" in name} == {
        "/sheet", "/sheet_add", "/sheet_redo", "/sheet_turntable",
    }  # fmt: skip
    made: Any = client.predict(sheet_id, {"layout": "grid", "width": 400}, api_name="/sheet")
    assert Image.open(io.BytesIO(studio.client.get(made["url"]).content)).size == (400, made["height"])
    job = client.submit(sheet_id, "gif", 8, 10, 96, api_name="/sheet_turntable")
    last = job.result(timeout=90)
    outputs: list[Any] = job.outputs()
    assert [one["done"] for one in outputs] == [*range(9), 8]
    turning = Image.open(io.BytesIO(studio.client.get(last["url"]).content))
    assert (turning.format, turning.n_frames) == ("GIF", 8)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="has no view named 'left'"):
        client.predict(sheet_id, "left", api_name="/sheet_redo")
