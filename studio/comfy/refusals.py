"""What a server's refusal of a graph means: which node, which input, which value, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.comfy.info import ObjectInfo, model_folder, read_choices
from studio.comfy.packs import how_to_get
from studio.errors import StudioError

MAX_SHOWN = 5
MAX_VALUE = 80


@dataclass(frozen=True)
class Complaint:
    """One thing that a server does not accept in a graph."""

    kind: str
    why: str
    remedy: str
    node_id: str = ""
    node_type: str = ""
    title: str = ""
    input_name: str = ""
    received: Any = None

    def to_json(self) -> dict[str, Any]:
        """The facts for records and answers."""
        return {
            "kind": self.kind,
            "node_id": self.node_id,
            "node_type": self.node_type,
            "input": self.input_name,
            "received": self.received,
            "why": self.why,
            "remedy": self.remedy,
        }


def graph_refused(
    body: Mapping[str, Any], graph: Mapping[str, Any], info: ObjectInfo | None = None
) -> StudioError:
    """The error for a refused prompt: the first complaint in full, the others by their number."""
    complaints = read_complaints(body, graph, info)
    first = complaints[0]
    more = len(complaints) - 1
    others = f" (and {more} more complaint{'s' if more > 1 else ''})" if more else ""
    return StudioError(
        "graph_refused",
        why=first.why + others,
        remedy=first.remedy + ".",
        node_id=first.node_id,
        node_type=first.node_type,
        input=first.input_name,
        received=first.received,
        complaints=[complaint.to_json() for complaint in complaints],
    )


def read_complaints(
    body: Mapping[str, Any], graph: Mapping[str, Any], info: ObjectInfo | None = None
) -> list[Complaint]:
    """Everything that the server does not accept, missing nodes and models first."""
    complaints: list[Complaint] = []
    node_errors = body.get("node_errors")
    for node_id, report in (node_errors if isinstance(node_errors, Mapping) else {}).items():
        if not isinstance(report, Mapping):
            continue
        class_type = str(report.get("class_type") or _class_of(graph, node_id))
        errors = report.get("errors")
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, Mapping):
                complaints.append(_node_complaint(error, str(node_id), class_type, graph, info))
    if not complaints:
        complaints.append(_whole_complaint(body.get("error"), graph))
    order = {"missing_node": 0, "missing_model": 1}
    return sorted(complaints, key=lambda complaint: order.get(complaint.kind, 2))


def _whole_complaint(error: Any, graph: Mapping[str, Any]) -> Complaint:
    if not isinstance(error, Mapping):
        why = str(error or "it gave no reason").strip()
        return Complaint("unknown", _short(why, 300), "See ComfyUI's own log")
    kind, message = str(error.get("type") or "unknown"), str(error.get("message") or "").strip()
    details = str(error.get("details") or "").strip()
    extra = error.get("extra_info")
    extra = extra if isinstance(extra, Mapping) else {}
    node = re.search(r"#([^\s']+)", details)
    node_id = str(extra.get("node_id") or (node[1] if node else ""))
    class_type = str(extra.get("class_type") or _class_of(graph, node_id))
    named = re.search(r"because node (.+?) does not exist", message)
    if named or kind == "missing_node_type":
        class_type = named[1] if named else class_type or "of an unknown type"
        why = f"it has no node {class_type}, which node {node_id or '?'} of the graph needs"
        return Complaint(
            "missing_node", why, how_to_get(class_type), node_id, class_type, _title(graph, node_id)
        )
    if kind == "prompt_no_outputs":
        return Complaint(
            kind, "the graph has no output node", "Give the workflow a node that saves, such as SaveImage"
        )
    if kind == "no_prompt":
        return Complaint(kind, "it got no graph", "Export the workflow in ComfyUI's API format")
    if kind == "invalid_prompt" and node_id and not class_type:
        why = f"node {node_id} of the graph has no class_type"
        return Complaint(kind, why, "Export the workflow in ComfyUI's API format", node_id)
    why = f"{message}: {details}" if details and details != message else message or kind
    return Complaint(kind, _short(why.rstrip("."), 300), "See ComfyUI's own log", node_id, class_type)


def _node_complaint(
    error: Mapping[str, Any], node_id: str, class_type: str, graph: Mapping[str, Any], info: ObjectInfo | None
) -> Complaint:
    kind = str(error.get("type") or "unknown")
    details = str(error.get("details") or "").strip()
    extra = error.get("extra_info")
    extra = extra if isinstance(extra, Mapping) else {}
    name = str(extra.get("input_name") or "")
    received = extra.get("received_value", _value_of(graph, node_id, name))
    title = _title(graph, node_id)
    facts = _Facts(kind, class_type, name, received, details, str(error.get("message") or kind), extra, info)
    what, remedy = READERS.get(kind, _anything)(facts)
    where = (
        f"“{title}” ({class_type}, node {node_id})"
        if title and title != class_type
        else f"{class_type} (node {node_id})"
    )
    if kind == "value_not_in_list" and model_folder(class_type, name):
        kind = "missing_model"
    return Complaint(kind, f"{where}: {what}", remedy, node_id, class_type, title, name, received)


@dataclass(frozen=True)
class _Facts:
    kind: str
    class_type: str
    name: str
    received: Any
    details: str
    message: str
    extra: Mapping[str, Any]
    info: ObjectInfo | None

    @property
    def value(self) -> str:
        return _short(repr(self.received), MAX_VALUE)

    @property
    def options(self) -> Mapping[str, Any]:
        config = self.extra.get("input_config")
        if isinstance(config, list) and len(config) > 1 and isinstance(config[1], Mapping):
            return config[1]
        return {}

    @property
    def choices(self) -> tuple[str, ...]:
        told = read_choices(self.extra.get("input_config"))  # left out by the server when it is long
        if told or self.info is None:
            return told
        return self.info.choices(self.class_type, self.name)


def _not_in_list(facts: _Facts) -> tuple[str, str]:
    folder = model_folder(facts.class_type, facts.name)
    what = f"{facts.name} is {facts.value}, which is not in this server's list"
    if folder is None:
        return what, f"Choose one of: {_shown(facts)}" if facts.choices else "Choose a value that it lists"
    install = f"Install {_plain(facts.received)} into models/{folder} of that server"
    if facts.choices:
        return what, f"{install}, or choose one of: {_shown(facts)}"
    return what, f"{install}; it has no other"


def _missing(facts: _Facts) -> tuple[str, str]:
    name = facts.name or facts.details
    return f"the input {name} is missing", f"Connect or fill {name} in the workflow"


def _too_small(facts: _Facts) -> tuple[str, str]:
    low = facts.options.get("min")
    told = re.search(r"min of (\S+)", facts.message)
    bound = low if low is not None else told[1] if told else "its minimum"
    return f"{facts.name} is {facts.value}, less than {bound}", f"Set {facts.name} to {bound} or more"


def _too_big(facts: _Facts) -> tuple[str, str]:
    high = facts.options.get("max")
    told = re.search(r"max of (\S+)", facts.message)
    bound = high if high is not None else told[1] if told else "its maximum"
    return f"{facts.name} is {facts.value}, more than {bound}", f"Set {facts.name} to {bound} or less"


def _wrong_value(facts: _Facts) -> tuple[str, str]:
    config = facts.extra.get("input_config")
    wanted = config[0] if isinstance(config, list) and config and isinstance(config[0], str) else "its type"
    return (
        f"{facts.name} is {facts.value}, which cannot become {wanted}",
        f"Give {facts.name} a value of {wanted}",
    )


def _wrong_link(facts: _Facts) -> tuple[str, str]:
    got = facts.extra.get("received_type")
    what = f"{facts.name} is connected to an output of another type"
    if isinstance(got, str):
        what = f"{facts.name} is connected to an output of type {got}"
    return f"{what} ({facts.details})" if facts.details else what, f"Connect {facts.name} to a fitting output"


def _bad_link(facts: _Facts) -> tuple[str, str]:
    return (
        f"{facts.name} is {facts.value}, which is no connection",
        "Export the workflow in ComfyUI's API format: a connection is a pair of node id and output number",
    )


def _own_check(facts: _Facts) -> tuple[str, str]:
    details = facts.details or facts.message
    if "invalid image file" in details.lower() or "invalid audio file" in details.lower():
        return details, "Upload the file again: the server does not have it any more"
    return details, f"Change {facts.name}" if facts.name else "See what the node asks for"


def _cycle(facts: _Facts) -> tuple[str, str]:
    return f"the graph runs in a circle ({facts.details})", "Break the circle in the workflow"


def _anything(facts: _Facts) -> tuple[str, str]:
    what = f"{facts.message}: {facts.details}" if facts.details else facts.message
    return _short(what.rstrip("."), 300), "See ComfyUI's own log"


READERS: dict[str, Callable[[_Facts], tuple[str, str]]] = {
    "value_not_in_list": _not_in_list,
    "required_input_missing": _missing,
    "value_smaller_than_min": _too_small,
    "value_bigger_than_max": _too_big,
    "invalid_input_type": _wrong_value,
    "return_type_mismatch": _wrong_link,
    "bad_linked_input": _bad_link,
    "custom_validation_failed": _own_check,
    "dependency_cycle": _cycle,
}


def _shown(facts: _Facts) -> str:
    """The choices nearest to what was asked, then the first ones."""
    choices = list(facts.choices)
    near = difflib.get_close_matches(str(facts.received), choices, MAX_SHOWN, 0.5)
    shown = (near + [choice for choice in choices if choice not in near])[:MAX_SHOWN]
    rest = len(choices) - len(shown)
    return ", ".join(shown) + (f" (and {rest} more)" if rest else "")


def _plain(value: Any) -> str:
    return _short(str(value), MAX_VALUE)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _node(graph: Mapping[str, Any], node_id: str) -> Mapping[str, Any]:
    node = graph.get(node_id)
    return node if isinstance(node, Mapping) else {}


def _class_of(graph: Mapping[str, Any], node_id: str) -> str:
    return str(_node(graph, node_id).get("class_type") or "")


def _title(graph: Mapping[str, Any], node_id: str) -> str:
    meta = _node(graph, node_id).get("_meta")
    return str(meta.get("title") or "") if isinstance(meta, Mapping) else ""


def _value_of(graph: Mapping[str, Any], node_id: str, name: str) -> Any:
    inputs = _node(graph, node_id).get("inputs")
    return inputs.get(name) if isinstance(inputs, Mapping) else None
