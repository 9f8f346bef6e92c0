"""Model files: those that workflows name and those that are there, and fetching them."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.deps import StudioDep
from api.docs import NULL
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.owner import OWNER
from studio.catalogue import Model, Type, folder_of
from studio.errors import StudioError
from studio.models import Install

router = APIRouter(prefix="/models", tags=["models"], route_class=DocumentRoute)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
DownloadState = Literal["queued", "downloading", "completed", "failed", "cancelled"]
MB = 2**20
_STATES: dict[str, DownloadState] = {"processing": "downloading"}


class Download(BaseModel):
    """How far a file is."""

    download_id: str
    state: DownloadState
    bytes_total: int | None
    bytes_downloaded: int
    error: str | None


class ModelItem(BaseModel):
    """A model file."""

    id: str
    name: str
    type: Type
    tier: int = Field(
        description="1: used by workflows that are chosen by themselves; 2: by others; 3: by none"
    )
    tags: list[str]
    filename: str
    folder: str
    url: str | None
    size_mb: int | None
    sha256: str | None = Field(description="Once it was fetched here")
    installed: bool
    servers: list[str] = Field(description="ComfyUI servers that list it")
    notes: str | None


class ModelInFull(ModelItem):
    """The same with where it is and how far."""

    path: str | None = Field(description="Below the models folder")
    download: Download | None


class ModelPage(BaseModel):
    """All model files that are known."""

    items: list[ModelItem]
    total: int


class ModelInstallBody(BaseModel):
    """A model of the list, or any safetensors file of the Hugging Face Hub."""

    model_config = ConfigDict(
        extra="forbid",
        protected_namespaces=(),
        json_schema_extra={
            "examples": [
                {"model_id": "checkpoints:sd_xl_base_1.0.safetensors"},
                {
                    "url": "https://huggingface.co/OWNER/REPOSITORY/resolve/main/ink.safetensors",
                    "filename": "ink.safetensors",
                    "type": "lora",
                },
            ]
        },
    )

    model_id: Line | None = None
    url: Line | None = None
    filename: Line | None = None
    type: Type | None = None
    folder: Line | None = Field(None, description="Below the models folder, where the type does not say it")
    sha256: Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ModelInstallBody:
        if self.model_id is None and self.url is None:
            raise ValueError("give a model_id, or a url with a type or a folder")
        if self.model_id is None and self.folder is None and self.type in (None, "other"):
            raise ValueError("a url needs a folder, or a type that says it")
        return self


class DownloadAnswer(BaseModel):
    """A file on its way."""

    model_config = ConfigDict(protected_namespaces=())

    download_id: str
    model_id: str
    filename: str
    state: DownloadState
    bytes_total: int | None
    bytes_downloaded: int


MODEL: dict[str, Any] = {
    "id": "checkpoints:sd_xl_base_1.0.safetensors",
    "name": "sd_xl_base_1.0",
    "type": "checkpoint",
    "tier": 1,
    "tags": ["checkpoints", "checkpoint"],
    "filename": "sd_xl_base_1.0.safetensors",
    "folder": "checkpoints",
    "url": "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/resolve/main/"
    "sd_xl_base_1.0.safetensors",
    "size_mb": 6617,
    "sha256": NULL,
    "installed": False,
    "servers": [],
    "notes": "a Stable Diffusion checkpoint; CreativeML Open RAIL++-M",
}
DOWNLOAD: dict[str, Any] = {
    "download_id": "0b6f5a3e-5c0e-4d57-9a59-6f3c86a1c1a7",
    "state": "downloading",
    "bytes_total": 6938078334,
    "bytes_downloaded": 1734519583,
    "error": NULL,
}
STARTED: dict[str, Any] = {
    **{name: value for name, value in DOWNLOAD.items() if name != "error"},
    "model_id": MODEL["id"],
    "filename": MODEL["filename"],
}


@router.get("", summary="List models", responses=told({"items": [MODEL], "total": 1}))
def list_models(
    studio: StudioDep,
    type: Annotated[Type | None, Query()] = None,  # noqa: A002
    installed: Annotated[bool | None, Query(description="On a server, or in the models folder")] = None,
) -> Answer[ModelPage]:
    """Those that workflows name, and all that the servers and the models folder have."""
    found = [
        _item(one)
        for one in studio.catalogue.list()
        if (type is None or one.type == type) and (installed is None or one.is_installed == installed)
    ]
    return Answer(data=ModelPage(items=[ModelItem(**one) for one in found], total=len(found)))


@router.get(
    "/{model_id}",
    summary="One model",
    responses=told({**MODEL, "path": NULL, "download": DOWNLOAD}, "model_unknown"),
)
def get_model(model_id: str, studio: StudioDep) -> Answer[ModelInFull]:
    """By its id or its file name; tells how far its download is."""
    one = studio.catalogue.get(model_id)
    root = studio.settings.models_path
    path = one.path.relative_to(root).as_posix() if one.path is not None and root is not None else None
    return Answer(
        data=ModelInFull(**_item(one), path=path, download=_download(one.install) if one.install else None)
    )


@router.post(
    "/install",
    summary="Install a model",
    dependencies=OWNER,
    responses=told(
        STARTED,
        *("model_unknown", "model_installed", "model_address", "owner_only"),
    ),
)
def install_model(body: ModelInstallBody, studio: StudioDep) -> Answer[DownloadAnswer]:
    """In the background, one at a time; GET /api/models/{model_id} tells how far it is."""
    if body.model_id is not None:
        install = studio.catalogue.install(body.model_id)
    else:
        folder = _folder(body)
        name = body.filename or PurePosixPath((body.url or "").partition("?")[0]).name
        install = studio.catalogue.install_from(body.url or "", folder, name, body.sha256)
    model = Model(install.folder, install.name)
    return Answer(
        data=DownloadAnswer(
            download_id=install.id,
            model_id=model.id,
            filename=install.name,
            state=_STATES.get(install.status, install.status),  # pyright: ignore[reportArgumentType]
            bytes_total=install.size_bytes,
            bytes_downloaded=install.done_bytes,
        )
    )


def _folder(body: ModelInstallBody) -> str:
    """Where a file goes, by its type or by name; both must fit."""
    by_type = folder_of(body.type) if body.type is not None else None
    folder = (body.folder or by_type or "").strip("/").removeprefix("models/")
    if by_type is not None and folder.split("/")[0] != by_type:
        raise StudioError("model_type", folder=folder, type=body.type)
    return folder


def _item(one: Model) -> dict[str, Any]:
    notes = "; ".join(part for part in (one.what, one.licence) if part)
    done = one.install if one.install is not None and one.install.status == "completed" else None
    return {
        "id": one.id,
        "name": PurePosixPath(one.name).stem,
        "type": one.type,
        "tier": one.tier,
        "tags": list(dict.fromkeys((one.folder, *one.workflows))),
        "filename": PurePosixPath(one.name).name,
        "folder": str(PurePosixPath(one.folder, one.name).parent),
        "url": one.url,
        "size_mb": math.ceil(one.size_bytes / MB) if one.size_bytes is not None else None,
        "sha256": done.sha256 if done else None,
        "installed": one.is_installed,
        "servers": list(one.servers),
        "notes": notes or None,
    }


def _download(install: Install) -> Download:
    problem = install.error or {}
    return Download(
        download_id=install.id,
        state=_STATES.get(install.status, install.status),  # pyright: ignore[reportArgumentType]
        bytes_total=install.size_bytes,
        bytes_downloaded=install.done_bytes,
        error=f"{problem.get('message', '')} {problem.get('hint', '')}".strip() or None,
    )
