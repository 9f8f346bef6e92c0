"""The tab in which a picture speaks, in a real browser: files in, points marked, a video that plays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from tests.browser import Watched, open_page, open_studio_page
from tests.conftest import RunningApp
from tests.talking_files import SIZE, no_face, voice
from tests.ui_fixtures import (
    browser,
    generate,
    hold_answers,
    hold_requests,
    job_of,
    open_tab,
    patience,
    studio,
)

__all__ = ["browser", "patience", "studio"]

SECONDS = 1.5
LEFT = ("abort", "Connection errored out")  # what pages say whose stream breaks off because they are left
PLAYED = """async (video) => {
  video.muted = true;
  await video.play();
  await new Promise((done, fail) => {
    video.onerror = () => fail(new Error(video.error?.message || 'decode error'));
    const look = () => (video.ended || video.currentTime > 0.5 ? done() : setTimeout(look, 20));
    look();
  });
  const seen = video.getVideoPlaybackQuality();
  return {at: video.currentTime, width: video.videoWidth, height: video.videoHeight, duration: video.duration,
    frames: seen.totalVideoFrames, dropped: seen.corruptedVideoFrames || 0, error: video.error};
}"""


@pytest.fixture
def watched(browser: Browser, studio: RunningApp) -> Iterator[Watched]:
    """The studio's page with a microphone; a test fails when the page complained."""
    with open_page(browser, studio.url) as watched:
        watched.page.context.grant_permissions(["microphone"])
        open_studio_page(watched.page)
        yield watched
        assert [one for one in watched.complaints if not any(words in one for words in LEFT)] == []


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    path = tmp_path / "speech.wav"
    path.write_bytes(voice(SECONDS))
    return path


def give_voice(page: Page, speech: Path) -> None:
    page.locator("[data-file=voice]").set_input_files(speech)
    expect(page.locator(".heard audio")).to_be_visible()


def make_it_talk(page: Page) -> str:
    """Press the button with the smallest size chosen, and give the id of the new job."""
    before = page.url
    page.locator("#talk-resolution").get_by_label(str(SIZE)).check()
    page.locator("#talk-generate").click()
    page.wait_for_function("before => location.href !== before && /talk=./.test(location.search)", arg=before)
    return job_of(page, "talk")


def played(video: Locator) -> dict[str, Any]:
    """Play a video and give what became of it."""
    return video.evaluate(PLAYED)


def check_played(seen: dict[str, Any]) -> None:
    assert seen["at"] > 0.4
    assert seen["frames"] > 3
    assert (seen["dropped"], seen["error"]) == (0, None)
    assert (seen["width"], seen["height"]) == (SIZE, SIZE)
    assert seen["duration"] == pytest.approx(SECONDS, abs=0.15)


def request_of(studio: RunningApp, job_id: str) -> dict[str, Any]:
    shown = studio.client.get("/studio/gallery", params={"kind": "talk", "limit": 50}).json()["pictures"]
    [one] = [picture for picture in shown if picture["generation_id"] == job_id]
    return studio.client.get(f"/studio/gallery/{one['id']}").json()["recipe"]["request"]


def test_a_character_is_sent_over_and_speaks(
    watched: Watched, studio: RunningApp, browser: Browser, speech: Path
) -> None:
    page = watched.page
    generate(page, "young woman, red hair", seed="5")
    page.locator("#result [data-send=talking]").first.click()
    expect(page.get_by_role("tab", name="Talking")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".face img")).to_have_attribute("alt", "young woman, red hair")
    give_voice(page, speech)
    page.locator("#talk-emotion input").click()
    page.get_by_role("option", name="Happy").click()
    job_id = make_it_talk(page)
    video = page.locator("#talk-shown video")
    video.wait_for(timeout=240_000)
    check_played(played(video))
    request = request_of(studio, job_id)
    assert (request["emotion"], request["resolution"], request["title"]) == (
        "happy",
        SIZE,
        "young woman, red hair",
    )
    with page.expect_download() as download:
        page.locator("#talk-shown a[download]").click()
    assert download.value.path().read_bytes()[4:8] == b"ftyp"

    # The address shows it again, and the form is as it was left.
    with open_page(browser, studio.url) as other:
        other.page.goto(f"/?talk={job_id}&tab=talking")
        expect(other.page.locator("#talk-shown video")).to_be_visible()
    page.reload()
    expect(page.locator(".face img")).to_have_attribute("alt", "young woman, red hair")
    expect(page.locator(".heard audio")).to_be_visible()

    # It stands in the gallery with its first picture, and plays there.
    open_tab(page, "Gallery")
    card = page.locator(".gallery .open.plays").first
    image = card.locator("img")
    page.wait_for_function("one => one.naturalWidth > 0", arg=image.element_handle())
    card.click()
    check_played(played(page.locator("dialog video")))
    page.keyboard.press("Escape")

    # And in the queue, which leads back to it.
    open_tab(page, "Queue")
    row = page.locator(f"[data-job='{job_id}']")
    expect(row.locator(".thumb img")).to_be_visible()
    row.get_by_role("link", name="Open").click()
    expect(page.locator("#talk-shown video")).to_be_visible()


