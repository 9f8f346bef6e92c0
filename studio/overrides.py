"""Settings that can be changed while the studio runs: checked, kept in the records, used at once.

What is set here wins over the environment until it is reset; no other setting changes without a start.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studio.comfy.address import parse_address
from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.records import Database, memory
from studio.records import servers as recorded
from studio.request import AnyRequest, AvatarRequest, with_values
from studio.servers import Servers, check_address, id_of
from studio.settings import Settings

KEY = "overrides"
MEMBERS = ("comfyui_base_url", "ollama_base_url", "default_model", "default_checkpoint", "rate_limits")
RATES = tuple(name for name in Settings.model_fields if re.match(r"rate_limit_(media|ai)_", name))
LONGEST = 300
SHOWN = 8  # names in a refusal

Source = Literal["env", "file", "default"]


@dataclass(frozen=True)
class Chosen:
    """What counts for one setting, and who said so: the environment, a change that is kept, or nobody."""

    value: Any
    source: Source


class Overrides:
    """The verbs over these settings."""

    def __init__(self, database: Database, settings: Settings, servers: Servers, pool: Pool) -> None:
        self._database = database
        self._settings = settings
        self._servers = servers
        self._pool = pool
        self._changing = threading.Lock()
        self._listeners: list[Callable[[Settings], None]] = []
        found = memory.recall(database, KEY, {})
        self._kept: dict[str, Any] = {name: value for name, value in found.items() if name in MEMBERS}

    @property
    def kept(self) -> dict[str, Any]:
        """What was changed here and counts now."""
        return dict(self._kept)

    @property
    def settings(self) -> Settings:
        """The settings as they are with what was changed."""
        changed = {
            "ollama_url": self._kept.get("ollama_base_url"),
            "llm_model": self._kept.get("default_model"),
            **self.rate_limits,
        }
        given = {name: value for name, value in changed.items() if value is not None}
        return self._settings.model_copy(update=given) if given else self._settings

    @property
    def rate_limits(self) -> dict[str, str]:
        """The limits that were changed, by the names of their settings."""
        return {f"rate_limit_{name}": limit for name, limit in self._kept.get("rate_limits", {}).items()}

    def comfyui(self) -> Chosen:
        """Where ComfyUI is; without any, the engine that speaks its protocol."""
        if kept := self._kept.get("comfyui_base_url"):
            return Chosen(kept, "file")
        if self._settings.comfyui_url:
            return Chosen(parse_address(self._settings.comfyui_url[0]).base, "env")
        server = next(iter(sorted(self._pool.servers, key=lambda one: one.kind == "embedded")), None)
        return Chosen(server.url if server else "", "default")

    def chosen(self, member: str) -> Chosen:
        """What counts for one of the other members."""
        if member in self._kept:
            return Chosen(self._kept[member], "file")
        fields = {"ollama_base_url": "ollama_url", "default_model": "llm_model"}
        value = getattr(self._settings, fields[member]) if member in fields else None
        return Chosen(value or None, "env" if value else "default")

    def listen(self, listener: Callable[[Settings], None]) -> None:
        """Have a room told the settings, as they are now and after each change."""
        self._listeners.append(listener)
        if self._kept:
            listener(self.settings)

    def change(self, given: Mapping[str, Any]) -> None:
        """Set some members, and reset those that are null; all of them or none."""
        with self._changing:
            values = {name: self._checked(name, value) for name, value in given.items()}
            kept = dict(self._kept)
            for name, value in values.items():
                if name == "rate_limits" and value is not None:
                    merged = {**kept.get(name, {}), **value}
                    value = {bucket: limit for bucket, limit in merged.items() if limit is not None}
                if value is None or value == {}:
                    kept.pop(name, None)
                else:
                    kept[name] = value
            if "comfyui_base_url" in values:
                self._move_comfyui(given["comfyui_base_url"], kept)
            memory.remember(self._database, KEY, kept)
            self._kept = kept
        settings = self.settings
        for listener in self._listeners:
            listener(settings)

    def with_defaults(self, request: AnyRequest) -> AnyRequest:
        """The request with the checkpoint that was chosen, if it leaves that open and a server has it."""
        name = self._kept.get("default_checkpoint")
        is_open = isinstance(request, AvatarRequest) and not (request.model or request.workflow)
        if name and is_open and request.engine == "auto" and name in self._checkpoints():
            return with_values(request, model=name)
        return request

    def _move_comfyui(self, address: str | None, kept: dict[str, Any]) -> None:
        former = self._kept.get("comfyui_base_url")
        url = check_address(address) if address else None
        if url is not None and self._pool.by_url(url) is None:
            self._servers.add(address or "")
        if former is not None and former != url and former in recorded.added(self._database):
            server = self._pool.by_url(former)
            if server is not None:
                # Whoever says where ComfyUI is now does not wait for where it was.
                self._servers.remove(id_of(server), force=True)
        if url is not None:
            kept["comfyui_base_url"] = url

    def _checkpoints(self) -> tuple[str, ...]:
        found = (
            server.info.models("checkpoints")
            for server in self._pool.online("comfy")
            if server.info is not None
        )
        return tuple(dict.fromkeys(name for names in found for name in names))

    def _checked(self, name: str, value: Any) -> Any:
        """A value as it is kept, or a refusal."""
        if value is None:
            return None
        if name == "rate_limits":
            return {bucket: _checked_rate(bucket, limit) for bucket, limit in value.items()}
        text = str(value).strip()
        if not text or len(text) > LONGEST or not text.isprintable():
            raise StudioError("setting_refused", name=name, why="it is empty, too long or not printable")
        if name == "comfyui_base_url":
            check_address(text)
        elif name == "ollama_base_url":
            if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", text):
                raise StudioError("setting_refused", name=name, why="it is no http:// or https:// address")
            return text.rstrip("/")
        elif name == "default_checkpoint" and (known := self._checkpoints()) and text not in known:
            why = f"no server has it, only {', '.join(known[:SHOWN])}"
            raise StudioError("setting_refused", name=name, why=why)
        return text


def _checked_rate(bucket: str, limit: str | None) -> str | None:
    names = [name.removeprefix("rate_limit_") for name in RATES]
    if bucket not in names:
        why = f"there is no limit named {bucket[:80]!r}, only {', '.join(names)}"
        raise StudioError("setting_refused", name="rate_limits", why=why)
    if (
        limit is not None
        and limit != "off"
        and not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", limit)
    ):
        raise StudioError(
            "setting_refused", name="rate_limits", why=f"{limit[:80]!r} is not like 10/minute, or off"
        )
    return limit
