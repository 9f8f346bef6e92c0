"""The verbs of the gallery: find, mark, delete and take back, compare, take along, make anew."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import pictures
from studio.disk import full_disk_is_said, remove_file
from studio.errors import StudioError
from studio.gallery.archive import Selections, archive
from studio.gallery.compare import Difference, compare
from studio.gallery.restore import Restored, read_request, restore
from studio.gallery.thumbnails import Thumbnails
from studio.jobs import Jobs
from studio.pictures import Source
from studio.records import gallery as records
from studio.records.entities import Output
from studio.records.gallery import Filter, Item, Slice

log = logging.getLogger(__name__)

GRACE_S = 7 * 86_400.0  # how long a deletion can be taken back
PAGE = 50
COUNTED = 1_000  # a page says "1,000 or more" rather than count on
MAX_TAG = 40
MAX_TAGS = 30
SWEPT_AT_ONCE = 500
PART = 100  # of a selection that is read at once


@dataclass(frozen=True)
class Deleted:
    """A deletion that can be taken back until its time is over."""

    ids: tuple[str, ...]
    until: float


class Gallery:
    """All results of all jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.files = jobs.files
        self.thumbnails = Thumbnails(jobs.files)
        self.selections = Selections()

    # ----------------------------------------------------------------- finding

    def page(
        self,
        wanted: Filter | None = None,
        *,
        limit: int = PAGE,
        before: int | None = None,
        after: int | None = None,
    ) -> Slice:
        """The newest pictures, or those older than `before` or newer than `after`, from an earlier page."""
        return records.page(self.database, wanted or Filter(), limit=limit, before=before, after=after)

    def count(self, wanted: Filter | None = None, most: int = COUNTED) -> int:
        """How many there are, at most `most`."""
        return records.count(self.database, wanted or Filter(), most)

    def choices(self) -> dict[str, list[tuple[str, int]]]:
        """What can be filtered by: view, style, model, workflow, kind, media, tag, each with its number."""
        return records.choices(self.database)

    def find(self, ids: Sequence[str]) -> list[Item]:
        """These pictures in this order; those that are gone are left out."""
        return records.find(self.database, ids)

    def get(self, output_id: str) -> Item:
        """One picture, also a deleted one that can still be taken back."""
        found = self.find([output_id])
        if not found:
            raise _unknown(output_id)
        return found[0]

    def output(self, output_id: str) -> Output:
        """The output behind a picture, with one look into the records."""
        found = records.output(self.database, output_id)
        if found is None:
            raise _unknown(output_id)
        return found

    def path(self, output: Output) -> Path:
        """Where its file is."""
        path = self.files.output_path(output.job_id, output.name)
        if not path.is_file():
            raise StudioError("output_not_found", name=output.name)
        return path

    # ----------------------------------------------------------------- marking

    @full_disk_is_said()
    def favourite(self, ids: Sequence[str], on: bool = True) -> int:
        """Mark pictures as favourites, or take the mark away; says how many there were."""
        return records.set_favourite(self.database, ids, on)

    @full_disk_is_said()
    def tag(self, ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Give tags to pictures and take others away; upper and lower case are the same."""
        records.add_tags(self.database, ids, clean_tags(add))
        records.remove_tags(self.database, ids, clean_tags(remove))

    # ---------------------------------------------------------------- deleting

    @full_disk_is_said()
    def delete(self, ids: Sequence[str]) -> Deleted:
        """Take pictures out of the gallery; for a week that can be taken back, and their files stay."""
        now = time.time()
        records.mark_deleted(self.database, ids, now)
        return Deleted(tuple(ids), now + GRACE_S)

    @full_disk_is_said()
    def undelete(self, ids: Sequence[str]) -> int:
        """Take a deletion back; says for how many pictures that was still possible."""
        return records.mark_deleted(self.database, ids, None)

    @full_disk_is_said()
    def empty_trash(self) -> int:
        """Remove everything that was deleted for good, now."""
        return self._sweep(time.time() + 1.0)

    def sweep(self, now: float | None = None) -> int:
        """Remove for good what was deleted longer ago than it can be taken back."""
        return self._sweep((time.time() if now is None else now) - GRACE_S)

    def _sweep(self, before: float) -> int:
        swept = 0
        while found := records.deleted_before(self.database, before, SWEPT_AT_ONCE):
            # Files first: after a crash in between, the next sweep finds the records again.
            for output in found:
                self.thumbnails.remove(output)
                remove_file(self.files.result_place(output.job_id, output.name))
            for job_id in records.remove(self.database, [output.id for output in found]):
                with contextlib.suppress(StudioError):  # somebody else was quicker
                    self.jobs.delete(job_id)
            swept += len(found)
        if swept:
            log.info("%d deleted pictures were removed for good", swept)
        return swept

    # ----------------------------------------------------------------- recipes

    def recipe(self, output_id: str) -> dict[str, Any]:
        """How a picture was made, from the records, with the versions that its file names."""
        return self._recipe(self.get(output_id))

    def _recipe(self, item: Item) -> dict[str, Any]:
        job, output = self.jobs.get(item.output.job_id), item.output
        task = next((task for task in job.tasks if task.id == output.task_id), None)
        path = self.files.output_path(output.job_id, output.name)
        inside = (pictures.read_recipe(path) if path.is_file() else None) or {}
        return {
            "job": job.id,
            "picture": output.id,
            "view": output.view,
            "seed": item.seed,
            "engine": job.engine,
            "workflow": job.workflow,
            "server": task.server if task else None,
            "comfyui": inside.get("comfyui"),
            "studio": inside.get("studio"),
            "door": job.door,
            "created_at": output.created_at,
            "notes": list(job.notes),
            "request": {**job.request, "seed": item.seed},
            "file": {
                "name": output.name,
                "mime_type": output.mime_type,
                "size": output.size,
                "width": output.width,
                "height": output.height,
                "sha256": output.sha256,
            },
        }

    def settings(self, output_id: str) -> Restored:
        """A picture's settings, to be used again."""
        recipe = self.recipe(output_id)
        return read_request(recipe, self._is_there)

    def compare(self, first_id: str, second_id: str) -> tuple[Difference, ...]:
        """Why two pictures differ; empty when they were made with the same settings."""
        return compare(self.recipe(first_id), self.recipe(second_id))

    def restore(self, source: Source) -> Restored:
        """The settings inside a PNG, JPEG or WEBP that was made here or by ComfyUI."""
        return restore(source, self._is_there, self._request_of)

    def _is_there(self, kind: str, name: str) -> bool:
        """Whether an upload or a workflow that some settings name is at hand."""
        if kind == "workflow":
            return name in self.jobs.library
        try:
            self.files.get(name)
        except StudioError:
            return False
        return True

    def _request_of(self, job_id: str) -> Mapping[str, Any] | None:
        try:
            return self.jobs.get(job_id).request
        except StudioError:
            return None

    # ------------------------------------------------------------------ taking

    def archive(self, ids: Sequence[str]) -> Iterator[bytes]:
        """A ZIP of pictures with their recipes, as it is written."""
        if not ids:
            raise StudioError("selection_empty")
        return archive(
            self._in_parts(ids),
            lambda item: self.files.output_path(item.output.job_id, item.output.name),
            self._recipe,
        )

    def _in_parts(self, ids: Sequence[str]) -> Iterator[Item]:
        for start in range(0, len(ids), PART):
            yield from self.find(ids[start : start + PART])


def _unknown(output_id: str) -> StudioError:
    return StudioError("picture_not_found", id=output_id[:100])


def clean_tags(listed: Sequence[str]) -> list[str]:
    """Tags as they are kept; refused where they are too long, too many or cannot be seen."""
    tags = list(dict.fromkeys(" ".join(tag.split()) for tag in listed))
    if len(tags) > MAX_TAGS:
        raise StudioError("invalid_field", why=f"At most {MAX_TAGS} tags can be given at once.")
    for tag in tags:
        if not 0 < len(tag) <= MAX_TAG or not tag.isprintable():
            raise StudioError("invalid_field", why=f"A tag has 1 to {MAX_TAG} letters, not {tag[:60]!r}.")
    return tags
