"""One story over the AInfluencer API: a character is made, shown, approved, packed, deleted and brought back.

python -m tests.story --keep DIR [--size 512]        # leaves every picture, clip and answer in a folder
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from tests.conftest import RunningApp, start_app_process
from tests.contract.reading import read_contract
from tests.influencer_fixtures import ask, call, finish

PLATFORMS = ("instagram", "twitter", "youtube", "tiktok")
# What she is shown doing, and whether in her second style.
SCENES = (
    ("A photo of the character in a coffee shop", False),
    ("walking through a park, smiling", False),
    ("sitting on a bench with a camera", False),
    ("on a stage, arms raised", True),
    ("portrait, looking at the viewer", True),
)
AGAIN = "reading a book in a library"
SECOND_STYLE = {
    "name": "Evening",
    "description": "For the stage",
    "prompt_prefix": "dark red evening suit, gold necklace",
    "negative_prompt": "casual, sneakers",
}
SEED = 11


@dataclass
class Story:
    """What has come of it, step by step."""

    app: RunningApp
    size: int
    keep: Path | None = None
    character: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def file(self, url: str, name: str) -> bytes:
        """A file of the studio; it is left in the folder, where there is one."""
        answer = self.app.client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.text[:500]}"
        if self.keep is not None:
            (self.keep / f"{name}{PurePosixPath(url).suffix}").write_bytes(answer.content)
        return answer.content

    def note(self, step: str, found: Any) -> Any:
        """Remember what a step gave."""
        self.told[step] = found
        if self.keep is not None:
            text = json.dumps(self.told, indent=1, ensure_ascii=False)
            (self.keep / "story.json").write_text(text, "utf-8")
        return found


def example(name: str) -> Any:
    """The body that the document prints for a route."""
    return next(route.example for route in read_contract("influencer").routes if route.name == name)


def begin(story: Story) -> None:
    """She is created from the document's own example, with two styles."""
    made = call(story.app, "POST", "/characters", json=example("POST /characters"))
    path = f"/characters/{made['id']}/styles"
    first = example("POST /characters/{character_id}/styles")
    for style in (first, SECOND_STYLE):
        call(story.app, "POST", path, json=style)
    story.character = story.note("character", call(story.app, "GET", f"/characters/{made['id']}"))


def draw(story: Story, prompt: str, style: int | None = None, name: str = "") -> dict[str, Any]:
    """A picture of her."""
    body: dict[str, Any] = {"prompt": prompt, "width": story.size, "height": story.size, "seed": SEED}
    if style is not None:
        body["style_id"] = story.character["styles"][style]["id"]
    path = f"/characters/{story.character['id']}/generate/image"
    done = finish(story.app, call(story.app, "POST", path, json=body)["job_id"])
    assert done["status"] == "completed", done
    if name:
        story.file(done["result"]["image_url"], name)
    return done


def show(story: Story) -> list[str]:
    """Five pictures in two styles; the ids under which the library has them."""
    done = [
        draw(story, prompt, int(second), f"picture_{number}")
        for number, (prompt, second) in enumerate(SCENES, start=1)
    ]
    urls = [one["result"]["image_url"] for one in done]
    story.note("pictures", urls)
    return [PurePosixPath(url).stem for url in urls]


def speak(story: Story) -> dict[str, Any]:
    """She says something."""
    body = {
        "method": "talking",
        "text": "Hello, this is a test message.",
        "prompt": "talking to the viewer",
        "character_id": story.character["id"],
        "width": story.size,
        "height": story.size,
    }
    done = finish(story.app, call(story.app, "POST", "/generate/video", json=body)["job_id"], "video", 240)
    assert done["status"] == "completed", done
    story.file(done["result"]["video_url"], "talking")
    return story.note("talking", done)


