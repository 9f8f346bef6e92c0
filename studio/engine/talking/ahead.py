"""Work done ahead of whoever needs it, on a few threads, in order and never far ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")
LOOK_EVERY_S = 0.1  # how long a wait may go on before somebody is asked whether it should


def made_ahead(
    make: Callable[[Item], Made],
    items: Iterable[Item],
    check: Callable[[], None] = lambda: None,
    workers: int | None = None,
    waiting: int = 2,
) -> Iterator[Made]:
    """What make gives for each item, in order; at most workers + waiting of them exist at a time."""
    workers = workers or max(1, min(2, os.cpu_count() or 1))
    todo = iter(items)
    under_way: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="frames") as pool:
        try:
            for item in todo:
                under_way.append(pool.submit(make, item))
                if len(under_way) == workers + waiting:
                    yield awaited(under_way.popleft(), check)
            while under_way:
                yield awaited(under_way.popleft(), check)
        finally:
            for future in under_way:
                future.cancel()


def awaited(future: Future[Made], check: Callable[[], None]) -> Made:
    """What a future gives; check is asked meanwhile and may raise."""
    while True:
        check()
        try:
            return future.result(LOOK_EVERY_S)
        except TimeoutError:
            if future.done():
                raise
