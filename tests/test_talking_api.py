"""The Talking Avatar API over a socket: uploads by content, videos made, waited for, fetched and removed."""

from __future__ import annotations

import io
import json
import math
import re
import socket
import time
from typing import Any

import av
import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.fake_comfy import wait_until
from tests.studio_fixtures import noise_png
from tests.talking_files import CONTAINERS, SIZE, face, film, no_face, upload, voice, voice_as

SECONDS = 1.2
FPS = 10
WAITING = 50
RESULT_MEMBERS = {
    *("success", "video_url", "video_filename", "duration", "frames_generated", "error_message"),
}
NO_VIDEO = {"success": False, **dict.fromkeys(RESULT_MEMBERS - {"success", "error_message"})}


@pytest.fixture(scope="module")
def image(app: RunningApp) -> str:
    """A face, uploaded."""
    return upload(app, "image", face(app))


@pytest.fixture(scope="module")
def audio(app: RunningApp) -> str:
    """A voice, uploaded."""
    return upload(app, "audio", voice(SECONDS))


@pytest.fixture(scope="module")
def made(app: RunningApp, image: str, audio: str) -> dict[str, Any]:
    """What became of a generation, asked for as documented."""
    return finish(app, start(app, image, audio))["result"]


def body(image: str, audio: str, **more: Any) -> dict[str, Any]:
    wanted = {"image_filename": image, "audio_filename": audio, "output_fps": FPS, "output_resolution": SIZE}
    return wanted | more


def start(app: RunningApp, image: str, audio: str, **more: Any) -> str:
    answer = app.client.post("/api/v1/generate/async", json=body(image, audio, **more))
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"job_id", "status", "progress", "result"}
    return answer.json()["job_id"]


def status(app: RunningApp, job_id: str) -> dict[str, Any]:
    answer = app.client.get(f"/api/v1/status/{job_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(app: RunningApp, job_id: str, timeout_s: float = 240.0) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while (found := status(app, job_id))["status"] not in {"completed", "failed"}:
        assert time.monotonic() < deadline, found
        assert found["result"] is None
        assert 0 <= found["progress"] <= 100
        time.sleep(0.05)
    return found


def internal(job_id: str) -> str:
    """The id under which other families know a job."""
    plain = job_id.removeprefix("job_")
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


# --------------------------------------------------------------------- uploads


def test_uploads_get_bare_random_names_with_the_ending_of_their_contents(app: RunningApp) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (80, 80), "teal").save(picture, "PNG")
    first, second = (upload(app, "image", picture.getvalue(), "whatever.jpg") for _ in range(2))
    assert first != second
    for name in (first, second):
        assert re.fullmatch(r"[0-9a-f]{24}\.png", name)
    assert re.fullmatch(r"[0-9a-f]{24}\.jpg", upload(app, "image", no_face(), "x"))
    assert upload(app, "audio", voice(SECONDS), "voice.mp3").endswith(".wav")


@pytest.mark.parametrize(
    ("container", "suffix"), [("mp3", ".mp3"), ("flac", ".flac"), ("ogg", ".ogg"), ("ipod", ".m4a")]
)
def test_audio_is_known_by_its_contents(app: RunningApp, container: str, suffix: str) -> None:
    assert set(CONTAINERS) == {"mp3", "flac", "ogg", "ipod"}
    assert upload(app, "audio", voice_as(container), "speech.wav").endswith(suffix)


def webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 80), "teal").save(file, "WEBP")
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "detail"),
    [
        ("image", webp(), "Invalid file type. Allowed: image/png, image/jpeg, image/jpg"),
        ("image", b"just text", "Invalid file type. Allowed: image/png, image/jpeg, image/jpg"),
        ("image", b"", "Invalid file type. Allowed: image/png, image/jpeg, image/jpg"),
        ("image", no_face()[:2000], "Invalid image file: "),
        ("audio", b"just text", "Invalid file type. Allowed: audio/wav, "),
        ("audio", film(), "Invalid file type. Allowed: audio/wav, "),
        ("audio", no_face(), "Invalid file type. Allowed: audio/wav, "),
        ("audio", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.wav\n", "Invalid file type. Allowed: "),
        ("audio", voice(1.0)[:44], "Invalid audio file: "),
        ("audio", b"RIFF\x00\x00\x00\x00WAVEfmt ", "Invalid audio file: "),
        ("audio", voice_as("flac")[:60], "Invalid audio file: "),
        ("audio", voice_as("ipod")[:400], "Invalid audio file: "),
    ],
)
def test_wrong_files_are_refused(app: RunningApp, kind: str, content: bytes, detail: str) -> None:
    files = {"file": ("speech.wav", content, "audio/wav" if kind == "audio" else "image/png")}
    answer = app.client.post(f"/api/v1/upload/{kind}", files=files)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_body_without_the_file_is_a_validation_error(app: RunningApp, kind: str) -> None:
    answer = app.client.post(f"/api/v1/upload/{kind}", files={"other": ("a", b"x")})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("missing", ["body", "file"])


def test_the_type_that_a_client_claims_does_not_count(app: RunningApp) -> None:
    files = {"file": ("speech.wav", voice(SECONDS), "application/octet-stream")}
    assert app.client.post("/api/v1/upload/audio", files=files).status_code == 200


def test_a_known_file_of_another_kind_is_still_of_another_kind(app: RunningApp) -> None:
    upload(app, "audio", voice(SECONDS))
    upload(app, "image", no_face())
    for kind, content in (("image", voice(SECONDS)), ("audio", no_face())):
        answer = app.client.post(f"/api/v1/upload/{kind}", files={"file": ("x", content)})
        assert answer.status_code == 400
    # Nor do other families take a voice for a picture.
    answer = app.client.post("/upload/reference_image", files={"file": ("x", voice(SECONDS))})
    assert answer.status_code == 400


# ------------------------------------------------------------------ generating


def test_a_job_runs_from_pending_to_a_video(app: RunningApp, made: dict[str, Any]) -> None:
    assert set(made) == RESULT_MEMBERS
    assert made["success"] is True
    assert made["error_message"] is None
    assert re.fullmatch(r"[0-9a-f]{32}\.mp4", made["video_filename"])
    assert made["video_url"] == f"/download/{made['video_filename']}"
    assert made["duration"] == pytest.approx(SECONDS, abs=0.01)
    assert made["frames_generated"] == math.ceil(SECONDS * FPS)


def test_the_start_answers_at_once_with_a_job_id(app: RunningApp, image: str, audio: str) -> None:
    answer = app.client.post(
        "/api/v1/generate/async", json={"image_filename": image, "audio_filename": audio}
    )
    started = answer.json()
    assert re.fullmatch(r"job_[0-9a-f]{32}", started["job_id"])
    assert started | {"job_id": ""} == {"job_id": "", "status": "pending", "progress": 0, "result": None}
    done = finish(app, started["job_id"])
    assert (done["status"], done["progress"]) == ("completed", 100)
    assert done["result"]["frames_generated"] == math.ceil(SECONDS * 25)  # the documented default


def test_the_video_is_what_was_asked_for(app: RunningApp, made: dict[str, Any]) -> None:
    content = app.client.get(f"/api/v1{made['video_url']}").content
    with av.open(io.BytesIO(content), "r") as video:
        [pictures], [sound] = video.streams.video, video.streams.audio
        assert (pictures.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (pictures.width, pictures.height) == (SIZE, SIZE)
        assert pictures.average_rate == FPS
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(pictures)]
    assert len(frames) == made["frames_generated"]
    assert any((one != frames[0]).any() for one in frames)
    assert content.index(b"moov") < content.index(b"mdat")  # it plays before it has come as a whole


