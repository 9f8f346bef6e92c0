"""Picture and mask nodes compute what ComfyUI computes: expected pixels worked out by hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.engine.folders import Folders
from studio.engine.nodes import NODES
from studio.engine.nodes.define import Run
from studio.engine.pixels import RESIZE_METHODS, resize


def row(*values: float) -> np.ndarray:
    """Make one picture of one line, grey, as three channels."""
    line = np.array(values, np.float32)[None, None, :, None]
    return np.repeat(line, 3, axis=-1)


def mask(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)[None]


def compute(name: str, folders: Folders | None = None, **inputs: Any) -> Any:
    kind = NODES[name]
    if not kind.wants_run:
        return kind.run(**inputs)
    run = Run(
        folders=folders or Folders(Path("unused")),
        prompt={},
        extra_pnginfo=None,
        check=lambda: None,
        progress=lambda value, maximum, preview: None,
    )
    return kind.run(run, **inputs)


@pytest.mark.parametrize(
    ("method", "given", "size", "expected"),
    [
        ("nearest-exact", (0, 1), 4, (0, 0, 1, 1)),
        ("nearest-exact", (0.1, 0.2, 0.3), 2, (0.1, 0.3)),
        ("bilinear", (0, 1), 4, (0, 0.25, 0.75, 1)),
        ("bilinear", (0, 0.2, 0.4, 0.6), 2, (0.1, 0.5)),
        ("area", (0, 0.2, 0.4, 0.6), 2, (0.1, 0.5)),
        ("area", (0, 0.3, 0.9), 2, (0.15, 0.6)),
        ("area", (0.5, 1), 4, (0.5, 0.5, 1, 1)),
        ("bicubic", (0, 1), 4, (-0.10546875, 0.2265625, 0.7734375, 1.10546875)),
    ],
)
def test_resize_methods(
    method: str, given: tuple[float, ...], size: int, expected: tuple[float, ...]
) -> None:
    wide = resize(row(*given), size, 1, method)
    np.testing.assert_allclose(wide[0, 0, :, 0], expected, atol=1e-6)
    tall = resize(row(*given).transpose(0, 2, 1, 3), 1, size, method)
    np.testing.assert_allclose(tall[0, :, 0, 0], expected, atol=1e-6)


def test_lanczos_is_pillows_on_truncated_bytes() -> None:
    image = np.random.default_rng(2).random((1, 9, 7, 3)).astype(np.float32)
    expected = Image.fromarray((image[0] * 255).astype(np.uint8)).resize((14, 5), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(
        np.round(resize(image, 14, 5, "lanczos")[0] * 255), np.asarray(expected, np.float32)
    )


@pytest.mark.parametrize("method", RESIZE_METHODS)
def test_resize_keeps_a_flat_picture_flat(method: str) -> None:
    flat = np.full((2, 10, 6, 4), 0.6, np.float32)
    np.testing.assert_allclose(resize(flat, 13, 5, method), 0.6, atol=2e-6)


def test_scale_with_centre_crop_and_open_side() -> None:
    image = row(0, 0.2, 0.4, 0.6)  # 4 × 1
    (cropped,) = compute(
        "ImageScale", image=image, upscale_method="nearest-exact", width=2, height=1, crop="center"
    )
    np.testing.assert_allclose(cropped[0, 0, :, 0], (0.2, 0.4))
    (open_side,) = compute(
        "ImageScale", image=image, upscale_method="bilinear", width=0, height=2, crop="disabled"
    )
    assert open_side.shape == (1, 2, 8, 3)
    (same,) = compute("ImageScale", image=image, upscale_method="area", width=0, height=0, crop="disabled")
    assert same is image
    (doubled,) = compute("ImageScaleBy", image=image, upscale_method="area", scale_by=2.0)
    assert doubled.shape == (1, 2, 8, 3)
    (area,) = compute("ImageScaleToTotalPixels", image=image, upscale_method="area", megapixels=0.01)
    assert area.shape == (1, 51, 205, 3)  # 10485 pixels of 4 to 1
    (longest,) = compute("ImageScaleToMaxDimension", image=image, upscale_method="area", largest_size=8)
    assert longest.shape == (1, 2, 8, 3)


def test_too_big_is_refused_before_it_is_made() -> None:
    with pytest.raises(MemoryError, match="Use a smaller size or fewer pictures"):
        compute("EmptyImage", width=16384, height=16384, batch_size=4096, color=0)
    with pytest.raises(MemoryError):
        compute("RepeatImageBatch", image=np.zeros((1, 2000, 2000, 3), np.float32), amount=4096)


def test_empty_image_and_batches() -> None:
    (image,) = compute("EmptyImage", width=2, height=3, batch_size=2, color=0xFF8000)
    assert image.shape == (2, 3, 2, 3)
    np.testing.assert_allclose(image[1, 2, 1], (1, 128 / 255, 0), rtol=1e-6)
    (batch,) = compute("ImageBatch", image1=row(0, 0.5, 1, 0), image2=row(0.25))
    assert batch.shape == (2, 1, 4, 3)
    np.testing.assert_allclose(batch[1], 0.25)
    (repeated,) = compute("RepeatImageBatch", image=batch, amount=2)
    np.testing.assert_array_equal(repeated, np.concatenate([batch, batch]))
    (taken,) = compute("ImageFromBatch", image=repeated, batch_index=3, length=9)
    np.testing.assert_array_equal(taken, batch[1:])
    assert compute("GetImageSize", image=repeated) == (4, 1, 4)


def test_batch_with_and_without_alpha() -> None:
    opaque, clear = row(0.5), np.zeros((1, 1, 1, 4), np.float32)
    (batch,) = compute("ImageBatch", image1=opaque, image2=clear)
    np.testing.assert_allclose(batch[:, 0, 0], ((0.5, 0.5, 0.5, 1), (0, 0, 0, 0)))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("normal", 0.6),
        ("multiply", 0.12),
        ("screen", 0.68),
        ("overlay", 0.24),
        ("soft_light", 0.2 + 0.2 * (((16 * 0.2 - 12) * 0.2 + 4) * 0.2 - 0.2)),
        ("difference", 0.0),
    ],
)
def test_blend_modes(mode: str, expected: float) -> None:
    (whole,) = compute("ImageBlend", image1=row(0.2), image2=row(0.6), blend_factor=1.0, blend_mode=mode)
    np.testing.assert_allclose(whole, expected, atol=1e-6)
    (half,) = compute("ImageBlend", image1=row(0.2), image2=row(0.6), blend_factor=0.5, blend_mode="normal")
    np.testing.assert_allclose(half, 0.4, atol=1e-6)


def test_composite_through_a_mask_and_over_the_edge() -> None:
    under, over = row(0, 0, 0, 0), row(1, 1)
    (pasted,) = compute("ImageCompositeMasked", destination=under, source=over, x=3, y=0, resize_source=False)
    np.testing.assert_array_equal(pasted[0, 0, :, 0], (0, 0, 0, 1))
    (masked,) = compute(
        "ImageCompositeMasked",
        destination=under,
        source=over,
        x=1,
        y=0,
        resize_source=False,
        mask=mask((0.25, 1)),
    )
    np.testing.assert_allclose(masked[0, 0, :, 0], (0, 0.25, 1, 0))
    (beside,) = compute("ImageCompositeMasked", destination=under, source=over, x=9, y=9, resize_source=False)
    np.testing.assert_array_equal(beside, under)
    (stretched,) = compute(
        "ImageCompositeMasked", destination=under, source=row(1), x=0, y=0, resize_source=True
    )
    np.testing.assert_array_equal(stretched, np.ones_like(under))
    assert under.max() == 0  # the input belongs to the cache


def test_crop_pad_flip_rotate_invert() -> None:
    image = row(0.1, 0.2, 0.3)
    (cropped,) = compute("ImageCrop", image=image, width=9, height=9, x=1, y=5)
    np.testing.assert_allclose(cropped[0, 0, :, 0], (0.2, 0.3))
    (flipped,) = compute("ImageFlip", image=image, flip_method="y-axis: horizontally")
    np.testing.assert_allclose(flipped[0, 0, :, 0], (0.3, 0.2, 0.1))
    (turned,) = compute("ImageRotate", image=image, rotation="90 degrees")
    np.testing.assert_allclose(turned[0, :, 0, 0], (0.1, 0.2, 0.3))  # clockwise: left end on top
    (turned,) = compute("ImageRotate", image=image, rotation="270 degrees")
    np.testing.assert_allclose(turned[0, :, 0, 0], (0.3, 0.2, 0.1))
    (inverted,) = compute("ImageInvert", image=image)
    np.testing.assert_allclose(inverted[0, 0, :, 0], (0.9, 0.8, 0.7))


def test_pad_for_outpainting_feathers_only_padded_sides() -> None:
    image = np.zeros((1, 10, 10, 3), np.float32)
    padded, soft = compute("ImagePadForOutpaint", image=image, left=8, top=0, right=0, bottom=0, feathering=4)
    assert padded.shape == (1, 10, 18, 3)
    assert soft.shape == (1, 10, 18)
    np.testing.assert_allclose(padded[0, 5, :9, 0], [0.5] * 8 + [0])
    np.testing.assert_allclose(soft[0, 5, 7:13], (1, 1, 0.75**2, 0.5**2, 0.25**2, 0))
    assert soft[0, :, 12:].max() == 0


def test_alpha_apart_and_together() -> None:
    image = row(0.4, 0.8)
    (joined,) = compute("JoinImageWithAlpha", image=image, alpha=mask((0, 1)))
    np.testing.assert_allclose(joined[0, 0, :, 3], (1, 0))
    colours, clear = compute("SplitImageWithAlpha", image=joined)
    np.testing.assert_array_equal(colours, image)
    np.testing.assert_array_equal(clear, mask((0, 1)))
    _, opaque = compute("SplitImageWithAlpha", image=image)
    np.testing.assert_array_equal(opaque, mask((0, 0)))


def test_simple_masks() -> None:
    (solid,) = compute("SolidMask", value=0.5, width=3, height=2)
    np.testing.assert_array_equal(solid, np.full((1, 2, 3), 0.5, np.float32))
    (inverted,) = compute("InvertMask", mask=mask((0, 0.25)))
    np.testing.assert_array_equal(inverted, mask((1, 0.75)))
    (cut,) = compute("CropMask", mask=mask((1, 2, 3), (4, 5, 6)), x=1, y=1, width=5, height=5)
    np.testing.assert_array_equal(cut, mask((5, 6)))
    with pytest.raises(ValueError, match="Nothing is left"):
        compute("CropMask", mask=mask((1, 2)), x=5, y=0, width=1, height=1)
    (hard,) = compute("ThresholdMask", mask=mask((0.5, 0.51)), value=0.5)
    np.testing.assert_array_equal(hard, mask((0, 1)))
    (shown,) = compute("MaskToImage", mask=mask((0.2, 0.3)))
    np.testing.assert_array_equal(shown, row(0.2, 0.3))
    (channel,) = compute("ImageToMask", image=np.array([[[[0.1, 0.2, 0.3]]]], np.float32), channel="green")
    np.testing.assert_allclose(channel, 0.2)
    with pytest.raises(ValueError, match="no alpha channel"):
        compute("ImageToMask", image=row(1), channel="alpha")
    (same,) = compute("ImageColorToMask", image=row(1, 0.5), color=0xFFFFFF)
    np.testing.assert_array_equal(same, mask((1, 0)))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("multiply", (0.9, 0.48, 0)),
        ("add", (0.9, 1, 0.6)),
        ("subtract", (0.9, 0.2, 0)),
        ("and", (0.9, 1, 0)),
        ("or", (0.9, 1, 1)),
        ("xor", (0.9, 0, 1)),
    ],
)
def test_mask_composite(operation: str, expected: tuple[float, ...]) -> None:
    (combined,) = compute(
        "MaskComposite",
        destination=mask((0.9, 0.8, 0)),
        source=mask((0.6, 0.6, 0.6)),
        x=1,
        y=0,
        operation=operation,
    )
    np.testing.assert_allclose(combined[0, 0], expected, atol=1e-6)


def test_feather_mask() -> None:
    (soft,) = compute("FeatherMask", mask=mask((1, 1, 1, 1)), left=2, top=0, right=0, bottom=0)
    np.testing.assert_allclose(soft, mask((0.5, 1, 1, 1)))
    (soft,) = compute("FeatherMask", mask=mask((1, 1, 1, 1)), left=0, top=0, right=3, bottom=0)
    np.testing.assert_allclose(soft, mask((1 / 3, 1, 1, 2 / 3)), atol=1e-6)  # as ComfyUI counts there


def test_grow_and_shrink_mask() -> None:
    dot = np.zeros((1, 5, 5), np.float32)
    dot[0, 2, 2] = 1
    (cross,) = compute("GrowMask", mask=dot, expand=1, tapered_corners=True)
    assert cross.sum() == 5
    (square,) = compute("GrowMask", mask=dot, expand=1, tapered_corners=False)
    assert square.sum() == 9
    (back,) = compute("GrowMask", mask=square, expand=-1, tapered_corners=False)
    np.testing.assert_array_equal(back, dot)
    (full,) = compute("GrowMask", mask=dot, expand=16384, tapered_corners=True)
    assert full.min() == 1


def test_blur_spreads_and_keeps_the_sum() -> None:
    image = np.zeros((1, 7, 7, 3), np.float32)
    image[0, 3, 3] = 1
    (soft,) = compute("ImageBlur", image=image, blur_radius=1, sigma=1.0)
    line = np.exp(-(np.array([-1.0, 0.0, 1.0]) ** 2) / 2)
    line /= line.sum()
    np.testing.assert_allclose(soft[0, 2:5, 2:5, 0], np.outer(line, line), rtol=1e-5)
    with pytest.raises(ValueError, match="Use a smaller radius"):
        compute("ImageBlur", image=image, blur_radius=7, sigma=1.0)


def test_sharpen_raises_contrast_and_leaves_flat_alone() -> None:
    flat = np.full((1, 6, 6, 3), 0.5, np.float32)
    (same,) = compute("ImageSharpen", image=flat, sharpen_radius=1, sigma=1.0, alpha=1.0)
    np.testing.assert_allclose(same, 0.5, atol=1e-5)
    edge = np.full((1, 6, 6, 3), 0.4, np.float32)
    edge[:, :, 3:] = 0.6
    (sharp,) = compute("ImageSharpen", image=edge, sharpen_radius=1, sigma=1.0, alpha=0.1)
    assert sharp[0, 3, 2, 0] < 0.4
    assert sharp[0, 3, 3, 0] > 0.6


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "bayer-4"])
def test_quantize_uses_few_colours(dither: str) -> None:
    image = np.random.default_rng(3).random((1, 16, 16, 3)).astype(np.float32)
    (reduced,) = compute("ImageQuantize", image=image, colors=4, dither=dither)
    assert len(np.unique(reduced.reshape(-1, 3), axis=0)) <= 4


def test_canny_draws_the_outline_of_a_square() -> None:
    image = np.zeros((1, 32, 32, 3), np.float32)
    image[0, 8:24, 8:24] = 1
    (edges,) = compute("Canny", image=image, low_threshold=0.2, high_threshold=0.5)
    assert set(np.unique(edges)) == {0.0, 1.0}
    assert edges.shape == image.shape
    assert edges[0, 12:20, 6:10, 0].sum() >= 8  # an unbroken left side
    assert edges[0, 14:18, 14:18].sum() == 0
    assert edges[0, :4].sum() == 0
    with pytest.raises(ValueError, match="low threshold"):
        compute("Canny", image=image, low_threshold=0.9, high_threshold=0.1)


def test_upscale_by_lanczos_keeps_precision() -> None:
    (model,) = compute("UpscaleModelLoader", model_name="lanczos-4x")
    (large,) = compute(
        "ImageUpscaleWithModel", upscale_model=model, image=np.full((1, 3, 5, 3), 0.1234, np.float32)
    )
    assert large.shape == (1, 12, 20, 3)
    np.testing.assert_allclose(large, 0.1234, atol=1e-6)


@pytest.fixture(name="folders")
def folders_with_inputs(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.prepare()
    return folders


def load(folders: Folders, name: str) -> tuple[np.ndarray, np.ndarray]:
    return compute("LoadImage", folders, image=name)


def test_load_transparency_and_palette(folders: Folders) -> None:
    Image.new("RGBA", (3, 2), (255, 0, 0, 51)).save(folders.input / "clear.png")
    image, clear = load(folders, "clear.png")
    assert (image.shape, clear.shape) == ((1, 2, 3, 3), (1, 2, 3))
    np.testing.assert_allclose(clear, 0.8, atol=1e-6)
    palette = Image.new("P", (2, 1), 1)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.putpixel((0, 0), 0)
    palette.save(folders.input / "palette.png", transparency=0)
    image, clear = load(folders, "palette.png")
    np.testing.assert_array_equal(clear, mask((1, 0)))
    Image.new("RGB", (4, 4)).save(folders.input / "opaque.png")
    np.testing.assert_array_equal(load(folders, "opaque.png")[1], np.zeros((1, 64, 64)))


def test_load_turns_by_exif(folders: Folders) -> None:
    picture = Image.new("RGB", (4, 2), (255, 255, 255))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(folders.input / "turned.jpg", exif=exif)
    assert load(folders, "turned.jpg")[0].shape == (1, 4, 2, 3)


def test_load_all_frames(folders: Folders) -> None:
    frames = [Image.new("RGB", (4, 4), (shade, 0, 0)) for shade in (0, 128, 255)]
    frames[0].save(folders.input / "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
    image, clear = load(folders, "moving.webp")
    np.testing.assert_allclose(image[:, 0, 0, 0], (0, 128 / 255, 1))
    assert clear.shape[0] == 3


def test_load_deep_grey(folders: Folders) -> None:
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(folders.input / "deep.png")
    np.testing.assert_allclose(load(folders, "deep.png")[0][0, 0, :, 0], (0, 0.5, 1), atol=0.005)


def test_load_as_mask(folders: Folders) -> None:
    Image.new("RGBA", (2, 2), (51, 102, 153, 204)).save(folders.input / "channels.png")
    found = {
        channel: float(compute("LoadImageMask", folders, image="channels.png", channel=channel)[0][0, 0, 0])
        for channel in ("alpha", "red", "green", "blue")
    }
    assert found == pytest.approx({"alpha": 0.2, "red": 0.2, "green": 0.4, "blue": 0.6}, abs=1e-6)


def test_load_truncated_takes_what_is_there(folders: Folders) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(buffer, "JPEG")
    (folders.input / "cut.jpg").write_bytes(buffer.getvalue()[:-300])
    assert load(folders, "cut.jpg")[0].shape == (1, 64, 64, 3)


@pytest.mark.filterwarnings("ignore:Image size")
def test_load_refuses_what_would_not_fit_by_its_header(folders: Folders) -> None:
    Image.new("1", (20_000, 8_000)).save(folders.input / "bomb.png")
    with pytest.raises(MemoryError, match="20000×8000"):
        load(folders, "bomb.png")


def test_load_from_another_folder(folders: Folders) -> None:
    Image.new("RGB", (5, 5)).save(folders.output / "made.png")
    assert load(folders, "made.png [output]")[0].shape == (1, 5, 5, 3)
    with pytest.raises(FileNotFoundError):
        load(folders, "../output/made.png")


def test_latents_keep_to_the_grid() -> None:
    (latent,) = compute("EmptyLatentImage", width=100, height=60, batch_size=2)
    assert (latent.width, latent.height, latent.batch) == (96, 56, 2)
    (larger,) = compute("LatentUpscaleBy", samples=latent, upscale_method="bislerp", scale_by=1.5)
    assert (larger.width, larger.height) == (144, 80)  # 12 and 7 cells, times 1.5, rounded to even
    (fitted,) = compute(
        "LatentUpscale", samples=latent, upscale_method="area", width=0, height=128, crop="disabled"
    )
    assert (fitted.width, fitted.height) == (216, 128)
    (grey,) = compute("VAEDecode", samples=latent, vae=None)
    assert grey.shape == (2, 56, 96, 3)
    (encoded,) = compute("VAEEncode", pixels=np.zeros((1, 21, 30, 3), np.float32), vae=None)
    assert (encoded.width, encoded.height) == (24, 16)
    (repeated,) = compute("RepeatLatentBatch", samples=encoded, amount=3)
    assert (repeated.batch, repeated.pixels.shape[0]) == (3, 3)
    (taken,) = compute("LatentFromBatch", samples=repeated, batch_index=2, length=5)
    assert taken.batch == 1


def test_inpaint_mask_grows_before_it_is_used() -> None:
    hole = np.zeros((1, 32, 32), np.float32)
    hole[0, 16, 16] = 1
    (latent,) = compute(
        "VAEEncodeForInpaint",
        pixels=np.zeros((1, 32, 32, 3), np.float32),
        vae=None,
        mask=hole,
        grow_mask_by=6,
    )
    assert latent.noise_mask.shape == (1, 32, 32)
    assert latent.noise_mask.sum() == 36
