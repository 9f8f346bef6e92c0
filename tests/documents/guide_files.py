"""The guide's Python calls for files: health, uploads with error handling, hash look-up, download."""
# pyright: reportOptionalMemberAccess=false

import hashlib
import json
from pathlib import Path

import requests

ready = requests.get("http://localhost:8000/avatarforge-controller/health").json()
system_ready = ready["api_status"] == "healthy" and ready["comfyui"]["status"] == "healthy"


def upload_pose(path: str) -> dict:
    with Path(path).open("rb") as f:
        sent = {"file": (Path(path).name, f, "image/png")}
        try:
            answer = requests.post(
                "http://localhost:8000/avatarforge-controller/upload/pose_image", files=sent, timeout=30
            )
            answer.raise_for_status()
            return answer.json()
        except requests.exceptions.HTTPError as e:
            if e.response.status_code == 413:
                raise RuntimeError("too large") from e
            if e.response.status_code == 400:
                raise RuntimeError("no picture: " + e.response.json()["detail"]) from e
            raise


def known(path: str) -> dict | None:
    content_hash = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    answer = requests.get(f"http://localhost:8000/avatarforge-controller/files/hash/{content_hash}")
    result = answer.json()
    return result if result.get("exists") else None


missed = known("my_pose.png")
first = upload_pose("my_pose.png")
second = upload_pose("my_pose.png")
found = known("my_pose.png")
try:
    upload_pose("notes.txt")
    refusal = "none"
except RuntimeError as error:
    refusal = str(error)

# Without a name of a type, as the API document sends it.
with Path("reference.jpg").open("rb") as f:
    reference = requests.post(
        "http://localhost:8000/avatarforge-controller/upload/reference_image", files={"file": f}
    ).json()

download = requests.get(f"http://localhost:8000/avatarforge-controller/files/{first['file_id']}", stream=True)
download.raise_for_status()
with Path("downloaded.png").open("wb") as f:
    for chunk in download.iter_content(chunk_size=8192):
        f.write(chunk)

print(
    json.dumps(
        {
            "system_ready": system_ready,
            "missed": missed,
            "first": first,
            "second": second,
            "found": found,
            "refusal": refusal,
            "reference": reference,
            "same_bytes": Path("downloaded.png").read_bytes() == Path("my_pose.png").read_bytes(),
        }
    )
)
