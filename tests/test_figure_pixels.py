"""What the figure draws, judged by its pixels."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from studio.engine.figure import (
    Camera,
    DrawRequest,
    Picture,
    WordsRefused,
    control_maps,
    draw,
    draw_moment,
)
from studio.engine.figure.keys import STYLES

Array = np.ndarray
KNIGHT = "female knight, blue armor, long white hair, red cape, fair skin, plain background"
WALKER = "young woman, short black hair, white shirt, green skirt, brown boots, fair skin"


@cache
def picture(
    words: str, yaw: float = 0.0, framing: str = "full", style: str | None = None, seed: int = 3
) -> Picture:
    """A small transparent picture."""
    camera = Camera(yaw, 0.0, framing)  # type: ignore[arg-type]
    return draw(
        DrawRequest(words, seed=seed, width=128, height=192, camera=camera, style=style, transparent=True)
    )


@cache
def painted(words: str, style: str | None = None) -> Picture:
    """A small picture with its ground."""
    return draw(DrawRequest(words, seed=3, width=128, height=192, style=style))


def solid(rgba: Array) -> Array:
    """Where something is drawn."""
    return rgba[..., 3] > 127


def share_of(rgba: Array, channel: int) -> float:
    """The share of the figure in which one channel clearly leads."""
    colour = rgba[..., :3].astype(int)
    others = np.delete(colour, channel, 2).max(-1)
    return float(((colour[..., channel] > others + 30) & solid(rgba)).sum() / solid(rgba).sum())


def overlap(a: Array, b: Array) -> float:
    """Intersection over union of two silhouettes."""
    return float((a & b).sum() / (a | b).sum())


def torso(drawn: Picture) -> Array:
    """The part of the picture where the chest is."""
    joints = drawn.recipe["landmarks"]["joints"]
    (middle, top), (_, bottom) = joints["neck"], joints["spine"]
    return drawn.rgba[int(top + 4) : int(bottom + 4), int(middle) - 8 : int(middle) + 8]


def test_blue_armor_makes_the_chest_blue() -> None:
    assert share_of(torso(picture(KNIGHT)), 2) > 0.45
    assert share_of(torso(picture(KNIGHT.replace("blue", "green"))), 1) > 0.45


def test_the_left_side_is_seen_at_yaw_90_and_the_face_looks_to_the_left_of_the_picture() -> None:
    facing = picture(WALKER, 90.0).recipe["landmarks"]["facing"]
    assert facing[0] < -0.9
    marks = picture(WALKER, 0.0).recipe["landmarks"]
    assert marks["eyes"]["left"][0] > marks["eyes"]["right"][0]


def test_the_face_has_skin_eyes_and_something_white_in_them() -> None:
    shown = picture("woman, blue eyes, black hair, fair skin, white shirt", 0.0, "portrait")
    x, y = shown.recipe["landmarks"]["eyes"]["left"]
    eye = shown.rgba[int(y) - 5 : int(y) + 6, int(x) - 5 : int(x) + 6, :3].astype(int)
    assert (eye[..., 2] > eye[..., 0] + 30).sum() > 8
    assert (eye.min(-1) > 225).any()
    cheek = shown.rgba[int(y) + 14, int(x), :3].astype(int)
    assert cheek[0] > 200
    assert cheek[0] > cheek[2]


@pytest.mark.parametrize("style", [name for name in STYLES if name != "anime"])
def test_every_style_changes_the_whole_picture_and_says_its_name(style: str) -> None:
    plain, other = painted(WALKER), painted(WALKER, style)
    assert other.recipe["style"] == style
    changed = np.abs(plain.rgba[..., :3].astype(int) - other.rgba[..., :3]).max(-1) > 12
    assert changed.mean() > 0.06


def test_ink_and_concept_art_are_grey_and_pixel_art_is_made_of_cells() -> None:
    for style in ("ink", "concept_grey"):
        colour = painted(WALKER, style).rgba[..., :3].astype(int)
        assert (colour.max(-1) - colour.min(-1)).mean() < 16
    cells = draw(DrawRequest(WALKER, width=384, height=576, style="pixel")).rgba
    assert (cells[::4] == cells[1::4]).all()
    assert len(np.unique(cells[solid(cells)].reshape(-1, 4), axis=0)) < 400


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("holding a sword", 60),
        ("wearing glasses", 20),
        ("elf ears", 4),
        ("cat ears, cat tail", 30),
        ("angel wings", 150),
        ("a witch hat", 60),
        ("polka dot skirt", 40),
        ("in a forest", 3000),
        ("tall muscular build", 60),
    ],
)
def test_words_change_the_picture(words: str, changed: int) -> None:
    before, after = painted(WALKER, "anime").rgba, painted(f"{WALKER}, {words}", "anime").rgba
    assert (np.abs(before[..., :3].astype(int) - after[..., :3]).max(-1) > 24).sum() > changed


def digest(shown: Picture) -> str:
    """A short name for the bytes of a picture."""
    return hashlib.sha256(shown.rgba.tobytes()).hexdigest()


def test_sizes_out_of_reach_are_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="each side must be"):
        draw(DrawRequest(WALKER, width=8, height=9000))


def test_portrait_and_bust_come_nearer() -> None:
    heads = [
        picture(WALKER, 0.0, framing).recipe["landmarks"]["head_height_px"]
        for framing in ("full", "bust", "portrait")
    ]
    assert heads[0] * 1.6 < heads[1]
    assert heads[1] * 1.3 < heads[2]


def test_transparent_means_transparent_and_otherwise_nothing_is() -> None:
    clear = picture(WALKER).rgba
    assert (clear[0, 0] == 0).all() or clear[0, 0, 3] == 0
    assert (draw(DrawRequest(WALKER, width=64, height=96)).rgba[..., 3] == 255).all()


def test_landmarks_lie_where_things_are() -> None:
    shown = picture(WALKER, 0.0)
    marks = shown.recipe["landmarks"]
    x0, y0, x1, y1 = marks["head_box"]
    for x, y in (*marks["eyes"].values(), marks["mouth"]):
        assert x0 < x < x1
        assert y0 < y < y1
    assert marks["mouth"][1] > marks["eyes"]["left"][1]
    for name in ("left_wrist", "right_knee", "chest"):
        x, y = marks["joints"][name]
        assert solid(shown.rgba)[int(y), int(x)], name


def test_a_pose_by_name_moves_the_arms() -> None:
    request = DrawRequest(WALKER, width=128, height=192, transparent=True)
    by_name = draw(replace(request, pose_json={"name": "t_pose"}))
    columns = np.nonzero(solid(by_name.rgba))[1]
    assert np.ptp(columns) > 1.3 * np.ptp(np.nonzero(solid(draw(request).rgba))[1])


def test_a_pose_picture_that_is_no_skeleton_is_reported_and_the_usual_pose_drawn() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (96, 64, 3), dtype=np.uint8)
    request = DrawRequest(WALKER, width=96, height=144)
    shown = draw(replace(request, pose_image=noise))
    assert any("OpenPose" in text for text in shown.not_drawn)
    assert digest(shown) == digest(draw(request))
    broken = draw(replace(request, pose_json={"name": "no such pose"}))
    assert any("no such pose" in text for text in broken.not_drawn)


def test_denoise_blends_the_input_picture_in() -> None:
    base = np.zeros((50, 40, 4), np.uint8)
    base[...] = (255, 0, 0, 255)
    request = DrawRequest(WALKER, width=64, height=96)
    full = draw(request).rgba.astype(int)
    half = draw(replace(request, base_image=base, denoise=0.5)).rgba.astype(int)
    assert np.abs(half - (full + np.array([255, 0, 0, 255])) / 2).max() <= 1
    assert (draw(replace(request, base_image=base, denoise=1.0)).rgba == full).all()


def test_progress_tells_every_step_once_with_previews_and_can_stop_the_drawing() -> None:
    told: list[tuple[int, int, Array | None]] = []
    draw(DrawRequest(WALKER, width=96, height=144, steps=9), lambda *step: told.append(step))
    assert [step for step, _, _ in told] == list(range(1, 10))
    assert {steps for _, steps, _ in told} == {9}
    previews = [preview for _, _, preview in told if preview is not None]
    assert len(previews) >= 2
    assert all(preview.dtype == np.uint8 and preview.shape[2] == 4 for preview in previews)

    class StopError(Exception):
        pass

    def stop(step: int, steps: int, preview: Array | None) -> None:
        if step == 3:
            raise StopError

    with pytest.raises(StopError):
        draw(DrawRequest(WALKER, width=96, height=144, steps=9), stop)


def test_the_recipe_is_json_and_draws_the_same_again() -> None:
    import json

    request = DrawRequest(WALKER, seed=11, width=64, height=96, loras=(("style.safetensors", 0.8),))
    shown = draw(request)
    recipe = json.loads(json.dumps(shown.recipe))
    again = DrawRequest(recipe["words"], recipe["negative"], recipe["seed"], *recipe["size"])
    assert digest(draw(again)) == digest(shown)
    assert recipe["loras"] == [["style.safetensors", 0.8]]
    assert any("LoRA" in note for note in recipe["notes"])


def test_what_is_not_understood_is_listed() -> None:
    assert any("zorblax" in text for text in picture(f"{WALKER}, riding a zorblax").not_drawn)


def test_sexual_words_are_refused() -> None:
    with pytest.raises(WordsRefused):
        draw(DrawRequest("nude woman", width=64, height=96))


def test_control_maps_agree_with_the_picture() -> None:
    request = DrawRequest(KNIGHT, seed=3, width=128, height=192, transparent=True)
    maps = control_maps(request)
    inside = solid(draw(request).rgba)
    body = (maps["segmentation"] != 0).any(-1)
    assert overlap(inside, body) > 0.9
    assert overlap(maps["depth"][..., 0] > 0, body) > 0.9
    assert (maps["normal"][~body].reshape(-1, 3) == maps["normal"][0, 0]).mean() > 0.98
    assert 0.01 < (maps["lineart"][..., 0] > 127).mean() < 0.35
    legend = {tuple(colour) for colour in maps["legend"].values()}
    assert {tuple(colour) for colour in np.unique(maps["segmentation"].reshape(-1, 3), axis=0)} <= legend
    assert tuple(maps["legend"]["cape"]) in {tuple(c) for c in maps["segmentation"].reshape(-1, 3)}
    assert len(maps["openpose_json"]["people"][0]["pose_keypoints_2d"]) == 54


def test_an_unknown_control_map_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from openpose"):
        control_maps(DrawRequest(WALKER, width=64, height=96), ("scribble",))


def test_speech_moves_the_mouth_and_a_blink_the_eyes_and_nothing_else() -> None:
    request = DrawRequest(WALKER, seed=3, width=192, height=192, camera=Camera(0.0, 0.0, "portrait"))
    rest = draw_moment(request, "sil", None)
    marks = rest.recipe["landmarks"]
    for moment, (x, y) in (
        (draw_moment(request, "aa", None), marks["mouth"]),
        (draw_moment(request, "sil", 0.0), marks["eyes"]["left"]),
    ):
        changed = np.abs(rest.rgba[..., :3].astype(int) - moment.rgba[..., :3]).max(-1) > 24
        assert changed[int(y) - 12 : int(y) + 12, int(x) - 12 : int(x) + 12].sum() > 10
        rows, columns = np.nonzero(changed)
        x0, y0, x1, y1 = marks["head_box"]
        assert rows.min() >= y0
        assert rows.max() <= y1
        assert columns.min() >= x0
        assert columns.max() <= x1
