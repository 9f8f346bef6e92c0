"""The OpenAPI document: valid, complete, with examples that fit; and its pages, without the internet."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from app import create_app
from studio.settings import Settings
from tests.conftest import RunningApp
from tests.documents.contract import PREFIX

OPERATIONS = {
    ("get", "/health"): "avatarforge_health",
    ("get", "/poses"): "avatarforge_poses",
    ("post", "/upload/pose_image"): "avatarforge_upload_pose_image",
    ("post", "/upload/reference_image"): "avatarforge_upload_reference_image",
    ("get", "/files/hash/{content_hash}"): "avatarforge_check_hash",
    ("get", "/files/{file_id}"): "avatarforge_download_file",
    ("delete", "/files/{file_id}"): "avatarforge_delete_file",
    ("get", "/outputs/{generation_id}/{name}"): "avatarforge_download_output",
    ("post", "/generate/avatar"): "avatarforge_generate_avatar",
    ("post", "/generate_pose"): "avatarforge_generate_pose",
    ("post", "/generate_all_poses"): "avatarforge_generate_all_poses",
    ("get", "/generations"): "avatarforge_list_generations",
    ("get", "/generations/{generation_id}"): "avatarforge_get_generation",
    ("delete", "/generations/{generation_id}"): "avatarforge_delete_generation",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as clients get it."""
    return json.loads(json.dumps(create_app(Settings(), ui=False).openapi()))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def fits(document: dict[str, Any], schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(example)]


def test_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_operations_have_stable_ids(document: dict[str, Any]) -> None:
    ours = {
        (method, path.removeprefix(PREFIX)): operation["operationId"]
        for method, path, operation in operations(document)
        if path.startswith(PREFIX)
    }
    assert OPERATIONS.items() <= ours.items()
    every = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(every) == len(set(every))


def test_short_forms_at_the_root_are_left_out(document: dict[str, Any]) -> None:
    short = {path for _, path in OPERATIONS}
    assert short.isdisjoint(document["paths"])


def test_every_operation_is_described_and_tagged(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["tags"], path
        assert operation["summary"], path
        assert operation["description"], path
        assert "HEAD" not in method.upper()


def test_every_tag_is_in_the_group_of_its_system(document: dict[str, Any]) -> None:
    groups = {group["name"]: group["tags"] for group in document["x-tagGroups"]}
    every = [tag for tags in groups.values() for tag in tags]
    assert len(every) == len(set(every))
    assert set(every) == {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert {"AvatarForge", "Media Generation", "Talking Avatar", "Studio"} <= set(groups)
    for _, path, operation in operations(document):
        if path.startswith(PREFIX):
            assert operation["tags"][0] in groups["AvatarForge"], path


def test_every_json_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                if kind != "application/json":
                    continue
                example = content.get("example")
                if example is None:  # the form of all other failures has its example in its own schema
                    assert status == "default", f"{method} {path} {status}"
                    continue
                assert fits(document, content["schema"], example) == [], f"{method} {path} {status}"


def test_every_request_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    bodies = 0
    for method, path, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            if "$ref" in schema:
                schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            examples = [content["example"]] if "example" in content else schema.get("examples", [])
            assert examples, f"{method} {path}"
            bodies += 1
            if kind == "application/json":
                for example in examples:
                    assert fits(document, content["schema"], example) == [], f"{method} {path}"
    assert bodies >= 5


def test_documented_failures_are_named(document: dict[str, Any]) -> None:
    expected = {
        "/generate/avatar": {"400", "404", "413", "422", "503"},
        "/generate_pose": {"400", "404", "413", "422", "503"},
        "/generate_all_poses": {"400", "404", "413", "422", "503"},
        "/upload/pose_image": {"400", "413"},
        "/upload/reference_image": {"400", "413"},
        "/generations": {"422"},
        "/generations/{generation_id}": {"404"},
        "/files/{file_id}": {"404"},
    }
    for path, statuses in expected.items():
        for method, operation in document["paths"][PREFIX + path].items():
            assert statuses <= set(operation["responses"]), f"{method} {path}"
    # The validation error of the framework is not what is answered here.
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_request_members_are_the_documented_ones(document: dict[str, Any]) -> None:
    body = document["components"]["schemas"]["GenerateBody"]
    assert body["required"] == ["prompt"]
    documented = {"prompt", "pose_file_id", "reference_file_id", "clothing", "style", "realism"}
    legacy = {"pose_image", "reference_image"}
    assert documented | legacy <= set(body["properties"])
    for name in legacy:
        assert body["properties"][name]["deprecated"] is True
    pose = document["paths"][f"{PREFIX}/generate_pose"]["post"]["parameters"][0]
    assert (pose["name"], pose["schema"]["enum"]) == ("pose", ["front", "back", "side", "quarter"])
    paging = {
        parameter["name"]: parameter["schema"]
        for parameter in document["paths"][f"{PREFIX}/generations"]["get"]["parameters"]
    }
    assert (paging["limit"]["default"], paging["limit"]["minimum"], paging["limit"]["maximum"]) == (
        50,
        1,
        100,
    )
    assert (paging["offset"]["default"], paging["offset"]["minimum"]) == (0, 0)


def test_live_answers_fit_the_document(app: RunningApp, document: dict[str, Any]) -> None:
    assert app.client.get("/openapi.json").json() == document
    for path, live in (
        ("/health", "/health"),
        ("/poses", "/poses"),
        ("/generations", "/generations?limit=3"),
    ):
        schema = document["paths"][PREFIX + path]["get"]["responses"]["200"]["content"]["application/json"]
        answer = app.client.get(PREFIX + live)
        assert fits(document, schema["schema"], answer.json()) == []
    refused = app.client.post(f"{PREFIX}/generate/avatar", json={})
    problem = document["components"]["schemas"]["PlainProblem"]
    assert fits(document, problem, refused.json()) == []


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_page_has_all_it_needs_from_this_server(app: RunningApp, page: str) -> None:
    answer = app.client.get(page)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "/openapi.json" in answer.text
    needed = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert needed
    for address in needed:
        assert address.startswith("/"), f"{page} needs {address} from elsewhere"
        assert app.client.get(address).status_code == 200
