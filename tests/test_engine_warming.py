"""Whoever needs the figure before it is ready waits for it, is told why, and can still be stopped."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from studio.engine.errors import Interrupted
from studio.engine.figure.kept import any_kept
from studio.engine.warming import FIRST_START, LATER_START, WarmUp
from tests.engine_fixtures import figure_graph, read_until_end, start_engine, stop_engine


@pytest.fixture(name="no_kernels", autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that this machine has never drawn."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def keep_one(folder: Path) -> None:
    """Leave what an earlier start would have left."""
    (folder / "some").mkdir(parents=True)
    (folder / "some" / "kernel.nbi").touch()


@pytest.mark.parametrize("first", [True, False])
def test_a_wait_is_explained_and_the_words_are_taken_back(no_kernels: Path, first: bool) -> None:
    if not first:
        keep_one(no_kernels)
    ready, said = threading.Event(), list[str]()

    def say(text: str) -> None:
        said.append(text)
        ready.set()

    def prepare() -> None:
        ready.wait(20)

    WarmUp(prepare).wait(say, lambda: None)
    assert said == [FIRST_START if first else LATER_START, ""]


def test_what_is_ready_is_neither_awaited_nor_explained() -> None:
    warm_up, said, prepared = WarmUp(lambda: prepared.append(1)), list[str](), list[int]()
    warm_up.wait(said.append, lambda: None)
    warm_up.wait(said.append, lambda: None)
    warm_up.start()
    assert (said, prepared) == ([], [1])


def test_who_waits_can_be_stopped() -> None:
    go_on = threading.Event()

    def prepare() -> None:
        go_on.wait(20)

    def interrupted() -> None:
        raise Interrupted

    warm_up = WarmUp(prepare)
    with pytest.raises(Interrupted):
        warm_up.wait(lambda text: None, interrupted)
    assert not warm_up.stop()  # a compiler at work does not end with its server
    go_on.set()


def test_a_figure_that_cannot_be_prepared_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise OSError("no room")

    warm_up = WarmUp(broken)
    warm_up.wait(lambda text: None, lambda: None)
    assert warm_up.stop()
    assert "could not be prepared" in caplog.text


def test_the_first_picture_of_a_machine_says_why_it_takes_long(tmp_path: Path, no_kernels: Path) -> None:
    assert os.environ["NUMBA_CACHE_DIR"] == str(no_kernels)
    engine = start_engine(tmp_path / "engine")
    try:
        socket = engine.connect("first")
        socket.settimeout(240)  # a busy machine compiles for long
        prompt_id = engine.send(figure_graph(), client_id="first").json()["prompt_id"]
        messages = read_until_end(socket, prompt_id)
        socket.close()
        entry = engine.http.get(f"/history/{prompt_id}").json()[prompt_id]
        texts = [message for message in messages if isinstance(message, bytes) and message[:4] == b"\0\0\0\3"]
        head = b"\0\0\0\3\0\0\0\x013"
        assert texts == [head + FIRST_START.encode(), head]
        assert entry["status"]["status_str"] == "success"
        assert any_kept()
    finally:
        stop_engine(engine)
