"""Cloth that hangs falls over the limbs of a pose: whole, outside of the body, each layer in its order."""

from __future__ import annotations

import numpy as np
import pytest

from studio.engine.figure import DrawRequest, control_maps, draw
from studio.engine.figure.cloth import Coarse, Fall, Grid, Moving, settle
from studio.engine.figure.drape import CAPE, SKIRT
from studio.engine.figure.drawing import Scene, stage
from studio.engine.figure.maps import LEGEND
from studio.engine.figure.shape.skeleton import BONE
from tests.figure_pictures import body_part, request_of, segmented

SEATED = "young woman, white blouse, blue skirt, brown boots, fair skin"
DEEP_M = 0.012  # less than the gap that cloth keeps


def posed(words: str, pose: str) -> Scene:
    return stage(DrawRequest(words, seed=1, width=96, height=128, pose_json={"name": pose}))


def depth_in_limbs(scene: Scene, points: np.ndarray, bones: tuple[str, ...]) -> np.ndarray:
    """How deep points are in the thickest of these limbs, in metres; below zero outside."""
    limbs = scene.model.limbs
    assert limbs is not None
    cones = limbs.bent(scene.rotations, scene.shifts)
    deepest = np.full(len(points), -1.0)
    for cone, bone in zip(cones, limbs.bones, strict=True):
        if bone not in {BONE[name] for name in bones}:
            continue
        a, b = cone[:3], cone[4:7]
        t = np.clip(((points - a) @ (b - a)) / ((b - a) ** 2).sum(), 0, 1)
        far = np.sqrt(((points - a - t[:, None] * (b - a)) ** 2).sum(1))
        deepest = np.maximum(deepest, cone[3] + (cone[7] - cone[3]) * t - far)
    return deepest


@pytest.mark.parametrize("pose", ["sit", "crouch", "kneel", "run", "kick"])
@pytest.mark.parametrize("words", [SEATED, "mage in a purple robe", "woman in a kimono"])
def test_no_leg_comes_through_a_skirt(words: str, pose: str) -> None:
    scene = posed(words, pose)
    legs = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee"))
    hanging = next(h for h in scene.model.hangings if h.kind == SKIRT)
    hem = scene.points[hanging.own][scene.model.points[hanging.own, 1] < 0.9]
    assert (depth_in_limbs(scene, hem, legs) > 0.0).mean() < 0.01


def test_a_skirt_is_not_stretched_by_who_sits_in_it() -> None:
    scene = posed(SEATED, "sit")
    hanging = next(h for h in scene.model.hangings if h.kind == SKIRT)
    assert hanging.grid is not None
    sewn, sat = (hanging.grid.lengths(p[hanging.own]) for p in (scene.model.points, scene.points))
    ratio = sat[:, :2] / np.maximum(sewn[:, :2], 1e-6)
    assert np.percentile(ratio, 95) < 1.35
    assert scene.points[hanging.own, 1].min() >= scene.points[:, 1].min()


def test_arms_are_below_a_cloak() -> None:
    scene = posed("elf archer woman, green cloak, brown tunic, holding a bow", "idle")
    hanging = next(h for h in scene.model.hangings if h.kind == CAPE)
    arms = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow"))
    grid = hanging.grid
    assert grid is not None
    free = scene.points[hanging.own].reshape(grid.rows, grid.columns, 3)[8:].reshape(-1, 3)
    assert depth_in_limbs(scene, free, arms).max() < DEEP_M


def test_an_open_coat_lies_around_the_skirt_below_it() -> None:
    coat = segmented("young woman, green frock coat, blue skirt", 180.0)
    picture = draw(request_of("young woman, green frock coat, blue skirt", 180.0))
    below = body_part(picture, "legs") & (coat == np.array(LEGEND["legs"])).all(-1)
    skirt_rows = np.flatnonzero((coat == np.array(LEGEND["torso"])).all(-1).any(1))
    inside = below[skirt_rows[0] : int(np.percentile(skirt_rows, 80))]
    assert inside.sum() < 0.02 * (coat == np.array(LEGEND["torso"])).all(-1).sum()


def test_a_shaft_stands_beside_the_face() -> None:
    for words in ("old mage with a staff", "witch with a broom", "guard with a spear"):
        request = request_of(words)
        item = (control_maps(request, ("segmentation",))["segmentation"] == np.array(LEGEND["item"])).all(-1)
        assert item.sum() > 100
        x0, y0, x1, y1 = (round(v) for v in draw(request).recipe["landmarks"]["head_box"])
        assert not item[y0:y1, x0:x1].any(), words


def _towel() -> tuple[Grid, np.ndarray]:
    grid = Grid(9, 13, False)
    u, v = np.meshgrid(np.linspace(0, 1, 9), np.linspace(-0.5, 0.5, 13), indexing="ij")
    return grid, np.stack([v, -u, np.full(u.shape, 0.3)], -1).reshape(-1, 3)


def test_cloth_goes_to_its_own_side_of_a_limb_and_keeps_its_length() -> None:
    grid, towel = _towel()
    bar = np.array([[-1.0, -0.5, 0.0, 0.08, 1.0, -0.5, 0.0, 0.08]])
    way = np.stack([bar + np.array([0, 0, z, 0, 0, 0, z, 0]) for z in np.linspace(0.05, 0.6, 12)])
    limbs = Moving(bar, way, np.broadcast_to(np.eye(3), (12, 1, 3, 3)))
    free = (towel[:, 1] < -0.05).astype(float)
    lies = settle(grid, towel, towel, towel, free, limbs, Fall(0.02, 0.2, 5, 0.01, -5.0, 20))
    from_bar = np.hypot(lies[:, 1] + 0.5, lies[:, 2] - 0.6)
    assert from_bar.min() > 0.085
    # The bar came from behind and carries the cloth along; what is past it hangs on the far side.
    assert (grid.of(lies)[:, :, 2].max(0) > 0.6).all()
    assert (grid.of(grid.lengths(lies)[:, 1]).sum(0) < 1.15).all()
    assert (lies[free == 0] == towel[free == 0]).all()
    again = settle(grid, towel, towel, towel, free, limbs, Fall(0.02, 0.2, 5, 0.01, -5.0, 20))
    assert np.array_equal(lies, again)


def test_a_fine_cloth_follows_its_coarse_one() -> None:
    grid = Grid(25, 61, True)
    u, v = np.meshgrid(np.linspace(0, 1, 25), np.linspace(0, 2 * np.pi, 61), indexing="ij")
    wide = 0.3 + 0.2 * u + 0.01 * np.sin(9 * v)
    sewn = np.stack([np.sin(v) * wide, -u, np.cos(v) * wide], -1).reshape(-1, 3)
    coarse = Coarse.of(grid, sewn)
    assert coarse.grid.rows * coarse.grid.columns < 0.8 * len(sewn)
    assert coarse.refine(coarse.pick(sewn), sewn) == pytest.approx(sewn, abs=1e-9)
    moved = coarse.refine(coarse.pick(sewn) + np.array([0.0, 0.5, 0.0]), sewn)
    assert moved == pytest.approx(sewn + np.array([0.0, 0.5, 0.0]), abs=1e-9)
