"""Every kernel made ready: loaded from the disk, or at the first start compiled on two cores."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from .face.decal import face_picture
from .filters import blur, brushed
from .palette import FACE, Paint
from .render.camera import Shot
from .render.scene import Manner, render
from .request import Camera, DrawRequest
from .shape.mesh import ellipsoid
from .shape.skeleton import bend, bend_points
from .words import parse
from .workshop import Workshop

log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 120  # after which the other half is compiled here as well
_OTHER_HALF = f"from {__name__} import prepare_pictures; prepare_pictures()"
# Together they call every kernel: cloth that hangs, clothes that cut one another, blurs and brushes.
_MODELS = ("knight in plate armor with a cape", "woman in a long coat, long hair, seated")
_STYLES = ("anime", "oil")


def prepare_pictures() -> None:
    """Call the kernels that draw, on a model for which hardly anything has to be built."""
    spec = parse("").spec
    shop = Workshop(spec)
    shop.add(ellipsoid((0.0, 0.5, 0.0), (0.4, 0.5, 0.4)), Paint(spec.skin.colour, FACE), "face", "head")
    model = shop.finish()
    points, normals = bend_points(model.points, model.normals, model.weights, *bend(model.rest, ()))
    shot = Shot(np.eye(3), points.mean(0), 60.0, 32, 48)
    layers = render(model, points, normals, shot, face_picture(spec, 48.0), Manner())
    brushed(blur(layers.rgba, 2.0), 2)


def make_ready(first: bool) -> None:
    """Call every kernel once; at the first start another process compiles one half of them meanwhile."""
    from .character import model_of
    from .drawing import draw, read_request

    other = _start_other_half() if first and (os.cpu_count() or 1) > 1 else None
    for words in _MODELS:
        model_of(read_request(DrawRequest(words)).spec)
    if other is not None:
        _await(other)
    for words, style in zip(_MODELS, _STYLES, strict=True):
        draw(DrawRequest(words, width=64, height=96, style=style, camera=Camera(20.0)))


def _start_other_half() -> subprocess.Popen[bytes] | None:
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.Popen(
            [sys.executable, "-c", _OTHER_HALF],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
    except OSError as problem:
        log.info("all kernels are compiled in this process: %s", problem)
        return None


def _await(other: subprocess.Popen[bytes]) -> None:
    """Wait for the other half; whatever it has not done is done here."""
    try:
        if other.wait(_SECONDS):
            log.warning("compiling on a second core failed with exit code %d", other.returncode)
    except subprocess.TimeoutExpired:
        other.kill()
        other.wait()
