"""Carries queued tasks to servers, follows them there, collects what they made, recovers after a crash."""

from __future__ import annotations

import contextlib
import logging
import mimetypes
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from studio import VERSION, collect, workflows
from studio.comfy import events
from studio.comfy.events import RemoteOutput
from studio.comfy.pool import Server
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records import leases
from studio.records.entities import Job, Task
from studio.request import AvatarRequest

log = logging.getLogger(__name__)

IN_FLIGHT_PER_SERVER = 2  # one runs and one waits behind it; everything else stays ours to order and cancel
PROGRESS_EVERY_S = 0.25
TICK_S = 0.25
SILENT_S = 5.0  # ask for work that has not been heard of for so long
CANCEL_WAIT_S = 5.0  # after which cancelled work counts as cancelled even if its server does not answer
MAX_LOSSES = 5
MAX_BACKOFF_S = 60.0
TASK_NAMESPACE = uuid.UUID("6f7d3c1e-5a0b-4f4e-9d61-0f7f0a7b2c55")


@dataclass(eq=False)
class Carried:
    """A task that this process has claimed, and what it has heard about it."""

    task: Task
    token: str
    server: Server
    prompt_id: str
    heard_at: float = field(default_factory=time.monotonic)
    sent: bool = False
    progress: float = 0.0
    written_progress: float = 0.0
    written_at: float = 0.0
    outputs: list[RemoteOutput] = field(default_factory=list)
    extras: list[Mapping[str, Any]] = field(default_factory=list)
    socket_whole: bool = True  # whether no event can have been missed
    cancel_sent_at: float | None = None
    deadline_passed: bool = False


def prompt_id_of(task: Task) -> str:
    """The id under which an attempt of a task is sent; the same after a crash."""
    return str(uuid.uuid5(TASK_NAMESPACE, f"{task.id}/{task.attempt}"))


