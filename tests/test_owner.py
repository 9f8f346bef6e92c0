"""Who may change what the studio runs on, at every door."""

from __future__ import annotations

import pytest

from studio.errors import StudioError
from studio.owner import check_owner
from studio.settings import Settings
from studio.visitors import Visitor, acting

HOST = "localhost:8000"


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "127.9.9.9"])
@pytest.mark.parametrize("origin", [None, f"http://{HOST}", "https://mine.example"])
def test_whoever_sits_at_the_machine_may(client: str, origin: str | None) -> None:
    check_owner(Settings(allowed_origins=("https://mine.example",)), client, origin, HOST)


@pytest.mark.parametrize(
    ("client", "origin", "code"),
    [
        ("192.168.1.20", None, "owner_only"),
        ("", None, "owner_only"),
        ("localhost", None, "owner_only"),
        ("127.0.0.1", "https://elsewhere.example", "foreign_origin"),
        ("127.0.0.1", "null", "foreign_origin"),
    ],
)
def test_strangers_may_not(client: str, origin: str | None, code: str) -> None:
    with pytest.raises(StudioError) as refused:
        check_owner(Settings(), client, origin, HOST)
    assert refused.value.code == code


def test_with_a_login_whoever_came_so_far_is_signed_in() -> None:
    check_owner(Settings.model_validate({"studio_password": "x"}), "192.168.1.20", None, HOST)
    hub = {"studio_hf_login": True, "oauth_client_id": "x"}
    check_owner(Settings.model_validate(hub), "192.168.1.20", None, HOST)


def test_on_a_space_a_visitor_who_is_signed_in_may_not_but_its_author_may() -> None:
    hub = {"studio_hf_login": True, "oauth_client_id": "x", "space_author_name": "me"}
    settings = Settings.model_validate(hub)
    check_owner(settings, "192.168.1.20", None, HOST)
    with acting(Visitor("hub:somebody")), pytest.raises(StudioError) as refused:
        check_owner(settings, "192.168.1.20", None, HOST)
    assert refused.value.code == "author_only"
