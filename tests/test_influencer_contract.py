"""Every route of the AInfluencer API as the contract promises it: what it takes, gives and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests import fake_ollama
from tests.conftest import OWN, RunningApp, start_app_process
from tests.contract.reading import Route, Taken, read_contract
from tests.documents.contract import check_shape
from tests.influencer_fixtures import PREFIX, UNKNOWN_IDS, ask, call, read, read_refusal
from tests.influencer_things import Things

CONTRACT = read_contract("influencer")
ROUTES = CONTRACT.routes
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MAX_OFFSET = 2**31  # where one is named
WRONG: dict[str, Any] = {
    "str": {"a": 1},
    "int": "abc",
    "num": "abc",
    "bool": "perhaps",
    "[str]": 5,
    "obj": "text",
}
WRONG["[obj]"] = 5
# By the paths of the document alone one would swallow the other; what comes of both tells them apart.
TRAPS = (
    ("/generate/image/stats", "total_jobs"),
    ("/generate/image/jobs", "items"),
    ("/generate/video/jobs", "items"),
    ("/generate/video/presets", "categories"),
    ("/generate/video/health", "methods_available"),
    ("/generate/face-embedding/list", "items"),
    ("/generate/face-embedding/health", "supported_methods"),
    ("/content/library/stats", "by_type"),
    ("/generate/image/batch/queue", "total_batch_jobs"),
)


def named(routes: Any) -> Any:
    """Routes as parameters, by their names."""
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.name)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose texts come from a server that plays Ollama."""
    with fake_ollama.running() as ollama:
        folder = tmp_path_factory.mktemp("contract")
        running = start_app_process(folder, "--no-ui", STUDIO_ENGINE_URL=OWN, OLLAMA_URL=ollama.url)
        running.wait_healthy()
        yield running
        running.kill()
        assert not ollama.complaints


@pytest.fixture(scope="module")
def things(app: RunningApp) -> Things:
    """What the tester has."""
    return Things(app)


@pytest.fixture(scope="module")
def document(app: RunningApp) -> dict[str, Any]:
    """What the app says about itself."""
    return app.client.get("/openapi.json").json()


# --------------------------------------------------------------------------------------- what is promised


def test_there_are_as_many_routes_as_were_promised(document: dict[str, Any]) -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES) == 105
    served = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in document["paths"].items()
        if path == PREFIX or path.startswith(f"{PREFIX}/")
        for method in methods
    }
    assert {route.name for route in ROUTES} <= served


@named(ROUTES)
def test_the_openapi_document_promises_the_same(route: Route, document: dict[str, Any]) -> None:
    told = document["paths"][PREFIX + route.path][route.method.lower()]
    assert route.tag in told["tags"]
    assert told["operationId"].startswith("ainfluencer_")
    parameters = {one["name"]: one for one in told.get("parameters", ())}
    assert set(route.ids) | set(route.query) <= set(parameters)
    for name, wanted in route.query.items():
        schema = parameters[name]["schema"]
        assert not parameters[name].get("required", False)
        if wanted.default is not None:
            assert str(schema["default"]) == wanted.default, name
        if name in {"limit", "offset"}:
            assert schema["minimum"] == wanted.low, name
            assert schema.get("maximum", MAX_OFFSET) == (wanted.high or MAX_OFFSET), name
    if route.takes:
        schema = _body_schema(document, told)
        assert set(route.takes) <= set(schema["properties"])
        assert told["requestBody"].get("required", False) is not route.absent
        needed = {name for name, one in route.takes.items() if one.needed}
        assert set(schema.get("required", ())) == needed


