"""API keys as the setting API_KEY names them: several, each with a name and with what it may be used for."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

HASHED = "sha256-"
# What keys open unless they say otherwise: every API family, but not what changes the studio itself.
FAMILIES = frozenset({"avatarforge", "talking", "media", "ainfluencer", "studio", "metrics"})
ADMIN = "admin"
SCOPES = FAMILIES | {ADMIN}


@dataclass(frozen=True)
class Key:
    """One key: its name, the SHA-256 of its text, and what it opens."""

    name: str
    digest: bytes
    scopes: frozenset[str]


def read_keys(setting: str) -> tuple[Key, ...]:
    """The keys of `KEY`, `NAME:KEY` or `NAME:KEY:SCOPE+SCOPE`, separated by commas."""
    entries = [entry.strip() for entry in setting.split(",") if entry.strip()]
    keys = tuple(_read(entry, number) for number, entry in enumerate(entries, 1))
    if len({key.name for key in keys}) < len(keys):
        raise ValueError("API_KEY names two keys alike")
    return keys


def find_key(keys: Sequence[Key], given: str) -> Key | None:
    """The key that was given; how long it takes tells nothing of any key."""
    digest = hashlib.sha256(given.encode("utf-8", "replace")).digest()
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _read(entry: str, number: int) -> Key:
    parts = entry.split(":")
    if len(parts) == 1:
        parts = [f"key{number}", *parts]
    # What is wrong is said without the entry, as that may hold a key.
    if len(parts) > 3 or not all(parts):
        raise ValueError(f"entry {number} of API_KEY must be KEY, NAME:KEY or NAME:KEY:SCOPE+SCOPE")
    name, text = parts[:2]
    if not re.fullmatch(r"[\w.-]{1,64}", name):
        raise ValueError(f"the name in entry {number} of API_KEY may have letters, digits, dots and dashes")
    scopes = frozenset(parts[2].split("+")) if len(parts) == 3 else FAMILIES
    if not scopes <= SCOPES:
        raise ValueError(f"the scopes in entry {number} of API_KEY must be of: {', '.join(sorted(SCOPES))}")
    if text.startswith(HASHED):
        if not re.fullmatch(r"[0-9a-fA-F]{64}", text.removeprefix(HASHED)):
            raise ValueError(f"after {HASHED} entry {number} of API_KEY needs 64 hexadecimal digits")
        return Key(name, bytes.fromhex(text.removeprefix(HASHED)), scopes)
    return Key(name, hashlib.sha256(text.encode("utf-8")).digest(), scopes)
