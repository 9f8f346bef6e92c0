"""Videos of somebody who moves or speaks: by which method, of whom, and what became of them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from studio.characters import Characters
from studio.contents import Contents
from studio.errors import StudioError
from studio.given import given
from studio.jobs import Jobs
from studio.library import Library
from studio.records import images as records
from studio.records.characters import Character
from studio.records.entities import Job, Output, Page
from studio.records.files import StoredFile
from studio.request import TalkRequest, VideoRequest, random_seed
from studio.video.presets import preset
from studio.voices import Voices

DOOR = "influencer"
KINDS = ("video", "talk")
CANCEL_WAIT_S = 5.0
PORTRAIT_WAIT_S = 90.0
PORTRAITS_AMONG = 50  # of the newest pictures
PORTRAIT_PX = 512

Method = Literal["auto", "figure", "wan", "stable_video_diffusion", "animatediff", "talking"]
FIGURE = "video_embedded"
# The workflows by which a method is carried out on a server with a GPU, the best first.
WORKFLOWS: dict[Method, tuple[str, ...]] = {
    "wan": ("video_wan_i2v", "video_wan_ti2v"),
    "stable_video_diffusion": ("video_svd",),
    "animatediff": ("video_animatediff",),
}
TALKING_WORKFLOWS = (
    *("talking_embedded", "talking_wan_s2v", "talking_humo", "talking_infinitetalk", "talking_latentsync"),
    *("talking_liveportrait", "talking_sadtalker"),
)
METHODS: tuple[Method, ...] = ("auto", "figure", "wan", "stable_video_diffusion", "animatediff", "talking")
_OTHER_NAMES: dict[str, Method] = {
    "svd": "stable_video_diffusion",
    "embedded": "figure",
    "wan2.2": "wan",
    "wan_2.2": "wan",
    "animate_diff": "animatediff",
    "talking_head": "talking",
    "talk": "talking",
}


@dataclass(frozen=True)
class Able:
    """Whether a method can be had now, and if not, why."""

    method: Method
    available: bool
    why: str = ""


def method_of(name: Any) -> Any:
    """A method, however it is spelled."""
    if not isinstance(name, str):
        return name
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    return _OTHER_NAMES.get(plain, plain) or "auto"


class Videos:
    """The verbs over videos; they hold no state beside the records."""

    def __init__(
        self,
        jobs: Jobs,
        library: Library,
        contents: Contents,
        characters: Characters,
        voices: Voices,
    ) -> None:
        self.jobs = jobs
        self.library = library
        self.contents = contents
        self.media = contents.media
        self.characters = characters
        self.voices = voices

    # ----------------------------------------------------------------- asking

    def request(
        self,
        values: Mapping[str, Any],
        *,
        character_id: str | None = None,
        style_id: str | None = None,
        preset_id: str | None = None,
    ) -> VideoRequest:
        """The request for a video; `values` are members of a `VideoRequest`, None counts as left out."""
        asked = {name: value for name, value in values.items() if value is not None}
        if preset_id:
            asked = _with_preset(asked, preset_id)
        method: Method = asked.get("method") or "auto"
        if asked.get("seed") == -1:
            asked["seed"] = random_seed()
        if character_id is not None:
            asked |= self._shown(character_id, style_id, asked)
        elif style_id is not None:
            raise StudioError("style_not_found", id=style_id[:100])
        request = VideoRequest.model_validate({**asked, "method": method})
        return self._by_method(request, method)

    def _shown(self, character_id: str, style_id: str | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A character's words for a scene, as its pictures have them."""
        own = {name: asked[name] for name in ("prompt", "negative_prompt", "style", "seed") if name in asked}
        drawn = self.characters.request(character_id, own, style_id)
        found = drawn.model_dump(
            include={
                "prompt",
                "negative_prompt",
                "style",
                "realism",
                "identity",
                "identity_seed",
                "seed",
                "character_id",
                "style_id",
            }
        )
        if drawn.clothing:
            found["prompt"] = f"{found['prompt']}, {drawn.clothing}"
        return found

    def _by_method(self, request: VideoRequest, method: Method) -> VideoRequest:
        """The request with the workflow of its method, where a server can carry it out."""
        if method == "figure" or (method in WORKFLOWS and not self._has_gpu_servers()):
            return request.model_copy(update={"engine": "embedded", "workflow": FIGURE})
        refusal: StudioError | None = None
        names = WORKFLOWS.get(method, ())
        # Without a picture, the first to say why it cannot is one that needs none.
        for name in names if request.image_file_id else reversed(names):
            chosen = request.model_copy(update={"workflow": name})
            try:
                self.jobs.preflight(chosen)
            except StudioError as error:
                if error.code != "workflow_impossible":
                    raise
                refusal = refusal or error
                continue
            return chosen
        if refusal is not None:
            raise refusal
        return request

    def _has_gpu_servers(self) -> bool:
        return any(server.kind == "comfy" for server in self.jobs.pool.servers)

    def talk_request(
        self,
        values: Mapping[str, Any],
        *,
        prompt: str,
        picture: StoredFile | None,
        voice: StoredFile | None,
        text: str = "",
        voice_id: str | None = None,
        character_id: str | None = None,
        style_id: str | None = None,
    ) -> TalkRequest:
        """The request for somebody who speaks: a recording, or a text in the character's voice."""
        character = self.characters.get(character_id) if character_id else None
        if voice is None:
            spoken = self.voices.generate(text, voice_id=voice_id, character_id=character_id)
            voice = given(self.jobs.files, path=spoken.content.file_path, media="audio")
        if picture is None:
            picture = self._portrait(character, prompt, style_id)
        asked = {name: value for name, value in values.items() if value is not None}
        title = text.strip()[:200] or prompt
        return TalkRequest.model_validate(
            {
                **asked,
                "image_file_id": picture.id,
                "audio_file_id": voice.id,
                "title": title,
                "prompt": prompt,
                "character_id": character_id,
                "style_id": style_id,
            }
        )

    def _portrait(self, character: Character | None, prompt: str, style_id: str | None) -> StoredFile:
        """Who speaks: the chosen picture of the character, its newest portrait, or one that is drawn now."""
        found = self._near(character) if character and style_id is None else None
        if found is None:
            found = self._drawn(character, prompt, style_id)
        return self.jobs.files.store_bytes(self.media.path(found).read_bytes(), found.name)

    def _near(self, character: Character) -> Output | None:
        """A picture that shows the face from near by: whoever is far away or behind a book has no lips."""
        if character.picture_id is not None:
            return self.characters.portrait(character)
        newest, _ = self.characters.pictures(character.id, media="image", limit=PORTRAITS_AMONG)
        near = (one for one in newest if self.jobs.get(one.job_id).request.get("framing") == "portrait")
        return next(near, None)

    def _drawn(self, character: Character | None, prompt: str, style_id: str | None) -> Output:
        size = {"width": PORTRAIT_PX, "height": PORTRAIT_PX}
        if character is None:
            request = self.media.request({"prompt": f"{prompt}, portrait, front view", **size})
        else:
            scene = {"prompt": "portrait, front view", **size}
            request = self.characters.request(character.id, scene, style_id)
        job = self.jobs.wait(self.jobs.submit(request, door=DOOR).id, PORTRAIT_WAIT_S)
        picture = next((one for one in job.outputs if one.media == "image"), None)
        if picture is None:
            problem = job.error or {}
            raise StudioError("video_portrait_failed", why=problem.get("message") or job.status)
        return picture

    # ---------------------------------------------------------------- finding

    def able(self) -> list[Able]:
        """Every method, whether it can be had now, and why not."""
        own: dict[Method, tuple[str, ...]] = {"figure": (FIGURE,), "talking": TALKING_WORKFLOWS, **WORKFLOWS}
        found = [self._tried(method, names) for method, names in own.items()]
        some = any(one.available for one in found)
        return [Able("auto", some, "" if some else found[0].why), *found]

    def _tried(self, method: Method, names: Sequence[str]) -> Able:
        """Whether one of these workflows can run on a server at hand."""
        reasons: list[str] = []
        for name in names:
            entry = self.library.get(name)
            if any(trial.plan for trial in entry.trials):
                return Able(method, available=True)
            reasons += [reason for trial in entry.trials for reason in trial.reasons]
        missing = "the embedded engine does not answer yet" if method == "figure" else "no ComfyUI answers"
        return Able(method, available=False, why="; ".join(dict.fromkeys(reasons)) or missing)

    def get(self, job_id: str) -> Job:
        """One job of a video."""
        try:
            job = self.jobs.get(job_id)
        except StudioError as error:
            if error.code != "generation_not_found":
                raise
            raise StudioError("job_not_found") from error
        if job.kind not in KINDS or (job.door != DOOR and job.character_id is None):
            raise StudioError("job_not_found")
        return job

    def page(self, statuses: list[str], limit: int, offset: int) -> Page:
        """The newest jobs of videos, and how many there are."""
        return records.page(self.jobs.database, DOOR, statuses, limit, offset, kinds=KINDS)

    def results(self, jobs: list[Job]) -> dict[str, Output]:
        """The videos of jobs that have one."""
        found: dict[str, Output] = {}
        for job_id, outputs in self.media.of_jobs(jobs).items():
            for output in outputs:
                if output.media == "video":
                    found.setdefault(job_id, output)
        return found

    def cancel(self, job_id: str) -> Job:
        """Cancel a job that is not finished."""
        job = self.get(job_id)
        if job.is_final:
            return job
        with contextlib.suppress(StudioError):  # finished meanwhile
            self.jobs.cancel(job_id)
        return self.jobs.wait(job_id, CANCEL_WAIT_S)


def notes_on(job: Job) -> tuple[str, ...]:
    """What is to be said of how a video was made."""
    method = job.request.get("method", "")
    if job.engine != "embedded" or method not in WORKFLOWS:
        return ()
    return (
        f"{method} needs a ComfyUI server with its models, and none is set up: the embedded engine animates "
        "its drawn figure instead, as an approximation.",
    )


def _with_preset(asked: dict[str, Any], preset_id: str) -> dict[str, Any]:
    chosen = preset(preset_id)
    usual: dict[str, Any] = {
        "method": chosen.method,
        "duration_s": chosen.duration,
        "fps": chosen.fps,
        "negative_prompt": chosen.negative_prompt,
    }
    if "width" not in asked and "height" not in asked:
        usual |= {"width": chosen.width, "height": chosen.height}
    return {**usual, **asked, "prompt": chosen.words(asked.get("prompt", "")), "preset": chosen.id}
