"""Files of one's own for videos: uploaded once, then named by their path in every route that takes one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.deps import StudioDep, iso_seconds
from api.influencer.answers import PREFIX, Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from studio.given import most_bytes
from studio.records.files import Media, StoredFile

# Bounded while they are received, as a film is larger than any other body.
UPLOADS = (f"{PREFIX}/video/upload",)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A video (MP4, MOV, MKV, WebM, GIF), a sound or a picture",
                        }
                    },
                },
                "example": {"file": "clip.mp4"},
            }
        },
    }
}
_ID = "0b8f3c1e-6f6d-4a57-9a39-8f2f3f9d5a11"
_EXAMPLE = {
    "file_id": _ID,
    "file_path": f"files/{_ID}",
    "file_url": f"/files/{_ID}",
    "filename": "clip.mp4",
    "media": "video",
    "mime_type": "video/mp4",
    "file_size": 1_204_113,
    "width": 1280,
    "height": 720,
    "duration": 8.4,
    "is_duplicate": False,
    "created_at": "2025-12-17T15:00:00Z",
}

router = APIRouter(prefix="/video", tags=["video"], route_class=DocumentRoute)


class UploadedFile(BaseModel):
    """A file of one's own, and how other routes name it."""

    file_id: str
    file_path: str = Field(description="What `input_path`, `video_path`, `audio_path` and others take")
    file_url: str
    filename: str
    media: Media
    mime_type: str
    file_size: int
    width: int | None
    height: int | None
    duration: float | None = Field(description="Seconds")
    is_duplicate: bool = Field(description="The same bytes were there already, under this id")
    created_at: str


@router.post(
    "/upload",
    summary="Upload a file for videos",
    openapi_extra=_BODY,
    responses=told(
        _EXAMPLE, "invalid_video", "invalid_audio", "file_type", "file_too_large", "upload_missing"
    ),
)
async def upload_file(
    request: Request,
    studio: StudioDep,
    media: Annotated[Media, Query(description="What it is; the bytes have to be that")] = "video",
) -> Answer[UploadedFile]:
    """Told by its contents, whatever its name. It stays as long as other uploads, and with what uses it."""
    most = most_bytes(studio.files, media)
    incoming, filename = await uploads.receive(request, studio.settings, max_bytes=most)
    stored = await run_in_threadpool(studio.files.store, incoming, filename, media=media)
    return Answer(data=_shown(stored), message="File uploaded")


def _shown(stored: StoredFile) -> UploadedFile:
    return UploadedFile(
        file_id=stored.id,
        file_path=f"files/{stored.id}",
        file_url=f"/files/{stored.id}",
        filename=stored.filename,
        media=stored.media,
        mime_type=stored.mime_type,
        file_size=stored.size,
        width=stored.width,
        height=stored.height,
        duration=None if stored.duration_s is None else round(stored.duration_s, 3),
        is_duplicate=stored.is_duplicate,
        created_at=iso_seconds(stored.created_at) or "",
    )
