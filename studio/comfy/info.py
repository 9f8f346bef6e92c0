"""What a server can do: its `/object_info`, asked for nodes, choices, defaults and bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studio.comfy.packs import FOLDERS, LOADER_FOLDERS, UPLOAD_FLAGS

MODEL_SUFFIXES = (".safetensors", ".sft", ".gguf", ".ckpt", ".pt", ".pth", ".bin", ".onnx")


@dataclass(frozen=True)
class Bounds:
    """The numbers that an input takes."""

    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class MissingModel:
    """A model that a graph names and a server does not list."""

    node_id: str
    class_type: str
    input_name: str
    wanted: str
    folder: str
    choices: tuple[str, ...]


class ObjectInfo:
    """One server's `/object_info`, as it was when it was read."""

    def __init__(self, nodes: Mapping[str, Any]) -> None:
        self._nodes = {name: node for name, node in nodes.items() if isinstance(node, Mapping)}

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, class_type: object) -> bool:
        return class_type in self._nodes

    @cached_property
    def classes(self) -> frozenset[str]:
        """Every node that the server has."""
        return frozenset(self._nodes)

    def has(self, *class_types: str) -> bool:
        """Whether the server has all of these nodes."""
        return all(class_type in self._nodes for class_type in class_types)

    def inputs(self, class_type: str, *, optional: bool = True) -> tuple[str, ...]:
        """The names of a node's inputs, the required ones first."""
        groups = ("required", "optional") if optional else ("required",)
        return tuple(name for group in groups for name in self._group(class_type, group))

    def input_type(self, class_type: str, name: str) -> str | None:
        """The type of an input, COMBO for a list of choices; None if there is no such input."""
        kind, _ = self._input(class_type, name)
        if isinstance(kind, list):
            return "COMBO"
        return kind if isinstance(kind, str) else None

    def choices(self, class_type: str, name: str) -> tuple[str, ...]:
        """What an input lets one choose from, in the old and in the new way of saying it."""
        kind, options = self._input(class_type, name)
        return read_choices([kind, options])

    def default(self, class_type: str, name: str) -> Any:
        """The value that the node takes by itself: its default, or else the first choice."""
        _, options = self._input(class_type, name)
        if "default" in options:
            return options["default"]
        return next(iter(self.choices(class_type, name)), None)

    def bounds(self, class_type: str, name: str) -> Bounds:
        """The numbers that an input takes."""
        _, options = self._input(class_type, name)
        return Bounds(_number(options.get("min")), _number(options.get("max")), _number(options.get("step")))

    def outputs(self, class_type: str) -> tuple[str, ...]:
        """The types that a node gives."""
        listed = self._nodes.get(class_type, {}).get("output")
        if not isinstance(listed, list | tuple):
            return ()
        return tuple(kind if isinstance(kind, str) else "COMBO" for kind in listed)

    def is_output(self, class_type: str) -> bool:
        """Whether a node can end a graph."""
        return self._nodes.get(class_type, {}).get("output_node") is True

    def display_name(self, class_type: str) -> str:
        """The name that people see in ComfyUI."""
        return str(self._nodes.get(class_type, {}).get("display_name") or class_type)

    def folder(self, class_type: str, name: str) -> str | None:
        """The folder below models/ that an input lists; None if it names no model."""
        return model_folder(class_type, name)

    def takes_upload(self, class_type: str, name: str) -> bool:
        """Whether an input names a file of the input folder, which need not be in its list."""
        _, options = self._input(class_type, name)
        return any(options.get(flag) for flag in UPLOAD_FLAGS)

    def models(self, folder: str) -> tuple[str, ...]:
        """Every model that some loader lists from a folder, each once."""
        found: dict[str, None] = {}
        for class_type in self._nodes:
            for name in self.inputs(class_type):
                if model_folder(class_type, name) == folder:
                    found.update(dict.fromkeys(self.choices(class_type, name)))
        return tuple(found)

    def missing_nodes(self, graph: Mapping[str, Any]) -> tuple[str, ...]:
        """The nodes of a graph that the server does not have."""
        wanted = {node.get("class_type", "") for node in graph.values() if isinstance(node, Mapping)}
        return tuple(sorted(class_type for class_type in wanted if class_type not in self._nodes))

    def missing_models(self, graph: Mapping[str, Any]) -> tuple[MissingModel, ...]:
        """The models of a graph that the server does not list, not even spelled otherwise."""
        missing: list[MissingModel] = []
        for node_id, node in graph.items():
            class_type = node.get("class_type", "") if isinstance(node, Mapping) else ""
            if class_type not in self._nodes:
                continue
            for name, wanted in (node.get("inputs") or {}).items():
                folder = model_folder(class_type, name)
                if folder is None or not isinstance(wanted, str):
                    continue
                choices = self.choices(class_type, name)
                if find_choice(wanted, choices) is None:
                    missing.append(MissingModel(str(node_id), class_type, name, wanted, folder, choices))
        return tuple(missing)

    def spelled(self, graph: Mapping[str, Any]) -> dict[str, Any]:
        """The graph with its models named as this server lists them; unknown ones stay as they are."""
        return {node_id: self._spelled_node(node) for node_id, node in graph.items()}

    def _spelled_node(self, node: Any) -> Any:
        if not isinstance(node, Mapping) or not isinstance(node.get("inputs"), Mapping):
            return node
        class_type, inputs = str(node.get("class_type")), dict(node["inputs"])
        for name, wanted in inputs.items():
            if isinstance(wanted, str) and model_folder(class_type, name):
                inputs[name] = find_choice(wanted, self.choices(class_type, name)) or wanted
        return {**node, "inputs": inputs}

    def _group(self, class_type: str, group: str) -> Mapping[str, Any]:
        inputs = self._nodes.get(class_type, {}).get("input")
        found = inputs.get(group) if isinstance(inputs, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _input(self, class_type: str, name: str) -> tuple[Any, Mapping[str, Any]]:
        for group in ("required", "optional"):
            spec = self._group(class_type, group).get(name)
            parts: list[Any] = list(spec) if isinstance(spec, list | tuple) else []
            if parts:
                return parts[0], parts[1] if len(parts) > 1 and isinstance(parts[1], Mapping) else {}
        return None, {}


def read_choices(spec: Any) -> tuple[str, ...]:
    """The choices in an input's description: `[[...], {}]` of old, `["COMBO", {"options": [...]}]` of new."""
    if not isinstance(spec, list | tuple) or not spec:
        return ()
    listed = spec[0]
    if not isinstance(listed, list | tuple):
        options = spec[1] if len(spec) > 1 else None
        listed = options.get("options") if isinstance(options, Mapping) else None
    if not isinstance(listed, list | tuple):
        return ()
    return tuple(choice for choice in listed if isinstance(choice, str))


def model_folder(class_type: str, name: str) -> str | None:
    """The folder below models/ that a loader's input lists."""
    return LOADER_FOLDERS.get((class_type, name)) or FOLDERS.get(name)


def find_choice(wanted: str, choices: Sequence[str]) -> str | None:
    """Find what is wanted as this server spells it: other slashes, case, folder or ending do not matter."""
    if wanted in choices:
        return wanted
    for spell in (_plain, _without_suffix, _file_name, _stem, _stem_letters):
        if key := spell(wanted):
            found = [choice for choice in choices if spell(choice) == key]
            if found:
                return _best(found)
    return None


def _plain(name: str) -> str:
    return re.sub(r"/+", "/", name.strip().replace("\\", "/").removeprefix("./").casefold())


def _without_suffix(name: str) -> str:
    plain = _plain(name)
    suffix = next((suffix for suffix in MODEL_SUFFIXES if plain.endswith(suffix)), "")
    return plain[: len(plain) - len(suffix)]


def _file_name(name: str) -> str:
    return _plain(name).rsplit("/", 1)[-1]


def _stem(name: str) -> str:
    return _without_suffix(_file_name(name))


def _stem_letters(name: str) -> str:
    return re.sub(r"[\s_\-.]+", "-", _stem(name)).strip("-")


def _best(found: Iterable[str]) -> str:
    """Of equal names: the safer format, then the shorter path."""

    def rank(name: str) -> tuple[int, int, str]:
        plain = _plain(name)
        kind = next((n for n, suffix in enumerate(MODEL_SUFFIXES) if plain.endswith(suffix)), 99)
        return kind, plain.count("/"), plain

    return min(found, key=rank)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
