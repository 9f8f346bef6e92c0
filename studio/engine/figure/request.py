"""What the sampler is asked to draw, and what it gives back: the one door into the figure room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Framing = Literal["full", "bust", "portrait"]

# step, steps, preview (height × width × 4, uint8) or None; raise from it to stop the drawing.
OnProgress = Callable[[int, int, "np.ndarray | None"], None]


@dataclass(frozen=True)
class Camera:
    """Where the character is seen from; yaw 0 is the front, 90 shows its left side to the viewer's right."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    framing: Framing = "full"


@dataclass(frozen=True)
class DrawRequest:
    """Words and settings of one picture; equal requests give equal bytes."""

    words: str
    negative: str = ""
    seed: int = 0
    width: int = 512
    height: int = 768
    steps: int = 8
    cfg: float = 7.0
    denoise: float = 1.0
    camera: Camera | None = None  # None: read from the words ("from behind"), else the front
    style: str | None = None  # None: read from the words, else anime cel shade
    realism: bool = False
    transparent: bool = False
    pose_image: np.ndarray | None = None  # height × width × 3, uint8: an OpenPose picture
    pose_json: dict[str, Any] | None = None  # an OpenPose document, or joint angles of the pose library
    reference_image: np.ndarray | None = (
        None  # height × width × 3, uint8: colours for what the words leave open
    )
    base_image: np.ndarray | None = None  # height × width × 4, uint8: what denoise < 1 blends in
    loras: tuple[tuple[str, float], ...] = ()
    identity: str = ""  # words of a character that is known; face, hair, skin, body and age stay as they say
    identity_seed: int = 0  # and what they leave open, as this seed decides


@dataclass(frozen=True)
class Picture:
    """A finished drawing with everything that somebody may want to know about it."""

    rgba: np.ndarray  # height × width × 4, uint8
    not_drawn: tuple[str, ...] = ()  # words or inputs that were understood but not drawn, or not understood
    recipe: dict[str, Any] = field(default_factory=dict)  # JSON-able: spec, style, camera, landmarks


class WordsRefused(ValueError):  # noqa: N818 - named for what happened
    """The words ask for something that the figure does not draw for anybody; the message is for people."""
