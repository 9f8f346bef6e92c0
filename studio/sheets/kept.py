"""What was worked out lately, kept within bounds so that the next sheet is quick."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by their keys, up to a weight in all; the ones that were not used for longest go first."""

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value that is there, or a new one."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()  # outside the lock: it takes a while, and making one twice does no harm
        with self._lock:
            if key not in self._values and self._weigh(value) <= self._most:
                self._values[key] = value
                self._weight += self._weigh(value)
                while self._weight > self._most:
                    _, dropped = self._values.popitem(last=False)
                    self._weight -= self._weigh(dropped)
        return value