def test_its_own_address_plays_too(watched: Watched, studio: RunningApp) -> None:
    page = watched.page
    shown = studio.client.get("/studio/gallery", params={"kind": "talk", "limit": 1}).json()["pictures"]
    name = shown[0]["id"].replace("-", "")
    for address in (f"/outputs/{shown[0]['generation_id']}/output.mp4", f"/download/{name}.mp4"):
        page.goto(address)
        check_played(played(page.locator("video")))


def test_eyes_and_mouth_are_marked_where_no_face_is_found(
    watched: Watched, studio: RunningApp, speech: Path, tmp_path: Path
) -> None:
    page = watched.page
    open_tab(page, "Talking")
    nobody = tmp_path / "nobody.jpg"
    nobody.write_bytes(no_face(77))
    page.locator("[data-file=picture]").set_input_files(nobody)
    expect(page.locator(".face img")).to_be_visible()
    give_voice(page, speech)
    make_it_talk(page)
    problem = page.locator("#talk-shown .note.problem")
    problem.wait_for(timeout=240_000)
    expect(problem).to_contain_text("face")
    page.locator("#talk-shown [data-do=mark]").click()

    face = page.locator(".face")
    page.locator(".point.mouth").wait_for()
    box = face.bounding_box()
    assert box is not None
    for place in ((0.3, 0.3), (0.7, 0.3), (0.5, 0.7)):
        # Where nothing is: on one of the points it would be taken hold of.
        page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
    mouth = page.locator(".point.mouth")
    mouth.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.locator("[data-act=marked]").click()
    expect(page.locator("#talk-source .chip").first).to_have_text("Eyes and mouth marked")
    kept = json.loads(page.evaluate("localStorage.getItem('avatarforge.talking')"))["landmarks"]
    for name, place in {"left_eye": (0.3, 0.3), "right_eye": (0.7, 0.3), "mouth": (0.5, 0.72)}.items():
        assert kept[name] == pytest.approx(place, abs=0.02)
    job_id = make_it_talk(page)
    page.locator("#talk-shown video").wait_for(timeout=240_000)
    assert request_of(studio, job_id)["landmarks"] == kept


def test_the_last_choice_counts(watched: Watched, studio: RunningApp, speech: Path, tmp_path: Path) -> None:
    page = watched.page
    generate(page, "young woman, red hair", seed="5")
    page.locator("#result [data-send=talking]").first.wait_for()
    open_tab(page, "Talking")
    nobody = tmp_path / "nobody.jpg"
    nobody.write_bytes(no_face(77))
    sending = hold_answers(page, "^POST upload/reference_image")
    page.locator("[data-file=picture]").set_input_files(nobody)
    sending.wait()
    page.evaluate("document.querySelector('#result [data-send=talking]').click()")
    face = page.locator(".face img")
    expect(face).to_have_attribute("alt", "young woman, red hair")
    sending.let_go()
    expect(face).to_have_attribute("alt", "young woman, red hair")

    sending = hold_answers(page, "^POST upload/reference_image")
    page.locator("[data-file=picture]").set_input_files(nobody)
    sending.wait()
    page.locator("[data-act=no-picture]").focus()
    page.keyboard.press("Enter")
    expect(face).to_have_count(0)
    sending.let_go()
    expect(face).to_have_count(0)

    # Whoever is quick gets a video with the voice that is on its way, and one only.
    page.locator("[data-file=picture]").set_input_files(nobody)
    expect(face).to_be_visible()
    give_voice(page, speech)
    before = handed_over(page)
    other = tmp_path / "other.wav"
    other.write_bytes(voice(SECONDS + 0.5))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if is_asking(request) else None)
    sending = hold_requests(page, "^POST studio/talking/voice")
    page.locator("[data-file=voice]").set_input_files(other)
    sending.wait()
    page.locator("#talk-generate").click()
    page.locator("#talk-generate").click()
    sending.let_go()
    page.wait_for_function("/talk=./.test(location.search)")
    now = handed_over(page)
    assert now["audio_file_id"] != before["audio_file_id"]
    assert [json.loads(json.loads(one)["data"][0])["audio_file_id"] for one in asked] == [
        now["audio_file_id"]
    ]
    studio.client.delete(f"/generations/{job_of(page, 'talk')}")

    # A studio that is busy just now has them still.
    page.route(
        "**/files/**", lambda route: route.fulfill(status=503) if is_head(route) else route.continue_()
    )
    page.reload()
    expect(face).to_have_attribute("alt", "nobody")
    assert handed_over(page) == now
    watched.complaints[:] = [one for one in watched.complaints if "503" not in one]


