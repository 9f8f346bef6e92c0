"""Drafts over a real engine: quick, remembered, the newest of a page only, and nothing left behind."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import drafts as drafts_room
from studio import workflows
from studio.comfy.events import Event
from studio.comfy.pool import Pool, Server
from studio.drafts import Draft, Drafts, drawing
from studio.errors import StudioError
from studio.files import FileStore
from studio.jobs import Jobs
from studio.records import open_database
from studio.request import AvatarRequest
from tests.engine_fixtures import RunningEngine, figure_graph
from tests.studio_fixtures import make_settings

KNIGHT = AvatarRequest(prompt="a knight with a glorp", seed=5)
SMALL: dict[str, Any] = {"width": 96, "height": 128}


@pytest.fixture(scope="module")
def jobs(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """The job module over one embedded engine, with nobody who runs jobs."""
    settings = make_settings(tmp_path_factory.mktemp("drafts"))
    database = open_database(settings.database_path)
    pool = Pool([Server(engine.url, "embedded")])
    pool.start()
    assert pool.wait_ready(60, "embedded")
    opened_jobs = Jobs(database, FileStore(database, settings), pool, workflows.load_library(()), settings)
    # Kernels that are compiled on a machine's very first start take longer than anybody waits for a draft.
    engine.run(figure_graph())
    yield opened_jobs
    pool.stop()
    database.close()


@pytest.fixture
def drafts(jobs: Jobs) -> Drafts:
    """Drafts that remember nothing yet."""
    return Drafts(jobs)


def opened(draft: Draft) -> Image.Image:
    return Image.open(io.BytesIO(draft.data))


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(StudioError) as caught:
        call()
    return caught.value.code


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def files_of(engine: RunningEngine) -> list[Path]:
    return [path for path in engine.base.rglob("*") if path.is_file()]


class Busy:
    """Somebody's own prompts on the engine: one that runs for long, one that waits."""

    def __init__(self, engine: RunningEngine) -> None:
        self.engine = engine
        for name in ("runs", "waits"):
            engine.send(figure_graph(f"a wizard who {name}", size=256, batch=400), prompt_id=name)
        until(lambda: self.queue() == (["runs"], ["waits"]))

    def queue(self) -> tuple[list[str], list[str]]:
        """The prompts that run and wait, in order."""
        body = self.engine.http.get("/queue").json()
        return [row[1] for row in body["queue_running"]], [row[1] for row in body["queue_pending"]]

    def end(self) -> None:
        """Take both prompts away."""
        self.engine.http.post("/queue", json={"delete": ["waits"]})
        self.engine.http.post("/interrupt", json={"prompt_id": "runs"})


