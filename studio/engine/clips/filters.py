"""FFmpeg's filters over pictures that stream through: each one goes in, and what comes out is handed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av.error
from av.filter import Graph
from av.filter.context import FilterContext
from av.frame import Frame
from av.video.frame import VideoFrame

from studio.engine.talking.video import PIXELS

Step = tuple[str, str]  # a filter and its options
TICK = Fraction(1, 1000)
ABOVE = "yuva420p"


def filtered(
    frames: Iterator[VideoFrame], steps: Sequence[Step], still: VideoFrame | None = None
) -> Iterator[VideoFrame]:
    """Pictures through a chain of filters, and below a still picture if there is one."""
    first = next(frames, None)
    if first is None:
        return
    graph = Graph()  # must live as long as its parts are used
    into, out = _built(graph, first, steps, still)
    frame: VideoFrame | None = first
    number = 0
    while frame is not None:
        # Filters of two inputs go by the time; the pace is set by whoever writes the pictures.
        frame.pts, frame.time_base = number, TICK
        into.push(frame)
        yield from _pictures(out)
        frame = next(frames, None)
        number += 1
    into.push(None)
    yield from _pictures(out)


def pulled(out: FilterContext) -> Iterator[Frame]:
    """All that is ready at the end of a chain."""
    while True:
        try:
            yield out.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _pictures(out: FilterContext) -> Iterator[VideoFrame]:
    for frame in pulled(out):
        if isinstance(frame, VideoFrame):
            yield frame


def _built(
    graph: Graph, like: VideoFrame, steps: Sequence[Step], still: VideoFrame | None
) -> tuple[FilterContext, FilterContext]:
    into = graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=TICK)
    chain = [into, *(graph.add(name, options) if options else graph.add(name) for name, options in steps)]
    out = graph.add("buffersink")
    if still is None:
        graph.link_nodes(*chain, out).configure()
        return into, out
    # Brought to colours as those of the video here: filters would take the older ones of small pictures.
    above = still.reformat(
        like.width, like.height, ABOVE, dst_colorspace="ITU709", dst_color_range="MPEG", interpolation="AREA"
    )
    top = graph.add_buffer(width=above.width, height=above.height, format=above.format, time_base=TICK)
    over = graph.add("overlay", "0:0:eof_action=repeat")
    plain = graph.add("format", PIXELS)
    chain[-1].link_to(over, 0, 0)
    top.link_to(over, 0, 1)
    graph.link_nodes(over, plain, out).configure()
    above.pts, above.time_base = 0, TICK
    top.push(above)
    top.push(None)
    return into, out
