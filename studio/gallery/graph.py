"""What a ComfyUI graph would draw: words, numbers, size and models, told from the nodes that people use."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.request import MAX_SEED
from studio.workflows import YAW_DEG, is_link
from studio.workflows.adopt import TEXT_INPUTS

MAX_NODES = 2_000
MAX_PASSES = 20
MAX_JOINS = 50
Node = Mapping[str, Any]

SEEDS = ("seed", "noise_seed")
# Where nodes that only hold a value hold it, in the order in which they are asked.
VALUE_INPUTS = ("value", "int", "float", "number", "text", "string", "prompt", "seed", "noise_seed", "Value")
TEXT_NODES = (*TEXT_INPUTS, "string", "value", "populated_text", "wildcard_text", "text_positive", "positive")
JOINED = ("string_a", "string_b", "text1", "text2", "text_a", "text_b", "text_c", "text_d")
CONDITIONINGS = (
    "conditioning",
    "conditioning_1",
    "conditioning_2",
    "conditioning_to",
    "conditioning_from",
    "cond",
    "pipe",
)
MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name", "model_path", "base_ckpt_name", "gguf_name")
SCHEDULERS_BY_NODE = {
    "KarrasScheduler": "karras",
    "ExponentialScheduler": "exponential",
    "BetaSamplingScheduler": "beta",
    "SDTurboScheduler": "simple",
}


@dataclass
class Read:
    """What was found, by the names of a request's members, and what was not."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_graph(prompt: Mapping[str, Any]) -> Read:
    """The settings of the pass that begins the picture."""
    graph = _Graph(prompt)
    read = Read()
    samplers = graph.samplers()
    if not samplers:
        return read
    first = graph.first(samplers)
    if len(samplers) > 1:
        read.notes.append(f"The graph draws in {len(samplers)} passes; these are the settings of the first.")
    _read_numbers(graph, first, read)
    _read_words(graph, first, read)
    _read_size(graph, first, read)
    _read_models(graph, first, read)
    _read_figure(graph, read)
    _note_pictures(graph, read)
    _note_missing(read)
    return read


class _Graph:
    """The nodes of a prompt that look like nodes, with safe ways along their links."""

    def __init__(self, prompt: Mapping[str, Any]) -> None:
        self.nodes: dict[str, Node] = {}
        for node_id, node in list(prompt.items())[:MAX_NODES]:
            if isinstance(node, Mapping) and isinstance(node.get("inputs"), Mapping):
                self.nodes[str(node_id)] = node

    def kind(self, node: Node) -> str:
        return str(node.get("class_type") or "")

    def at(self, node: Node | None, name: str) -> Node | None:
        """The node that an input is linked to."""
        if node is None or not is_link(node["inputs"].get(name)):
            return None
        return self.nodes.get(node["inputs"][name][0])

    def sources(self, node: Node) -> Iterator[Node]:
        for value in node["inputs"].values():
            if is_link(value) and value[0] in self.nodes:
                yield self.nodes[value[0]]

    def upstream(self, *starts: Node | None, names: tuple[str, ...] | None = None) -> Iterator[Node]:
        """Nodes and all that they read from, the nearest first; only along some inputs if they are named."""
        waiting, seen = deque(start for start in starts if start is not None), set[int]()
        while waiting:
            node = waiting.popleft()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            if names is None:
                waiting += self.sources(node)
            else:
                waiting += [found for name in names if (found := self.at(node, name)) is not None]

    def literal(self, node: Node | None, name: str, kinds: tuple[type, ...]) -> Any:
        """An input's value, also where another node only hands it over."""
        seen: set[int] = set()
        while node is not None and id(node) not in seen:
            seen.add(id(node))
            value = node["inputs"].get(name)
            if isinstance(value, kinds) and not isinstance(value, bool):
                return value
            node = self.at(node, name)
            if node is not None and name not in node["inputs"]:
                name = next((other for other in VALUE_INPUTS if other in node["inputs"]), name)
        return None

    def samplers(self) -> list[Node]:
        """The nodes that draw and lead to a picture that is kept."""
        ends = [node for node in self.nodes.values() if _is_end(self.kind(node))]
        drawing = [node for node in self.upstream(*(ends or self.nodes.values())) if self.is_sampler(node)]
        return drawing[-MAX_PASSES:]  # the farthest ones: among them is where it begins

    def is_sampler(self, node: Node) -> bool:
        """Whether a node turns words into pixels: ComfyUI's own samplers, and nodes that wrap one."""
        inputs = node["inputs"]
        if is_link(inputs.get("guider")):
            return True
        has_seed = any(name in inputs for name in SEEDS)
        has_words = is_link(inputs.get("positive")) or is_link(inputs.get("pipe"))
        return (has_seed or "Sampler" in self.kind(node)) and has_words

    def first(self, samplers: list[Node]) -> Node:
        """The sampler that no other one feeds."""
        for node in samplers:
            behind = {id(one) for one in self.upstream(*self.sources(node))}
            if not any(id(other) in behind for other in samplers if other is not node):
                return node
        return samplers[0]


