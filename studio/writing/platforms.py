"""What a post is on each platform, as data: its length, its usual hashtags, whether emoji are usual."""

from __future__ import annotations

from dataclasses import dataclass

from studio.errors import StudioError
from studio.writing.lengths import Measure, letters, weighted


@dataclass(frozen=True)
class Platform:
    """The habits of one platform."""

    name: str
    title: str
    most: int  # characters of a post
    usual: int  # of a post that people read to its end
    hashtags: int  # usual number
    most_hashtags: int
    emoji: bool
    camel: bool = False  # hashtags with capitals inside
    measure: Measure = letters


PLATFORMS: dict[str, Platform] = {
    one.name: one
    for one in (
        Platform("instagram", "Instagram", 2200, 220, 5, 30, emoji=True),
        Platform("facebook", "Facebook", 63_206, 200, 1, 5, emoji=True),
        Platform("twitter", "X (Twitter)", 280, 200, 1, 3, emoji=False, measure=weighted),
        Platform("tiktok", "TikTok", 2200, 150, 4, 10, emoji=True),
        Platform("youtube", "YouTube", 5000, 300, 3, 15, emoji=False),
        Platform("linkedin", "LinkedIn", 3000, 300, 3, 5, emoji=False, camel=True),
        Platform("threads", "Threads", 500, 200, 1, 1, emoji=False),
        Platform("pinterest", "Pinterest", 500, 200, 3, 10, emoji=False),
        Platform("snapchat", "Snapchat", 250, 80, 0, 3, emoji=True),
        Platform("telegram", "Telegram", 1024, 250, 1, 5, emoji=True),
        Platform("onlyfans", "OnlyFans", 1000, 200, 0, 3, emoji=True),
        Platform("generic", "any platform", 5000, 220, 0, 10, emoji=False),
    )
}
ALSO = {
    "x": "twitter",
    "insta": "instagram",
    "ig": "instagram",
    "fb": "facebook",
    "yt": "youtube",
    "": "generic",
}
DEFAULT = "instagram"


def platform(name: str | None) -> Platform:
    """A platform by its name; refused if it is none that is known."""
    plain = (name or DEFAULT).strip().lower().replace(" ", "").replace("_", "")
    found = PLATFORMS.get(ALSO.get(plain, plain))
    if found is None:
        raise StudioError("platform_unknown", platform=plain[:40], known=", ".join(PLATFORMS))
    return found
