"""Faces of our own drawings are where their recipes say, whether or not looking would find them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter, PngImagePlugin

from studio import face_models
from studio.engine.figure.maps import LEGEND
from studio.face_models import FaceModels
from studio.pictures import in_format, read_recipe, with_recipe
from studio.pictures.drawn import drawn_in
from studio.pictures.places import places_of
from studio.quality import Verdict, find_faces, judge, read_verdict
from tests.figure_pictures import pictured, segmented
from tests.onnx_files import detector, recognizer

NEAR = {"framing": "portrait", "width": 192, "height": 192}
PEOPLE: list[tuple[str, dict[str, Any]]] = [
    ("woman with long hair", NEAR),
    ("orc warrior, green skin", NEAR | {"yaw": 40.0}),
    ("chibi girl, cat ears", NEAR | {"style": "ink"}),
    ("old man with a white beard", NEAR | {"yaw": 90.0}),
    ("knight with a helmet", {}),
]


def saved(path: Path, words: str, *, blurred: bool = False, **wishes: Any) -> Path:
    """A drawing as the engine saves it, on a plain ground."""
    drawn = pictured(words, **wishes)
    ground = Image.new("RGB", (drawn.rgba.shape[1], drawn.rgba.shape[0]), (214, 220, 232))
    figure = Image.fromarray(drawn.rgba)
    ground.paste(figure, mask=figure.getchannel("A"))
    if blurred:
        left, top, right, bottom = (round(side) for side in drawn.recipe["landmarks"]["head_box"])
        soft = ground.crop((left, top, right, bottom)).filter(ImageFilter.GaussianBlur(9))
        ground.paste(soft, (left, top))
    texts = PngImagePlugin.PngInfo()
    texts.add_text("figure", json.dumps({"not_drawn": [], "recipe": drawn.recipe}))
    ground.save(path, pnginfo=texts)
    return path


def why(verdict: Verdict, name: str) -> str:
    return next(check.why for check in verdict.checks if check.name == name)


@pytest.mark.parametrize(("words", "wishes"), PEOPLE, ids=[words for words, _ in PEOPLE])
def test_a_drawing_says_where_its_face_is(words: str, wishes: dict[str, Any], tmp_path: Path) -> None:
    verdict = judge(saved(tmp_path / "a.png", words, **wishes), people=(1, 1))
    assert (len(verdict.faces), verdict.faces_by) == (1, "recipe")
    assert "own recipe" in why(verdict, "faces")
    [face] = verdict.faces
    right, bottom = face.x + face.width, face.y + face.height
    assert all(
        face.x <= x <= right and face.y <= y <= bottom for x, y in (*face.eyes, face.mouth or (-1, -1))
    )
    seen = (segmented(words, **wishes) == np.array(LEGEND["face"])).all(-1)
    assert seen[face.y : bottom, face.x : right].sum() > 0.6 * seen.sum()
    assert read_verdict(json.dumps(verdict.to_json())) == verdict


def test_looking_for_them_misses_some(tmp_path: Path) -> None:
    greys = (
        np.asarray(Image.open(saved(tmp_path / "a.png", words, **wishes)).convert("L"))
        for words, wishes in reversed(PEOPLE)
    )
    assert not all(find_faces(grey) for grey in greys), "then nobody would need the recipe"


def test_whoever_looks_away_or_is_out_of_sight_has_no_face(tmp_path: Path) -> None:
    away = judge(saved(tmp_path / "a.png", "woman with long hair", **NEAR, yaw=180.0), people=(1, 1))
    assert (away.faces, away.faces_by) == ((), "recipe")
    assert "from behind" in why(away, "faces")
    drawn = drawn_in(saved(tmp_path / "b.png", "woman with long hair", **NEAR), (192, 192))
    assert drawn is not None
    assert drawn.face is not None
    below = drawn.cut(0, drawn.face[3], 1, 1, (192, round(192 - drawn.face[3])))
    assert below.face is None
    beside = drawn.cut(10, 20, 2, 2, (400, 400))
    assert beside.mouth == ((drawn.mouth[0] - 10) * 2, (drawn.mouth[1] - 20) * 2)


def test_a_picture_of_somebody_else_is_looked_at(tmp_path: Path) -> None:
    ours = saved(tmp_path / "a.png", "woman with long hair", **NEAR)
    smaller = tmp_path / "smaller.png"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("figure", Image.open(ours).text["figure"])  # type: ignore[attr-defined]
    Image.open(ours).resize((150, 150)).save(smaller, pnginfo=texts)
    photo = tmp_path / "photo.png"
    Image.open(ours).save(photo)
    for path in (smaller, photo):
        verdict = judge(path)
        assert verdict.faces_by == "cascades"
        assert "recipe" not in why(verdict, "faces")


@pytest.mark.parametrize("wanted", ["JPEG", "WEBP"])
def test_another_format_still_says_it(wanted: Any, tmp_path: Path) -> None:
    source = saved(tmp_path / "a.png", "orc warrior, green skin", **NEAR)
    other = tmp_path / f"b.{wanted.lower()}"
    other.write_bytes(b"".join(in_format(source, wanted, {"prompt": "an orc"})))
    assert judge(other).faces == judge(source).faces
    assert places_of(other).how == "recipe"
    assert (read_recipe(other) or {})["prompt"] == "an orc"


def test_nonsense_in_a_recipe_is_not_believed(tmp_path: Path) -> None:
    marks = pictured("orc warrior, green skin", **NEAR).recipe["landmarks"]
    plain = io.BytesIO()
    Image.new("RGB", (192, 192), "white").save(plain, "PNG")
    for wrong in (
        {},
        {"mouth": None},
        {"eyes": {"left": [1, 2]}},
        {"joints": {}},
        {"head_height_px": "tall"},
        {"nose": [float("nan"), 3]},
        {"facing": []},
        {"visible": []},
    ):
        told = {"size": [192, 192], "landmarks": {**marks, **wrong} if wrong else []}
        path = tmp_path / "wrong.png"
        path.write_bytes(b"".join(with_recipe(plain.getvalue(), {"drawn": told})))
        assert drawn_in(path, (192, 192)) is None, wrong
    assert drawn_in(path, (192, 192)) is None


def test_a_blurred_face_is_told_from_a_blurred_picture(tmp_path: Path) -> None:
    wishes: dict[str, Any] = NEAR | {"width": 320, "height": 320}
    sharp = judge(saved(tmp_path / "a.png", "woman with long hair", **wishes))
    blurred = judge(saved(tmp_path / "b.png", "woman with long hair", blurred=True, **wishes))
    assert "face_sharpness" in sharp.passed
    assert "face_sharpness" in blurred.failed
    assert "sharpness" in blurred.passed
    assert "Its face is blurred" in why(blurred, "face_sharpness")
    assert blurred.is_valid


def test_a_drawn_face_is_compared_by_its_own_eyes_and_mouth(tmp_path: Path) -> None:
    (tmp_path / face_models.YUNET).write_bytes(detector())
    (tmp_path / face_models.SFACE).write_bytes(recognizer())
    models = FaceModels(tmp_path / face_models.YUNET, tmp_path / face_models.SFACE)
    seen = face_models.look(models, saved(tmp_path / "a.png", "woman with long hair", **NEAR))
    assert (len(seen.faces), seen.finder) == (1, face_models.RECIPE)
    assert seen.vector is not None
    again = face_models.look(models, saved(tmp_path / "b.png", "woman with long hair", **NEAR))
    assert face_models.similarity(seen.vector, again.vector or b"") == pytest.approx(1, abs=1e-3)
    away = face_models.look(models, saved(tmp_path / "c.png", "woman with long hair", **NEAR, yaw=180.0))
    assert (away.faces, away.vector) == ((), None)
