"""The client costs next to nothing to import, and only what it uses when it is used."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

# What each of these costs is more than the whole client may.
HEAVY = ("gradio", "fastapi", "httpx", "pydantic", "sqlite_utils", "PIL", "numpy", "numba", "av", "IPython")


def loaded(program: str) -> set[str]:
    """Which heavy packages a program has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint(*(set({HEAVY!r}) & set(sys.modules)))"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_importing_the_client_loads_nothing_heavy() -> None:
    assert loaded("from studio import AsyncStudio, Studio, StudioError") == set()


def test_speaking_rest_loads_an_http_client_only() -> None:
    assert loaded("from studio import Studio; Studio('http://127.0.0.1:9').close()") == {"httpx"}


def test_a_studio_of_ones_own_loads_no_interface() -> None:
    program = "import tempfile\nfrom studio import Studio\nStudio(folder=tempfile.mkdtemp()).close()"
    assert loaded(program).isdisjoint({"gradio", "fastapi", "numba", "IPython"})
