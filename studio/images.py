"""Pictures for programs in the AInfluencer manner: requests with faces, batches, ranks, variants, sums."""

from __future__ import annotations

import contextlib
import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from studio import visitors, zips
from studio.appraisal import Appraisal
from studio.characters import Characters
from studio.contents import Contents
from studio.disk import display_name, full_disk_is_said
from studio.errors import StudioError
from studio.faces import Faces
from studio.jobs import Jobs
from studio.records import ab_tests, images
from studio.records.ab_tests import AbTest, Variant
from studio.records.embeddings import Method
from studio.records.entities import Job, Output, Page
from studio.records.images import Batches, Sums
from studio.request import AvatarRequest, random_seed

log = logging.getLogger(__name__)

DOOR = "influencer"
METADATA = "metadata.json"
CANCEL_WAIT_S = 5.0  # running work stops within that


@dataclass(frozen=True)
class Ranked:
    """A picture with its score, and its place among those of its job."""

    output: Output
    score: float
    rank: int


@dataclass(frozen=True)
class Cleared:
    """What was removed."""

    jobs: int
    images: int
    others: int


class Images:
    """Everything that can be done with jobs of pictures; holds no state beside the records."""

    def __init__(
        self, jobs: Jobs, contents: Contents, characters: Characters, faces: Faces, appraisal: Appraisal
    ) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.contents = contents
        self.media = contents.media
        self.characters = characters
        self.faces = faces
        self.appraisal = appraisal

    # ----------------------------------------------------------------- asking

    def request(
        self,
        values: Mapping[str, Any],
        *,
        character_id: str | None = None,
        style_id: str | None = None,
        face_id: str | None = None,
        method: Method | None = None,
    ) -> AvatarRequest:
        """The request that some members make; with a face, what follows it is chosen or it is refused."""
        asked = {name: value for name, value in values.items() if value is not None}
        if asked.get("seed") == -1:
            asked["seed"] = random_seed()
        face = self.faces.get(face_id) if face_id else None
        if face is not None:
            asked["reference_file_id"] = face.file_id
        if character_id is None:
            if style_id is not None:
                raise StudioError("style_not_found", id=display_name(style_id)[:100])
            request = self.media.request(asked)
        else:
            if method is not None and face is None:
                # Asked for by name, so that it is refused where it cannot be followed.
                asked["reference_file_id"] = self.characters.get(character_id).reference_file_id
            request = self.characters.request(character_id, asked, style_id)
        if request.reference_file_id is None or (face is None and method is None):
            return request
        if method is not None or face is None:
            return self.faces.follow(request, method or "ip-adapter")
        with contextlib.suppress(StudioError):
            return self.faces.follow(request, face.method)
        # Nobody asked for its manner this time: any that a server knows will do.
        self.jobs.preflight(request)
        return request

    def notes_on(self, job: Job) -> tuple[str, ...]:
        """What else there is to say about how a face was followed."""
        asked = job.asked or {}
        if not (asked.get("face_consistency_method") or asked.get("face_embedding_id")):
            return ()
        if not job.request.get("reference_file_id"):
            return (
                "No face was given, so face_consistency_method changes nothing; give a face_embedding_id, or "
                "a character with a face reference.",
            )
        if job.engine == "embedded":
            return (
                "The embedded engine has no face models: it takes the colours of the picture of the face and "
                "follows the words for the rest.",
            )
        return ()

    # ---------------------------------------------------------------- finding

    def get(self, job_id: str) -> Job:
        """One job of pictures."""
        try:
            job = self.jobs.get(job_id)
        except StudioError as error:
            if error.code != "generation_not_found":
                raise
            raise StudioError("job_not_found") from error
        if job.kind not in images.KINDS or (job.door != DOOR and job.character_id is None):
            raise StudioError("job_not_found")
        return job

    def page(self, statuses: Sequence[str] = (), limit: int = 50, offset: int = 0) -> Page:
        """The newest jobs of pictures, and how many there are."""
        return images.page(self.database, DOOR, statuses, limit, offset)

    def sums(self) -> Sums:
        """Sums over all jobs of pictures."""
        return images.sums(self.database, DOOR)

    def batches(self) -> Batches:
        """Sums over the jobs of several pictures."""
        return images.batches(self.database, DOOR)

    def pictures(self, jobs: Sequence[Job]) -> dict[str, tuple[Output, ...]]:
        """The pictures of these jobs that are there, by job."""
        return {
            job_id: tuple(output for output in outputs if output.media == "image")
            for job_id, outputs in self.media.of_jobs(jobs).items()
        }

    def batch(self, job_id: str) -> Job:
        """One job of several pictures."""
        job = self.get(job_id)
        if wanted_of(job) < 2:
            raise StudioError("job_not_found")
        return job

    def rank(self, job: Job, least: float = 0.0) -> list[Ranked]:
        """The pictures of a job from the best to the worst, as far as they are good enough."""
        outputs = self.pictures([job])[job.id]
        scores = self.appraisal.scores(job, outputs)
        judged = [(scores[output.id], output) for output in outputs if output.id in scores]
        judged.sort(key=lambda found: (-found[0], found[1].position))
        return [
            Ranked(output, score, rank)
            for rank, (score, output) in enumerate(judged, start=1)
            if score >= least
        ]

    # --------------------------------------------------------------- changing

    def cancel(self, job_id: str, *, keep_pictures: bool = False) -> Job:
        """Cancel a job that is not finished; what it has made already is kept only if that is wished."""
        job = self.get(job_id)
        if job.is_final:
            return job
        with contextlib.suppress(StudioError):  # finished meanwhile
            self.jobs.cancel(job_id)
        job = self.jobs.wait(job_id, CANCEL_WAIT_S)
        if job.status != "cancelled" or keep_pictures:
            return job
        for output in self.pictures([job])[job.id]:
            self.contents.delete([output.id], hard=True)
            with contextlib.suppress(StudioError):  # went with its content
                self.media.delete(output.id)
        return self.jobs.get(job_id)

    def delete(self, job_id: str) -> None:
        """Remove a job with its pictures; those that somebody has approved stay in the library."""
        self.jobs.delete(self.get(job_id).id)

    def clear(self) -> Cleared:
        """Remove every job of this family of whoever is asking; what was approved stays in the library."""
        removed = pictures = others = 0
        for job_id in images.ids(self.database, DOOR):
            with contextlib.suppress(StudioError):  # somebody else was quicker
                outputs = self.jobs.get(job_id).outputs
                self.jobs.delete(job_id)
                removed += 1
                pictures += sum(output.media == "image" for output in outputs)
                others += sum(output.media != "image" for output in outputs)
        return Cleared(removed, pictures, others)

    def archive(self, job: Job, outputs: Sequence[Output]) -> Iterator[bytes]:
        """The pictures of a job as a ZIP while it is written, and what is known of them."""
        outlet = zips.Outlet()
        told: list[dict[str, Any]] = []
        with zips.opened(outlet) as target:
            for number, output in enumerate(outputs, start=1):
                name = f"images/{number:02}{PurePath(output.name).suffix}"
                try:
                    for _ in zips.add_file(target, self.media.path(output), name, output.created_at):
                        yield outlet.take()
                except (FileNotFoundError, StudioError):  # somebody has deleted it meanwhile
                    log.info("%s of %s is gone", output.name, job.id)
                    continue
                told.append(
                    {
                        "path": name,
                        "id": output.id,
                        "width": output.width,
                        "height": output.height,
                        "sha256": output.sha256,
                    }
                )
            metadata = {"job_id": job.id, "images": told, "request": job.request, "engine": job.engine}
            text = json.dumps({**metadata, "workflow": job.workflow, "seed": job.seed}, indent=1)
            target.writestr(METADATA, text.encode("utf-8", "replace"))
        yield outlet.take()

    # --------------------------------------------------------------- variants

    @full_disk_is_said()
    def start_test(
        self,
        variants: Sequence[tuple[str, str, str]],
        common: Mapping[str, Any],
        *,
        character_id: str | None = None,
        style_id: str | None = None,
    ) -> tuple[AbTest, list[Job]]:
        """One job for each variant (name, prompt, negative prompt), with one seed for all."""
        seed = common.get("seed")
        shared = {**common, "seed": random_seed() if seed in (None, -1) else seed}
        requests = [
            self.request(
                {**shared, "prompt": prompt, "negative_prompt": negative},
                character_id=character_id,
                style_id=style_id,
            )
            for _, prompt, negative in variants
        ]
        for request in requests:
            self.jobs.preflight(request)
        test_id = str(uuid.uuid4())
        made: list[Job] = []
        try:
            for (name, prompt, negative), request in zip(variants, requests, strict=True):
                asked = {
                    "prompt": prompt,
                    "negative_prompt": negative,
                    "ab_test_id": test_id,
                    "variant": name,
                }
                made.append(self.jobs.submit(request, door=DOOR, asked=asked))
            test = AbTest(
                id=test_id,
                settings={**shared, "character_id": character_id, "style_id": style_id},
                visitor=visitors.asking().name,
                created_at=time.time(),
                variants=tuple(
                    Variant(name, prompt, job.id)
                    for (name, prompt, _), job in zip(variants, made, strict=True)
                ),
            )
            with self.database.write() as connection:
                ab_tests.insert(connection, test)
        except BaseException:
            for job in made:
                self.jobs.delete(job.id)
            raise
        return test, made

    def test(self, test_id: str) -> AbTest:
        """One test by its id."""
        found = ab_tests.find(self.database, test_id)
        if found is None:
            raise StudioError("ab_test_not_found", id=display_name(test_id)[:100])
        return found

    def job_of(self, variant: Variant) -> Job | None:
        """The job of a variant, unless somebody has deleted it."""
        with contextlib.suppress(StudioError):
            return self.jobs.get(variant.job_id)
        return None


def wanted_of(job: Job) -> int:
    """How many pictures a job was asked for."""
    return int(job.request.get("variants") or 1) * max(1, len(job.request.get("views") or ()))


def file_of(output: Output) -> str:
    """The name under which the library has a picture."""
    return f"{output.id}{PurePath(output.name).suffix}"
