"""Content made fit for platforms: cut or set on more background around whoever is in it, with a caption."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio import clips, pictures
from studio.contents.platforms import Platform, Shape, platform, taking
from studio.contents.verbs import DOOR, Contents
from studio.disk import Incoming, full_disk_is_said
from studio.errors import StudioError
from studio.given import given
from studio.pictures.places import Places, places_in_pixels, places_of
from studio.pictures.reframe import Fit, Frame, frame_for, reframe, size_for
from studio.quality.faces import find_faces
from studio.records import characters
from studio.records.contents import Content
from studio.records.entities import Job
from studio.video.edit import Editing
from studio.writing import Writing, subject_of
from studio.writing.lengths import fitted
from studio.writing.platforms import platform as habits_of

log = logging.getLogger(__name__)

KNOWN_PLACES = 64
LENGTHS = {"short": 0.4, "medium": 1.0, "long": 3.0}  # times what people read to its end
SHORTEST = 60
NO_CAPTION = "none"
USUAL_WAIT_S = 20.0  # for videos: most short ones are done by then
FOLDERLESS = ("seed", "workflow", "engine", "model")


@dataclass(frozen=True)
class Offer:
    """What a content would be on a platform."""

    platform: Platform
    shape: Shape
    frame: Frame
    width: int
    height: int

    @property
    def format(self) -> str:
        """How its picture is packed."""
        return self.platform.formats[0]


@dataclass(frozen=True)
class Caption:
    """What is written under it."""

    text: str
    hashtags: tuple[str, ...] = ()
    engine: str | None = None  # None: it is the content's own description


@dataclass(frozen=True)
class Made:
    """What became of one wish; `content` is there when it is done, `job` where one makes it."""

    offer: Offer
    caption: Caption | None
    content: Content | None = None
    job: Job | None = None


class Repurposing:
    """The verbs; pictures are made at once, videos by jobs."""

    def __init__(self, contents: Contents, writing: Writing, editing: Editing) -> None:
        self.contents = contents
        self.writing = writing
        self.editing = editing
        self._places: OrderedDict[str, Places] = OrderedDict()
        self._lock = threading.Lock()

    def offers(self, content: Content, fit: Fit = "auto") -> list[Offer]:
        """What it would be on each platform that shows such a thing, in its usual shape."""
        found = taking(content.content_type, content.duration)
        return [self._offer(content, one, None, fit) for one in found]

    def _offer(self, content: Content, at: Platform, wanted: str | None, fit: Fit) -> Offer:
        if content.content_type not in ("image", "video"):
            raise StudioError("content_not_shown", what=content.content_type)
        if content.content_type == "video":
            if at.max_duration_s is None:
                raise StudioError("content_does_not_fit", platform=at.title, why="it shows no videos")
            if content.duration is not None and content.duration < at.min_duration_s:
                why = (
                    f"its videos last {at.min_duration_s:g} s at least, and this one {content.duration:.1f} s"
                )
                raise StudioError("content_does_not_fit", platform=at.title, why=why)
        shape = at.shape(wanted)
        frame = frame_for(self.places(content), shape.width / shape.height, fit)
        width, height = size_for(frame, (shape.width, shape.height), at.min_width)
        return Offer(at, shape, frame, width, height)

    def places(self, content: Content) -> Places:
        """Where somebody is in it, remembered for a while; of a video, in its first picture."""
        with self._lock:
            if (known := self._places.get(content.sha256)) is not None:
                self._places.move_to_end(content.sha256)
                return known
        path = self.contents.path(content)
        if content.content_type == "image":
            found = places_of(path, find_heads)
        else:
            first = clips.poster(path)
            found = places_in_pixels(first.width, first.height, first.pixels, find_heads)
        with self._lock:
            self._places[content.sha256] = found
            while len(self._places) > KNOWN_PLACES:
                self._places.popitem(last=False)
        return found

    # ----------------------------------------------------------------- making

    @full_disk_is_said()
    def repurpose(
        self,
        content_id: str,
        platform_name: str,
        shape: str | None = None,
        caption_style: str | None = None,
        fit: Fit = "auto",
    ) -> Made:
        """A new content for a platform; of a video, the job that makes it."""
        content = self.contents.get(content_id)
        at = platform(platform_name)
        offer = self._offer(content, at, shape, fit)
        caption = self._caption(content, at, caption_style)
        self.contents.use(content.id)
        if content.content_type == "video":
            return Made(offer, caption, job=self._submit(content, offer, caption))
        return Made(offer, caption, self._draw(content, offer, caption))

    def wait(self, made: Sequence[Made], timeout_s: float = USUAL_WAIT_S) -> list[Made]:
        """The same, with the contents of those whose jobs are done by then."""
        until = time.monotonic() + timeout_s
        return [one if one.job is None else self._awaited(one, one.job, until) for one in made]

    def _awaited(self, made: Made, job: Job, until: float) -> Made:
        job = self.contents.jobs.wait(job.id, max(0.0, until - time.monotonic()))
        found = self.contents.of_job(job.id)
        return Made(made.offer, made.caption, found[0] if found else None, job)

    def _draw(self, content: Content, offer: Offer, caption: Caption | None) -> Content:
        path = self.contents.path(content)
        wanted, size = offer.platform.formats[0], (offer.width, offer.height)
        data = reframe(
            path, self.places(content), offer.frame, size, _format(wanted), offer.platform.max_bytes
        )
        with Incoming(self.contents.media.settings.temp_path) as incoming:
            incoming.write(data)
            incoming.settle()
            return self.contents.add(
                incoming.path,
                media="image",
                filename=f"x{pictures.SUFFIXES[_format(wanted)]}",
                source_id=content.id,
                character_id=content.character_id,
                category=offer.platform.purpose,
                platform=offer.platform.name,
                prompt=content.prompt,
                negative_prompt=content.negative_prompt,
                settings=self._settings(content, offer),
                description=caption.text if caption else content.description,
                tags=content.tags,
                folder=content.folder_path,
                nsfw=content.is_nsfw,
            )

    def _submit(self, content: Content, offer: Offer, caption: Caption | None) -> Job:
        frame, at = offer.frame, offer.platform
        clip = given(self.contents.jobs.files, path=content.file_path, media="video")
        values: dict[str, Any] = {
            "title": f"{at.title}: {content.prompt or content.description or clip.filename}"[:200],
            "width": offer.width,
            "height": offer.height,
            "fit": "contain",
            "character_id": content.character_id,
        }
        if frame.how == "crop":
            left, top = int(frame.left) // 2 * 2, int(frame.top) // 2 * 2
            values |= {"crop_x": left, "crop_y": top, "fit": "cover"}
            values |= {"crop_width": int(frame.width), "crop_height": int(frame.height)}
        if at.max_duration_s is not None and (content.duration or 0.0) > at.max_duration_s:
            values["end_s"] = at.max_duration_s
        told = {
            "source_id": content.id,
            "platform": at.name,
            "category": at.purpose,
            "prompt": content.prompt,
            "description": caption.text if caption else content.description,
        }
        return self.editing.submit(
            self.editing.request([clip], values), door=DOOR, metadata={"repurposed": told}
        )

    def _settings(self, content: Content, offer: Offer) -> dict[str, Any]:
        frame = offer.frame
        box = {"x": frame.left, "y": frame.top, "width": frame.width, "height": frame.height}
        crop = {name: round(value, 1) for name, value in box.items()}
        kept = {
            name: content.generation_settings[name]
            for name in FOLDERLESS
            if name in content.generation_settings
        }
        return {**kept, "repurposed": {"shape": offer.shape.name, "how": frame.how, "crop": crop}}

    def _caption(self, content: Content, at: Platform, style: str | None) -> Caption | None:
        """In the length that is wished for; without a wish, what is said of it already, as far as it fits."""
        wish = (style or "").strip().lower()
        if wish == NO_CAPTION:
            return None
        habits = habits_of(at.writing or at.name)
        if not wish:
            own = fitted(content.description or "", habits.most, habits.measure)
            return Caption(own) if own else None
        length = LENGTHS.get(wish, 1.0)
        most = min(habits.most, max(SHORTEST, round(habits.usual * length)))
        somebody = content.character_id and characters.find(self.contents.database, content.character_id)
        written = self.writing.caption(
            subject_of(content, self.contents.path(content)),
            somebody or None,
            platform_name=habits.name,
            tone=None if wish in LENGTHS else style,
            max_length=most,
        )
        return Caption(written.whole, written.hashtags, written.engine)


def _format(name: str) -> pictures.Format:
    if name == "PNG":
        return "PNG"
    return "WEBP" if name == "WEBP" else "JPEG"


def find_heads(grey: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Faces as those who look for places take them."""
    return [(face.x, face.y, face.width, face.height) for face in find_faces(grey)]
