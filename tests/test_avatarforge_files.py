"""Uploaded files over the API: dedupe, look-up, download, every way to delete, and coming back."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.documents.contract import (
    FILE_DELETED,
    HASH_FOUND,
    HASH_MISSED,
    INVALID,
    PREFIX,
    PROBLEM,
    UPLOAD,
    check_shape,
)

SMALL: dict[str, Any] = {"width": 64, "height": 64}
WEIRD_IDS = [
    "abc-123",
    "00000000-0000-0000-0000-000000000000",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "..",
    "%2e%2e",
    "..%5c..%5cavatarforge.db",
    "a%20b",
    "%0d%0aSet-Cookie:%20a=b",
    "%F0%9F%98%80",
    "*",
    "'%20OR%201=1--",
    "x" * 3000,
    "~root",
    "C:",
    "null",
]


def picture(kind: str = "PNG", width: int = 96, height: int = 80) -> bytes:
    """A picture that no other test has."""
    made = io.BytesIO()
    Image.frombytes("RGB", (width, height), os.urandom(width * height * 3)).save(made, kind)
    return made.getvalue()


def upload(
    app: RunningApp, content: bytes, name: str = "pose.png", route: str = "pose_image"
) -> httpx.Response:
    return app.client.post(f"{PREFIX}/upload/{route}", files={"file": (name, content)})


def uploaded(app: RunningApp, content: bytes | None = None, **more: str) -> dict:
    answer = upload(app, content or picture(), **more)
    assert answer.status_code == 200, answer.text
    check_shape(answer.json(), UPLOAD)
    return answer.json()


def by_hash(app: RunningApp, content: bytes) -> dict:
    answer = app.client.get(f"{PREFIX}/files/hash/{hashlib.sha256(content).hexdigest()}")
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(
    ("kind", "name", "mime_type"),
    [
        ("PNG", "a.png", "image/png"),
        ("JPEG", "a.jpg", "image/jpeg"),
        ("JPEG", "a.jpeg", "image/jpeg"),
        ("WEBP", "a.webp", "image/webp"),
        ("PNG", "named-wrongly.jpg", "image/png"),
    ],
)
def test_every_documented_format_is_taken_by_its_content(
    app: RunningApp, kind: str, name: str, mime_type: str
) -> None:
    content = picture(kind)
    for route, duplicate in (("reference_image", False), ("pose_image", True)):
        found = uploaded(app, content, name=name, route=route)
        assert found["is_duplicate"] is duplicate  # both routes share what they hold
        assert (found["mime_type"], found["filename"], found["size"]) == (mime_type, name, len(content))
        assert found["dimensions"] == {"width": 96, "height": 80}
        assert found["content_hash"] == hashlib.sha256(content).hexdigest()
        assert found["url"] == f"/files/{found['file_id']}"
    download = app.client.get(found["url"])
    assert (download.content, download.headers["content-type"]) == (content, mime_type)
    # Proxies serve the folder itself under the address.
    assert (app.storage / "files" / found["file_id"]).read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"no picture at all",
        b"",
        picture("GIF"),
        picture("PNG", 63, 64),
        picture("PNG", 64, 63),
        picture("PNG", 4097, 64),
        picture("JPEG")[:-900],
    ],
    ids=["text", "empty", "gif", "narrow", "low", "wide", "cut"],
)
def test_refused_upload_says_the_documented_words(app: RunningApp, content: bytes) -> None:
    for route in ("pose_image", "reference_image"):
        answer = upload(app, content, route=route)
        assert answer.status_code == 400, answer.text
        check_shape(answer.json(), INVALID)
        assert answer.json()["detail"].startswith("Invalid image file")
    assert by_hash(app, content)["exists"] is False


def test_upload_over_50_mb_says_the_documented_words(app: RunningApp) -> None:
    answer = upload(app, bytes(52_428_801))
    assert answer.status_code == 413
    check_shape(answer.json(), PROBLEM)
    assert answer.json()["detail"].startswith("File too large")


@pytest.mark.parametrize(("width", "height"), [(64, 64), (4096, 64), (64, 4096)])
def test_pictures_at_the_limits_are_taken(app: RunningApp, width: int, height: int) -> None:
    found = uploaded(app, picture("PNG", width, height))
    assert found["dimensions"] == {"width": width, "height": height}


def test_upload_without_a_file_is_a_400(app: RunningApp) -> None:
    for files in ({"image": ("a.png", picture())}, {"file": (None, b"")}):
        answer = app.client.post(f"{PREFIX}/upload/pose_image", files=files)
        assert answer.status_code == 400, answer.text
        check_shape(answer.json(), PROBLEM)


def test_hash_is_looked_up_in_any_case_and_a_miss_is_200(app: RunningApp) -> None:
    content = picture()
    check_shape(by_hash(app, content), HASH_MISSED)
    found = uploaded(app, content, name="known.png")
    check_shape(by_hash(app, content), HASH_FOUND | {"message": "File exists: known.png"})
    upper = app.client.get(f"/files/hash/{found['content_hash'].upper()}").json()
    assert upper["file_id"] == found["file_id"]
    for odd in WEIRD_IDS:
        answer = app.client.get(f"{PREFIX}/files/hash/{odd}")
        if odd in ("..", "%2e%2e"):
            continue  # the client itself takes these out of the path
        assert (answer.status_code, answer.json()["exists"]) == (200, False), odd


@pytest.mark.parametrize("odd", WEIRD_IDS)
def test_unknown_ids_of_any_form_are_404(app: RunningApp, odd: str) -> None:
    for method, path in (
        ("GET", f"files/{odd}"),
        ("HEAD", f"files/{odd}"),
        ("DELETE", f"files/{odd}"),
        ("DELETE", f"files/{odd}?force=true"),
        ("GET", f"generations/{odd}"),
        ("DELETE", f"generations/{odd}"),
        ("GET", f"outputs/{odd}/output.png"),
        ("GET", f"outputs/00000000-0000-0000-0000-000000000000/{odd}"),
    ):
        answer = app.client.request(method, f"{PREFIX}/{path}")
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
        if method != "HEAD":
            check_shape(answer.json(), PROBLEM)
    body = {"prompt": "a knight", "pose_file_id": odd}
    answer = app.client.post(f"{PREFIX}/generate/avatar", json=body)
    assert answer.status_code == 404, answer.text
    assert answer.json()["detail"].startswith("File not found")


# ------------------------------------------------------------------- downloads


def test_download_answers_head_ranges_and_what_is_known(app: RunningApp) -> None:
    content = picture()
    found = uploaded(app, content)
    for url in (found["url"], PREFIX + found["url"]):
        whole = app.client.get(url)
        assert whole.content == content
        etag = whole.headers["etag"]
        assert etag == f'"{found["content_hash"]}"'
        assert whole.headers["x-content-type-options"] == "nosniff"

        head = app.client.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(content))
        assert head.headers["content-type"] == "image/png"

        part = app.client.get(url, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, content[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
        tail = app.client.get(url, headers={"Range": "bytes=-5"})
        assert (tail.status_code, tail.content) == (206, content[-5:])
        beyond = app.client.get(url, headers={"Range": f"bytes={len(content)}-"})
        assert beyond.status_code == 416
        stale = app.client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"something else"'})
        assert (stale.status_code, stale.content) == (200, content)

        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            same = app.client.get(url, headers={"If-None-Match": known})
            assert (same.status_code, same.content) == (304, b""), known
            assert same.headers["etag"] == etag
        changed = app.client.get(url, headers={"If-None-Match": '"other"'})
        assert (changed.status_code, changed.content) == (200, content)


# -------------------------------------------------------------------- deleting


def test_file_that_nobody_uses_is_removed(app: RunningApp) -> None:
    content = picture()
    found = uploaded(app, content)
    answer = app.client.delete(f"{PREFIX}/files/{found['file_id']}")
    assert answer.status_code == 200
    check_shape(answer.json(), FILE_DELETED | {"file_id": found["file_id"], "deleted": "hard"})
    assert not (app.storage / "files" / found["file_id"]).exists()
    assert app.client.get(found["url"]).status_code == 404
    assert by_hash(app, content)["exists"] is False
    assert app.client.delete(f"{PREFIX}/files/{found['file_id']}").status_code == 404


def test_file_in_use_is_deleted_softly_and_comes_back_under_its_id(app: RunningApp) -> None:
    content = picture()
    found = uploaded(app, content)
    used = app.generate(pose_file_id=found["file_id"], **SMALL)
    answer = app.client.delete(f"{PREFIX}/files/{found['file_id']}")
    check_shape(answer.json(), FILE_DELETED | {"deleted": "soft"})
    assert app.client.get(found["url"]).status_code == 404
    assert by_hash(app, content)["exists"] is False
    again = app.client.post("/generate/avatar", json={"prompt": "a", "pose_file_id": found["file_id"]})
    assert again.status_code == 404
    # The generation that holds it goes on, and can be read.
    assert app.wait(used["generation_id"])["status"] == "completed"

    revived = uploaded(app, content, name="other.png")
    assert (revived["file_id"], revived["is_duplicate"]) == (found["file_id"], True)
    assert app.client.get(found["url"]).content == content

    app.client.delete(f"{PREFIX}/generations/{used['generation_id']}")
    # Given back, yet not removed: only the clean-up or its owner does that.
    assert app.client.get(found["url"]).content == content
    check_shape(app.client.delete(found["url"]).json(), FILE_DELETED | {"deleted": "hard"})


def test_forced_delete_removes_the_bytes_and_leaves_generations_readable(app: RunningApp) -> None:
    content = picture()
    found = uploaded(app, content)
    used = app.generate(reference_file_id=found["file_id"], **SMALL)
    done = app.wait(used["generation_id"])
    answer = app.client.delete(f"{PREFIX}/files/{found['file_id']}", params={"force": "true"})
    check_shape(answer.json(), FILE_DELETED | {"deleted": "hard"})
    assert not (app.storage / "files" / found["file_id"]).exists()
    assert app.client.get(found["url"]).status_code == 404
    assert by_hash(app, content)["exists"] is False
    assert app.client.get(f"/generations/{used['generation_id']}").json() == done
    assert app.client.get(done["output_files"][0]["url"]).status_code == 200
    back = uploaded(app, content)
    assert (back["file_id"], back["is_duplicate"]) == (found["file_id"], True)
    assert app.client.get(found["url"]).content == content


# ---------------------------------------------------------------------- legacy


@pytest.mark.parametrize("form", ["plain", "data-url", "lines", "url-safe", "no padding"])
def test_legacy_pictures_are_stored_once_like_uploads(app: RunningApp, form: str) -> None:
    content = picture("WEBP")
    text = base64.b64encode(content).decode()
    sent = {
        "plain": text,
        "data-url": f"data:image/webp;base64,{text}",
        "lines": "\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        "url-safe": base64.urlsafe_b64encode(content).decode(),
        "no padding": text.rstrip("="),
    }[form]
    started = app.generate(pose_image=sent, reference_image=sent, **SMALL)
    found = by_hash(app, content)
    assert found["exists"] is True
    assert app.client.get(f"/files/{found['file_id']}").content == content
    # It is held like any other file.
    check_shape(app.client.delete(f"/files/{found['file_id']}").json(), {"deleted": "soft"})
    app.client.delete(f"/generations/{started['generation_id']}")


def test_file_id_wins_over_legacy_and_empty_legacy_is_absent(app: RunningApp) -> None:
    found = uploaded(app)
    content = picture()
    for members in (
        {"pose_file_id": found["file_id"], "pose_image": "this is not base64 !"},
        {"pose_file_id": None, "pose_image": "", "reference_image": None},
        {"pose_file_id": "", "pose_image": base64.b64encode(content).decode()},
    ):
        started = app.generate(**members, **SMALL)
        app.client.delete(f"/generations/{started['generation_id']}")
    assert by_hash(app, content)["exists"] is True


@pytest.mark.parametrize(
    "text",
    [
        "this is not base64 !",
        "data:image/png;base64,",
        "data:",
        base64.b64encode(b"no picture").decode(),
        "é",
    ],
)
def test_broken_legacy_picture_is_a_400(app: RunningApp, text: str) -> None:
    for member in ("pose_image", "reference_image"):
        answer = app.client.post("/generate/avatar", json={"prompt": "a knight", member: text})
        assert answer.status_code == 400, answer.text
        check_shape(answer.json(), INVALID)
        assert answer.json()["detail"].startswith("Invalid image file")
