"""Errors as another process told them: the same exception with the same code, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from studio.errors import REGISTRY, Problem, StudioError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class ToldError(StudioError):
    """A failure with the sentence and the hint that somebody else has made of it."""

    def __init__(self, code: str, message: str, hint: str, status: int, facts: Mapping[str, Any]) -> None:
        self._message, self._hint = message, hint
        known = REGISTRY.get(code)  # a newer studio may have errors that this one does not know
        self.problem = known or Problem(code, status, message, hint)
        self.facts = dict(facts)
        Exception.__init__(self, message)

    @property
    def message(self) -> str:
        """What happened and why, for people."""
        return self._message

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self._hint


def told(values: Mapping[str, Any], status: int = 500) -> StudioError:
    """The error that a job or a task has recorded."""
    return ToldError(
        str(values.get("code", "internal_error")),
        str(values.get("message", "")),
        str(values.get("hint") or ""),
        status,
        values.get("facts") or {},
    )


def unreachable(url: str, error: Exception) -> StudioError:
    """Nobody answers."""
    return StudioError("studio_unreachable", url=url, why=str(error) or type(error).__name__)


def what_was_answered(answer: httpx.Response, read: Callable[[httpx.Response], T]) -> T:
    """What a verb reads out of an answer, or the error that it is."""
    if answer.is_success:
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise _foreign(answer) from error
    raise _refusal(answer)


def _refusal(answer: httpx.Response) -> StudioError:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = _plain(body["error"])
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        return _foreign(answer)
    hint = str(body.get("hint") or "")
    detail = body.get("detail", "")
    if isinstance(detail, list):
        detail = "; ".join(
            str(part.get("msg", part)) if isinstance(part, dict) else str(part) for part in detail
        )
    # Failures of the server carry the hint inside the sentence as well.
    message = str(detail).removesuffix(hint).strip()
    return ToldError(body["code"], message, hint, answer.status_code, body.get("facts") or {})


def _plain(error: Mapping[str, Any]) -> dict[str, Any]:
    """A failure of the family that has an envelope, in the form of the others."""
    details = error.get("details")
    more = details if isinstance(details, dict) else {}
    problems = more.get("errors")
    detail = problems if isinstance(problems, list) and problems else error.get("message", "")
    return {"code": more.get("code") or error.get("code"), "detail": detail, "hint": more.get("hint")}


def _foreign(answer: httpx.Response) -> StudioError:
    url = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
    return StudioError("not_a_studio", url=url, why=f"{answer.request.url.path} gave {answer.status_code}")
