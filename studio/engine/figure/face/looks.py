"""Expressions and mouth shapes as numbers: what brows, lids and lips do."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Mouth:
    """width 1 is at rest; smile lifts the corners; open in head units; the rest 0..1."""

    width: float = 1.0
    smile: float = 0.25
    open: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    round: float = 0.0
    wave: float = 0.0
    skew: float = 0.0  # lifts the left corner alone; < 0 the right one
    clench: float = 0.0  # rows of teeth shut
    fangs: float = 0.0
    press: float = 0.0  # lips shut tight: a firm line with ends


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
    brow_skew: float = 0.0  # lifts the left brow and lowers the right one
    brow_bend: float = 0.0  # arches the middle; < 0 flattens it
    mouth: Mouth = Mouth()
    blush: float = 0.30
    tears: float = 0.0
    sweat: bool = False
    frown: float = 0.0  # upright folds between the brows
    sneer: float = 0.0  # folds beside the nose
    pale: float = 0.0  # the forehead goes blue with fright
    gloom: float = 0.0  # a shadow over brow and eyes


LOOKS: dict[str, Look] = {
    "neutral": Look(mouth=Mouth(0.95, 0.14)),
    "happy": Look(
        lower=0.28, brow_lift=0.30, brow_bend=0.5, mouth=Mouth(1.30, 0.70, 0.072, 0.9, 0.8), blush=0.6
    ),
    "laughing": Look(
        0, 0, True, brow_lift=0.55, brow_bend=0.6, mouth=Mouth(1.45, 0.62, 0.122, 0.9, 1.0), blush=0.7
    ),
    "sad": Look(
        0.70, 0.70, tilt=-0.55, gaze=(0, -0.26), brow_lift=0.05, brow_tilt=-1.15, brow_bend=-0.3,
        mouth=Mouth(0.86, -0.95), blush=0.15,
    ),
    "crying": Look(
        0.52, 0.52, tilt=-0.45, lower=0.45, brow_lift=0.15, brow_tilt=-1.30,
        mouth=Mouth(1.12, -0.75, 0.062, 0.5, 0.6, wave=0.7), tears=1.0, blush=0.75,
    ),
    "angry": Look(
        0.80, 0.80, tilt=0.85, iris=0.84, brow_lift=-0.50, brow_tilt=1.35, brow_bend=-0.2,
        mouth=Mouth(1.18, -0.60, 0.050, 1.0, clench=1.0), blush=0.1, frown=1.0, sneer=0.4,
    ),
    "surprised": Look(
        1.28, 1.28, iris=0.74, brow_lift=1.05, brow_bend=0.8,
        mouth=Mouth(0.66, 0.0, 0.092, 0.35, 0.4, round=1.0), blush=0.2,
    ),
    "scared": Look(
        1.22, 1.22, tilt=-0.3, iris=0.56, brow_lift=0.55, brow_tilt=-1.25,
        mouth=Mouth(1.15, -0.55, 0.046, 0.8, wave=1.0, clench=1.0), sweat=True, blush=0.0, pale=1.0,
    ),
    "determined": Look(
        1.06, 1.06, tilt=0.62, lower=0.12, brow_lift=-0.28, brow_tilt=1.10,
        mouth=Mouth(0.96, -0.36, press=0.8), blush=0.12, frown=0.35,
    ),
    "smirk": Look(
        0.74, 0.74, tilt=0.22, lower=0.30, gaze=(0.12, 0.0), brow_tilt=0.35, brow_skew=0.75,
        mouth=Mouth(1.15, 0.05, skew=1.0, press=0.3), blush=0.15,
    ),
    "shy": Look(
        0.82, 0.82, tilt=-0.25, lower=0.15, gaze=(-0.36, -0.16), brow_lift=0.20, brow_tilt=-0.85,
        mouth=Mouth(0.52, 0.10, wave=1.0), blush=1.0,
    ),
    "sleepy": Look(
        0.30, 0.30, tilt=-0.18, gaze=(0, -0.2), brow_lift=0.35, brow_tilt=-0.25, brow_bend=0.4,
        mouth=Mouth(0.60, 0.0, 0.034, round=0.8), blush=0.25,
    ),
    "wink": Look(
        1.04, 0.0, True, lower=0.12, brow_lift=0.25, brow_skew=0.35, brow_bend=0.4,
        mouth=Mouth(1.22, 0.80, 0.060, 0.9, 0.9, skew=0.25), blush=0.6,
    ),
    "serious": Look(
        0.68, 0.68, tilt=0.12, brow_lift=-0.42, brow_tilt=0.42, brow_bend=-0.7,
        mouth=Mouth(1.05, -0.10, press=0.8), blush=0.0, frown=0.25,
    ),
    "disgusted": Look(
        0.60, 0.46, tilt=0.30, lower=0.50, gaze=(0.22, -0.05), brow_lift=-0.28, brow_tilt=0.80,
        brow_skew=0.45, mouth=Mouth(1.02, -0.85, skew=-0.75, wave=0.8), blush=0.0, frown=0.8, sneer=1.0,
    ),
    "confused": Look(
        1.02, 0.84, gaze=(0.20, 0.16), brow_lift=0.10, brow_tilt=-0.20, brow_skew=1.25,
        mouth=Mouth(0.74, -0.45, skew=0.6, wave=0.9), sweat=True, blush=0.2,
    ),
    "calm": Look(
        0.62, 0.62, tilt=-0.10, lower=0.10, brow_lift=0.22, brow_tilt=-0.22, brow_bend=0.5,
        mouth=Mouth(0.92, 0.62), blush=0.4,
    ),
    "evil_grin": Look(
        0.70, 0.70, tilt=0.90, lower=0.34, iris=0.70, brow_lift=-0.38, brow_tilt=1.30, brow_skew=0.25,
        mouth=Mouth(1.66, 0.95, 0.056, 1.0, skew=0.45, clench=1.0, fangs=1.0), blush=0.0, frown=0.4,
        gloom=1.0,
    ),
}  # fmt: skip

# What the lips do for the sounds of speech, by the names that lip-sync tools use.
VISEMES: dict[str, Mouth] = {
    "sil": Mouth(0.95, 0.2),
    "PP": Mouth(0.84, 0.05, press=0.4),
    "FF": Mouth(0.90, 0.1, 0.014, 1.0),
    "TH": Mouth(0.92, 0.1, 0.026, 0.7, 1.0),
    "DD": Mouth(0.94, 0.15, 0.030, 0.8, 0.5),
    "kk": Mouth(0.96, 0.15, 0.034, 0.6, 0.3),
    "CH": Mouth(0.70, 0.0, 0.034, 0.9, round=0.5),
    "SS": Mouth(1.02, 0.2, 0.022, 1.0, clench=1.0),
    "nn": Mouth(0.94, 0.15, 0.024, 0.7, 0.6),
    "RR": Mouth(0.68, 0.0, 0.032, 0.4, 0.3, round=0.6),
    "aa": Mouth(0.98, 0.25, 0.088, 0.7, 0.8),
    "E": Mouth(1.10, 0.35, 0.050, 0.8, 0.6),
    "I": Mouth(1.16, 0.45, 0.034, 0.9, 0.3),
    "O": Mouth(0.64, 0.0, 0.074, 0.2, 0.4, round=1.0),
    "U": Mouth(0.46, 0.0, 0.042, 0.0, 0.2, round=1.0),
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
