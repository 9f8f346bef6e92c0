"""Drawing a request: words to spec, spec to model, model to layers, layers to a picture in a style."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from .backdrop import backdrop, ground_shadow
from .character import model_of
from .drape import Draping, Sewn, drape
from .face.decal import face_picture
from .landmarks import coco_points, facing, head_middle, landmarks
from .pose import posed
from .render.camera import Shot, frame
from .render.scene import Layers, render
from .request import Camera, DrawRequest, Framing, OnProgress, Picture
from .shape.skeleton import bend, bend_points
from .spec import Pose, Spec
from .styles import Style, style_of
from .words import Identity, Parsed, ReferenceColours, dominant_colours, parse, parse_kept
from .workshop import CHIN, Model

Array = np.ndarray
_PREVIEW_PX = 512
_DRAFT_STEPS = 3  # so few steps ask for a quick draft
MIN_PX, MAX_PX = 16, 4096


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything about a request before the first pixel: who, how bent, seen from where."""

    spec: Spec
    style: Style
    camera: Camera
    model: Model
    points: Array
    normals: Array
    rotations: Array
    shifts: Array
    shot: Shot
    not_drawn: tuple[str, ...]
    notes: tuple[str, ...]


@lru_cache(maxsize=64)
def _parsed(
    words: str, negative: str, seed: int, style: str | None, realism: bool, identity: Identity | None
) -> Parsed:
    return _read(words, negative, seed, None, style, realism, identity)


def _read(
    words: str,
    negative: str,
    seed: int,
    colours: ReferenceColours | None,
    style: str | None,
    realism: bool,
    identity: Identity | None,
) -> Parsed:
    if identity is None:
        return parse(words, negative, seed, colours, style=style, realism=realism)
    return parse_kept(words, identity, negative, seed, colours, style=style, realism=realism)


def read_request(request: DrawRequest) -> Parsed:
    """The character that a request describes."""
    identity = Identity(request.identity, request.identity_seed) if request.identity.strip() else None
    said = (request.words, request.negative, request.seed)
    if request.reference_image is not None:
        colours = dominant_colours(request.reference_image)
        return _read(*said, colours, request.style, request.realism, identity)
    return _parsed(*said, request.style, request.realism, identity)


def _camera(request: DrawRequest, spec: Spec) -> Camera:
    if request.camera is not None:
        return request.camera
    hint = spec.camera
    framing: Framing = hint.framing if hint.framing in ("full", "bust", "portrait") else "full"  # type: ignore[assignment]
    return Camera(hint.yaw_deg or 0.0, hint.pitch_deg or 0.0, framing)


def in_style(spec: Spec) -> Spec:
    """The character in the proportions of its style."""
    if spec.style == "chibi" and spec.build.heads_tall > 3.2:
        return replace(spec, build=replace(spec.build, heads_tall=2.9))
    return spec


def stage(request: DrawRequest) -> Scene:
    """Build and pose the character of a request and set up the camera."""
    parsed = read_request(request)
    not_drawn = list(parsed.not_drawn)
    spec = in_style(posed(parsed.spec, request, not_drawn))
    scene = stage_spec(spec, _camera(request, spec), request.width, request.height)
    not_drawn += [what for what in scene.not_drawn if what not in not_drawn]
    return replace(scene, not_drawn=tuple(not_drawn), notes=parsed.notes)


def stage_spec(spec: Spec, camera: Camera, width: int, height: int) -> Scene:
    """The same for a character that is posed already, as recipes keep it."""
    model = model_of(spec)
    points, normals, rotations, shifts = _bent(model, spec.pose)
    used = np.zeros(len(points), bool)
    used[model.faces.ravel()] = True
    shot = frame(
        points[used], head_middle(model, rotations, shifts), model.head_height, camera.framing,
        camera.yaw_deg, camera.pitch_deg, width, height, points[used],
    )  # fmt: skip
    return Scene(
        spec, style_of(spec.style), camera, model, points, normals, rotations, shifts, shot, model.not_drawn,
        (),
    )  # fmt: skip


@lru_cache(maxsize=2)
def _bent(model: Model, pose: Pose) -> tuple[Array, Array, Array, Array]:
    """Points, normals, rotations and shifts of a pose; kept for the next view."""
    rotations, shifts = bend(model.rest, pose.joints)
    points, normals = bend_points(model.points, model.normals, model.weights, rotations, shifts)
    _hang(model, pose, rotations, shifts, points, normals)
    return points, normals, rotations, shifts


