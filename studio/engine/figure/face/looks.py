"""Expressions and mouth shapes as numbers: what brows, lids and lips do."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Mouth:
    """width 1 is at rest; smile lifts the corners; open in head units; teeth and tongue 0..1."""

    width: float = 1.0
    smile: float = 0.25
    open: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    round: float = 0.0
    wave: float = 0.0
    skew: float = 0.0
    clench: float = 0.0


@dataclass(frozen=True)
class Look:
    """One expression; left and right are the character's own, lids 1 open .. 0 shut."""

    open_left: float = 1.0
    open_right: float = 1.0
    arch: bool = False  # shut eyes bend upwards, as in laughter
    tilt: float = 0.0  # > 0: the upper lid presses down at the nose
    lower: float = 0.0  # the lower lid rises
    iris: float = 1.0
    gaze: tuple[float, float] = (0.0, 0.0)
    brow_lift: float = 0.0
    brow_tilt: float = 0.0  # > 0: inner ends down (anger), < 0: inner ends up (sorrow)
    brow_skew: float = 0.0  # lifts one brow alone
    mouth: Mouth = Mouth()
    blush: float = 0.30
    tears: float = 0.0
    sweat: bool = False
    frown: float = 0.0


LOOKS: dict[str, Look] = {
    "neutral": Look(mouth=Mouth(smile=0.22)),
    "happy": Look(lower=0.25, brow_lift=0.12, mouth=Mouth(1.25, 0.75, 0.052, 0.9, 0.7), blush=0.5),
    "laughing": Look(0, 0, True, brow_lift=0.35, mouth=Mouth(1.45, 0.8, 0.098, 0.9, 1.0), blush=0.6),
    "sad": Look(
        0.80, 0.80, tilt=-0.25, gaze=(0, -0.18), brow_lift=0.10, brow_tilt=-0.85, mouth=Mouth(0.85, -0.75)
    ),
    "crying": Look(
        0.72,
        0.72,
        tilt=-0.2,
        lower=0.3,
        brow_lift=0.2,
        brow_tilt=-1.0,
        mouth=Mouth(1.0, -0.8, 0.045, 0.5, 0.6, wave=0.4),
        tears=1.0,
        blush=0.55,
    ),
    "angry": Look(
        0.82,
        0.82,
        tilt=0.55,
        iris=0.92,
        brow_lift=-0.35,
        brow_tilt=1.05,
        mouth=Mouth(1.05, -0.65, 0.030, 1.0, clench=1.0),
        blush=0.1,
        frown=1.0,
    ),
    "surprised": Look(
        1.20, 1.20, iris=0.82, brow_lift=0.85, mouth=Mouth(0.62, 0.0, 0.066, 0.35, 0.4, round=1.0)
    ),
    "scared": Look(
        1.14,
        1.14,
        iris=0.70,
        brow_lift=0.55,
        brow_tilt=-0.9,
        mouth=Mouth(1.1, -0.5, 0.034, 0.8, wave=0.7),
        sweat=True,
        blush=0.0,
    ),
    "determined": Look(
        0.90, 0.90, tilt=0.34, brow_lift=-0.15, brow_tilt=0.70, mouth=Mouth(0.85, -0.12), blush=0.15
    ),
    "smirk": Look(
        0.84,
        0.84,
        tilt=0.12,
        lower=0.2,
        brow_tilt=0.25,
        brow_skew=0.5,
        mouth=Mouth(1.05, 0.35, skew=0.9),
        blush=0.2,
    ),
    "shy": Look(
        0.86,
        0.86,
        tilt=-0.1,
        gaze=(-0.30, -0.12),
        brow_lift=0.12,
        brow_tilt=-0.55,
        mouth=Mouth(0.55, 0.2, wave=0.5),
        blush=1.0,
    ),
    "sleepy": Look(
        0.42,
        0.42,
        tilt=-0.12,
        gaze=(0, -0.1),
        brow_lift=0.1,
        brow_tilt=-0.2,
        mouth=Mouth(0.6, 0.0, 0.016, round=0.7),
    ),
    "wink": Look(1.0, 0.0, True, brow_lift=0.2, mouth=Mouth(1.2, 0.75, 0.044, 0.9, 0.7), blush=0.5),
    "serious": Look(
        0.84, 0.84, tilt=0.18, brow_lift=-0.12, brow_tilt=0.35, mouth=Mouth(0.9, -0.05), blush=0.05
    ),
    "disgusted": Look(
        0.66,
        0.66,
        tilt=0.2,
        lower=0.45,
        brow_lift=-0.2,
        brow_tilt=0.6,
        brow_skew=0.3,
        mouth=Mouth(0.95, -0.7, skew=-0.5, wave=0.5),
        blush=0.0,
        frown=0.7,
    ),
    "confused": Look(
        0.98,
        0.98,
        gaze=(0.16, 0.12),
        brow_lift=0.15,
        brow_tilt=-0.25,
        brow_skew=0.95,
        mouth=Mouth(0.7, -0.2, skew=0.5, wave=0.4),
        sweat=True,
    ),
    "calm": Look(0.80, 0.80, lower=0.06, brow_lift=0.05, brow_tilt=-0.1, mouth=Mouth(0.9, 0.4), blush=0.25),
    "evil_grin": Look(
        0.80,
        0.80,
        tilt=0.60,
        lower=0.22,
        iris=0.80,
        brow_lift=-0.25,
        brow_tilt=0.9,
        mouth=Mouth(1.5, 0.85, 0.036, 1.0, clench=1.0),
        blush=0.0,
        frown=0.4,
    ),
}

# What the lips do for the sounds of speech, by the names that lip-sync tools use.
VISEMES: dict[str, Mouth] = {
    "sil": Mouth(1.0, 0.2),
    "PP": Mouth(0.88, 0.05),
    "FF": Mouth(0.95, 0.1, 0.012, 1.0),
    "TH": Mouth(0.98, 0.1, 0.022, 0.7, 1.0),
    "DD": Mouth(1.0, 0.15, 0.026, 0.8, 0.5),
    "kk": Mouth(1.02, 0.15, 0.030, 0.6, 0.3),
    "CH": Mouth(0.76, 0.0, 0.030, 0.9, round=0.5),
    "SS": Mouth(1.10, 0.2, 0.018, 1.0, clench=1.0),
    "nn": Mouth(1.0, 0.15, 0.020, 0.7, 0.6),
    "RR": Mouth(0.74, 0.0, 0.028, 0.4, 0.3, round=0.6),
    "aa": Mouth(1.05, 0.25, 0.078, 0.7, 0.8),
    "E": Mouth(1.18, 0.35, 0.044, 0.8, 0.6),
    "I": Mouth(1.25, 0.45, 0.028, 0.9, 0.3),
    "O": Mouth(0.70, 0.0, 0.064, 0.2, 0.4, round=1.0),
    "U": Mouth(0.50, 0.0, 0.036, 0.0, 0.2, round=1.0),
}


def look_of(expression: str, mouth: str | None = None, lids: float | None = None) -> Look:
    """An expression, with the mouth of a viseme and the lids of a blink laid over it."""
    look = LOOKS.get(expression, LOOKS["neutral"])
    if mouth is not None:
        spoken = VISEMES.get(mouth, VISEMES["sil"])
        mood = 0.5 * look.mouth.smile if mouth != "sil" else look.mouth.smile
        look = replace(look, mouth=replace(spoken, smile=spoken.smile * 0.5 + mood))
    if lids is not None:
        look = replace(look, open_left=look.open_left * lids, open_right=look.open_right * lids)
    return look
