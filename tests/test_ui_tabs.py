"""The other tabs: views, the queue in every window, servers; and that all of it can be used by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client
from playwright.sync_api import Browser, expect

from tests.browser import LEFT, WAIT_MS, Watched, open_page, open_studio_page, reload
from tests.conftest import RunningApp, start_app_process
from tests.fake_comfy import FakeComfy
from tests.ui_fixtures import (
    PROMPT,
    browser,
    busy,
    forgive,
    generate,
    in_use,
    job_of,
    lasting,
    open_tab,
    patience,
    studio,
    watched,
)

__all__ = ["browser", "busy", "in_use", "lasting", "patience", "studio", "watched"]

PICTURE = "#result img[src^='outputs/']"
VIEW_PICTURES = "#views .view img[src^='outputs/']"


# ------------------------------------------------------------------------ views


def test_four_views_of_a_result_one_of_them_made_again(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    first = generate(page)
    page.locator(PICTURE).wait_for()
    seed = studio.client.get(f"/generations/{first}").json()["seed"]
    page.get_by_role("button", name="Pose views").click()
    expect(page.locator("#views-source")).to_contain_text(f"Seed {seed}")
    expect(page.locator(".turning img[src*='yaw=30']")).to_be_visible()
    page.locator("#views-generate").click()
    expect(page.locator(VIEW_PICTURES)).to_have_count(4)
    made = studio.client.get(f"/generations/{job_of(page, 'views')}").json()
    assert made["seed"] == seed
    hashes = {one["pose_type"]: studio.client.get(one["url"]).content for one in made["output_files"]}

    front = page.locator("[data-view=front]")
    front.get_by_role("button", name="Accept").click()
    expect(front.get_by_role("button", name="Accept")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-view=back]").get_by_role("button", name="Redo").click()
    page.wait_for_function("id => !location.search.includes(id)", arg=made["generation_id"])
    expect(page.locator(VIEW_PICTURES)).to_have_count(4)
    again = studio.wait(job_of(page, "views"))
    assert again["parent_id"] == made["generation_id"]
    changed = {
        one["pose_type"]
        for one in again["output_files"]
        if studio.client.get(one["url"]).content != hashes[one["pose_type"]]
    }
    assert changed == {"back"}
    # By key, with anything of the view in focus.
    side = page.locator("[data-view=side]")
    side.get_by_role("link").focus()
    page.keyboard.press("a")
    expect(side.get_by_role("button", name="Accept")).to_have_attribute("aria-pressed", "true")
    # What was good is good still, also for whoever comes later.
    expect(front.get_by_role("button", name="Accept")).to_have_attribute("aria-pressed", "true")
    reload(watched)
    expect(page.locator(VIEW_PICTURES)).to_have_count(4)
    expect(front.get_by_role("button", name="Accept")).to_have_attribute("aria-pressed", "true")
    # Whose views they are is known after the reload too, and may be turned.
    expect(page.locator("#views-source")).to_contain_text(f"Seed {seed}")
    expect(page.locator(".turning img[src*='yaw=30']")).to_be_visible()
    shown = job_of(page, "views")
    page.locator("[data-view=quarter]").get_by_role("button", name="Accept").focus()
    page.keyboard.press("r")
    page.wait_for_function("id => !location.search.includes(id)", arg=shown)


def test_a_subset_of_views_of_the_form(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    page.locator("#prompt textarea").fill(PROMPT)
    page.locator("#scale").get_by_label("Small").check()
    open_tab(page, "Pose views")
    for view in ("Front", "3/4"):
        page.locator("#views-which").get_by_label(view).uncheck()
    page.locator("#views-generate").click()
    expect(page.locator(VIEW_PICTURES)).to_have_count(2)
    made = studio.client.get(f"/generations/{job_of(page, 'views')}").json()
    assert [one["pose_type"] for one in made["output_files"]] == ["back", "side"]
    # The second picture lies over the first one as far as the slider says.
    slider = page.locator("#compare input[type=range]")
    slider.fill("80")
    assert "80%" in page.locator("#compare .over").evaluate("one => getComputedStyle(one).clipPath")


def test_no_view_at_all_is_said(lasting: Watched) -> None:
    page = lasting.page
    open_tab(page, "Pose views")
    for view in ("Front", "Back", "Side", "3/4"):
        page.locator("#views-which").get_by_label(view).uncheck()
    page.locator("#views-generate").click()
    expect(page.get_by_text("Choose at least one side.")).to_be_visible()
    open_tab(page, "Single avatar")


# ------------------------------------------------------------------------ queue


def test_two_windows_see_the_same_queue(
    lasting: Watched, browser: Browser, studio: RunningApp, busy: Callable[[], None]
) -> None:
    page = lasting.page
    open_tab(page, "Queue")
    for number in range(2):
        studio.generate(prompt=f"a guard who came before, {number}", width=128, height=128)
    expect(page.locator("#queue .job.queued")).to_have_count(2)
    with open_page(browser, studio.url) as other:
        open_studio_page(other.page)
        mine = generate(other.page, "a pirate of the other window")
        row = page.locator(f"[data-job='{mine}']")
        expect(row).to_contain_text("a pirate of the other window")
        expect(row).to_contain_text("Studio")
        row.get_by_role("button", name="To the front").click()
        expect(page.locator("#queue .job.queued").first).to_have_attribute("data-job", mine)
        row.get_by_role("button", name="Cancel").click()
        expect(other.page.locator("#result")).to_contain_text("Cancelled")
        row.get_by_role("button", name="Try again").click()
        expect(page.locator("#queue .job.queued", has_text="a pirate of the other window")).to_be_visible()
        page.get_by_role("button", name="Cancel all waiting").click()
        expect(page.locator("#queue .job.queued")).to_have_count(0)
        forgive(other, "/studio/")  # drafts cannot be drawn meanwhile
        assert other.complaints == []
    forgive(lasting, "/studio/")


def test_a_failure_has_its_remedy_in_the_queue(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    failed = studio.generate(prompt="nude woman")["generation_id"]
    assert studio.wait(failed)["status"] == "failed"
    open_tab(page, "Queue")
    row = page.locator(f"[data-job='{failed}']")
    expect(row.get_by_role("alert")).to_contain_text("Change the description")
    expect(row).to_contain_text("REST API")
    row.get_by_role("link", name="Open").click()
    expect(page.locator("#result").get_by_role("alert")).to_contain_text("Change the description")
    forgive(lasting, *LEFT)  # the stream of the page that was left by the link
    expect(page.get_by_role("tab", name="Single avatar")).to_have_attribute("aria-selected", "true")


# ---------------------------------------------------------------------- servers


def test_a_paused_engine_takes_no_work_until_it_goes_on(lasting: Watched) -> None:
    page = lasting.page
    open_tab(page, "Engine & models")
    server = page.locator("#servers .server")
    expect(server).to_contain_text("Online")
    server.get_by_role("button", name="Pause").click()
    expect(server).to_contain_text("Paused")
    open_tab(page, "Single avatar")
    job_id = generate(page)
    expect(page.locator("#result [role=status]")).to_contain_text("Waiting for a free server")
    open_tab(page, "Engine & models")
    server.get_by_role("button", name="Resume").click()
    open_tab(page, "Single avatar")
    page.locator(f"#result img[src^='outputs/{job_id}/']").wait_for()
    forgive(lasting, "/studio/")  # drafts and small pictures cannot be drawn meanwhile


def test_a_server_is_added_shown_and_missed(lasting: Watched) -> None:
    page = lasting.page
    open_tab(page, "Engine & models")
    with FakeComfy() as comfy:
        address = page.locator("#add-server").get_by_role("textbox")
        address.fill(comfy.url)
        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_text(f"{comfy.url} answers")).to_be_visible()
        page.get_by_role("button", name="Add", exact=True).click()
        row = page.locator("#servers .server", has_text=comfy.url)
        expect(row).to_contain_text("Online")
        # What it lacks is listed with where it is had.
        expect(page.locator("#abilities .lacking a").first).to_be_visible()
        comfy.down()
        expect(page.locator("#banner")).to_contain_text(f"ComfyUI at {comfy.url} is not answering")
        comfy.up()
        expect(page.locator("#banner .banner")).to_have_count(0)
        row.get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)


def test_the_disk_is_counted_and_cleaned(lasting: Watched) -> None:
    page = lasting.page
    open_tab(page, "Engine & models")
    expect(page.locator("#disk")).to_contain_text("Results")
    page.get_by_role("button", name="Clean up").click()
    expect(page.get_by_text("There was nothing to clean up.")).to_be_visible()


def test_what_a_workflow_takes_is_told_by_past_work(lasting: Watched, studio: RunningApp) -> None:
    studio.wait(studio.generate()["generation_id"])
    open_tab(lasting.page, "Engine & models")
    name = lasting.page.get_by_text("Embedded figure", exact=True)
    drawn = lasting.page.locator("#abilities .workflow").filter(has=name)
    expect(drawn).to_contain_text(re.compile(r"about [\d.]+ s for one"))


def test_webhooks_are_listed_tried_and_sent_again(lasting: Watched) -> None:
    page = lasting.page
    open_tab(page, "Engine & models")
    expect(page.locator("#hooks")).to_contain_text("None was sent yet.")
    # Nobody takes it: addresses of this machine are not used unless a setting allows them.
    address = page.locator("#try-hook").get_by_role("textbox")
    address.fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("This address is not used")).to_be_visible()
    address.fill("https://receiver.invalid/hook")
    page.get_by_role("button", name="Send test").click()
    row = page.locator("#hooks .delivery")
    expect(row).to_contain_text("https://receiver.invalid/hook")
    expect(row).to_contain_text("Failed")
    row.get_by_role("button", name="Send again").click()
    expect(row).to_contain_text("2 tries")


def test_a_page_has_one_stream_however_late_it_begins(browser: Browser, studio: RunningApp) -> None:
    """A stream that ran empty would be closed, and Gradio loses what joins while it is being closed."""
    with open_page(browser, studio.url) as watched:
        page, joins, streams, may_join = watched.page, [], [], []
        # Not to be unrouted: what is asked for at that moment may be lost by the browser.
        page.route("**/queue/join*", lambda route: route.continue_() if may_join else joins.append(route))
        page.on(
            "request", lambda request: streams.append(request.url) if "/queue/data" in request.url else None
        )
        open_studio_page(page)
        page.wait_for_timeout(1500)
        assert streams == []
        assert len(joins) == 1, "only the stream itself is queued when a page is opened"
        may_join.append(True)
        joins[0].continue_()
        open_tab(page, "Queue")
        expect(page.locator("#queue")).to_contain_text("Nothing waits.")
        assert len(streams) == 1


# ------------------------------------------------------------- for everybody


def test_axe_finds_nothing_serious(watched: Watched) -> None:
    page = watched.page
    # High enough that nothing lies below the buttons, which stay in sight on a lower screen.
    page.set_viewport_size({"width": 1440, "height": 2400})
    page.locator("#scale").get_by_label("Small").check()
    job_id = generate(page)
    page.locator(f"#result img[src^='outputs/{job_id}/']").wait_for()
    found: list[str] = []
    for scheme in ("light", "dark"):
        if scheme == "dark":
            page.get_by_role("button", name="Light / dark").click()
            expect(page.locator("body")).to_have_class("dark")
        for tab in page.get_by_role("tab").all():
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            results = Axe().run(page)
            found += [
                f"{scheme}, {tab.inner_text()}: {one['id']}: {node['html'][:200]}"
                for one in results.response["violations"]
                if one["impact"] in {"serious", "critical"}
                for node in one["nodes"]
            ]
    assert found == []


SIGNS = {"views": "#views-generate", "talking": "#talk-generate", "queue": "#queue", "engine": "#servers"}


def test_every_tab_is_reached_on_a_phone_and_fits(browser: Browser, studio: RunningApp) -> None:
    with open_page(browser, studio.url, width=390, height=844) as watched:
        page = watched.page
        open_studio_page(page, "/?tab=engine")
        expect(page.locator(SIGNS["engine"])).to_be_visible()
        tabs = page.locator("#tabs [role=tablist] [role=tab]")
        names = page.evaluate("avatarforge.tabs")
        assert tabs.count() == len(names)
        expect(page.get_by_role("button", name="More tabs")).to_have_count(0)
        # The one that the address asks for is moved into sight.
        expect(tabs.last).to_be_in_viewport(ratio=0.9)
        tabs.first.click()
        # That there are more is seen: the last one in sight fades out, and the row can be moved by a finger.
        row = page.locator("#tabs .tab-container")
        expect(row).to_have_class(re.compile("more-right"))
        row.evaluate("row => row.scrollTo(row.scrollWidth, 0)")
        expect(tabs.last).to_be_in_viewport(ratio=0.9)
        expect(row).not_to_have_class(re.compile("more-right"))
        for scheme in ("light", "dark"):
            for name, tab in reversed(list(zip(names, tabs.all(), strict=True))):
                tab.click()
                expect(tab).to_have_attribute("aria-selected", "true")
                expect(tab).to_be_in_viewport(ratio=0.9)
                if name in SIGNS:
                    expect(page.locator(SIGNS[name])).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth") == 390, (scheme, name)
            page.get_by_role("button", name="Light / dark").click()
        assert watched.complaints == []


# ---------------------------------------------------------------------- clients


def test_a_python_client_is_told_of_the_progress(studio: RunningApp) -> None:
    client = Client(studio.url, verbose=False)
    named = client.view_api(return_format="dict")["named_endpoints"]  # type: ignore[index]
    assert {"/generate", "/submit", "/follow", "/cancel"} <= set(named)
    job = client.submit({"prompt": PROMPT, "views": ["front", "back"], "seed": 3}, api_name="/generate")
    last = job.result(timeout=60)
    outputs: list[Any] = job.outputs()
    told = [one["progress"] for one in outputs]
    assert told == sorted(told)
    assert len(told) > 2
    assert (last["status"], last["seed"], told[-1]) == ("completed", "3", 100)
    assert [one["view"] for one in last["files"]] == ["front", "back"]
    assert studio.client.get(last["files"][1]["url"]).content.startswith(b"\x89PNG")


def test_a_page_goes_on_when_the_studio_was_restarted(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    open_tab(page, "Queue")
    expect(page.locator("#queue")).to_contain_text("Nothing waits.")
    studio.kill()
    again = start_app_process(studio.folder, "--port", studio.url.rpartition(":")[2])
    studio.process, studio.lines = again.process, again.lines  # which others use after this
    studio.wait_healthy()
    made = studio.generate(prompt="a pirate after the restart", width=128, height=128)["generation_id"]
    expect(page.locator(f"[data-job='{made}']")).to_be_visible(timeout=3 * WAIT_MS)
    lasting.complaints.clear()  # what was asked for while there was no studio
