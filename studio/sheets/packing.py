"""Rectangles packed into one: where each frame of a sprite atlas goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_SIDE = 8192


@dataclass(frozen=True)
class Packed:
    """The size of the whole, and the corner of each rectangle in the order in which they were given."""

    width: int
    height: int
    places: tuple[tuple[int, int], ...]


def pack(
    sizes: Sequence[tuple[int, int]], *, padding: int = 2, power_of_two: bool = False, most: int = MAX_SIDE
) -> Packed | None:
    """A small rectangle that holds all of these with room between them; None if none is small enough."""
    if not sizes:
        return None
    room = [(width + padding, height + padding) for width, height in sizes]
    widest = max(width for width, _ in room) + padding
    area = sum(width * height for width, height in room)
    tried = sorted(
        {max(widest, round((area * share) ** 0.5)) for share in (0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0)}
    )
    if power_of_two:
        tried = [side for side in (2**power for power in range(4, 14)) if side >= widest]
    found = [fitted for width in tried if (fitted := _fitted(room, width, padding, power_of_two, most))]
    # The smallest area; of equal ones the squarest.
    return min(found, key=lambda one: (one.width * one.height, abs(one.width - one.height)), default=None)


def _fitted(
    room: Sequence[tuple[int, int]], width: int, padding: int, power_of_two: bool, most: int
) -> Packed | None:
    places = _shelves(room, width, padding)
    wide = max(x + size[0] for (x, _), size in zip(places, room, strict=True))
    high = max(y + size[1] for (_, y), size in zip(places, room, strict=True))
    if power_of_two:
        wide, high = _next_power(wide), _next_power(high)
    return Packed(wide, high, places) if max(wide, high) <= most else None


def _next_power(value: int) -> int:
    return 1 << (value - 1).bit_length()


def _shelves(room: Sequence[tuple[int, int]], width: int, padding: int) -> tuple[tuple[int, int], ...]:
    """Tall ones first, each on the first shelf that has room for it; frames of one size stand in rows."""
    shelves: list[list[int]] = []  # depth and how far each is filled
    places: dict[int, tuple[int, int]] = {}
    bottom = padding
    for index in sorted(range(len(room)), key=lambda at: (-room[at][1], -room[at][0], at)):
        wide, high = room[index]
        shelf = next((one for one in shelves if one[1] + wide <= width), None)
        if shelf is None:
            shelf = [bottom, padding]
            shelves.append(shelf)
            bottom += high
        places[index] = (shelf[1], shelf[0])
        shelf[1] += wide
    return tuple(places[index] for index in range(len(room)))
