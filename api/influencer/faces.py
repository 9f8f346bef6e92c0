"""Kept faces: taken from a picture, listed, compared and deleted; and what can be done with them here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from api.deps import StudioDep, iso_seconds
from api.influencer.answers import Answer, Listed
from api.influencer.examples import told
from api.influencer.image_schemas import ID, method_of
from api.influencer.pictured import need_one
from api.influencer.placeholders import DocumentRoute
from studio import face_models
from studio.assembly import Studio
from studio.faces import Embedding, Method
from studio.records.files import StoredFile

SERVICE = "face-embedding"
ALIKE_SHOWN = 10
_AT = "2025-12-17T15:00:00Z"

router = APIRouter(prefix="/generate/face-embedding", tags=["generate"], route_class=DocumentRoute)


class NewFace(BaseModel):
    """A picture of a face; the path wins where both are given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "image_url": "https://...",
                    "image_path": "/path/to/image.png",
                    "name": "Embedding name",
                }
            ]
        }
    )

    image_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    image_path: Annotated[str, StringConstraints(max_length=1_024)] | None = Field(
        None, description="Below the storage root"
    )
    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    method: Method | None = Field(None, description="By which it is to be followed; ip-adapter by itself")

    _method = field_validator("method", mode="before")(method_of)


class FaceEmbedding(BaseModel):
    """A kept face."""

    embedding_id: str
    name: str | None
    method: Method
    status: Literal["pending", "ready", "failed"]
    image_path: str = Field(description="Below the storage root; routes that take paths take it")
    image_url: str
    image_format: str
    image_size: int = Field(description="Bytes")
    faces_found: int
    has_vector: bool = Field(description="Whether it can be compared with others")
    created_at: str


class Validation(BaseModel):
    """Whether a face can be used."""

    is_valid: bool
    errors: list[str]
    warnings: list[str]
    metadata: dict[str, Any]


class Similar(BaseModel):
    """Another face, and how alike it is."""

    embedding_id: str
    name: str | None
    similarity: float = Field(description="The cosine of both vectors: 1 for the same picture")
    is_same_person: bool = Field(description="By the limit that the model's makers give")


class FaceDetails(FaceEmbedding):
    """A kept face with what speaks for and against it."""

    validation: Validation
    similar: list[Similar]


class DeletedFace(BaseModel):
    """A face that is gone."""

    embedding_id: str
    deleted: Literal[True] = True


