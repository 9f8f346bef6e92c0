"""Words: what a person asks for, as the positive and negative text that a model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.request import AvatarRequest, View

PromptStyle = Literal["figure", "tags"]

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
QUALITY_TAGS = {False: "masterpiece, best quality, anime style", True: "RAW photo, realistic, detailed skin"}
BAD_QUALITY_TAGS = {
    False: "lowres, bad anatomy, bad hands, extra digits, cropped, worst quality, jpeg artifacts, watermark",
    True: "painting, drawing, anime, cartoon, lowres, bad anatomy, bad hands, worst quality, watermark",
}


@dataclass(frozen=True)
class PromptText:
    """What goes into the two text encoders."""

    positive: str
    negative: str


def write(request: AvatarRequest, view: View, style: PromptStyle) -> PromptText:
    """The texts for one view; the character's own words are the same in every view."""
    if style == "figure":
        # The embedded engine takes view and style by number and name, so its words are the person's own.
        return PromptText(_join(request.prompt, request.clothing), request.negative_prompt)
    return PromptText(
        positive=_join(
            *("solo, full body", request.prompt, request.clothing, VIEW_TAGS[view], request.style),
            QUALITY_TAGS[request.realism],
        ),
        negative=_join(request.negative_prompt, WRONG_VIEW_TAGS[view], BAD_QUALITY_TAGS[request.realism]),
    )


def _join(*parts: str) -> str:
    return ", ".join(part for part in (part.strip(", \n\t") for part in parts) if part)
