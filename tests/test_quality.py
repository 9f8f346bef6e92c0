"""What is said of a picture's quality: worse is worse, what is wrong by name, and what looks the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from studio.engine.figure import Camera, DrawRequest, draw
from studio.quality import (
    DUPLICATE_BITS,
    Demand,
    Verdict,
    distance,
    find_faces,
    judge,
    measure,
    perceptual_hash,
    read_verdict,
    rules,
)
from studio.quality.verdict import Check, Face, Level
from studio.ui import texts
from studio.ui.phrases import phrase

WORDS = (
    "young woman, short black hair, white shirt, plain background",
    "knight in silver armor with a red cape, castle",
    "cyberpunk girl, pink hair, neon city at night",
)
STYLES = ("anime", "comic", "ink", "oil")
SIZE = 320


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Clean drawings in many styles, some of them dark ones."""
    folder = tmp_path_factory.mktemp("drawings")
    found: dict[str, Path] = {}
    for number, style in enumerate(STYLES):
        for framing in ("full", "portrait"):
            camera = Camera(0.0, 0.0, framing)
            words = WORDS[(number + (framing == "full")) % len(WORDS)]
            made = draw(DrawRequest(words, seed=number, width=SIZE, height=SIZE, style=style, camera=camera))
            path = folder / f"{style}_{framing}.png"
            Image.fromarray(made.rgba).save(path)
            found[path.stem] = path
    return found


def rgb(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


def saved(image: Image.Image, path: Path, quality: int = 90) -> Path:
    image.save(path, quality=quality)
    return path


def levels(image: Image.Image, factor: float, offset: float = 0.0, noise: float = 0.0) -> Image.Image:
    values = np.asarray(image, np.float64) * factor + offset
    if noise:
        values = values + np.random.default_rng(5).normal(0, noise, values.shape)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


WORSE = {
    "blurred a little": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(4)),
    "dark": lambda image: levels(image, 0.25),
    "pale": lambda image: levels(image, 0.12, 224),
    "noisy": lambda image: levels(image, 1, 0, 25),
    "tiny": lambda image: image.resize((64, 64), Image.Resampling.BOX),
    "enlarged": lambda image: image.resize((64, 64), Image.Resampling.BOX).resize(
        image.size, Image.Resampling.BICUBIC
    ),
}


