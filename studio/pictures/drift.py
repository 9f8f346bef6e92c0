"""How far the colours and shapes of a character in one view are from those in the front view.

Nothing here knows a face. What is compared is what a costume keeps from every side: its palette, the
colours of each part of the body from head to feet, how busy its edges are, and its proportions. Numbers
are 0 for equal and 1 for nothing in common.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from PIL import Image

from studio.pictures.decode import decode
from studio.pictures.source import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

HEIGHT = 160  # pixels; what is compared is coarse, and so it is quick
BANDS = 5  # from head to feet
BAND_WEIGHTS = (0.6, 1.0, 1.0, 1.0, 0.7)  # hair and face change the most from view to view
LIGHTNESS_BINS, CHROMA_BINS = 7, 12
CHROMA_SPAN = 90.0  # of Lab's a and b, to either side of grey
SHARES = {"palette": 0.4, "cloth": 0.4, "edges": 0.1, "proportions": 0.1}


@dataclass(frozen=True)
class Drift:
    """How far two views of a character are from one another; `score` is the weighted sum of the others."""

    score: float
    palette: float  # colours of the whole figure
    cloth: float  # colours of each part of it, from head to feet
    edges: float  # how many edges there are and which way they run
    proportions: float  # how wide it is at each height, as far as that does not depend on the view

    def to_json(self) -> dict[str, float]:
        """Its numbers by their names."""
        return asdict(self)


@dataclass(frozen=True)
class _Look:
    palette: Array
    cloth: Array  # one palette for each band
    edges: Array
    density: float
    widths: Array


def drift(front: Source, other: Source) -> Drift:
    """Compare a view with the front view of what should be the same character."""
    import numpy as np

    first, second = _look(front), _look(other)
    bands = [_apart(a, b) for a, b in zip(first.cloth, second.cloth, strict=True)]
    busy = abs(first.density - second.density) / max(first.density + second.density, 1e-6)
    parts = {
        "palette": _apart(first.palette, second.palette),
        "cloth": float(np.average(bands, weights=BAND_WEIGHTS)),
        "edges": min(1.0, 0.5 * _apart(first.edges, second.edges) + busy),
        "proportions": min(1.0, float(np.abs(first.widths - second.widths).mean())),
    }
    score = sum(share * parts[name] for name, share in SHARES.items())
    return Drift(round(score, 4), **{name: round(value, 4) for name, value in parts.items()})


def _look(source: Source) -> _Look:
    import numpy as np

    pixels, alpha = _small(source)
    lab = _lab(pixels)
    weight = _figure(lab, alpha)
    rows = np.flatnonzero(weight.sum(1) > 0.02 * weight.shape[1])
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) > BANDS else (0, len(weight))
    lab, weight = lab[top:bottom], weight[top:bottom]
    edges, density = _edges(lab[..., 0], weight)
    cloth = [
        _palette(lab[band], weight[band]) for band in np.array_split(np.arange(len(lab)), BANDS) if len(band)
    ]
    return _Look(_palette(lab, weight), np.stack(cloth), edges, density, _widths(weight))


def _small(source: Source) -> tuple[Array, Array | None]:
    """Colours as 0 to 1, and how solid each pixel is if the picture says so."""
    import numpy as np

    image = decode(source, near=2 * HEIGHT).convert("RGBA")
    width = max(8, min(4 * HEIGHT, round(image.width * HEIGHT / image.height)))
    small = np.asarray(image.resize((width, HEIGHT), Image.Resampling.BOX), np.float32) / 255.0
    alpha = small[..., 3]
    return small[..., :3], alpha if float((alpha < 0.5).mean()) > 0.02 else None


def _lab(rgb: Array) -> Array:
    """CIE Lab, in which equal distances look equally far."""
    import numpy as np

    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    to_xyz = np.array([[0.4339, 0.3763, 0.1899], [0.2127, 0.7152, 0.0722], [0.0178, 0.1095, 0.8727]])
    xyz = linear @ to_xyz.T.astype(np.float32)  # with the white point divided out
    cube = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = cube[..., 0], cube[..., 1], cube[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _figure(lab: Array, alpha: Array | None) -> Array:
    """How surely each pixel is of the figure: what differs from the margins beside it, near the middle."""
    import numpy as np

    if alpha is not None:
        return alpha
    height, width = lab.shape[:2]
    margin = max(2, width // 16)
    left, right = (np.median(side, 1, keepdims=True) for side in (lab[:, :margin], lab[:, width - margin :]))
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    apart = np.linalg.norm(lab - (left * (1 - across) + right * across), axis=-1)
    rough = np.median(
        np.abs(np.concatenate([lab[:, :margin] - left, lab[:, width - margin :] - right], 1)).sum(-1)
    )
    threshold = max(10.0, 2.0 * float(rough))
    differs = np.clip((apart - 0.5 * threshold) / threshold, 0, 1)
    middle = np.exp(-0.5 * ((np.linspace(-1, 1, width, dtype=np.float32)) / 0.45) ** 2)[None, :]
    weight = differs * middle
    if float(weight.mean()) < 0.02:  # nothing stands out: better all of the middle than nothing
        weight = np.repeat(middle, height, 0)
    return weight


def _palette(lab: Array, weight: Array) -> Array:
    """A histogram of colours, blurred so that a little more light is not another colour."""
    import numpy as np

    span = 2 * CHROMA_SPAN
    bins = np.stack(
        [
            np.clip(lab[..., 0] / 100 * LIGHTNESS_BINS, 0, LIGHTNESS_BINS - 1),
            np.clip((lab[..., 1] + CHROMA_SPAN) / span * CHROMA_BINS, 0, CHROMA_BINS - 1),
            np.clip((lab[..., 2] + CHROMA_SPAN) / span * CHROMA_BINS, 0, CHROMA_BINS - 1),
        ]
    ).astype(int)
    flat = np.ravel_multi_index(tuple(bins.reshape(3, -1)), (LIGHTNESS_BINS, CHROMA_BINS, CHROMA_BINS))
    shape = (LIGHTNESS_BINS, CHROMA_BINS, CHROMA_BINS)
    counts = np.bincount(flat, weight.ravel(), minlength=int(np.prod(shape))).reshape(shape)
    for axis, rounds in ((0, 2), (1, 1), (2, 1)):
        for _ in range(rounds):
            padded = np.pad(counts, [(1, 1) if one == axis else (0, 0) for one in range(3)], "edge")
            before, here, after = (np.take(padded, range(n, n + shape[axis]), axis) for n in range(3))
            counts = 0.25 * before + 0.5 * here + 0.25 * after
    return counts / max(float(counts.sum()), 1e-9)


def _apart(first: Array, second: Array) -> float:
    """Hellinger's distance of two histograms; 1 when they share nothing."""
    import numpy as np

    return float(np.sqrt(max(0.0, 1.0 - float(np.sqrt(first * second).sum()))))


def _edges(lightness: Array, weight: Array) -> tuple[Array, float]:
    """Which way edges run, upright against lying, and how much of the figure is edge."""
    import numpy as np

    down, across = np.gradient(lightness)
    strength = np.hypot(down, across) * weight
    angle = (np.arctan2(down, np.abs(across)) + np.pi / 2) / np.pi  # a mirrored edge counts as the same
    found = np.bincount(np.minimum((angle * 6).astype(int), 5).ravel(), strength.ravel(), minlength=6)
    return found / max(float(found.sum()), 1e-9), float(strength.sum() / max(float(weight.sum()), 1e-6))


def _widths(weight: Array) -> Array:
    """How wide the figure is at each height, against its own mean: from the side all is narrower alike."""
    import numpy as np

    parts = np.array([float(rows.sum(1).mean()) for rows in np.array_split(weight, 16)])
    return parts / max(float(parts.mean()), 1e-6)
