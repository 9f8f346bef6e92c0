"""A guardian for a program of somebody else: says when it answers, and ends it with all its children.

It runs as a process of its own, `python -m studio.guard`, and ends what it guards when its stdin is closed:
whoever started it holds that open, so that nothing is left behind however that one ends.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
ANSWER_S = 5.0
GRACE_S = 3.0
SAME_START_S = 1.0  # process ids are given anew; one that began at another time is somebody else


def main(argv: Sequence[str] | None = None) -> int:
    """Guard a program until it ends or nobody wants it any more; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m studio.guard", description=__doc__)
    parser.add_argument("--url", required=True, help="where it will answer")
    parser.add_argument("--path", default="/", help="what to ask there")
    parser.add_argument("--note", type=Path, required=True, help="where to write which process it is")
    parser.add_argument("--folder", type=Path, required=True, help="where it runs")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args(argv)
    unwanted = threading.Event()
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: unwanted.set())
    threading.Thread(target=_wait_for_the_end, args=(unwanted,), daemon=True).start()
    end_left_over(asked.note)
    child = subprocess.Popen(
        asked.command, cwd=asked.folder, env=_plain_environment(), stdin=subprocess.DEVNULL
    )
    try:
        _write_note(asked.note, child.pid)
        _watch(child, asked.url, asked.path, unwanted)
        # Told before what it started is ended with it.
        return 0 if unwanted.is_set() else child.wait()
    finally:
        end_tree(child.pid)
        child.wait()
        asked.note.unlink(missing_ok=True)


def _watch(child: subprocess.Popen[bytes], url: str, path: str, unwanted: threading.Event) -> None:
    has_answered = False
    while child.poll() is None and not unwanted.wait(LOOK_EVERY_S):
        if not has_answered and answers(url + path):
            has_answered = True
            print(f"listening on {url}", flush=True)  # noqa: T201  what whoever started this waits for


def answers(url: str) -> bool:
    """Whether something answers at an address of this machine, with anything but an error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_S) as answer:
            return 200 <= answer.status < 300
    except (OSError, ValueError) as error:
        log.debug("%s: %s", url, error)
        return False


def end_left_over(note: Path) -> None:
    """End what an earlier guardian left running, as after a power cut of only one of them."""
    try:
        written = json.loads(note.read_text("utf-8"))
        process = psutil.Process(int(written["pid"]))
        if abs(process.create_time() - float(written["began_at"])) < SAME_START_S:
            end_tree(process.pid)
    except (OSError, ValueError, KeyError, TypeError, psutil.Error) as error:
        log.debug("nothing is left over: %s", error)
    note.unlink(missing_ok=True)


def end_tree(pid: int, grace_s: float = GRACE_S) -> None:
    """End a process with all that it has started: first by asking, then by force."""
    try:
        top = psutil.Process(pid)
        there = [*top.children(recursive=True), top]
    except psutil.NoSuchProcess:
        return
    for process in there:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(there, grace_s)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            # What was started meanwhile goes as well.
            for child in process.children(recursive=True):
                child.kill()
            process.kill()
    psutil.wait_procs(alive, grace_s)


def _wait_for_the_end(unwanted: threading.Event) -> None:
    # Not through Python's own buffer, which a thread may not hold at the end of a process.
    while os.read(sys.stdin.fileno(), 4096):
        continue
    unwanted.set()


def _plain_environment() -> dict[str, str]:
    """The environment without what is there for this program: the studio's own modules."""
    environment = dict(os.environ)
    ours = str(Path(__file__).resolve().parents[1])
    others = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part and part != ours]
    if others:
        environment["PYTHONPATH"] = os.pathsep.join(others)
    else:
        environment.pop("PYTHONPATH", None)
    # Of a virtual environment in which only we live.
    environment.pop("VIRTUAL_ENV", None)
    return environment


def _write_note(note: Path, pid: int) -> None:
    note.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        began_at = psutil.Process(pid).create_time()
        note.write_text(json.dumps({"pid": pid, "began_at": began_at}), "utf-8")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(main())
