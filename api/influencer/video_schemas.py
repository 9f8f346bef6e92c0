"""What the routes over videos take and give, with examples for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from api.influencer.jobs import JobHead, Status
from studio.request import LONGEST_VIDEO_S, MAX_SEED, Emotion
from studio.videos import METHODS, Method, method_of

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Named = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Text = Annotated[str, StringConstraints(max_length=5_000)]
# fmt: off
Motion = Literal[
    "idle", "walk", "run", "jump", "wave", "nod", "talk", "turn", "cast", "dance", "sit", "bow", "cheer",
    "punch",
]
# fmt: on
CameraMove = Literal["still", "zoom in", "zoom out", "pan left", "pan right", "pan up", "pan down", "orbit"]
Side = Annotated[int, Field(ge=64, le=2048)]

ID = "0b0d3f3a-52c1-4d0e-8f5e-6f3a1f0c9d11"
OUTPUT = "7f1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b10"
_AT = "2025-12-17T15:00:00Z"


class NewVideo(BaseModel):
    """A video to generate."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "method": "animatediff",
                    "prompt": "A character walking",
                    "image_url": "https://...",
                    "duration": 5,
                    "fps": 24,
                }
            ]
        }
    )

    method: Method | None = Field(
        None,
        description=f"{', '.join(METHODS)}. Left out: the best that can be done. `figure` is the embedded "
        "engine; `talking` needs `text` or a recording",
    )
    prompt: Prompt
    negative_prompt: Text | None = None
    image_url: Named | None = Field(None, description="The picture that it begins with")
    image_path: Named | None = Field(None, description="The same below the storage root; wins over the URL")
    duration: Annotated[float, Field(ge=1, le=LONGEST_VIDEO_S)] | None = Field(None, description="Seconds; 5")
    fps: Annotated[int, Field(ge=8, le=60)] | None = Field(None, description="Frames per second; 24")
    width: Side | None = None
    height: Side | None = None
    seed: Annotated[int, Field(ge=-1, le=MAX_SEED)] | None = Field(None, description="-1: another each time")
    style: Text | None = Field(None, description="An art style")
    character_id: Id | None = None
    style_id: Id | None = Field(None, description="One of the character's styles; left out: its default one")
    preset_id: Id | None = Field(None, description="Of `GET /api/generate/video/presets`")
    motion: Motion | None = Field(None, description="Of the embedded engine; left out: by the words")
    camera: CameraMove | None = Field(None, description="Of the embedded engine; left out: by the words")
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    cfg_scale: Annotated[float, Field(ge=0, le=50)] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)] | None = Field(
        None, description="Of talking: what is said"
    )
    audio_url: Named | None = Field(None, description="Of talking: a recording")
    audio_path: Named | None = Field(None, description="The same below the storage root; wins over the URL")
    voice_id: Id | None = Field(None, description="Of talking: a voice; left out: the character's own")
    emotion: Emotion | None = Field(None, description="Of talking")

    _method = field_validator("method", mode="before")(method_of)

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> NewVideo:
        if self.is_talking and not (self.text or self.audio_url or self.audio_path):
            raise ValueError("talking needs text, audio_url or audio_path")
        return self

    @property
    def is_talking(self) -> bool:
        """Whether somebody is to speak."""
        return self.method == "talking"

    def members(self) -> dict[str, Any]:
        """The members of a request of the studio."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "method": self.method,
            "style": self.style,
            "duration_s": self.duration,
            "fps": self.fps,
            "width": self.width,
            "height": self.height,
            "seed": self.seed,
            "motion": self.motion,
            "camera": self.camera,
            "steps": self.steps,
            "cfg": self.cfg_scale,
        }

    def talking_members(self) -> dict[str, Any]:
        """The members of a request for somebody who speaks; the video is a square of a usual size."""
        wished = max(self.width or 0, self.height or 0) or 512
        return {
            "negative_prompt": self.negative_prompt,
            "emotion": self.emotion,
            "fps": None if self.fps is None else max(10, self.fps),
            "resolution": min((256, 512, 1024), key=lambda side: abs(side - wished)),
            "seed": None if self.seed == -1 else self.seed,
        }


class VideoResult(BaseModel):
    """What a job has made."""

    video_url: str = Field(description="From the root of the server")
    video_path: str = Field(description="Below the storage root; routes that take paths take it")
    duration: float
    fps: float
    content_id: str = Field(description="Under which the library has it")
    metadata: dict[str, Any]


class VideoJob(JobHead):
    """A job of a video."""

    result: VideoResult | None
    error: str | None
    method: str
    character_id: str | None
    seed: int
    engine: str = Field(description="`embedded`: animated on the CPU, as an approximation of a model")
    workflow: str
    notes: list[str]


class CancelAsked(BaseModel):
    """What became of a wish to cancel."""

    job_id: str
    status: Status
    cancel_requested: Literal[True] = True


class PresetAnswer(BaseModel):
    """Values for a video, where a request names none itself."""

    id: str
    name: str
    description: str
    category: str
    platform: str
    method: str
    duration: float
    fps: int
    aspect_ratio: str
    width: int
    height: int
    prompt_template: str | None
    negative_prompt: str | None


class PresetList(BaseModel):
    """The presets, and the categories that there are."""

    items: list[PresetAnswer]
    total: int
    categories: list[str]


class MethodState(BaseModel):
    """Whether a method can be had now."""

    method: str
    available: bool
    reason: str | None


class VideoHealth(BaseModel):
    """How well videos can be made."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    message: str | None
    methods_available: list[str]
    methods: list[MethodState]


JOB: dict[str, Any] = {
    "job_id": ID,
    "status": "completed",
    "message": "Video generation completed",
    "progress": 100.0,
    "created_at": _AT,
    "started_at": _AT,
    "finished_at": _AT,
    "cancelled_at": None,
    "params": {"method": "figure", "prompt": "A character walking", "duration": 5, "fps": 24},
    "result": {
        "video_url": f"/content/{OUTPUT}.mp4",
        "video_path": f"content/{OUTPUT}.mp4",
        "duration": 5.0,
        "fps": 24.0,
        "content_id": OUTPUT,
        "metadata": {"width": 512, "height": 512, "frames": 120, "engine": "embedded"},
    },
    "error": None,
    "method": "figure",
    "character_id": None,
    "seed": 7,
    "engine": "embedded",
    "workflow": "video_embedded",
    "notes": [],
}
STARTED = JOB | {
    "status": "pending",
    "message": "Waiting for its turn",
    "progress": 0.0,
    "started_at": None,
    "finished_at": None,
    "result": None,
}
PAGE = {"items": [JOB], "total": 1, "limit": 50, "offset": 0}
PRESET = {
    "id": "instagram_reel",
    "name": "Instagram reel",
    "description": "Upright, five seconds, for Instagram's reels.",
    "category": "social",
    "platform": "instagram",
    "method": "auto",
    "duration": 5,
    "fps": 30,
    "aspect_ratio": "9:16",
    "width": 576,
    "height": 1024,
    "prompt_template": "{prompt}, looking at the viewer",
    "negative_prompt": "text, watermark, cropped head",
}
PRESETS = {"items": [PRESET], "total": 1, "categories": ["social"]}
CANCELLED = {"job_id": ID, "status": "cancelled", "cancel_requested": True}
HEALTH = {
    "status": "degraded",
    "service": "video",
    "message": "Not available: wan (no ComfyUI answers)",
    "methods_available": ["auto", "figure", "talking"],
    "methods": [{"method": "wan", "available": False, "reason": "no ComfyUI answers"}],
}
