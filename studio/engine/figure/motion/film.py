"""A figure that moves, as the frames of a video: built and painted once, bent and shaded for each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..backdrop import backdrop
from ..drape import Draping, Sewn, drape
from ..drawing import Scene, in_style, read_request, stage_spec
from ..face.decal import face_picture
from ..items import STOOL_PARTS
from ..landmarks import facing, head_middle
from ..render.camera import frame
from ..render.scene import Layers, nothing_seen, render
from ..request import Camera, DrawRequest, Framing
from ..shape.curves import turn
from ..shape.skeleton import BONE, bend, bend_points
from ..spec import Joint, Spec
from ..workshop import CHIN, Model
from .acting import Acting, Moment, cast_as, ends_as_it_began
from .asked import CAMERAS, Asked, asked_in, still_unread
from .camera import Move, Wall, move_at, seen_from
from .motion import motions
from .sway import Loose, Sway, loose_of

Array = np.ndarray
_SAMPLES = 12  # moments that the frame of the picture must hold
_EVERY = 5  # of the points, for that
_FINE_PX, _FINE, _PLAIN = 3_200_000, 2, 1
_SHADOW = np.array([0.95, 0.9, 0.75], np.float32)
_EVEN = ("plain", "gradient", "transparent")  # backdrops that go along with whoever stands before them
_LONGEST_WALL = 6.0  # in widths of the picture


@dataclass(frozen=True)
class Wish:
    """What a video should show."""

    request: DrawRequest
    seconds: float
    motion: str = ""  # empty: by the words
    camera: str = ""
    spec: Spec | None = None  # a character that is known already, by the recipe of its picture
    seen: Camera | None = None  # and from where it was seen


@dataclass(frozen=True, eq=False)
class Told:
    """What became of the words, for the notes."""

    motion: str
    camera: str
    not_drawn: tuple[str, ...]
    closed: bool
    recipe: dict[str, Any]


class Film:
    """The frames of a video of a figure."""

    def __init__(self, wish: Wish) -> None:
        request = wish.request
        asked = asked_in(request.words)
        name, camera = wish.motion or asked.motion, wish.camera or asked.camera
        if name not in motions():
            raise ValueError(f"No motion is called {name!r}; known are {', '.join(motions())}.")
        if camera not in CAMERAS:
            raise ValueError(f"No camera move is called {camera!r}; known are {', '.join(CAMERAS)}.")
        spec, not_drawn = _character(wish, asked)
        spec, motion = cast_as(spec, motions()[name])
        self.seconds, self._camera_move = wish.seconds, camera
        self._view = _view(wish, spec, motion.view_deg)
        scene = stage_spec(spec, self._view, request.width, request.height)
        self._model: Model = scene.model
        self.acting = Acting(spec, scene.model, motion, wish.seconds, asked.pace, spec.seed)
        self._loose: Loose = loose_of(scene.model)
        self._sway = Sway(self.acting, scene.model.head_height)
        self._stool = _stool(scene.model) if motion.seat else None
        self._firm = _firm(scene.model)
        self.scene: Scene = self._framed(scene)
        self._clear = request.transparent or spec.background.kind == "transparent"
        self._scroll_px, tile, around = self._scrolled()
        self._wall = Wall(self._painted_wall(tile), request.width, request.height)
        self.told = Told(
            name,
            camera,
            tuple(dict.fromkeys((*not_drawn, *scene.not_drawn))),
            camera in ("still", "orbit") and around and ends_as_it_began(motion, wish.seconds, asked.pace),
            {
                "motion": name,
                "camera": camera,
                "spec": spec.to_json(),
                "seed": request.seed,
                "words": request.words,
            },
        )

    def picture(self, share: float) -> Array:
        """The frame at a share of the video, from 0 to 1, as bytes."""
        move = move_at(self._camera_move, share, self.seconds)
        moment = self.acting.moment(share)
        points, normals, rotations, shifts = self.bent(moment, share)
        shot = seen_from(self.scene.shot, move, self._view.yaw_deg, self._view.pitch_deg)
        scene = replace(
            self.scene, points=points, normals=normals, rotations=rotations, shifts=shifts, shot=shot,
            camera=replace(self._view, yaw_deg=self._view.yaw_deg + move.yaw_deg),
        )  # fmt: skip
        rgba = scene.style.paint(self._layers(scene, moment), None, scene)
        behind = self._wall.seen(self._scroll_px(share), move)
        return self._laid_over(rgba, behind, scene, moment)

    def bent(self, moment: Moment, share: float) -> tuple[Array, Array, Array, Array]:
        """Points, normals and bones of the figure at a moment, where the camera that follows sees it."""
        model, body = self._model, self.acting.body
        rotations, shifts = bend(model.rest, moment.joints)
        points, normals = bend_points(model.points, model.normals, model.weights, rotations, shifts)
        back = turn("y", -moment.turned_deg)
        behind = self._sway.behind(share) @ back.T
        if model.limbs is not None:
            points += self._loose.capes[:, None] * behind[1]
            unit_y = float(model.head_origin[1]) / float(CHIN[1])
            floor = body.ground - float(moment.hips[1])
            posed = moment.joints, rotations, shifts
            how = Draping(model.rest, model.limbs, *posed, unit_y, floor, always=self._legs_bend)
            drape(Sewn(model.points, model.normals), points, normals, model.hangings, how)
            points += self._loose.skirts[:, None] * behind[2] * np.array([1.0, 0.3, 1.0])
        points += self._loose.hair[:, None] * behind[0]
        points += moment.hips
        if self._stool is not None:
            points[self._stool] = model.points[self._stool] + self._seat
            normals[self._stool] = model.normals[self._stool]
        ahead = turn("y", moment.turned_deg)
        if moment.turned_deg % 360.0:
            points, normals = points @ ahead.T, normals @ ahead.T
        return points, normals, ahead @ rotations, (shifts + moment.hips) @ ahead.T

    @property
    def _legs_bend(self) -> bool:
        motion = self.acting.motion
        return motion.gait is not None or bool(motion.feet) or motion.seat

    @property
    def _seat(self) -> Array:
        return self.acting.moment(1.0).hips

    def _framed(self, scene: Scene) -> Scene:
        """The scene with a camera that has all of the motion in its frame."""
        model, heads, clouds = scene.model, [], []
        some = np.flatnonzero(self._firm)[::_EVERY]
        for share in (
            np.arange(_SAMPLES)
            / _SAMPLES
            / max(1.0, self.acting.rounds)
            * (1.0 if self.acting.motion.closed else self.acting.rounds)
        ):
            moment = self.acting.moment(float(share))
            rotations, shifts = bend(model.rest, moment.joints)
            shifts = shifts + moment.hips
            cloud, _ = bend_points(
                model.points[some], model.normals[some], model.weights[some], rotations, shifts
            )
            clouds.append(cloud @ turn("y", moment.turned_deg).T)
            heads.append(head_middle(model, rotations, shifts))
        if self._stool is not None:
            clouds.append(model.points[self._stool] + self._seat)
        cloud = np.concatenate(clouds)
        # The ground that feet stand on belongs to the picture, also while somebody is in the air.
        cloud[:, 1] = np.maximum(cloud[:, 1], self.acting.body.ground)
        shot = frame(
            cloud, np.mean(heads, 0), model.head_height, self._view.framing,
            self._view.yaw_deg, self._view.pitch_deg, scene.shot.width, scene.shot.height, cloud,
        )  # fmt: skip
        return replace(scene, shot=shot)

    def _layers(self, scene: Scene, moment: Moment) -> Layers:
        shot = scene.shot
        fineness = _FINE if shot.width * shot.height <= _FINE_PX else _PLAIN
        detail = float(np.clip(shot.scale * fineness * scene.model.head_height * 1.25, 48, 1500))
        looks = float(facing(scene.rotations, shot)[0])
        decal = face_picture(scene.spec, detail, moment.mouth, moment.lids, looks)
        manner = replace(scene.style.manner, fineness=fineness)
        return render(scene.model, scene.points, scene.normals, shot, decal, manner)

    def _scrolled(self) -> tuple[Callable[[float], float], int, bool]:
        """How far the backdrop has gone by at a moment, how wide it is painted, and if it comes around."""
        width, scale = self.scene.shot.width, self.scene.shot.scale
        if self._camera_move == "orbit":
            far = move_at("orbit", 1.0, self.seconds).yaw_deg - move_at("orbit", 0.0, self.seconds).yaw_deg
            tile = round(2.0 * width) if far >= 360.0 else width
            return (
                (lambda share: -move_at("orbit", share, self.seconds).yaw_deg / 360.0 * 2 * tile),
                tile,
                True,
            )
        way, _ = self.acting.motion.way(self.acting.body, self.acting.rounds)
        across = float(np.sin(np.radians(self._view.yaw_deg))) * float(way[2]) * scale
        if abs(across) < 1.0 or self.scene.spec.background.kind in _EVEN:
            return (lambda share: 0.0), width, True
        # Wide enough for the picture, and a whole number of times in the way: the end is the beginning.
        times = max(1, int(abs(across) // (2 * width * 1.2)))
        times = max(times, int(np.ceil(abs(across) / (2 * width * _LONGEST_WALL))))
        tile = max(round(abs(across) / (2 * times)), round(width * 1.2))
        tile += (tile - width) % 2  # so that the picture begins between two pixels nowhere
        around = bool(abs(across) >= 2 * width * 1.2)
        if around:
            across = float(np.copysign(2 * times * tile, across))
        return (lambda share: -across * share), tile, around

    def _painted_wall(self, width: int) -> Array:
        """The backdrop in the style of the picture, so wide."""
        scene, shot = self.scene, self.scene.shot
        place = shot.project(np.array([[shot.centre[0], self.acting.body.ground, shot.centre[2]]]))
        behind = backdrop(scene.spec.background, width, shot.height, float(place[0, 1]), scene.spec.seed)
        empty = nothing_seen(width, shot.height)
        wide = replace(scene, shot=replace(shot, width=width))
        return np.ascontiguousarray(scene.style.paint(empty, behind, wide)[..., :3])

    def _laid_over(self, rgba: Array, behind: Array, scene: Scene, moment: Moment) -> Array:
        height, width = rgba.shape[:2]
        shadow = None if self._clear else self._shadow(scene, moment)
        out = np.empty((height, width, 3), np.uint8)
        clear = 1.0 - rgba[..., 3]
        for c in range(3):
            wall = behind[..., c] if shadow is None else behind[..., c] * (1 - shadow * _SHADOW[c])
            out[..., c] = np.clip(wall * clear + rgba[..., c], 0, 1) * 255 + 0.5
        return out

    def _shadow(self, scene: Scene, moment: Moment) -> Array | None:
        """A soft shadow on the ground below the hips, fainter and wider while nobody stands on it."""
        if self._view.framing != "full" or abs(self._view.pitch_deg) >= 60:
            return None
        model, body, shot = scene.model, self.acting.body, scene.shot
        hips = scene.rotations[BONE["pelvis"]] @ model.rest["pelvis"] + scene.shifts[BONE["pelvis"]]
        x, y, _ = shot.project(np.array([[hips[0], body.ground, hips[2]]]))[0]
        above = max(0.0, float(scene.points[self._feet, 1].min()) - body.ground) / body.leg
        half = 0.30 * body.leg * shot.scale * (1 + 0.5 * above) + 0.012 * shot.height
        flat = max(0.16, abs(np.sin(np.radians(self._view.pitch_deg))))
        rows = (np.arange(shot.height, dtype=np.float32) + 0.5 - y) / (half * flat)
        columns = (np.arange(shot.width, dtype=np.float32) + 0.5 - x) / half
        spot = np.clip(1.0 - (columns[None] ** 2 + rows[:, None] ** 2), 0, 1)
        return spot * spot * (3 - 2 * spot) * (0.42 / (1 + 4 * above))

    @property
    def _feet(self) -> Array:
        weights = self._model.weights
        return (weights[:, BONE["left_ankle"]] + weights[:, BONE["right_ankle"]]) > 0.5


@dataclass(frozen=True, eq=False)
class Frames:
    """All frames of a film, drawn ahead of whoever encodes them."""

    wish: Wish
    count: int
    ahead: Callable[..., Iterator[Array]]

    def pictures(self, check: Callable[[], None]) -> Iterator[Array]:
        """Every frame in order."""
        check()
        film = Film(self.wish)
        # The last frame of one that goes on at its beginning is just before that.
        whole = self.count if film.told.closed else max(1, self.count - 1)
        return self.ahead(lambda number: film.picture(number / whole), range(self.count), check)


def _character(wish: Wish, asked: Asked) -> tuple[Spec, tuple[str, ...]]:
    if wish.spec is not None:
        return wish.spec, ()
    parsed = read_request(replace(wish.request, words=asked.words))
    return in_style(parsed.spec), still_unread(parsed.not_drawn, asked)


def _view(wish: Wish, spec: Spec, usual_deg: float) -> Camera:
    if wish.request.camera is not None:
        return wish.request.camera
    if wish.seen is not None:
        return wish.seen
    hint = spec.camera
    framing: Framing = hint.framing if hint.framing in ("full", "bust", "portrait") else "full"  # type: ignore[assignment]
    usual = usual_deg if framing == "full" else 0.0
    return Camera(usual if hint.yaw_deg is None else hint.yaw_deg, hint.pitch_deg or 0.0, framing)


def _firm(model: Model) -> Array:
    used = np.zeros(len(model.points), bool)
    used[model.faces.ravel()] = True
    return used


def _stool(model: Model) -> Array:
    """The points of the stool, which is built last and stays where it stands."""
    first = int(model.part_of.max()) + 1 - STOOL_PARTS
    found = np.zeros(len(model.points), bool)
    found[model.faces[model.part_of >= first].ravel()] = True
    return found


__all__ = ["Film", "Frames", "Joint", "Move", "Told", "Wish"]
