"""Links of a graph: what one is, and how its readers are led elsewhere."""

from __future__ import annotations

from typing import Any

Graph = dict[str, dict[str, Any]]


def is_link(value: Any) -> bool:
    """Whether an input's value is another node's output."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )


def relink(graph: Graph, old: list[Any], new: list[Any]) -> None:
    """Let all that read one output read another."""
    for node in graph.values():
        for name, value in node["inputs"].items():
            if value == old:
                node["inputs"][name] = new
