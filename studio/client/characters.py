"""Kept characters in notebooks and scripts: made, drawn, changed, carried about; blocking and awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.client import character_verbs as verbs
from studio.client.doors import AsyncDoor, Door
from studio.client.facts import place_for
from studio.client.state import CharacterState
from studio.client.wishes import Picture, file_bytes, known_wishes
from studio.errors import StudioError

if TYPE_CHECKING:
    from studio.client.sync import Job, Output, Studio
    from studio.client.twin import AsyncJob, AsyncOutput, AsyncStudio


class CharacterFacts:
    """What is known of a character without asking anybody."""

    def __init__(self, state: CharacterState) -> None:
        self.state = state

    @property
    def id(self) -> str:
        """Its id."""
        return self.state.id

    @property
    def name(self) -> str:
        """Its name."""
        return self.state.name

    @property
    def look(self) -> str:
        """What it looks like, in words."""
        return self.state.look

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self.look}>"

    def _asked(self, prompt: str, wishes: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
        """The body of a picture, and the key; a style may go by its name."""
        asked = {**known_wishes(wishes), "prompt": prompt}
        key = asked.pop("key", None)
        if (style := asked.pop("style", None)) is not None:
            asked["style_id"] = self._style(str(style))
        return asked, key

    def _style(self, named: str) -> str:
        found = [one["id"] for one in self.state.styles if named in (one["id"], one["name"])]
        if not found:
            raise StudioError("style_not_found", id=named)
        return found[0]


class Character(CharacterFacts):
    """Somebody who is kept."""

    def __init__(self, studio: Studio, door: Door, state: CharacterState) -> None:
        super().__init__(state)
        self._studio = studio
        self._door = door

    def draw(self, prompt: str, **wishes: Any) -> Job:
        """The character in a scene; `style` (by name), `costume`, `clothing`, `seed`, `width` and so on."""
        return self._studio.jobs.get(self._door.run(verbs.draw(self.id, *self._asked(prompt, wishes))))

    def make_set(
        self, kind: str, items: Sequence[str] | Mapping[str, str] = (), **wishes: Any
    ) -> dict[str, Job]:
        """`"costumes"`, `"expressions"`, `"views"` or `"scenes"` in one go: the job of each, by its name."""
        made = self._door.run(verbs.make_set(self.id, _set_of(kind, items, wishes)))
        return {name: self._studio.jobs.get(job_id) for name, job_id in made.items()}

    def change(self, **fields: Any) -> Character:
        """Change what is given; in `appearance` and `personality` member by member, None takes one away."""
        self.state = self._door.run(verbs.change(self.id, fields))
        return self

    def add_style(self, name: str, **settings: Any) -> Character:
        """A way of drawing it: `prompt_prefix`, `negative_prompt`, `steps`, `is_default` and so on."""
        self._door.run(verbs.add_style(self.id, {**settings, "name": name}))
        return self.refresh()

    def refresh(self) -> Character:
        """Ask what it is like now."""
        self.state = self._door.run(verbs.get(self.id))
        return self

    def save(self, path: str | Path, contents: str = "all") -> Path:
        """Keep it as one ZIP with `"all"` contents, those `"approved"` or `"none"`; where it is then."""
        made = self._door.run(verbs.export(self.id, contents))
        target = place_for(path, made.filename)
        target.write_bytes(made.data)
        return target

    def delete(self) -> None:
        """Hide it; what was made of it is kept."""
        self._door.run(verbs.delete(self.id))


class Characters:
    """The characters that a studio keeps."""

    def __init__(self, studio: Studio, door: Door) -> None:
        self._studio = studio
        self._door = door

    def create(self, name: str, **fields: Any) -> Character:
        """A character from its fields: `age`, `bio`, `appearance`, `personality`, `costumes` and so on."""
        return self._made(verbs.create({**fields, "name": name}))

    def from_words(self, words: str, name: str | None = None) -> Character:
        """A character from a sentence that describes somebody."""
        return self._made(verbs.from_words(words, name))

    def from_picture(self, picture: Picture, name: str, words: str = "") -> Character:
        """A character by a picture: its colours are read, and it is kept as the reference of the face."""
        return self._made(verbs.from_picture(self._studio.upload(picture).id, name, words))

    def keep(self, output: Output, name: str) -> Character:
        """The character of a finished picture."""
        return self._made(verbs.from_result(output.state.id, name))

    def load(self, bundle: str | Path | bytes, name: str = "") -> Character:
        """The character of a ZIP as `save` makes them."""
        state, _ = self._door.run(verbs.load(file_bytes(bundle)[0], name))
        return Character(self._studio, self._door, state)

    def get(self, character_id: str) -> Character:
        """One character, by its id."""
        return self._made(verbs.get(character_id))

    def list(
        self, search: str = "", *, status: str | None = None, limit: int = 50, offset: int = 0
    ) -> Sequence[Character]:
        """The newest matching characters; `search` looks in names, biographies and looks."""
        found = self._door.run(verbs.page(search, status, limit, offset))
        return [Character(self._studio, self._door, state) for state in found.characters]

    def _made(self, verb: Any) -> Character:
        return Character(self._studio, self._door, self._door.run(verb))


class AsyncCharacter(CharacterFacts):
    """Somebody who is kept."""

    def __init__(self, studio: AsyncStudio, door: AsyncDoor, state: CharacterState) -> None:
        super().__init__(state)
        self._studio = studio
        self._door = door

    async def draw(self, prompt: str, **wishes: Any) -> AsyncJob:
        """The character in a scene; `style` (by name), `costume`, `clothing`, `seed`, `width` and so on."""
        job_id = await self._door.run(verbs.draw(self.id, *self._asked(prompt, wishes)))
        return await self._studio.jobs.get(job_id)

    async def make_set(
        self, kind: str, items: Sequence[str] | Mapping[str, str] = (), **wishes: Any
    ) -> dict[str, AsyncJob]:
        """`"costumes"`, `"expressions"`, `"views"` or `"scenes"` in one go: the job of each, by its name."""
        made = await self._door.run(verbs.make_set(self.id, _set_of(kind, items, wishes)))
        return {name: await self._studio.jobs.get(job_id) for name, job_id in made.items()}

    async def change(self, **fields: Any) -> AsyncCharacter:
        """Change what is given; in `appearance` and `personality` member by member, None takes one away."""
        self.state = await self._door.run(verbs.change(self.id, fields))
        return self

    async def add_style(self, name: str, **settings: Any) -> AsyncCharacter:
        """A way of drawing it: `prompt_prefix`, `negative_prompt`, `steps`, `is_default` and so on."""
        await self._door.run(verbs.add_style(self.id, {**settings, "name": name}))
        return await self.refresh()

    async def refresh(self) -> AsyncCharacter:
        """Ask what it is like now."""
        self.state = await self._door.run(verbs.get(self.id))
        return self

    async def save(self, path: str | Path, contents: str = "all") -> Path:
        """Keep it as one ZIP with `"all"` contents, those `"approved"` or `"none"`; where it is then."""
        made = await self._door.run(verbs.export(self.id, contents))
        target = place_for(path, made.filename)
        target.write_bytes(made.data)
        return target

    async def delete(self) -> None:
        """Hide it; what was made of it is kept."""
        await self._door.run(verbs.delete(self.id))


class AsyncCharacters:
    """The characters that a studio keeps."""

    def __init__(self, studio: AsyncStudio, door: AsyncDoor) -> None:
        self._studio = studio
        self._door = door

    async def create(self, name: str, **fields: Any) -> AsyncCharacter:
        """A character from its fields: `age`, `bio`, `appearance`, `personality`, `costumes` and so on."""
        return await self._made(verbs.create({**fields, "name": name}))

    async def from_words(self, words: str, name: str | None = None) -> AsyncCharacter:
        """A character from a sentence that describes somebody."""
        return await self._made(verbs.from_words(words, name))

    async def from_picture(self, picture: Picture, name: str, words: str = "") -> AsyncCharacter:
        """A character by a picture: its colours are read, and it is kept as the reference of the face."""
        kept = await self._studio.upload(picture)
        return await self._made(verbs.from_picture(kept.id, name, words))

    async def keep(self, output: AsyncOutput, name: str) -> AsyncCharacter:
        """The character of a finished picture."""
        return await self._made(verbs.from_result(output.state.id, name))

    async def load(self, bundle: str | Path | bytes, name: str = "") -> AsyncCharacter:
        """The character of a ZIP as `save` makes them."""
        state, _ = await self._door.run(verbs.load(file_bytes(bundle)[0], name))
        return AsyncCharacter(self._studio, self._door, state)

    async def get(self, character_id: str) -> AsyncCharacter:
        """One character, by its id."""
        return await self._made(verbs.get(character_id))

    async def list(
        self, search: str = "", *, status: str | None = None, limit: int = 50, offset: int = 0
    ) -> Sequence[AsyncCharacter]:
        """The newest matching characters; `search` looks in names, biographies and looks."""
        found = await self._door.run(verbs.page(search, status, limit, offset))
        return [AsyncCharacter(self._studio, self._door, state) for state in found.characters]

    async def _made(self, verb: Any) -> AsyncCharacter:
        return AsyncCharacter(self._studio, self._door, await self._door.run(verb))


def _set_of(kind: str, items: Sequence[str] | Mapping[str, str], wishes: Mapping[str, Any]) -> dict[str, Any]:
    told = items if isinstance(items, Mapping) else dict.fromkeys(items, "")
    listed = [{"name": name, "words": words} for name, words in told.items()]
    return {**known_wishes(wishes), "kind": kind, **({"items": listed} if listed else {})}
