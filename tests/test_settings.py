"""Settings from the environment and from .env files as people and container tools write them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from studio.settings import DEFAULT_SECRET_KEY, Settings
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine is heard."""
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_documented_defaults() -> None:
    settings = Settings()
    assert settings.storage_path == Path("storage")
    assert settings.max_file_size == 50 * 2**20
    assert (settings.min_image_dimension, settings.max_image_dimension) == (64, 4096)
    assert settings.file_cleanup_days == 30
    assert settings.comfyui_url == settings.allowed_origins == ()
    assert settings.database_path == Path("avatarforge.db")
    assert settings.secret_key == DEFAULT_SECRET_KEY
    assert settings.enable_scheduler
    assert (settings.log_level, settings.log_file) == ("INFO", None)
    assert (settings.gradio_server_name, settings.gradio_server_port) == ("127.0.0.1", 8000)
    assert settings.files_path.parent == settings.outputs_path.parent == settings.temp_path.parent


@pytest.mark.parametrize(
    "value", ["52428800  # 50MB", "52428800 #", "52428800\t# fifty # megabytes", " 52428800 ", "52428800"]
)
def test_comments_behind_values_are_not_part_of_them(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert read(monkeypatch, MAX_FILE_SIZE=value).max_file_size == 52428800


def test_what_is_no_comment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, SECRET_KEY="#a#b", STORAGE_PATH="./my#folder")
    assert (settings.secret_key, settings.storage_path) == ("#a#b", Path("my#folder"))


@pytest.mark.parametrize("value", ["", "# unset", " # unset", "#"])
def test_a_line_without_a_value_means_the_default(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    names = ("MAX_FILE_SIZE", "COMFYUI_URL", "LOG_FILE", "ENABLE_SCHEDULER", "STORAGE_PATH", "LOG_LEVEL")
    assert read(monkeypatch, **dict.fromkeys(names, value)) == Settings()


@pytest.mark.parametrize("value", ["true", "True", "1", "yes", "on  # nightly"])
def test_yes_is_said_in_many_ways(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert read(monkeypatch, ENABLE_SCHEDULER=value).enable_scheduler


def test_several_addresses_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        COMFYUI_URL="http://a:8188/, https://b/comfy ,, # the pool",
        ALLOWED_ORIGINS="https://one.example,https://two.example",
        STUDIO_WORKFLOWS_PATH="/a, b/c",
    )
    assert settings.comfyui_url == ("http://a:8188", "https://b/comfy")
    assert settings.allowed_origins == ("https://one.example", "https://two.example")
    assert settings.workflow_folders == (Path("/a"), Path("b/c"))


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "# AvatarForge\n"
        "MAX_FILE_SIZE=1048576  # 1MB\n"
        "COMFYUI_URL=http://a:8188,http://b:8188\n"
        'LOG_LEVEL="debug"\n'
        "DATABASE_URL=sqlite:////app/avatarforge.db\n"
        "SOMETHING_ELSE=1\n"
        "FILE_CLEANUP_DAYS=\n",
        "utf-8",
    )
    settings = read(monkeypatch, COMFYUI_URL="http://c:8188")
    assert settings.max_file_size == 1048576
    assert settings.comfyui_url == ("http://c:8188",)
    assert settings.log_level == "DEBUG"
    assert settings.database_path == Path("/app/avatarforge.db")
    assert settings.file_cleanup_days == 30
    assert Settings(max_file_size=5).max_file_size == 5


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("MAX_FILE_SIZE", "50MB", "integer"),
        ("MAX_FILE_SIZE", "0", "greater than or equal to 1"),
        ("FILE_CLEANUP_DAYS", "-1", "greater than or equal to 0"),
        ("GRADIO_SERVER_PORT", "70000", "65535"),
        ("LOG_LEVEL", "chatty", "DEBUG, INFO"),
        ("COMFYUI_URL", "gpu:8188", "http://"),
        ("ENABLE_SCHEDULER", "perhaps", "boolean"),
        ("STUDIO_LEASE_S", "0", "greater than 0"),
    ],
)
def test_bad_values_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        read(monkeypatch, **{name: value})
    [problem] = caught.value.errors()
    assert problem["loc"] == (name.lower(),)
    assert why in problem["msg"]


def test_the_app_names_all_bad_settings_at_once_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAX_FILE_SIZE=50MB\nLOG_LEVEL=chatty # very\n", "utf-8")
    ended = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--port", "0", "--no-ui"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "MAX_FILE_SIZE" in ended.stderr
    assert "LOG_LEVEL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / ".env"]
