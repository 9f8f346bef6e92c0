"""The content library over REST: what jobs make is kept, found, edited, decided, deleted and taken back."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.assembly import Studio
from studio.contents import Content
from tests.conftest import RunningApp
from tests.content_fixtures import keep, made, within
from tests.documents.contract import is_time
from tests.influencer_fixtures import (
    UNKNOWN_IDS,
    ask,
    call,
    influencer,
    read,
    refused,
)

__all__ = ["influencer", "within"]

DOCUMENTED = {
    *("id", "character_id", "character_name", "content_type", "content_category", "file_url", "file_path"),
    *("thumbnail_url", "file_size", "width", "height", "duration", "mime_type", "prompt", "negative_prompt"),
    *("generation_settings", "quality_score", "approval_status", "rejection_reason", "is_nsfw"),
    *("description", "tags", "folder_path", "times_used", "last_used_at", "created_at", "updated_at"),
}


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def listed(app: RunningApp, **wanted: Any) -> list[str]:
    return ids(call(app, "GET", "/content/library", params=wanted))


def get(app: RunningApp, content: Content) -> dict[str, Any]:
    return call(app, "GET", f"/content/library/{content.id}")


# ------------------------------------------------------------------ taking over


def test_what_a_job_makes_is_kept_under_the_same_id(influencer: RunningApp, within: Studio) -> None:
    job = made(within, "a knight, red cape", seed=7, negative_prompt="a horse")
    (output,) = job.outputs
    item = call(influencer, "GET", f"/content/library/{output.id}")
    assert set(item) >= DOCUMENTED
    assert item["file_url"] == f"/content/{output.id}.png"
    assert item["prompt"] == "a knight, red cape"
    assert item["negative_prompt"] == "a horse"
    assert item["generation_settings"]["seed"] == 7
    assert (item["width"], item["height"], item["job_id"]) == (128, 128, job.id)
    kept = influencer.storage / item["file_path"]
    original = influencer.storage / "outputs" / job.id / output.name
    assert kept.read_bytes() == original.read_bytes()
    assert kept.samefile(original), "it takes no room of its own"
    served = influencer.client.get(item["file_url"])
    assert served.content == original.read_bytes()
    assert served.headers["content-type"] == "image/png"


def test_other_families_keep_nothing_here(influencer: RunningApp, within: Studio) -> None:
    job = made(within, "a pirate", door="avatarforge")
    refused(influencer, "GET", f"/content/library/{job.outputs[0].id}", 404, "not_found")


def test_what_is_approved_outlives_its_job_and_the_rest_goes_with_it(
    influencer: RunningApp, within: Studio
) -> None:
    kept, lost = made(within, "a monk"), made(within, "a thief")
    approved, pending = kept.outputs[0].id, lost.outputs[0].id
    answer = call(influencer, "POST", "/content/library/batch/approve", json={"content_ids": [approved]})
    assert answer == {"approved": 1, "failed": 0, "total": 1, "failed_ids": []}
    within.jobs.delete(kept.id)
    within.jobs.delete(lost.id)
    assert influencer.client.get(f"/content/{approved}.png").status_code == 200
    refused(influencer, "GET", f"/content/library/{pending}", 404, "not_found")
    assert not (influencer.storage / "content" / f"{pending}.png").exists()


# ------------------------------------------------------------------------ files


def test_files_are_served_in_ranges(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path)
    whole = influencer.client.get(content.file_url)
    part = influencer.client.get(content.file_url, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{content.file_size}"
    again = influencer.client.get(content.file_url, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    assert influencer.client.head(content.file_url).headers["content-length"] == str(content.file_size)
    shown = influencer.client.get(
        f"/api/content/library/{content.id}/preview", headers={"Range": "bytes=0-4"}
    )
    assert shown.status_code == 206
    assert shown.headers["content-disposition"].startswith("inline")
    saved = influencer.client.get(f"/api/content/library/{content.id}/download")
    assert saved.content == whole.content
    assert saved.headers["content-disposition"] == f'attachment; filename="{content.name}"'
    assert get(influencer, content)["times_used"] == 1


@pytest.mark.parametrize("name", ["nothing.png", "..%2Favatarforge.db", "%2e%2e", "thumbnails", "a" * 300])
def test_no_other_file_is_served(influencer: RunningApp, within: Studio, name: str) -> None:
    answer = influencer.client.get(f"/content/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_small_pictures_are_about_as_wide_as_asked(
    influencer: RunningApp, within: Studio, tmp_path: Path
) -> None:
    content = keep(within, tmp_path, size=512)
    path = f"/api/content/library/{content.id}/preview"
    sizes = {}
    for width in (90, 300, 600):
        answer = influencer.client.get(path, params={"width": width})
        assert answer.status_code == 200
        sizes[width] = (answer.headers["content-type"], Image.open(io.BytesIO(answer.content)).width)
    assert sizes == {90: ("image/webp", 96), 300: ("image/webp", 320), 600: ("image/png", 512)}
    refused(influencer, "GET", f"/content/library/{content.id}/preview", 422, params={"width": 0})


def test_text_has_no_small_picture(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    (tmp_path / "caption.txt").write_text("<script>alert(1)</script> Grüße", "utf-8")
    content = within.contents.add(tmp_path / "caption.txt", media="text")
    shown = influencer.client.get(f"/api/content/library/{content.id}/preview")
    assert shown.text == "<script>alert(1)</script> Grüße"
    assert shown.headers["content-type"].startswith("text/plain")
    assert get(influencer, content)["thumbnail_url"] is None
    path = f"/content/library/{content.id}/preview"
    assert refused(influencer, "GET", path, 404, params={"width": 64})["details"]["code"] == "no_thumbnail"


# ---------------------------------------------------------------------- finding


def test_filters_and_orders(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    who = "a-character-of-this-test"
    one = keep(within, tmp_path, character_id=who, prompt="a knight under plum trees", tags=["spring"])
    two = keep(within, tmp_path, size=96, character_id=who, prompt="a sleeping cat", folder="/a/b")
    three = keep(within, tmp_path, character_id=who, prompt="Größe zählt", nsfw=True, folder="/a")
    within.contents.update(one.id, quality_score=9.0)
    within.contents.update(two.id, quality_score=4.0, description="on a plum")
    within.contents.approve([two.id])
    within.contents.reject([three.id], "too large")

    def found(**wanted: Any) -> list[str]:
        return listed(influencer, character_id=who, **wanted)

    assert found() == [three.id, two.id, one.id]
    assert found(sort="oldest") == [one.id, two.id, three.id]
    assert found(sort="quality") == [one.id, two.id, three.id]
    assert found(sort="size")[0] == two.id
    assert found(sort="name") == sorted([one.id, two.id, three.id])
    assert found(status="approved") == [two.id]
    assert found(type="video") == []
    assert found(q="plum") == [two.id, one.id]
    assert found(q="KNIGHT plum") == [one.id]
    assert found(q="grosse") == []
    assert found(q="grÖß") == [three.id]
    assert found(q="spring") == [one.id], "tags are searched, too"
    assert found(q=one.id[:8]) == [one.id]
    assert found(q="!?") == []
    assert found(tags="SPRING") == [one.id]
    assert found(tags="spring,autumn") == []
    assert found(folder="/a") == [three.id, two.id]
    assert found(folder="/a/b") == [two.id]
    assert found(min_quality=5) == [one.id]
    assert found(max_quality=5) == [two.id]
    assert found(nsfw=True) == [three.id]
    page = call(influencer, "GET", "/content/library", params={"character_id": who, "limit": 1, "offset": 1})
    assert (ids(page), page["total"], page["limit"], page["offset"]) == ([two.id], 3, 1, 1)
    assert (
        call(influencer, "GET", "/content/library", params={"character_id": who, "offset": 9})["items"] == []
    )


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"type": "hologram"}, {"status": "lost"}, {"sort": "x"}],
)
def test_what_cannot_be_asked_for_is_refused(influencer: RunningApp, wrong: dict[str, Any]) -> None:
    refused(influencer, "GET", "/content/library", 422, "validation_error", params=wrong)


def test_stats_sum_up(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    who = "counted"
    first = keep(within, tmp_path, character_id=who, tags=["a"], folder="/f")
    second = keep(within, tmp_path, character_id=who, tags=["a", "b"], nsfw=True)
    within.contents.approve([first.id])
    within.contents.update(second.id, quality_score=5)
    gone = keep(within, tmp_path, character_id=who)
    within.contents.delete([gone.id])
    stats = call(influencer, "GET", "/content/library/stats", params={"character_id": who})
    size = first.file_size + second.file_size
    assert stats == {
        "total": 2,
        "by_type": {"image": 2, "video": 0, "text": 0, "audio": 0},
        "by_approval_status": {"pending": 1, "approved": 1, "rejected": 0},
        "total_bytes": size,
        "bytes_by_type": {"image": size, "video": 0, "text": 0, "audio": 0},
        "average_quality_score": 5,
        "nsfw": 1,
        "by_character": [{"character_id": who, "character_name": None, "count": 2, "bytes": size}],
        "by_folder": {"/f": 1},
        "by_tag": {"a": 2, "b": 1},
    }
    everything = call(influencer, "GET", "/content/library/stats")
    assert everything["total"] == call(influencer, "GET", "/content/library")["total"]
    assert sum(row["count"] for row in everything["by_character"]) == everything["total"]


# A slash at the end leads to the address without it, here as everywhere.
@pytest.mark.parametrize("unknown", [one for one in UNKNOWN_IDS if not one.endswith("%2F")])
def test_unknown_ids_of_any_form_are_not_found(influencer: RunningApp, unknown: str) -> None:
    base = f"/content/library/{unknown}"
    for method, path, body in [
        ("GET", base, None),
        ("GET", f"{base}/preview", None),
        ("GET", f"{base}/download", None),
        ("GET", f"{base}/history", None),
        ("PUT", base, {"description": "x"}),
        ("DELETE", base, None),
        ("POST", f"{base}/restore", None),
        ("POST", f"{base}/tags", {"tags": ["x"]}),
        ("DELETE", f"{base}/tags", {"tags": ["x"]}),
        ("DELETE", f"/content/images/{unknown}", None),
    ]:
        refused(influencer, method, path, 404, "not_found", **({"json": body} if body else {}))


# --------------------------------------------------------------------- changing


def test_the_documents_update_works_as_printed(
    influencer: RunningApp, within: Studio, tmp_path: Path
) -> None:
    content = keep(within, tmp_path)
    body = {
        "description": "Updated description",
        "tags": ["tag1", "tag2"],
        "approval_status": "approved",
        "quality_score": 8.5,
        "folder_path": "/path/to/folder",
    }
    item = call(influencer, "PUT", f"/content/library/{content.id}", json=body)
    assert {name: item[name] for name in body} == body
    assert not (influencer.storage / "path").exists(), "a folder is a label"
    kept = call(influencer, "PUT", f"/content/library/{content.id}", json={"tags": None, "description": ""})
    assert (kept["tags"], kept["description"], kept["quality_score"]) == (["tag1", "tag2"], None, 8.5)
    assert listed(influencer, q="updated", folder="/path/to/folder") == []
    assert listed(influencer, folder="/path/to") == [content.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality_score": 11},
        {"approval_status": "maybe"},
        {"tags": "one"},
        {"tags": ["x" * 101]},
        {"folder_path": "a\x00b"},
        {"tags": ["a\u0007"]},
        [],
    ],
)
def test_a_bad_update_changes_nothing(
    influencer: RunningApp, within: Studio, tmp_path: Path, wrong: Any
) -> None:
    content = keep(within, tmp_path, tags=["old"])
    body = {"description": "new", **wrong} if isinstance(wrong, dict) else wrong
    refused(influencer, "PUT", f"/content/library/{content.id}", 422, "validation_error", json=body)
    item = get(influencer, content)
    assert (item["description"], item["tags"]) == (None, ["old"])


def test_tags_by_body_or_query(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path)
    path = f"/content/library/{content.id}/tags"
    added = call(influencer, "POST", path, json={"tags": ["tag1", "tag2", "tag3", "TAG1", " two  words "]})
    assert added["tags"] == ["tag1", "tag2", "tag3", "two words"]
    assert call(influencer, "DELETE", path, json={"tags": ["tag1"]})["tags"] == ["tag2", "tag3", "two words"]
    assert call(influencer, "DELETE", path, params={"tags": "tag2,two words,never"})["tags"] == ["tag3"]
    refused(influencer, "DELETE", path, 422, "validation_error")
    refused(influencer, "POST", path, 422, "validation_error", json={"tags": []})


def test_decisions_have_a_history(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path)
    chosen = {"content_ids": [content.id, "uuid2"]}
    for _ in range(2):  # saying it twice is one decision
        answer = call(influencer, "POST", "/content/library/batch/approve", json=chosen)
        assert answer == {"approved": 1, "failed": 1, "total": 2, "failed_ids": ["uuid2"]}
    answer = call(
        influencer,
        "POST",
        "/content/library/batch/reject",
        json={**chosen, "rejection_reason": "six fingers"},
    )
    assert (answer["rejected"], answer["failed"]) == (1, 1)
    item = get(influencer, content)
    assert (item["approval_status"], item["rejection_reason"]) == ("rejected", "six fingers")
    item = call(influencer, "PUT", f"/content/library/{content.id}", json={"approval_status": "pending"})
    assert (item["approval_status"], item["rejection_reason"]) == ("pending", None)
    history = call(influencer, "GET", f"/content/library/{content.id}/history")
    assert [(line["action"], line["reason"]) for line in history["history"]] == [
        ("approved", None),
        ("rejected", "six fingers"),
        ("pending", None),
    ]


# --------------------------------------------------------------------- deleting


def test_a_deletion_is_taken_back(influencer: RunningApp, within: Studio) -> None:
    job = made(within, "a smith")
    content = within.contents.get(job.outputs[0].id)
    call(influencer, "POST", f"/content/library/{content.id}/tags", json={"tags": ["iron"]})
    gone = call(influencer, "DELETE", f"/content/library/{content.id}")
    assert gone["id"] == content.id
    assert gone["deleted"] is True
    assert is_time(gone["restorable_until"])
    refused(influencer, "GET", f"/content/library/{content.id}", 404)
    refused(influencer, "DELETE", f"/content/library/{content.id}", 404)
    assert influencer.client.get(content.file_url).status_code == 404
    assert within.gallery.page().items == () or content.id not in [
        one.id for one in within.gallery.page().items
    ]
    assert listed(influencer, deleted=True)[0] == content.id
    again = call(influencer, "POST", f"/content/library/{content.id}/restore")
    assert again["tags"] == ["iron"]
    assert again["deleted_at"] is None
    assert within.gallery.page().items[0].id == content.id, "it is back in the gallery, too"
    lines = call(influencer, "GET", f"/content/library/{content.id}/history")["history"]
    assert [line["action"] for line in lines] == ["deleted", "restored"]


def test_what_is_deleted_in_the_gallery_leaves_the_library(influencer: RunningApp, within: Studio) -> None:
    pending, approved = (made(within, words).outputs[0].id for words in ("a cook", "a queen"))
    within.contents.approve([approved])
    within.gallery.delete([pending, approved])
    refused(influencer, "GET", f"/content/library/{pending}", 404)
    call(influencer, "GET", f"/content/library/{approved}")
    within.gallery.undelete([pending])
    call(influencer, "GET", f"/content/library/{pending}")


def test_a_hard_deletion_takes_the_files_along(influencer: RunningApp, within: Studio) -> None:
    job = made(within, "a baker")
    output = job.outputs[0]
    kept = influencer.storage / "content" / f"{output.id}.png"
    influencer.client.get(f"/api/content/library/{output.id}/preview", params={"width": 64})
    assert list(kept.parent.glob(f"thumbnails/{output.id}*"))
    body = {"content_ids": [output.id, "x"], "hard_delete": True}
    answer = call(influencer, "POST", "/content/library/batch/delete", json=body)
    assert (answer["deleted"], answer["failed"], answer["restorable_until"]) == (1, 1, None)
    assert not kept.exists()
    assert not list(kept.parent.glob(f"thumbnails/{output.id}*"))
    assert not (influencer.storage / "outputs" / job.id / output.name).exists()
    refused(influencer, "POST", f"/content/library/{output.id}/restore", 404)


def test_batches_are_bounded(influencer: RunningApp) -> None:
    for verb in ("approve", "reject", "delete", "restore", "download"):
        for body in ({"content_ids": []}, {"content_ids": "x"}, {}, {"content_ids": ["x"] * 1001}):
            refused(influencer, "POST", f"/content/library/batch/{verb}", 422, "validation_error", json=body)


def test_a_zip_has_files_by_type_and_a_manifest(
    influencer: RunningApp, within: Studio, tmp_path: Path
) -> None:
    first, second = keep(within, tmp_path), keep(within, tmp_path)
    body = {"content_ids": [first.id, "unknown", second.id]}
    answer = ask(influencer, "POST", "/content/library/batch/download", json=body)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["count"] == 2
        for told, content in zip(manifest["files"], (first, second), strict=True):
            assert (told["id"], told["type"], told["path"]) == (
                content.id,
                "image",
                f"images/{content.name}",
            )
            assert archive.read(told["path"]) == within.contents.path(content).read_bytes()
    body = {"content_ids": ["unknown"]}
    refused(influencer, "POST", "/content/library/batch/download", 404, "not_found", json=body)


# ----------------------------------------------------------------------- images


def test_images_are_listed_in_both_forms(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path, prompt="a heron in the reeds")
    answer = ask(influencer, "GET", "/content/images", params={"q": "heron"})
    body = answer.json()
    assert body["data"] == {name: body[name] for name in ("items", "total", "limit", "offset")}
    assert body["success"] is True
    assert (body["total"], body["limit"], body["offset"]) == (1, 48, 0)
    assert body["items"][0]["filename"] == content.name
    assert body["items"][0]["content_id"] == content.id
    names = [one["filename"] for one in ask(influencer, "GET", "/content/images?sort=name").json()["items"]]
    assert names == sorted(names)
    refused(influencer, "GET", "/content/images", 422, params={"limit": 501})
    assert ask(influencer, "GET", "/content/images", params={"limit": 500}).status_code == 200


def test_images_are_deleted_by_their_names(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    one, two, three = (keep(within, tmp_path) for _ in range(3))
    gone = call(influencer, "DELETE", f"/content/images/{one.name}")
    assert (gone["filename"], gone["deleted"], gone["content_id"]) == (one.name, True, one.id)
    refused(influencer, "DELETE", f"/content/images/{one.name}", 404)
    refused(influencer, "DELETE", "/content/images/download", 404, "not_found")
    body = {"filenames": [two.name, "image2.png", three.name]}
    answer = call(influencer, "POST", "/content/images/delete", json=body)
    assert (answer["deleted"], answer["failed"], answer["total"]) == (2, 1, 3)
    assert answer["failed_filenames"] == ["image2.png"]
    call(influencer, "POST", "/content/library/batch/restore", json={"content_ids": [one.id, two.id]})
    assert get(influencer, two)["id"] == two.id
    refused(influencer, "POST", "/content/images/delete", 422, json={"filenames": []})


def test_images_are_downloaded_by_name_or_all(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    one, two = keep(within, tmp_path), keep(within, tmp_path)
    answer = ask(influencer, "GET", "/content/images/download", params={"filenames": f"{one.name},x.png"})
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == [f"images/{one.name}", "manifest.json"]
    everything = ask(influencer, "GET", "/content/images/download")
    assert f"images/{two.name}" in zipfile.ZipFile(io.BytesIO(everything.content)).namelist()
    refused(influencer, "GET", "/content/images/download", 404, "not_found", params={"filenames": "x.png"})


def test_a_clean_up_spares_what_is_approved(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    old, kept, fresh = (keep(within, tmp_path) for _ in range(3))
    within.contents.approve([kept.id])
    past = time.time() - 40 * 86_400
    with within.database.write() as connection:
        connection.execute("UPDATE contents SET created_at = ? WHERE id IN (?, ?)", (past, old.id, kept.id))
    orphan = influencer.storage / "content" / "left-behind.png"
    broken = influencer.storage / "temp" / "0123456789abcdef"
    for path in (orphan, broken):
        path.write_bytes(b"x" * 100)
        os.utime(path, (past, past))
    (influencer.storage / "content" / "just-now.png").write_bytes(b"y")
    would = call(influencer, "POST", "/content/images/cleanup", json={"dry_run": True})
    assert would["dry_run"] is True
    assert (would["deleted"], would["skipped"]) == (3, 1)
    assert would["by_kind"]["old"] == {"count": 1, "bytes": old.file_size}
    assert would["freed_bytes"] == old.file_size + 200
    assert orphan.exists()
    assert broken.exists()
    assert get(influencer, old)
    only = call(influencer, "POST", "/content/images/cleanup", json={"kinds": ["temporary"]})
    assert (only["deleted"], only["freed_bytes"]) == (1, 100)
    assert not broken.exists()
    assert orphan.exists()
    done = call(influencer, "POST", "/content/images/cleanup")
    assert (done["deleted"], done["older_than_days"]) == (2, 30)
    assert not orphan.exists()
    assert (influencer.storage / "content" / "just-now.png").exists()
    refused(influencer, "GET", f"/content/library/{old.id}", 404)
    assert get(influencer, kept)
    assert get(influencer, fresh)
    for wrong in ({"older_than_days": 0}, {"older_than_days": 3651}, {"kinds": ["all"]}):
        refused(influencer, "POST", "/content/images/cleanup", 422, json=wrong)


def test_two_who_tag_at_once_lose_nothing(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path)
    path = f"/content/library/{content.id}/tags"

    def add(part: int) -> None:
        for number in range(5):
            read(ask(influencer, "POST", path, json={"tags": [f"tag {part} {number}"]}))

    threads = [threading.Thread(target=add, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(get(influencer, content)["tags"]) == 15
