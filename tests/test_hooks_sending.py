"""Bringing webhooks to their receivers: signed, in order, tried again, bounded, fair."""

from __future__ import annotations

import base64
import email.utils
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from studio import hooks
from studio.errors import StudioError
from studio.hooks import Hooks
from studio.hooks.signing import PREFIX
from studio.records import hooks as records
from tests.hook_fixtures import (
    Asked,
    delivering,
    failing,
    hang,
    ledger,
    open_with_hooks,
    receiving,
    settled,
    until,
    wanted,
)
from tests.studio_fixtures import finish


def test_a_delivery_is_signed_and_recorded(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as receiver, delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        (one,) = receiver.taken
        assert one.is_signed_by(sending.secrets()[0].text)
        assert not one.is_signed_by(PREFIX + base64.b64encode(bytes(32)).decode())
        assert one.headers["content-type"] == "application/json"
        assert one.body == sending.body(delivery)
        assert one.id == delivery.id
        (attempt,) = delivery.attempts
        assert (delivery.status, attempt.status, attempt.answer, attempt.error) == (
            "delivered",
            200,
            "OK",
            None,
        )
        assert attempt.seconds is not None
        assert attempt.seconds >= 0
        assert sending.outcomes() == {"delivered": 1}


def test_failures_are_tried_again_under_the_same_id(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving(failing(3)) as receiver, delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        assert [attempt.status for attempt in delivery.attempts] == [500, 500, 500, 200]
        assert [attempt.answer for attempt in delivery.attempts] == ["not now"] * 3 + ["OK"]
        assert {one.id for one in receiver.received} == {delivery.id}
        assert len({one.content for one in receiver.received}) == 1
        assert sending.outcomes() == {"refused": 3, "delivered": 1}
        assert all(one.is_signed_by(sending.secrets()[0].text) for one in receiver.received)


def test_after_the_last_pause_it_is_given_up(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, pauses="0.02,0.02")
    with receiving(failing(99)) as receiver, delivering(jobs):
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        assert (delivery.status, len(delivery.attempts)) == ("failed", 3)


def test_pauses_grow_as_set_with_some_jitter(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, pauses="300,1800")
    with receiving(failing(99)) as receiver, delivering(jobs):
        for _ in range(6):
            finish(jobs, wanted(jobs, receiver.url))
        until(lambda: all(one.attempts and one.tries == 1 for one in ledger(jobs)))
        pauses = [one.run_at - one.attempts[0].at for one in ledger(jobs)]
        assert all(230 < pause < 380 for pause in pauses)
        assert len({round(pause, 1) for pause in pauses}) > 1
        assert all(one.status == "waiting" for one in ledger(jobs))


def test_nobody_at_the_address_is_tried_again(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, pauses=",".join(["0.05"] * 200))
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
    with delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url))
        until(lambda: ledger(jobs)[0].tries >= 2)
        assert ledger(jobs)[0].attempts[0].status is None
        assert "did not answer" in (ledger(jobs)[0].attempts[0].error or "")
        with receiving(port=port) as again:
            settled(jobs, 1)
            assert len(again.taken) == 1
        assert sending.outcomes()["unreachable"] >= 2


def test_events_of_a_job_arrive_in_order_whatever_fails(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving(failing(2)) as receiver, delivering(jobs):
        ids = []
        for _ in range(4):
            job = wanted(jobs, receiver.url, "front", "left", events=hooks.EVENTS)
            finish(jobs, job)
            ids.append(job.id)
        settled(jobs, 16)
        for job_id in ids:
            told = [body for body in receiver.bodies() if body["job_id"] == job_id]
            assert [body["event"] for body in told] == ["started", "output", "output", "completed"]
        # A later one is not even tried before the earlier one is taken.
        for job_id in ids:
            tried = [one.id for one in receiver.received if one.body["job_id"] == job_id]
            assert tried == [each for each in dict.fromkeys(tried) for _ in range(3)]


def test_gone_switches_an_address_off_until_it_takes_something_again(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    gone = True
    with (
        receiving(lambda asked: asked.say(410) if gone else asked.say()) as receiver,
        receiving() as other,
        delivering(jobs) as sending,
    ):
        finish(jobs, wanted(jobs, receiver.url, events=hooks.EVENTS))
        until(lambda: len(ledger(jobs, status="disabled")) == 3)
        finish(jobs, wanted(jobs, receiver.url))
        finish(jobs, wanted(jobs, other.url))
        found = settled(jobs, 5)
        assert len(receiver.received) == 1
        assert [one.status for one in found] == ["disabled"] * 4 + ["delivered"]
        assert [len(one.attempts) for one in found] == [1, 0, 0, 0, 1]
        gone = False
        sending.replay(found[0].id)
        until(lambda: len(receiver.taken) == 1)
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 6)
        assert len(receiver.taken) == 2


@pytest.mark.parametrize(
    "write", [lambda at: str(round(at)), lambda at: email.utils.formatdate(time.time() + at)]
)
def test_retry_after_is_honoured(tmp_path: Path, write: Callable[[float], str]) -> None:
    jobs = open_with_hooks(tmp_path, pauses="0.01,0.01")
    asked_for: list[str] = []

    def busy(asked: Asked) -> None:
        asked_for.append(write(600))
        asked.say(429, Retry_After=asked_for[-1])

    with receiving(busy) as receiver, delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url))
        until(lambda: ledger(jobs)[0].tries == 1)
        first = ledger(jobs)[0]
        assert 595 < first.run_at - first.attempts[0].at < 605
        # The whole address is left alone, the next job's delivery too.
        finish(jobs, wanted(jobs, receiver.url))
        with receiving() as other:
            finish(jobs, wanted(jobs, other.url))
            until(lambda: other.taken)
        assert len(receiver.received) == 1
        # Whoever replays means now.
        sending.replay(first.id)
        until(lambda: len(receiver.received) >= 2)


