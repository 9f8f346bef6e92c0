"""How fast a 50 MB picture goes through receive and store over a real socket, and what memory it costs.

Run: python -m tests.bench.upload [--rounds 5] [--kind PNG]
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from PIL import Image

BOUNDARY = "----bench"
LIMIT = 52_428_800
SERVER = """
import sys
from pathlib import Path
import uvicorn
from studio.files import FileStore
from studio.records import open_database
from studio.settings import Settings
from tests.test_uploads import make_app
folder = Path(sys.argv[1])
files = FileStore(open_database(folder / "records.db"), Settings(storage_path=folder / "storage"))
uvicorn.run(make_app(files), port=int(sys.argv[2]), log_level="warning")
"""


def make_picture(kind: str) -> bytes:
    """A picture of noise just below the limit, filled up behind its end."""
    side = 4090 if kind == "PNG" else 4096
    target = io.BytesIO()
    pixels = random.Random(0).randbytes(side * side * 3)
    options = {"compress_level": 0} if kind == "PNG" else {"quality": 95}
    Image.frombytes("RGB", (side, side), pixels).save(target, kind, **options)
    content = target.getvalue()
    return content + bytes(LIMIT - len(content))


def write_plainly(content: bytes, folder: Path) -> float:
    """What nobody can do without: hash, write, fsync."""
    start = time.perf_counter()
    digest = hashlib.sha256()
    with (folder / "plain").open("wb", buffering=0) as file:
        for at in range(0, len(content), 1 << 20):
            block = content[at : at + (1 << 20)]
            digest.update(block)
            file.write(block)
        os.fsync(file.fileno())
    return time.perf_counter() - start


def upload(port: int, content: bytes) -> float:
    """One upload from first byte to answer."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/upload", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
    answer = connection.getresponse()
    text = answer.read()
    seconds = time.perf_counter() - start
    assert answer.status == 200, text
    connection.close()
    return seconds


class Peak:
    """Watches how much more memory of its own a process holds than when it was idle."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._idle = self._now()
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _now(self) -> int:
        return self._process.memory_info().rss

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.bytes = max(self.bytes, self._now() - self._idle)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def wait_for(port: int) -> None:
    """Wait until the server listens."""
    while True:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
            return
        except OSError:
            time.sleep(0.05)


def measure(kind: str, rounds: int, folder: Path, port: int, process: psutil.Process) -> None:
    """Rounds of plain writing and uploading by turns; each upload is of new bytes."""
    content = bytearray(make_picture(kind))
    megabytes = len(content) / 1e6

    def fresh() -> bytes:
        # Behind the picture's end there is room for a mark that makes the bytes new.
        content[-16:] = random.randbytes(16)
        return bytes(content)

    small = io.BytesIO()
    Image.new("RGB", (64, 64)).save(small, kind)
    upload(port, small.getvalue())  # imports and the first thread are not the upload's
    plain: list[float] = []
    whole: list[float] = []
    with Peak(process) as peak:
        for _ in range(rounds):
            data = fresh()
            plain.append(write_plainly(data, folder))
            whole.append(upload(port, data))
        again = upload(port, bytes(content))
    rate: Callable[[list[float]], float] = lambda seconds: megabytes / statistics.median(seconds)  # noqa: E731
    print(f"{kind}: {megabytes:.1f} MB, {rounds} rounds, medians")
    print(f"  hash + write + fsync   {rate(plain):7.0f} MB/s")
    times = rate(plain) / rate(whole)
    print(f"  receive + store        {rate(whole):7.0f} MB/s   {times:.2f} times the plain time")
    print(f"  the same bytes again   {megabytes / again:7.0f} MB/s")
    print(f"  memory above idle      {peak.bytes / 1e6:7.1f} MB at most")


def main() -> None:
    """Start a server of its own and print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=["PNG", "JPEG"], default="PNG")
    parser.add_argument("--port", type=int, default=18_573)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-c", SERVER, name, str(arguments.port)]
        server = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[2])
        try:
            wait_for(arguments.port)
            measure(arguments.kind, arguments.rounds, Path(name), arguments.port, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