def _is_end(kind: str) -> bool:
    return kind.startswith(("Save", "Preview")) or "SaveImage" in kind or "Image Save" in kind


def _read_numbers(graph: _Graph, sampler: Node, read: Read) -> None:
    guider, sigmas = graph.at(sampler, "guider"), graph.at(sampler, "sigmas")
    noise, choice = graph.at(sampler, "noise"), graph.at(sampler, "sampler")
    found: dict[str, Any] = {
        "seed": _first(graph, ((sampler, "seed"), (sampler, "noise_seed"), (noise, "noise_seed")), (int,)),
        "steps": _first(graph, ((sampler, "steps"), (sigmas, "steps")), (int,)),
        "cfg": _first(graph, ((sampler, "cfg"), (guider, "cfg")), (int, float)),
        "sampler": _first(graph, ((sampler, "sampler_name"), (choice, "sampler_name")), (str,)),
        "scheduler": _first(graph, ((sampler, "scheduler"), (sigmas, "scheduler")), (str,)),
        "denoise": _first(graph, ((sampler, "denoise"), (sigmas, "denoise")), (int, float)),
    }
    if found["scheduler"] is None and sigmas is not None:
        found["scheduler"] = SCHEDULERS_BY_NODE.get(graph.kind(sigmas))
    if isinstance(found["seed"], int) and not 0 <= found["seed"] <= MAX_SEED:
        read.notes.append(f"The seed {found['seed']} is beyond what is kept here, at most {MAX_SEED}.")
        found["seed"] = None
    read.values |= {name: value for name, value in found.items() if value is not None}
    words = graph.at(guider, "conditioning") or graph.at(sampler, "positive")
    for node in graph.upstream(words, names=("conditioning", "positive")):
        guidance = graph.literal(node, "guidance", (int, float))
        if guidance is not None:
            read.notes.append(f"The guidance {guidance:g} of {graph.kind(node)} is not among our settings.")
            break


def _first(graph: _Graph, places: tuple[tuple[Node | None, str], ...], kinds: tuple[type, ...]) -> Any:
    return next(
        (value for node, name in places if (value := graph.literal(node, name, kinds)) is not None), None
    )


def _read_words(graph: _Graph, sampler: Node, read: Read) -> None:
    guider = graph.at(sampler, "guider")
    positive = graph.at(sampler, "positive") or graph.at(guider, "positive")
    positive = positive or graph.at(guider, "conditioning") or graph.at(sampler, "conditioning")
    negative = graph.at(sampler, "negative") or graph.at(guider, "negative")
    said = _words(graph, positive, "positive")
    if said:
        read.values["prompt"] = said
    unwanted = _words(graph, negative, "negative")
    # Where no negative is wanted, graphs often feed the prompt itself, or the prompt put to zero.
    if unwanted and unwanted != said:
        read.values["negative_prompt"] = unwanted


def _words(graph: _Graph, start: Node | None, side: str) -> str:
    """The texts behind a conditioning, each once."""
    texts: list[str] = []
    waiting, seen = ([start] if start is not None else []), set[int]()
    while waiting:
        node = waiting.pop(0)
        if id(node) in seen or (side == "negative" and "ZeroOut" in graph.kind(node)):
            continue
        seen.add(id(node))
        own = _texts_of(graph, node, side)
        texts += own
        if not own:
            names = (side, f"base_{side}", *CONDITIONINGS)
            waiting += [found for name in names if (found := graph.at(node, name)) is not None]
    return "\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _texts_of(graph: _Graph, node: Node, side: str) -> list[str]:
    found: list[str] = []
    # Some loaders take both texts themselves, under the names of the sides.
    own_side = (side,) if isinstance(node["inputs"].get(side), str) else ()
    for name in own_side or TEXT_INPUTS:
        value = node["inputs"].get(name)
        if isinstance(value, str):
            found.append(value)
        elif is_link(value):
            found.append(_text_behind(graph, graph.at(node, name)))
    return [text for text in found if text]


