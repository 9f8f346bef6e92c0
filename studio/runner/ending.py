"""How work ends: its results are brought home, or it is tried again, given up or cancelled."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from studio import VERSION, collect, logs, workflows
from studio.comfy.events import RemoteOutput
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records import leases
from studio.records.entities import Job, Output
from studio.runner.carried import Board, Carried
from studio.runner.feeding import front_picture
from studio.runner.measuring import Best, Measurer, try_prefix
from studio.runner.pieces import Part, Pieces

log = logging.getLogger(__name__)

COLLECTING_THREADS = 4
MAX_LOSSES = 5
MAX_BACKOFF_S = 60.0
OUT_OF_MEMORY_RETRIES = 1

End = Callable[[Carried], None]


class Stopping(Exception):  # noqa: N818 - it is no failure
    """The runner stops: what is being ended is ended at the next start."""


class Ender:
    """Ends pieces of work on threads of its own, so that whoever hears of an end goes on listening."""

    def __init__(self, jobs: Jobs, board: Board, pieces: Pieces) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.board = board
        self.measurer = Measurer(jobs.files)
        self.pieces = pieces
        self.stopping = threading.Event()
        self._workers = ThreadPoolExecutor(COLLECTING_THREADS, thread_name_prefix="ending")

    def stop(self) -> None:
        """Finish what is being ended, and begin nothing more."""
        self.stopping.set()
        self._workers.shutdown(wait=True)

    def in_background(self, work: End, carried: Carried) -> None:
        """Do something about a piece on another thread."""
        with contextlib.suppress(RuntimeError):  # shutting down: what is left is handed back
            self._workers.submit(work, carried)

    def finish(self, carried: Carried, end: End) -> None:
        """Take a piece off the board and end it in the background; only the first call for it counts."""
        if not self.stopping.is_set() and self.board.take_to_end(carried):
            self.in_background(lambda carried: self._run(carried, end), carried)

    def _run(self, carried: Carried, end: End) -> None:
        logs.begin_job(carried.task.job_id)
        try:
            end(carried)
        except sqlite3.OperationalError as error:
            # The lease runs out by itself; whoever takes the task next asks the server about it.
            log.error("cannot record the end of task %s: %s", carried.task.id, error)
        except Stopping:
            log.info("task %s is left to the next start", carried.task.id)
        except Exception:  # nobody reads the future; the task must still end
            log.exception("task %s", carried.task.id)
            self.end(carried, "failed", StudioError("internal_error", request_id=carried.task.id))
        finally:
            logs.begin_job("")
            self.board.ended(carried)
            self.database.wake_all()  # there is room on the server again

    # ------------------------------------------------------------------ the ends

    def collect(self, carried: Carried) -> None:
        """Bring the results of a finished piece home."""
        task, client = carried.task, carried.server.client
        job = records.get(self.database, task.job_id)
        if job is None:
            return
        try:
            found, extras = carried.outputs, carried.extras
            if not carried.socket_whole or not found:
                history = client.outcome(carried.prompt_id)
                if history is None:
                    self.lost(carried)
                    return
                if history.state == "interrupted":
                    self.interrupted(carried)
                    return
                if history.error is not None:
                    raise history.error.to_error()
                found, extras = list(history.outputs), list(history.extras.values())
            part = self.pieces.part_of(job, task)
            if part is not None:
                self._collect_piece(carried, job, part, collect.finals(found), collect.notes(extras))
                self._forget(carried)
                return
            may_be_tried_again = task.follows is not None and job.request.get("max_drift") is not None
            stored = collect.store(
                client,
                self.jobs.files,
                job,
                task,
                collect.finals(found),
                _recipe(job, carried),
                measure=self.measurer.against_front(job, task),
                prefix=try_prefix(len(task.tried) + 1) if may_be_tried_again else "",
            )
        except StudioError as error:
            self.failed(carried, error)
            return
        notes = collect.notes(extras)
        if may_be_tried_again:
            self._judge(carried, job, stored, notes)
        else:
            self._complete(carried, stored, notes)
        self._forget(carried)

    def _collect_piece(
        self, carried: Carried, job: Job, part: Part, found: Sequence[RemoteOutput], notes: Sequence[str]
    ) -> None:
        """Keep a clip of a long voice; the last one makes them all one video."""
        task = carried.task
        if not part.is_whole:
            self.begin_again(carried, part)
            return
        clip = self.pieces.keep(carried.server.client, task, part, found)
        if part.is_driving:
            self._advance(carried, replace(part, driving=clip))
            return
        made = (*part.clips, clip)
        if part.piece.is_last:
            joined = self.pieces.join(job, task, part, made, _recipe(job, carried), self._go_on)
            self._complete(carried, [joined], notes)
            self.pieces.drop(task, made)
            return
        self._advance(carried, replace(part, clips=made))

    def begin_again(self, carried: Carried, part: Part) -> None:
        """Go back to the first piece of a long voice whose clips somebody has removed."""
        task = carried.task
        log.warning("clips of task %s are gone; it begins again with the first piece", task.id)
        self.pieces.drop(task)
        self._advance(carried, replace(part, clips=(), driving=None))

    def _advance(self, carried: Carried, part: Part) -> None:
        """Give a task back for its next run, with what is there by now."""
        names, drawn = [clip.name for clip in part.clips], part.driving
        self._insist(
            lambda: leases.advance(
                self.database,
                carried.task,
                carried.token,
                names,
                part.piece.count,
                time.time(),
                share=part.share[0],
                driving=drawn.name if drawn else None,
                needs=part.needs,
            )
        )

    def _go_on(self) -> None:
        if self.stopping.is_set():
            raise Stopping

    def _complete(
        self, carried: Carried, stored: list[Output], notes: Sequence[str], best: Best | None = None
    ) -> None:
        """Record a finished task, with what can be measured now that it is there."""
        task = carried.task
        with self.measurer.one_at_a_time(task.job_id):
            job = records.get(self.database, task.job_id)
            drifts = self.measurer.missing(job, stored) if job and len(job.tasks) > 1 else {}
            stored = [replace(one, drift=drifts.pop(one.id, one.drift)) for one in stored]
            if job is not None:
                for hear in self.jobs.before_recording:
                    hear(job, stored)
            done = self._insist(
                lambda: leases.complete(
                    self.database,
                    task,
                    carried.token,
                    stored,
                    notes,
                    time.time(),
                    drifts=drifts,
                    seed=best.seed if best else None,
                    tries=best.tries if best else (),
                )
            )
        job = records.get(self.database, task.job_id)
        if job is None and not done:
            self.jobs.files.remove_outputs(task.job_id)
        elif job is not None and len(job.tasks) > 1:
            # Another process may have ended another view at the same moment.
            leases.note_drifts(self.database, self.measurer.missing(job))

    def _judge(self, carried: Carried, job: Job, stored: list[Output], notes: Sequence[str]) -> None:
        """Keep a view that is near enough to the front view, or the best of all tries; else try again."""
        task = carried.task
        tries = self.measurer.tries_of(job, task, stored)
        if not self.measurer.is_enough(job, task, tries) and not self._is_unwanted(carried):
            seed = self.measurer.next_seed(tries)
            done = self._insist(
                lambda: leases.set_aside(
                    self.database, task, carried.token, tries, seed=seed, now=time.time()
                )
            )
            if not done and records.get(self.database, task.job_id) is None:
                self.jobs.files.remove_outputs(task.job_id)
            return
        self._keep_best(carried, job, tries, notes)

    def _keep_best(
        self, carried: Carried, job: Job, tries: Sequence[dict[str, Any]], notes: Sequence[str]
    ) -> None:
        best = self.measurer.keep_best(job, carried.task, tries)
        self._complete(carried, best.outputs, [*notes, *best.notes], best if len(tries) > 1 else None)
        self.measurer.drop_tries(job.id, tries)

    def _insist(self, write: Callable[[], bool]) -> bool:
        """Repeat a write that the database cannot take now (a full disk) until it can or we stop."""
        while True:
            try:
                return write()
            except sqlite3.OperationalError as error:
                log.error("the records cannot be written: %s; trying again", error)
                if self.stopping.wait(1.0):
                    raise

    def failed(self, carried: Carried, error: StudioError) -> None:
        """Try again what a retry can mend; end the rest."""
        task = carried.task
        limit = self.jobs.settings.studio_attempts - 1
        if error.code == "out_of_memory":
            limit = min(limit, OUT_OF_MEMORY_RETRIES)
        if not error.problem.retry_mends or task.failures >= limit or task.cancel_requested:
            self.end(carried, "failed", error)
            return
        log.warning("task %s is tried again: %s", task.id, error)
        if error.code == "out_of_memory":
            with contextlib.suppress(StudioError):
                carried.server.client.free(unload_models=True, free_memory=True)
        self._start_over(carried, error, failed=True, delay_s=min(MAX_BACKOFF_S, 2.0**task.failures))

    def interrupted(self, carried: Carried) -> None:
        """End a piece that was stopped, by the deadline, by its owner or by somebody else."""
        if carried.deadline_passed:
            self.end(carried, "failed", StudioError("job_timeout"))
        elif carried.cancel_sent_at is not None or self._is_unwanted(carried):
            self.end(carried, "cancelled", None)
        else:
            self.end(carried, "failed", StudioError("interrupted"))

    def _is_unwanted(self, carried: Carried) -> bool:
        return carried.task.id in leases.cancels_requested(self.database, [carried.task.id])

    def lost(self, carried: Carried) -> None:
        """The server does not know this work any more: it restarted, or its history was cleared."""
        task = carried.task
        if carried.cancel_sent_at is not None or self._is_unwanted(carried):
            self.interrupted(carried)
            return
        job = records.get(self.database, task.job_id)
        if carried.server.online and job is not None:
            found = collect.leftovers(carried.server.client, carried.prompt_id)
            if len(found) >= job.request.get("variants", 1):
                carried.outputs, carried.socket_whole = found, True
                self.collect(carried)
                return
        error = StudioError("server_lost_job", times=task.losses + 1)
        if task.losses + 1 >= MAX_LOSSES:
            self.end(carried, "failed", error)
        else:
            log.warning("task %s is sent again: %s", task.id, error)
            self._start_over(carried, error, failed=False, delay_s=0)

    def server_gone(self, carried: Carried) -> None:
        """Give a piece to other servers: its own has been silent for too long."""
        error = StudioError("comfyui_unavailable", url=carried.server.url)
        self._start_over(carried, error, failed=False, delay_s=0)

    def _start_over(self, carried: Carried, error: StudioError, *, failed: bool, delay_s: float) -> None:
        now = time.time()
        leases.start_over(
            self.database,
            carried.task,
            carried.token,
            run_at=now + delay_s,
            now=now,
            failed=failed,
            error=error.to_json(),
        )

    def end(self, carried: Carried, status: str, error: StudioError | None) -> None:
        """Record the end of a piece that gave nothing."""
        task = carried.task
        if error is not None:
            log.warning("task %s of job %s: %s", task.id, task.job_id, error)
        self.pieces.drop(task)
        if task.tried:
            job = records.get(self.database, task.job_id)
            if status == "failed" and error is not None and job is not None:
                # What was made before is worth more than the reason why it could not be bettered.
                self._keep_best(carried, job, task.tried, [f"{task.view}: not made again: {error}"])
                self._forget(carried)
                return
            self.measurer.drop_tries(task.job_id, task.tried)
        problem = error.to_json() if error else None
        self._insist(lambda: leases.end(self.database, task, carried.token, status, problem, time.time()))
        self._forget(carried)

    def _forget(self, carried: Carried) -> None:
        """Drop what was only of use while it ran."""
        self.jobs.drop_preview(carried.task.job_id)
        if carried.server.kind == "embedded":
            self.jobs.forget_engine_files(collect.folder_of(carried.prompt_id))


def _recipe(job: Job, carried: Carried) -> dict[str, Any]:
    task = carried.task
    step = workflows.read_step(task.step)
    front = front_picture(job, task) if workflows.FRONT in (step.inputs or {}).values() else None
    more: dict[str, Any] = {}
    if step.inputs:
        more["inputs"] = dict(step.inputs)  # slots of the graph, and where their pictures came from
    if front is not None:
        more["front_sha256"] = front.sha256
    if step.stages:
        more["driven_by"] = workflows.DRIVER
    if task.tried:
        more["try"] = len(task.tried) + 1
    return {
        "studio": VERSION,
        "job": job.id,
        "task": carried.task.id,
        "view": carried.task.view,
        "seed": carried.task.seed,
        "engine": job.engine,
        "comfyui": carried.server.stats.get("system", {}).get("comfyui_version"),
        "workflow": step.values.get("workflow", job.workflow),
        # A view that was made again has a seed of its own: with it, the recipe gives this very picture.
        "request": {**job.request, **step.values, "seed": task.seed},
        **more,
    }
