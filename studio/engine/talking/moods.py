"""The moods that a talking head can have: what stays on the face while the mouth speaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mood:
    """How a mood holds a face and moves a head, beside a neutral one."""

    smile: float = 0.0
    brows: float = 0.0
    lids: float = 0.0  # how far the lids have fallen all the time
    gaze: tuple[float, float] = (0.0, 0.0)
    pitch: float = 0.0
    roll: float = 0.0
    lively: float = 1.0  # how far head and brows go with the voice
    quick: float = 1.0  # how fast the head drifts and the chest breathes
    blinks: float = 1.0  # how often against usual
    wander: float = 1.0  # how often and how far the eyes dart away
    jaw: float = 1.0  # how far the mouth opens


# By the names of the figure's expressions.
MOODS: dict[str, Mood] = {
    "neutral": Mood(),
    "happy": Mood(smile=0.55, brows=0.20, roll=0.012, lively=1.25, quick=1.1, jaw=1.05),
    "laughing": Mood(smile=0.85, brows=0.30, lids=0.18, pitch=-0.03, lively=1.6, quick=1.35, jaw=1.15),
    "sad": Mood(-0.55, -0.20, 0.16, (0.0, 0.14), 0.05, 0.02, 0.6, 0.75, 0.9, 0.8, 0.88),
    "crying": Mood(-0.70, -0.35, 0.24, (0.0, 0.18), 0.06, 0.02, 0.7, 1.2, 1.9, 0.8, 0.92),
    "angry": Mood(-0.40, -0.85, 0.06, (0.0, 0.0), 0.035, 0.0, 1.35, 1.15, 0.6, 0.5, 1.15),
    "surprised": Mood(0.0, 0.90, 0.0, (0.0, -0.04), -0.03, 0.0, 1.2, 1.1, 0.7, 0.8, 1.12),
    "scared": Mood(-0.35, 0.45, 0.0, (0.0, 0.0), -0.02, 0.0, 1.1, 1.7, 1.5, 1.8, 0.9),
    "determined": Mood(-0.10, -0.50, 0.0, (0.0, 0.0), 0.02, 0.0, 1.1, 0.95, 0.65, 0.4, 1.05),
    "smirk": Mood(0.35, 0.10, 0.14, (0.10, 0.0), 0.0, 0.035, 0.9, 0.9, 0.85, 0.9, 0.95),
    "shy": Mood(0.20, 0.15, 0.12, (-0.16, 0.14), 0.05, -0.035, 0.7, 0.9, 1.3, 1.5, 0.82),
    "sleepy": Mood(0.0, -0.05, 0.42, (0.0, 0.12), 0.05, 0.025, 0.5, 0.6, 0.7, 0.4, 0.85),
    "wink": Mood(0.50, 0.20, 0.0, (0.0, 0.0), 0.0, 0.025, 1.2, 1.1, 1.1, 1.0, 1.0),
    "serious": Mood(-0.12, -0.25, 0.05, (0.0, 0.0), 0.01, 0.0, 0.75, 0.8, 0.7, 0.5, 0.97),
    "disgusted": Mood(-0.60, -0.45, 0.20, (0.08, 0.04), -0.02, 0.03, 0.95, 0.95, 1.1, 1.0, 0.95),
    "confused": Mood(-0.15, 0.30, 0.0, (0.08, -0.08), 0.0, 0.05, 0.95, 0.95, 1.2, 1.6, 0.95),
    "calm": Mood(0.22, 0.05, 0.14, (0.0, 0.03), 0.01, 0.0, 0.7, 0.75, 0.85, 0.6, 0.94),
    "evil_grin": Mood(0.75, -0.70, 0.12, (0.0, 0.04), 0.05, 0.02, 1.1, 0.9, 0.5, 0.5, 1.08),
}  # fmt: skip
