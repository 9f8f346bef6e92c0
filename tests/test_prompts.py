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


STYLES: tuple[prompts.PromptStyle, ...] = ("tags", "sentences", "edit")


@pytest.mark.parametrize("style", STYLES)
def test_one_character_sentence_in_all_views_and_nothing_of_another_view(style: prompts.PromptStyle) -> None:
    request = ask(
        prompt="a knight, (from behind:1.2), long red hair, Front View, side profile",
        clothing="a red coat, side view",
    )
    own = {"front": "front", "back": "from behind", "side": "profile", "quarter": "three-quarter"}
    for view in VIEWS:
        positive = prompts.write(request, view, style).positive.casefold()
        assert "a knight, long red hair" in positive
        assert positive.count("a red coat") == 1
        assert [other for other in VIEWS if own[other] in positive] == [view]


@pytest.mark.parametrize("style", STYLES)
def test_views_have_words_and_negatives_of_their_own(style: prompts.PromptStyle) -> None:
    texts = [prompts.write(ask(negative_prompt="rain"), view, style) for view in VIEWS]
    assert len({text.positive for text in texts}) == len({text.negative for text in texts}) == len(VIEWS)
    assert all(text.negative.startswith("rain, ") for text in texts)


def test_nobody_avoids_the_view_that_is_drawn_or_anything_twice() -> None:
    request = ask(negative_prompt="rain, From Behind, (side view:1.3)")
    for style in STYLES:
        back, side = (prompts.write(request, view, style).negative for view in ("back", "side"))
        assert "behind" not in back.casefold()
        assert "side view" not in side.casefold()
        assert side.casefold().count("from behind") == 1
        assert prompts.write(request, "front", style).negative.casefold().count("from behind") == 1


def test_a_gaze_is_kept_where_it_can_be_seen() -> None:
    request = ask(prompt="a knight, looking at viewer")
    shown = {view: "looking at viewer" in prompts.write(request, view, "tags").positive for view in VIEWS}
    assert shown == {"front": True, "quarter": True, "side": False, "back": False}


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("a (red:1.3) hat", "a red hat"),
        ("((blue)) eyes, [fog]", "blue eyes, fog"),
        ("((a:1.1) b:0.5)", "a b"),
        (r"saber \(fate\)", "saber (fate)"),
        ("a ratio of 3:2", "a ratio of 3:2"),
        ("an unclosed (bracket", "an unclosed (bracket"),
    ],
)
def test_weights_stay_for_tags_and_are_plain_words_elsewhere(words: str, plain: str) -> None:
    assert prompts.without_weights(words) == plain
    request = ask(prompt=words, clothing="a (wool:1.2) coat", negative_prompt="(mud:1.4)")
    tags = prompts.write(request, "front", "tags", "sdxl-anime")
    assert words in tags.positive
    assert "a (wool:1.2) coat" in tags.positive
    assert "(mud:1.4)" in tags.negative
    for style in ("sentences", "edit"):
        text = prompts.write(request, "front", style)
        assert plain.casefold() in text.positive.casefold()
        assert "a wool coat" in text.positive
        assert text.negative.startswith("mud, ")


def test_families_of_tags_get_the_quality_words_that_they_were_taught() -> None:
    pony = prompts.write(ask(), "front", "tags", "pony")
    anime = prompts.write(ask(), "front", "tags", "sdxl-anime")
    plain = prompts.write(ask(), "front", "tags", "sd15")
    assert pony.positive.startswith("score_9, ")
    assert "score_4" in pony.negative
    assert "masterpiece" not in pony.positive
    assert "absurdres" in anime.positive
    assert "score" not in anime.positive + plain.positive
    assert plain == prompts.write(ask(), "front", "tags", "a family that nobody knows")


