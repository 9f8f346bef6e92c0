"""Tools for agents, used by the protocol's official client over the real port."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ImageContent, TextContent
from PIL import Image

from tests.conftest import RunningApp
from tests.served import Serve, serve_apps

__all__ = ["serve_apps"]

TOOLS = {"generate_avatar", "generate_pose", "character_sheet", "talk", "job_status", "list_results"}
SMALL = {"width": 128, "height": 192}
T = TypeVar("T")


def session(app: RunningApp, use: Callable[[ClientSession], Awaitable[T]], **headers: str) -> T:
    """Connect as an agent does and do something."""

    async def run() -> T:
        async with (
            httpx.AsyncClient(headers=headers, timeout=120, trust_env=False) as http,
            streamable_http_client(f"{app.url}/gradio_api/mcp/", http_client=http) as (read, write, _),
            ClientSession(read, write) as opened,
        ):
            await opened.initialize()
            return await use(opened)

    return asyncio.run(run())


def call(app: RunningApp, tool: str, **arguments: Any) -> CallToolResult:
    return session(app, lambda opened: opened.call_tool(tool, arguments))


def told(result: CallToolResult) -> dict[str, Any]:
    assert not result.isError, result.content
    first = result.content[0]
    assert isinstance(first, TextContent)
    return json.loads(first.text)


def seen(result: CallToolResult) -> list[Image.Image]:
    shown = [one for one in result.content if isinstance(one, ImageContent)]
    return [Image.open(io.BytesIO(base64.b64decode(one.data))) for one in shown]


def sentence(result: CallToolResult) -> str:
    assert result.isError
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


@pytest.fixture(scope="module")
def avatar(app: RunningApp) -> CallToolResult:
    """A small picture that an agent has asked for."""
    return call(app, "generate_avatar", prompt="a ranger with a red cape, long silver hair", seed=7, **SMALL)


def test_all_tools_are_described(app: RunningApp) -> None:
    listed = session(app, lambda opened: opened.list_tools()).tools
    assert {tool.name for tool in listed} == TOOLS
    for tool in listed:
        assert tool.description
        assert "context" not in tool.inputSchema["properties"]
        for name, schema in tool.inputSchema["properties"].items():
            assert schema.get("description") or name in {"resolution", "limit"}, f"{tool.name}: {name}"


def test_an_avatar_comes_as_a_picture_with_its_job(app: RunningApp, avatar: CallToolResult) -> None:
    answer = told(avatar)
    assert answer["status"] == "completed"
    assert answer["seed"] == "7"
    (picture,) = seen(avatar)
    assert picture.size == (128, 192)
    (file,) = answer["files"]
    assert file["url"].startswith(app.url)
    assert httpx.get(file["url"]).content[:4] == b"\x89PNG"
    job = app.client.get(f"/avatarforge-controller/generations/{answer['job_id']}").json()
    assert job["status"] == "completed"


def test_another_side_of_the_same_character_keeps_words_and_seed(
    app: RunningApp, avatar: CallToolResult
) -> None:
    result = call(app, "generate_pose", job_id=told(avatar)["job_id"], view="back", pose="t-pose")
    answer = told(result)
    assert answer["seed"] == "7"
    assert [file["view"] for file in answer["files"]] == ["back"]
    assert len(seen(result)) == 1


def test_a_sheet_is_drawn_composed_and_arranged_again(app: RunningApp) -> None:
    drawn = call(app, "character_sheet", prompt="a knight, blue plate", seed=3, name="Aldara", layout="row")
    answer = told(drawn)
    assert answer["palette"]
    (picture,) = seen(drawn)
    assert picture.width > picture.height
    whole = Image.open(io.BytesIO(httpx.get(answer["url"], timeout=60).content))
    assert whole.size == (answer["width"], answer["height"])
    again = call(app, "character_sheet", job_id=answer["job_id"], layout="grid", background=[])
    assert told(again)["job_id"] == answer["job_id"]
    assert seen(again)[0].mode == "RGBA"


def test_a_job_is_found_again_and_among_the_results(app: RunningApp, avatar: CallToolResult) -> None:
    job_id = told(avatar)["job_id"]
    status = call(app, "job_status", job_id=job_id)
    assert told(status)["status"] == "completed"
    assert len(seen(status)) == 1
    listed = call(app, "list_results", search="ranger silver", limit=5)
    assert job_id in [one["job_id"] for one in told(listed)["results"]]
    assert seen(listed)
    assert not seen(call(app, "list_results", limit=5, pictures=False))
    assert told(call(app, "list_results", search="nobodyhasthisword"))["results"] == []


def test_progress_is_told_on_the_way(app: RunningApp) -> None:
    heard: list[float] = []

    async def use(opened: ClientSession) -> CallToolResult:
        async def note(progress: float, total: float | None, message: str | None) -> None:
            heard.append(progress)

        arguments = {
            "prompt": "a wizard with a staff",
            "seed": 11,
            "width": 512,
            "variants": 3,
        }
        return await opened.call_tool("generate_avatar", arguments, progress_callback=note)

    assert not session(app, use).isError
    assert heard
    assert heard == sorted(heard)


def test_what_cannot_be_done_is_told_in_a_sentence(app: RunningApp) -> None:
    assert "Generation not found" in sentence(call(app, "job_status", job_id="nothing"))
    assert "t_pose" in sentence(call(app, "generate_pose", prompt="a knight", pose="levitate"))
    assert "prompt" in sentence(call(app, "generate_avatar", prompt="  "))
    assert "width" in sentence(call(app, "generate_avatar", prompt="a knight", width=3))
    assert "text" in sentence(call(app, "talk", image_file_id="x"))
    assert "Generation not found" in sentence(call(app, "talk", job_id="nothing", text="hi"))


def test_the_text_for_language_models_leads_here(app: RunningApp) -> None:
    answer = app.client.get("/llms.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert f"{app.url}/gradio_api/mcp/" in answer.text
    for line in answer.text.splitlines():
        if line.startswith("- [") and "](" in line:
            url = line.split("](")[1].split(")")[0]
            if url == f"{app.url}/":
                continue  # this app has no interface
            assert app.client.get(url).status_code != 404, url


def test_strangers_have_no_tools_where_a_login_is_asked_for(serve: Serve) -> None:
    app = serve(STUDIO_PASSWORD="a-good-password")
    with pytest.raises(BaseException) as caught:
        session(app, lambda opened: opened.list_tools())
    assert "401" in repr(causes(caught.value))
    basic = "Basic " + base64.b64encode(b"studio:a-good-password").decode()
    listed = session(app, lambda opened: opened.list_tools(), Authorization=basic)
    assert {tool.name for tool in listed.tools} == TOOLS


def causes(error: BaseException) -> list[BaseException]:
    """An exception with all that it groups."""
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [error, *(one for sub in inside for one in causes(sub))]
