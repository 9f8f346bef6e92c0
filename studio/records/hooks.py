"""Webhooks in the records: who wants to hear what, what is due, each attempt; claimed as tasks are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from studio.records.database import Database
from studio.records.statements import slots

DeliveryStatus = Literal["waiting", "delivered", "failed", "disabled"]
Event = Literal["started", "output", "completed", "failed", "cancelled", "test"]
Outcome = Literal["delivered", "refused", "unreachable", "gone"]  # what became of one attempt
TEST: Event = "test"  # the event that belongs to no job


@dataclass(frozen=True)
class Attempt:
    """One time that a delivery was sent."""

    at: float
    seconds: float | None  # None: under way, or cut off by the end of the process
    status: int | None  # what HTTP status came back, if any
    answer: str  # how the answer begins
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one receiver; its id is the same over all attempts."""

    seq: int
    id: str
    job_id: str | None
    event: Event
    url: str
    receiver: str  # host and port
    base_url: str
    facts: dict[str, Any]
    status: DeliveryStatus
    tries: int  # since it was made or last replayed
    run_at: float
    created_at: float
    ended_at: float | None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Claimed:
    """A delivery that somebody has in hand, with the attempt that he makes."""

    delivery: Delivery
    token: str
    attempt: int
    at: float
    is_troubled: bool  # its receiver has failed the last time


@dataclass(frozen=True)
class DeliveryPage:
    """Some of the ledger, the newest first, and how many there are."""

    total: int
    deliveries: tuple[Delivery, ...]
    page: int
    per_page: int


COLUMNS = (
    "seq, id, job_id, event, url, receiver, base_url, facts, status, tries, run_at, created_at, ended_at"
)

UNCLAIMED = "status = 'waiting' AND lease_token IS NULL"

# The first delivery of each receiver that is due. Going from receiver to receiver by the index costs the
# same however much waits for one of them. One that has something in hand is passed over: whoever hangs never
# has more than one of our workers. An event waits for earlier ones of its job to the same address.
BY_RECEIVER = "hook_deliveries INDEXED BY hook_deliveries_waiting"
HEADS = f"""
    WITH RECURSIVE receivers (receiver) AS (
        SELECT min(receiver) FROM {BY_RECEIVER} WHERE {UNCLAIMED}
        UNION ALL
        SELECT (SELECT min(receiver) FROM {BY_RECEIVER}
                WHERE {UNCLAIMED} AND receiver > receivers.receiver)
        FROM receivers WHERE receivers.receiver IS NOT NULL
    )
    SELECT (
        SELECT seq FROM hook_deliveries AS head
        WHERE {UNCLAIMED} AND head.receiver = receivers.receiver AND run_at <= :now
            AND NOT EXISTS (SELECT 1 FROM hook_deliveries AS earlier
                            WHERE earlier.job_id = head.job_id AND earlier.url = head.url
                                AND earlier.status = 'waiting' AND earlier.seq < head.seq)
        ORDER BY run_at, seq LIMIT 1
    ) AS seq
    FROM receivers LEFT JOIN hook_receivers AS known ON known.receiver = receivers.receiver
    WHERE receivers.receiver IS NOT NULL AND seq IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM hook_deliveries AS held
                        WHERE held.receiver = receivers.receiver AND held.lease_token IS NOT NULL)"""


def subscribe(
    connection: sqlite3.Connection,
    job_id: str,
    url: str,
    receiver: str,
    events: Sequence[str],
    base_url: str,
) -> None:
    """Tell an address of a job's events; called inside the transaction that records the job."""
    connection.execute(
        """INSERT INTO hook_subscriptions (job_id, url, receiver, events, base_url) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET events = excluded.events""",
        (job_id, url, receiver, json.dumps(list(events)), base_url),
    )


def add_test(database: Database, delivery_id: str, url: str, receiver: str, now: float) -> Delivery:
    """Record a delivery that only tries an address out."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO hook_deliveries (id, event, url, receiver, facts, status, run_at, created_at)
               VALUES (?, ?, ?, ?, '{}', 'waiting', ?, ?)""",
            (delivery_id, TEST, url, receiver, now, now),
        )
    found = get(database, delivery_id)
    assert found is not None
    return found


# ---------------------------------------------------------------------- reading


def get(database: Database, delivery_id: str) -> Delivery | None:
    """One delivery with all its attempts."""
    with database.read():
        rows = database.rows(f"SELECT {COLUMNS} FROM hook_deliveries WHERE id = ?", (delivery_id,))
        return _assemble(database, rows)[0] if rows else None


