"""What a request would become: which workflow runs it where, what it lacks, how long it will be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from studio import workflows
from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.files import FileStore
from studio.records import Database, runs
from studio.request import AnyRequest, EditRequest, TalkRequest, media_of, with_values
from studio.settings import Settings
from studio.workflows import Candidate, Plan, Preflight, Workflow
from studio.workflows.report import NOT_NOW, Report, refused
from studio.workflows.report import report as report_on

STARTING_S = 2.0  # how long a request waits for the first sign of servers that were only just configured


@dataclass
class Planner:
    """Decides everything about a request before a job is made of it; records nothing."""

    database: Database
    files: FileStore
    pool: Pool
    library: dict[str, Workflow]  # replaced as a whole when workflows come and go
    settings: Settings

    def plan(self, request: AnyRequest) -> Plan:
        """How the request would run now, or a refusal that says why it cannot."""
        found = self._try_out(request)
        if found.plan is None:
            raise StudioError("workflow_impossible", why=found.why)
        return found.plan

    def _try_out(self, request: AnyRequest) -> Preflight:
        self._refuse_hosted(request.model)
        for role, file_id in request.files().items():
            self.files.get(file_id, media=media_of(role))
        maps: frozenset[str] = frozenset()
        comfy = [server for server in self.pool.servers if server.kind == "comfy"]
        if comfy and not self._is_for_embedded(request):
            online = self.pool.online("comfy")
            if not online:
                self.pool.wait_first_signs(STARTING_S, "comfy")
                online = self.pool.online("comfy")
            paused = [server for server in comfy if server.answers and not server.online]
            if not online and not paused:
                raise StudioError("comfyui_unavailable", url=", ".join(server.url for server in comfy))
            at_hand = [Candidate("comfy", server.info, server.url) for server in online]
            resting = [Candidate("comfy", server.info, server.url) for server in paused]
            maps = self.control_maps()
        else:
            resting = []
            at_hand = [
                Candidate("embedded", server.info, server.url)
                for server in self.pool.servers
                if server.kind == "embedded"
            ]
            if not at_hand:
                raise StudioError("engine_unavailable", why="it is switched off")
        found = workflows.preflight(self.library, request, at_hand, maps)
        if found.plan is None and resting:
            # What only a paused server can run waits until that one goes on.
            found = workflows.preflight(self.library, request, [*at_hand, *resting], maps)
        return found

    def _refuse_hosted(self, model: str | None) -> None:
        """Say why a hosted model cannot be had, before a server's list is asked that lacks it."""
        if model is None or not workflows.is_hosted(model):
            return
        if not self.settings.hf_token.get_secret_value():
            raise StudioError("hosted_needs_token", model=model)
        offered = [f"hf:{name}" for name in self.settings.studio_hf_models]
        if model not in offered:
            raise StudioError("hosted_not_offered", model=model, offered=", ".join(offered))

    def report(self, request: AnyRequest) -> Report:
        """What would run where, what is missing where nothing can, and what it takes by our own history."""
        try:
            found = self._try_out(request)
        except StudioError as error:
            if error.code not in NOT_NOW:
                raise
            return refused(request, error)
        return report_on(request, found, self.pool.servers, runs.history(self.database))

    def control_maps(self) -> frozenset[str]:
        """What the embedded engine can draw now for other workflows, as manifests name it.

        These are control maps, and a face that speaks.
        """
        if not self.pool.online("embedded"):
            self.pool.wait_first_signs(STARTING_S, "embedded")
        for server in self.pool.online("embedded"):
            if server.info is not None:
                kinds = server.info.choices("FigureControlMap", "kind")
                films = {workflows.DRIVING} if workflows.can_drive(self.library, server.info) else set[str]()
                return frozenset({f"{workflows.CONTROL}{kind}" for kind in kinds} | films)
        return frozenset()

    def _is_for_embedded(self, request: AnyRequest) -> bool:
        """Whether it asks for the embedded engine: by its name, or by what runs nowhere else."""
        if workflows.is_hosted(request.model):
            return True
        if request.engine == "embedded" or request.workflow is None:
            return request.engine == "embedded"
        return workflows.named(self.library, request.workflow).manifest.engine == "embedded"

    def notes_on(self, plan: Plan) -> tuple[str, ...]:
        """What is known before it begins: what was asked for and will not be used."""
        manifest = workflows.named(self.library, plan.workflow).manifest
        request = plan.request
        if isinstance(request, EditRequest) and request.left_out:
            return (
                f"No font here has these letters, so they were left out: {request.left_out}. "
                "Name a font file that has them in STUDIO_FONT.",
            )
        if not isinstance(request, TalkRequest) or not request.landmarks or "landmarks" in manifest.slots:
            return ()
        return (
            "The places of eyes and mouth that were given are not used: "
            f"{manifest.title} finds the face by itself",
        )

    def with_length(self, plan: Plan) -> Plan:
        """The plan with how long a film will be, where its files say that; it is by what work is measured."""
        request = plan.request
        if isinstance(request, TalkRequest):
            # What is made in pieces takes as long as these, each the same.
            in_one = workflows.named(self.library, plan.workflow).manifest.pieces is None
            seconds = self.voice_s(request) if in_one else None
        elif isinstance(request, EditRequest):
            whole_s = sum(self.files.needed(clip).duration_s or 0.0 for clip in request.clip_file_ids)
            end_s = whole_s if request.end_s is None else min(whole_s, request.end_s)
            seconds = max(0.0, end_s - request.start_s)
        else:
            return plan
        if seconds == request.duration_s:
            return plan
        return dataclasses.replace(plan, request=with_values(request, duration_s=seconds))

    def voice_s(self, request: TalkRequest) -> float | None:
        """How long a voice is; None for uploads that were not measured."""
        return self.files.needed(request.audio_file_id).duration_s
