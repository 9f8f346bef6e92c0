"""Exports of a sheet, opened by other programs: archives, sprite atlas, PSD, PDF and moving pictures."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import psd_tools
import pypdf
import pytest
from PIL import Image, ImageDraw

from studio.errors import StudioError
from studio.jobs import Jobs
from studio.pictures import read_recipe
from studio.pictures.motion import animate
from studio.pictures.psd import pack_rows, write_psd
from studio.pictures.sheet import Layer, flatten
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.sheets import SheetOptions, compose, exports, sprites, turntable
from studio.sheets.packing import pack
from tests.sheet_fixtures import StandInServer, doll, encoded, finish_with, submit
from tests.studio_fixtures import open_jobs

VIEWS = ("front", "quarter", "side", "back")
NAMED = SheetOptions(name="Áldara Reyes")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """The job module over an embedded engine that only seems to be there."""
    return open_jobs(tmp_path_factory.mktemp("exports"), StandInServer("embedded"))


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image.Image]:
    """What the views show: each of another size, the back before a plain background."""
    return {
        "front": doll(),
        "quarter": doll(wide=0.8),
        "side": doll(120, 240, wide=0.6),
        "back": doll(ground=(210, 214, 220, 255)),
    }


@pytest.fixture(scope="module")
def job(jobs: Jobs, pictures: dict[str, Image.Image]) -> Job:
    """A finished job of four views with one face."""
    made = finish_with(jobs, submit(jobs, *VIEWS), pictures)
    child = jobs.submit(
        AvatarRequest(prompt="a face", seed=7),
        door="test",
        metadata={"sheet": {"cell": "expression", "name": "happy", "seed": 7}},
        parent_id=made.id,
    )
    finish_with(jobs, child, {"front": doll(96, 96, tall=1.2)})
    return jobs.get(made.id)


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGBA"))


# --------------------------------------------------------------------- archives


def test_pictures_come_without_their_background(
    jobs: Jobs, job: Job, pictures: dict[str, Image.Image]
) -> None:
    export = exports.pictures_zip(jobs, job.id, NAMED)
    assert (export.filename, export.mime_type) == ("aldara-reyes-pictures.zip", "application/zip")
    files = unzipped(export.data)
    assert set(files) == {*(f"{view}.png" for view in VIEWS), "expression_happy.png", "recipe.json"}
    for view in ("front", "quarter", "side"):
        assert np.array_equal(pixels(picture(files[f"{view}.png"])), pixels(pictures[view]))
    back = pixels(picture(files["back.png"]))
    known = pixels(doll())
    assert back.shape == known.shape
    inside = known[..., 3] == 255
    assert (back[..., 3][inside] > 120).mean() > 0.98
    assert (back[..., 3][inside] > 250).mean() > 0.9, "but for a soft edge of one pixel"
    assert (back[..., 3][~inside] < 5).mean() > 0.98
    assert any("back" in note and "estimate" in note for note in export.notes)
    about = json.loads(files["recipe.json"])
    assert about["request"]["prompt"] == "a knight"
    assert {one["file"]: one["cut_out"] for one in about["pictures"]} == {
        "front.png": "alpha",
        "quarter.png": "alpha",
        "side.png": "alpha",
        "back.png": "estimate",
        "expression_happy.png": "alpha",
    }
    assert (read_recipe(files["back.png"]) or {})["cut_out"] == "estimate"


def test_pictures_come_as_they_are_if_that_is_wished(jobs: Jobs, job: Job) -> None:
    files = unzipped(exports.pictures_zip(jobs, job.id, NAMED, transparent=False).data)
    for output in job.outputs:
        assert files[output.name] == jobs.files.output_path(job.id, output.name).read_bytes()


def test_the_whole_archive(jobs: Jobs, job: Job) -> None:
    export = exports.sheet_zip(jobs, job.id, NAMED)
    assert export.data == exports.sheet_zip(jobs, job.id, NAMED).data
    files = unzipped(export.data)
    assert files["sheet.png"] == exports.sheet_png(jobs, job.id, NAMED).data
    assert {name for name in files if name.startswith("pictures/")} == {
        *(f"pictures/{view}.png" for view in VIEWS),
        "pictures/expression_happy.png",
    }
    recipe = json.loads(files["recipe.json"])
    assert recipe == read_recipe(files["sheet.png"])
    palette = json.loads(files["palette.json"])
    lines = files["palette.gpl"].decode().splitlines()
    assert lines[:2] == ["GIMP Palette", "Name: Áldara Reyes"]
    assert len(lines) == 4 + len(palette)
    red, green, blue = (int(value) for value in lines[4].split("\t")[0].split())
    assert f"#{red:02x}{green:02x}{blue:02x}" == palette[0]["hex"]


# -------------------------------------------------------------------- sprites


@pytest.mark.parametrize("power_of_two", [False, True])
@pytest.mark.parametrize("trim", [False, True])
def test_frames_of_the_atlas_are_the_sources(
    jobs: Jobs, job: Job, pictures: dict[str, Image.Image], power_of_two: bool, trim: bool
) -> None:
    export = sprites.atlas_zip(jobs, job.id, NAMED, power_of_two=power_of_two, trim=trim)
    files = unzipped(export.data)
    assert set(files) == {"aldara-reyes.png", "aldara-reyes.json"}
    about = json.loads(files["aldara-reyes.json"])
    sheet = picture(files["aldara-reyes.png"])
    meta = about["meta"]
    assert meta["image"] == "aldara-reyes.png"
    assert (meta["size"]["w"], meta["size"]["h"]) == sheet.size
    assert (meta["format"], sheet.mode) == ("RGBA8888", "RGBA")
    if power_of_two:
        assert all(side & (side - 1) == 0 for side in sheet.size)
    assert set(about["frames"]) == {*(f"{view}.png" for view in VIEWS), "expression_happy.png"}
    for view in ("front", "quarter", "side"):
        frame = about["frames"][f"{view}.png"]
        source = pictures[view]
        assert frame["sourceSize"] == {"w": source.width, "h": source.height}
        assert frame["trimmed"] is trim
        # As a game engine does: cut the frame out and put it back where it was in the source.
        place, inside = frame["frame"], frame["spriteSourceSize"]
        assert (place["w"], place["h"]) == (inside["w"], inside["h"])
        part = sheet.crop((place["x"], place["y"], place["x"] + place["w"], place["y"] + place["h"]))
        whole = Image.new("RGBA", source.size)
        whole.paste(part, (inside["x"], inside["y"]))
        assert np.array_equal(pixels(whole), pixels(source)), view
        assert frame["pivot"]["x"] == pytest.approx(0.5, abs=0.02)
        assert frame["pivot"]["y"] == pytest.approx(0.95, abs=0.01)
    assert about["frames"]["expression_happy.png"]["pivot"] == {"x": 0.5, "y": 0.5}


def test_a_smaller_atlas(jobs: Jobs, job: Job) -> None:
    files = unzipped(sprites.atlas_zip(jobs, job.id, NAMED, scale=0.5).data)
    about = json.loads(files["aldara-reyes.json"])
    assert about["meta"]["scale"] == "0.5"
    assert about["frames"]["front.png"]["sourceSize"] == {"w": 80, "h": 120}
    with pytest.raises(StudioError, match="smaller scale"):
        sprites.atlas_zip(jobs, job.id, NAMED, scale=40)


def test_packed_rectangles_keep_their_distance() -> None:
    generator = np.random.default_rng(5)
    for count in (1, 3, 9, 40):
        sizes = [(int(w), int(h)) for w, h in generator.integers(3, 200, (count, 2))]
        for power_of_two in (False, True):
            packed = pack(sizes, padding=3, power_of_two=power_of_two)
            assert packed is not None
            taken = np.zeros((packed.height + 3, packed.width + 3), int)
            for (x, y), (width, height) in zip(packed.places, sizes, strict=True):
                assert min(x, y) >= 3
                assert x + width + 3 <= packed.width
                assert y + height + 3 <= packed.height
                taken[y : y + height + 3, x : x + width + 3] += 1
            assert taken.max() == 1
    assert pack([(9000, 10)]) is None


# ----------------------------------------------------------------- PSD and PDF


def test_layers_of_the_psd_are_those_of_the_sheet(jobs: Jobs, job: Job) -> None:
    options = NAMED.model_copy(update={"title": "龍"})
    made = compose(jobs, job.id, options)
    export = exports.sheet_psd(jobs, job.id, options)
    opened = psd_tools.PSDImage.open(io.BytesIO(export.data))
    assert opened.size == made.size
    assert [one.name for one in opened] == [one.name for one in made.layers]
    for theirs, ours in zip(opened, made.layers, strict=True):
        assert theirs.is_visible()
        assert (theirs.left, theirs.top) == (ours.x, ours.y)
        found = theirs.topil()
        assert found is not None
        assert np.array_equal(pixels(found), pixels(ours.image)), ours.name
    flat = opened.topil()
    assert flat is not None
    assert np.array_equal(pixels(flat), pixels(flatten(made.size, made.layers)))


def test_names_and_edges_of_psd_layers() -> None:
    red = Image.new("RGBA", (30, 20), (255, 0, 0, 128))
    layers = [
        Layer("Größe 龍", red, -10, 5),
        Layer("right of the page", red, 50, 0),
        Layer("x" * 300, red, 35, 30),
    ]
    opened = psd_tools.PSDImage.open(io.BytesIO(write_psd((40, 40), layers)))
    assert [one.name for one in opened] == ["Größe 龍", "x" * 300]
    first, second = list(opened)
    assert first.bbox == (0, 5, 20, 25)
    assert second.bbox == (35, 30, 40, 40)
    flat = opened.topil()
    assert flat is not None
    assert flat.convert("RGBA").getpixel((5, 10)) == (255, 0, 0, 128)
    assert flat.convert("RGBA").getpixel((30, 10))[3] == 0  # type: ignore[index]


def unpacked(row: bytes) -> bytes:
    """By the rules of PackBits."""
    out, at = bytearray(), 0
    while at < len(row):
        code = row[at]
        if code < 128:
            out += row[at + 1 : at + 2 + code]
            at += 2 + code
        elif code > 128:
            out += row[at + 1 : at + 2] * (257 - code)
            at += 2
        else:
            at += 1
    return bytes(out)


def test_packed_rows_unpack_to_themselves() -> None:
    generator = np.random.default_rng(3)
    for width in (1, 2, 3, 127, 128, 129, 130, 257, 400):
        channel = generator.choice(np.array([0, 0, 0, 0, 7, 255], np.uint8), (6, width))
        channel[0] = 5
        channel[1] = np.arange(width) % 251
        rows = pack_rows(channel)
        assert [unpacked(row) for row in rows] == [bytes(row) for row in channel]
        if width > 2:
            assert len(rows[0]) <= 2 * (width // 128 + 1)


@pytest.mark.parametrize(
    ("paper", "short", "long"), [("A4", 210, 297), ("A3", 297, 420), ("letter", 215.9, 279.4)]
)
def test_the_printed_page(jobs: Jobs, job: Job, paper: Any, short: float, long: float) -> None:
    export = exports.sheet_pdf(jobs, job.id, NAMED, paper=paper, dpi=72, margin_mm=20)
    assert export.data == exports.sheet_pdf(jobs, job.id, NAMED, paper=paper, dpi=72, margin_mm=20).data
    (page,) = pypdf.PdfReader(io.BytesIO(export.data)).pages
    millimetres = [float(side) / 72 * 25.4 for side in (page.mediabox.width, page.mediabox.height)]
    made = compose(jobs, job.id, NAMED)
    expected = [long, short] if made.size[0] >= made.size[1] else [short, long]
    assert millimetres == pytest.approx(expected, abs=0.5)
    (image,) = page.images
    shown = np.asarray(image.image.convert("L") if image.image else None)  # type: ignore[union-attr]
    margin = round(20 / 25.4 * 72) - 2
    rim = np.ones(shown.shape, bool)
    rim[margin:-margin, margin:-margin] = False
    assert shown[rim].min() > 244, "the margin stays white"
    assert shown[~rim].min() < 120, "the figures are there"


def test_a_coarse_print_says_so(jobs: Jobs, job: Job) -> None:
    notes = exports.sheet_pdf(jobs, job.id, NAMED, dpi=300).notes
    assert any("dots per inch" in note for note in notes)
    with pytest.raises(StudioError, match="margin_mm"):
        exports.sheet_pdf(jobs, job.id, NAMED, dpi=72, margin_mm=100)


# ---------------------------------------------------------------------- motion


def clock(yaw_deg: float) -> bytes:
    """A transparent frame whose bar stands where the angle says, in a colour of its own."""
    image = Image.new("RGBA", (90, 61))
    at = round(yaw_deg / 360 * 80)
    ImageDraw.Draw(image).rectangle((at, 10, at + 9, 50), fill=(255 - at, 40, at * 3, 255))
    return encoded(image)


def ball(x: int) -> bytes:
    """A transparent frame with a disc."""
    image = Image.new("RGBA", (90, 61))
    ImageDraw.Draw(image).ellipse((x - 10, 20, x + 10, 40), fill=(200, 40, 90, 255))
    return encoded(image)


def bar_of(frame: np.ndarray, ground: tuple[int, int, int]) -> float:
    """The middle column of what differs from the background."""
    away = np.abs(frame[..., :3].astype(int) - ground).max(-1) > 60
    return float(np.nonzero(away)[1].mean())


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_every_frame_of_a_turn_is_there_in_order(jobs: Jobs, job: Job, kind: Any) -> None:
    options = SheetOptions(background=("#ffffff",), shadows=False)
    export = turntable.turntable(job, clock, options, kind=kind, frames=12, fps=10)
    assert export.filename.endswith(f"-turntable.{kind}")
    assert export.data == turntable.turntable(job, clock, options, kind=kind, frames=12, fps=10).data
    if kind == "mp4":
        with av.open(io.BytesIO(export.data), "r") as file:
            stream = file.streams.video[0]
            assert (stream.width, stream.height) == (90, 62), "even sides"
            assert stream.codec_context.pix_fmt == "yuv420p"
            assert stream.average_rate == 10
            frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
    else:
        image = picture(export.data)
        assert getattr(image, "n_frames", 1) == 12
        assert image.info["loop"] == 0
        frames = []
        for at in range(12):
            image.seek(at)
            frames.append(np.asarray(image.convert("RGB")))
            assert image.info["duration"] == 100
    assert len(frames) == 12
    for at, frame in enumerate(frames):
        assert bar_of(frame, (255, 255, 255)) == pytest.approx(round(at / 12 * 80) + 4.5, abs=1.5)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_turn_can_be_transparent(kind: Any) -> None:
    image = picture(animate([ball(15), ball(60)], kind))
    for at, (here, elsewhere) in enumerate(((15, 60), (60, 15))):
        image.seek(at)
        frame = pixels(image.copy())
        assert frame[30, here, 3] == 255
        assert frame[30, elsewhere, 3] == 0, "nothing is left of the frame before"
        assert frame[5, 5, 3] == 0


def test_a_turn_stands_on_its_shadow() -> None:
    still = [encoded(doll()) for _ in range(2)]
    with_shadow = picture(animate(still, "webp", background=("#ffffff",), shadow=True)).convert("L")
    without = picture(animate(still, "webp", background=("#ffffff",))).convert("L")
    darker = np.asarray(without, int) - np.asarray(with_shadow, int) > 20
    rows = np.nonzero(darker)[0]
    assert len(rows) > 20
    assert rows.min() > 215, "on the ground only"


def test_the_frames_of_a_turn_as_files(job: Job) -> None:
    files = unzipped(turntable.frames_zip(job, clock, NAMED, frames=8).data)
    assert list(files) == [f"turn_{angle:03}.png" for angle in range(0, 360, 45)]
    assert files["turn_090.png"] == clock(90)


def test_a_turn_has_no_more_frames_than_are_sensible(job: Job) -> None:
    for frames in (7, 37):
        with pytest.raises(StudioError, match="8 to 36"):
            turntable.turntable(job, clock, NAMED, kind="gif", frames=frames)


def test_what_is_drawn_for_a_turn(job: Job) -> None:
    request, width = turntable.request_for(job, 384)
    assert (request.transparent, request.framing, request.seed) == (True, "full", 7)
    assert width == 256


def test_file_names_are_plain(tmp_path: Path) -> None:
    assert exports.stem(SheetOptions(name="../Zoë & Ann: 1"), "abc") == "zoe-ann-1"
    assert exports.stem(SheetOptions(name="龍"), "0123456789") == "character-01234567"