def test_a_retry_after_of_years_is_cut(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with (
        receiving(lambda asked: asked.say(503, Retry_After="999999999")) as receiver,
        delivering(jobs),
    ):
        finish(jobs, wanted(jobs, receiver.url))
        until(lambda: ledger(jobs)[0].tries == 1)
        assert ledger(jobs)[0].run_at - time.time() <= 24 * 3600


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(tmp_path: Path, status: int) -> None:
    jobs = open_with_hooks(tmp_path, pauses="")
    with (
        receiving() as target,
        receiving(lambda asked: asked.say(status, Location=target.url)) as receiver,
        delivering(jobs),
    ):
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        assert (delivery.status, delivery.attempts[0].status) == ("failed", status)
        assert target.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_private_addresses_get_nothing(tmp_path: Path, host: str) -> None:
    jobs = open_with_hooks(tmp_path, studio_allow_private_addresses=False)
    with receiving() as receiver, delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url.replace("127.0.0.1", host)))
        (delivery,) = settled(jobs, 1)
        assert delivery.status == "failed"
        assert len(delivery.attempts) == 1
        assert "not on the public internet" in (delivery.attempts[0].error or "")
        assert receiver.received == []
        with pytest.raises(StudioError, match="not on the public internet"):
            sending.test(receiver.url)


def test_one_that_hangs_has_one_worker_and_the_others_go_on(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, studio_webhook_workers=2)
    with delivering(jobs), receiving(hang) as hanging, receiving() as good:
        for _ in range(8):
            finish(jobs, wanted(jobs, hanging.url))
            finish(jobs, wanted(jobs, good.url))
        until(lambda: len(good.taken) == 8)
        assert hanging.most_at_once == 1
        assert len(hanging.received) == 1


def test_many_that_fail_and_then_hang_leave_a_worker_to_the_others(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, studio_webhook_workers=3, pauses="0.05,0.05")

    def fail_then_hang(asked: Asked) -> None:
        if len(asked.receiver.received) == 1:
            asked.say(500)
        else:
            hang(asked)

    with delivering(jobs), ExitStack() as stack:
        bad = [stack.enter_context(receiving(fail_then_hang)) for _ in range(5)]
        good = stack.enter_context(receiving())
        for receiver in bad:
            finish(jobs, wanted(jobs, receiver.url))
        until(lambda: sum(len(receiver.received) for receiver in bad) == 7)  # five failed, two hang
        for _ in range(5):
            finish(jobs, wanted(jobs, good.url))
        until(lambda: len(good.taken) == 5)
        assert sum(len(receiver.received) for receiver in bad) == 7


