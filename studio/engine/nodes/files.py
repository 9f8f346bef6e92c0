"""Reading pictures from the input folder and writing them to output and temp."""

from __future__ import annotations

import hashlib
import json
import random
import string
import uuid
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFile, ImageOps, ImageSequence
from PIL.PngImagePlugin import PngInfo

from studio.engine.folders import Folders, SavePlace
from studio.engine.nodes.define import Note, Notes, Result, Run, choice, link, node, text
from studio.engine.pixels import from_bytes, guard_size, to_bytes

NO_MASK_SIZE = 64  # what a picture without transparency gets for a mask
RECIPE_IN_EVENT = ("camera", "style", "landmarks")
_preview_name = "_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))


def check_image(folders: Folders, image: Any) -> str | None:
    """Complain of a picture that is not there."""
    return None if folders.input_file(image) else f"Invalid image file: {image}"


def image_fingerprint(folders: Folders, image: Any = None) -> str:
    """Name a picture by its content."""
    return input_fingerprint(folders, image)


def input_fingerprint(folders: Folders, name: Any) -> str:
    """Name a file of the input folder by its content."""
    path = folders.input_file(name)
    if path is None:
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def input_path(run: Run, name: str, what: str = "picture") -> Path:
    """Where a file of the input folder is; it may have gone since the prompt was accepted."""
    path = run.folders.input_file(name)
    if path is None:
        raise FileNotFoundError(f"The input {what} {name} is no longer there. Upload it again.")
    return path


def open_picture(path: Path) -> Image.Image:
    """Open a picture; a truncated one is taken as far as it goes, as ComfyUI does."""
    try:
        picture = Image.open(path)
        guard_size(1, picture.height, picture.width, 4)  # by its header, before any pixel is unpacked
        picture.load()
    except (OSError, ValueError, SyntaxError):
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            picture = Image.open(path)
            picture.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before
    return picture


