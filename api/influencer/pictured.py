"""Files that bodies of this family name by an address, a path or a content's id."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from studio import pictures
from studio.assembly import Studio
from studio.errors import StudioError
from studio.given import given_path
from studio.records.contents import FOLDER, Content
from studio.writing import Subject, of_values, subject_of


def need_one(what: str, url: str | None, path: str | None) -> None:
    """Refuse a body that names no file, in the form of what the schema refuses."""
    if not ((url and url.strip()) or (path and path.strip())):
        problem = StudioError("given_nothing", what=what)
        raise RequestValidationError(
            [{"type": "missing", "loc": ("body", f"{what}_url"), "msg": problem.message, "input": None}]
        )


@contextlib.contextmanager
def pictured(
    request: Request, studio: Studio, url: str | None, path: str | None
) -> Iterator[tuple[Subject, Content | None]]:
    """The picture that a body names, with what its recipe tells; and the content that it is, if it is one."""
    need_one("image", url, path)
    with given_path(studio.files, url=url, path=path, what="image", base_url=str(request.base_url)) as place:
        facts = pictures.inspect(place)
        content = content_at(studio, place)
        if content is not None:
            yield subject_of(content, place), content
            return
        values = {}
        with contextlib.suppress(StudioError):  # no settings inside, so nothing is known of it
            values = studio.gallery.restore(place).values
        key = hashlib.sha256(place.read_bytes()).hexdigest()
        yield of_values(key, values, (facts.width, facts.height), place), None


def content_at(studio: Studio, place: Path) -> Content | None:
    """The content whose file lies there, if it is one's."""
    if place.parent != (studio.settings.storage_path / FOLDER).resolve():
        return None
    try:
        return studio.contents.named(place.name)
    except StudioError:
        return None
