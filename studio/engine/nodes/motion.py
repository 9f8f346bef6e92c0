"""Words and a picture become a video of somebody who moves."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ImageOps

from studio.engine import figure
from studio.engine.folders import Folders
from studio.engine.nodes.conditioning import Conditioning
from studio.engine.nodes.define import Result, Run, choice, decimal, link, node, switch, text, whole
from studio.engine.nodes.figures import SEEDS, draw_request, refusals_said
from studio.engine.nodes.files import image_fingerprint, input_path, open_picture
from studio.engine.nodes.talking import flat, recipe_in
from studio.engine.pixels import guard_size
from studio.engine.talking.ahead import made_ahead
from studio.engine.talking.video import Video, fps_of

if TYPE_CHECKING:
    from studio.engine.figure.motion.still import StillFilm

# Read as a folder: the room of motions would load the numeric libraries for a list of names.
MOTIONS = Path(figure.__file__).parent / "motion" / "library"
CAMERAS = ("still", "zoom in", "zoom out", "pan left", "pan right", "pan up", "pan down", "orbit")
BY_WORDS = "by the words"
SMALLEST_PX, LARGEST_PX = 64, 2048
LONGEST_S = 60.0
CAMERA_ONLY = (
    "the picture was not drawn here, so nobody in it moves: it is seen by a moving camera (2.5D), "
    "as an approximation"
)


def motion_names(folders: Folders) -> list[str]:
    """The motions of the library."""
    return [BY_WORDS, *sorted(path.stem for path in MOTIONS.glob("*.json"))]


def _check_picture(folders: Folders, image: Any = "") -> str | None:
    return None if not image or folders.input_file(image) else f"Invalid image file: {image}"


@node(
    "FigureMotion",
    required={
        "positive": link("CONDITIONING"),
        "negative": link("CONDITIONING"),
        "seed": whole(0, 0, SEEDS - 1, control_after_generate=True, tooltip="As in the sampler."),
        "width": whole(512, SMALLEST_PX, LARGEST_PX, step=2),
        "height": whole(768, SMALLEST_PX, LARGEST_PX, step=2),
        "duration": decimal(5.0, 0.5, LONGEST_S, step=0.1, tooltip="Seconds."),
        "fps": decimal(24.0, 1.0, 60.0, step=1.0, tooltip="Frames per second."),
        "motion": choice(motion_names, default=BY_WORDS, tooltip="What the character does."),
        "camera": choice((BY_WORDS, *CAMERAS), default=BY_WORDS, tooltip="How the camera moves."),
    },
    optional={
        "image": text(
            "",
            tooltip="A picture of the input folder. One that this engine drew moves itself; over any other "
            "the camera moves.",
        ),
        "style": text("", tooltip="An art style by its name; empty: by the words."),
        "realism": switch(False, tooltip="Shaded in 3D."),
    },
    outputs=("VIDEO",),
    category="figure",
    display_name="Figure Motion",
    description="Animates the figure: walk, wave, turn, cast, with a camera. SaveVideo draws the frames.",
    module="studio.engine.nodes",
    check=_check_picture,
    checked_inputs=("image",),
    fingerprint=image_fingerprint,
)
def figure_motion(
    run: Run,
    positive: Conditioning,
    negative: Conditioning,
    seed: int,
    width: int,
    height: int,
    duration: float,
    fps: float,
    motion: str,
    camera: str,
    image: str = "",
    style: str = "",
    realism: bool = False,
) -> Result:
    """Find out who moves and how; the frames are drawn when they are saved."""
    guard_size(1, height, width, 4)
    pace = fps_of(fps)
    count = max(1, round(Fraction(duration).limit_denominator(1000) * pace))
    request = draw_request(positive, negative, seed=seed, width=width, height=height)
    if style.strip() or realism:
        request = replace(request, style=style.strip() or request.style, realism=realism or request.realism)
    wished = {
        "motion": "" if motion == BY_WORDS else motion,
        "camera": "" if camera == BY_WORDS else camera,
        "seconds": float(count / pace),
    }
    picture, recipe = _given(run, image)
    run.await_figure()
    # late, because the figure takes seconds to load and most of a server's life needs none of it
    from studio.engine.figure.motion.film import Film, Frames, Wish
    from studio.engine.talking.portraits.drawn import drawn_by

    known = None if recipe is None else drawn_by(recipe)
    if picture is not None and known is None:
        source, told = _still(picture, request.words, count, width, height, wished)
        return Result((Video(width, height, pace, count, source),), told)
    spec, seen = known or (None, None)
    wish = Wish(request, spec=spec, seen=seen, **wished)
    with refusals_said():
        told = Film(wish).told
    # Opened again when it is saved: what waits in the cache of nodes should be small.
    source = Frames(wish, count, made_ahead)
    about = {"motion": told.motion, "camera": told.camera, "loop": told.closed}
    figure = {"not_drawn": list(told.not_drawn), "recipe": about}
    return Result((Video(width, height, pace, count, source),), {"figure": [figure]})


def _given(run: Run, image: str) -> tuple[np.ndarray | None, dict[str, Any] | None]:
    if not image:
        return None, None
    with open_picture(input_path(run, image)) as opened:
        return flat(ImageOps.exif_transpose(opened) or opened), recipe_in(opened)


def _still(
    picture: np.ndarray, words: str, count: int, width: int, height: int, wished: dict[str, Any]
) -> tuple[StillFilm, dict[str, list[Any]]]:
    """A picture of somebody else's, with what is to be said about it."""
    from studio.engine.figure.motion.asked import asked_in
    from studio.engine.figure.motion.still import StillFilm

    asked = asked_in(words)
    camera = wished["camera"] or asked.camera
    source = StillFilm(
        picture, width, height, wished["seconds"], camera, _subject(picture), count, made_ahead
    )
    about = {"motion": "", "camera": camera, "loop": source.closed}
    return source, {"figure": [{"not_drawn": [], "recipe": about}], "notes": [CAMERA_ONLY]}


def _subject(picture: np.ndarray) -> tuple[float, float]:
    """What people look at: a face if there is one, else the middle a little above."""
    from studio.engine.talking.portraits.find import found_in
    from studio.engine.talking.portraits.portrait import NoFace

    height, width = picture.shape[:2]
    try:
        found = found_in(np.ascontiguousarray(picture))
    except NoFace:
        return 0.5, 0.42
    x = (found.left_eye[0] + found.right_eye[0]) / 2 / width
    y = (found.left_eye[1] + found.right_eye[1]) / 2 / height
    return float(np.clip(x, 0.1, 0.9)), float(np.clip(y, 0.1, 0.9))
