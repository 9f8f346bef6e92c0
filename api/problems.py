"""Errors as each API family documents them: the shape is chosen by the longest path prefix."""

from __future__ import annotations

import json
import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.paths import local_path
from studio import logs
from studio.errors import StudioError

log = logging.getLogger(__name__)

# Renders one failure: status, message, code, hint and, for bad requests, the single errors.
Renderer = Callable[[int, str, str, str, Sequence[dict[str, Any]] | None], dict[str, Any]]

_Entry = TypeVar("_Entry")
_OLD_STYLE = {"missing": ("field required", "value_error.missing")}
_PLACES = frozenset({"body", "query", "path", "header"})  # what a location begins with
_KINDS = {list: "an array", str: "a string", bool: "true or false", int: "a number", float: "a number"}


class SingleError(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int]
    msg: str
    type: str


class PlainProblem(BaseModel):
    """The body of every failed request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "detail": "Required: prompt.",
                    "errors": [
                        {"loc": ["body", "prompt"], "msg": "field required", "type": "value_error.missing"}
                    ],
                    "code": "missing_field",
                    "hint": "Add the missing members to the request body.",
                }
            ]
        }
    )

    detail: str
    errors: list[SingleError] | None = None
    code: str
    hint: str | None = None
    facts: dict[str, Any] | None = None


def plain(
    status: int, message: str, code: str, hint: str, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """`{detail}` with our code and hint beside it, and the single errors of a bad request."""
    body: dict[str, Any] = {"detail": message}
    if errors is None and status in {400, 422}:
        errors = [{"loc": ["body"], "msg": message, "type": code}]  # clients read them for either status
    if errors is not None:
        body["errors"] = list(errors)
    return body | {"code": code} | ({"hint": hint} if hint else {})


# Says what is wrong with a request, out of what the validation has found; the answer is a 422.
Lister = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]

RENDERERS: dict[str, Renderer] = {"": plain}
LISTERS: dict[str, Lister] = {}  # of families that do not follow the table of statuses below


def renderer_for(path: str) -> Renderer:
    """The renderer of the longest prefix that holds this path."""
    found = _of_prefix(RENDERERS, path)
    assert found is not None, "every path has a renderer"
    return found


def _of_prefix(table: Mapping[str, _Entry], path: str) -> _Entry | None:
    # A path need not begin with a slash: clients of proxies send whole addresses.
    fitting = [prefix for prefix in table if not prefix or f"{path}/".startswith(f"{prefix}/")]
    return table[max(fitting, key=len)] if fitting else None


class _Answer(JSONResponse):
    def render(self, content: Any) -> bytes:
        # Messages quote what clients sent, and JSON can hold half a letter, which UTF-8 cannot.
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def respond(
    path: str,
    status: int,
    message: str,
    code: str,
    hint: str = "",
    errors: Sequence[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Response:
    """An error answer in the shape that belongs to the path; `facts` are for those who word it themselves."""
    renderer = renderer_for(path)
    body = renderer(status, message, code, hint, errors)
    if facts and renderer is plain:
        body["facts"] = dict(facts)
    return _Answer(body, status_code=status, headers=headers)


def respond_error(path: str, error: StudioError, headers: dict[str, str] | None = None) -> Response:
    """A registered error as an answer."""
    if headers is None and error.status == 503:
        headers = {"Retry-After": "5"}
    message = error.message if error.status < 500 else f"{error.message} {error.hint}".strip()
    facts = error.told_facts
    return respond(path, error.status, message, error.code, error.hint, headers=headers, facts=facts)


def install(app: FastAPI) -> None:
    """Make the app answer every failure through here."""

    def on_studio_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, StudioError)
        if error.status >= 500:
            log.warning("answered with %d: %s", error.status, error.message, extra={"error": error})
        return respond_error(local_path(request.scope), error)

    def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _respond_invalid(local_path(request.scope), error)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "route_not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
        headers = dict(error.headers) if error.headers else None
        return respond(local_path(request.scope), error.status_code, str(error.detail), code, headers=headers)

    app.add_exception_handler(StudioError, on_studio_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


class CatchAll:
    """Pure ASGI: a crash becomes a 500 that tells nothing of the inside and is found in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer crashes; an exception that went further would cost the client its connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            request_id = logs.current_request() or f"req_{uuid.uuid4().hex}"
            log.exception("request %s: %s %r", request_id, scope["method"], scope["path"])
            if started:
                raise
            full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            problem = (
                StudioError("disk_full") if full else StudioError("internal_error", request_id=request_id)
            )
            await respond_error(local_path(scope), problem)(scope, receive, send)


def _respond_invalid(path: str, error: RequestValidationError) -> Response:
    """By the documented table: 400 for what is missing or no JSON object, 422 for a value that is wrong."""
    found = error.errors()
    errors = [_single(item) for item in found]
    if lister := _of_prefix(LISTERS, path):
        return respond(path, 422, "The request is not valid.", "invalid_field", errors=lister(found))
    missing = [str(item["loc"][-1]) for item in found if item["type"] == "missing" and len(item["loc"]) > 1]
    if why := next(filter(None, map(_why_no_object, found)), None):
        problem = StudioError("invalid_json", why=why)
    elif missing:
        problem = StudioError("missing_field", fields=", ".join(missing))
    else:
        sentences = [f"{_where(item['loc'])}: {item['msg']}" for item in errors]
        problem = StudioError("invalid_field", why="; ".join(sentences) + ".")
    facts = problem.told_facts
    return respond(path, problem.status, problem.message, problem.code, problem.hint, errors, facts=facts)


def _single(item: dict[str, Any]) -> dict[str, Any]:
    message, kind = _OLD_STYLE.get(item["type"], (item["msg"], item["type"]))
    return {"loc": list(item["loc"]), "msg": message, "type": kind}


def _why_no_object(item: dict[str, Any]) -> str | None:
    """Why the body as a whole cannot be used, if that is what an error says."""
    if item["type"] == "json_invalid":
        return item.get("ctx", {}).get("error", "it cannot be parsed")
    if tuple(item["loc"]) != ("body",):
        return None
    given = item.get("input")
    if item["type"] == "missing" or given is None:
        return "it is empty"
    if isinstance(given, bytes):
        return "it was not sent with the content type application/json"
    return f"it is {_KINDS.get(type(given), 'something else')}"


def _where(location: Sequence[str | int]) -> str:
    named = location[1:] if len(location) > 1 and location[0] in _PLACES else location
    return ".".join(str(part) for part in named)
