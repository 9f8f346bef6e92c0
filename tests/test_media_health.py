"""Health below /api/v1: one answer for all families there, and the two probes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningApp
from tests.documents.contract import check_shape, is_time
from tests.media_calls import create, finish
from tests.served import Serve, serve_apps
from tests.studio_fixtures import open_records

__all__ = ["serve_apps"]

SERVICES = {"database": True, "redis": False, "engine": True, "comfyui": False}
HEALTH = {
    "status": "healthy",
    "version": "1.0.0",
    "device": "cpu",
    "environment": "production",
    "services": SERVICES,
    "timestamp": is_time,
}


def test_health_has_what_both_documents_name(app: RunningApp) -> None:
    check_shape(app.client.get("/api/v1/health").json(), HEALTH)


@pytest.mark.parametrize(("probe", "said"), [("live", "alive"), ("ready", "ready")])
def test_probes_answer(app: RunningApp, probe: str, said: str) -> None:
    answer = app.client.get(f"/api/v1/health/{probe}")
    assert (answer.status_code, answer.json()) == (200, {"status": said})
    assert app.client.head(f"/api/v1/health/{probe}").status_code == 200


def test_a_studio_that_cannot_draw_says_so_and_goes_on(serve: Serve) -> None:
    app = serve(
        STUDIO_ENGINE_URL="http://127.0.0.1:9",
        STUDIO_ENVIRONMENT="staging",
        STUDIO_JOB_TIMEOUT_S="1",
    )
    waiting = create(app)
    health = app.client.get("/api/v1/health")
    assert health.status_code == 200
    less = {"status": "degraded", "device": "none", "environment": "staging"}
    check_shape(health.json(), HEALTH | less | {"services": SERVICES | {"engine": False}})
    assert app.client.get("/api/v1/health/live").status_code == 200
    ready = app.client.get("/api/v1/health/ready")
    assert ready.status_code == 503
    assert ready.json()["code"] == "not_ready"
    assert "no server that draws answers" in ready.json()["detail"]
    assert ready.json()["request_id"]
    failed = finish(app, waiting)
    assert (failed["status"], failed["error_code"], failed["media"]) == ("failed", "job_timeout", None)
    assert failed["error_message"].startswith("The job was not done by its deadline.")
    assert (failed["started_at"], failed["duration_seconds"], failed["retry_count"]) == (None, None, 0)


def test_records_that_cannot_be_read_are_noticed(tmp_path: Path) -> None:
    database = open_records(tmp_path)
    assert database.is_well()
    database.connection.close()
    assert not database.is_well()
