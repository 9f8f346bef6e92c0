"""Joint angles put bones where they belong; OpenPose documents and pictures go there and back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from studio.engine.figure.poses import (
    OpenPose,
    draw_openpose,
    from_document,
    joint_points,
    library,
    lift,
    pose_from_document,
    pose_from_json,
    pose_from_picture,
    pose_to_json,
    read_picture,
    resolve,
    to_document,
    world_rotations,
)
from studio.engine.figure.poses.openpose import BODY_25, COLOURS, COLOURS_25, LIMBS, NAMES, Point
from studio.engine.figure.spec import Joint, Pose
from studio.engine.figure.words.views import POSES

PROMISED = (
    "idle",
    "a_pose",
    "t_pose",
    "walk",
    "run",
    "battle_stance",
    "cast",
    "archer",
    "sit",
    "wave",
    "arms_crossed",
    "jump",
)


def seen(pose: Pose, yaw_deg: float = 0.0, width: int = 512, height: int = 768) -> OpenPose:
    """The plain figure in a pose as a camera at this yaw sees it."""
    cosine, sine = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    scale = height / 10
    spots = joint_points(pose)
    points: list[Point | None] = []
    for name in NAMES:
        x, y, z = spots[name]
        points.append((width / 2 + scale * (x * cosine - z * sine), height - 40 - scale * y))
    return OpenPose(tuple(points), width, height)


def from_neck(pose: OpenPose, name: str) -> Point:
    """Where a point is from the neck."""
    neck, point = pose.point("neck"), pose.point(name)
    assert neck is not None
    assert point is not None
    return point[0] - neck[0], point[1] - neck[1]


# The library


def test_the_library_has_the_promised_poses() -> None:
    assert set(PROMISED) <= set(library())
    assert len(library()) >= 20


def test_every_pose_word_leads_to_a_pose_of_the_library() -> None:
    assert set(POSES.values()) <= set(library())


@pytest.mark.parametrize("name", sorted(library()))
def test_library_poses_keep_above_the_ground_and_in_one_piece(name: str) -> None:
    points = joint_points(Pose(name))
    assert math.dist(points["left_shoulder"], points["left_elbow"]) == pytest.approx(1.3)
    assert points["crown"][1] > points["left_ankle"][1] + 1
    assert pose_from_json(json.loads(json.dumps(pose_to_json(Pose(name))))) == resolve(Pose(name))


def test_t_pose_and_a_pose_are_what_they_are_called() -> None:
    points = joint_points(Pose("t_pose"))
    assert points["left_wrist"][1] == pytest.approx(points["left_shoulder"][1])
    assert points["left_wrist"][0] > 2
    assert points["right_wrist"][0] < -2
    points = joint_points(Pose("a_pose"))
    arm = points["left_elbow"] - points["left_shoulder"]
    assert arm[0] == pytest.approx(-arm[1], abs=0.01)


def test_forward_goes_to_the_viewer_and_out_goes_away_from_the_body() -> None:
    for side, sign in (("left", 1), ("right", -1)):
        forward = joint_points(Pose("x", (Joint(f"{side}_shoulder", forward=90),)))
        assert forward[f"{side}_wrist"][2] > 2
        out = joint_points(Pose("x", (Joint(f"{side}_shoulder", out=90),)))
        assert sign * out[f"{side}_wrist"][0] > 2
        knee = joint_points(Pose("x", (Joint(f"{side}_knee", forward=-90),)))
        assert knee[f"{side}_ankle"][2] < -1
    bow = joint_points(Pose("x", (Joint("spine", forward=45),)))
    assert bow["head"][2] > 0.5
    lean = joint_points(Pose("x", (Joint("spine", out=30),)))
    assert lean["head"][0] > 0.5
    turn = joint_points(Pose("x", (Joint("head", twist=60),)))
    assert turn["nose"][0] > 0.2


def test_rotations_are_rotations() -> None:
    for name in library():
        for frame in world_rotations(Pose(name)).values():
            assert np.allclose(frame @ frame.T, np.eye(3))
            assert np.linalg.det(frame) == pytest.approx(1.0)


def test_mirrored_poses_mirror() -> None:
    plain, mirrored = joint_points(Pose("wave")), joint_points(Pose("wave", mirrored=True))
    for one, other in (("right_wrist", "left_wrist"), ("nose", "nose"), ("left_knee", "right_knee")):
        x, y, z = mirrored[other]
        assert np.allclose(plain[one], (-x, y, z))
    assert resolve(Pose("wave", mirrored=True)).left_hand == "open"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "needs the name"),
        ({"name": "moonwalk"}, "no pose is called"),
        ({"joints": {"elbow": [1]}}, "unknown joints"),
        ({"joints": {"left_elbow": "bent"}}, "forward, out, twist"),
        ({"joints": {"left_elbow": [float("nan")]}}, "needs numbers"),
        ({"joints": {"left_elbow": [9000]}}, "out of range"),
        ({"joints": {"left_elbow": [1]}, "hands": {"left": "claw"}}, "unknown hand"),
        ({"joints": [1, 2]}, "must map"),
    ],
)
def test_wrong_pose_json_is_explained(data: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        pose_from_json(data)


# Documents


@pytest.mark.parametrize("body_25", [False, True])
def test_documents_round_trip(body_25: bool) -> None:
    pose = seen(Pose("battle_stance"))
    document = json.loads(json.dumps(to_document(pose, body_25=body_25)))
    assert len(document["people"][0]["pose_keypoints_2d"]) == (75 if body_25 else 54)
    again = from_document(document)
    assert (again.width, again.height) == (512, 768)
    for one, other in zip(pose.points, again.points, strict=True):
        assert one is not None
        assert other == pytest.approx(one, abs=0.01)


def test_documents_of_other_writers_are_read() -> None:
    flat = [0.5, 0.1, 0.9] * 18
    assert from_document([{"people": [{"pose_keypoints_2d": flat}]}]).points[0] == pytest.approx((256, 76.8))
    missing = [100.0, 50.0, 1.0] * 17 + [0.0, 0.0, 0.0]
    assert (
        from_document(
            {"people": [{"pose_keypoints_2d": missing}], "canvas_width": 200, "canvas_height": 300}
        ).points[17]
        is None
    )
    two = {"people": [{"pose_keypoints_2d": [0.0] * 54}, {"pose_keypoints_2d": missing}]}
    assert from_document(two).points[3] == (100.0, 50.0)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({}, "people"),
        ([], "people"),
        ("skeleton", "people"),
        ({"people": []}, "nobody"),
        ({"people": [{"pose_keypoints_2d": [1.0, 2.0, 1.0] * 7}]}, "18 .* or 25"),
        ({"people": [{"pose_keypoints_2d": [0.0] * 54}]}, "no point"),
        ({"people": [{"pose_keypoints_2d": ["a"] * 54}]}, "numbers"),
    ],
)
def test_wrong_documents_are_explained(document: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        from_document(document)


# Pictures


@pytest.mark.parametrize("size", [(512, 768), (256, 384), (1024, 1536), (96, 144)])
@pytest.mark.parametrize("name", ["idle", "t_pose", "battle_stance", "sit", "run"])
def test_a_drawn_skeleton_is_read_back(name: str, size: tuple[int, int]) -> None:
    pose = seen(Pose(name), width=size[0], height=size[1])
    found = read_picture(draw_openpose(pose.points, size))
    assert found is not None
    assert (found.width, found.height) == size
    near = 0
    for one, other in zip(pose.points, found.points, strict=True):
        assert one is not None
        if other is not None:
            assert math.dist(one, other) < max(4.0, size[1] * 0.02)
            near += 1
    assert near >= 14


def test_a_body_25_picture_is_read() -> None:
    pose = seen(Pose("walk"))
    canvas = draw_openpose((None,) * 18, (512, 768))
    rows, columns = np.mgrid[0:768, 0:512]
    for one, other in LIMBS:
        start, end = pose.points[one], pose.points[other]
        assert start is not None
        assert end is not None
        for step in np.linspace(0, 1, 200):
            x, y = start[0] + (end[0] - start[0]) * step, start[1] + (end[1] - start[1]) * step
            canvas[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = [
                part * 0.6 for part in COLOURS_25[other]
            ]
    for place, point in enumerate(pose.points):
        assert point is not None
        canvas[(rows - point[1]) ** 2 + (columns - point[0]) ** 2 < 20] = COLOURS_25[place]
    hips = ((rows - 768 + 40 + 288) ** 2 + (columns - 256) ** 2) < 20
    canvas[hips] = COLOURS_25[1]  # the middle of the hips has the colour of the neck
    found = read_picture(canvas)
    assert found is not None
    for name in ("neck", "left_shoulder", "right_shoulder", "left_knee", "right_knee", "right_hip"):
        one, other = pose.point(name), found.point(name)
        assert one is not None
        assert other is not None, name
        assert math.dist(one, other) < 8, name


def test_a_compressed_and_enlarged_skeleton_is_still_read() -> None:
    import io

    from PIL import Image

    drawn = Image.fromarray(draw_openpose(seen(Pose("t_pose")).points, (512, 768)))
    packed = io.BytesIO()
    drawn.resize((768, 1152)).save(packed, "JPEG", quality=90)
    assert read_picture(np.asarray(Image.open(packed))) is not None


def test_other_pictures_are_reported_unreadable() -> None:
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[0:256, 0:256]
    photo = np.stack([rows // 2 + 60, columns // 2 + 40, (rows + columns) // 4 + 50], axis=2).astype(np.uint8)
    photo = (photo + rng.integers(0, 30, photo.shape)).clip(0, 255).astype(np.uint8)
    stars = np.zeros((256, 256, 3), np.uint8)
    stars[rng.integers(0, 256, 300), rng.integers(0, 256, 300)] = 255
    confetti = np.zeros((256, 256, 3), np.uint8)
    for place, colour in enumerate(COLOURS):
        row, column = 10 + 13 * place, int(rng.integers(10, 246))
        confetti[row - 3 : row + 3, column - 3 : column + 3] = colour
    for picture in (
        photo,
        stars,
        confetti,
        rng.integers(0, 256, (256, 256, 3)).astype(np.uint8),
        np.zeros((256, 256, 3), np.uint8),
        np.full((256, 256, 3), 255, np.uint8),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((256, 256), np.uint8),
        255 - draw_openpose(seen(Pose("idle")).points, (512, 768)),
    ):
        assert read_picture(picture) is None


# From points to angles


@pytest.mark.parametrize("yaw", [0.0, 180.0])
@pytest.mark.parametrize("name", [name for name in sorted(library()) if name not in {"bow", "crouch"}])
def test_lifted_points_look_the_same_again(name: str, yaw: float) -> None:
    before = seen(Pose(name), yaw)
    lifted = lift(before)
    assert lifted is not None
    pose, found_yaw = lifted
    assert found_yaw == yaw
    after = seen(pose, found_yaw)
    for limb in ("left_elbow", "left_wrist", "right_wrist", "left_knee", "left_ankle", "right_ankle"):
        one, other = from_neck(before, limb), from_neck(after, limb)
        assert math.dist(one, other) < 768 / 10 * 0.5, limb


def test_whatever_is_handed_in_becomes_a_pose() -> None:
    whole = seen(Pose("t_pose"))
    assert resolve(pose_from_document({"name": "walk"})[0]) == library()["walk"]
    pose, yaw = pose_from_document(to_document(whole))
    assert yaw == 0.0
    assert joint_points(pose)["left_wrist"][0] > 2
    read = pose_from_picture(draw_openpose(whole.points, (512, 768)))
    assert read is not None
    assert joint_points(read[0])["left_wrist"][0] > 2
    assert pose_from_picture(np.full((64, 64, 3), 200, np.uint8)) is None
    with pytest.raises(ValueError, match="too little"):
        pose_from_document({"people": [{"pose_keypoints_2d": [9.0, 9.0, 1.0] + [0.0] * 51}]})


def test_a_side_view_is_recognised() -> None:
    for yaw in (90.0, -90.0):
        lifted = lift(seen(Pose("walk"), yaw))
        assert lifted is not None
        assert abs(lifted[1] - yaw) < 30


def test_half_a_body_is_lifted_as_far_as_it_goes() -> None:
    whole = seen(Pose("wave"))
    half = OpenPose(
        tuple(
            None if "knee" in name or "ankle" in name else point
            for name, point in zip(NAMES, whole.points, strict=True)
        ),
        512,
        768,
    )
    lifted = lift(half)
    assert lifted is not None
    assert {joint.name for joint in lifted[0].joints} >= {"right_shoulder", "right_elbow"}
    assert lift(OpenPose((None,) * 18, 10, 10)) is None


def test_the_body_25_table_names_every_coco_point_once() -> None:
    assert sorted(place for place in BODY_25 if place is not None) == list(range(18))
