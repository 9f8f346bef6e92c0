"""The owner's view of webhooks over REST: the ledger, replay, test, secret."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import RunningApp
from tests.hook_fixtures import failing, receiving
from tests.served import served

BASE = "/api/v1/webhooks"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """A studio that may send to this machine."""
    with served(
        tmp_path_factory.mktemp("hooks"),
        STUDIO_ALLOW_PRIVATE_ADDRESSES="true",
        STUDIO_WEBHOOK_RETRIES_S="0.05,0.05",
        PUBLIC_BASE_URL="https://studio.example",
    ) as running:
        yield running


def ended(app: RunningApp, delivery_id: str) -> dict[str, Any]:
    """A delivery once it is over."""
    deadline = time.monotonic() + 20
    while True:
        found = app.client.get(f"{BASE}/deliveries/{delivery_id}").json()
        if found["status"] != "waiting":
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_test_is_sent_signed_and_is_in_the_ledger(app: RunningApp) -> None:
    secret = app.client.get(f"{BASE}/secret").json()["secrets"][0]["secret"]
    with receiving() as receiver:
        answer = app.client.post(f"{BASE}/test", json={"url": receiver.url})
        assert answer.status_code == 200
        sent = answer.json()
        assert (sent["event"], sent["job_id"]) == ("test", None)
        found = ended(app, sent["delivery_id"])
        assert (found["status"], found["attempts"][0]["status_code"]) == ("delivered", 200)
        assert found["attempts"][0]["answer"] == "OK"
        assert found["next_attempt_at"] is None
        (one,) = receiver.taken
        assert one.is_signed_by(secret)
        assert one.body == found["body"]
    listed = app.client.get(f"{BASE}/deliveries", params={"status": "delivered"}).json()
    assert listed["deliveries"][0] == found
    assert listed["total"] >= 1


def test_a_test_is_not_repeated_but_may_be_replayed(app: RunningApp) -> None:
    with receiving(failing(1)) as receiver:
        sent = app.client.post(f"{BASE}/test", json={"url": receiver.url}).json()
        assert ended(app, sent["delivery_id"])["status"] == "failed"
        again = app.client.post(f"{BASE}/deliveries/{sent['delivery_id']}/replay")
        assert again.status_code == 200
        assert again.json()["delivery_id"] == sent["delivery_id"]
        found = ended(app, sent["delivery_id"])
        assert [attempt["status_code"] for attempt in found["attempts"]] == [500, 200]
        assert len({one.id for one in receiver.received}) == 1


def test_pages_and_filters(app: RunningApp) -> None:
    with receiving() as receiver:
        ids = [
            app.client.post(f"{BASE}/test", json={"url": receiver.url}).json()["delivery_id"]
            for _ in range(3)
        ]
        for delivery_id in ids:
            ended(app, delivery_id)
    first = app.client.get(f"{BASE}/deliveries", params={"per_page": 2}).json()
    assert [one["delivery_id"] for one in first["deliveries"]] == ids[:0:-1]
    assert (first["has_next"], first["has_prev"]) == (True, False)
    second = app.client.get(f"{BASE}/deliveries", params={"per_page": 2, "page": 2}).json()
    assert second["deliveries"][0]["delivery_id"] == ids[0]
    assert second["has_prev"]
    assert app.client.get(f"{BASE}/deliveries", params={"job_id": "none"}).json()["total"] == 0
    assert app.client.get(f"{BASE}/deliveries", params={"status": "disabled"}).json()["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/deliveries/none", None, 404, "delivery_not_found"),
        ("POST", "/deliveries/none/replay", None, 404, "delivery_not_found"),
        ("GET", "/deliveries?page=0", None, 422, "invalid_field"),
        ("GET", "/deliveries?per_page=101", None, 422, "invalid_field"),
        ("GET", "/deliveries?status=lost", None, 422, "invalid_field"),
        ("POST", "/test", {"url": "ftp://example.com/"}, 422, "address_refused"),
        ("POST", "/test", {"url": "http://user:pw@example.com/"}, 422, "address_refused"),
        ("POST", "/test", {"url": ""}, 422, "invalid_field"),
        ("POST", "/test", {}, 422, "invalid_field"),
        ("POST", "/secret/rotate?overlap_hours=-1", None, 422, "invalid_field"),
        ("POST", "/secret/rotate?overlap_hours=nan", None, 422, "invalid_field"),
    ],
)
def test_what_is_wrong_is_said(
    app: RunningApp, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = app.client.request(method, BASE + path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"]
    assert isinstance(answer.json()["detail"], list) == (status == 422)


def test_the_secret_rotates_and_is_never_cached(app: RunningApp) -> None:
    before = app.client.get(f"{BASE}/secret")
    assert before.headers["cache-control"] == "no-store"
    old = before.json()["secrets"][0]["secret"]
    rotated = app.client.post(f"{BASE}/secret/rotate", params={"overlap_hours": 1}).json()
    assert [one["secret"] for one in rotated["secrets"]][1:] == [old]
    assert rotated["secrets"][0]["until"] is None
    assert rotated["fixed"] is False
    assert app.client.get(f"{BASE}/secret").json() == rotated
    with receiving() as receiver:
        sent = app.client.post(f"{BASE}/test", json={"url": receiver.url}).json()
        ended(app, sent["delivery_id"])
        (one,) = receiver.taken
        assert one.is_signed_by(old)
        assert one.is_signed_by(rotated["secrets"][0]["secret"])


def test_only_the_owner_sees_and_sends(app: RunningApp) -> None:
    stranger = {"Origin": "https://elsewhere.example"}
    with httpx.Client(base_url=app.url, headers=stranger, trust_env=False) as client:
        for method, path in (
            ("GET", "/deliveries"),
            ("GET", "/deliveries/x"),
            ("POST", "/deliveries/x/replay"),
            ("GET", "/secret"),
            ("POST", "/secret/rotate"),
        ):
            assert client.request(method, BASE + path).status_code == 403, path
        assert client.post(f"{BASE}/test", json={"url": "http://example.com/"}).status_code == 403