def test_one_that_answers_without_end_is_cut_off(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    broken = threading.Event()

    def flood(asked: Asked) -> None:
        asked.receiver.taken.append(asked.one)
        asked.send_response(200)
        asked.end_headers()
        try:
            while asked.receiver.sent_bytes < 200_000_000:
                asked.receiver.sent_bytes += asked.wfile.write(b"x" * 65536)
        except OSError:
            broken.set()

    with receiving(flood) as receiver, delivering(jobs):
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        assert broken.wait(20)
        assert receiver.sent_bytes < 50_000_000  # what fits into the buffers between us
        assert delivery.status == "delivered"
        assert delivery.attempts[0].answer == "x" * 1000


def test_one_that_drips_its_answer_is_too_slow(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, pauses="", studio_webhook_timeout_s=0.5)

    def drip(asked: Asked) -> None:
        asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(200):
            asked.wfile.write(f"X-{number}: y\r\n".encode())
            time.sleep(0.1)

    with receiving(drip) as receiver, delivering(jobs):
        finish(jobs, wanted(jobs, receiver.url))
        (delivery,) = settled(jobs, 1)
        assert delivery.status == "failed"
        assert "too long" in (delivery.attempts[0].error or "")


def test_a_busy_receiver_does_not_keep_a_new_one_waiting(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, studio_webhook_workers=1)
    order: list[str] = []

    def note(name: str) -> Callable[[Asked], None]:
        def answer(asked: Asked) -> None:
            order.append(name)
            asked.say()

        return answer

    with receiving(note("busy")) as busy, receiving(note("new")) as new:
        for _ in range(10):
            finish(jobs, wanted(jobs, busy.url))
        for _ in range(3):
            finish(jobs, wanted(jobs, new.url))
        with delivering(jobs):
            settled(jobs, 13)
    assert order[:6].count("new") == 3


def test_two_studios_on_the_same_records_send_everything_once(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as first, receiving() as second:
        for _ in range(15):
            finish(jobs, wanted(jobs, first.url))
            finish(jobs, wanted(jobs, second.url))
        with delivering(jobs), delivering(open_with_hooks(tmp_path)):
            settled(jobs, 30)
        assert len(first.taken) == len(second.taken) == 15
        assert {len(one.attempts) for one in ledger(jobs)} == {1}


def test_whoever_lost_the_delivery_cannot_write_its_end(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    finish(jobs, wanted(jobs, "https://receiver.example/"))
    now = time.time() + 1
    slow = records.claim(jobs.database, "slow", now, 10, troubled=True)
    assert slow is not None
    assert records.claim(jobs.database, "quick", now + 5, 10, troubled=True) is None
    assert records.free_lapsed(jobs.database, now + 11) == 1
    quick = records.claim(jobs.database, "quick", now + 11, 10, troubled=True)
    assert quick is not None
    result = records.Attempt(now, 1.0, 500, "", None)
    assert not records.end_attempt(jobs.database, slow, result, "refused", now + 12)
    good = records.Attempt(now, 1.0, 200, "", None)
    assert records.end_attempt(jobs.database, quick, good, "delivered", now + 12)
    (delivery,) = ledger(jobs)
    assert (delivery.status, delivery.tries) == ("delivered", 1)
    assert [attempt.status for attempt in delivery.attempts] == [500, 200]


def test_a_rotated_secret_signs_beside_the_new_one_for_a_while(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    sending = Hooks(jobs.database, jobs.settings)
    (old,) = sending.secrets()
    new, former = sending.rotate(overlap_s=3600)
    assert (former.text, new.until) == (old.text, None)
    assert new.text != old.text
    with receiving() as receiver, delivering(jobs):
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 1)
        (one,) = receiver.taken
        assert one.is_signed_by(old.text)
        assert one.is_signed_by(new.text)
        (newest,) = sending.rotate(overlap_s=0)
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 2)
        assert receiver.taken[1].is_signed_by(newest.text)
        assert not receiver.taken[1].is_signed_by(new.text)
        assert len(sending.secrets()) == 1


def test_the_secret_may_be_set_and_is_then_not_rotated_here(tmp_path: Path) -> None:
    first, second = (PREFIX + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    jobs = open_with_hooks(tmp_path, studio_webhook_secret=f"{first}, {second}")
    with receiving() as receiver, delivering(jobs) as sending:
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 1)
        (one,) = receiver.taken
        assert one.is_signed_by(first)
        assert one.is_signed_by(second)
        with pytest.raises(StudioError) as refused:
            sending.rotate()
        assert refused.value.code == "webhook_secret_fixed"


def test_secrets_outlive_a_restart_and_are_the_same_for_all(tmp_path: Path) -> None:
    found = {
        Hooks(jobs.database, jobs.settings).secrets()[0].text
        for jobs in (open_with_hooks(tmp_path), open_with_hooks(tmp_path))
    }
    assert len(found) == 1


def test_the_ledger_forgets_what_ended_long_ago(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as receiver, delivering(jobs):
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 1)
    finish(jobs, wanted(jobs, "https://receiver.example/"))
    sending = Hooks(jobs.database, jobs.settings)
    assert sending.sweep(time.time() + 29 * 86400) == 0
    assert sending.sweep(time.time() + 31 * 86400) == 1
    assert [one.status for one in ledger(jobs)] == ["waiting"]


def test_an_address_that_was_switched_off_is_asked_again_after_a_month(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    is_gone = True
    with (
        receiving(lambda asked: asked.say(410) if is_gone else asked.say()) as receiver,
        delivering(jobs) as sending,
    ):
        finish(jobs, wanted(jobs, receiver.url))
        settled(jobs, 1)
        is_gone = False
        sending.sweep(time.time() + 31 * 86400)
        finish(jobs, wanted(jobs, receiver.url))
        until(lambda: len(receiver.taken) == 1)
