"""What language models write: how they are asked, and their answers within the bounds that were set."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.errors import StudioError
from studio.writing import grammar, hashtags, replies
from studio.writing.asked import MAX_TOKENS, USUAL_TEMPERATURE, Order, Text
from studio.writing.grammar import Post
from studio.writing.lengths import fitted
from studio.writing.persona import NOBODY, Persona, in_words
from studio.writing.platforms import Platform
from studio.writing.results import Described, Written
from studio.writing.scene import Scene
from studio.writing.subject import Subject
from studio.writing.writer import Server, Writer, asking

WRITER = "You write for social media. Write nothing but the text that is asked for, without quotes around it."
_ONLY = "Say nothing of the picture that is not told here or seen in it."
_UNSEEN = "Nothing is known of this picture, and the model {model} does not see pictures."


@dataclass(frozen=True)
class Wanted:
    """A text that a model is to write."""

    text: str
    wish: str
    at: Platform
    most: int
    has_tags: bool
    model: str | None
    seed: int | None


def asked(
    writer: Writer,
    server: Server,
    model: str,
    messages: tuple,
    persona: Persona,
    max_tokens: int,
    temperature: float | None = None,
    seed: int | None = None,
) -> Text:
    """What a model says to some messages, as warm as they or the persona want it."""
    warmth = temperature if temperature is not None else persona.temperature
    warmth = USUAL_TEMPERATURE if warmth is None else min(2.0, max(0.0, warmth))
    order = Order(messages, model, min(MAX_TOKENS, max_tokens), warmth, seed)
    return writer.write(server, order)


def written(
    writer: Writer,
    wanted: Wanted,
    persona: Persona,
    notes: list[str],
    subject: Subject | None = None,
    scene: Scene | None = None,
) -> Written | None:
    """What a model writes; nothing, and a note that says why, when it cannot."""
    try:
        server, name = writer.choose(wanted.model)
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
        answer = asked(writer, server, name, messages, persona, max(300, wanted.most), seed=wanted.seed)
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


def described(
    writer: Writer,
    subject: Subject,
    scene: Scene,
    persona: Persona,
    model: str | None,
    at: Platform,
    most: int,
    max_tags: int,
    notes: list[str],
) -> Described | None:
    """A picture in a model's words; nothing, and a note that says why, when it cannot."""
    try:
        server, name = writer.choose(model)
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
        answer = asked(writer, server, name, asking(WRITER, text, shown), NOBODY, 400, 0.3)
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
