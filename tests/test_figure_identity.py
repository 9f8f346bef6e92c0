"""A character that is known looks the same under other words, seeds and poses; words tell who it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from studio.engine.figure import DrawRequest, WordsRefused, draw
from studio.engine.figure.words import Identity, parse, parse_kept
from studio.engine.figure.words.tell import account, traits

SCENES = (
    "drinking coffee in a cafe",
    "a knight in plate armor, battle stance",
    "elderly man with white hair and green eyes",
    "running on the beach in a red swimsuit, laughing",
    "portrait, angry, night city, pink hair",
)
WHO = ("25 year old woman, brown hair, blue eyes", "elf ranger", "man", "person", "old wizard", "catgirl")
LASTING = ("build", "skin", "eyes", "hair", "species", "features")


@pytest.mark.parametrize("who", WHO)
def test_other_words_and_seeds_keep_who_it_is(who: str) -> None:
    seen = set()
    for scene, seed in itertools.product(SCENES, (0, 1, 99)):
        spec = parse_kept(f"{scene}, {who}", Identity(who, 12), seed=seed).spec
        seen.add((*(getattr(spec, name) for name in LASTING), spec.face.shape, spec.seed))
    assert len(seen) == 1


def test_words_still_decide_clothes_things_pose_and_mood() -> None:
    who = Identity("woman with brown hair", 3)
    knight = parse_kept("knight in plate armor with a sword, angry, in a forest", who, seed=1).spec
    runner = parse_kept("running in a red dress, laughing, at the beach", who, seed=2).spec
    assert {garment.kind for garment in knight.garments} != {garment.kind for garment in runner.garments}
    assert [item.kind for item in knight.items] == ["sword"]
    assert (knight.face.expression, runner.face.expression) == ("angry", "laughing")
    assert knight.background.kind != runner.background.kind
    assert runner.pose.name == "run"


def test_what_nobody_says_is_worn_in_every_picture() -> None:
    who = Identity("woman with brown hair", 3)
    worn = {parse_kept("standing, woman with brown hair", who, seed=seed).spec.garments for seed in range(8)}
    assert len(worn) == 1


def test_chibi_stays_chibi() -> None:
    who = Identity("woman", 3)
    assert parse_kept("chibi, woman", who).spec.build.heads_tall < 3.2
    assert parse_kept("woman", who).spec.build.heads_tall > 5


def test_identity_is_refused_like_any_words() -> None:
    with pytest.raises(WordsRefused):
        parse_kept("in a park", Identity("naked woman", 1))


def test_traits_are_read_back_as_they_are_told() -> None:
    """What a character looks like survives being put into words, with another seed for the rest."""
    wrong = []
    for who, seed in itertools.product(("woman", "man", "elf", "dwarf", "old man", "knight"), range(25)):
        told = traits(parse(who, seed=seed).spec)
        skin = told["skin_tone"] + ("" if told["skin_tone"].endswith(("fur", "scales")) else " skin")
        words = [
            f"{told.get('age', '')} {told.get('gender', '')}",
            *(told.get(name, "") for name in ("species", "body_type", "bangs", "facial_hair", "features")),
            f"{told.get('hair_style', '')} {told.get('hair_color', '')} hair",
            f"{told.get('eye_shape', '')} {told.get('eye_color', '')} eyes",
            skin,
            told.get("face_shape", ""),
        ]
        back = traits(parse(", ".join(words), seed=seed + 1000).spec)
        wrong += [(who, seed, name) for name in told if name != "marks" and back.get(name) != told[name]]
    assert wrong == []


def test_an_account_knows_what_words_decide() -> None:
    told = account("a 30 year old man with red hair in a blue suit", seed=4)
    assert {"gender", "age", "hair_color"} <= set(told["said"])
    assert not {"eye_color", "hair_style", "skin_tone", "face_shape"} & set(told["said"])
    assert told["has_clothes"] is True
    assert account("a man in the park")["has_clothes"] is False
    assert "purple dinosaur balloon" not in told["traits"]


def test_the_face_is_drawn_alike() -> None:
    """Face and hair of two scenes differ less from each other than from those of another character."""

    def face(scene: str, identity_seed: int, seed: int) -> np.ndarray:
        picture = draw(
            DrawRequest(
                f"{scene}, portrait, calm, plain white background, woman", seed=seed, width=128, height=128,
                identity="woman", identity_seed=identity_seed,
            )
        )  # fmt: skip
        assert picture.recipe["identity"] == ["woman", identity_seed]
        return picture.rgba[24:88, 32:96, :3].astype(float)

    own, again = face("wearing a black suit", 5, 1), face("wearing a green dress", 5, 2)
    other = face("wearing a black suit", 6, 1)
    assert np.abs(own - again).mean() < 0.4 * np.abs(own - other).mean()


def test_a_calling_is_told_among_the_clothes_that_it_wears() -> None:
    assert account("cheerful elf ranger, green cloak")["clothes"] == ["ranger", "green cloak"]
    assert account("woman, teal jacket")["clothes"] == ["teal jacket"]
