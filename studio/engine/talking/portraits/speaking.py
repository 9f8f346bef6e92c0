"""A mouth that opens in a given picture: lips and jaw are moved, what is between them is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.figure.compiled import kernel
from studio.engine.figure.shape.curves import smoothstep
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.measure import Frame, LipLine, Tints
from studio.engine.talking.portraits.warp import PART, between, put

Array = np.ndarray
_UP, _DOWN, _SIDE = 0.62, 1.55, 1.45  # of the window around the mouth, in distances of the eyes
_STEPS = 256  # of the table in which a kernel looks up how wide a mouth is open
_WIDEST = 0.36  # opening, in distances of the eyes, for a mouth of usual width
(
    UNIT, MIDDLE_X, MIDDLE_Y, RIGHT_X, RIGHT_Y, TILT, BEND, HALF,
    OPEN, WIDTH, ROUND, PRESS, TEETH, TONGUE, SMILE, JAW, REST, ACTIVE,
    REST_TILT, REST_BEND, SOFT, BLURRED,
) = range(22)  # fmt: skip


@kernel
def _eased(x):
    t = min(1.0, max(0.0, x))
    return t * t * (3.0 - 2.0 * t)


@kernel
def _inside(depth, u, teeth, tongue, band, lift, colours, value):
    """The colour between the lips: depth 0..1 from lip to lip, u -1..1 from corner to corner."""
    side = u * u
    shadow = 0.60 + 0.40 * _eased(depth * 2.2)
    for k in range(3):
        value[k] = colours[0, k] * (1.0 - 0.35 * side) * shadow
    if tongue > 0.0:
        rise = 0.62 - 0.42 * tongue + 0.55 * side
        share = _eased((depth - rise) / 0.22) * min(1.0, tongue * 1.6)
        share *= 1.0 - _eased((abs(u) - 0.55) / 0.3)
        glow = 0.62 + 0.42 * _eased((depth - rise) / 0.7)
        for k in range(3):
            value[k] += (colours[2, k] * glow - value[k]) * share
    if band > 0.0:
        # Teeth stand in a bow: those at the sides are shorter, further back and in the shade of the cheeks.
        tooth = abs(u) / 0.30
        tooth = abs(tooth - int(tooth + 0.5))  # 0 where two of them meet
        edge = band * (1.0 - 0.50 * side - 0.10 * max(0.0, 1.0 - 5.0 * tooth))
        share = 1.0 - _eased((depth - edge + lift) / (2.0 * lift))
        share *= 1.0 - _eased((abs(u) - 0.62) / 0.30)
        shade = (0.60 + 0.40 * _eased(depth / max(0.45 * band, 0.02))) * (1.0 - 0.50 * side)
        shade *= 1.0 - 0.13 * max(0.0, 1.0 - tooth * 14.0)
        for k in range(3):
            value[k] += (colours[1, k] * shade - value[k]) * share * min(1.0, teeth * 1.5)


@kernel
def speak(still, maps, p, colours, out):
    """Draw the window of a mouth in a moment; `still` is in words, `out` the window (rows × columns × 4)."""
    rows, columns = out.shape[0], out.shape[1]
    high, wide = still.shape[0], still.shape[1]
    unit, half = p[UNIT], p[HALF]
    width, active = p[WIDTH], p[ACTIVE]
    value = np.empty(3)
    pixel = p[BLURRED] / unit
    opened = np.empty(_STEPS + 2)  # by the root of the bow, in which it has no steep end
    for step in range(_STEPS + 2):
        opened[step] = (step / _STEPS) ** (1.60 - 0.60 * p[ROUND])
    far = 0.42 + 1.2 * max(0.0, p[REST] - 0.15)  # lips that are far apart take the chin along
    narrow, per_half, slimmer = 1.0 / (1.55 * half * width), 1.0 / half, 1.0 / width - 1.0
    for row in range(rows):
        for column in range(columns):
            # Unsigned places spare the look whether they count from the end.
            y, x = np.uintp(row), np.uintp(column)
            border = maps[y, x, 2]
            if border <= 0.0:
                continue
            u, v, lift = float(maps[y, x, 0]), float(maps[y, x, 1]), maps[y, x, 3]
            squeezed = u * narrow
            squeezed *= squeezed
            squeezed = 1.0 / (1.0 + squeezed * squeezed)
            squeezed *= squeezed * maps[y, x, 4]
            u_from = u * (1.0 + slimmer * squeezed)
            across = u_from * per_half
            # Beyond its corners the line goes on level.
            level = p[TILT] * u_from + p[BEND] * min(u_from * u_from, 1.5 * half * half)
            flat = 1.0 - 0.75 * p[ROUND] * active * lift  # pursed lips do not smile
            t = v - level * flat + p[SMILE] * 0.085 * (min(1.7, across * across) - 0.25) * lift
            bow = max(0.0, 1.0 - across * across)
            rest = 0.0
            if p[REST] > 0.0 and bow > 0.0:
                rest = max(0.0, p[REST] + p[REST_TILT] * u_from + p[REST_BEND] * u_from * u_from)
            spoken = 0.0
            if bow > 0.0:
                along = np.sqrt(bow) * _STEPS
                step = int(along)
                before, after = opened[np.uintp(step)], opened[np.uintp(step + 1)]
                spoken = before + (after - before) * (along - step)
                spoken *= p[OPEN]
            gap = rest + (spoken - rest) * active
            upper = -rest + (0.25 + 0.40 * p[ROUND]) * active * rest - 0.24 * spoken
            lower = upper + gap
            # Cheeks follow the jaw from the nose down, the lips part at their line.
            fall = p[JAW] * maps[y, x, 5] * (1.0 - _eased((t - 0.80) / 0.68))
            cheek = fall * _eased((t + 0.38) / 1.10)
            own = _eased((1.45 - abs(across)) / 0.45)
            rolled = p[PRESS] * _eased((1.15 - abs(across)) * 3.0) if p[REST] <= 0.0 else 0.0
            cover = 0.0
            if t < upper:
                d = max(0.0, 1.0 - (upper - t) / 0.42)
                shift = (upper + rest) * d * d
                t_from = t - shift * own - cheek * (1.0 - own)
                if bow > 0.0:
                    t_from = min(t_from, -rest)
                if rolled > 0.0:
                    t_from -= rolled * 0.055 * np.exp(-(((t - upper) / 0.085) ** 2))
            elif t > lower:
                ease = _eased((t - lower) / far)
                shift = lower * (1.0 - ease) + fall * ease
                t_from = t - shift * own - cheek * (1.0 - own)
                if bow > 0.0:
                    t_from = max(t_from, 0.0)
                if rolled > 0.0:
                    t_from += rolled * 0.070 * np.exp(-(((t - lower) / 0.095) ** 2))
            else:
                # Teeth that the picture shows stay under the upper lip.
                t_from = min(t - upper, rest) - rest
            down, away = t - upper, lower - t
            edge = max(1.0, p[SOFT] * unit)
            if gap > 0.0 and down > -p[SOFT] and away > -p[SOFT]:
                cover = min(1.0, max(0.0, min(down, away) * unit / edge + 0.5)) * min(1.0, gap * unit * 0.5)
                if rest > 0.0:
                    cover *= min(1.0, max(0.0, (down - rest) * unit / edge + 0.5)) * min(1.0, 4.0 * active)
            contact = 0.0
            if active > 0.0 and bow > 0.0:  # lips that were apart, or are rolled in, meet in a line
                near = (t - lower) * unit / max(1.0, unit * 0.020)
                wanted = active if p[REST] > 0.0 else p[PRESS]
                contact = 0.75 * wanted * min(1.0, 3.0 * bow) * max(0.0, 1.0 - gap / 0.05)
                contact = contact * np.exp(-near * near) if contact > 0.0 and abs(near) < 4.0 else 0.0
            v_from = t_from + level
            sx = p[MIDDLE_X] + (u_from * p[RIGHT_X] - v_from * p[RIGHT_Y]) * unit
            sy = p[MIDDLE_Y] + (u_from * p[RIGHT_Y] + v_from * p[RIGHT_X]) * unit
            sx, sy = min(max(sx, 0.0), wide - 1.001), min(max(sy, 0.0), high - 1.001)
            lanes = between(still, int(sx * PART), int(sy * PART))
            if cover <= 0.0 and contact <= 0.0:
                put(lanes, out, y, x)
                continue
            if cover > 0.0:
                begin = rest * active
                deep = max(gap - begin, 1e-3)
                depth = min(1.0, max(0.0, (down - begin) / deep))
                # Teeth hang from the jaw above: as long as they are, whatever the opening.
                band = 0.0 if rest > 0.0 else min(1.1, p[TEETH] * 0.31 * half / deep)
                _inside(depth, across, p[TEETH], p[TONGUE], band, min(0.5, max(0.02, 1.2 * pixel / deep)),
                        colours, value)  # fmt: skip
                near = min(down if rest <= 0.0 else 1.0, away) * unit / max(p[BLURRED], unit * 0.020)
                rim = 1.0 - 0.34 * np.exp(-near * near)
                for k in range(3):
                    value[k] = colours[3, k] + (value[k] - colours[3, k]) * rim
            for k in range(3):
                seen = float((lanes >> np.uint64(21 * k)) & np.uint64(0x1FFFFF)) / 8192.0
                if cover > 0.0:
                    seen += (value[k] - seen) * cover
                if contact > 0.0:
                    seen += (colours[3, k] - seen) * contact
                out[y, x, k] = int(min(255.0, max(0.0, seen + 0.5)))


@dataclass(frozen=True, eq=False)
class Speaker:
    """The mouth of a picture, ready to speak."""

    window: tuple[slice, slice]
    line: LipLine
    still: Array  # the parameters of the mouth at rest
    colours: Array  # inside, teeth, tongue, line
    maps: Array

    def change(self, picture: Array, still: Array, moment: Moment) -> None:
        """Bring the mouth of a picture (× 4, uint8) into a moment; `still` is as it was, in words."""
        said = moment.mouth
        press = min(1.0, max(0.0, said.press))
        wide = min(1.0, max(-1.0, said.wide))
        smile = min(1.0, max(-1.0, moment.smile))
        teeth, tongue = min(1.0, max(0.0, said.teeth)), min(1.0, max(0.0, said.tongue))
        opened = min(1.15, max(0.0, said.open))
        opened = max(opened, 0.16 * teeth, 0.18 * tongue) * (1.0 - 0.97 * press)
        if opened < 0.004 and press < 0.01 and abs(wide) < 0.01 and abs(smile) < 0.01:
            return
        p = self.still.copy()
        p[ACTIVE] = min(1.0, max(opened / 0.10, press / 0.4, abs(wide) / 0.5))
        size = min(1.1, max(0.62, self.line.half / 0.42))
        p[OPEN] = opened * _WIDEST * size * (1.0 - 0.12 * max(0.0, wide))
        p[WIDTH] = 1.0 + 0.13 * max(0.0, wide) - 0.34 * max(0.0, -wide) + 0.07 * smile - 0.06 * opened
        p[ROUND] = max(0.0, -wide)
        p[PRESS], p[SMILE] = press, smile
        p[TEETH] = min(
            1.0, max(teeth, (0.45 + 0.25 * max(0.0, wide)) * min(1.0, opened * 4.0) * (1 - 0.7 * p[ROUND]))
        )
        if teeth > 0.5 and opened < 0.30:
            p[TEETH] = 2.0 * teeth
        p[TONGUE] = min(1.0, max(tongue, 0.62 * min(1.0, opened * 1.6)))
        p[JAW] = 0.62 * p[OPEN]
        rows, columns = self.window
        speak(still, self.maps, p, self.colours, picture[rows, columns])


def speaker_of(frame: Frame, line: LipLine, tints: Tints, size: int, softness: float = 1.0) -> Speaker:
    """Prepare a mouth; `softness`: pixels that an edge takes."""
    middle = frame.at(*line.middle)
    corners = np.stack([
        middle + (u * frame.right + v * frame.down) * frame.unit
        for u in (-_SIDE, _SIDE) for v in (-_UP, _DOWN)
    ])  # fmt: skip
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
    left, top = (max(0, int(value)) for value in low)
    right, bottom = (min(size, int(value)) for value in high)
    p = np.zeros(22)
    p[UNIT] = frame.unit
    p[MIDDLE_X], p[MIDDLE_Y] = middle
    p[RIGHT_X], p[RIGHT_Y] = frame.right
    p[TILT], p[BEND], p[HALF] = line.tilt, line.bend, line.half
    p[WIDTH], p[SOFT] = 1.0, max(0.022, softness / frame.unit)
    p[BLURRED] = softness
    p[REST], p[REST_TILT], p[REST_BEND] = line.rest, line.rest_tilt, line.rest_bend
    colours = np.stack([tints.inside, tints.teeth, tints.tongue, tints.line]).astype(np.float64)
    return Speaker(
        (slice(top, bottom), slice(left, right)),
        line,
        p,
        colours,
        _maps(frame, line, (left, top, right, bottom)),
    )


def _maps(frame: Frame, line: LipLine, box: tuple[int, int, int, int]) -> Array:
    """What stays the same at every pixel of the window: its place, and how far each motion reaches it."""
    y, x = np.mgrid[box[1] : box[3], box[0] : box[2]]
    u, v = np.moveaxis(frame.of(np.stack([x, y], -1)), -1, 0)
    u, v = u - line.middle[0], v - line.middle[1]
    border = (
        smoothstep(0, 1, (1.30 - np.abs(u)) * 4)
        * smoothstep(0, 1, (v + 0.60) * 5)
        * smoothstep(0, 1, (1.53 - v) * 4)
    )
    high_up = np.exp(-((v / 0.42) ** 2)) * border
    lift = np.exp(-((u / (2.1 * line.half)) ** 4)) * high_up
    fall = np.exp(-((u / 0.95) ** 4)) * border
    return np.ascontiguousarray(np.stack([u, v, border, lift, high_up, fall], -1), np.float32)
