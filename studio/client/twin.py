"""The client for event loops: the same verbs and objects, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from studio.client import cards, showing, verbs
from studio.client.characters import AsyncCharacters
from studio.client.doors import FOREVER_S, AsyncDoor, AsyncHere
from studio.client.facts import JobFacts, OutputFacts, SheetFacts, form_for, own_name, place_for
from studio.client.state import Event, JobState, OutputState, SheetState, Status, Upload
from studio.client.sync import decoded
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


class AsyncOutput(OutputFacts):
    """A finished file of a job."""

    def __init__(self, door: AsyncDoor, state: OutputState) -> None:
        super().__init__(state)
        self._door = door

    async def read(self) -> bytes:
        """The file's bytes."""
        return await self._door.run(verbs.content(self.state))

    async def image(self) -> Image:
        """The picture, for Pillow."""
        return await asyncio.to_thread(decoded, await self.read())

    async def save(self, path: str | Path) -> Path:
        """Keep the file as it was made, under this path or in this folder; where it is then."""
        return await asyncio.to_thread(_write, path, own_name(self), await self.read())


class AsyncSheet(SheetFacts):
    """A character sheet."""

    def __init__(self, door: AsyncDoor, state: SheetState, options: Mapping[str, Any]) -> None:
        super().__init__(state, dict(options))
        self._door = door

    async def read(self, form: str = "sheet.png", **how: Any) -> bytes:
        """The sheet's bytes in one of its forms."""
        return (await self._door.run(verbs.sheet_file(self.state.job_id, form, self.options, how))).data

    async def image(self) -> Image:
        """The sheet, for Pillow."""
        return await asyncio.to_thread(decoded, await self.read())

    async def save(self, path: str | Path, form: str | None = None, **how: Any) -> Path:
        """Keep it, in the form that the path's ending says or by name."""
        form = form_for(path, form)
        made = await self._door.run(verbs.sheet_file(self.state.job_id, form, self.options, how))
        return await asyncio.to_thread(_write, path, made.filename, made.data)


class AsyncJob(JobFacts):
    """One request of somebody; what it says of itself is as old as the last call."""

    def __init__(self, door: AsyncDoor, state: JobState) -> None:
        super().__init__(state)
        self._door = door

    @property
    def outputs(self) -> list[AsyncOutput]:
        """What is finished, in the order of the views."""
        return [AsyncOutput(self._door, output) for output in self.state.outputs]

    async def image(self) -> Image:
        """The first picture, once the job is done."""
        return await (await self.wait()).outputs[0].image()

    async def refresh(self) -> AsyncJob:
        """Ask how far it is."""
        self.state = await self._door.run(verbs.get(self.id))
        return self

    async def watch(self, timeout_s: float | None = None) -> AsyncIterator[AsyncJob]:
        """This job now and after each change, until it is final or time is up."""
        async for state in self._door.follow(self.id, FOREVER_S if timeout_s is None else timeout_s):
            self.state = state
            yield self

    async def wait(
        self, timeout_s: float | None = None, *, show: bool | None = False, check: bool = True
    ) -> AsyncJob:
        """Wait until it is done; raises why it failed (unless `check` is off), or that it still runs.

        To cancel the waiting does not cancel the job.
        """
        place = showing.a_show(False if self.is_final else show)
        if not self.is_final:
            async for _ in self.watch(timeout_s):
                wants = place.wants_previews and self.status == "processing"
                place.update(self.state, await self.preview() if wants else None)
        place.end(cards.summary(self.state))
        if not self.is_final:
            raise StudioError("job_unfinished", id=self.id, status=self.status)
        if check and self.error is not None:
            raise self.error
        return self

    async def preview(self) -> bytes | None:
        """The newest preview frame as JPEG or PNG, if there is one now."""
        return await self._door.run(verbs.preview(self.id))

    async def events(self) -> AsyncIterator[Event]:
        """What happened and happens to it, in order, until it is final."""
        after = 0
        async for _ in self.watch():
            for event in await self._door.run(verbs.log(self.id, after)):
                yield event
                after = event.seq

    async def cancel(self) -> AsyncJob:
        """Stop it; what waits ends at once, what runs within a second or two."""
        self.state = await self._door.run(verbs.cancel(self.id))
        return self

    async def retry(self) -> AsyncJob:
        """A new job from the same request; what was finished is kept."""
        return AsyncJob(self._door, await self._door.run(verbs.retry(self.id)))

    async def reroll(self, view: View, seed: int | None = None) -> AsyncJob:
        """A new job in which one view is made again with another seed; the others are kept."""
        return AsyncJob(self._door, await self._door.run(verbs.reroll(self.id, view, seed)))

    async def delete(self) -> None:
        """Remove it and its files; work that still runs is stopped."""
        await self._door.run(verbs.delete(self.id))

    async def save(self, folder: str | Path) -> list[Path]:
        """Keep all finished files in a folder; where they are then."""
        await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
        return [await output.save(Path(folder)) for output in self.outputs]

    async def compose(self, **options: Any) -> AsyncSheet:
        """Its pictures on one character sheet; the options are those of `Job.compose`."""
        return AsyncSheet(self._door, await self._door.run(verbs.compose(self.id, options)), options)

    async def add(self, what: str, expressions: Sequence[str] | None = None) -> list[AsyncJob]:
        """Give its sheet `"expressions"`, a `"portrait"` or clean `"cutouts"`: the jobs that make them."""
        added = await self._door.run(verbs.add_to_sheet(self.id, what, expressions))
        return [AsyncJob(self._door, await self._door.run(verbs.get(job_id))) for job_id in added]


