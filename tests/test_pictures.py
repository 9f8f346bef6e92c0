"""Pictures from outside: what they are is decided by their bytes, and only whole ones pass."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
from PIL import Image

from studio import pictures
from studio.errors import StudioError
from studio.pictures import Format
from tests.bad_files import OK, BadFile, bad_files, chunk, good_png, ihdr, picture, png, rows

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def noise(size: tuple[int, int], mode: str = "RGB", seed: int = 0) -> Image.Image:
    data = random.Random(seed).randbytes(size[0] * size[1] * 4)
    return Image.frombytes("RGBA", size, data).convert("RGB" if mode == "P" else mode)


def why(error: pytest.ExceptionInfo[StudioError]) -> tuple[str, str]:
    return error.value.code, error.value.message


# ------------------------------------------------------------------- inspecting


@pytest.mark.parametrize("kind", FORMATS)
def test_facts_of_a_good_picture_from_bytes_and_from_a_file(kind: Format, tmp_path: Path) -> None:
    content = picture(kind, width=120, height=70)
    facts = pictures.inspect(content, low=64, high=4096)
    assert facts == pictures.PictureFacts(kind, f"image/{kind.lower()}", 120, 70, 1)
    path = tmp_path / "named.gif"
    path.write_bytes(content)
    assert pictures.inspect(path) == facts


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_set_passes_and_fails_as_it_should(seed: int) -> None:
    wrong = [bad.name for bad in bad_files(seed, 300_000) if outcome(bad) not in {*bad.expected, "n/a"}]
    assert wrong == []


def outcome(bad: BadFile) -> str:
    if bad.expected == {"file_too_large"}:
        return "n/a"  # the limit is the receiver's
    try:
        pictures.inspect(b"".join(bad.blocks()), low=64, high=4096)
    except StudioError as error:
        return error.code
    return OK


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 203), (2100, 2000)])
@pytest.mark.parametrize("mode", [*MODES, "interlaced"])
def test_every_kind_of_png_passes_and_none_without_its_end(mode: str, size: tuple[int, int]) -> None:
    if mode == "interlaced":
        content = adam7(*size)
    else:
        image = Image.new("I;16", size, 999) if mode == "I;16" else Image.new("L", size, 99).convert(mode)
        content = saved(image, "PNG")
    facts = pictures.inspect(content)
    assert (facts.width, facts.height) == size
    assert pictures.decode(content).size == size
    with pytest.raises(StudioError):
        pictures.inspect(content[:-20])


def adam7(width: int, height: int) -> bytes:
    """An interlaced grey PNG; Pillow reads such files and writes none."""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    data = b""
    for x, y, across, down in passes:
        columns, lines = len(range(x, width, across)), len(range(y, height, down))
        if columns and lines:
            data += (b"\1" + bytes(columns)) * lines
    return png(
        ihdr(width, height, colour=0, interlace=1), chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND")
    )


def test_large_png_that_is_one_row_short_is_refused_without_decoding_it() -> None:
    # Above the size that is also decoded for the check.
    good = png(ihdr(2500, 2500), chunk(b"IDAT", rows(2500, 2500)), chunk(b"IEND"))
    short = png(ihdr(2500, 2500), chunk(b"IDAT", rows(2500, 2499)), chunk(b"IEND"))
    wild = png(ihdr(2500, 2500), chunk(b"IDAT", rows(2500, 2500, filter_byte=5)), chunk(b"IEND"))
    assert pictures.inspect(good).height == 2500
    assert pictures.decode(good).size == (2500, 2500)
    for broken in (short, wild):
        with pytest.raises(StudioError) as error:
            pictures.inspect(broken)
        assert why(error)[0] == "invalid_image"


@pytest.mark.parametrize("size", [(1, 1), (17, 333), (1500, 64)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"optimize": True},
        {"subsampling": 0},
        {"restart_marker_rows": 1},
        {"progressive": True, "optimize": True, "quality": 1, "subsampling": 1},
    ],
)
def test_every_kind_of_jpeg_passes_even_the_emptiest(size: tuple[int, int], options: dict) -> None:
    for mode in ("L", "RGB", "CMYK"):
        for content in (
            saved(Image.new(mode, size), "JPEG", **options),
            saved(noise(size).convert(mode), "JPEG", **options),
        ):
            assert pictures.inspect(content).width == size[0]


def test_picture_of_several_pictures_as_phones_write_it_is_a_jpeg() -> None:
    first, second = noise((80, 80)), noise((80, 80), seed=1)
    content = saved(first, "MPO", save_all=True, append_images=[second])
    assert pictures.inspect(content).format == "JPEG"
    assert pictures.decode(content).size == (80, 80)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animation_counts_its_frames_and_decodes_to_the_first(kind: Format) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True)
    assert pictures.inspect(content).frames == 3
    assert pictures.decode(content).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def bad(name: str) -> bytes:
    return next(b"".join(one.blocks()) for one in bad_files(0, 300_000) if one.name == name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bad("JPEG: 200 scans"), "it draws its pixels in more than 100 rounds"),
        (bad("JPEG: two frames"), "it has two headers"),
        (bad("zTXt bomb"), "a text in it unpacks to more than 1 MB"),
        (bad("PNG: two headers"), "it has two headers"),
        (bad("100,001 texts"), "it has more than 100,000 parts"),
        (b"", "it is empty"),
        (b"GIF89a" + bytes(50), "it is a GIF, not a PNG, JPG or WEBP"),
        (b"%PDF-1.7", "it is a PDF, not a PNG, JPG or WEBP"),
        (b"hello", "it is not a PNG, JPG or WEBP"),
        (
            b"\0\0\0\x20ftypheic" + bytes(50),
            "it is a video or an AVIF or HEIC picture, not a PNG, JPG or WEBP",
        ),
        (picture("PNG")[:-30], "it is cut off"),
        (picture("JPEG")[:-30], "it is cut off"),
        (picture("WEBP")[:-30], "it is cut off"),
        (
            good_png(chunk(b"acTL", b"\0\0\3\xe8\0\0\0\0")),
            "it is an animation of 1000 frames; at most 100 are read",
        ),
    ],
)
def test_refusal_says_what_is_wrong(content: bytes, reason: str) -> None:
    with pytest.raises(StudioError) as error:
        pictures.inspect(content)
    assert why(error) == ("invalid_image", f"Invalid image file: {reason}.")


def test_sides_are_judged_by_the_header_alone() -> None:
    with pytest.raises(StudioError) as error:
        pictures.inspect(png(ihdr(60_000, 60_000)), low=64, high=4096)
    assert why(error) == (
        "image_dimensions",
        "Invalid image file: it is 60000x60000 pixels; each side must be 64 to 4096.",
    )


MEASURE = """
import resource, sys
from pathlib import Path
from studio import pictures
from studio.errors import StudioError
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for path in sorted(Path(sys.argv[1]).iterdir()):
    for read in (pictures.inspect, pictures.read_recipe, pictures.read_comfy):
        try:
            read(path)
        except StudioError:
            pass
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a process is set as Linux does")
def test_neither_bombs_nor_large_pictures_fill_the_memory(tmp_path: Path) -> None:
    """In a process that cannot have more than a little beyond what it starts with."""
    for number, one in enumerate(bad_files(0, 300_000)):
        if "bomb" in one.name or ("claims" in one.name and "WEBP" not in one.name):
            (tmp_path / f"{number}").write_bytes(b"".join(one.blocks()))
    assert len(list(tmp_path.iterdir())) > 10
    large = Image.new("RGB", (4096, 4096), "teal")  # 67 MB when decoded
    for kind in ("PNG", "JPEG"):
        (tmp_path / kind).write_bytes(saved(large, kind))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), "50000000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "done", done.stderr


