"""What stands in a workflow's manifest, and the workflow as the rest of the studio holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from studio import prompts
from studio.pieces import Cutting, frames_of
from studio.request import VIEWS, Part, media_of
from studio.workflows.checkpoints import Checkpoints
from studio.workflows.links import Graph

# Request members that a manifest may give a default for, and that a recipe must hold to be made again.
RESOLVED = ("model", "width", "height", "steps", "cfg", "sampler", "scheduler", "denoise")

# Every slot that has a value without a model or a picture for it.
FILLED = frozenset(
    (
        *RESOLVED,
        *("positive", "negative", "seed", "variants", "yaw", "style", "realism", "filename_prefix"),
        *("framing", "transparent", "sheet_width", "panel_x", "identity", "identity_seed"),
        *("fps", "resolution", "emotion", "landmarks", "frames"),
        *("start_time", "seconds", "crop_x", "crop_y", "crop_width", "crop_height", "fit"),
        *("sound_mode", "volume", "video_format"),
        *("duration", "motion", "camera"),
    )
)

SlotTarget = Annotated[str, StringConstraints(pattern=r"^[^.]+\.[^.]+$")]
FamilyName = str

# Slots that are filled with files: pictures, what is heard, and what moves.
PICTURE, SOUND, FILM = "_image", "_audio", "_video"
SUFFIXES = {"image": PICTURE, "audio": SOUND, "video": FILM}


def role_of(slot: str) -> str | None:
    """The role of the uploads that go into a slot; None for a slot of values and of our own films."""
    found = next((slot.removesuffix(one) for one in SUFFIXES.values() if slot.endswith(one)), None)
    return None if found in OWN_FILMS else found


def slot_of(role: str) -> str:
    """The slot for uploads of a role."""
    return role + SUFFIXES[media_of(role)]


# Where slots of pictures can be filled from, beside what a person gives.
FRONT = "front"
CONTROL = "control:"
PREVIOUS = "previous"  # the clip of the piece before, where a long voice is cut
DRIVING = "driving"  # a face that speaks, drawn by the embedded engine before anything else
OWN_FILMS = (PREVIOUS, DRIVING)  # what we make for a voice on the way
Source = Annotated[str, StringConstraints(pattern=r"^(front|previous|driving|control:[a-z]+)$")]
Size = tuple[int, int]

# How the same character is kept in all views of one job.
Strategy = Literal["same-seed", "controlnet-views", "front-first-reference", "four-panels", "one-model"]
PANELS: Strategy = "four-panels"

# What a workflow does with a request; all but "draw" begin with a picture that is there already.
Task = Literal["draw", "upscale", "inpaint", "cutout", "talk", "edit", "video"]


class Section(BaseModel):
    """What all pieces of a manifest share: no unknown members, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(Section):
    """One file that can be fetched for a model slot; what is not known is left empty."""

    name: str
    address: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]
    size_bytes: Annotated[int, Field(gt=0)] | None = None
    licence: str = ""
    families: tuple[FamilyName, ...] = ()  # only for checkpoints of these families; empty: for all
    look: Literal["drawn", "photo", "any"] = "any"


class ModelChoice(Section):
    """How one model is found among those that a server lists, and where it can be had."""

    what: str
    folder: str
    prefer: tuple[str, ...] = ()
    prefer_realism: tuple[str, ...] = ()
    prefer_family: dict[FamilyName, tuple[str, ...]] = {}  # tried first for checkpoints of that family
    families: tuple[FamilyName, ...] = ()  # names of other known families are not taken
    never: tuple[str, ...] = ()
    only_preferred: bool = False
    files: tuple[ModelFile, ...] = ()


class PackFile(ModelFile):
    """Weights that a pack reads from a folder of its own, which no server lists."""

    what: str
    folder: str


class NodePack(Section):
    """Custom nodes that a graph needs beside ComfyUI's own."""

    name: str
    address: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]
    nodes: tuple[str, ...]
    files: tuple[PackFile, ...] = ()  # named while its nodes are missing; afterwards nobody can see them


class OptionalPart(Section):
    """Nodes that are there only when a slot has a value; else their readers read further up."""

    when: str
    nodes: tuple[str, ...]
    bypass: dict[str, tuple[str, ...]] = {}
    cut: tuple[SlotTarget, ...] = ()  # optional inputs that go with it


class LoraAnchor(Section):
    """The outputs behind which a stack of LoRAs is put; without clip they change the model alone."""

    model: tuple[str, int]
    clip: tuple[str, int] | None = None


class Pieces(Section):
    """How a voice is cut for a model that makes a few seconds at a time; the clips are joined afterwards."""

    fps: Annotated[int, Field(ge=1, le=120)]  # of the model, whatever the video will have
    frames: Annotated[int, Field(ge=2)]  # that it makes in one run
    overlap: Annotated[int, Field(ge=0)] = 0  # of these, how many fade from one clip into the next
    step: Annotated[int, Field(ge=1)] = 1  # it makes one more than a multiple of this
    least: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _leaves_something(self) -> Pieces:
        if self.overlap * 2 >= self.frames:
            raise ValueError("two overlaps must be shorter than a piece")
        return self

    def cutting(self, duration_s: float) -> Cutting:
        """How a voice of this length is cut."""
        total = frames_of(duration_s, self.fps)
        return Cutting(total, self.fps, self.frames, self.overlap, self.step, self.least)


