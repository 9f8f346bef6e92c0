"""A preflight as people read it: what would run where, what is missing, how long it takes by past work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studio.comfy.info import ObjectInfo
from studio.comfy.wire import Kind
from studio.errors import StudioError
from studio.records.runs import History, Seconds, Work, work_of
from studio.request import AnyRequest, Part
from studio.workflows.choose import Preflight
from studio.workflows.needs import can_run, large_models
from studio.workflows.trials import MissingFile, MissingNode, Plan, Trial

# These say that nothing can run now; everything else is wrong with the request itself.
NOT_NOW = frozenset({"comfyui_unavailable", "engine_unavailable", "workflow_impossible"})


class KnownServer(Protocol):
    """What a report must know of a server."""

    @property
    def url(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def info(self) -> ObjectInfo | None: ...
    @property
    def answers(self) -> bool: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class Piece:
    """One view of a plan, as work for a server."""

    view: Part
    needs: str
    work: Work
    needs_front: bool = False


@dataclass(frozen=True)
class Place:
    """A server that can do some of the work."""

    server: str
    is_paused: bool
    views: tuple[Part, ...]
    picture: Seconds | None  # what one prompt for the first of these views has taken there; None: never done


@dataclass(frozen=True)
class Report:
    """What would become of a request now."""

    request: AnyRequest  # with everything decided, if it can run
    plan: Plan | None
    models: Mapping[str, str]  # by slot, as the chosen server names them
    places: tuple[Place, ...]
    seconds: float | None  # for the whole request on idle servers; None: not all of it was ever done
    trials: tuple[Trial, ...]  # every workflow on every server, the best first
    problem: Mapping[str, Any] | None  # what a generation would be refused with

    @property
    def nearest(self) -> Trial | None:
        """The workflow that would run, or the one that needs least to run."""
        return self.trials[0] if self.trials and not self.trials[0].unfit else None

    @property
    def files(self) -> tuple[MissingFile, ...]:
        """The files to get so that the request can run; none if it can."""
        return self.nearest.files if self.nearest and self.plan is None else ()

    @property
    def nodes(self) -> tuple[MissingNode, ...]:
        """The nodes to install so that the request can run; none if it can."""
        return self.nearest.nodes if self.nearest and self.plan is None else ()

    @property
    def missing_bytes(self) -> int | None:
        """How much there is to fetch; None if that is not known of every file."""
        sizes = [file.size_bytes for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size)


def report(request: AnyRequest, found: Preflight, servers: Iterable[KnownServer], history: History) -> Report:
    """A preflight with where its work could go and what that has taken so far."""
    if found.plan is None:
        refusal = StudioError("workflow_impossible", why=found.why).to_json()
        return Report(request, None, {}, (), None, found.trials, refusal)
    pieces = pieces_of(found.plan)
    places = [place for server in servers if (place := _place(server, pieces, history))]
    models = found.trials[0].models if found.trials else {}
    seconds = _whole(pieces, places, history)
    return Report(found.plan.request, found.plan, models, tuple(places), seconds, found.trials, None)


def refused(request: AnyRequest, error: StudioError) -> Report:
    """The report when there is no server to try it on."""
    return Report(request, None, {}, (), None, (), error.to_json())


def pieces_of(plan: Plan) -> list[Piece]:
    """What a plan consists of, view by view."""
    request = plan.request.model_dump(mode="json")
    return [
        Piece(
            step.view,
            step.needs,
            work_of(step.workflow, large_models(step.needs), {**request, **step.values}),
            step.needs_front,
        )
        for step in plan.steps
    ]


def _place(server: KnownServer, pieces: Sequence[Piece], history: History) -> Place | None:
    info = server.info
    if info is None or not server.answers:
        return None
    able = [piece for piece in pieces if can_run(piece.needs, server.kind, info)]
    if not able:
        return None
    views: tuple[Part, ...] = tuple(piece.view for piece in able)
    return Place(server.url, server.state == "paused", views, history.of(server.url, able[0].work))


def _whole(pieces: Sequence[Piece], places: Sequence[Place], history: History) -> float | None:
    """When the last view would be done on idle servers that know the work; None if none knows it."""
    free_at = {place.server: 0.0 for place in places if not place.is_paused}
    front_done = 0.0
    for piece in pieces:
        able = {place.server for place in places if piece.view in place.views} & free_at.keys()
        begin = front_done if piece.needs_front else 0.0
        ends = {
            server: max(free_at[server], begin) + known.median
            for server in able
            if (known := history.of(server, piece.work))
        }
        if not ends:
            return None
        best = min(ends, key=lambda server: ends[server])
        free_at[best] = ends[best]
        if piece.view == "front":
            front_done = ends[best]
    return max(free_at.values())
