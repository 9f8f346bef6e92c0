"""The figure room: words in, a drawn character out. Cheap to import; kernels load at the first picture."""

from __future__ import annotations

from typing import Any

from studio.engine.figure.request import Camera, DrawRequest, Framing, OnProgress, Picture, WordsRefused

__all__ = [
    "Camera",
    "DrawRequest",
    "Framing",
    "OnProgress",
    "Picture",
    "WordsRefused",
    "control_maps",
    "draw",
    "draw_moment",
    "warm_up",
]


def draw(request: DrawRequest, on_progress: OnProgress | None = None) -> Picture:
    """Draw what the request describes; equal requests give equal bytes."""
    from studio.engine.figure.drawing import draw as draw_it

    return draw_it(request, on_progress)


def draw_moment(request: DrawRequest, mouth: str | None = None, lids: float | None = None) -> Picture:
    """The same picture with another mouth (a viseme) or other lids (1 open .. 0 shut)."""
    from studio.engine.figure.drawing import draw_moment as draw_it

    return draw_it(request, mouth, lids)


def control_maps(request: DrawRequest, kinds: tuple[str, ...] | None = None) -> dict[str, Any]:
    """OpenPose, depth, normal, line art and segmentation pictures of the view that the request describes."""
    from studio.engine.figure.maps import control_maps as make

    return make(request, kinds)


def warm_up() -> None:
    """Compile or load all kernels; takes a while, so it is meant for a background thread."""
    from studio.engine.figure.kept import any_kept

    first = not any_kept()
    from studio.engine.figure.ready import make_ready

    make_ready(first)
