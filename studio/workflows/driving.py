"""The video that drives a workflow without ears: a plain face says the voice, drawn by the embedded engine.

It begins with a moment of silence, so that its first picture shows the face at rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from studio.comfy.info import ObjectInfo
from studio.request import TALKING, TalkRequest, with_values
from studio.workflows.fill import fill
from studio.workflows.library import LIBRARY, named
from studio.workflows.manifest import RESOLVED, Workflow
from studio.workflows.needs import can_run, needs_of

DRIVER = "talking_embedded"
FACE = LIBRARY / "talking_liveportrait" / "face.png"  # with the recipe by which it is drawn anew
SIZE = 256  # what LivePortrait sees of it
REST_S = 0.4


def rest_frames(fps: int) -> int:
    """How many pictures there are before the voice begins."""
    return round(REST_S * fps)


def driving_request(
    request: TalkRequest, fps: int, voice_s: float | None = None, moods: Collection[str] = ()
) -> TalkRequest:
    """What the embedded engine is asked for: the same voice and mood, another face, at the model's pace.

    A mood that is not among its `moods` is left out, as models that know none leave it out.
    """
    open_again: dict[str, Any] = {name: None for name in RESOLVED if name in TalkRequest.model_fields}
    return with_values(
        request,
        **open_again,
        workflow=DRIVER,
        fps=fps,
        resolution=SIZE,
        landmarks=None,
        emotion=request.emotion if not moods or request.emotion in moods else "neutral",
        duration_s=None if voice_s is None else REST_S + voice_s,
    )


def driving_needs(library: Mapping[str, Workflow], request: TalkRequest, fps: int) -> str:
    """What a server must have to draw it."""
    driver = named(library, DRIVER)
    files = dict.fromkeys(driver.manifest.requires, "")
    graph = fill(driver, driving_request(request, fps), TALKING, 0, uploads=files)
    return needs_of("embedded", driver, graph)


def can_drive(library: Mapping[str, Workflow], info: ObjectInfo) -> bool:
    """Whether an embedded engine draws faces that speak."""
    anybody = TalkRequest(image_file_id="any", audio_file_id="any")
    return DRIVER in library and can_run(driving_needs(library, anybody, anybody.fps), "embedded", info)
