"""What one can wish for in a character, as keyword arguments, and the pictures that may go with it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict, runtime_checkable

from studio.client.state import Upload
from studio.errors import StudioError

if TYPE_CHECKING:
    from PIL.Image import Image

View = Literal["front", "back", "side", "quarter"]
ALL_VIEWS: tuple[View, ...] = ("front", "quarter", "side", "back")


@runtime_checkable
class Readable(Protocol):
    """An output of another job, or an open file."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def read(self) -> bytes:
        """What is in it."""
        ...


# Where it is, its bytes, a PIL image, an upload, an output of another job or an open file.
Picture: TypeAlias = "str | Path | bytes | Image | Upload | Readable"


class Lora(TypedDict, total=False):
    """A LoRA by its file name, and how strong."""

    name: str
    strength: float


class Wishes(TypedDict, total=False):
    """Everything beside the words; what is left out is chosen by the workflow."""

    clothing: str
    style: str
    realism: bool
    negative_prompt: str
    pose: Picture  # a picture of an OpenPose skeleton
    reference: Picture  # a picture of the character
    framing: Literal["full", "bust", "portrait"]
    transparent: bool
    width: int
    height: int
    seed: int
    variants: int
    max_drift: float
    max_rerolls: int
    engine: Literal["auto", "embedded"]
    workflow: str
    model: str
    loras: list[Lora]
    steps: int
    cfg: float
    sampler: str
    scheduler: str
    denoise: float


class TalkWishes(TypedDict, total=False):
    """How a picture speaks; what is left out is as usual."""

    emotion: str
    fps: int
    resolution: Literal[256, 512, 1024]
    landmarks: dict[str, tuple[float, float]]
    seed: int
    workflow: str
    engine: Literal["auto", "embedded"]


class Keeping(TypedDict, total=False):
    """How a job is kept."""

    key: str  # a name of your own: the same request under the same key makes one job
    priority: int
    metadata: dict[str, Any]


class Asking(Wishes, Keeping, total=False):
    """Both."""


@dataclass(frozen=True)
class Asked:
    """What was asked for, in the parts that go different ways."""

    values: dict[str, Any]
    pictures: dict[str, Any]  # by the member of the request that names the upload
    keeping: dict[str, Any]


ROLES = {"pose": "pose_file_id", "reference": "reference_file_id"}


def asked(prompt: str, views: tuple[View, ...] | None, wishes: Mapping[str, Any]) -> Asked:
    """Sort the keyword arguments of a verb."""
    known = Asking.__annotations__
    if strange := sorted(set(wishes) - set(known)):
        raise StudioError("invalid_field", why=f"{', '.join(strange)}: there is no such wish.")
    given = {name: value for name, value in wishes.items() if value is not None}
    pictures = {member: given.pop(role) for role, member in ROLES.items() if role in given}
    keeping = {name: given.pop(name) for name in Keeping.__annotations__ if name in given}
    values = {"prompt": prompt, **given, **({"views": list(views)} if views else {})}
    return Asked(values, pictures, keeping)


def known_wishes(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was really wished for."""
    return {name: value for name, value in given.items() if value is not None}


def said(text: str | None) -> str:
    """The text that is to be spoken, where there is no recording."""
    if text is None:
        raise StudioError("invalid_field", why="Give a recording, or a text to be spoken.")
    return text


def file_bytes(picture: Any) -> tuple[bytes, str]:
    """The bytes of a picture or recording in any of the forms that verbs take, and a name for it."""
    if isinstance(picture, str | Path):
        path = Path(picture)
        try:
            return path.read_bytes(), path.name
        except OSError as error:
            raise StudioError("picture_unreadable", path=path, why=error.strerror or error) from error
    if isinstance(picture, bytes):
        return picture, "upload"
    if isinstance(picture, Readable):
        return picture.read(), Path(str(picture.name)).name
    if hasattr(picture, "save"):  # PIL's images, without importing Pillow for it
        target = io.BytesIO()
        picture.save(target, "PNG")
        return target.getvalue(), "picture.png"
    raise StudioError("invalid_field", why=f"{type(picture).__name__} is no picture that can be sent.")