class Runner:
    """One carrier thread for each server, one ticking thread for leases, and a few that collect."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.pool = jobs.pool
        self.lease_s = jobs.settings.studio_lease_s
        self._carried: dict[str, Carried] = {}  # by prompt id
        self._ending: set[Carried] = set()  # no longer on a server, but not yet ended in the records
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="collect")
        self._runnable: dict[tuple[str, int, int], bool] = {}
        self._seen: dict[str, float] = {}  # when each server was last not offline

    def start(self) -> None:
        """Begin to carry tasks."""
        self.pool.subscribe(self._on_event)
        for server in self.pool.servers:
            self._spawn(f"carry {server.url}", lambda server=server: self._carry(server))
        self._spawn("leases", self._tick)

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Stop carrying and hand running work back, so that the next start goes on with it."""
        self._stopping.set()
        self.database.wake_all()
        for thread in self._threads:
            thread.join(timeout=10)
        self._workers.shutdown(wait=True)
        with self._lock:
            left = list(self._carried.values())
            self._carried.clear()
        now = time.time()
        for carried in left:
            if carried.server.kind == "embedded":
                # That engine ends with us, so its copy of the work is gone for certain.
                leases.unbind(self.database, carried.task, carried.token, now)
            else:
                leases.hand_back(self.database, carried.task, carried.token, now)

    def has_room(self, engine: str) -> bool:
        """Whether a task for this kind of server would be sent at once."""
        return any(
            server.kind == engine and server.online and len(self._of(server)) < IN_FLIGHT_PER_SERVER
            for server in self.pool.servers
        )

    def _of(self, server: Server) -> list[Carried]:
        with self._lock:
            return [carried for carried in self._carried.values() if carried.server is server]

    # --------------------------------------------------------------- claiming

    def _carry(self, server: Server) -> None:
        while not self._stopping.is_set():
            commits = self.database.commits
            try:
                taken = self._take_one(server)
            except sqlite3.OperationalError as error:
                log.error("cannot claim work: %s", error)
                taken = False
                self._stopping.wait(1.0)
            if not taken:
                self.database.wait(commits, self._idle_s())

    def _idle_s(self) -> float:
        now = time.time()
        next_at = leases.next_run_at(self.database, now)
        return min(1.0, next_at - now) if next_at is not None else 1.0

    def _take_one(self, server: Server) -> bool:
        if not server.online or len(self._of(server)) >= IN_FLIGHT_PER_SERVER:
            return False
        needs = [
            number
            for number, text in leases.all_needs(self.database).items()
            if self._can_run(server, number, text)
        ]
        token = str(uuid.uuid4())
        task = leases.claim(self.database, server.url, needs, token, time.time(), self.lease_s)
        if task is None:
            return False
        try:
            self._begin(server, task, token)
        except StudioError as error:
            self._failed(Carried(task, token, server, task.prompt_id or ""), error)
        except sqlite3.OperationalError as error:
            # The lease runs out by itself; whoever takes the task next asks the server about it.
            log.error("cannot record work on %s: %s", task.id, error)
            self._drop(prompt_id_of(task))
        except Exception as error:  # a task must never take its carrier down with it
            log.exception("task %s", task.id)
            self._drop(prompt_id_of(task))
            self._end(task, token, "failed", StudioError("internal_error", request_id=task.id), detail=error)
        return True

    def _can_run(self, server: Server, number: int, text: str) -> bool:
        info = server.info
        if info is None:
            return False
        key = (server.url, server.revision, number)
        if key not in self._runnable:
            kind_fits = f'"engine": "{server.kind}"' in text
            self._runnable[key] = kind_fits and not workflows.lacks(text, info)
        return self._runnable[key]

    # ---------------------------------------------------------------- sending

    def _begin(self, server: Server, task: Task, token: str) -> None:
        """Send a task, or take it up again where an earlier owner left it."""
        if task.cancel_requested and task.prompt_id is None:
            leases.end(self.database, task, token, "cancelled", None, time.time())
            return
        prompt_id = task.prompt_id or prompt_id_of(task)
        carried = Carried(task, token, server, prompt_id)
        if task.prompt_id is not None:
            where = self._ask(carried)
            if where is None:
                return
            if where != "unknown":
                carried.sent, carried.socket_whole = True, False
                self._keep(carried)
                if where == "done":
                    self._finish(carried, self._collect)
                return
            if task.cancel_requested:
                leases.end(self.database, task, token, "cancelled", None, time.time())
                return
            if task.sent_at is not None:
                self._lost(carried)
                return
        if not leases.bind(self.database, task, token, server.url, prompt_id, time.time()):
            return
        self._keep(carried)
        try:
            self._send(carried)
        except StudioError as error:
            if self._drop(prompt_id) is None:
                return
            if error.code in {"comfyui_unavailable", "engine_unavailable"}:
                server.check_now()
                leases.unbind(self.database, task, token, time.time() + 0.5)
            elif error.code == "connection_lost":
                # It may have arrived all the same: the next owner asks before it sends.
                server.check_now()
                leases.hand_back(self.database, task, token, time.time() + 0.5)
            else:
                self._failed(carried, error)

    def _ask(self, carried: Carried) -> str | None:
        """Where the server has this work; None when it cannot be asked now."""
        try:
            return carried.server.client.whereabouts(carried.prompt_id)
        except StudioError as error:
            log.warning("cannot ask %s about %s: %s", carried.server.url, carried.prompt_id, error)
            leases.hand_back(self.database, carried.task, carried.token, time.time() + 1.0)
            return None

    def _send(self, carried: Carried) -> None:
        job = records.get(self.database, carried.task.job_id)
        if job is None:
            self._drop(carried.prompt_id)
            return
        server, task = carried.server, carried.task
        request = AvatarRequest.model_validate(job.request)
        workflow = self.jobs.library.get(job.workflow)
        if workflow is None:
            raise StudioError(
                "workflow_unknown", name=job.workflow, known=", ".join(sorted(self.jobs.library))
            )
        uploads = {
            f"{role}_image": self._upload(server, file_id) for role, file_id in request.files().items()
        }
        graph = workflows.prepare(
            workflow,
            request,
            task.view,  # type: ignore[arg-type]
            task.seed,
            server.client.object_info(),
            uploads=uploads,
            filename_prefix=collect.filename_prefix(carried.prompt_id),
        )
        server.client.submit(graph, carried.prompt_id)
        carried.sent = True
        carried.heard_at = time.monotonic()
        if not leases.mark_sent(self.database, task, carried.token, time.time()):
            # Somebody else has the task by now; what we have just sent is one too many.
            self._drop(carried.prompt_id)
            self._stop_on_server(carried)

    def _upload(self, server: Server, file_id: str) -> str:
        stored = self.jobs.files.needed(file_id)
        return server.client.upload(
            self.jobs.files.path_of(file_id),
            content_hash=stored.sha256,
            suffix=mimetypes.guess_extension(stored.mime_type) or ".png",
        )

    # --------------------------------------------------------------- following

    def _keep(self, carried: Carried) -> None:
        with self._lock:
            self._carried[carried.prompt_id] = carried

    def _drop(self, prompt_id: str) -> Carried | None:
        """Take work off the list; only whoever gets it back may decide its end."""
        with self._lock:
            return self._carried.pop(prompt_id, None)

    def _on_event(self, server: Server, event: events.Event) -> None:
        if isinstance(event, events.Disconnected):
            for carried in self._of(server):
                carried.socket_whole = False
            return
        if isinstance(event, events.Connected | events.Online):
            self.database.wake_all()
            for carried in self._of(server):
                carried.heard_at = 0.0  # ask about it at the next tick
            return
        with self._lock:
            carried = self._carried.get(event.prompt_id or "")
        if carried is None:
            return
        carried.heard_at = time.monotonic()
        match event:
            case events.Progress(value=value, maximum=most) if most > 1:
                carried.progress = max(carried.progress, min(95.0, 95.0 * value / most))
                self._write_progress(carried)
            case events.Preview(mime=mime, data=data):
                self.jobs.set_preview(carried.task.job_id, mime, data)
            case events.Executed(outputs=outputs, extras=extras):
                carried.outputs.extend(outputs)
                carried.extras.append(extras)
            case events.Succeeded():
                self._finish(carried, self._collect)
            case events.Faulted(fault=fault):
                self._finish(carried, lambda carried: self._failed(carried, fault.to_error()))
            case events.Interrupted():
                self._finish(carried, self._interrupted)
            case events.Settled():
                carried.heard_at = 0.0  # it has ended, and its end was not heard: ask
            case _:
                pass

    def _write_progress(self, carried: Carried) -> None:
        now = time.monotonic()
        if now - carried.written_at < PROGRESS_EVERY_S or carried.progress <= carried.written_progress:
            return
        carried.written_at, carried.written_progress = now, carried.progress
        with self._log_database_errors():
            leases.write_progress(self.database, carried.task, carried.token, carried.progress, time.time())

    def _finish(self, carried: Carried, end: Callable[[Carried], None]) -> None:
        """End work on a thread of its own, once."""
        if self._stopping.is_set() or self._drop(carried.prompt_id) is None:
            return
        with self._lock:
            self._ending.add(carried)
        with contextlib.suppress(RuntimeError):  # shutting down: the lease is handed back by time
            self._workers.submit(self._run_end, carried, end)

    def _run_end(self, carried: Carried, end: Callable[[Carried], None]) -> None:
        try:
            end(carried)
        except sqlite3.OperationalError as error:
            # The lease runs out by itself; whoever takes the task next asks the server about it.
            log.error("cannot record the end of %s: %s", carried.task.id, error)
        except Exception as error:  # nobody reads this future; the task must still end
            log.exception("task %s", carried.task.id)
            self._end(
                carried.task,
                carried.token,
                "failed",
                StudioError("internal_error", request_id=carried.task.id),
                detail=error,
            )
        finally:
            with self._lock:
                self._ending.discard(carried)
            self.database.wake_all()  # there is room on the server again

    # ------------------------------------------------------------------ endings

    def _collect(self, carried: Carried) -> None:
        task, client = carried.task, carried.server.client
        job = records.get(self.database, task.job_id)
        if job is None:
            return
        try:
            found, extras = carried.outputs, carried.extras
            if not carried.socket_whole or not found:
                history = client.outcome(carried.prompt_id)
                if history is not None and history.state == "interrupted":
                    self._interrupted(carried)
                    return
                if history is not None and history.error is not None:
                    raise history.error.to_error()
                if history is not None:
                    found, extras = list(history.outputs), list(history.extras.values())
            recipe = self._recipe(job, carried)
            stored = collect.store(client, self.jobs.files, job, task, collect.finals(found), recipe)
        except StudioError as error:
            self._failed(carried, error)
            return
        notes = collect.notes(extras)
        done = self._insist(
            lambda: leases.complete(self.database, task, carried.token, stored, notes, time.time())
        )
        if not done and records.get(self.database, task.job_id) is None:
            self.jobs.files.remove_outputs(task.job_id)
        self.jobs.drop_preview(task.job_id)

    def _recipe(self, job: Job, carried: Carried) -> dict[str, Any]:
        return {
            "studio": VERSION,
            "job": job.id,
            "task": carried.task.id,
            "view": carried.task.view,
            "seed": carried.task.seed,
            "engine": job.engine,
            "server": carried.server.stats.get("system", {}).get("comfyui_version"),
            "workflow": job.workflow,
            "request": job.request,
        }

    def _insist(self, write: Callable[[], bool]) -> bool:
        """Repeat a write that the database cannot take now (a full disk) until it can or we stop."""
        while True:
            try:
                return write()
            except sqlite3.OperationalError as error:
                log.error("the records cannot be written: %s; trying again", error)
                if self._stopping.wait(1.0):
                    raise

    def _failed(self, carried: Carried, error: StudioError) -> None:
        task, now = carried.task, time.time()
        limit = 1 if error.code == "out_of_memory" else self.jobs.settings.studio_attempts - 1
        if error.problem.retry_mends and task.failures < limit and not task.cancel_requested:
            if error.code == "out_of_memory":
                with contextlib.suppress(StudioError):
                    carried.server.client.free(unload_models=True, free_memory=True)
            delay = min(MAX_BACKOFF_S, 2.0**task.failures)
            leases.start_over(
                self.database,
                task,
                carried.token,
                run_at=now + delay,
                now=now,
                failed=True,
                error=error.to_json(),
            )
            return
        self._end(task, carried.token, "failed", error)

    def _interrupted(self, carried: Carried) -> None:
        wanted = carried.cancel_sent_at is not None or self._is_unwanted(carried.task)
        if carried.deadline_passed:
            self._end(carried.task, carried.token, "failed", StudioError("job_timeout"))
        elif wanted:
            self._end(carried.task, carried.token, "cancelled", None)
        else:
            self._end(carried.task, carried.token, "failed", StudioError("interrupted"))

    def _is_unwanted(self, task: Task) -> bool:
        return task.id in leases.cancels_requested(self.database, [task.id])

    def _lost(self, carried: Carried) -> None:
        """The server does not know this work any more: it restarted, or its history was cleared."""
        task, now = carried.task, time.time()
        if carried.cancel_sent_at is not None or self._is_unwanted(task):
            self._interrupted(carried)
            return
        found = collect.leftovers(carried.server.client, carried.prompt_id) if carried.server.online else []
        if found:
            carried.outputs = found
            self._collect(carried)
            return
        error = StudioError("server_lost_job", times=task.losses + 1)
        if task.losses + 1 >= MAX_LOSSES:
            self._end(task, carried.token, "failed", error)
            return
        leases.start_over(
            self.database, task, carried.token, run_at=now, now=now, failed=False, error=error.to_json()
        )

    def _end(
        self,
        task: Task,
        token: str,
        status: str,
        error: StudioError | None,
        detail: Exception | None = None,
    ) -> None:
        if error is not None:
            log.warning("task %s of job %s: %s", task.id, task.job_id, detail or error)
        with self._log_database_errors():
            leases.end(self.database, task, token, status, error.to_json() if error else None, time.time())
        job = records.get(self.database, task.job_id)
        if job is None or job.is_final:
            self.jobs.drop_preview(task.job_id)

    # ------------------------------------------------------------------ leases

    def _tick(self) -> None:
        renewed_at = 0.0
        while not self._stopping.wait(TICK_S):
            with self._log_database_errors():
                now = time.monotonic()
                if now - renewed_at >= self.lease_s / 3:
                    renewed_at = now
                    self._renew()
                    self._sweep()
                self._look_after_carried()

    def _renew(self) -> None:
        with self._lock:
            held = [*self._carried.values(), *self._ending]
        if not held:
            return
        tokens = [(carried.task.id, carried.token) for carried in held]
        kept = leases.renew(self.database, tokens, time.time(), self.lease_s)
        for carried in held:
            if carried.task.id not in kept and self._drop(carried.prompt_id) is not None:
                # Somebody else has the task, or its job is gone: what runs here is nobody's.
                self._workers.submit(self._stop_on_server, carried)

    def _sweep(self) -> None:
        now = time.time()
        leases.free_lapsed(self.database, now)
        leases.release_strangers(self.database, [server.url for server in self.pool.servers], now)
        leases.expire(self.database, StudioError("job_timeout").to_json(), now)
        leases.end_cancelled(self.database, now)
        grace_s = self.jobs.settings.studio_server_grace_s
        for server in self.pool.servers:
            if server.state != "offline":
                self._seen[server.url] = now
            others = any(other is not server for other in self.pool.online(server.kind))
            if others and now - self._seen.setdefault(server.url, now) > grace_s:
                for carried in self._of(server):
                    if self._drop(carried.prompt_id) is not None:
                        self._give_up_server(carried)
                leases.release_server(self.database, server.url, now)

    def _give_up_server(self, carried: Carried) -> None:
        now = time.time()
        error = StudioError("comfyui_unavailable", url=carried.server.url)
        leases.start_over(
            self.database,
            carried.task,
            carried.token,
            run_at=now,
            now=now,
            failed=False,
            error=error.to_json(),
        )

    def _look_after_carried(self) -> None:
        with self._lock:
            all_carried = list(self._carried.values())
        if not all_carried:
            return
        unwanted = leases.cancels_requested(self.database, [carried.task.id for carried in all_carried])
        now = time.monotonic()
        for carried in all_carried:
            self._write_progress(carried)
            if not carried.sent:
                continue
            if carried.task.id in unwanted or time.time() > carried.task.deadline_at:
                self._ask_to_stop(carried, timed_out=carried.task.id not in unwanted)
            elif now - carried.heard_at > SILENT_S and carried.server.state != "offline":
                carried.heard_at = now
                self._workers.submit(self._check_silent, carried)

    def _ask_to_stop(self, carried: Carried, *, timed_out: bool) -> None:
        now = time.monotonic()
        if carried.cancel_sent_at is None:
            carried.cancel_sent_at = now
            carried.deadline_passed = timed_out
            self._workers.submit(self._stop_on_server, carried)
        elif now - carried.cancel_sent_at > CANCEL_WAIT_S:
            self._finish(carried, self._interrupted)

    def _stop_on_server(self, carried: Carried) -> None:
        try:
            client = carried.server.client
            client.cancel(carried.prompt_id)
            if client.whereabouts(carried.prompt_id) == "unknown":
                # It waited behind other work: nothing will be heard of it any more.
                self._finish(carried, self._interrupted)
        except StudioError as error:
            log.warning("cannot stop %s on %s: %s", carried.prompt_id, carried.server.url, error)

    def _check_silent(self, carried: Carried) -> None:
        try:
            where = carried.server.client.whereabouts(carried.prompt_id)
        except StudioError as error:
            log.warning("cannot ask %s about %s: %s", carried.server.url, carried.prompt_id, error)
            return
        if where == "done":
            carried.socket_whole = False
            self._finish(carried, self._collect)
        elif where == "unknown":
            self._finish(carried, self._lost)

    @contextlib.contextmanager
    def _log_database_errors(self) -> Iterator[None]:
        """A full disk or a locked file must not end the threads that would go on once it is mended."""
        try:
            yield
        except sqlite3.OperationalError as error:
            log.error("the records cannot be written: %s", error)
