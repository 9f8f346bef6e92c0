"""The graph by which the embedded engine draws a control map: the figure of the words, from one side."""

from __future__ import annotations

from studio import prompts
from studio.request import AvatarRequest, View
from studio.workflows.fill import YAW_DEG
from studio.workflows.links import Graph

FIGURE = "avatarforge-figure"
POSE_READER = "figure-openpose"


def map_graph(
    request: AvatarRequest, view: View, kind: str, seed: int, pose: str | None, filename_prefix: str
) -> Graph:
    """A map of one view in the size of the picture; `pose` is the uploaded pose picture's name."""
    text = prompts.write(request, view, "figure")
    graph: Graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": FIGURE}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": text.positive, "clip": ["1", 1]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": text.negative, "clip": ["1", 1]}},
        "4": {
            "class_type": "FigureView",
            "inputs": {
                "conditioning": ["2", 0],
                "yaw": YAW_DEG[view],
                "pitch": 0.0,
                "framing": request.framing,
                "style": "",  # styles change the lines of a figure, not where it stands
                "realism": request.realism,
                "transparent": False,
            },
        },
        "8": {
            "class_type": "FigureControlMap",
            "inputs": {
                "positive": ["4", 0],
                "negative": ["3", 0],
                "seed": seed,
                "width": request.width or 512,
                "height": request.height or 768,
                "kind": kind,
            },
        },
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": filename_prefix}},
    }
    if request.identity:
        graph["10"] = {
            "class_type": "FigureIdentity",
            "inputs": {
                "conditioning": ["2", 0],
                "words": request.identity,
                "seed": request.identity_seed or 0,
            },
        }
        graph["4"]["inputs"]["conditioning"] = ["10", 0]
    if pose is not None:
        graph["5"] = {"class_type": "LoadImage", "inputs": {"image": pose}}
        graph["6"] = {"class_type": "ControlNetLoader", "inputs": {"control_net_name": POSE_READER}}
        graph["7"] = {
            "class_type": "ControlNetApply",
            "inputs": {
                "conditioning": ["4", 0],
                "control_net": ["6", 0],
                "image": ["5", 0],
                "strength": 1.0,
            },
        }
        graph["8"]["inputs"]["positive"] = ["7", 0]
    return graph
