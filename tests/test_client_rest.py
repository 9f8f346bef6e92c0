"""The REST door when something is wrong: nobody there, somebody else there, a studio that is away."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import Studio, StudioError
from tests import local_server
from tests.client_fixtures import LONG, SMALL
from tests.conftest import RunningApp, StartApp
from tests.local_server import serving
from tests.served import Serve, serve_apps
from tests.test_client_talk import voice

__all__ = ["serve_apps"]

Answer = tuple[int, str, str]  # status, content type, body


@pytest.fixture(name="answering")
def always_the_same() -> Iterator[Callable[[Answer], str]]:
    """A server that answers everything alike, and what it was sent."""
    with contextlib.ExitStack() as running:

        def answering(answer: Answer) -> str:
            class Handler(local_server.Handler):
                def do_GET(self) -> None:
                    self.answer(answer[0], answer[2].encode(), {"Content-Type": answer[1]})

            return running.enter_context(serving(Handler))

        yield answering


def failure(studio: Studio) -> StudioError:
    with studio, pytest.raises(StudioError) as failed:
        studio.jobs.get("3")
    return failed.value


def test_nobody_is_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = failure(Studio(url))
    assert error.code == "studio_unreachable"
    assert url in error.message
    assert "python app.py" in error.hint


@pytest.mark.parametrize(
    "answer",
    [
        (404, "text/html", "<h1>Not Found</h1>"),
        (404, "application/json", '{"detail": "Not Found"}'),
        (200, "text/html", "<h1>Welcome</h1>"),
        (200, "application/json", '{"id": "3"}'),
        (200, "application/json", "[]"),
        (500, "application/json", '"oh"'),
    ],
)
def test_somebody_else_is_there(answering: Callable[[Answer], str], answer: Answer) -> None:
    error = failure(Studio(answering(answer)))
    assert error.code == "not_a_studio"
    assert f"gave {answer[0]}" in error.message


def test_errors_of_a_newer_studio_are_told_in_its_words(answering: Callable[[Answer], str]) -> None:
    body = {"detail": "The moon is full.", "code": "full_moon", "hint": "Wait.", "facts": {"day": 3}}
    error = failure(Studio(answering((418, "application/json", json.dumps(body)))))
    assert (error.code, error.status, error.message, error.hint) == (
        "full_moon", 418, "The moon is full.", "Wait."
    )  # fmt: skip
    assert error.facts == {"day": 3}


def test_a_hint_is_not_said_twice(answering: Callable[[Answer], str]) -> None:
    body = {"detail": "It broke. See the log.", "code": "internal_error", "hint": "See the log."}
    error = failure(Studio(answering((500, "application/json", json.dumps(body)))))
    assert (error.message, error.hint) == ("It broke.", "See the log.")


def test_a_login_is_asked_for_and_given(serve: Serve) -> None:
    app = serve(STUDIO_PASSWORD="correct horse")
    with Studio(app.url) as stranger, pytest.raises(StudioError) as refused:
        stranger.health()
    assert refused.value.code == "not_signed_in"
    with Studio(app.url.replace("http://", "http://studio:correct%20horse@")) as known:
        assert known.health()


def test_a_restart_of_the_studio_is_waited_out(start_app: StartApp, serve: Serve) -> None:
    app = start_app("--no-ui")
    port = int(app.url.rpartition(":")[2])
    app.wait_healthy()
    with Studio(app.url) as studio:
        job = studio.avatar("a knight", **SMALL)
        app.kill()
        again: list[object] = []

        def restart() -> None:
            time.sleep(0.5)
            again.append(serve(app.folder, port=port))

        restarting = threading.Thread(target=restart)
        restarting.start()
        assert job.wait(240).status == "completed"
        restarting.join()


def test_waiting_asks_only_when_there_is_news(app: RunningApp) -> None:
    with Studio(app.url) as studio:
        first = studio.avatar("a giant", **LONG)  # so that the next one waits for a while
        job = studio.avatar("a dwarf", **SMALL)
        door = studio._door
        asked: list[float] = []
        run = door.run

        def counted(verb: Any) -> Any:
            asked.append(time.monotonic())
            return run(verb)

        door.run = counted  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(StudioError, match="is still"):
            job.wait(2.5)
        # By the clock it would be some ten looks.
        assert len(asked) <= 4
        first.cancel()
        assert job.wait(120).status == "completed"


def test_without_a_stream_it_looks_by_the_clock(serve: Serve) -> None:
    app = serve(STUDIO_EVENT_STREAMS="1")
    app.wait_healthy()
    with Studio(app.url) as studio:
        job = studio.avatar("a knight", **SMALL)
        with studio._door._http.stream("GET", f"/studio/jobs/{job.id}/events"):  # pyright: ignore
            other = studio.avatar("a monk", width=512, height=768)
            assert other.wait(120).status == "completed"


def test_a_key_is_sent_where_one_is_asked_for(serve: Serve, tmp_path: Path) -> None:
    app = serve(API_KEY="notebook:open-sesame:talking+studio+avatarforge")
    face = tmp_path / "face.png"
    Image.new("RGB", (128, 128), "#a08070").save(face)
    refusals = {None: "key_missing", "wrong": "key_wrong"}
    for key, code in refusals.items():
        with Studio(app.url, api_key=key) as stranger, pytest.raises(StudioError) as refused:
            stranger.talk(face, voice(0.5))
        assert (refused.value.code, refused.value.status) == (code, 401)
        assert refused.value.hint
    with Studio(app.url, api_key="open-sesame") as known:
        job = known.talk(face, voice(0.5), fps=10, resolution=256)
        # A plain colour has no face, which is told in words; the key was right.
        with pytest.raises(StudioError) as failed:
            job.wait(120)
        assert failed.value.code == "no_face"
