"""Kept faces: taken from pictures, held against the clean-up, compared where models are, and followed."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import face_models
from studio.errors import StudioError
from studio.faces import Faces
from studio.jobs import Jobs
from studio.models import Models
from studio.request import AvatarRequest
from studio.workflows import Workflow
from tests.conftest import RunningApp
from tests.fake_hub import Hub, running_hub
from tests.influencer_fixtures import call, picture, refused, until
from tests.library_facts import every_model, server_info
from tests.onnx_files import detector, recognizer
from tests.served import served
from tests.studio_fixtures import StandInServer, noise_png, open_jobs, png

FACES = "/generate/face-embedding"
YUNET = f"opencv/face_detection_yunet/{face_models.YUNET}"
SFACE = f"opencv/face_recognition_sface/{face_models.SFACE}"
DAY_S = 86_400.0


def white_square(left: int = 96, colour: str = "black", shade: str = "white") -> bytes:
    """What the tiny detector takes for one face, on a ground of some colour."""
    image = Image.new("RGB", (320, 256), colour)
    image.paste(shade, (left, 96, left + 32, 128))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def install(folder: Path) -> None:
    """Put the tiny models where the real ones would be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / face_models.YUNET).write_bytes(detector())
    (folder / face_models.SFACE).write_bytes(recognizer())


def extract(faces: Faces, data: bytes, **more: Any) -> Any:
    stored = faces.files.store_bytes(data, "face.png")
    return faces.extract(path=f"files/{stored.id}", **more)


# ------------------------------------------------------------------- without models


def test_a_face_is_kept_for_as_long_as_nobody_deletes_it(tmp_path: Path) -> None:
    faces = Faces(open_jobs(tmp_path))
    face = extract(faces, png("red", 128), name="Red", method="instantid")
    other = faces.files.store_bytes(png("blue", 128), "other.png")
    assert (face.name, face.method, face.vector, face.finder) == (
        "Red",
        "instantid",
        None,
        face_models.CASCADES,
    )
    later = time.time() + 9999 * DAY_S
    assert faces.files.sweep(later).files == 1
    assert faces.picture(face) is not None
    assert faces.files.path_if_there(other.id) is None
    assert faces.files.delete(face.file_id) == "soft"
    faces.files.sweep(later)
    assert faces.check(faces.get(face.id)).is_valid  # what is deleted for others still serves it
    faces.delete(face.id)
    assert faces.files.sweep(later).files == 1
    with pytest.raises(StudioError) as refusal:
        faces.get(face.id)
    assert refusal.value.code == "embedding_not_found"


def test_what_speaks_against_a_face_is_said(tmp_path: Path) -> None:
    faces = Faces(open_jobs(tmp_path))
    face = extract(faces, png("red", 128))
    checked = faces.check(face)
    assert checked.is_valid
    assert any("No face was found" in warning for warning in checked.warnings)
    assert checked.metadata["width"] == 128
    faces.files.delete(face.file_id, force=True)
    checked = faces.check(face)
    assert not checked.is_valid
    assert "deleted" in checked.errors[0]


# ------------------------------------------------------------------------ with models


def test_models_find_faces_and_tell_them_apart(tmp_path: Path) -> None:
    faces = Faces(open_jobs(tmp_path))
    install(faces.settings.storage_path / "models" / face_models.FOLDER)
    face = extract(faces, white_square())
    assert face.finder == "YuNet"
    [found] = face.faces
    middle = found["x"] + found["width"] / 2, found["y"] + found["height"] / 2
    assert middle == pytest.approx((112, 112), abs=2)
    vector = np.frombuffer(face.vector, np.float32)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)
    same = extract(faces, white_square(left=160))
    reddish = extract(faces, white_square(colour="#900000"))
    alike = faces.alike(face)
    assert [one.face.id for one in alike] == [same.id, reddish.id]
    assert alike[0].similarity == pytest.approx(1, abs=1e-3)
    assert alike[0].is_same
    assert alike[1].similarity < alike[0].similarity
    assert faces.check(face).warnings == ()
    assert any(
        "2 faces" in one
        for one in faces.check(dataclasses.replace(face, faces=[*face.faces, *face.faces])).warnings
    )


