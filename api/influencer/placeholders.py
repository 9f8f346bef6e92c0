"""The document's examples work as printed: what stands there only to be replaced counts as left out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.bodies import ON_THE_LOOP_BYTES, parse

HEADER = "X-Left-Out"
# By the end of a member's name. No id, address or path that means something reads like these.
_PRINTED: dict[str, frozenset[str]] = {
    "_id": frozenset({"uuid", "uuid-optional"}),
    "_url": frozenset({"https://..."}),
    "_path": frozenset({"/path/to/image.png", "/path/to/audio.wav"}),
}


class DocumentRoute(APIRoute):
    """A route of this family: its JSON body is read strictly, and without placeholders."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler; the answer names what was left out."""
        handle = super().get_route_handler()

        async def handle_without(request: Request) -> Response:
            asked = _Request(request.scope, request.receive)
            try:
                answer = await handle(asked)
            except RequestValidationError as error:  # perhaps for the lack of what was left out
                raise RequestValidationError([*error.errors(), *map(_told, asked.left_out)]) from error
            if asked.left_out:
                answer.headers[HEADER] = ", ".join(asked.left_out)
            return answer

        return handle_without


class _Request(Request):
    left_out: tuple[str, ...] = ()

    async def json(self) -> Any:
        body = await self.body()
        value = parse(body) if len(body) <= ON_THE_LOOP_BYTES else await run_in_threadpool(parse, body)
        value, self.left_out = without(value)
        return value


def without(value: Any) -> tuple[Any, tuple[str, ...]]:
    """A body without placeholders, and the names of the members that held one."""
    if not isinstance(value, dict):
        return value, ()
    left_out = tuple(name for name, inner in value.items() if _is_placeholder(name, inner))
    return {name: inner for name, inner in value.items() if name not in left_out}, left_out


def _told(name: str) -> dict[str, Any]:
    message = "What stands here is a placeholder of the document, so it counts as left out."
    return {"type": "placeholder", "loc": ("body", name), "msg": message}


def _is_placeholder(name: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return any(name.endswith(ending) and value in printed for ending, printed in _PRINTED.items())
