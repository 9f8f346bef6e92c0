"""The guide's Python calls for generations: all options, polling, a sheet, a batch, pages, delete."""

import datetime
import json
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import requests

BASE_URL = "http://localhost:8000/avatarforge-controller"


def upload(kind: str, path: str) -> str:
    with Path(path).open("rb") as f:
        return requests.post(f"{BASE_URL}/upload/{kind}", files={"file": f}).json()["file_id"]


def start(prompt: str, route: str = "generate/avatar", **optional: Any) -> dict:
    payload = {"prompt": prompt, "realism": False}
    payload |= {name: value for name, value in optional.items() if value}
    answer = requests.post(f"{BASE_URL}/{route}", json=payload)
    if answer.status_code != 200:  # the Flask example takes every other status for a failure
        raise RuntimeError(answer.text)
    return answer.json()


def wait_for(generation_id: str, timeout: int = 300) -> dict:
    start_time = time.time()
    while True:
        if time.time() - start_time > timeout:
            raise TimeoutError(generation_id)
        answer = requests.get(f"{BASE_URL}/generations/{generation_id}", timeout=10)
        answer.raise_for_status()
        status = answer.json()
        if status["status"] == "completed":
            return status
        if status["status"] == "failed":
            raise RuntimeError(status.get("error", "Unknown error"))
        time.sleep(0.1)


def all_generations(status: str | None = None) -> list:
    everything: list = []
    limit = 100
    offset = 0
    while True:
        url = f"{BASE_URL}/generations?limit={limit}&offset={offset}"
        if status:
            url += f"&status={status}"
        answer = requests.get(url)
        answer.raise_for_status()
        data = answer.json()
        everything.extend(data["generations"])
        if offset + limit >= data["total"]:
            return everything
        offset += limit


pose_file_id = upload("pose_image", "my_pose.png")
reference_file_id = upload("reference_image", "reference.jpg")
full = start(
    "female warrior, determined expression, battle stance",
    pose_file_id=pose_file_id,
    reference_file_id=reference_file_id,
    clothing="full plate armor, red cape, silver trim",
    style="watercolor painting",
)
sheet = start("warrior character, blue armor", "generate_all_poses", clothing="full plate armor, red cape")
full_done = wait_for(full["generation_id"])
sheet_done = wait_for(sheet["generation_id"])
pictures = [
    requests.get(f"http://localhost:8000{file['url']}").content for file in sheet_done["output_files"]
]


def generate_one(prompt: str) -> dict:
    return wait_for(start(prompt)["generation_id"])


batch = []
with ThreadPoolExecutor(max_workers=5) as executor:
    futures = {
        executor.submit(generate_one, prompt): prompt
        for prompt in ("warrior character, blue armor", "mage character, purple robes")
    }
    for future in as_completed(futures):
        batch.append(future.result())

completed = all_generations(status="completed")
cutoff = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=30)
old = [
    generation
    for generation in all_generations()
    if datetime.datetime.fromisoformat(generation["created_at"].replace("Z", "+00:00")) < cutoff
]
deleted = requests.delete(f"{BASE_URL}/generations/{full['generation_id']}").json()

print(
    json.dumps(
        {
            "full": full,
            "full_done": full_done,
            "sheet": sheet,
            "sheet_done": sheet_done,
            "pictures": [len(picture) for picture in pictures],
            "batch": batch,
            "completed": [generation["generation_id"] for generation in completed],
            "old": old,
            "deleted": deleted,
        }
    )
)
