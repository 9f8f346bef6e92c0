"""How requests were answered lately: exact percentiles over a window that whoever asks chooses."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

MOST_KEPT = 50_000
MOST_ROUTES = 100  # in one telling


@dataclass(frozen=True)
class Spread:
    """How long things took, in seconds."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Lately:
    """What was answered within a window."""

    seconds: float  # that the window really spans: since the start, or since the oldest answer that is known
    total: int
    errors: int  # of the server's own making
    spread: Spread
    by_route: tuple[tuple[str, str, Spread], ...]  # method and template, the busiest first


class Answers:
    """The newest answers; noting one costs next to nothing, and is done on the event loop alone."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, str, str, int, float]] = deque(maxlen=MOST_KEPT)
        self._began_at = time.monotonic()

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self._kept.append((time.monotonic(), method, route, status, seconds))

    def within(self, window_s: float) -> Lately:
        """What was answered in so many seconds up to now."""
        now = time.monotonic()
        kept = self._kept.copy()  # in one step, as others go on
        oldest = kept[0][0] if len(kept) == MOST_KEPT else self._began_at
        found = [one for one in kept if one[0] >= now - window_s]
        by_route: dict[tuple[str, str], list[float]] = defaultdict(list)
        for _, method, route, _, seconds in found:
            by_route[method, route].append(seconds)
        busiest = sorted(by_route.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_ROUTES]
        return Lately(
            min(window_s, now - oldest),
            len(found),
            sum(status >= 500 for _, _, _, status, _ in found),
            spread([one[4] for one in found]),
            tuple((method, route, spread(seconds)) for (method, route), seconds in busiest),
        )


def spread(seconds: Sequence[float]) -> Spread:
    """The mean and the percentiles; all zero where there is nothing."""
    if not seconds:
        return Spread(0, 0.0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)

    def at(share: float) -> float:
        """The smallest one that at least this share of all does not exceed."""
        return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]

    return Spread(len(ordered), sum(ordered) / len(ordered), at(0.5), at(0.95), at(0.99))