def _text_behind(graph: _Graph, start: Node | None, joined: frozenset[int] = frozenset()) -> str:
    """The text that a node of texts gives: its own, or its parts put together."""
    for node in graph.upstream(start):
        inputs = node["inputs"]
        parts = [name for name in JOINED if name in inputs]
        if parts and id(node) not in joined and len(joined) < MAX_JOINS:
            # Each may be put together once on the way: graphs of strangers may run in circles, or double.
            joined |= {id(node)}
            texts: list[str] = []
            for name in parts:
                value = inputs[name]
                text = value if isinstance(value, str) else _text_behind(graph, graph.at(node, name), joined)
                joined |= {id(one) for one in graph.upstream(graph.at(node, name))}
                texts.append(text)
            delimiter = inputs.get("delimiter")
            return (delimiter if isinstance(delimiter, str) else " ").join(text for text in texts if text)
        own = [inputs[name] for name in TEXT_NODES if isinstance(inputs.get(name), str) and inputs[name]]
        if own:
            return own[0]
    return ""


def _read_size(graph: _Graph, sampler: Node, read: Read) -> None:
    start = graph.at(sampler, "latent_image") or graph.at(sampler, "latent") or graph.at(sampler, "samples")
    for node in graph.upstream(start):
        for start_of_name in ("", "empty_latent_"):
            width = graph.literal(node, f"{start_of_name}width", (int,))
            height = graph.literal(node, f"{start_of_name}height", (int,))
            if width and height and (start_of_name or "Empty" in graph.kind(node)):
                break
        else:
            width = height = None
        if width and height:
            read.values |= {"width": width, "height": height}
            variants = graph.literal(node, "batch_size", (int,))
            if variants and variants > 1:
                read.values["variants"] = variants
            return
        if "VAEEncode" in graph.kind(node) or graph.kind(node).startswith("LoadImage"):
            read.notes.append("It began with a picture, which gave it its size; that picture is not inside.")
            return


def _read_models(graph: _Graph, sampler: Node, read: Read) -> None:
    start = graph.at(sampler, "model") or graph.at(graph.at(sampler, "guider"), "model")
    loras: list[dict[str, Any]] = []
    for node in graph.upstream(start, names=("model", "pipe")):
        inputs = node["inputs"]
        loras = [*_loras(graph, node), *loras]
        if name := next((inputs[key] for key in MODEL_INPUTS if isinstance(inputs.get(key), str)), None):
            read.values["model"] = name
            break
    if loras:
        read.values["loras"] = loras


def _loras(graph: _Graph, node: Node) -> list[dict[str, Any]]:
    """The LoRAs that a node puts on a model: one of its own, or a stack of them."""
    inputs = node["inputs"]
    found: list[dict[str, Any]] = []
    if isinstance(inputs.get("lora_name"), str):
        strength = graph.literal(node, "strength_model", (int, float))
        found.append({"name": inputs["lora_name"], "strength": 1.0 if strength is None else strength})
    for value in inputs.values():
        if isinstance(value, Mapping) and isinstance(value.get("lora"), str) and value.get("on", True):
            strength = value.get("strength", 1.0)
            number = strength if isinstance(strength, int | float) else 1.0
            found.append({"name": value["lora"], "strength": number})
    return [one for one in found if one["name"] not in ("", "None") and one["strength"] != 0]


def _read_figure(graph: _Graph, read: Read) -> None:
    """What the nodes of the embedded engine say of side and style."""
    for node in graph.nodes.values():
        inputs = node["inputs"]
        if graph.kind(node) != "FigureView":
            continue
        read.values["engine"] = "embedded"
        yaw = inputs.get("yaw")
        if isinstance(yaw, int | float):
            read.values["view"] = min(YAW_DEG, key=lambda view: abs((yaw - YAW_DEG[view] + 180) % 360 - 180))
        for name, kind in (("style", str), ("framing", str), ("realism", bool), ("transparent", bool)):
            if isinstance(inputs.get(name), kind) and inputs[name]:
                read.values[name] = inputs[name]


def _note_pictures(graph: _Graph, read: Read) -> None:
    for node in graph.nodes.values():
        name = node["inputs"].get("image")
        if graph.kind(node).startswith("LoadImage") and isinstance(name, str):
            read.notes.append(f"It was made with the picture {name[:100]}, which is not inside; upload it.")


def _note_missing(read: Read) -> None:
    labels = {"seed": "seed", "steps": "number of steps", "model": "model", "width": "size"}
    for name, label in labels.items():
        told = any(label in note for note in read.notes)
        if name not in read.values and not told:
            read.notes.append(f"The {label} could not be found.")
