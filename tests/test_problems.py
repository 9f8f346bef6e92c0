"""What nobody foresaw: one plain answer, a line in the log, and a connection that goes on."""

from __future__ import annotations

import sqlite3

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import problems


def client_of_broken_app() -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(problems.CatchAll)

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError("the secret inside")

    @app.get("/full")
    def full() -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    return TestClient(app)


def test_a_crash_tells_nothing_of_the_inside_and_is_found_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = client_of_broken_app().get("/crash")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    request_id = answer.json()["detail"].split("under ")[1].rstrip(".")
    assert request_id in caplog.text
    assert "the secret inside" in caplog.text


def test_a_full_disk_under_the_records_is_said() -> None:
    answer = client_of_broken_app().get("/full")
    assert answer.status_code == 507
    assert answer.json()["code"] == "disk_full"
