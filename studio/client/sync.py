"""The client: characters from words by method calls, over a studio in this process or behind an address."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from studio.client import cards, showing, verbs
from studio.client.characters import Characters
from studio.client.doors import FOREVER_S, Door, Here
from studio.client.facts import JobFacts, OutputFacts, SheetFacts, form_for, own_name, place_for
from studio.client.state import Event, JobState, OutputState, PageState, Status, Upload
from studio.client.wishes import (
    ALL_VIEWS,
    Asking,
    Picture,
    TalkWishes,
    View,
    asked,
    file_bytes,
    known_wishes,
    said,
)
from studio.errors import StudioError

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.settings import Settings

WHOLE_BYTES = 1_500_000  # so much of a job is shown as it is; more as small pictures


class Output(OutputFacts):
    """A finished file of a job."""

    def __init__(self, door: Door, state: OutputState) -> None:
        super().__init__(state)
        self._door = door

    def read(self) -> bytes:
        """The file's bytes."""
        return self._door.run(verbs.content(self.state))

    @property
    def image(self) -> Image:
        """The picture, for Pillow."""
        return decoded(self.read())

    def save(self, path: str | Path) -> Path:
        """Keep the file as it was made, under this path or in this folder; where it is then."""
        target = place_for(path, own_name(self))
        target.write_bytes(self.read())
        return target

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = cards.Shown(self.view, self.mime_type, self.read())
        return {"text/plain": repr(self), "text/html": cards.figure(shown)}


class Sheet(SheetFacts):
    """A character sheet."""

    def __init__(self, door: Door, job_id: str, options: Mapping[str, Any]) -> None:
        super().__init__(door.run(verbs.compose(job_id, options)), dict(options))
        self._door = door

    def read(self, form: str = "sheet.png", **how: Any) -> bytes:
        """The sheet's bytes in one of its forms."""
        return self._file(form, how).data

    @property
    def image(self) -> Image:
        """The sheet, for Pillow."""
        return decoded(self.read())

    def save(self, path: str | Path, form: str | None = None, **how: Any) -> Path:
        """Keep it, in the form that the path's ending says (.png, .pdf, .psd, .zip, .gif, .mp4) or by name.

        Forms that share an ending are named: `pictures.zip`, `atlas.zip`, `turntable.zip`, `turntable.webp`.
        """
        made = self._file(form_for(path, form), how)
        target = place_for(path, made.filename)
        target.write_bytes(made.data)
        return target

    def _file(self, form: str, how: Mapping[str, Any]) -> Any:
        return self._door.run(verbs.sheet_file(self.state.job_id, form, self.options, how))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = cards.Shown("character sheet", "image/png", self.read())
        return {"text/plain": repr(self), "text/html": cards.figure(shown)}


