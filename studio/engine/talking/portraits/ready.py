"""The kernels of talking portraits made ready, so that the first video need not wait for them."""

from __future__ import annotations

import numpy as np

from studio.engine.figure.drawing import stage_spec
from studio.engine.figure.request import Camera
from studio.engine.figure.words import parse
from studio.engine.talking.moment import Moment, Mouth
from studio.engine.talking.portraits.drawn import DrawnPortrait
from studio.engine.talking.portraits.find import Features
from studio.engine.talking.portraits.photo import PhotoPortrait

_SIZE = 64


def make_ready() -> None:
    """Call every kernel once, on small pictures; the figure's own should be ready before."""
    moment = Moment(Mouth(open=0.6), blink=0.5, yaw=0.05)
    scene = stage_spec(parse("").spec, Camera(0.0, 0.0, "portrait"), _SIZE, _SIZE)
    DrawnPortrait(scene, _SIZE).frame(moment)
    plain = np.full((_SIZE, _SIZE, 3), 200, np.uint8)
    PhotoPortrait(plain, Features((24.0, 24.0), (40.0, 24.0), (32.0, 40.0), clicked=True)).frame(moment)
