"""The verb that brings this checkout to a Hugging Face Space."""

from __future__ import annotations

import argparse
import sys

from pydantic import ValidationError

from studio import space
from studio.cli.saying import DONE, write
from studio.errors import StudioError
from studio.settings import Settings


def deploy(arguments: argparse.Namespace) -> int:
    """Create or update the Space; standard output has its address and nothing else."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        why = f"setting {'.'.join(map(str, first['loc'])).upper()}: {first['msg']}"
        raise StudioError("space_unclear", why=why) from error
    wanted = space.Wanted(
        arguments.name,
        private=arguments.private,
        hardware=arguments.hardware,
        secrets=space.read_values(arguments.secret, "secret"),
        variables=space.read_values(arguments.variable, "variable"),
    )
    address = space.deploy(
        wanted,
        token=settings.hf_token.get_secret_value(),
        endpoint=settings.hf_endpoint,
        tell=lambda line: None if arguments.json else _say(line),
    )
    if arguments.json:
        write({"name": wanted.name, "url": address})
    else:
        sys.stdout.write(f"{address}\n")
    return DONE


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
