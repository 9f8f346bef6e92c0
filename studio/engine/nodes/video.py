"""Video: put together from pictures and sound, and saved as it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame

from studio.engine.nodes.audio import SAVED, sound_refusals_said
from studio.engine.nodes.define import Result, Run, choice, decimal, link, node, text
from studio.engine.nodes.files import common_texts, free_place
from studio.engine.talking.audio import Sound
from studio.engine.talking.video import MP4, Stills, Video, bytes_of, fps_of, write_video

MODULE = "comfy_extras.nodes_video"
SECONDS_BETWEEN_PREVIEWS = 2.0  # of the video


@node(
    "CreateVideo",
    required={
        "images": link("IMAGE", "The images to create a video from."),
        "fps": decimal(30.0, 1.0, 120.0, step=1.0),
    },
    optional={"audio": link("AUDIO", "The audio to add to the video.")},
    outputs=("VIDEO",),
    category="image/video",
    display_name="Create Video",
    description="Create a video from images.",
    module=MODULE,
    schema_style=True,
)
def create_video(images: np.ndarray, fps: float, audio: Sound | None = None) -> tuple[Video]:
    """Show pictures one after the other, with a sound for as long as they last."""
    count, height, width = images.shape[:3]
    return (Video(width, height, fps_of(fps), count, Stills(images), audio),)


@node(
    "SaveVideo",
    required={
        "video": link("VIDEO", "The video to save."),
        "filename_prefix": text(
            "video/ComfyUI",
            multiline=False,
            tooltip="How the file is called; may name a subfolder and hold %date:yyyy-MM-dd%.",
        ),
        "format": choice(("auto", "mp4"), default="auto", tooltip="The format to save the video as."),
        "codec": choice(("auto", "h264"), default="auto", tooltip="The codec to use for the video."),
    },
    hidden=SAVED,
    category="image/video",
    display_name="Save Video",
    description="Saves the input images to your ComfyUI output directory.",
    module=MODULE,
    is_output=True,
    schema_style=True,
)
def save_video(run: Run, video: Video, filename_prefix: str, format: str, codec: str) -> Result:  # noqa: A002 - ComfyUI's name
    """Draw and write the video; `measured` tells how long it became."""
    return save(run, video, filename_prefix, MP4.suffix, write_video)


def save(run: Run, video: Video, filename_prefix: str, suffix: str, write: Callable[..., None]) -> Result:
    """Write a video into the output folder, with its graph inside; previews are shown on the way."""
    root = run.folders.output
    place, name, kind = free_place(run, filename_prefix, root, suffix, video.width, video.height)
    shown = 0

    def progress(done: int, of: int, picture: np.ndarray | VideoFrame) -> None:
        nonlocal shown
        part = int(done / video.fps / SECONDS_BETWEEN_PREVIEWS)
        if part <= shown and done != 1:
            run.progress(done, of, None)
            return
        shown = part
        run.progress(done, of, bytes_of(picture) if isinstance(picture, VideoFrame) else picture)

    with sound_refusals_said():
        write(video, place.folder / name, progress, run.check, common_texts(run))
    saved = {"filename": name, "subfolder": place.subfolder, "type": kind}
    return Result((), {"images": [saved], "animated": [True], "measured": [measured(video)]})


def measured(video: Video) -> dict[str, float | int]:
    """What a finished video holds, for those who made it."""
    length_s = video.length_s if video.length_s is not None else Fraction(video.count) / video.fps
    return {
        "frames": video.count,
        "fps": float(video.fps),
        "duration": float(length_s),
        "width": video.width - video.width % 2,
        "height": video.height - video.height % 2,
    }
