"""In which order the nodes of a prompt run: what they need first, and shortest ways to a visible output."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any

from studio.engine.nodes.define import NODES


def is_link(value: Any) -> bool:
    """Tell whether an input's value is the output of another node."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def sources(node: Mapping[str, Any]) -> list[str]:
    """List the nodes that a node reads from; values for inputs that it does not have are ignored."""
    kind = NODES[node["class_type"]]
    return [
        value[0] for name, value in node["inputs"].items() if is_link(value) and kind.input(name) is not None
    ]


class Schedule:
    """The nodes that still have to run, each known with what it waits for.

    Among nodes that are ready an output goes first, then what an output waits for, directly or over one
    more node, so that something can be seen early; else the one that was found first.
    """

    def __init__(
        self,
        prompt: Mapping[str, Any],
        outputs: list[str],
        done: Callable[[str], bool],
        shows: Callable[[str], bool],
    ) -> None:
        self._waiting_for: dict[str, int] = {}
        self._needed_by: dict[str, list[str]] = {}
        for output in outputs:
            self._add(prompt, output, done)
        self._priority = self._rank(prompt, shows)
        self._ready = [self._priority[node_id] for node_id, count in self._waiting_for.items() if count == 0]
        heapq.heapify(self._ready)

    def _add(self, prompt: Mapping[str, Any], output: str, done: Callable[[str], bool]) -> None:
        links: dict[tuple[str, str], None] = {}
        stack = [output]
        while stack:
            node_id = stack.pop()
            if node_id in self._waiting_for:
                continue
            self._waiting_for[node_id] = 0
            self._needed_by[node_id] = []
            if done(node_id):
                continue
            for source in sources(prompt[node_id]):
                if not done(source):
                    stack.append(source)
                    links[(source, node_id)] = None
        for source, target in links:
            self._needed_by[source].append(target)
            self._waiting_for[target] += 1

    def _rank(
        self, prompt: Mapping[str, Any], shows: Callable[[str], bool]
    ) -> dict[str, tuple[int, int, str]]:
        distance = {node_id: 0 for node_id in self._waiting_for if shows(node_id)}
        for step in (1, 2):
            for node_id in [near for near, steps in distance.items() if steps == step - 1]:
                for source in sources(prompt[node_id]):
                    distance.setdefault(source, step)
        return {
            node_id: (distance.get(node_id, 3), place, node_id)
            for place, node_id in enumerate(self._waiting_for)
        }

    def __bool__(self) -> bool:
        return bool(self._waiting_for)

    def next(self) -> str:
        """Take the next node that can run."""
        return heapq.heappop(self._ready)[2]

    def finish(self, node_id: str) -> None:
        """Cross a node off; what waited for it may become ready."""
        del self._waiting_for[node_id]
        for target in self._needed_by.pop(node_id):
            self._waiting_for[target] -= 1
            if self._waiting_for[target] == 0:
                heapq.heappush(self._ready, self._priority[target])
