"""One registry of error codes: every failure that a person may meet has a sentence, a remedy and a status."""

from __future__ import annotations

from string import Formatter
from typing import Any

from studio.errors import (
    characters,
    client,
    contents,
    files,
    gallery,
    jobs,
    models,
    records,
    requests,
    servers,
    services,
    speech,
    workflows,
    writing,
)
from studio.errors.problem import Problem

__all__ = ["REGISTRY", "Problem", "StudioError", "facts_named_in"]


def _registry(*problems: Problem) -> dict[str, Problem]:
    table = {problem.code: problem for problem in problems}
    assert len(table) == len(problems), "an error code is registered twice"
    return table


REGISTRY = _registry(
    *requests.PROBLEMS,
    *jobs.PROBLEMS,
    *files.PROBLEMS,
    *servers.PROBLEMS,
    *workflows.PROBLEMS,
    *models.PROBLEMS,
    *gallery.PROBLEMS,
    *characters.PROBLEMS,
    *contents.PROBLEMS,
    *speech.PROBLEMS,
    *writing.PROBLEMS,
    *services.PROBLEMS,
    *records.PROBLEMS,
    *client.PROBLEMS,
)


class StudioError(Exception):
    """A failure from the registry, with the facts that fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.problem = REGISTRY[code]
        self.facts = facts
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The code in the registry."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status that fits."""
        return self.problem.status

    @property
    def message(self) -> str:
        """What happened and why, for people."""
        return self.problem.sentence.format_map(self.facts)

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self.problem.hint.format_map(_Blank(self.facts))

    @property
    def told_facts(self) -> dict[str, Any]:
        """The facts that its sentence and its hint name; with the code they tell it in any language."""
        names = facts_named_in(self.problem.sentence + self.problem.hint)
        return {name: _plain(self.facts[name]) for name in names if name in self.facts}

    def to_json(self) -> dict[str, Any]:
        """The form that records and answers carry."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "facts": self.told_facts}


def facts_named_in(template: str) -> list[str]:
    """The names of the facts that a sentence has places for."""
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