def walk(story: Story, seconds: int = 2, fps: int = 12) -> dict[str, Any]:
    """She walks."""
    body = {
        "prompt": "A character walking",
        "character_id": story.character["id"],
        "duration": seconds,
        "fps": fps,
        "width": story.size,
        "height": story.size,
        "seed": SEED,
    }
    done = finish(story.app, call(story.app, "POST", "/generate/video", json=body)["job_id"], "video", 240)
    assert done["status"] == "completed", done
    story.file(done["result"]["video_url"], "walking")
    return story.note("walking", done)


def tell(story: Story, contents: Sequence[str]) -> list[str]:
    """A caption for each picture."""
    captions = [
        call(
            story.app,
            "POST",
            "/content/caption",
            json={
                "image_url": f"/content/{content}.png",
                "character_id": story.character["id"],
                "platform": "instagram",
                "tone": "casual",
                "max_length": 220,
            },
        )
        for content in contents
    ]
    story.note("captions", captions)
    return [one["caption"] for one in captions]


def judge(story: Story, contents: Sequence[str]) -> list[dict[str, Any]]:
    """What is good and bad about each."""
    found = [call(story.app, "POST", f"/content/validate/{content}") for content in contents]
    return story.note("validation", found)


def approve(story: Story, contents: Sequence[str]) -> dict[str, Any]:
    """The best three."""
    path = "/content/library/batch/approve"
    return story.note("approved", call(story.app, "POST", path, json={"content_ids": list(contents)}))


def repurpose(story: Story, content: str) -> dict[str, Any]:
    """One of them for four platforms."""
    path = f"/content/library/{content}/repurpose/multiple"
    made = call(story.app, "POST", path, json={"platforms": list(PLATFORMS), "caption_style": "short"})
    for platform, one in made["repurposed"].items():
        story.file(one["file_url"], f"for_{platform}")
    return story.note("repurposed", made)


def pack(story: Story) -> bytes:
    """All of her in one file."""
    answer = ask(story.app, "GET", f"/characters/{story.character['id']}/bundle")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert bundle.testzip() is None
        story.note("bundle", [f"{one.filename} {one.file_size}" for one in bundle.infolist()])
    if story.keep is not None:
        (story.keep / "character.zip").write_bytes(answer.content)
    return answer.content


def forget(story: Story) -> None:
    """Nothing of her is left: no character, no job, no picture."""
    listed = call(story.app, "GET", "/content/library", params={"limit": 100})["items"]
    call(
        story.app,
        "POST",
        "/content/library/batch/delete",
        json={"content_ids": [one["id"] for one in listed], "hard_delete": True},
    )
    call(story.app, "DELETE", f"/characters/{story.character['id']}")
    call(story.app, "POST", "/generate/clear")


def bring_back(story: Story, bundle: bytes) -> None:
    """She comes out of the file."""
    files = {"file": ("character.zip", bundle, "application/zip")}
    made = call(story.app, "POST", "/characters/import", files=files)["character"]
    story.character = story.note("again", call(story.app, "GET", f"/characters/{made['id']}"))


def tell_all(app: RunningApp, size: int, keep: Path) -> Story:
    """The whole story, one step after the other."""
    keep.mkdir(parents=True, exist_ok=True)
    story = Story(app, size, keep)
    begin(story)
    contents = show(story)
    draw(story, AGAIN, 0, "before")
    speak(story)
    walk(story)
    tell(story, contents)
    judge(story, contents)
    approve(story, contents[:3])
    repurpose(story, contents[0])
    bundle = pack(story)
    forget(story)
    bring_back(story, bundle)
    draw(story, AGAIN, 0, "after")
    return story


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell it, and leave everything in a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        app = start_app_process(Path(folder), "--no-ui")
        try:
            app.wait_healthy()
            story = tell_all(app, chosen.size, chosen.keep)
        finally:
            app.kill()
    sys.stdout.write(f"{len(list(chosen.keep.iterdir()))} files in {chosen.keep}: {', '.join(story.told)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
