"""Where compiled kernels are kept between two starts: a writable folder of this user."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """A folder for compiled kernels; AVATARFORGE_CACHE_DIR decides, or numba's own NUMBA_CACHE_DIR."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return Path(os.environ["NUMBA_CACHE_DIR"])
    named = os.environ.get("AVATARFORGE_CACHE_DIR")
    if named:
        return Path(named) / "kernels"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "avatarforge" / "kernels"


def any_kept() -> bool:
    """Whether an earlier start has left kernels here."""
    return next(cache_folder().rglob("*.nbi"), None) is not None


def claim_cache() -> None:
    """Have numba keep its kernels in our folder; to be called before numba is imported."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # numba falls back to a folder of its own; only the first picture gets slower
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
