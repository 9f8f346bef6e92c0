"""Where a ComfyUI server is: its base URL, its credentials, its websocket."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Address:
    """One server's address; `base` never holds a password, so it may be shown and logged."""

    base: str
    user: str | None = None
    password: str | None = None

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password for HTTP basic authentication."""
        return None if self.user is None else (self.user, self.password or "")

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine, where no proxy can lead."""
        host = urlsplit(self.base).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def websocket(self, client_id: str) -> str:
        """The address of the event stream for one client."""
        secure = self.base.startswith("https:")
        rest = self.base.split("://", 1)[1]
        return f"{'wss' if secure else 'ws'}://{rest}/ws?clientId={quote(client_id, safe='')}"

    def headers(self) -> dict[str, str]:
        """The authentication header, for libraries that do not make it themselves."""
        if self.credentials is None:
            return {}
        token = base64.b64encode(":".join(self.credentials).encode()).decode("ascii")
        return {"Authorization": f"Basic {token}"}


def parse_address(url: str) -> Address:
    """Take a URL apart; a path is kept, for servers behind a prefix."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"a ComfyUI address starts with http:// or https:// and names a host, unlike {url!r}"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{parts.port}" if parts.port is not None else host
    base = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Address(base, user, password)
