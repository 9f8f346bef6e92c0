"""How a node type is declared: inputs and outputs as ComfyUI describes them, and the function behind."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.engine.folders import Folders

Options = tuple[str, ...] | Callable[[Folders], list[str]]
NODES: dict[str, NodeType] = {}


@dataclass(frozen=True)
class Note:
    """What is known about how a picture came to be; it follows the picture from node to node."""

    not_drawn: tuple[str, ...]
    recipe: Mapping[str, Any]


Notes = tuple[tuple[Note, ...], ...]  # for each picture of a batch, the drawings that went into it


@dataclass
class Run:
    """What a node may use besides its inputs while it runs."""

    folders: Folders
    prompt: Mapping[str, Any]
    extra_pnginfo: Any
    check: Callable[[], None]  # raises when the prompt was interrupted
    progress: Callable[[int, int, Any], None]  # value, maximum, preview picture or None
    await_figure: Callable[[], None] = lambda: None  # returns when the figure can draw without delay
    notes_in: dict[str, Notes] = field(default_factory=dict)
    notes_out: Notes | None = None  # None: merged from the inputs


@dataclass(frozen=True)
class Result:
    """Outputs of a node that also shows something."""

    outputs: tuple[Any, ...]
    ui: dict[str, list[Any]]


@dataclass(frozen=True)
class Input:
    """One input: a type name or a list of options, with its limits."""

    kind: str
    config: Mapping[str, Any]
    options: Options | None = None

    def choices(self, folders: Folders) -> list[str] | None:
        """Return the allowed values of a list input."""
        if self.options is None:
            return None
        return self.options(folders) if callable(self.options) else list(self.options)


@dataclass(frozen=True)
class NodeType:
    """A node type: everything that validation, execution and /object_info need to know."""

    name: str
    run: Callable[..., Any]
    required: Mapping[str, Input]
    optional: Mapping[str, Input]
    hidden: Mapping[str, str]
    outputs: tuple[str, ...]
    output_names: tuple[str, ...]
    category: str
    display_name: str | None
    description: str
    module: str
    is_output: bool
    schema_style: bool  # declared the newer way, which /object_info renders a little differently
    deprecated: bool
    wants_run: bool
    check: Callable[..., str | None] | None
    checked_inputs: tuple[str, ...]
    fingerprint: Callable[..., str] | None

    def input(self, name: str) -> Input | None:
        """Find a visible input by name."""
        return self.required.get(name) or self.optional.get(name)

    def render_input(self, item: Input, folders: Folders) -> list[Any]:
        """Describe an input in the way of /object_info."""
        choices = item.choices(folders)
        config = dict(item.config)
        if self.schema_style:
            if choices is not None:
                return ["COMBO", {**config, "multiselect": False, "options": choices}]
            return [item.kind, config]
        kind: Any = item.kind if choices is None else choices
        return [kind, config] if config else [kind]

    def render(self, folders: Folders) -> dict[str, Any]:
        """Describe the node type in the way of /object_info."""
        groups: dict[str, dict[str, Any]] = {}
        for title, inputs in (("required", self.required), ("optional", self.optional)):
            if inputs or title == "required":
                groups[title] = {name: self.render_input(item, folders) for name, item in inputs.items()}
        if self.hidden:
            groups["hidden"] = {
                name: [kind] if self.schema_style else kind for name, kind in self.hidden.items()
            }
        info: dict[str, Any] = {
            "input": groups,
            "input_order": {title: list(inputs) for title, inputs in groups.items()},
            "output": list(self.outputs),
            "output_is_list": [False] * len(self.outputs),
            "output_name": list(self.output_names),
        }
        if self.schema_style:
            info["output_tooltips"] = [None] * len(self.outputs)
        info |= {
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "python_module": self.module,
            "category": self.category,
            "output_node": self.is_output,
        }
        if self.schema_style:
            info |= {"deprecated": self.deprecated, "experimental": False, "api_node": False}
        elif self.deprecated:
            info["deprecated"] = True
        return info


def node(
    name: str,
    *,
    required: Mapping[str, Input] | None = None,
    optional: Mapping[str, Input] | None = None,
    hidden: Mapping[str, str] | None = None,
    outputs: tuple[str, ...] = (),
    output_names: tuple[str, ...] | None = None,
    category: str,
    display_name: str | None = "",
    description: str = "",
    module: str = "nodes",
    is_output: bool = False,
    schema_style: bool = False,
    deprecated: bool = False,
    check: Callable[..., str | None] | None = None,
    checked_inputs: tuple[str, ...] = (),
    fingerprint: Callable[..., str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a node type; a first parameter named run receives the Run."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        NODES[name] = NodeType(
            name=name,
            run=function,
            required=required or {},
            optional=optional or {},
            hidden=hidden or {},
            outputs=outputs,
            output_names=output_names or outputs,
            category=category,
            display_name=(None if schema_style else name) if display_name == "" else display_name,
            description=description,
            module=module,
            is_output=is_output,
            schema_style=schema_style,
            deprecated=deprecated,
            wants_run=next(iter(inspect.signature(function).parameters), "") == "run",
            check=check,
            checked_inputs=checked_inputs,
            fingerprint=fingerprint,
        )
        return function

    return register


def link(kind: str, tooltip: str = "") -> Input:
    """Declare an input that only another node can fill."""
    return Input(kind, {"tooltip": tooltip} if tooltip else {})


def whole(default: int | None = None, low: int | None = None, high: int | None = None, **more: Any) -> Input:
    """Declare a whole number with its limits."""
    return Input("INT", _config(default, low, high, more))


def decimal(
    default: float | None = None, low: float | None = None, high: float | None = None, **more: Any
) -> Input:
    """Declare a decimal number with its limits."""
    return Input("FLOAT", _config(default, low, high, more))


def text(default: str | None = None, **more: Any) -> Input:
    """Declare a text."""
    return Input("STRING", _config(default, None, None, more))


def switch(default: bool | None = None, **more: Any) -> Input:
    """Declare a yes or no."""
    return Input("BOOLEAN", _config(default, None, None, more))


def choice(options: Options, **more: Any) -> Input:
    """Declare a choice among names."""
    return Input("COMBO", more, options)


def _config(default: Any, low: Any, high: Any, more: dict[str, Any]) -> dict[str, Any]:
    given = {"default": default, "min": low, "max": high}
    return {key: value for key, value in given.items() if value is not None} | more
