"""The bodies of the Talking Avatar API, with their examples."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import v1
from api.docs import body_of, file_form
from studio.request import MAX_SEED, Emotion, Landmarks

Status = Literal["pending", "processing", "completed", "failed"]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=300)]

UPLOADED = {"filename": "abc123.jpg", "message": "Image uploaded successfully"}
HEARD = {"filename": "def456.wav", "message": "Audio uploaded successfully"}
ASKED: dict[str, Any] = {
    "image_filename": "abc123.jpg",
    "audio_filename": "def456.wav",
    "output_fps": 25,
    "output_resolution": 512,
}
RESULT = {
    "success": True,
    "video_url": "/download/xyz789.mp4",
    "video_filename": "xyz789.mp4",
    "duration": 15.3,
    "frames_generated": 383,
    "error_message": "\0null",
}
STARTED = {"job_id": "job_abc123xyz", "status": "pending", "progress": 0, "result": "\0null"}
FINISHED = {"job_id": "job_abc123xyz", "status": "completed", "progress": 100, "result": RESULT}
CLEANED = {"message": "File xyz789.mp4 deleted successfully"}
IMAGE_BODY = body_of(file_form("PNG or JPG", "avatar.jpg"))
AUDIO_BODY = body_of(file_form("WAV, MP3, FLAC, OGG or M4A", "speech.wav"))
WRONG_TYPE = v1.failure(
    400,
    "Not a file of these types, or broken",
    "file_type",
    "Invalid file type. Allowed: image/png, image/jpeg, image/jpg",
    "Send a file of one of these types.",
)
TOO_LARGE = v1.failure(
    413,
    "The file is too large",
    "file_too_large",
    "File too large: the limit is 50 MB.",
    "Send a smaller file.",
)
NO_FILE = v1.failure(
    404,
    "One of the files is not there",
    "upload_name_missing",
    "Image file not found: abc123.jpg",
    "Upload it again, or check its name.",
)
NO_JOB = v1.failure(
    404,
    "There is no such job",
    "talk_job_missing",
    "Job not found: job_abc123xyz",
    "Check the job_id that the start gave.",
)
NO_PART = v1.invalid({"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": "\0null"})
OUT_OF_BOUNDS = v1.invalid(
    {
        "type": "less_equal",
        "loc": ["body", "output_fps"],
        "msg": "Input should be less than or equal to 60",
        "input": 120,
    }
)


class Uploaded(BaseModel):
    """An upload, by the name under which it goes from now on."""

    filename: str
    message: str


class Cleaned(BaseModel):
    """What became of a clean-up."""

    message: str


class TalkBody(BaseModel):
    """What speaks, with which voice, and how the video is to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

    image_filename: FileName = Field(description="As the upload of the image named it")
    audio_filename: FileName = Field(description="As the upload of the audio named it")
    output_fps: int = Field(25, ge=10, le=60, description="Pictures in a second")
    output_resolution: Literal[256, 512, 1024] = Field(512, description="Width and height of the video")
    emotion: Emotion = Field("neutral", description="The mood while speaking; beyond the documents")
    landmarks: Landmarks | None = Field(
        None, description="Where eyes and mouth are, if no face is found; shares of width and height"
    )
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = Field(
        None, description="The same seed moves the same"
    )
    workflow: str | None = Field(None, max_length=200, description="By name; else the best one")
    engine: Literal["auto", "embedded"] = "auto"


class TalkResult(BaseModel):
    """What came of a generation; always check `success`."""

    success: bool
    video_url: str | None = Field(description="Below /api/v1 and at the root")
    video_filename: str | None
    duration: float | None = Field(description="Seconds")
    frames_generated: int | None
    error_message: str | None


class TalkJob(BaseModel):
    """How far a generation is."""

    job_id: str
    status: Status
    progress: int | float = Field(description="0 to 100")
    result: TalkResult | None
