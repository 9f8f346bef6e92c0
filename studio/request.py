"""The request: all that a generation needs in one immutable object, built by UI, REST and notebook."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

View = Literal["front", "back", "side", "quarter"]
VIEWS: tuple[View, ...] = get_args(View)
Framing = Literal["full", "bust", "portrait"]

# As the documentation words them; every door shows the same.
VIEW_DESCRIPTIONS: dict[View, str] = {
    "front": "Front-facing view with standard proportions",
    "back": "Back view with different lighting",
    "side": "Side profile with narrow aspect ratio",
    "quarter": "3/4 view showing partial features",
}

MAX_SEED = 2**63 - 1  # what SQLite's integers hold; ComfyUI would take one bit more

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Pixels = Annotated[int, Field(ge=64, le=4096)]


class Lora(BaseModel):
    """One LoRA of the stack, by its file name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    strength: Annotated[float, Field(ge=-10, le=10)] = 1.0


class AvatarRequest(BaseModel):
    """A character from one or more sides; what is None is chosen by the workflow and then written in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Annotated[Words, StringConstraints(min_length=1)]
    negative_prompt: Words = ""
    clothing: Words = ""
    style: Words = ""
    realism: bool = False
    views: Annotated[tuple[View, ...], Field(min_length=1, max_length=8)] = ("front",)
    pose_file_id: str | None = None
    reference_file_id: str | None = None
    framing: Framing = "full"
    transparent: bool = False  # no background; for workflows that can leave it out

    width: Pixels | None = None
    height: Pixels | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    # A view whose colours and shapes are further from the front view is made again, at most so many times.
    max_drift: Annotated[float, Field(gt=0, le=1)] | None = None
    max_rerolls: Annotated[int, Field(ge=0, le=10)] = 2
    variants: Annotated[int, Field(ge=1, le=16)] = 1

    engine: Literal["auto", "embedded"] = "auto"
    workflow: str | None = None
    model: str | None = None
    loras: Annotated[tuple[Lora, ...], Field(max_length=16)] = ()
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    cfg: Annotated[float, Field(ge=0, le=50)] | None = None
    sampler: str | None = None
    scheduler: str | None = None
    denoise: Annotated[float, Field(ge=0, le=1)] | None = None

    @field_validator("views")
    @classmethod
    def _each_once(cls, value: tuple[View, ...]) -> tuple[View, ...]:
        if len(set(value)) != len(value):
            raise ValueError("each view can be asked for once")
        return value

    @field_validator("pose_file_id", "reference_file_id", "workflow", "model", "sampler", "scheduler")
    @classmethod
    def _empty_is_none(cls, value: str | None) -> str | None:
        return value or None

    def files(self) -> dict[str, str]:
        """The uploads that it needs, by role."""
        roles = {"pose": self.pose_file_id, "reference": self.reference_file_id}
        return {role: file_id for role, file_id in roles.items() if file_id}

    def fingerprint(self) -> str:
        """A hash that equal requests share."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def search_text(self) -> str:
        """The words that a search over prompts should find."""
        return "\n".join(part for part in (self.prompt, self.clothing, self.style) if part)


def with_values(request: AvatarRequest, **values: Any) -> AvatarRequest:
    """The same request with some members changed, validated again."""
    return AvatarRequest.model_validate({**request.model_dump(), **values})


def random_seed() -> int:
    """A seed that also survives JavaScript, whose whole numbers end at 2**53."""
    return secrets.randbelow(2**50)
