"""Delivers the webhooks of one database until it is killed: `python -m tests.hook_process FOLDER`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.hook_fixtures import delivering, open_with_hooks


def main() -> None:
    """Say that it has begun, and wait for the end."""
    with delivering(open_with_hooks(Path(sys.argv[1]))):
        sys.stdout.write("delivering\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
