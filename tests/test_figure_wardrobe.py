"""Every garment, item, feature, hair style and beard of the vocabulary makes sound geometry."""

from __future__ import annotations

import numpy as np
import pytest

from studio.engine.figure import features, garments, hair, items
from studio.engine.figure.garments import notions
from studio.engine.figure.garments.tailor import Tailor
from studio.engine.figure.hair import add_beard, add_hair
from studio.engine.figure.keys import BEARDS, HAIR_LENGTHS, HAIR_STYLES
from studio.engine.figure.palette import Paint
from studio.engine.figure.shape.field import pack
from studio.engine.figure.spec import Build, Feature, Garment, Hair, Item, Spec
from studio.engine.figure.words.garments import GARMENTS
from studio.engine.figure.words.items import ITEMS
from studio.engine.figure.workshop import Workshop

RED, GOLD = (200, 40, 40), (220, 180, 80)


def check(shop: Workshop, at_least: int = 1) -> None:
    """All parts have finite points, unit normals, faces within range, and weights that add up to one."""
    assert len(shop.parts) >= at_least
    assert shop.not_drawn == []
    for part in shop.parts:
        mesh = part.mesh
        assert np.isfinite(mesh.points).all()
        assert np.isfinite(mesh.surface).all()
        assert np.abs(mesh.points).max() < 4.0
        assert mesh.faces.min() >= 0
        assert mesh.faces.max() < len(mesh.points)
        length = np.linalg.norm(mesh.normals[np.unique(mesh.faces)], axis=1)
        assert length.max() < 1.01
        # A tip where a ring shrinks to a point has no normal of its own.
        assert (length > 0.999).mean() > 0.80
        assert part.weights.sum(1) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("kind", sorted(GARMENTS))
def test_garments(kind: str) -> None:
    word = GARMENTS[kind]
    worn = Garment(
        kind, word.slot, word.layer, RED, word.material, GOLD, length=word.length, sleeve=word.sleeve
    )
    shop = Workshop(Spec(build=Build(presentation="feminine"), garments=(worn,)))
    garments.add_garments(shop)
    check(shop)
    colours = {part.paint.colour for part in shop.parts}
    assert RED in colours or kind in {"chef_jacket", "space_helmet", "samurai_armor"}


@pytest.mark.parametrize("kind", sorted(ITEMS))
def test_items(kind: str) -> None:
    word = ITEMS[kind]
    shop = Workshop(Spec(items=(Item(kind, RED, word.material, word.where),)))
    items.add_items(shop)
    check(shop)


@pytest.mark.parametrize(
    "where", ["right_hand", "left_hand", "both_hands", "back", "left_hip", "shoulder", "floating"]
)
def test_a_sword_can_be_carried_anywhere(where: str) -> None:
    shop = Workshop(Spec(items=(Item("sword", RED, "steel", where),)))
    items.add_items(shop)
    check(shop, 2)


@pytest.mark.parametrize("kind", sorted(features.kinds()))
def test_features(kind: str) -> None:
    for variant in (None, "ram", "dragon", "fox", "wolf", "rabbit", "demon", "bat", "fairy", "mechanical"):
        shop = Workshop(Spec(features=(Feature(kind, RED, variant),)))
        features.add_features(shop)
        check(shop)
        if kind not in ("horns", "tail", "wings"):
            break


@pytest.mark.parametrize("style", [style for style in HAIR_STYLES if style != "bald"])
def test_hair(style: str) -> None:
    for length in HAIR_LENGTHS[1:]:
        shop = Workshop(Spec(hair=Hair(style, length, RED, GOLD, "highlights")))
        add_hair(shop)
        check(shop)


def test_bald_heads_have_no_hair() -> None:
    shop = Workshop(Spec(hair=Hair("bald")))
    add_hair(shop)
    assert shop.parts == []


def test_longer_hair_reaches_lower() -> None:
    lows = []
    for length in ("short", "medium", "long", "very_long"):
        shop = Workshop(Spec(hair=Hair("straight", length)))
        add_hair(shop)
        lows.append(min(part.mesh.points[:, 1].min() for part in shop.parts))
    assert lows == sorted(lows, reverse=True)
    assert lows[0] > -0.2
    assert lows[-1] < -2.0


@pytest.mark.parametrize("beard", [beard for beard in BEARDS if beard not in ("none", "stubble")])
def test_beards(beard: str) -> None:
    shop = Workshop(Spec(hair=Hair("bald", beard=beard)))
    add_beard(shop)
    check(shop)


@pytest.mark.parametrize("second_where", ["tips", "roots", "split", "streak", "highlights"])
def test_a_second_hair_colour_is_seen(second_where: str) -> None:
    shop = Workshop(Spec(hair=Hair("straight", "long", RED, GOLD, second_where)))
    add_hair(shop)
    paints = [part.paint for part in shop.parts]
    assert any(GOLD in (paint.colour, paint.tip) for paint in paints)
    assert any(RED in (paint.colour, paint.tip) for paint in paints)


def test_a_hat_presses_the_hair_flat() -> None:
    def highest(worn: tuple[Garment, ...]) -> float:
        shop = Workshop(Spec(hair=Hair("spiky", "long"), garments=worn))
        add_hair(shop)
        return max(part.mesh.points[:, 1].max() for part in shop.parts)

    assert highest((Garment("beanie", "head", 5, RED),)) < 1.08 < highest(())


def test_every_registered_name_is_a_key_that_people_can_say() -> None:
    for names in (garments.kinds(), items.kinds(), features.kinds(), hair.styles()):
        assert all(name == name.lower() and " " not in name for name in names)


def _tailor(kind: str) -> Tailor:
    word = GARMENTS[kind]
    worn = Garment(kind, word.slot, word.layer, RED, word.material, GOLD)
    return Tailor(Workshop(Spec(garments=(worn,))), worn, Paint(RED), {kind})


@pytest.mark.parametrize("size", [0.55, 1.0, 1.25])
def test_a_collar_lies_clear_of_the_cloth_below_it(size: float) -> None:
    tailor = _tailor("shirt")
    tailor.shell(0.9, 0.468, neck="v")
    notions.collar(tailor, size=size)
    assert tailor.sewn is not None
    assert tailor.sewn.at(tailor.shop.parts[-1].mesh.points).min() > 0.001


def test_no_skin_comes_through_a_high_neck() -> None:
    tailor = _tailor("turtleneck")
    tailor.shell(0.9, 0.468, 0.005, neck="high")
    points = tailor.shop.parts[-1].mesh.points
    neck = points[(points[:, 1] > 1.35) & (points[:, 1] < 1.43) & (np.abs(points[:, 0]) < 0.1)]
    assert len(neck) > 100
    assert pack(tailor.shop.solids).at(neck).min() > 0
