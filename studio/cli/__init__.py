"""The command line over the client: characters, sheets and jobs from a terminal or a script."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from studio.cli.arguments import read_arguments
from studio.cli.saying import DONE, FAILED, INTERRUPTED, REFUSED, UNAVAILABLE, write
from studio.errors import StudioError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says, and give the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["serve"]:
        return _serve(given[1:])
    arguments = read_arguments(given)
    arguments.url = arguments.url or os.environ.get("STUDIO_URL") or None
    arguments.api_key = arguments.api_key or os.environ.get("STUDIO_API_KEY") or None
    try:
        return arguments.do(arguments)
    except StudioError as error:
        if arguments.json:
            write({"error": error.to_json()})
        else:
            sys.stderr.write(f"{error.message} {error.hint}\n".replace(" \n", "\n"))
        return _code_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has read enough, as `head` does; Python would complain once more at its end.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return DONE


def _code_of(error: StudioError) -> int:
    if error.status in {502, 503, 504}:
        return UNAVAILABLE
    if error.code == "job_cancelled" or error.status >= 500:
        return FAILED
    return REFUSED


def _serve(argv: Sequence[str]) -> int:
    from app import main as serve

    return serve(argv)
