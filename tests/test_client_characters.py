"""Kept characters through the client, over both doors: made, drawn, changed, in sets, carried about."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from studio import Studio, StudioError
from studio.client import AsyncStudio, Character
from tests.client_fixtures import SMALL, studio
from tests.conftest import RunningApp

__all__ = ["studio"]


@pytest.fixture(scope="module")
def mia(studio: Studio) -> Character:
    made = studio.characters.create(
        "Mia Client",
        age=28,
        appearance={"hair_color": "red", "gender": "woman"},
        costumes={"gala": "silver gown"},
        look_seed=5,
    )
    return made.add_style("Ink", prompt_prefix="ink drawing", steps=2)


def test_a_character_is_drawn_in_a_style_and_a_costume(mia: Character) -> None:
    assert "red hair" in mia.look
    job = mia.draw("in a park", style="Ink", costume="gala", **SMALL).wait(120, show=False)
    request = job.state.request
    assert request["prompt"].startswith("ink drawing, in a park")
    assert "silver gown" in request["prompt"]
    assert (request["steps"], request["seed"], request["character_id"]) == (2, 5, mia.id)
    assert job.outputs[0].image.size == (128, 192)
    with pytest.raises(StudioError) as refused:
        mia.draw("x", style="Unknown")
    assert refused.value.code == "style_not_found"
    with pytest.raises(StudioError) as refused:
        mia.draw("x", costume="none")
    assert refused.value.code == "costume_unknown"
    assert "gala" in refused.value.hint


def test_it_is_found_changed_and_hidden(studio: Studio) -> None:
    made = studio.characters.from_words("Ulla Finder, a 70 year old woman with grey hair in a green coat")
    assert (made.name, made.state.age) == ("Ulla Finder", 70)
    assert "green coat" in made.state.appearance["clothing"]
    assert [one.id for one in studio.characters.list("ulla")] == [made.id]
    made.change(appearance={"hair_color": "blue"}, bio="She knits.")
    found = studio.characters.get(made.id)
    assert (found.state.appearance["hair_color"], found.state.bio) == ("blue", "She knits.")
    made.delete()
    with pytest.raises(StudioError) as gone:
        studio.characters.get(made.id)
    assert (gone.value.code, gone.value.status) == ("character_not_found", 404)


def test_the_character_of_a_picture_is_kept(studio: Studio) -> None:
    job = studio.avatar("elf ranger", seed=9, steps=2, **SMALL).wait(120, show=False)
    kept = studio.characters.keep(job.outputs[0], "Kept elf")
    assert (kept.state.look_seed, kept.state.appearance["species"]) == (9, "elf")


def test_sets_are_jobs_by_name(mia: Character) -> None:
    made = mia.make_set("expressions", ["happy", "angry"], **SMALL, steps=2)
    assert list(made) == ["happy", "angry"]
    assert all(job.wait(120, show=False).status == "completed" for job in made.values())
    with pytest.raises(StudioError):
        mia.make_set("dreams")


def test_bundles_are_saved_and_loaded(studio: Studio, mia: Character, tmp_path: Path) -> None:
    saved = mia.save(tmp_path / "mia.zip", contents="none")
    twin = studio.characters.load(saved, name="Twin")
    assert twin.id != mia.id
    assert (twin.name, twin.look) == ("Twin", mia.refresh().look)
    with pytest.raises(StudioError) as refused:
        studio.characters.load(b"PK nothing")
    assert refused.value.code == "bundle_unreadable"


def test_the_same_is_awaited(app: RunningApp) -> None:
    async def tell() -> tuple[str, str, int]:
        async with AsyncStudio(app.url) as there:
            made = await there.characters.create("Awaited", appearance={"hair_color": "pink"})
            job = await made.draw("x", steps=1, **SMALL)
            await job.wait(120, show=False)
            found = await there.characters.list("awaited")
            return made.look, job.status, len(found)

    look, status, found = asyncio.run(tell())
    assert "pink hair" in look
    assert (status, found) == ("completed", 1)