@pytest.fixture(scope="module", autouse=True)
def looked_once() -> Iterator[None]:
    """The same pixels are searched for faces once, as that takes nearly all the time of a verdict."""
    seen: dict[tuple[object, ...], tuple[Face, ...]] = {}

    def look(gray: np.ndarray) -> tuple[Face, ...]:
        key = (gray.shape, gray.tobytes())
        if key not in seen:
            seen[key] = find_faces(gray)
        return seen[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "find_faces", look)
        yield


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search for faces, which count for nothing in the score."""
    monkeypatch.setattr(measure, "find_faces", lambda gray: ())


def value_of(verdict: Verdict, name: str) -> float:
    value = next(check.value for check in verdict.checks if check.name == name)
    assert isinstance(value, int | float)
    return float(value)


@pytest.fixture(scope="module")
def verdicts(drawings: dict[str, Path]) -> dict[str, Verdict]:
    return {name: judge(path) for name, path in drawings.items()}


def test_clean_drawings_are_good_ones(verdicts: dict[str, Verdict]) -> None:
    for name, verdict in verdicts.items():
        assert verdict.is_valid, (name, verdict.reasons("error"))
        assert {"sharpness", "noise", "exposure"} <= set(verdict.passed), (name, verdict.failed)
        assert 8 <= verdict.score <= 10, (name, verdict.explained)


@pytest.mark.parametrize("how", WORSE)
@pytest.mark.usefixtures("nobody_looks")
def test_what_is_worse_has_a_lower_score(
    how: str, drawings: dict[str, Path], verdicts: dict[str, Verdict], tmp_path: Path
) -> None:
    for name in list(drawings)[::2] if how != "noisy" else drawings:
        worse = judge(saved(WORSE[how](rgb(drawings[name])), tmp_path / "worse.png"))
        assert worse.score < verdicts[name].score - 0.2, (name, worse.explained)


@pytest.mark.usefixtures("nobody_looks")
def test_each_fault_is_named(drawings: dict[str, Path], tmp_path: Path) -> None:
    fine = rgb(drawings["anime_portrait"])
    faults: tuple[tuple[Image.Image, str, Level], ...] = (
        (fine.filter(ImageFilter.GaussianBlur(6)), "sharpness", "error"),
        (levels(fine, 0.08), "exposure", "error"),
        (levels(fine, 0.02, 250), "exposure", "error"),
        (levels(fine, 0.1, 110), "contrast", "warning"),
        (levels(fine, 0.6, 50, 25), "noise", "warning"),
        (fine.resize((128, 128)), "resolution", "error"),
    )
    for image, check, level in faults:
        verdict = judge(saved(image, tmp_path / "fault.png"))
        assert check in verdict.failed, verdict.explained
        assert verdict.is_valid == (level != "error"), (check, verdict.reasons("error"))
        failed = next(one for one in verdict.checks if one.name == check)
        assert failed.why in verdict.reasons(level)
        assert failed.limit is not None


@pytest.mark.usefixtures("nobody_looks")
def test_what_has_nothing_in_it_is_not_sharp(tmp_path: Path) -> None:
    verdict = judge(saved(Image.new("RGB", (512, 512), "#808080"), tmp_path / "grey.png"))
    assert {"sharpness", "contrast"} <= set(verdict.failed)
    assert verdict.score < 5


@pytest.mark.usefixtures("nobody_looks")
def test_soft_ground_behind_what_is_sharp_is_no_fault(drawings: dict[str, Path], tmp_path: Path) -> None:
    fine = rgb(drawings["comic_portrait"])
    soft = fine.filter(ImageFilter.GaussianBlur(8))
    half = soft.copy()
    box = (SIZE // 4, 0, 3 * SIZE // 4, SIZE)
    half.paste(fine.crop(box), box[:2])
    partly = judge(saved(half, tmp_path / "half.png"))
    assert "sharpness" in partly.passed
    assert value_of(partly, "sharpness") > 2 * value_of(
        judge(saved(soft, tmp_path / "soft.png")), "sharpness"
    )


@pytest.mark.usefixtures("nobody_looks")
def test_what_is_clear_does_not_count(drawings: dict[str, Path], tmp_path: Path) -> None:
    cut = Image.open(drawings["anime_full"]).convert("RGBA")
    empty = Image.new("RGBA", (SIZE * 2, SIZE * 2), (0, 0, 0, 0))
    empty.paste(levels(cut.convert("RGB"), 0.08), (SIZE // 2, SIZE // 2))
    verdict = judge(saved(empty, tmp_path / "dark.png"))
    assert "exposure" in verdict.failed  # however white the page behind it


def test_broken_files_are_judged_and_not_refused(drawings: dict[str, Path], tmp_path: Path) -> None:
    cut_off, text, empty = tmp_path / "cut.png", tmp_path / "text.png", tmp_path / "empty.png"
    cut_off.write_bytes(drawings["anime_full"].read_bytes()[:5000])
    text.write_text("not a picture")
    empty.write_bytes(b"")
    for path in (cut_off, text, empty):
        verdict = judge(path)
        assert (verdict.score, verdict.failed, verdict.is_valid) == (0.0, ("readable",), False)
        assert verdict.reasons("error")[0].startswith("Invalid image file")


def test_the_score_is_the_sum_that_it_says(verdicts: dict[str, Verdict], tmp_path: Path) -> None:
    small = judge(saved(rgb_square(), tmp_path / "small.png"))
    for verdict in (*verdicts.values(), small):
        counted = [check for check in verdict.checks if check.weight]
        assert sum(check.weight for check in counted) == pytest.approx(1)
        mean = sum(check.weight * check.score for check in counted)
        assert verdict.score == pytest.approx(10 * mean / (1 if verdict.is_valid else 2), abs=0.006)
        assert ("halved" in verdict.explained) == (not verdict.is_valid)
        assert all(check.name in verdict.explained for check in counted)


def rgb_square() -> Image.Image:
    image = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(image).rectangle((30, 30, 70, 70), fill="navy")
    return image


def test_a_verdict_can_be_kept(verdicts: dict[str, Verdict]) -> None:
    for verdict in verdicts.values():
        assert read_verdict(json.dumps(verdict.to_json())) == verdict


# -------------------------------------------------------------------------- faces


def test_faces_are_counted_and_placed(drawings: dict[str, Path], tmp_path: Path) -> None:
    face = rgb(drawings["comic_portrait"])
    [one] = judge(drawings["comic_portrait"]).faces
    assert abs(one.x + one.width / 2 - SIZE / 2) < SIZE / 8
    two = Image.new("RGB", (2 * SIZE, SIZE), "white")
    two.paste(face, (0, 0))
    two.paste(face, (SIZE, 0))
    path = saved(two, tmp_path / "two.png")
    verdict = judge(path, people=(0, 1))
    assert len(verdict.faces) == 2
    assert "faces" in verdict.failed
    assert verdict.is_valid  # it is said, and counts for nothing
    assert verdict.score == judge(path).score
    assert "faces" in judge(path, people=(2, 2)).passed
    assert "faces" in judge(saved(rgb_square(), tmp_path / "none.png"), people=(1, 1)).failed


# --------------------------------------------------------------------- duplicates


@pytest.mark.usefixtures("nobody_looks")
def test_the_same_picture_is_known_again(drawings: dict[str, Path], tmp_path: Path) -> None:
    for name in ("anime_portrait", "oil_full", "ink_full"):
        image, own = rgb(drawings[name]), perceptual_hash(drawings[name])
        for number, other in enumerate(
            (
                saved(image, tmp_path / "a.jpg", quality=60),
                saved(image.resize((150, 150)), tmp_path / "b.png"),
                saved(image.resize((700, 700)), tmp_path / "c.webp"),
                saved(levels(image, 0.9, 10), tmp_path / "d.png"),
            )
        ):
            assert distance(own, perceptual_hash(other)) <= DUPLICATE_BITS, (name, number)
        found = judge(tmp_path / "a.jpg", phash_of={"first": own, "other": own ^ (2**40 - 1)})
        assert found.duplicates == ("first",)
        assert "unique" in found.failed
        assert found.is_valid


def test_other_pictures_are_other_ones(drawings: dict[str, Path]) -> None:
    hashes = {name: perceptual_hash(path) for name, path in drawings.items()}
    assert all(0 <= value < 2**63 for value in hashes.values())  # as SQLite holds them
    names = list(hashes)
    for number, first in enumerate(names):
        for second in names[number + 1 :]:
            assert distance(hashes[first], hashes[second]) > DUPLICATE_BITS, (first, second)


# ---------------------------------------------------------------------- platforms


@pytest.mark.usefixtures("nobody_looks")
def test_what_a_platform_takes_is_checked_one_by_one(drawings: dict[str, Path], tmp_path: Path) -> None:
    path = saved(rgb(drawings["anime_full"]).resize((400, 900)), tmp_path / "tall.png")
    demand = Demand(
        "somewhere", least_width=500, least_ratio=0.8, most_ratio=1.91, most_bytes=1000, formats=("JPEG",)
    )
    plain, verdict = judge(path), judge(path, demands=[demand])
    names = {"somewhere_size", "somewhere_ratio", "somewhere_weight", "somewhere_format"}
    assert names <= set(verdict.failed)
    assert all(why.startswith("Somewhere") for why in verdict.reasons("warning"))
    assert (verdict.is_valid, verdict.score) == (plain.is_valid, plain.score)
    kind = Demand("there", most_width=400, most_height=900, least_ratio=0.4, formats=("PNG",))
    assert {"there_size", "there_ratio", "there_format"} <= set(judge(path, demands=[kind]).passed)


# ---------------------------------------------------------------------- languages


@pytest.fixture(scope="module")
def said(drawings: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> list[Check]:
    """Every check with all that it can say."""
    fine = rgb(drawings["anime_portrait"])
    own = perceptual_hash(drawings["anime_portrait"])
    pictures = [
        fine,
        *(
            levels(fine, factor, offset, noise)
            for factor, offset, noise in ((0.08, 0, 0), (0.02, 250, 0), (0.6, 50, 25))
        ),
        fine.filter(ImageFilter.GaussianBlur(6)),
        fine.resize((128, 128)),
        Image.new("RGB", (300, 300), "#808080"),
    ]
    path = tmp_path_factory.mktemp("said") / "a.png"
    found = [
        check for image in pictures for check in judge(saved(image, path), phash_of={"another": own}).checks
    ]
    found += [
        rules.on_faces(count, wanted, "cascades") for count, wanted in ((0, None), (3, None), (2, (0, 1)))
    ]
    found += [rules.on_faces(count, (0, 1), "recipe") for count in (0, 1)]
    found += [*rules.on_face_sharpness(0.5), *rules.on_face_sharpness(0.1)]
    return found


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != texts.DEFAULT])
def test_what_is_said_of_a_picture_is_said_in_every_language(language: str, said: list[Check]) -> None:
    table = texts.table(language)
    assert [check.why for check in said if phrase(language, check.why) == check.why] == []
    assert {check.name for check in said} == {
        key.removeprefix("library.check_") for key in table if key.startswith("library.check_")
    }
