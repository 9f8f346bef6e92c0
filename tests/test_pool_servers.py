"""Servers over REST: listed, tried, added, paused and let go of; what was decided outlives a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import problems
from api.owner import OWNER
from studio.assembly import open_studio
from studio.comfy.engine_process import free_port
from studio.errors import StudioError
from studio.records import runs
from studio.request import AvatarRequest
from studio.servers import check_address
from studio.settings import Settings
from tests.documents.contract import INVALID, PREFIX, PROBLEM, check_shape
from tests.fake_comfy import FakeComfy, Reply, wait_until
from tests.opened_studios import NO_ENGINE
from tests.runner_fixtures import (
    WORKFLOWS,
    answer_all,
    finished,
    new_comfy,
    opened,
    run_to_end,
    sends,
    submit,
    until_final,
)
from tests.studio_fixtures import make_settings


@pytest.fixture
def fakes() -> Iterator[tuple[FakeComfy, FakeComfy]]:
    with new_comfy() as one, new_comfy() as two:
        yield one, two


def studio_settings(folder: Path, **values: Any) -> Settings:
    return make_settings(
        folder, studio_engine_url=NO_ENGINE, studio_workflows_path=(str(WORKFLOWS),), **values
    )


# ---------------------------------------------------------------------- verbs


def test_an_added_server_is_used_at_once_and_after_a_restart(
    tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]
) -> None:
    one, two = fakes
    with opened(tmp_path, one) as studio:
        added = studio.servers.add(two.url)
        assert added.is_added
        assert wait_until(lambda: studio.servers.get(added.id).health["status"] == "healthy", 10)
        both = [submit(studio) for _ in range(2)]
        assert wait_until(lambda: len(sends(one)) == len(sends(two)) == 1, 10)
        assert studio.servers.get(added.id).tasks == 1
        assert wait_until(lambda: finished(studio, both, answer_all(set(), one, two)), 10)
        studio.servers.pause(added.id)
    with opened(tmp_path, one, wait_every=False) as studio:
        listed = {one.health["url"]: one for one in studio.servers.list()}
        assert listed[two.url].id == added.id
        assert listed[two.url].health["paused"]
        assert not listed[one.url].is_added
        studio.servers.remove(added.id)
    with opened(tmp_path, one) as studio:
        assert two.url not in [server.url for server in studio.pool.servers]


def test_a_studio_without_comfyui_can_be_given_one(
    tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]
) -> None:
    one, _ = fakes
    studio = open_studio(studio_settings(tmp_path))
    try:
        assert [listed.id for listed in studio.servers.list()] == ["embedded"]
        studio.servers.add(one.url)
        assert studio.pool.wait_ready(10, "comfy")
        job = submit(studio)
        assert job.engine == "comfy"
        assert wait_until(lambda: len(sends(one)) == 1, 10)
        run_to_end(one, sends(one)[0])
        assert until_final(studio, job).status == "completed"
    finally:
        studio.close()


def test_a_paused_server_is_drained_and_its_work_waits_for_it(
    tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]
) -> None:
    one, _ = fakes
    with opened(tmp_path, one) as studio:
        [server_id] = [listed.id for listed in studio.servers.list() if listed.health["kind"] == "comfy"]
        running = submit(studio)
        assert wait_until(lambda: len(sends(one)) == 1, 10)
        assert studio.servers.pause(server_id).tasks == 1
        # Paused is not gone: what comes now is taken in, and waits.
        waiting = submit(studio)
        run_to_end(one, sends(one)[0])
        assert until_final(studio, running).status == "completed"
        assert wait_until(lambda: studio.servers.get(server_id).tasks == 0, 10)
        assert len(sends(one)) == 1
        report = studio.jobs.planner.report(AvatarRequest(prompt="a knight", workflow="empty_image"))
        assert [place.is_paused for place in report.places] == [True]
        assert studio.servers.resume(server_id).health["paused"] is False
        assert wait_until(lambda: len(sends(one)) == 2, 10)
        run_to_end(one, sends(one)[1])
        assert until_final(studio, waiting).status == "completed"


def test_what_runs_on_a_paused_server_is_followed_also_after_a_restart(
    tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]
) -> None:
    one, _ = fakes
    with opened(tmp_path, one) as studio:
        [server_id] = [listed.id for listed in studio.servers.list() if listed.health["kind"] == "comfy"]
        running = submit(studio)
        assert wait_until(lambda: len(sends(one)) == 1, 10)
        studio.servers.pause(server_id)
        waiting = submit(studio)
    studio = open_studio(studio_settings(tmp_path, comfyui_url=(one.url,)))
    try:
        assert wait_until(lambda: studio.servers.get(server_id).tasks == 1, 10)
        run_to_end(one, sends(one)[0])
        assert until_final(studio, running).status == "completed"
        assert studio.jobs.get(waiting.id).status == "queued"
        assert len(sends(one)) == 1
    finally:
        studio.close()


def test_a_removed_server_hands_its_work_over(tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]) -> None:
    one, two = fakes
    with opened(tmp_path, one) as studio:
        added = studio.servers.add(two.url)
        assert wait_until(lambda: len(studio.pool.online("comfy")) == 2, 10)
        jobs = [submit(studio) for _ in range(4)]
        assert wait_until(lambda: len(sends(one)) == len(sends(two)) == 2, 10)
        with pytest.raises(StudioError) as caught:
            studio.servers.remove(added.id)
        assert caught.value.code == "server_busy"
        studio.servers.remove(added.id, force=True)
        assert two.pending == []  # taken back from there
        seen: set[str] = set()
        assert wait_until(lambda: finished(studio, jobs, answer_all(seen, one)), 20)
        assert [len(studio.jobs.get(job.id).outputs) for job in jobs] == [1] * 4
        assert len(set(sends(one, two))) == len(sends(one, two)) == 6
        assert runs.history(studio.database).loaded.keys() <= {one.url}
        assert wait_until(lambda: two.listeners == 0, 10)


def test_servers_of_the_settings_are_not_removed(tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]) -> None:
    with opened(tmp_path, fakes[0]) as studio:
        for listed in studio.servers.list():
            with pytest.raises(StudioError) as caught:
                studio.servers.remove(listed.id, force=True)
            assert caught.value.code == "server_configured"
        with pytest.raises(StudioError) as caught:
            studio.servers.add(fakes[0].url + "/")
        assert caught.value.code == "server_known"


def test_what_is_something_else_is_not_added(tmp_path: Path, fakes: tuple[FakeComfy, FakeComfy]) -> None:
    one, two = fakes
    two.replies["/system_stats"] = Reply("<html>Sign in</html>", 200, {"content-type": "text/html"})
    with opened(tmp_path, one) as studio:
        tried = studio.servers.try_address(two.url)
        assert tried.problem is not None
        assert tried.problem["code"] == "server_confused"
        with pytest.raises(StudioError) as caught:
            studio.servers.add(two.url)
        assert caught.value.code == "server_address"
        # One that is only switched off is taken, and used once it is there.
        two.replies.clear()
        two.down()
        added = studio.servers.add(two.url)
        two.up()
        assert wait_until(lambda: studio.servers.get(added.id).health["status"] == "healthy", 20)


@pytest.mark.parametrize(
    "address",
    [
        "gpu:8188",
        "ftp://gpu:8188",
        "http://",
        "http://gpu:99999",
        "http://gpu:8188/?a=1",
        "http://gpu:8188/#there",
        "http://gpu:8188/a b",
        "http://169.254.169.254/latest",
        "http://[fe80::1]:8188",
        "http://0.0.0.0:8188",
        "http://[::]:8188",
        "http://[::ffff:169.254.169.254]:80",
        "http://224.0.0.1:8188",
        "http://2852039166/",
        "http://" + "a" * 500,
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(StudioError) as caught:
        check_address(address)
    assert caught.value.code == "server_address"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://127.0.0.1:8188/", "http://127.0.0.1:8188"),
        ("http://192.168.1.7:8188", "http://192.168.1.7:8188"),
        ("https://me:secret@10.0.0.9/comfy", "https://10.0.0.9/comfy"),
        ("http://[::1]:8188", "http://[::1]:8188"),
        ("http://nobody.invalid:8188", "http://nobody.invalid:8188"),
    ],
)
def test_addresses_of_private_networks_are_fine(address: str, url: str) -> None:
    assert check_address(address) == url


# ----------------------------------------------------------------------- REST


def test_the_routes_do_all_of_it(tmp_path: Path, start_app: Any, fakes: tuple[FakeComfy, FakeComfy]) -> None:
    one, two = fakes
    app = start_app("--no-ui", COMFYUI_URL=one.url, STUDIO_ENGINE_URL=f"http://127.0.0.1:{free_port()}")
    app.wait_healthy()
    listed = app.client.get(f"{PREFIX}/servers").json()["servers"]
    first = listed[0]
    assert (first["url"], first["kind"], first["added"]) == (one.url, "comfy", False)
    assert listed[0]["device"] == "cuda:0 Fake"
    assert listed[0]["vram_free_bytes"] == 20_000_000_000
    assert listed[1]["server_id"] == "embedded"
    tried = app.client.post(f"{PREFIX}/servers/test", json={"url": two.url}).json()
    assert (tried["usable"], tried["version"], tried["queue"], tried["problem"]) == (True, "0.3.64", 0, None)
    nobody = f"http://127.0.0.1:{free_port()}"
    tried = app.client.post(f"{PREFIX}/servers/test", json={"url": nobody}).json()
    assert tried["usable"] is False
    assert tried["problem"]["code"] == "comfyui_unavailable"
    assert len(app.client.get(f"{PREFIX}/servers").json()["servers"]) == 2
    added = app.client.post(f"{PREFIX}/servers", json={"url": two.url.replace("//", "//me:secret@")})
    assert added.status_code == 200, added.text
    assert "secret" not in app.client.get(f"{PREFIX}/servers").text
    place = f"{PREFIX}/servers/{added.json()['server_id']}"
    assert app.client.post(f"{place}/pause").json()["paused"] is True
    assert app.client.get(place).json()["paused"] is True
    assert app.client.post(f"{place}/resume").json()["paused"] is False
    assert app.client.delete(place).json()["server_id"] == added.json()["server_id"]
    for method, path, status, code in (
        ("GET", place, 404, "server_unknown"),
        ("POST", f"{place}/pause", 404, "server_unknown"),
        ("DELETE", place, 404, "server_unknown"),
        ("DELETE", f"{PREFIX}/servers/{listed[0]['server_id']}", 409, "server_configured"),
    ):
        answer = app.client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        check_shape(answer.json(), PROBLEM)
    refused = app.client.post(f"{PREFIX}/servers", json={"url": "http://169.254.169.254"})
    assert refused.status_code == 422
    check_shape(refused.json(), INVALID)
    again = app.client.post(f"{PREFIX}/servers", json={"url": one.url})
    assert (again.status_code, again.json()["code"]) == (409, "server_known")
    stranger = app.client.post(f"{place}/pause", headers={"Origin": "https://somewhere.example"})
    assert (stranger.status_code, stranger.json()["code"]) == (403, "foreign_origin")
    own = app.client.post(f"{PREFIX}/servers/test", json={"url": nobody}, headers={"Origin": app.url})
    assert own.status_code == 200


@pytest.mark.parametrize(
    ("client", "values", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.168.1.20", {}, 403),
        ("8.8.8.8", {}, 403),
        ("unknown", {}, 403),
        ("192.168.1.20", {"studio_password": "a good one"}, 200),  # the login has let them in
    ],
)
def test_only_the_owner_changes_servers(client: str, values: dict[str, Any], status: int) -> None:
    app = FastAPI()
    app.state.studio = SimpleNamespace(settings=Settings(_env_file=None, **values))  # type: ignore[call-arg]
    app.post("/change", dependencies=OWNER)(lambda: "changed")
    problems.install(app)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as asking:
            return await asking.post("/change")

    answer = asyncio.run(ask())
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "owner_only"
        assert "STUDIO_PASSWORD" in answer.json()["hint"]
