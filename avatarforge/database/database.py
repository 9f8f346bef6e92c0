"""`engine`: the records through SQLAlchemy, for people's own reports; the studio itself does not use it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from studio.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    engine: Engine

__all__ = ["engine"]


def __getattr__(name: str) -> Engine:
    """Make `engine` when it is first asked for, so that importing this needs no SQLAlchemy."""
    if name != "engine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _engine()


@cache
def _engine() -> Engine:
    try:
        import sqlalchemy
    except ImportError as error:
        raise ImportError(
            '`engine` needs SQLAlchemy, which is not here. Install it with: pip install "sqlalchemy>=2,<3"'
        ) from error
    return sqlalchemy.create_engine(f"sqlite:///{Settings().database_path.absolute().as_posix()}")
