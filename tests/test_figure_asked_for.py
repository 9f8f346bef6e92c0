"""What was asked for is in the picture: colours in place, views that agree, poses, references, people."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from studio.engine.figure import DrawRequest, control_maps, draw
from studio.engine.figure.keys import STYLES
from studio.engine.figure.maps import LEGEND
from tests.figure_pictures import (
    HEIGHT,
    WIDTH,
    area,
    body_part,
    coloured,
    hues,
    near,
    overlap,
    palette_of,
    pictured,
    request_of,
    segmented,
    solid,
)

WARRIOR = "female warrior, blue armor, long white hair, red cape, silver trim"
PLAIN = "young woman, short brown bob hair, straight bangs, green t-shirt, blue jeans, brown shoes, fair skin"
EVEN = f"{PLAIN}, a-pose"
DRESSED = "man, red trousers, yellow sweater, blue boots"
HUES = {
    "red": 0,
    "orange": 30,
    "yellow": 52,
    "green": 125,
    "cyan": 185,
    "blue": 222,
    "purple": 275,
    "pink": 335,
}
NEXT_TO_OTHERS = {"cyan", "orange", "pink"}  # skin, shade and light of other colours run into these
VIEWS = (0.0, 40.0, 90.0, 180.0)


@pytest.mark.parametrize(
    ("words", "part", "colour"),
    [
        ("female warrior, blue armor, long white hair", "torso", "blue"),
        ("female warrior, red armor, long white hair", "torso", "red"),
        (DRESSED, "legs", "red"),
        (DRESSED, "torso", "yellow"),
        (DRESSED, "feet", "blue"),
        ("mage character, purple robes", "torso", "purple"),
        (PLAIN, "torso", "green"),
        (PLAIN, "legs", "blue"),
    ],
)
def test_a_colour_is_where_its_noun_is(words: str, part: str, colour: str) -> None:
    picture = pictured(words)
    where = body_part(picture, part)
    shares = {name: coloured(picture, hue, where) for name, hue in HUES.items()}
    assert shares[colour] > 0.3, shares
    others = [share for name, share in shares.items() if name != colour and name not in NEXT_TO_OTHERS]
    assert shares[colour] > 2 * max(others), shares


def test_hair_has_its_own_colour() -> None:
    green = pictured("woman with green hair, white dress")
    blonde = pictured("woman with blonde hair, white dress")
    head = body_part(green, "head")
    assert coloured(green, HUES["green"], head) > 0.3 > 0.1 > coloured(blonde, HUES["green"], head)


def test_a_red_cape_is_redder_from_behind() -> None:
    front, back = pictured(WARRIOR), pictured(WARRIOR, 180.0)
    assert coloured(back, 0) > 1.5 * coloured(front, 0) > 0
    assert coloured(front, 222) > coloured(back, 222)


def test_what_the_negative_prompt_names_is_gone() -> None:
    without = pictured(WARRIOR, 180.0, negative="cape")
    assert coloured(without, 0) < 0.1 * coloured(pictured(WARRIOR, 180.0), 0)


def test_longer_hair_covers_more() -> None:
    lengths = ("short", "medium", "long", "very long")
    shares = [
        area(segmented(f"woman with {length} straight black hair, white dress", 180.0), "hair")
        for length in lengths
    ]
    assert shares[0] > 0
    assert all(longer > 1.15 * shorter for shorter, longer in pairwise(shares)), shares


def test_views_from_both_sides_are_mirror_images_of_an_even_character() -> None:
    for yaw in (40.0, 90.0):
        left, right = solid(pictured(EVEN, yaw)), solid(pictured(EVEN, -yaw))
        assert overlap(left, right[:, ::-1]) > 0.95


def test_front_and_back_are_the_same_outline_mirrored() -> None:
    front, back = solid(pictured(EVEN)), solid(pictured(EVEN, 180.0))
    assert overlap(front, back[:, ::-1]) > 0.95
    assert overlap(front, front[:, ::-1]) > 0.93


def test_a_full_turn_is_the_same_view() -> None:
    once, again = pictured(EVEN, 40.0).rgba.astype(int), pictured(EVEN, 400.0).rgba
    assert (np.abs(once - again).max(-1) > 8).mean() < 0.001


def test_the_four_views_agree_in_height_and_ground() -> None:
    rows = [np.flatnonzero(solid(pictured(PLAIN, yaw)).any(1)) for yaw in VIEWS]
    assert np.ptp([found[0] for found in rows]) <= 0.02 * HEIGHT
    assert np.ptp([found[-1] for found in rows]) <= 0.04 * HEIGHT


def test_the_four_views_share_a_palette_that_others_do_not_have() -> None:
    own = [palette_of(pictured(PLAIN, yaw)) for yaw in VIEWS]
    other = [palette_of(pictured("old man, mage in purple robes, long white beard", yaw)) for yaw in VIEWS]
    alike = [float(np.minimum(a, b).sum()) for a, b in combinations(own, 2)]
    strange = [float(np.minimum(a, b).sum()) for a in own for b in other]
    assert min(alike) > 0.55
    assert min(alike) > max(strange)


def test_a_clear_ground_does_not_change_the_figure() -> None:
    clear, painted = pictured(PLAIN), pictured(PLAIN, transparent=False)
    alpha = clear.rgba[..., 3]
    inside = alpha == 255
    assert inside.mean() > 0.1
    assert ((alpha > 0) & (alpha < 255)).sum() > 100  # soft edges
    assert np.abs(painted.rgba[inside].astype(int) - clear.rgba[inside]).max() <= 1
    said = draw(DrawRequest(f"{PLAIN}, transparent background", width=WIDTH, height=HEIGHT, seed=1))
    assert said.rgba[0, 0, 3] == 0


@pytest.mark.parametrize(
    "size", [(64, 64), (96, 64), (257, 131), (96, 384), (64, 2048), (2048, 64), (2048, 2048)]
)
def test_no_format_cuts_the_figure(size: tuple[int, int]) -> None:
    picture = pictured(PLAIN, width=size[0], height=size[1], steps=1)
    assert picture.rgba.shape == (size[1], size[0], 4)
    mask = solid(picture)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    assert 0 < rows[0] < rows[-1] < size[1] - 1
    assert 0 < columns[0] < columns[-1] < size[0] - 1
    assert max(rows.size / size[1], columns.size / size[0]) > 0.6
    assert abs((columns[0] + columns[-1]) / 2 - size[0] / 2) < 0.2 * columns.size


def test_an_openpose_picture_poses_the_character() -> None:
    skeleton = control_maps(
        request_of(f"{PLAIN}, t-pose", width=2 * WIDTH, height=2 * HEIGHT), ("openpose",)
    )["openpose"]
    idle, wanted = solid(pictured(PLAIN)), solid(pictured(f"{PLAIN}, t-pose"))
    posed = draw(request_of(PLAIN, pose_image=skeleton))
    assert not posed.not_drawn
    assert overlap(solid(posed), wanted) > max(0.6, overlap(solid(posed), idle) + 0.1)


def test_an_openpose_document_poses_the_character() -> None:
    document = control_maps(request_of(f"{PLAIN}, victory pose"), ())["openpose_json"]
    idle, wanted = solid(pictured(PLAIN)), solid(pictured(f"{PLAIN}, victory pose"))
    posed = draw(request_of(PLAIN, pose_json=document))
    assert not posed.not_drawn
    assert overlap(solid(posed), wanted) > overlap(solid(posed), idle) + 0.05


def test_a_reference_picture_gives_colours_that_the_words_leave_open() -> None:
    words = "young woman, long straight hair, dress"
    shares: dict[str, dict[str, float]] = {}
    reference = np.zeros((1, 1, 3), np.uint8)
    for dress in ("green", "purple"):
        said = f"young woman, long straight blue hair, {dress} dress, fair skin"
        reference = draw(DrawRequest(said, seed=5, width=192, height=288)).rgba[..., :3]
        led = draw(request_of(words, 180.0, seed=3, reference_image=reference))
        shares[dress] = {name: coloured(led, HUES[name]) for name in ("green", "purple", "blue")}
    assert shares["green"]["green"] > 0.2 > shares["green"]["purple"]
    assert shares["purple"]["purple"] > 0.2 > shares["purple"]["green"]
    assert min(found["blue"] for found in shares.values()) > 0.1
    kept = draw(request_of("young woman, long straight hair, red dress", 180.0, reference_image=reference))
    assert coloured(kept, HUES["red"]) > 0.15  # what is said wins


def test_without_denoise_the_picture_that_was_given_stays() -> None:
    base = np.zeros((50, 40, 4), np.uint8)
    base[:, :20] = (255, 0, 0, 255)
    base[:, 20:] = (0, 0, 255, 255)
    kept = draw(request_of(PLAIN, transparent=False, base_image=base, denoise=0.0)).rgba
    assert (kept[:, : WIDTH // 2] == (255, 0, 0, 255)).all()
    assert (kept[:, WIDTH // 2 :] == (0, 0, 255, 255)).all()


def test_seeds_give_different_characters_that_keep_what_was_said() -> None:
    pictures = [pictured("warrior, blue armor, red cape", seed=seed) for seed in (1, 2, 3)]
    for a, b in combinations(pictures, 2):
        assert not np.array_equal(a.rgba, b.rgba)
    for picture in pictures:
        assert coloured(picture, HUES["blue"], body_part(picture, "torso")) > 0.3


def test_every_style_differs_from_every_other() -> None:
    pictures = {name: pictured(PLAIN, style=name, transparent=False).rgba.astype(int) for name in STYLES}
    for a, b in combinations(STYLES, 2):
        assert np.abs(pictures[a] - pictures[b]).mean() > 1.5, (a, b)
    assert np.array_equal(pictured(PLAIN, realism=True, transparent=False).rgba, pictures["shaded_3d"])


def test_styles_keep_the_figure_and_chibi_has_a_large_head() -> None:
    for name in ("watercolor", "flat", "oil", "comic", "shaded_3d", "concept_grey"):
        assert overlap(solid(pictured(PLAIN, style=name)), solid(pictured(PLAIN))) > 0.9, name
    heads = [pictured(PLAIN, style=name).recipe["landmarks"]["head_height_px"] for name in ("anime", "chibi")]
    assert heads[1] > 1.8 * heads[0]


def test_an_unknown_style_falls_back_and_says_so() -> None:
    picture = pictured(PLAIN, style="quantum baroque")
    assert "quantum baroque" in " ".join(picture.not_drawn)
    assert np.array_equal(picture.rgba, pictured(PLAIN).rgba)


@pytest.mark.parametrize(
    "words", ["child girl in a bikini", "little boy, swim trunks", "little girl, crop top"]
)
def test_children_are_drawn_modestly_and_as_children(words: str) -> None:
    for yaw in (0.0, 180.0):
        picture = pictured(words, yaw)
        trunk = body_part(picture, "torso") & solid(picture)
        skin = (segmented(words, yaw) == np.array(LEGEND["skin"])).all(-1)
        assert (skin & trunk).sum() < 0.12 * trunk.sum()
    grown, child = (
        shown.recipe["landmarks"]["head_height_px"] / np.flatnonzero(solid(shown).any(1)).size
        for shown in (pictured("young woman in a long dress"), pictured(words))
    )
    assert child > 1.15 * grown


@pytest.mark.parametrize("pose", ["sit", "crouch", "kneel", "kick", "run", "jump"])
def test_a_skirt_stays_decent_in_every_pose(pose: str) -> None:
    words = "young woman, white blouse, blue skirt, brown boots, fair skin"
    for yaw in (0.0, 40.0, 180.0):
        request = request_of(words, yaw, pose_json={"name": pose})
        picture = draw(request)
        skin = (control_maps(request, ("segmentation",))["segmentation"] == np.array(LEGEND["skin"])).all(-1)
        hands = near(picture, "left_wrist", 0.3) | near(picture, "right_wrist", 0.3)
        between = near(picture, "pelvis", 0.15) & solid(picture) & ~hands
        assert (skin & between).sum() <= 0.1 * between.sum(), yaw


def test_every_landmark_is_on_the_figure() -> None:
    picture = pictured(EVEN)
    mask = solid(picture)
    marks = picture.recipe["landmarks"]
    for name, (x, y) in {
        "mouth": marks["mouth"],
        "nose": marks["nose"],
        **marks["eyes"],
        **marks["joints"],
    }.items():
        assert mask[max(0, round(y) - 1) : round(y) + 2, max(0, round(x) - 1) : round(x) + 2].any(), name
    assert all(marks["visible"].values())
    assert not pictured(EVEN, 180.0).recipe["landmarks"]["visible"]["face"]


def test_the_eyes_are_where_the_landmarks_say() -> None:
    words = "young woman, short brown bob hair, green eyes, white shirt, fair skin"
    picture = pictured(words, framing="portrait", width=192, height=192)
    marks = picture.recipe["landmarks"]
    hue, strength, _ = hues(picture.rgba)
    green = (np.abs(hue - 125) < 45) & (strength > 0.3)
    for x, y in marks["eyes"].values():
        size = marks["head_height_px"] * 0.08
        assert green[round(y - size) : round(y + size), round(x - size) : round(x + size)].mean() > 0.15


@pytest.mark.parametrize("hair", ["in a bun", "ponytail", "mohawk", "short"])
def test_a_hood_holds_the_hair_and_leaves_the_face_free(hair: str) -> None:
    words = f"human woman, bright red hair {hair}, fair skin, green hooded cloak, hands on hips"
    behind = segmented(words, 180.0)
    assert area(behind, "hair") < 0.002  # a lock at the nape
    profile = segmented(words, 90.0, framing="bust")
    assert area(profile, "skin", "face") > 0.001