def _hang(model: Model, pose: Pose, rotations: Array, shifts: Array, points: Array, normals: Array) -> None:
    """Let skirts and capes fall over the limbs of the pose."""
    if model.limbs is None:
        return
    firm = np.ones(len(points), bool)
    for hanging in model.hangings:
        firm[hanging.own] = False
    unit_y = float(model.head_origin[1]) / float(CHIN[1])
    floor = float(points[firm, 1].min()) - pose.lift * model.head_height
    how = Draping(model.rest, model.limbs, pose.joints, rotations, shifts, unit_y, floor)
    drape(Sewn(model.points, model.normals), points, normals, model.hangings, how)


def draw_layers(
    scene: Scene,
    draft: bool = False,
    after_tile: Any = None,
    mouth: str | None = None,
    lids: float | None = None,
) -> Layers:
    """The layers that styles and control maps paint from."""
    manner = scene.style.manner
    pixels = scene.shot.width * scene.shot.height
    fineness = 1 if draft else 3 if pixels <= 200_000 else 2 if pixels <= 3_200_000 else 1
    detail = scene.shot.scale * min(fineness, 2) * scene.model.head_height * 1.25
    turn = float(facing(scene.rotations, scene.shot)[0])
    decal = face_picture(scene.spec, float(np.clip(detail, 48, 1500)), mouth, lids, turn)
    return render(
        scene.model,
        scene.points,
        scene.normals,
        scene.shot,
        decal,
        replace(manner, fineness=fineness),
        after_tile,
    )


# What the last picture was painted from, without its colours: its control maps are often asked for next.
_last: tuple[tuple[object, ...], Layers] | None = None
_KEPT_PX = 1_000_000


def _same_view(scene: Scene) -> tuple[object, ...]:
    shot = scene.shot
    return scene.spec, scene.camera, shot.width, shot.height, scene.style.manner


def _keep(scene: Scene, layers: Layers) -> None:
    global _last
    if layers.line.size <= _KEPT_PX:
        _last = _same_view(scene), replace(layers, rgba=layers.rgba[:0].copy())


def layers_of(scene: Scene) -> Layers:
    """The layers of a view without their colours; those of the last picture are still there."""
    last = _last
    if last is not None and last[0] == _same_view(scene):
        return last[1]
    layers = draw_layers(scene)
    _keep(scene, layers)
    return layers


def draw(request: DrawRequest, on_progress: OnProgress | None = None) -> Picture:
    """Draw what the request describes; equal requests give equal bytes."""
    _check(request)
    progress = _Progress(request.steps, on_progress)
    scene = stage(request)
    progress.reach(0.12, None)
    behind = None if _clear(request, scene) else backdrop_of(scene)
    layers = draw_layers(
        scene,
        request.steps <= _DRAFT_STEPS,
        (lambda done, total, rgba: progress.reach(0.12 + 0.70 * done / total, lambda: _bytes(rgba, behind)))
        if on_progress
        else None,
    )
    if request.steps > _DRAFT_STEPS:
        _keep(scene, layers)
    rgba = scene.style.paint(layers, behind, scene)
    picture = _blend(_to_bytes(rgba), request)
    progress.reach(1.0, lambda: picture)
    return Picture(picture, scene.not_drawn, recipe_of(request, scene))


def draw_moment(request: DrawRequest, mouth: str | None, lids: float | None) -> Picture:
    """The same picture with another mouth (a viseme) or other lids (1 open .. 0 shut): plates for speech."""
    _check(request)
    scene = stage(request)
    behind = None if _clear(request, scene) else backdrop_of(scene)
    layers = draw_layers(scene, request.steps <= _DRAFT_STEPS, None, mouth, lids)
    return Picture(
        _blend(_to_bytes(scene.style.paint(layers, behind, scene)), request),
        scene.not_drawn,
        recipe_of(request, scene),
    )


def recipe_of(request: DrawRequest, scene: Scene) -> dict[str, Any]:
    """What is needed to make the picture again, and where things are in it."""
    return {
        "engine": "embedded",
        "words": request.words,
        "negative": request.negative,
        "seed": request.seed,
        **({"identity": [request.identity, request.identity_seed]} if request.identity.strip() else {}),
        "steps": request.steps,
        "cfg": request.cfg,
        "denoise": request.denoise,
        "loras": [[name, weight] for name, weight in request.loras],
        "size": [request.width, request.height],
        "style": scene.style.name,
        "camera": {
            "yaw_deg": scene.camera.yaw_deg,
            "pitch_deg": scene.camera.pitch_deg,
            "framing": scene.camera.framing,
        },
        "spec": scene.spec.to_json(),
        "landmarks": landmarks(scene.spec, scene.model, scene.rotations, scene.shifts, scene.shot),
        "openpose": [
            list(p) if p else None
            for p in coco_points(scene.spec, scene.model, scene.rotations, scene.shifts, scene.shot)
        ],
        "not_drawn": list(scene.not_drawn),
        "notes": [*scene.notes, *_remarks(request)],
    }


