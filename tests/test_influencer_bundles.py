"""Bundles: what goes out comes back as the same character; what was tampered with does not come in at all."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.influencer_fixtures import ask, call, influencer, read, read_refusal, refused, until
from tests.served import Serve, serve_apps
from tests.test_influencer_voices import put, recordings

__all__ = ["influencer", "recordings", "serve_apps"]

SMALL = {"width": 128, "height": 128, "steps": 2}


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (96, 96), colour).save(data, "PNG")
    return data.getvalue()


def upload(app: RunningApp, data: bytes) -> str:
    answer = app.client.post(
        "/avatarforge-controller/upload/reference_image", files={"file": ("face.png", data)}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["file_id"]


def draw(app: RunningApp, character_id: str, **body: Any) -> dict[str, Any]:
    """A finished picture with its recipe."""
    started = call(app, "POST", f"/characters/{character_id}/generate/image", json={**SMALL, **body})

    def look() -> dict[str, Any] | None:
        found = app.client.get(f"/studio/jobs/{started['job_id']}").json()
        return found if found["status"] in {"completed", "failed", "cancelled"} else None

    done = until(look)
    assert done["status"] == "completed", done
    data = app.client.get(f"/outputs/{done['id']}/{done['outputs'][0]['name']}").content
    with Image.open(io.BytesIO(data)) as picture:
        return {"data": data, "spec": json.loads(picture.info["figure"])["recipe"]["spec"]}


def export(app: RunningApp, character_id: str, **query: Any) -> bytes:
    answer = ask(app, "GET", f"/characters/{character_id}/bundle", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return answer.content


def send(app: RunningApp, data: bytes, **query: Any) -> httpx.Response:
    return ask(app, "POST", "/characters/import", files={"file": ("mia.zip", data)}, params=query)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return out.getvalue()


@pytest.fixture(scope="module")
def mia(influencer: RunningApp) -> dict[str, Any]:
    """A character with a face, a style, a costume, and two pictures, of which one is approved."""
    made = call(
        influencer,
        "POST",
        "/characters",
        json={
            "name": "Mia Müller",
            "bio": "She paints.",
            "age": 30,
            "interests": ["art"],
            "personality": {"humor": 0.9},
            "appearance": {"hair_color": "red", "face_reference_file_id": upload(influencer, png("#c08060"))},
            "costumes": {"gala": "silver gown"},
        },
    )
    style = {"name": "Ink", "prompt_prefix": "ink drawing", "is_default": True}
    call(influencer, "POST", f"/characters/{made['id']}/styles", json=style)
    first = draw(influencer, made["id"], prompt="in a park")
    draw(influencer, made["id"], prompt="at sea", costume="gala")
    library = call(influencer, "GET", "/content/library", params={"character_id": made["id"]})["items"]
    assert len(library) == 2
    call(influencer, "POST", "/content/library/batch/approve", json={"content_ids": [library[0]["id"]]})
    call(influencer, "POST", f"/content/library/{library[0]['id']}/tags", json={"tags": ["sea"]})
    return {**call(influencer, "GET", f"/characters/{made['id']}"), "first": first}


@pytest.fixture(scope="module")
def bundle(influencer: RunningApp, mia: dict[str, Any]) -> bytes:
    return export(influencer, mia["id"])


def test_a_bundle_has_everything_and_its_checksums(bundle: bytes, mia: dict[str, Any]) -> None:
    files = unpacked(bundle)
    manifest = json.loads(files["manifest.json"])
    assert manifest["format"] == "avatarforge-character"
    for file in manifest["files"]:
        assert hashlib.sha256(files[file["path"]]).hexdigest() == file["sha256"]
        assert len(files[file["path"]]) == file["size"]
    assert sorted(file["role"] for file in manifest["files"]) == ["content", "content", "reference"]
    assert set(files) == {
        "manifest.json",
        "character.json",
        "LICENCES.txt",
        *(file["path"] for file in manifest["files"]),
    }
    who = json.loads(files["character.json"])
    assert (who["name"], who["look_seed"], who["costumes"]) == (
        "Mia Müller",
        mia["look_seed"],
        mia["costumes"],
    )
    assert [style["name"] for style in who["styles"]] == ["Ink"]
    recipes = [
        file["content"]["generation_settings"]["recipe"] for file in manifest["files"] if "content" in file
    ]
    assert all(recipe["prompt"] and recipe["seed"] == mia["look_seed"] for recipe in recipes)
    assert "avatarforge-figure" in files["LICENCES.txt"].decode()


def test_only_what_is_approved_goes_along(influencer: RunningApp, mia: dict[str, Any]) -> None:
    def contents(which: str) -> int:
        files = unpacked(export(influencer, mia["id"], contents=which))
        return sum(name.startswith("contents/") for name in files)

    assert (contents("all"), contents("approved"), contents("none")) == (2, 1, 0)
    refused(influencer, "GET", f"/characters/{mia['id']}/bundle", 422, params={"contents": "some"})
    refused(influencer, "GET", "/characters/unknown/bundle", 404, "not_found")


def test_the_same_character_comes_back_under_an_id_of_its_own(
    influencer: RunningApp, mia: dict[str, Any], bundle: bytes
) -> None:
    found = read(send(influencer, bundle, name="Mia the second"))
    twin = found["character"]
    assert (found["new_id"], found["files"], found["skipped"]) == (True, 3, [])
    assert twin["id"] != mia["id"]
    assert twin["name"] == "Mia the second"
    for name in ("bio", "age", "interests", "personality", "costumes", "look_seed"):
        assert twin[name] == mia[name], name
    assert {name: one for name, one in twin["appearance"].items() if one is not None} == {"hair_color": "red"}
    assert twin["face_reference_file_id"] == mia["face_reference_file_id"]  # the same bytes are kept once
    assert [style["prompt_prefix"] for style in twin["styles"]] == ["ink drawing"]
    library = call(influencer, "GET", "/content/library", params={"character_id": twin["id"]})["items"]
    assert sorted(one["approval_status"] for one in library) == ["approved", "pending"]
    assert [one["tags"] for one in library if one["approval_status"] == "approved"] == [["sea"]]
    assert twin["picture_url"] in {one["file_url"] for one in library}
    again = draw(influencer, twin["id"], prompt="in a park")
    assert again["spec"] == mia["first"]["spec"]


def test_ids_that_are_free_are_kept_also_in_another_studio(
    influencer: RunningApp, mia: dict[str, Any], bundle: bytes, serve: Serve
) -> None:
    other = serve()
    other.wait_healthy()
    found = read(send(other, bundle))
    assert (found["new_id"], found["character"]["id"]) == (False, mia["id"])
    assert [one["id"] for one in found["character"]["styles"]] == [one["id"] for one in mia["styles"]]
    assert draw(other, mia["id"], prompt="in a park")["spec"] == mia["first"]["spec"]
    call(other, "DELETE", f"/characters/{mia['id']}")
    assert read(send(other, export(influencer, mia["id"])))["new_id"] is True


def test_what_was_found_for_open_traits_goes_along_where_no_engine_could_tell(
    influencer: RunningApp, mia: dict[str, Any], bundle: bytes, serve: Serve
) -> None:
    known = call(influencer, "GET", f"/characters/{mia['id']}")
    assert known["open_traits"]
    away = serve(STUDIO_ENGINE_URL="http://127.0.0.1:9")
    twin = read(send(away, bundle))["character"]
    assert (twin["look"], twin["open_traits"]) == (known["look"], known["open_traits"])
    # They are of this description; of another one they tell nothing.
    body = {"appearance": {"hair_color": "green"}}
    assert call(away, "PUT", f"/characters/{twin['id']}", json=body)["open_traits"] == {}


def changed(bundle: bytes, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> bytes:
    """The bundle with something changed, and a manifest that goes with it as far as `change` says."""
    files = unpacked(bundle)
    manifest = json.loads(files["manifest.json"])
    change(files, manifest)
    if "manifest.json" in files:
        files["manifest.json"] = json.dumps(manifest).encode()
    return packed(files)


def _flip(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    path = manifest["files"][0]["path"]
    files[path] = files[path][:-1] + b"?"


def _cut(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    path = manifest["files"][0]["path"]
    files[path] = files[path][:-5]


def _lose(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del files[manifest["files"][0]["path"]]


def _climb(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    old, new = manifest["files"][0]["path"], "contents/../../../evil.png"
    manifest["files"][0]["path"], files[new] = new, files.pop(old)


def _smuggle(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    files["../../evil.sh"] = b"rm"


def _who(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    files["character.json"] = files["character.json"].replace(b"Mia", b"Eve")


def _future(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["version"] = 2


def _nothing(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del files["manifest.json"]


def _bomb(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    files["contents/bomb.png"] = bytes(20 * 2**20)


def _deep(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    files["character.json"] = b"[" * 100_000
    manifest["character"] = hashlib.sha256(files["character.json"]).hexdigest()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_flip, "bundle_damaged"),
        (_cut, "bundle_damaged"),
        (_lose, "bundle_damaged"),
        (_climb, "bundle_unreadable"),
        (_smuggle, "bundle_unreadable"),
        (_who, "bundle_damaged"),
        (_future, "bundle_unreadable"),
        (_nothing, "bundle_unreadable"),
        (_bomb, "bundle_too_large"),
        (_deep, "bundle_unreadable"),
    ],
)
def test_what_was_tampered_with_is_refused_whole(
    influencer: RunningApp,
    bundle: bytes,
    change: Callable[[dict[str, bytes], dict[str, Any]], None],
    code: str,
) -> None:
    before = call(influencer, "GET", "/characters")["total"]
    status = 413 if code == "bundle_too_large" else 422
    error = read_refusal(send(influencer, changed(bundle, change)), status)
    assert error["details"]["code"] == code, error
    assert call(influencer, "GET", "/characters")["total"] == before


def test_poses_and_voices_go_along(influencer: RunningApp, recordings: dict[str, bytes]) -> None:
    made = call(influencer, "POST", "/characters", json={"name": "Vera"})
    path = f"/characters/{made['id']}"
    pose = call(
        influencer, "POST", f"{path}/poses", json={"name": "bow", "file_id": upload(influencer, png("black"))}
    )
    assert list(pose["poses"]) == ["bow"]
    place = put(influencer, "vera", recordings["woman"])
    call(influencer, "POST", f"{path}/voice/clone", json={"audio_path": place, "name": "Vera's voice"})
    twin = read(send(influencer, export(influencer, made["id"])))
    assert (twin["files"], twin["skipped"]) == (2, [])
    assert twin["character"]["poses"] == pose["poses"]
    voices = call(influencer, "GET", f"/characters/{twin['character']['id']}/voice/list")["voices"]
    assert [voice["name"] for voice in voices] == ["Vera's voice"]
    gone = call(influencer, "DELETE", f"{path}/poses/bow")
    assert gone["poses"] == {}
    refused(influencer, "DELETE", f"{path}/poses/bow", 404, "not_found")
    unknown = {"prompt": "x", "pose": "bow"}
    refused(influencer, "POST", f"{path}/generate/image", 404, "not_found", json=unknown)


def test_what_is_no_zip_is_refused(influencer: RunningApp, bundle: bytes) -> None:
    # A list of files so long that nobody should begin to read it, and one in the form that can say anything.
    end = bundle.rfind(b"PK\x05\x06")
    long = bundle[: end + 12] + (2**31).to_bytes(4, "little") + bundle[end + 16 :]
    large = bundle[:end] + b"PK\x06\x07" + bytes(16) + bundle[end:]
    for data in (b"", b"PK", b"x" * 1000, bundle[:-200], png("red"), long, large):
        answer = send(influencer, data)
        assert answer.status_code in {400, 413, 422}, answer.text
        read_refusal(answer, answer.status_code)
    assert ask(influencer, "POST", "/characters/import", content=b"{}").status_code in {400, 422}


def test_files_that_cannot_be_taken_over_are_told(influencer: RunningApp, bundle: bytes) -> None:
    def change(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
        told = next(file for file in manifest["files"] if file["role"] == "content")
        files[told["path"]] = b"no picture"
        told["size"], told["sha256"] = 10, hashlib.sha256(b"no picture").hexdigest()

    found = read(send(influencer, changed(bundle, change)))
    assert found["files"] == 2
    assert len(found["skipped"]) == 1
    assert re.match(r"contents/\S+: ", found["skipped"][0])
