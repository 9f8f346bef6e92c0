"""What one frame of a talking head shows: the seam between who performs and who draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mouth:
    """The mouth as a voice shapes it; all members are 0 at rest."""

    open: float = 0.0  # how far the jaw has fallen: 0 shut, 1 as far as speech goes
    wide: float = 0.0  # corners of the lips: -1 rounded (oo), 1 spread (ee)
    press: float = 0.0  # lips pressed together (m, b, p): 1 hides the red of them
    teeth: float = 0.0  # upper teeth in sight or on the lower lip (f, v, s)
    tongue: float = 0.0  # tip of the tongue in sight (l, th, n)


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that moves in a face, in units that no picture's size touches."""

    mouth: Mouth = Mouth()
    blink: float = 0.0  # lids: 0 as drawn, 1 shut
    brows: float = 0.0  # -1 knitted, 1 raised
    smile: float = 0.0  # -1 corners down, 1 corners up; of the mood, not of the voice
    gaze: tuple[float, float] = (0.0, 0.0)  # right and down, in widths of an iris
    yaw: float = 0.0  # turn of the head in radians, positive to the picture's right
    pitch: float = 0.0  # nod in radians, positive down
    roll: float = 0.0  # tilt in radians, positive clockwise
    breath: float = 0.0  # chest: 0 out, 1 in
    sway: tuple[float, float] = (0.0, 0.0)  # lag of the hair: right and down, in widths of a face
