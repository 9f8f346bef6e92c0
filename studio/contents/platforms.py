"""What platforms show and take, as data: shapes, sizes, formats, bytes and seconds, each with its date.

Limits are those of the platforms' publishing APIs; shapes and sizes are what their own guides recommend.
Where a platform publishes none, `facts` says so, and the numbers are those of its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from studio.errors import StudioError

MB = 1024 * 1024
Purpose = Literal["post", "story", "reel", "short", "message"]


@dataclass(frozen=True)
class Shape:
    """A form in which something is shown."""

    name: str
    ratio: tuple[int, int]
    width: int  # as large as the platform shows it
    height: int

    @property
    def aspect_ratio(self) -> str:
        """Width to height, as people write it."""
        return f"{self.ratio[0] / 100:g}:1" if self.ratio[1] == 100 else f"{self.ratio[0]}:{self.ratio[1]}"


SQUARE = Shape("square", (1, 1), 1080, 1080)
PORTRAIT = Shape("portrait", (4, 5), 1080, 1350)
LANDSCAPE = Shape("landscape", (191, 100), 1080, 566)
LINK = Shape("landscape", (191, 100), 1200, 628)
WIDE = Shape("wide", (16, 9), 1920, 1080)
VERTICAL = Shape("vertical", (9, 16), 1080, 1920)
TALL = Shape("tall", (2, 3), 1000, 1500)


@dataclass(frozen=True)
class Platform:
    """One place of a platform where something is posted."""

    name: str
    title: str
    shapes: tuple[Shape, ...]  # the first one is used unless another is asked for
    max_bytes: int  # of a picture
    max_duration_s: float | None  # of a video; None: it takes none
    max_video_bytes: int | None
    as_of: str
    facts: str  # where the numbers are from
    purpose: Purpose = "post"
    writing: str = ""  # whose habits of writing its captions follow
    min_duration_s: float = 0.0
    min_width: int = 320
    formats: tuple[str, ...] = field(default=("JPEG",))  # the first one is written

    def shape(self, wanted: str | None) -> Shape:
        """The shape by its name or ratio; the usual one where none is asked for."""
        if wanted is None or not wanted.strip():
            return self.shapes[0]
        plain = ALSO.get(wanted.strip().lower(), wanted.strip().lower())
        for shape in self.shapes:
            if plain in (shape.name, shape.aspect_ratio):
                return shape
        known = ", ".join(dict.fromkeys(shape.name for shape in self.shapes))
        raise StudioError("shape_unknown", shape=wanted[:40], platform=self.title, known=known)


# Other words for shapes.
ALSO = {
    "1x1": "square",
    "4x5": "portrait",
    "horizontal": "landscape",
    "story": "vertical",
    "reel": "vertical",
    "short": "vertical",
    "9x16": "vertical",
    "16x9": "wide",
    "widescreen": "wide",
    "2x3": "tall",
    "pin": "tall",
}
_NAMES = {"x": "twitter", "insta": "instagram", "ig": "instagram", "fb": "facebook", "yt": "youtube"}
_META = "developers.facebook.com/docs/instagram-platform (IG User Media)"
_X = "docs.x.com/x-api/media (best practices)"

PLATFORMS: dict[str, Platform] = {
    one.name: one
    for one in (
        Platform(
            name="instagram",
            title="Instagram",
            shapes=(PORTRAIT, SQUARE, LANDSCAPE),
            max_bytes=8 * MB,
            max_duration_s=900,
            max_video_bytes=300 * MB,
            as_of="2025",
            facts=_META,
            min_duration_s=3,
        ),
        Platform(
            name="instagram_story",
            title="Instagram story",
            shapes=(VERTICAL,),
            max_bytes=8 * MB,
            max_duration_s=60,
            max_video_bytes=100 * MB,
            as_of="2025",
            facts=_META,
            purpose="story",
            writing="instagram",
            min_duration_s=3,
        ),
        Platform(
            name="instagram_reel",
            title="Instagram reel",
            shapes=(VERTICAL,),
            max_bytes=8 * MB,
            max_duration_s=900,
            max_video_bytes=300 * MB,
            as_of="2025",
            facts=_META,
            purpose="reel",
            writing="instagram",
            min_duration_s=3,
        ),
        Platform(
            name="twitter",
            title="X (Twitter)",
            shapes=(Shape("wide", (16, 9), 1600, 900), SQUARE, PORTRAIT, LINK),
            max_bytes=5 * MB,
            max_duration_s=140,
            max_video_bytes=512 * MB,
            as_of="2025",
            facts=_X,
            min_duration_s=0.5,
            formats=("JPEG", "PNG", "WEBP"),
        ),
        Platform(
            name="facebook",
            title="Facebook",
            shapes=(PORTRAIT, SQUARE, LINK),
            max_bytes=4 * MB,
            max_duration_s=14_400,
            max_video_bytes=4096 * MB,
            as_of="2025",
            facts="developers.facebook.com/docs/graph-api (Page photos, videos)",
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="facebook_story",
            title="Facebook story",
            shapes=(VERTICAL,),
            max_bytes=4 * MB,
            max_duration_s=60,
            max_video_bytes=1024 * MB,
            as_of="2025",
            facts="developers.facebook.com/docs/page-stories-api",
            purpose="story",
            writing="facebook",
            min_duration_s=3,
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="facebook_reel",
            title="Facebook reel",
            shapes=(VERTICAL,),
            max_bytes=4 * MB,
            max_duration_s=90,
            max_video_bytes=1024 * MB,
            as_of="2025",
            facts="developers.facebook.com/docs/video-api/guides/reels-publishing",
            purpose="reel",
            writing="facebook",
            min_duration_s=3,
            min_width=540,
        ),
        Platform(
            name="tiktok",
            title="TikTok",
            shapes=(VERTICAL, SQUARE),
            max_bytes=20 * MB,
            max_duration_s=600,
            max_video_bytes=4096 * MB,
            as_of="2025",
            facts="developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
            purpose="reel",
            min_duration_s=3,
            min_width=360,
            formats=("JPEG", "WEBP"),
        ),
        Platform(
            name="youtube",
            title="YouTube",
            shapes=(WIDE, SQUARE),
            max_bytes=2 * MB,  # of a thumbnail
            max_duration_s=43_200,
            max_video_bytes=256 * 1024 * MB,
            as_of="2025",
            facts="support.google.com/youtube/answer/71673 and 72431",
            min_width=640,
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="youtube_short",
            title="YouTube Short",
            shapes=(VERTICAL, SQUARE),
            max_bytes=2 * MB,
            max_duration_s=180,
            max_video_bytes=256 * 1024 * MB,
            as_of="2025",
            facts="support.google.com/youtube/answer/15424877",
            purpose="short",
            writing="youtube",
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="linkedin",
            title="LinkedIn",
            shapes=(LINK, SQUARE, PORTRAIT),
            max_bytes=8 * MB,
            max_duration_s=1800,
            max_video_bytes=500 * MB,
            as_of="2025",
            facts="learn.microsoft.com/linkedin/marketing (Images API, Videos API)",
            min_duration_s=3,
            min_width=400,
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="pinterest",
            title="Pinterest",
            shapes=(TALL, SQUARE, VERTICAL),
            max_bytes=20 * MB,
            max_duration_s=900,
            max_video_bytes=2048 * MB,
            as_of="2025",
            facts="help.pinterest.com/business/article/pinterest-product-specs",
            min_duration_s=4,
            min_width=600,
            formats=("JPEG", "PNG", "WEBP"),
        ),
        Platform(
            name="threads",
            title="Threads",
            shapes=(PORTRAIT, SQUARE, VERTICAL),
            max_bytes=8 * MB,
            max_duration_s=300,
            max_video_bytes=1024 * MB,
            as_of="2025",
            facts="developers.facebook.com/docs/threads/overview",
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="snapchat",
            title="Snapchat",
            shapes=(VERTICAL,),
            max_bytes=5 * MB,
            max_duration_s=60,
            max_video_bytes=300 * MB,
            as_of="2025",
            facts="businesshelp.snapchat.com (ad specifications)",
            purpose="story",
            min_duration_s=3,
            formats=("JPEG", "PNG"),
        ),
        Platform(
            name="telegram",
            title="Telegram",
            shapes=(Shape("portrait", (4, 5), 1024, 1280), SQUARE, Shape("wide", (16, 9), 1280, 720)),
            max_bytes=10 * MB,
            max_duration_s=3600,
            max_video_bytes=50 * MB,
            as_of="2025",
            facts="core.telegram.org/bots/api (sendPhoto, sendVideo); it asks for no shape",
            purpose="message",
        ),
        Platform(
            name="onlyfans",
            title="OnlyFans",
            shapes=(PORTRAIT, SQUARE, VERTICAL),
            max_bytes=8 * MB,
            max_duration_s=3600,
            max_video_bytes=4096 * MB,
            as_of="2025",
            facts="it publishes none",
            formats=("JPEG", "PNG"),
        ),
    )
}


def platform(name: str) -> Platform:
    """A platform by its name; refused if it is none that is known."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    found = PLATFORMS.get(_NAMES.get(plain, plain))
    if found is None:
        raise StudioError("platform_unknown", platform=name[:40], known=", ".join(PLATFORMS))
    return found


def taking(content_type: str, duration_s: float | None = None) -> tuple[Platform, ...]:
    """The platforms that show such a thing; a video that is too short for one is none for it."""
    if content_type == "image":
        return tuple(PLATFORMS.values())
    if content_type != "video":
        return ()
    return tuple(
        one
        for one in PLATFORMS.values()
        if one.max_duration_s is not None and (duration_s is None or duration_s >= one.min_duration_s)
    )
