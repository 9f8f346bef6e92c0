"""The tab for one avatar: drafts, settings that stay, seeds, uploads, words in other languages, keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from studio.errors import StudioError
from studio.ui.phrases import explain, phrase
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

DRAFT = ".draft img[src^='studio/draft']"
PICTURE = "#result img[src^='outputs/']"


def describe(page: Page, prompt: str = PROMPT) -> None:
    """Type, and wait for the draft of just these words."""
    page.locator("#prompt textarea").fill(prompt)
    expect(page.locator(f"{DRAFT}[alt$='{prompt}']")).to_be_visible()
    page.wait_for_function("document.querySelector('.draft img').naturalWidth > 0")


def seed_of(page: Page) -> str:
    return page.locator("#seed").get_by_role("textbox").input_value()


def unfold(page: Page, name: str, inside: str) -> None:
    """Open a part of the form, unless somebody has."""
    if not page.locator(inside).is_visible():
        page.get_by_role("button", name=name).click()


def recipe_of(page: Page, job_id: str) -> dict[str, str]:
    """What the result says about how it was made."""
    page.locator(f"#result img[src^='outputs/{job_id}/']").first.wait_for()
    if not page.locator("#result .recipe dt").first.is_visible():
        page.locator("#result summary").click()
    expect(page.locator("#result .recipe dt").first).to_be_visible()
    names, values = (page.locator(f"#result .recipe {kind}").all_inner_texts() for kind in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def test_a_draft_shows_who_will_be_drawn_and_outlives_a_reload(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    expect(page.locator(".draft")).to_be_hidden()
    describe(page, "a tall elf")
    page.locator("#style").get_by_label("Comic").check()
    expect(page.locator(f"{DRAFT}[src*='comic']")).to_be_visible()
    seed = seed_of(page)
    assert f"seed={seed}" in (page.locator(DRAFT).get_attribute("src") or "")
    page.get_by_role("button", name="Light / dark").click()
    expect(page.locator("body")).to_have_class("dark")
    reload(watched)
    expect(page.locator("body")).to_have_class("dark")
    expect(page.locator("#prompt textarea")).to_have_value("a tall elf")
    expect(page.locator("#style").get_by_label("Comic")).to_be_checked()
    expect(page.locator("#seed").get_by_role("textbox")).to_have_value(seed)
    page.locator("#generate").click()
    page.locator(PICTURE).wait_for()
    assert str(studio.client.get(f"/generations/{job_of(page, 'job')}").json()["seed"]) == seed
    # The next one is another character, and its draft says so.
    expect(page.locator("#seed").get_by_role("textbox")).not_to_have_value(seed)
    expect(page.locator(f"{DRAFT}[src*='seed={seed_of(page)}']")).to_be_attached()


def test_words_that_are_refused_are_said_in_the_draft(lasting: Watched) -> None:
    page = lasting.page
    page.locator("#prompt textarea").fill("nude woman")
    expect(page.locator(".draft.problem span")).to_contain_text("does not draw")
    expect(page.locator(".draft img")).to_be_hidden()
    page.locator("#prompt textarea").fill("")  # or it is refused again with the next change of the form
    expect(page.locator(".draft")).to_be_hidden()
    forgive(lasting, "/studio/draft")


def test_a_kept_seed_stays(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    page.get_by_label("Keep").check()
    first = generate(page, seed="77")
    page.locator(PICTURE).wait_for()
    expect(page.locator("#seed").get_by_role("textbox")).to_have_value("77")
    page.locator("#dice").click()
    expect(page.locator("#seed").get_by_role("textbox")).not_to_have_value("77")
    assert studio.client.get(f"/generations/{first}").json()["seed"] == 77
    page.get_by_label("Keep").uncheck()


def test_words_are_never_taken_for_markup(lasting: Watched) -> None:
    page = lasting.page
    prompt = 'knight <img src=x onerror="document.title=1"> "quoted" ${alert(1)} {{this}}'
    job_id = generate(page, prompt)
    picture = page.locator(f"#result img[src^='outputs/{job_id}/']")
    picture.wait_for()
    assert picture.get_attribute("alt") == prompt
    assert page.locator("#result img[src='x']").count() == 0
    page.get_by_role("tab", name="Queue").click()
    expect(page.locator("#queue .prompt").first).to_have_text(prompt)
    assert page.title() == "AvatarForge Studio"
    page.get_by_role("tab", name="Single avatar").click()


def test_everything_in_the_form_reaches_the_record(lasting: Watched, studio: RunningApp) -> None:
    page = lasting.page
    page.locator("#clothing").get_by_role("textbox").fill("red cape")
    page.locator("#style").get_by_label("Ink").check()
    page.locator("#view").get_by_label("Side").check()
    page.locator("#framing").get_by_label("Bust").check()
    page.locator("#shape").get_by_label("1:1").check()
    page.locator("#scale").get_by_label("Small").check()
    page.get_by_label("Realistic").check()
    unfold(page, "Pose and reference", "#pose")
    page.locator("#pose").get_by_label("Waving").check()
    expect(page.locator(".skeleton img[src='studio/poses/wave/skeleton']")).to_be_visible()
    unfold(page, "Advanced", "#negative")
    page.locator("#negative").get_by_role("textbox").fill("hat")
    page.get_by_label("Transparent background").check()
    job_id = generate(page, seed="5")
    made = recipe_of(page, job_id)
    assert made["prompt"] == f"{PROMPT}, waving"
    assert (made["clothing"], made["style"], made["negative prompt"]) == ("red cape", "ink drawing", "hat")
    assert (made["views"], made["framing"], made["realism"]) == ("side", "bust", "True")
    assert (made["width"], made["height"], made["transparent"]) == ("448", "448", "True")
    assert studio.client.get(f"/generations/{job_id}").json()["seed"] == 5

    # All of it comes back from the result's own settings, also the pose.
    page.locator("#prompt textarea").fill("somebody else")
    page.locator("#pose").get_by_label("As described").check()
    page.get_by_role("button", name="Use these settings").click()
    expect(page.locator("#prompt textarea")).to_have_value(PROMPT)
    expect(page.locator("#pose").get_by_label("Waving")).to_be_checked()
    expect(page.locator("#seed").get_by_role("textbox")).to_have_value("5")


def test_an_uploaded_pose_is_in_the_request(lasting: Watched, studio: RunningApp, tmp_path: Path) -> None:
    page = lasting.page
    skeleton = tmp_path / "pose.png"
    skeleton.write_bytes(studio.client.get("/studio/poses/kick/skeleton").content)
    unfold(page, "Pose and reference", "#pose")
    page.locator("#pose-file input[type=file]").set_input_files(skeleton)
    shown = page.locator("#pose-file img[src^='files/']")
    expect(shown).to_be_visible()
    file_id = (shown.get_attribute("src") or "").removeprefix("files/")
    made = recipe_of(page, generate(page))
    assert file_id in made.values()
    page.locator("#pose-file [data-clear]").click()
    expect(shown).to_have_count(0)


def test_a_broken_upload_is_said_in_place(lasting: Watched, tmp_path: Path) -> None:
    page = lasting.page
    broken = tmp_path / "<b>pose.png"
    broken.write_bytes(b"\x89PNG nothing of the kind")
    unfold(page, "Pose and reference", "#pose")
    page.locator("#reference-file input[type=file]").set_input_files(broken)
    expect(page.locator("#reference-file [role=alert]")).to_contain_text("Invalid image file")
    assert page.locator("#reference-file b").count() == 0
    forgive(lasting, "/upload/")


def test_variations_are_made_of_a_result(watched: Watched) -> None:
    page = watched.page
    page.locator("#scale").get_by_label("Small").check()
    first = generate(page)
    page.locator(f"#result img[src^='outputs/{first}/']").wait_for()
    page.get_by_role("button", name="Variations").click()
    expect(page.locator(f"#result img[src^='outputs/']:not([src*='{first}'])")).to_have_count(4)
    assert page.locator(f"#result img[src*='{first}']").count() == 0
    # The form was restored while its fold had never been opened.
    page.get_by_role("button", name="Pose and reference").click()
    for place in ("#pose-file", "#reference-file"):
        expect(page.locator(f"{place} input[type=file]")).to_have_count(1)
    expect(page.locator("#pose-file")).to_contain_text("Drop")


def test_keys_generate_cancel_and_change_tabs(lasting: Watched, busy: Callable[[], None]) -> None:
    page = lasting.page
    page.locator("#prompt textarea").fill(PROMPT)
    page.locator("#prompt textarea").press("Control+Enter")
    expect(page.locator("#result [role=status]")).to_contain_text("Waiting for a free server")
    page.keyboard.press("Escape")
    expect(page.locator("#result")).to_contain_text("Cancelled")
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("tab", name="Pose views")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("tab", name="Single avatar")).to_have_attribute("aria-selected", "true")
    forgive(lasting, "/studio/")  # drafts cannot be drawn meanwhile


def test_a_job_goes_on_through_a_reload(lasting: Watched, busy: Callable[[], None]) -> None:
    page = lasting.page
    job_id = generate(page)
    expect(page.locator("#result [role=status]")).to_contain_text("Waiting for a free server")
    reload(lasting)
    expect(page.locator("#result [role=status]")).to_contain_text("Waiting for a free server")
    busy()
    expect(page.locator(f"#result img[src^='outputs/{job_id}/']")).to_be_visible()
    forgive(lasting, "/studio/")  # drafts could not be drawn meanwhile


def test_the_page_speaks_the_browsers_language(browser: Browser, studio: RunningApp) -> None:
    for locale, word in (("zh-CN", "生成"), ("fr-FR", "Generate")):
        context = browser.new_context(base_url=studio.url, locale=locale)
        page = context.new_page()
        open_studio_page(page)
        expect(page.locator("#generate")).to_have_text(word)
        context.close()


def test_a_refusal_is_said_in_the_language_of_the_browser(
    browser: Browser, studio: RunningApp, tmp_path: Path
) -> None:
    broken = tmp_path / "pose.png"
    broken.write_bytes(b"\x89PNG nothing of the kind")
    context = browser.new_context(base_url=studio.url, locale="de-AT")
    page = context.new_page()
    made = studio.generate(prompt="nude woman")["generation_id"]
    assert studio.wait(made)["status"] == "failed"
    open_studio_page(page, f"/?job={made}")
    expect(page.locator("#generate")).to_have_text("Erzeugen")
    expect(page.locator("#result [role=alert]")).to_contain_text("die zeichnet dieses Studio nicht")
    expect(page.locator("#result [role=alert]")).to_contain_text("Ändern Sie die Beschreibung")
    page.get_by_role("button", name="Pose und Vorlage").click()
    page.locator("#reference-file input[type=file]").set_input_files(broken)
    expect(page.locator("#reference-file [role=alert]")).to_contain_text("Das Bild ist nicht brauchbar")
    context.close()


def test_page_and_server_word_everything_alike_in_a_language_that_stays(
    browser: Browser, studio: RunningApp
) -> None:
    # A whole sentence each, with the facts in it as the studio's rooms write them.
    written = [
        "not drawn: wings, halo",
        "made again with the front view, from which they are drawn: back, side",
        "back: made 3 times, the nearest to the front view is kept "
        "(drift 0.41, more than the 0.3 that was asked for)",
        "There is no workflow 'inked' here; the best one will be chosen.",
        "ComfyUI is not answering at http://gpu:8188.",
        "Flux does not take LoRAs; Inked: the node InkBrush",
        "Preparing the drawing engine (first start only, about 15 s)",
        "Nobody says this.",
        StudioError("model_disk_full", name="a.safetensors", needed_gb=6.94, folder="x", free_gb=1.0).message,
        StudioError("file_too_large", limit_mb=50.0).message,
    ]
    with open_page(browser, studio.url) as watched:
        page = watched.page
        open_studio_page(page)
        for language in ("en", "de", "ja", "es", "zh"):
            if language != "en":
                page.locator("[data-language]").select_option(language)
                expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
                page.locator("#generate").wait_for()
            if language == "ja":
                expect(page.locator("#generate")).to_have_text("生成")
                expect(page.locator("#result")).to_contain_text("キャラクター")  # worded by the server
            said = page.evaluate("texts => texts.map(one => avatarforge.phrase(one))", written)
            assert said == [phrase(language, one) for one in written]
        # An error of a route, with its code and its facts.
        error = StudioError("image_dimensions", width=5000, height=20, low=64, high=4096)
        answer = {"detail": error.message, **error.to_json()}
        said = page.evaluate("answer => avatarforge.sentence(answer)", answer)
        assert said == " ".join(explain("zh", error))
        reload(watched)
        expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
        expect(page.locator("#generate")).to_have_text("生成")
