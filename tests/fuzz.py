"""The whole OpenAPI document against schemathesis: no crash, and nothing that the document does not say.

python -m tests.fuzz [--phases examples,coverage,fuzzing] [--max-examples 30]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.blank_engine import blank_engine
from tests.conftest import RunningApp, start_app_process

# 502, 503 and 504 are meant where another server is: a host that is not there, a voice that is not installed.
CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"]
"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Last, as the others would hardly get beyond 503 without a server, nor beyond 404 with nothing to look at.
SERVERS = r"^/(avatarforge-controller/servers|api/(settings|services|installer|generate/clear))"


@dataclass(frozen=True)
class Outcome:
    """What one run found."""

    cases: int
    failed: bool
    told: str


@contextmanager
def fuzzed_app(folder: Path) -> Iterator[RunningApp]:
    """An app whose pictures cost nothing."""
    with blank_engine(folder / "engine") as engine:
        app = start_app_process(folder, "--no-ui", STUDIO_ENGINE_URL=engine)
        try:
            app.wait_healthy()
            yield app
        finally:
            app.kill()


def fuzz(app: RunningApp, *arguments: str) -> Outcome:
    """Run schemathesis against an app."""
    config = app.folder / "schemathesis.toml"
    config.write_text(CONFIG, "utf-8")
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += ["--config-file", str(config), "run", f"{app.url}/openapi.json", "--checks", ",".join(CHECKS)]
    command += ["--warnings", "off", "--no-color", "--request-timeout", "60", "--continue-on-failure"]
    command += ["--generation-deterministic", "--suppress-health-check", "all", *arguments]
    done = subprocess.run(command, cwd=app.folder, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    cases = re.search(r"(\d+) generated", told)
    return Outcome(int(cases[1]) if cases else 0, done.returncode != 0, told)


def fuzz_all(app: RunningApp, *arguments: str) -> list[Outcome]:
    """First everything else, then what changes the servers."""
    return [
        fuzz(app, "--exclude-path-regex", SERVERS, *arguments),
        fuzz(app, "--include-path-regex", SERVERS, *arguments),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--max-examples", default="30")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, fuzzed_app(Path(folder)) as app:
        outcomes = fuzz_all(app, "--phases", chosen.phases, "--max-examples", chosen.max_examples)
        crashes = "".join(app.lines).count("Traceback")
    for outcome in outcomes:
        sys.stdout.write(outcome.told)
    sys.stdout.write(f"{sum(outcome.cases for outcome in outcomes)} cases, {crashes} tracebacks in the log\n")
    return int(crashes > 0 or any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
