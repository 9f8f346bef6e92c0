"""Looks at one picture and says how good it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.errors import StudioError
from studio.pictures import inspect, read_pixels
from studio.pictures.drawn import Drawn, drawn_in
from studio.quality import measure, rules
from studio.quality.likeness import hash_of
from studio.quality.verdict import Check, Demand, Verdict


def judge(
    path: Path,
    *,
    phash_of: Mapping[str, int] | None = None,
    demands: Sequence[Demand] = (),
    people: tuple[int, int] | None = None,
    drawn: Drawn | None = None,
) -> Verdict:
    """The verdict on a file; a broken one has the score 0 and the reason.

    `phash_of` are the hashes of other pictures by their names; `demands` what platforms take; `people` how
    many faces there should be, at least and at most; `drawn` who was drawn, where the file does not say so.
    """
    file_size = path.stat().st_size
    try:
        facts = inspect(path)
        pixels = read_pixels(path, measure.LONGEST)
    except StudioError as error:
        if error.code != "invalid_image":
            raise
        broken = Check("readable", False, None, None, error.message, 1.0, 0.0, "error")
        return Verdict(0.0, (broken,), "It cannot be read: nothing is scored.", file_size=file_size)
    measured = measure.measure(pixels, drawn_in(path, (pixels.width, pixels.height)) or drawn)
    phash = hash_of(pixels)
    same = rules.duplicates(phash, phash_of or {})
    checks = (
        Check("readable", True, facts.format, None, f"It is a whole {facts.format}."),
        *rules.on_pixels(pixels.width, pixels.height, measured),
        rules.on_faces(len(measured.faces), people, measured.faces_by),
        *rules.on_face_sharpness(measured.face_sharpness),
        rules.on_duplicates(same),
        *(
            check
            for demand in demands
            for check in rules.on_demand(demand, pixels.width, pixels.height, file_size, facts.format)
        ),
    )
    score, explained = rules.score(checks)
    return Verdict(
        score,
        checks,
        explained,
        pixels.width,
        pixels.height,
        facts.format,
        file_size,
        phash,
        measured.faces,
        tuple(name for name, _ in same),
        measured.faces_by,
    )
