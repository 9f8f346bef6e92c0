"""The pages /docs and /redoc, with their scripts from this machine, so that no internet is needed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles

from api.paths import root_of

ASSETS = Path(fastapi_offline.__file__).parent / "static"
ASSETS_PATH = "/docs-assets"
METHODS = frozenset({"get", "put", "post", "patch", "delete"})
# The systems that one server serves: by their tags, else by where their routes begin.
GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("AvatarForge", "/avatarforge-controller", frozenset()),
    ("Talking Avatar", "", frozenset({"Talking Avatar", "Speech", "OpenAI Speech"})),
    ("Media Generation", "/api/v1", frozenset()),
    ("AInfluencer", "/api", frozenset({"content"})),
    ("Studio", "/", frozenset()),
)
NULL = "\0null"  # stands for None in examples, out of which FastAPI would drop it


def operation_id(route: APIRoute) -> str:
    """A name for generated clients that stays when paths change: the family and the function."""
    family = str(route.tags[0]).lower().replace(" ", "_") if route.tags else "studio"
    if route.path.startswith("/api") and not route.path.startswith("/api/v1"):
        # Its document names few tags, and such that other families have too; its paths are documented.
        named = itertools.takewhile(lambda part: not part.startswith("{"), route.path.split("/")[2:4])
        family = "_".join(["ainfluencer", *named]).replace("-", "_")
    return f"{family}_{route.name}"


def file_form(what: str, example: str, kind: str = "application/octet-stream") -> dict[str, Any]:
    """A form with one file, as a content of a request body."""
    file = {"type": "string", "contentMediaType": kind, "description": what}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
    return {"multipart/form-data": {"schema": schema, "example": {"file": example}}}


def body_of(content: dict[str, Any]) -> dict[str, Any]:
    """What a route that reads its body itself adds to its operation."""
    return {"requestBody": {"required": True, "content": content}}


def install(app: FastAPI) -> None:
    """Serve both pages, over a document whose examples have their nulls."""
    plain = app.openapi
    finished: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        nonlocal finished
        document = plain()
        if document is not finished:
            _put_nulls(document)
            document["x-tagGroups"] = tag_groups(document)
            finished = document
        return document

    app.openapi = openapi
    title = f"{app.title} API"

    async def swagger(request: Request) -> HTMLResponse:
        root = root_of(request.scope)
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=title,
            swagger_js_url=f"{root}{ASSETS_PATH}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{ASSETS_PATH}/swagger-ui.css",
            swagger_favicon_url=f"{root}{ASSETS_PATH}/favicon.png",
            swagger_ui_parameters={"docExpansion": "list", "tryItOutEnabled": True},
        )

    async def redoc(request: Request) -> HTMLResponse:
        root = root_of(request.scope)
        return get_redoc_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=title,
            redoc_js_url=f"{root}{ASSETS_PATH}/redoc.standalone.js",
            redoc_favicon_url=f"{root}{ASSETS_PATH}/favicon.png",
            with_google_fonts=False,
        )

    app.add_route("/docs", swagger, include_in_schema=False)
    app.add_route("/redoc", redoc, include_in_schema=False)
    app.mount(ASSETS_PATH, StaticFiles(directory=ASSETS), name="docs-assets")


def tag_groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The tags of each system, so that a page with all of them can be read."""
    groups: dict[str, list[str]] = {name: [] for name, _, _ in GROUPS}
    for path, methods in document["paths"].items():
        for tag in (
            tag for method in methods if method in METHODS for tag in methods[method].get("tags", ())
        ):
            known = next((tags for tags in groups.values() if tag in tags), None)
            if known is None:
                groups[_system(path, tag)].append(tag)
    return [{"name": name, "tags": tags} for name, tags in groups.items() if tags]


def _system(path: str, tag: str) -> str:
    return next(
        name
        for name, prefix, tags in GROUPS
        if tag in tags or (prefix and f"{path}/".startswith(f"{prefix.rstrip('/')}/"))
    )


def _put_nulls(value: Any) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        if item == NULL:
            value[key] = None
        else:
            _put_nulls(item)
