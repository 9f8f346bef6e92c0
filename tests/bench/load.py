"""200 clients that create, follow and list jobs, against the same ones asking only whether the server lives.

python -m tests.bench.load [--clients 200] [--seconds 60] [--streams 2000] [--with-limits]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.blank_engine import blank_engine
from tests.conftest import RunningApp, start_app_process

MEDIA = "/api/v1/jobs"
SERVERS = "/avatarforge-controller/servers"
BODY = json.dumps({"prompt": "a knight", "parameters": {"width": 128, "height": 128}}).encode()
LIST_EVERY = 5
FINAL = {"completed", "failed", "cancelled"}
DRAIN_S = 300.0


@dataclass
class Tally:
    """What the clients have seen."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    jobs: set[str] = field(default_factory=set)

    def note(self, kind: str, status: int, seconds: float) -> None:
        """One answer."""
        self.seconds[kind].append(seconds)
        self.statuses[status] += 1


class Wire:
    """One kept connection, far cheaper than a client library that would share the cores of the server."""

    def __init__(self, url: str, tally: Tally) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.tally = tally
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, kind: str, method: str, path: str, body: bytes = b"") -> bytes:
        """Send one request and give the body of its answer."""
        if self._ends is None:
            self._ends = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._ends
        begun = time.perf_counter()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = answer.lower()
        length = int(fields.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        content = await reader.readexactly(length)
        self.tally.note(kind, int(answer[9:12]), time.perf_counter() - begun)
        if b"connection: close" in fields:
            self.close()
        return content

    def close(self) -> None:
        """Hang up."""
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None


Client = Callable[[Wire, float], Coroutine[Any, Any, None]]


async def only_live(wire: Wire, until: float) -> None:
    """Ask whether the server lives."""
    while time.perf_counter() < until:
        await wire.ask("live", "GET", "/api/v1/health/live")


async def work(wire: Wire, until: float) -> None:
    """Create a job and follow it to its end, again and again, with a look at the list now and then."""
    turns = itertools.count()
    while time.perf_counter() < until:
        made = json.loads(await wire.ask("create", "POST", f"{MEDIA}/generate", BODY))
        if "id" not in made:
            continue
        wire.tally.jobs.add(made["id"])
        while time.perf_counter() < until:
            if next(turns) % LIST_EVERY == 0:
                await wire.ask("list", "GET", f"{MEDIA}?per_page=20")
            found = json.loads(await wire.ask("status", "GET", f"{MEDIA}/status/{made['id']}"))
            if found.get("status") in FINAL:
                break


async def crowd(url: str, client: Client, clients: int, seconds: float) -> Tally:
    """So many clients for so long."""
    tally = Tally()
    wires = [Wire(url, tally) for _ in range(clients)]
    until = time.perf_counter() + seconds
    await asyncio.gather(*(client(wire, until) for wire in wires))
    for wire in wires:
        wire.close()
    return tally


def show(title: str, tally: Tally, seconds: float, cpu_s: float) -> float:
    """A table of what was measured; gives the requests per second."""
    total = sum(map(len, tally.seconds.values()))
    print(f"\n{title}: {total / seconds:.0f} requests/s, answers by status: {dict(tally.statuses)}")
    print(f"  its own processor time: {cpu_s / seconds:.2f} cores, {cpu_s / total * 1000:.2f} ms a request")
    for kind, found in sorted(tally.seconds.items()):
        cuts = statistics.quantiles(found, n=100) if len(found) > 1 else found * 99
        middle, high = statistics.median(found) * 1000, cuts[98] * 1000
        print(f"  {kind:7} {len(found) / seconds:8.1f}/s   p50 {middle:7.1f} ms   p99 {high:7.1f} ms")
    return total / seconds


def megabytes(app: RunningApp) -> float:
    """The memory of the app's own process."""
    return psutil.Process(app.process.pid).memory_info().rss / 2**20


def cpu_seconds(app: RunningApp) -> float:
    """The processor time that the app's own process has had; tells more than a clock on a busy machine."""
    times = psutil.Process(app.process.pid).cpu_times()
    return times.user + times.system


def lost_jobs(app: RunningApp, jobs: set[str]) -> Counter[str]:
    """What has become of every job, once none is left to do."""
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline:
        listed = [
            app.client.get(MEDIA, params={"status": state, "per_page": 1})
            for state in ("pending", "processing")
        ]
        if not sum(answer.json()["total"] for answer in listed):
            break
        time.sleep(0.5)
    ends: Counter[str] = Counter()
    for job_id in jobs:
        answer = app.client.get(f"{MEDIA}/status/{job_id}")
        ends[answer.json().get("status", "lost")] += 1
    return ends


async def idle_streams(app: RunningApp, count: int) -> None:
    """Event streams that nobody reads: how many are held, and what that costs everybody else."""
    for server in app.client.get(SERVERS).json()["servers"]:
        app.client.post(f"{SERVERS}/{server['server_id']}/pause").raise_for_status()
    made = app.client.post(f"{MEDIA}/generate", content=BODY, headers={"Content-Type": "application/json"})
    job_id = made.json()["id"]  # which now waits for as long as the streams last
    before = megabytes(app)
    parts = urlsplit(app.url)
    seen: Counter[str] = Counter()
    opened: list[asyncio.StreamWriter] = []

    async def open_one() -> None:
        try:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            opened.append(writer)
            writer.write(f"GET {MEDIA}/{job_id}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            line = await asyncio.wait_for(reader.readline(), 30)
            seen[line[9:12].decode() or "closed"] += 1
        except (OSError, TimeoutError) as error:
            seen[type(error).__name__] += 1

    for _ in range(0, count, 100):
        await asyncio.gather(*(open_one() for _ in range(100)))
    print(f"\n{count} idle event streams: {dict(seen)}, memory {before:.0f} -> {megabytes(app):.0f} MB")
    begun = time.perf_counter()
    status = app.client.get("/api/v1/health/live").status_code
    print(f"meanwhile /health/live: {status} after {(time.perf_counter() - begun) * 1000:.0f} ms")
    for writer in opened:
        writer.close()


def main() -> None:
    """Run both crowds on one app, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--streams", type=int, default=0)
    parser.add_argument(
        "--with-limits", action="store_true", help="count as in production, far above the load"
    )
    chosen = parser.parse_args()
    high = {"RATE_LIMIT_MEDIA_CREATE": "9999999/minute", "RATE_LIMIT_MEDIA_STATUS": "9999999/minute"}
    limits = {"RATE_LIMIT_ENABLED": "true", **high} if chosen.with_limits else {}
    with tempfile.TemporaryDirectory() as name, blank_engine(Path(name) / "engine") as engine:
        app = start_app_process(
            Path(name), "--no-ui", STUDIO_ENGINE_URL=engine, LOG_LEVEL="WARNING", **limits
        )
        try:
            app.wait_healthy()
            start, began = megabytes(app), cpu_seconds(app)
            alone = asyncio.run(crowd(app.url, only_live, chosen.clients, chosen.seconds))
            between, turned = megabytes(app), cpu_seconds(app)
            busy = asyncio.run(crowd(app.url, work, chosen.clients, chosen.seconds))
            after, ended = megabytes(app), cpu_seconds(app)
            first = show("only /health/live", alone, chosen.seconds, turned - began)
            second = show("create, status, list", busy, chosen.seconds, ended - turned)
            print(f"\nratio {first / second:.1f}; {len(busy.jobs)} jobs, of which in the end: ", end="")
            print(dict(lost_jobs(app, busy.jobs)))
            print(f"memory: {start:.0f} MB at the start, {between:.0f} then, {after:.0f} after the jobs")
            if chosen.streams:
                asyncio.run(idle_streams(app, chosen.streams))
            print(f"/health/live afterwards: {app.client.get('/api/v1/health/live').status_code}")
        finally:
            app.kill()


if __name__ == "__main__":
    main()
