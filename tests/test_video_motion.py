"""Motions on a figure: feet stay where they stand, loops close, and words find motion and camera."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studio.engine.figure.drawing import read_request
from studio.engine.figure.motion.acting import Acting, cast_as, ends_as_it_began, rounds_of
from studio.engine.figure.motion.asked import asked_in, still_unread
from studio.engine.figure.motion.camera import Move, Wall, move_at
from studio.engine.figure.motion.curves import Curve
from studio.engine.figure.motion.film import Film, Wish
from studio.engine.figure.motion.motion import FOLDER, motions, read_motion
from studio.engine.figure.request import Camera, DrawRequest
from studio.engine.figure.shape.curves import turn
from studio.engine.figure.shape.skeleton import BONE, bend, bend_points

WORDS = "a woman in a shirt and trousers"
CHIBI = "chibi girl in a dress"


def film(words: str, seconds: float = 2.0, motion: str = "", camera: str = "", **more: object) -> Film:
    request = DrawRequest(words, seed=3, width=96, height=128, **more)  # type: ignore[arg-type]
    return Film(Wish(request, seconds, motion, camera))


@pytest.fixture(scope="module")
def soles() -> dict[str, tuple[Film, dict[str, np.ndarray]]]:
    """Figures with the points of their soles."""
    found = {}
    for words in (WORDS, CHIBI):
        made = film(words, motion="walk")
        model, ground = made.scene.model, made.acting.body.ground
        low = model.points[:, 1] < ground + 0.012 * made.acting.body.leg
        found[words] = (
            made,
            {
                side: np.flatnonzero(low & (model.weights[:, BONE[f"{side}_ankle"]] > 0.95))
                for side in ("left", "right")
            },
        )
    return found


def in_world(made: Film, acting: Acting, share: float, points: np.ndarray) -> np.ndarray:
    """Points of the skin where they are in the world, with the way that was gone."""
    moment, model = acting.moment(share), made.scene.model
    rotations, shifts = bend(model.rest, moment.joints)
    bent, _ = bend_points(
        model.points[points], model.normals[points], model.weights[points], rotations, shifts
    )
    return (bent + moment.hips) @ turn("y", moment.turned_deg).T + moment.way


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
@pytest.mark.parametrize("words", [WORDS, CHIBI])
def test_a_foot_on_the_ground_stays_where_it_is(
    name: str, words: str, soles: dict[str, tuple[Film, dict[str, np.ndarray]]]
) -> None:
    made, feet = soles[words]
    motion = motions()[name]
    spec, motion = cast_as(made.scene.spec, motion)
    acting = Acting(spec, made.scene.model, motion, motion.seconds)
    leg, ground = acting.body.leg, acting.body.ground
    moments = 96
    stood = slid = 0.0
    both = np.concatenate([feet["left"], feet["right"]])
    parts = {"left": slice(0, len(feet["left"])), "right": slice(len(feet["left"]), len(both))}
    assert all(len(points) > 20 for points in feet.values())
    earlier = in_world(made, acting, 0.0, both)
    for number in range(1, moments):
        later = in_world(made, acting, number / moments, both)
        for side, part in parts.items():
            before, now = earlier[part], later[part]
            # The places of the sole that touch the ground at both moments.
            touch = (now[:, 1] < ground + 0.01 * leg) & (before[:, 1] < ground + 0.01 * leg)
            if touch.sum() > 10:
                stood += 1
                slid = max(slid, float(np.median(np.hypot(*(now - before)[touch][:, [0, 2]].T))) / leg)
            assert now[:, 1].min() > ground - 0.045 * leg, f"the {side} foot is in the ground"
        earlier = later
    assert stood > moments / 3
    # A foot that comes down or leaves rolls over its edge: that is the most that its places may move.
    assert slid < 0.02, f"{name}: a foot slides by {slid:.3f} of a leg between two moments"


@pytest.mark.parametrize("name", ["walk", "run", "turn"])
def test_steps_go_as_far_as_the_ground(name: str) -> None:
    acting = film(WORDS, motions()[name].seconds, motion=name).acting
    way, turned = acting.motion.way(acting.body, 1.0)
    assert acting.motion.gait is not None
    assert way[2] == pytest.approx(acting.motion.gait.stride * acting.motion.gait.pairs * acting.body.leg)
    assert turned == (360.0 if name == "turn" else 0.0)


def test_closed_motions_end_as_they_began_and_others_do_not(
    soles: dict[str, tuple[Film, dict[str, np.ndarray]]],
) -> None:
    scene = soles[WORDS][0].scene
    for name, motion in motions().items():
        spec, cast = cast_as(scene.spec, motion)
        acting = Acting(spec, scene.model, cast, 4.0)
        first, last = acting.moment(0.0), acting.moment(1.0)
        same = all(
            abs(one.forward - other.forward) < 1e-6 and abs(one.out - other.out) < 1e-6
            for one, other in zip(first.joints, last.joints, strict=True)
        )
        assert same == motion.closed, name
        assert ends_as_it_began(motion, 4.0) == motion.closed
    assert rounds_of(motions()["walk"], 5.0) == 5.0
    assert rounds_of(motions()["wave"], 1.0) == pytest.approx(0.4), "nobody waves in frantic haste"


def test_the_frame_after_the_last_is_the_first() -> None:
    made = film("A girl with long hair walking in a forest, from the side", 6.6)
    assert made.told.closed
    # The ground that has gone by is resampled once more, which is all that may differ.
    assert np.abs(made.picture(0.0).astype(int) - made.picture(1.0)).mean() < 0.6
    assert np.abs(made.picture(0.0).astype(int) - made.picture(0.3)).mean() > 4


def test_it_is_the_same_character_as_in_its_picture() -> None:
    words = "elf ranger with green eyes"
    still = read_request(DrawRequest(words, seed=9)).spec
    moving = Film(Wish(DrawRequest(words + " walking, camera slowly zooms in", seed=9), 2.0)).scene.spec
    assert (moving.hair, moving.eyes, moving.skin, moving.build) == (
        still.hair, still.eyes, still.skin, still.build,
    )  # fmt: skip
    assert moving.garments == still.garments


def test_the_backdrop_stays_where_it_is_while_nobody_goes_anywhere() -> None:
    made = film("a man in a forest waving, front view", 2.5)
    pictures = [made.picture(share).astype(int) for share in (0.0, 0.2, 0.5, 0.8)]
    edge = [picture[:, :6] for picture in pictures]
    assert all(np.array_equal(edge[0], other) for other in edge[1:])
    assert any(np.abs(pictures[0] - other).max() > 60 for other in pictures[1:])


def test_the_ground_goes_by_as_fast_as_the_feet() -> None:
    request = DrawRequest(WORDS + " in a city", seed=3, width=96, height=128, camera=Camera(90.0))
    made = Film(Wish(request, 3.3, "walk"))
    way, _ = made.acting.motion.way(made.acting.body, made.acting.rounds)
    gone = -made._scroll_px(1.0)
    assert gone == pytest.approx(way[2] * made.scene.shot.scale, rel=0.01)
    # So short a way does not come around to where the backdrop began; it is told as JSON.
    assert made.told.closed is False
    assert json.dumps(made.told.recipe)


def test_hair_follows_later() -> None:
    made = film("a girl with very long hair jumping", 1.9)
    loose = made._loose.hair
    assert loose.max() > 0.5
    behind = [made._sway.behind(share)[0, 1] for share in np.linspace(0, 1, 40)]
    assert max(behind) > 0.01
    assert min(behind) < -0.01
    assert behind[0] == pytest.approx(behind[-1], abs=1e-6)


@pytest.mark.parametrize(
    ("words", "motion", "camera"),
    [
        ("A character walking", "walk", "still"),
        ("A knight runs through the forest, slow zoom in", "run", "zoom in"),
        ("wizard casting a spell, camera pans to the left", "cast", "pan left"),
        ("a girl, camera orbits around her", "idle", "orbit"),
        ("a woman turns around", "turn", "still"),
        ("a boy holding a frying pan", "idle", "still"),
        ("hunter with a bow", "idle", "still"),
        ("an actor takes a bow, static camera", "bow", "still"),
        ("queen standing, then waving at the viewer", "wave", "still"),
        ("a robot dances, the camera zooms out", "dance", "zoom out"),
        ("", "idle", "still"),
    ],
)
def test_words_say_what_moves(words: str, motion: str, camera: str) -> None:
    asked = asked_in(words)
    assert (asked.motion, asked.camera) == (motion, camera)


def test_words_of_the_camera_are_not_words_of_the_character() -> None:
    asked = asked_in("A queen in red, camera slowly zooms in")
    assert asked.words == "A queen in red"
    assert still_unread(("waves", "a quantum flux"), asked_in("a man waves")) == ("a quantum flux",)
    assert asked_in("she walks slowly").pace < 1 < asked_in("he walks quickly").pace


def test_who_carries_something_in_the_right_hand_waves_with_the_left() -> None:
    spec = read_request(DrawRequest("knight with a sword in the right hand", seed=1)).spec
    assert any(item.where == "right_hand" for item in spec.items)
    _, motion = cast_as(spec, motions()["wave"])
    assert "left_wrist" in motion.joints
    assert "right_wrist" not in motion.joints


def test_curves_come_to_their_keys_as_they_say() -> None:
    curve = Curve.of([[0.0, 0], [0.5, 10, "linear"], [0.8, 10, "hold"]], 1, False)
    assert curve.at(0.25)[0] == pytest.approx(5.0)
    assert curve.at(0.6)[0] == pytest.approx(10.0)
    assert curve.at(2.0)[0] == 10.0
    closed = Curve.of([[0.0, -4], [0.5, 4]], 1, True)
    assert closed.at(1.0)[0] == pytest.approx(closed.at(0.0)[0])
    assert abs(closed.at(0.25)[0]) < 0.5
    values = [closed.at(t)[0] for t in np.linspace(0, 1, 50)]
    assert max(values) <= 4 + 1e-9
    assert min(values) >= -4 - 1e-9
    for rows in ([], [[0.0]], [[0.3, 1], [0.2, 1]], [[0.0, 1, "wobbly"]], [[0.0, 1, 2]]):
        with pytest.raises(ValueError, match=r"key|easing"):
            Curve.of(rows, 1, False)
    with pytest.raises(ValueError, match="unknown joints"):
        read_motion({"name": "x", "closed": True, "joints": {"nose": [[0, 1]]}})


def test_cameras_move_within_what_is_painted() -> None:
    for camera in ("zoom in", "zoom out", "pan left", "pan right", "pan up", "pan down"):
        for share in (0.0, 0.5, 1.0):
            move = move_at(camera, share, 5.0)
            assert abs(move.up) <= (1 - 1 / move.closer) / 2 + 1e-9
    assert move_at("zoom in", 1.0, 5.0).closer > 1.3 > move_at("zoom in", 0.0, 5.0).closer
    assert move_at("orbit", 1.0, 5.0).yaw_deg == 360.0
    stripes = np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None, :, None], 30, 0).repeat(3, 2)
    wall = Wall(stripes, 40, 30)
    assert np.array_equal(wall.seen(0.0, Move()), stripes)
    assert np.allclose(wall.seen(40.0, Move()), stripes[:, ::-1], atol=0.01)
    assert np.allclose(wall.seen(80.0, Move()), stripes, atol=0.01)
