"""What a prompt says that a picture shows, taken apart: who, doing what, in what clothes, where and when.

Only what is written counts. A caption may leave things out, and must not make any up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from studio.prompts import VIEW_WORDS, without_weights
from studio.writing import lexicon

_TAG = re.compile(r"<[^<>]*>")
_SPLIT = re.compile(r"[,;\n|]+|\.(?=\s|$)")
_LEAD = re.compile(
    r"^(?:(?:a|an|the|one)\s+)?(?:[a-z-]+\s+){0,2}?(photo(?:graph)?|picture|image|portrait|selfie|shot|snapshot|close-up|"
    r"illustration|drawing|painting|sketch|render(?:ing)?|depiction|scene|sheet|design|artwork|art)s?\s+"
    r"(?:of|showing|with|featuring)\s+",
    re.IGNORECASE,
)
_DRAWN = {"illustration": "illustration", "drawing": "drawing", "painting": "painting", "sketch": "sketch"}
_CLAUSE = re.compile(
    r"\b(wearing|dressed in|clad in|holding|carrying|wielding|with|without|in front of|inside|in|on top of|"
    r"on|at|by|near|next to|underneath|under|beneath|beside|against|before|behind|through|across|among|"
    r"between|above|over|along|around|from|into|outside|while|during|after)\s+",
    re.IGNORECASE,
)
_DOING = re.compile(r"(?<![\w-])([a-z]{2,}ing)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"^(a|an|the|her|his|their|its|my|some|one)\s+", re.IGNORECASE)
# Words that have no English article before them: those of other languages and scripts, numbers, signs.
_FOREIGN = re.compile(
    r"(?:eine?[nmrs]?|une?|una|uno|le|la|el|il|los|las|les|der|die|das)\s|[^a-z(]", re.IGNORECASE
)
_NOBODY = re.compile(
    r"^(?:the |a |an |this |same |my )*"
    r"(character|subject|figure|person|she|he|they|her|him|me|myself|i|someone|somebody|selfie|portrait|headshot)$",
    re.IGNORECASE,
)
_STYLE = re.compile(r"\b(?:style|art|aesthetic)\b", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"\s*\b(?:background|scenery|backdrop|setting|environment|interior)\b\s*", re.IGNORECASE
)
_VIEW = re.compile(
    r"^(?:the\s+)?(?:front|back|side|behind|above|below|viewer|camera|left|right|profile|view)\b",
    re.IGNORECASE,
)
_TUNING = re.compile(
    r"\b(?:quality|detailed?|resolution|focus|lighting|lens|f/\d|\d+mm|\dk|render|score_|artstation|bokeh)\b",
    re.IGNORECASE,
)
_LOOKS = re.compile(r"looking\s+(?:out|into|through|down|up|back|over)\b", re.IGNORECASE)
_MANNER = re.compile(
    r"\b(?:style|shot|view|angle|light|lights|lighting|selfie|aesthetic|vibes?|mood|look|colou?rs?|palette|tones?|camera|"
    r"composition|texture|build|photo|photograph|years? old)$",
    re.IGNORECASE,
)
# Words that make a place before them more exact.
_NARROWER = frozenset({"in", "on", "at", "near", "by", "under", "inside", "next to"})
_BY_ENDING = re.compile(r"(?:er|or|ist|ista|ian|ess|man|woman|boy|girl)$")
MAX_PART = 90
MAX_PLACE = 70


@dataclass(frozen=True)
class Scene:
    """The parts of a picture that its prompt names; places and times with the word before them."""

    who: str = ""
    is_person: bool = False
    wearing: tuple[str, ...] = ()
    holding: str = ""
    doing: str = ""
    place: str = ""
    when: str = ""
    mood: str = ""
    company: str = ""
    medium: str = ""
    looks: tuple[str, ...] = ()
    rest: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the picture."""
        named = (
            self.who,
            self.wearing,
            self.holding,
            self.doing,
            self.place,
            self.when,
            self.company,
            self.rest,
        )
        return not any(named)

    @property
    def words(self) -> str:
        """All of it as one text, to look for words in."""
        parts = (
            self.who,
            *self.wearing,
            self.holding,
            self.doing,
            self.place,
            self.when,
            self.company,
            *self.rest,
        )
        return " ".join(parts).lower()


def read(prompt: str, *, clothing: str = "", style: str = "", is_person: bool = False) -> Scene:
    """The scene that a prompt describes."""
    scene = Scene(is_person=is_person)
    plain = _TAG.sub(" ", without_weights(prompt))
    for part in _SPLIT.split(plain):
        scene = _with_part(scene, _tidy(part))
    for part in _SPLIT.split(without_weights(clothing)):
        if (worn := _tidy(part)) and not _is_tuning(worn):
            scene = _worn(scene, worn)
    if (medium := _medium(style)) and not scene.medium:
        scene = replace(scene, medium=medium)
    if scene.wearing or scene.looks or _is_somebody(scene.who):
        scene = replace(scene, is_person=True)
    return scene