def page(
    database: Database, *, status: str = "", job_id: str = "", page: int = 1, per_page: int = 50
) -> DeliveryPage:
    """The newest deliveries with all their attempts."""
    given = {"status": status, "job_id": job_id}
    where = [f"{name} = :{name}" for name, value in given.items() if value]
    among = f"WHERE {' AND '.join(where)}" if where else ""
    with database.read() as connection:
        total = connection.execute(f"SELECT count(*) FROM hook_deliveries {among}", given).fetchone()[0]
        rows = database.rows(
            f"""SELECT {COLUMNS} FROM hook_deliveries {among}
                ORDER BY seq DESC LIMIT :limit OFFSET :offset""",
            {**given, "limit": per_page, "offset": (page - 1) * per_page},
        )
        return DeliveryPage(total, tuple(_assemble(database, rows)), page, per_page)


def _assemble(database: Database, rows: list[dict[str, Any]]) -> list[Delivery]:
    attempts: dict[int, list[Attempt]] = {row["seq"]: [] for row in rows}
    for seq, *values in database.connection.execute(
        f"""SELECT delivery_seq, at, seconds, status, answer, error FROM hook_attempts
            WHERE delivery_seq IN ({slots(attempts)}) ORDER BY seq""",
        list(attempts),
    ):
        attempts[seq].append(Attempt(*values))
    return [replace(_delivery(row), attempts=tuple(attempts[row["seq"]])) for row in rows]


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**{**row, "facts": json.loads(row["facts"])})


def outcomes(database: Database) -> dict[str, int]:
    """How many attempts had which outcome since the records began."""
    return dict(database.connection.execute("SELECT outcome, count FROM hook_counts").fetchall())


def waiting_count(database: Database) -> int:
    """How many deliveries are still to be made."""
    return database.connection.execute(
        "SELECT count(*) FROM hook_deliveries WHERE status = 'waiting'"
    ).fetchone()[0]


# --------------------------------------------------------------------- claiming


def claim(database: Database, token: str, now: float, lease_s: float, *, troubled: bool) -> Claimed | None:
    """Take what is due, from the receiver that was served the longest ago, and note that it is being sent.

    Without `troubled`, receivers whose last attempt failed are left out.
    """
    among = "" if troubled else " AND coalesce(known.failures, 0) = 0"
    choice = f"{HEADS}{among} ORDER BY coalesce(known.attempted_at, 0), seq LIMIT 1"
    # Looked for before the right to write is asked for: there is nothing most of the time.
    if database.connection.execute(choice, {"now": now}).fetchone() is None:
        return None
    with database.write() as connection:
        row = connection.execute(
            f"""UPDATE hook_deliveries SET lease_token = :token, lease_until = :until
                WHERE seq = ({choice}) RETURNING {COLUMNS}""",
            {"token": token, "until": now + lease_s, "now": now},
        ).fetchone()
        if row is None:
            return None
        delivery = _delivery(dict(row))
        failures = connection.execute(
            """INSERT INTO hook_receivers (receiver, attempted_at) VALUES (?, ?)
               ON CONFLICT DO UPDATE SET attempted_at = excluded.attempted_at RETURNING failures""",
            (delivery.receiver, now),
        ).fetchone()[0]
        attempt = connection.execute(
            "INSERT INTO hook_attempts (delivery_seq, at) VALUES (?, ?) RETURNING seq", (delivery.seq, now)
        ).fetchone()[0]
    return Claimed(delivery, token, attempt, now, failures > 0)


def next_due_at(database: Database, now: float) -> float | None:
    """When the next delivery comes due that is not due yet."""
    return database.connection.execute(
        f"""SELECT min(run_at) FROM hook_deliveries INDEXED BY hook_deliveries_due
            WHERE {UNCLAIMED} AND run_at > ?""",
        (now,),
    ).fetchone()[0]


def newest(database: Database) -> int:
    """The number of the newest delivery, which tells cheaply whether there is another."""
    return database.connection.execute("SELECT coalesce(max(seq), 0) FROM hook_deliveries").fetchone()[0]


def renew(database: Database, tokens: Sequence[str], now: float, lease_s: float) -> None:
    """Keep the leases of what is being sent."""
    with database.write() as connection:
        connection.executemany(
            "UPDATE hook_deliveries SET lease_until = ? WHERE lease_token = ?",
            [(now + lease_s, token) for token in tokens],
        )


def free_lapsed(database: Database, now: float) -> int:
    """Free what workers had in hand that have died; the attempt that they made counts for nothing."""
    lapsed = "lease_token IS NOT NULL AND lease_until < ?"
    if not database.connection.execute(f"SELECT 1 FROM hook_deliveries WHERE {lapsed}", (now,)).fetchone():
        return 0
    with database.write() as connection:
        return connection.execute(
            f"UPDATE hook_deliveries SET lease_token = NULL, lease_until = NULL WHERE {lapsed}", (now,)
        ).rowcount


# ----------------------------------------------------------------------- ending


