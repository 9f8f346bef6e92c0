"""Hosted models draw through the embedded engine: asked in the Hub's words, refused in clear ones."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.conftest import OWN, RunningApp, start_app_process
from tests.studio_fixtures import png

TOKEN = "hf_may_infer"
SDXL = "hf:stabilityai/stable-diffusion-xl-base-1.0"
SCHNELL = "hf:black-forest-labs/FLUX.1-schnell"
# The parameters of the Hub's tasks text-to-image and image-to-image.
KNOWN = {
    *("negative_prompt", "width", "height", "num_inference_steps", "guidance_scale", "seed", "scheduler"),
    *("prompt", "target_size"),
}


@dataclass
class Endpoint:
    """An inference endpoint that checks what it is asked and draws a plain picture."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200
    hold: threading.Event | None = None


@contextmanager
def running_endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests have enough to say."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self._say(401, b'{"error": "Invalid credentials"}')
            given = body.get("parameters", {})
            if set(body) - {"inputs", "parameters"} or set(given) - KNOWN:
                return self._say(400, json.dumps({"error": f"unknown: {sorted(given)}"}).encode())
            endpoint.asked.append((unquote(self.path), body))
            if endpoint.hold is not None:
                endpoint.hold.wait(30)
            if endpoint.status != 200:
                return self._say(endpoint.status, b'{"error": "Model too busy"}')
            size = (given.get("width", 96), given.get("height", 160))
            made = io.BytesIO()
            Image.new("RGB", size, (200, 30, 30)).save(made, "JPEG")
            return self._say(200, made.getvalue(), "image/jpeg")

        def _say(self, status: int, data: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        if endpoint.hold is not None:
            endpoint.hold.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningApp, Endpoint]]:
    """A studio with a token, and the endpoint that it asks."""
    with running_endpoint() as endpoint:
        app = start_app_process(
            tmp_path_factory.mktemp("hosted"),
            "--no-ui",
            STUDIO_ENGINE_URL=OWN,
            HF_TOKEN=TOKEN,
            STUDIO_HF_INFERENCE_URL=endpoint.url + "/models/{model}",
        )
        app.wait_healthy()
        yield app, endpoint
        app.kill()


@pytest.fixture
def endpoint(served: tuple[RunningApp, Endpoint]) -> Iterator[Endpoint]:
    """The endpoint as it is at first."""
    found = served[1]
    found.asked.clear()
    found.status, found.hold = 200, None
    yield found
    if found.hold is not None:
        found.hold.set()


def picture(app: RunningApp, done: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(app.client.get(done["output_files"][0]["url"]).content)).convert("RGB")


def test_words_go_to_the_model_that_was_named(
    served: tuple[RunningApp, Endpoint], endpoint: Endpoint
) -> None:
    app = served[0]
    made = app.generate(
        prompt="a knight with a red cape", model=SDXL, seed=42, width=128, height=192, negative_prompt="hat"
    )
    done = app.wait(made["generation_id"])
    assert done["status"] == "completed", done
    ((path, body),) = endpoint.asked
    assert path == f"/models/{SDXL.removeprefix('hf:')}"
    assert "knight with a red cape" in body["inputs"]
    assert "hat" in body["parameters"].pop("negative_prompt")
    assert body["parameters"] == {
        "width": 128,
        "height": 192,
        "num_inference_steps": 28,
        "guidance_scale": 4.0,
        "seed": 42,
    }
    red, green, blue = picture(app, done).getpixel((60, 90))  # type: ignore[misc]
    assert red > 150 > 80 > max(green, blue)


def test_every_variant_and_every_view_has_its_own_request(
    served: tuple[RunningApp, Endpoint], endpoint: Endpoint
) -> None:
    app = served[0]
    made = app.generate(prompt="an elf", model=SCHNELL, seed=5, width=64, height=64, variants=2)
    done = app.wait(made["generation_id"])
    assert len(done["output_files"]) == 2
    assert [body["parameters"]["seed"] for _, body in endpoint.asked] == [5, 6]
    # It is made for few steps and without guidance.
    assert {body["parameters"]["num_inference_steps"] for _, body in endpoint.asked} == {4}
    assert not any("guidance_scale" in body["parameters"] for _, body in endpoint.asked)
    endpoint.asked.clear()
    made = app.generate("generate_all_poses", prompt="an elf", model=SCHNELL, seed=5, width=64, height=64)
    assert app.wait(made["generation_id"])["status"] == "completed"
    assert len({body["inputs"] for _, body in endpoint.asked}) == 4


def test_a_reference_picture_is_sent_along(served: tuple[RunningApp, Endpoint], endpoint: Endpoint) -> None:
    app = served[0]
    files = {"file": ("r.png", png("blue", 96), "image/png")}
    stored = app.client.post("/upload/reference_image", files=files).json()["file_id"]
    made = app.generate(prompt="a knight", model=SDXL, reference_file_id=stored, width=64, height=96)
    done = app.wait(made["generation_id"])
    assert done["status"] == "completed", done
    ((_, body),) = endpoint.asked
    sent = Image.open(io.BytesIO(base64.b64decode(body["inputs"]))).convert("RGB")
    assert sent.size == (64, 96)
    assert sent.getpixel((30, 40)) == (0, 0, 255)
    assert "knight" in body["parameters"]["prompt"]


@pytest.mark.parametrize(
    ("status", "word"), [(402, "credits"), (403, "licence"), (404, "nobody"), (429, "wait")]
)
def test_refusals_of_the_hub_are_told(
    served: tuple[RunningApp, Endpoint], endpoint: Endpoint, status: int, word: str
) -> None:
    app = served[0]
    endpoint.status = status
    made = app.generate(prompt="a knight", model=SDXL, width=64, height=64)
    done = app.wait(made["generation_id"])
    assert done["status"] == "failed"
    assert word in done["error"].lower()
    assert TOKEN not in done["error"]


def test_a_job_that_waits_for_a_model_is_cancelled_at_once(
    served: tuple[RunningApp, Endpoint], endpoint: Endpoint
) -> None:
    app = served[0]
    endpoint.hold = threading.Event()
    made = app.generate(prompt="a knight", model=SDXL, width=64, height=64)
    while not endpoint.asked:
        time.sleep(0.02)
    assert app.client.post(f"/studio/jobs/{made['generation_id']}/cancel").status_code == 200
    drawn = app.generate(prompt="a knight", width=64, height=96)  # by the figure, while the model hangs
    assert app.wait(drawn["generation_id"])["status"] == "completed"
    assert len(endpoint.asked) == 1


def test_only_models_that_are_offered_are_asked(
    served: tuple[RunningApp, Endpoint], endpoint: Endpoint
) -> None:
    app = served[0]
    body = {"prompt": "a knight", "model": "hf:somebody/else"}
    answer = app.client.post("/avatarforge-controller/generate/avatar", json=body)
    assert answer.status_code == 422
    assert "STUDIO_HF_MODELS" in answer.json()["hint"]
    # Without a word about models, nothing leaves this machine.
    made = app.generate(prompt="a knight", width=64, height=96)
    assert app.wait(made["generation_id"])["status"] == "completed"
    assert not endpoint.asked
    assert not any(TOKEN in line for line in app.lines)


def test_without_a_token_it_says_what_to_do(app: RunningApp) -> None:
    answer = app.client.post("/avatarforge-controller/generate/avatar", json={"prompt": "a", "model": SDXL})
    assert answer.status_code == 503
    assert "HF_TOKEN" in answer.json()["detail"]