class Health(BaseModel):
    """What can be done with faces."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    message: str | None
    embeddings_count: int
    supported_methods: list[str] = Field(description="Those that pictures can be asked for with now")
    followed_by: dict[str, str] = Field(description="What would follow each: a workflow, or the engine")
    finder: str = Field(description="What looks for faces")
    vectors: bool = Field(description="Whether faces are compared")
    models: dict[str, bool] = Field(description="The model files, and whether they are installed")


_FACE: dict[str, Any] = {
    "embedding_id": ID,
    "name": "Embedding name",
    "method": "ip-adapter",
    "status": "ready",
    "image_path": f"files/{ID}",
    "image_url": f"/files/{ID}",
    "image_format": "PNG",
    "image_size": 482_113,
    "faces_found": 1,
    "has_vector": True,
    "created_at": _AT,
}
_DETAILS = _FACE | {
    "validation": {
        "is_valid": True,
        "errors": [],
        "warnings": [],
        "metadata": {"width": 1024, "height": 1024, "format": "PNG", "file_size": 482_113},
    },
    "similar": [{"embedding_id": ID, "name": "Another", "similarity": 0.71, "is_same_person": True}],
}
_HEALTH = {
    "status": "healthy",
    "service": SERVICE,
    "message": None,
    "embeddings_count": 3,
    "supported_methods": ["ip-adapter", "ip-adapter-plus"],
    "followed_by": {
        "ip-adapter": "checkpoint_ipadapter",
        "ip-adapter-plus": "checkpoint_ipadapter",
    },
    "finder": "YuNet",
    "vectors": True,
    "models": {face_models.YUNET: True, face_models.SFACE: True},
}
_GIVEN = ("given_outside", "given_missing", "address_refused", "invalid_image")


@router.post("/extract", summary="Extract a face embedding", responses=told(_FACE, *_GIVEN))
def extract_face(request: Request, studio: StudioDep, body: NewFace) -> Answer[FaceEmbedding]:
    """The picture is kept as a reference for as long as the embedding is; its vector, where models are."""
    need_one("image", body.image_url, body.image_path)
    face = studio.faces.extract(
        url=body.image_url,
        path=body.image_path,
        name=body.name,
        method=body.method or "ip-adapter",
        base_url=str(request.base_url),
    )
    return Answer(data=_shown(studio, face))


@router.get(
    "/list",
    summary="List face embeddings",
    responses=told({"items": [_FACE], "total": 1, "limit": 50, "offset": 0}),
)
def list_faces(
    studio: StudioDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Answer[Listed[FaceEmbedding]]:
    """Newest first."""
    found, total = studio.faces.page(limit, offset)
    items = [_shown(studio, face) for face in found]
    return Answer(data=Listed(items=items, total=total, limit=limit, offset=offset))


@router.get("/health", summary="Health of face embeddings", responses=told(_HEALTH))
def get_health(studio: StudioDep) -> Answer[Health]:
    """Faces can be kept in any case; what can be done with them depends on models and servers."""
    models, methods = studio.faces.models(), studio.faces.methods()
    there = {
        face_models.YUNET: models.detector is not None,
        face_models.SFACE: models.recognizer is not None,
    }
    lacking = [name for name, is_there in there.items() if not is_there]
    said: list[str] = []
    if lacking:
        said.append(
            f"Faces are found by {face_models.CASCADES} and not compared, as "
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed. "
            f"Install {'it' if len(lacking) == 1 else 'them'} from the model library."
            if models.detector is None
            else f"Faces are not compared, as {lacking[0]} is not installed. Install it as a model."
        )
    if not methods:
        said.append("No server at hand can follow a face.")
    return Answer(
        data=Health(
            status="healthy" if not said else "degraded" if methods else "unhealthy",
            service=SERVICE,
            message=" ".join(said) or None,
            embeddings_count=studio.faces.page(1)[1],
            supported_methods=list(methods),
            followed_by={str(method): by for method, by in methods.items()},
            finder=face_models.CASCADES if models.detector is None else "YuNet",
            vectors=not lacking,
            models=there,
        )
    )


@router.get(
    "/{embedding_id}",
    summary="Details of a face embedding",
    responses=told(_DETAILS, "embedding_not_found"),
)
def get_face(studio: StudioDep, embedding_id: str) -> Answer[FaceDetails]:
    """With what speaks against it, and the faces that are most like it."""
    face = studio.faces.complete(studio.faces.get(embedding_id))
    checked = studio.faces.check(face)
    return Answer(
        data=FaceDetails(
            **_shown(studio, face).model_dump(),
            validation=Validation(
                is_valid=checked.is_valid,
                errors=list(checked.errors),
                warnings=list(checked.warnings),
                metadata=checked.metadata,
            ),
            similar=[
                Similar(
                    embedding_id=one.face.id,
                    name=one.face.name,
                    similarity=one.similarity,
                    is_same_person=one.is_same,
                )
                for one in studio.faces.alike(face, ALIKE_SHOWN)
            ],
        )
    )


@router.delete(
    "/{embedding_id}",
    summary="Delete a face embedding",
    responses=told({"embedding_id": ID, "deleted": True}, "embedding_not_found"),
)
def delete_face(studio: StudioDep, embedding_id: str) -> Answer[DeletedFace]:
    """Jobs that used it still have their picture."""
    studio.faces.delete(embedding_id)
    return Answer(data=DeletedFace(embedding_id=embedding_id))


def _shown(studio: Studio, face: Embedding) -> FaceEmbedding:
    file = studio.faces.picture(face)
    return FaceEmbedding(
        embedding_id=face.id,
        name=face.name,
        method=face.method,
        status="ready" if file is not None else "failed",
        image_path=f"files/{face.file_id}",
        image_url=f"/files/{face.file_id}",
        image_format=_format(file),
        image_size=file.size if file is not None else 0,
        faces_found=len(face.faces),
        has_vector=face.vector is not None,
        created_at=iso_seconds(face.created_at) or "",
    )


def _format(file: StoredFile | None) -> str:
    return "" if file is None else file.mime_type.partition("/")[2].upper()
