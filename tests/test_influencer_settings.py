"""Settings that are changed while the studio runs: checked, kept, used at once, reset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.overrides import Overrides
from studio.records import open_database
from studio.request import AvatarRequest
from studio.servers import Servers
from studio.settings import Settings
from tests.conftest import RunningApp
from tests.fake_comfy import FakeComfy
from tests.influencer_fixtures import ask, call, influencer, refused, until
from tests.served import Serve, serve_apps

__all__ = ["influencer", "serve_apps"]

PASSWORD = "geheim-4711"


def change(app: RunningApp, **values: Any) -> dict[str, Any]:
    return call(app, "PUT", "/settings", json=values)


def test_a_comfyui_is_used_at_once_and_after_the_next_start(serve: Serve) -> None:
    with FakeComfy() as comfy:
        app = serve()
        before = call(app, "GET", "/settings")
        assert before["comfyui_base_url_source"] == "default"
        assert before["comfyui_base_url"].startswith("http://127.0.0.1:")  # the embedded engine's
        changed = change(app, comfyui_base_url=comfy.url.replace("//", f"//me:{PASSWORD}@"))
        assert (changed["comfyui_base_url"], changed["comfyui_base_url_source"]) == (comfy.url, "file")
        assert changed["persisted"] == {"comfyui_base_url": comfy.url}
        until(lambda: call(app, "GET", "/comfyui/status")["reachable"])
        assert call(app, "GET", "/comfyui/status")["base_url"] == comfy.url
        assert any("authorization" in one.headers for one in comfy.requests)
        app.kill()
        again = serve(app.folder)
        assert call(again, "GET", "/settings")["comfyui_base_url"] == comfy.url
        until(lambda: call(again, "GET", "/comfyui/status")["reachable"])
        with FakeComfy() as other:
            change(again, comfyui_base_url=other.url)  # the former one is let go of
            urls = [
                one["url"] for one in again.client.get("/avatarforge-controller/servers").json()["servers"]
            ]
            assert other.url in urls
            assert comfy.url not in urls
        reset = change(again, comfyui_base_url=None)
        assert (reset["comfyui_base_url_source"], reset["persisted"]) == ("default", {})
        assert call(again, "GET", "/comfyui/status")["kind"] == "embedded"


def test_what_the_environment_says_counts_until_it_is_changed(serve: Serve) -> None:
    app = serve(
        COMFYUI_URL="http://127.0.0.1:9",
        OLLAMA_URL=f"http://me:{PASSWORD}@127.0.0.1:9",
        LLM_MODEL="llama3",
    )
    answer = ask(app, "GET", "/settings")
    found = answer.json()["data"]
    assert (found["comfyui_base_url"], found["comfyui_base_url_source"]) == ("http://127.0.0.1:9", "env")
    assert (found["ollama_base_url"], found["ollama_base_url_source"]) == ("http://127.0.0.1:9", "env")
    assert found["default_model"] == "llama3"
    assert PASSWORD not in answer.text
    assert change(app, default_model="mistral")["default_model"] == "mistral"
    assert change(app, default_model=None)["default_model"] == "llama3"


def test_all_members_change_or_none(influencer: RunningApp) -> None:
    error = refused(
        *(influencer, "PUT", "/settings", 422, "validation_error"),
        json={"default_model": "mistral", "ollama_base_url": "gopher://x"},
    )
    assert error["details"]["errors"][0]["loc"] == ["body", "ollama_base_url"]
    assert call(influencer, "GET", "/settings")["persisted"] == {}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("comfyui_base_url", "not an address"),
        ("comfyui_base_url", "http://169.254.169.254"),
        ("comfyui_base_url", ""),
        ("comfyui_base_url", 7),
        ("ollama_base_url", "ftp://x"),
        ("default_model", "a" * 301),
        ("default_model", "a\nb"),
        ("default_checkpoint", {}),
        ("rate_limits", {"nothing": "1/minute"}),
        ("rate_limits", {"ai_image": "often"}),
        ("rate_limits", "10/minute"),
        ("secret_key", "x"),
    ],
)
def test_wrong_values_are_refused_by_name(influencer: RunningApp, member: str, value: Any) -> None:
    error = refused(influencer, "PUT", "/settings", 422, "validation_error", json={member: value})
    assert any(member in one["loc"] for one in error["details"]["errors"])


def test_limits_change_at_once(serve: Serve) -> None:
    app = serve(RATE_LIMIT_ENABLED="true")

    def limit() -> str | None:
        # Refused for its body, and counted all the same.
        return ask(app, "POST", "/comfyui/queue", json={}).headers.get("x-ratelimit-limit")

    assert limit() == "10"
    changed = change(app, rate_limits={"ai_image": "3/minute", "ai_text": "5/minute"})
    assert (changed["rate_limits"]["ai_image"], changed["rate_limits"]["enabled"]) == ("3/minute", True)
    assert limit() == "3"
    assert change(app, rate_limits={"ai_image": "off"})["rate_limits"]["ai_text"] == "5/minute"
    assert limit() is None
    assert change(app, rate_limits={"ai_image": None})["persisted"] == {
        "rate_limits": {"ai_text": "5/minute"}
    }
    assert limit() == "10"
    assert change(app, rate_limits=None)["persisted"] == {}


def test_texts_are_written_by_the_server_that_was_set(influencer: RunningApp) -> None:
    assert call(influencer, "GET", "/generate/text/health")["service"] in {"none", "ollama"}
    change(influencer, ollama_base_url="http://127.0.0.1:9")
    assert call(influencer, "GET", "/generate/text/health")["base_url"].startswith("http://127.0.0.1:9")
    change(influencer, ollama_base_url=None)
    assert not call(influencer, "GET", "/generate/text/health")["base_url"]


@pytest.fixture
def overrides(tmp_path: Any) -> Iterator[tuple[Overrides, FakeComfy]]:
    """Over one server that has two checkpoints."""
    with FakeComfy() as comfy:
        database = open_database(tmp_path / "records.db")
        server = Server(comfy.url)
        pool = Pool([server])
        pool.start()
        assert server.wait_online(10)
        servers = Servers(database, pool, lambda _: 0)
        yield Overrides(database, Settings(comfyui_url=(comfy.url,)), servers, pool), comfy
        pool.stop()
        database.close()


def test_the_default_checkpoint_draws_where_no_model_is_named(
    overrides: tuple[Overrides, FakeComfy],
) -> None:
    chosen, _ = overrides
    request = AvatarRequest(prompt="a knight")
    assert chosen.with_defaults(request) is request
    with pytest.raises(StudioError) as refused_:
        chosen.change({"default_checkpoint": "nothing.safetensors"})
    assert refused_.value.code == "setting_refused"
    assert "xl.safetensors" in refused_.value.message
    chosen.change({"default_checkpoint": "xl.safetensors"})
    made = chosen.with_defaults(request)
    assert isinstance(made, AvatarRequest)
    assert made.model == "xl.safetensors"
    for other in (
        AvatarRequest(prompt="a knight", model="mine.safetensors"),
        AvatarRequest(prompt="a knight", workflow="flux"),
        AvatarRequest(prompt="a knight", engine="embedded"),
    ):
        assert chosen.with_defaults(other) is other
    chosen.change({"default_checkpoint": None})
    assert chosen.with_defaults(request) is request


def test_listeners_hear_what_counts(overrides: tuple[Overrides, FakeComfy]) -> None:
    chosen, _ = overrides
    heard: list[str] = []
    chosen.listen(lambda settings: heard.append(settings.ollama_url))
    chosen.change({"ollama_base_url": "http://one:11434/"})
    chosen.listen(lambda settings: heard.append(f"late {settings.ollama_url}"))
    chosen.change({"ollama_base_url": None})
    assert heard == ["http://one:11434", "late http://one:11434", "", "late "]
