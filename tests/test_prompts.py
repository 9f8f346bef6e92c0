"""Words for models: the same character in every view, nothing empty, nothing twice."""

from __future__ import annotations

import pytest

from studio import prompts
from studio.request import VIEWS, AvatarRequest, View


def ask(**values: object) -> AvatarRequest:
    return AvatarRequest.model_validate({"prompt": "a knight", **values})


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_the_persons_words_and_its_own(view: View) -> None:
    text = prompts.write(ask(clothing="a red coat", style="ink", negative_prompt="rain"), view, "tags")
    for part in ("a knight", "a red coat", "ink", prompts.VIEW_TAGS[view]):
        assert text.positive.count(part) == 1
    assert text.negative.startswith("rain, ")
    assert prompts.WRONG_VIEW_TAGS[view] in text.negative


def test_views_differ_and_none_asks_for_what_it_avoids() -> None:
    texts = [prompts.write(ask(), view, "tags") for view in VIEWS]
    assert len({text.positive for text in texts}) == len(VIEWS)
    for view, text in zip(VIEWS, texts, strict=True):
        for avoided in prompts.WRONG_VIEW_TAGS[view].split(", "):
            assert avoided not in text.positive.split(", ")


def test_realism_changes_what_is_asked_for_and_avoided() -> None:
    drawn, photo = (prompts.write(ask(realism=realism), "front", "tags") for realism in (False, True))
    assert "anime" in drawn.positive
    assert "anime" not in drawn.negative
    assert "photo" in photo.positive
    assert "anime" in photo.negative


@pytest.mark.parametrize("words", ["", " ", ",", " , ", "\n"])
def test_empty_parts_leave_no_trace(words: str) -> None:
    for view in VIEWS:
        text = prompts.write(ask(clothing=words, style=words, negative_prompt=words), view, "tags")
        assert text == prompts.write(ask(), view, "tags")
        assert all(part.strip() for part in text.positive.split(","))
        assert all(part.strip() for part in text.negative.split(","))


def test_commas_at_the_ends_do_not_double() -> None:
    text = prompts.write(ask(prompt="a knight, ", clothing=", a red coat,"), "front", "figure")
    assert text == prompts.PromptText("a knight, a red coat", "")


def test_the_figure_hears_the_persons_words_only() -> None:
    request = ask(clothing="a red coat", negative_prompt="a hat", style="ink", realism=True)
    assert {prompts.write(request, view, "figure") for view in VIEWS} == {
        prompts.PromptText("a knight, a red coat", "a hat")
    }
