"""Where a request goes, seen from the studio: without the sub-path under which a proxy shows it."""

from __future__ import annotations

from starlette.types import Scope


def root_of(scope: Scope) -> str:
    """The sub-path, without a slash at its end; empty when the studio has a host of its own."""
    return scope.get("root_path", "").rstrip("/")


def local_path(scope: Scope) -> str:
    """The path below it."""
    root, path = root_of(scope), scope["path"]
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