class Clip(Section):
    """How many frames a model makes in one run, and how fast they follow one another."""

    fps: Annotated[int, Field(ge=1, le=120)] | None = None  # of the model; None: as the request wishes
    step: Annotated[int, Field(ge=1)] = 1  # it makes one more than a multiple of this
    most: Annotated[int, Field(ge=2)] = 10_000
    # To how few frames a second it may come down to last longer.
    slowest: Annotated[int, Field(ge=1)] | None = None
    multiple: Annotated[int, Field(ge=1)] = 1  # of which its widths and heights are

    @property
    def longest_s(self) -> float:
        """How long a video it can make."""
        return self.most / (self.slowest or self.fps or 8)

    def frames(self, duration_s: float, wished_fps: int) -> tuple[int, int]:
        """How many frames, and how many a second."""
        pace = self.fps or wished_fps
        if self.slowest is not None:
            pace = max(self.slowest, min(pace, int(self.most / duration_s)))
        wanted = min(self.most, max(2, round(duration_s * pace)))
        return min(self.most, -(-(wanted - 1) // self.step) * self.step + 1), pace

    def side(self, wished: int | None) -> int | None:
        """The nearest width or height that it can make."""
        if wished is None:
            return None
        return max(self.multiple, round(wished / self.multiple) * self.multiple)


class Rank(Section):
    """How well suited a workflow is, by the look that is asked for; the highest that can run is taken."""

    drawn: int = 0
    photo: int = 0
    alone: int = 0  # added when there is only a front view and no pose, so nothing has to be held together


class Manifest(Section):
    """What stands in `workflow.toml`."""

    title: str
    about: str = ""
    engine: Literal["embedded", "comfy", "any"]
    task: Task = "draw"
    family: FamilyName = ""  # what the graph is built for; empty: told by the checkpoint's name
    prompt_style: prompts.PromptStyle = "tags"
    strategy: Strategy = "same-seed"
    consistency: str = ""
    views: tuple[Part, ...] = VIEWS
    vram_gb: Annotated[float, Field(gt=0)] | None = None
    rank: Rank = Rank()
    requires: tuple[str, ...] = ()  # slots without which it makes no sense
    inputs_from: dict[str, Source] = {}  # slots that the studio fills itself, and where from
    least_views: Annotated[int, Field(ge=1, le=len(VIEWS))] = 1
    pinned_only: bool = False  # never chosen by itself
    listed: bool = True  # whether people see it among others
    instead_of: str = ""  # the workflow by whose name it is meant too
    graph_of: str = ""  # the workflow whose graph it shares
    constants: dict[SlotTarget, Any] = {}  # what differs from that graph
    defaults: dict[str, Any] = {}
    family_defaults: dict[FamilyName, dict[str, Any]] = {}
    sizes: tuple[Size, ...] = ()  # widths and heights that the models were made with, the usual one first
    family_sizes: dict[FamilyName, tuple[Size, ...]] = {}
    slots: dict[str, tuple[SlotTarget, ...]] = Field(default_factory=dict)
    models: dict[str, ModelChoice] = Field(default_factory=dict)
    packs: tuple[NodePack, ...] = ()
    loras: LoraAnchor | None = None
    optional: tuple[OptionalPart, ...] = ()
    pieces: Pieces | None = None  # only for talking
    clip: Clip | None = None  # only for videos
    progress_of: tuple[str, ...] = ()  # nodes that take nearly all the time; none: all that tell of any

    @property
    def is_driven(self) -> bool:
        """Whether a face that speaks has to be drawn for it first."""
        return DRIVING in self.inputs_from.values()

    @property
    def pictures(self) -> tuple[str, ...]:
        """The roles of the uploads that it takes; a pose is what control maps are drawn of."""
        roles = [
            "pose" if self.inputs_from.get(slot, "").startswith(CONTROL) else role
            for slot in self.slots
            if (role := role_of(slot))
        ]
        return tuple(dict.fromkeys(roles))

    def defaults_for(self, family: FamilyName) -> Mapping[str, Any]:
        """Sensible values for a checkpoint of this family."""
        return {**self.defaults, **self.family_defaults.get(family, {})}

    def sizes_for(self, family: FamilyName) -> tuple[Size, ...]:
        """The sizes that a checkpoint of this family was made with."""
        return self.family_sizes.get(family, self.sizes)


@dataclass(frozen=True)
class Workflow:
    """One entry of the library."""

    name: str
    manifest: Manifest
    graph: Graph
    checkpoints: Checkpoints = field(default_factory=Checkpoints, compare=False, repr=False)

    def parts_without(self, slots: Iterable[str]) -> list[OptionalPart]:
        """The optional parts that a request with these slots does not use."""
        given = set(slots)
        return [part for part in self.manifest.optional if part.when not in given]

    def family_of(self, model: str | None) -> FamilyName:
        """The family of models that it would run with this one."""
        return self.manifest.family or self.checkpoints.family(model or "").name