def bare(phrase: str) -> str:
    """A phrase without its article."""
    return _ARTICLE.sub("", phrase)


def with_article(phrase: str) -> str:
    """A phrase with the article that it needs."""
    if not phrase or _ARTICLE.match(phrase) or _FOREIGN.match(phrase) or re.match(r"[A-Z][a-z]", phrase):
        return phrase
    head = _head(phrase)
    if head in lexicon.MASS or (head.endswith("s") and not head.endswith(("ss", "us", "dress"))):
        return phrase
    is_open = phrase[0].lower() in "aeio" or re.match(r"u(?!n[ai]|s[ae])", phrase, re.IGNORECASE)
    return f"{'an' if is_open else 'a'} {phrase}"


def _tidy(part: str) -> str:
    return re.sub(r"\s+", " ", part).strip(" .!?:\"'()[]{}*_-")


def _head(phrase: str) -> str:
    """The noun that a phrase is about: the last word before anything that hangs on it."""
    own = re.split(r"\s+(?:of|with|and|that|which|for|full)\s+", phrase.lower(), maxsplit=1)[0]
    words = re.findall(r"[\w'é-]+", own)
    return words[-1] if words else ""


def _is_in(phrase: str, words: frozenset[str]) -> bool:
    plain = bare(phrase.lower())
    return plain in words or _head(phrase) in words or " ".join(plain.split()[-2:]) in words


def _is_somebody(who: str) -> bool:
    words = re.findall(r"[\w-]+", re.split(r"\s+(?:of|with|and)\s+", who.lower())[0])
    if any(word in lexicon.PEOPLE for word in words):
        return True
    return bool(words) and _BY_ENDING.search(words[-1]) is not None and words[-1] not in lexicon.THINGS


def _is_tuning(part: str) -> bool:
    plain = part.lower()
    return (
        plain in lexicon.QUALITY
        or plain in VIEW_WORDS
        or _TUNING.search(plain) is not None
        or len(part) > MAX_PART * 4
    )


def _medium(words: str) -> str:
    plain = words.lower()
    return next(
        (name for word, name in lexicon.MEDIA.items() if re.search(rf"\b{re.escape(word)}\b", plain)), ""
    )


def _with_part(scene: Scene, part: str) -> Scene:
    if not part or _is_tuning(part):
        return scene
    if lead := _LEAD.match(part):
        if (drawn := _DRAWN.get(lead[1].lower())) and not scene.medium:
            scene = replace(scene, medium=drawn)
        part = part[lead.end() :]
    clauses = list(_CLAUSE.finditer(part))
    head = part[: clauses[0].start()] if clauses else part
    scene = _with_head(scene, _tidy(head), alone=not clauses)
    before = ""
    ends = [*(clause.start() for clause in clauses[1:]), len(part)]
    for clause, end in zip(clauses, ends, strict=False):
        rest = part[clause.end() : end]
        known = scene.place
        scene = _with_clause(scene, clause[1].lower(), _tidy(re.sub(r"\s+and$", "", rest.rstrip())), before)
        before = scene.place if scene.place != known else before
    return scene


def _with_head(scene: Scene, head: str, *, alone: bool) -> Scene:
    """What stands before the first preposition: somebody, or somebody and what they do."""
    if _NOBODY.match(head):
        return replace(scene, is_person=True)
    if not head or _is_tuning(head):
        return scene
    if (mood := lexicon.MOODS.get(head.lower())) is not None:
        return scene if scene.mood else replace(scene, mood=mood)
    doing = _doing_in(head)
    if doing is not None:
        scene = _done(scene, head[doing.start() :])
        head = _tidy(re.sub(r"\b(?:is|are|while|and)$", "", head[: doing.start()].rstrip()))
    head = _tidy(
        re.sub(r"\b(?:standing|posing|facing|looking|sitting|is|are)$", "", head, flags=re.IGNORECASE)
    )
    if head and _NOBODY.match(head):
        return replace(scene, is_person=True)
    if not head:
        return scene
    if len(head) > MAX_PART:
        return scene
    if not alone:
        return replace(scene, who=bare(head)) if not scene.who else scene
    return _with_phrase(scene, head)


def _doing_in(words: str) -> re.Match[str] | None:
    """Where words begin to tell what somebody does."""
    return next(
        (
            one
            for one in _DOING.finditer(words)
            if one[1].lower() not in lexicon.NOT_DOING or _LOOKS.match(words, one.start())
        ),
        None,
    )


def _also(scene: Scene, what: str) -> Scene:
    """Something more that is seen, unless it only says how the picture is taken."""
    if _MANNER.search(what) or " " not in what:
        return scene
    return replace(scene, rest=(*scene.rest, what))


