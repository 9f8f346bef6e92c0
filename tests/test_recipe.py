"""The recipe inside a picture: it comes back whole, ComfyUI finds its graphs, and no pixel has changed."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from studio import pictures
from studio.errors import StudioError
from studio.pictures import Format
from tests.bad_files import bad_files, chunk, good_png, ihdr, picture, png, rows, zeros

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
RECIPE = {
    "request": {"prompt": "une fée – 妖精 🧚, \"quoted\"\n\\slashed", "views": ["front", "back"]},
    "workflow": "avatar",
    "seed": 2**53 + 1,
    "versions": {"studio": "0.1.0"},
    "engine": "embedded",
    "task": "front",
    "server": "http://127.0.0.1:8188",
    "notes": ["drawn by the embedded engine"],
}  # fmt: skip
PROMPT = {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "text": "émigré"}}}
WORKFLOW = {"nodes": [{"id": 3}], "links": [], "version": 0.4}


def made(source: Path | bytes, **options: object) -> bytes:
    return b"".join(pictures.with_recipe(source, RECIPE, **options))  # type: ignore[arg-type]


def chunks_of(content: bytes) -> list[tuple[bytes, bytes]]:
    """An independent reader: kinds and data, with every checksum checked."""
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + data)
        found.append((kind, data))
        at += 12 + length
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_recipe_and_graphs_come_back_whole(kind: Format, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(picture(kind))
    pictures.write_recipe(source, target, RECIPE, prompt=PROMPT, workflow=WORKFLOW)
    for written in (target, target.read_bytes()):
        assert pictures.read_recipe(written) == RECIPE
        assert pictures.read_comfy(written) == (PROMPT, WORKFLOW)
    assert pictures.inspect(target) == pictures.inspect(source)


@pytest.mark.parametrize("kind", FORMATS)
def test_no_pixel_changes(kind: Format) -> None:
    content = picture(kind)
    with (
        Image.open(io.BytesIO(content)) as before,
        Image.open(io.BytesIO(made(content, prompt=PROMPT))) as after,
    ):
        assert after.tobytes() == before.tobytes()


def test_pixels_of_a_png_are_copied_byte_for_byte_and_other_chunks_stay() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "keep me")
    info.add_itxt("Title", "日本", zip=True)
    target = io.BytesIO()
    Image.open(io.BytesIO(picture("PNG"))).save(
        target, "PNG", pnginfo=info, dpi=(300, 300), icc_profile=b"profile"
    )
    before, after = chunks_of(target.getvalue()), chunks_of(made(target.getvalue(), prompt=PROMPT))
    assert [one for one in after if one in before] == before
    added = [one for one in after if one not in before]
    assert [data.partition(b"\0")[0] for _, data in added] == [b"avatarforge", b"prompt"]
    kinds = [kind for kind, _ in after]
    assert kinds.index(b"IDAT") > max(at for at, kind in enumerate(kinds) if kind == b"tEXt")


@pytest.mark.parametrize("kind", FORMATS)
def test_writing_again_replaces_what_was_written(kind: Format) -> None:
    first = b"".join(pictures.with_recipe(picture(kind), {"seed": 1}, prompt={"1": {}}, workflow={"a": 1}))
    second = b"".join(pictures.with_recipe(first, {"seed": 2}, prompt={"2": {}}))
    assert pictures.read_recipe(second) == {"seed": 2}
    # The workflow was not given anew: the one that ComfyUI wrote stays.
    assert pictures.read_comfy(second) == ({"2": {}}, {"a": 1})
    assert second.count(b"avatarforge") == 1


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_older_text_under_the_same_key_goes_whatever_its_kind(kind: bytes) -> None:
    text = json.dumps({"old": True}).encode()
    data = {
        b"tEXt": b"prompt\0" + text,
        b"zTXt": b"prompt\0\0" + zlib.compress(text),
        b"iTXt": b"prompt\0\1\0en\0Frage\0" + zlib.compress(text),
    }[kind]
    old = png(
        ihdr(64, 64), chunk(kind, data), chunk(b"IDAT", rows(64, 64)), chunk(kind, data), chunk(b"IEND")
    )
    assert pictures.read_comfy(old) == ({"old": True}, None)
    new = made(old, prompt=PROMPT)
    assert pictures.read_comfy(new) == (PROMPT, None)
    assert [k for k, d in chunks_of(new) if d.startswith(b"prompt\0")] == [b"tEXt"]


def test_comfyui_and_pillow_read_the_png_texts_as_they_are_used_to() -> None:
    with Image.open(io.BytesIO(made(picture("PNG"), prompt=PROMPT, workflow=WORKFLOW))) as image:
        assert json.loads(image.info["prompt"]) == PROMPT
        assert json.loads(image.info["workflow"]) == WORKFLOW
        assert json.loads(image.info["avatarforge"]) == RECIPE


def test_webp_has_comfyuis_own_exif_tags() -> None:
    with Image.open(io.BytesIO(made(picture("WEBP"), prompt=PROMPT, workflow=WORKFLOW))) as image:
        exif = image.getexif()
        assert json.loads(exif[0x0110].removeprefix("prompt:")) == PROMPT
        assert json.loads(exif[0x010F].removeprefix("workflow:")) == WORKFLOW


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"save_all": True}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_kind_of_webp_keeps_its_pixels_and_its_frames(mode: str, options: dict) -> None:
    images = [Image.new("RGBA", (65, 67), (200, 10 * i, 30, 100)).convert(mode) for i in range(3)]
    if options.get("save_all"):
        options = {**options, "append_images": images[1:]}
    target = io.BytesIO()
    images[0].save(target, "WEBP", **options)
    content = made(target.getvalue())
    assert bool(content[20] & 0x10) == (mode == "RGBA")  # the header's own word on what is clear
    with Image.open(target) as before, Image.open(io.BytesIO(content)) as after:
        assert (after.mode, after.n_frames) == (before.mode, before.n_frames)  # type: ignore[attr-defined]
        assert after.tobytes() == before.tobytes()


def test_exif_that_was_there_stays() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "an artist"
    for kind in ("JPEG", "WEBP"):
        target = io.BytesIO()
        Image.open(io.BytesIO(picture(kind))).save(target, kind, exif=exif)
        with Image.open(io.BytesIO(made(target.getvalue(), prompt=PROMPT))) as image:
            assert (image.getexif()[0x0112], image.getexif()[0x013B]) == (6, "an artist")


def test_jpeg_leaves_out_what_does_not_fit_and_says_when_nothing_fits() -> None:
    long = {"text": "x" * 70_000}
    kept = made(picture("JPEG"), prompt=PROMPT, workflow=long)
    assert pictures.read_recipe(kept) == RECIPE
    assert pictures.read_comfy(kept) == (PROMPT, None)
    assert pictures.read_comfy(made(picture("JPEG"), prompt=long)) is None
    with pytest.raises(StudioError):
        list(pictures.with_recipe(picture("JPEG"), long))


def test_recipe_of_megabytes_fits_a_png() -> None:
    recipe = {"text": "é" * 1_000_000}
    assert pictures.read_recipe(b"".join(pictures.with_recipe(picture("PNG"), recipe))) == recipe


def test_cut_source_is_refused_and_leaves_no_target(tmp_path: Path) -> None:
    for kind, cut in (("PNG", 30), ("JPEG", 10_000), ("WEBP", 30)):
        target = tmp_path / kind
        with pytest.raises(StudioError) as error:
            pictures.write_recipe(picture(kind)[:-cut], target, RECIPE)
        assert error.value.code == "invalid_image"
        assert not target.exists()
    with pytest.raises(StudioError):
        pictures.write_recipe(b"GIF89a", tmp_path / "GIF", RECIPE)


@pytest.mark.parametrize("kind", FORMATS)
def test_picture_without_a_recipe_has_none(kind: Format) -> None:
    assert pictures.read_recipe(picture(kind)) is None
    assert pictures.read_comfy(picture(kind)) is None


@pytest.mark.parametrize(
    "text",
    [b"", b"not json", b"[1, 2]", b'"text"', b"null", b"{", b"\xff\xfe", b"[" * 500_000, b'{"a": ' * 100_000],
    ids=lambda text: repr(text[:12]),
)
def test_foreign_text_under_our_key_is_no_recipe(text: bytes) -> None:
    assert pictures.read_recipe(good_png(chunk(b"tEXt", b"avatarforge\0" + text))) is None


def test_packed_recipe_is_read_and_a_bomb_is_not() -> None:
    packed = chunk(b"zTXt", b"avatarforge\0\0" + zlib.compress(b'{"seed": 7}'))
    assert pictures.read_recipe(good_png(packed)) == {"seed": 7}
    bomb = chunk(b"zTXt", b"avatarforge\0\0" + zeros(100_000_000))
    assert pictures.read_recipe(good_png(bomb)) is None
    broken = chunk(b"iTXt", b"avatarforge\0\1\0\0\0nothing packed")
    assert pictures.read_recipe(good_png(broken)) is None


def test_reading_never_fails_whatever_the_bytes() -> None:
    for bad in bad_files(5, 300_000):
        content = b"".join(bad.blocks())
        assert pictures.read_recipe(content) is None
        assert pictures.read_comfy(content) is None


def test_recipe_survives_in_a_file_that_is_cut_behind_it() -> None:
    content = made(picture("PNG"), prompt=PROMPT)
    assert pictures.read_recipe(content[: content.index(b"IDAT") + 50]) == RECIPE
