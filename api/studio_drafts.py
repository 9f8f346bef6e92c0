"""The studio's own routes to drafts, and to the poses and styles that its engine knows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import avatarforge_schemas as shared
from api import studio_schemas as schemas
from api.bodies import StrictRoute
from api.deps import StudioDep, not_modified, send_bytes
from api.studio_schemas import DraftAnswer, DraftQuery, PoseFile, Preset, Presets
from studio import drafts
from studio.request import AvatarRequest

DRAFT_CACHE = "private, max-age=3600"  # another version may draw otherwise
PRESET_CACHE = "private, max-age=86400"

router = APIRouter(route_class=StrictRoute)


@router.get(
    "/draft",
    summary="Draw a draft",
    response_class=Response,
    responses=shared.picture(schemas.NO_DRAFT),
)
def get_draft(request: Request, query: Annotated[DraftQuery, Query()], studio: StudioDep) -> Response:
    """A small picture of what the words describe, within a second; whoever has it already gets a 304."""
    wanted = _wanted(query)
    if known := not_modified(request, wanted.key, DRAFT_CACHE):
        return known
    draft = _draw(studio.drafts, query)
    return send_bytes(draft.data, draft.mime_type, draft.key, DRAFT_CACHE)


@router.post(
    "/draft",
    summary="Draw a draft and tell about it",
    responses=shared.answers(schemas.DRAFT, schemas.NO_DRAFT),
)
def post_draft(query: DraftQuery, studio: StudioDep) -> DraftAnswer:
    """Draws it now; its address then answers at once, and the notes say what is not drawn."""
    draft = _draw(studio.drafts, query)
    yaw = query.yaw
    url = drafts.address(
        _request(query), view=query.view, yaw_deg=yaw, width=query.width, height=query.height, pose=query.pose
    )
    return DraftAnswer(url=url, seed=draft.seed, notes=list(draft.notes))


def _request(query: DraftQuery) -> AvatarRequest:
    return AvatarRequest.model_validate(query.model_dump(include=set(drafts.MEMBERS)))


def _wanted(query: DraftQuery) -> drafts.Wanted:
    return drafts.wanted(
        _request(query),
        view=query.view,
        yaw_deg=query.yaw,
        width=query.width,
        height=query.height,
        pose=query.pose,
    )


def _draw(room: drafts.Drafts, query: DraftQuery) -> drafts.Draft:
    return room.draw(
        _request(query),
        view=query.view,
        yaw_deg=query.yaw,
        width=query.width,
        height=query.height,
        pose=query.pose,
        page=query.page,
    )


@router.get("/presets", summary="Poses and styles of the engine", responses=shared.answers(schemas.PRESETS))
def get_presets(studio: StudioDep) -> Presets:
    """By name, with a picture of each."""
    return Presets(
        poses=[
            Preset(name=name, picture=f"studio/poses/{name}", skeleton=f"studio/poses/{name}/skeleton")
            for name in studio.drafts.poses()
        ],
        styles=[Preset(name=name, picture=f"studio/styles/{name}") for name in studio.drafts.styles()],
    )


PRESET_PICTURE = shared.picture(schemas.NO_PRESET)


@router.get("/poses/{name}", summary="A pose, drawn", response_class=Response, responses=PRESET_PICTURE)
def get_pose(request: Request, name: str, studio: StudioDep) -> Response:
    """A figure in a pose of the library."""
    return _send_draft(request, studio.drafts.pose_thumbnail(name))


@router.get(
    "/poses/{name}/skeleton",
    summary="A pose as OpenPose picture",
    response_class=Response,
    responses=PRESET_PICTURE,
)
def get_skeleton(request: Request, name: str, studio: StudioDep) -> Response:
    """Coloured bones on black, as ControlNets read them."""
    return _send_draft(request, studio.drafts.skeleton(name))


@router.post(
    "/poses/{name}/file",
    summary="A pose as an upload",
    responses=shared.answers(schemas.POSE_FILE, schemas.NO_PRESET),
)
def make_pose_file(name: str, studio: StudioDep) -> PoseFile:
    """Gives a `pose_file_id` for any server's workflow; asking again gives the same one."""
    stored = studio.drafts.pose_file(name)
    return PoseFile(file_id=stored.id, url=f"files/{stored.id}")


@router.get("/styles/{name}", summary="A style, drawn", response_class=Response, responses=PRESET_PICTURE)
def get_style(request: Request, name: str, studio: StudioDep) -> Response:
    """The same character in each style."""
    return _send_draft(request, studio.drafts.style_thumbnail(name))


def _send_draft(request: Request, draft: drafts.Draft) -> Response:
    known = not_modified(request, draft.key, PRESET_CACHE)
    return known or send_bytes(draft.data, draft.mime_type, draft.key, PRESET_CACHE)
