"""Drawing drafts: at the front of the engine's queue, the newest of a page only, remembered for a while."""

from __future__ import annotations

import contextlib
import itertools
import logging
import mimetypes
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio import collect, pictures, workflows
from studio.comfy.events import Event, Executed, Faulted, Interrupted, Offline, Preview, Settled, Succeeded
from studio.comfy.pool import Server
from studio.disk import Incoming, full_disk_is_said
from studio.drafts.wanted import HEIGHT, NODE_POSE, NODE_STYLE, WIDTH, Wanted, graph_of, wanted
from studio.errors import StudioError
from studio.files import StoredFile
from studio.jobs import Jobs
from studio.pictures import Format
from studio.request import AvatarRequest, View

log = logging.getLogger(__name__)

MAX_KEPT_BYTES = 32 * 2**20
MAX_UNDER_WAY = 16
STARTING_S = 5.0  # how long a draft waits for an engine that is just coming up
LATE_S = 60.0  # a first picture after a start may wait for kernels to be compiled
ASK_S = 2.0  # a silence after which the engine is asked what became of a draft
FORGET_AT = 16  # drafts that the engine may remember before it is asked to forget them
QUALITY = 85

WORKFLOW = "embedded"
# Who shows a pose or a style before anybody has described a character.
POSE_MODEL = AvatarRequest(
    prompt="young woman with short brown hair", clothing="white shirt, dark trousers", seed=7
)
STYLE_MODEL = AvatarRequest(
    prompt="young woman adventurer with long red hair, green eyes, smiling",
    clothing="teal jacket, white shirt",
    framing="bust",
    seed=7,
)


@dataclass(frozen=True)
class Draft:
    """A small picture of what will be drawn."""

    key: str  # equal drafts have equal keys, which makes it an entity tag
    mime_type: str
    data: bytes = field(repr=False)
    seed: int = 0  # with this seed the final picture is the same character
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class _Run:
    """A draft on its way, and who waits for it."""

    draft: Wanted
    tickets: set[int] = field(default_factory=set)
    node: str = ""
    heard_at: float = 0.0
    frame: bytes | None = None
    notes: list[str] = field(default_factory=list)
    ended: bool = False
    problem: StudioError | None = None
    outcome: Draft | StudioError | None = None

    def begin(self, node: str) -> None:
        """Forget what an earlier attempt told."""
        self.node, self.heard_at = node, time.monotonic()
        self.frame, self.notes, self.ended, self.problem = None, [], False, None


