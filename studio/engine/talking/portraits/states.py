"""What a moment makes of a drawn face: the looks of its mouth and of its eyes, in steps that can be kept."""

from __future__ import annotations

from dataclasses import replace

from studio.engine.figure.face.looks import Look
from studio.engine.figure.face.looks import Mouth as Lips
from studio.engine.talking.moment import Moment, Mouth

_OPEN = 0.098  # head heights of the widest mouth
_IRIS = 1.25  # the width of an iris in half widths of an eye
_LIDS = (1.0, 0.82, 0.60, 0.38, 0.20, 0.0)


def mouth_look(still: Look, moment: Moment) -> Look:
    """The look with the mouth of a moment; the still one when the mouth is at rest."""
    said = moment.mouth
    smile = _stepped(still.mouth.smile + 0.75 * moment.smile, 0.12, -1.0, 1.0)
    active = _active(said)
    if active <= 0.0:
        if abs(smile - still.mouth.smile) < 0.10:
            return still
        return replace(still, mouth=replace(still.mouth, smile=smile))
    spoken = _spoken(said, smile, still.mouth)
    mixed = _mixed(still.mouth, spoken, active)
    return replace(still, mouth=mixed)


def eyes_look(still: Look, moment: Moment) -> Look:
    """The look with the lids, the gaze and the brows of a moment."""
    blink = min(1.0, max(0.0, moment.blink))
    lids = 1.0 - blink
    lids = min(_LIDS, key=lambda step: abs(step - lids))
    gaze_x = _stepped(moment.gaze[0] * _IRIS, 0.10, -0.45, 0.45)
    gaze_y = _stepped(-moment.gaze[1] * _IRIS, 0.10, -0.40, 0.40)
    brows = _stepped(moment.brows, 0.17, -1.0, 1.0)
    squint = _stepped(max(0.0, moment.smile), 0.34, 0.0, 1.0)
    if lids == 1.0 and gaze_x == 0 and gaze_y == 0 and brows == 0 and squint == 0:
        return still
    up, knit = max(0.0, brows), max(0.0, -brows)
    return replace(
        still,
        open_left=still.open_left * lids,
        open_right=still.open_right * lids,
        lower=min(0.6, still.lower + 0.22 * squint),
        gaze=(still.gaze[0] + gaze_x, still.gaze[1] + gaze_y),
        brow_lift=still.brow_lift + 0.80 * up - 0.28 * knit,
        brow_tilt=still.brow_tilt + 0.95 * knit - 0.10 * up,
        brow_bend=still.brow_bend + 0.30 * up,
    )


def _stepped(value: float, step: float, low: float, high: float) -> float:
    return round(round(min(high, max(low, value)) / step) * step, 3)


def _active(said: Mouth) -> float:
    """How much of the mouth is the voice's: it leaves its rest quickly."""
    most = max(
        said.open / 0.10, said.press / 0.35, abs(said.wide) / 0.55, said.teeth / 0.35, said.tongue / 0.35
    )
    return _stepped(most, 0.25, 0.0, 1.0)


def _spoken(said: Mouth, smile: float, still: Lips) -> Lips:
    press = _stepped(said.press, 0.25, 0.0, 1.0)
    wide = _stepped(said.wide, 0.2, -1.0, 1.0)
    teeth = _stepped(said.teeth, 0.25, 0.0, 1.0)
    tongue = _stepped(said.tongue, 0.34, 0.0, 1.0)
    opened = min(1.15, max(0.0, said.open)) * (1.0 - 0.95 * press)
    # Teeth on a lip and a tongue between them keep the lips a little apart.
    opened = max(opened, 0.17 * teeth * (1 - press), 0.18 * tongue * (1 - press))
    height = _stepped(opened * _OPEN * (1.0 + 0.10 * max(0.0, -wide)), 0.006, 0.0, 0.13)
    width = 0.96 + 0.20 * max(0.0, wide) - 0.46 * max(0.0, -wide) + 0.06 * min(1.0, opened)
    width -= 0.06 * press
    pull = max(0.0, smile) * 0.16
    return Lips(
        width=round(width + pull, 3),
        smile=smile * (1.0 - 0.35 * max(0.0, -wide)),
        open=height,
        teeth=min(1.0, max(teeth, 0.55 * (opened > 0.12) + 0.3 * max(0.0, wide))),
        tongue=min(1.0, max(tongue, 0.75 * min(1.0, opened * 1.4))),
        round=round(min(1.0, max(0.0, -wide) * 1.25), 3),
        clench=1.0 if teeth > 0.6 and opened < 0.30 else 0.0,
        fangs=still.fangs,
        press=press,
        skew=0.0,
    )


def _mixed(rest: Lips, spoken: Lips, share: float) -> Lips:
    if share >= 1.0:
        return spoken

    def between(a: float, b: float) -> float:
        return round(a + (b - a) * share, 3)

    return Lips(
        width=between(rest.width, spoken.width),
        smile=between(rest.smile, spoken.smile),
        open=between(rest.open, spoken.open),
        teeth=between(rest.teeth, spoken.teeth),
        tongue=between(rest.tongue, spoken.tongue),
        round=between(rest.round, spoken.round),
        wave=between(rest.wave, 0.0),
        skew=between(rest.skew, 0.0),
        clench=spoken.clench,
        fangs=rest.fangs,
        press=between(rest.press, spoken.press),
    )
