"""The Talking Avatar document's whole workflow: upload, start, poll, download, clean up."""

import json
import time
from pathlib import Path

import requests

BASE = "http://localhost:8000/api/v1"

with Path("avatar.jpg").open("rb") as file:
    image = requests.post(f"{BASE}/upload/image", files={"file": file}).json()
with Path("speech.wav").open("rb") as file:
    audio = requests.post(f"{BASE}/upload/audio", files={"file": file}).json()
started = requests.post(
    f"{BASE}/generate/async",
    json={
        "image_filename": image["filename"],
        "audio_filename": audio["filename"],
        "output_fps": 30,
        "output_resolution": 512,
    },
).json()
seen = []
while True:
    told = requests.get(f"{BASE}/status/{started['job_id']}").json()
    seen.append(told)
    if told["status"] in ("completed", "failed"):
        break
    time.sleep(0.2)
address = told["result"]["video_url"]
if told["status"] == "completed":
    Path("output.mp4").write_bytes(requests.get(f"{BASE}{address}").content)
cleaned = [
    requests.delete(f"{BASE}/cleanup/{name}").json() for name in (image["filename"], audio["filename"])
]
print(json.dumps({"image": image, "audio": audio, "started": started, "seen": seen, "cleaned": cleaned}))
