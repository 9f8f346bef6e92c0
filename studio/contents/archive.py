"""Kept content as one ZIP: files by type, and a manifest that says what each is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from studio import zips
from studio.errors import StudioError
from studio.records.contents import Content

MANIFEST = "manifest.json"


def archive(contents: Iterable[Content], path_of: Callable[[Content], Path]) -> Iterator[bytes]:
    """The ZIP as it is written; what is gone from the disk is listed in its manifest."""
    outlet = zips.Outlet()
    files: list[dict[str, Any]] = []
    missing: list[str] = []
    with zips.opened(outlet) as target:
        for content in contents:
            name = f"{content.content_type}s/{content.name}"
            try:
                for _ in zips.add_file(target, path_of(content), name, content.created_at):
                    yield outlet.take()
            except (FileNotFoundError, StudioError):  # somebody has deleted it meanwhile
                missing.append(content.id)
                continue
            files.append({"id": content.id, "type": content.content_type, "path": name, **_told(content)})
        manifest: dict[str, Any] = {"count": len(files), "files": files}
        if missing:
            manifest["missing"] = missing
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        target.writestr(MANIFEST, text.encode("utf-8", "replace"))
    yield outlet.take()


def _told(content: Content) -> dict[str, Any]:
    return {
        "sha256": content.sha256,
        "mime_type": content.mime_type,
        "character_id": content.character_id,
        "character_name": content.character_name,
        "prompt": content.prompt,
        "description": content.description,
        "tags": list(content.tags),
        "approval_status": content.approval_status,
        "quality_score": content.quality_score,
        "generation_settings": content.generation_settings,
    }
