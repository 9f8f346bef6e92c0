"""What the studio adds to a prompt: REST against a bare client on one engine, in one run.

python -m tests.bench.throughput [--prompts 100]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx
import websocket

from tests.conftest import ROOT, RunningApp, start_app_process

API = "/avatarforge-controller"
WORKFLOWS = Path(__file__).parent / "workflows"
BODY = {"prompt": "nothing", "workflow": "empty_image"}


def start_engine(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """An embedded engine of its own, so that both sides use the same one."""
    command = [sys.executable, "-m", "studio.engine", "--port", "0"]
    command += ["--dir", str(folder), "--exit-with-stdin"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().rpartition(" ")[2].strip()


def bare(engine: str, prompts: int) -> float:
    """Seconds for the same prompts by a client that only sends all, waits for the last and fetches all."""
    client = httpx.Client(base_url=engine, trust_env=False)
    client_id = uuid.uuid4().hex
    socket = websocket.create_connection(f"{engine.replace('http', 'ws')}/ws?clientId={client_id}")
    begun = time.perf_counter()
    ids = []
    for number in range(prompts):
        graph = {
            "1": {
                "class_type": "EmptyImage",
                "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0},
            },
            "2": {
                "class_type": "SaveImage",
                "inputs": {"filename_prefix": f"bare{number}/x", "images": ["1", 0]},
            },
        }
        ids.append(client.post("/prompt", json={"prompt": graph, "client_id": client_id}).json()["prompt_id"])
    while True:
        message = socket.recv()
        if isinstance(message, str) and "execution_success" in message and ids[-1] in message:
            break
    for number in range(prompts):
        params = {"filename": "x_00001_.png", "subfolder": f"bare{number}", "type": "output"}
        client.get("/view", params=params).raise_for_status()
    return time.perf_counter() - begun


def through_rest(app: RunningApp, prompts: int) -> tuple[float, list[float]]:
    """Seconds until every job is completed with its output stored, and the milliseconds of each POST."""
    posts: list[float] = []
    begun = time.perf_counter()
    ids = []
    for _ in range(prompts):
        at = time.perf_counter()
        answer = app.client.post(f"{API}/generate/avatar", json=BODY)
        posts.append((time.perf_counter() - at) * 1000)
        ids.append(answer.raise_for_status().json()["generation_id"])
    done = 0
    while done < prompts:
        done = app.client.get(f"{API}/generations", params={"status": "completed", "limit": 1}).json()[
            "total"
        ]
        time.sleep(0.01)
    seconds = time.perf_counter() - begun
    for generation_id in ids:
        found = app.client.get(f"{API}/generations/{generation_id}").json()
        assert len(found["output_files"]) == 1, found
    return seconds, posts


def percentiles(values: list[float]) -> str:
    """The middle and the 99th of a hundred."""
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {statistics.median(values):.1f} ms, p99 {cuts[98]:.1f} ms"


def main() -> None:
    """Run both sides and print what the studio adds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=int, default=100)
    prompts = parser.parse_args().prompts
    with tempfile.TemporaryDirectory() as folder:
        process, engine = start_engine(Path(folder) / "engine")
        bare(engine, 10)
        app = start_app_process(
            Path(folder) / "app",
            "--no-ui",
            STUDIO_ENGINE_URL=engine,
            STUDIO_WORKFLOWS_PATH=str(WORKFLOWS),
            LOG_LEVEL="WARNING",
        )
        try:
            app.wait_healthy()
            bare_s = bare(engine, prompts)
            studio_s, posts = through_rest(app, prompts)
            gets = []
            page = app.client.get(f"{API}/generations", params={"limit": 1}).json()
            generation_id = page["generations"][0]["generation_id"]
            for _ in range(500):
                at = time.perf_counter()
                app.client.get(f"{API}/generations/{generation_id}").raise_for_status()
                gets.append((time.perf_counter() - at) * 1000)
        finally:
            app.kill()
            process.kill()
    print(f"{prompts} prompts, bare client:   {bare_s:.2f} s")
    print(f"{prompts} prompts, through REST:  {studio_s:.2f} s")
    print(f"ratio {studio_s / bare_s:.2f}; added per prompt {(studio_s - bare_s) / prompts * 1000:.1f} ms")
    print(f"POST generate: {percentiles(posts)}")
    print(f"GET status:    {percentiles(gets)}")


if __name__ == "__main__":
    main()
