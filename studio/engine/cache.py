"""Remembers what nodes computed, by what went into them, and forgets the least used when it grows too big."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from studio.engine.folders import Folders
from studio.engine.nodes.define import NODES, Notes
from studio.engine.order import is_link, sources

DEFAULT_MAX_BYTES = 512 * 1024 * 1024
MAX_ENTRIES = 20_000


@dataclass(frozen=True)
class Computed:
    """What one node gave: its outputs, what it shows, and where its pictures came from."""

    outputs: tuple[Any, ...]
    ui: dict[str, Any] | None = None
    notes: Notes = field(default=())


class Cache:
    """Results by signature, bounded by bytes; the least recently used go first."""

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self._kept: OrderedDict[str, tuple[Computed, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, signature: str) -> Computed | None:
        """Return a result that is still known."""
        found = self._kept.get(signature)
        if found is None:
            return None
        self._kept.move_to_end(signature)
        return found[0]

    def put(self, signature: str, result: Computed) -> None:
        """Keep a result, unless it alone is bigger than everything that may be kept."""
        size = _bytes_of(result)
        self.drop(signature)
        if size > self.max_bytes:
            return
        self._kept[signature] = (result, size)
        self.used_bytes += size
        while self.used_bytes > self.max_bytes or len(self._kept) > MAX_ENTRIES:
            _, (_, freed) = self._kept.popitem(last=False)
            self.used_bytes -= freed

    def drop(self, signature: str) -> None:
        """Forget a result."""
        found = self._kept.pop(signature, None)
        if found is not None:
            self.used_bytes -= found[1]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.used_bytes = 0


def signatures(prompt: Mapping[str, Any], outputs: Iterable[str], folders: Folders) -> dict[str, str]:
    """Name each needed node by its type, its values and the same of all its ancestors."""
    named: dict[str, str] = {}
    stack = list(reversed(list(outputs)))
    while stack:
        node_id = stack[-1]
        if node_id in named:
            stack.pop()
            continue
        missing = [source for source in sources(prompt[node_id]) if source not in named]
        if missing:
            stack.extend(missing)
            continue
        named[node_id] = _signature(prompt[node_id], named, folders)
        stack.pop()
    return named


def _signature(node: Mapping[str, Any], named: Mapping[str, str], folders: Folders) -> str:
    kind = NODES[node["class_type"]]
    inputs: dict[str, Any] = node["inputs"]
    parts: list[Any] = [kind.name]
    if kind.fingerprint is not None:
        constants = {name: value for name, value in inputs.items() if name in kind.checked_inputs}
        parts.append(kind.fingerprint(folders, **constants))
    for name in sorted(inputs):
        if kind.input(name) is None:
            continue
        value = inputs[name]
        parts.append([name, "link", named[value[0]], value[1]] if is_link(value) else [name, value])
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=20).hexdigest()


def _bytes_of(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes + 128
    if isinstance(value, str | bytes):
        return len(value) + 64
    if isinstance(value, Mapping):
        return 128 + sum(_bytes_of(item) for item in value.values())
    if isinstance(value, tuple | list):
        return 64 + sum(_bytes_of(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return 64 + sum(_bytes_of(getattr(value, item.name)) for item in fields(value))
    return 32
