"""Words: what a person asks for, as the positive and negative text that a model of some family reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from studio.request import AvatarRequest, Framing, View

# figure: the embedded engine; tags: Stable Diffusion; sentences: Flux, Qwen; edit: a picture that is changed.
# panels: all views in one wide picture.
PromptStyle = Literal["figure", "tags", "sentences", "edit", "panels"]

VIEW_TAGS: dict[View, str] = {
    "front": "front view, facing the viewer, looking at viewer",
    "back": "from behind, back view, facing away",
    "side": "side view, profile, from the side",
    "quarter": "three-quarter view",
}
WRONG_VIEW_TAGS: dict[View, str] = {
    "front": "from behind, from side",
    "back": "face, looking at viewer, front view",
    "side": "facing the viewer, from behind",
    "quarter": "from behind",
}
VIEW_SENTENCES: dict[View, str] = {
    "front": "The character is seen straight from the front and looks at the viewer",
    "back": "The character is seen from behind; the back is turned to the viewer and the face cannot be seen",
    "side": "The character is seen exactly from the side, in profile",
    "quarter": "The character is seen in three-quarter view, turned halfway to the side",
}
EDIT_SENTENCES: dict[View, str] = {
    "front": "Turn the character so that it is seen straight from the front, looking at the viewer",
    "back": "Turn the character around so that it is seen from behind; the face cannot be seen",
    "side": "Turn the character so that it is seen exactly from the side, in profile",
    "quarter": "Turn the character halfway to the side, into three-quarter view",
}
FRAMING_TAGS: dict[Framing, str] = {
    "full": "solo, full body",
    "bust": "solo, upper body",
    "portrait": "solo, portrait, close-up, head and shoulders",
}
FRAMING_SENTENCES: dict[Framing, str] = {
    "full": "full body",
    "bust": "upper body down to the waist",
    "portrait": "portrait of head and shoulders",
}
PANEL_TAGS: dict[View, str] = {
    "front": "front view",
    "back": "from behind",
    "side": "side view",
    "quarter": "three-quarter view",
}
# What a person may write about the side that is shown, and the views that agree with it.
_SAID: tuple[tuple[tuple[View, ...], str], ...] = (
    (("front",), "front view|from the front|from front|facing viewer|facing the viewer|straight-on"),
    (("back",), "back view|rear view|from behind|from the back|from back|facing away|seen from behind"),
    (("side",), "side view|from the side|from side|profile|in profile|side profile|profile view"),
    (("quarter",), "three-quarter view|three quarter view|3/4 view|quarter view"),
)
VIEW_WORDS: dict[str, tuple[View, ...]] = {
    words: views for views, listed in _SAID for words in listed.split("|")
}

# The same inside a longer part: at its end, or before words that go on about the character.
_GOES_ON = (
    r"(?=$|\s+(?:with|wearing|in|at|on|looking|holding|standing|walking|sitting|and|while|before|against)\b)"
)
_PHRASES: tuple[tuple[View, str], ...] = (
    ("front", r"front view|from the front"),
    ("back", r"back view|rear view|from behind|from the back|from the rear|facing away"),
    ("side", r"side view|profile view|from the side|in profile"),
    ("quarter", r"three[- ]quarters? view|3/4 view"),
)
_IN_PHRASES: tuple[tuple[View, re.Pattern[str]], ...] = tuple(
    (view, re.compile(rf"\b(?:{words}){_GOES_ON}")) for view, words in _PHRASES
)
# What comes from behind or from the side here is not the look at the character.
_COMES_FROM = re.compile(
    r"\b(?:light|lit|lighting|glow|glowing|sun|sunlight|moonlight|rays|wind|smoke|fire|flames|arrows?|shining|"
    r"attacked|hugged|hugging|grabbed|stabbed|coming|approaching|peeking|emerging)\b[^,]*$"
)

# Where the eyes look: possible only from some sides.
GAZE_WORDS: dict[str, tuple[View, ...]] = dict.fromkeys(
    ("looking at viewer", "looking at the viewer", "eye contact"), ("front", "quarter")
)

QUALITY_TAGS = {False: "masterpiece, best quality, anime style", True: "RAW photo, realistic, detailed skin"}
FAMILY_QUALITY_TAGS: Mapping[str, dict[bool, str]] = {
    "sdxl-anime": {
        False: "masterpiece, best quality, absurdres, newest, anime style",
        True: "masterpiece, best quality, realistic, photo (medium)",
    },
    "pony": {
        False: "score_9, score_8_up, score_7_up, source_anime",
        True: "score_9, score_8_up, score_7_up, photo, realistic",
    },
    "sdxl": {False: "anime style, clean lines, highly detailed", True: "RAW photo, realistic, detailed skin"},
}
BAD_QUALITY_TAGS = {
    False: "lowres, bad anatomy, bad hands, extra digits, cropped, worst quality, jpeg artifacts, watermark",
    True: "painting, drawing, anime, cartoon, lowres, bad anatomy, bad hands, worst quality, watermark",
}
FAMILY_BAD_QUALITY_TAGS: Mapping[str, dict[bool, str]] = {
    "pony": {
        False: "score_4, score_5, score_6, bad anatomy, bad hands, extra digits, cropped, watermark",
        True: "score_4, score_5, score_6, source_anime, anime, cartoon, bad anatomy, bad hands, watermark",
    },
}
MEDIUM = {False: "An anime illustration", True: "A photograph"}
BAD_MEDIUM = {
    False: "blurry, deformed hands, extra fingers, cropped, watermark, text",
    True: "painting, drawing, anime, cartoon, blurry, deformed hands, extra fingers, watermark, text",
}

WEIGHTED = re.compile(r"(?<!\\)\(([^()]*?)(?::\s*-?\d*\.?\d+)?\)(?!\\)")
BARE_WEIGHT = re.compile(r"(?<!\\)[\[\]]")
ESCAPED = re.compile(r"\\([()])")


@dataclass(frozen=True)
class PromptText:
    """What goes into the two text encoders."""

    positive: str
    negative: str


def write(
    request: AvatarRequest,
    view: View,
    style: PromptStyle,
    family: str = "",
    *,
    posed: bool = False,
    from_front: bool = False,
) -> PromptText:
    """The texts for one view; the character's own words are the same in every view.

    For a model that changes a picture: `posed` says that it gets a skeleton too, `from_front` that the
    picture is our own front view, which has clothing and style already.
    """
    if request.kind == "media":
        # A picture of anything: words about a character and its view would get in the way.
        return PromptText(request.prompt, request.negative_prompt)
    if style == "figure":
        # The embedded engine takes view and style by number and name, so its words are the person's own.
        return PromptText(_join(request.prompt, request.clothing), request.negative_prompt)
    if style == "tags":
        return _tags(request, view, family)
    if style == "panels":
        return _panels(request, family)
    if style == "sentences":
        return _sentences(request, view)
    return _edit(request, view, posed=posed, from_front=from_front)


def view_asked_for(words: str) -> View | None:
    """The one view that words ask for; None if they ask for none, or for several."""
    found: set[View] = set()
    for part in re.split(r"[,;\n]+|\.(?=\s|$)", words):
        plain = _plain(part)
        if views := VIEW_WORDS.get(plain):
            found.update(views)
            continue
        for view, phrase in _IN_PHRASES:
            if any(not _COMES_FROM.search(plain[: one.start()]) for one in phrase.finditer(plain)):
                found.add(view)
    return found.pop() if len(found) == 1 else None


def without_weights(words: str) -> str:
    """The words for a model that takes brackets and numbers for text: `(red hat:1.2)` is `red hat`."""
    before = ""
    while before != words:
        before, words = words, WEIGHTED.sub(r"\1", words)
    return ESCAPED.sub(r"\1", BARE_WEIGHT.sub("", words))


def without_views(words: str, view: View) -> str:
    """The words without those parts that only name a side: each view says its own, and no other's."""
    return _keep(words, lambda part: part not in VIEW_WORDS and view in GAZE_WORDS.get(part, (view,)))


