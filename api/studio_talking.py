"""What the Talking tab asks for: a voice as an upload, and a finished picture that is taken along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as shared
from api import studio_schemas as schemas
from api import talking_schemas, uploads
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.docs import NULL
from api.examples import problem_answer
from studio.files import StoredFile

PREFIX = "/studio/talking"
VOICE = f"{PREFIX}/voice"

router = APIRouter(prefix=PREFIX, tags=["Studio"], route_class=StrictRoute)


class Kept(BaseModel):
    """An upload that a talking job can name."""

    file_id: str
    url: str
    filename: str
    duration: float | None  # seconds of what is heard
    width: int | None
    height: int | None
    character_id: str | None = None  # who is in the picture, if that is known


class Taken(BaseModel):
    """A picture of the gallery that is to speak."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"picture_id": "0a1b2c3d"}]})

    picture_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]


KEPT_VOICE = {
    "file_id": "0b8f3c1e-6f6d-4a57-9a39-8f2f3f9d5a11",
    "url": "files/0b8f3c1e-6f6d-4a57-9a39-8f2f3f9d5a11",
    "filename": "speech.wav",
    "duration": 3.2,
    "width": NULL,
    "height": NULL,
}
KEPT_PICTURE = KEPT_VOICE | {"filename": "a knight", "duration": NULL, "width": 512, "height": 768}
NO_SOUND = {
    400: problem_answer(
        "No recording, or a broken one",
        "Invalid audio file: no sound in it can be read.",
        "invalid_audio",
        "Use a WAV, MP3, FLAC, OGG or M4A recording that plays elsewhere.",
        listed=True,
    )
}


@router.post(
    "/voice",
    summary="Upload a voice",
    openapi_extra=talking_schemas.AUDIO_BODY,
    responses=shared.answers(KEPT_VOICE, shared.UPLOAD_REFUSED | NO_SOUND),
)
async def keep_voice(request: Request, studio: StudioDep) -> Kept:
    """WAV, MP3, FLAC, OGG or M4A; equal bytes give the same file id."""
    most = studio.settings.studio_max_audio_size
    incoming, filename = await uploads.receive(request, studio.settings, max_bytes=most)
    return _kept(await run_in_threadpool(studio.files.store, incoming, filename, media="audio"))


@router.post(
    "/picture",
    summary="Take a picture of the gallery along",
    responses=shared.answers(KEPT_PICTURE, schemas.NO_PICTURE),
)
def take_picture(body: Taken, studio: StudioDep) -> Kept:
    """A finished picture as an upload; what it says about itself stays in it."""
    item = studio.gallery.get(body.picture_id)
    data = studio.gallery.path(item.output).read_bytes()
    stored = studio.files.store_bytes(data, item.output.name)
    title = ", ".join(part.strip() for part in item.prompt.splitlines() if part.strip())
    shown = studio.jobs.get(item.output.job_id).character_id
    return _kept(stored).model_copy(update={"filename": title or stored.filename, "character_id": shown})


def _kept(stored: StoredFile) -> Kept:
    return Kept(
        file_id=stored.id,
        url=f"files/{stored.id}",
        filename=stored.filename,
        duration=stored.duration_s,
        width=stored.width,
        height=stored.height,
    )