def _colours(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I;16"):
        deep = np.asarray(picture).astype(np.float32) / np.float32(65535.0)
        return np.repeat(deep[..., None], 3, axis=-1)
    if picture.mode == "I":
        picture = picture.point(lambda value: value * (1 / 255))
    return from_bytes(np.asarray(picture.convert("RGB")))


def _transparency(picture: Image.Image) -> np.ndarray:
    if "A" in picture.getbands():
        alpha = picture.getchannel("A")
    elif "transparency" in picture.info and picture.mode in ("P", "RGB", "L"):
        alpha = picture.convert("RGBA").getchannel("A")
    else:
        return np.zeros((NO_MASK_SIZE, NO_MASK_SIZE), np.float32)
    return np.float32(1.0) - from_bytes(np.asarray(alpha))


@node(
    "LoadImage",
    required={"image": choice(Folders.input_images, image_upload=True)},
    outputs=("IMAGE", "MASK"),
    category="image",
    display_name="Load Image",
    check=check_image,
    checked_inputs=("image",),
    fingerprint=image_fingerprint,
)
def load_image(run: Run, image: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a picture with all its frames; the mask is what is transparent."""
    images: list[np.ndarray] = []
    masks: list[np.ndarray] = []
    with open_picture(input_path(run, image)) as picture:
        for frame in ImageSequence.Iterator(picture):
            run.check()
            upright = ImageOps.exif_transpose(frame) or frame
            if images and (upright.height, upright.width) != images[0].shape[:2]:
                continue
            guard_size(len(images) + 1, upright.height, upright.width)
            images.append(_colours(upright))
            masks.append(_transparency(upright))
            if picture.format == "MPO":
                break  # further frames are depth maps or thumbnails, not pictures
    return np.stack(images), np.stack([mask for mask in masks if mask.shape == masks[0].shape])


@node(
    "LoadImageMask",
    required={
        "image": choice(Folders.input_files, image_upload=True),
        "channel": choice(("alpha", "red", "green", "blue")),
    },
    outputs=("MASK",),
    category="mask",
    display_name="Load Image (as Mask)",
    check=check_image,
    checked_inputs=("image",),
    fingerprint=image_fingerprint,
)
def load_image_mask(run: Run, image: str, channel: str) -> tuple[np.ndarray]:
    """Read one channel of a picture; of the alpha, what is transparent."""
    with open_picture(input_path(run, image)) as opened:
        picture = ImageOps.exif_transpose(opened) or opened
        if channel == "alpha":
            alpha = picture.convert("RGBA").getchannel("A")
            return ((np.float32(1.0) - from_bytes(np.asarray(alpha)))[None],)
        return (_colours(picture)[..., ("red", "green", "blue").index(channel)][None].copy(),)


@node(
    "SaveImage",
    required={
        "images": link("IMAGE", "The images to save."),
        "filename_prefix": text(
            "ComfyUI", tooltip="How the files are called; may name a subfolder and hold %date:yyyy-MM-dd%."
        ),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    category="image",
    display_name="Save Image",
    description="Saves the input images to your ComfyUI output directory.",
    is_output=True,
)
def save_image(run: Run, images: np.ndarray, filename_prefix: str = "ComfyUI") -> Result:
    """Write the pictures into the output folder, with their recipe inside."""
    return _save(run, images, filename_prefix, "output", run.folders.output, compress_level=4)


@node(
    "PreviewImage",
    required={"images": link("IMAGE")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    category="image",
    display_name="Preview Image",
    description="Saves the input images to your ComfyUI output directory.",
    is_output=True,
)
def preview_image(run: Run, images: np.ndarray) -> Result:
    """Write the pictures into the temp folder."""
    return preview_pictures(run, images)


@node(
    "SaveImageWebsocket",
    required={"images": link("IMAGE")},
    category="api/image",
    module="custom_nodes.websocket_image_save",
    is_output=True,
    fingerprint=lambda folders: uuid.uuid4().hex,  # sent anew each time: nobody keeps it
)
def send_image(run: Run, images: np.ndarray) -> Result:
    """Send the pictures to the client as PNG previews; nothing is written to the disk."""
    notes = next(iter(run.notes_in.values()), ())
    figures: list[dict[str, Any] | None] = []
    for index, image in enumerate(to_bytes(images)):
        run.progress(index + 1, len(images), _png(image, None, compress_level=1))
        figures.append(_short(_figure_of(notes, index)))
    return Result((), {"figure": figures} if any(figure is not None for figure in figures) else {})


def preview_pictures(run: Run, images: np.ndarray) -> Result:
    """Write pictures for looking at into the temp folder."""
    return _save(run, images, "ComfyUI" + _preview_name, "temp", run.folders.temp, compress_level=1)


def _save(run: Run, images: np.ndarray, prefix: str, kind: str, root: Path, *, compress_level: int) -> Result:
    place = run.folders.save_place(prefix, root, images.shape[2], images.shape[1])
    notes = next(iter(run.notes_in.values()), ())
    saved: list[dict[str, str]] = []
    figures: list[dict[str, Any] | None] = []
    common = common_texts(run)
    counter = place.counter
    for index, image in enumerate(to_bytes(images)):
        run.check()
        figure = _figure_of(notes, index)
        texts = PngInfo()
        for key, value in common.items():
            texts.add_text(key[:79] or "workflow", value)
        if figure is not None:
            texts.add_text("figure", json.dumps(figure, default=_plain))
        name = f"{place.stem.replace('%batch_num%', str(index))}_{counter:05}_.png"
        _write_png(image, place.folder / name, texts, compress_level)
        counter += 1
        run.folders.numbers_used(place, counter)
        saved.append({"filename": name, "subfolder": place.subfolder, "type": kind})
        figures.append(_short(figure))
    ui: dict[str, list[Any]] = {"images": saved}
    if any(figure is not None for figure in figures):
        ui["figure"] = figures
    return Result((), ui)


def common_texts(run: Run) -> dict[str, str]:
    """What every saved file carries inside: the graph that made it, and what the client adds."""
    texts = {"prompt": json.dumps(run.prompt)}
    if isinstance(run.extra_pnginfo, Mapping):
        texts |= {str(key): json.dumps(value) for key, value in run.extra_pnginfo.items()}
    return texts


def free_place(
    run: Run, prefix: str, root: Path, suffix: str, width: int = 0, height: int = 0
) -> tuple[SavePlace, str, str]:
    """Where a file that is not a picture goes, how it is called, and what the protocol calls the folder."""
    place = run.folders.save_place(prefix, root, width, height)
    counter = place.counter
    while (place.folder / f"{place.stem}_{counter:05}_{suffix}").exists():
        counter += 1
    run.folders.numbers_used(place, counter + 1)
    kind = "temp" if root == run.folders.temp else "output"
    return place, f"{place.stem}_{counter:05}_{suffix}", kind


def _write_png(image: np.ndarray, target: Path, texts: PngInfo, compress_level: int) -> None:
    """Write under another name first: nobody should ever read half a picture."""
    data = _png(image, texts, compress_level=compress_level)
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _png(image: np.ndarray, texts: PngInfo | None, *, compress_level: int) -> bytes:
    buffer = BytesIO()
    flat = image[..., 0] if image.shape[-1] == 1 else image
    Image.fromarray(flat).save(buffer, "PNG", pnginfo=texts, compress_level=compress_level)
    return buffer.getvalue()


def _figure_of(notes: Notes, index: int) -> dict[str, Any] | None:
    """Say what the drawings in a picture left out, and how the first of them was made."""
    mine: tuple[Note, ...] = notes[index % len(notes)] if notes else ()
    if not mine:
        return None
    not_drawn = dict.fromkeys(word for note in mine for word in note.not_drawn)
    return {"not_drawn": list(not_drawn), "recipe": dict(mine[0].recipe)}


def _short(figure: dict[str, Any] | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    recipe = {key: figure["recipe"][key] for key in RECIPE_IN_EVENT if key in figure["recipe"]}
    return json.loads(json.dumps({"not_drawn": figure["not_drawn"], "recipe": recipe}, default=_plain))


def _plain(value: Any) -> Any:
    """Turn what numpy leaves in a recipe into plain JSON."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
