"""A small vector painter with exact edges: filled shapes and tapering strokes on a premultiplied canvas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compiled import kernel
from ..shape.curves import Points, Vector, path, unit

Array = np.ndarray
_FINE_TEXELS = 520.0  # per unit: from here on lines are as thin as they were meant


@kernel
def _accumulate(points, area):
    """Signed coverage of a closed polygon; a running sum along rows gives the filled share."""
    rows, columns = area.shape
    count = points.shape[0]
    for i in range(count):
        x0, y0 = points[i, 0], points[i, 1]
        x1, y1 = points[(i + 1) % count, 0], points[(i + 1) % count, 1]
        if y0 == y1:
            continue
        sign = 1.0
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
            sign = -1.0
        slope = (x1 - x0) / (y1 - y0)
        if y0 < 0.0:
            x0 -= y0 * slope
            y0 = 0.0
        x = x0
        for row in range(int(y0), min(rows, int(np.ceil(y1)))):
            high = min(row + 1.0, y1)
            low = max(float(row), y0)
            dy = high - low
            if dy <= 0.0:
                continue
            end = x + slope * dy
            d = dy * sign
            a, b = (x, end) if x < end else (end, x)
            a = min(max(a, 0.0), columns - 2.0)
            b = min(max(b, 0.0), columns - 2.0)
            first = int(np.floor(a))
            last = int(np.ceil(b))
            if last <= first + 1:
                middle = 0.5 * (a + b) - first
                area[row, first] += d * (1.0 - middle)
                area[row, first + 1] += d * middle
            else:
                s = 1.0 / (b - a)
                f = a - first
                a0 = 0.5 * s * (1.0 - f) * (1.0 - f)
                tail = b - last + 1.0
                am = 0.5 * s * tail * tail
                area[row, first] += d * a0
                if last == first + 2:
                    area[row, first + 1] += d * (1.0 - a0 - am)
                else:
                    a1 = s * (1.5 - f)
                    area[row, first + 1] += d * (a1 - a0)
                    for column in range(first + 2, last - 1):
                        area[row, column] += d * s
                    a2 = a1 + (last - first - 3) * s
                    area[row, last - 1] += d * (1.0 - a2 - am)
                area[row, last] += d * am
            x = end


@kernel
def _blend(canvas, area, top, left, upper, lower, y_upper, y_lower, opacity, clip):
    rows, columns = area.shape
    for row in range(rows):
        total = 0.0
        t = 0.0
        if y_lower != y_upper:
            t = min(1.0, max(0.0, (top + row + 0.5 - y_upper) / (y_lower - y_upper)))
        for column in range(columns):
            total += area[row, column]
            cover = min(1.0, abs(total)) * opacity * clip[top + row, left + column]
            if cover <= 0.0:
                continue
            keep = 1.0 - cover
            for c in range(3):
                value = upper[c] + (lower[c] - upper[c]) * t
                canvas[top + row, left + column, c] = (
                    canvas[top + row, left + column, c] * keep + value * cover
                )
            canvas[top + row, left + column, 3] = canvas[top + row, left + column, 3] * keep + cover


class Canvas:
    """A drawing surface with its own units: x to the right, y up, as on the face."""

    def __init__(self, box: tuple[float, float, float, float], texels_per_unit: float) -> None:
        self.box = box
        self.scale = texels_per_unit
        # Small faces are drawn with a heavier pen, as any illustrator would, so that they still speak.
        self.bold = float(np.clip((_FINE_TEXELS / texels_per_unit) ** 0.7, 1.0, 1.9))
        width = max(4, round((box[1] - box[0]) * texels_per_unit))
        height = max(4, round((box[3] - box[2]) * texels_per_unit))
        self.pixels = np.zeros((height, width, 4), np.float32)
        self._open = np.ones((height, width), np.float32)
        self._clip = self._open

    def _texels(self, points: Points) -> Array:
        pts = np.asarray(points, float)
        return np.stack([(pts[:, 0] - self.box[0]) * self.scale, (self.box[3] - pts[:, 1]) * self.scale], -1)

    def _window(self, texels: Array) -> tuple[int, int, int, int] | None:
        rows, columns = self._open.shape
        left, top = (int(max(0, np.floor(value) - 1)) for value in texels.min(0))
        right, bottom = (int(np.ceil(value) + 3) for value in texels.max(0))
        right, bottom = min(columns, right), min(rows, bottom)
        if right - left < 3 or bottom <= top:
            return None
        return left, top, right, bottom

    def _cover(self, points: Points) -> tuple[Array, int, int] | None:
        texels = self._texels(points)
        window = self._window(texels)
        if window is None:
            return None
        left, top, right, bottom = window
        area = np.zeros((bottom - top, right - left))
        _accumulate(texels - np.array([left, top], float), area)
        return area, top, left

    def fill(
        self,
        points: Points,
        colour: Vector,
        opacity: float = 1.0,
        lower: Vector | None = None,
    ) -> None:
        """Fill a closed shape; with `lower` the colour runs down to it over the height of the shape."""
        cover = self._cover(points)
        if cover is None:
            return
        area, top, left = cover
        texels = self._texels(points)
        a = np.asarray(colour, float)
        b = a if lower is None else np.asarray(lower, float)
        _blend(
            self.pixels, area, top, left, a, b, texels[:, 1].min(), texels[:, 1].max(), opacity, self._clip
        )

    def stroke(
        self,
        points: Points,
        widths: Sequence[float],
        colour: Vector,
        opacity: float = 1.0,
        smooth: bool = True,
    ) -> None:
        """A brush line through points whose width runs through `widths`."""
        line = path(points, 28) if smooth and len(points) > 2 else np.asarray(points, float)
        if len(line) == 2:
            line = path(line, 6)
        tangent = unit(np.gradient(line, axis=0))
        side = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
        width = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None]
        width = width * (0.5 * self.bold)
        self.fill(np.concatenate([line + side * width, (line - side * width)[::-1]]), colour, opacity)

    def ellipse(
        self,
        centre: Vector,
        rx: float,
        ry: float,
        colour: Vector,
        opacity: float = 1.0,
        lower: Vector | None = None,
    ) -> None:
        """A filled ellipse."""
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        self.fill(
            np.stack([centre[0] + rx * np.cos(angle), centre[1] + ry * np.sin(angle)], -1),
            colour,
            opacity,
            lower,
        )

    def glow(self, centre: Vector, rx: float, ry: float, colour: Vector, opacity: float) -> None:
        """A soft spot: blush, shadow, stubble."""
        rings = 7
        for ring in range(rings, 0, -1):
            self.ellipse(centre, rx * ring / rings, ry * ring / rings, colour, opacity / rings * 1.6)

    def clip(self, points: Points | None) -> None:
        """Draw only inside this shape from now on; None lifts that."""
        if points is None:
            self._clip = self._open
            return
        cover = self._cover(points)
        mask = np.zeros_like(self._open)
        if cover is not None:
            area, top, left = cover
            filled = np.minimum(1.0, np.abs(np.cumsum(area, 1)))
            mask[top : top + area.shape[0], left : left + area.shape[1]] = filled
        self._clip = mask
