"""The sprite atlas: all pictures of a character in one PNG, and the JSON by which game engines find them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from studio import VERSION
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.pictures import encode
from studio.pictures.atlas import Sprite, draw_atlas, sprite_of
from studio.pictures.figure import Cut
from studio.sheets.compose import chosen
from studio.sheets.content import content_of
from studio.sheets.exports import Export, archive, cut_notes, file_name, stem
from studio.sheets.material import load_all
from studio.sheets.options import SheetOptions
from studio.sheets.packing import MAX_SIDE, Packed, pack


def atlas_zip(
    jobs: Jobs,
    job_id: str,
    options: SheetOptions,
    *,
    padding: int = 2,
    power_of_two: bool = False,
    trim: bool = True,
    scale: float = 1.0,
) -> Export:
    """Views, portrait and expressions as sprites, in the form that TexturePacker calls JSON (Hash)."""
    content = chosen(content_of(jobs, job_id, options.picks), options)
    content, cuts = load_all(jobs.files, content)
    _check_size([cuts[cell] for cell in content.cells], scale)
    sprites = {
        file_name(cell): sprite_of(cuts[cell], trim=trim, scale=scale, stands=cell.kind == "view")
        for cell in content.cells
    }
    name = stem(options, job_id)
    entries = write_atlas(name, sprites, padding=padding, power_of_two=power_of_two, scale=scale)
    return Export(
        f"{name}-atlas.zip", "application/zip", archive(entries), cut_notes(content.cells, cuts)
    )  # fmt: skip


def _check_size(cuts: Sequence[Cut], scale: float) -> None:
    """Before anything is drawn: what surely does not fit."""
    area = sum(width * height for width, height in (cut.size for cut in cuts))
    widest = max(max(cut.image.size) for cut in cuts)
    if area * scale**2 > MAX_SIDE**2 or widest * scale > MAX_SIDE:
        raise _too_large()


def _too_large() -> StudioError:
    why = f"scale: the sprites need more than {MAX_SIDE} pixels each way; choose a smaller scale."
    return StudioError("invalid_field", why=why)


def write_atlas(
    name: str,
    sprites: Mapping[str, Sprite],
    *,
    padding: int = 2,
    power_of_two: bool = False,
    scale: float = 1.0,
) -> dict[str, bytes]:
    """The two files of an atlas by their names."""
    shapes = list(sprites.values())
    packed = pack([sprite.image.size for sprite in shapes], padding=padding, power_of_two=power_of_two)
    if packed is None:
        raise _too_large()
    picture = encode.png(draw_atlas((packed.width, packed.height), shapes, packed.places), keep_alpha=True)
    about = describe(f"{name}.png", list(sprites), shapes, packed, scale)
    return {f"{name}.png": picture, f"{name}.json": (json.dumps(about, indent=1) + "\n").encode()}


def describe(
    image: str, names: Sequence[str], sprites: Sequence[Sprite], packed: Packed, scale: float
) -> dict[str, Any]:
    """The JSON (Hash) that Phaser, PixiJS, Godot's and Unity's importers read."""
    frames = {}
    for name, sprite, (x, y) in zip(names, sprites, packed.places, strict=True):
        left, top, right, bottom = sprite.trim
        whole = {"w": sprite.source[0], "h": sprite.source[1]}
        pivot = {"x": sprite.pivot[0], "y": sprite.pivot[1]}
        frames[name] = {
            "frame": {"x": x, "y": y, "w": right - left, "h": bottom - top},
            "rotated": False,
            "trimmed": (left, top, right, bottom) != (0, 0, *sprite.source),
            "spriteSourceSize": {"x": left, "y": top, "w": right - left, "h": bottom - top},
            "sourceSize": whole,
            "pivot": pivot,
            "anchor": pivot,  # PixiJS's word for it
        }
    meta = {
        "app": "AvatarForge Studio",
        "version": VERSION,
        "image": image,
        "format": "RGBA8888",
        "size": {"w": packed.width, "h": packed.height},
        "scale": f"{scale:g}",
    }
    return {"frames": frames, "meta": meta}
