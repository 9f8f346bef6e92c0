"""Mixed load for a long time while app and engine are killed in turn; then everything is counted.

python -m tests.soak [--minutes 30] [--kill-every 60]
"""

from __future__ import annotations

import argparse
import io
import itertools
import random
import socket
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image

from studio.records import Database
from studio.records import jobs as records
from tests.conftest import OWN, RunningApp, start_app_process
from tests.hook_fixtures import Asked, Receiver, receiving

SMALL = {"width": 128, "height": 192}
DRAIN_S = 300.0
NOT_NOW = (httpx.TransportError, httpx.TimeoutException)
CLIENTS = 4
MOST_OPEN = 40  # jobs that wait or run


@dataclass
class Seen:
    """What the clients did and were told."""

    submitted: dict[str, str] = field(default_factory=dict)  # job: the family that made it
    deleted: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)  # kind of call and status
    refused: int = 0  # calls that met no server, and were repeated
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Result:
    """The soak in figures."""

    seconds: float
    kills_of_app: int
    kills_of_engine: int
    submitted: int
    final: dict[str, int]
    unfinished: int
    unreadable: int  # outputs that are recorded and cannot be read
    hooks_wanted: int
    hooks_missing: int
    ids_per_event: int  # the most different ids that one job's event came under: 1
    repeated: int  # deliveries that came more than once, which at least once allows
    answers: dict[str, int]
    wrong: list[str]
    memory_mb: tuple[float, float]

    @property
    def is_clean(self) -> bool:
        lost = self.unfinished or self.unreadable or self.hooks_missing or self.wrong
        return not lost and self.ids_per_event <= 1 and sum(self.final.values()) == self.submitted

    def __str__(self) -> str:
        return "\n".join(
            (
                f"{self.seconds:.0f} s, app killed {self.kills_of_app} times, engine {self.kills_of_engine}",
                f"submitted {self.submitted}, final {dict(self.final)}, unfinished {self.unfinished}",
                f"outputs that cannot be read {self.unreadable}",
                f"webhooks wanted {self.hooks_wanted}, missing {self.hooks_missing}, "
                f"ids per event {self.ids_per_event}, came again {self.repeated}",
                f"answers {self.answers}",
                f"memory of the app {self.memory_mb[0]:.0f} -> {self.memory_mb[1]:.0f} MB",
                *(f"WRONG {one}" for one in self.wrong[:20]),
                "clean" if self.is_clean else "NOT CLEAN",
            )
        )


