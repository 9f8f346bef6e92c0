"""Videos that are there already: loaded, taken apart, cut, joined, changed, given a sound, and saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from studio.engine.clips import saving
from studio.engine.clips.changing import covered, cropped, cut, joined, length_of, scaled
from studio.engine.clips.opening import FilmRefused, as_floats, open_film
from studio.engine.clips.tracks import fitted, looped, louder, mixed_with, stretched
from studio.engine.errors import Refusal
from studio.engine.folders import Folders
from studio.engine.nodes.audio import SAVED, sound_refusals_said
from studio.engine.nodes.define import Result, Run, choice, decimal, link, node, switch, text, whole
from studio.engine.nodes.files import input_fingerprint, input_path
from studio.engine.nodes.video import MODULE, save
from studio.engine.pixels import guard_size
from studio.engine.talking.audio import Sound
from studio.engine.talking.video import Video

OWN_MODULE = "studio.engine.nodes"
CATEGORY = "image/video"
REFUSED = "studio.engine.clips.FilmRefused"
MOST_CLIPS = 16
LONGEST_S = 86_400.0
WIDEST = 4096
FITS = ("contain", "cover", "stretch")
MODES = ("replace", "mix", "loop_audio", "trim_audio", "stretch_audio")


@contextmanager
def refusals_said() -> Iterator[None]:
    """Let a file without a usable video or sound end the prompt with its own sentence."""
    with sound_refusals_said():
        try:
            yield
        except FilmRefused as refusal:
            raise Refusal(str(refusal), REFUSED) from refusal


def _check_video(folders: Folders, file: object) -> str | None:
    return None if folders.input_file(file) else f"Invalid video file: {file}"


@node(
    "LoadVideo",
    required={"file": choice(Folders.input_videos, video_upload=True)},
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Load Video",
    check=_check_video,
    checked_inputs=("file",),
    fingerprint=lambda folders, file=None: input_fingerprint(folders, file),
    module=MODULE,
    schema_style=True,
)
def load_video(run: Run, file: str) -> tuple[Video]:
    """Open a video; its pictures are decoded when somebody asks for them."""
    with refusals_said():
        return (open_film(input_path(run, file, "video"), file),)


@node(
    "GetVideoComponents",
    required={"video": link("VIDEO", "The video to take apart.")},
    outputs=("IMAGE", "AUDIO", "FLOAT"),
    output_names=("images", "audio", "fps"),
    category=CATEGORY,
    display_name="Get Video Components",
    description="All pictures of a video at once, its sound, and its frames per second.",
    module=MODULE,
    schema_style=True,
)
def video_components(run: Run, video: Video) -> tuple[np.ndarray, Sound | None, float]:
    """All pictures in memory, the sound, and the pace."""
    guard_size(video.count, video.height, video.width)
    with refusals_said():
        return as_floats(video, run.check), video.sound, float(video.fps)


@node(
    "Video Slice",
    required={
        "video": link("VIDEO"),
        "start_time": decimal(
            0.0,
            -LONGEST_S,
            LONGEST_S,
            step=0.001,
            tooltip="Where to start, in seconds; below 0 counted from the end.",
        ),
        "duration": decimal(0.0, 0.0, step=0.001, tooltip="How many seconds to keep; 0: up to the end."),
        "strict_duration": switch(
            False, tooltip="Refuse to give less than the duration, instead of up to the end."
        ),
    },
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Video Slice",
    description="Keeps a part of a video, exact to a frame, with the sound that belongs to it.",
    module=MODULE,
    schema_style=True,
)
def slice_video(video: Video, start_time: float, duration: float, strict_duration: bool) -> tuple[Video]:
    """Keep the frames from the one nearest to the start on, for the nearest number of frames."""
    if start_time == 0 and duration == 0:
        return (video,)
    first = round(Fraction(start_time) * video.fps)
    first = max(0, first + video.count) if start_time < 0 else first
    if first >= video.count:
        raise Refusal(
            f"The video ends after {float(length_of(video)):.2f} s, before {start_time:g} s, where the part "
            "should begin. Begin it earlier.",
            REFUSED,
        )
    wanted = max(1, round(Fraction(duration) * video.fps)) if duration else video.count
    count = min(wanted, video.count - first)
    if strict_duration and duration and count < wanted:
        raise Refusal(
            f"From {start_time:g} s on there are {count} frames and {wanted} are wanted. Ask for less.",
            REFUSED,
        )
    return (cut(video, first, count),)


@node(
    "ClipJoin",
    required={"video": link("VIDEO")},
    optional={f"video{number}": link("VIDEO") for number in range(2, MOST_CLIPS + 1)},
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Join Videos",
    description="One video after the other, in size and pace of the first, with bars where they differ.",
    module=OWN_MODULE,
)
def join_videos(video: Video, **more: Video) -> tuple[Video]:
    """Join videos of any sizes and paces, with and without sound."""
    others = [more[name] for name in sorted(more, key=lambda name: int(name.removeprefix("video")))]
    return (joined([video, *others]),)


@node(
    "ClipCrop",
    required={
        "video": link("VIDEO"),
        "x": whole(0, 0, 16_384),
        "y": whole(0, 0, 16_384),
        "width": whole(0, 0, 16_384, tooltip="0: all of it."),
        "height": whole(0, 0, 16_384, tooltip="0: all of it."),
    },
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Crop Video",
    description="Cuts a part out of the pictures. Sides become even, as video codecs need them.",
    module=OWN_MODULE,
)
def crop_video(video: Video, x: int, y: int, width: int, height: int) -> tuple[Video]:
    """Cut a part out; what lies beyond the edges is left off."""
    if not width and not height:
        return (video,)
    if x >= video.width or y >= video.height:
        raise Refusal(
            f"The part begins at {x}, {y}, beyond the picture of {video.width}×{video.height} pixels. "
            "Let it begin inside.",
            REFUSED,
        )
    return (cropped(video, x, y, width or video.width, height or video.height),)


@node(
    "ClipScale",
    required={
        "video": link("VIDEO"),
        "width": whole(0, 0, WIDEST, tooltip="0: follows the height."),
        "height": whole(0, 0, WIDEST, tooltip="0: follows the width."),
        "fit": choice(
            FITS, default="contain", tooltip="contain: whole, with bars; cover: fills it; stretch: drawn out."
        ),
    },
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Scale Video",
    module=OWN_MODULE,
)
def scale_video(video: Video, width: int, height: int, fit: str) -> tuple[Video]:
    """Bring the pictures to a size."""
    return (scaled(video, width, height, fit) if width or height else video,)


@node(
    "ClipOverlay",
    required={"video": link("VIDEO"), "image": link("IMAGE"), "mask": link("MASK")},
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Overlay Picture on Video",
    description="Puts a picture over every frame; what the mask says is transparent lets the video through.",
    module=OWN_MODULE,
)
def overlay_video(video: Video, image: np.ndarray, mask: np.ndarray) -> tuple[Video]:
    """Cover the pictures with one that is drawn to their size."""
    height, width = image.shape[1:3]
    layer = np.full((height, width, 4), 255, np.uint8)
    layer[..., :3] = np.rint(np.clip(image[0, ..., :3], 0, 1) * 255)
    if mask.shape[1:3] == (height, width):
        layer[..., 3] = np.rint((1 - np.clip(mask[0], 0, 1)) * 255)
    return (covered(video, layer),)


@node(
    "ClipSound",
    required={
        "video": link("VIDEO"),
        "audio": link("AUDIO"),
        "mode": choice(
            MODES,
            default="replace",
            tooltip="replace and trim_audio: instead of its own; mix: with its own; loop_audio: repeated; "
            "stretch_audio: faster or slower, at the same pitch. The video stays as long as it is.",
        ),
        "volume": decimal(1.0, 0.0, 2.0, step=0.01, tooltip="Of the new sound."),
    },
    outputs=("VIDEO",),
    category=CATEGORY,
    display_name="Sound on Video",
    module=OWN_MODULE,
)
def sound_on_video(run: Run, video: Video, audio: Sound, mode: str, volume: float) -> tuple[Video]:
    """Give a video a sound that ends with it."""
    with refusals_said():
        length = round(length_of(video) * audio.rate)
        if mode == "stretch_audio":
            made = stretched(audio, length, run.check)
        elif mode == "loop_audio":
            made = looped(audio, length)
        else:
            made = audio
        made = fitted(louder(made, volume), length, fade=mode in ("mix", "replace", "trim_audio"))
        if mode == "mix" and video.sound is not None:
            own = video.sound
            made = mixed_with(own, made, round(length_of(video) * own.rate))
    return (replace(video, sound=made),)


@node(
    "ClipSave",
    required={
        "video": link("VIDEO", "The video to save."),
        "filename_prefix": text("video/ComfyUI", multiline=False),
        "format": choice(saving.names(), default="mp4", tooltip="A GIF has no sound."),
    },
    hidden=SAVED,
    category=CATEGORY,
    display_name="Save Video As",
    module=OWN_MODULE,
    is_output=True,
)
def save_clip(run: Run, video: Video, filename_prefix: str, format: str) -> Result:  # noqa: A002 - as in SaveVideo
    """Encode and write the video."""

    def write(video: Video, target: Any, progress: saving.Progress, check: Any, texts: Any) -> None:
        saving.write(video, target, progress, check, texts, format)

    with refusals_said():
        return save(run, video, filename_prefix, saving.suffix_of(format), write)
