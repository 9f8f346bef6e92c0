"""The verbs over kept characters: list, create, draw, export, import."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from studio.cli import making
from studio.cli.saying import DONE, write
from studio.client import Character, Studio
from studio.errors import StudioError

WHOLE_ID = 36


def list_characters(arguments: argparse.Namespace) -> int:
    """The newest characters."""
    with making.open_studio(arguments, at_work=False) as studio:
        found = studio.characters.list(arguments.search, limit=arguments.limit)
    if arguments.json:
        write([dataclasses.asdict(one.state) for one in found])
        return DONE
    for one in found:
        sys.stdout.write(f"{one.id[:8]}  {one.name}: {one.look}\n")
    return DONE


def create(arguments: argparse.Namespace) -> int:
    """A character from a sentence."""
    with making.open_studio(arguments) as studio:
        return _told(arguments, studio.characters.from_words(arguments.words, arguments.name))


def export(arguments: argparse.Namespace) -> int:
    """Everything of a character as one ZIP."""
    with making.open_studio(arguments, at_work=False) as studio:
        saved = _find(studio, arguments.id).save(Path(arguments.out), arguments.contents)
    if arguments.json:
        write({"file": str(saved)})
    else:
        sys.stdout.write(f"{saved}\n")
    return DONE


def load(arguments: argparse.Namespace) -> int:
    """The character of a ZIP."""
    with making.open_studio(arguments) as studio:
        return _told(arguments, studio.characters.load(Path(arguments.bundle), arguments.name or ""))


def _told(arguments: argparse.Namespace, made: Character) -> int:
    if arguments.json:
        write(dataclasses.asdict(made.state))
    else:
        sys.stdout.write(f"{made.id}  {made.name}: {made.look}\n")
    return DONE


def _find(studio: Studio, given: str) -> Character:
    """A character by its id, or by its name."""
    if len(given) == WHOLE_ID:
        return studio.characters.get(given)
    found = [one for one in studio.characters.list(given) if one.name.casefold() == given.casefold()]
    if len(found) != 1:
        raise StudioError("character_not_found", id=given)
    return found[0]