def _body_schema(document: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    (only,) = options
    return document["components"]["schemas"][only["$ref"].rpartition("/")[2]] if "$ref" in only else only


# ------------------------------------------------------------------------------------------- what is given


@named([route for route in ROUTES if not route.last])
def test_it_answers_as_promised(route: Route, things: Things, document: dict[str, Any]) -> None:
    for name in route.holds:
        things.get(name)
    answer = asked(things, route)
    if route.status != 200:
        read_refusal(answer, route.status, route.code)
    elif route.file:
        check_file(answer, route)
    else:
        check_answer(answer, route, document)


def own_things(things: Things, route: Route) -> dict[str, Any]:
    """What a route uses up, new, and what goes by another name with it."""
    own = {name: things.get(route.uses.get(name, name), fresh=True) for name in route.fresh}
    return own | {name: things.get(kind) for name, kind in route.uses.items() if name not in own}


def asked(things: Things, route: Route) -> httpx.Response:
    """Ask for what the contract says that a tester asks for."""
    own = own_things(things, route)
    parts: dict[str, Any] = {"params": things.fill(route.ask, own)}
    if route.body is not None:
        parts["json"] = things.fill(route.body, own)
    return ask(things.app, route.method, things.fill(route.path, own), **parts)


def tried(things: Things, route: Route, **parts: Any) -> httpx.Response:
    """Ask for something that is to be refused, so that nothing is used up."""
    own = {name: things.get(kind) for name, kind in route.uses.items()}
    if "content" in parts:
        parts["headers"] = {"Content-Type": "application/json"}
    if route.body is not None and not {"json", "content"} & set(parts):
        parts["json"] = things.fill(route.body, own)
    return ask(things.app, route.method, things.fill(route.path, own), **parts)


def check_answer(answer: httpx.Response, route: Route, document: dict[str, Any]) -> None:
    """Envelope, members and types; and that the app keeps what its own document says."""
    data = read(answer)
    shape = CONTRACT.shape(route.gives)
    check_shape(data, shape)
    body = answer.json()
    if route.bare:
        check_shape(body, shape)
        assert {name: body[name] for name in data} == data
    else:
        assert set(body) <= {"success", "data", "message", "timestamp"}
    if route.holds:
        assert any(data[name] for name in data if isinstance(data[name], list)), data
    told = document["paths"][PREFIX + route.path][route.method.lower()]["responses"]["200"]
    schema = told["content"]["application/json"]["schema"] | {"components": document["components"]}
    wrong = [error.message for error in Draft202012Validator(schema).iter_errors(body)]
    assert wrong == []


def check_file(answer: httpx.Response, route: Route) -> None:
    """Its kind, its bytes, and whether browsers are to show or to keep it."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == route.file
    begins = {"image/png": b"\x89PNG", "application/zip": b"PK\x03\x04"}[route.file]
    assert answer.content.startswith(begins)
    kept = answer.headers.get("content-disposition", "inline")
    assert kept.startswith("inline" if route.inline else "attachment; filename")


def test_the_root_answers_with_and_without_a_slash(app: RunningApp) -> None:
    for path in ("/api", "/api/"):
        answer = app.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.json()["name"]) == (200, "AInfluencer Backend API")


@pytest.mark.parametrize(("path", "member"), TRAPS)
def test_no_id_swallows_a_route_of_its_own(app: RunningApp, path: str, member: str) -> None:
    assert member in call(app, "GET", path)
    assert ask(app, "DELETE", path).status_code in {404, 405}


def test_ab_tests_are_not_taken_for_jobs(app: RunningApp) -> None:
    for name in ("rank", "download"):
        error = read_refusal(ask(app, "GET", f"/generate/image/ab-test/{name}"), 404, "not_found")
        assert "test" in error["message"].lower()


# ----------------------------------------------------------------------------------------- what is refused


@named([route for route in ROUTES if route.ids])
def test_unknown_ids_are_not_found(route: Route, things: Things) -> None:
    for name in route.ids:
        others = {one: things.get(route.uses.get(one, one)) for one in route.ids if one != name}
        body = things.fill(route.body, {**others, name: UNKNOWN_IDS[0]}) if route.body is not None else None
        for unknown in UNKNOWN_IDS:
            path = things.fill(route.path, {**others, name: unknown})
            read_refusal(ask(things.app, route.method, path, json=body), 404, "not_found")


@named([route for route in ROUTES if route.takes])
def test_bad_bodies_are_refused(route: Route, things: Things) -> None:
    for content in (b"{", b"[]", b"7", b'"text"', b'{"a": NaN}', b"\xff"):
        read_refusal(tried(things, route, content=content), 422, "validation_error")


@named([route for route in ROUTES if any(one.needed for one in route.takes.values())])
def test_what_is_needed_is_asked_for(route: Route, things: Things) -> None:
    whole = things.fill(route.body)
    for name in [name for name, one in route.takes.items() if one.needed]:
        for body in ({key: whole[key] for key in whole if key != name}, {**whole, name: None}):
            error = read_refusal(tried(things, route, json=body), 422, "validation_error")
            assert any(name in one["loc"] for one in error["details"]["errors"]), error


@pytest.mark.parametrize(
    ("route", "name"),
    [pytest.param(one, name, id=f"{one.name}-{name}") for one in ROUTES for name in one.takes],
)
def test_wrong_values_are_refused_by_name(route: Route, name: str, things: Things) -> None:
    whole = things.fill(route.body)
    for value in wrong_values(route.takes[name]):
        error = read_refusal(tried(things, route, json={**whole, name: value}), 422, "validation_error")
        assert any(name in one["loc"] for one in error["details"]["errors"]), (value, error)


def wrong_values(wanted: Taken) -> Iterator[Any]:
    """Values that nobody can mean: of another kind, beyond a bound, none of the words."""
    yield "none of these" if wanted.choices else WRONG[wanted.kind]
    if wanted.kind == "str":
        if wanted.low:
            yield ""
        if wanted.high:
            yield "a" * (int(wanted.high) + 1)
    elif wanted.kind in {"int", "num"}:
        step = 1 if wanted.kind == "int" else 0.5
        if wanted.low is not None:
            yield wanted.low - step
        if wanted.high is not None:
            yield wanted.high + step


@named([route for route in ROUTES if route.query])
def test_wrong_queries_are_refused(route: Route, things: Things) -> None:
    for name, wanted in route.query.items():
        if wanted.kind == "str":
            continue
        for value in (one for one in wrong_values(wanted) if not isinstance(one, dict)):
            error = read_refusal(tried(things, route, params={name: value}), 422, "validation_error")
            assert any(name in one["loc"] for one in error["details"]["errors"]), (value, error)


@named([route for route in ROUTES if route.takes and route.status == 200 and route.method == "POST"])
def test_null_is_as_if_it_were_left_out(route: Route, things: Things) -> None:
    own = own_things(things, route)
    whole = things.fill(route.body, own)
    nulls = {name: None for name, one in route.takes.items() if not one.needed and name not in whole}
    path = things.fill(route.path, own)
    answer = ask(things.app, route.method, path, json={**whole, **nulls})
    assert answer.status_code == 200, answer.text


def test_wrong_methods_are_refused_in_the_form_of_the_family(
    app: RunningApp, document: dict[str, Any]
) -> None:
    served: dict[str, set[str]] = {
        path: {one.upper() for one in found} for path, found in document["paths"].items()
    }
    for path in sorted({route.path for route in ROUTES}):
        address = PREFIX + re.sub(r"\{\w+\}", "some", path)
        matching = {
            method
            for known, methods in served.items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), address)
            for method in methods
        }
        for method in sorted(set(METHODS) - matching):
            error = read_refusal(app.client.request(method, address), 405, "method_not_allowed")
            assert error["details"]["code"] == "method_not_allowed"


def test_unknown_paths_are_refused_in_the_form_of_the_family(app: RunningApp) -> None:
    for path in ("/nothing", "/characters/x/y/z", "/generate", "/content/library/a/b/c", "/v2/health"):
        read_refusal(ask(app, "GET", path), 404, "not_found")


def test_settings_that_nobody_knows_are_refused(app: RunningApp) -> None:
    error = read_refusal(ask(app, "PUT", "/settings", json={"nobody_knows": 1}), 422, "validation_error")
    assert any("nobody_knows" in one["loc"] for one in error["details"]["errors"])


BY_ID = ("character_id", "style_id", "voice_id", "face_embedding_id")


@pytest.mark.parametrize(
    ("route", "name"),
    [
        pytest.param(one, name, id=f"{one.name}-{name}")
        for one in ROUTES
        for name in BY_ID
        if name in one.takes
    ],
)
def test_unknown_ids_in_bodies_are_not_found(route: Route, name: str, things: Things) -> None:
    for unknown in ("00000000-0000-4000-8000-000000000000", "nothing"):
        body = {**things.fill(route.body), name: unknown}
        read_refusal(tried(things, route, json=body), 404, "not_found")


def test_what_belongs_to_another_character_is_not_found(things: Things) -> None:
    other = things.get("character_id", fresh=True)
    for method, path in (
        ("GET", f"/characters/{other}/styles/{things.get('style_id')}"),
        ("DELETE", f"/characters/{other}/styles/{things.get('style_id')}"),
        ("DELETE", f"/characters/{other}/voice/{things.get('voice_id')}"),
    ):
        read_refusal(ask(things.app, method, path), 404, "not_found")


def test_jobs_of_another_kind_are_not_found(things: Things) -> None:
    for path in (
        f"/generate/image/{things.get('video_job_id')}",
        f"/generate/video/{things.get('job_id')}",
        f"/generate/image/batch/{things.get('job_id')}/summary",
    ):
        read_refusal(ask(things.app, "GET", path), 404, "not_found")


def test_bodies_that_may_be_absent(things: Things) -> None:
    path = f"/content/content/{things.get('content_id')}/description-tags"
    assert call(things.app, "POST", path)["tags"]
    assert call(things.app, "POST", "/content/images/cleanup")["older_than_days"] == 30


def test_tags_are_removed_by_the_address_too(things: Things) -> None:
    path = f"/content/library/{things.get('content_id')}/tags"
    assert {"sea", "ship"} <= set(
        call(things.app, "POST", path, json={"tags": ["sea", "ship", "sea"]})["tags"]
    )
    left = call(things.app, "DELETE", path, params={"tags": "sea, ship"})["tags"]
    assert not {"sea", "ship"} & set(left)
    read_refusal(ask(things.app, "DELETE", path), 422, "validation_error")


# ---------------------------------------------------------------------------------- the document's examples


@named([route for route in ROUTES if route.example is not None])
def test_the_documents_example_as_it_is_printed(route: Route, things: Things) -> None:
    own = {
        name: things.get(route.uses.get(name, name), fresh=True) for name in route.ids if name in route.fresh
    }
    answer = ask(things.app, route.method, things.fill(route.path, own), json=route.example)
    if route.then != 200:
        error = read_refusal(answer, route.then, "validation_error")
        assert "placeholder" in json.dumps(error)
        return
    data = read(answer)
    check_shape(data, CONTRACT.shape(route.gives))
    assert answer.headers.get("x-left-out", "") == ", ".join(route.left_out)
    if data.get("job_id"):
        cancel(things.app, data["job_id"])


def cancel(app: RunningApp, job_id: str) -> None:
    """Let nobody wait for a large picture."""
    for kind in ("image", "video"):
        if ask(app, "POST", f"/generate/{kind}/{job_id}/cancel").status_code == 200:
            return
    raise AssertionError(f"{job_id} is neither a picture nor a video")


@named([route for route in ROUTES if route.last])
def test_at_the_end_it_answers_as_promised(route: Route, things: Things, document: dict[str, Any]) -> None:
    check_answer(asked(things, route), route, document)
