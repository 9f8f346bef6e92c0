"""Who writes: a kept character as a writer sees them, in words for a model and in numbers for the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.records.characters import Character

Tone = str
TONES: tuple[Tone, ...] = ("casual", "friendly", "professional", "humorous", "poetic", "short")
# Words that people use for a tone, each for the nearest one that the grammar knows.
_ALSO: dict[Tone, str] = {
    "casual": (
        "casual, relaxed, chill, laid-back, easygoing, everyday, natural, authentic, informal, "
        "conversational, cool"
    ),
    "friendly": (
        "friendly, warm, cheerful, positive, upbeat, enthusiastic, kind, supportive, inspirational, "
        "motivational, inspiring, happy, energetic, bubbly, excited, optimistic, engaging, playful, "
        "flirty"
    ),
    "professional": (
        "professional, formal, serious, business, informative, educational, expert, elegant, "
        "sophisticated, confident, authoritative, neutral, polished"
    ),
    "humorous": ("humorous, funny, witty, sarcastic, ironic, silly, comedic, cheeky, sassy, goofy"),
    "poetic": (
        "poetic, dreamy, romantic, lyrical, artistic, mysterious, thoughtful, philosophical, "
        "melancholic, creative, aesthetic, nostalgic, soulful, reflective, deep"
    ),
    "short": ("short, minimal, minimalist, concise, brief, punchy, simple, one-liner"),
}
_TONE_OF = {word.strip(): tone for tone, words in _ALSO.items() for word in words.split(",")}
STRONG = 0.7


@dataclass(frozen=True)
class Persona:
    """What of a character shows in what they write."""

    name: str = ""
    bio: str = ""
    age: int | None = None
    location: str = ""
    interests: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    style: str = ""  # of communication
    tone: str = ""  # of content
    temperature: float | None = None
    extroversion: float = 0.5
    creativity: float = 0.5
    humor: float = 0.5
    professionalism: float = 0.5
    authenticity: float = 0.5

    @property
    def is_nobody(self) -> bool:
        """Whether no character writes."""
        return not self.name


NOBODY = Persona()


def persona_of(character: Character | None) -> Persona:
    """A kept character as a writer."""
    if character is None:
        return NOBODY
    told = character.personality
    return Persona(
        name=character.name,
        bio=character.bio or "",
        age=character.age,
        location=character.location or "",
        interests=tuple(character.interests),
        topics=_list(told.get("preferred_topics")),
        style=str(told.get("communication_style") or ""),
        tone=str(told.get("content_tone") or ""),
        temperature=_number(told, "temperature"),
        **{name: _trait(told, name) for name in _TRAITS},
    )


_TRAITS = ("extroversion", "creativity", "humor", "professionalism", "authenticity")


def _trait(told: Mapping[str, Any], name: str) -> float:
    value = _number(told, name)
    return 0.5 if value is None else min(1.0, max(0.0, value))


def _number(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value if str(one).strip()) if isinstance(value, list | tuple) else ()


def tone_of(asked: str | None, persona: Persona) -> Tone:
    """The tone of the grammar for a wish, or for a character's own manner where none is said."""
    for wish in (asked, persona.tone, persona.style):
        for word in (wish or "").lower().replace("/", " ").replace(",", " ").split():
            if tone := _TONE_OF.get(word):
                return tone
    traits = {
        "humorous": persona.humor,
        "professional": persona.professionalism,
        "poetic": persona.creativity,
    }
    tone, strength = max(traits.items(), key=lambda item: item[1])
    return tone if strength >= STRONG else "friendly"


def in_words(persona: Persona) -> str:
    """The character for a model's system message."""
    lines = [f"You are {persona.name} and write as this person, in the first person."]
    facts = [f"You are {persona.age} years old." if persona.age is not None else ""]
    facts += [f"You live in {persona.location}." if persona.location else ""]
    facts += [f"About you: {persona.bio.strip()}" if persona.bio else ""]
    facts += [f"Your interests: {', '.join(persona.interests)}." if persona.interests else ""]
    facts += [f"You like to write about: {', '.join(persona.topics)}." if persona.topics else ""]
    facts += [f"Your tone is {persona.tone}." if persona.tone else ""]
    facts += [f"Your way of talking is {persona.style}." if persona.style else ""]
    manner = [_manner(name, getattr(persona, name)) for name in _TRAITS]
    if any(manner):
        facts.append(f"You come across as {', '.join(one for one in manner if one)}.")
    lines += [one for one in facts if one]
    lines.append(
        "Never say that you are a model or an assistant, and write nothing but the text that is asked for."
    )
    return "\n".join(lines)


_MANNERS = {
    "extroversion": ("reserved", "outgoing"),
    "creativity": ("down to earth", "imaginative"),
    "humor": ("earnest", "funny"),
    "professionalism": ("informal", "professional"),
    "authenticity": ("polished", "honest and unvarnished"),
}


def _manner(name: str, value: float) -> str:
    low, high = _MANNERS[name]
    return high if value >= STRONG else low if value <= 1 - STRONG else ""
