"""Errors as each API family documents them: the shape is chosen by the longest path prefix."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from studio.errors import StudioError

log = logging.getLogger(__name__)

# Renders one failure: status, message, code, hint and, for bad requests, the single errors.
Renderer = Callable[[int, str, str, str, Sequence[dict[str, Any]] | None], dict[str, Any]]

_OLD_STYLE = {"missing": ("field required", "value_error.missing")}


def plain(
    status: int, message: str, code: str, hint: str, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """`{detail}` with our code and hint beside it; AvatarForge adds the single errors."""
    body: dict[str, Any] = {"detail": message}
    if errors is not None:
        body["errors"] = list(errors)
    return body | {"code": code} | ({"hint": hint} if hint else {})


RENDERERS: dict[str, Renderer] = {"": plain}


def renderer_for(path: str) -> Renderer:
    """The renderer of the longest prefix that holds this path."""
    fitting = [prefix for prefix in RENDERERS if path == prefix or path.startswith(f"{prefix}/")]
    return RENDERERS[max(fitting, key=len)]


def respond(
    path: str,
    status: int,
    message: str,
    code: str,
    hint: str = "",
    errors: Sequence[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error answer in the shape that belongs to the path."""
    body = renderer_for(path)(status, message, code, hint, errors)
    return JSONResponse(body, status_code=status, headers=headers)


def respond_error(path: str, error: StudioError) -> Response:
    """A registered error as an answer."""
    headers = {"Retry-After": "5"} if error.status == 503 else None
    message = error.message if error.status < 500 else f"{error.message} {error.hint}".strip()
    return respond(path, error.status, message, error.code, error.hint, headers=headers)


def install(app: FastAPI) -> None:
    """Make the app answer every failure through here."""

    def on_studio_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, StudioError)
        return respond_error(request.url.path, error)

    def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _respond_invalid(request.url.path, error)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "route_not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
        headers = dict(error.headers) if error.headers else None
        return respond(request.url.path, error.status_code, str(error.detail), code, headers=headers)

    def on_crash(request: Request, error: Exception) -> Response:
        request_id = str(uuid.uuid4())
        log.error("request %s: %s %s", request_id, request.method, request.url.path, exc_info=error)
        return respond_error(request.url.path, StudioError("internal_error", request_id=request_id))

    app.add_exception_handler(StudioError, on_studio_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_crash)


def _respond_invalid(path: str, error: RequestValidationError) -> Response:
    """By the documented table: 400 for what is missing or not JSON, 422 for a value that is wrong."""
    found = error.errors()
    broken = [item for item in found if item["type"] in {"json_invalid", "missing"}]
    errors = []
    for item in found:
        message, kind = _OLD_STYLE.get(item["type"], (item["msg"], item["type"]))
        errors.append({"loc": list(item["loc"]), "msg": message, "type": kind})
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query"})
    if found[0]["type"] == "json_invalid":
        problem = StudioError("invalid_json", why=found[0].get("ctx", {}).get("error", "it cannot be parsed"))
    elif broken:
        missing = ", ".join(str(item["loc"][-1]) for item in broken)
        problem = StudioError("missing_field", fields=missing)
    else:
        problem = StudioError(
            "invalid_field", why=f"{where}: {first['msg']}." if where else f"{first['msg']}."
        )
    return respond(path, problem.status, problem.message, problem.code, problem.hint, errors)
