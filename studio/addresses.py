"""Addresses that leave the studio: absolute where it is known how others reach it."""

from __future__ import annotations

from studio.settings import Settings

MEDIA = "/api/v1/media"


def media_url(settings: Settings, output_id: str, base_url: str = "") -> str:
    """Where one finished file is; `base_url` is how the client that asked for it reached the studio."""
    base = settings.public_base_url or base_url.rstrip("/") or settings.gradio_root_path
    return f"{base}{MEDIA}/{output_id}"
