"""From conditioning to what the figure is asked to draw; and its control maps as a node."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.engine.errors import Refusal
from studio.engine.nodes.conditioning import Conditioning, options_of, words_of
from studio.engine.nodes.define import Run, choice, link, node, whole
from studio.engine.pixels import from_bytes, guard_size, to_bytes

if TYPE_CHECKING:
    from studio.engine.figure import DrawRequest

SEEDS = 2**64
CONTROL_MAPS = ("openpose", "depth", "normal", "lineart", "segmentation")
REFUSED = "studio.engine.figure.WordsRefused"


def draw_request(
    positive: Conditioning, negative: Conditioning, index: int = 0, **settings: Any
) -> DrawRequest:
    """What the conditioning says about one picture of a batch, with the sampler's own settings."""
    # late, because the figure takes seconds to load and most of a server's life needs none of it
    from studio.engine.figure import Camera, DrawRequest

    options = options_of(positive)
    camera, reference = options.get("camera"), options.get("reference")
    identity, identity_seed = options.get("identity", ("", 0))
    pose = _pose_picture(options)
    return DrawRequest(
        words=words_of(positive),
        negative=words_of(negative),
        camera=Camera(*camera) if camera else None,
        style=options.get("style") or None,
        realism=bool(options.get("realism")),
        transparent=bool(options.get("transparent")),
        pose_image=None if pose is None else to_bytes(pose[index % len(pose), ..., :3]),
        pose_json=options.get("pose"),
        reference_image=None if reference is None else to_bytes(reference[0, ..., :3]),
        identity=identity,
        identity_seed=identity_seed,
        **settings,
    )


def _pose_picture(options: dict[str, Any]) -> np.ndarray | None:
    pictures = [image for kind, image, _ in options.get("controls", []) if kind == "openpose"]
    return pictures[-1] if pictures else None


def unknown_controls(positive: Conditioning) -> tuple[str, ...]:
    """The kinds of control that the figure cannot follow, in words."""
    controls = options_of(positive).get("controls", [])
    return tuple(f"control picture ({kind})" for kind, _, _ in controls if kind != "openpose")


@contextlib.contextmanager
def refusals_said() -> Iterator[None]:
    """Let words that are not drawn for anybody end the prompt with their own sentence."""
    from studio.engine.figure import WordsRefused

    try:
        yield
    except WordsRefused as refusal:
        raise Refusal(str(refusal), REFUSED) from refusal


@node(
    "FigureControlMap",
    required={
        "positive": link("CONDITIONING"),
        "negative": link("CONDITIONING"),
        "seed": whole(0, 0, SEEDS - 1, control_after_generate=True, tooltip="As in the sampler."),
        "width": whole(512, 64, 4096, step=8),
        "height": whole(768, 64, 4096, step=8),
        "kind": choice(CONTROL_MAPS),
    },
    outputs=("IMAGE", "STRING"),
    output_names=("IMAGE", "about"),
    category="figure",
    display_name="Figure Control Map",
    description="The figure as a ControlNet sees it; `about` is the OpenPose document or the legend.",
    module="studio.engine.nodes",
)
def control_map(
    run: Run,
    positive: Conditioning,
    negative: Conditioning,
    seed: int,
    width: int,
    height: int,
    kind: str,
) -> tuple[np.ndarray, str]:
    """Make one control map of the view that the conditioning describes."""
    run.await_figure()
    from studio.engine.figure import control_maps

    guard_size(1, height, width, 3)
    request = draw_request(positive, negative, seed=seed, width=width, height=height)
    with refusals_said():
        maps = control_maps(request, (kind,))
    about = {"openpose": maps["openpose_json"], "segmentation": maps["legend"]}.get(kind, {})
    return from_bytes(maps[kind])[None], json.dumps(about)
