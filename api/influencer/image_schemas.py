"""What the routes over jobs of pictures take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from api.influencer.jobs import JobHead, Status
from studio.records.embeddings import METHODS, Method
from studio.request import MAX_SEED

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Text = Annotated[str, StringConstraints(max_length=5_000)]
Word = Annotated[str, StringConstraints(max_length=100)]
Pixels = Annotated[int, Field(ge=64, le=4096)]
Steps = Annotated[int, Field(ge=1, le=200)]
Guidance = Annotated[float, Field(ge=0, le=50)]
Seed = Annotated[int, Field(ge=-1, le=MAX_SEED)]

ID = "0b0d3f3a-52c1-4d0e-8f5e-6f3a1f0c9d11"
OUTPUT = "7f1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b10"


def method_of(value: Any) -> Any:
    """A manner of following faces, however it is spelled."""
    return value.strip().lower().replace("_", "-") or None if isinstance(value, str) else value


class _Common(BaseModel):
    """What a picture and the variants of one may be asked for with."""

    width: Pixels | None = None
    height: Pixels | None = None
    steps: Steps | None = None
    cfg_scale: Guidance | None = None
    sampler_name: Word | None = None
    scheduler: Word | None = None
    seed: Seed | None = Field(None, description="-1: another one each time")
    character_id: Id | None = None
    style_id: Id | None = Field(None, description="One of the character's styles; left out: its default one")
    checkpoint: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None, description="A model of the server, by its file name"
    )

    def members(self) -> dict[str, Any]:
        """The members of a request of the studio."""
        return {
            "width": self.width,
            "height": self.height,
            "steps": self.steps,
            "cfg": self.cfg_scale,
            "sampler": self.sampler_name,
            "scheduler": self.scheduler,
            "seed": self.seed,
            "model": self.checkpoint,
        }


class NewImage(_Common):
    """A picture to generate."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prompt": "A beautiful landscape",
                    "negative_prompt": "blurry, low quality",
                    "width": 1024,
                    "height": 1024,
                    "steps": 30,
                    "cfg_scale": 7.0,
                    "sampler_name": "euler",
                    "scheduler": "normal",
                    "seed": -1,
                    "character_id": "uuid-optional",
                    "face_consistency_method": "ip-adapter",
                    "face_embedding_id": "uuid-optional",
                }
            ]
        }
    )

    prompt: Prompt
    negative_prompt: Text | None = None
    batch_size: Annotated[int, Field(ge=1, le=8)] | None = Field(None, description="How many pictures")
    face_consistency_method: Method | None = Field(
        None,
        description=f"{', '.join(METHODS)}; with hyphens or underscores. Refused with the reason where no "
        "server can follow a face so",
    )
    face_embedding_id: Id | None = Field(None, description="The face; left out: the character's own")

    _method = field_validator("face_consistency_method", mode="before")(method_of)


class NewVariant(BaseModel):
    """One of those that are held against one another."""

    prompt: Prompt
    negative_prompt: Text | None = None
    name: Annotated[str, StringConstraints(max_length=100)] | None = None


class NewTest(_Common):
    """Variants of one picture."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "variants": [
                        {"prompt": "a knight at dawn", "name": "dawn"},
                        {"prompt": "a knight at night"},
                    ],
                    "width": 512,
                    "height": 512,
                }
            ]
        }
    )

    variants: Annotated[list[NewVariant], Field(min_length=2, max_length=10)]
    base_negative_prompt: Text | None = Field(None, description="Goes with the negative prompt of each")


class ImageResult(BaseModel):
    """What a job has made."""

    image_url: str = Field(description="The first one, from the root of the server")
    image_path: str = Field(description="Below the storage root; routes that take paths take it")
    image_urls: list[str]
    content_ids: list[str] = Field(description="Under which the library has them")
    metadata: dict[str, Any]


class ImageJob(JobHead):
    """A job of pictures."""

    result: ImageResult | None
    error: str | None
    batch_size: int
    character_id: str | None
    style_id: str | None
    seed: int
    engine: str
    workflow: str
    notes: list[str] = Field(description="What was done otherwise than asked for, and why")


class Statistics(BaseModel):
    """Sums over all jobs of pictures."""

    total_jobs: int
    completed: int
    failed: int
    cancelled: int
    pending: int
    processing: int
    success_rate: float = Field(description="Of those that ended by themselves, 0 to 1")
    total_images_generated: int
    average_quality_score: float | None = Field(description="Of those that were judged, 0 to 10")
    batch_jobs: int
    average_batch_size: float | None
    average_duration_seconds: float | None


class BatchQueue(BaseModel):
    """How the jobs of several pictures stand."""

    total_batch_jobs: int
    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int
    total_images_queued: int
    total_images_processing: int
    total_images_completed: int


class BatchProgress(BaseModel):
    """Pictures of a batch."""

    completed: int
    failed: int
    processing: int = Field(description="Those that are still to come, too")


class Failures(BaseModel):
    """What went wrong."""

    count: int
    details: list[dict[str, Any]]


class QualityStats(BaseModel):
    """The scores of a batch."""

    average_score: float | None
    min_score: float | None
    max_score: float | None
    scores_count: int


class BatchSummary(BaseModel):
    """One job of several pictures."""

    job_id: str
    batch_size: int
    image_count: int
    status: Status
    progress: BatchProgress
    failures: Failures
    quality_stats: QualityStats
    created_at: str
    finished_at: str | None


class RankedImage(BaseModel):
    """A picture with its place."""

    image_url: str
    image_path: str
    quality_score: float
    rank: int
    content_id: str


class Ranking(BaseModel):
    """The pictures of a job, the best first."""

    job_id: str
    total_images: int
    filtered_count: int = Field(description="Those that are good enough")
    items: list[RankedImage]


class CancelAsked(BaseModel):
    """What became of a wish to cancel."""

    job_id: str
    status: Status
    cancel_requested: Literal[True] = True
    images_kept: int


class DeletedJob(BaseModel):
    """A job that is gone."""

    job_id: str
    deleted: Literal[True] = True


class ClearedAnswer(BaseModel):
    """What was removed for good."""

    deleted_jobs: int
    deleted_images: int
    deleted_others: int = Field(description="Videos and sounds")


class StorageAnswer(BaseModel):
    """What the library takes on the disk."""

    images_count: int
    images_bytes: int
    videos_count: int
    videos_bytes: int
    total_bytes: int = Field(description="Of these two")


class VariantJob(BaseModel):
    """The job of a variant."""

    variant_name: str
    variant_index: int
    job_id: str
    prompt: str
    status: Status


class TestStarted(BaseModel):
    """A test that has begun."""

    ab_test_id: str
    variant_jobs: list[VariantJob]
    total_variants: int
    seed: int


class VariantResult(BaseModel):
    """How a variant did."""

    variant_name: str
    job_id: str
    status: Status
    prompt: str
    quality_score: float | None
    image_url: str | None
    generation_time: float | None = Field(description="Seconds")
    error: str | None


class Comparison(BaseModel):
    """The winners, by name."""

    best_quality: str | None
    best_quality_score: float | None
    fastest: str | None
    fastest_time: float | None


class TestResults(BaseModel):
    """How the variants did."""

    ab_test_id: str
    variants: list[VariantResult]
    comparison: Comparison
    total_variants: int
    created_at: str
