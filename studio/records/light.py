"""sqlite-utils without pandas, which it loads wherever Gradio has brought it: half a second for nothing."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def _import_without(name: str, hidden: str) -> None:
    """Import a module for which another one does not exist; everybody else still finds that."""
    modules: dict[str, Any] = sys.modules
    if name in modules or hidden in modules:
        return
    modules[hidden] = None
    try:
        importlib.import_module(name)
    finally:
        del modules[hidden]


_import_without("sqlite_utils", "pandas")
