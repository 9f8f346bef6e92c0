"""Presets by name: the poses and the styles that come with the figure, as lists that clients can read."""

from __future__ import annotations

from pathlib import Path

from studio.engine import figure
from studio.engine.figure.keys import STYLES
from studio.engine.folders import Folders
from studio.engine.nodes.conditioning import Conditioning, with_options
from studio.engine.nodes.define import choice, link, node

# Read as a folder: the room of poses would load the numeric libraries for a list of names.
POSES = Path(figure.__file__).parent / "poses" / "library"


def pose_names(folders: Folders) -> list[str]:
    """The poses of the library."""
    return sorted(path.stem for path in POSES.glob("*.json"))


@node(
    "FigurePosePreset",
    required={"conditioning": link("CONDITIONING"), "pose": choice(pose_names)},
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure Pose Preset",
    description="A pose of the library, by its name.",
    module="studio.engine.nodes",
)
def pose_preset(conditioning: Conditioning, pose: str) -> tuple[Conditioning]:
    """Set the pose."""
    return (with_options(conditioning, pose={"name": pose}),)


@node(
    "FigureStyle",
    required={"conditioning": link("CONDITIONING"), "style": choice(STYLES)},
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure Style",
    description="One of the drawing styles, by its name.",
    module="studio.engine.nodes",
)
def style_preset(conditioning: Conditioning, style: str) -> tuple[Conditioning]:
    """Set the style."""
    return (with_options(conditioning, style=style),)
