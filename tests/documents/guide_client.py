"""The guide's client class and its session with retries: what a client makes of every kind of failure."""
# pyright: reportOptionalMemberAccess=false

import json
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import HTTPError, RequestException, Timeout
from urllib3.util.retry import Retry


class AvatarForgeClient:
    """Turns statuses into exceptions, as the guide does."""

    def __init__(self, base_url: str = "http://localhost:8000/avatarforge-controller") -> None:
        self.base_url = base_url

    def generate_avatar(self, **payload: Any) -> dict:
        try:
            answer = requests.post(f"{self.base_url}/generate/avatar", json=payload, timeout=30)
            answer.raise_for_status()
            return answer.json()
        except HTTPError as e:
            if e.response.status_code == 400:
                raise ValueError(f"Invalid request: {e.response.json().get('detail', 'Bad request')}") from e
            if e.response.status_code == 422:
                raise ValueError(f"Validation error: {e.response.json().get('errors', [])}") from e
            if e.response.status_code == 503:
                raise ConnectionError("ComfyUI service unavailable") from e
            raise RuntimeError(f"HTTP {e.response.status_code}: {e.response.text}") from e
        except Timeout as e:
            raise TimeoutError("Request timed out after 30 seconds") from e
        except RequestException as e:
            raise ConnectionError(f"Network error: {e}") from e

    def wait_for_generation(self, generation_id: str, timeout: int = 300) -> dict:
        start_time = time.time()
        while time.time() - start_time < timeout:
            try:
                answer = requests.get(f"{self.base_url}/generations/{generation_id}", timeout=10)
                answer.raise_for_status()
                status = answer.json()
                if status["status"] == "completed":
                    return status
                if status["status"] == "failed":
                    raise RuntimeError(f"Generation failed: {status.get('error', 'Unknown error')}")
                time.sleep(0.1)
            except HTTPError as e:
                if e.response.status_code == 404:
                    raise ValueError(f"Generation not found: {generation_id}") from e
                raise
        raise TimeoutError(f"Generation timed out after {timeout}s")


def said(call: Any, **payload: Any) -> str:
    try:
        return f"no failure: {call(**payload)}"
    except (ValueError, ConnectionError, RuntimeError) as e:
        return f"{type(e).__name__}: {e}"


client = AvatarForgeClient()
result = client.generate_avatar(prompt="warrior character", realism=False)
final_status = client.wait_for_generation(result["generation_id"])

session = requests.Session()
retry = Retry(total=3, backoff_factor=1, status_forcelist=[500, 502, 503, 504])
session.mount("http://", HTTPAdapter(max_retries=retry, pool_connections=10, pool_maxsize=20))
pooled = session.post(
    "http://localhost:8000/avatarforge-controller/generate/avatar", json={"prompt": "a mage"}
)

print(
    json.dumps(
        {
            "final": final_status,
            "missing": said(client.generate_avatar, realism=False),
            "invalid": said(client.generate_avatar, prompt="a knight", realism="perhaps"),
            "no_file": said(client.generate_avatar, prompt="a knight", pose_file_id="abc-123"),
            "unknown": said(client.wait_for_generation, generation_id="abc-123"),
            "pooled": pooled.json(),
        }
    )
)