def test_faces_from_before_the_models_get_their_vector_later(tmp_path: Path) -> None:
    faces = Faces(open_jobs(tmp_path))
    face = extract(faces, white_square())
    assert face.vector is None
    assert faces.alike(face) == []
    install(faces.settings.storage_path / "models" / face_models.FOLDER)
    face = faces.complete(face)
    assert face.vector is not None
    assert face == faces.get(face.id)
    assert faces.complete(face) == face


def test_a_broken_model_is_as_good_as_none(tmp_path: Path) -> None:
    faces = Faces(open_jobs(tmp_path))
    folder = faces.settings.storage_path / "models" / face_models.FOLDER
    install(folder)
    (folder / face_models.YUNET).write_bytes(b"\x08\x07nothing")
    face = extract(faces, white_square())
    assert (face.finder, face.vector) == (face_models.CASCADES, None)


# ---------------------------------------------------------------------------- following


def follow(jobs: Jobs, method: Any) -> AvatarRequest:
    faces = Faces(jobs)
    face = extract(faces, noise_png(1, 128))
    return faces.follow(AvatarRequest(prompt="a knight", reference_file_id=face.file_id), method)


def test_a_server_follows_a_face_by_the_workflow_of_that_manner(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, StandInServer(info=server_info(every_model(), custom=True)))
    for method in ("ip-adapter", "ip-adapter-plus"):
        assert follow(jobs, method).workflow == "checkpoint_ipadapter"
    methods = Faces(jobs).methods()
    assert methods == dict.fromkeys(("ip-adapter", "ip-adapter-plus"), "checkpoint_ipadapter")
    with pytest.raises(StudioError) as refusal:
        follow(jobs, "instantid")
    assert refusal.value.code == "face_method_impossible"
    assert "no workflow" in refusal.value.message


def test_a_server_without_the_nodes_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, StandInServer(info=server_info(every_model())))
    assert Faces(jobs).methods() == {}
    with pytest.raises(StudioError) as refusal:
        follow(jobs, "ip-adapter")
    assert refusal.value.code == "face_method_impossible"
    assert "IPAdapter" in refusal.value.message


def test_workflows_of_ones_own_bring_their_manner(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, StandInServer(info=server_info(every_model(), custom=True)))
    known = jobs.library["checkpoint_ipadapter"]
    graph = {
        **known.graph,
        "90": {"class_type": "ApplyInstantID", "inputs": {}},
    }
    mine = Workflow("mine", known.manifest, graph, known.checkpoints)
    jobs.library["mine"] = mine
    assert Faces(jobs).workflows("instantid") == ["mine"]
    assert Faces(jobs).workflows("ip-adapter") == ["checkpoint_ipadapter"]
    with pytest.raises(StudioError) as refusal:
        follow(jobs, "instantid")
    assert "ApplyInstantID" in refusal.value.message


def test_the_embedded_engine_follows_all_of_them_in_its_one_way(tmp_path: Path) -> None:
    info = None  # still starting: what it can do is known
    jobs = open_jobs(tmp_path, StandInServer("embedded", info))
    for method in ("ip-adapter", "faceid"):
        request = follow(jobs, method)
        assert request.workflow is None
        assert jobs.preflight(request).workflow == "embedded"
    assert set(Faces(jobs).methods()) == {"ip-adapter", "ip-adapter-plus", "instantid", "faceid"}


# ------------------------------------------------------------------------------ over REST


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        running.files[YUNET], running.files[SFACE] = detector(), recognizer()
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Iterator[RunningApp]:
    with served(tmp_path_factory.mktemp("faces"), HF_ENDPOINT=hub.url, ALLOW_INSTALL="true") as running:
        running.wait_healthy()
        yield running


