"""The graph executor without a network between, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.engine.execute import Executor, Outcome
from studio.engine.folders import Folders
from studio.engine.queue import Item
from studio.engine.validate import Verdict, validate_prompt


class Listener:
    """Keeps what an executor says."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.previews = 0
        self.said: list[tuple[str, str]] = []

    def send(self, event: str, data: Mapping[str, Any], client_id: str | None) -> None:
        self.heard.append((event, json.loads(json.dumps(data))))

    def send_preview(
        self, picture: np.ndarray | bytes, label: Mapping[str, Any] | None, client_id: str | None
    ) -> None:
        self.previews += 1

    def wants_labels(self, client_id: str | None) -> bool:
        return False

    def send_text(self, text: str, node_id: str, client_id: str | None) -> None:
        self.said.append((node_id, text))

    def listens(self, client_id: str | None) -> bool:
        return True

    def now_running(self, client_id: str | None, node_id: str | None) -> None:
        pass

    def nodes(self) -> list[str]:
        return [data["node"] for event, data in self.heard if event == "executing"]

    def cached(self) -> list[str]:
        return [data["nodes"] for event, data in self.heard if event == "execution_cached"][-1]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.prepare()
    return folders


@pytest.fixture
def executor(folders: Folders) -> Executor:
    return Executor(folders, Listener())


def judge(prompt: Any, folders: Folders) -> Verdict:
    return validate_prompt(prompt, None, folders)


def run(executor: Executor, prompt: dict[str, Any], **extra: Any) -> tuple[Outcome, Listener]:
    listener = Listener()
    executor.audience = listener
    verdict = judge(prompt, executor.folders)
    assert verdict.error is None, verdict
    item = Item(0, "id", prompt, {"client_id": "me", **extra}, verdict.outputs)
    return executor.execute(item), listener