class Job(JobFacts):
    """One request of somebody; what it says of itself is as old as the last call."""

    def __init__(self, door: Door, state: JobState) -> None:
        super().__init__(state)
        self._door = door
        self._shower: threading.Thread | None = None  # keeps a cell of a notebook up to date

    @property
    def outputs(self) -> list[Output]:
        """What is finished, in the order of the views."""
        return [Output(self._door, output) for output in self.state.outputs]

    @property
    def image(self) -> Image:
        """The first picture, once the job is done."""
        return self.wait().outputs[0].image

    @property
    def images(self) -> dict[str, Image]:
        """The picture of each view, once the job is done."""
        return {output.view: output.image for output in self.wait().outputs}

    def refresh(self) -> Job:
        """Ask how far it is."""
        self.state = self._door.run(verbs.get(self.id))
        return self

    def watch(self, timeout_s: float | None = None) -> Iterator[Job]:
        """This job now and after each change, until it is final or time is up."""
        for state in self._door.follow(self.id, FOREVER_S if timeout_s is None else timeout_s):
            self.state = state
            yield self

    def wait(self, timeout_s: float | None = None, *, show: bool | None = None, check: bool = True) -> Job:
        """Wait until it is done; raises why it failed (unless `check` is off), or that it still runs.

        Ctrl-C ends the waiting, not the job.
        """
        is_shown = self._shower is not None and self._shower.is_alive()
        place = showing.a_show(False if self.is_final or is_shown else show)
        try:
            for _ in () if self.is_final else self.watch(timeout_s):
                wants = place.wants_previews and self.status == "processing"
                place.update(self.state, self.preview() if wants else None)
        except KeyboardInterrupt:
            place.end(f"The job {self.id} goes on.")
            raise
        place.end(cards.summary(self.state))
        if not self.is_final:
            raise StudioError("job_unfinished", id=self.id, status=self.status)
        if check and self.error is not None:
            raise self.error
        return self

    def preview(self) -> bytes | None:
        """The newest preview frame as JPEG or PNG, if there is one now."""
        return self._door.run(verbs.preview(self.id))

    def events(self) -> Iterator[Event]:
        """What happened and happens to it, in order, until it is final."""
        after = 0
        for _ in self.watch():
            for event in self._door.run(verbs.log(self.id, after)):
                yield event
                after = event.seq

    def cancel(self) -> Job:
        """Stop it; what waits ends at once, what runs within a second or two."""
        self.state = self._door.run(verbs.cancel(self.id))
        return self

    def retry(self) -> Job:
        """A new job from the same request; what was finished is kept."""
        return Job(self._door, self._door.run(verbs.retry(self.id)))

    def reroll(self, view: View, seed: int | None = None) -> Job:
        """A new job in which one view is made again with another seed; the others are kept."""
        return Job(self._door, self._door.run(verbs.reroll(self.id, view, seed)))

    def delete(self) -> None:
        """Remove it and its files; work that still runs is stopped."""
        self._door.run(verbs.delete(self.id))

    def save(self, folder: str | Path) -> list[Path]:
        """Keep all finished files in a folder; where they are then."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        return [output.save(Path(folder)) for output in self.outputs]

    def compose(self, **options: Any) -> Sheet:
        """Its pictures on one character sheet; `layout` is `"row"`, `"grid"`, `"turnaround"` or `"game"`.

        All options are those of `POST /sheets/{id}/compose`. Nothing is generated.
        """
        return Sheet(self._door, self.id, options)

    def add(self, what: str, expressions: Sequence[str] | None = None) -> list[Job]:
        """Give its sheet `"expressions"`, a `"portrait"` or clean `"cutouts"`: the jobs that make them."""
        added = self._door.run(verbs.add_to_sheet(self.id, what, expressions))
        return [Job(self._door, self._door.run(verbs.get(job_id))) for job_id in added]

    # ------------------------------------------------------------- in notebooks

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": cards.card(self.state, self._pictures())}

    def _ipython_display_(self) -> None:
        """Show itself, and go on showing itself in the same place until it is done."""
        from IPython.display import display

        if not showing.in_notebook():
            display(self._repr_mimebundle_(), raw=True)
            return
        place = showing.Notebook()
        if not self.is_final:
            self.refresh()
        place.put(cards.card(self.state, self._pictures()), repr(self))
        if not self.is_final:
            self._shower = threading.Thread(target=self._keep_showing, args=(place,), daemon=True)
            self._shower.start()

    def _keep_showing(self, place: showing.Notebook) -> None:
        mine = Job(self._door, self.state)  # the other thread may wait for the same job
        with contextlib.suppress(StudioError):  # a job that was removed, or a studio that went away for good
            for _ in mine.watch():
                if not mine.is_final:
                    place.update(mine.state, mine.preview() if mine.status == "processing" else None)
            place.put(cards.card(mine.state, mine._pictures()), repr(mine))

    def _pictures(self) -> list[cards.Shown]:
        small = sum(output.size for output in self.state.outputs) > WHOLE_BYTES
        shown: list[cards.Shown] = []
        for output in self.state.outputs:
            is_picture = output.mime_type.startswith("image/")
            verb = verbs.thumbnail(output) if small and is_picture else verbs.content(output)
            kind = "image/webp" if small and is_picture else output.mime_type
            shown.append(cards.Shown(output.view, kind, self._door.run(verb)))
        return shown


class Jobs:
    """The jobs of a studio, whichever door they came through."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def list(
        self,
        *,
        status: Status | Sequence[Status] = (),
        kind: str | Sequence[str] = (),
        search: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """The newest matching jobs; `search` looks for words of the prompt."""
        found = self._door.run(verbs.page(status, kind, search, limit, offset))
        return Page(self._door, found)

    def get(self, job_id: str) -> Job:
        """One job, by its id."""
        return Job(self._door, self._door.run(verbs.get(job_id)))

    def wait(
        self, jobs: Sequence[Job], timeout_s: float | None = None, *, show: bool | None = None
    ) -> Iterator[Job]:
        """Each job once it is done, in the order given; failed ones too, with their `error`."""
        place = showing.a_show(show)
        try:
            for number, job in enumerate(jobs, 1):
                job.wait(timeout_s, show=False, check=False)
                place.count(number, len(jobs))
                yield job
        finally:
            place.end()