class AsyncJobs:
    """The jobs of a studio, whichever door they came through."""

    def __init__(self, door: AsyncDoor) -> None:
        self._door = door

    async def list(
        self,
        *,
        status: Status | Sequence[Status] = (),
        kind: str | Sequence[str] = (),
        search: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> list[AsyncJob]:
        """The newest matching jobs; `search` looks for words of the prompt."""
        found = await self._door.run(verbs.page(status, kind, search, limit, offset))
        return [AsyncJob(self._door, job) for job in found.jobs]

    async def get(self, job_id: str) -> AsyncJob:
        """One job, by its id."""
        return AsyncJob(self._door, await self._door.run(verbs.get(job_id)))


class AsyncStudio:
    """A studio for event loops: `AsyncStudio()` in this process, `AsyncStudio("http://host:8000")` elsewhere.

    Use it as an async context manager, or `await close()` it.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        folder: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._door: AsyncDoor
        if url is None:
            self._door = AsyncHere(Path(folder) if folder is not None else None, settings)
        else:
            from studio.client.rest import AsyncRest

            self._door = AsyncRest(url, api_key)
        self.jobs = AsyncJobs(self._door)
        self.characters = AsyncCharacters(self, self._door)

    async def avatar(self, prompt: str, **wishes: Unpack[Asking]) -> AsyncJob:
        """One picture from words, from the front unless they say otherwise ("seen from behind")."""
        return await self._submit(prompt, None, wishes)

    async def pose(
        self, prompt: str, view: View | Sequence[View] = "front", **wishes: Unpack[Asking]
    ) -> AsyncJob:
        """The character from one side, or from several."""
        return await self._submit(prompt, (view,) if isinstance(view, str) else tuple(view), wishes)

    async def sheet(self, prompt: str, **wishes: Unpack[Asking]) -> AsyncJob:
        """The character from all four sides, for `compose`."""
        return await self._submit(prompt, ALL_VIEWS, wishes)

    async def talk(
        self,
        picture: Picture | AsyncOutput,
        recording: Picture | None = None,
        *,
        text: str | None = None,
        voice: str | None = None,
        key: str | None = None,
        **wishes: Unpack[TalkWishes],
    ) -> AsyncJob:
        """Make a picture speak: with a recording, or with a text that a voice of the studio speaks."""
        if recording is None:
            heard = await self.speak(said(text), voice=voice)
        elif isinstance(recording, Upload):
            heard = recording
        else:
            heard = await self._door.run(
                verbs.upload_recording(*await asyncio.to_thread(file_bytes, recording))
            )
        verb = verbs.talk(await self.upload(picture), heard, known_wishes(wishes), key)
        return await self.jobs.get(await self._door.run(verb))

    async def speak(self, text: str, **voice: Any) -> Upload:
        """Have a text spoken and keep it as a recording; `voice`, `engine`, `speed` as in `POST /speech`."""
        return await self._door.run(verbs.speak({"text": text, **known_wishes(voice)}))

    async def upload(self, picture: Picture | AsyncOutput, filename: str | None = None) -> Upload:
        """Keep a picture, to be used in many requests as `pose` or `reference`."""
        if isinstance(picture, Upload):
            return picture
        if isinstance(picture, AsyncOutput):
            data, name = await picture.read(), picture.name
        else:
            data, name = await asyncio.to_thread(file_bytes, picture)
        return await self._door.run(verbs.upload_picture(data, filename or name))

    async def health(self) -> list[dict[str, Any]]:
        """How each server is."""
        return await self._door.run(verbs.health())

    async def _submit(
        self, prompt: str, views: tuple[View, ...] | None, wishes: Mapping[str, Any]
    ) -> AsyncJob:
        parts = asked(prompt, views, wishes)
        files = {member: (await self.upload(picture)).id for member, picture in parts.pictures.items()}
        verb = verbs.submit({**parts.values, **files}, **parts.keeping)
        return AsyncJob(self._door, await self._door.run(verb))

    async def close(self) -> None:
        """Let go of it; in this process running work is handed back."""
        await self._door.close()

    async def __aenter__(self) -> AsyncStudio:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _write(path: str | Path, name: str, data: bytes) -> Path:
    target = place_for(path, name)
    target.write_bytes(data)
    return target
