"""Geometry of the figure: closed meshes, joints that bend right, a registry for every word."""

from __future__ import annotations

import numpy as np
import pytest

from studio.engine.figure import backdrop, features, garments, hair, items, palette
from studio.engine.figure.character import built_from, model_of
from studio.engine.figure.face.looks import LOOKS, VISEMES, look_of
from studio.engine.figure.keys import BACKGROUNDS, EXPRESSIONS, HAIR_STYLES, PATTERNS, STYLES
from studio.engine.figure.poses import library
from studio.engine.figure.render import shade
from studio.engine.figure.shape.curves import path, profile, turn
from studio.engine.figure.shape.field import carve, cone, keep, merge, pack, skin, stash
from studio.engine.figure.shape.mesh import Mesh, ellipsoid, loop_tube, rings, slab, tube
from studio.engine.figure.shape.skeleton import bend, posed_places, rest_skeleton
from studio.engine.figure.spec import Build, Garment, Hair, Joint, Spec
from studio.engine.figure.styles import styles
from studio.engine.figure.words.features import FEATURES
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.items import ITEMS
from studio.engine.figure.workshop import SEGMENTS


def open_edges(mesh: Mesh) -> int:
    """How many edges belong to one triangle only."""
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    _, counts = np.unique(np.sort(edges, 1), axis=0, return_counts=True)
    return int((counts == 1).sum())


def test_a_profile_runs_through_its_points_and_never_overshoots() -> None:
    xs, ys = [0.0, 1.0, 2.0, 4.0], [0.0, 1.0, 1.0, 3.0]
    assert profile(xs, ys, np.array(xs)) == pytest.approx(ys)
    dense = profile(xs, ys, np.linspace(0, 4, 401))
    assert dense.min() >= 0
    assert dense.max() <= 3
    assert (np.diff(dense) >= -1e-12).all()


def test_a_path_begins_and_ends_at_its_ends() -> None:
    points = [(0, 0, 0), (1, 2, 0), (3, 1, 1)]
    line = path(points, 9)
    assert line[0] == pytest.approx(points[0])
    assert line[-1] == pytest.approx(points[-1])


@pytest.mark.parametrize(
    "solids",
    [
        [cone((0, 0, 0), (0, 0.4, 0), 0.1, 0.05, 0.0)],
        [cone((0, 0, 0), (0.3, 0.4, 0), 0.1, 0.05, 0.03), cone((0, 0, 0), (-0.3, 0.4, 0), 0.1, 0.05, 0.03)],
        [cone((0, 0, 0), (0, 0.4, 0), 0.1, 0.1, 0.0), keep((0, 0.2, 0), (0, -1, 0))],
        [
            cone((0, 0, 0), (0, 0.4, 0), 0.1, 0.1, 0.0),
            keep((0, 0.2, 0), (0, -1, 0)),
            stash(),
            cone((0.3, 0, 0), (0.3, 0.4, 0), 0.06, 0.06, 0.0),
            merge(),
        ],
        [
            cone((0, 0, 0), (0, 0.4, 0), 0.1, 0.1, 0.0),
            carve(cone((0, 0.2, 0.1), (0, 0.2, 0.2), 0.06, 0.06, 0.0)),
        ],
    ],
    ids=["cone", "union", "cut", "cut one of two", "carved"],
)
def test_skins_are_closed_lie_on_the_field_and_look_outwards(solids: list) -> None:
    field = pack(solids)
    mesh = skin(field, 0.01)
    assert len(mesh.faces) > 100
    assert open_edges(mesh) == 0
    assert np.abs(field.at(mesh.points)).max() < 0.01
    assert (field.at(mesh.points + mesh.normals * 0.01) > field.at(mesh.points)).mean() > 0.98
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    assert (a * np.cross(b, c)).sum() > 0


def test_a_cut_after_stash_leaves_what_was_laid_aside() -> None:
    left = cone((0.3, 0, 0), (0.3, 0.4, 0), 0.05, 0.05, 0.0)
    right = cone((-0.3, 0, 0), (-0.3, 0.4, 0), 0.05, 0.05, 0.0)
    field = pack([left, stash(), right, keep((0, 0.2, 0), (0, -1, 0)), merge()])
    assert field.at(np.array([[0.3, 0.35, 0.0]]))[0] < 0
    assert field.at(np.array([[-0.3, 0.35, 0.0]]))[0] > 0


@pytest.mark.parametrize(
    "mesh",
    [
        rings(tube([(0, 0, 0), (0, 1, 0), (0.5, 1.5, 0)], (0.2, 0.1, 0.05))),
        ellipsoid((1, 2, 3), (0.1, 0.2, 0.3)).scaled(2.0),
        loop_tube(
            np.array([[np.cos(t), 0, np.sin(t)] for t in np.linspace(0, 6.28, 20, endpoint=False)]), 0.1
        ),
    ],
    ids=["tube", "ellipsoid", "ring"],
)
def test_builders_make_meshes_that_look_outwards(mesh: Mesh) -> None:
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    assert ((face * mesh.normals[mesh.faces[:, 0]]).sum(1) > -1e-9).mean() > 0.97
    mirrored = mesh.mirrored()
    assert mirrored.points[:, 0] == pytest.approx(-mesh.points[:, 0])


