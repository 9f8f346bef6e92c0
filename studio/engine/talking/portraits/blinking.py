"""Lids for the eyes of a given picture: plates of the skin around them, with a line of lashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.figure.compiled import kernel
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.measure import Eye, Frame, luminance
from studio.engine.talking.portraits.motion import filled
from studio.engine.talking.portraits.warp import PART, between, put

Array = np.ndarray


@kernel
def blink(still, plate, top, left, frame, eye, shut, gaze_x, gaze_y, lash, out):
    """Draw the window of an eye; frame: unit, right; eye: middle in pixels, half, above, below.

    `still` is in words, `out` the window (rows × columns × 4).
    """
    unit, right_x, right_y = frame[0], frame[1], frame[2]
    half, above, below = eye[2], eye[3], eye[4]
    high, wide = still.shape[0], still.shape[1]
    thick = max(0.024 + 0.12 * max(0.0, above - 0.10), 1.1 / unit)
    reach = max(above, below) + 0.30  # of everything that is drawn, up and down
    # Large drawn eyes are rounder than an almond.
    power = 0.75 - 0.35 * min(1.0, max(0.0, (above - 0.10) / 0.14))
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            dx, dy = left + x - eye[0], top + y - eye[1]
            u = (dx * right_x + dy * right_y) / unit
            v = (dy * right_x - dx * right_y) / unit
            s = u / half
            if abs(s) >= 1.16:
                continue
            if abs(v) > reach:
                continue
            bow = max(0.0, 1.0 - s * s)
            # The iris glides between the lids, which stay.
            if gaze_x != 0.0 or gaze_y != 0.0:
                inside = bow * max(0.0, 1.0 - (v / max(above, below) / 1.15) ** 2)
                sx = left + x - gaze_x * inside * unit
                sy = top + y - gaze_y * inside * unit
                sx, sy = min(max(sx, 0.0), wide - 1.001), min(max(sy, 0.0), high - 1.001)
                put(between(still, int(sx * PART), int(sy * PART)), out, y, x)
            if shut <= 0.0:
                continue
            upper, lower = -above * bow**power, below * bow ** (power * 1.25)
            rest = 0.92 * lower - 0.02
            edge = upper + (rest - upper) * shut
            roof = upper - 0.075 - 0.02 * bow
            cover = min(1.0, max(0.0, (v - roof) * 11.0)) * min(1.0, max(0.0, (edge - v) * unit + 0.5))
            if shut > 0.90:
                floor = min(1.0, max(0.0, (lower + 0.085 - v) * 14.0)) * (shut - 0.90) * 10.0
                cover = max(cover, floor * min(1.0, max(0.0, (v - roof) * 11.0)))
            cover *= min(1.0, max(0.0, (1.13 - abs(s)) * 9.0)) * min(1.0, shut * 5.0)
            away = abs(v - edge) / (thick * (0.55 + 0.45 * bow))
            line = (
                max(0.0, 1.0 - away * away) * min(1.0, shut * 4.0) * min(1.0, max(0.0, (1.02 - abs(s)) * 6.0))
            )
            if cover <= 0.0 and line <= 0.0:
                continue
            # A lid is round: darker in its fold and over the lashes.
            along = min(1.0, max(0.0, (v - roof) / max(0.02, edge - roof)))
            shade = 0.93 + 0.24 * along * (1.0 - along) if v < edge else 0.97
            for k in range(3):
                value = float(out[y, x, k])
                value += (plate[y, x, k] * shade - value) * cover
                value += (lash[k] - value) * line * lash[3]
                out[y, x, k] = int(min(255.0, max(0.0, value + 0.5)))


@dataclass(frozen=True, eq=False)
class Blinker:
    """One eye of a picture, ready to close and to look about."""

    window: tuple[slice, slice]
    plate: Array
    frame: Array
    eye: Array
    lash: Array

    def change(self, picture: Array, still: Array, moment: Moment) -> None:
        """Bring the eye of a picture (× 4, uint8) into a moment; `still` is as it was, in words."""
        shut = min(1.0, max(0.0, moment.blink))
        gaze_x = min(0.6, max(-0.6, moment.gaze[0])) * 0.20
        gaze_y = min(0.5, max(-0.5, moment.gaze[1])) * 0.16
        if shut < 0.02 and abs(gaze_x) < 0.004 and abs(gaze_y) < 0.004:
            return
        rows, columns = self.window
        blink(
            still, self.plate, rows.start, columns.start, self.frame, self.eye,
            shut if shut >= 0.02 else 0.0, gaze_x, gaze_y, self.lash, picture[rows, columns],
        )  # fmt: skip


def blinker_of(rgb: Array, frame: Frame, eye: Eye, skin: Array) -> Blinker | None:
    """Prepare an eye; None if it lies outside of the picture."""
    size = rgb.shape[0]
    middle = frame.at(*eye.middle)
    reach = 1.25 * frame.unit * max(eye.half, eye.above + 0.14, eye.below + 0.14) + 4
    top, bottom = max(0, int(middle[1] - reach)), min(size, int(middle[1] + reach) + 2)
    left, right = max(0, int(middle[0] - reach)), min(size, int(middle[0] + reach) + 2)
    if bottom - top < 6 or right - left < 6:
        return None
    part = rgb[top:bottom, left:right].astype(np.float32)
    y, x = np.mgrid[top:bottom, left:right]
    u, v = np.moveaxis(frame.of(np.stack([x, y], -1)), -1, 0)
    u, v = u - eye.middle[0], v - eye.middle[1]
    s = u / (eye.half * 1.12)
    bow = np.clip(1 - s * s, 0, 1)
    inside = (v > -(eye.above * bow**0.5) - 0.085) & (v < eye.below * bow**0.6 + 0.10) & (np.abs(s) < 1)
    # Skin is taken from around the eye, without what is much darker there: brows, lashes, glasses.
    light = luminance(part)
    free = ~inside & (light > 0.72 * float(luminance(skin)))
    weight = free.astype(np.float32)
    if weight.mean() < 0.08:
        weight = (~inside).astype(np.float32)
    plate = filled(part * weight[..., None], weight)
    plate = np.where(inside[..., None] | (weight[..., None] == 0), plate, part)
    eyeball = part[inside & (np.abs(v) < eye.above)]
    lash = np.percentile(eyeball, 6, axis=0) if len(eyeball) else skin * 0.3
    lash = np.append(np.minimum(lash, skin * 0.55), 0.72)
    return Blinker(
        (slice(top, bottom), slice(left, right)),
        np.ascontiguousarray(plate, np.float32),
        np.array([frame.unit, *frame.right]),
        np.array([*middle, eye.half, eye.above, eye.below]),
        np.asarray(lash, np.float64),
    )