def test_clothing_and_style_stand_where_they_act() -> None:
    request = ask(clothing="a red coat", style="ink")
    tags = prompts.write(request, "back", "tags").positive
    assert tags.index("a knight") < tags.index("a red coat") < tags.index("from behind") < tags.index("ink")
    told = prompts.write(request, "back", "sentences").positive
    assert told.startswith(
        "An anime illustration of one character, full body, in the style of ink. A knight."
    )
    assert "Clothing: a red coat." in told
    edit = prompts.write(request, "back", "edit").positive
    assert edit.startswith("Turn the character around")
    assert "Change the clothing to a red coat." in edit
    assert "Draw it in the style of ink." in edit
    kept = prompts.write(ask(), "front", "edit").positive
    assert "Keep the clothing as it is." in kept
    assert "face, hair" in kept
    assert "face, hair" not in prompts.write(ask(), "back", "edit").positive


def test_a_photograph_is_asked_for_in_the_familys_way() -> None:
    told = prompts.write(ask(realism=True), "front", "sentences")
    assert told.positive.startswith("A photograph of one character")
    assert "anime" in told.negative


@pytest.mark.parametrize("words", ["", " ", ",", " , ", "\n", "front view", "((", "()", "\\"])
def test_sentences_are_whole_whatever_is_empty(words: str) -> None:
    for style in ("sentences", "edit"):
        for view in VIEWS:
            text = prompts.write(ask(clothing=words, style=words, negative_prompt=words), view, style)
            assert ".." not in text.positive
            assert "  " not in text.positive
            assert ": ." not in text.positive
            assert text.positive.endswith(".")


@pytest.mark.parametrize("style", ["tags", "sentences", "edit"])
def test_a_framing_is_asked_for_and_no_other(style: prompts.PromptStyle) -> None:
    texts = {
        framing: prompts.write(AvatarRequest(prompt="a knight", framing=framing), "front", style).positive
        for framing in prompts.FRAMING_TAGS
    }
    assert "full body" in texts["full"]
    assert "upper body" in texts["bust"]
    assert "portrait" in texts["portrait"]
    assert "full body" not in texts["bust"] + texts["portrait"]


@pytest.mark.parametrize(
    ("words", "view"),
    [
        ("a knight, from behind", "back"),
        ("a knight seen from behind, red cape", "back"),
        ("a knight from behind with a sword", "back"),
        ("Portrait of a queen in profile", "side"),
        ("profile, elf", "side"),
        ("a witch, (three-quarter view:1.2)", "quarter"),
        ("front view, a witch", "front"),
        ("a knight", None),
        ("a high-profile lawyer", None),
        ("a knight, light from behind", None),
        ("a cat girl peeking from behind a tree", None),
        ("a knight attacked from behind", None),
        ("wind blowing from the side, a bard", None),
        ("a car with a side view mirror", None),
        ("character sheet, front view, back view", None),
        ("", None),
    ],
)
def test_words_may_ask_for_one_view(words: str, view: str | None) -> None:
    assert prompts.view_asked_for(words) == view


def test_a_skeleton_and_our_own_front_view_are_told_to_models_that_edit() -> None:
    request = AvatarRequest(prompt="a knight", clothing="red cape", style="ink", views=("front", "back"))
    alone = prompts.write(request, "back", "edit").positive
    assert "skeleton" not in alone
    assert "Change the clothing to red cape" in alone
    followed = prompts.write(request, "back", "edit", posed=True, from_front=True).positive
    assert "skeleton in the second picture" in followed
    assert "Keep the clothing as it is" in followed
    assert "ink" not in followed


def test_panels_name_all_views_in_their_order_and_no_other() -> None:
    request = AvatarRequest(
        prompt="a knight, from behind", views=("side", "front"), negative_prompt="rain", style="ink"
    )
    text = prompts.write(request, "side", "panels", "pony")
    assert text == prompts.write(request, "front", "panels", "pony")
    assert "from left to right: side view, front view" in text.positive
    assert "from behind" not in text.positive
    assert text.positive.startswith("score_9")
    assert text.negative.startswith("rain, different characters")
