"""Everyday places: the words that lead to them, the hour, and a figure that stays as it is before them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from studio.engine.figure import Camera, DrawRequest, Picture, draw
from studio.engine.figure.backdrop import backdrop
from studio.engine.figure.keys import STYLES
from studio.engine.figure.spec import Background
from studio.engine.figure.words import parse
from studio.engine.figure.words.scenes import INDOORS, SCENES, WITHIN

ROOT = Path(__file__).parents[1]
COLOURS = {scene.kind: (scene.top, scene.bottom) for scene in SCENES}
NIGHT, DUSK = COLOURS["night_sky"][0], COLOURS["sunset"][0]
PLACES = (*WITHIN, "neon_city", "beach", "mountains")


def painted(
    kind: str, sky: tuple[int, int, int] | None = None, size: int = 128, ground: float = 0.91
) -> np.ndarray:
    """A place by itself, in its own colours or under another sky."""
    top, bottom = COLOURS[kind]
    return backdrop(Background(kind, sky or top, bottom), size, size, size * ground, 3)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("woman in a coffee shop", "cafe"),
        ("sitting at a café, indoors", "cafe"),
        ("in a cozy cafe on a busy street", "cafe"),
        ("working out at the gym", "gym"),
        ("man at the office, at a desk", "office"),
        ("cooking in the kitchen", "kitchen"),
        ("in her bedroom, interior", "bedroom"),
        ("on the couch in the living room", "living_room"),
        ("standing in front of a bookstore", "bookshop"),
        ("having dinner at a restaurant", "restaurant"),
        ("walking down a city street", "street"),
        ("in the park, blue sky, summer", "park"),
        ("by the pool, outdoors", "pool"),
        ("rooftop, city skyline in the background", "rooftop"),
        ("at the airport", "airport"),
        ("on a train", "train"),
        ("at a concert", "concert"),
        ("photo studio, softbox lights", "photo_studio"),
        ("in a flower garden", "garden"),
        ("walking down the street in winter", "snow_street"),
        ("bathroom mirror", "bathroom"),
        ("trying on shoes in a boutique", "boutique"),
        ("lying on her bed", "bedroom"),
        ("singer on stage, concert", "concert"),
        ("studio portrait, softbox lighting", "photo_studio"),
        ("beach, summer", "beach"),
    ],
)
def test_what_people_say_leads_to_the_place(words: str, kind: str) -> None:
    said = parse(f"young woman, {words}", seed=1)
    assert said.spec.background.kind == kind
    known = {scene.kind: scene.words for scene in SCENES}[kind]
    assert not {phrase for phrase in said.not_drawn if phrase in known}


KEPT = {
    "room": "room, indoors, house, tavern, inn, interior, cozy room, workshop, laboratory, hospital",
    "meadow": "meadow, field, outdoors, nature, spring, summer, farm, flower field, countryside",
    "city": "city, skyline, downtown, urban, cityscape, town square",
    "neon_city": "neon city, neon street, city at night, neon lights",
    "stage": "stage, spotlight, stage lights",
    "studio": "studio, studio background, studio lighting, studio backdrop",
    "library": "library, bookshelf, study room",
    "school": "school, classroom, campus",
    "village": "village, market, marketplace",
    "plain": "plain background, simple background, no background, blank background",
    "gradient": "blurred background, bokeh background",
    "transparent": "transparent background, cutout",
}


@pytest.mark.parametrize("kind", KEPT)
def test_words_that_meant_another_scene_still_do(kind: str) -> None:
    for phrase in KEPT[kind].split(", "):
        assert parse(f"young woman, {phrase}").spec.background.kind == kind, phrase


def test_words_for_places_take_nothing_from_words_for_things() -> None:
    assert [item.kind for item in parse("woman with a club and a rose").spec.items] == ["mace", "flower"]
    assert parse("woman in a coffee dress").spec.background.kind == "gradient"
    assert parse("wedding dress with a long train").spec.background.kind == "gradient"
    assert parse("woman walking in the park").spec.pose.name == "walk"
    assert parse("somebody on her bed").spec.build.presentation == "feminine"


def test_a_place_is_turned_away_by_the_negative_words() -> None:
    assert parse("young woman, coffee shop", "coffee shop").spec.background.kind == "gradient"
    assert parse("young woman, no background", "coffee shop").spec.background.kind == "plain"


@pytest.mark.parametrize("kind", [kind for kind in PLACES if kind not in ("concert", "neon_city")])
def test_places_know_the_hour(kind: str) -> None:
    day, dusk, night = painted(kind), painted(kind, DUSK), painted(kind, NIGHT)
    assert night.mean() < 0.8 * day.mean()
    assert (dusk[..., 0] - dusk[..., 2]).mean() > (day[..., 0] - day[..., 2]).mean() + 0.03


def test_winter_stays_outside() -> None:
    assert parse("coffee shop in winter").spec.background == parse("coffee shop").spec.background
    assert parse("park in winter").spec.background.bottom == COLOURS["snow"][1]
    assert {"cafe", "gym", "train"} <= INDOORS


@pytest.mark.parametrize("framing", ["full", "bust", "portrait"])
def test_the_figure_is_the_same_before_every_place(framing: str) -> None:
    def shown(place: str, transparent: bool = False) -> Picture:
        words = f"young woman, short red hair, green coat, {place}"
        camera = Camera(0.0, 0.0, framing)  # type: ignore[arg-type]
        return draw(DrawRequest(words, seed=3, width=96, height=128, camera=camera, transparent=transparent))

    alone = shown("plain background", transparent=True).rgba
    inside = alone[..., 3] == 255
    for place in ("coffee shop", "gym at night", "street at sunset", "pool", "photo studio"):
        assert (shown(place).rgba[inside] == alone[inside]).all(), place


def test_places_are_told_apart_in_small_pictures_of_a_face() -> None:
    # Where the face leaves room: the outer thirds, above the shoulders.
    seen = {kind: np.delete(painted(kind, ground=4.1)[:96], np.s_[40:88], 1) for kind in PLACES}
    kinds = [*seen]
    alike = [
        (a, b)
        for at, a in enumerate(kinds)
        for b in kinds[at + 1 :]
        if float((np.abs(seen[a] - seen[b]).max(-1) > 0.08).mean()) < 0.35
    ]
    assert alike == []


@pytest.mark.parametrize("ground", [0.91, 4.1])
def test_a_place_is_as_light_in_every_size(ground: float) -> None:
    for kind in ("cafe", "street", "mountains"):
        shades = [float(painted(kind, size=size, ground=ground).mean()) for size in (96, 160, 256, 400)]
        assert max(shades) < 1.06 * min(shades), (kind, shades)


def test_near_cameras_see_the_place_softly() -> None:
    def edges(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture, axis=1)).max(-1).max())

    assert edges(painted("office", size=256, ground=4.1)) < 0.6 * edges(painted("office", size=256))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_shows_the_place(style: str) -> None:
    def shown(place: str) -> np.ndarray:
        words = f"young woman, {place}"
        return draw(DrawRequest(words, seed=3, width=96, height=96, style=style)).rgba[..., :3].astype(int)

    differs = np.abs(shown("coffee shop") - shown("gym")).max(-1) > 4
    # Watercolours leave the paper white around a wash, and sketches keep what is behind faint.
    assert differs.mean() > {"watercolor": 0.05, "concept_grey": 0.2, "ink": 0.2}.get(style, 0.5)


def test_the_same_seed_paints_the_same_place() -> None:
    for kind in ("bookshop", "rooftop", "street"):
        assert np.array_equal(painted(kind), painted(kind))


def test_every_scene_is_documented() -> None:
    table = (ROOT / "docs" / "figure.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)`", table))
    assert {scene.kind for scene in SCENES} - named == set()
