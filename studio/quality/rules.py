"""What the numbers mean: the limit of each check, why it is there, and how much it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from studio.quality.likeness import DUPLICATE_BITS, distance
from studio.quality.measure import Measured
from studio.quality.verdict import Check, Demand, Finder

WEIGHTS = {"sharpness": 0.35, "resolution": 0.20, "exposure": 0.20, "contrast": 0.10, "noise": 0.15}

LEAST_SIDE, GOOD_SIDE = 256, 1024  # of the shorter side, in pixels
LEAST_SHARPNESS, FAIR_SHARPNESS, GOOD_SHARPNESS = 0.12, 0.35, 0.7
LEAST_FACE_SHARPNESS = 0.2  # a soft face is seen sooner than a soft picture
MOST_NOISE, CALM = 9.0, 2.0
DARKEST, DARK = 22.0, 70.0  # of 255
BRIGHTEST, BRIGHT = 246.0, 222.0
LEAST_CONTRAST, GOOD_CONTRAST = 40.0, 150.0


def on_pixels(width: int, height: int, measured: Measured) -> tuple[Check, ...]:
    """What counts for the score."""
    return (
        _on_size(width, height),
        _on_sharpness(measured),
        _on_exposure(measured),
        _on_contrast(measured),
        _on_noise(measured),
    )


def _on_size(width: int, height: int) -> Check:
    side = min(width, height)
    passed = side >= LEAST_SIDE
    why = (
        f"It is {width}x{height} pixels."
        if passed
        else f"It is only {width}x{height} pixels; the shorter side needs {LEAST_SIDE} at least. "
        "Generate it larger, or upscale it."
    )
    # Below the limit there is still better and worse.
    score = 0.4 * _share(side, 0, LEAST_SIDE) + 0.6 * _share(side, LEAST_SIDE, GOOD_SIDE)
    return _counted("resolution", passed, side, LEAST_SIDE, why, score, "error")


def _on_sharpness(measured: Measured) -> Check:
    value = measured.sharpness
    if value is None:
        why = "There is no edge in it, so that there is nothing to see."
        return _counted("sharpness", False, None, LEAST_SHARPNESS, why, 0.0, "error")
    passed = value >= LEAST_SHARPNESS
    why = (
        f"Its sharpest edges take {1 / value:.1f} pixels."
        if passed
        else f"It is blurred: even its sharpest edges take {1 / value:.1f} pixels, and "
        f"{1 / LEAST_SHARPNESS:.0f} are the most. Generate it again, with more steps or a larger size."
    )
    score = (
        0.3 * _share(value, 0, LEAST_SHARPNESS)
        + 0.5 * _share(value, LEAST_SHARPNESS, FAIR_SHARPNESS)
        + 0.15 * _share(value, FAIR_SHARPNESS, GOOD_SHARPNESS)
        + 0.05 * _share(value, GOOD_SHARPNESS, 1)
    )
    return _counted("sharpness", passed, round(value, 3), LEAST_SHARPNESS, why, score, "error")


def _on_exposure(measured: Measured) -> Check:
    value = measured.brightness
    if value < DARKEST:
        why = f"It is too dark: its middle grey is {value:.0f} of 255, and {DARKEST:.0f} is the least."
        limit, passed = DARKEST, False
    elif value > BRIGHTEST:
        why = f"It is too bright: its middle grey is {value:.0f} of 255, and {BRIGHTEST:.0f} is the most."
        limit, passed = BRIGHTEST, False
    else:
        why, limit, passed = (
            f"Its middle grey is {value:.0f} of 255.",
            f"{DARKEST:.0f}..{BRIGHTEST:.0f}",
            True,
        )
    score = min(_share(value, 0, DARK), 1 - _share(value, BRIGHT, 255))
    return _counted("exposure", passed, round(value, 1), limit, why, score, "error")


def _on_contrast(measured: Measured) -> Check:
    value = measured.lights - measured.shadows
    passed = value >= LEAST_CONTRAST
    why = (
        f"Its lights and shadows are {value:.0f} of 255 apart."
        if passed
        else f"It is flat: its lights and shadows are only {value:.0f} of 255 apart, and "
        f"{LEAST_CONTRAST:.0f} are the least."
    )
    score = 0.9 * _share(value, 0, GOOD_CONTRAST) + 0.1 * _share(value, GOOD_CONTRAST, 255)
    return _counted("contrast", passed, round(value, 1), LEAST_CONTRAST, why, score, "warning")


def _on_noise(measured: Measured) -> Check:
    value = measured.noise
    passed = value <= MOST_NOISE
    why = (
        f"Its calm areas differ by {value:.1f} grey levels from pixel to pixel."
        if passed
        else f"It is grainy: its calm areas differ by {value:.1f} grey levels from pixel to pixel, and "
        f"{MOST_NOISE:.0f} are the most."
    )
    score = 1 - 0.7 * _share(value, CALM, MOST_NOISE) - 0.3 * _share(value, MOST_NOISE, 4 * MOST_NOISE)
    return _counted("noise", passed, round(value, 2), MOST_NOISE, why, score, "warning")


def on_faces(count: int, wanted: tuple[int, int] | None, by: Finder) -> Check:
    """Whether there are as many as there should be; a number alone is neither good nor bad."""
    drawn = by == "recipe"
    said = {0: "No face was found", 1: "One face was found"}.get(count, f"{count} faces were found")
    said += ", as the picture's own recipe says" if drawn else ""
    if wanted is None:
        return Check("faces", True, count, None, f"{said}.")
    least, most = wanted
    limit = str(least) if least == most else f"{least}..{most}"
    if least <= count <= most:
        return Check("faces", True, count, limit, f"{said}.")
    hidden = "It was drawn from behind, or out of the picture" if drawn else "It may be turned away or hidden"
    hint = hidden if count < least else "There should be fewer people in it"
    return Check("faces", False, count, limit, f"{said}, and {limit} should be there. {hint}.")


def on_face_sharpness(value: float | None) -> tuple[Check, ...]:
    """Whether the face is sharp, which is what people look at; nothing where there is none to look at."""
    if value is None:
        return ()
    passed = value >= LEAST_FACE_SHARPNESS
    why = (
        f"The sharpest edges of its face take {1 / value:.1f} pixels."
        if passed
        else f"Its face is blurred: even its sharpest edges take {1 / value:.1f} pixels, and "
        f"{1 / LEAST_FACE_SHARPNESS:.0f} are the most."
    )
    return (Check("face_sharpness", passed, round(value, 3), LEAST_FACE_SHARPNESS, why),)


def duplicates(phash: int, others: Mapping[str, int]) -> list[tuple[str, int]]:
    """Those of the others that look the same, with how many bits they differ, nearest first."""
    near = [(name, distance(phash, other)) for name, other in others.items()]
    return sorted(((name, bits) for name, bits in near if bits <= DUPLICATE_BITS), key=lambda found: found[1])


def on_duplicates(same: Sequence[tuple[str, int]]) -> Check:
    """Whether it is there already."""
    if not same:
        return Check("unique", True, 0, 0, "Nothing that looks the same is there yet.")
    name, bits = same[0]
    more = f" and {len(same) - 1} more" if len(same) > 1 else ""
    why = f"It looks the same as {name}{more} ({bits} of 63 bits differ; up to {DUPLICATE_BITS} make one)."
    return Check("unique", False, len(same), 0, why)


def on_demand(demand: Demand, width: int, height: int, file_size: int, kind: str) -> Iterable[Check]:
    """What a platform would say, one check for each thing that it minds."""
    least, most = (demand.least_width or 1, demand.least_height or 1), (demand.most_width, demand.most_height)
    fits = width >= least[0] and height >= least[1]
    fits = fits and width <= (most[0] or width) and height <= (most[1] or height)
    ends = [f"{least[0]}x{least[1]} at least"]
    if most != (None, None):
        ends.append(f"{most[0] or 'any'}x{most[1] or 'any'} at most")
    limit = ", ".join(ends)
    yield _told(demand, "size", fits, f"{width}x{height}", limit)
    if demand.least_ratio is not None or demand.most_ratio is not None:
        low, high = demand.least_ratio or 0.0, demand.most_ratio or float("inf")
        ratio = width / height
        # Whole pixels never meet a ratio to the last digit.
        fits = low * 0.99 <= ratio <= high * 1.01
        yield _told(demand, "ratio", fits, f"{ratio:.2f}", f"{low:.2f}..{high:.2f}")
    if demand.most_bytes is not None:
        most_mb = f"{demand.most_bytes / 1e6:.1f} MB"
        yield _told(demand, "weight", file_size <= demand.most_bytes, f"{file_size / 1e6:.1f} MB", most_mb)
    if demand.formats:
        yield _told(demand, "format", kind in demand.formats, kind, ", ".join(demand.formats))


def _told(demand: Demand, what: str, passed: bool, value: str, limit: str) -> Check:
    shown = demand.name.capitalize()
    why = (
        f"{shown} takes it: {value}." if passed else f"{shown} does not take its {what} of {value}: {limit}."
    )
    return Check(f"{demand.name}_{what}", passed, value, limit, why)


def score(checks: Sequence[Check]) -> tuple[float, str]:
    """From 0 to 10, and how it comes about."""
    counted = [check for check in checks if check.weight]
    total = sum(check.weight for check in counted)
    mean = sum(check.weight * check.score for check in counted) / total if total else 0.0
    parts = " + ".join(f"{check.weight:.2f} x {check.name} {check.score:.2f}" for check in counted)
    explained = f"10 x ({parts})"
    if not all(check.passed or check.level != "error" for check in checks):
        mean /= 2
        explained += ", halved, as it fails what it must not fail"
    return round(10 * mean, 2), explained


def _counted(
    name: str,
    passed: bool,
    value: float | None,
    limit: float | str,
    why: str,
    score: float,
    level: str,
) -> Check:
    return Check(
        name,
        passed,
        value,
        limit,
        why,
        WEIGHTS[name],
        round(min(max(score, 0.0), 1.0), 3),
        "error" if level == "error" else "warning",
    )


def _share(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