def test_generating_and_waiting_gives_the_result_alone(app: RunningApp, image: str, audio: str) -> None:
    answer = app.client.post(
        "/api/v1/generate", json=body(image, audio, emotion="happy", seed=3), timeout=240
    )
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert set(result) == RESULT_MEMBERS
    assert result["success"] is True
    assert app.client.get(result["video_url"]).headers["content-type"] == "video/mp4"


def test_whoever_waits_holds_up_nobody_and_may_go_away(app: RunningApp, image: str) -> None:
    long = upload(app, "audio", voice(8.0))
    before = set(talking_jobs(app))
    # More than there are threads for requests.
    waiting = [wait_for_a_video(app, body(image, long, seed=seed)) for seed in range(WAITING)]
    try:
        assert wait_until(lambda: len(set(talking_jobs(app)) - before) == WAITING, 60)
        assert app.client.get("/api/v1/health", timeout=30).status_code == 200
        assert app.client.get("/avatarforge-controller/poses", timeout=30).status_code == 200
    finally:
        for one in waiting:
            one.close()  # nobody is there to hear of the videos
        jobs = [job for job in talking_jobs(app) if job not in before]
        for job in jobs[:-1]:
            app.client.post(f"/studio/jobs/{job}/cancel")
    assert finish(app, f"job_{jobs[-1].replace('-', '')}")["status"] == "completed"


def wait_for_a_video(app: RunningApp, asked: dict[str, Any]) -> socket.socket:
    """Send a request that is answered when its video is there, and read nothing."""
    content = json.dumps(asked).encode()
    host, port = app.url.removeprefix("http://").split(":")
    head = f"POST /api/v1/generate HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    connection = socket.create_connection((host, int(port)), 30)
    connection.sendall(head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
    return connection


def talking_jobs(app: RunningApp) -> list[str]:
    found = app.client.get("/studio/jobs", params={"kind": "talk", "limit": 100}).json()
    return [job["id"] for job in found["jobs"]]


def test_a_picture_without_a_face_fails_with_its_reason(app: RunningApp, audio: str) -> None:
    image = upload(app, "image", no_face())
    done = finish(app, start(app, image, audio))
    assert done["status"] == "failed"
    assert done["result"] | {"error_message": ""} == NO_VIDEO | {"error_message": ""}
    assert "face" in done["result"]["error_message"]
    answer = app.client.post("/api/v1/generate", json=body(image, audio), timeout=240)
    assert answer.status_code == 200  # it ran and failed
    assert answer.json() == done["result"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"output_fps": 9}, "output_fps"),
        ({"output_fps": 61}, "output_fps"),
        ({"output_fps": "quick"}, "output_fps"),
        ({"output_resolution": 300}, "output_resolution"),
        ({"image_filename": None}, "image_filename"),
        ({"audio_filename": 5}, "audio_filename"),
        ({"landmarks": {"mouth": [0.5, 0.5]}}, "landmarks"),
    ],
)
@pytest.mark.parametrize("route", ["generate", "generate/async"])
def test_what_the_schema_refuses_is_listed(
    app: RunningApp, changes: dict[str, Any], place: str, route: str
) -> None:
    answer = app.client.post(f"/api/v1/{route}", json=body("a.png", "b.wav", **changes))
    assert answer.status_code == 422
    assert {problem["loc"][1] for problem in answer.json()["detail"]} == {place}


def test_files_that_are_not_there_are_named(app: RunningApp, image: str, audio: str) -> None:
    for route in ("generate", "generate/async"):
        for asked, detail in (
            (body("abc123.jpg", audio), "Image file not found: abc123.jpg"),
            (body(audio, audio), f"Image file not found: {audio}"),
            (body(image, "def456.wav"), "Audio file not found: def456.wav"),
            (body(image, "../" * 3 + "etc/passwd"), "Audio file not found: passwd"),
        ):
            answer = app.client.post(f"/api/v1/{route}", json=asked)
            assert (answer.status_code, answer.json()["detail"]) == (404, detail)


