"""What the command line says to scripts: exit codes and JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

# 2 is for a command line that cannot be read, as argparse has it.
DONE, FAILED, UNAVAILABLE, REFUSED, INTERRUPTED = 0, 1, 3, 4, 130


def write(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
