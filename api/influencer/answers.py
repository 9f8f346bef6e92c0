"""How the AInfluencer API answers: the envelope of what went well, and the form of what did not."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from api.avatarforge_schemas import Responses
from api.v1 import shown_input
from studio import logs

PREFIX = "/api"
DOOR = "influencer"

Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=2**31)]

T = TypeVar("T")

# The document's table of codes; what it does not name goes by the usual names of HTTP.
_CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    415: "validation_error",
    422: "validation_error",
    429: "rate_limit_exceeded",
}


def now() -> str:
    """The time of an answer, as the document writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Answer(BaseModel, Generic[T]):
    """The envelope of every answer that went well."""

    success: Literal[True] = True
    data: T
    message: str | None = None
    timestamp: str = Field(default_factory=now)


class Bare(BaseModel, Generic[T]):
    """What four documented answers, whose members stand at the top, have beside these."""

    success: Literal[True] = True
    data: T
    timestamp: str = Field(default_factory=now)


class Listed(BaseModel, Generic[T]):
    """A page of things."""

    items: list[T]
    total: int
    limit: int
    offset: int


class Refusal(BaseModel):
    """Why something could not be done."""

    code: str = Field(description="A code of the document's table")
    message: str
    details: dict[str, Any] = Field(
        description="`code`, the precise one; `hint`; `request_id`; `errors`, for what is not valid"
    )


class Failure(BaseModel):
    """The body of every failed request."""

    success: Literal[False] = False
    error: Refusal
    timestamp: str


OTHERWISE: Responses = {"default": {"model": Failure, "description": "Any failure"}}


def render(
    status: int, message: str, code: str, hint: str, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """A failure in the document's form; the studio's own code is among the details."""
    details: dict[str, Any] = {"code": code}
    if hint:
        details["hint"] = hint
    if errors is not None:
        details["errors"] = list(errors)
    details["request_id"] = logs.current_request() or f"req_{uuid.uuid4().hex}"
    told = _CODES.get(status) or ("internal_error" if status == 500 else "service_unavailable")
    if 400 <= status < 500 and status not in _CODES:
        told = code
    error = {"code": told, "message": message, "details": details}
    return {"success": False, "error": error, "timestamp": now()}


def list_errors(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the validation has found."""
    return [
        {
            "loc": list(item["loc"]),
            "msg": item["msg"].removeprefix("Value error, "),
            "type": item["type"],
            "input": shown_input(item.get("input")),
        }
        for item in found
    ]
