"""Files go in and come out as with ComfyUI: names, duplicates, masks, previews, ranges; no way out."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.engine.errors import OutsideFolderError
from studio.engine.folders import Folders
from tests.engine_fixtures import RunningEngine, plain_graph, running_engine  # noqa: F401


def png(color: tuple[int, ...] = (255, 0, 0), size: tuple[int, int] = (8, 6), **texts: str) -> bytes:
    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def upload(
    engine: RunningEngine, name: str, content: bytes, path: str = "/upload/image", **fields: str
) -> httpx.Response:
    return engine.http.post(path, files={"image": (name, content)}, data=fields)


def test_same_name_same_bytes_keeps_one_file(engine: RunningEngine) -> None:
    for _ in range(2):
        answer = upload(engine, "pose.png", png())
        assert (answer.status_code, answer.json()) == (
            200,
            {"name": "pose.png", "subfolder": "", "type": "input"},
        )
    other = upload(engine, "pose.png", png((0, 255, 0)))
    assert other.json()["name"] == "pose (1).png"
    assert upload(engine, "pose.png", png((0, 255, 0))).json()["name"] == "pose (1).png"
    assert upload(engine, "pose.png", png((0, 0, 255))).json()["name"] == "pose (2).png"
    assert (engine.base / "input" / "pose.png").read_bytes() == png()
    replaced = upload(engine, "pose.png", png((9, 9, 9)), overwrite="true")
    assert replaced.json()["name"] == "pose.png"
    assert (engine.base / "input" / "pose.png").read_bytes() == png((9, 9, 9))


def test_upload_of_anything_into_subfolder_and_type(engine: RunningEngine) -> None:
    answer = upload(engine, "t.wav", b"RIFF", subfolder="a/b", type="temp")
    assert answer.json() == {"name": "t.wav", "subfolder": "a/b", "type": "temp"}
    assert (engine.base / "temp" / "a" / "b" / "t.wav").read_bytes() == b"RIFF"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("../../evil.png", {}),
        ("/etc/evil.png", {}),
        ("x.png", {"subfolder": "../../out"}),
        ("x.png", {"subfolder": "/tmp"}),
        ("x.png", {"type": "elsewhere"}),
        ("n" * 300 + ".png", {}),
        ("..", {}),
    ],
)
def test_upload_outside_is_refused(engine: RunningEngine, name: str, fields: dict[str, str]) -> None:
    before = sorted(engine.base.rglob("*"))
    answer = upload(engine, name, png(), **fields)
    assert (answer.status_code, answer.text) == (400, "")
    assert sorted(engine.base.rglob("*")) == before


def test_upload_without_a_file_is_refused(engine: RunningEngine) -> None:
    assert engine.http.post("/upload/image", data={"image": "text"}).status_code == 400
    assert engine.http.post("/upload/image", content=b"no form").status_code == 400
    broken = engine.http.post(
        "/upload/image",
        content=b"--x\r\nnonsense",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code == 400


def test_mask_becomes_the_alpha_of_the_original(engine: RunningEngine) -> None:
    upload(engine, "original.png", png((10, 20, 30), (4, 2), workflow='{"kept": 1}'))
    mask = Image.new("RGBA", (4, 2), (0, 0, 0, 255))
    mask.putpixel((1, 0), (0, 0, 0, 0))
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    reference = json.dumps({"filename": "original.png", "type": "input"})
    answer = upload(engine, "masked.png", buffer.getvalue(), "/upload/mask", original_ref=reference)
    assert answer.json() == {"name": "masked.png", "subfolder": "", "type": "input"}
    with Image.open(engine.base / "input" / "masked.png") as masked:
        assert masked.mode == "RGBA"
        assert masked.getpixel((0, 0)) == (10, 20, 30, 255)
        assert masked.getpixel((1, 0)) == (10, 20, 30, 0)
        assert masked.info["workflow"] == '{"kept": 1}'


@pytest.mark.parametrize(
    "reference",
    ["", "not json", "[]", '{"filename": "nothing.png"}', '{"filename": "../../x.png", "type": "input"}'],
)
def test_mask_without_its_original_is_refused(engine: RunningEngine, reference: str) -> None:
    answer = upload(engine, "lost.png", png(), "/upload/mask", original_ref=reference)
    assert answer.status_code == 400
    assert not (engine.base / "input" / "lost.png").exists()


def test_view_preview_and_channels(engine: RunningEngine) -> None:
    upload(engine, "see.png", png((200, 100, 50, 128)))
    asked = {"filename": "see.png", "type": "input"}
    webp = engine.http.get("/view", params={**asked, "preview": "webp;90"})
    assert (webp.headers["content-type"], Image.open(io.BytesIO(webp.content)).format) == (
        "image/webp",
        "WEBP",
    )
    assert webp.headers["content-disposition"] == 'filename="see.png"'
    jpeg = engine.http.get("/view", params={**asked, "preview": "jpeg;50"})
    assert (jpeg.headers["content-type"], Image.open(io.BytesIO(jpeg.content)).mode) == ("image/jpeg", "RGB")
    with_alpha = engine.http.get("/view", params={**asked, "preview": "jpeg", "channel": "a"})
    assert with_alpha.headers["content-type"] == "image/webp"
    rgb = Image.open(io.BytesIO(engine.http.get("/view", params={**asked, "channel": "rgb"}).content))
    assert (rgb.mode, rgb.getpixel((0, 0))) == ("RGB", (200, 100, 50))
    alpha = Image.open(io.BytesIO(engine.http.get("/view", params={**asked, "channel": "a"}).content))
    assert (alpha.mode, alpha.getpixel((0, 0))) == ("RGBA", (0, 0, 0, 128))
    whole = engine.http.get("/view", params={**asked, "channel": "rgba"})
    assert whole.content == png((200, 100, 50, 128))
    suffixed = engine.http.get("/api/view", params={"filename": "see.png [input]"})
    assert suffixed.content == whole.content


def test_view_ranges_and_unchanged(engine: RunningEngine) -> None:
    upload(engine, "range.bin", bytes(range(100)))
    asked = {"filename": "range.bin", "type": "input"}
    whole = engine.http.get("/view", params=asked)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == (
        "application/octet-stream",
        "bytes",
    )
    part = engine.http.get("/view", params=asked, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert engine.http.get("/view", params=asked, headers={"Range": "bytes=500-"}).status_code == 416
    unchanged = engine.http.get("/view", params=asked, headers={"If-None-Match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    since = {"If-Modified-Since": whole.headers["last-modified"]}
    assert engine.http.get("/view", params=asked, headers=since).status_code == 304
    assert engine.http.get("/view", params=asked, headers={"If-None-Match": '"other"'}).status_code == 200
    assert engine.http.head("/view", params=asked).headers["content-length"] == "100"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 404),
        ({"filename": ""}, 400),
        ({"filename": "missing.png"}, 404),
        ({"filename": "../secret.txt"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "x.png", "subfolder": "../.."}, 403),
        ({"filename": "x.png", "type": "models"}, 400),
        ({"filename": "a\x00b.png"}, 400),
        ({"filename": "x.png", "subfolder": "a\x00b"}, 403),
        ({"filename": "n" * 5000}, 400),
    ],
)
def test_view_of_what_is_not_to_be_seen(engine: RunningEngine, query: dict[str, str], status: int) -> None:
    (engine.base / "secret.txt").write_text("secret")
    assert engine.http.get("/view", params=query).status_code == status


def test_view_never_serves_a_page(engine: RunningEngine) -> None:
    upload(engine, "page.html", b"<script>alert(1)</script>")
    answer = engine.http.get("/view", params={"filename": "page.html", "type": "input"})
    assert answer.headers["content-type"] == "application/octet-stream"


def test_preview_of_what_is_no_picture(engine: RunningEngine) -> None:
    upload(engine, "noise.png", b"not a picture")
    asked = {"filename": "noise.png", "type": "input", "preview": "webp"}
    assert engine.http.get("/view", params=asked).status_code == 415


def test_saved_names_count_on_in_subfolders(engine: RunningEngine) -> None:
    _, _, entry = engine.run(plain_graph(1, "sub/frame", batch=3))
    names = [f"frame_{number:05}_.png" for number in (1, 2, 3)]
    assert entry["outputs"]["2"]["images"] == [
        {"filename": name, "subfolder": "sub", "type": "output"} for name in names
    ]
    _, _, entry = engine.run(plain_graph(2, "sub/frame"))
    assert entry["outputs"]["2"]["images"][0]["filename"] == "frame_00004_.png"


def test_saved_picture_carries_prompt_and_workflow(engine: RunningEngine) -> None:
    graph = plain_graph(0x102030, "recipe")
    socket = engine.connect("recipe")
    answer = engine.send(
        graph, client_id="recipe", extra_data={"extra_pnginfo": {"workflow": {"nodes": ["ä"]}}}
    )
    while not (found := engine.http.get(f"/history/{answer.json()['prompt_id']}").json()):
        socket.recv()
    socket.close()
    saved = next(iter(found.values()))["outputs"]["2"]["images"][0]
    with Image.open(engine.base / "output" / saved["filename"]) as picture:
        assert json.loads(picture.info["prompt"]) == graph
        assert json.loads(picture.info["workflow"]) == {"nodes": ["ä"]}
        assert picture.getpixel((0, 0)) == (0x10, 0x20, 0x30)


def test_preview_goes_to_temp(engine: RunningEngine) -> None:
    graph = plain_graph(5) | {"2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    _, _, entry = engine.run(graph)
    image = entry["outputs"]["2"]["images"][0]
    assert (image["type"], image["subfolder"]) == ("temp", "")
    assert image["filename"].startswith("ComfyUI_temp_")
    assert image["filename"].endswith("_00001_.png")
    assert engine.http.get("/view", params=image).status_code == 200


@pytest.mark.parametrize("prefix", ["../escape", "/tmp/escape", "a/../../escape", "nul\x00", "n" * 300])
def test_prefix_outside_the_output_folder_fails(engine: RunningEngine, prefix: str) -> None:
    _, _, entry = engine.run(plain_graph(6, prefix))
    kind, fault = entry["status"]["messages"][-1]
    assert kind == "execution_error"
    assert "outside the output folder is not allowed" in fault["exception_message"]


def test_cached_save_is_done_again_when_its_file_is_gone(engine: RunningEngine) -> None:
    _, _, entry = engine.run(plain_graph(77, "gone"))
    (engine.base / "output" / entry["outputs"]["2"]["images"][0]["filename"]).unlink()
    _, _, entry = engine.run(plain_graph(77, "gone"))
    assert (engine.base / "output" / entry["outputs"]["2"]["images"][0]["filename"]).exists()


def test_changed_input_file_is_read_again(engine: RunningEngine) -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "changing.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "changing"}},
    }
    colours = []
    for color in ((1, 2, 3), (4, 5, 6)):
        upload(engine, "changing.png", png(color), overwrite="1")
        _, _, entry = engine.run(graph)
        saved = entry["outputs"]["2"]["images"][0]["filename"]
        with Image.open(engine.base / "output" / saved) as picture:
            colours.append(picture.getpixel((0, 0)))
    assert colours == [(1, 2, 3), (4, 5, 6)]


def test_missing_input_is_refused_before_it_runs(engine: RunningEngine) -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "never.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    answer = engine.send(graph)
    assert answer.status_code == 400
    assert answer.json()["node_errors"]["1"]["errors"] == [
        {
            "type": "custom_validation_failed",
            "message": "Custom validation failed for node",
            "details": "image - Invalid image file: never.png",
            "extra_info": {"input_name": "image"},
        }
    ]


def test_tokens_in_prefixes(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.prepare()
    place = folders.save_place("%date:yyyy-MM-dd%/%width%x%height%", folders.output, 64, 32)
    assert place.stem == "64x32"
    year, month, day = place.subfolder.split("-")
    assert (len(year), len(month), len(day)) == (4, 2, 2)
    assert folders.save_place("%year%", folders.output, 1, 1).stem == year


def test_start_empties_temp_and_nothing_else(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.prepare()
    for folder in (folders.input, folders.output, folders.temp):
        (folder / "kept").write_text("x")
    folders.prepare()
    assert [folder.joinpath("kept").exists() for folder in (folders.input, folders.output, folders.temp)] == [
        True,
        True,
        False,
    ]


def test_a_folder_may_lie_on_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "engine").mkdir()
    try:
        (tmp_path / "engine" / "output").symlink_to(tmp_path / "disk")
    except OSError:
        pytest.skip("this account may not make symbolic links")
    folders = Folders(tmp_path / "engine")
    folders.prepare()
    assert folders.save_place("sub/x", folders.output, 1, 1).folder == (tmp_path / "disk" / "sub").resolve()


def test_symlink_is_no_way_out(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "engine")
    folders.prepare()
    (tmp_path / "outside").mkdir()
    try:
        (folders.input / "link").symlink_to(tmp_path / "outside")
    except OSError:
        pytest.skip("this account may not make symbolic links")
    with pytest.raises(OutsideFolderError):
        folders.inside(folders.input, "link/x.png")


def test_upload_over_the_limit_is_refused_at_once(engine: RunningEngine) -> None:
    host, port = engine.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as raw:
        head = f"POST /upload/image HTTP/1.1\r\nHost: {host}\r\nContent-Length: {101 * 1024 * 1024}\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_upload_over_the_limit_without_a_length(engine: RunningEngine) -> None:
    def stream() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="endless.bin"\r\n\r\n'
        for _ in range(102):
            yield bytes(1024 * 1024)

    # the engine may hang up while the rest is still on its way: that is a refusal as well
    with contextlib.suppress(httpx.NetworkError):
        answer = engine.http.post(
            "/upload/image", content=stream(), headers={"content-type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code == 413
    assert not (engine.base / "input" / "endless.bin").exists()
    assert engine.http.get("/prompt").status_code == 200


def test_large_upload_arrives_whole(engine: RunningEngine) -> None:
    content = np.random.default_rng(1).bytes(6_000_000)
    assert upload(engine, "large.bin", content).status_code == 200
    assert (engine.base / "input" / "large.bin").read_bytes() == content
