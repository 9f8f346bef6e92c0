"""What a tester of the AInfluencer API has: things made over its own routes, when somebody needs them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from tests.conftest import RunningApp
from tests.influencer_fixtures import SMALL, call, finish, picture, until
from tests.talking_voices import PHRASE, speak, write_wav

_NAMED = re.compile(r"\{(\w+)\}")
_AUDIO = "given.wav"


@dataclass
class Things:
    """One of each, remembered; or a new one for whoever uses it up."""

    app: RunningApp
    _known: dict[str, Any] = field(default_factory=dict)
    _seeds: itertools.count[int] = field(default_factory=lambda: itertools.count(100))

    def get(self, name: str, *, fresh: bool = False) -> Any:
        """A thing by the name that it has in paths and bodies."""
        if fresh:
            return _MAKERS[name](self)
        if name not in self._known:
            self._known[name] = _MAKERS[name](self)
        return self._known[name]

    def fill(self, value: Any, known: Mapping[str, Any] | None = None) -> Any:
        """A value in which every {name} is a thing; `known` ones go before."""
        if isinstance(value, Mapping):
            return {name: self.fill(inner, known) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, known) for inner in value]
        if not isinstance(value, str):
            return value
        return _NAMED.sub(lambda found: str((known or {}).get(found[1]) or self.get(found[1])), value)

    def image(self, **body: Any) -> dict[str, Any]:
        """A finished picture that no other is like."""
        return picture(self.app, seed=next(self._seeds), **body)

    def first(self, path: str, member: str = "items") -> dict[str, Any]:
        """The first of a list."""
        return call(self.app, "GET", path)[member][0]


def _character(things: Things) -> str:
    body = {"name": "Ada", "bio": "Paints ships", "appearance": {"hair_color": "red"}}
    return call(things.app, "POST", "/characters", json=body)["id"]


def _style(things: Things) -> str:
    path = f"/characters/{things.get('character_id')}/styles"
    return call(things.app, "POST", path, json={"name": "At sea", "prompt_prefix": "on a ship"})["id"]


def _voice(things: Things) -> str:
    path = f"/characters/{things.get('character_id')}/voice/clone"
    body = {"name": "Hers", "audio_path": things.get("audio_path")}
    return call(things.app, "POST", path, json=body)["voice_id"]


def _audio(things: Things) -> str:
    write_wav(things.app.storage / _AUDIO, speak(tuple(PHRASE.split()) * 3).samples)
    return _AUDIO


def _image_job(things: Things) -> str:
    return things.image()["job_id"]


def _batch(things: Things) -> str:
    return things.image(batch_size=2)["job_id"]


def _ab_test(things: Things) -> str:
    body = {"variants": [{"prompt": "a knight"}, {"prompt": "a wizard"}], **SMALL}
    made = call(things.app, "POST", "/generate/image/ab-test", json=body)
    for variant in made["variant_jobs"]:
        finish(things.app, variant["job_id"])
    return made["ab_test_id"]


def _video(things: Things) -> dict[str, Any]:
    size = {"width": 128, "height": 128}
    body = {"prompt": "a knight walking", "duration": 1, "fps": 8, "seed": 7, **size}
    made = finish(things.app, call(things.app, "POST", "/generate/video", json=body)["job_id"], "video")
    assert made["status"] == "completed", made
    return made


def _embedding(things: Things) -> str:
    body = {"image_path": things.get("image_path"), "name": "Her face"}
    return call(things.app, "POST", "/generate/face-embedding/extract", json=body)["embedding_id"]


def _fault(things: Things) -> str:
    """A job that fails: the engine refuses its graph."""
    empty = {"width": 64, "height": 64, "batch_size": 0, "color": 1}
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": empty},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "none"}},
    }
    asked = things.app.client.post("/api/comfyui/queue", json={"workflow": graph})
    assert asked.status_code == 422, asked.text
    return until(lambda: call(things.app, "GET", "/errors")["items"])[0]["id"]


def _filename(things: Things) -> str:
    return PurePosixPath(things.image()["result"]["image_url"]).name


_MAKERS: dict[str, Callable[[Things], Any]] = {
    "character_id": _character,
    "style_id": _style,
    "voice_id": _voice,
    "audio_path": _audio,
    "job_id": _image_job,
    "batch_id": _batch,
    "ab_test_id": _ab_test,
    "video_job": _video,
    "video_job_id": lambda things: things.get("video_job")["job_id"],
    "video_path": lambda things: things.get("video_job")["result"]["video_path"],
    "embedding_id": _embedding,
    "filename": _filename,
    "content_id": lambda things: PurePosixPath(_filename(things)).stem,
    "image_path": lambda things: things.image()["result"]["image_path"],
    "image_url": lambda things: things.app.url + things.image()["result"]["image_url"],
    "error_id": _fault,
    "preset_id": lambda things: things.first("/generate/video/presets")["id"],
    "workflow_id": lambda _: "embedded",
    "service_name": lambda _: "engine",
    "model_id": lambda things: things.first("/models")["id"],
}
