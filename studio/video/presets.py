"""Presets of videos per platform, as data: how long, how fast, how large, and words around one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from studio.disk import display_name
from studio.errors import StudioError

FILE = Path(__file__).with_name("presets.json")
WORDS = "{prompt}"


@dataclass(frozen=True)
class Preset:
    """Values for a video, where a request names none itself."""

    id: str
    name: str
    description: str
    category: str
    platform: str
    method: str
    duration: float
    fps: int
    aspect_ratio: str
    width: int
    height: int
    prompt_template: str
    negative_prompt: str

    def words(self, prompt: str) -> str:
        """A prompt with what the preset says around it."""
        return self.prompt_template.replace(WORDS, prompt)


@cache
def presets() -> dict[str, Preset]:
    """All presets by their ids, in the order in which they are written."""
    return {one["id"]: Preset(**one) for one in json.loads(FILE.read_text(encoding="utf-8"))}


def preset(preset_id: str) -> Preset:
    """One preset."""
    found = presets().get(preset_id)
    if found is None:
        raise StudioError(
            "video_preset_unknown", id=display_name(preset_id)[:100], known=", ".join(presets())
        )
    return found