class Soak:
    """The app on one port through all its lives, clients, and a receiver of webhooks."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder = folder
        self.receiver = receiver
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.seen = Seen()
        self.stopping = threading.Event()
        self.app = self.start()
        self.app.wait_healthy()

    def start(self) -> RunningApp:
        """One life of the app."""
        return start_app_process(
            self.folder,
            "--no-ui",
            "--port",
            str(self.port),
            STUDIO_ENGINE_URL=OWN,
            STUDIO_LEASE_S="2",
            STUDIO_ALLOW_PRIVATE_ADDRESSES="true",
            STUDIO_WEBHOOK_RETRIES_S=",".join(["1"] * 60),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill_app(self) -> None:
        """As a power cut would, and start again."""
        self.app.kill()
        self.app = self.start()

    def kill_engine(self) -> None:
        """Only the engine; the app starts it again."""
        for child in psutil.Process(self.app.process.pid).children():
            with suppress(psutil.Error):
                if "studio.engine" in " ".join(child.cmdline()):
                    child.kill()

    def memory_mb(self) -> float:
        return psutil.Process(self.app.process.pid).memory_info().rss / 1e6

    def clients(self) -> list[threading.Thread]:
        """People and programs that use it all the time."""
        threads = [threading.Thread(target=self._use, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _use(self, number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as client:
            for turn in itertools.count():
                if self.stopping.is_set():
                    return
                try:
                    self._turn(client, chance, f"{number}.{turn}")
                except NOT_NOW:
                    self.seen.refused += 1
                time.sleep(chance.uniform(0.2, 0.8))

    def _turn(self, client: httpx.Client, chance: random.Random, name: str) -> None:
        what = chance.choices(
            ("media", "avatar", "status", "list", "cancel", "download", "speech", "delete"),
            (6, 3, 10, 4, 1, 4, 1, 0.5),
        )[0]
        known = list(self.seen.submitted)
        if what == "media":
            self._create_media(client, name)
        elif what == "avatar":
            self._create_avatar(client, name)
        elif what == "list":
            self._ask(client, "GET", "/api/v1/jobs", params={"per_page": 20}, allowed={200})
        elif what == "speech":
            self._ask(client, "POST", "/api/v1/speech", json={"text": f"This is {name}."}, allowed={200})
        elif known:
            self._touch(client, what, chance.choice(known))

    def _touch(self, client: httpx.Client, what: str, job_id: str) -> None:
        gone = job_id in self.seen.deleted
        if what == "delete":
            if self.seen.submitted[job_id] != "avatar":
                return
            with self.seen.lock:
                self.seen.deleted.add(job_id)
            self._ask(
                client, "DELETE", f"/avatarforge-controller/generations/{job_id}", allowed={200, 404, 409}
            )
        elif self.seen.submitted[job_id] == "avatar":
            path = f"/avatarforge-controller/generations/{job_id}"
            answer = self._ask(client, "GET", path, allowed={200, 404} if gone else {200})
            if what == "download" and answer is not None and answer.status_code == 200:
                for file in answer.json()["output_files"] or ():
                    self._picture(client, file["url"], gone or job_id in self.seen.deleted)
        elif what == "cancel":
            self._ask(client, "DELETE", f"/api/v1/jobs/{job_id}", allowed={204, 409})
        else:
            answer = self._ask(client, "GET", f"/api/v1/jobs/status/{job_id}", allowed={200})
            if what == "download" and answer is not None and answer.status_code == 200:
                for medium in answer.json()["media"] or ():
                    self._picture(client, f"/api/v1/media/{medium['id']}", may_be_gone=False)

    def _create_media(self, client: httpx.Client, name: str) -> None:
        body = {
            "prompt": f"a ranger, number {name}, green cloak",
            "parameters": SMALL,
            "webhook_url": f"{self.receiver.url}/{name}",
            "metadata": {"soak": name},
        }
        self._create(client, "/api/v1/jobs/generate", body, "media")

    def _create_avatar(self, client: httpx.Client, name: str) -> None:
        body = {"prompt": f"a knight, number {name}, blue plate", **SMALL}
        self._create(client, "/avatarforge-controller/generate/avatar", body, "avatar")

    def _create(self, client: httpx.Client, path: str, body: dict[str, Any], family: str) -> None:
        """Create once, however often the answer is lost: the key says that it is the same wish."""
        if self._unfinished() >= MOST_OPEN:
            return  # more than this machine draws would only wait
        key = {"Idempotency-Key": uuid.uuid4().hex}
        while not self.stopping.is_set():
            try:
                answer = self._ask(client, "POST", path, json=body, headers=key, allowed={200, 409, 503})
            except NOT_NOW:
                self.seen.refused += 1
                time.sleep(0.2)
                continue
            if answer is None or answer.status_code in {409, 503}:  # being made, or no engine right now
                time.sleep(0.2)
                continue
            made = answer.json()
            with self.seen.lock:
                self.seen.submitted[made["id" if family == "media" else "generation_id"]] = family
            return

    def _ask(
        self, client: httpx.Client, method: str, path: str, allowed: set[int], **more: Any
    ) -> httpx.Response | None:
        answer = client.request(method, path, **more)
        kind = f"{method} {answer.status_code}"
        with self.seen.lock:
            self.seen.answers[kind] += 1
            if answer.status_code not in allowed and not self.stopping.is_set():
                self.seen.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer if answer.status_code in allowed else None

    def _picture(self, client: httpx.Client, url: str, may_be_gone: bool) -> None:
        answer = self._ask(client, "GET", url, allowed={200, 404} if may_be_gone else {200})
        if answer is not None and answer.status_code == 200:
            try:
                with Image.open(io.BytesIO(answer.content)) as picture:
                    picture.load()
            except OSError as error:
                self.seen.wrong.append(f"{url}: {error}")

    def _unfinished(self) -> int:
        with closing(Database(self.folder / "avatarforge.db")) as database:
            return database.connection.execute(
                "SELECT COUNT(*) FROM jobs WHERE status IN ('queued', 'processing')"
            ).fetchone()[0]

    # ------------------------------------------------------------------- counting

    def drain(self) -> None:
        """Wait until nothing is left to do."""
        deadline = time.monotonic() + DRAIN_S
        while time.monotonic() < deadline:
            with closing(Database(self.folder / "avatarforge.db")) as database:
                jobs = (records.get(database, job_id) for job_id in self.left())
                open_jobs = sum(not job.is_final for job in jobs if job)
                waiting = database.connection.execute(
                    "SELECT COUNT(*) FROM hook_deliveries WHERE status = 'waiting'"
                ).fetchone()[0]
            if not open_jobs and not waiting:
                return
            time.sleep(1)

    def left(self) -> Iterator[str]:
        """The jobs that nobody has deleted."""
        return iter(set(self.seen.submitted) - self.seen.deleted)

    def count(self, seconds: float, kills: tuple[int, int], memory: tuple[float, float]) -> Result:
        final: Counter[str] = Counter()
        unfinished = unreadable = 0
        wanted: set[tuple[str, str]] = set()
        with closing(Database(self.folder / "avatarforge.db")) as database:
            for job_id, family in self.seen.submitted.items():
                job = records.get(database, job_id)
                if job is None:
                    if job_id in self.seen.deleted:
                        final["deleted"] += 1
                    else:
                        self.seen.wrong.append(f"the {family} job {job_id} is gone")
                    continue
                if not job.is_final:
                    unfinished += 1
                    continue
                final[job.status] += 1
                if family == "media":
                    wanted.add((job_id, job.status))
                for output in job.outputs:
                    path = self.folder / "storage" / "outputs" / output.job_id / output.name
                    try:
                        with Image.open(path) as picture:
                            picture.load()
                    except OSError:
                        unreadable += 1
        ids: dict[tuple[str, str], list[str]] = defaultdict(list)
        for one in self.receiver.taken:
            ids[one.body["job_id"], one.body["event"]].append(one.id)
        return Result(
            seconds=seconds,
            kills_of_app=kills[0],
            kills_of_engine=kills[1],
            submitted=len(self.seen.submitted),
            final=dict(final),
            unfinished=unfinished,
            unreadable=unreadable,
            hooks_wanted=len(wanted),
            hooks_missing=len(wanted - set(ids)),
            ids_per_event=max((len(set(found)) for found in ids.values()), default=0),
            repeated=sum(len(found) - 1 for found in ids.values()),
            answers=dict(self.seen.answers),
            wrong=self.seen.wrong,
            memory_mb=memory,
        )


def unsteady(asked: Asked) -> None:
    """A receiver of this world: one request in ten meets a server that is being restarted."""
    if random.random() < 0.1:
        asked.say(500, b"restarting")
    else:
        asked.say()


def soak(folder: Path, minutes: float, kill_every_s: float) -> Result:
    """Load, kills, and the count at the end."""
    with receiving(unsteady) as receiver:
        running = Soak(folder, receiver)
        began = time.monotonic()
        before = running.memory_mb()
        threads = running.clients()
        kills = [0, 0]
        try:
            while (left := began + minutes * 60 - time.monotonic()) > 0:
                time.sleep(min(kill_every_s, left))
                if time.monotonic() >= began + minutes * 60:
                    break
                if sum(kills) % 2 == 0:
                    kills[0] += 1
                    running.kill_app()
                else:
                    kills[1] += 1
                    running.kill_engine()
            running.stopping.set()
            for thread in threads:
                thread.join()
            running.drain()
            memory = (before, running.memory_mb())
            return running.count(time.monotonic() - began, (kills[0], kills[1]), memory)
        finally:
            running.stopping.set()
            running.app.kill()


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kill-every", type=float, default=60, help="seconds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(Path(folder), arguments.minutes, arguments.kill_every)
    sys.stdout.write(f"{result}\n")
    return 0 if result.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
