"""Who works on what: tasks are claimed with a token, and every later write must show it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.records.database import Database
from studio.records.entities import Output, Task
from studio.records.jobs import (
    CLAIMABLE,
    TASK_COLUMNS,
    UNOWNED,
    add_event,
    add_outputs,
    needs_id,
    settle,
)
from studio.records.statements import slots

MOST_AT_ONCE = 500  # so that no transaction keeps other writers waiting for long


def all_needs(database: Database) -> dict[int, str]:
    """What tasks ask of a server; few rows, since equal needs share one."""
    return dict(database.connection.execute("SELECT id, text FROM needs").fetchall())


def claim(
    database: Database, server: str, needs: Sequence[int], token: str, now: float, lease_s: float
) -> Task | None:
    """Take the first ready task of the highest priority that this server can run; it keeps its old state."""
    with database.write() as connection:
        row = connection.execute(
            f"""UPDATE tasks SET lease_token = ?, lease_until = ?
                WHERE seq = (
                    SELECT seq FROM tasks
                    WHERE {CLAIMABLE} AND run_at <= ? AND (server IS NULL OR server = ?)
                        AND needs IN ({slots(needs)})
                    ORDER BY priority DESC, seq LIMIT 1
                ) RETURNING {TASK_COLUMNS}""",
            (token, now + lease_s, now, server, *needs),
        ).fetchone()
    return Task(*row) if row else None


def next_run_at(database: Database, now: float) -> float | None:
    """When the next delayed task becomes ready."""
    return database.connection.execute(
        f"SELECT min(run_at) FROM tasks WHERE {CLAIMABLE} AND run_at > ?", (now,)
    ).fetchone()[0]


def bind(database: Database, task: Task, token: str, server: str, prompt_id: str, now: float) -> bool:
    """Note where a task is about to be sent and under which id, before it is sent."""
    with database.write() as connection:
        changed = _fenced(
            connection,
            """UPDATE tasks SET server = ?, prompt_id = ?, sent_at = NULL, status = 'processing',
                                started_at = coalesce(started_at, ?)""",
            (server, prompt_id, now),
            task.id,
            token,
        )
        if changed:
            settle(connection, task.job_id, now)
    return changed


def mark_sent(database: Database, task: Task, token: str, now: float) -> bool:
    """Note that the server has accepted a task."""
    with database.write() as connection:
        changed = _fenced(connection, "UPDATE tasks SET sent_at = ?", (now,), task.id, token)
        if changed:
            data = {"view": task.view, "attempt": task.attempt}
            add_event(connection, task.job_id, "started", data, now, task.id)
    return changed


def renew(
    database: Database, tokens: Iterable[tuple[str, str]], now: float, lease_s: float
) -> dict[str, bool]:
    """Keep leases alive; gives each task that is still ours with whether somebody wants it cancelled."""
    kept: dict[str, bool] = {}
    with database.write() as connection:
        for task_id, token in tokens:
            row = connection.execute(
                """UPDATE tasks SET lease_until = ? WHERE id = ? AND lease_token = ?
                   RETURNING cancel_requested""",
                (now + lease_s, task_id, token),
            ).fetchone()
            if row is not None:
                kept[task_id] = bool(row[0])
    return kept


def cancels_requested(database: Database, task_ids: Sequence[str]) -> set[str]:
    """Which of these tasks somebody wants cancelled, or has deleted."""
    rows = database.connection.execute(
        f"SELECT id FROM tasks WHERE cancel_requested = 0 AND id IN ({', '.join('?' * len(task_ids))})",
        list(task_ids),
    )
    return set(task_ids) - {row[0] for row in rows}


def write_progress(database: Database, task: Task, token: str, progress: float, now: float) -> bool:
    """Note how far a running task is, in percent."""
    with database.write() as connection:
        changed = _fenced(
            connection, "UPDATE tasks SET progress = max(progress, ?)", (progress,), task.id, token
        )
        if changed:
            settle(connection, task.job_id, now)
    return changed


def say(database: Database, task: Task, token: str, text: str, now: float) -> bool:
    """Note what a server says about a running task; an empty text takes the last one back."""
    with database.write() as connection:
        ours = connection.execute(
            "SELECT 1 FROM tasks WHERE id = ? AND lease_token = ?", (task.id, token)
        ).fetchone()
        if ours is None:
            return False
        add_event(connection, task.job_id, "message", {"view": task.view, "text": text}, now, task.id)
    return True


def complete(
    database: Database,
    task: Task,
    token: str,
    outputs: Sequence[Output],
    notes: Sequence[str],
    now: float,
    *,
    drifts: Mapping[str, str] | None = None,
    seed: int | None = None,
    tries: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """End a task with its outputs; of several `tries` the one by `seed` gave them.

    `drifts` has what was measured on other outputs of the job meanwhile.
    """
    with database.write() as connection:
        changed = _finish(connection, task, token, "completed", None, now)
        if changed:
            if seed is not None and seed != task.seed:
                connection.execute("UPDATE tasks SET seed = ? WHERE id = ?", (seed, task.id))
            if tries:
                connection.execute(
                    "UPDATE tasks SET tries = ? WHERE id = ?", (json.dumps(list(tries)), task.id)
                )
            add_outputs(connection, outputs)
            _write_drifts(connection, drifts or {})
            _add_notes(connection, task.job_id, notes)
            data = {"view": task.view, "outputs": [output.name for output in outputs]}
            add_event(connection, task.job_id, "output", data, now, task.id)
            settle(connection, task.job_id, now)
    return changed


def set_aside(
    database: Database,
    task: Task,
    token: str,
    tries: Sequence[Mapping[str, Any]],
    *,
    seed: int,
    now: float,
) -> bool:
    """Keep what was made as one of several tries, and give the task back for another seed."""
    with database.write() as connection:
        changed = _fenced(
            connection,
            """UPDATE tasks SET lease_token = NULL, lease_until = NULL, run_at = ?, server = NULL,
                    prompt_id = NULL, sent_at = NULL, attempt = attempt + 1,
                    seed = ?, tries = ?""",
            (now, seed, json.dumps(list(tries))),
            task.id,
            token,
        )
        if changed:
            data = {"view": task.view, "seed": tries[-1]["seed"], "score": tries[-1]["score"]}
            add_event(connection, task.job_id, "set aside", data, now, task.id)
    return changed


def advance(
    database: Database,
    task: Task,
    token: str,
    pieces: Sequence[str],
    of: int,
    now: float,
    *,
    share: float,
    driving: str | None = None,
    needs: str | None = None,
) -> bool:
    """Note which clips of a long voice are there, and give the task back for the next one.

    `share` is how much of all that is; `driving` the video that drives the pieces; `needs` what the next
    run needs, if that is something else.
    """
    made = {"pieces": list(pieces), "driving": driving}  # nothing takes the member away
    with database.write() as connection:
        number = task.needs if needs is None else needs_id(connection, needs)
        changed = _fenced(
            connection,
            """UPDATE tasks SET lease_token = NULL, lease_until = NULL, run_at = ?, server = NULL,
                    prompt_id = NULL, sent_at = NULL, attempt = attempt + 1, failures = 0, losses = 0,
                    progress = max(progress, ?), step = json_patch(step, ?), needs = ?""",
            (now, 95.0 * share, json.dumps(made), number),
            task.id,
            token,
        )
        if changed:
            data = {"view": task.view, "piece": len(pieces), "of": of}
            kind = "driving" if driving and not pieces else "piece"
            add_event(connection, task.job_id, kind, data, now, task.id)
            settle(connection, task.job_id, now)
    return changed


def note_drifts(database: Database, drifts: Mapping[str, str]) -> None:
    """Note how far outputs are from the front view, for those on which it was measured late."""
    if drifts:
        with database.write() as connection:
            _write_drifts(connection, drifts)


def _write_drifts(connection: sqlite3.Connection, drifts: Mapping[str, str]) -> None:
    connection.executemany(
        "UPDATE outputs SET drift = ? WHERE id = ?", [(text, output_id) for output_id, text in drifts.items()]
    )


def end(
    database: Database, task: Task, token: str, status: str, error: dict[str, Any] | None, now: float
) -> bool:
    """End a task that failed or was cancelled."""
    with database.write() as connection:
        changed = _finish(connection, task, token, status, error, now)
        if changed:
            data = {"view": task.view, "status": status, "error": error}
            add_event(connection, task.job_id, "ended", data, now, task.id)
            settle(connection, task.job_id, now)
    return changed


def hand_back(database: Database, task: Task, token: str, run_at: float) -> bool:
    """Give a task back as it is: where it was sent stays noted, so that its next owner asks there first."""
    with database.write() as connection:
        return _fenced(
            connection,
            "UPDATE tasks SET lease_token = NULL, lease_until = NULL, run_at = ?",
            (run_at,),
            task.id,
            token,
        )


def start_over(
    database: Database,
    task: Task,
    token: str,
    *,
    run_at: float,
    now: float,
    failed: bool,
    error: dict[str, Any],
) -> bool:
    """Give a task back to be sent anew under another prompt id, on whichever server."""
    column = "failures" if failed else "losses"
    with database.write() as connection:
        changed = _fenced(
            connection,
            f"""UPDATE tasks SET lease_token = NULL, lease_until = NULL, run_at = ?, server = NULL,
                    prompt_id = NULL, sent_at = NULL, attempt = attempt + 1, {column} = {column} + 1""",
            (run_at,),
            task.id,
            token,
        )
        if changed:
            kind = "retry" if failed else "lost"
            add_event(connection, task.job_id, kind, {"view": task.view, "error": error}, now, task.id)
    return changed


def unbind(database: Database, task: Task, token: str, run_at: float) -> bool:
    """Give back a task that certainly never reached its server."""
    with database.write() as connection:
        return _fenced(
            connection,
            """UPDATE tasks SET lease_token = NULL, lease_until = NULL, run_at = ?, server = NULL,
                                prompt_id = NULL, sent_at = NULL""",
            (run_at,),
            task.id,
            token,
        )


def free_lapsed(database: Database, now: float) -> int:
    """Free the tasks of workers that stopped renewing; losing a worker is not a failure of the task."""
    if not database.connection.execute(
        "SELECT 1 FROM tasks WHERE lease_token IS NOT NULL AND lease_until < ? LIMIT 1", (now,)
    ).fetchone():
        return 0
    with database.write() as connection:
        return connection.execute(
            """UPDATE tasks SET lease_token = NULL, lease_until = NULL
               WHERE lease_token IS NOT NULL AND lease_until < ?""",
            (now,),
        ).rowcount


def release_server(database: Database, server: str, now: float) -> int:
    """Let other servers have what waits for one that has been silent for too long."""
    return _release(database, "server = ?", [server], now)


def release_strangers(database: Database, servers: Sequence[str], now: float) -> int:
    """Let these servers have what was sent to others that are no longer configured."""
    return _release(database, f"server NOT IN ({', '.join('?' * len(servers))})", servers, now)


def _release(database: Database, condition: str, values: Sequence[str], now: float) -> int:
    condition = f"{CLAIMABLE} AND server IS NOT NULL AND {condition}"
    if not database.connection.execute(f"SELECT 1 FROM tasks WHERE {condition} LIMIT 1", values).fetchone():
        return 0
    with database.write() as connection:
        rows = connection.execute(
            f"""UPDATE tasks SET server = NULL, prompt_id = NULL, sent_at = NULL,
                    attempt = attempt + 1, losses = losses + 1
                WHERE {condition} RETURNING job_id, id, view""",
            values,
        ).fetchall()
        for row in rows:
            add_event(connection, row["job_id"], "lost", {"view": row["view"]}, now, row["id"])
    return len(rows)


def expire(database: Database, error: dict[str, Any], now: float) -> int:
    """End waiting tasks that are past their deadline."""
    return _end_unowned(database, "deadline_at < ?", (now,), "failed", error, now)


def end_cancelled(database: Database, now: float) -> int:
    """End tasks that somebody cancelled while nobody carried them."""
    return _end_unowned(database, "cancel_requested = 1 AND prompt_id IS NULL", (), "cancelled", None, now)


def _end_unowned(
    database: Database,
    condition: str,
    values: tuple[Any, ...],
    status: str,
    error: dict[str, Any] | None,
    now: float,
) -> int:
    condition = f"{UNOWNED} AND {condition}"
    some = f"SELECT seq FROM tasks WHERE {condition} LIMIT {MOST_AT_ONCE}"
    if not database.connection.execute(some, values).fetchone():
        return 0
    with database.write() as connection:
        # Chosen again inside the transaction: somebody may have taken one of them meanwhile.
        rows = connection.execute(
            f"""UPDATE tasks SET status = ?, error = ?, completed_at = ? WHERE seq IN ({some})
                RETURNING job_id, id, view""",
            (status, json.dumps(error) if error else None, now, *values),
        ).fetchall()
        for row in rows:
            data = {"view": row["view"], "status": status, "error": error}
            add_event(connection, row["job_id"], "ended", data, now, row["id"])
        for job_id in dict.fromkeys(row["job_id"] for row in rows):
            settle(connection, job_id, now)
    return len(rows)


def _finish(
    connection: sqlite3.Connection,
    task: Task,
    token: str,
    status: str,
    error: dict[str, Any] | None,
    now: float,
) -> bool:
    return _fenced(
        connection,
        """UPDATE tasks SET status = ?, error = ?, completed_at = ?, lease_token = NULL, lease_until = NULL,
               progress = CASE ? WHEN 'completed' THEN 100.0 ELSE progress END""",
        (status, json.dumps(error) if error else None, now, status),
        task.id,
        token,
    )


def _add_notes(connection: sqlite3.Connection, job_id: str, notes: Sequence[str]) -> None:
    if not notes:
        return
    row = connection.execute("SELECT notes FROM jobs WHERE id = ?", (job_id,)).fetchone()
    merged = list(dict.fromkeys([*json.loads(row["notes"]), *notes]))
    connection.execute("UPDATE jobs SET notes = ? WHERE id = ?", (json.dumps(merged), job_id))


def _fenced(
    connection: sqlite3.Connection, update: str, values: tuple[Any, ...], task_id: str, token: str
) -> bool:
    """Whether the write went through: it does not when the lease has passed to somebody else."""
    sql = f"{update} WHERE id = ? AND lease_token = ?"
    return connection.execute(sql, (*values, task_id, token)).rowcount > 0
