"""Says of a prompt what can run and what is wrong with the rest, in ComfyUI's words."""

from __future__ import annotations

import math
import traceback
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.engine.folders import Folders
from studio.engine.nodes.define import NODES, Input, NodeType

LONGEST_LIST_TOLD = 20  # longer lists of options are only counted in a refusal
MAX_NODES = 4096
CONVERSIONS = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
Faults = list[dict[str, Any]]


@dataclass
class Verdict:
    """What validation found: an error for the whole prompt, or the outputs that can run; faults by node."""

    outputs: list[str] = field(default_factory=list)
    error: dict[str, Any] | None = None
    node_errors: dict[str, Any] = field(default_factory=dict)


def validate_prompt(prompt: Any, targets: Any, folders: Folders) -> Verdict:
    """Check every node that an output needs; values are converted in place as the nodes will get them."""
    if not isinstance(prompt, dict):
        return _refuse("invalid_prompt", "The prompt must be an object of nodes by their ids.", "")
    if len(prompt) > MAX_NODES:
        return _refuse(
            "invalid_prompt",
            f"The prompt has {len(prompt)} nodes; this engine takes up to {MAX_NODES}.",
            "Split it into several prompts.",
        )
    outputs: list[str] = []
    for node_id, node in prompt.items():
        if not isinstance(node, dict) or "class_type" not in node:
            return _refuse(
                "invalid_prompt",
                "Cannot execute because a node is missing the class_type property.",
                f"Node ID '#{node_id}'",
            )
        class_type = node["class_type"]
        known = NODES.get(class_type) if isinstance(class_type, str) else None
        if known is None:
            return _refuse(
                "invalid_prompt",
                f"Cannot execute because node {class_type} does not exist.",
                f"Node ID '#{node_id}'",
            )
        if known.is_output and (not isinstance(targets, list) or node_id in targets):
            outputs.append(node_id)
    if not outputs:
        return _refuse("prompt_no_outputs", "Prompt has no outputs", "")
    return _judge(prompt, outputs, folders)


def _refuse(kind: str, message: str, details: str) -> Verdict:
    return Verdict(error={"type": kind, "message": message, "details": details, "extra_info": {}})


def _judge(prompt: dict[str, Any], outputs: list[str], folders: Folders) -> Verdict:
    verdict = Verdict()
    checked: dict[str, Faults | None] = {}  # None: valid; a list, maybe empty: not
    failed: list[dict[str, Any]] = []
    for output in outputs:
        try:
            faults = _check_tree(prompt, output, folders, checked)
        except Exception as problem:  # noqa: BLE001 - a malformed graph can break anything; it is reported, not hidden
            faults = [_exception_fault(problem)]
            checked[output] = faults
        if faults is None:
            verdict.outputs.append(output)
            continue
        failed += faults
        for node_id, reasons in checked.items():
            if reasons:
                entry = verdict.node_errors.setdefault(
                    node_id,
                    {"errors": reasons, "dependent_outputs": [], "class_type": prompt[node_id]["class_type"]},
                )
                entry["dependent_outputs"].append(output)
    if not verdict.outputs:
        details = "\n".join(f"{fault['message']}: {fault['details']}" for fault in failed)
        refusal = _refuse("prompt_outputs_failed_validation", "Prompt outputs failed validation", details)
        verdict.error = refusal.error
    return verdict


Checking = Generator[str, "Faults | None", "Faults | None"]


def _check_tree(
    prompt: dict[str, Any], root: str, folders: Folders, checked: dict[str, Faults | None]
) -> Faults | None:
    """Check a node after the nodes that it needs; without recursion, which a long chain would exhaust."""
    if root in checked:
        return checked[root]
    path: dict[str, Checking] = {root: _check_node(prompt, root, folders)}
    answer: Faults | Exception | None = None
    fresh = True
    while path:
        node_id = next(reversed(path))
        checking = path[node_id]
        try:
            if fresh:
                needed = next(checking)
            elif isinstance(answer, Exception):
                needed = checking.throw(answer)
            else:
                needed = checking.send(answer)
        except StopIteration as done:
            answer, fresh = done.value, False
            checked[node_id] = done.value
            del path[node_id]
            continue
        except Exception as problem:
            del path[node_id]
            if not path:
                raise
            answer, fresh = problem, False
            checked[node_id] = [_exception_fault(problem, inner=True)]
            continue
        if needed in path:
            ids = list(path)
            loop = [*ids[ids.index(needed) :], needed]
            answer, fresh = _Cycle(" -> ".join(loop)), False
        elif needed in checked:
            answer, fresh = checked[needed], False
        else:
            path[needed] = _check_node(prompt, needed, folders)
            fresh = True
    return checked[root]


class _Cycle(Exception):  # noqa: N818 - carries the loop to the node that closes it
    pass


