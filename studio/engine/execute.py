"""Runs one prompt: each needed node once, in order, telling the client what happens."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from studio.engine.cache import Cache, Computed, signatures
from studio.engine.errors import Interrupted, Refusal
from studio.engine.folders import Folders
from studio.engine.nodes import NODES
from studio.engine.nodes.define import Note, Notes, Result, Run
from studio.engine.order import Schedule, is_link, sources
from studio.engine.queue import Item
from studio.engine.warming import WarmUp

log = logging.getLogger(__name__)
LONGEST_VALUE_TOLD = 2000
MANY_STATES = 200


class Audience(Protocol):
    """Those who follow the execution; without a client id a message goes to everybody."""

    def send(self, event: str, data: Mapping[str, Any], client_id: str | None) -> None:
        """Send a message."""
        ...

    def wants_labels(self, client_id: str | None) -> bool:
        """Tell whether the client reads previews that say which node they come from."""
        ...

    def send_preview(
        self, picture: np.ndarray | bytes, label: Mapping[str, Any] | None, client_id: str | None
    ) -> None:
        """Send a picture of the work so far, or a whole PNG."""
        ...

    def send_text(self, text: str, node_id: str, client_id: str | None) -> None:
        """Send a sentence about what a node does."""
        ...

    def listens(self, client_id: str | None) -> bool:
        """Tell whether a message would reach anybody."""
        ...

    def now_running(self, client_id: str | None, node_id: str | None) -> None:
        """Remember what a client that reconnects should be told."""
        ...


@dataclass
class Outcome:
    """What /history keeps of an execution."""

    succeeded: bool = True
    outputs: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    messages: list[list[Any]] = field(default_factory=list)

    def status(self) -> dict[str, Any]:
        """Show the outcome as /history does."""
        return {
            "status_str": "success" if self.succeeded else "error",
            "completed": self.succeeded,
            "messages": self.messages,
        }


class Executor:
    """Executes prompts one after the other and keeps what may be used again."""

    def __init__(
        self,
        folders: Folders,
        audience: Audience,
        cache: Cache | None = None,
        warm_up: WarmUp | None = None,
    ) -> None:
        self.folders = folders
        self.audience = audience
        self.cache = cache or Cache()
        self.warm_up = warm_up

    def execute(self, item: Item) -> Outcome:
        """Run a prompt to its end, good or bad; never raises for what a node does."""
        return _Execution(self, item).go()


class _Execution:
    def __init__(self, executor: Executor, item: Item) -> None:
        self.folders = executor.folders
        self.audience = executor.audience
        self.cache = executor.cache
        self.warm_up = executor.warm_up
        self.item = item
        self.client_id = item.client_id
        self.outcome = Outcome()
        self.known: dict[str, Computed] = {}
        self.executed: list[str] = []
        self.states: dict[str, dict[str, Any]] = {}
        self.signatures: dict[str, str] = {}
        self.readers_left: dict[str, int] = {}

    def go(self) -> Outcome:
        self.tell("execution_start", {})
        self.signatures = signatures(self.item.prompt, self.item.outputs, self.folders)
        self.recall()
        self.tell("execution_cached", {"nodes": list(self.known)})
        self.count_readers()
        schedule = Schedule(
            self.item.prompt, self.item.outputs, lambda node_id: node_id in self.known, self.shows
        )
        while schedule:
            node_id = schedule.next()
            try:
                self.run_node(node_id)
            except Interrupted:
                self.fail("execution_interrupted", node_id, {}, broadcast=True)
                break
            except Exception as problem:  # noqa: BLE001 - whatever a node raises belongs to its client, who is told
                log.warning("node %s (%s) failed: %s", node_id, self.class_type(node_id), problem)
                self.fail("execution_error", node_id, self.describe(node_id, problem))
                break
            schedule.finish(node_id)
        else:
            self.tell("execution_success", {})
        self.audience.now_running(None, None)
        return self.outcome

    def recall(self) -> None:
        for node_id in self.item.prompt:
            signature = self.signatures.get(node_id)
            found = self.cache.get(signature) if signature else None
            if found is None or signature is None:
                continue
            if found.ui and not self.files_exist(found.ui):
                self.cache.drop(signature)
                continue
            self.known[node_id] = found
            self.keep_ui(node_id, found)

    def files_exist(self, ui: Mapping[str, Any]) -> bool:
        for entry in (*ui.get("images", []), *ui.get("audio", [])):
            root = self.folders.by_type(entry["type"])
            if root is None or not (root / entry["subfolder"] / entry["filename"]).is_file():
                return False
        return True

    def count_readers(self) -> None:
        for node_id in self.signatures:
            if node_id in self.known:
                continue
            for source in sources(self.item.prompt[node_id]):
                self.readers_left[source] = self.readers_left.get(source, 0) + 1

    def run_node(self, node_id: str) -> None:
        if node_id in self.known:
            self.announce_executed(node_id, self.known[node_id].ui)
            self.progress_state(node_id, None, None, "finished")
            return
        self.progress_state(node_id, 0.0, 1.0, "running")
        if self.client_id is not None:
            self.audience.now_running(self.client_id, node_id)
            self.send("executing", {"node": node_id, "display_node": node_id})
        self.check()
        computed = self.compute(node_id)
        self.known[node_id] = computed
        self.keep_ui(node_id, computed)
        if computed.ui is not None:
            self.announce_executed(node_id, computed.ui)
        self.cache.put(self.signatures[node_id], computed)
        self.release_inputs(node_id)
        self.progress_state(node_id, None, None, "finished")
        self.executed.append(node_id)

    def compute(self, node_id: str) -> Computed:
        kind = NODES[self.class_type(node_id)]
        arguments: dict[str, Any] = {}
        notes_in: dict[str, Notes] = {}
        for name, value in self.item.prompt[node_id]["inputs"].items():
            if kind.input(name) is None:
                continue
            if is_link(value):
                source = self.known[value[0]]
                arguments[name] = source.outputs[value[1]]
                if source.notes:
                    notes_in[name] = source.notes
            else:
                arguments[name] = value
        run = Run(
            folders=self.folders,
            prompt=self.item.prompt,
            extra_pnginfo=self.item.extra_data.get("extra_pnginfo"),
            check=self.check,
            progress=self.stepper(node_id),
            await_figure=lambda: self.await_figure(node_id),
            notes_in=notes_in,
        )
        given = kind.run(run, **arguments) if kind.wants_run else kind.run(**arguments)
        ui = None
        if isinstance(given, Result):
            given, ui = given.outputs, given.ui
        notes = run.notes_out
        if notes is None:
            notes = merge_notes(notes_in, given)
        return Computed(given, ui, notes)

    def release_inputs(self, node_id: str) -> None:
        """Let go of what no later node reads: the cache keeps it as long as there is room."""
        for source in sources(self.item.prompt[node_id]):
            self.readers_left[source] -= 1
            if self.readers_left[source] == 0 and not self.shows(source):
                self.known.pop(source, None)

    def stepper(self, node_id: str) -> Callable[[int, int, Any], None]:
        told: tuple[int, int] | None = None

        def step(value: int, maximum: int, preview: Any) -> None:
            nonlocal told
            self.check()
            if (value, maximum) == told and preview is None:
                return  # a drawing that only asks whether it may go on
            told = (value, maximum)
            self.progress_state(node_id, value, maximum, "running")
            labelled = self.audience.wants_labels(self.client_id)
            if preview is not None and labelled:
                self.audience.send_preview(preview, self.label(node_id), self.client_id)
            data = {"value": value, "max": maximum, "prompt_id": self.item.prompt_id, "node": node_id}
            self.audience.send("progress", data, self.client_id)
            if preview is not None and not labelled:
                self.audience.send_preview(preview, None, self.client_id)

        return step

    def await_figure(self, node_id: str) -> None:
        """Wait until the figure is ready to draw, and tell the client why."""
        if self.warm_up is not None:
            self.warm_up.wait(lambda text: self.audience.send_text(text, node_id, self.client_id), self.check)

    def check(self) -> None:
        if self.item.interrupt.is_set():
            raise Interrupted

    def class_type(self, node_id: str) -> str:
        return self.item.prompt[node_id]["class_type"]

    def shows(self, node_id: str) -> bool:
        return NODES[self.class_type(node_id)].is_output

    def keep_ui(self, node_id: str, computed: Computed) -> None:
        if computed.ui is not None:
            self.outcome.outputs[node_id] = computed.ui
            self.outcome.meta[node_id] = {
                "node_id": node_id,
                "display_node": node_id,
                "parent_node": None,
                "real_node_id": node_id,
            }

    def announce_executed(self, node_id: str, ui: Mapping[str, Any] | None) -> None:
        if self.client_id is not None:
            self.send("executed", {"node": node_id, "display_node": node_id, "output": ui})

    def send(self, event: str, data: dict[str, Any]) -> None:
        self.audience.send(event, {**data, "prompt_id": self.item.prompt_id}, self.client_id)

    def tell(self, event: str, data: dict[str, Any], *, broadcast: bool = False) -> None:
        message = {**data, "prompt_id": self.item.prompt_id, "timestamp": int(time.time() * 1000)}
        self.outcome.messages.append([event, message])
        if self.client_id is not None or broadcast:
            self.audience.send(event, message, self.client_id)

    def fail(self, event: str, node_id: str, more: dict[str, Any], *, broadcast: bool = False) -> None:
        self.outcome.succeeded = False
        about = {
            "prompt_id": self.item.prompt_id,
            "node_id": node_id,
            "node_type": self.class_type(node_id),
            "executed": list(self.executed),
        }
        self.tell(event, about | more, broadcast=broadcast)

    def describe(self, node_id: str, problem: Exception) -> dict[str, Any]:
        kind = type(problem)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        message = f"{problem}\n"
        if isinstance(problem, Refusal):
            name, message = problem.kind, str(problem)
        inputs: dict[str, list[Any]] = {}
        for key, value in self.item.prompt[node_id]["inputs"].items():
            if is_link(value):
                source = self.known.get(value[0])
                value = source.outputs[value[1]] if source else None
            inputs[key] = [_told(value)]
        return {
            "exception_message": message,
            "exception_type": name,
            "traceback": traceback.format_tb(problem.__traceback__),
            "current_inputs": inputs,
            "current_outputs": list(self.item.prompt),
        }

    def progress_state(self, node_id: str, value: float | None, maximum: float | None, state: str) -> None:
        entry = self.states.setdefault(node_id, {"value": 0, "max": 1, "state": state, **self.label(node_id)})
        entry["state"] = state
        entry["max"] = entry["max"] if maximum is None else maximum
        entry["value"] = entry["max"] if value is None else value
        if not self.audience.listens(self.client_id):
            return
        states = self.states
        if (
            len(states) > MANY_STATES
        ):  # what ended long ago is left out, or the messages would outgrow the work
            states = {key: it for key, it in states.items() if it["state"] == "running" or key == node_id}
        self.audience.send(
            "progress_state", {"prompt_id": self.item.prompt_id, "nodes": states}, self.client_id
        )

    def label(self, node_id: str) -> dict[str, Any]:
        return {
            "node_id": node_id,
            "prompt_id": self.item.prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }


def merge_notes(notes_in: Mapping[str, Notes], outputs: tuple[Any, ...]) -> Notes:
    """Give each picture that comes out the notes of the pictures that went in at its place."""
    if not notes_in:
        return ()
    count = batch_size(outputs[0]) if outputs else 1
    merged: list[tuple[Note, ...]] = []
    for index in range(count):
        mine: dict[int, Note] = {}
        for notes in notes_in.values():
            for note in notes[index % len(notes)]:
                mine[id(note)] = note
        merged.append(tuple(mine.values()))
    return tuple(merged)


def batch_size(value: Any) -> int:
    """Count the pictures in a value."""
    if isinstance(value, np.ndarray):
        return value.shape[0]
    return getattr(value, "batch", 1)


def _told(value: Any) -> Any:
    if value is None or isinstance(value, int | float | bool):
        return value
    told = value if isinstance(value, str) else str(value)
    return told if len(told) <= LONGEST_VALUE_TOLD else told[:LONGEST_VALUE_TOLD] + "…"
