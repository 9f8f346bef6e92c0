"""The verbs of the content library: find, keep, edit, decide, delete and take back, clean up, take along."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from studio import clips, pictures, visitors
from studio.collect import MIME_TYPES
from studio.contents.archive import archive
from studio.contents.shelf import Shelf
from studio.disk import full_disk_is_said, remove_file
from studio.errors import StudioError
from studio.gallery.verbs import GRACE_S, clean_tags
from studio.media import Media
from studio.quality import Verdict
from studio.records import contents as records
from studio.records.contents import Approval, Content, ContentType, Filter, NewContent, Stats
from studio.records.entities import Job, Output

log = logging.getLogger(__name__)

DOOR = "influencer"
DAY_S = 86_400.0
Kind = Literal["orphaned", "temporary", "old"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_FOLDER = 200
MAX_WORDS = 10_000
SWEPT_AT_ONCE = 500
PART = 100  # of a selection that is read at once
_TEXT_TYPES = {".txt": "text/plain", ".md": "text/markdown"}


@dataclass(frozen=True)
class Decided:
    """Which of the contents that were named a decision reached, and which not."""

    done: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Deleted:
    """What was deleted; until when that can be taken back, or None if it is for good."""

    done: tuple[str, ...]
    failed: tuple[str, ...]
    until: float | None


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up removed or would remove, as number and bytes of each kind; and what it left."""

    removed: dict[str, tuple[int, int]]
    skipped: int  # as old, but approved