@dataclass(frozen=True)
class _Quality:
    leads: tuple[str, ...]
    ends: tuple[str, ...]
    bad: str


def _quality_tags(family: str, realism: bool) -> _Quality:
    good = FAMILY_QUALITY_TAGS.get(family, QUALITY_TAGS)[realism]
    bad = FAMILY_BAD_QUALITY_TAGS.get(family, BAD_QUALITY_TAGS)[realism]
    # Pony's scores act at the beginning.
    return _Quality((good,), (), bad) if family == "pony" else _Quality((), (good,), bad)


def _panels(request: AvatarRequest, family: str) -> PromptText:
    quality = _quality_tags(family, request.realism)
    character, clothing = (
        _keep(words, lambda part: part not in VIEW_WORDS and part not in GAZE_WORDS)
        for words in (request.prompt, request.clothing)
    )
    sides = ", ".join(PANEL_TAGS[view] for view in request.views)
    return PromptText(
        positive=_join(
            *quality.leads,
            "character sheet, multiple views of the same character, side by side in a row, full body",
            character,
            clothing,
            f"from left to right: {sides}",
            "simple white background",
            request.style,
            *quality.ends,
        ),
        negative=_join(request.negative_prompt, "different characters, different clothes", quality.bad),
    )


def _tags(request: AvatarRequest, view: View, family: str) -> PromptText:
    quality = _quality_tags(family, request.realism)
    character, clothing = (without_views(words, view) for words in (request.prompt, request.clothing))
    avoided = _without_own_view(request.negative_prompt, view)
    return PromptText(
        positive=_join(
            *quality.leads,
            FRAMING_TAGS[request.framing],
            character,
            clothing,
            VIEW_TAGS[view],
            request.style,
            *quality.ends,
        ),
        negative=_join(avoided, WRONG_VIEW_TAGS[view], quality.bad),
    )


