"""How routes may fail, by example, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.problems import PlainProblem


def problem_answer(
    description: str, detail: str, code: str, hint: str, *, listed: bool = False
) -> dict[str, Any]:
    """One way in which a route may fail; `listed`: with the single errors of a bad request."""
    errors = {"errors": [{"loc": ["body"], "msg": detail, "type": code}]} if listed else {}
    example = {"detail": detail, **errors, "code": code, "hint": hint}
    return {
        "model": PlainProblem,
        "description": description,
        "content": {"application/json": {"example": example}},
    }
