"""Numba set up once: our own cache folder, no fast math, kernels that let other threads run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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
_workers = max(1, min(4, os.cpu_count() or 1))


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function; threads come from `spread`, so that results never depend on their number."""
    return njit(**_OPTIONS)(function)


def helper(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for other kernels, once: without a signature numba does so anew for each constant."""
    return njit(signature, **_OPTIONS)


def use_threads(count: int) -> None:
    """Draw with this many threads from now on; the bytes stay the same."""
    global _workers
    _workers = max(1, count)


def spread(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call function on every item, on several threads, results in order."""
    todo = list(items)
    if _workers == 1 or len(todo) < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(_workers) as pool:
        return list(pool.map(function, todo))
