"""The studio about itself: root, health, status, log, errors with ids, figures, resources."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import lately, monitoring
from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.logbook import Logbook, read_entries, secrets_of
from studio.monitoring import Gpu, Monitoring, gpu_status
from studio.records import Database, faults, open_database
from studio.settings import Settings
from tests.conftest import OWN, RunningApp, start_app_process
from tests.fake_comfy import FakeComfy, wait_until
from tests.influencer_fixtures import ask, call, influencer, read_refusal, refused, until
from tests.served import Serve, serve_apps

__all__ = ["influencer", "serve_apps"]

TOKEN = "hf_very-secret-token"
PASSWORD = "geheim-4711"


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[set[str], RunningApp]]:
    """What an app logged until it was killed, and the next one in its folder.

    The second has secrets and no ComfyUI that answers.
    """
    first = start_app_process(tmp_path_factory.mktemp("system"), "--no-ui", LOG_FILE="./studio.log")
    logged = {one["message"] for one in call(first, "GET", "/logs")["items"]}
    first.kill()
    running = start_app_process(
        first.folder,
        "--no-ui",
        STUDIO_ENGINE_URL=OWN,
        HF_TOKEN=TOKEN,
        API_KEY=f"mine:{PASSWORD}:admin",
        LOG_FILE="./studio.log",
        COMFYUI_URL=f"http://user:{PASSWORD}@127.0.0.1:9",
    )
    yield logged, running
    running.kill()


@pytest.fixture(scope="module")
def app(lives: tuple[set[str], RunningApp]) -> RunningApp:
    """The app that runs now."""
    return lives[1]


# ----------------------------------------------------------------- root and status


def test_root_and_health_have_their_members_at_the_top(app: RunningApp) -> None:
    for path in ("", "/"):
        body = app.client.get(f"/api{path}", follow_redirects=False).json()
        assert {name: body[name] for name in body["data"]} == body["data"]
        assert body["data"] == {
            "name": "AInfluencer Backend API",
            "version": "0.0.1",
            "docs": "/docs",
            "health": "/api/health",
            "status": "/api/status",
        }
    assert app.client.get("/api/health").json()["status"] == "ok"
    assert app.client.get("/api/health").json()["redis"] == "disconnected"
    assert app.client.head("/api/health").status_code == 200


def test_status_names_what_is_wrong_and_no_secret(app: RunningApp) -> None:
    answer = ask(app, "GET", "/status")
    found = answer.json()["data"]
    assert set(found["services"]) == {"backend", "frontend", "engine", "comfyui", "ollama", "redis"}
    assert found["services"]["backend"]["state"] == "running"
    assert found["services"]["frontend"]["state"] == "stopped"
    assert found["services"]["backend"]["port"] == int(app.url.rpartition(":")[2])
    assert found["config"]["max_file_size"] == 52_428_800
    assert found["config"]["comfyui_url"] == ["http://127.0.0.1:9"]
    assert TOKEN not in answer.text
    assert PASSWORD not in answer.text
    assert "secret_key" not in found["config"]

    def comfyui_is_missed() -> bool:
        issues = call(app, "GET", "/status")["system"]["issues"]
        return any(issue["service"] == "comfyui" and issue["hint"] for issue in issues)

    until(comfyui_is_missed)
    assert call(app, "GET", "/status")["overall_status"] == "error"


# ------------------------------------------------------------------------------ log


def test_the_log_is_filtered_paged_and_without_secrets(app: RunningApp) -> None:
    until(lambda: call(app, "GET", "/logs", params={"service": "comfyui", "level": "warning"})["items"])
    whole = call(app, "GET", "/logs", params={"limit": 500})
    assert whole["total"] == len(whole["items"]) > 3
    times = [one["timestamp"] for one in whole["items"]]
    assert times == sorted(times, reverse=True)
    warnings = call(app, "GET", "/logs", params={"level": "warning", "limit": 500})["items"]
    assert {one["level"] for one in warnings} == {"warning"}
    comfyui = call(app, "GET", "/logs", params={"service": "comfyui", "limit": 500})["items"]
    assert {one["service"] for one in comfyui} == {"comfyui"}
    by_place = call(app, "GET", "/logs", params={"service": "studio.comfy", "limit": 500})["items"]
    assert all(one["logger"].startswith("studio.comfy.") for one in by_place)
    assert by_place
    second = call(app, "GET", "/logs", params={"limit": 1, "offset": 1})
    assert len(second["items"]) == 1
    assert second["offset"] == 1
    assert call(app, "GET", "/logs", params={"service": "nothing"})["items"] == []
    assert PASSWORD not in json.dumps(whole)
    refused(app, "GET", "/logs", 422, "validation_error", params={"level": "loud"})
    refused(app, "GET", "/logs", 422, "validation_error", params={"limit": 501})


def test_lines_of_the_engines_own_process_are_in_it(app: RunningApp) -> None:
    found = call(app, "GET", "/logs", params={"service": "engine", "limit": 500})["items"]
    assert any(one["message"].startswith("listening on http://") for one in found)


def test_the_log_of_an_earlier_process_is_read_from_its_file(lives: tuple[set[str], RunningApp]) -> None:
    before, second = lives
    known = call(second, "GET", "/logs", params={"limit": 500})["items"]
    assert {"Application startup complete."} <= before
    assert sum(one["message"] == "Application startup complete." for one in known) == 2


def test_both_forms_of_a_log_file_are_read() -> None:
    lines = [
        "the end of an entry whose beginning is not there",
        "2026-01-15 10:30:00,250 ERROR studio.jobs: it broke  [request_id=req_1 job_id=j2]",
        "Traceback (most recent call last):",
        "ValueError: no",
        '{"at": "2026-01-15T10:30:01.000Z", "level": "INFO", "logger": "studio.ui.page", "message": "ready"}',
        "{not json",
    ]
    first, second = read_entries(lines)
    assert (first.level, first.service, first.request_id, first.job_id) == ("error", "backend", "req_1", "j2")
    assert first.message == "it broke\nTraceback (most recent call last):\nValueError: no"
    assert datetime.datetime.fromtimestamp(first.at).isoformat() == "2026-01-15T10:30:00.250000"
    assert (second.service, second.message) == ("frontend", "ready\n{not json")


def test_every_kind_of_secret_is_known() -> None:
    settings = Settings(
        api_key="one-key-1, named:two-key-2:media",  # pyright: ignore[reportArgumentType]
        hf_token="tok-en-3",  # pyright: ignore[reportArgumentType]
        comfyui_url=("http://me:pass%2Dword4@gpu:8188",),
        rate_limit_storage_url="redis://:redis-pass5@cache:6379/0",
        secret_key="signs-things6",
        studio_password="abc",  # pyright: ignore[reportArgumentType]
    )
    found = set(secrets_of(settings))
    assert {"one-key-1", "two-key-2", "tok-en-3", "pass-word4", "redis-pass5", "signs-things6"} <= found
    assert "abc" not in found  # would blot out half of every sentence
    assert "named" not in found


# --------------------------------------------------------------------------- errors


def test_what_goes_wrong_has_an_id_and_its_request(app: RunningApp) -> None:
    answer = ask(app, "POST", "/workflows/checkpoint/run", json={"prompt": "a knight"})
    error = read_refusal(answer, 503, "service_unavailable")
    listed = call(app, "GET", "/errors", params={"level": "warning"})
    [one] = [one for one in listed["items"] if one["details"]["code"] == "comfyui_unavailable"]
    assert PASSWORD not in json.dumps(listed)
    whole = call(app, "GET", f"/errors/{one['id']}")
    assert whole["request"] == {
        "method": "POST",
        "path": "/api/workflows/checkpoint/run",
        "request_id": error["details"]["request_id"],
    }
    again = ask(app, "POST", "/workflows/checkpoint/run", json={"prompt": "a knight"})
    assert again.status_code == 503
    counted = call(app, "GET", f"/errors/{one['id']}")
    assert counted["count"] == 2  # the same once more is told once
    by = call(app, "GET", "/errors", params={"source": "backend"})["aggregation"]
    assert by["by_source"]["backend"] >= 2
    assert set(by["by_source"]) == {"backend"}
    refused(app, "GET", "/errors/nothing", 404, "not_found")


def test_a_job_that_fails_is_an_error_under_its_own_id(influencer: RunningApp) -> None:
    graph = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 64, "height": 64, "batch_size": 0, "color": 1},
        },
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    refused(influencer, "POST", "/comfyui/queue", 422, "validation_error", json={"workflow": graph})
    [one] = call(influencer, "GET", "/errors", params={"source": "jobs"})["items"]
    assert one["details"]["code"] == "graph_refused"
    assert one["details"]["job_id"] == one["id"]
    assert call(influencer, "GET", f"/errors/{one['id']}")["request"] is None


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "records.db")
    yield database
    database.close()


@pytest.fixture
def logbook(records: Database) -> Iterator[Logbook]:
    book = Logbook(records, Settings(hf_token=TOKEN))  # pyright: ignore[reportArgumentType]
    book.start()
    yield book
    book.stop()


def test_a_crash_is_kept_with_its_traceback_and_without_secrets(logbook: Logbook) -> None:
    log = logging.getLogger("studio.somewhere")
    try:
        raise RuntimeError(f"no way with {TOKEN}")
    except RuntimeError:
        log.exception("it broke for %s", TOKEN)
    [found], total = logbook.faults()
    assert total == 1
    assert (found.level, found.source, found.message) == ("error", "backend", "it broke for ***")
    assert found.details["exception"] == "RuntimeError"
    assert "RuntimeError: no way with ***" in found.details["trace"]
    assert TOKEN not in json.dumps(found.details)
    [entry], _ = logbook.entries(level="error")
    assert "no way with ***" in entry.message


def test_secrets_that_are_set_later_are_kept_too(logbook: Logbook) -> None:
    logbook.hide(Settings(ollama_url="http://me:later-4711@ollama:11434"))
    logging.getLogger("studio.somewhere").error("later-4711 and %s", TOKEN)
    assert logbook.entries(level="error")[0][0].message == "*** and ***"


def test_refusals_are_errors_only_when_they_are_the_studios(logbook: Logbook) -> None:
    log = logging.getLogger("studio.somewhere")
    log.warning("answered with 503", extra={"error": StudioError("not_ready", why="it is stopping")})
    log.warning("a warning like any other")
    found, _ = logbook.faults()
    assert [(one.level, one.code) for one in found] == [("warning", "not_ready")]


def test_errors_are_bounded_and_counted(records: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MOST", 5)

    def fault(message: str, at: float) -> faults.Fault:
        return faults.Fault(faults.new_id(), at, at, 1, "error", "backend", "", message, {}, None, None, None)

    faults.add(records, [fault(f"number {number}", float(number)) for number in range(20)])
    kept, total = faults.page(records, level=None, source=None, limit=10, offset=0)
    assert [one.message for one in kept] == [f"number {number}" for number in range(19, 14, -1)]
    assert total == 5
    faults.add(records, [fault("number 19", 100.0)] * 3)
    [newest], _ = faults.page(records, level="error", source="backend", limit=1, offset=0)
    assert (newest.message, newest.count, newest.first_at, newest.at) == ("number 19", 4, 19.0, 100.0)
    assert faults.counts(records, level=None, source=None) == ({"error": 8}, {"backend": 8})
    # Much later it is another matter.
    faults.add(records, [fault("number 19", 100.0 + 2 * faults.ALIKE_S)])
    [latest], _ = faults.page(records, level=None, source=None, limit=1, offset=0)
    assert (latest.count, latest.id != newest.id) == (1, True)


def test_errors_of_the_records_themselves_do_not_go_in_circles(
    logbook: Logbook, records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(faults, "add", full)
        logging.getLogger("studio.somewhere").error("something")
        assert wait_until(lambda: bool(logbook.entries(level="error")[1]))
        logbook.settle()
    logging.getLogger("studio.somewhere").error("something else")
    assert "something else" in [one.message for one in logbook.faults()[0]]


# -------------------------------------------------------------------------- figures


def test_metrics_and_resources_are_of_this_machine(influencer: RunningApp) -> None:
    metrics = call(influencer, "GET", "/monitoring/metrics")
    memory = call(influencer, "GET", "/resources/memory")
    storage = call(influencer, "GET", "/resources/storage")
    assert 0 <= metrics["cpu"]["percent"] <= 100
    assert metrics["memory"]["total_gb"] == memory["total_gb"] > 0
    assert memory["used_gb"] + memory["available_gb"] == pytest.approx(memory["total_gb"], abs=0.01)
    assert metrics["disk"]["total_gb"] == storage["disk"]["total_gb"] >= storage["disk"]["free_gb"] > 0
    assert metrics["gpu"]["available"] is False
    assert call(influencer, "GET", "/resources/gpu") == {
        "available": False,
        "count": 0,
        "gpus": [],
        "status": "unavailable",
    }


def test_jobs_and_answers_are_counted(influencer: RunningApp) -> None:
    before = call(influencer, "GET", "/monitoring/metrics")["jobs"]["completed"]
    asked = {"prompt": "a knight", "width": 128, "height": 128, "steps": 1}
    made = call(influencer, "POST", "/workflows/embedded/run", json=asked)
    until(lambda: call(influencer, "GET", "/monitoring/metrics")["jobs"]["completed"] == before + 1)
    found = call(influencer, "GET", "/monitoring/performance", params={"window_seconds": 600})
    assert made["status"] in {"pending", "processing", "completed"}
    routes = {(one["method"], one["path"]): one for one in found["by_route"]}
    assert routes["POST", "/api/workflows/{workflow_id}/run"]["count"] >= 1
    assert found["requests"]["total"] >= sum(one["count"] for one in found["by_route"]) > 3
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p95"] <= found["latency_ms"]["p99"]
    assert found["generation"]["completed"] >= 1
    assert found["generation"]["avg_seconds"] > 0
    assert found["window_seconds"] <= 600
    refused(influencer, "GET", "/monitoring/performance", 422, params={"window_seconds": 0})


def test_percentiles_are_exact() -> None:
    found = lately.spread([one / 100 for one in range(100, 0, -1)])
    assert (found.count, found.p50, found.p95, found.p99) == (100, 0.5, 0.95, 0.99)
    assert lately.spread([3.0]).p50 == lately.spread([3.0]).p99 == 3.0
    assert lately.spread([]).count == 0
    answers = lately.Answers()
    answers.note("GET", "/a", 200, 0.1)
    answers.note("GET", "/a", 503, 0.3)
    answers.note("GET", "/b", 404, 0.2)
    seen = answers.within(60)
    assert (seen.total, seen.errors) == (3, 1)
    assert [(path, one.count) for _, path, one in seen.by_route] == [("/a", 2), ("/b", 1)]
    assert answers.within(1e-9).total == 0


def test_gpus_of_servers_are_known_as_they_tell_it(records: Database) -> None:
    with FakeComfy() as comfy:
        server = Server(comfy.url)
        pool = Pool([server])
        pool.start()
        try:
            assert server.wait_online(10)
            [gpu] = Monitoring(records, Settings(), pool).gpus()
        finally:
            pool.stop()
    assert gpu == Gpu("cuda:0 Fake", 4_000_000_000, 24_000_000_000, server=server.url)
    assert gpu_status([gpu]) == "underutilized"
    assert gpu_status([Gpu("a", 1, 2, 95.0)]) == "overutilized"
    assert gpu_status([Gpu("a", 1, 2, 60.0)]) == "optimal"
    assert gpu_status([]) == "unavailable"


class FakeNvml(types.ModuleType):
    """NVIDIA's library with one card; it tells no temperature."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        """What it raises."""

    def __init__(self, cards: int) -> None:
        super().__init__("pynvml")
        self._cards = cards

    def nvmlInit(self) -> None:  # noqa: N802
        if self._cards < 0:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self._cards

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, _: int) -> bytes:  # noqa: N802
        return b"NVIDIA RTX"

    def nvmlDeviceGetMemoryInfo(self, _: int) -> Any:  # noqa: N802
        return types.SimpleNamespace(used=6 * 2**30, total=24 * 2**30)

    def nvmlDeviceGetUtilizationRates(self, _: int) -> Any:  # noqa: N802
        return types.SimpleNamespace(gpu=97)

    def nvmlDeviceGetTemperature(self, _: int, __: int) -> int:  # noqa: N802
        raise self.NVMLError("Not Supported")


def test_the_driver_of_this_machine_is_asked_where_its_library_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(1))
    [gpu] = monitoring.driver_gpus()
    assert (gpu.name, gpu.utilization_percent, gpu.temperature) == ("NVIDIA RTX", 97.0, None)
    assert gpu.memory_percent == 25.0
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(-1))
    assert monitoring.driver_gpus() == []
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert monitoring.driver_gpus() == []


# ------------------------------------------------------------------------- visitors


def test_visitors_do_not_read_the_log(serve: Serve) -> None:
    shared = serve(STUDIO_PRIVATE_GALLERIES="true", API_KEY="visitor:key-of-a-visitor:ainfluencer")
    logging.getLogger("studio.somewhere").warning("something was said")
    for path in ("/logs", "/errors", "/errors/x"):
        headers = {"X-API-Key": "key-of-a-visitor"}
        error = refused(shared, "GET", path, 403, "forbidden", headers=headers)
        assert error["details"]["code"] == "visitor_refused"
    assert call(shared, "GET", "/logs")["items"]  # from the machine itself