def test_a_face_is_followed_and_what_that_means_is_said(app: RunningApp) -> None:
    done = picture(app, prompt="woman with red hair", width=192, height=192)
    asked = {"image_url": done["result"]["image_url"], "name": "Hers", "method": "ip_adapter_plus"}
    face = call(app, "POST", f"{FACES}/extract", json=asked)
    assert (face["name"], face["method"], face["status"]) == ("Hers", "ip-adapter-plus", "ready")
    stored = app.client.get(face["image_url"])
    assert (stored.status_code, len(stored.content)) == (200, face["image_size"])
    for method in ("ip_adapter", "IP-Adapter", "instantid", None):
        shown = picture(app, face_embedding_id=face["embedding_id"], face_consistency_method=method)
        assert any("no face models" in note for note in shown["notes"])
    without = picture(app, face_consistency_method="faceid")
    assert any("No face was given" in note for note in without["notes"])
    assert picture(app)["notes"] == []


def test_a_character_brings_its_own_face(app: RunningApp) -> None:
    path = picture(app)["result"]["image_path"]
    body = {"name": "Una", "appearance": {"face_reference_image_path": path}}
    character = call(app, "POST", "/characters", json=body)["id"]
    done = picture(app, character_id=character, face_consistency_method="ip-adapter")
    assert any("no face models" in note for note in done["notes"])


def test_models_come_from_the_hub_and_health_says_what_there_is(app: RunningApp) -> None:
    path = app.storage / "square.png"
    path.write_bytes(white_square())
    face = call(app, "POST", f"{FACES}/extract", json={"image_path": "square.png"})
    before = call(app, "GET", f"{FACES}/health")
    assert (before["status"], before["vectors"], before["finder"]) == (
        "degraded",
        False,
        face_models.CASCADES,
    )
    assert face_models.YUNET in before["message"]
    for name in (face_models.YUNET, face_models.SFACE):
        call(app, "POST", "/models/install", json={"model_id": name})
    until(lambda: all(call(app, "GET", f"{FACES}/health")["models"].values()))
    after = call(app, "GET", f"{FACES}/health")
    assert (after["status"], after["vectors"], after["finder"], after["message"]) == (
        "healthy",
        True,
        "YuNet",
        None,
    )
    other = call(app, "POST", f"{FACES}/extract", json={"image_path": "square.png", "name": "again"})
    assert other["has_vector"]
    found = call(app, "GET", f"{FACES}/{face['embedding_id']}")
    assert found["has_vector"]  # completed, now that it can be
    assert found["similar"][0]["embedding_id"] == other["embedding_id"]
    assert found["similar"][0]["is_same_person"] is True


def test_faces_are_listed_newest_first_and_deleted(app: RunningApp) -> None:
    (app.storage / "plain.png").write_bytes(png("green", 100))
    made = [
        call(app, "POST", f"{FACES}/extract", json={"image_path": "plain.png", "name": name})["embedding_id"]
        for name in ("a", "b")
    ]
    page = call(app, "GET", f"{FACES}/list", params={"limit": 2})
    assert [one["embedding_id"] for one in page["items"]] == made[::-1]
    assert page["total"] == call(app, "GET", f"{FACES}/health")["embeddings_count"]
    assert call(app, "DELETE", f"{FACES}/{made[0]}") == {"embedding_id": made[0], "deleted": True}
    for method in ("GET", "DELETE"):
        refused(app, method, f"{FACES}/{made[0]}", 404, "not_found")
    (app.storage / "broken.png").write_bytes(b"\x89PNG")
    refused(app, "POST", f"{FACES}/extract", 400, "validation_error", json={"image_path": "broken.png"})
    refused(app, "POST", f"{FACES}/extract", 422, "validation_error", json={"method": "ip-adapter"})


def test_only_these_files_may_be_onnx(tmp_path: Path, hub: Hub) -> None:
    jobs = open_jobs(tmp_path, hf_endpoint=hub.url)
    models = Models(jobs.database, jobs.pool, lambda: jobs.library, jobs.settings)
    with pytest.raises(StudioError) as refusal:
        models.install_from(hub.address("some/model/other.onnx"), "loras")
    assert refusal.value.code in {"models_path_unset", "model_format"}
    with pytest.raises(StudioError):
        models.install_from(hub.address("some/model/other.onnx"), face_models.FOLDER)
