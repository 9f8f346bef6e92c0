"""What the README says of the client works as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli.arguments import read_arguments
from tests.conftest import ROOT, shared_engine
from tests.test_papers import blocks, section

HERE = section("From Python and the command line")


def test_the_python_example_runs(tmp_path: Path) -> None:
    (program,) = blocks(HERE, "python")
    program = program.replace(".show()", ".load()")  # nobody is there to look
    program = re.sub(r"Studio\(\)", "Studio(folder='.')", program)
    kept = {name: value for name, value in os.environ.items() if name != "COMFYUI_URL"}
    kept |= {"PYTHONPATH": str(ROOT), "STUDIO_ENGINE_URL": shared_engine().url}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "ranger.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("line", blocks(HERE, "bash")[0].splitlines())
def test_the_command_lines_can_be_read(line: str) -> None:
    python, flag, module, *arguments = shlex.split(line)
    assert (python, flag, module) == ("python", "-m", "studio")
    assert callable(read_arguments(arguments).do)
