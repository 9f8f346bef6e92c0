"""Texts: by Ollama, by servers in OpenAI's dialect, or by the grammar, which makes nothing up."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.errors import StudioError
from studio.records.characters import Character
from studio.settings import Settings
from studio.writing import PLATFORMS, Subject, Writing, grammar, hashtags, platform, replies
from studio.writing.lengths import fitted, weighted
from studio.writing.persona import TONES, Persona, in_words, persona_of, tone_of
from studio.writing.scene import read
from tests import fake_llm, fake_ollama
from tests.fake_llm import FakeLlm
from tests.fake_ollama import FakeOllama, Reply
from tests.studio_fixtures import png

PROMPTS = (
    "A photo of the character in a coffee shop",
    "a knight in shining armor holding a sword, forest background, sunset",
    "A beautiful landscape",
    "young woman with long red hair and green eyes, wearing a teal jacket and white shirt, smiling, "
    "standing on a rooftop at night",
    "masterpiece, best quality, 1girl, witch, purple robe, library, reading a book",
    "a woman walking her dog through a park in the rain",
    "cyberpunk hacker in a neon city street, rain, leather jacket, brown hair, blue eyes",
    "an astronaut floating in space, holding a sunflower",
    "a lonely lighthouse on a cliff at dawn, oil painting",
    "",
)
MIA = Character(
    id="5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    name="Mia",
    status="active",
    bio="Photographer in New York",
    age=25,
    location="New York, NY",
    timezone="America/New_York",
    interests=("photography", "travel"),
    personality={
        "extroversion": 0.7,
        "humor": 0.6,
        "communication_style": "casual",
        "preferred_topics": ["tech", "lifestyle"],
        "content_tone": "friendly",
        "temperature": 0.9,
    },
    appearance={},
    look_seed=1,
    canon={},
    costumes={},
    notes=(),
    origin={},
    picture_id=None,
    visitor=None,
    created_at=0.0,
    updated_at=0.0,
)


def writing(**values: Any) -> Writing:
    return Writing(Settings(_env_file=None, **values))  # pyright: ignore[reportCallIssue]


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with fake_ollama.running() as fake:
        yield fake
        assert fake.complaints == []  # what was sent is what Ollama's reference says


@pytest.fixture
def llm() -> Iterator[FakeLlm]:
    with fake_llm.running() as fake:
        yield fake


def code(room: Writing, *arguments: Any, **more: Any) -> StudioError:
    with pytest.raises(StudioError) as caught:
        room.write(*arguments, **more)
    return caught.value


# ---------------------------------------------------------------------------- Ollama


def test_ollama_is_asked_in_its_own_way_and_as_the_character(ollama: FakeOllama) -> None:
    room = writing(ollama_url=ollama.url)
    written = room.write("Write a short Instagram caption", MIA, "llama3", 200)
    assert (written.text, written.model, written.engine) == (
        "A quiet morning, and coffee.",
        "llama3:latest",
        "ollama",
    )
    assert (written.prompt_tokens, written.tokens, written.is_cut) == (26, 5, False)
    asked = ollama.asked[-1]
    assert asked["model"] == "llama3:latest"
    assert asked["options"] == {"temperature": 0.9, "num_predict": 200}  # the warmth is the character's own
    system, user = asked["messages"]
    assert user == {"role": "user", "content": "Write a short Instagram caption"}
    for word in ("Mia", "Photographer in New York", "photography", "tech", "friendly", "casual", "outgoing"):
        assert word in system["content"]
    room.write("Once more", None, None, 50, 0.0, seed=7)
    assert ollama.asked[-1]["options"] == {"temperature": 0.0, "num_predict": 50, "seed": 7}
    assert [one["role"] for one in ollama.asked[-1]["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("<think>They want a caption.\nShort.</think>\n\nSun and salt.", "Sun and salt."),
        ("They want a caption.</think>Sun and salt.", "Sun and salt."),
        ("Sun and salt.<think>Was that good?", "Sun and salt."),
        ("<|channel|>analysis<|message|>hm<|channel|>final<|message|>Sun and salt.", "Sun and salt."),
    ],
)
def test_what_a_model_thinks_is_not_part_of_its_answer(ollama: FakeOllama, said: str, text: str) -> None:
    ollama.reply = Reply(said)
    assert writing(ollama_url=ollama.url).write("A caption").text == text


def test_models_that_think_are_asked_not_to(ollama: FakeOllama) -> None:
    ollama.models = {"qwen3:8b": ("completion", "thinking")}
    room = writing(ollama_url=ollama.url)
    room.write("A caption")
    assert ollama.asked[-1]["think"] is False
    ollama.reply = Reply("<think>I go on and on", done_reason="length")
    assert code(room, "A caption", max_tokens=20).code == "llm_empty"


def test_a_model_that_is_not_there_is_named_with_the_way_to_get_it(ollama: FakeOllama) -> None:
    room = writing(ollama_url=ollama.url)
    error = code(room, "A caption", model="mistral")
    assert (error.code, error.status) == ("llm_model_missing", 422)
    assert "ollama pull mistral" in error.hint
    ollama.models = {"nomic-embed-text:latest": ("embedding",)}
    error = code(room, "A caption")
    assert error.code == "llm_no_models"
    assert "ollama pull" in error.hint
    assert room.health().status == "degraded"


def test_servers_that_break_off_fail_or_are_silent_are_told_apart(ollama: FakeOllama) -> None:
    room = writing(ollama_url=ollama.url)
    ollama.reply = Reply(cut=True)
    assert code(room, "A caption").code == "llm_failed"
    ollama.reply = Reply(status=500, body=b'{"error": "model runner has unexpectedly stopped"}')
    error = code(room, "A caption")
    assert (error.code, "unexpectedly stopped" in error.message) == ("llm_failed", True)
    ollama.reply = Reply(body=b"<html>not JSON</html>")
    assert code(room, "A caption").code == "llm_failed"
    silent = writing(ollama_url="http://127.0.0.1:9")
    error = code(silent, "A caption")
    assert (error.code, error.status) == ("llm_unreachable", 503)
    assert "OLLAMA_URL" in error.hint
    assert silent.health().status == "unhealthy"
    nobody = code(writing(), "A caption")
    assert (nobody.code, nobody.status) == ("llm_not_set", 503)
    assert "OLLAMA_URL" in nobody.hint


# -------------------------------------------------------------------- OpenAI's dialect


def test_a_server_in_openais_dialect_is_asked_in_its_way(llm: FakeLlm) -> None:
    for url in (llm.url, f"{llm.url}/v1", f"{llm.url}/v1/chat/completions"):
        room = writing(llm_url=url, llm_api_key=fake_llm.KEY)
        written = room.write("A caption", MIA, None, 100, 0.2, seed=3)
        assert (written.text, written.engine, written.tokens) == (
            "Written by the other server.",
            "openai",
            10,
        )
    assert llm.asked[-1] | {"messages": []} == {
        "model": "qwen2.5-7b-instruct",
        "messages": [],
        "max_tokens": 100,
        "temperature": 0.2,
        "seed": 3,
        "stream": False,
    }
    llm.content = [{"type": "text", "text": "In "}, {"type": "text", "text": "parts."}]
    assert room.write("A caption").text == "In parts."
    llm.content, llm.reasoning = "Plain.", "thinking aloud"
    assert room.write("A caption").text == "Plain."
    assert llm.complaints == []


def test_newer_servers_get_the_members_that_they_ask_for(llm: FakeLlm) -> None:
    llm.is_new = True
    room = writing(llm_url=llm.url, llm_api_key=fake_llm.KEY)
    assert room.write("A caption", max_tokens=64).text == "Written by the other server."
    assert llm.asked[-1]["max_completion_tokens"] == 64
    assert "temperature" not in llm.asked[-1]


def test_wrong_keys_and_models_are_said(llm: FakeLlm) -> None:
    assert code(writing(llm_url=llm.url), "A caption").code == "llm_key_refused"
    room = writing(llm_url=llm.url, llm_api_key=fake_llm.KEY)
    assert code(room, "A caption", model="other").code == "llm_model_missing"
    llm.models = None  # it lists nothing, so whoever names a model is believed
    assert code(room, "A caption").code == "llm_no_models"
    assert room.write("A caption", model="any").model == "any"
    assert (
        writing(llm_url=llm.url, llm_api_key=fake_llm.KEY, llm_model="any").write("A caption").model == "any"
    )


def test_of_two_servers_the_one_writes_that_has_the_model(ollama: FakeOllama, llm: FakeLlm) -> None:
    room = writing(ollama_url=ollama.url, llm_url=llm.url, llm_api_key=fake_llm.KEY)
    assert room.write("A caption").engine == "ollama"
    assert room.write("A caption", model="qwen2.5-7b-instruct").engine == "openai"
    assert {model.name for model in room.models()} == {"llama3:latest", "qwen2.5-7b-instruct"}
    away = writing(ollama_url="http://127.0.0.1:9", llm_url=llm.url, llm_api_key=fake_llm.KEY)
    assert away.write("A caption").engine == "openai"
    assert away.health().status == "healthy"


# ---------------------------------------------------------------------- captions by models


def test_a_model_is_told_what_is_known_and_held_to_the_length(ollama: FakeOllama) -> None:
    room = writing(ollama_url=ollama.url)
    subject = Subject("key", PROMPTS[4])
    ollama.reply = Reply(
        'Here is your caption:\n\n"Lost in a good book tonight, as one does. '
        + "Word " * 60
        + '"\n\n#books #witch'
    )
    written = room.caption(subject, MIA, platform_name="twitter", tone="witty", max_length=100)
    assert written.engine == "ollama"
    assert written.text == "Lost in a good book tonight, as one does."
    assert written.hashtags == ("#books", "#witch")
    assert written.whole == f"{written.text}\n\n#books #witch"
    told = ollama.asked[-1]["messages"][1]["content"]
    for word in ("X (Twitter)", "purple robe", "library", "witty", "100"):
        assert word in told
    ollama.reply = Reply("A sentence that is whole. And one that br", done_reason="length")
    assert room.caption(subject, max_length=200).text == "A sentence that is whole."


def test_only_a_model_that_sees_gets_the_picture(ollama: FakeOllama, llm: FakeLlm, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(png("red", 1500))
    blind = Subject("key", picture=tmp_path / "red.png", size=(1500, 1500))
    room = writing(ollama_url=ollama.url)
    written = room.caption(blind, tone="short")
    assert written.engine == "template"  # it knows nothing of the picture and cannot see it
    assert "does not see" in written.notes[0]
    assert ollama.asked == []
    ollama.models = {"gemma3:4b": ("completion", "vision")}
    assert room.caption(blind).engine == "ollama"
    assert len(ollama.asked[-1]["messages"][-1]["images"]) == 1
    other = writing(llm_url=llm.url, llm_api_key=fake_llm.KEY, llm_model="gpt-4o-mini")
    llm.models = ["gpt-4o-mini"]
    assert other.caption(blind).engine == "openai"
    assert llm.asked[-1]["messages"][-1]["content"][1]["type"] == "image_url"
    llm.sees = False  # a name can promise too much
    assert other.caption(Subject("key", PROMPTS[1], picture=tmp_path / "red.png")).engine == "openai"
    assert isinstance(llm.asked[-1]["messages"][-1]["content"], str)


def test_a_silent_server_leaves_captions_to_the_grammar_and_says_so() -> None:
    room = writing(ollama_url="http://127.0.0.1:9")
    written = room.caption(Subject("key", PROMPTS[0]), MIA)
    assert written.engine == "template"
    assert "cannot be used" in written.notes[0]
    assert room.describe(Subject("key", PROMPTS[0]), MIA).engine == "template"
    assert room.content("caption", "my day", MIA).engine == "template"


def test_descriptions_of_models_are_taken_apart(ollama: FakeOllama) -> None:
    room = writing(ollama_url=ollama.url)
    ollama.reply = Reply(
        "Description: A witch reads in a library.\nTags: witch, library, #reading, Purple Robe"
    )
    found = room.describe(Subject("key", PROMPTS[4]), max_tags=3)
    assert (found.description, found.tags) == ("A witch reads in a library.", ("witch", "library", "reading"))


# ------------------------------------------------------------------------------- the grammar


def test_a_prompt_is_taken_apart_into_what_it_shows() -> None:
    knight = read(PROMPTS[1])
    assert (knight.who, knight.wearing, knight.holding) == ("knight", ("shining armor",), "a sword")
    assert (knight.place, knight.when, knight.is_person) == ("in a forest", "at sunset", True)
    woman = read(PROMPTS[3])
    assert (woman.wearing, woman.looks) == (
        ("a teal jacket", "a white shirt"),
        ("long red hair", "green eyes"),
    )
    assert (woman.place, woman.when, woman.mood) == ("on a rooftop", "at night", "smiling")
    walk = read(PROMPTS[5])
    assert (walk.doing, walk.place, walk.when) == ("walking her dog", "through a park", "in the rain")
    assert read("a knight", clothing="red cloak", style="watercolor").wearing == ("a red cloak",)
    assert read("a knight", style="watercolor").medium == "watercolour"
    assert read(PROMPTS[2]).is_person is False
    assert read("(masterpiece:1.2), best quality, <lora:thing:0.8>, 8k").is_empty
    for nonsense in ("", ",,,;;;", "in in in", "with", "()((", "ing", "\n", "a" * 500, "in " * 200):
        read(nonsense)


def test_captions_say_nothing_that_the_recipe_does_not() -> None:
    room = writing()
    # Words of places, clothes and times that could be made up; each caption may have those of its prompt.
    seen = re.compile(
        r"\b(coffee|forest|sword|armor|rooftop|jacket|shirt|library|book|robe|dog|park|rain|neon|leather|"
        r"space|sunflower|lighthouse|cliff|dawn|night|sunset|beach|hair|eyes)\w*",
        re.IGNORECASE,
    )
    for prompt, tone, character in itertools.product(PROMPTS, TONES, (None, MIA)):
        for seed in range(4):
            subject = Subject(prompt, prompt, is_person=False)
            text = room.caption(subject, character, tone=tone, seed=seed).whole
            made_up = {word.lower() for word in seen.findall(text)} - set(
                re.findall(r"[a-z]+", prompt.lower())
            )
            assert not made_up, (prompt, text)
            assert not re.search(r"\{|\}|  |\s[.,!?]|\.\.|None", text), text
            assert "hair" not in text
            assert "eyes" not in text


def test_captions_keep_to_every_length_and_never_end_inside_a_word() -> None:
    room, chance = writing(), random.Random(3)
    for _ in range(400):
        prompt, tone = chance.choice(PROMPTS), chance.choice(TONES)
        at, most, seed = chance.choice([*PLATFORMS]), chance.randint(20, 300), chance.randint(0, 10**6)
        character = chance.choice([None, MIA])
        written = room.caption(
            Subject("k", prompt), character, platform_name=at, tone=tone, max_length=most, seed=seed
        )
        assert PLATFORMS[at].measure(written.whole) <= most
        assert written.whole
        longest = room.caption(
            Subject("k", prompt), character, platform_name=at, tone=tone, max_length=5000, seed=seed
        )
        words = set(re.findall(r"[\w']+", f"{longest.whole} {prompt}".lower()))
        if written.text and longest.text.startswith(written.text.rstrip("…")):
            assert set(re.findall(r"[\w']+", written.text.lower())) <= words


def test_the_same_seed_gives_the_same_text_and_other_pictures_others() -> None:
    room = writing()
    first = room.caption(Subject("one", PROMPTS[4]), MIA, tone="casual")
    assert first == room.caption(Subject("one", PROMPTS[4]), MIA, tone="casual")
    several = {room.caption(Subject(str(key), PROMPTS[4]), MIA, tone="casual").text for key in range(12)}
    assert len(several) >= 6


def test_platforms_have_their_habits_and_tones_their_manner() -> None:
    room, subject = writing(), Subject("k", PROMPTS[4])
    counts = {
        name: len(room.caption(subject, MIA, platform_name=name, seed=1).hashtags) for name in PLATFORMS
    }
    assert counts["instagram"] > counts["twitter"] == 1
    assert counts["onlyfans"] == 0
    assert any(
        tag[1].isupper() for tag in room.caption(subject, MIA, platform_name="linkedin", seed=1).hashtags
    )
    assert platform("X").name == "twitter"
    with pytest.raises(StudioError, match="no platform named"):
        platform("myspace")
    texts = {tone: room.caption(subject, MIA, tone=tone, seed=5).text for tone in TONES}
    assert len(set(texts.values())) == len(TONES)
    assert texts["short"] == min(texts.values(), key=len)
    assert tone_of("super witty!", persona_of(MIA)) in TONES
    assert tone_of(None, persona_of(MIA)) == "friendly"
    assert tone_of(None, Persona("Bo", humor=0.9)) == "humorous"
    assert "outgoing" in in_words(persona_of(MIA))


@pytest.mark.parametrize(
    "kind",
    [
        "caption",
        "post",
        "story",
        "tweet",
        "comment",
        "message",
        "bio",
        "title",
        "hashtags",
        "description",
        "text",
    ],
)
def test_every_kind_of_content_has_its_text_in_every_tone(kind: Any) -> None:
    room = writing()
    for tone, most in itertools.product(TONES, (40, 220)):
        written = room.content(
            kind, "Instagram post about morning routine", MIA, tone=tone, max_length=most, seed=2
        )
        assert written.engine == "template"
        assert 0 < len(written.whole) <= most, (tone, written)
        assert not re.search(r"\{|\}|None", written.whole)
    assert room.content("tweet", "tea", MIA).platform == "twitter"
    assert room.content(kind, "", MIA).whole


def test_subjects_are_found_in_what_people_ask_for() -> None:
    assert grammar.topic_of("Instagram post about morning routine") == "morning routine"
    assert grammar.topic_of("Write a caption for my new bike") == "my new bike"
    assert grammar.topic_of("coffee") == "coffee"


def test_descriptions_name_what_is_there_and_nothing_more() -> None:
    room = writing()
    found = room.describe(Subject("k", PROMPTS[3], size=(512, 768)), MIA)
    assert found.description.startswith("Mia, with long red hair and green eyes, wearing a teal jacket")
    assert "rooftop" in found.tags
    assert room.describe(Subject("k", size=(512, 768))).description == (
        "An upright picture of 512 by 768 pixels, without a recipe."
    )


def test_texts_are_fitted_at_sentences_then_at_words() -> None:
    assert fitted("One two. Three four.", 12) == "One two."
    assert fitted("One two three four", 12) == "One two…"
    assert fitted("One", 12) == "One"
    assert weighted("a link https://example.com/very/long/address") == 7 + 23
    assert weighted("日本") == 4
    assert replies.plain('Caption: "Sun and salt."') == "Sun and salt."
    assert hashtags.taken_out("Sun #sea and salt #a #b") == ("Sun #sea and salt", ("#sea", "#a", "#b"))