def test_a_slab_is_a_sheet_with_a_wall_around_it() -> None:
    flat = Mesh(
        np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float),
        np.tile([0.0, 0, 1], (4, 1)),
        np.array([[0, 1, 2], [0, 2, 3]]),
        np.zeros((4, 3)),
    )
    thick = slab(flat, 0.1)
    assert open_edges(thick) == 0
    assert np.ptp(thick.points[:, 2]) == pytest.approx(0.1)


def test_a_turned_vector_keeps_its_length() -> None:
    assert turn("z", 90) @ np.array([1.0, 0, 0]) == pytest.approx([0, 1, 0])
    assert turn(np.array([1.0, 1, 1]), 120) @ np.array([1.0, 0, 0]) == pytest.approx([0, 1, 0])


def test_arms_hang_down_when_no_joint_is_bent_and_reach_forward_when_the_shoulder_is() -> None:
    rest = rest_skeleton(0.15, 0.09)
    hanging = posed_places(rest, *bend(rest, ()))
    for side in ("left", "right"):
        drop = hanging[f"{side}_wrist"] - hanging[f"{side}_shoulder"]
        assert drop[1] < -0.4
        assert abs(drop[0]) < 1e-6
    forward = posed_places(rest, *bend(rest, (Joint("left_shoulder", forward=90),)))
    assert forward["left_wrist"][2] - forward["left_shoulder"][2] > 0.4
    out = posed_places(rest, *bend(rest, (Joint("right_shoulder", out=90),)))
    assert out["right_wrist"][0] < out["right_shoulder"][0] - 0.4


def test_bones_keep_their_length_in_every_pose_of_the_library() -> None:
    rest = rest_skeleton(0.15, 0.09)
    for pose in library().values():
        places = posed_places(rest, *bend(rest, pose.joints))
        for a, b in (("left_shoulder", "left_elbow"), ("right_knee", "right_ankle"), ("neck", "head")):
            before = np.linalg.norm(rest[b] - rest[a])
            assert np.linalg.norm(places[b] - places[a]) == pytest.approx(before), pose.name


def test_every_word_of_the_vocabulary_has_a_maker() -> None:
    assert set(GARMENTS) <= set(garments.kinds())
    assert set(ITEMS) <= set(items.kinds())
    assert {word.kind for word in FEATURES} <= set(features.kinds())
    assert set(HAIR_STYLES) - {"bald"} <= set(hair.styles())
    assert set(EXPRESSIONS) <= set(LOOKS)
    assert set(BACKGROUNDS) <= set(backdrop.scenes())
    assert set(STYLES) <= set(styles())
    assert set(PATTERNS) <= set(palette.PATTERN_NUMBER)


def test_the_shader_numbers_surfaces_as_the_palette_does() -> None:
    for name in ("CLOTH", "SKIN", "HAIR", "METAL", "LEATHER", "GEM", "GLOW", "FACE", "SATIN", "FUR"):
        assert getattr(shade, name) == getattr(palette, name)


def test_a_viseme_moves_the_mouth_and_keeps_the_mood_of_the_eyes() -> None:
    angry = look_of("angry")
    speaking = look_of("angry", "aa")
    assert speaking.mouth.open > angry.mouth.open
    assert speaking.brow_tilt == angry.brow_tilt
    assert look_of("happy", lids=0.0).open_left == 0
    assert all(look_of("neutral", name).mouth.open >= 0 for name in VISEMES)


def test_the_model_is_the_same_object_for_every_view_mood_and_background() -> None:
    spec = Spec(hair=Hair("bob"))
    other = Spec.from_json({**spec.to_json(), "style": "ink", "face": {"expression": "angry"}})
    assert built_from(spec) == built_from(other)
    assert model_of(spec) is model_of(other)


@pytest.mark.parametrize("heads", [2.5, 4.0, 6.0, 8.0])
def test_a_build_has_the_height_that_was_asked_for(heads: float) -> None:
    model = model_of(Spec(build=Build(height_m=1.6, heads_tall=heads), hair=Hair("bald")))
    used = model.points[np.unique(model.faces)]
    assert np.ptp(used[:, 1]) == pytest.approx(1.6, rel=0.03)


def test_what_clothes_cover_is_not_drawn_below_them() -> None:
    bare = model_of(Spec(hair=Hair("bald")))
    suit = Garment("bodysuit", "full", 1, (40, 40, 60), sleeve="long")
    dressed = model_of(Spec(hair=Hair("bald"), garments=(suit,)))
    skin_part = 0
    assert (dressed.part_of == skin_part).sum() < 0.5 * (bare.part_of == skin_part).sum()


def test_somebody_in_a_suit_still_has_feet_and_a_neck() -> None:
    suit = Garment("bodysuit", "full", 1, (40, 40, 60), sleeve="long")
    model = model_of(Spec(hair=Hair("bald"), garments=(suit,)))
    names = [SEGMENTS[int(row[palette.SEGMENT])] for row in model.table]
    skin_parts = [number for number, name in enumerate(names) if name == "skin"]
    points = model.points[model.faces[np.isin(model.part_of, skin_parts)].ravel()]
    assert points[:, 1].min() < 0.02
    neck = (points[:, 1] > model.head_origin[1] - 0.05) & (np.abs(points[:, 0]) < 0.08)
    assert neck.any()


def test_an_unknown_garment_is_replaced_by_its_slot_and_reported() -> None:
    model = model_of(Spec(garments=(Garment("toga_of_tomorrow", "torso", 1, (200, 0, 0)),)))
    assert model.not_drawn == ("toga of tomorrow",)