def test_a_mood_that_the_engine_does_not_know_is_refused(app: RunningApp, image: str, audio: str) -> None:
    answer = app.client.post("/api/v1/generate/async", json=body(image, audio, emotion="peckish"))
    assert answer.status_code == 422, answer.text
    assert "peckish" in str(answer.json()["detail"])


def test_unknown_jobs_are_not_found(app: RunningApp) -> None:
    other = app.generate(width=64, height=64)["generation_id"]
    for job_id in ("job_abc123xyz", f"job_{'0' * 32}", f"job_{other.replace('-', '')}", other, "x"):
        answer = app.client.get(f"/api/v1/status/{job_id}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"Job not found: {job_id}"
    app.wait(other)


def test_the_same_key_makes_one_job(app: RunningApp, image: str, audio: str) -> None:
    headers = {"Idempotency-Key": "once-and-for-all"}
    first, second = (
        app.client.post("/api/v1/generate/async", json=body(image, audio), headers=headers).json()["job_id"]
        for _ in range(2)
    )
    assert first == second
    finish(app, first)


# ----------------------------------------------------------------------- files


@pytest.mark.parametrize("root", ["", "/api/v1"])
def test_videos_are_served_at_both_roots_whole_and_in_parts(
    app: RunningApp, made: dict[str, Any], root: str
) -> None:
    url = root + made["video_url"]
    whole = app.client.get(url)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    part = app.client.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert part.content == whole.content[100:200]
    tail = app.client.get(url, headers={"Range": "bytes=-50"})
    assert tail.content == whole.content[-50:]
    beyond = app.client.get(url, headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    head = app.client.head(url)
    assert head.headers["content-length"] == str(len(whole.content))
    again = app.client.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name",
    ["xyz789.mp4", f"{'0' * 32}.mp4", "..%2F..%2Favatarforge.db", "%2e%2e", ".", "a b", "con", "é.mp4"],
)
def test_no_name_leads_anywhere_else(app: RunningApp, name: str) -> None:
    for method, path in (("GET", "/download"), ("GET", "/api/v1/download"), ("DELETE", "/api/v1/cleanup")):
        answer = app.client.request(method, f"{path}/{name}")
        assert answer.status_code == 404, path
        assert isinstance(answer.json()["detail"], str)


def test_a_cleaned_up_file_is_gone(app: RunningApp, image: str, audio: str) -> None:
    own = upload(app, "audio", voice(1.05))
    job_id = start(app, image, own)
    video = finish(app, job_id)["result"]["video_filename"]
    for name in (own, video):
        answer = app.client.delete(f"/api/v1/cleanup/{name}")
        assert (answer.status_code, answer.json()) == (200, {"message": f"File {name} deleted successfully"})
        assert app.client.delete(f"/api/v1/cleanup/{name}").status_code == 404
    assert app.client.get(f"/download/{video}").status_code == 404
    assert app.client.post("/api/v1/generate/async", json=body(image, own)).status_code == 404
    left = status(app, job_id)
    assert left["status"] == "completed"
    assert left["result"]["video_url"] is None
    assert left["result"]["error_message"] == "The video was deleted."
    outputs = app.storage / "outputs" / internal(job_id)
    assert [path for path in outputs.rglob("*") if path.is_file()] == []


def test_one_client_cleans_up_nothing_of_another(app: RunningApp, image: str) -> None:
    mine, yours = (upload(app, "audio", voice(1.1)) for _ in range(2))
    assert app.client.delete(f"/api/v1/cleanup/{mine}").status_code == 200
    assert finish(app, start(app, image, yours))["status"] == "completed"
    before = {path.name for path in (app.storage / "files").iterdir()}
    assert app.client.delete(f"/api/v1/cleanup/{yours}").status_code == 200
    gone = before - {path.name for path in (app.storage / "files").iterdir()}
    assert len(gone) == 1  # nobody has it any more


@pytest.mark.parametrize("first", ["talking", "avatars"])
def test_a_clean_up_leaves_other_families_what_they_have_too(app: RunningApp, first: str) -> None:
    picture = noise_png(128, 130 if first == "talking" else 132)

    def as_reference() -> str:
        answer = app.client.post(
            "/avatarforge-controller/upload/reference_image", files={"file": ("me.png", picture)}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["file_id"]

    if first == "talking":
        name = upload(app, "image", picture)
        file_id = as_reference()
    else:
        file_id = as_reference()
        name = upload(app, "image", picture)
    address = f"/avatarforge-controller/files/{file_id}"
    assert (
        app.client.delete(f"/api/v1/cleanup/{file_id}").status_code == 404
    )  # that is no name of this family
    assert app.client.delete(f"/api/v1/cleanup/{name}").status_code == 200
    assert app.client.delete(f"/api/v1/cleanup/{name}").status_code == 404
    assert app.client.get(address).content == picture
    assert app.client.delete(address).status_code == 200
    assert app.client.get(address).status_code == 404
    again = upload(app, "image", picture)
    assert app.client.delete(f"/api/v1/cleanup/{again}").status_code == 200
    assert not (app.storage / "files" / file_id).exists()


def test_what_a_waiting_job_needs_outlives_its_clean_up(app: RunningApp, image: str) -> None:
    first = start(app, image, upload(app, "audio", voice(6.0)))
    own = upload(app, "audio", voice(1.15))
    second = start(app, image, own)
    assert app.client.delete(f"/api/v1/cleanup/{own}").status_code == 200
    assert finish(app, second)["status"] == "completed"
    finish(app, first)


def test_a_video_tells_how_it_was_made(app: RunningApp, image: str, audio: str) -> None:
    done = finish(app, start(app, image, audio, emotion="happy"))
    film = app.client.get(f"/api/v1{done['result']['video_url']}").content
    answer = app.client.post("/studio/restore", files={"file": ("talk.mp4", film)})
    assert answer.status_code == 200, answer.text
    told = answer.json()["request"]
    assert (told["kind"], told["emotion"]) == ("talk", "happy")
    assert answer.json()["notes"] == []


# -------------------------------------------------------------- other families


def test_talking_jobs_stand_in_the_gallery_with_a_poster(app: RunningApp, made: dict[str, Any]) -> None:
    shown = app.client.get("/studio/gallery", params={"kind": "talk", "limit": 100}).json()["pictures"]
    name = made["video_filename"].removesuffix(".mp4")
    [one] = [picture for picture in shown if picture["id"].replace("-", "") == name]
    assert (one["media"], one["mime_type"], one["view"]) == ("video", "video/mp4", "talking")
    assert (one["width"], one["height"]) == (SIZE, SIZE)
    small = app.client.get(f"/{one['thumbnail']}")
    assert small.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(small.content)) as poster:
        assert poster.size == (SIZE, SIZE)
    assert app.client.get(f"/{one['url']}", headers={"Range": "bytes=0-9"}).status_code == 206
    recipe = app.client.get(f"/studio/gallery/{one['id']}").json()["recipe"]
    assert recipe["request"]["kind"] == "talk"


def test_characters_and_talking_ones_are_listed_apart(app: RunningApp, made: dict[str, Any]) -> None:
    listed = app.client.get("/avatarforge-controller/generations", params={"limit": 100}).json()
    ids = {generation["generation_id"] for generation in listed["generations"]}
    assert ids
    assert not ids & set(talking_jobs(app))


def test_a_voice_is_no_reference_for_a_character(app: RunningApp) -> None:
    name = upload(app, "audio", voice(1.2))
    kept = app.client.post("/studio/talking/voice", files={"file": (name, voice(1.2))}).json()
    answer = app.client.post(
        "/avatarforge-controller/generate/avatar",
        json={"prompt": "a knight", "reference_file_id": kept["file_id"]},
    )
    assert answer.status_code == 422
    assert "audio" in answer.json()["detail"]
