"""Settings out of a picture or a video: our own recipe, or what a graph tells; and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from studio import pictures
from studio.errors import StudioError
from studio.gallery.graph import read_graph
from studio.pictures import Source
from studio.request import VIEWS, AnyRequest, AvatarRequest, View
from studio.request import read_request as read_any

# Whether an upload ("file") or a workflow ("workflow") that settings name is at hand here.
IsThere = Callable[[str, str], bool]
RequestOf = Callable[[str], Mapping[str, Any] | None]

FILMS = frozenset({"talk", "video", "edit"})  # kinds of requests that are not drawn from sides
LABELS = {
    "negative_prompt": "negative prompt",
    "pose_file_id": "pose picture",
    "reference_file_id": "reference picture",
}


@dataclass(frozen=True)
class Restored:
    """Settings that were found; `request` is None when there were no words among them."""

    source: Literal["avatarforge", "comfyui"]
    request: AnyRequest | None
    view: View | None
    values: dict[str, Any] = field(default_factory=dict)  # what was found, by member
    notes: tuple[str, ...] = ()  # what could not be read or used, in sentences


def restore(source: Source, is_there: IsThere, request_of: RequestOf) -> Restored:
    """Read the settings inside a picture; one without any is refused."""
    recipe = pictures.read_recipe(source)
    if recipe is not None:
        if not isinstance(recipe.get("request"), Mapping) and isinstance(recipe.get("job"), str):
            # Sheets and other pictures of pictures name the job that theirs come from.
            recipe = {**recipe, "request": request_of(recipe["job"])}
        if isinstance(recipe.get("request"), Mapping):
            return read_request(recipe, is_there)
    found = pictures.read_comfy(source)
    if found is None:
        why = "its recipe names a job that is not here" if recipe else "nothing of that kind is inside"
        raise StudioError("no_settings", why=why)
    read = read_graph(found[0])
    if not read.values:
        raise StudioError("no_settings", why="no node of its graph is one that draws")
    values, notes = dict(read.values), list(read.notes)
    view = values.pop("view", None)
    request, wrong = _request(values)
    if request is None:
        notes.append("The prompt could not be found.")
    return Restored("comfyui", request, _view(view), values, (*notes, *wrong))


def read_request(recipe: Mapping[str, Any], is_there: IsThere) -> Restored:
    """The settings of one of our own recipes, as far as they can be used here."""
    values = {name: value for name, value in dict(recipe["request"]).items() if value is not None}
    notes: list[str] = []
    if isinstance(recipe.get("seed"), int):
        values["seed"] = recipe["seed"]
    if recipe.get("engine") == "embedded":
        values["engine"] = "embedded"  # whatever servers there are now: only it can draw this again
    for name in ("pose_file_id", "reference_file_id"):
        if name in values and not is_there("file", str(values[name])):
            notes.append(f"The {LABELS[name]} is not here any more; upload it again.")
            del values[name]
    if "workflow" in values and not is_there("workflow", str(values["workflow"])):
        notes.append(f"There is no workflow {values['workflow']!r} here; the best one will be chosen.")
        del values["workflow"]
    if values.get("kind") in FILMS:
        request, wrong = _film_request(values, is_there)
        return Restored("avatarforge", request, None, values, (*notes, *wrong))
    view = _view(recipe.get("view"))
    if view is not None and len(values.get("views", ())) <= 1:
        values["views"] = (view,)
    request, wrong = _request(values)
    return Restored("avatarforge", request, view, values, (*notes, *wrong))


def _film_request(values: Mapping[str, Any], is_there: IsThere) -> tuple[AnyRequest | None, tuple[str, ...]]:
    """The request for a video, if all the files are here that it is made of."""
    try:
        request = read_any(values)
    except ValidationError as error:
        return None, (f"The request for a video cannot be used here: {error.errors()[0]['msg']}.",)
    roles = [role for role, file_id in request.files().items() if not is_there("file", file_id)]
    if roles:
        return None, (f"Of its files these are not here any more, upload them again: {', '.join(roles)}.",)
    return request, ()


def _request(values: dict[str, Any]) -> tuple[AvatarRequest | None, list[str]]:
    """A request of what is valid; each member that is not is left out and named."""
    notes: list[str] = []
    left = dict(values)
    while "prompt" in left:
        try:
            return AvatarRequest.model_validate(left), notes
        except ValidationError as error:
            for item in error.errors():
                name = str(item["loc"][0]) if item["loc"] else "prompt"
                if name in left:
                    shown = str(left.pop(name))[:60]
                    values.pop(name, None)
                    label = LABELS.get(name, name)
                    if item["type"] != "extra_forbidden":
                        notes.append(f"The {label} {shown!r} cannot be used here: {item['msg']}.")
    return None, notes


def _view(value: Any) -> View | None:
    return value if value in VIEWS else None