class Contents:
    """All that is kept."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.gallery = media.gallery
        self.jobs = media.jobs
        self.database = media.database
        self.shelf = Shelf(media.settings)
        self.jobs.before_recording.append(self._take_in)
        self.jobs.after_deleting.append(self._let_go)

    # ----------------------------------------------------------------- finding

    def get(self, content_id: str, *, deleted: bool = False) -> Content:
        """One content; a deleted one, which can still be taken back, only if that will do."""
        found = records.get(self.database, content_id, deleted=deleted)
        if found is None:
            raise _unknown(content_id)
        return found

    def find(self, ids: Sequence[str], *, deleted: bool = False) -> list[Content]:
        """These contents in this order; those that are gone are left out."""
        return records.find(self.database, ids, deleted=deleted)

    def of_job(self, job_id: str) -> tuple[Content, ...]:
        """What came of a job."""
        return records.of_job(self.database, job_id)

    def named(self, filename: str) -> Content:
        """The content whose file has this name."""
        found = records.named(self.database, filename)
        if found is None:
            raise _unknown(filename)
        return found

    def path(self, content: Content) -> Path:
        """Where its file is; brought there if it was not yet."""
        place = self.shelf.place(content.name)
        with contextlib.suppress(FileNotFoundError):
            if place.stat().st_size == content.file_size:
                return place
        if content.job_id is not None:
            with contextlib.suppress(StudioError, FileNotFoundError):
                return self.shelf.keep(self.media.path(self.gallery.output(content.id)), content.name)
        if place.is_file():
            return place
        raise StudioError("content_file_gone", id=content.id)

    def small(self, content: Content, width: int) -> Path:
        """A small picture of it, about so wide."""
        return self.shelf.small(content, self.path(content), width)

    def page(
        self, wanted: Filter | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[list[Content], int]:
        """Some of the matches, and how many there are."""
        return records.page(self.database, wanted or Filter(), limit=limit, offset=offset)

    def stats(self, character_id: str | None = None) -> Stats:
        """Sums over all contents, or those of one character."""
        return records.stats(self.database, character_id)

    def by_character(self, character_id: str | None = None, limit: int = 100) -> list[records.Held]:
        """What the contents of each character take, the largest first; or those of one of them."""
        return records.held_by_character(self.database, character_id, limit)

    def bytes_by_character(self) -> dict[str | None, tuple[int, int]]:
        """How many contents and bytes each character has; those of no character are under None."""
        return {one.character_id: (one.count, one.bytes) for one in self.by_character(limit=10_000)}

    def folders(self, character_id: str | None = None) -> dict[str, int]:
        """The folders in use, each with how much is in it."""
        return records.folders(self.database, character_id)

    def tags(self, character_id: str | None = None, limit: int = 50) -> dict[str, int]:
        """The tags in use, the most frequent first."""
        return records.tags_in_use(self.database, character_id, limit)

    def with_names(self, names: Sequence[str], types: Sequence[str] = ()) -> list[Content]:
        """The contents whose files have these names; those that are gone are left out."""
        found: list[Content] = []
        for part in _parts(names):
            wanted = Filter(names=tuple(part), types=tuple(types))
            listed, _ = records.page(self.database, wanted, limit=len(part))
            found += listed
        by_name = {content.name: content for content in found}
        return [by_name[name] for name in dict.fromkeys(names) if name in by_name]

    def history(self, content_id: str) -> list[records.Entry]:
        """What was decided about a content, in order."""
        self.get(content_id, deleted=True)
        return records.history(self.database, content_id)

    # ----------------------------------------------------------------- keeping

    def _take_in(self, job: Job, outputs: Sequence[Output]) -> None:
        """Hold the files of results that are about to be recorded, and with that to become contents."""
        if job.door != DOOR and job.character_id is None:
            return
        known = {output.name: output.id for output in job.outputs}
        for output in outputs:
            # One that is made again keeps the id under which it is recorded.
            name = known.get(output.name, output.id) + Path(output.name).suffix
            path = self.jobs.files.result_place(job.id, output.name)
            try:
                if path.is_file():
                    self.shelf.keep(path, name)
            except (OSError, StudioError) as error:
                # The result itself is there, and is looked for again when its content is asked for.
                log.warning("%s could not be put into the content folder: %s", path, error)

    def _let_go(self, job: Job) -> None:
        """Remove the files of contents that went with their job."""
        names = [output.id + Path(output.name).suffix for output in job.outputs]
        for name in records.unknown_names(self.database, names):
            self.shelf.remove(name)

    @full_disk_is_said()
    def add(
        self,
        path: Path,
        *,
        media: ContentType,
        character_id: str | None = None,
        source_id: str | None = None,
        job_id: str | None = None,
        category: str | None = None,
        platform: str | None = None,
        prompt: str = "",
        negative_prompt: str = "",
        settings: Mapping[str, Any] | None = None,
        description: str | None = None,
        tags: Sequence[str] = (),
        folder: str | None = None,
        nsfw: bool = False,
        content_id: str | None = None,
        filename: str = "",
    ) -> Content:
        """Keep a file that is there already; it stays where it is, too. Its name says what is not inside."""
        suffix = (Path(filename or path.name).suffix or path.suffix).lower()
        new = NewContent(
            id=content_id or str(uuid.uuid4()),
            content_type=media,
            name="",
            mime_type=MIME_TYPES.get(suffix) or _TEXT_TYPES.get(suffix) or "application/octet-stream",
            file_size=0,
            sha256="",
            created_at=time.time(),
            job_id=job_id,
            source_id=source_id,
            character_id=character_id,
            visitor=visitors.asking().name,
            content_category=category,
            platform=platform,
            prompt=prompt[:MAX_WORDS],
            negative_prompt=negative_prompt[:MAX_WORDS],
            generation_settings=settings,
            is_nsfw=nsfw,
            description=description,
            folder_path=clean_folder(folder),
        )
        if media == "image":
            facts = pictures.inspect(path)
            suffix = pictures.SUFFIXES[facts.format]
            new = dataclasses.replace(new, mime_type=facts.mime_type, width=facts.width, height=facts.height)
        elif media == "video":
            seen = clips.inspect_video(path)
            if seen is None:
                raise StudioError("invalid_video", why="no video could be found in it")
            new = dataclasses.replace(new, width=seen.width, height=seen.height, duration=seen.duration_s)
        elif media == "audio":
            new = dataclasses.replace(new, duration=clips.seconds_of_sound(path))
        new = dataclasses.replace(new, name=f"{new.id}{suffix or '.bin'}")
        sha256 = _sha256(path)
        # The bytes come first: a crash in between leaves bytes for the sweep, never a record without bytes.
        place = self.shelf.keep(path, new.name)
        new = dataclasses.replace(new, file_size=place.stat().st_size, sha256=sha256)
        try:
            with self.database.write() as connection:
                records.insert(connection, new, clean_tags(tags))
        except BaseException:
            self.shelf.remove(new.name)
            raise
        return self.get(new.id)

    # ---------------------------------------------------------------- changing

    @full_disk_is_said()
    def update(self, content_id: str, **values: Any) -> Content:
        """Change what is known of a content; `tags` are all that it then has."""
        content = self.get(content_id)
        tags = values.pop("tags", None)
        status: Approval | None = values.pop("approval_status", None)
        reason = values.pop("rejection_reason", content.rejection_reason)
        if "folder_path" in values:
            values["folder_path"] = clean_folder(values["folder_path"])
        listed = clean_tags(tags) if tags is not None else None
        now = time.time()
        if (status or content.approval_status) == "approved":
            self.path(content)
        with self.database.write():
            if status is not None or reason != content.rejection_reason:
                status = status or content.approval_status
                self._decide([content_id], status, reason if status == "rejected" else None)
            if values:
                records.update(self.database, [content_id], values, now)
            if listed is not None:
                records.remove_tags(self.database, [content_id], None, now)
                records.add_tags(self.database, [content_id], listed, now)
        return self.get(content_id)

    @full_disk_is_said()
    def tag(self, content_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Content:
        """Give tags to a content and take others away; upper and lower case are the same."""
        self.get(content_id)
        now = time.time()
        with self.database.write():
            records.add_tags(self.database, [content_id], clean_tags(add), now)
            records.remove_tags(self.database, [content_id], clean_tags(remove), now)
        return self.get(content_id)

    @full_disk_is_said()
    def save_quality(self, content_id: str, verdict: Verdict) -> Content:
        """Note how good it was found, with the checks of which the score is made."""
        checks = [dataclasses.asdict(check) for check in verdict.checks]
        values = {"quality_score": verdict.score, "checks": checks}
        if not records.update(self.database, [content_id], values, time.time()):
            raise _unknown(content_id)
        return self.get(content_id)

    @full_disk_is_said()
    def use(self, content_id: str) -> None:
        """Count that it was taken along or made into something."""
        records.use(self.database, content_id, time.time())

    # ---------------------------------------------------------------- deciding

    @full_disk_is_said()
    def approve(self, ids: Sequence[str]) -> Decided:
        """Approve contents, which from then on outlive their jobs."""
        there: list[str] = []
        for part in _parts(ids):
            for content in self.find(part):
                # Its own hold on the file comes before anybody relies on it.
                with contextlib.suppress(StudioError):
                    self.path(content)
                    there.append(content.id)
        return _decided(ids, self._decide(there, "approved", None))

    @full_disk_is_said()
    def reject(self, ids: Sequence[str], reason: str | None = None) -> Decided:
        """Reject contents, with the reason if there is one."""
        return _decided(ids, self._decide(ids, "rejected", reason))

    def _decide(self, ids: Sequence[str], status: Approval, reason: str | None) -> list[str]:
        return records.decide(self.database, ids, status, reason, visitors.asking().name, time.time())

    # ---------------------------------------------------------------- deleting

    @full_disk_is_said()
    def delete(self, ids: Sequence[str], hard: bool = False) -> Deleted:
        """Delete contents; for a week that can be taken back, unless it is for good at once."""
        now = time.time()
        if hard:
            done = [content.id for part in _parts(ids) for content in self.find(part, deleted=True)]
            self._remove(done)
            return Deleted(tuple(done), _rest(ids, done), None)
        done = records.mark_deleted(self.database, ids, now, visitors.asking().name, now)
        # The same pictures are in the gallery: whoever deletes one does not want to meet it there.
        self.gallery.delete(done)
        return Deleted(tuple(done), _rest(ids, done), now + GRACE_S)

    @full_disk_is_said()
    def restore(self, ids: Sequence[str]) -> Decided:
        """Take deletions back, as long as that can be done."""
        done = records.mark_deleted(self.database, ids, None, visitors.asking().name, time.time())
        self.gallery.undelete(done)
        return _decided(ids, done)

    def _remove(self, ids: Sequence[str]) -> None:
        names = records.remove(self.database, ids)
        for name in names:
            self.shelf.remove(name)
        for part in _parts(ids):
            self.media.discard(part)

    def sweep(self, now: float | None = None) -> int:
        """Remove for good what was deleted longer ago than it can be taken back, and what crashes left."""
        now = time.time() if now is None else now
        swept = 0
        while found := records.deleted_before(self.database, now - GRACE_S, SWEPT_AT_ONCE):
            self._remove(found)
            swept += len(found)
        for name, _ in self.orphans(now):
            self.shelf.remove(name)
            swept += 1
        if swept:
            log.info("%d contents were removed for good", swept)
        return swept

    @full_disk_is_said()
    def clean_up(
        self, older_than_days: int, kinds: Collection[str] = KINDS, *, dry_run: bool = False
    ) -> Cleaned:
        """Remove files without a record, uploads that broke off, and old images that nobody approved."""
        now = time.time()
        removed: dict[str, tuple[int, int]] = {}
        # Files without a record are nobody's: a visitor who sees only own things has none of them.
        is_owner = visitors.whose() is None
        if "orphaned" in kinds:
            found = list(self.orphans(now)) if is_owner else []
            removed["orphaned"] = (len(found), sum(size for _, size in found))
            for name, _ in found if not dry_run else ():
                self.shelf.remove(name)
        if "temporary" in kinds:
            broken = list(self.jobs.files.temporary(now)) if is_owner else []
            removed["temporary"] = (len(broken), sum(size for _, size in broken))
            for path, _ in broken if not dry_run else ():
                remove_file(path)
        before = now - older_than_days * DAY_S
        old = Filter(types=("image",), statuses=("pending", "rejected"), before=before)
        if "old" in kinds:
            removed["old"] = self._clean_up_old(old, dry_run=dry_run)
        kept = dataclasses.replace(old, statuses=("approved",))
        return Cleaned(removed, records.page(self.database, kept, limit=0)[1] if "old" in kinds else 0)

    def _clean_up_old(self, old: Filter, *, dry_run: bool) -> tuple[int, int]:
        count = size = 0
        numbers = records.numbers(self.database, old)
        for at in range(0, len(numbers), PART):
            part = records.by_numbers(self.database, numbers[at : at + PART])
            # Somebody may have approved one meanwhile.
            unwanted = [content for content in part if content.approval_status != "approved"]
            count += len(unwanted)
            size += sum(content.file_size for content in unwanted)
            if not dry_run:
                self._remove([content.id for content in unwanted])
        return count, size

    def orphans(self, now: float) -> Iterator[tuple[str, int]]:
        """Files that no content knows, a day after they came, each with its size."""
        part: dict[str, int] = {}
        for name, size in self.shelf.names(now - DAY_S):
            part[name] = size
            if len(part) >= SWEPT_AT_ONCE:
                yield from self._orphans_of(part)
                part = {}
        yield from self._orphans_of(part)

    def _orphans_of(self, part: Mapping[str, int]) -> list[tuple[str, int]]:
        return [(name, part[name]) for name in records.unknown_names(self.database, list(part))]

    # ------------------------------------------------------------------ taking

    def archive(self, ids: Sequence[str]) -> Iterator[bytes]:
        """A ZIP of contents with a manifest, as it is written; refused when none of them is there."""
        if not any(self.find(part) for part in _parts(ids)):
            raise StudioError("contents_not_found")
        return archive((one for part in _parts(ids) for one in self.find(part)), self.path)

    def archive_of(self, wanted: Filter) -> Iterator[bytes]:
        """A ZIP of all matches."""
        numbers = records.numbers(self.database, wanted)
        if not numbers:
            raise StudioError("contents_not_found")
        parts = (numbers[at : at + PART] for at in range(0, len(numbers), PART))
        return archive((one for part in parts for one in records.by_numbers(self.database, part)), self.path)


def clean_folder(label: str | None) -> str | None:
    """A folder's label as it is kept: it looks like a path, and never is one."""
    if label is None:
        return None
    text = label.strip().replace("\\", "/")
    if not text.isprintable() or len(text) > MAX_FOLDER:
        raise StudioError("invalid_field", why=f"A folder's name has at most {MAX_FOLDER} plain letters.")
    parts = [part.strip() for part in text.split("/") if part.strip()]
    return ("/" if text.startswith("/") else "") + "/".join(parts) or None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _decided(ids: Sequence[str], done: Collection[str]) -> Decided:
    return Decided(tuple(done), _rest(ids, done))


def _rest(ids: Sequence[str], done: Collection[str]) -> tuple[str, ...]:
    known = set(done)
    return tuple(one for one in dict.fromkeys(ids) if one not in known)


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    listed = list(dict.fromkeys(ids))
    for at in range(0, len(listed), PART):
        yield listed[at : at + PART]


def _unknown(content_id: str) -> StudioError:
    return StudioError("content_not_found", id=content_id[:100])
