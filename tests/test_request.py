"""The request: what it takes, what it refuses, and that it is the same after every journey."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from studio.request import MAX_SEED, VIEWS, AvatarRequest, Lora, random_seed, with_values


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("prompt", ["x", "é" * 20_000], ["", "   ", "x" * 20_001, None, 5, "\ud800"]),
        ("negative_prompt", ["", "x" * 20_000], ["x" * 20_001, None]),
        ("views", [("front",), VIEWS], [(), ("front", "front"), ("top",), "front"]),
        ("width", [64, 4096, None], [63, 4097, 0, -64, 100.5, "wide"]),
        ("height", [64, 4096], [63, 4097]),
        ("seed", [0, MAX_SEED, None], [-1, MAX_SEED + 1, 1.5]),
        ("variants", [1, 16], [0, 17, None]),
        ("steps", [1, 200], [0, 201]),
        ("cfg", [0, 50, 7.5], [-0.1, 50.1, float("nan"), float("inf")]),
        ("denoise", [0, 1], [-0.1, 1.1, float("nan")]),
        ("engine", ["auto", "embedded"], ["comfy", "", None]),
        (
            "loras",
            [(), ({"name": "a"},), tuple({"name": str(n)} for n in range(16))],
            [
                ({"name": ""},),
                ({"name": "a", "strength": 11},),
                ({"name": "a", "weight": 1},),
                tuple({"name": str(n)} for n in range(17)),
            ],
        ),
    ],
)
def test_bounds(name: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        AvatarRequest.model_validate({"prompt": "x", name: value})
    for value in bad:
        with pytest.raises(ValidationError) as caught:
            AvatarRequest.model_validate({"prompt": "x", name: value})
        assert caught.value.errors()[0]["loc"][0] == name


def test_unknown_members_are_refused_and_nothing_can_be_changed() -> None:
    with pytest.raises(ValidationError):
        AvatarRequest.model_validate({"prompt": "x", "hieght": 512})
    with pytest.raises(ValidationError):
        AvatarRequest(prompt="x").prompt = "y"  # type: ignore[misc]


def test_empty_names_mean_none() -> None:
    names = ("pose_file_id", "reference_file_id", "workflow", "model", "sampler", "scheduler")
    assert AvatarRequest.model_validate({"prompt": "x", **dict.fromkeys(names, "")}) == AvatarRequest(
        prompt="x"
    )


REQUESTS = st.builds(
    AvatarRequest,
    prompt=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(str.strip),
    views=st.lists(st.sampled_from(VIEWS), min_size=1, unique=True).map(tuple),
    seed=st.none() | st.integers(0, MAX_SEED),
    cfg=st.none() | st.floats(0, 50),
    width=st.none() | st.integers(64, 4096),
    loras=st.lists(st.builds(Lora, name=st.just("a"), strength=st.floats(-10, 10)), max_size=3).map(tuple),
    realism=st.booleans(),
)


@given(REQUESTS)
@settings(deadline=None, database=None, max_examples=60)
def test_a_request_survives_json(request: AvatarRequest) -> None:
    again = AvatarRequest.model_validate(json.loads(json.dumps(json.loads(request.model_dump_json()))))
    assert again == request
    assert again.fingerprint() == request.fingerprint()
    assert with_values(request) == request


@given(REQUESTS, REQUESTS)
@settings(deadline=None, database=None, max_examples=60)
def test_fingerprints_are_equal_for_equal_requests_only(one: AvatarRequest, other: AvatarRequest) -> None:
    assert (one.fingerprint() == other.fingerprint()) == (one == other)


def test_changed_values_are_checked_again() -> None:
    request = AvatarRequest(prompt="x", seed=5)
    assert with_values(request, seed=6).seed == 6
    assert request.seed == 5
    with pytest.raises(ValidationError):
        with_values(request, seed=-1)


def test_its_files_and_its_words_for_the_search() -> None:
    request = AvatarRequest(prompt="a knight", clothing="a coat", style="ink", reference_file_id="r")
    assert request.files() == {"reference": "r"}
    assert request.search_text().split("\n") == ["a knight", "a coat", "ink"]


def test_random_seeds_survive_javascript() -> None:
    seeds = {random_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**53 and float(seed) == seed for seed in seeds)