def _remarks(request: DrawRequest) -> list[str]:
    remarks = []
    if request.loras:
        remarks.append("LoRAs are recorded; the embedded engine does not apply them")
    if request.base_image is not None and request.denoise < 1:
        remarks.append("the input picture is blended in by 1 - denoise")
    return remarks


def _check(request: DrawRequest) -> None:
    for side in (request.width, request.height):
        if not MIN_PX <= side <= MAX_PX:
            raise ValueError(
                f"A picture of {request.width} × {request.height} cannot be drawn: "
                f"each side must be {MIN_PX} to {MAX_PX} pixels."
            )


def _clear(request: DrawRequest, scene: Scene) -> bool:
    return request.transparent or scene.spec.background.kind == "transparent"


def backdrop_of(scene: Scene) -> Array:
    """What stands behind the character of a scene, with its shadow on the ground."""
    shot = scene.shot
    ground = ground_line(scene)
    picture = backdrop(scene.spec.background, shot.width, shot.height, ground, scene.spec.seed)
    if scene.camera.framing == "full" and abs(scene.camera.pitch_deg) < 60:
        feet = _feet(scene)
        ground_shadow(picture, feet, scene.camera.pitch_deg)
    return picture


def ground_line(scene: Scene) -> float:
    """The row of the picture on which the character stands."""
    low = float(scene.points[:, 1].min()) - scene.spec.pose.lift * scene.model.head_height
    place = scene.shot.project(np.array([[scene.shot.centre[0], low, scene.shot.centre[2]]]))
    return float(place[0, 1])


def _feet(scene: Scene) -> tuple[float, float, float]:
    low = float(scene.points[:, 1].min())
    lift = scene.spec.pose.lift * scene.model.head_height
    near = scene.points[scene.points[:, 1] < low + 0.25 * scene.model.head_height + lift]
    seen = scene.shot.project(near)
    x0, x1 = float(seen[:, 0].min()), float(seen[:, 0].max())
    return (x0 + x1) / 2, ground_line(scene), (x1 - x0) / 2


def _bytes(rgba: Array, behind: Array | None) -> Array:
    step = max(1, -(-max(rgba.shape[:2]) // _PREVIEW_PX))
    small = rgba[::step, ::step]
    if behind is not None:
        alpha = small[..., 3:]
        small = np.concatenate(
            [small[..., :3] + behind[::step, ::step] * (1 - alpha), np.ones_like(alpha)], -1
        )
    return _to_bytes(small, premultiplied=behind is None)


def _to_bytes(rgba: Array, premultiplied: bool = True) -> Array:
    out = np.empty(rgba.shape, np.uint8)
    # In bands of rows, so that a large picture needs no second copy in floats.
    for top in range(0, len(rgba), 256):
        part = rgba[top : top + 256]
        alpha = np.maximum(part[..., 3], 1e-6) if premultiplied else None
        # Channel by channel: numpy is slow where the innermost axis is short.
        for c in range(rgba.shape[2]):
            value = part[..., c].astype(np.float32)
            if alpha is not None and c < 3:
                value /= alpha
            out[top : top + 256, :, c] = np.clip(value, 0, 1) * 255 + 0.5
    return out


def _blend(picture: Array, request: DrawRequest) -> Array:
    base = request.base_image
    if base is None or request.denoise >= 1:
        return picture
    height, width = picture.shape[:2]
    rows = (np.arange(height) + 0.5) * base.shape[0] / height
    columns = (np.arange(width) + 0.5) * base.shape[1] / width
    below = base[rows.astype(int)][:, columns.astype(int)].astype(np.float32)
    if below.shape[2] == 3:
        below = np.concatenate([below, np.full((height, width, 1), 255, np.float32)], -1)
    share = float(np.clip(request.denoise, 0, 1))
    mixed = picture.astype(np.float32) * share + below * (1 - share)
    return (mixed + 0.5).astype(np.uint8)


class _Progress:
    """Turns shares of the work into the steps that were asked for, each told once."""

    def __init__(self, steps: int, tell: OnProgress | None) -> None:
        self.steps = max(1, steps)
        self.told = 0
        self.tell = tell

    def reach(self, share: float, preview: Any) -> None:
        """So much is done; the preview is only made when a step is complete."""
        if self.tell is None:
            return
        done = min(self.steps, int(share * self.steps + 1e-9))
        while self.told < done:
            self.told += 1
            last = self.told == done
            self.tell(self.told, self.steps, preview() if preview is not None and last else None)
