"""The form that describes a character: its fields, and how they are read as a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, get_args

import gradio as gr
from annotated_types import Ge, Le
from pydantic import ValidationError

from studio.errors import StudioError
from studio.request import MAX_SEED, VIEWS, AvatarRequest, Framing
from studio.ui import parts, phrases, presets
from studio.ui.texts import DEFAULT, label, say, table

if TYPE_CHECKING:
    from studio.assembly import Studio

Values = Mapping[str, Any]
MOST_VARIANTS = 8
SKELETON = '<figure class="skeleton" hidden><img alt=""></figure>'
CHARACTER = '<p class="chips" data-character hidden></p>'
SEED_STEP = "() => String(Math.floor(Math.random() * 2 ** 50))"


@dataclass(frozen=True)
class Form:
    """The fields, by the names under which they are kept in the browser."""

    prompt: gr.Textbox
    clothing: gr.Textbox
    style: gr.Radio
    style_words: gr.Textbox
    realism: gr.Checkbox
    view: gr.Radio
    framing: gr.Radio
    pose: gr.Radio
    pose_file: gr.HTML
    reference_file: gr.HTML
    shape: gr.Radio
    scale: gr.Radio
    seed: gr.Textbox
    keep_seed: gr.Checkbox
    variants: gr.Slider
    negative: gr.Textbox
    transparent: gr.Checkbox
    engine: gr.Radio
    workflow: gr.Dropdown
    model: gr.Dropdown
    loras: gr.Dropdown
    steps: gr.Textbox
    cfg: gr.Textbox
    sampler: gr.Dropdown
    character: gr.Textbox

    @property
    def names(self) -> list[str]:
        """The names of all fields, in order."""
        return [field.name for field in fields(self)]

    @property
    def components(self) -> list[Any]:
        """All fields, in order."""
        return [getattr(self, name) for name in self.names]

    def values(self, given: tuple[Any, ...]) -> dict[str, Any]:
        """What an event handed over for `components`, by name."""
        return dict(zip(self.names, given, strict=True))


def build(studio: Studio) -> Form:
    """Create the fields; those that few people need are folded away."""
    parts.static(CHARACTER, elem_id="character-chip")
    prompt = gr.Textbox(
        label=label("form.prompt"),
        placeholder=label("form.prompt_placeholder"),
        lines=3,
        max_lines=8,
        elem_id="prompt",
    )
    with gr.Row(elem_id="examples"):
        examples = {key: gr.Button(label(key), size="sm") for key in presets.EXAMPLES}
    clothing = gr.Textbox(
        label=label("form.clothing"), placeholder=label("form.clothing_placeholder"), elem_id="clothing"
    )
    style = gr.Radio(
        [(label(key), words) for key, words in presets.STYLES.items()],
        value="",
        label=label("form.style"),
        elem_id="style",
        elem_classes="tiles",
    )
    with gr.Row(elem_classes="pair"):
        view = gr.Radio(
            [(label(f"view.{one}"), one) for one in VIEWS],
            value="front",
            label=label("form.view"),
            elem_id="view",
            elem_classes="segments",
        )
        framing = gr.Radio(
            [(label(f"framing.{one}"), one) for one in get_args(Framing)],
            value="full",
            label=label("form.framing"),
            elem_id="framing",
            elem_classes="segments",
        )
    realism = gr.Checkbox(label=label("form.realism"), value=False, elem_id="realism")
    with gr.Accordion(label("form.pose_and_reference"), open=False, elem_id="pose-fold"):
        pose = gr.Radio(
            [(label(key), words) for key, words in presets.POSES.items()],
            value="",
            label=label("form.pose"),
            elem_id="pose",
            elem_classes="tiles",
        )
        parts.static(SKELETON, elem_id="skeleton")
        with gr.Row(elem_classes="drops"):
            pose_file = parts.drop(
                "pose-file", "upload/pose_image", "form.pose_file", "form.pose_hint", "form.remove"
            )
            reference_file = parts.drop(
                "reference-file",
                "upload/reference_image",
                "form.reference_file",
                "form.reference_hint",
                "form.remove",
            )
    with gr.Row(elem_classes="pair"):
        shape = gr.Radio(
            [(label("shape.auto"), ""), *((name, name) for name in presets.SHAPES)],
            value="",
            label=label("form.shape"),
            elem_id="shape",
            elem_classes="segments",
        )
        scale = gr.Radio(
            [(label(f"scale.{name}"), name) for name in presets.SCALES],
            value="medium",
            label=label("form.scale"),
            elem_id="scale",
            elem_classes="segments",
        )
    with gr.Row(elem_classes="pair", elem_id="seed-row"):
        # Not a number field: that one turns an empty value into 0, and large seeds into other ones.
        seed = gr.Textbox(
            label=label("form.seed"), placeholder=label("form.seed_placeholder"), elem_id="seed", scale=3
        )
        dice = gr.Button(label("form.dice"), elem_id="dice", scale=0, min_width=48)
        keep_seed = gr.Checkbox(label=label("form.keep_seed"), elem_id="keep-seed", scale=1, min_width=110)
        variants = gr.Slider(
            1, MOST_VARIANTS, 1, step=1, label=label("form.variants"), elem_id="variants", scale=2
        )
    with gr.Accordion(label("form.advanced"), open=False, elem_id="advanced-fold"):
        style_words = gr.Textbox(
            label=label("form.style_words"),
            placeholder=label("form.style_placeholder"),
            elem_id="style-words",
        )
        negative = gr.Textbox(label=label("form.negative"), elem_id="negative")
        transparent = gr.Checkbox(label=label("form.transparent"), elem_id="transparent")
        engine = gr.Radio(
            [(label("engine.auto"), "auto"), (label("engine.embedded"), "embedded")],
            value="auto",
            label=label("form.engine"),
            elem_id="engine-choice",
            elem_classes="segments",
            visible=bool(studio.settings.comfyui_url),
        )
        with gr.Row():
            workflow = _choice("workflow", "form.workflow")
            model = _choice("model", "form.model")
        loras = _choice("loras", "form.loras", multiselect=True, info=label("form.loras_info"))
        with gr.Row():
            steps = gr.Textbox(label=label("form.steps"), placeholder=label("form.auto"), min_width=90)
            cfg = gr.Textbox(label=label("form.cfg"), placeholder=label("form.auto"), min_width=90)
            sampler = _choice("sampler", "form.sampler")
    # The kept character that the words describe, by id and name; the page shows it above the words.
    character = gr.Textbox("", visible="hidden", elem_id="character")
    tiles = escape(json.dumps(presets.pictured()), quote=True)
    parts.static(f'<i hidden data-tiles="{tiles}"></i>', elem_id="tiles")
    form = Form(
        prompt,
        clothing,
        style,
        style_words,
        realism,
        view,
        framing,
        pose,
        pose_file,
        reference_file,
        shape,
        scale,
        seed,
        keep_seed,
        variants,
        negative,
        transparent,
        engine,
        workflow,
        model,
        loras,
        steps,
        cfg,
        sampler,
        character,
    )
    for key, button in examples.items():
        words = json.dumps(presets.EXAMPLES[key])
        button.click(None, None, [prompt, clothing], js=f"() => {words}")
    dice.click(None, None, seed, js=SEED_STEP)
    return form


def _choice(elem_id: str, key: str, **options: Any) -> gr.Dropdown:
    multiselect = options.pop("multiselect", False)
    return gr.Dropdown(
        [],
        value=[] if multiselect else "",
        label=label(key),
        elem_id=elem_id,
        allow_custom_value=True,
        multiselect=multiselect,
        min_width=150,
        **options,
    )


def choices(studio: Studio, form: Form) -> dict[Any, Any]:
    """What the servers at hand let one choose from, as updates of the lists."""
    infos = [server.info for server in studio.pool.servers if server.info is not None]
    listed = [one for one in studio.jobs.library.values() if one.manifest.listed]
    drawing = [one for one in listed if one.manifest.task == "draw"]
    comfy = [server.info for server in studio.pool.servers if server.kind == "comfy" and server.info]

    def merged(lists: list[tuple[str, ...]]) -> list[tuple[str, str]]:
        return [("", ""), *((name, name) for name in dict.fromkeys(name for one in lists for name in one))]

    return {
        form.workflow: gr.update(choices=[("", ""), *((one.manifest.title, one.name) for one in drawing)]),
        form.model: gr.update(choices=merged([info.models("checkpoints") for info in comfy])),
        form.loras: gr.update(choices=merged([info.models("loras") for info in infos])[1:]),
        form.sampler: gr.update(choices=merged([info.choices("KSampler", "sampler_name") for info in infos])),
    }


def read(studio: Studio, values: Values, language: str, **more: Any) -> AvatarRequest:
    """The request that the form describes, or a sentence about what is wrong with it."""
    engine = "embedded" if values["engine"] == "embedded" or not studio.settings.comfyui_url else "comfy"
    width, height = presets.pixels(values["shape"], values["scale"], engine)
    wanted = {
        "prompt": ", ".join(part for part in (_text(values["prompt"]), values["pose"]) if part)
        if _text(values["prompt"])
        else "",
        "negative_prompt": _text(values["negative"]),
        "clothing": _text(values["clothing"]),
        "style": ", ".join(part for part in (values["style"], _text(values["style_words"])) if part),
        "realism": bool(values["realism"]),
        "views": (values["view"],),
        "framing": values["framing"],
        "transparent": bool(values["transparent"]),
        "pose_file_id": values["pose_file"] or _pose_file(studio, values["pose"], engine, language),
        "reference_file_id": values["reference_file"] or None,
        "width": width,
        "height": height,
        "seed": _text(values["seed"]) or None,
        "variants": values["variants"],
        "engine": values["engine"],
        "workflow": values["workflow"] or None,
        "model": values["model"] or None,
        "loras": [_lora(one) for one in values["loras"] or ()],
        "steps": _text(values["steps"]) or None,
        "cfg": _text(values["cfg"]) or None,
        "sampler": values["sampler"] or None,
        **studio.characters.identity(_text(values["character"]).partition(" ")[0]),
    }
    try:
        return AvatarRequest.model_validate({**wanted, **more})
    except ValidationError as error:
        raise complaint(_explain(error, language), title=say(language, "error.form")) from error


def _pose_file(studio: Studio, pose: str, engine: str, language: str) -> str | None:
    """A preset as a skeleton for servers that read pictures; our own engine knows the words themselves."""
    name = next(
        (key.removeprefix("pose.") for key, words in presets.POSES.items() if words and words == pose), ""
    )
    if not name or engine == "embedded":
        return None
    try:
        return studio.drafts.pose_file(name).id
    except StudioError as error:
        raise refusal(error, language) from error


def restore(form: Form, request: Mapping[str, Any]) -> dict[Any, Any]:
    """The fields as they were for a recorded request."""
    style = str(request.get("style") or "")
    known = next((words for words in presets.STYLES.values() if words and style.startswith(words)), "")
    prompt, pose = _without_pose(str(request.get("prompt", "")))
    loras = [f"{one['name']}:{one['strength']:g}" for one in request.get("loras") or ()]
    views = request.get("views") or ("front",)
    return {
        form.prompt: prompt,
        form.clothing: request.get("clothing", ""),
        form.style: known,
        form.style_words: style.removeprefix(known).strip(" ,"),
        form.realism: bool(request.get("realism")),
        form.view: views[0],
        form.framing: request.get("framing", "full"),
        form.transparent: bool(request.get("transparent")),
        form.pose: pose,
        form.pose_file: request.get("pose_file_id") or "",
        form.reference_file: request.get("reference_file_id") or "",
        form.shape: _shape(request.get("width"), request.get("height")),
        form.seed: str(request["seed"]) if request.get("seed") is not None else "",
        form.keep_seed: True,
        form.variants: request.get("variants", 1),
        form.negative: request.get("negative_prompt", ""),
        form.loras: loras,
        form.character: request.get("character_id") or "",
    }


def complaint(sentence: str, title: str | None = None) -> gr.Error:
    """A sentence that the page shows; nothing of it goes to the log."""
    return gr.Error(sentence, title=title or "", print_exception=False, duration=12)


def refusal(error: StudioError, language: str = DEFAULT) -> gr.Error:
    """An error of the registry as the page shows it."""
    return complaint(" ".join(filter(None, phrases.explain(language, error))), title="")


def tell(error: StudioError, language: str) -> None:
    """Say in passing that something was not to be done."""
    gr.Info(phrases.explain(language, error).sentence)


def _text(value: Any) -> str:
    return str(value or "").strip()


def _lora(text: str) -> dict[str, Any]:
    name, colon, strength = str(text).rpartition(":")
    try:
        return {"name": name, "strength": float(strength)} if colon else {"name": text}
    except ValueError:  # the colon is a part of the name
        return {"name": text}


def _without_pose(prompt: str) -> tuple[str, str]:
    """The words of a character and of its pose, as the form has put them together."""
    for words in presets.POSES.values():
        if words and prompt.endswith(f", {words}"):
            return prompt.removesuffix(f", {words}"), words
    return prompt, ""


def _shape(width: int | None, height: int | None) -> str:
    if not width or not height:
        return ""
    return min(
        presets.SHAPES,
        key=lambda name: abs(presets.SHAPES[name].width / presets.SHAPES[name].height - width / height),
    )


def _explain(error: ValidationError, language: str) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if field == "prompt" and first["type"] == "string_too_short":
        return say(language, "error.no_prompt")
    if field == "seed":
        return say(language, "error.seed", most=MAX_SEED)
    name = table(language).get(f"form.{field}", field)
    limits = first.get("ctx", {})
    if "max_length" in limits:
        return say(language, "error.long", field=name, most=limits["max_length"])
    metadata = AvatarRequest.model_fields[field].metadata if field in AvatarRequest.model_fields else []
    least = next((one.ge for one in metadata if isinstance(one, Ge)), None)
    most = next((one.le for one in metadata if isinstance(one, Le)), None)
    if least is not None and most is not None:
        return say(language, "error.range", field=name, least=least, most=most)
    return say(language, "error.value", field=name, value=str(first.get("input", ""))[:60])
