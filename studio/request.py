"""The requests: all that a job needs in one immutable object of its kind, built by UI, REST and notebook."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

View = Literal["front", "back", "side", "quarter"]
VIEWS: tuple[View, ...] = get_args(View)
TALKING: Literal["talking"] = "talking"
EDITED: Literal["edited"] = "edited"
MOVING: Literal["moving"] = "moving"
# What one task of a job makes: a view of a character, a video of one, or a video out of others.
Part = View | Literal["talking", "edited", "moving"]
Framing = Literal["full", "bust", "portrait"]
OutputFormat = Literal["PNG", "JPEG", "WEBP"]

# As the documentation words them; every door shows the same.
VIEW_DESCRIPTIONS: dict[View, str] = {
    "front": "Front-facing view with standard proportions",
    "back": "Back view with different lighting",
    "side": "Side profile with narrow aspect ratio",
    "quarter": "3/4 view showing partial features",
}

VOICE = "voice"  # the role of uploads that are heard and not seen
CLIP = "clip"  # how the roles of uploads begin that move: clip, clip2, clip3
MOST_CLIPS = 16  # that are joined at once


def media_of(role: str) -> Literal["image", "audio", "video"]:
    """What an upload of a role has to be."""
    if role == VOICE:
        return "audio"
    return "video" if role.startswith(CLIP) else "image"


MAX_SEED = 2**63 - 1  # what SQLite's integers hold; ComfyUI would take one bit more

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Pixels = Annotated[int, Field(ge=64, le=4096)]


class Lora(BaseModel):
    """One LoRA of the stack, by its file name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    strength: Annotated[float, Field(ge=-10, le=10)] = 1.0


class _Request(BaseModel):
    """What requests of all kinds share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The kept character that it shows; its words are in the prompt already.
    character_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    style_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None

    def fingerprint(self) -> str:
        """A hash that equal requests share."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class AvatarRequest(_Request):
    """A character from one or more sides; what is None is chosen by the workflow and then written in."""

    # "media": a picture of anything, by the words as they are written.
    kind: Literal["avatar", "media"] = "avatar"
    prompt: Annotated[Words, StringConstraints(min_length=1)]
    negative_prompt: Words = ""
    clothing: Words = ""
    style: Words = ""
    realism: bool = False
    # Who is shown, in words of their own: the embedded engine keeps face, hair, skin, body and age by them.
    identity: Words = ""
    identity_seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
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
    output_format: OutputFormat | None = None  # None: as the server made it
    output_quality: Annotated[int, Field(ge=1, le=100)] | None = None

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

    def search_text(self) -> str:
        """The words that a search over prompts should find."""
        return "\n".join(part for part in (self.prompt, self.clothing, self.style) if part)


Seconds = Annotated[float, Field(ge=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]
Emotion = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z _]{0,39}$")]


