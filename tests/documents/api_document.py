"""The API document's calls: the basic usage, and its workflows, which leave the base path out."""

import base64
import hashlib
import json
import time
from pathlib import Path

import requests

with Path("pose.png").open("rb") as f:
    response = requests.post(
        "http://localhost:8000/avatarforge-controller/upload/pose_image", files={"file": f}
    )
    file_id = response.json()["file_id"]
response = requests.post(
    "http://localhost:8000/avatarforge-controller/generate/avatar",
    json={
        "prompt": "female warrior, blue armor, long white hair",
        "pose_file_id": file_id,
        "realism": False,
    },
)
basic = response.json()
status = requests.get(
    f"http://localhost:8000/avatarforge-controller/generations/{basic['generation_id']}"
).json()

# Its workflows name neither host nor base path.
ROOT = "http://localhost:8000"
simple = requests.post(
    f"{ROOT}/generate/avatar",
    json={"prompt": "cyberpunk character, neon hair, tech implants", "realism": False},
).json()
file_hash = hashlib.sha256(Path("pose.png").read_bytes()).hexdigest()
checked = requests.get(f"{ROOT}/files/hash/{file_hash}").json()
if not checked["exists"]:
    with Path("pose.png").open("rb") as f:
        checked = requests.post(f"{ROOT}/upload/pose_image", files={"file": f}).json()
reused = requests.post(
    f"{ROOT}/generate/avatar", json={"prompt": "character", "pose_file_id": checked["file_id"]}
).json()
sheet = requests.post(
    f"{ROOT}/generate_all_poses",
    json={
        "prompt": "knight character, silver armor, red cape",
        "clothing": "full plate armor",
        "realism": False,
    },
).json()
legacy = requests.post(
    f"{ROOT}/generate/avatar",
    json={
        "prompt": "character",
        "pose_image": base64.b64encode(Path("pose.png").read_bytes()).decode(),
        "reference_image": "data:image/png;base64,"
        + base64.b64encode(Path("pose.png").read_bytes()).decode(),
    },
).json()
for other in (basic, simple, reused, legacy):  # their pictures are not needed here
    requests.delete(f"{ROOT}/generations/{other['generation_id']}").raise_for_status()
while True:
    polled = requests.get(f"{ROOT}/generations/{sheet['generation_id']}")
    if polled.json()["status"] in ["completed", "failed"]:
        break
    time.sleep(0.1)

try:
    generation = requests.post(f"{ROOT}/generate/avatar", json={})
    generation.raise_for_status()
    handled = "no failure"
except requests.exceptions.HTTPError as e:
    handled = f"HTTP error: {e}"

print(
    json.dumps(
        {
            "basic": basic,
            "status": status,
            "simple": simple,
            "checked": checked,
            "reused": reused,
            "sheet": polled.json(),
            "legacy": legacy,
            "handled": handled,
            "health": requests.get(f"{ROOT}/health").json(),
        }
    )
)