def _check_node(prompt: dict[str, Any], node_id: str, folders: Folders) -> Checking:
    node = prompt[node_id]
    inputs: dict[str, Any] = node["inputs"]
    kind = NODES[node["class_type"]]
    faults: Faults = []
    sound = True
    for group, required in ((kind.required, True), (kind.optional, False)):
        for name, item in group.items():
            if name not in inputs:
                if required:
                    faults.append(
                        {
                            "type": "required_input_missing",
                            "message": "Required input is missing",
                            "details": name,
                            "extra_info": {"input_name": name},
                        }
                    )
                continue
            value = inputs[name]
            if not isinstance(value, list):
                fault = _check_value(kind, name, item, inputs, folders)
                if fault:
                    faults.append(fault)
                continue
            fault = _check_link(prompt, name, item, value, folders)
            if fault:
                faults.append(fault)
                continue
            try:
                upstream = yield value[0]
            except _Cycle as cycle:
                faults.append(
                    {
                        "type": "dependency_cycle",
                        "message": "Dependency cycle detected",
                        "details": f"{name}: {cycle}",
                        "extra_info": {"input_name": name, "linked_node": value},
                    }
                )
                continue
            except Exception:  # noqa: BLE001 - the inner node already carries the report of what broke there
                sound = False
                continue
            if upstream is not None:
                sound = False
    if kind.check is not None and not faults:
        faults += _check_custom(kind, inputs, folders)
    return faults if faults or not sound else None


def _check_link(
    prompt: Mapping[str, Any], name: str, item: Input, value: list[Any], folders: Folders
) -> dict[str, Any] | None:
    if len(value) != 2:
        return {
            "type": "bad_linked_input",
            "message": "Bad linked input, must be a length-2 list of [node_id, slot_index]",
            "details": name,
            "extra_info": {
                "input_name": name,
                "input_config": _told(item, folders),
                "received_value": value,
            },
        }
    outputs = NODES[prompt[value[0]]["class_type"]].outputs
    if not isinstance(value[1], int) or value[1] < 0:
        raise IndexError(f"node {value[0]} has no output {value[1]!r}")
    received = outputs[value[1]]
    if item.options is None and received == item.kind:
        return None
    wanted = item.kind if item.options is None else item.choices(folders)
    return {
        "type": "return_type_mismatch",
        "message": "Return type mismatch between linked nodes",
        "details": f"{name}, received_type({received}) mismatch input_type({wanted})",
        "extra_info": {
            "input_name": name,
            "input_config": _told(item, folders),
            "received_type": received,
            "linked_node": value,
        },
    }


def _check_value(
    kind: NodeType, name: str, item: Input, inputs: dict[str, Any], folders: Folders
) -> dict[str, Any] | None:
    value = inputs[name]
    if isinstance(value, dict) and "__value__" in value:
        value = inputs[name] = value["__value__"]
    convert = CONVERSIONS.get(item.kind)
    if convert is None and item.options is None:
        # a bare value cannot stand in for a picture or a model: told here, not as a crash in the node
        return _value_fault(
            "invalid_input_type",
            f"Failed to convert an input value to a {item.kind} value",
            f"{name}, {_short(value)}, it must be linked to another node",
            name,
            item,
            folders,
            value,
        )
    if convert is not None:
        try:
            value = convert(value)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError("not a finite number")
            inputs[name] = value
        except (ValueError, TypeError, OverflowError) as problem:
            fault = _value_fault(
                "invalid_input_type",
                f"Failed to convert an input value to a {item.kind} value",
                f"{name}, {_short(value)}, {problem}",
                name,
                item,
                folders,
                value if not isinstance(value, float) else str(value),
            )
            fault["extra_info"]["exception_message"] = str(problem)
            return fault
    if name in kind.checked_inputs:
        return None
    low, high = item.config.get("min"), item.config.get("max")
    if low is not None and value < low:
        message = f"Value {value} smaller than min of {low}"
        return _value_fault("value_smaller_than_min", message, name, name, item, folders, value)
    if high is not None and value > high:
        message = f"Value {value} bigger than max of {high}"
        return _value_fault("value_bigger_than_max", message, name, name, item, folders, value)
    choices = item.choices(folders)
    if choices is not None and value not in choices:
        many = len(choices) > LONGEST_LIST_TOLD
        told = f"(list of length {len(choices)})" if many else str(choices)
        fault = _value_fault(
            "value_not_in_list",
            "Value not in list",
            f"{name}: '{value}' not in {told}",
            name,
            item,
            folders,
            value,
        )
        if many:
            fault["extra_info"]["input_config"] = None
        return fault
    return None


def _check_custom(kind: NodeType, inputs: Mapping[str, Any], folders: Folders) -> Faults:
    assert kind.check is not None
    given = {name: inputs[name] for name in kind.checked_inputs if name in inputs}
    if any(isinstance(value, list) for value in given.values()):
        return []  # linked: only known when the graph runs
    complaint = kind.check(folders, **given)
    if complaint is None:
        return []
    return [
        {
            "type": "custom_validation_failed",
            "message": "Custom validation failed for node",
            "details": f"{name} - {complaint}",
            "extra_info": {"input_name": name},
        }
        for name in given
    ]


def _value_fault(
    kind: str, message: str, details: str, name: str, item: Input, folders: Folders, value: Any
) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "details": details,
        "extra_info": {
            "input_name": name,
            "input_config": _told(item, folders),
            "received_value": value,
        },
    }


def _told(item: Input, folders: Folders) -> list[Any]:
    choices = item.choices(folders)
    return [item.kind if choices is None else choices, dict(item.config)]


def _short(value: Any) -> str:
    told = str(value)
    return told if len(told) <= 200 else told[:200] + "…"


def _exception_fault(problem: Exception, *, inner: bool = False) -> dict[str, Any]:
    return {
        "type": "exception_during_inner_validation" if inner else "exception_during_validation",
        "message": f"Exception when validating {'inner ' if inner else ''}node",
        "details": str(problem),
        "extra_info": {
            "exception_message": str(problem),
            "exception_type": type(problem).__name__,
            "traceback": traceback.format_tb(problem.__traceback__),
        },
    }
