"""The verbs that make something: submit, wait with a bar, keep the files, say where they are."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from studio.cli.saying import DONE, write
from studio.client import Job, Sheet, Studio
from studio.client.wishes import Asking
from studio.errors import StudioError


def open_studio(arguments: argparse.Namespace, *, at_work: bool = True) -> Studio:
    """The studio that the command line names."""
    if arguments.url:
        return Studio(arguments.url, api_key=arguments.api_key)
    return Studio(folder=arguments.folder, at_work=at_work)


def avatar(arguments: argparse.Namespace) -> int:
    """One picture from words."""
    with open_studio(arguments) as studio:
        return _follow(studio.avatar(arguments.prompt, **_wishes(arguments)), arguments)


def pose(arguments: argparse.Namespace) -> int:
    """Views from chosen sides."""
    with open_studio(arguments) as studio:
        job = studio.pose(arguments.prompt, arguments.view or ("front",), **_wishes(arguments))
        return _follow(job, arguments)


def sheet(arguments: argparse.Namespace) -> int:
    """A character sheet; into a folder with its single pictures."""
    with open_studio(arguments) as studio:
        job = studio.sheet(arguments.prompt, **_wishes(arguments))
        if arguments.no_wait:
            return _submitted(job, arguments)
        wait(job, arguments)
        composed = job.compose(layout=arguments.layout, name=arguments.name, title=arguments.title)
        return told(job, [*_saved_sheet(job, composed, arguments.out)], arguments)


def talk(arguments: argparse.Namespace) -> int:
    """A picture that speaks, with a recording or a text."""
    names = ("text", "voice", "fps", "resolution", "emotion", "seed", "engine", "key", "landmarks")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    with open_studio(arguments) as studio:
        return _follow(studio.talk(arguments.picture, arguments.recording, **given), arguments)


def _saved_sheet(job: Job, composed: Sheet, out: str) -> list[Path]:
    if Path(out).suffix and not out.endswith(("/", "\\")):
        return [composed.save(out)]
    folder = Path(out)
    return [composed.save(folder / f"{job.id[:8]}-sheet.png"), *job.save(folder)]


def _wishes(arguments: argparse.Namespace) -> Any:
    given = {name: getattr(arguments, name, None) for name in Asking.__annotations__}
    return {name: value for name, value in given.items() if value is not None}


def _follow(job: Job, arguments: argparse.Namespace) -> int:
    if arguments.no_wait:
        return _submitted(job, arguments)
    wait(job, arguments)
    return told(job, keep(job, arguments.out), arguments)


def wait(job: Job, arguments: argparse.Namespace) -> None:
    """Wait with a bar, where somebody looks at it; who ends the waiting is told how to go on."""
    try:
        job.wait(arguments.timeout)
    except KeyboardInterrupt:
        sys.stderr.write(f"python -m studio jobs wait {job.id} waits for it again.\n")
        raise


def keep(job: Job, out: str) -> list[Path]:
    """Save a job's files: several into a folder, a single one under the path itself if that has an ending."""
    if Path(out).suffix and not out.endswith(("/", "\\")) and not Path(out).is_dir():
        if len(job.outputs) != 1:
            raise StudioError(
                "invalid_field", why=f"{len(job.outputs)} files do not fit into the file {out}."
            )
        return [job.outputs[0].save(out)]
    return job.save(out)


def told(job: Job, files: list[Path], arguments: argparse.Namespace) -> int:
    """Say what was made: the paths, one to a line, or all of it as JSON."""
    if arguments.json:
        write({"job": dataclasses.asdict(job.state), "files": files})
    else:
        for note in job.notes:
            sys.stderr.write(f"note: {note}\n")
        for path in files:
            sys.stdout.write(f"{path}\n")
    return DONE


def _submitted(job: Job, arguments: argparse.Namespace) -> int:
    if arguments.json:
        return told(job, [], arguments)
    sys.stdout.write(f"{job.id}\n")
    return DONE
