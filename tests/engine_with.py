"""An engine whose checkpoints have other names: python -m tests.engine_with RED,BLUE --port 0 --dir DIR."""

from __future__ import annotations

import sys

from studio.engine import __main__ as engine
from studio.engine import folders

if __name__ == "__main__":
    folders.CHECKPOINTS = tuple(sys.argv[1].split(","))
    sys.exit(engine.main(sys.argv[2:]))
