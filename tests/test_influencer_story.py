"""A character from her first picture to her return out of a file; `python -m tests.story` keeps all of it."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from tests import story as steps
from tests.conftest import RunningApp
from tests.influencer_fixtures import call, influencer, refused
from tests.story import PLATFORMS, Story

__all__ = ["influencer"]

SIZE = 192


@pytest.fixture(scope="module")
def story(influencer: RunningApp) -> Story:
    """A story that has not begun."""
    return Story(influencer, SIZE)


def pixels(data: bytes) -> np.ndarray:
    """A picture as numbers."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"), np.int16)


def test_one_character_from_beginning_to_return(story: Story) -> None:
    app = story.app
    steps.begin(story)
    assert (story.character["name"], story.character["status"]) == ("Character Name", "active")
    assert [one["name"] for one in story.character["styles"]] == ["Casual Style", "Evening"]

    contents = steps.show(story)
    assert len(set(contents)) == len(steps.SCENES)
    pictures = [pixels(story.file(f"/content/{content}.png", "")) for content in contents]
    assert all(one.shape == (SIZE, SIZE, 3) for one in pictures)
    before = steps.draw(story, steps.AGAIN, 0)["result"]["image_url"]
    known = pixels(story.file(before, ""))

    spoken = steps.speak(story)["result"]
    with av.open(io.BytesIO(story.file(spoken["video_url"], "")), "r") as clip:
        assert (len(clip.streams.video), len(clip.streams.audio)) == (1, 1)
    walked = steps.walk(story, seconds=1, fps=8)["result"]
    with av.open(io.BytesIO(story.file(walked["video_url"], "")), "r") as clip:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in clip.decode(video=0)]
    assert len(frames) == 8
    assert np.abs(frames[0] - frames[4]).mean() > 0.5  # something moves

    captions = steps.tell(story, contents)
    assert all(0 < len(caption) <= 220 for caption in captions)
    assert len(set(captions)) > 1
    judged = steps.judge(story, contents)
    assert [one["content_id"] for one in judged] == contents
    assert all(0 < one["quality_score"] <= 10 for one in judged)
    decided = steps.approve(story, contents[:3])
    assert (decided["approved"], decided["failed"], decided["total"]) == (3, 0, 3)
    approved = call(app, "GET", "/content/library", params={"status": "approved"})
    assert {one["id"] for one in approved["items"]} == set(contents[:3])
    assert {one["character_id"] for one in approved["items"]} == {story.character["id"]}

    made = steps.repurpose(story, contents[0])
    assert (set(made["repurposed"]), made["errors"]) == (set(PLATFORMS), {})
    for one in made["repurposed"].values():
        assert pixels(story.file(one["file_url"], "")).shape[:2] == (one["height"], one["width"])

    bundle, first_id = steps.pack(story), story.character["id"]
    told = story.character
    steps.forget(story)
    refused(app, "GET", f"/characters/{first_id}", 404, "not_found")
    assert call(app, "GET", "/characters")["total"] == 0
    assert call(app, "GET", "/content/library")["total"] == 0
    assert app.client.get(before).status_code == 404

    steps.bring_back(story, bundle)
    told["appearance"]["face_reference_image_url"] = None  # an address means nothing elsewhere
    kept = ("name", "bio", "age", "location", "timezone", "interests", "personality", "appearance", "look")
    assert {name: story.character[name] for name in kept} == {name: told[name] for name in kept}
    assert [one["name"] for one in story.character["styles"]] == ["Casual Style", "Evening"]
    again = steps.draw(story, steps.AGAIN, 0)["result"]["image_url"]
    assert np.array_equal(pixels(story.file(again, "")), known)
