"""Making a video out of others: what is asked for is checked against the files, and words become pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.errors import StudioError
from studio.files import StoredFile
from studio.jobs import IdempotencyKey
from studio.media import Media
from studio.pictures.caption import caption
from studio.records.entities import Job, Output
from studio.request import EditRequest, with_values

EVEN = 2  # as codecs need sides


class Editing:
    """The verbs of video editing; its jobs wait in the one queue and run on the embedded engine."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.jobs = media.jobs
        self.files = media.jobs.files

    def request(self, clips: Sequence[StoredFile], values: dict[str, Any]) -> EditRequest:
        """The request for a video of these clips; `values` are members of `EditRequest`.

        What the files cannot give is refused here, before anything waits for it.
        """
        for clip in clips:
            if clip.media != "video":
                raise StudioError("file_of_other_kind", name=clip.filename, found=clip.media, wanted="video")
        title = values.get("title") or " + ".join(clip.filename for clip in clips)[:200]
        asked = EditRequest.model_validate(
            {**values, "title": title, "clip_file_ids": tuple(clip.id for clip in clips)}
        )
        _check_time(asked, clips)
        width, height = shown_size(asked, clips[0])
        if not asked.text or asked.overlay_file_id:
            return asked
        drawn = caption(asked.text, width, height, asked.position, self.jobs.settings.studio_font or "")
        if drawn.missing and len(drawn.missing) >= len(set("".join(asked.text.split()))):
            raise StudioError("edit_impossible", why=f"no font at hand has the letters {drawn.missing}")
        overlay = self.files.store_bytes(drawn.png, "words.png")
        return with_values(asked, overlay_file_id=overlay.id, left_out=drawn.missing)

    def submit(
        self,
        request: EditRequest,
        *,
        door: str,
        key: IdempotencyKey | None = None,
        cancel_after_s: float | None = None,
        metadata: dict[str, Any] | None = None,
        asked: dict[str, Any] | None = None,
    ) -> Job:
        """Put it into the queue."""
        return self.jobs.submit(
            request, door=door, key=key, cancel_after_s=cancel_after_s, metadata=metadata, asked=asked
        )

    def result(self, job: Job) -> Output | None:
        """The video that a job made; None while there is none, or when somebody has removed it."""
        found = self.media.of_jobs([job])[job.id]
        return next((one for one in found if one.media == "video" or one.name.endswith(".gif")), None)


def _check_time(asked: EditRequest, clips: Sequence[StoredFile]) -> None:
    whole_s = sum(clip.duration_s or 0.0 for clip in clips)
    if whole_s and asked.start_s >= whole_s:
        why = f"the video lasts {whole_s:.2f} s, and the part would begin at {asked.start_s:g} s"
        raise StudioError("edit_impossible", why=why)


def shown_size(asked: EditRequest, first: StoredFile) -> tuple[int, int]:
    """How large the pictures will be: cut out, then brought to a size."""
    width, height = _even(first.width or EVEN), _even(first.height or EVEN)
    if asked.crop_width is not None and asked.crop_height is not None:
        if asked.crop_x + EVEN > width or asked.crop_y + EVEN > height:
            why = (
                f"the picture has {width}×{height} pixels, "
                f"and the part would begin at {asked.crop_x}, {asked.crop_y}"
            )
            raise StudioError("edit_impossible", why=why)
        width = _even(min(asked.crop_width, width - asked.crop_x))
        height = _even(min(asked.crop_height, height - asked.crop_y))
    if asked.width and asked.height:
        return _even(asked.width), _even(asked.height)
    if asked.width:
        return _even(asked.width), _even(round(height * asked.width / width))
    if asked.height:
        return _even(round(width * asked.height / height)), _even(asked.height)
    return width, height


def _even(side: int) -> int:
    return max(EVEN, side - side % EVEN)
