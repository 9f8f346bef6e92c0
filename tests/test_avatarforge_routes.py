"""The routes at both roots, unknown paths and wrong methods, CORS, and what happens without ComfyUI."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.conftest import RunningApp, start_app_process
from tests.documents.contract import (
    DOCUMENTED,
    HEALTH,
    INVALID,
    POSES,
    PREFIX,
    PROBLEM,
    WRONG,
    check_shape,
)

GENERATING = ["generate/avatar", "generate_pose?pose=side", "generate_all_poses"]
JSON = {"Content-Type": "application/json"}
STRANGER = {"Origin": "https://somewhere.example"}
LISTED = ["https://yourdomain.com", "https://app.yourdomain.com"]
MAX_FILE_SIZE = 500_000
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.mark.parametrize("root", [PREFIX, ""])
@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_documented_route_is_there_at_both_roots(
    app: RunningApp, method: str, path: str, root: str
) -> None:
    answer = app.client.request(method, root + path)
    # Without a body, and with ids that nothing has: the route itself answers, not the lack of one.
    assert answer.status_code in (200, 400, 404), answer.text
    assert answer.headers["content-type"] == "application/json"
    if answer.status_code != 200:
        check_shape(answer.json(), PROBLEM)
        assert answer.json()["code"] not in ("route_not_found", "method_not_allowed")


def test_health_and_poses_are_as_documented(app: RunningApp) -> None:
    for root in (PREFIX, ""):
        health = app.client.get(f"{root}/health").json()
        check_shape(health, HEALTH)
        assert health["comfyui"]["status"] == "healthy"
        assert app.client.get(f"{root}/poses").json() == POSES


def test_health_answers_head(app: RunningApp) -> None:
    answer = app.client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
def test_unknown_path_or_wrong_method_is_a_problem_in_json(
    app: RunningApp, method: str, path: str, status: int
) -> None:
    answer = app.client.request(method, path)
    assert answer.status_code == status, answer.text
    check_shape(answer.json(), PROBLEM)
    if status == 405:
        assert answer.headers["allow"]


# ------------------------------------------------------------------------ CORS


def test_any_origin_may_call_without_credentials(app: RunningApp) -> None:
    answer = app.client.get("/poses", headers=STRANGER)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    allowed = app.client.options(f"{PREFIX}/generate/avatar", headers=STRANGER | PREFLIGHT)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "POST" in allowed.headers["access-control-allow-methods"]
    refused = app.client.post(f"{PREFIX}/generate/avatar", json={}, headers=STRANGER)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, "*")


def test_only_listed_origins_may_call_when_there_is_a_list(lonely: RunningApp) -> None:
    for origin in LISTED:
        answer = lonely.client.get("/poses", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        asked = lonely.client.options("/generate/avatar", headers={"Origin": origin} | PREFLIGHT)
        assert asked.status_code == 200
    assert "access-control-allow-origin" not in lonely.client.get("/poses", headers=STRANGER).headers
    assert lonely.client.options("/generate/avatar", headers=STRANGER | PREFLIGHT).status_code == 400


# ------------------------------------------------------------ without a ComfyUI


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose ComfyUI is not there, which only listed origins may call, and with a small size limit."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]  # nobody listens there any more once the block is left
    url = f"http://127.0.0.1:{port}"
    running = start_app_process(
        tmp_path_factory.mktemp("lonely"),
        "--no-ui",
        COMFYUI_URL=url,
        ALLOWED_ORIGINS=", ".join(LISTED),
        MAX_FILE_SIZE=f"{MAX_FILE_SIZE}  # as container tools hand it over",
    )
    yield running
    running.kill()


def test_without_comfyui_health_says_so_and_stays_200(lonely: RunningApp) -> None:
    health = lonely.client.get(f"{PREFIX}/health")
    assert health.status_code == 200
    check_shape(health.json(), HEALTH)
    assert health.json()["comfyui"]["status"] != "healthy"
    assert {server["kind"] for server in health.json()["servers"]} == {"comfy", "embedded"}


def test_without_comfyui_generate_calls_are_unavailable(lonely: RunningApp) -> None:
    def generate(route: str) -> httpx.Response:
        return lonely.client.post(f"{PREFIX}/{route}", json={"prompt": "a knight"})

    with ThreadPoolExecutor() as executor:
        answers = list(executor.map(generate, GENERATING))
    for refused in answers:
        assert refused.status_code == 503, refused.text
        check_shape(refused.json(), PROBLEM)
        assert "ComfyUI is not answering at http://127.0.0.1:" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
    assert lonely.client.get(f"{PREFIX}/generations").json()["total"] == 0


def test_without_comfyui_everything_else_works(lonely: RunningApp) -> None:
    # What is wrong with a request is said first, whatever runs.
    assert lonely.client.post(f"{PREFIX}/generate/avatar", json={}).status_code == 400
    assert lonely.client.post(f"{PREFIX}/generate_pose?pose=up", json={"prompt": "a"}).status_code == 422
    for path in ("poses", "generations", f"files/hash/{'0' * 64}"):
        assert lonely.client.get(f"{PREFIX}/{path}").status_code == 200


# ------------------------------------------------------------------- too large


@pytest.mark.parametrize("size", [MAX_FILE_SIZE + 1, 3 * MAX_FILE_SIZE, 20_000_000])
def test_file_over_the_limit_is_a_413_that_calls_it_a_file(lonely: RunningApp, size: int) -> None:
    for root in (PREFIX, ""):
        answer = lonely.client.post(f"{root}/upload/pose_image", files={"file": ("a.png", bytes(size))})
        assert answer.status_code == 413, answer.text
        check_shape(answer.json(), PROBLEM)
        assert answer.json()["detail"].startswith("File too large")


def test_legacy_picture_over_the_limit_is_a_413(lonely: RunningApp) -> None:
    text = base64.b64encode(bytes(MAX_FILE_SIZE + 1)).decode()
    answer = lonely.client.post("/generate/avatar", json={"prompt": "a knight", "pose_image": text})
    assert answer.status_code == 413, answer.text
    assert answer.json()["detail"].startswith("File too large")


def _chunks() -> Iterator[bytes]:
    yield b'{"prompt": "'
    for _ in range(200):
        yield b"a" * 100_000


@pytest.mark.parametrize("content", [b'{"prompt": "' + b"a" * 20_000_000, _chunks], ids=["sized", "chunked"])
def test_body_over_the_limit_is_a_413_that_can_be_read(lonely: RunningApp, content: Any) -> None:
    body = content if isinstance(content, bytes) else content()
    answer = lonely.client.post("/generate/avatar", content=body, headers=JSON)
    assert answer.status_code == 413, answer.text
    check_shape(answer.json(), PROBLEM)
    assert answer.json()["code"] == "body_too_large"


# ------------------------------------------------------------------- validation


def test_missing_prompt_is_a_400_in_the_documented_words(app: RunningApp) -> None:
    for route in GENERATING:
        answer = app.client.post(f"{PREFIX}/{route}", json={"realism": False})
        assert answer.status_code == 400
        check_shape(answer.json(), INVALID)
        assert answer.json()["errors"] == [
            {"loc": ["body", "prompt"], "msg": "field required", "type": "value_error.missing"}
        ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"null", "application/json"),
        (b"[]", "application/json"),
        (b'"a knight"', "application/json"),
        (b"7", "application/json"),
        (b'{"prompt": "a", "seed": NaN}', "application/json"),
        (b'{"prompt": "a", "unknown": -Infinity}', "application/json"),
        (b"\xff\xfe\xfa", "application/json"),
        (b'{"prompt": "a knight"}', "text/plain"),
        (b"prompt=a+knight", "application/x-www-form-urlencoded"),
    ],
)
def test_body_that_is_no_json_object_is_a_400_that_says_why(
    app: RunningApp, content: bytes, kind: str
) -> None:
    answer = app.client.post("/generate/avatar", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text
    check_shape(answer.json(), INVALID)
    assert answer.json()["code"] == "invalid_json"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("prompt", 7),
        ("prompt", None),
        ("prompt", "   "),
        ("prompt", "a" * 20_001),
        ("prompt", "half \ud83d a letter"),
        ("realism", "perhaps"),
        ("realism", 2),
        ("clothing", ["a cape"]),
        ("style", {"name": "watercolor"}),
        ("pose_file_id", 7),
        ("reference_file_id", []),
        ("pose_image", 7),
        ("width", 63),
        ("height", 4097),
        ("seed", -2),
        ("seed", 2**64),
        ("variants", 0),
        ("variants", 17),
        ("steps", 1.5),
        ("cfg", 51),
        ("denoise", -0.1),
        ("engine", "steam"),
        ("loras", [{"strength": 1}]),
    ],
)
def test_wrong_value_is_a_422_that_names_the_member(app: RunningApp, member: str, value: object) -> None:
    body = json.dumps({"prompt": "a knight", member: value})
    answer = app.client.post("/generate/avatar", content=body, headers=JSON)
    if member == "loras":  # what is missing inside it is missing
        assert answer.status_code == 400
    else:
        assert answer.status_code == 422, answer.text
    check_shape(answer.json(), INVALID)
    assert [item["loc"][:2] for item in answer.json()["errors"]] == [["body", member]]
    assert member in answer.json()["detail"] or member == "loras"


def test_all_problems_are_told_at_once(app: RunningApp) -> None:
    answer = app.client.post(
        "/generate_pose?pose=above", json={"realism": "perhaps", "width": "wide", "seed": -7}
    )
    assert answer.status_code == 400  # something required is missing too
    places = [item["loc"] for item in answer.json()["errors"]]
    assert sorted(map(tuple, places)) == [
        ("body", "prompt"),
        ("body", "realism"),
        ("body", "seed"),
        ("body", "width"),
        ("query", "pose"),
    ]


@pytest.mark.parametrize("pose", ["top", "", "Front", "front,back", "0"])
def test_unknown_pose_is_a_422(app: RunningApp, pose: str) -> None:
    answer = app.client.post("/generate_pose", params={"pose": pose}, json={"prompt": "a knight"})
    assert answer.status_code == 422
    check_shape(answer.json(), INVALID)
    assert answer.json()["errors"][0]["loc"] == ["query", "pose"]
    assert all(view in answer.json()["detail"] for view in ("front", "back", "side", "quarter"))


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=many",
        "limit=",
        "offset=-1",
        "offset=x",
        "offset=1e9",
        "status=done",
        "status=COMPLETED",
        "status=",
        "status=cancelled",
        f"offset={10**30}",
    ],
)
def test_bad_paging_or_status_is_a_422(app: RunningApp, query: str) -> None:
    answer = app.client.get(f"{PREFIX}/generations?{query}")
    assert answer.status_code == 422
    check_shape(answer.json(), INVALID)
    assert answer.json()["errors"][0]["loc"] == ["query", query.partition("=")[0]]


def test_refusals_beyond_the_schema_have_the_same_form(app: RunningApp) -> None:
    for body in ({"workflow": "no such"}, {"model": "no such.safetensors"}):
        answer = app.client.post("/generate/avatar", json={"prompt": "a knight", **body})
        assert answer.status_code == 422, answer.text
        check_shape(answer.json(), INVALID)
        assert answer.json()["hint"]


def test_force_must_be_true_or_false(app: RunningApp) -> None:
    assert app.client.delete("/files/x", params={"force": "perhaps"}).status_code == 422
