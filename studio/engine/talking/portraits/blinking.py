"""Lids for the eyes of a given picture: skin of the surroundings with its own grain, a fold and lashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.figure.compiled import kernel
from studio.engine.figure.filters import blur
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.eyes import Eye, roundness
from studio.engine.talking.portraits.measure import Frame, luminance
from studio.engine.talking.portraits.motion import filled
from studio.engine.talking.portraits.warp import PART, between, put

Array = np.ndarray
_GRAIN = 0.022  # distances of the eyes; what is coarser is shading
_LONGEST_GRAIN = 1.5  # of the longest tenth: hairs and spots stay where they are
_WIDER = 1.08  # lids reach over the corners
(
    MIDDLE_X, MIDDLE_Y, RIGHT_X, RIGHT_Y, UNIT, HALF, ABOVE, BELOW, POWER, OUTER,
    SOFT, THICK, OVER, UNDER, HAIRS,
) = range(15)  # fmt: skip


@kernel
def blink(still, plate, top, left, p, shut, gaze_x, gaze_y, lash, out):
    """Draw the window of an eye; `still` is in words, `out` the window (rows × columns × 4)."""
    unit, half, above, below = p[UNIT], p[HALF], p[ABOVE], p[BELOW]
    high, wide = still.shape[0], still.shape[1]
    reach = max(above, below) + 0.30  # of everything that is drawn, up and down
    sharp = unit / p[SOFT]
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            dx, dy = left + x - p[MIDDLE_X], top + y - p[MIDDLE_Y]
            u = (dx * p[RIGHT_X] + dy * p[RIGHT_Y]) / unit
            v = (dy * p[RIGHT_X] - dx * p[RIGHT_Y]) / unit
            s = u / half
            if abs(s) >= 1.16 or abs(v) > reach:
                continue
            bow = max(0.0, 1.0 - s * s)
            # The iris glides between the lids, which stay.
            if gaze_x != 0.0 or gaze_y != 0.0:
                # Rows slide as far as they can, so that an iris stays round; upwards they would fold.
                away = (v / max(above, below) / 1.15) ** 2
                aside = gaze_x * bow * bow * max(0.0, 1.0 - away * away) * unit
                upwards = gaze_y * bow * max(0.0, 1.0 - away) * unit
                sx = left + x - aside * p[RIGHT_X] + upwards * p[RIGHT_Y]
                sy = top + y - aside * p[RIGHT_Y] - upwards * p[RIGHT_X]
                sx, sy = min(max(sx, 0.0), wide - 1.001), min(max(sy, 0.0), high - 1.001)
                put(between(still, int(sx * PART), int(sy * PART)), out, y, x)
            if shut <= 0.0:
                continue
            upper, lower = -above * bow ** p[POWER], below * bow ** (p[POWER] * 1.25)
            edge = upper + (0.88 * lower - 0.018 - upper) * shut
            roof = upper - p[OVER]
            begun = min(1.0, max(0.0, (v - roof) / (0.75 * p[OVER])))
            begun *= begun * (3.0 - 2.0 * begun)
            cover = begun * min(1.0, max(0.0, (edge - v) * sharp + 0.5))
            if shut > 0.80:
                floor = min(1.0, max(0.0, (lower + p[UNDER] - v) / (0.7 * p[UNDER])))
                cover = max(cover, begun * floor * (shut - 0.80) * 5.0)
            cover *= min(1.0, max(0.0, (1.13 - abs(s)) * 6.0)) * min(1.0, shut * 5.0)
            # Lashes are thin at the nose; below the rim of the lid they end in hairs that fan out.
            outwards = s * p[OUTER]
            thick = p[THICK] * (0.45 + 0.40 * bow + 0.15 * min(1.0, max(-1.0, outwards)))
            fan = (s + 0.5 * s * max(0.0, v - edge) / half) * half
            hairs = 0.5 + 0.5 * p[HAIRS] * np.sin(fan * 283.0) * np.sin(fan * 97.0 + 1.0)
            if v > edge:
                away = (v - edge) / (thick * (0.7 + 0.9 * hairs * shut))
            else:
                away = (edge - v) / (0.75 * thick)
            line = (
                max(0.0, 1.0 - away * away) * min(1.0, shut * 4.0) * min(1.0, max(0.0, (1.04 - abs(s)) * 5.0))
            )
            shadow = 0.0
            if v > edge and v < lower:
                shadow = max(0.0, 1.0 - (v - edge) / 0.05) * 0.30 * min(1.0, 3.0 * shut) * bow
            if cover <= 0.0 and line <= 0.0 and shadow <= 0.0:
                continue
            # A lid is round: darker towards its fold, its corners and its rim.
            along = min(1.0, max(0.0, (v - roof) / max(0.02, edge - roof)))
            fold = (v - upper + 0.35 * p[OVER]) / (0.35 * p[OVER])
            shade = 0.95 + 0.20 * along * (1.0 - along) - 0.06 * (1.0 - bow) - 0.05 * along * along * along
            if abs(fold) < 4.0:
                shade -= 0.03 * shut * np.exp(-fold * fold) * bow
            for k in range(3):
                value = float(out[y, x, k]) * (1.0 - shadow)
                value += (plate[y, x, k] * shade - value) * cover
                value += (lash[k] - value) * line * lash[3]
                out[y, x, k] = int(min(255.0, max(0.0, value + 0.5)))


@dataclass(frozen=True, eq=False)
class Blinker:
    """One eye of a picture, ready to close and to look about."""

    window: tuple[slice, slice]
    plate: Array
    still: Array  # the parameters of the eye
    lash: Array

    def change(self, picture: Array, still: Array, moment: Moment) -> None:
        """Bring the eye of a picture (× 4, uint8) into a moment; `still` is as it was, in words."""
        shut = min(1.0, max(0.0, moment.blink))
        # An iris that left a small eye would leave it white.
        gaze_x = min(0.6, max(-0.6, moment.gaze[0])) * min(0.20, 0.60 * float(self.still[HALF]))
        gaze_y = min(0.5, max(-0.5, moment.gaze[1])) * min(0.16, 0.70 * float(self.still[ABOVE]))
        if shut < 0.02 and abs(gaze_x) < 0.004 and abs(gaze_y) < 0.004:
            return
        rows, columns = self.window
        blink(
            still, self.plate, rows.start, columns.start, self.still,
            shut if shut >= 0.02 else 0.0, gaze_x, gaze_y, self.lash, picture[rows, columns],
        )  # fmt: skip


def blinker_of(rgb: Array, frame: Frame, eye: Eye, skin: Array, softness: float = 1.0) -> Blinker | None:
    """Prepare an eye; None if it lies outside of the picture. `softness`: pixels that an edge takes."""
    size = rgb.shape[0]
    middle = frame.at(*eye.middle)
    reach = 1.25 * frame.unit * max(eye.half, eye.above + 0.14, eye.below + 0.14) + 4
    top, bottom = max(0, int(middle[1] - reach)), min(size, int(middle[1] + reach) + 2)
    left, right = max(0, int(middle[0] - reach)), min(size, int(middle[0] + reach) + 2)
    if bottom - top < 6 or right - left < 6:
        return None
    own = _leaning(frame, eye, middle)
    part = rgb[top:bottom, left:right].astype(np.float32)
    y, x = np.mgrid[top:bottom, left:right]
    u, v = np.moveaxis(own.of(np.stack([x, y], -1)), -1, 0)
    drawn = min(1.0, max(0.0, (eye.above - 0.10) / 0.08))  # large eyes have thick outlines
    over, under = 0.070 + 0.02 * drawn, 0.060 + 0.03 * drawn
    half = _WIDER * eye.half
    s = u / (1.10 * half)
    bow = np.clip(1 - s * s, 0, 1)
    power = roundness(eye.above)
    inside = (v > -eye.above * bow**power - over) & (v < eye.below * bow ** (1.25 * power) + under)
    inside &= np.abs(s) < 1
    # Skin is taken from around the eye, without what is much darker there: brows, lashes, glasses.
    light = luminance(blur(part, max(1.0, _GRAIN * frame.unit)))
    near = ~inside & (np.abs(s) < 1.15) & (v > -eye.above - 0.20) & (v < eye.below + 0.22)
    usual = min(float(luminance(skin)), float(np.percentile(light[near], 60))) if near.any() else 0.0
    weight = (~inside & (light > 0.72 * usual)).astype(np.float32)
    if weight.mean() < 0.08:
        weight = (~inside).astype(np.float32)
    plate = filled(part * weight[..., None], weight)
    # Paint and the shade around an eye are grey; half of the colour is that of the cheeks.
    plate = 0.5 * plate + 0.5 * skin * (luminance(plate) / max(float(luminance(skin)), 1.0))[..., None]
    plate = plate + _grain(rgb, own, u, v, eye.above + eye.below + 0.14)
    plate = np.where(inside[..., None] | (weight[..., None] == 0), plate, part)
    eyeball = part[inside & (np.abs(v) < eye.above)]
    lash = np.percentile(eyeball, 6, axis=0) if len(eyeball) else skin * 0.3
    lash = np.append(np.minimum(lash, skin * 0.55), 0.72)
    p = np.zeros(15)
    p[[MIDDLE_X, MIDDLE_Y]], p[[RIGHT_X, RIGHT_Y]], p[UNIT] = middle, own.right, frame.unit
    p[HALF], p[ABOVE], p[BELOW], p[POWER] = half, eye.above, eye.below, power
    p[OUTER] = 1.0 if eye.middle[0] > 0 else -1.0
    p[SOFT] = softness
    p[THICK] = max(0.026 + 0.12 * max(0.0, eye.above - 0.10), (0.8 + 0.5 * softness) / frame.unit)
    p[OVER], p[UNDER] = over, under
    p[HAIRS] = min(
        1.0, max(0.0, (0.022 * frame.unit - 2.0 * softness) / 2.0)
    )  # as far as pixels can show them
    return Blinker(
        (slice(top, bottom), slice(left, right)),
        np.ascontiguousarray(plate, np.float32),
        p,
        np.asarray(lash, np.float64),
    )


def _leaning(frame: Frame, eye: Eye, middle: Array) -> Frame:
    """The axes of an eye, whose corners may lie at different heights."""
    right = frame.right + eye.tilt * frame.down
    right = right / np.hypot(*right)
    return Frame(np.asarray(middle), right, np.array([-right[1], right[0]]), frame.unit)


def _grain(rgb: Array, own: Frame, u: Array, v: Array, down: float) -> Array:
    """What makes skin more than a colour: pores, noise, strokes, as the cheek below the eye has them."""
    at = own.at(u, v + down)
    last = np.array([rgb.shape[1], rgb.shape[0]]) - 1
    low = np.clip(np.floor(at.min((0, 1))).astype(int), 0, last)
    high = np.clip(np.ceil(at.max((0, 1))).astype(int), 0, last)
    cheek = rgb[low[1] : high[1] + 1, low[0] : high[0] + 1].astype(np.float32)
    fine = cheek - blur(cheek, max(1.0, _GRAIN * own.unit))
    most = _LONGEST_GRAIN * np.percentile(np.abs(fine), 90, axis=(0, 1))
    fine = np.clip(fine, -most, most)
    # Whole pixels: between them, grain is smoothed away.
    place = np.clip(np.round(at).astype(int), low, high) - low
    return fine[place[..., 1], place[..., 0]]
