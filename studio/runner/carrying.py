"""Claims tasks for one server and sends them, or takes them up where an earlier owner left them."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import uuid
from typing import cast

from studio import collect, logs, workflows
from studio.comfy.pool import Server
from studio.editor import to_editor
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records import leases, waiting
from studio.records.entities import Task
from studio.request import Part, read_request
from studio.runner.carried import Board, Carried, prompt_id_of
from studio.runner.ending import Ender
from studio.runner.feeding import Feeder
from studio.runner.placing import Placing

log = logging.getLogger(__name__)

IN_FLIGHT = 2  # one runs and one waits behind it; everything else stays ours to order and cancel
ASK_AGAIN_S = 0.5
NOT_REACHED = frozenset({"comfyui_unavailable", "engine_unavailable"})


class Carrier:
    """Keeps one server busy."""

    def __init__(
        self, jobs: Jobs, board: Board, ender: Ender, placing: Placing, feeder: Feeder, server: Server
    ) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.board = board
        self.ender = ender
        self.placing = placing
        self.feeder = feeder
        self.server = server
        self.leaving = threading.Event()

    def run(self) -> None:
        """Claim and send until the runner stops."""
        while not (self.ender.stopping.is_set() or self.leaving.is_set()):
            commits = self.database.commits
            try:
                taken = self._take_one()
                idle_s = 0.0 if taken else self._idle_s()
            except sqlite3.OperationalError as error:
                log.error("cannot claim work: %s", error)
                taken, idle_s = False, 1.0
            if not taken:
                self.database.wait(commits, idle_s)

    def _idle_s(self) -> float:
        now = time.time()
        next_at = leases.next_run_at(self.database, now)
        return min(1.0, next_at - now) if next_at is not None else 1.0

    @property
    def has_room(self) -> bool:
        """Whether a task would be sent at once."""
        return self.server.online and len(self.board.on(self.server)) < IN_FLIGHT

    def _take_one(self) -> bool:
        if not self.server.answers or len(self.board.on(self.server)) >= IN_FLIGHT:
            return False
        token = str(uuid.uuid4())
        task = self._claim(token)
        if task is None:
            return False
        carried = Carried(task, token, self.server, task.prompt_id or prompt_id_of(task))
        logs.begin_job(task.job_id)
        try:
            self._begin(carried)
        except sqlite3.OperationalError as error:
            # The lease runs out by itself; whoever takes the task next asks the server about it.
            log.error("cannot record work on task %s: %s", task.id, error)
            self.board.take(carried.prompt_id)
        except Exception as error:  # a task must never take its carrier down with it
            if not isinstance(error, StudioError):
                log.exception("task %s", task.id)
                error = StudioError("internal_error", request_id=task.id)
            self.board.take(carried.prompt_id)
            self.ender.failed(carried, error)
        finally:
            logs.begin_job("")
        return True

    def _claim(self, token: str) -> Task | None:
        url, lease_s = self.server.url, self.jobs.settings.studio_lease_s
        if not self.server.online:
            # Paused: what was sent there by an earlier owner is followed to its end all the same.
            task_id = waiting.left_on(self.database, url, time.time())
        elif self.placing.is_alone(self.server):
            needs = self.placing.needs_for(self.server)
            return leases.claim(self.database, url, needs, token, time.time(), lease_s) if needs else None
        else:
            task_id = self.placing.choose(self.server)
        return waiting.claim(self.database, task_id, url, token, time.time(), lease_s) if task_id else None

    def _begin(self, carried: Carried) -> None:
        task = carried.task
        if task.prompt_id is not None and not self._take_up(carried):
            return
        if task.cancel_requested:
            self.ender.end(carried, "cancelled", None)
            return
        now = time.time()
        if not self.server.online:
            leases.unbind(self.database, task, carried.token, now)
            return
        if not leases.bind(self.database, task, carried.token, self.server.url, carried.prompt_id, now):
            return
        self.board.put(carried)
        try:
            self._send(carried)
        except StudioError as error:
            if error.code not in NOT_REACHED and error.code != "connection_lost":
                raise
            self.server.check_now()
            if self.board.take(carried.prompt_id) is None:
                return
            again_at = time.time() + ASK_AGAIN_S
            if error.code in NOT_REACHED:
                leases.unbind(self.database, task, carried.token, again_at)
            else:
                # It may have arrived all the same: the next owner asks before it sends.
                leases.hand_back(self.database, task, carried.token, again_at)

    def _take_up(self, carried: Carried) -> bool:
        """Follow work that an earlier owner has sent; true if it never arrived and is to be sent."""
        try:
            where = self.server.client.whereabouts(carried.prompt_id)
        except StudioError as error:
            log.warning("cannot ask %s about %s: %s", self.server.url, carried.prompt_id, error)
            leases.hand_back(self.database, carried.task, carried.token, time.time() + ASK_AGAIN_S)
            return False
        if where == "unknown" and carried.task.sent_at is None:
            return True
        carried.sent, carried.socket_whole = True, False
        self.board.put(carried)
        if where == "unknown":
            self.ender.finish(carried, self.ender.lost)
        elif where == "done":
            self.ender.finish(carried, self.ender.collect)
        return False

    def _send(self, carried: Carried) -> None:
        task, client = carried.task, self.server.client
        job = records.get(self.database, task.job_id)
        if job is None:
            self.board.take(carried.prompt_id)
            return
        step = workflows.read_step(task.step)
        request = step.request_of(read_request(job.request))
        workflow = workflows.named(self.jobs.library, request.workflow or job.workflow)
        info = client.object_info()
        part = self.feeder.pieces.part_of(job, task)
        if part is not None and not part.is_whole:
            self.board.take(carried.prompt_id)
            self.ender.begin_again(carried, part)
            return
        if part is not None and part.is_driving:
            workflow = workflows.named(self.jobs.library, workflows.DRIVER)
            request = part.driving_request(info.choices("FigureTalkingHead", "emotion"))
        graph = workflows.prepare(
            workflow,
            request,
            cast(Part, task.view),
            task.seed,
            info,
            uploads=self.feeder.uploads(client, job, task, step, request, part),
            filename_prefix=collect.filename_prefix(carried.prompt_id),
            from_front=workflows.FRONT in step.inputs_of(request).values(),
            frames=part.piece.frames if part else None,
        )
        if part is not None:
            carried.share = part.share
        carried.progress_of = frozenset(workflow.manifest.progress_of)
        is_driving = part is not None and part.is_driving
        asked = request.model_dump(mode="json") if is_driving else {**job.request, **step.values}
        self.placing.sending(carried, workflow.name, asked)
        client.submit(graph, carried.prompt_id, extra_pnginfo={"workflow": to_editor(graph, info)})
        carried.sent = True
        if not leases.mark_sent(self.database, task, carried.token, time.time()):
            # Somebody else has the task by now; what we have just sent is one too many.
            self.board.take(carried.prompt_id)
            client.cancel(carried.prompt_id)
