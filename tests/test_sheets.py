"""Sheets: figures on one line and in one scale, in every layout, with what goes with them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import sheets
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.pictures import read_recipe
from studio.pictures.sheet import Layer
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.sheets import Sheet, SheetOptions, material
from tests.sheet_fixtures import BOOTS, COAT, SKIN, StandInServer, doll, finish_with, submit
from tests.studio_fixtures import open_jobs

VIEWS = ("front", "quarter", "side", "back")
PLAIN = {"background": ("#ffffff",), "shadows": False, "labels": False}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """The job module over an embedded engine that only seems to be there."""
    return open_jobs(tmp_path, StandInServer("embedded"))


def four_views(jobs: Jobs, **pictures: Image.Image) -> Job:
    """A finished job of four views; one that is not given is the usual doll."""
    job = submit(jobs, *VIEWS)
    return finish_with(jobs, job, {view: pictures.get(view, doll()) for view in VIEWS})


def add_face(jobs: Jobs, job: Job, name: str, picture: Image.Image, seed: int = 7) -> Job:
    """A finished face that goes with the sheet of a job; without a name the portrait."""
    about: dict[str, Any] = {"cell": "expression", "name": name} if name else {"cell": "portrait"}
    child = jobs.submit(
        AvatarRequest(prompt="a face", seed=seed),
        door="test",
        metadata={"sheet": {**about, "seed": seed}},
        parent_id=job.id,
    )
    return finish_with(jobs, child, {"front": picture})


def layer(sheet: Sheet, name: str) -> Layer:
    found = [one for one in sheet.layers if one.name == name]
    assert found, f"no layer {name!r} among {[one.name for one in sheet.layers]}"
    return found[0]


def names(sheet: Sheet) -> set[str]:
    return {one.name for one in sheet.layers}


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def rgb(code: str) -> tuple[int, ...]:
    return tuple(int(code[at : at + 2], 16) for at in (1, 3, 5))


# ------------------------------------------------------------------ arrangement


def test_figures_stand_on_one_line_in_one_scale(jobs: Jobs) -> None:
    job = four_views(jobs, side=doll(tall=0.5), back=doll(200, 300, tall=0.8))
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, scale="same"))
    placed = {view: layer(sheet, view.capitalize()) for view in VIEWS}
    assert len({one.y + one.image.height for one in placed.values()}) == 1
    heights = {view: one.image.height for view, one in placed.items()}
    assert heights["back"] == max(heights.values()), "the tallest keeps its own pixels"
    assert heights["front"] / heights["back"] == pytest.approx(240 * 0.86 / (300 * 0.8), rel=0.02)
    assert heights["side"] / heights["front"] == pytest.approx(0.5 / 0.86, rel=0.02)
    lefts = [placed[view].x for view in VIEWS]
    assert lefts == sorted(lefts)


def test_a_turnaround_makes_all_equally_tall_between_its_lines(jobs: Jobs) -> None:
    job = four_views(jobs, side=doll(tall=0.5))
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, layout="turnaround", palette=False))
    figures = [layer(sheet, view.capitalize()) for view in VIEWS]
    assert max(one.image.height for one in figures) - min(one.image.height for one in figures) <= 1
    guides = sorted(one.y for one in sheet.layers if one.name == "Guides")
    assert len(guides) == 9
    assert abs(guides[0] - figures[0].y) <= 1
    assert abs(guides[-1] - (figures[0].y + figures[0].image.height)) <= 1
    assert "Guides" not in names(sheets.compose(jobs, job.id, SheetOptions(**PLAIN)))


def test_pictures_framed_a_little_differently_are_one_figure(jobs: Jobs) -> None:
    job = four_views(jobs, side=doll(tall=0.8))
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    assert abs(layer(sheet, "Side").image.height - layer(sheet, "Front").image.height) <= 1


def test_a_grid_has_two_columns(jobs: Jobs) -> None:
    job = four_views(jobs)
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, layout="grid"))
    front, quarter, side, back = (layer(sheet, view.capitalize()) for view in VIEWS)
    assert front.y == quarter.y < side.y == back.y
    assert front.x == side.x < quarter.x == back.x


def test_views_are_chosen_and_ordered(jobs: Jobs) -> None:
    job = four_views(jobs)
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, views=("back", "front")))
    assert layer(sheet, "Back").x < layer(sheet, "Front").x
    assert "Side" not in names(sheet)
    assert [cell["name"] for cell in sheet.recipe["cells"]] == ["back", "front"]


def test_a_figure_keeps_its_pixels(jobs: Jobs) -> None:
    job = four_views(jobs)
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    source = doll()
    box = source.getchannel("A").getbbox()
    placed = layer(sheet, "Side")
    assert np.array_equal(np.asarray(placed.image), np.asarray(source.crop(box)))
    page = opened(sheets.to_png(sheet)).convert("RGB")
    middle = placed.x + placed.image.width // 2
    tall = placed.image.height
    assert page.getpixel((middle, placed.y + round(tall * 0.15))) == rgb(SKIN)
    assert page.getpixel((middle, placed.y + round(tall * 0.4))) == rgb(COAT)
    assert page.getpixel((placed.x + 16, placed.y + round(tall * 0.9))) == rgb(BOOTS)


def test_a_plain_background_is_cut_away(jobs: Jobs) -> None:
    grey = (200, 204, 210, 255)
    job = four_views(jobs, **{view: doll(ground=grey) for view in VIEWS})
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    placed = layer(sheet, "Front")
    left, top, right, bottom = doll().getchannel("A").getbbox() or (0, 0, 0, 0)
    assert placed.image.size == pytest.approx((right - left, bottom - top), abs=2)
    assert {cell["cut"] for cell in sheet.recipe["cells"]} == {"estimate"}
    page = opened(sheets.to_png(sheet)).convert("RGB")
    assert grey[:3] not in {colour for _, colour in page.getcolors(1 << 22) or []}
    assert any("estimate" in note for note in sheet.notes)


def test_views_before_a_scene_are_shown_as_cards(jobs: Jobs) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 160, 3), dtype=np.uint8)
    scene = Image.fromarray(noise).convert("RGBA")
    scene.alpha_composite(doll())
    job = four_views(jobs, back=scene)
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    assert layer(sheet, "Back").image.size == (160, 240)
    assert layer(sheet, "Front").image.size == (160, 240), "all views alike"
    assert any("background in: back" in note for note in sheet.notes)
    corner = layer(sheet, "Back").image.getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert corner[3] < 128, "round corners"
    middle = np.asarray(layer(sheet, "Back").image)[100:140, 5:12, :3]
    assert np.array_equal(middle, noise[100:140, 5:12])


# ------------------------------------------------------------------------- look


def test_equal_wishes_give_equal_bytes(jobs: Jobs) -> None:
    job = four_views(jobs)
    options = SheetOptions(
        layout="game", name="Aldara", title="of the towns", background=("#102030", "#405060")
    )
    first = sheets.to_png(sheets.compose(jobs, job.id, options))
    assert sheets.to_png(sheets.compose(jobs, job.id, options)) == first
    assert sheets.render(jobs, job.id, options).png == first
    other = SheetOptions(layout="game", name="Aldara")
    assert sheets.render(jobs, job.id, other).key != sheets.render(jobs, job.id, options).key


def test_composing_generates_nothing(jobs: Jobs) -> None:
    job = four_views(jobs)
    before = jobs.list().total
    for layout in ("row", "grid", "turnaround", "game"):
        sheets.render(jobs, job.id, SheetOptions.model_validate({"layout": layout}))
    assert jobs.list().total == before


def test_backgrounds(jobs: Jobs) -> None:
    job = four_views(jobs)

    def corners(*colours: str, angle: float = 90.0) -> list[Any]:
        options = SheetOptions(background=colours, background_angle=angle, shadows=False)
        page = opened(sheets.to_png(sheets.compose(jobs, job.id, options))).convert("RGBA")
        return [page.getpixel(at) for at in ((0, 0), (page.width - 1, 0), (0, page.height - 1))]

    assert [corner[3] for corner in corners()] == [0, 0, 0]
    assert corners("#123456") == [(*rgb("#123456"), 255)] * 3
    top, right, bottom = corners("#000000", "#ffffff")
    assert max(top[:3]) < 8
    assert min(bottom[:3]) > 247
    assert top == pytest.approx(right, abs=2)
    left, right, _ = corners("#000000", "#ffffff", angle=0)
    assert max(left[:3]) < 8 < 247 < min(right[:3])


def test_letters_can_be_read_on_any_background(jobs: Jobs) -> None:
    job = four_views(jobs)
    for ground, is_light in (("#0c0c14", True), ("#fafafa", False)):
        sheet = sheets.compose(jobs, job.id, SheetOptions(name="Aldara", background=(ground,)))
        pixels = np.asarray(layer(sheet, "Name").image)
        ink = pixels[pixels[..., 3] > 250][:, :3]
        assert (ink.mean() > 128) == is_light


def test_the_width_is_as_asked_and_figures_grow_only_so_far(jobs: Jobs) -> None:
    job = four_views(jobs)
    natural = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    small = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, width=256))
    assert small.size[0] == 256
    assert small.size[1] == pytest.approx(natural.size[1] * 256 / natural.size[0], abs=2)
    huge = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, width=4000))
    assert huge.size[0] == 4000
    figure = layer(natural, "Front").image.height
    assert layer(huge, "Front").image.height == pytest.approx(figure * 1.5, abs=1)
    assert any("1.5 times" in note for note in huge.notes)
    lefts = min(one.x for one in huge.layers if one.name == "Front")
    back = layer(huge, "Back")
    assert lefts == pytest.approx(4000 - back.x - back.image.width, abs=2), "the rest is margin on both sides"


def test_margins(jobs: Jobs) -> None:
    job = four_views(jobs)
    for margin in (0.0, 0.3):
        sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN, margin=margin))
        front = layer(sheet, "Front")
        assert front.y == pytest.approx(front.image.height * margin, abs=2)


def test_labels_and_other_words_for_them(jobs: Jobs) -> None:
    job = four_views(jobs)
    sheet = sheets.compose(jobs, job.id, SheetOptions(label_texts={"front": "Vorne"}))
    assert {"Label Vorne", "Label Side", "Label Back", "Label 3/4"} <= names(sheet)
    assert not any(
        name.startswith("Label") for name in names(sheets.compose(jobs, job.id, SheetOptions(**PLAIN)))
    )


def test_letters_that_no_font_has_are_told(jobs: Jobs) -> None:
    job = four_views(jobs)
    with_gap = sheets.compose(jobs, job.id, SheetOptions(name="Al\U000f1234da"))
    assert any("\U000f1234" in note and "STUDIO_FONT" in note for note in with_gap.notes)
    without = sheets.compose(jobs, job.id, SheetOptions(name="Alda"))
    assert without.notes == ()
    assert np.array_equal(np.asarray(layer(with_gap, "Name").image), np.asarray(layer(without, "Name").image))


def test_a_font_that_is_not_there_is_refused(jobs: Jobs) -> None:
    job = four_views(jobs)
    with pytest.raises(StudioError, match="No Such Font"):
        sheets.compose(jobs, job.id, SheetOptions(font="No Such Font"))
    assert sheets.compose(jobs, job.id, SheetOptions(font="Aileron", name="A")).size[0] > 0


def test_long_names_stay_on_the_page(jobs: Jobs) -> None:
    job = four_views(jobs)
    for layout in ("row", "game"):
        options = SheetOptions.model_validate({"layout": layout, "name": "W" * 80, "title": "word " * 32})
        sheet = sheets.compose(jobs, job.id, options)
        for one in sheet.layers:
            if one.name in ("Name", "Title"):
                assert one.x >= 0
                assert one.x + one.image.width <= sheet.size[0]


# ---------------------------------------------------------------------- content


def test_the_palette_is_the_characters(jobs: Jobs) -> None:
    job = four_views(jobs)
    sheet = sheets.compose(jobs, job.id, SheetOptions(layout="game"))
    codes = [swatch.hex for swatch in sheet.palette]
    for colour in (COAT, BOOTS, SKIN):
        near = min(max(abs(a - b) for a, b in zip(rgb(colour), rgb(code), strict=True)) for code in codes)
        assert near <= 3, colour
    assert codes[0] == COAT
    page = {colour for _, colour in opened(sheets.to_png(sheet)).convert("RGB").getcolors(1 << 22) or []}
    assert {rgb(code) for code in codes} <= page


def test_faces_and_a_portrait_join_the_sheet(jobs: Jobs) -> None:
    job = four_views(jobs)
    bare = sheets.compose(jobs, job.id, SheetOptions(layout="game", name="Aldara"))
    assert "Happy" not in names(bare)
    assert any("portrait" in note for note in bare.notes)
    red, green = Image.new("RGB", (96, 96), "#ff0000"), Image.new("RGB", (96, 96), "#00ff00")
    add_face(jobs, job, "happy", red)
    add_face(jobs, job, "", green)
    add_face(jobs, job, "sad", red, seed=8)  # another seed is another character
    full = sheets.compose(jobs, job.id, SheetOptions(layout="game", name="Aldara"))
    face = np.asarray(layer(full, "Happy").image)
    assert tuple(face[face.shape[0] // 2, face.shape[1] // 2]) == (255, 0, 0, 255)
    portrait = np.asarray(layer(full, "Portrait").image)
    assert tuple(portrait[portrait.shape[0] // 2, portrait.shape[1] // 2]) == (0, 255, 0, 255)
    assert "Sad" not in names(full)
    assert full.notes == ()
    assert full.recipe["cells"][-1]["name"] == "happy"


def test_a_face_made_again_takes_the_place_of_the_old_one(jobs: Jobs) -> None:
    job = four_views(jobs)
    face = add_face(jobs, job, "happy", Image.new("RGB", (96, 96), "#ff0000"))
    again = jobs.reroll(face.id, "front", door="test")
    assert sheets.content_of(jobs, job.id).pending == (again.id,)
    finish_with(jobs, again, {"front": Image.new("RGB", (96, 96), "#0000ff")})
    content = sheets.content_of(jobs, job.id)
    assert [cell.output.job_id for cell in content.expressions] == [again.id]


def test_a_view_made_again_keeps_the_faces(jobs: Jobs) -> None:
    job = four_views(jobs)
    add_face(jobs, job, "happy", Image.new("RGB", (96, 96), "#ff0000"))
    again = finish_with(jobs, jobs.reroll(job.id, "back", door="test"), {"back": doll(tall=0.7)})
    content = sheets.content_of(jobs, again.id)
    assert [cell.key for cell in content.views] == list(VIEWS)
    assert [cell.key for cell in content.expressions] == ["happy"]


def test_a_cut_out_stands_for_the_very_picture_that_it_was_made_from(jobs: Jobs) -> None:
    job = four_views(jobs, front=doll(ground=(9, 99, 99, 255)))
    front = next(output for output in job.outputs if output.view == "front")
    child = jobs.submit(
        AvatarRequest(prompt="a knight", seed=7, transparent=True),
        door="test",
        metadata={"sheet": {"cell": "cutout", "seed": 7, "of": {"front": front.sha256}}},
        parent_id=job.id,
    )
    finish_with(jobs, child, {"front": doll(wide=0.9)})
    cells = {cell.key: cell for cell in sheets.content_of(jobs, job.id).views}
    assert cells["front"].output.job_id == child.id
    assert cells["front"].is_redrawn
    again = jobs.reroll(job.id, "front", door="test")
    finish_with(jobs, again, {"front": doll(ground=(99, 9, 9, 255))})
    cells = {cell.key: cell for cell in sheets.content_of(jobs, again.id).views}
    assert not cells["front"].is_redrawn, "the new picture has no cut-out yet"


def test_a_cut_out_that_is_another_picture_gives_way(jobs: Jobs) -> None:
    """As when the engine was updated and draws the same words otherwise."""
    ground = (120, 150, 160, 255)
    job = four_views(jobs, front=doll(ground=ground), back=doll(wide=1.1, ground=ground))
    hashes = {output.view: output.sha256 for output in job.outputs if output.view in ("front", "back")}
    child = jobs.submit(
        AvatarRequest(prompt="a knight", seed=7, transparent=True, views=("front", "back")),
        door="test",
        metadata={"sheet": {"cell": "cutout", "seed": 7, "of": hashes}},
        parent_id=job.id,
    )
    finish_with(jobs, child, {"front": doll(), "back": doll(wide=1.3)})
    recipe = sheets.compose(jobs, job.id).recipe
    cells = {cell["name"]: (cell["job"], cell["cut"]) for cell in recipe["cells"]}
    assert cells["front"] == (child.id, "alpha")
    assert cells["back"] == (job.id, "estimate")


def test_pictures_larger_than_any_sheet_are_made_smaller(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "MOST_PIXELS", 10_000)
    job = finish_with(jobs, submit(jobs, "front"), {"front": doll(168, 240)})  # unlike those that are kept
    sheet = sheets.compose(jobs, job.id, SheetOptions(**PLAIN))
    assert layer(sheet, "Front").image.height == pytest.approx(0.86 * 240 / 3, abs=2)


def test_nothing_to_show_is_said(jobs: Jobs) -> None:
    job = submit(jobs, "front")
    with pytest.raises(StudioError, match="queued") as refusal:
        sheets.compose(jobs, job.id)
    assert refusal.value.code == "sheet_empty"
    finish_with(jobs, job, {"front": doll()})
    with pytest.raises(StudioError, match="back"):
        sheets.compose(jobs, job.id, SheetOptions(views=("back",)))
    with pytest.raises(StudioError, match=r"other\.png"):
        sheets.compose(jobs, job.id, SheetOptions(picks={"front": "other.png"}))
    assert sheets.compose(jobs, job.id, SheetOptions(picks={"front": "output.png"})).size[0] > 0


def test_one_view_is_enough_for_every_layout(jobs: Jobs) -> None:
    job = finish_with(jobs, submit(jobs, "back"), {"back": doll()})
    for layout in ("row", "grid", "turnaround", "game"):
        sheet = sheets.compose(jobs, job.id, SheetOptions.model_validate({"layout": layout, "name": "A"}))
        assert "Back" in names(sheet)


def test_the_sheet_carries_its_recipe(jobs: Jobs) -> None:
    job = four_views(jobs)
    options = SheetOptions(layout="turnaround", name="Aldara", margin=0.2)
    recipe = read_recipe(sheets.render(jobs, job.id, options).png)
    assert recipe is not None
    assert (recipe["kind"], recipe["job"], recipe["seed"]) == ("sheet", job.id, 7)
    assert {cell["name"]: cell["sha256"] for cell in recipe["cells"]} == {
        output.view: output.sha256 for output in job.outputs
    }
    assert SheetOptions.model_validate(recipe["options"]) == options
    assert AvatarRequest.model_validate(recipe["request"]).views == VIEWS
    again = sheets.render(jobs, recipe["job"], SheetOptions.model_validate(recipe["options"]))
    assert again.png == sheets.render(jobs, job.id, options).png


@pytest.mark.parametrize(
    "wrong",
    [
        {"background": ["red"]},
        {"views": ["front", "front"]},
        {"views": []},
        {"width": 100},
        {"margin": 2},
        {"name": "bell\x07"},
        {"facts": [{"label": "a"}]},
        {"unknown": 1},
    ],
)
def test_wishes_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        SheetOptions.model_validate(wrong)
