"""Generating videos over the AInfluencer API: methods, presets, talking, cancelling, and what is refused."""

from __future__ import annotations

import io
from typing import Any, get_args

import av
import numpy as np
import pytest

from api.influencer.video_schemas import CameraMove, Motion
from studio.engine.nodes.motion import CAMERAS, MOTIONS
from studio.video.presets import presets
from studio.workflows import load_library
from tests.conftest import RunningApp
from tests.influencer_fixtures import (  # noqa: F401
    UNKNOWN_IDS,
    call,
    finish,
    influencer,
    picture,
    refused,
    until,
)

SMALL: dict[str, Any] = {"duration": 1, "fps": 8, "width": 96, "height": 128, "seed": 7}


def make(app: RunningApp, timeout_s: float = 180.0, **body: Any) -> dict[str, Any]:
    started = call(app, "POST", "/generate/video", json={"prompt": "a knight walking", **SMALL, **body})
    assert started["status"] in {"pending", "processing"}
    assert started["result"] is None
    return finish(app, started["job_id"], "video", timeout_s)


def clip(app: RunningApp, done: dict[str, Any]) -> list[np.ndarray]:
    answer = app.client.get(done["result"]["video_url"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content), "r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_documents_example_works_on_the_embedded_engine_and_says_how(influencer: RunningApp) -> None:  # noqa: F811
    body = {"method": "animatediff", "prompt": "A character walking", "image_url": "https://..."}
    started = call(influencer, "POST", "/generate/video", json={**body, "duration": 5, "fps": 24})
    assert started["engine"] == "embedded"
    assert started["method"] == "animatediff"
    assert any("approximation" in note for note in started["notes"])
    assert started["params"] == {
        "method": "animatediff", "prompt": "A character walking", "duration": 5, "fps": 24,
    }  # fmt: skip
    call(influencer, "POST", f"/generate/video/{started['job_id']}/cancel")


def test_a_video_by_words(influencer: RunningApp) -> None:  # noqa: F811
    done = make(influencer)
    assert done["status"] == "completed", done
    assert (done["engine"], done["workflow"], done["progress"]) == ("embedded", "video_embedded", 100.0)
    result = done["result"]
    assert (result["duration"], result["fps"]) == (1.0, 8.0)
    assert result["video_path"] == result["video_url"][1:]
    assert result["metadata"]["frames"] == 8
    assert (result["metadata"]["width"], result["metadata"]["height"]) == (96, 128)
    assert len(clip(influencer, done)) == 8
    kept = call(influencer, "GET", f"/content/library/{result['content_id']}")
    assert (kept["content_type"], kept["duration"]) == ("video", 1.0)
    listed = call(influencer, "GET", "/generate/video/jobs", params={"status": "completed", "limit": 100})
    assert done["job_id"] in [one["job_id"] for one in listed["items"]]
    assert listed["total"] >= 1
    assert call(influencer, "GET", "/generate/video/jobs?status=nonsense")["items"] == []


def test_a_picture_of_ours_moves_and_one_of_others_is_looked_at(influencer: RunningApp) -> None:  # noqa: F811
    drawn = picture(influencer, prompt="a knight with red hair, front view")
    moved = make(influencer, prompt="waving", image_path=drawn["result"]["image_path"])
    assert moved["status"] == "completed", moved
    assert not any("camera" in note for note in moved["notes"])
    frames = [frame.astype(int) for frame in clip(influencer, moved)]
    assert max(np.abs(frame - frames[0]).mean() for frame in frames) > 0.5


def test_a_character_is_animated_as_itself(influencer: RunningApp) -> None:  # noqa: F811
    made = call(
        influencer,
        "POST",
        "/characters",
        json={"name": "Vera", "appearance": {"hair_color": "green", "eye_color": "red"}},
    )
    done = make(influencer, prompt="dancing", character_id=made["id"])
    assert done["status"] == "completed", done
    assert done["character_id"] == made["id"]
    kept = call(influencer, "GET", f"/content/library/{done['result']['content_id']}")
    assert kept["character_id"] == made["id"]


def test_a_character_talks_with_a_recording(influencer: RunningApp) -> None:  # noqa: F811
    rate = 16_000
    tone = np.sin(np.arange(rate) * 2 * np.pi * 220 / rate) * 0.4
    sound = io.BytesIO()
    with av.open(sound, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=rate)
        stream.layout = "mono"  # type: ignore[union-attr]
        frame = av.AudioFrame.from_ndarray((tone * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:  # type: ignore[union-attr]
            container.mux(packet)
    kept = influencer.client.post(
        "/studio/talking/voice", files={"file": ("voice.wav", sound.getvalue(), "audio/wav")}
    ).json()
    face = picture(influencer, prompt="a woman, portrait, front view", width=256, height=256)
    done = make(
        influencer,
        method="talking",
        prompt="talking to the viewer",
        image_path=face["result"]["image_path"],
        audio_url=f"{influencer.url}/{kept['url']}",
        width=256,
        height=256,
        fps=10,
    )
    assert done["status"] == "completed", done
    assert done["method"] == "talking"
    assert done["result"]["duration"] == pytest.approx(1.0, abs=0.11)
    assert len(clip(influencer, done)) == 10


def test_a_preset_fills_what_is_left_open(influencer: RunningApp) -> None:  # noqa: F811
    listed = call(influencer, "GET", "/generate/video/presets")
    assert {one["platform"] for one in listed["items"]} >= {
        "instagram", "youtube", "tiktok", "facebook", "twitter", "generic",
    }  # fmt: skip
    assert listed["total"] == len(listed["items"]) == len(presets())
    loops = call(influencer, "GET", "/generate/video/presets?category=loop")["items"]
    assert loops
    assert {one["category"] for one in loops} == {"loop"}
    assert call(influencer, "GET", "/generate/video/presets/tiktok_dance")["aspect_ratio"] == "9:16"
    body = {"prompt": "a robot", "preset_id": "tiktok_dance", "duration": 1, "width": 90, "height": 160}
    started = call(influencer, "POST", "/generate/video", json=body)
    done = finish(influencer, started["job_id"], "video", 180)
    assert done["status"] == "completed", done
    assert done["result"]["metadata"]["prompt"] == "a robot, dancing, front view"
    assert done["result"]["fps"] == 30.0
    assert (done["result"]["metadata"]["width"], done["result"]["metadata"]["height"]) == (90, 160)


def test_cancelling_stops_it(influencer: RunningApp) -> None:  # noqa: F811
    body = {"prompt": "a knight running", "duration": 60, "fps": 30, "width": 128, "height": 128}
    job = call(influencer, "POST", "/generate/video", json=body)["job_id"]
    until(lambda: call(influencer, "GET", f"/generate/video/{job}")["progress"] > 0.2)
    asked = call(influencer, "POST", f"/generate/video/{job}/cancel")
    assert asked == {"job_id": job, "status": "cancelled", "cancel_requested": True}
    done = call(influencer, "GET", f"/generate/video/{job}")
    assert (done["status"], done["result"]) == ("cancelled", None)
    assert done["cancelled_at"] is not None
    again = call(influencer, "POST", f"/generate/video/{job}/cancel")
    assert again["status"] == "cancelled"


def test_health_says_which_methods_there_are_and_why_not_others(influencer: RunningApp) -> None:  # noqa: F811
    health = call(influencer, "GET", "/generate/video/health")
    assert health["status"] == "degraded"
    assert health["service"] == "video"
    assert set(health["methods_available"]) == {"auto", "figure", "talking"}
    lacking = {one["method"]: one["reason"] for one in health["methods"] if not one["available"]}
    assert set(lacking) == {"wan", "stable_video_diffusion", "animatediff"}
    assert all(lacking.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": ""},
        {"duration": 0.5},
        {"duration": 61},
        {"fps": 7},
        {"fps": 61},
        {"method": "cinema"},
        {"motion": "flying"},
        {"camera": "dolly zoom"},
        {"width": 20},
        {"seed": -2},
        {"method": "talking"},
    ],
)
def test_what_is_not_valid_is_refused(influencer: RunningApp, wrong: dict[str, Any]) -> None:  # noqa: F811
    refused(influencer, "POST", "/generate/video", 422, json={"prompt": "a knight", **wrong})


def test_unknown_things_are_not_found(influencer: RunningApp) -> None:  # noqa: F811
    for name in UNKNOWN_IDS:
        refused(influencer, "GET", f"/generate/video/{name}", 404)
        refused(influencer, "POST", f"/generate/video/{name}/cancel", 404)
        refused(influencer, "GET", f"/generate/video/presets/{name}", 404)
    for more in ({"character_id": "nobody"}, {"preset_id": "nothing"}, {"image_path": "content/none.png"}):
        refused(influencer, "POST", "/generate/video", 404, json={"prompt": "a knight", **more})


def test_methods_are_understood_however_they_are_spelled(influencer: RunningApp) -> None:  # noqa: F811
    for name in ("SVD", "stable-video-diffusion", "AnimateDiff", "Wan2.2", "embedded"):
        started = call(
            influencer, "POST", "/generate/video", json={"prompt": "a cat", **SMALL, "method": name}
        )
        assert started["workflow"] == "video_embedded"
        call(influencer, "POST", f"/generate/video/{started['job_id']}/cancel")


def test_the_same_key_makes_one_job(influencer: RunningApp) -> None:  # noqa: F811
    body = {"prompt": "a knight nodding", **SMALL}
    headers = {"Idempotency-Key": "a-nod"}
    one, other = (
        call(influencer, "POST", "/generate/video", json=body, headers=headers)["job_id"] for _ in range(2)
    )
    assert one == other


def test_lists_of_names_agree_with_what_the_engine_knows() -> None:
    assert set(get_args(Motion)) == {path.stem for path in MOTIONS.glob("*.json")}
    assert get_args(CameraMove) == CAMERAS
    for one in presets().values():
        assert "{prompt}" in one.prompt_template
        across, down = (float(part) for part in one.aspect_ratio.split(":"))
        assert one.width / one.height == pytest.approx(across / down, rel=0.01)
        assert 1 <= one.duration <= 60
        assert 8 <= one.fps <= 60
    assert "video_embedded" in load_library()
