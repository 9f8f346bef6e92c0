"""What Prometheus gets: valid text, few names, and numbers that agree with what was done."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import RunningApp
from tests.served import served

AF = "/avatarforge-controller"
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app of which nobody else asks anything."""
    with served(tmp_path_factory.mktemp("measured"), STUDIO_ATTEMPTS="1") as app:
        app.wait_healthy()
        yield app


def numbers(app: RunningApp) -> Numbers:
    answer = app.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def number(found: Numbers, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def test_answers_are_counted_by_route_template(measured: RunningApp) -> None:
    before = numbers(measured)
    for name in ("a", "b", "c"):
        measured.client.get(f"{AF}/generations/{name}")
        measured.client.get(f"/no/such/{name}")
        measured.client.request("BREW", f"/pot/{name}")
    found = numbers(measured)
    route = f"{AF}/generations/{{generation_id}}"
    labels = {"method": "GET", "route": route}
    assert number(found, "studio_http_requests_total", **labels, status="404") == 3
    assert number(found, "studio_http_request_seconds_count", **labels) == 3
    assert number(found, "studio_http_request_seconds_sum", **labels) > 0
    # What strangers make up gets no series of its own.
    new = {dict(labels).get("route") for name, labels in found.keys() - before.keys() if "http" in name}
    assert new <= {route, "other", "/metrics"}
    assert {dict(labels).get("method") for _, labels in found} <= {None, "GET", "POST", "other"}


def test_jobs_engines_and_failures_are_counted(measured: RunningApp) -> None:
    done = measured.generate(width=128, height=128)["generation_id"]
    assert measured.wait(done)["status"] == "completed"
    refused = measured.generate(prompt="a nude child", width=128, height=128)["generation_id"]
    assert measured.wait(refused)["status"] == "failed"
    found = numbers(measured)
    assert number(found, "studio_jobs_ended_total", kind="avatar", status="completed") == 1
    assert number(found, "studio_jobs_ended_total", kind="avatar", status="failed") == 1
    assert number(found, "studio_job_seconds_count", kind="avatar") == 1
    assert 0 < number(found, "studio_job_seconds_sum", kind="avatar") < 120
    assert number(found, "studio_engine_seconds_count", engine="embedded") == 1
    assert number(found, "studio_failures_total", code="words_refused") == 1
    assert number(found, "studio_jobs", kind="avatar", status="completed") == 1
    assert number(found, "studio_queue_tasks", state="waiting") == 0
    assert number(found, "studio_queue_tasks", state="running") == 0
    assert number(found, "studio_servers", engine="embedded", state="online") == 1
    assert ("studio_webhooks_waiting", ()) in found
    # Asking again does not count again.
    assert number(numbers(measured), "studio_jobs_ended_total", kind="avatar", status="completed") == 1


def test_what_waits_is_seen(measured: RunningApp) -> None:
    ids = [measured.generate(width=512, height=512)["generation_id"] for _ in range(4)]
    found = numbers(measured)
    waiting = number(found, "studio_queue_tasks", state="waiting")
    running = number(found, "studio_queue_tasks", state="running")
    assert 0 < waiting + running <= 4
    for generation_id in ids:
        measured.client.delete(f"{AF}/generations/{generation_id}")
    deadline = time.monotonic() + 60
    while number(numbers(measured), "studio_queue_tasks", state="running"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_names_are_few_and_begin_alike(measured: RunningApp) -> None:
    text = measured.client.get("/metrics").text
    families = {family.name for family in text_string_to_metric_families(text)}
    ours = {name for name in families if name.startswith("studio_")}
    assert families - ours <= {name for name in families if name.startswith("process_")}
    assert 8 <= len(ours) <= 16
    assert "_created" not in text
    assert "/metrics" not in measured.client.get("/openapi.json").json()["paths"]
