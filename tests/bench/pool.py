"""What the choice of a server is worth: three checkpoints on three servers, against the queue's mere order.

The servers are played over real sockets; loading a checkpoint and running take fixed times, and one is slow.

python -m tests.bench.pool [--tasks 60]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.assembly import Studio, open_studio
from studio.comfy.engine_process import free_port
from studio.comfy.pool import Server
from studio.request import AvatarRequest
from studio.runner.placing import Placing
from tests.fake_comfy import FakeComfy, message
from tests.library_facts import server_nodes
from tests.studio_fixtures import make_settings, png

CHECKPOINTS = ("ink_xl.safetensors", "oil_xl.safetensors", "photo_xl.safetensors")
RUN_S, LOAD_S, SLOW = 0.1, 0.5, 4.0
PICTURE = png()


class Played(FakeComfy):
    """A server that works its queue off, one prompt after the other, and counts what it loads."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.info = server_nodes({"checkpoints": CHECKPOINTS})
        self.factor = factor
        self.loaded = ""
        self.loads = self.ran = 0
        self._stopping = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.wait(0.002):
            if self.pending:
                self._run(self.pending[0])

    def _run(self, prompt_id: str) -> None:
        graph = self.graphs[prompt_id]
        self.begin(prompt_id)
        self.say(message("executing", prompt_id, node="4"))
        checkpoint = graph["4"]["inputs"]["ckpt_name"]
        if checkpoint != self.loaded:
            self.loaded, self.loads = checkpoint, self.loads + 1
            time.sleep(LOAD_S * self.factor)
        time.sleep(RUN_S * self.factor)
        folder, _, stem = graph["9"]["inputs"]["filename_prefix"].rpartition("/")
        name = f"{stem}_00001_.png"
        self.outputs["output", folder, name] = PICTURE
        ui = {"images": [{"filename": name, "subfolder": folder, "type": "output"}]}
        self.say(message("executed", prompt_id, node="9", display_node="9", output=ui))
        self.ran += 1
        self.finish(prompt_id, {"9": ui})


@dataclass(frozen=True)
class Run:
    """How long all of it took, and what the servers did."""

    seconds: float
    loads: int
    ran: tuple[int, ...]


@contextmanager
def studio_over(servers: list[Played], *, in_order: bool) -> Iterator[Studio]:
    with tempfile.TemporaryDirectory() as folder:
        urls = tuple(server.url for server in servers)
        settings = make_settings(
            Path(folder), comfyui_url=urls, studio_engine_url=f"http://127.0.0.1:{free_port()}"
        )
        studio = open_studio(settings)
        if in_order:
            for carrier in studio.runner.carriers:
                carrier.placing = InOrder(studio.database, studio.pool, studio.runner.board)
        try:
            studio.pool.wait_ready(20, "comfy", every=True)
            yield studio
        finally:
            studio.close()


class InOrder(Placing):
    """Every server takes whatever is next."""

    def is_alone(self, server: Server) -> bool:
        """As if there were no other."""
        return True


def measure(tasks: int, *, in_order: bool) -> Run:
    """Submit all at once, after some that tell how quick the servers are."""
    with ExitStack() as stack:
        servers = [Played(factor) for factor in (1.0, 1.0, SLOW)]
        for server in servers:
            stack.enter_context(server)
            stack.callback(server.stop)
        studio = stack.enter_context(studio_over(servers, in_order=in_order))
        wanted = random.Random(1).choices(CHECKPOINTS, k=tasks)
        run_all(studio, [checkpoint for checkpoint in CHECKPOINTS for _ in range(6)])
        loads, ran = sum(server.loads for server in servers), [server.ran for server in servers]
        began = time.monotonic()
        run_all(studio, wanted)
        return Run(
            time.monotonic() - began,
            sum(server.loads for server in servers) - loads,
            tuple(server.ran - before for server, before in zip(servers, ran, strict=True)),
        )


def run_all(studio: Studio, checkpoints: Sequence[str]) -> None:
    jobs = [
        studio.jobs.submit(
            AvatarRequest(prompt="a knight", workflow="checkpoint", model=checkpoint, seed=number),
            door="bench",
        )
        for number, checkpoint in enumerate(checkpoints)
    ]
    for job in jobs:
        assert studio.jobs.wait(job.id, 300).status == "completed"


def scale(tasks: int, servers: int) -> float:
    """Seconds for equal tasks on so many equal servers that have the checkpoint loaded."""
    with ExitStack() as stack:
        played = [Played(1.0) for _ in range(servers)]
        for server in played:
            stack.enter_context(server)
            stack.callback(server.stop)
        studio = stack.enter_context(studio_over(played, in_order=False))
        run_all(studio, [CHECKPOINTS[0]] * 3 * servers)
        began = time.monotonic()
        run_all(studio, [CHECKPOINTS[0]] * tasks)
        return time.monotonic() - began


def main() -> None:
    """Print both and the ratio, and what more servers bring."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=60)
    tasks = parser.parse_args().tasks
    order, chosen = measure(tasks, in_order=True), measure(tasks, in_order=False)
    for name, run in (("in order", order), ("chosen", chosen)):
        print(
            f"{name:<10}{run.seconds:6.1f} s  checkpoints loaded {run.loads:>3}  tasks per server {run.ran}"
        )
    print(f"{order.seconds / chosen.seconds:.2f} times as quick")
    alone = scale(tasks, 1)
    for servers in (2, 4):
        print(f"{servers} servers: {alone / scale(tasks, servers):.2f} times as quick as one")


if __name__ == "__main__":
    main()
