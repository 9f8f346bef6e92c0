"""Numba set up once: our own cache folder, no fast math, kernels that let other threads run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

from .kept import claim_cache

Item = TypeVar("Item")
Result = TypeVar("Result")

claim_cache()

from numba import njit  # noqa: E402  the cache folder must be known before numba is imported

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "fastmath": False,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,  # nobody calls kernels from C, and the wrapper takes time to compile
}
KERNELS: list[Any] = []
_workers = max(1, min(4, os.cpu_count() or 1))


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; threads come from `spread`, so that results never depend on their number."""
    compiled = njit(**_OPTIONS)(function)
    KERNELS.append(compiled)
    return compiled


def use_threads(count: int) -> None:
    """Draw with this many threads from now on; the bytes stay the same."""
    global _workers
    _workers = max(1, count)


def spread(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call function on every item, on several threads, results in order."""
    todo = list(items)
    if _workers == 1 or len(todo) < 2:
        return [function(item) for item in todo]
    results: dict[int, Result] = {}
    numbers = iter(range(len(todo)))

    def work() -> None:
        for number in numbers:
            results[number] = function(todo[number])

    # The caller works too, so nothing waits for a pool that is busy, whoever keeps it so.
    others = [_pool(_workers - 1).submit(work) for _ in range(min(_workers, len(todo)) - 1)]
    try:
        work()
    finally:
        for other in others:
            if not other.cancel():
                other.result()
    return [results[number] for number in range(len(todo))]


def bands(count: int, parts: int, least: int) -> list[tuple[int, int]]:
    """First and end of each band of rows; all are one where threads would cost more than they save."""
    if count < least:
        return [(0, count)] if count else []
    ends = [count * part // parts for part in range(parts + 1)]
    return [(first, end) for first, end in pairwise(ends) if end > first]


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="figure")
