"""Control maps show the view that is drawn, in the form that ControlNets know."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from studio.engine.figure import DrawRequest, control_maps
from studio.engine.figure.poses import from_document, read_picture
from tests.figure_pictures import area, overlap, pictured, request_of, solid

Array = np.ndarray
KNIGHT = "female knight, silver armor, red cape, long black hair, sword, boots"
VIEWS = (0.0, 40.0, 90.0, 180.0)


@cache
def maps_of(yaw: float) -> dict[str, Any]:
    """All maps of one view."""
    return control_maps(request_of(KNIGHT, yaw))


@pytest.mark.parametrize("yaw", VIEWS)
def test_depth_and_segmentation_have_the_outline_of_the_picture(yaw: float) -> None:
    shown = solid(pictured(KNIGHT, yaw))
    maps = maps_of(yaw)
    assert overlap((maps["segmentation"] != 0).any(-1), shown) > 0.93
    assert overlap(maps["depth"].any(-1), shown) > 0.93


def test_what_is_nearer_is_brighter() -> None:
    words = "man, black trousers, white shirt, bald, t-pose"
    for yaw, near_hand in ((90.0, "left"), (-90.0, "right")):
        depth = control_maps(request_of(words, yaw), ("depth",))["depth"][..., 0].astype(int)
        joints = pictured(words, yaw).recipe["landmarks"]["joints"]

        def at(name: str, joints: dict = joints, depth: Array = depth) -> int:
            x, y = joints[name]
            return int(depth[round(y), round(x)])

        assert at(f"{near_hand}_wrist") > at(f"{near_hand}_knee") + 60
        assert depth.max() == 255
        assert depth[depth > 0].min() >= 30  # the farthest point is still told from nothing


@pytest.mark.parametrize("yaw", VIEWS)
def test_normals_are_of_length_one_and_face_the_viewer(yaw: float) -> None:
    maps = maps_of(yaw)
    inside = maps["depth"].all(-1)
    vectors = maps["normal"][inside].astype(float) / 127.5 - 1
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.abs(np.median(lengths) - 1) < 0.03
    assert (vectors[:, 2] > -0.1).mean() > 0.95
    outside = maps["normal"][~maps["depth"].any(-1)]
    assert np.abs(outside.astype(int) - (128, 128, 255)).max() <= 1


def test_normals_point_left_on_the_left_and_up_on_the_shoulders() -> None:
    normal = control_maps(request_of("man, bald, black bodysuit, a-pose"), ("normal", "depth"))
    inside = normal["depth"].any(-1)
    vectors = normal["normal"].astype(float) / 127.5 - 1
    columns = np.nonzero(inside)[1]
    rows = np.arange(inside.shape[0])[:, None] * np.ones_like(inside)
    chest = inside & (rows > 0.25 * inside.shape[0]) & (rows < 0.45 * inside.shape[0])
    middle = int(columns.mean())
    assert vectors[..., 0][chest[:, :middle].nonzero()].mean() < 0
    head = inside & (rows < np.nonzero(inside)[0].min() + 4)
    assert vectors[..., 1][head].mean() > 0.2


def test_line_art_is_thin_light_lines_on_black_along_the_outline() -> None:
    line = maps_of(0.0)["lineart"][..., 0] > 100
    shown = solid(pictured(KNIGHT))
    grown = shown.copy()
    grown[1:] |= shown[:-1]
    grown[:-1] |= shown[1:]
    grown[:, 1:] |= shown[:, :-1]
    grown[:, :-1] |= shown[:, 1:]
    assert 0.02 < line.mean() < 0.35
    assert (line & ~grown).sum() <= 0.02 * line.sum()
    edge = grown & ~shown
    near = line | np.roll(line, 1, 0) | np.roll(line, -1, 0) | np.roll(line, 1, 1) | np.roll(line, -1, 1)
    assert (near & edge).sum() > 0.6 * edge.sum()


def test_segments_are_what_the_legend_calls_them() -> None:
    front, back = maps_of(0.0)["segmentation"], maps_of(180.0)["segmentation"]
    for name in ("armor", "face", "hair", "item", "background"):
        assert area(front, name) > 0.001, name
    assert area(back, "cape") > 2 * area(front, "cape") > 0
    assert area(back, "face") < 0.2 * area(front, "face")
    legend = maps_of(0.0)["legend"]
    assert len({tuple(colour) for colour in legend.values()}) == len(legend)
    found = {tuple(colour) for colour in np.unique(front.reshape(-1, 3), axis=0).tolist()}
    assert found <= {tuple(colour) for colour in legend.values()}


@pytest.mark.parametrize("yaw", [0.0, 40.0])
def test_the_openpose_picture_and_its_document_say_the_same(yaw: float) -> None:
    request = DrawRequest(KNIGHT, seed=1, width=256, height=384, camera=request_of("", yaw).camera)
    maps = control_maps(request, ("openpose",))
    written = from_document(maps["openpose_json"])
    read = read_picture(maps["openpose"])
    assert read is not None
    assert written is not None
    pairs = [(a, b) for a, b in zip(written.points, read.points, strict=True) if a and b]
    assert len(pairs) >= 13
    assert max(np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairs) < 6


def test_openpose_points_are_the_landmarks_of_the_picture() -> None:
    joints = pictured(KNIGHT).recipe["landmarks"]["joints"]
    points = from_document(maps_of(0.0)["openpose_json"])
    assert points is not None
    assert points.points[2] == pytest.approx(joints["right_shoulder"], abs=1)
    assert points.points[5] == pytest.approx(joints["left_shoulder"], abs=1)
    assert points.points[13] == pytest.approx(joints["left_ankle"], abs=1)
    assert points.points[2] is not None
    assert points.points[5] is not None
    assert points.points[2][0] < points.points[5][0]  # its right is on the viewer's left


def test_a_face_that_is_not_seen_has_no_points() -> None:
    behind = from_document(maps_of(180.0)["openpose_json"])
    assert behind is not None
    nose, right_eye, left_eye = behind.points[0], behind.points[14], behind.points[15]
    assert nose is None
    assert right_eye is None
    assert left_eye is None


def test_only_the_wanted_maps_are_made() -> None:
    assert set(control_maps(request_of(KNIGHT), ("depth",))) == {"depth", "openpose_json", "legend"}
    assert {"openpose", "depth", "normal", "lineart", "segmentation"} <= set(maps_of(0.0))


def test_maps_are_equal_for_equal_requests() -> None:
    again = control_maps(request_of(KNIGHT, 40.0))
    for kind, picture in maps_of(40.0).items():
        assert (
            np.array_equal(picture, again[kind])
            if isinstance(picture, np.ndarray)
            else picture == again[kind]
        )