def end_attempt(
    database: Database,
    claimed: Claimed,
    result: Attempt,
    outcome: Outcome,
    now: float,
    again_at: float | None = None,
    rest_until: float | None = None,
) -> bool:
    """Write what became of an attempt; `again_at` says when to try again, else it was the last one.

    False if the delivery is somebody else's by now; the attempt stands in the ledger all the same.
    """
    ends: dict[Outcome, DeliveryStatus] = {"delivered": "delivered", "gone": "disabled"}
    status = "waiting" if again_at is not None else ends.get(outcome, "failed")
    delivery = claimed.delivery
    with database.write() as connection:
        connection.execute(
            "UPDATE hook_attempts SET seconds = ?, status = ?, answer = ?, error = ? WHERE seq = ?",
            (result.seconds, result.status, result.answer, result.error, claimed.attempt),
        )
        connection.execute(
            "INSERT INTO hook_counts VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (outcome,)
        )
        changed = connection.execute(
            """UPDATE hook_deliveries SET status = ?, tries = tries + 1, run_at = coalesce(?, run_at),
                    ended_at = ?, lease_token = NULL, lease_until = NULL
               WHERE seq = ? AND lease_token = ?""",
            (status, again_at, None if status == "waiting" else now, delivery.seq, claimed.token),
        ).rowcount
        if not changed:
            return False
        connection.execute(
            """UPDATE hook_receivers SET failures = CASE ? WHEN 'delivered' THEN 0 ELSE failures + 1 END
               WHERE receiver = ?""",
            (outcome, delivery.receiver),
        )
        _note_endpoint(connection, delivery.url, outcome, now, rest_until)
        if again_at is not None:
            _let_wait(connection, "job_id = ? AND url = ?", (delivery.job_id, delivery.url), again_at)
    return True


def _let_wait(
    connection: sqlite3.Connection, condition: str, values: tuple[str | None, ...], until: float
) -> None:
    """Have what could not be sent before then not be due before then."""
    connection.execute(
        f"UPDATE hook_deliveries SET run_at = max(run_at, ?) WHERE {UNCLAIMED} AND {condition}",
        (until, *values),
    )


def _note_endpoint(
    connection: sqlite3.Connection, url: str, outcome: Outcome, now: float, rest_until: float | None
) -> None:
    """Keep what an address has said of itself: come back later, never again, or that all is well."""
    if outcome == "delivered":
        connection.execute("DELETE FROM hook_endpoints WHERE url = ?", (url,))
    elif outcome == "gone":
        connection.execute(
            """INSERT INTO hook_endpoints (url, disabled_at) VALUES (?, ?)
               ON CONFLICT DO UPDATE SET disabled_at = excluded.disabled_at""",
            (url, now),
        )
        connection.execute(
            """UPDATE hook_deliveries SET status = 'disabled', ended_at = ?
               WHERE url = ? AND status = 'waiting' AND lease_token IS NULL""",
            (now, url),
        )
    elif rest_until is not None:
        connection.execute(
            """INSERT INTO hook_endpoints (url, rest_until) VALUES (?, ?)
               ON CONFLICT DO UPDATE SET rest_until = excluded.rest_until""",
            (url, rest_until),
        )
        _let_wait(connection, "url = ?", (url,), rest_until)


def replay(database: Database, delivery_id: str, now: float) -> bool:
    """Make a delivery due now with all its tries before it; false while it is being sent."""
    with database.write() as connection:
        row = connection.execute(
            """UPDATE hook_deliveries SET status = 'waiting', tries = 0, run_at = ?, ended_at = NULL
               WHERE id = ? AND lease_token IS NULL RETURNING job_id, url""",
            (now, delivery_id),
        ).fetchone()
        if row is not None:
            # What waited behind it is due with it, and the address is asked again.
            connection.execute(
                f"UPDATE hook_deliveries SET run_at = ? WHERE {UNCLAIMED} AND job_id = ? AND url = ?",
                (now, *row),
            )
            connection.execute("UPDATE hook_endpoints SET rest_until = NULL WHERE url = ?", (row["url"],))
    return row is not None


def forget(database: Database, before: float) -> int:
    """Remove what ended long ago from the ledger, and what is known of receivers that were idle since."""
    with database.write() as connection:
        removed = connection.execute(
            "DELETE FROM hook_deliveries WHERE status != 'waiting' AND ended_at < ?", (before,)
        ).rowcount
        connection.execute(
            """DELETE FROM hook_receivers WHERE attempted_at < ?
               AND receiver NOT IN (SELECT receiver FROM hook_deliveries WHERE status = 'waiting')""",
            (before,),
        )
        connection.execute(
            "DELETE FROM hook_endpoints WHERE max(coalesce(disabled_at, 0), coalesce(rest_until, 0)) < ?",
            (before,),
        )
    return removed