class Page(Sequence[Job]):
    """Some of the jobs, and how many match."""

    def __init__(self, door: Door, state: PageState) -> None:
        self.total = state.total
        self._jobs = [Job(door, job) for job in state.jobs]

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, index: Any) -> Any:
        return self._jobs[index]

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} of {self.total} jobs", *map(repr, self._jobs)])


class Studio:
    """A studio: `Studio()` in this process, `Studio("http://host:8000")` behind an address.

    In this process it draws with ComfyUI at COMFYUI_URL or with an engine that it starts itself, and keeps
    records and files where the app does (STORAGE_PATH, DATABASE_URL) or below `folder`. A running app and
    other processes may share them. `at_work=False` is for looking at records only: it starts no engine and
    does no work. Use it as a context manager, or `close()` it.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        folder: str | Path | None = None,
        settings: Settings | None = None,
        at_work: bool = True,
    ) -> None:
        self._door: Door
        if url is None:
            self._door = Here(Path(folder) if folder is not None else None, settings, at_work=at_work)
        else:
            from studio.client.rest import Rest

            self._door = Rest(url, api_key)
        self.jobs = Jobs(self._door)
        self.characters = Characters(self, self._door)

    def avatar(self, prompt: str, **wishes: Unpack[Asking]) -> Job:
        """One picture from words, from the front unless they say otherwise ("seen from behind")."""
        return self._submit(prompt, None, wishes)

    def pose(self, prompt: str, view: View | Sequence[View] = "front", **wishes: Unpack[Asking]) -> Job:
        """The character from one side, or from several."""
        return self._submit(prompt, (view,) if isinstance(view, str) else tuple(view), wishes)

    def sheet(self, prompt: str, **wishes: Unpack[Asking]) -> Job:
        """The character from all four sides, for `compose`."""
        return self._submit(prompt, ALL_VIEWS, wishes)

    def talk(
        self,
        picture: Picture,
        recording: Picture | None = None,
        *,
        text: str | None = None,
        voice: str | None = None,
        key: str | None = None,
        **wishes: Unpack[TalkWishes],
    ) -> Job:
        """Make a picture speak: with a recording, or with a text that a voice of the studio speaks.

        Both come from uploads, files, bytes or outputs of other jobs. `landmarks` says where `left_eye`,
        `right_eye` and `mouth` are, as shares of width and height, if no face is found.
        """
        heard = self._heard(recording, text, voice)
        verb = verbs.talk(self.upload(picture), heard, known_wishes(wishes), key)
        return self.jobs.get(self._door.run(verb))

    def _heard(self, recording: Picture | None, text: str | None, voice: str | None) -> Upload:
        if recording is None:
            return self.speak(said(text), voice=voice)
        if isinstance(recording, Upload):
            return recording
        return self._door.run(verbs.upload_recording(*file_bytes(recording)))

    def speak(self, text: str, **voice: Any) -> Upload:
        """Have a text spoken and keep it as a recording; `voice`, `engine`, `speed` as in `POST /speech`."""
        return self._door.run(verbs.speak({"text": text, **known_wishes(voice)}))

    def upload(self, picture: Picture, filename: str | None = None) -> Upload:
        """Keep a picture, to be used in many requests as `pose` or `reference`."""
        if isinstance(picture, Upload):
            return picture
        data, name = file_bytes(picture)
        return self._door.run(verbs.upload_picture(data, filename or name))

    def health(self) -> list[dict[str, Any]]:
        """How each server is."""
        return self._door.run(verbs.health())

    def _submit(self, prompt: str, views: tuple[View, ...] | None, wishes: Mapping[str, Any]) -> Job:
        parts = asked(prompt, views, wishes)
        files = {member: self.upload(picture).id for member, picture in parts.pictures.items()}
        return Job(self._door, self._door.run(verbs.submit({**parts.values, **files}, **parts.keeping)))

    def close(self) -> None:
        """Let go of it; in this process running work is handed back, and goes on later."""
        self._door.close()

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def decoded(data: bytes) -> Image:
    """The picture in these bytes, through the guarded door."""
    from studio.pictures import decode

    return decode(data)
