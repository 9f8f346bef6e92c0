"""Model files over REST: which there are, and fetching them into ComfyUI's folder."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.bodies import StrictRoute
from api.deps import StudioDep, iso_seconds
from api.docs import NULL
from api.owner import OWNER
from api.problems import PlainProblem
from studio.errors import StudioError
from studio.models import Install, KnownModel

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]

router = APIRouter(tags=["Models"], route_class=StrictRoute)


class ModelAnswer(BaseModel):
    """A model file that a workflow can use."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    folder: str
    what: str
    address: str
    size_bytes: int | None
    licence: str
    workflows: list[str]
    installed: bool = Field(description="It is in the folder that COMFYUI_MODELS_PATH names")
    servers: list[str] = Field(description="ComfyUI servers that list it")


class ModelList(BaseModel):
    """The model files that the library knows."""

    models_path: str | None
    models: list[ModelAnswer]


class InstallBody(BaseModel):
    """A file of the library by its name, or any safetensors file of the Hub with a folder."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "sd_xl_base_1.0.safetensors"}]}
    )

    name: Line = ""
    address: Line = ""
    folder: Line = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> InstallBody:
        if not self.address and not self.name:
            raise ValueError("give the name of a model, or an address and a folder")
        if self.address and not self.folder:
            raise ValueError("an address needs a folder, such as loras")
        return self


class InstallAnswer(BaseModel):
    """A model file on its way."""

    install_id: str
    name: str
    folder: str
    address: str
    status: Literal["queued", "processing", "completed", "failed", "cancelled"]
    done_bytes: int
    size_bytes: int | None
    progress: float | None = Field(description="Percent; null while the size is not known")
    sha256: str | None
    error: str | None
    created_at: str
    completed_at: str | None


class InstallList(BaseModel):
    """What was asked for, the newest first."""

    installs: list[InstallAnswer]


MODEL = {
    "name": "sd_xl_base_1.0.safetensors",
    "folder": "checkpoints",
    "what": "a Stable Diffusion checkpoint",
    "address": "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/resolve/main/"
    "sd_xl_base_1.0.safetensors",
    "size_bytes": 6938078334,
    "licence": "CreativeML Open RAIL++-M",
    "workflows": ["checkpoint"],
    "installed": False,
    "servers": [],
}
INSTALL = {
    "install_id": "0b6f5a3e-5c0e-4d57-9a59-6f3c86a1c1a7",
    **{key: MODEL[key] for key in ("name", "folder", "address")},
    "status": "processing",
    "done_bytes": 1734519583,
    "size_bytes": MODEL["size_bytes"],
    "progress": 25.0,
    "sha256": NULL,
    "error": NULL,
    "created_at": "2026-01-15T10:30:00Z",
    "completed_at": NULL,
}
_REFUSED = {
    404: ("There is nothing of this name or id", "model_unknown"),
    409: ("Not possible as things are", "models_path_unset"),
    422: ("Not an address, a folder or a format that is taken", "model_format"),
}


def _answers(example: dict[str, Any], *failures: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    def problem(code: str) -> dict[str, Any]:
        error = StudioError(code, name="model.ckpt")
        return {"detail": error.message, "code": error.code, "hint": error.hint}

    found: dict[int | str, dict[str, Any]] = {status: {"content": {"application/json": {"example": example}}}}
    for failure in failures:
        found[failure] = {
            "model": PlainProblem,
            "description": _REFUSED[failure][0],
            "content": {"application/json": {"example": problem(_REFUSED[failure][1])}},
        }
    return found


@router.get(
    "/models",
    summary="Model files that the workflows can use",
    responses=_answers({"models_path": "/opt/ComfyUI/models", "models": [MODEL]}),
)
def list_models(studio: StudioDep) -> ModelList:
    """With size, licence, address and folder, and where each is already."""
    path = studio.settings.models_path
    return ModelList(
        models_path=str(path) if path else None, models=[_model(model) for model in studio.models.known()]
    )


@router.post(
    "/models/installs",
    summary="Fetch a model file",
    dependencies=OWNER,
    status_code=202,
    responses=_answers(INSTALL, 404, 409, 422, status=202),
)
def install_model(body: InstallBody, studio: StudioDep) -> InstallAnswer:
    """In the background, one at a time; asking again for a file that is on its way gives the same one."""
    if body.address:
        return _install(studio.models.install_from(body.address, body.folder, body.name))
    return _install(studio.models.install(body.name))


@router.get(
    "/models/installs",
    summary="Model files on their way",
    responses=_answers({"installs": [INSTALL]}, 422),
)
def list_installs(studio: StudioDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> InstallList:
    """The newest first."""
    return InstallList(installs=[_install(install) for install in studio.models.list(limit)])


@router.get(
    "/models/installs/{install_id}", summary="How far a model file is", responses=_answers(INSTALL, 404)
)
def get_install(install_id: str, studio: StudioDep) -> InstallAnswer:
    """Poll it every few seconds."""
    return _install(studio.models.get(install_id))


@router.post(
    "/models/installs/{install_id}/cancel",
    summary="Fetch a model file no more",
    dependencies=OWNER,
    responses=_answers(INSTALL, 404, 409),
)
def cancel_install(install_id: str, studio: StudioDep) -> InstallAnswer:
    """What has come so far is removed."""
    return _install(studio.models.cancel(install_id))


@router.post(
    "/models/installs/{install_id}/retry",
    summary="Fetch a model file again",
    dependencies=OWNER,
    status_code=202,
    responses=_answers(INSTALL, 404, 409, status=202),
)
def retry_install(install_id: str, studio: StudioDep) -> InstallAnswer:
    """It goes on where it broke off."""
    return _install(studio.models.retry(install_id))


def _model(model: KnownModel) -> ModelAnswer:
    return ModelAnswer(
        name=model.file.name,
        folder=model.folder,
        what=model.what,
        address=model.file.address,
        size_bytes=model.file.size_bytes,
        licence=model.file.licence,
        workflows=list(model.workflows),
        installed=model.installed,
        servers=list(model.servers),
    )


def _install(install: Install) -> InstallAnswer:
    problem = install.error or {}
    size = install.size_bytes
    return InstallAnswer(
        install_id=install.id,
        name=install.name,
        folder=install.folder,
        address=install.address,
        status=install.status,
        done_bytes=install.done_bytes,
        size_bytes=size,
        progress=round(100 * install.done_bytes / size, 1) if size else None,
        sha256=install.sha256,
        error=f"{problem.get('message', '')} {problem.get('hint', '')}".strip() or None,
        created_at=iso_seconds(install.created_at) or "",
        completed_at=iso_seconds(install.completed_at),
    )
