"""Kept characters in the records: whose they are, what they hold, what is found, and who can draw them."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from studio import visitors
from studio.characters import Characters, words
from studio.characters.verbs import FACE_FILE, WORDS_ONLY
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.visitors import Visitor
from tests.studio_fixtures import StandInServer, comfy_info, finish, open_jobs


class SilentClient:
    """An engine that has just gone away."""

    def account(self, *_: object, **__: object) -> None:
        """Nobody answers."""
        raise StudioError("engine_unavailable", why="it has just gone")


class SilentEngine(StandInServer):
    """The embedded engine, which takes jobs and answers nothing."""

    client = SilentClient()


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """The job module over records that end with the test."""
    opened = open_jobs(tmp_path, SilentEngine("embedded"))
    yield opened
    opened.database.close()


@pytest.fixture
def characters(jobs: Jobs) -> Characters:
    return Characters(jobs)


def face(jobs: Jobs, colour: str = "red") -> str:
    data = io.BytesIO()
    Image.new("RGB", (96, 96), colour).save(data, "PNG")
    return jobs.files.store_bytes(data.getvalue(), "face.png").id


def test_visitors_see_their_own_and_the_owner_all(characters: Characters) -> None:
    ann, bob = Visitor("ann", sees_only_own=True), Visitor("bob", sees_only_own=True)
    with visitors.acting(ann):
        hers = characters.create({"name": "Hers", "bio": "a painter"})
    with visitors.acting(bob):
        his = characters.create({"name": "His", "bio": "a painter"})
        assert [one.id for one in characters.page(search="painter")[0]] == [his.id]
        assert characters.page()[1] == 1
    assert characters.page()[1] == 2
    assert {one.visitor for one in (hers, his)} == {"ann", "bob"}


def test_what_a_character_holds_outlives_every_clean_up(characters: Characters, jobs: Jobs) -> None:
    held, loose = face(jobs, "red"), face(jobs, "blue")
    made = characters.create({"name": "Mia", "appearance": {FACE_FILE: held}})
    assert made.reference_file_id == held
    later = time.time() + 1000 * 86_400
    assert jobs.files.sweep(later).files == 1
    assert jobs.files.get(held).id == held
    with pytest.raises(StudioError):
        jobs.files.get(loose)
    characters.update(made.id, {"appearance": {FACE_FILE: None}})
    assert jobs.files.sweep(later).files == 1


def test_a_face_that_was_deleted_leaves_the_words(characters: Characters, jobs: Jobs) -> None:
    made = characters.create({"name": "Mia", "appearance": {FACE_FILE: face(jobs), "hair_color": "red"}})
    assert characters.request(made.id, {"prompt": "x"}).reference_file_id == made.reference_file_id
    jobs.files.delete(made.reference_file_id or "", force=True)
    request = characters.request(made.id, {"prompt": "x"})
    assert request.reference_file_id is None
    assert "red hair" in request.prompt


def test_gpu_servers_get_the_face_where_they_can_follow_it_and_words_where_not(tmp_path: Path) -> None:
    for name, without, follows in (("all", (), True), ("few", ("VAEEncode", "LoadImage"), False)):
        jobs = open_jobs(tmp_path / name, StandInServer("comfy", info=comfy_info(*without)))
        characters = Characters(jobs)
        made = characters.create(
            {"name": "Mia", "appearance": {FACE_FILE: face(jobs), "hair_color": "red", "gender": "woman"}}
        )
        request = characters.request(made.id, {"prompt": "in a park", "width": 512, "height": 512})
        job = jobs.submit(request, door="influencer")
        assert (job.request["reference_file_id"] == made.reference_file_id) is follows
        assert job.workflow == ("checkpoint_reference" if follows else "checkpoint")
        assert characters.notes_on(job) == (() if follows else (WORDS_ONLY,))
        assert "woman, red hair" in job.request["prompt"]
        jobs.database.close()


def test_without_an_engine_the_description_alone_is_said(characters: Characters) -> None:
    """The stand-in engine cannot tell what is left open: nobody waits for it, and nothing is made up."""
    made = characters.create(
        {"name": "Mia", "age": 30, "bio": "She paints.", "appearance": {"eye_color": "blue"}}
    )
    assert words.look_words(characters.complete(made, wait=False)) == "30 year old woman, blue eyes"
    request = characters.request(made.id, {"prompt": "in a park"})
    assert request.prompt == "in a park, 30 year old woman, blue eyes"
    assert (request.identity, request.identity_seed) == ("30 year old woman, blue eyes", made.look_seed)


def test_everything_that_was_made_is_listed_newest_first(characters: Characters, jobs: Jobs) -> None:
    made = characters.create({"name": "Mia"})
    for prompt in ("one", "two", "three"):
        finish(jobs, jobs.submit(characters.request(made.id, {"prompt": prompt}), door="ui"))
    found, total = characters.pictures(made.id, limit=2)
    assert total == 3
    assert [jobs.get(one.job_id).request["prompt"].split(",")[0] for one in found] == ["three", "two"]
    portrait = characters.portrait(characters.get(made.id))
    assert portrait is not None
    assert portrait.id == found[0].id
    chosen = characters.update(made.id, {"picture_id": found[1].id})
    portrait = characters.portrait(chosen)
    assert portrait is not None
    assert portrait.id == found[1].id


def test_five_hundred_are_found_by_any_word(characters: Characters) -> None:
    for number in range(500):
        characters.create(
            {
                "name": f"Person {number}",
                "bio": f"lives in house{number % 50}",
                "appearance": {"hair_color": ("red", "blue")[number % 2]},
            }
        )
    assert characters.page(limit=100)[1] == 500
    assert characters.page(search="house7 blue")[1] == 10
    assert [one.name for one in characters.page(search="person 499")[0]] == ["Person 499"]
    assert [one.name for one in characters.page(limit=2, offset=498)[0]] == ["Person 1", "Person 0"]


def test_half_letters_and_markup_are_only_text(characters: Characters) -> None:
    made = characters.create(
        {"name": "Zoë \ud800 <b>", "bio": '"; DROP TABLE characters', "interests": ["\x00"]}
    )
    assert characters.get(made.id).name == "Zoë ? <b>"
    assert characters.page(search='"; DROP')[1] == 1
    assert characters.page(search="zoe")[1] == 1
