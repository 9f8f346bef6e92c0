"""The room's verbs: texts by a language model where there is one, else by the grammar."""

from __future__ import annotations

import re

from studio.records.characters import Character
from studio.settings import Settings
from studio.writing import by_model, grammar, hashtags
from studio.writing.asked import USUAL_TOKENS, Health, Model, Text
from studio.writing.by_model import Wanted
from studio.writing.grammar import Post
from studio.writing.lengths import fitted
from studio.writing.persona import Persona, in_words, persona_of, tone_of
from studio.writing.platforms import PLATFORMS, Platform, platform
from studio.writing.results import Described, Kind, Written
from studio.writing.subject import Subject
from studio.writing.writer import Writer, asking

DESCRIPTION = 500  # characters
TITLE = 100
_LENGTHS: dict[str, int] = {"story": 120, "tweet": 280, "comment": 150, "bio": 150, "title": TITLE}
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
        return by_model.asked(
            self.writer, server, name, asking(system, prompt), persona, max_tokens, temperature, seed
        )

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
            wanted = Wanted(text, wish, at, most, with_hashtags, model, seed)
            written = by_model.written(self.writer, wanted, persona, notes, subject, scene)
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
            wanted = Wanted(text, wish, at, most, has_tags, model, seed)
            written = by_model.written(self.writer, wanted, persona, notes)
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
            found = by_model.described(self.writer, subject, scene, persona, model, at, most, max_tags, notes)
            if found is not None:
                return found
        text = grammar.description(scene, subject.size, most, persona.name)
        return Described(text, grammar.tags(scene, persona, max_tags), "template", notes=tuple(notes))

    def stop(self) -> None:
        """Close the connections."""
        self.writer.stop()


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


def _told(post: Post, tone: str, at: Platform, notes: list[str]) -> Written:
    return Written(post.whole, post.text, post.hashtags, tone, at.name, "template", notes=tuple(notes))


def _wish(tone: str | None, persona: Persona) -> str:
    """The tone as a model is told it: in the words of whoever asked."""
    return (tone or "").strip() or persona.tone or persona.style or "friendly"


def _named_in(context: str) -> str | None:
    """The platform that a wish names."""
    plain = context.lower()
    return next((name for name in PLATFORMS if re.search(rf"\b{name}\b", plain) and name != "generic"), None)