@pytest.fixture
def busy(engine: RunningEngine) -> Iterator[Busy]:
    """An engine with other work."""
    at_work = Busy(engine)
    yield at_work
    at_work.end()
    until(lambda: at_work.queue() == ([], []))


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    """Threads of people who wait for drafts."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


# ------------------------------------------------------------------- what is drawn


def test_a_draft_is_small_and_says_what_is_not_drawn(drafts: Drafts) -> None:
    draft = drafts.draw(KNIGHT)
    assert (draft.mime_type, opened(draft).size) == ("image/webp", (256, 384))
    assert draft.notes == ("not drawn: glorp",)
    assert draft.seed == 5
    assert len(draft.data) < 30_000


def test_what_changes_the_drawing_changes_the_draft(drafts: Drafts) -> None:
    changed = [
        drafts.draw(KNIGHT, **SMALL),
        drafts.draw(KNIGHT, view="back", **SMALL),
        drafts.draw(KNIGHT, yaw_deg=75, **SMALL),
        drafts.draw(KNIGHT, pose="sit", **SMALL),
        drafts.draw(KNIGHT.model_copy(update={"style": "ink"}), **SMALL),
        drafts.draw(KNIGHT.model_copy(update={"framing": "portrait"}), **SMALL),
        drafts.draw(KNIGHT.model_copy(update={"seed": 6}), **SMALL),
    ]
    assert len({draft.key for draft in changed}) == len({draft.data for draft in changed}) == len(changed)


def test_what_only_a_gpu_reads_changes_nothing(drafts: Drafts) -> None:
    first = drafts.draw(KNIGHT, **SMALL)
    for other in (
        AvatarRequest(**{**KNIGHT.model_dump(), "model": "sdxl.safetensors", "workflow": "checkpoint"}),
        AvatarRequest(**{**KNIGHT.model_dump(), "steps": 40, "cfg": 5, "views": ("back", "side")}),
    ):
        assert drafts.draw(other, **SMALL) == first
    assert drafts.draw(KNIGHT, yaw_deg=360, **SMALL) == first
    assert drafts.drawn == 1


def test_a_transparent_draft_keeps_its_alpha(drafts: Drafts) -> None:
    draft = drafts.draw(KNIGHT.model_copy(update={"transparent": True}), form="PNG", **SMALL)
    picture = opened(draft)
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_uploads_are_followed(drafts: Drafts) -> None:
    skeleton = drafts.skeleton("victory", **SMALL)
    stored = drafts.jobs.files.store_bytes(skeleton.data, "victory.png")
    posed = drafts.draw(KNIGHT.model_copy(update={"pose_file_id": stored.id}), **SMALL)
    assert posed.data != drafts.draw(KNIGHT, **SMALL).data
    gone = KNIGHT.model_copy(update={"reference_file_id": "gone"})
    assert refused(lambda: drafts.draw(gone, **SMALL)) == "file_not_found"


def test_presets_are_known_by_name_and_shown(drafts: Drafts) -> None:
    assert {"wave", "idle"} <= set(drafts.poses())
    assert {"anime", "ink"} <= set(drafts.styles())
    assert opened(drafts.pose_thumbnail("wave")).size == (160, 240)
    assert opened(drafts.style_thumbnail("ink")).size == (192, 192)
    for unknown in (
        lambda: drafts.draw(KNIGHT, pose="yodel"),
        lambda: drafts.skeleton("yodel"),
        lambda: drafts.pose_thumbnail("../wave"),
        lambda: drafts.style_thumbnail("yodel"),
    ):
        assert refused(unknown) == "preset_unknown"


def test_pictures_of_presets_outlive_a_restart(drafts: Drafts) -> None:
    first = drafts.style_thumbnail("pixel")
    later = Drafts(drafts.jobs)
    assert later.style_thumbnail("pixel").data == first.data
    assert later.drawn == 0


def test_a_skeleton_is_coloured_bones_on_black(drafts: Drafts) -> None:
    waving, standing = (drafts.skeleton(pose, **SMALL) for pose in ("wave", "idle"))
    picture = opened(waving)
    assert (waving.mime_type, picture.size) == ("image/png", (96, 128))
    assert picture.getpixel((0, 0)) == (0, 0, 0)
    assert len(picture.getcolors(100_000) or ()) > 10
    assert waving.data != standing.data


# --------------------------------------------------------------- what is remembered


def test_a_draft_is_drawn_once_for_all_who_want_it(drafts: Drafts, workers: ThreadPoolExecutor) -> None:
    request = AvatarRequest(prompt="a blue witch", seed=1)
    found = [workers.submit(drafts.draw, request, page=f"page {number}", **SMALL) for number in range(4)]
    assert len({future.result(60).data for future in found}) == 1
    assert drafts.drawn == 1
    assert drafts.remembered(found[0].result().key) == found[0].result()
    assert drafts.remembered("another key") is None


def test_memory_is_bounded_and_the_oldest_go_first(jobs: Jobs) -> None:
    drafts = Drafts(jobs, max_bytes=12_000)
    made = [drafts.draw(KNIGHT, yaw_deg=yaw, **SMALL) for yaw in range(0, 80, 8)]
    kept = [draft for draft in made if drafts.remembered(draft.key)]
    assert sum(len(draft.data) for draft in kept) <= 12_000
    assert 0 < len(kept) < len(made)
    assert kept == made[-len(kept) :]


def test_nothing_is_left_on_the_engine_or_in_the_records(drafts: Drafts, engine: RunningEngine) -> None:
    before, remembered = files_of(engine), len(engine.http.get("/history").json())
    for yaw in range(drawing.FORGET_AT + 6):
        drafts.draw(KNIGHT, yaw_deg=yaw, width=64, height=64)
    assert files_of(engine) == before
    assert len(engine.http.get("/history").json()) <= remembered + 6
    assert drafts.jobs.list().total == 0


# ------------------------------------------------------------------ the newest wins


def test_a_newer_draft_takes_the_place_of_an_older_one(
    drafts: Drafts, busy: Busy, workers: ThreadPoolExecutor
) -> None:
    def ask(prompt: str, page: str) -> Future[Draft]:
        before = len(busy.queue()[1])
        future = workers.submit(drafts.draw, AvatarRequest(prompt=prompt, seed=2), page=page, **SMALL)
        until(lambda: future.done() or len(busy.queue()[1]) != before or page == "typing")
        return future

    other = ask("a clown", "another page")
    older = ask("a kni", "typing")
    until(lambda: len(busy.queue()[1]) == 3)
    newer = ask("a knight", "typing")
    assert refused(lambda: older.result(30)) == "draft_superseded"
    until(lambda: len(busy.queue()[1]) == 3)
    running, waiting = busy.queue()
    assert running == ["runs"], "somebody else's work was stopped"
    assert waiting[-1] == "waits", "drafts go before what waits"
    busy.end()
    assert opened(newer.result(60)).size == (96, 128)
    assert opened(other.result(60)).size == (96, 128)
    assert drafts.drawn == 2


def test_a_draft_that_two_pages_want_is_not_taken_from_the_second(
    drafts: Drafts, busy: Busy, workers: ThreadPoolExecutor
) -> None:
    request = AvatarRequest(prompt="a red pirate", seed=3)
    first = workers.submit(drafts.draw, request, page="one", **SMALL)
    until(lambda: len(busy.queue()[1]) == 2)
    second = workers.submit(drafts.draw, request, page="two", **SMALL)
    until(lambda: any(len(run.tickets) == 2 for run in drafts._under_way.values()))
    changed = workers.submit(drafts.draw, AvatarRequest(prompt="a pirate in green"), page="one", **SMALL)
    until(lambda: len(busy.queue()[1]) == 3)
    busy.end()
    assert opened(second.result(60)).size == (96, 128)
    assert refused(lambda: first.result(60)) == "draft_superseded"
    assert changed.result(60).data != second.result().data


# ----------------------------------------------------------------- when it cannot be


def test_words_that_nobody_draws_are_refused_in_a_sentence(drafts: Drafts) -> None:
    with pytest.raises(StudioError, match="naked") as caught:
        drafts.draw(AvatarRequest(prompt="naked woman"), **SMALL)
    assert caught.value.code == "words_refused"
    assert caught.value.hint


def test_without_an_engine_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "STARTING_S", 0.1)
    settings = make_settings(tmp_path)
    database = open_database(settings.database_path)
    library = workflows.load_library(())
    for servers, why in (([], "switched off"), ([Server("http://127.0.0.1:9", "embedded")], "not ready")):
        jobs = Jobs(database, FileStore(database, settings), Pool(servers), library, settings)
        with pytest.raises(StudioError, match=why) as caught:
            Drafts(jobs).draw(KNIGHT)
        assert caught.value.code == "engine_unavailable"
    database.close()


def test_a_paused_engine_is_left_alone(drafts: Drafts) -> None:
    server = drafts.jobs.pool.servers[0]
    server.pause()
    try:
        with pytest.raises(StudioError, match="paused"):
            drafts.draw(AvatarRequest(prompt="nobody has drawn this yet"), **SMALL)
    finally:
        server.resume()


def test_a_picture_that_got_lost_is_asked_for_once_more(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "ASK_S", 0.4)
    heard, listening = drafts._heard, threading.Event()
    sent: list[str] = []
    server = drafts.jobs.pool.servers[0]
    submit = server.client.submit

    def noted(graph: Any, prompt_id: str, **more: Any) -> None:
        sent.append(prompt_id)
        if len(sent) == 2:
            listening.set()
        submit(graph, prompt_id, **more)

    monkeypatch.setattr(server.client, "submit", noted)

    def hear_late(server: Server, event: Event) -> None:
        if listening.is_set():
            heard(server, event)

    callbacks = drafts.jobs.pool._callbacks
    callbacks[callbacks.index(heard)] = hear_late
    draft = drafts.draw(AvatarRequest(prompt="a postman", seed=9), **SMALL)
    assert opened(draft).size == (96, 128)
    assert len(set(sent)) == 2


# ------------------------------------------------------------------------- addresses


def test_an_address_holds_what_is_drawn_and_nothing_else() -> None:
    request = AvatarRequest(
        prompt="äöü & a=b", realism=True, views=("back",), model="sdxl", steps=9, framing="bust"
    )
    assert drafts_room.address(request, yaw_deg=12.5, page="p1") == (
        "studio/draft?prompt=%C3%A4%C3%B6%C3%BC+%26+a%3Db&realism=true&framing=bust"
        "&yaw=12.5&width=256&height=384&page=p1"
    )
