"""HTTP to one ComfyUI server: every failure becomes an error of the registry, every answer is bounded."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from studio.comfy.address import Address
from studio.errors import StudioError

Kind = Literal["comfy", "embedded"]

CONNECT_S = 5.0
MAX_JSON_BYTES = 128 * 1024 * 1024  # servers with hundreds of node packs list tens of megabytes
SLOW_FACTOR = 4  # a whole answer may take this many times what its next byte may
# Below the 5 s after which some servers close an idle connection, so that none dies under a request.
KEEPALIVE_S = 4.0


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    content: bytes
    content_type: str

    def parsed(self) -> Any:
        """The JSON in it; raises ValueError."""
        return json.loads(self.content)


class Wire:
    """One keep-alive HTTP client for one server, safe to use from several threads."""

    def __init__(
        self, address: Address, kind: Kind, timeout_s: float, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = address
        self.kind = kind
        self.timeout_s = timeout_s
        self._closed = False
        self._http = httpx.Client(
            base_url=address.base,
            auth=address.credentials,
            transport=transport,
            trust_env=not address.loopback,  # a proxy would look for the server on its own machine
            follow_redirects=False,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=32, keepalive_expiry=KEEPALIVE_S),
        )

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        self._http.close()

    def get_json(self, path: str, *, timeout_s: float | None = None, **options: Any) -> Any:
        """GET something that must be JSON."""
        return self.read_json(self.send("GET", path, timeout_s=timeout_s, **options), path)

    def send(
        self, method: str, path: str, *, again: bool = True, timeout_s: float | None = None, **options: Any
    ) -> Answer:
        """Send one request; `again` repeats it once on a new connection when the old one turns out dead."""
        try:
            with self._failures():
                return self._send(method, path, timeout_s, **options)
        except StudioError as error:
            died = isinstance(error.__cause__, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
            if not (again and died):
                raise
        with self._failures():
            return self._send(method, path, timeout_s, **options)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise self.failure(error) from error
        except RuntimeError as error:
            if not self._closed:
                raise
            raise self.unavailable("the connection to it is closed") from error

    def _send(self, method: str, path: str, timeout_s: float | None, **options: Any) -> Answer:
        timeout_s = timeout_s or self.timeout_s
        deadline = time.monotonic() + timeout_s * SLOW_FACTOR
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        with self._http.stream(method, path, timeout=timeout, **options) as response:
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_JSON_BYTES:
                    raise self.confused(f"{path} is larger than {MAX_JSON_BYTES >> 20} MB")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer trickles", request=response.request)
            return Answer(response.status_code, bytes(content), response.headers.get("content-type", ""))

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """GET something large; the body is read by whoever asked, inside the block."""
        with self._failures(), self._http.stream("GET", path, **options) as response:
            yield response

    def read_json(self, answer: Answer, path: str) -> Any:
        """The JSON of a good answer; anything else is an error that says what it was."""
        self.check(answer.status, answer.content_type, path, answer.content)
        try:
            return answer.parsed()
        except (ValueError, RecursionError) as error:
            raise self.confused(f"{path} is not JSON") from error

    def read_mapping(self, answer: Answer, path: str) -> Mapping[str, Any]:
        """The JSON object of a good answer."""
        found = self.read_json(answer, path)
        if not isinstance(found, dict):
            raise self.confused(f"{path} is not a JSON object")
        return found

    def check(self, status: int, content_type: str, path: str, content: bytes = b"") -> None:
        """Refuse an answer that is not a plain success."""
        if status in (200, 206):
            if content_type.startswith("text/html") and content.lstrip()[:1] == b"<":
                raise self.confused(f"{path} is a web page, perhaps a login")
            return
        if status in (429, 502, 503, 504):
            raise self.unavailable(f"the server in front of it says HTTP {status}")
        if status in (401, 403, 407):
            raise self.confused(f"{path} asks for a login (HTTP {status})")
        if 300 <= status < 400:
            raise self.confused(f"{path} leads elsewhere (HTTP {status}), perhaps to a login")
        raise self.confused(f"{path} gave HTTP {status}")

    def failure(self, error: httpx.HTTPError) -> StudioError:
        """The error for a request that got no whole answer.

        `connection_lost` means that the request may have arrived, `comfyui_unavailable` that it did not.
        """
        if isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
        ):
            return self.unavailable(_brief(error))
        if isinstance(error, httpx.TimeoutException):
            return self.lost(f"no answer within {self.timeout_s:g} s")
        if isinstance(error, httpx.DecodingError):
            return self.confused("its answer is compressed wrongly")
        if isinstance(error, httpx.RemoteProtocolError) and "disconnect" not in str(error).lower():
            text = str(error).lower()
            if "closed connection" not in text and "connectionterminated" not in text:
                return self.confused(f"not HTTP ({_brief(error)})")
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return self.unavailable(_brief(error))
        return self.lost(_brief(error))

    def unavailable(self, why: str) -> StudioError:
        """The server is not there."""
        if self.kind == "embedded":
            return StudioError("engine_unavailable", why=why, url=self.address.base)
        return StudioError("comfyui_unavailable", url=self.address.base, why=why)

    def lost(self, why: str) -> StudioError:
        """The server went away in the middle."""
        return StudioError("connection_lost", url=self.address.base, why=why)

    def confused(self, why: str) -> StudioError:
        """What answers there is not ComfyUI."""
        return StudioError("server_confused", url=self.address.base, why=why)


def _brief(error: BaseException) -> str:
    text = (str(error) or type(error).__name__).split("\n")[0].rstrip(".")[:200]
    return "nothing listens there" if "refused" in text.lower() else text