class Drafts:
    """Drafts by the embedded engine; every method may be called from any thread and blocks until drawn."""

    def __init__(self, jobs: Jobs, *, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self.jobs = jobs
        self.max_bytes = max_bytes
        self.drawn = 0
        """How many the engine has drawn; the others were remembered."""
        self._changed = threading.Condition()
        self._kept: OrderedDict[str, Draft] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[str, _Run] = {}
        self._by_prompt: dict[str, _Run] = {}
        self._newest: dict[str, int] = {}  # the ticket of the newest draft of each page
        self._tickets = itertools.count(1)
        self._spent: list[str] = []
        jobs.pool.subscribe(self._heard)

    # ------------------------------------------------------------------- verbs

    def draw(
        self,
        request: AvatarRequest,
        *,
        view: View = "front",
        yaw_deg: float | None = None,
        width: int = WIDTH,
        height: int = HEIGHT,
        pose: str = "",
        page: str = "",
        form: Format = "WEBP",
    ) -> Draft:
        """The character from a side or any angle; `page` names a place that shows one draft, the newest."""
        if pose:
            self._check(NODE_POSE, "pose", pose)
        draft = wanted(request, view=view, yaw_deg=yaw_deg, width=width, height=height, pose=pose, form=form)
        return self.get(draft, page=page)

    def skeleton(
        self,
        pose: str,
        *,
        request: AvatarRequest = POSE_MODEL,
        view: View = "front",
        width: int = WIDTH,
        height: int = HEIGHT,
        page: str = "",
    ) -> Draft:
        """A pose of the library as an OpenPose picture (PNG), as the character would take it."""
        self._check(NODE_POSE, "pose", pose)
        draft = wanted(request, view=view, width=width, height=height, pose=pose, kind="skeleton", form="PNG")
        return self.get(draft, page=page)

    @full_disk_is_said()
    def pose_file(self, pose: str) -> StoredFile:
        """A pose of the library as an upload, which any server's workflow can follow."""
        return self.jobs.files.store_bytes(self.skeleton(pose, width=512, height=768).data, f"{pose}.png")

    def poses(self) -> tuple[str, ...]:
        """The names of the poses in the engine's library."""
        return self._choices(NODE_POSE, "pose")

    def styles(self) -> tuple[str, ...]:
        """The names of the engine's drawing styles."""
        return self._choices(NODE_STYLE, "style")

    def pose_thumbnail(self, pose: str) -> Draft:
        """A figure in a pose of the library."""
        self._check(NODE_POSE, "pose", pose)
        return self._preset(wanted(POSE_MODEL, width=160, height=240, pose=pose))

    def style_thumbnail(self, style: str) -> Draft:
        """The same character in each style."""
        self._check(NODE_STYLE, "style", style)
        request = STYLE_MODEL.model_copy(update={"style": style})
        return self._preset(wanted(request, yaw_deg=20.0, width=192, height=192))

    def get(self, draft: Wanted, *, page: str = "") -> Draft:
        """A draft, drawn unless it is remembered; refused when its page asks for a newer one meanwhile."""
        for file_id in draft.request.files().values():
            self.jobs.files.get(file_id)
        ticket = self._take_ticket(page)
        try:
            return self.remembered(draft.key) or self._join(draft, ticket)
        finally:
            with self._changed:
                if self._newest.get(page) == ticket:
                    del self._newest[page]

    def remembered(self, key: str) -> Draft | None:
        """A draft by its key, if it was drawn lately."""
        with self._changed:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    # ----------------------------------------------------------------- waiting

    def _take_ticket(self, page: str) -> int:
        with self._changed:
            ticket = next(self._tickets)
            if page:
                older = self._newest.get(page, 0)
                self._newest[page] = ticket
                for run in self._under_way.values():
                    run.tickets.discard(older)
                self._changed.notify_all()
            return ticket

    def _join(self, draft: Wanted, ticket: int) -> Draft:
        """Wait for a draft that is under way, or draw it for all who will ask meanwhile."""
        with self._changed:
            run = self._under_way.get(draft.key)
            is_mine = run is None
            if run is None:
                if len(self._under_way) >= MAX_UNDER_WAY:
                    raise StudioError("draft_late")
                run = self._under_way[draft.key] = _Run(draft)
            run.tickets.add(ticket)
        if is_mine:
            self._carry(run)
        with self._changed:
            self._changed.wait_for(lambda: run.outcome is not None or ticket not in run.tickets, LATE_S)
            is_newest = ticket in run.tickets
            run.tickets.discard(ticket)
            self._changed.notify_all()
        outcome = run.outcome or StudioError("draft_late")
        if not is_newest:
            raise StudioError("draft_superseded")
        if isinstance(outcome, StudioError):
            raise outcome
        return outcome

    def _remember(self, draft: Draft) -> None:
        if len(draft.data) > self.max_bytes // 4:
            return
        self._kept[draft.key] = draft
        self._kept_bytes += len(draft.data)
        while self._kept_bytes > self.max_bytes:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1].data)

    # ----------------------------------------------------------------- drawing

    def _carry(self, run: _Run) -> None:
        """Bring a draft to its end, for all who wait for it."""
        try:
            outcome: Draft | StudioError = self._draw(run)
        except StudioError as error:
            outcome = error
        except Exception:  # those who wait with us must hear of it too
            log.exception("a draft failed")
            outcome = StudioError("internal_error", request_id=run.draft.key[:16])
        with self._changed:
            del self._under_way[run.draft.key]
            if isinstance(outcome, Draft):
                self.drawn += 1
                self._remember(outcome)
            run.outcome = outcome
            self._changed.notify_all()

    def _draw(self, run: _Run) -> Draft:
        server = self._server()
        workflow = workflows.named(self.jobs.library, WORKFLOW)
        uploads = {
            f"{role}_image": self._upload(server, file_id)
            for role, file_id in run.draft.request.files().items()
        }
        graph, node = graph_of(run.draft, workflow, uploads)
        deadline = time.monotonic() + LATE_S
        # A second attempt for an engine that was started anew, or whose websocket broke in the middle.
        data = self._attempt(run, server, graph, node, deadline)
        if data is None:
            data = self._attempt(run, server, graph, node, deadline)
        if data is None:
            raise StudioError("connection_lost", url=server.url, why="a draft did not arrive")
        form = run.draft.form
        if form != "PNG":
            data = pictures.convert(data, form, quality=QUALITY)
        return Draft(
            run.draft.key, pictures.MIME_TYPES[form], data, run.draft.request.seed or 0, tuple(run.notes)
        )

    def _attempt(
        self, run: _Run, server: Server, graph: Mapping[str, Any], node: str, deadline: float
    ) -> bytes | None:
        prompt_id = str(uuid.uuid4())
        with self._changed:
            run.begin(node)
            self._by_prompt[prompt_id] = run
        try:
            self._refuse_unwanted(run)
            server.client.submit(graph, prompt_id, front=True)
            self._forget_later(server, prompt_id)
            return self._follow(run, server, prompt_id, deadline)
        finally:
            with self._changed:
                self._by_prompt.pop(prompt_id, None)

    def _follow(self, run: _Run, server: Server, prompt_id: str, deadline: float) -> bytes | None:
        """The picture once it has come; nothing if it is lost on its way."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: run.ended or run.problem is not None or not run.tickets, ASK_S / 4
                )
            if run.problem is not None:
                raise run.problem
            if run.ended:
                return run.frame
            if not run.tickets or time.monotonic() > deadline:
                with contextlib.suppress(StudioError):
                    server.client.cancel(prompt_id)
                self._refuse_unwanted(run)
                raise StudioError("draft_late")
            if not server.online:
                raise server.unavailable()
            if time.monotonic() - run.heard_at > ASK_S:
                run.heard_at = time.monotonic()
                if server.client.whereabouts(prompt_id) not in ("running", "pending"):
                    history = server.client.history(prompt_id)
                    if history is not None and history.error is not None:
                        raise history.error.to_error()
                    return run.frame

    def _refuse_unwanted(self, run: _Run) -> None:
        if not run.tickets:
            raise StudioError("draft_superseded")

    def _heard(self, server: Server, event: Event) -> None:
        if isinstance(event, Offline):
            with self._changed:
                self._changed.notify_all()
            return
        run = self._by_prompt.get(event.prompt_id)
        if run is None:
            return
        with self._changed:
            run.heard_at = time.monotonic()
            match event:
                case Preview(node=node, mime="image/png", data=data) if node == run.node:
                    run.frame = data
                case Executed(extras=extras):
                    run.notes = collect.notes([extras])
                case Succeeded() | Settled():
                    run.ended = True
                case Faulted(fault=fault):
                    run.problem = fault.to_error()
                case Interrupted():
                    run.problem = StudioError("interrupted")
                case _:
                    return
            self._changed.notify_all()

    def _forget_later(self, server: Server, prompt_id: str) -> None:
        """Keep the engine's history free of drafts, without a question more for each of them."""
        with self._changed:
            spent, self._spent = self._spent, [*self._spent, prompt_id]
            if len(spent) < FORGET_AT:
                return
            self._spent = [prompt_id]
        with contextlib.suppress(StudioError):  # it forgets by itself in time
            server.client.forget(spent)

    # ----------------------------------------------------------------- engine

    def _server(self) -> Server:
        """The embedded engine, once it is there."""
        pool = self.jobs.pool
        engines: Sequence[Server] = [server for server in pool.servers if server.kind == "embedded"]
        if not engines:
            raise StudioError("engine_unavailable", why="it is switched off")
        if engines[0].state == "paused":
            raise StudioError("engine_unavailable", why="somebody has paused it")
        if not engines[0].online and not pool.wait_ready(STARTING_S, "embedded"):
            raise engines[0].unavailable()
        return engines[0]

    def _upload(self, server: Server, file_id: str) -> str:
        stored = self.jobs.files.get(file_id)
        return server.client.upload(
            self.jobs.files.path_of(file_id),
            content_hash=stored.sha256,
            suffix=mimetypes.guess_extension(stored.mime_type) or ".png",
        )

    def _choices(self, class_type: str, name: str) -> tuple[str, ...]:
        info = self._server().info
        return info.choices(class_type, name) if info is not None else ()

    def _check(self, class_type: str, name: str, value: str) -> None:
        known = self._choices(class_type, name)
        if value not in known:
            raise StudioError("preset_unknown", kind=name, name=value, known=", ".join(known))

    def _preset(self, draft: Wanted) -> Draft:
        """A picture that never changes: kept on the disk until the clean-up takes it, after a day or so."""
        folder = self.jobs.settings.temp_path
        path = folder / f"preset-{draft.key[:32]}.webp"
        if (data := _read(path)) is not None:
            return Draft(draft.key, pictures.MIME_TYPES["WEBP"], data)
        found = self.get(draft)
        with Incoming(folder) as incoming:
            incoming.write(found.data)
            incoming.move_to(path)
        return found


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
