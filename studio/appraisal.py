"""Judges what is kept and what is given: verdicts are noted on contents, and what looks the same is named."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from studio import quality
from studio.contents import Content, Contents
from studio.contents.platforms import Platform, platform
from studio.errors import StudioError
from studio.pictures.drawn import Drawn, drawn_in
from studio.quality import Demand, Verdict
from studio.records import looks
from studio.records.entities import Job, Output

log = logging.getLogger(__name__)

ONE_AT_MOST = (0, 1)  # faces in a picture of one character, who may look away


class Appraisal:
    """The verbs of judging; holds no state beside the records."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.database = contents.database

    def file(self, path: Path, demands: Sequence[Demand] = ()) -> Verdict:
        """The verdict on any picture; what looks the same is looked for among the kept ones."""
        return quality.judge(path, phash_of=looks.known(self.database), demands=demands)

    def content(self, content: Content, demands: Sequence[Demand] = ()) -> Verdict:
        """The verdict on a kept picture, which is noted on it."""
        if content.content_type != "image":
            raise StudioError("not_a_picture", id=content.id, what=content.content_type)
        verdict = quality.judge(
            self.contents.path(content),
            phash_of=looks.known(self.database, but=content.id),
            demands=demands,
            people=ONE_AT_MOST if content.character_id else None,
            drawn=self._drawn(content),
        )
        self.contents.save_quality(content.id, verdict)
        if verdict.phash is not None:
            looks.remember(self.database, content.id, verdict.phash)
        return verdict

    def _drawn(self, content: Content) -> Drawn | None:
        """Who is in a picture that was cut out of another one, which says where its face is."""
        crop = (content.generation_settings.get("repurposed") or {}).get("crop")
        if content.source_id is None or not crop or not (content.width and content.height):
            return None
        try:
            source = self.contents.get(content.source_id)
            path = self.contents.path(source)
        except StudioError as error:
            log.info("what %s was cut out of is gone: %s", content.id, error.message)
            return None
        whole = drawn_in(path, (source.width or 0, source.height or 0))
        if whole is None:
            return None
        across, down = content.width / crop["width"], content.height / crop["height"]
        return whole.cut(crop["x"], crop["y"], across, down, (content.width, content.height))

    def scores(self, job: Job, outputs: Sequence[Output]) -> dict[str, float]:
        """The scores of a job's pictures by their ids; what was not judged yet is judged now."""
        kept = {content.id: content for content in self.contents.of_job(job.id)}
        found: dict[str, float] = {}
        for output in outputs:
            content = kept.get(output.id)
            if content is None or content.content_type != "image":
                continue
            score = content.quality_score
            found[output.id] = self.content(content).score if score is None else score
        return found


def demands(names: Sequence[str]) -> list[Demand]:
    """What these platforms take; a platform that nobody knows is refused."""
    return [_demand(platform(name)) for name in names]


def _demand(place: Platform) -> Demand:
    ratios = [shape.width / shape.height for shape in place.shapes]
    return Demand(
        place.name,
        least_width=place.min_width,
        least_ratio=min(ratios),
        most_ratio=max(ratios),
        most_bytes=place.max_bytes,
        formats=place.formats,
    )