def is_asking(request: Request) -> bool:
    """Whether a request of the page asks for a video."""
    return "/queue/join" in request.url and "audio_file_id" in (request.post_data or "")


def is_head(route: Route) -> bool:
    return route.request.method == "HEAD"


def handed_over(page: Page) -> dict[str, Any]:
    """What the page would hand to the studio now."""
    return json.loads(page.evaluate("avatarforge.talking.given([''])[0]"))


def test_a_voice_is_recorded(watched: Watched) -> None:
    page = watched.page
    open_tab(page, "Talking")
    page.locator("[data-way=record]").click()
    # Pressed again while the browser asks for the microphone.
    page.evaluate(
        """() => {
          const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          window.microphones = [];
          navigator.mediaDevices.getUserMedia = (wanted) => new Promise((done) => {
            microphones.push(() => done(own(wanted)));
          });
        }"""
    )
    page.locator("[data-act=record]").click()
    page.locator("[data-act=record]").click()
    assert page.evaluate("() => { microphones.forEach((allow) => allow()); return microphones.length; }") == 1
    # Not a certain second, which is over while a slow machine looks away.
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^\d+:(0[1-9]|[1-5]\d)$"))
    page.locator("[data-act=record]").click()
    audio = page.locator(".heard audio")
    expect(audio).to_be_visible()
    page.wait_for_function("one => one.duration > 0.5", arg=audio.element_handle())


def test_what_is_missing_is_asked_for_and_what_is_wrong_is_told(watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    open_tab(page, "Talking")
    page.locator("#talk-generate").click()
    expect(page.get_by_text("Choose a picture with a face first.")).to_be_visible()
    text = tmp_path / "speech.wav"
    text.write_text("no sound", encoding="utf-8")
    page.locator("[data-file=voice]").set_input_files(text)
    problem = page.locator("#talk-source [data-problem]")
    expect(problem).to_contain_text("Invalid file type")
    # A list of voices that is refused says nothing about who can speak, and is asked for again.
    busy = {"error": "Too busy just now."}
    page.route("**/speech/voices*", lambda route: route.fulfill(status=503, json=busy))
    page.locator("[data-way=text]").click()
    expect(problem).to_have_text("Too busy just now.")
    expect(page.locator("[data-no-speech]")).to_be_hidden()
    page.unroute("**/speech/voices*")
    with page.expect_response("**/speech/voices"):
        page.locator("[data-way=text]").click()
    expect(problem).to_be_hidden()
    watched.complaints[:] = [one for one in watched.complaints if "400" not in one and "503" not in one]


def test_a_running_video_is_cancelled(watched: Watched, studio: RunningApp, tmp_path: Path) -> None:
    page = watched.page
    generate(page, "young woman, red hair", seed="5")
    page.locator("#result [data-send=talking]").first.click()
    page.locator(".face img").wait_for()
    long = tmp_path / "long.wav"
    long.write_bytes(voice(60.0))
    give_voice(page, long)
    make_it_talk(page)
    expect(page.locator("#talk-shown .bar")).to_be_visible()
    expect(page.locator("#talk-cancel")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.locator("#talk-shown")).to_contain_text("Cancelled")
    expect(page.locator("#talk-cancel")).to_be_disabled()
