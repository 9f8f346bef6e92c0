"""How good a picture is: sharpness, light, size, faces, duplicates, what platforms take; each explained."""

from studio.quality.faces import find_faces, told_faces
from studio.quality.judging import judge
from studio.quality.likeness import DUPLICATE_BITS, distance, perceptual_hash
from studio.quality.verdict import Check, Demand, Face, Verdict, read_face, read_verdict

__all__ = [
    "DUPLICATE_BITS",
    "Check",
    "Demand",
    "Face",
    "Verdict",
    "distance",
    "find_faces",
    "judge",
    "perceptual_hash",
    "read_face",
    "read_verdict",
    "told_faces",
]
