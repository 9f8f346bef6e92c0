"""Behind a real nginx, over https and below a sub-path: REST, documentation, login and interface."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser import WAIT_MS, find_chromium, open_browser
from tests.conftest import RunningApp, start_app_process
from tests.studio_fixtures import png

NGINX = shutil.which("nginx") or next(iter(map(str, Path("/usr/sbin").glob("nginx"))), None)
CI = os.environ.get("CI") == "true"

pytestmark = pytest.mark.skipif(
    (NGINX is None or find_chromium() is None) and not CI, reason="needs nginx and Chromium"
)

CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_max_body_size 60m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location /studio/ {{
      proxy_pass {app}/;
      proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 3600s;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
    location / {{ return 418; }}
  }}
}}
"""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, RunningApp]]:
    """The address of a studio as its visitors see it, and the app itself."""
    assert NGINX, "nginx is missing"
    folder = tmp_path_factory.mktemp("proxied")
    app = start_app_process(folder / "app", GRADIO_ROOT_PATH="/studio")
    certificate = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        ["openssl", *certificate.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, app=app.url), "utf-8")
    nginx = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        yield f"https://127.0.0.1:{port}/studio", app
    finally:
        nginx.terminate()
        nginx.wait(10)
        app.kill()


@pytest.fixture(scope="module")
def client(behind: tuple[str, RunningApp]) -> Iterator[httpx.Client]:
    """A client that trusts the proxy's own certificate."""
    trusted = ssl.create_default_context(cafile=str(behind[1].folder.parent / "cert.pem"))
    with httpx.Client(base_url=behind[0], verify=trusted, trust_env=False, timeout=60) as client:
        deadline = time.monotonic() + 20
        while True:
            try:
                client.get("/avatarforge-controller/health")
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield client


def test_rest_answers_below_the_sub_path(client: httpx.Client, behind: tuple[str, RunningApp]) -> None:
    behind[1].wait_healthy()
    made = client.post("/avatarforge-controller/generate/avatar", json={"prompt": "a knight", "width": 128})
    assert made.status_code == 200, made.text
    finished = behind[1].wait(made.json()["generation_id"])
    picture = client.get(finished["output_files"][0]["url"])
    assert picture.content.startswith(b"\x89PNG")
    stored = client.post("/upload/pose_image", files={"file": ("p.png", png("red"), "image/png")})
    assert stored.status_code == 200, stored.text
    assert client.get(f"/files/{stored.json()['file_id']}").content == png("red")
    missing = client.get("/avatarforge-controller/generations/nothing")
    assert missing.json()["code"] == "generation_not_found"
    assert client.get("/avatarforge-controller/nothing").json()["code"] == "route_not_found"


def test_the_documentation_finds_its_own_parts(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert '"/studio/openapi.json"' in page or "'/studio/openapi.json'" in page
    document = client.get("/openapi.json").json()
    assert document["servers"] == [{"url": "/studio"}]
    assert client.get("/docs-assets/swagger-ui.css").status_code == 200


def test_the_interface_works_in_a_browser(behind: tuple[str, RunningApp], client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while "gradio" not in client.get("/").text:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with open_browser() as browser:
        context = browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(3 * WAIT_MS)  # all of the interface comes through the proxy at once
        page = context.new_page()
        asked: list[str] = []
        broken: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("response", lambda said: broken.append(said.url) if said.status >= 400 else None)
        page.goto(f"{behind[0]}/")
        page.fill("#prompt textarea", "a green goblin with a lantern")
        page.click("#generate")
        picture = page.wait_for_selector("#result .pictures img")
        assert picture is not None
        assert page.evaluate("image => image.decode().then(() => image.naturalWidth)", picture) > 100
        assert asked
        assert [url for url in asked if not url.startswith((behind[0], "data:", "blob:"))] == []
        assert broken == []
        context.close()
