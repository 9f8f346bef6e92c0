"""The verbs over jobs: list, show, wait, save, cancel, retry."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import sys
from typing import get_args

from studio.cli import making
from studio.cli.saying import DONE, write
from studio.client import Job, Studio
from studio.client.cards import line
from studio.client.state import Status
from studio.errors import StudioError

STATUSES: tuple[Status, ...] = get_args(Status)
SHORTEST_ID = 4
WHOLE_ID = 36
SEARCHED = 200  # of the newest jobs, for one whose id begins so


def list_jobs(arguments: argparse.Namespace) -> int:
    """The newest jobs of every door."""
    with making.open_studio(arguments, at_work=False) as studio:
        found = studio.jobs.list(status=arguments.status, search=arguments.search, limit=arguments.limit)
    if arguments.json:
        write({"total": found.total, "jobs": [dataclasses.asdict(job.state) for job in found]})
        return DONE
    for job in found:
        at = job.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
        sys.stdout.write(f"{job.id[:8]}  {at}  {line(job.state)}\n")
    return DONE


def show(arguments: argparse.Namespace) -> int:
    """One job in full."""
    with making.open_studio(arguments, at_work=False) as studio:
        job = find(studio, arguments.id)
    if arguments.json:
        write(dataclasses.asdict(job.state))
        return DONE
    at = job.created_at.astimezone().isoformat(timespec="seconds")
    took = "" if job.seconds is None else str(datetime.timedelta(seconds=round(job.seconds)))
    for name, value in (
        ("job", job.id),
        ("status", f"{job.status} {job.progress:.0f}%" if job.status == "processing" else job.status),
        ("prompt", job.prompt),
        ("asked", at),
        ("took", took),
        ("seed", job.seed),
        ("engine", f"{job.engine}, workflow {job.state.workflow}"),
        ("error", f"{job.error.message} {job.error.hint}" if job.error else ""),
        *(("note", note) for note in job.notes),
        *((task.view, f"{task.status} {task.server or ''}".strip()) for task in job.tasks),
        *(("file", f"{output.name} {output.size or ''}".strip()) for output in job.outputs),
    ):
        if value != "":
            sys.stdout.write(f"{name:9} {value}\n")
    return DONE


def wait(arguments: argparse.Namespace) -> int:
    """Wait until a job is done, and keep its files."""
    with making.open_studio(arguments) as studio:
        job = find(studio, arguments.id)
        making.wait(job, arguments)
        return making.told(job, making.keep(job, arguments.out), arguments)


def save(arguments: argparse.Namespace) -> int:
    """Keep the files of a job as far as they are there."""
    with making.open_studio(arguments, at_work=False) as studio:
        job = find(studio, arguments.id)
        return making.told(job, making.keep(job, arguments.out), arguments)


def cancel(arguments: argparse.Namespace) -> int:
    """Stop a job."""
    with making.open_studio(arguments, at_work=False) as studio:
        job = find(studio, arguments.id).cancel()
    if arguments.json:
        write(dataclasses.asdict(job.state))
    else:
        sys.stdout.write(f"{job.id} {'is cancelled' if job.is_final else 'is being cancelled'}\n")
    return DONE


def retry(arguments: argparse.Namespace) -> int:
    """Make what failed once more, as a new job."""
    with making.open_studio(arguments) as studio:
        job = find(studio, arguments.id).retry()
        making.wait(job, arguments)
        return making.told(job, making.keep(job, arguments.out), arguments)


def find(studio: Studio, text: str) -> Job:
    """The job of an id, or of the first letters of one."""
    if len(text) >= WHOLE_ID or len(text) < SHORTEST_ID:
        return studio.jobs.get(text)
    found = [job for job in studio.jobs.list(limit=SEARCHED) if job.id.startswith(text)]
    if len(found) > 1:
        raise StudioError("invalid_field", why=f"{len(found)} jobs begin with {text}: give more letters.")
    return found[0] if found else studio.jobs.get(text)
