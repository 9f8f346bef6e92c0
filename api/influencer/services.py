"""Services: what the studio stands on, and starting and stopping those that are ours."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.deps import StudioDep, iso_seconds
from api.influencer import system_examples as examples
from api.influencer import system_schemas as schemas
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.influencer.system import port_of
from api.owner import OWNER
from studio.services import Service

router = APIRouter(prefix="/services", tags=["services"], route_class=DocumentRoute)

_COMMAND = told(examples.COMMANDED, "owner_only", "service_unknown", "service_unmanaged")


@router.get("", summary="List services", responses=told({"items": [examples.SERVICE], "total": 6}))
def list_services(request: Request, studio: StudioDep) -> Answer[schemas.ServiceList]:
    """Backend, frontend, the embedded engine, ComfyUI, Ollama and Redis."""
    found = [schemas.ServiceAnswer(**_service(request, one)) for one in studio.services.list()]
    return Answer(data=schemas.ServiceList(items=found, total=len(found)))


@router.get(
    "/{service_name}",
    summary="Status of a service",
    responses=told(examples.SERVICE_IN_FULL, "service_unknown"),
)
def get_service(service_name: str, request: Request, studio: StudioDep) -> Answer[schemas.ServiceInFull]:
    """With what can be done about it, and the last lines of a process of ours."""
    one = studio.services.get(service_name)
    return Answer(
        data=schemas.ServiceInFull(
            **_service(request, one),
            health=one.health,
            error=one.error,
            instructions=dict(one.instructions),
            log=list(one.log),
        )
    )


@router.post("/{service_name}/start", summary="Start a service", dependencies=OWNER, responses=_COMMAND)
def start_service(service_name: str, studio: StudioDep) -> Answer[schemas.Commanded]:
    """The embedded engine, and the ComfyUI of COMFYUI_PATH; others are refused with what to do instead."""
    return _commanded(studio.services.start(service_name))


@router.post("/{service_name}/stop", summary="Stop a service", dependencies=OWNER, responses=_COMMAND)
def stop_service(service_name: str, studio: StudioDep) -> Answer[schemas.Commanded]:
    """With all that it has started. Its work waits, or is done by other servers."""
    return _commanded(studio.services.stop(service_name))


@router.post("/{service_name}/restart", summary="Restart a service", dependencies=OWNER, responses=_COMMAND)
def restart_service(service_name: str, studio: StudioDep) -> Answer[schemas.Commanded]:
    """Stops it and starts it; what it was working on begins anew."""
    return _commanded(studio.services.restart(service_name))


def _service(request: Request, one: Service) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "message": one.message,
        "host": one.host,
        "port": one.port or port_of(request, one.name),
        "pid": one.pid,
        "managed": one.managed,
        "last_check": iso_seconds(one.last_check) or "",
    }


def _commanded(one: Service) -> Answer[schemas.Commanded]:
    return Answer(data=schemas.Commanded(name=one.name, state=one.state, message=one.message))
