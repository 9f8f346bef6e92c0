"""What a document prints only to be replaced counts as left out, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from api.influencer.placeholders import DocumentRoute, without

BODY = {
    "character_id": "uuid-optional",
    "voice_id": "uuid",
    "image_url": "https://...",
    "image_path": "/path/to/image.png",
    "audio_path": "/path/to/audio.wav",
}


class _Pictured(BaseModel):
    image_url: str


@pytest.mark.parametrize("name", BODY)
def test_a_printed_placeholder_is_left_out(name: str) -> None:
    assert without({"prompt": "a knight", name: BODY[name]}) == ({"prompt": "a knight"}, (name,))


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "https://..."},
        {"name": "uuid"},
        {"folder_path": "/path/to/folder"},
        {"image_url": "https://example.com/..."},
        {"image_path": "/path/to/other.png"},
        {"character_id": ["uuid"]},
        {"appearance": {"face_reference_image_url": "https://..."}},  # kept as it was given, with a note
        {"content_ids": ["uuid1", "uuid2"]},
        ["uuid"],
        "uuid",
        None,
    ],
)
def test_nothing_else_is(body: Any) -> None:
    assert without(body) == (body, ())


def test_the_answer_names_what_was_left_out() -> None:
    router = APIRouter(route_class=DocumentRoute)

    @router.post("/echo")
    def echo(body: dict[str, Any]) -> dict[str, Any]:
        """What came through."""
        return body

    app = FastAPI()
    app.include_router(router, prefix="/api")
    with TestClient(app) as client:
        answer = client.post("/api/echo", json={**BODY, "prompt": "a knight"})
        assert answer.json() == {"prompt": "a knight"}
        assert answer.headers["x-left-out"] == ", ".join(BODY)
        assert "x-left-out" not in client.post("/api/echo", json={"prompt": "a knight"}).headers
        assert client.post("/api/echo", content=b'{"a": NaN}').status_code == 422  # read strictly


def test_who_lacks_what_was_left_out_is_told_so() -> None:
    router = APIRouter(route_class=DocumentRoute)

    @router.post("/caption")
    def caption(body: _Pictured) -> None:
        """Something that needs a picture."""

    app = FastAPI()
    app.include_router(router, prefix="/api")
    with TestClient(app) as client:
        answer = client.post("/api/caption", json={"image_url": "https://..."})
    assert answer.status_code == 422
    missing, why = answer.json()["detail"]
    assert (missing["loc"], missing["type"]) == (["body", "image_url"], "missing")
    assert (why["loc"], why["type"]) == (["body", "image_url"], "placeholder")
