"""Videos in the forms that can be written: MP4, MOV, MKV, WebM, and GIF with its colours chosen first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.engine.clips.changing import at_pace
from studio.engine.clips.filters import TICK, pulled
from studio.engine.talking.audio import Array, Check
from studio.engine.talking.video import MP4, OPUS_RATES, Form, Video, frames_in, part_of, write_video

Progress = Callable[[int, int, Array | VideoFrame], None]

# Quick enough for two cores; the quality is near that of the other forms.
VP9 = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "crf": "31", "b": "0"}
FORMS: dict[str, Form] = {
    "mp4": MP4,
    "mov": replace(MP4, container="mov", suffix=".mov"),
    "mkv": replace(MP4, container="matroska", suffix=".mkv", has_boxes=False),
    "webm": Form("webm", ".webm", "libvpx-vp9", VP9, "libopus", "flt", OPUS_RATES, 960, has_boxes=False),
}
GIF = "gif"
GIF_SUFFIX = ".gif"
FASTEST_GIF = Fraction(25)  # the format counts in hundredths, and viewers slow down what is faster
LOOPS_FOREVER = "0"
RGB = VideoFormat("rgb24")
LOOKING_SHARE = 3  # choosing the colours is one part of so many


def names() -> tuple[str, ...]:
    """The forms that can be written."""
    return (*FORMS, GIF)


def suffix_of(form: str) -> str:
    """How names of a form end."""
    return GIF_SUFFIX if form == GIF else FORMS[form].suffix


def write(
    video: Video,
    target: Path,
    progress: Progress,
    check: Check,
    texts: Mapping[str, str] | None,
    form: str,
) -> None:
    """Encode a video; of one that is stopped nothing is left."""
    if form == GIF:
        write_gif(video, target, progress, check)
    else:
        write_video(video, target, progress, check, texts, FORMS[form])


def write_gif(video: Video, target: Path, progress: Progress, check: Check) -> None:
    """Twice through the pictures: the first time for the 256 colours that show all of them best."""
    video = at_pace(video, min(video.fps, FASTEST_GIF))
    palette = _palette(video, progress, check)
    whole = video.count * LOOKING_SHARE
    with (
        part_of(target) as part,
        av.open(str(part), "w", format="gif", options={"loop": LOOPS_FOREVER}) as container,
    ):
        stream = cast(VideoStream, container.add_stream("gif", rate=video.fps))
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "pal8"
        stream.codec_context.time_base = Fraction(1, 100)
        for number, frame in enumerate(_in_colours(video, palette, check)):
            check()
            frame.pts, frame.time_base = round(number * 100 / video.fps), Fraction(1, 100)
            container.mux(stream.encode(frame))
            progress(video.count + 2 * (number + 1), whole, frame)
        container.mux(stream.encode(None))


def _palette(video: Video, progress: Progress, check: Check) -> VideoFrame:
    graph = Graph()
    into = graph.add_buffer(width=video.width, height=video.height, format=RGB, time_base=TICK)
    out = graph.add("buffersink")
    graph.link_nodes(into, graph.add("palettegen", "stats_mode=full"), out).configure()
    for number, frame in enumerate(frames_in(video, check)):
        check()
        into.push(_coloured(frame, number))
        progress(number + 1, video.count * LOOKING_SHARE, frame)
    into.push(None)
    return cast(VideoFrame, next(pulled(out)))


def _in_colours(video: Video, palette: VideoFrame, check: Check) -> Iterator[VideoFrame]:
    graph = Graph()
    into = graph.add_buffer(width=video.width, height=video.height, format=RGB, time_base=TICK)
    colours = graph.add_buffer(
        width=palette.width, height=palette.height, format=palette.format, time_base=TICK
    )
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=3")
    out = graph.add("buffersink")
    into.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    graph.link_nodes(use, out).configure()
    palette.pts, palette.time_base = 0, TICK
    colours.push(palette)
    colours.push(None)
    for number, frame in enumerate(frames_in(video, check)):
        into.push(_coloured(frame, number))
        yield from (cast(VideoFrame, one) for one in pulled(out))
    into.push(None)
    yield from (cast(VideoFrame, one) for one in pulled(out))


def _coloured(frame: VideoFrame, number: int) -> VideoFrame:
    plain = frame.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="MPEG")
    plain.pts, plain.time_base = number, TICK
    return plain
