"""What stands in a bundle, as both who writes and who reads it know it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from studio.records.characters import CharacterStatus

FORMAT = "avatarforge-character"
VERSION = 1
MANIFEST, CHARACTER, LICENCES = "manifest.json", "character.json", "LICENCES.txt"
MOST_FILES = 5_000
MOST_JSON = 16 * 2**20
MOST_UNPACKED = 4 * 2**30
MOST_RATIO = 200  # a file of zeros becomes a thousandth of its size

Which = Literal["all", "approved", "none"]
Role = Literal["reference", "pose", "content", "voice"]
FilePath = Annotated[
    str, StringConstraints(pattern=r"^(references|poses|contents|voices)/[\w][\w.-]{0,150}$")
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Short = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Id = Annotated[str, StringConstraints(max_length=200)]


class Part(BaseModel):
    """What all parts share: what later versions add is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class KeptContent(Part):
    """What is known of a file that was made of the character."""

    id: Id
    content_type: Literal["image", "video", "text", "audio"]
    prompt: Text = ""
    negative_prompt: Text = ""
    generation_settings: dict[str, Any] = {}
    description: Text | None = None
    tags: Annotated[list[Short], Field(max_length=100)] = []
    approval_status: Literal["pending", "approved", "rejected"] = "pending"
    rejection_reason: Short | None = None
    content_category: Literal["post", "story", "reel", "short", "message"] | None = None
    platform: Short | None = None
    folder_path: Short | None = None
    is_nsfw: bool = False
    seed: Number | None = None


class KeptVoice(Part):
    """What is known of a voice."""

    id: Id
    name: Short
    language: Short = "en"


class File(Part):
    """One file of the bundle with what it has to be."""

    path: FilePath
    role: Role
    name: Short = ""
    size: Number
    sha256: Sha256
    content: KeptContent | None = None
    voice: KeptVoice | None = None

    @model_validator(mode="after")
    def _is_told(self) -> File:
        if (self.role == "content" and self.content is None) or (self.role == "voice" and self.voice is None):
            raise ValueError(f"nothing is told of {self.path}")
        return self


class Manifest(Part):
    """What is in a bundle, and its checksums."""

    format: Literal["avatarforge-character"]
    version: Annotated[int, Field(ge=1, le=VERSION)]
    character: Sha256  # of character.json
    files: Annotated[list[File], Field(max_length=MOST_FILES)]

    @model_validator(mode="after")
    def _each_once(self) -> Manifest:
        if len({file.path for file in self.files}) < len(self.files):
            raise ValueError("a file is named twice")
        return self


class KeptStyle(Part):
    """A style of the character."""

    id: Id
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    description: Text = ""
    prompt_prefix: Text = ""
    prompt_suffix: Text = ""
    negative_prompt: Text = ""
    checkpoint: Short | None = None
    sampler_name: Short | None = None
    scheduler: Short | None = None
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    cfg_scale: Annotated[float, Field(ge=0, le=50)] | None = None
    width: Annotated[int, Field(ge=64, le=4096)] | None = None
    height: Annotated[int, Field(ge=64, le=4096)] | None = None
    style_keywords: Annotated[list[Short], Field(max_length=50)] = []
    display_order: Annotated[int, Field(ge=-(2**31), le=2**31)] = 0
    is_active: bool = True
    is_default: bool = False


class KeptCharacter(Part):
    """Who it is."""

    id: Id
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    status: CharacterStatus = "active"
    bio: Text = ""
    age: Annotated[int, Field(ge=0, le=150)] | None = None
    location: Short = ""
    timezone: Short = ""
    interests: Annotated[list[Short], Field(max_length=100)] = []
    personality: Annotated[dict[Short, Any], Field(max_length=200)] = {}
    appearance: Annotated[dict[Short, Any], Field(max_length=200)] = {}
    look_seed: Number
    costumes: Annotated[dict[Short, Text], Field(max_length=200)] = {}
    open_traits: Annotated[dict[Short, Short], Field(max_length=50)] = {}
    styles: Annotated[list[KeptStyle], Field(max_length=500)] = []

    @model_validator(mode="after")
    def _one_default(self) -> KeptCharacter:
        if sum(style.is_default for style in self.styles) > 1:
            raise ValueError("several styles are the default")
        return self
