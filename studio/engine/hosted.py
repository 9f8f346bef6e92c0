"""Models that draw elsewhere: the Hugging Face Hub's inference providers, or an endpoint of one's own."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from studio.engine.errors import Refusal
from studio.engine.pixels import guard_size

MARK = "hf:"
TOKEN = "HF_TOKEN"
REFUSED = "studio.engine.hosted.Refused"
LOOK_S = 0.2  # how soon an interruption is noticed
LONGEST_S = 300.0
# Distilled models draw in a few steps and know no guidance.
_QUICK = re.compile(r"schnell|turbo|lightning|lcm|hyper", re.IGNORECASE)
QUICK_STEPS = 4


@dataclass(frozen=True)
class Hosted:
    """Which models are offered, and where they are asked."""

    models: tuple[str, ...] = ()
    address: str = ""  # of one's own endpoint; `{model}` in it is filled in
    provider: str = "auto"

    @property
    def checkpoints(self) -> list[str]:
        """Their names as checkpoints; none without a token."""
        return [f"{MARK}{model}" for model in self.models] if os.environ.get(TOKEN) else []


@dataclass(frozen=True)
class Asked:
    """One picture that a hosted model shall draw."""

    model: str
    prompt: str
    negative: str
    width: int
    height: int
    steps: int
    guidance: float
    seed: int
    base: np.ndarray | None = None  # bytes of red, green and blue to begin with


def is_hosted(checkpoint: str) -> bool:
    """Whether a checkpoint's name is that of a hosted model."""
    return checkpoint.startswith(MARK)


def draw(hosted: Hosted, asked: Asked, check: Callable[[], None]) -> np.ndarray:
    """The picture as bytes of red, green and blue; `check` may raise while it is waited for."""
    done = threading.Event()
    outcome: list[Image.Image | Exception] = []

    def run() -> None:
        try:
            outcome.append(_ask(hosted, asked))
        except Exception as error:  # noqa: BLE001 - told in the thread that waits
            outcome.append(error)
        done.set()

    threading.Thread(target=run, name="hosted", daemon=True).start()
    while not done.wait(LOOK_S):
        check()
    (picture,) = outcome
    if isinstance(picture, Exception):
        raise Refusal(_sentence(asked.model, picture), REFUSED) from picture
    guard_size(1, picture.height, picture.width)
    return np.asarray(picture.convert("RGB"))


def _ask(hosted: Hosted, asked: Asked) -> Image.Image:
    from huggingface_hub import InferenceClient  # late: most engines never need it

    own = hosted.address.replace("{model}", asked.model)
    client = InferenceClient(
        provider="hf-inference" if own else hosted.provider,  # pyright: ignore[reportArgumentType]
        api_key=os.environ.get(TOKEN),
        timeout=LONGEST_S,
    )
    quick = _QUICK.search(asked.model) is not None
    steps = min(asked.steps, QUICK_STEPS) if quick else asked.steps
    shared: dict[str, Any] = {
        "model": own or asked.model,
        "negative_prompt": asked.negative or None,
        "num_inference_steps": steps,
        "guidance_scale": None if quick else asked.guidance,
    }
    if asked.base is None:
        return client.text_to_image(
            asked.prompt, width=asked.width, height=asked.height, seed=asked.seed % 2**32, **shared
        )
    source = io.BytesIO()
    Image.fromarray(asked.base).save(source, "PNG")
    return client.image_to_image(source.getvalue(), prompt=asked.prompt, **shared)


def _sentence(model: str, error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    said = getattr(error, "server_message", None) or str(error).splitlines()[0][:300] or type(error).__name__
    what = {
        401: "the token in HF_TOKEN is not accepted. Make a new one that may call inference providers.",
        402: "the account's inference credits are used up. Add some, or choose another model.",
        403: "the token in HF_TOKEN may not use it. Accept the model's licence, or give it more rights.",
        404: "nobody hosts it there. Choose another model.",
        429: "too many requests. Wait a little, then try again.",
    }.get(status or 0, f"{said}. Try again, or choose another model.")
    return f"The hosted model {model} did not draw: {what}"