def _with_phrase(scene: Scene, phrase: str) -> Scene:
    """A part that stands alone between commas."""
    if _is_in(phrase, lexicon.BODY):
        return replace(scene, looks=(*scene.looks, bare(phrase)))
    if not scene.who and _is_somebody(phrase):
        return replace(scene, who=bare(phrase))
    if _is_in(phrase, lexicon.GARMENTS):
        return _worn(scene, phrase)
    if _is_in(phrase, lexicon.TIMES):
        return scene if scene.when else replace(scene, when=_when(phrase))
    if (medium := _medium(phrase)) and (_STYLE.search(phrase) or phrase.lower() in lexicon.MEDIA):
        return scene if scene.medium else replace(scene, medium=medium)
    where = _tidy(_BACKGROUND.sub(" ", phrase))
    if where and (where != phrase or _is_in(where, lexicon.PLACES)) and scene.who:
        return scene if scene.place else replace(scene, place=_where(where))
    if not (scene.who or scene.is_person):
        return replace(scene, who=bare(phrase))
    return _also(scene, phrase)


def _with_clause(scene: Scene, word: str, what: str, before: str) -> Scene:
    """A preposition and what follows it; `before` is the place that the same part has named."""
    doing = _doing_in(what)
    if doing is not None and doing.start() > 0:
        return _done(_with_clause(scene, word, _tidy(what[: doing.start()]), before), what[doing.start() :])
    if not what or len(what) > MAX_PART or _NOBODY.match(what) or _is_tuning(what):
        return scene
    if word in {"wearing", "dressed in", "clad in"}:
        return _worn(scene, what)
    if word in {"holding", "carrying", "wielding"}:
        return scene if scene.holding else replace(scene, holding=with_article(what))
    if word == "with":
        return _accompanied(scene, what)
    if word == "while":
        return _with_head(scene, what, alone=True)
    if word == "without" or (word in {"from", "at", "before", "behind"} and _VIEW.match(what)):
        return scene
    if word in {"in", "during", "at", "after", "before", "under"} and _is_in(what, lexicon.TIMES):
        return scene if scene.when else replace(scene, when=f"{word} {what}")
    if word == "in" and _is_in(what, lexicon.GARMENTS) and not _is_in(what, lexicon.PLACES):
        return _worn(scene, what)
    if word == "in" and _STYLE.search(what):
        medium = _medium(what)
        return replace(scene, medium=medium) if medium and not scene.medium else scene
    where = f"{word} {with_article(what)}"
    if not scene.place:
        return replace(scene, place=where)
    if scene.place == before and word in _NARROWER and len(before) + len(where) < MAX_PLACE:
        return replace(scene, place=f"{before} {where}")
    return _also(scene, bare(what))


def _accompanied(scene: Scene, what: str) -> Scene:
    parts = [_tidy(one) for one in re.split(r"\s+and\s+", what)]
    for part in parts:
        if (mood := lexicon.MOODS.get(_head(part))) is not None:
            scene = replace(scene, mood=scene.mood or mood)
        elif _is_in(part, lexicon.BODY):
            scene = replace(scene, looks=(*scene.looks, bare(part)))
        elif _is_in(part, lexicon.GARMENTS):
            scene = _worn(scene, part)
        elif not scene.company:
            scene = replace(scene, company=f"with {with_article(part)}")
    return scene


def _done(scene: Scene, doing: str) -> Scene:
    plain = doing.lower()
    if (mood := lexicon.MOODS.get(plain)) is not None:
        return replace(scene, mood=scene.mood or mood)
    first, _, rest = doing.partition(" ")
    if (mood := lexicon.MOODS.get(first.lower())) is not None:
        scene = replace(scene, mood=scene.mood or mood)
        return _with_head(scene, re.sub(r"^and\s+", "", rest), alone=True) if rest else scene
    return (
        scene
        if scene.doing or len(doing) > MAX_PART
        else replace(scene, doing=f"{first.lower()}{' ' if rest else ''}{rest}")
    )


def _worn(scene: Scene, what: str) -> Scene:
    pieces = [_tidy(one) for one in re.split(r"\s+and\s+(?:a |an )?", what) if _tidy(one)]
    known = {bare(one).lower() for one in scene.wearing}
    fresh = [with_article(bare(one)) for one in pieces if bare(one).lower() not in known]
    return replace(scene, wearing=(*scene.wearing, *fresh))


def _where(phrase: str) -> str:
    first = "on" if _head(phrase) in lexicon.ON else "in"
    if phrase.lower() in {
        "woods",
        "mountains",
        "ruins",
        "hills",
        "park",
        "rain",
        "snow",
        "city",
        "kitchen",
        "garden",
    }:
        return f"{first} the {phrase}"
    return f"{first} {with_article(phrase)}"


def _when(phrase: str) -> str:
    plain = bare(phrase)
    if bare(phrase.lower()) in lexicon.AT or _head(phrase) in {
        "hour",
        "sunset",
        "sunrise",
        "dawn",
        "dusk",
        "night",
    }:
        return (
            f"at {plain}" if " " not in plain or plain.lower() in lexicon.AT else f"in {with_article(plain)}"
        )
    return f"in the {plain}"
