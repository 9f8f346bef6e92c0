"""An engine that gets ready when it is told: python -m tests.engine_that_waits FILE --port 0 --dir DIR."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from studio.engine import __main__ as engine
from studio.engine import warming

if __name__ == "__main__":
    told = Path(sys.argv[1])
    prepare = warming.warm_figure

    def prepare_when_told() -> None:
        """As on a machine whose kernels take long, for as long as a test wants."""
        while not told.exists():
            time.sleep(0.05)
        prepare()

    warming.WarmUp.__init__.__defaults__ = (prepare_when_told,)
    warming.is_first_start = lambda: True
    sys.exit(engine.main(sys.argv[2:]))