def _sentences(request: AvatarRequest, view: View) -> PromptText:
    style = _clean(request.style, view)
    medium = f"{MEDIUM[request.realism]} of one character, {FRAMING_SENTENCES[request.framing]}"
    return PromptText(
        positive=_paragraph(
            f"{medium}, in the style of {style}" if style else medium,
            _clean(request.prompt, view),
            _labelled("Clothing", _clean(request.clothing, view)),
            VIEW_SENTENCES[view],
            "The background is plain",
        ),
        negative=_join(
            without_weights(_without_own_view(request.negative_prompt, view)),
            WRONG_VIEW_TAGS[view],
            BAD_MEDIUM[request.realism],
        ),
    )


def _edit(request: AvatarRequest, view: View, *, posed: bool, from_front: bool) -> PromptText:
    clothing, style = _clean(request.clothing, view), _clean(request.style, view)
    if from_front:
        clothing = style = ""
    return PromptText(
        positive=_paragraph(
            EDIT_SENTENCES[view],
            "Give it exactly the pose of the skeleton in the second picture" if posed else "",
            _labelled("The character is", _clean(request.prompt, view)),
            f"Change the clothing to {clothing}" if clothing else "Keep the clothing as it is",
            f"Draw it in the style of {style}" if style else "",
            "Keep the same person: hair, colours, body and proportions stay as in the picture"
            if view == "back"
            else "Keep the same person: face, hair, colours, body and proportions stay as in the picture",
            f"Show the {FRAMING_SENTENCES[request.framing]} before a plain background",
        ),
        negative=_join(
            without_weights(_without_own_view(request.negative_prompt, view)),
            WRONG_VIEW_TAGS[view],
            BAD_MEDIUM[request.realism],
        ),
    )


def _clean(words: str, view: View) -> str:
    return re.sub(r"\s+", " ", without_weights(without_views(words, view))).strip(" ,.")


def _without_own_view(words: str, view: View) -> str:
    """What is to be avoided, without the very view that is drawn and what this view avoids anyway."""
    anyway = WRONG_VIEW_TAGS[view].split(", ")
    return _keep(words, lambda part: view not in VIEW_WORDS.get(part, ()) and part not in anyway)


def _keep(words: str, is_kept: Callable[[str], bool]) -> str:
    """The parts between commas that are kept; words of which all are kept stay as they were typed."""
    parts = [part for part in re.split(r"\s*[,\n]\s*", words) if part]
    kept = [part for part in parts if is_kept(_plain(part))]
    return words if len(kept) == len(parts) else ", ".join(kept)


def _plain(part: str) -> str:
    return re.sub(r"\s+", " ", without_weights(part)).strip(" .").casefold()


def _labelled(label: str, words: str) -> str:
    return f"{label}: {words}" if words else ""


def _paragraph(*sentences: str) -> str:
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in (one.strip() for one in sentences) if text)


def _join(*parts: str) -> str:
    return ", ".join(part for part in (part.strip(", \n\t") for part in parts) if part)
