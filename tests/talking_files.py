"""Faces and voices for tests of talking avatars: small, short, and in every format that is taken."""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.conftest import RunningApp
from tests.talking_voices import RATE, encode, speak, wav_bytes

SIZE = 256  # the smallest video
CONTAINERS = {"mp3": "libmp3lame", "flac": "flac", "ogg": "vorbis", "ipod": "aac"}


@cache
def voice(seconds: float = 1.0) -> bytes:
    """Somebody speaks, as a WAV file of an exact length."""
    said = speak().samples
    count = round(seconds * RATE)
    return wav_bytes(np.resize(said, count))


@cache
def voice_as(container: str) -> bytes:
    """A second of the same in another format of FFmpeg's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice"
        return encode(path, speak().samples[:RATE], CONTAINERS[container], container).read_bytes()


@cache
def film(frames: int = 5) -> bytes:
    """A video without sound, ten pictures a second."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for level in range(frames):
            picture = np.full((64, 64, 3), 40 * level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return target.getvalue()


def face(app: RunningApp, seed: int = 5) -> bytes:
    """A character that the engine drew, as a PNG that says so."""
    made = app.generate(prompt="young woman, red hair, smile", width=192, height=288, seed=seed)
    done = app.wait(made["generation_id"], 240)
    return app.client.get(done["output_files"][0]["url"]).content


@cache
def no_face(blue: int = 1) -> bytes:
    """A JPEG in which nobody is to be seen."""
    file = io.BytesIO()
    Image.merge(
        "RGB", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), blue)]
    ).save(file, "JPEG")
    return file.getvalue()


def upload(app: RunningApp, kind: str, content: bytes, name: str = "") -> str:
    """Upload an image or audio; gives the name under which it goes."""
    name = name or {"image": "avatar.png", "audio": "speech.wav"}[kind]
    answer = app.client.post(f"/api/v1/upload/{kind}", files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()["filename"]