def test_many_threads_may_inspect_at_once() -> None:
    content = [picture(kind, width=300, height=300) for kind in FORMATS] * 5
    seen: list[int] = []
    threads = [threading.Thread(target=lambda c=c: seen.append(pictures.inspect(c).width)) for c in content]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [300] * 15


# --------------------------------------------------------------------- decoding


def test_decode_gives_the_pixels_that_were_saved() -> None:
    image = noise((70, 90), "RGBA")
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert pictures.decode(saved(image, kind, **options)).convert("RGBA").tobytes() == image.tobytes()


def test_decode_turns_a_picture_upright() -> None:
    image = Image.new("RGB", (80, 64), "white")
    image.paste("red", (0, 0, 80, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    turned = pictures.decode(saved(image, "JPEG", exif=exif, quality=95))
    assert turned.size == (64, 80)
    red, green, _ = turned.getpixel((60, 40))  # type: ignore[misc]
    assert red > 200
    assert green < 80


def test_decode_has_its_own_limit_of_pixels() -> None:
    with pytest.raises(StudioError):
        pictures.decode(picture("PNG", width=100, height=101), max_pixels=10_000)
    assert pictures.decode(picture("PNG", width=100, height=100), max_pixels=10_000).size == (100, 100)


def test_decode_refuses_a_second_header_that_is_larger() -> None:
    with pytest.raises(StudioError) as error:
        pictures.decode(bad("PNG: two headers"))
    assert why(error) == ("invalid_image", "Invalid image file: it has two different sizes.")


@pytest.mark.parametrize("kind", FORMATS)
def test_decode_refuses_a_cut_picture(kind: Format) -> None:
    with pytest.raises(StudioError) as error:
        pictures.decode(picture(kind)[:-200])
    assert why(error)[0] == "invalid_image"


# ------------------------------------------------------------------- converting


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [(400, 200), (200, 400), (30, 20)])
def test_thumbnail_is_a_webp_that_fits_and_never_grows(kind: Format, size: tuple[int, int]) -> None:
    facts = pictures.inspect(pictures.thumbnail(saved(noise(size), kind), 64))
    assert facts.format == "WEBP"
    scale = min(1.0, 64 / max(size))
    assert (facts.width, facts.height) == (round(size[0] * scale), round(size[1] * scale))


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_converts_to_every_format(mode: str, wanted: Format) -> None:
    image = (
        Image.new("L", (80, 64), 128).convert(mode)
        if mode != "I;16"
        else Image.new("I;16", (80, 64), 128 * 256)
    )
    converted = pictures.convert(saved(image, "PNG"), wanted)
    assert pictures.inspect(converted).format == wanted
    shown = pictures.decode(converted)
    if wanted != "PNG" and mode not in ("1", "P"):
        grey = shown.convert("L").getpixel((40, 32))
        assert abs(grey - 128) <= 3  # type: ignore[operator]


def test_what_is_clear_becomes_white_in_a_jpeg_and_stays_clear_in_a_webp() -> None:
    clear = saved(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG")
    assert pictures.decode(pictures.convert(clear, "JPEG")).getpixel((9, 9)) == (255, 255, 255)
    assert pictures.decode(pictures.convert(clear, "WEBP")).getpixel((9, 9))[3] == 0  # type: ignore[index]


def test_quality_changes_the_size_and_100_loses_nothing_in_a_webp() -> None:
    image = noise((100, 100))
    for wanted in ("JPEG", "WEBP"):
        assert len(pictures.convert(image, wanted, quality=20)) < len(
            pictures.convert(image, wanted, quality=95)
        )
    assert pictures.decode(pictures.convert(image, "WEBP", quality=100)).tobytes() == image.tobytes()
