"""Visitors of one studio: each sees their own work, has a share, and is known again after a restart."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Awaitable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mcp import ClientSession
from mcp.types import CallToolResult
from playwright.sync_api import Browser, expect

from tests.browser import open_page, open_studio_page
from tests.conftest import RunningApp, start_app_process
from tests.served import Serve, serve_apps
from tests.test_agents import session, told
from tests.test_login import Provider
from tests.ui_fixtures import browser, generate, open_tab, patience

__all__ = ["browser", "patience", "serve_apps"]

PAGE = {"Accept": "text/html"}
GENERATIONS = "/avatarforge-controller/generations"
SMALL = {"width": 128, "height": 128}
LIMIT = 3
APART = {
    "STUDIO_PRIVATE_GALLERIES": "true",
    "STUDIO_MAX_JOBS_PER_VISITOR": str(LIMIT),
    "API_KEY": "ann:anns-key,boss:boss-key:studio+avatarforge+admin",
}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app that tells its visitors apart."""
    running = start_app_process(tmp_path_factory.mktemp("private"), **APART)
    running.wait_healthy()
    yield running
    running.kill()


def somebody(app: RunningApp, address: str, *, with_cookie: bool = True, key: str = "") -> httpx.Client:
    """A client elsewhere on the internet; one with a cookie has opened a page first."""
    headers = {"X-Forwarded-For": address} | ({"X-API-Key": key} if key else {})
    client = httpx.Client(base_url=app.url, timeout=60, trust_env=False, headers=headers)
    if with_cookie:
        opened = client.get("/docs", headers=PAGE)
        assert re.search(r"^studio_visitor=.*HttpOnly", opened.headers["set-cookie"])
    return client