class Landmarks(BaseModel):
    """Where the face is, for pictures in which none is found: points as shares of width and height."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left_eye: tuple[Share, Share]  # left in the picture
    right_eye: tuple[Share, Share]
    mouth: tuple[Share, Share]


class _Sampled(_Request):
    """What requests for films share that a model samples."""

    engine: Literal["auto", "embedded"] = "auto"
    workflow: str | None = None
    model: str | None = None
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    cfg: Annotated[float, Field(ge=0, le=50)] | None = None
    sampler: str | None = None
    scheduler: str | None = None
    denoise: Annotated[float, Field(ge=0, le=1)] | None = None

    @field_validator("workflow", "model", "sampler", "scheduler")
    @classmethod
    def _empty_is_none(cls, value: str | None) -> str | None:
        return value or None


class TalkRequest(_Sampled):
    """A picture that speaks with a voice; what is None is chosen by the workflow and then written in."""

    # What workflows may ask of a request of any kind, and a talking one answers always alike.
    views: ClassVar[tuple[Part, ...]] = (TALKING,)
    loras: ClassVar[tuple[Lora, ...]] = ()
    realism: ClassVar[bool] = False
    transparent: ClassVar[bool] = False
    variants: ClassVar[int] = 1
    max_drift: ClassVar[float | None] = None

    kind: Literal["talk"] = "talk"
    image_file_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    audio_file_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    title: Words = ""  # what people find it by
    prompt: Words = ""  # for models that read one
    negative_prompt: Words = ""
    emotion: Emotion = "neutral"
    landmarks: Landmarks | None = None
    fps: Annotated[int, Field(ge=10, le=60)] = 25
    resolution: Literal[256, 512, 1024] = 512
    duration_s: Seconds | None = None  # written in: how long the voice is, where it is spoken in one run
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None

    @property
    def width(self) -> int:
        """The video is a square."""
        return self.resolution

    @property
    def height(self) -> int:
        """The video is a square."""
        return self.resolution

    def files(self) -> dict[str, str]:
        """The uploads that it needs, by role."""
        return {"portrait": self.image_file_id, VOICE: self.audio_file_id}

    def search_text(self) -> str:
        """The words that a search should find."""
        return "\n".join(part for part in (self.title, self.prompt) if part)


FileId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Side = Annotated[int, Field(ge=16, le=4096)]
Place = Annotated[int, Field(ge=0, le=16_384)]
Fit = Literal["stretch", "contain", "cover"]
SoundMode = Literal["replace", "mix", "loop_audio", "trim_audio", "stretch_audio"]
VideoFormat = Literal["mp4", "webm", "gif", "mov", "mkv"]


class EditRequest(_Request):
    """A video out of others: joined, cut, cropped, brought to a size, written on and given a sound.

    All of it happens in this order, in one job.
    """

    # What workflows may ask of a request of any kind.
    views: ClassVar[tuple[Part, ...]] = (EDITED,)
    loras: ClassVar[tuple[Lora, ...]] = ()
    realism: ClassVar[bool] = False
    transparent: ClassVar[bool] = False
    variants: ClassVar[int] = 1
    max_drift: ClassVar[float | None] = None
    prompt: ClassVar[str] = ""
    negative_prompt: ClassVar[str] = ""
    model: ClassVar[str | None] = None
    steps: ClassVar[int | None] = None
    cfg: ClassVar[float | None] = None
    sampler: ClassVar[str | None] = None
    scheduler: ClassVar[str | None] = None
    denoise: ClassVar[float | None] = None

    kind: Literal["edit"] = "edit"
    clip_file_ids: Annotated[tuple[FileId, ...], Field(min_length=1, max_length=MOST_CLIPS)]
    title: Words = ""  # what people find it by
    start_s: Seconds = 0.0
    end_s: Seconds | None = None  # of what is joined; None: to its end
    # Cut out, in pixels of the upright picture; None: all of it.
    crop_x: Place = 0
    crop_y: Place = 0
    crop_width: Side | None = None
    crop_height: Side | None = None
    # The size of the video; one side alone keeps the proportions.
    width: Side | None = None
    height: Side | None = None
    fit: Fit = "contain"
    text: Words = ""
    position: Literal["top", "center", "bottom"] = "bottom"
    overlay_file_id: FileId | None = None  # the text as a picture
    left_out: Words = ""  # letters of the text that no font had
    audio_file_id: FileId | None = None
    sound_mode: SoundMode = "replace"
    volume: Annotated[float, Field(ge=0, le=2)] = 1.0
    output_format: VideoFormat = "mp4"
    duration_s: Seconds | None = None  # written in: how long it will be
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None  # every job has one; this has no dice

    engine: Literal["embedded"] = "embedded"
    workflow: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> EditRequest:
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError("the end must come after the start")
        if (self.crop_width is None) != (self.crop_height is None):
            raise ValueError("a part is cut out by its width and its height, both")
        return self

    def files(self) -> dict[str, str]:
        """The uploads that it needs, by role."""
        roles = {clip_role(number): name for number, name in enumerate(self.clip_file_ids, 1)}
        more = {"overlay": self.overlay_file_id, VOICE: self.audio_file_id}
        return roles | {role: file_id for role, file_id in more.items() if file_id}

    def search_text(self) -> str:
        """The words that a search should find."""
        return "\n".join(part for part in (self.title, self.text) if part)


def clip_role(number: int) -> str:
    """The role of the clip at a place, counted from one."""
    return CLIP if number == 1 else f"{CLIP}{number}"


START = "start"  # the role of the picture that a video begins with
LONGEST_VIDEO_S = 60


class VideoRequest(_Sampled):
    """Somebody or something that moves, by words, a picture or both; what is None the workflow chooses."""

    # What workflows may ask of a request of any kind.
    views: ClassVar[tuple[Part, ...]] = (MOVING,)
    loras: ClassVar[tuple[Lora, ...]] = ()
    transparent: ClassVar[bool] = False
    variants: ClassVar[int] = 1
    max_drift: ClassVar[float | None] = None

    kind: Literal["video"] = "video"
    prompt: Words = ""
    negative_prompt: Words = ""
    style: Words = ""
    realism: bool = False
    identity: Words = ""  # as in pictures
    identity_seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    image_file_id: FileId | None = None
    method: Words = ""  # by which it was asked for
    preset: Words = ""  # whose values it has where nobody said others
    motion: Words = ""  # of the embedded engine; empty: by the words
    camera: Words = ""
    duration_s: Annotated[float, Field(ge=1, le=LONGEST_VIDEO_S)] = 5.0
    fps: Annotated[int, Field(ge=8, le=60)] = 24
    width: Annotated[int, Field(ge=64, le=2048)] | None = None
    height: Annotated[int, Field(ge=64, le=2048)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> VideoRequest:
        if not self.prompt and not self.image_file_id:
            raise ValueError("a video needs words or a picture")
        return self

    def files(self) -> dict[str, str]:
        """The uploads that it needs, by role."""
        return {START: self.image_file_id} if self.image_file_id else {}

    def search_text(self) -> str:
        """The words that a search should find."""
        return "\n".join(part for part in (self.prompt, self.style) if part)


AnyRequest = AvatarRequest | TalkRequest | EditRequest | VideoRequest
Kind = Literal["avatar", "media", "talk", "edit", "video"]
_OF_KIND: dict[str, type[AnyRequest]] = {
    "avatar": AvatarRequest,
    "media": AvatarRequest,
    "talk": TalkRequest,
    "edit": EditRequest,
    "video": VideoRequest,
}
_Same = TypeVar("_Same", bound=_Request)


def read_request(values: Mapping[str, Any]) -> AnyRequest:
    """A recorded request of any kind; what was recorded before there were kinds is an avatar."""
    return _OF_KIND[values.get("kind", "avatar")].model_validate(values)


def with_values(request: _Same, **values: Any) -> _Same:
    """The same request with some members changed, validated again."""
    return type(request).model_validate({**request.model_dump(), **values})


def random_seed() -> int:
    """A seed that also survives JavaScript, whose whole numbers end at 2**53."""
    return secrets.randbelow(2**50)
