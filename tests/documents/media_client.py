"""The Media Generation document's Python client: create, poll until it is over, download."""

import asyncio
import json
import time
from pathlib import Path

import httpx


class MediaGenClient:
    """The four calls that the document's class has, with its defaults."""

    def __init__(self, base_url: str = "http://localhost:8000") -> None:
        self.base_url = base_url
        self.client = httpx.AsyncClient()

    async def create_job(
        self, prompt: str, parameters: dict | None = None, webhook_url: str | None = None
    ) -> dict:
        data: dict = {"prompt": prompt}
        if parameters:
            data["parameters"] = parameters
        if webhook_url:
            data["webhook_url"] = webhook_url
        answer = await self.client.post(f"{self.base_url}/api/v1/jobs/generate", json=data)
        answer.raise_for_status()
        return answer.json()

    async def get_job_status(self, job_id: str) -> dict:
        answer = await self.client.get(f"{self.base_url}/api/v1/jobs/status/{job_id}")
        answer.raise_for_status()
        return answer.json()

    async def wait_for_completion(
        self,
        job_id: str,
        timeout: int = 600,  # noqa: ASYNC109 - as documented
        poll_interval: int = 5,
    ) -> dict:
        start_time = time.time()
        while time.time() - start_time < timeout:
            status = await self.get_job_status(job_id)
            if status["status"] in ["completed", "failed", "cancelled"]:
                return status
            await asyncio.sleep(poll_interval)
        raise TimeoutError(f"{job_id} took longer than {timeout} seconds")

    async def download_media(self, media_id: str, output_path: str) -> None:
        answer = await self.client.get(f"{self.base_url}/api/v1/media/{media_id}")
        answer.raise_for_status()
        Path(output_path).write_bytes(answer.content)  # noqa: ASYNC240 - likewise


async def main() -> None:
    client = MediaGenClient()
    job = await client.create_job(
        prompt="A majestic eagle soaring over mountains",
        parameters={"aspect_ratio": "16:9", "output_quality": 90},
    )
    result = await client.wait_for_completion(job["id"])
    if result["status"] == "completed":
        await client.download_media(result["media"][0]["id"], "generated_eagle.png")
    print(json.dumps({"job": job, "result": result}))


if __name__ == "__main__":
    asyncio.run(main())
