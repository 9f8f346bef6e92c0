"""The part of the Hugging Face Hub that makes Spaces: it checks what it is sent and keeps it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests import local_server
from tests.local_server import serving

TOKEN = "hf_writes"
HARDWARE = {"cpu-basic", "cpu-upgrade", "t4-small", "zero-a10g", "a10g-small"}
# As the Hub checks a Space's front matter.
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@dataclass
class SpaceHub:
    """What the hub has been told."""

    url: str = ""
    spaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)  # what was asked, in this order
    full: bool = False  # nobody gets another Space


def front_matter(readme: str) -> dict[str, Any]:
    """What stands between the first two lines of dashes."""
    assert readme.startswith("---\n")
    return yaml.safe_load(readme.split("---\n")[1])


def complaints(facts: dict[str, Any]) -> list[str]:
    """What the Hub would refuse in a Space's front matter."""
    found = [name for name in ("title", "emoji", "sdk", "app_file") if not facts.get(name)]
    found += [name for name in ("colorFrom", "colorTo") if facts.get(name) not in COLOURS]
    if len(str(facts.get("short_description", ""))) > 60:
        found.append("short_description is longer than 60 characters")
    return found


@contextmanager
def running_space_hub() -> Iterator[SpaceHub]:
    """A hub that answers until the block ends."""
    hub = SpaceHub()

    class Handler(local_server.Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            parts = path.strip("/").split("/")
            if parts[:2] == ["api", "spaces"] and len(parts) >= 4:
                name = "/".join(parts[2:4])
                if name in hub.spaces:
                    listed = [{"rfilename": one} for one in hub.files.get(name, {})]
                    tree = [
                        {"type": "file", "path": one, "size": len(data), "oid": "0" * 40}
                        for one, data in hub.files.get(name, {}).items()
                    ]
                    answer = {"id": name, "sha": "0" * 40, "siblings": listed, "private": False}
                    self.answer(200, tree if "tree" in parts else answer)
                    return
            self.answer(404, {"error": f"nothing at {path}"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.answer(401, {"error": "Invalid username or password."})
                return
            if path == "/api/repos/create":
                self._create(json.loads(body))
            elif path == "/api/validate-yaml":
                found = complaints(front_matter(json.loads(body)["content"]))
                self.answer(200, {"errors": [{"message": one} for one in found], "warnings": []})
            elif path.startswith("/api/spaces/"):
                _, _, owner, name, verb = path.strip("/").split("/")[:5]
                self._space(f"{owner}/{name}", verb, body)
            else:
                self.answer(404, {"error": f"nothing at {path}"})

        def _create(self, wanted: dict[str, Any]) -> None:
            name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
            if hub.full:
                self.answer(402, {"error": "Payment required"})
            elif name in hub.spaces:
                self.answer(
                    409, {"error": "You already created this repo", "url": f"{hub.url}/spaces/{name}"}
                )
            elif wanted.get("type") != "space" or wanted.get("sdk") != "gradio":
                self.answer(400, {"error": "not a Gradio Space"})
            else:
                hub.spaces[name] = wanted
                hub.order.append("create")
                self.answer(200, {"url": f"{hub.url}/spaces/{name}", "name": name, "id": "1"})

        def _space(self, name: str, verb: str, body: bytes) -> None:
            if name not in hub.spaces:
                self.answer(404, {"error": "Repository not found"})
                return
            hub.order.append(verb)
            if verb in {"secrets", "variables"}:
                told = json.loads(body)
                kept = hub.secrets if verb == "secrets" else hub.variables
                kept[told["key"]] = told["value"]
                self.answer(200, {key: {"value": value} for key, value in hub.variables.items()})
            elif verb == "hardware":
                flavour = json.loads(body)["flavor"]
                if flavour not in HARDWARE:
                    self.answer(400, {"error": f"Unknown hardware {flavour}"})
                    return
                hub.spaces[name]["hardware"] = flavour
                runtime = {"stage": "BUILDING", "hardware": {"current": None, "requested": flavour}}
                self.answer(200, {**runtime, "storage": None, "gcTimeout": None})
            elif verb == "preupload":
                asked = json.loads(body)["files"]
                files = [
                    {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in asked
                ]
                self.answer(200, {"files": files})
            elif verb == "commit":
                self._commit(name, [json.loads(line) for line in body.splitlines() if line.strip()])
            else:
                self.answer(404, {"error": f"no verb {verb}"})

        def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
            files = hub.files.setdefault(name, {})
            for line in lines:
                value = line["value"]
                if line["key"] == "file":
                    assert value["encoding"] == "base64"
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "deletedFile":
                    del files[value["path"]]
            address = f"{hub.url}/spaces/{name}/commit/{'0' * 40}"
            self.answer(200, {"success": True, "commitOid": "0" * 40, "commitUrl": address})

    with serving(Handler) as hub.url:
        yield hub
