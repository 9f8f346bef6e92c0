"""The samplers: they have the figure drawn that the conditioning describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.engine import hosted
from studio.engine.nodes.conditioning import Conditioning, options_of, words_of
from studio.engine.nodes.define import Note, Run, choice, decimal, link, node, whole
from studio.engine.nodes.figures import SEEDS, draw_request, refusals_said, unknown_controls
from studio.engine.nodes.latents import Latent
from studio.engine.nodes.loaders import Model
from studio.engine.pixels import from_bytes, guard_size, repeat_to, resize, resize_masks, to_bytes

SAMPLERS = (
    "euler",
    "euler_cfg_pp",
    "euler_ancestral",
    "euler_ancestral_cfg_pp",
    "heun",
    "heunpp2",
    "dpm_2",
    "dpm_2_ancestral",
    "lms",
    "dpm_fast",
    "dpm_adaptive",
    "dpmpp_2s_ancestral",
    "dpmpp_2s_ancestral_cfg_pp",
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "dpmpp_2m",
    "dpmpp_2m_cfg_pp",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "ddpm",
    "lcm",
    "ipndm",
    "ipndm_v",
    "deis",
    "res_multistep",
    "res_multistep_cfg_pp",
    "res_multistep_ancestral",
    "res_multistep_ancestral_cfg_pp",
    "gradient_estimation",
    "gradient_estimation_cfg_pp",
    "er_sde",
    "seeds_2",
    "seeds_3",
    "sa_solver",
    "sa_solver_pece",
    "ddim",
    "uni_pc",
    "uni_pc_bh2",
)
SCHEDULERS = (
    "simple",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "normal",
    "linear_quadratic",
    "kl_optimal",
)


@dataclass(frozen=True)
class Wanted:
    """What a sampler is to draw, by whatever means."""

    model: Model
    seed: int
    steps: int
    cfg: float
    positive: Conditioning
    negative: Conditioning
    latent: Latent
    denoise: float


@node(
    "KSampler",
    required={
        "model": link("MODEL", "The model used for denoising the input latent."),
        "seed": whole(0, 0, SEEDS - 1, control_after_generate=True, tooltip="The same seed draws the same."),
        "steps": whole(20, 1, 10000, tooltip="The number of steps used in the denoising process."),
        "cfg": decimal(8.0, 0.0, 100.0, step=0.1, round=0.01, tooltip="How closely the words are followed."),
        "sampler_name": choice(SAMPLERS, tooltip="Accepted; the figure draws the same with all of them."),
        "scheduler": choice(SCHEDULERS, tooltip="Accepted; the figure draws the same with all of them."),
        "positive": link("CONDITIONING", "What the picture should show."),
        "negative": link("CONDITIONING", "What the picture should not show."),
        "latent_image": link("LATENT", "The latent image to denoise."),
        "denoise": decimal(1.0, 0.0, 1.0, step=0.01, tooltip="Lower values keep more of the given picture."),
    },
    outputs=("LATENT",),
    category="sampling",
    description="Draws the figure that the conditioning describes.",
)
def sample(
    run: Run,
    model: Model,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    denoise: float = 1.0,
) -> tuple[Latent]:
    """Draw every picture of the batch, each with the next seed."""
    wanted = Wanted(model, seed, steps, cfg, positive, negative, latent_image, denoise)
    return (_draw(run, wanted),)


@node(
    "KSamplerAdvanced",
    required={
        "model": link("MODEL"),
        "add_noise": choice(("enable", "disable")),
        "noise_seed": whole(0, 0, SEEDS - 1, control_after_generate=True),
        "steps": whole(20, 1, 10000),
        "cfg": decimal(8.0, 0.0, 100.0, step=0.1, round=0.01),
        "sampler_name": choice(SAMPLERS),
        "scheduler": choice(SCHEDULERS),
        "positive": link("CONDITIONING"),
        "negative": link("CONDITIONING"),
        "latent_image": link("LATENT"),
        "start_at_step": whole(0, 0, 10000),
        "end_at_step": whole(10000, 0, 10000),
        "return_with_leftover_noise": choice(("disable", "enable")),
    },
    outputs=("LATENT",),
    category="sampling",
    display_name="KSampler (Advanced)",
)
def sample_advanced(
    run: Run,
    model: Model,
    add_noise: str,
    noise_seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    start_at_step: int,
    end_at_step: int,
    return_with_leftover_noise: str,
) -> tuple[Latent]:
    """Draw from a later step on: the steps before it count as kept from the given picture."""
    last = min(end_at_step, steps)
    if last <= start_at_step:
        return (latent_image,)
    denoise = 1.0 - start_at_step / steps
    count = last - start_at_step
    wanted = Wanted(model, noise_seed, count, cfg, positive, negative, latent_image, denoise)
    return (_draw(run, wanted),)


def _draw(run: Run, wanted: Wanted) -> Latent:
    latent, positive = wanted.latent, wanted.positive
    if wanted.denoise <= 0.0:
        return latent
    if hosted.is_hosted(wanted.model.name):
        return _have_drawn(run, wanted)
    run.await_figure()
    # late, because the figure takes seconds to load and most of a server's life needs none of it
    from studio.engine.figure import draw

    guard_size(latent.batch, latent.height, latent.width, 4)
    transparent = bool(options_of(positive).get("transparent"))
    other_controls = unknown_controls(positive)
    base = None if latent.pixels is None else to_bytes(_with_alpha(latent.pixels))
    drawn: list[np.ndarray] = []
    notes: list[tuple[Note, ...]] = []
    for index in range(latent.batch):
        run.check()
        request = draw_request(
            positive,
            wanted.negative,
            index,
            seed=(wanted.seed + index) % SEEDS,
            width=latent.width,
            height=latent.height,
            steps=wanted.steps,
            cfg=wanted.cfg,
            denoise=wanted.denoise,
            base_image=base[index] if base is not None and wanted.denoise < 1.0 else None,
            loras=wanted.model.loras,
        )

        def on_progress(step: int, of_steps: int, preview: Any, done: int = index) -> None:
            run.progress(done * of_steps + step, latent.batch * of_steps, preview)

        with refusals_said():
            picture = draw(request, on_progress)
        drawn.append(from_bytes(picture.rgba if transparent else picture.rgba[..., :3]))
        notes.append((Note((*picture.not_drawn, *other_controls), picture.recipe),))
    run.notes_out = tuple(notes)
    pixels = np.stack(drawn)
    if latent.noise_mask is not None and latent.pixels is not None:
        pixels = _keep_outside(pixels, latent.pixels, latent.noise_mask)
    return Latent(latent.width, latent.height, latent.batch, pixels, latent.noise_mask)


def _have_drawn(run: Run, wanted: Wanted) -> Latent:
    """Ask a hosted model for every picture of the batch; all get the size of the first."""
    latent, model = wanted.latent, wanted.model
    name = model.name.removeprefix(hosted.MARK)
    base = None if latent.pixels is None or wanted.denoise >= 1.0 else to_bytes(latent.pixels)[..., :3]
    drawn: list[np.ndarray] = []
    for index in range(latent.batch):
        run.progress(index, latent.batch, None)
        asked = hosted.Asked(
            model=name,
            prompt=words_of(wanted.positive),
            negative=words_of(wanted.negative),
            width=latent.width,
            height=latent.height,
            steps=wanted.steps,
            guidance=wanted.cfg,
            seed=(wanted.seed + index) % SEEDS,
            base=None if base is None else np.ascontiguousarray(base[index]),
        )
        picture = from_bytes(hosted.draw(run.folders.hosted, asked, run.check))
        if drawn and picture.shape != drawn[0].shape:
            height, width = drawn[0].shape[:2]
            picture = resize(picture[None], width, height, "bicubic")[0]
        drawn.append(picture)
    run.progress(latent.batch, latent.batch, None)
    unused = [f"LoRA {lora}" for lora, _ in model.loras]
    recipe = {"hosted_model": name}
    run.notes_out = tuple((Note(tuple(unused), recipe),) for _ in drawn)
    pixels = np.stack(drawn)
    return Latent(pixels.shape[2], pixels.shape[1], latent.batch, pixels)


def _with_alpha(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[-1] == 4:
        return pixels
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    return np.concatenate([pixels, np.ones((*pixels.shape[:-1], 1), np.float32)], axis=-1)


def _keep_outside(drawn: np.ndarray, old: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Keep the old picture wherever the mask does not allow drawing."""
    open_share = repeat_to(resize_masks(mask, drawn.shape[2], drawn.shape[1]), drawn.shape[0])[..., None]
    under = _with_alpha(old)[..., : drawn.shape[-1]]
    return drawn * open_share + under * (1.0 - open_share)
