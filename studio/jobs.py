"""THE job module: submit, get, list, watch, cancel, retry, delete; every door uses these verbs."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import visitors, workflows
from studio.comfy.pool import Pool
from studio.disk import full_disk_is_said
from studio.errors import StudioError
from studio.files import FileStore
from studio.planning import Planner
from studio.records import Database, idempotency, job_pages
from studio.records import jobs as records
from studio.records.entities import Event, Job, Output, Page, Task
from studio.request import AnyRequest, Part, random_seed, read_request, with_values
from studio.settings import Settings
from studio.workflows import Plan, Workflow

IDEMPOTENCY_S = 24 * 3600
PARTS_AT_ONCE = 24  # of sheets, beyond what a visitor may have waiting and running


@dataclass(frozen=True)
class IdempotencyKey:
    """A client's own name for a request, so that sending it twice makes one job."""

    scope: str
    key: str
    fingerprint: str = ""  # of all that was asked for; empty: the request's own


class Jobs:
    """The verbs over jobs; holds no state of its own beside the records."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        pool: Pool,
        library: dict[str, Workflow],
        settings: Settings,
        engine_outputs: Path | None = None,
    ) -> None:
        self.database = database
        self.files = files
        self.pool = pool
        self.settings = settings
        self.planner = Planner(database, files, pool, library, settings)
        self._engine_outputs = engine_outputs
        self._previews: dict[str, tuple[str, bytes]] = {}
        # Who is to hear of results before they are recorded, and of jobs that are gone.
        self.before_recording: list[Callable[[Job, Sequence[Output]], None]] = []
        self.after_deleting: list[Callable[[Job], None]] = []

    @property
    def library(self) -> dict[str, Workflow]:
        """The workflows that there are now."""
        return self.planner.library

    # ---------------------------------------------------------------- making

    def preflight(self, request: AnyRequest) -> Plan:
        """How the request would run now, or a refusal that says why it cannot."""
        return self.planner.plan(request)

    @full_disk_is_said()
    def submit(
        self,
        request: AnyRequest,
        *,
        door: str,
        priority: int = 0,
        delay_s: float = 0,
        timeout_s: float | None = None,
        key: IdempotencyKey | None = None,
        metadata: dict[str, Any] | None = None,
        parent_id: str | None = None,
        asked: dict[str, Any] | None = None,
        cancel_after_s: float | None = None,
        also: Callable[[sqlite3.Connection, str], None] | None = None,
    ) -> Job:
        """Record a job for this request; it runs as soon as a server is free.

        `asked` is the request in the words of its API family. After `cancel_after_s` it is cancelled unless
        it is finished. `also` is called with the job's id inside the transaction that records it.
        """
        fingerprint = (key and key.fingerprint) or request.fingerprint()
        key = key and _theirs(key)
        if key is not None and (known := self._known(key, fingerprint)):
            return known
        self._refuse_when_full()
        plan = self.preflight(request)
        if plan.request.seed is None:
            plan = dataclasses.replace(plan, request=with_values(plan.request, seed=random_seed()))
        plan = self.planner.with_length(plan)
        now = time.time()
        notes = self.planner.notes_on(plan)
        job = self._new_job(
            plan, door, priority, now, now + delay_s, timeout_s, metadata, parent_id, notes=notes
        )
        cancel_at = None if cancel_after_s is None else now + cancel_after_s
        job = dataclasses.replace(job, asked=asked, cancel_at=cancel_at)
        # A sheet asks for all of its faces and cut-outs together.
        more = PARTS_AT_ONCE if parent_id else 0
        seed = plan.request.seed or 0
        ids = {step.view: _new_id() for step in plan.steps}
        tasks = [_new_task(plan.request, step, ids, seed) for step in plan.steps]
        with self.database.write() as connection:
            if key is not None:
                # Two requests with one key may meet here; the first one made the job.
                if known := self._known(key, fingerprint):
                    return known
                records.insert(connection, self._in_turn(connection, job, more), tasks)
                idempotency.remember(connection, key.scope, key.key, fingerprint, job.id, now)
            else:
                records.insert(connection, self._in_turn(connection, job, more), tasks)
            self.files.add_references(connection, job.id, plan.request.files())
            if also is not None:
                also(connection, job.id)
        return self.get(job.id)

    def submitted(self, key: IdempotencyKey) -> Job | None:
        """The job that was made under a client's key with its fingerprint; other fingerprints are refused."""
        return self._known(_theirs(key), key.fingerprint)

    def _refuse_when_full(self) -> None:
        if records.waiting_count(self.database) >= self.settings.studio_max_queued:
            raise StudioError("queue_full", limit=self.settings.studio_max_queued)

    def _in_turn(self, connection: sqlite3.Connection, job: records.NewJob, more: int = 0) -> records.NewJob:
        """The job at its visitor's turn: each further one of theirs waits behind the first ones of others."""
        name = visitors.asking().name
        if name is None:
            return job
        unfinished = records.unfinished_of(connection, name)
        limit = self.settings.studio_max_jobs_per_visitor
        if limit and unfinished >= limit + more:
            raise StudioError("too_many_jobs", limit=limit)
        return dataclasses.replace(job, priority=min(job.priority, 0) - unfinished)

    def _known(self, key: IdempotencyKey, fingerprint: str) -> Job | None:
        found = idempotency.find(self.database.connection, key.scope, key.key, time.time() - IDEMPOTENCY_S)
        if found is None:
            return None
        if found[0] != fingerprint:
            raise StudioError("idempotency_mismatch")
        return self.get(found[1])

    def _new_job(
        self,
        plan: Plan,
        door: str,
        priority: int,
        now: float,
        run_at: float,
        timeout_s: float | None,
        metadata: dict[str, Any] | None,
        parent_id: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> records.NewJob:
        request = plan.request
        return records.NewJob(
            id=_new_id(),
            kind=request.kind,
            door=door,
            priority=priority,
            prompt=request.search_text(),
            request_json=request.model_dump_json(),
            workflow=plan.workflow,
            engine=plan.engine,
            seed=request.seed or 0,
            created_at=now,
            run_at=run_at,
            deadline_at=run_at + (timeout_s or self.settings.studio_job_timeout_s),
            parent_id=parent_id,
            metadata=metadata,
            notes=notes,
            visitor=visitors.asking().name or (self.get(parent_id).visitor if parent_id else None),
            character_id=request.character_id,
        )

    def retry(self, job_id: str, *, door: str) -> Job:
        """A new job from the same request, with the failed one as its parent; what was finished is kept."""
        job = self._ended(job_id)
        unfinished = [task for task in job.tasks if task.status != "completed"] or job.tasks
        return self._child(job, {task.view: task.seed for task in unfinished}, door)

    def reroll(self, job_id: str, view: Part, *, door: str, seed: int | None = None) -> Job:
        """A new job in which one view is made again with another seed, with those that are made from it.

        The other views are kept as they are.
        """
        job = self._ended(job_id)
        if view not in [task.view for task in job.tasks]:
            raise StudioError("task_not_found", name=view)
        return self._child(job, {view: random_seed() if seed is None else seed}, door)

    def _ended(self, job_id: str) -> Job:
        job = self.get(job_id)
        if not job.is_final:
            raise StudioError("job_running", status=job.status)
        return job

    @full_disk_is_said()
    def _child(self, parent: Job, again: Mapping[str, int], door: str) -> Job:
        """A job like its parent in which some views are made again, each with its seed."""
        self._refuse_when_full()
        request = read_request(parent.request)
        if len(parent.tasks) == 1:
            # The only picture's seed is the request's, so that the request alone makes it again.
            request = with_values(request, seed=again[parent.tasks[0].view])
        plan = self.planner.with_length(self.preflight(request))
        made, notes = self._made_again(parent, plan, again)
        now = time.time()
        notes = (*self.planner.notes_on(plan), *notes)
        job = self._new_job(
            plan, door, parent.priority, now, now, None, parent.metadata, parent_id=parent.id, notes=notes
        )
        job = dataclasses.replace(job, asked=parent.asked)
        ids = {step.view: _new_id() for step in plan.steps}
        new: dict[str, records.NewTask] = {
            step.view: _new_task(plan.request, step, ids, job.seed) for step in plan.steps
        }
        try:
            tasks = [self._child_task(parent, task, made, new[task.view], job) for task in parent.tasks]
            with self.database.write() as connection:
                records.insert(connection, self._in_turn(connection, job), tasks)
                self.files.add_references(connection, job.id, plan.request.files())
        except BaseException:
            self.files.remove_outputs(job.id)
            raise
        return self.get(job.id)

    def _made_again(
        self, parent: Job, plan: Plan, again: Mapping[str, int]
    ) -> tuple[dict[str, int], tuple[str, ...]]:
        """The views that have to be made with those that are asked for, each with its seed; and why."""
        made = dict(again)
        for task in parent.tasks:
            # A picture that somebody has removed from the disk is made again.
            names = [output.name for output in parent.outputs if output.task_id == task.id]
            if not all(self.files.output_path(parent.id, name).is_file() for name in names):
                made.setdefault(task.view, task.seed)
        own = {task.view: task.seed for task in parent.tasks}
        others = [view for view in own if view not in made]
        new_seed = next((seed for view, seed in again.items() if seed != own[view]), None)
        if workflows.named(self.library, plan.workflow).manifest.strategy == workflows.PANELS:
            if new_seed is None or not others:
                return made, ()
            why = "all views are made again, as they are parts of one picture"
            return dict.fromkeys(own, new_seed), (why,)
        followers = {step.view for step in plan.steps if step.needs_front}
        along = [view for view in others if view in followers] if "front" in made else []
        if not along:
            return made, ()
        why = f"made again with the front view, from which they are drawn: {', '.join(along)}"
        return made | {view: own[view] for view in along}, (why,)

    def _child_task(
        self,
        parent: Job,
        task: Task,
        made: Mapping[str, int],
        new: records.NewTask,
        job: records.NewJob,
    ) -> records.NewTask:
        new = dataclasses.replace(new, seed=made.get(task.view, task.seed))
        if task.view in made or task.status != "completed":
            return new
        kept = [output for output in parent.outputs if output.task_id == task.id]
        for output in kept:
            source = self.files.output_path(parent.id, output.name)
            self.files.copy_output(job.id, output.name, source)
        # What is kept beside another front view is measured against that one.
        fresh = {"drift": None} if "front" in made else {}
        own = [
            dataclasses.replace(output, id=_new_id(), job_id=job.id, task_id=new.id, **fresh)
            for output in kept
        ]
        return dataclasses.replace(new, outputs=tuple(own))

    # --------------------------------------------------------------- reading

    def get(self, job_id: str) -> Job:
        """The job as it is recorded now."""
        job = records.get(self.database, job_id)
        if job is None:
            raise StudioError("generation_not_found", id=job_id)
        return job

    def list(
        self,
        *,
        kinds: Sequence[str] = (),
        statuses: Sequence[str] = (),
        search: str = "",
        parent_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """The newest matching jobs; of all kinds unless some are named."""
        return job_pages.page(
            self.database,
            kinds=kinds,
            statuses=statuses,
            search=search,
            parent_id=parent_id,
            limit=limit,
            offset=offset,
        )

    def events(self, job_id: str, after: int = 0) -> list[Event]:
        """What happened to a job, in order."""
        return records.events(self.database, job_id, after)

    def said(self, job: Job) -> str:
        """Why a running job takes longer than usual, if its server has said so."""
        return "" if job.is_final else records.said(self.database, job.id)

    def watch(self, job_id: str, timeout_s: float = 3600.0) -> Iterator[Job]:
        """The job now and after each change, until it is final or time is up."""
        deadline = time.monotonic() + timeout_s
        seen: Job | None = None
        while True:
            commits = self.database.commits
            job = self.get(job_id)
            if job != seen:
                yield job
                seen = job
            left = deadline - time.monotonic()
            if job.is_final or left <= 0:
                return
            self.database.wait(commits, left)

    def wait(self, job_id: str, timeout_s: float = 3600.0, until: Callable[[Job], bool] | None = None) -> Job:
        """The job once it is final (or as `until` says), or as it is when time is up."""
        job = self.get(job_id)
        for job in self.watch(job_id, timeout_s):
            if until is not None and until(job):
                break
        return job

    def preview(self, job_id: str) -> tuple[str, bytes] | None:
        """The newest preview frame of a running job, as mime type and bytes."""
        return self._previews.get(job_id)

    def set_preview(self, job_id: str, mime_type: str, data: bytes) -> None:
        """Keep a preview frame; the runner hands them over."""
        self._previews[job_id] = (mime_type, data)

    def drop_preview(self, job_id: str) -> None:
        """Forget a job's preview frame, once there is a real picture."""
        self._previews.pop(job_id, None)

    def forget_engine_files(self, folder: str) -> None:
        """Remove what our own engine has saved, once it is among the outputs or of no use any more."""
        if self._engine_outputs is not None:
            shutil.rmtree(self._engine_outputs / folder, ignore_errors=True)

    def output(self, job_id: str, name: str) -> Output:
        """One finished file by its address."""
        job = records.get(self.database, job_id)
        for output in job.outputs if job else ():
            if output.name == name:
                return output
        raise StudioError("output_not_found", name=name)

    # -------------------------------------------------------------- changing

    @full_disk_is_said()
    def cancel(self, job_id: str) -> Job:
        """Cancel a job that waits or runs."""
        job = self.get(job_id)
        if job.is_final:
            raise StudioError("job_finished", status=job.status)
        return records.request_cancel(self.database, job_id, time.time()) or self.get(job_id)

    @full_disk_is_said()
    def prioritise(self, job_id: str, priority: int) -> Job:
        """Change how soon a waiting job is taken; higher goes first, but no visitor before others."""
        self.get(job_id)
        if visitors.asking().name is not None:
            priority = min(priority, 0)
        records.prioritise(self.database, job_id, priority)
        return self.get(job_id)

    def forget_old_keys(self) -> int:
        """Forget idempotency keys that are no longer good."""
        return idempotency.forget(self.database, time.time() - IDEMPOTENCY_S)

    @full_disk_is_said()
    def delete(self, job_id: str) -> None:
        """Remove a job, its outputs and its hold on uploads; work that still runs is stopped."""
        job = self.get(job_id)
        with self.database.write() as connection:
            records.delete(connection, job_id)
        self.files.remove_outputs(job_id)
        self.drop_preview(job_id)
        for hear in self.after_deleting:
            hear(job)


def _theirs(key: IdempotencyKey) -> IdempotencyKey:
    """The key among those of whoever is asking: others may have chosen the same."""
    name = visitors.asking().name
    return key if name is None else dataclasses.replace(key, scope=f"{key.scope} {name}")


def _new_task(
    request: AnyRequest, step: workflows.Step, ids: Mapping[str, str], seed: int
) -> records.NewTask:
    """The record of a step; it follows the front view if it is made from it or will be held against it."""
    is_measured = request.max_drift is not None and step.view != "front"
    follows = ids.get("front") if step.needs_front or is_measured else None
    return records.NewTask(
        ids[step.view], step.view, seed, step.begins_with, step=step.to_text(), follows=follows
    )


def _new_id() -> str:
    return str(uuid.uuid4())
