"""Reading JSON bodies: strictly by the standard, and bounded in what they may grow into."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

# Every comma or bracket may become an object of a hundred bytes; pictures as base64 have none of them.
MAX_PARTS = 100_000
ON_THE_LOOP_BYTES = 64 * 1024  # larger ones would hold up everybody else while they are parsed


class StrictRoute(APIRoute):
    """A route whose JSON body is read by `parse`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, given a request that reads strictly."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly


class _StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        if len(body) <= ON_THE_LOOP_BYTES:
            return parse(body)
        return await run_in_threadpool(parse, body)


def parse(body: bytes) -> Any:
    """The value of a JSON text; whatever is wrong with it is a JSONDecodeError."""
    if sum(body.count(sign) for sign in b",[{") > MAX_PARTS:
        _refuse(f"it has more than {MAX_PARTS:,} members")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except RecursionError:
        _refuse("it is nested too deeply")
    except ValueError:  # Python reads whole numbers of up to some thousand digits
        _refuse("a number in it has too many digits")


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON")


def _refuse(why: str) -> NoReturn:
    raise json.JSONDecodeError(why, "", 0)
