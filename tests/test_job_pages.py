"""Pages of jobs: found by words, kinds and states, in order, with counts that stay true."""

from __future__ import annotations

import random

import pytest

from studio.jobs import Jobs
from studio.records.entities import Page
from tests.job_fixtures import VIEWS, jobs, submit
from tests.studio_fixtures import finish

__all__ = ["jobs"]


def prompts_of(page: Page) -> list[str]:
    return [job.request["prompt"] for job in page.jobs]


def test_pages_are_newest_first_and_never_overlap(jobs: Jobs) -> None:
    made = [submit(jobs, f"number {n}").id for n in range(23)][::-1]
    for limit in (1, 5, 23, 50):
        pages = [jobs.list(limit=limit, offset=offset) for offset in range(0, 30, limit)]
        assert [job.id for page in pages for job in page.jobs] == made
        assert {page.total for page in pages} == {23}
    assert jobs.list(offset=10**12).jobs == ()


def test_pages_by_status_are_the_same_from_both_ends(jobs: Jobs) -> None:
    dice = random.Random(4)
    expected: dict[str, list[str]] = {"completed": [], "failed": [], "cancelled": [], "queued": []}
    for _ in range(40):
        wanted = dice.choice([*expected])
        job = submit(jobs)
        if wanted == "cancelled":
            jobs.cancel(job.id)
        elif wanted != "queued":
            with jobs.database.write() as connection:
                for table, column in (("tasks", "job_id"), ("jobs", "id")):
                    connection.execute(f"UPDATE {table} SET status = ? WHERE {column} = ?", (wanted, job.id))
        expected[wanted].insert(0, job.id)
    for statuses in (("completed",), ("failed", "cancelled"), ("queued",), ("processing",)):
        everything = jobs.list(statuses=statuses, limit=100)
        assert everything.total == sum(len(expected.get(status, [])) for status in statuses)
        assert {job.id for job in everything.jobs} == {
            job_id for status in statuses for job_id in expected.get(status, [])
        }
        ids = [job.id for job in everything.jobs]
        for offset in range(everything.total + 2):
            assert [job.id for job in jobs.list(statuses=statuses, limit=3, offset=offset).jobs] == ids[
                offset : offset + 3
            ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("knight", ["a Knight in red", "knights of the moon"]),
        ("KNIGHT moon", ["knights of the moon"]),
        ("kni", ["a Knight in red", "knights of the moon"]),
        ("night", []),
        ("elan", ["élan vital 騎士"]),
        ("ÉLAN", ["élan vital 騎士"]),
        ("騎士", ["élan vital 騎士"]),
        ('say "hi"', ['they say "hi" AND leave']),
        ("leave", ['they say "hi" AND leave']),
        ("AND", ['they say "hi" AND leave']),
        ("snake_case", ["a snake_case_name"]),
        ("case", ["a snake_case_name"]),
        ("cloak", ["somebody"]),
        ("NOT knight OR", []),
        ("knight*", ["a Knight in red", "knights of the moon"]),
        ('"', []),
        ("***", []),
        ("prompt:knight", []),
        ("knight)", ["a Knight in red", "knights of the moon"]),
        ("\ud800", []),
        ("NEAR(knight red)", []),
        ("x' OR 1=1 --", []),
    ],
)
def test_words_are_found_as_people_write_them(jobs: Jobs, search: str, found: list[str]) -> None:
    for prompt in (
        "a Knight in red",
        "knights of the moon",
        "élan vital 騎士",
        'they say "hi" AND leave',
        "a snake_case_name",
    ):
        submit(jobs, prompt)
    submit(jobs, "somebody", clothing="a cloak")
    page = jobs.list(search=search)
    assert sorted(prompts_of(page)) == sorted(found)
    assert page.total == len(found)


def test_an_empty_search_finds_all(jobs: Jobs) -> None:
    submit(jobs)
    assert jobs.list(search="").total == jobs.list(search="   ").total == 1


def test_a_search_with_many_words_is_no_trouble(jobs: Jobs) -> None:
    submit(jobs, " ".join(f"word{n}" for n in range(100)))
    assert jobs.list(search=" ".join(f"word{n}" for n in range(100))).total == 1
    assert jobs.list(search="x" * 100_000).total == 0


def test_searches_with_filters_agree_with_looking_at_each(jobs: Jobs) -> None:
    dice = random.Random(7)
    known: list[tuple[str, str, str]] = []
    for number in range(60):
        words = " ".join(dice.sample(["red", "blue", "knight", "mage", "moon"], 2))
        job = submit(jobs, words)
        status = dice.choices(["queued", "cancelled"], [1, 4])[0]
        if status == "cancelled":
            jobs.cancel(job.id)
        kind = "avatar"
        if number % 6 == 0:
            kind = "other"
            # As another door would have recorded it.
            with jobs.database.write() as connection:
                connection.execute("UPDATE jobs SET kind = 'other' WHERE id = ?", (job.id,))
                connection.execute("DELETE FROM job_counts")
                connection.execute(
                    "INSERT INTO job_counts SELECT kind, status, count(*) FROM jobs GROUP BY kind, status"
                )
        known.insert(0, (job.id, words, f"{kind} {status}"))
    for kinds in (("avatar",), ("other",), ("avatar", "other"), ("nothing",)):
        for statuses in ((), ("queued",), ("cancelled",), ("queued", "cancelled"), ("failed",)):
            for search in ("", "red", "red moon", "nobody"):
                expected = [
                    job_id
                    for job_id, words, facts in known
                    if facts.split()[0] in kinds
                    and (not statuses or facts.split()[1] in statuses)
                    and set(search.split()) <= set(words.split())
                ]
                page = jobs.list(kinds=kinds, statuses=statuses, search=search, limit=7, offset=2)
                assert [job.id for job in page.jobs] == expected[2:9], (kinds, statuses, search)
                assert page.total == len(expected)


def test_children_are_found_by_their_parent(jobs: Jobs) -> None:
    parent = finish(jobs, submit(jobs, "a red mage"))
    children = [jobs.reroll(parent.id, "front", door="test").id for _ in range(3)][::-1]
    submit(jobs, "a red mage")
    assert [job.id for job in jobs.list(parent_id=parent.id).jobs] == children
    page = jobs.list(parent_id=parent.id, search="mage", statuses=("queued",), limit=1, offset=1)
    assert ([job.id for job in page.jobs], page.total) == (children[1:2], 3)
    assert jobs.list(parent_id=parent.id, search="knight").total == 0


def test_counts_stay_true_through_everything(jobs: Jobs) -> None:
    dice = random.Random(2)
    for _ in range(60):
        known = [job.id for job in jobs.list(limit=100).jobs]
        match dice.randrange(4):
            case 0 | 1:
                submit(jobs, views=dice.sample(VIEWS, 2))
            case 2 if known:
                jobs.delete(dice.choice(known))
            case 3 if known:
                job = jobs.get(dice.choice(known))
                if not job.is_final:
                    jobs.cancel(job.id)
    real = jobs.database.rows("SELECT status, count(*) AS n FROM jobs GROUP BY status ORDER BY status")
    for row in real:
        assert jobs.list(statuses=(row["status"],)).total == row["n"]
    assert jobs.list().total == sum(row["n"] for row in real)
    assert jobs.list(search="knight").total == sum(row["n"] for row in real)
