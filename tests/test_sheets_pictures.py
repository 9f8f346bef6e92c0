"""What sheets are made of: figures cut from their background, the colours of a character, letters, shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.pictures import letters
from studio.pictures.colours import is_dark, mixed, name_of, palette
from studio.pictures.figure import bust, cut_out, feet, head_and_shoulders
from studio.pictures.sheet import Layer, flatten, gradient, panel, scaled
from tests.figure_pictures import pictured
from tests.sheet_fixtures import BOOTS, COAT, HAIR, SKIN, doll
from tests.studio_fixtures import make_settings

WORDS = (
    "female warrior, blue armor, long white hair, red cape",
    "old mage, purple robes with gold trim, wizard hat, long white beard",
    "catgirl in a yellow hoodie, short orange hair, denim shorts, sneakers",
)


def alpha(image: Image.Image) -> np.ndarray:
    return np.asarray(image.getchannel("A"), float) / 255


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """What both have of what either has."""
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())


# --------------------------------------------------------------------- cut out


def test_alpha_is_believed() -> None:
    cut = cut_out(doll())
    assert cut.how == "alpha"
    assert cut.box == doll().getchannel("A").getbbox()
    assert np.array_equal(np.asarray(cut.image), np.asarray(doll()))
    first, last = feet(cut)
    assert (first + last) / 2 == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("yaw", [0.0, 90.0, 180.0])
def test_the_engines_backdrop_and_shadow_are_cut_away(words: str, yaw: float) -> None:
    size = {"width": 200, "height": 300}
    before_backdrop = Image.fromarray(pictured(words, yaw, transparent=False, **size).rgba[..., :3])
    known = alpha(Image.fromarray(pictured(words, yaw, **size).rgba))
    cut = cut_out(before_backdrop)
    assert cut.how == "estimate"
    assert overlap(alpha(cut.image), known) > 0.95
    rows = np.nonzero(known.max(1) > 0.5)[0]
    assert abs(cut.box[3] - 1 - rows.max()) <= 3, "the shadow does not count as figure"


@pytest.mark.parametrize("ground", [(255, 255, 255), (24, 26, 30), (90, 160, 110)])
def test_plain_backgrounds_of_any_colour(ground: tuple[int, int, int]) -> None:
    cut = cut_out(doll(320, 480, ground=(*ground, 255)))
    assert cut.how == "estimate"
    assert overlap(alpha(cut.image), alpha(doll(320, 480))) > 0.95


def test_a_figure_that_would_fall_apart_is_left_alone() -> None:
    """Before the very colour of its skin there is a gap between hair and coat."""
    assert cut_out(doll(320, 480, ground=(232, 184, 144, 255))).how == "none"


def test_a_background_in_steps_is_one_background() -> None:
    """As in pixel art, where a gradient becomes bands."""
    picture = Image.new("RGBA", (320, 480))
    for at in range(8):
        tone = 190 + at * 8
        ImageDraw.Draw(picture).rectangle((0, at * 60, 320, at * 60 + 59), fill=(tone - 10, tone - 6, tone))
    picture.alpha_composite(doll(320, 480))
    cut = cut_out(picture)
    assert cut.how == "estimate"
    assert overlap(alpha(cut.image), alpha(doll(320, 480))) > 0.95


def test_a_white_shirt_before_white_stays() -> None:
    picture = doll(320, 480, ground=(255, 255, 255, 255))
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = 130, 150, 190, 240
    pen.rectangle((left - 3, top - 3, right + 3, bottom + 3), fill="#101010")
    pen.rectangle((left, top, right, bottom), fill="#ffffff")
    cut = cut_out(picture)
    assert alpha(cut.image)[top + 5 : bottom - 5, left + 5 : right - 5].min() > 0.99


def test_gaps_between_arm_and_body_open_up() -> None:
    picture = doll(320, 480, ground=(120, 170, 150, 255))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 150, 120, 280), fill=COAT)
    pen.rectangle((75, 165, 98, 265), fill=(120, 170, 150))
    cut = cut_out(picture)
    assert alpha(cut.image)[175:255, 80:93].max() < 0.01
    assert alpha(cut.image)[200, 68] > 0.99


def test_scenes_are_left_alone() -> None:
    generator = np.random.default_rng(2)
    noise = Image.fromarray(generator.integers(0, 255, (240, 160, 3), dtype=np.uint8))
    stripes = Image.new("RGB", (160, 240), "#305080")
    for at in range(0, 160, 16):
        ImageDraw.Draw(stripes).rectangle((at, 0, at + 7, 240), fill="#e0c040")
    for scene in (noise, stripes):
        picture = scene.convert("RGBA")
        picture.alpha_composite(doll())
        cut = cut_out(picture)
        assert cut.how == "none"
        assert cut.box == (0, 0, 160, 240)
        assert np.array_equal(np.asarray(cut.image), np.asarray(picture))


@pytest.mark.parametrize("size", [(1, 1), (8, 200), (200, 8), (64, 64)])
def test_pictures_of_nothing_are_no_figures(size: tuple[int, int]) -> None:
    assert cut_out(Image.new("RGB", size, "#808080")).how == "none"
    assert cut_out(Image.new("RGBA", size)).how == "none"


def test_large_pictures_are_cut_at_their_own_size() -> None:
    large = doll(1400, 2100, ground=(200, 204, 210, 255))
    cut = cut_out(large)
    assert cut.how == "estimate"
    assert cut.image.size == (1400, 2100)
    assert overlap(alpha(cut.image), alpha(doll(1400, 2100))) > 0.98


def test_the_upper_part_is_found() -> None:
    cut = cut_out(doll(200, 300))
    left, top, right, bottom = head_and_shoulders(cut, 1.0)
    assert right - left == pytest.approx(bottom - top, abs=1)
    assert (left + right) / 2 == pytest.approx(100, abs=2)
    assert top < cut.box[1] < bottom < cut.box[1] + 0.5 * cut.size[1]
    face = bust(cut, 128)
    assert face.size == (128, 128)
    colours = {colour for _, colour in face.getcolors(1 << 16) or []}
    assert tuple(int(SKIN[at : at + 2], 16) for at in (1, 3, 5)) in colours


# --------------------------------------------------------------------- colours


def test_the_colours_of_a_doll() -> None:
    swatches = palette([doll(320, 480)])
    assert [swatch.hex for swatch in swatches[:2]] == [COAT, BOOTS]
    assert {swatch.hex for swatch in swatches} == {COAT, BOOTS, HAIR, SKIN}
    assert sum(swatch.share for swatch in swatches) == pytest.approx(1, abs=0.01)
    assert palette([]) == ()
    assert palette([Image.new("RGBA", (10, 10))]) == ()


@pytest.mark.parametrize(
    ("words", "expected"),
    [(WORDS[0], {"blue", "red"}), (WORDS[1], {"purple"}), (WORDS[2], {"yellow", "orange"})],
)
def test_said_colours_are_in_the_palette(words: str, expected: set[str]) -> None:
    kin = {
        "blue": {"Blue", "Royal blue", "Cobalt", "Cornflower", "Steel blue", "Navy", "Indigo"},
        "red": {"Red", "Crimson", "Scarlet", "Maroon", "Wine"},
        "purple": {"Purple", "Violet", "Indigo", "Plum"},
        "yellow": {"Yellow", "Gold", "Amber", "Lemon", "Mustard"},
        "orange": {"Orange", "Tangerine", "Copper", "Amber", "Rust"},
    }
    swatches = palette([Image.fromarray(pictured(words, yaw).rgba) for yaw in (0.0, 180.0)])
    names = {swatch.name for swatch in swatches}
    assert 5 <= len(swatches) <= 8
    assert len(names) == len(swatches), "no name twice"
    for colour in expected:
        assert names & kin[colour], f"{colour} is not among {names}"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#000000", "Black"),
        ("#ffffff", "White"),
        ("#ff0000", "Scarlet"),
        ("#1c2850", "Navy"),
        ("#808080", "Grey"),
    ],
)
def test_names_of_colours(code: str, name: str) -> None:
    assert name_of(code) == name
    assert name_of(code, {name}) != name


def test_mixing_and_lightness() -> None:
    assert mixed("#204080", "#ffffff", 0.0) == "#204080"
    assert mixed("#204080", "#ffffff", 1.0) == "#ffffff"
    assert is_dark("#204080")
    assert not is_dark("#f0e080")


# --------------------------------------------------------------------- letters


def test_latin_is_always_there() -> None:
    line = letters.write("Ærøskøbing Łódź Ñandú ŠÚ", 30, (0, 0, 0, 255))
    assert line.missing == ""
    assert line.width == pytest.approx(letters.width_of("Ærøskøbing Łódź Ñandú ŠÚ", 30), rel=0.05)
    assert 0 < line.rise <= line.image.height


def test_letters_that_no_font_has_leave_no_boxes() -> None:
    plain = letters.write("Alda", 40, (0, 0, 0, 255))
    line = letters.write("Al\U000f1234da\U0010fffd", 40, (0, 0, 0, 255))
    assert line.missing == "\U000f1234\U0010fffd"
    assert np.array_equal(np.asarray(line.image), np.asarray(plain.image))
    nothing = letters.write("\U000f1234", 40, (0, 0, 0, 255))
    assert (nothing.width, nothing.missing) == (0, "\U000f1234")


def test_other_fonts_of_the_machine_help_out(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = letters._font_files()  # pyright: ignore[reportPrivateUsage]
    greek = next((path for path in machine if _covers(path, "Ω")), None)
    if greek is None:
        pytest.skip("no font of this machine has Greek letters")
    line = letters.write("AΩ", 40, (0, 0, 0, 255))
    assert line.missing == ""
    assert line.width > letters.write("A", 40, (0, 0, 0, 255)).width


def _covers(path: Path, letter: str) -> bool:
    font = ImageFont.truetype(str(path), 32)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe"))  # type: ignore[arg-type]


def test_a_font_of_the_owner_is_used(tmp_path: Path) -> None:
    machine = letters._font_files()  # pyright: ignore[reportPrivateUsage]
    if not machine:
        pytest.skip("this machine has no fonts")
    path = machine[-1]
    own = letters.write("Hamburg", 40, (0, 0, 0, 255), path)
    usual = letters.write("Hamburg", 40, (0, 0, 0, 255))
    assert np.asarray(own.image).shape != np.asarray(usual.image).shape or not np.array_equal(
        np.asarray(own.image), np.asarray(usual.image)
    )
    assert make_settings(tmp_path, studio_font=path).studio_font == path
    with pytest.raises(ValueError, match="STUDIO_FONT"):
        make_settings(tmp_path, studio_font=tmp_path / "none.ttf")


# ---------------------------------------------------------------------- shapes


def test_layers_may_reach_over_the_page() -> None:
    red, blue = Image.new("RGBA", (20, 20), "#ff0000"), Image.new("RGBA", (20, 20), "#0000ff80")
    page = flatten((30, 30), [Layer("a", red, -10, -10), Layer("b", blue, 5, 5), Layer("c", red, 30, 0)])
    assert page.getpixel((0, 0)) == (255, 0, 0, 255)
    assert page.getpixel((7, 7)) == (127, 0, 128, 255)
    assert page.getpixel((20, 20)) == (0, 0, 255, 128)
    assert page.getpixel((29, 0)) == (0, 0, 0, 0)


def test_gradients_run_evenly() -> None:
    run = np.asarray(gradient((64, 256), ("#000000", "#ffffff")), int)[..., 0]
    means = run.mean(1)
    assert (np.diff(means) >= -0.2).all()
    assert means[128] == pytest.approx(128, abs=3)
    three = gradient((10, 101), ("#000000", "#ff0000", "#000000"))
    assert np.asarray(three)[50, 5, 0] > 250
    assert np.asarray(gradient((40, 40), ("#000000", "#ffffff"), 45), int)[39, 39, 0] > 245


def test_round_corners_are_smooth() -> None:
    shape = np.asarray(panel(60, 40, 12, (10, 20, 30, 200)))[..., 3]
    assert shape[0, 0] == shape[39, 59] == 0
    assert shape[20, 30] == 200
    assert len(set(shape[:12, :12].ravel().tolist())) > 8
    assert np.array_equal(shape, shape[::-1])
    assert np.array_equal(shape, shape[:, ::-1])


def test_what_is_clear_does_not_bleed_into_edges() -> None:
    white = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(white).ellipse((20, 20, 80, 80), fill="#ffffff")
    small = np.asarray(scaled(white, (0, 0, 100, 100), 0.37))
    assert small[small[..., 3] > 60][:, :3].min() > 245
    blocks = np.asarray(
        scaled(Image.fromarray(np.eye(4, dtype=np.uint8) * 255).convert("RGBA"), (0, 0, 4, 4), 3, hard=True)
    )
    assert set(blocks[..., 0].ravel().tolist()) == {0, 255}
