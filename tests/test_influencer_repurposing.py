"""Content for platforms over REST: plans, pictures and videos in their shapes, captions, partial success."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import clips
from studio.assembly import Studio
from studio.contents.platforms import PLATFORMS
from tests.conftest import RunningApp
from tests.content_fixtures import keep, made, within
from tests.films import make_film
from tests.influencer_fixtures import UNKNOWN_IDS, call, influencer, refused

__all__ = ["influencer", "within"]


def path_of(content_id: str, more: str = "") -> str:
    return f"/content/library/{content_id}/repurpose{more}"


def test_the_documents_example(influencer: RunningApp, within: Studio) -> None:
    source = made(within, "a knight, red cape, castle", seed=11).outputs[0].id
    call(influencer, "PUT", f"/content/library/{source}", json={"tags": ["armour"], "is_nsfw": True})
    body = {"platform": "twitter", "format": "square", "caption_style": "short"}
    told = call(influencer, "POST", path_of(source), json=body)
    assert (told["platform"], told["format"], told["status"]) == ("twitter", "square", "completed")
    assert told["source_id"] == source
    assert told["caption"]
    assert told["caption_engine"] == "template"
    served = influencer.client.get(told["file_url"])
    picture = Image.open(io.BytesIO(served.content))
    assert (picture.format, picture.size) == ("JPEG", (told["width"], told["height"]))
    assert picture.width == picture.height >= 320
    item = call(influencer, "GET", f"/content/library/{told['content_id']}")
    assert item == told["content"]
    assert (item["source_id"], item["platform"], item["content_category"]) == (source, "twitter", "post")
    assert (item["tags"], item["is_nsfw"], item["approval_status"]) == (["armour"], True, "pending")
    assert item["description"] == told["caption"]
    assert item["prompt"] == "a knight, red cape, castle"
    listed = call(influencer, "GET", "/content/library", params={"source_id": source})
    assert [one["id"] for one in listed["items"]] == [told["content_id"]]
    assert call(influencer, "GET", f"/content/library/{source}")["times_used"] == 1


def test_a_cut_knows_the_face_of_what_it_was_cut_from(influencer: RunningApp, within: Studio) -> None:
    source = made(within, "an orc, green skin, portrait", seed=4, framing="portrait").outputs[0].id
    assert call(influencer, "POST", f"/content/validate/{source}")["metadata"]["faces_found_by"] == "recipe"
    for platform in ("youtube", "tiktok", "instagram"):
        cut = call(influencer, "POST", path_of(source), json={"platform": platform})
        judged = call(influencer, "POST", f"/content/validate/{cut['content_id']}")
        assert judged["metadata"]["faces_found_by"] == "recipe"
        [[x, y, width, height]] = judged["metadata"]["faces"]
        assert 0 <= x < x + width <= cut["width"]
        assert 0 <= y < y + height <= cut["height"]
        check = next(one for one in judged["checks"] if one["name"] == "faces")
        assert check["why"] == "One face was found, as the picture's own recipe says."
    call(influencer, "DELETE", f"/content/library/{source}")
    assert call(influencer, "POST", f"/content/validate/{cut['content_id']}")["quality_score"] > 0


def test_plans_say_what_each_platform_would_show(influencer: RunningApp, within: Studio) -> None:
    source = made(within, "a monk", seed=3).outputs[0].id
    plans = call(influencer, "GET", path_of(source, "/platforms"))
    assert plans["content_type"] == "image"
    assert plans["platforms"] == list(PLATFORMS) == list(plans["requirements"])
    for name, plan in plans["requirements"].items():
        assert {"aspect_ratio", "max_width", "max_height", "format", "max_duration"} <= set(plan), name
        crop = plan["crop"]
        assert crop["width"] / crop["height"] == pytest.approx(plan["width"] / plan["height"], rel=0.02)
    one = call(influencer, "POST", path_of(source), json={"platform": "youtube"})
    planned = plans["requirements"]["youtube"]
    assert {name: one[name] for name in ("width", "height", "how", "crop")} == {
        name: planned[name] for name in ("width", "height", "how", "crop")
    }
    known = call(influencer, "GET", "/content/platforms")
    assert known["platforms"] == list(PLATFORMS)


def test_several_platforms_at_once_with_partial_success(influencer: RunningApp, within: Studio) -> None:
    source = made(within, "a pirate", seed=5).outputs[0].id
    body = {"platforms": ["instagram", "TikTok", "myspace", "x", "pinterest"], "caption_style": "none"}
    told = call(influencer, "POST", path_of(source, "/multiple"), json=body)
    assert set(told["repurposed"]) == {"instagram", "TikTok", "x", "pinterest"}
    assert set(told["errors"]) == {"myspace"}
    assert "instagram" in told["errors"]["myspace"], "it names those that there are"
    ratios = {name: one["width"] / one["height"] for name, one in told["repurposed"].items()}
    expected = {"instagram": 4 / 5, "TikTok": 9 / 16, "x": 16 / 9, "pinterest": 2 / 3}
    assert ratios == pytest.approx(expected, rel=0.02)
    assert {one["caption"] for one in told["repurposed"].values()} == {None}
    none = call(influencer, "POST", path_of(source, "/multiple"), json={"platforms": ["myspace"]})
    assert (none["repurposed"], set(none["errors"])) == ({}, {"myspace"})


@pytest.mark.parametrize(
    ("style", "most"), [("short", 80), ("medium", 200), ("long", 280), ("humorous", 200)]
)
def test_captions_have_the_length_that_is_wished_for(
    influencer: RunningApp, within: Studio, tmp_path: Path, style: str, most: int
) -> None:
    content = keep(within, tmp_path, prompt="a woman in a red dress, dancing in the rain at night")
    told = call(influencer, "POST", path_of(content.id), json={"platform": "twitter", "caption_style": style})
    assert 0 < len(told["caption"]) <= most


def test_without_a_wish_the_description_stays(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    long = "One sentence about it. " * 30
    content = keep(within, tmp_path, description=long.strip())
    told = call(influencer, "POST", path_of(content.id), json={"platform": "twitter"})
    assert told["caption"].startswith("One sentence about it.")
    assert len(told["caption"]) <= 280
    assert told["caption_engine"] is None
    again = call(influencer, "POST", path_of(content.id), json={"platform": "facebook"})
    assert again["caption"] == long.strip()


def test_what_cannot_be_is_said(influencer: RunningApp, within: Studio, tmp_path: Path) -> None:
    content = keep(within, tmp_path)
    for body, code in [
        ({"platform": "myspace"}, "platform_unknown"),
        ({"platform": "youtube", "format": "tall"}, "shape_unknown"),
        ({"platform": "youtube", "fit": "stretch"}, "invalid_field"),
        ({}, "invalid_field"),
    ]:
        error = refused(influencer, "POST", path_of(content.id), 422, "validation_error", json=body)
        assert error["details"]["code"] == code
    refused(influencer, "POST", path_of(content.id, "/multiple"), 422, json={"platforms": []})
    (tmp_path / "a.txt").write_text("words", "utf-8")
    text = within.contents.add(tmp_path / "a.txt", media="text")
    error = refused(influencer, "POST", path_of(text.id), 422, json={"platform": "twitter"})
    assert error["details"]["code"] == "content_not_shown"
    assert call(influencer, "GET", path_of(text.id, "/platforms"))["platforms"] == []
    for unknown in UNKNOWN_IDS[:2]:
        refused(influencer, "GET", path_of(unknown, "/platforms"), 404, "not_found")
        for more, body in (("", {"platform": "x"}), ("/multiple", {"platforms": ["x"]})):
            refused(influencer, "POST", path_of(unknown, more), 404, "not_found", json=body)


def test_a_video_is_cut_to_the_shape_and_the_length(
    influencer: RunningApp, within: Studio, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.mp4", frames=40, fps=10, size=(320, 192))
    source = within.contents.add(film, media="video", prompt="waves", description="At the sea.")
    shown = influencer.client.get(f"/api/content/library/{source.id}/preview", params={"width": 150})
    assert shown.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (160, 96)
    plans = call(influencer, "GET", path_of(source.id, "/platforms"))
    assert "pinterest" in plans["platforms"]
    told = call(influencer, "POST", path_of(source.id), json={"platform": "instagram_reel"})
    assert told["status"] == "completed", told
    item: dict[str, Any] = told["content"]
    assert (item["content_type"], item["source_id"]) == ("video", source.id)
    assert (item["platform"], item["content_category"]) == ("instagram_reel", "reel")
    assert (item["prompt"], item["description"]) == ("waves", "At the sea.")
    assert item["width"] / item["height"] == pytest.approx(9 / 16, rel=0.03)
    seen = clips.inspect_video(influencer.storage / item["file_path"])
    assert seen is not None
    assert (seen.width, seen.height) == (item["width"], item["height"])
    assert seen.duration_s == pytest.approx(4, abs=0.3)
    short = make_film(tmp_path / "short.mp4", frames=10, fps=10, size=(64, 64))
    brief = within.contents.add(short, media="video")
    error = refused(influencer, "POST", path_of(brief.id), 422, json={"platform": "tiktok"})
    assert error["details"]["code"] == "content_does_not_fit"
