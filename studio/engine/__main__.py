"""Start an engine: python -m studio.engine --port 8188."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from studio.engine.hosted import Hosted
from studio.engine.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m studio.engine", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8188, help="port to listen on; 0 picks a free one")
    parser.add_argument(
        "--dir", type=Path, default=Path("engine"), help="holds input, output, temp and models"
    )
    parser.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="end when standard input ends, with whoever started this",
    )
    parser.add_argument(
        "--hosted", default="", metavar="MODELS", help="models of the Hugging Face Hub, with HF_TOKEN"
    )
    parser.add_argument("--hosted-url", default="", help="an endpoint of your own instead of the Hub's")
    parser.add_argument("--hosted-provider", default="auto", help="who hosts them")
    chosen = parser.parse_args(arguments)
    models = tuple(model.strip() for model in chosen.hosted.split(",") if model.strip())
    hosted = Hosted(models, chosen.hosted_url, chosen.hosted_provider)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    return serve(chosen.host, chosen.port, chosen.dir, hosted, exit_with_stdin=chosen.exit_with_stdin)


if __name__ == "__main__":
    sys.exit(main())
