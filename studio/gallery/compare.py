"""What two pictures' settings have not in common, member by member and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What is compared, in this order, as people call it.
LABELS = {
    "prompt": "Prompt",
    "negative_prompt": "Negative prompt",
    "clothing": "Clothing",
    "style": "Style",
    "realism": "Realism",
    "view": "View",
    "framing": "Framing",
    "transparent": "Background",
    "pose_file_id": "Pose picture",
    "reference_file_id": "Reference picture",
    "seed": "Seed",
    "size": "Size",
    "output_format": "Format",
    "output_quality": "Quality",
    "workflow": "Workflow",
    "engine": "Engine",
    "model": "Model",
    "loras": "LoRAs",
    "steps": "Steps",
    "cfg": "CFG",
    "sampler": "Sampler",
    "scheduler": "Scheduler",
    "denoise": "Denoise",
    "comfyui": "ComfyUI version",
    "studio": "Studio version",
}
WORDS = frozenset({"prompt", "negative_prompt", "clothing"})
MAX_SHOWN = 300


@dataclass(frozen=True)
class Difference:
    """One member in which two pictures differ."""

    member: str
    label: str
    first: Any
    second: Any
    sentence: str


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Why two pictures differ, from their recipes; empty when their settings are the same."""
    one, other = _facts(first), _facts(second)
    found: list[Difference] = []
    for member, label in LABELS.items():
        mine, its = one.get(member), other.get(member)
        if _plain(mine) != _plain(its):
            say = _said_of_words if member in WORDS else _said
            found.append(Difference(member, label, mine, its, say(label, mine, its)))
    return tuple(found)


def _facts(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The request and what became of it, on one level."""
    request = recipe.get("request")
    facts: dict[str, Any] = dict(request) if isinstance(request, Mapping) else {}
    # What was carried out counts more than what was asked for.
    facts |= {
        name: recipe[name]
        for name in ("view", "seed", "engine", "workflow", "comfyui", "studio")
        if recipe.get(name) is not None
    }
    if facts.get("width") and facts.get("height"):
        facts["size"] = f"{facts['width']} × {facts['height']}"
    loras = facts.get("loras")
    if isinstance(loras, list | tuple):
        facts["loras"] = ", ".join(
            f"{lora.get('name')} at {lora.get('strength', 1):g}"
            for lora in loras
            if isinstance(lora, Mapping)
        )
    if "transparent" in facts:
        facts["transparent"] = "none" if facts["transparent"] else "drawn"
    return facts


def _plain(value: Any) -> Any:
    """Values that mean the same are the same: nothing, an empty text, other white space."""
    if isinstance(value, str):
        return " ".join(value.split()) or None
    return value


def _said(label: str, first: Any, second: Any) -> str:
    return f"{label}: {_shown(first)} in the first, {_shown(second)} in the second."


def _said_of_words(label: str, first: Any, second: Any) -> str:
    mine, its = _phrases(first), _phrases(second)
    only_first = [phrase for key, phrase in mine.items() if key not in its]
    only_second = [phrase for key, phrase in its.items() if key not in mine]
    parts = [
        f"only the {which} says {', '.join(f'“{phrase}”' for phrase in phrases)}"
        for which, phrases in (("first", only_first), ("second", only_second))
        if phrases
    ]
    return f"{label}: {_short('; '.join(parts) or 'the same words in another order')}."


def _phrases(text: Any) -> dict[str, str]:
    listed = re.split(r"[,;\n]+", text) if isinstance(text, str) else []
    return {" ".join(phrase.split()).casefold(): phrase.strip() for phrase in listed if phrase.strip()}


def _shown(value: Any) -> str:
    if _plain(value) is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return _short(f"{value:g}" if isinstance(value, float) else str(value))


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
