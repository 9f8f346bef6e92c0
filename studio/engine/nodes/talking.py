"""A picture and a voice become a video of somebody who speaks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from studio.engine.errors import Refusal
from studio.engine.folders import Folders
from studio.engine.nodes.audio import sound_refusals_said
from studio.engine.nodes.define import Run, choice, decimal, link, node, text, whole
from studio.engine.nodes.files import check_image, image_fingerprint, input_path, open_picture
from studio.engine.talking.audio import Sound
from studio.engine.talking.moods import MOODS
from studio.engine.talking.video import Video

SEEDS = 2**64
SMALLEST_PX, LARGEST_PX = 128, 1024
LOWEST_FPS, HIGHEST_FPS = 10.0, 60.0
USUAL_LIMIT_S, LONGEST_S = 3600.0, 36_000.0
NO_FACE = "studio.engine.talking.NoFace"
BAD_WISH = "studio.engine.talking.WishRefused"
LISTEN_STEPS = 20
LANDMARKS_FORM = 'Write {"left_eye": [x, y], "right_eye": [x, y], "mouth": [x, y]}.'
BEHIND = 245  # what stands behind a picture that is partly transparent


@node(
    "FigureTalkingHead",
    required={
        "image": choice(
            Folders.input_images,
            image_upload=True,
            tooltip="A face. A picture that this engine drew is drawn anew for every frame.",
        ),
        "audio": link("AUDIO", "The voice that the lips follow."),
        "fps": decimal(25.0, LOWEST_FPS, HIGHEST_FPS, step=1.0, tooltip="Frames per second."),
        "resolution": whole(512, SMALLEST_PX, LARGEST_PX, step=2, tooltip="Width and height of the video."),
        "emotion": choice(tuple(MOODS), default="neutral", tooltip="The mood while speaking."),
        "seed": whole(0, 0, SEEDS - 1, control_after_generate=True, tooltip="The same seed moves the same."),
    },
    optional={
        "landmarks": text(
            "",
            multiline=True,
            tooltip='Where the face is, if it is not found: {"left_eye": [x, y], "right_eye": [x, y], '
            '"mouth": [x, y]} in pixels or as shares of the picture.',
        ),
        "visemes": text(
            "",
            multiline=True,
            tooltip="What a speech engine said and when, in seconds, instead of listening: "
            '[{"at": 0.12, "phoneme": "HH"}, ...], as ARPABET or IPA.',
        ),
        "max_duration": decimal(
            USUAL_LIMIT_S,
            1.0,
            LONGEST_S,
            step=1.0,
            tooltip="Sounds that last longer are refused, in seconds.",
        ),
    },
    outputs=("VIDEO",),
    category="figure",
    display_name="Figure Talking Head",
    description="Makes a face speak: mouth, eyes and head follow a voice. SaveVideo draws the frames.",
    module="studio.engine.nodes",
    check=check_image,
    checked_inputs=("image",),
    fingerprint=image_fingerprint,
)
def talking_head(
    run: Run,
    image: str,
    audio: Sound,
    fps: float,
    resolution: int,
    emotion: str,
    seed: int,
    landmarks: str = "",
    visemes: str = "",
    max_duration: float = USUAL_LIMIT_S,
) -> tuple[Video]:
    """Listen, decide on every movement, and find the face; the frames are drawn when they are saved."""
    places = _landmarks(landmarks)
    with open_picture(input_path(run, image)) as opened:
        recipe = recipe_in(opened)
        picture = flat(ImageOps.exif_transpose(opened) or opened)
    # late, because faces bring the figure or OpenCV with them and a server should answer at once
    from studio.engine.talking.head import Face, face_name, lips_of, listen, talking_video
    from studio.engine.talking.phonemes import PhonemesRefused
    from studio.engine.talking.portraits import NoFace

    whole_s = max(audio.announced_s or 0.0, 1.0)
    with sound_refusals_said():
        heard = listen(audio, max_duration, run.check, lambda at: run.progress(*_listened(at, whole_s), None))
    try:
        lips = lips_of(audio, heard, visemes)
    except PhonemesRefused as refusal:
        raise Refusal(str(refusal), BAD_WISH) from refusal
    run.await_figure()
    face = Face(picture, recipe, places, resolution, face_name(picture, recipe, places, resolution))
    try:
        return (talking_video(face, audio, heard, lips, fps, emotion, seed, run.check),)
    except NoFace as refusal:
        raise Refusal(str(refusal), NO_FACE) from refusal


def _listened(at_s: float, whole_s: float) -> tuple[int, int]:
    """How much of a voice has been heard, in steps that a client can follow."""
    return min(LISTEN_STEPS, int(LISTEN_STEPS * at_s / whole_s)), LISTEN_STEPS


def flat(picture: Image.Image) -> np.ndarray:
    """Red, green and blue of the first frame; what is transparent shows a light wall."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return np.asarray(picture.convert("RGB"))
    wall = Image.new("RGBA", picture.size, (BEHIND, BEHIND, BEHIND, 255))
    wall.alpha_composite(picture.convert("RGBA"))
    return np.asarray(wall.convert("RGB"))


def recipe_in(picture: Image.Image) -> dict[str, Any] | None:
    """How this engine drew the picture, if it did and the picture still says so."""
    written = getattr(picture, "text", {}).get("figure")
    if not isinstance(written, str):
        return None
    try:
        recipe = json.loads(written)["recipe"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None  # written by somebody else under the same name: then it is a picture like any other
    return recipe if isinstance(recipe, dict) else None


def _landmarks(written: str) -> dict[str, Any] | None:
    if not written.strip():
        return None
    try:
        places = json.loads(written)
    except (ValueError, RecursionError) as problem:
        raise Refusal(f"The landmarks are not JSON: {problem}. {LANDMARKS_FORM}", BAD_WISH) from problem
    if not isinstance(places, dict):
        raise Refusal(f"The landmarks are not an object. {LANDMARKS_FORM}", BAD_WISH)
    return places or None
