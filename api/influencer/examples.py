"""What routes of the AInfluencer API answer, by example, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.avatarforge_schemas import Responses
from api.docs import NULL
from api.influencer.answers import Failure, render
from studio.errors import REGISTRY

_AT = "2025-12-17T15:00:00Z"
# Facts of the registry's sentences, where an example needs some.
_FACTS: dict[str, Any] = {
    "id": "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    "name": "sd_xl_base_1.0.safetensors",
    "url": "http://gpu.local:8188",
    "why": "it has not answered yet",
    "status": "completed",
    "limit": 100,
}


class _Name(str):
    """Stands for a fact, of whatever kind; some sentences want a number."""

    def __format__(self, spec: str) -> str:
        return str(self)


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return _Name(key)


def told(data: Any, *codes: str, message: str | None = None) -> Responses:
    """The responses of a route: its good answer by the data in it, and failures by the registry's codes."""
    example = {"success": True, "data": _open(data), "message": message or NULL, "timestamp": _AT}
    return {200: {"content": {"application/json": {"example": example}}}} | fails(*codes)


def bare(members: dict[str, Any]) -> Responses:
    """The same for a route whose members stand at the top as well."""
    members = _open(members)
    example = {**members, "success": True, "data": members, "timestamp": _AT}
    return {200: {"content": {"application/json": {"example": example}}}}


def _open(value: Any) -> Any:
    """An example whose empty members are not dropped on the way into the document."""
    if isinstance(value, dict):
        return {name: _open(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_open(inner) for inner in value]
    return NULL if value is None else value


def fails(*codes: str) -> Responses:
    """How a route may fail; of several failures with one status, the first is the example."""
    found: Responses = {}
    for code in codes:
        problem = REGISTRY[code]
        facts = _Facts(_FACTS)
        sentence, hint = problem.sentence.format_map(facts), problem.hint.format_map(facts)
        body = render(problem.status, sentence, code, hint, None)
        body["timestamp"] = _AT
        body["error"]["details"]["request_id"] = "req_123456"
        found.setdefault(
            problem.status,
            {
                "model": Failure,
                "description": sentence.rstrip(".").replace("\n", " "),
                "content": {"application/json": {"example": body}},
            },
        )
    return found
