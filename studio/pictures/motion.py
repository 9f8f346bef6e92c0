"""Pictures that move: a row of frames as GIF, WebP or MP4; equal frames give equal bytes."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from studio.pictures.decode import decode
from studio.pictures.sheet import Layer, flatten, gradient, ground_shadow
from studio.pictures.source import Source

Motion = Literal["gif", "webp", "mp4"]
MIME_TYPES: dict[Motion, str] = {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}

CLEAR = 255  # the entry of a GIF's colour table that is nothing
_SAMPLE = 160  # side of the small copies from which the colours of all frames are chosen


def animate(
    frames: Sequence[Source],
    kind: Motion,
    *,
    fps: float = 12.0,
    background: Sequence[str] = (),
    shadow: bool = False,
) -> bytes:
    """The frames one after the other, again and again; a video has no transparency and gets a background."""
    if not frames:
        raise ValueError("An animation needs at least one frame.")
    pictures = [decode(frame).convert("RGBA") for frame in frames]
    pictures = _equally_large(pictures)
    if background or kind == "mp4":
        stage = _stage(pictures, background or ("#ffffff",), shadow)
        pictures = [Image.alpha_composite(stage, picture) for picture in pictures]
    if kind == "gif":
        return _gif(pictures, fps)
    return _webp(pictures, fps) if kind == "webp" else _mp4(pictures, fps)


def _equally_large(pictures: list[Image.Image]) -> list[Image.Image]:
    width, height = max(one.width for one in pictures), max(one.height for one in pictures)
    out = []
    for picture in pictures:
        if picture.size != (width, height):
            page = Image.new("RGBA", (width, height))
            page.paste(picture, ((width - picture.width) // 2, height - picture.height))
            picture = page
        out.append(picture)
    return out


def _stage(pictures: Sequence[Image.Image], colours: Sequence[str], shadow: bool) -> Image.Image:
    """What is behind all frames; a shadow lies where the figure stands in most of them."""
    page = gradient(pictures[0].size, colours)
    boxes = [box for picture in pictures if (box := picture.getchannel("A").getbbox()) is not None]
    clear = all(picture.getchannel("A").getextrema()[0] == 0 for picture in pictures)
    if not shadow or not clear or not boxes:
        return page
    ground = sorted(box[3] for box in boxes)[len(boxes) // 2]
    tall = ground - min(box[1] for box in boxes)
    wide, high = max(8, round(tall * 0.42)), max(4, round(tall * 0.05))
    place = ((page.width - wide) // 2, min(ground - round(high * 0.62), page.height - high))
    return flatten(
        page.size, [Layer("Stage", page, 0, 0), Layer("Shadow", ground_shadow(wide, high, 0.42), *place)]
    )


def _gif(pictures: Sequence[Image.Image], fps: float) -> bytes:
    """One colour table for all frames, so that nothing flickers while the figure turns."""
    table = _colour_table(pictures)
    is_clear = any(_has_clear(picture) for picture in pictures)
    frames = []
    for picture in pictures:
        frame = picture.convert("RGB").quantize(palette=table, dither=Image.Dither.NONE)
        if is_clear:
            codes = np.array(frame)
            codes[np.asarray(picture.getchannel("A")) < 128] = CLEAR
            frame = Image.fromarray(codes).convert("P")
            frame.putpalette(table.getpalette() or [])
        frames.append(frame)
    target = io.BytesIO()
    clear = {"transparency": CLEAR} if is_clear else {}
    frames[0].save(
        target, "GIF", save_all=True, append_images=frames[1:], duration=max(20, round(1000 / fps / 10) * 10),
        loop=0, disposal=2 if is_clear else 1, optimize=False, **clear,
    )  # fmt: skip
    return target.getvalue()


def _has_clear(picture: Image.Image) -> bool:
    low, _ = picture.getchannel("A").getextrema()
    return isinstance(low, int) and low < 128


def _colour_table(pictures: Sequence[Image.Image]) -> Image.Image:
    small = [picture.copy() for picture in pictures]
    for picture in small:
        picture.thumbnail((_SAMPLE, _SAMPLE), Image.Resampling.NEAREST)
    pixels = np.concatenate([np.asarray(picture).reshape(-1, 4) for picture in small])
    seen = pixels[pixels[:, 3] >= 128][:, :3]
    if not len(seen):
        seen = np.zeros((1, 3), np.uint8)
    row = Image.fromarray(np.ascontiguousarray(seen)[None])
    table = row.quantize(CLEAR, method=Image.Quantize.MEDIANCUT)
    colours = (table.getpalette() or [])[: 3 * CLEAR]
    table.putpalette(colours + [0] * (768 - len(colours)))
    return table


def _webp(pictures: Sequence[Image.Image], fps: float) -> bytes:
    target = io.BytesIO()
    pictures[0].save(
        target, "WEBP", save_all=True, append_images=list(pictures[1:]), duration=round(1000 / fps), loop=0,
        quality=88, method=3, icc_profile=b"", exif=b"", xmp=b"",
    )  # fmt: skip
    return target.getvalue()


def _mp4(pictures: Sequence[Image.Image], fps: float) -> bytes:
    """H.264 that every browser and phone plays."""
    # In a folder of its own: to put the index first, FFmpeg opens the file a second time.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turn.mp4"
        _encode_mp4(pictures, fps, path)
        return path.read_bytes()


def _encode_mp4(pictures: Sequence[Image.Image], fps: float, path: Path) -> None:
    import av  # late: it loads its own FFmpeg, and few exports are videos

    width, height = (side + side % 2 for side in pictures[0].size)
    with av.open(str(path), "w", options={"movflags": "faststart", "fflags": "+bitexact"}) as file:
        rate = Fraction(fps).limit_denominator(1000)
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # One thread: the bytes must not depend on the machine.
        stream.codec_context.thread_count = 1
        stream.options = {"crf": "18", "preset": "medium", "tune": "animation", "flags": "+bitexact"}
        for picture in pictures:
            page = picture.convert("RGB")
            if page.size != (width, height):
                even = Image.new("RGB", (width, height), page.getpixel((0, 0)))
                even.paste(page)
                page = even
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(page), format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
