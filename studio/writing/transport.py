"""One call of a server that writes: bounded in time and size, and its failures in the studio's own words."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from studio.errors import StudioError

CONNECT_S = 5.0
LOOK_S = 10.0  # for lists and health
WRITE_S = 300.0  # a large model is loaded first, and a small machine writes slowly
MAX_BYTES = 8 * 2**20
MAX_WHY = 300


@dataclass(frozen=True)
class Reply:
    """What a server said; `said` is nothing where that was no JSON."""

    status: int
    said: Any
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def why(self) -> str:
        """The server's own words about what went wrong."""
        said = self.said
        for member in ("error", "detail", "message"):
            if isinstance(said, dict) and said.get(member):
                said = said[member]
        if said is None:
            return self.body[:MAX_WHY].decode("utf-8", "replace")
        return (said if isinstance(said, str) else json.dumps(said))[:MAX_WHY]


class Line:
    """The connection to one server that its owner has named, so it may be a private address."""

    def __init__(self, url: str, setting: str, key: str = "") -> None:
        self.url = url
        self.setting = setting
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(LOOK_S, connect=CONNECT_S)
        self._client = httpx.Client(headers=headers, timeout=timeout, follow_redirects=False)

    @property
    def shown(self) -> str:
        """The address without what may be secret in it."""
        plain = httpx.URL(self.url)
        return str(plain.copy_with(username=None, password=None)) if plain.userinfo else self.url

    def ask(self, method: str, url: str, body: Any = None, *, seconds: float = LOOK_S) -> Reply:
        """Send one request and read its whole answer; refused if the server is silent or does not end."""
        read, began = bytearray(), time.monotonic()
        timeout = httpx.Timeout(seconds, connect=CONNECT_S)
        try:
            with self._client.stream(method, url, json=body, timeout=timeout) as answer:
                for block in answer.iter_bytes():
                    read += block
                    if len(read) > MAX_BYTES:
                        raise StudioError("llm_failed", url=self.shown, why="its answer does not end")
                    if time.monotonic() - began > seconds:
                        raise httpx.ReadTimeout(f"it took longer than {seconds:g} s")
        except httpx.RemoteProtocolError as error:  # it had begun to answer
            raise StudioError("llm_failed", url=self.shown, why=f"its answer broke off ({error})") from error
        except httpx.TimeoutException as error:
            raise self.silent(f"it did not answer within {seconds:g} s") from error
        except httpx.HTTPError as error:
            raise self.silent(str(error) or type(error).__name__) from error
        if answer.status_code in (401, 403):
            raise StudioError("llm_key_refused", url=self.shown)
        return Reply(answer.status_code, _parsed(bytes(read)), bytes(read))

    def silent(self, why: str) -> StudioError:
        """The failure of a server that cannot be reached."""
        return StudioError("llm_unreachable", url=self.shown, why=why, setting=self.setting)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def number(value: Any) -> int | None:
    """A whole number of an answer, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
