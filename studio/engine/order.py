"""In which order the nodes of a prompt run: what they need first, and shortest ways to a visible output."""

from __future__ import annotations

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
    """The nodes that still have to run, each known with what it waits for."""

    def __init__(
        self,
        prompt: Mapping[str, Any],
        outputs: list[str],
        done: Callable[[str], bool],
        shows: Callable[[str], bool],
    ) -> None:
        self._shows = shows
        self._waiting_for: dict[str, int] = {}
        self.needed_by: dict[str, list[str]] = {}
        for output in outputs:
            self._add(prompt, output, done)

    def _add(self, prompt: Mapping[str, Any], output: str, done: Callable[[str], bool]) -> None:
        links: list[tuple[str, str]] = []
        stack = [output]
        while stack:
            node_id = stack.pop()
            if node_id in self._waiting_for:
                continue
            self._waiting_for[node_id] = 0
            self.needed_by[node_id] = []
            if done(node_id):
                continue
            for source in sources(prompt[node_id]):
                if not done(source):
                    stack.append(source)
                    links.append((source, node_id))
        for source, target in links:
            if target not in self.needed_by[source]:
                self.needed_by[source].append(target)
                self._waiting_for[target] += 1

    def __bool__(self) -> bool:
        return bool(self._waiting_for)

    def next(self) -> str:
        """Choose the next node: an output if one is ready, else one close to an output, else the oldest."""
        ready = [node_id for node_id, count in self._waiting_for.items() if count == 0]
        for node_id in ready:
            if self._shows(node_id):
                return node_id
        for node_id in ready:
            if any(map(self._shows, self.needed_by[node_id])):
                return node_id
        for node_id in ready:
            for second in self.needed_by[node_id]:
                if any(map(self._shows, self.needed_by[second])):
                    return node_id
        return ready[0]

    def finish(self, node_id: str) -> None:
        """Take a node off the list; what waited for it may become ready."""
        del self._waiting_for[node_id]
        for target in self.needed_by.pop(node_id):
            self._waiting_for[target] -= 1
