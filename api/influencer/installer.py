"""The installer: ComfyUI and the models that workflows name, where the owner allows it."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import StudioDep, iso_seconds
from api.influencer import system_examples as examples
from api.influencer import system_schemas as schemas
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.owner import OWNER

router = APIRouter(prefix="/installer", tags=["installer"], route_class=DocumentRoute)


@router.get("/status", summary="Installation status", responses=told(examples.INSTALLER))
def get_installation(studio: StudioDep) -> Answer[schemas.InstallerStatus]:
    """Of what is being installed, or was last."""
    now = studio.installer.status()
    return Answer(
        data=schemas.InstallerStatus(
            state=now.state,
            component=now.component,
            step=now.step,
            message=now.message,
            progress=now.progress,
            started_at=iso_seconds(now.started_at),
            finished_at=iso_seconds(now.finished_at),
            allowed=studio.settings.allow_install,
            lines=list(now.lines),
        )
    )


@router.post(
    "/install",
    summary="Install a component",
    dependencies=OWNER,
    responses=told(
        examples.INSTALLING,
        *("install_off", "install_running", "install_unknown", "model_unknown"),
    ),
)
def install_component(body: schemas.InstallBody, studio: StudioDep) -> Answer[schemas.InstallerAnswer]:
    """`comfyui`, by comfy-cli, or `models` that workflows name; only with ALLOW_INSTALL, one at a time."""
    begun = studio.installer.install(body.component, body.options or {})
    return Answer(
        data=schemas.InstallerAnswer(
            state=begun.state,
            component=body.component,
            message="It has begun; GET /api/installer/status tells how far it is.",
        )
    )
