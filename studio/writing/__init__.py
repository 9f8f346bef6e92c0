"""Texts: by a language model where the settings name one, else by a small grammar from what is known."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Literal

from studio.errors import StudioError
from studio.records.characters import Character
from studio.settings import Settings
from studio.writing import grammar, hashtags, replies
from studio.writing.asked import (
    MAX_TOKENS,
    USUAL_TEMPERATURE,
    USUAL_TOKENS,
    EngineName,
    Health,
    Model,
    Order,
    Text,
)
from studio.writing.grammar import Post
from studio.writing.lengths import fitted
from studio.writing.persona import NOBODY, Persona, in_words, persona_of, tone_of
from studio.writing.platforms import PLATFORMS, Platform, platform
from studio.writing.scene import Scene
from studio.writing.subject import Subject, of_values, subject_of
from studio.writing.writer import Server, Writer, asking

__all__ = [
    "PLATFORMS",
    "Described",
    "Health",
    "Kind",
    "Model",
    "Platform",
    "Subject",
    "Text",
    "Writing",
    "Written",
    "of_values",
    "persona_of",
    "platform",
    "subject_of",
]

log = logging.getLogger(__name__)

Kind = Literal[
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
]
WRITER = "You write for social media. Write nothing but the text that is asked for, without quotes around it."
DESCRIPTION = 500  # characters
TITLE = 100
_ONLY = "Say nothing of the picture that is not told here or seen in it."
_UNSEEN = "Nothing is known of this picture, and the model {model} does not see pictures."
_LENGTHS: dict[str, int] = {"story": 120, "tweet": 280, "comment": 150, "bio": 150, "title": TITLE}


@dataclass(frozen=True)
class Written:
    """A text for a platform, and who wrote it."""

    whole: str  # as it would be posted, its hashtags with it
    text: str
    hashtags: tuple[str, ...]
    tone: str
    platform: str
    engine: EngineName
    model: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """A picture in words."""

    description: str
    tags: tuple[str, ...]
    engine: EngineName
    model: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """A text that a model is to write."""

    text: str
    wish: str
    at: Platform
    most: int
    has_tags: bool
    model: str | None
    seed: int | None


class Writing:
    """The room's verbs; each may be called from any thread and waits for the text."""

    def __init__(self, settings: Settings) -> None:
        self.writer = Writer(settings)

    def use(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self.writer = Writer(settings)

    # -------------------------------------------------------------------- texts

    def models(self) -> list[Model]:
        """What can write here; refused while nothing can."""
        return self.writer.models()

    def health(self) -> Health:
        """Whether somebody can write here, and if not, what to do."""
        return self.writer.health()

    def write(
        self,
        prompt: str,
        character: Character | None = None,
        model: str | None = None,
        max_tokens: int = USUAL_TOKENS,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Text:
        """What a model answers, as the character if there is one; refused while no model is there."""
        persona = persona_of(character)
        server, name = self.writer.choose(model)
        system = "" if persona.is_nobody else in_words(persona)
        return self._asked(server, name, asking(system, prompt), persona, max_tokens, temperature, seed)

    # ----------------------------------------------------------------- captions

    def caption(
        self,
        subject: Subject,
        character: Character | None = None,
        *,
        platform_name: str | None = None,
        tone: str | None = None,
        max_length: int | None = None,
        seed: int | None = None,
        model: str | None = None,
        with_hashtags: bool = True,
    ) -> Written:
        """A caption for a picture: by a model, else from its recipe and the character's manner."""
        persona, at = persona_of(character), platform(platform_name)
        most = min(max_length or at.usual, at.most)
        scene = subject.scene(persona.name)
        wish = _wish(tone, persona)
        notes: list[str] = []
        if self.writer.is_there:
            text = f"Write one caption for {at.title} for this picture."
            wanted = _Wanted(text, wish, at, most, with_hashtags, model, seed)
            written = self._by_model(wanted, persona, notes, subject, scene)
            if written is not None:
                return written
        told = tone_of(tone, persona)
        chosen = grammar.seed_of(subject.key, told, at.name, persona.name) if seed is None else seed
        post = grammar.caption(scene, told, at, most, chosen, persona, with_hashtags=with_hashtags)
        return _told(post, told, at, notes)

    def content(
        self,
        kind: Kind,
        context: str,
        character: Character | None = None,
        *,
        platform_name: str | None = None,
        tone: str | None = None,
        max_length: int | None = None,
        seed: int | None = None,
        model: str | None = None,
    ) -> Written:
        """A text of some kind about what the context says, as the character would write it."""
        persona = persona_of(character)
        at = platform(platform_name or ("twitter" if kind == "tweet" else _named_in(context)))
        most = min(max_length or _LENGTHS.get(kind, at.usual), at.most)
        wish, notes = _wish(tone, persona), []
        has_tags = kind in {"caption", "post", "story", "tweet", "hashtags", "text"}
        if self.writer.is_there:
            text = f"Write {_A_KIND[kind]} for {at.title}.\nWhat it is about: {context or 'yourself'}"
            wanted = _Wanted(text, wish, at, most, has_tags, model, seed)
            written = self._by_model(wanted, persona, notes)
            if written is not None:
                return written
        told = tone_of(tone, persona)
        chosen = grammar.seed_of(kind, context, told, at.name, persona.name) if seed is None else seed
        return _told(_composed(kind, context, persona, told, at, most, chosen), told, at, notes)

    def describe(
        self,
        subject: Subject,
        character: Character | None = None,
        *,
        platform_name: str | None = None,
        max_tags: int = 10,
        model: str | None = None,
    ) -> Described:
        """A picture in sentences and in words to find it by."""
        persona, at = persona_of(character), platform(platform_name or "generic")
        scene = subject.scene(persona.name)
        most, notes = min(DESCRIPTION, at.most), []
        if self.writer.is_there:
            found = self._described_by_model(subject, scene, persona, model, at, most, max_tags, notes)
            if found is not None:
                return found
        text = grammar.description(scene, subject.size, most, persona.name)
        return Described(text, grammar.tags(scene, persona, max_tags), "template", notes=tuple(notes))

    def stop(self) -> None:
        """Close the connections."""
        self.writer.stop()

    # -------------------------------------------------------------------- models

    def _asked(
        self,
        server: Server,
        model: str,
        messages: tuple,
        persona: Persona,
        max_tokens: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Text:
        warmth = temperature if temperature is not None else persona.temperature
        warmth = USUAL_TEMPERATURE if warmth is None else min(2.0, max(0.0, warmth))
        order = Order(messages, model, min(MAX_TOKENS, max_tokens), warmth, seed)
        return self.writer.write(server, order)

    def _by_model(
        self,
        wanted: _Wanted,
        persona: Persona,
        notes: list[str],
        subject: Subject | None = None,
        scene: Scene | None = None,
    ) -> Written | None:
        """What a model writes; nothing, and a note that says why, when it cannot."""
        try:
            server, name = self.writer.choose(wanted.model)
            known, shown = "", ()
            if subject is not None and scene is not None:
                known, shown = _known(subject, scene, server, name)
                if not known and not shown:
                    notes.append(_UNSEEN.format(model=name))
                    return None
            tags = wanted.at.hashtags if wanted.has_tags else 0
            lines = [
                wanted.text,
                known,
                f"Tone: {wanted.wish}.",
                f"At most {wanted.most} characters.",
                f"End with {tags} fitting hashtags." if tags else "Use no hashtags.",
                _ONLY if subject else "",
            ]
            text = "\n".join(one for one in [*lines, "Answer with the text alone."] if one)
            system = WRITER if persona.is_nobody else in_words(persona)
            messages = asking(system, text, shown)
            answer = self._asked(server, name, messages, persona, max(300, wanted.most), seed=wanted.seed)
        except StudioError as error:
            if wanted.model is not None and error.code == "llm_model_missing":
                raise
            notes.append(f"Written without a model: {error.message}")
            return None
        post = _fitting(answer, wanted.at, wanted.most, wanted.has_tags)
        if not post.text and not post.hashtags:
            notes.append(f"The answer of {answer.model} had no text in it.")
            return None
        return Written(
            post.whole,
            post.text,
            post.hashtags,
            wanted.wish,
            wanted.at.name,
            answer.engine,
            answer.model,
            tuple(notes),
        )

    def _described_by_model(
        self,
        subject: Subject,
        scene: Scene,
        persona: Persona,
        model: str | None,
        at: Platform,
        most: int,
        max_tags: int,
        notes: list[str],
    ) -> Described | None:
        try:
            server, name = self.writer.choose(model)
            known, shown = _known(subject, scene, server, name)
            if not known and not shown:
                notes.append(_UNSEEN.format(model=name))
                return None
            about = f"The person in it is {persona.name}." if persona.name and scene.is_person else ""
            lines = [
                f"Describe this picture for {at.title}, in one or two plain sentences.",
                f"At most {most} characters.",
                known,
                about,
                _ONLY,
                f"Then write a line that begins with Tags: and has at most {max_tags} short tags.",
            ]
            text = "\n".join(one for one in lines if one)
            answer = self._asked(server, name, asking(WRITER, text, shown), NOBODY, 400, 0.3)
        except StudioError as error:
            if model is not None and error.code == "llm_model_missing":
                raise
            notes.append(f"Written without a model: {error.message}")
            return None
        plain = replies.plain(answer.text)
        body, tags = plain, ""
        if found := re.search(r"(?im)^\W*tags?\W*:\s*(.*)\Z", plain, re.DOTALL):
            body, tags = plain[: found.start()], found[1]
        body, extra = hashtags.taken_out(body)
        listed = re.split(r"[,\n;]+|\s#", tags.replace("#", " #")) if tags else [one[1:] for one in extra]
        words = hashtags.words_of(listed) or list(grammar.tags(scene, persona, max_tags))
        text = fitted(re.sub(r"(?i)^description:\s*", "", body).strip(), most, at.measure)
        if not text:
            notes.append(f"The answer of {answer.model} had no description in it.")
            return None
        return Described(text, tuple(words[:max_tags]), answer.engine, answer.model, tuple(notes))


_A_KIND: dict[str, str] = {
    "caption": "one caption",
    "post": "a post of a few sentences",
    "story": "a text of one sentence for a story",
    "tweet": "one tweet",
    "comment": "a short, kind comment under somebody's post",
    "message": "a short personal message",
    "bio": "a profile biography of one line",
    "title": "a title",
    "hashtags": "only hashtags",
    "description": "a description of one or two sentences",
    "text": "a short text",
}


def _composed(
    kind: Kind, context: str, persona: Persona, tone: str, at: Platform, most: int, seed: int
) -> Post:
    """A text of a kind by the grammar."""
    own = [*persona.topics, *persona.interests, persona.name]
    topic = grammar.topic_of(context) or next((one for one in own if one), "today")
    if kind == "comment":
        text = grammar.comment(tone, most, seed)
    elif kind == "message":
        text = grammar.message(topic, tone, most, seed, persona)
    elif kind == "bio":
        text = grammar.biography(persona, tone, most)
    elif kind == "title":
        text = fitted(topic[:1].upper() + topic[1:], most)
    elif kind == "description":
        about = f"{persona.name} on" if persona.name else "On"
        text = fitted(f"{about} {topic}.", most)
    elif kind == "hashtags":
        words = hashtags.words_of([topic, *persona.topics, *persona.interests])
        tags = list(hashtags.written(words, at))[: max(at.hashtags, 3)]
        while tags and at.measure(" ".join(tags)) > most:
            tags.pop()
        return Post("", tuple(tags), " ".join(tags))
    else:
        return grammar.post(topic, tone, at, most, seed, persona)
    return Post(text, (), text)


def _known(subject: Subject, scene: Scene, server: Server, model: str) -> tuple[str, tuple[bytes, ...]]:
    """What a model is told of a picture, and the picture if it sees."""
    shown = subject.shown() if server.can_see(model) else ()
    told = grammar.description(scene, None, 2000) if not scene.is_empty or scene.is_person else ""
    words = subject.prompt.strip()[:1500]
    lines = [
        f"The words it was made from: {words}" if words else "",
        f"What it shows: {told}" if told else "",
    ]
    return "\n".join(one for one in lines if one), shown


def _fitting(answer: Text, at: Platform, most: int, has_tags: bool) -> Post:
    """A model's answer within the bounds that it may not have kept."""
    body, tags = hashtags.taken_out(replies.plain(answer.text))
    body = replies.plain(body)  # quotes stand before the hashtags
    if answer.is_cut and not re.search(r"[.!?…\"”)]\s*\Z", body):
        ends = [found.end() for found in re.finditer(r"[.!?…]+[\"”)]?(?=\s)", body)]
        body = body[: ends[-1]] if ends else fitted(f"{body} ", max(1, len(body) - 1))
    kept = list(tags[: at.most_hashtags]) if has_tags else []
    inside = [one for one in kept if one in body]
    kept = [one for one in kept if one not in inside]
    body = fitted(body, most, at.measure)

    def whole() -> str:
        return f"{body}\n\n{' '.join(kept)}" if body and kept else body or " ".join(kept)

    while kept and at.measure(whole()) > most:
        kept.pop()
    return Post(body, (*(one for one in inside if one in body), *kept), whole())


def _told(post: Post, tone: str, at: Platform, notes: list[str]) -> Written:
    return Written(post.whole, post.text, post.hashtags, tone, at.name, "template", notes=tuple(notes))


def _wish(tone: str | None, persona: Persona) -> str:
    """The tone as a model is told it: in the words of whoever asked."""
    return (tone or "").strip() or persona.tone or persona.style or "friendly"


def _named_in(context: str) -> str | None:
    """The platform that a wish names."""
    plain = context.lower()
    return next((name for name in PLATFORMS if re.search(rf"\b{name}\b", plain) and name != "generic"), None)
