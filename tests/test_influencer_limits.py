"""How often a minute the AInfluencer API answers one client, by the buckets of its document."""

from __future__ import annotations

import itertools
import re
import time
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import problems
from api.edge.rates import RateLimits, open_storage
from api.influencer import answers
from studio.settings import Settings
from tests.contract.reading import read_contract
from tests.influencer_fixtures import PREFIX, read_refusal

CONTRACT = read_contract("influencer")
ROUTES = CONTRACT.routes


def edge() -> TestClient:
    """The limits as they are by default, before an app that has no routes."""
    problems.RENDERERS[answers.PREFIX] = answers.render
    return TestClient(cast(Any, RateLimits(FastAPI(), Settings(rate_limit_storage_url=""), open_storage(""))))


def test_buckets_hold_as_many_requests_as_documented() -> None:
    client = edge()
    for route in ROUTES:
        answer = client.request(route.method, PREFIX + re.sub(r"\{\w+\}", "some", route.path))
        limit = answer.headers.get("x-ratelimit-limit")
        assert limit == (str(CONTRACT.buckets[route.bucket]) if route.bucket else None), route.name
        if limit is not None:
            assert 0 <= int(answer.headers["x-ratelimit-remaining"]) < int(limit)
            assert time.time() < int(answer.headers["x-ratelimit-reset"]) <= time.time() + 62


@pytest.mark.parametrize("bucket", CONTRACT.buckets)
def test_whoever_asks_too_often_is_told_so_in_the_form_of_the_family(bucket: str) -> None:
    client = edge()
    count = CONTRACT.buckets[bucket]
    routes = itertools.cycle(route for route in ROUTES if route.bucket == bucket)
    answers_to_all = [
        client.request(route.method, PREFIX + re.sub(r"\{\w+\}", "some", route.path))
        for route in itertools.islice(routes, count + 1)
    ]
    assert 429 not in {one.status_code for one in answers_to_all[:-1]}
    answer = answers_to_all[-1]
    error = read_refusal(cast(httpx.Response, answer), 429, "rate_limit_exceeded")
    assert f"{count} per 1 minute" in error["message"]
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(answer.headers["retry-after"]) <= 61