def make(client: httpx.Client, prompt: str = "a knight", **body: Any) -> str:
    answer = client.post("/avatarforge-controller/generate/avatar", json={"prompt": prompt, **SMALL, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["generation_id"]


def seen(client: httpx.Client) -> dict[str, set[str]]:
    """The jobs that each list shows somebody."""
    lists = {
        "generations": (f"{GENERATIONS}?limit=100", "generations", "generation_id"),
        "search": (f"{GENERATIONS}?limit=100&search=a", "generations", "generation_id"),
        "jobs": ("/studio/jobs?limit=100", "jobs", "id"),
        "gallery": ("/studio/gallery?limit=100", "pictures", "generation_id"),
    }
    found: dict[str, set[str]] = {}
    for name, (path, members, member) in lists.items():
        answer = client.get(path).raise_for_status().json()
        found[name] = {one[member] for one in answer[members]}
    return found


@contextlib.contextmanager
def nothing_runs(app: RunningApp) -> Iterator[None]:
    """The owner, who sits at the machine, has the engine rest."""
    (server,) = app.client.get("/avatarforge-controller/servers").json()["servers"]
    address = f"/avatarforge-controller/servers/{server['server_id']}"
    app.client.post(f"{address}/pause").raise_for_status()
    try:
        yield
    finally:
        app.client.post(f"{address}/resume").raise_for_status()


@pytest.fixture(scope="module")
def works(private: RunningApp) -> dict[str, tuple[httpx.Client, str]]:
    """Some who share an address and one who does not, each with a finished picture."""
    people = {
        "cookie": somebody(private, "203.0.113.1"),
        "other cookie": somebody(private, "203.0.113.1"),
        "program": somebody(private, "203.0.113.1", with_cookie=False),
        "elsewhere": somebody(private, "198.51.100.7", with_cookie=False),
        "key": somebody(private, "203.0.113.1", with_cookie=False, key="anns-key"),
    }
    made = {name: (client, make(client, f"a {name}")) for name, client in people.items()}
    for _, job in made.values():
        assert private.wait(job, 240)["status"] == "completed"
    return made


Works = dict[str, tuple[httpx.Client, str]]


def test_everybody_sees_only_their_own_work(private: RunningApp, works: Works) -> None:
    for name, (client, job) in works.items():
        assert set(map(frozenset, seen(client).values())) == {frozenset({job})}, name
        assert client.get("/studio/gallery/count").json()["count"] == 1
        choices = client.get("/studio/gallery/choices").json()
        assert choices["view"] == [{"value": "front", "count": 1}]
        assert client.get(f"{GENERATIONS}?limit=1").json()["total"] == 1
    nobody = somebody(private, "203.0.113.1")
    assert set(map(frozenset, seen(nobody).values())) == {frozenset()}
    assert nobody.get("/studio/gallery/choices").json()["view"] == []


def test_the_same_key_is_the_same_visitor_anywhere(private: RunningApp, works: Works) -> None:
    elsewhere = somebody(private, "198.51.100.99", with_cookie=False, key="anns-key")
    assert seen(elsewhere)["jobs"] == {works["key"][1]}


def test_the_owner_sees_everything(private: RunningApp, works: Works) -> None:
    everything = {job for _, job in works.values()}
    with_key = somebody(private, "198.51.100.50", with_cookie=False, key="boss-key")
    for owner in (private.client, with_key):
        assert all(everything <= listed for listed in seen(owner).values())


def test_whoever_has_an_id_sees_the_picture(works: Works) -> None:
    stranger, job = works["elsewhere"][0], works["cookie"][1]
    (output,) = stranger.get(f"{GENERATIONS}/{job}").json()["output_files"]
    assert stranger.get(output["url"]).content[:4] == b"\x89PNG"


def test_a_cookie_that_was_changed_makes_somebody_new(private: RunningApp, works: Works) -> None:
    client, job = works["cookie"]
    good = client.cookies["studio_visitor"]
    own, _, signature = good.partition(".")
    other = works["other cookie"][0].cookies["studio_visitor"].partition(".")[0]
    for wrong in (own, f"{other}.{signature}", f"{own}.{signature[:-2]}", ".", f"{own}.", "\u00e4"):
        headers = {"X-Forwarded-For": "192.0.2.44", "Cookie": f"studio_visitor={wrong}".encode("latin-1")}
        asked: Any = {"url": f"{private.url}{GENERATIONS}", "headers": headers, "trust_env": False}
        assert httpx.get(**asked).json()["total"] == 0
        opened = httpx.get(f"{private.url}/docs", headers={**headers, **PAGE}, trust_env=False)
        assert opened.cookies["studio_visitor"].partition(".")[0] not in {own, other}
    assert seen(client)["jobs"] == {job}


def test_agents_are_told_of_their_own_results(private: RunningApp, works: Works) -> None:
    def results(**headers: str) -> set[str]:
        def use(opened: ClientSession) -> Awaitable[CallToolResult]:
            return opened.call_tool("list_results", {"pictures": False})

        answer = session(private, use, **headers)
        return {one["job_id"] for one in told(answer)["results"]}

    # The first who asks opens the door for all: what was noted of him must not stay.
    assert results(**{"X-Forwarded-For": "198.51.100.7"}) == {works["elsewhere"][1]}
    assert results(**{"X-API-Key": "anns-key"}) == {works["key"][1]}
    assert results(**{"X-Forwarded-For": "192.0.2.1"}) == set()
    assert results() >= {job for _, job in works.values()}


def test_what_is_made_of_a_job_belongs_to_its_visitor(private: RunningApp, works: Works) -> None:
    client, job = works["other cookie"]
    try:
        with nothing_runs(private):
            by_owner = private.client.post(f"/studio/jobs/{job}/reroll", json={"view": "front"})
            assert by_owner.status_code == 200, by_owner.text
            wanted = {"what": "expressions", "expressions": ["happy", "sad", "angry", "surprised"]}
            faces = client.post(f"/avatarforge-controller/sheets/{job}/add", json=wanted)
            assert faces.status_code == 200, faces.text
            mine = seen(client)["jobs"]
            assert len(mine) == 2 + 4  # which go together, beyond the share
            assert by_owner.json()["id"] in mine
            assert seen(works["cookie"][0])["jobs"] == {works["cookie"][1]}
    finally:
        for extra in seen(client)["jobs"] - {job}:
            client.delete(f"{GENERATIONS}/{extra}")


def test_a_visitor_has_a_share_and_others_are_not_kept_waiting(private: RunningApp) -> None:
    greedy, modest = somebody(private, "203.0.113.2"), somebody(private, "203.0.113.3")
    jobs: list[str] = []
    with nothing_runs(private):
        try:
            jobs += [make(greedy, f"a guard {number}") for number in range(LIMIT)]
            refused = greedy.post("/avatarforge-controller/generate/avatar", json={"prompt": "a guard"})
            assert refused.status_code == 429
            assert f"{LIMIT} of your jobs are waiting" in refused.text
            assert "cancel one" in refused.text
            refused = greedy.post(
                "/studio/jobs", json={"request": {"kind": "avatar", "prompt": "a guard"}, "priority": 50}
            )
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_jobs")
            jobs.append(make(modest))
            jobs += [make(private.client) for _ in range(LIMIT + 1)]  # the owner has no share
            listed = private.client.get("/studio/jobs?status=queued&limit=50").json()["jobs"]
            priority = {one["id"]: one["priority"] for one in listed}
            assert [priority[job] for job in jobs[: LIMIT + 1]] == [0, -1, -2, 0]
            greedy.post(f"/studio/jobs/{jobs[0]}/cancel").raise_for_status()
            jobs.append(make(greedy))
        finally:
            for job in jobs:
                private.client.delete(f"{GENERATIONS}/{job}")


def test_two_visitors_may_use_one_key_for_different_things(private: RunningApp) -> None:
    made: list[str] = []
    with nothing_runs(private):
        try:
            for number, words in enumerate(("a smith", "a smith", "a cook")):
                client = somebody(private, f"203.0.113.{20 + number}", with_cookie=False)
                client.headers["Idempotency-Key"] = "one"
                made += [make(client, words), make(client, words)]
        finally:
            for job in set(made):
                private.client.delete(f"{GENERATIONS}/{job}")
    assert made[0::2] == made[1::2]
    assert len(set(made)) == 3


def test_pages_in_a_browser_show_their_own_visitor_only(
    private: RunningApp, works: Works, browser: Browser
) -> None:
    def lists(job: str) -> tuple[str, str]:
        return f"#queue [data-job='{job}']", "#gallery img"

    with open_page(browser, private.url) as first, open_page(browser, private.url) as second:
        for watched, address in ((first, "203.0.113.8"), (second, "203.0.113.9")):
            watched.page.context.set_extra_http_headers({"X-Forwarded-For": address})
            open_studio_page(watched.page)
        job = generate(first.page)
        assert private.wait(job, 240)["status"] == "completed"
        in_queue, in_gallery = lists(job)
        for watched, count in ((first, 1), (second, 0)):
            open_tab(watched.page, "Queue")
            expect(watched.page.locator("#queue .list")).to_have_count(3)
            expect(watched.page.locator(in_queue)).to_have_count(count)
            expect(watched.page.locator("#queue [data-job]")).to_have_count(count)
            open_tab(watched.page, "Gallery")
            expect(watched.page.locator("#gallery-newest i")).to_have_count(1)
            expect(watched.page.locator(in_gallery)).to_have_count(count)
            assert watched.complaints == []
        assert job in seen(private.client)["jobs"]


def test_accounts_of_the_hub_are_visitors_and_the_author_is_the_owner(serve: Serve) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = serve(
        STUDIO_PRIVATE_GALLERIES="true",
        STUDIO_HF_LOGIN="true",
        SPACE_AUTHOR_NAME="grace",
        OAUTH_CLIENT_ID="the-app",
        OAUTH_CLIENT_SECRET="the-secret",
        OPENID_PROVIDER_URL=f"http://127.0.0.1:{server.server_address[1]}",
    )

    def sign_in(name: str) -> httpx.Client:
        Provider.name = name
        client = httpx.Client(base_url=app.url, timeout=60, trust_env=False)
        asked = parse_qs(urlsplit(client.get("/login/hub").headers["location"]).query)
        Provider.challenge = asked["code_challenge"][0]
        back = client.get(f"/login/callback?code=the-code&state={asked['state'][0]}", headers=PAGE)
        assert back.status_code == 303
        return client

    try:
        people = {name: sign_in(name) for name in ("Ada", "studio", "Grace")}
        made = {name: make(client) for name, client in people.items()}
        for name in ("Ada", "studio"):
            listed = people[name].get(GENERATIONS).json()["generations"]
            assert [one["generation_id"] for one in listed] == [made[name]]
        assert people["Grace"].get(GENERATIONS).json()["total"] == 3
        again = sign_in("Ada").get(GENERATIONS).json()["generations"]
        assert [one["generation_id"] for one in again] == [made["Ada"]]
    finally:
        Provider.name = "Ada"
        server.shutdown()


def test_a_restart_forgets_nobody(private: RunningApp, works: Works, serve: Serve) -> None:
    private.interrupt()
    again = serve(private.folder, **APART)
    for client, job in works.values():
        known_by: Any = {"headers": client.headers, "cookies": client.cookies}
        with httpx.Client(base_url=again.url, timeout=60, trust_env=False, **known_by) as known:
            assert all(listed == {job} for listed in seen(known).values())
