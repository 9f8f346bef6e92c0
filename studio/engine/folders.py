"""The input, output and temp folders: every path that a request names is resolved here and nowhere else."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from studio.engine.errors import OutsideFolderError
from studio.engine.hosted import Hosted

NOTHING_HOSTED = Hosted()
CHECKPOINTS = ("avatarforge-figure",)
VAES = ("pixel_space",)
CONTROLS = ("figure-openpose",)
UPSCALERS = ("lanczos-2x", "lanczos-4x")
MODEL_FOLDERS = (
    "checkpoints",
    "configs",
    "loras",
    "vae",
    "text_encoders",
    "diffusion_models",
    "clip_vision",
    "style_models",
    "embeddings",
    "diffusers",
    "vae_approx",
    "controlnet",
    "gligen",
    "upscale_models",
    "custom_nodes",
    "hypernetworks",
    "photomaker",
    "classifiers",
    "model_patches",
    "audio_encoders",
)
WEIGHTS = {".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}
DATE_PARTS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
NOT_KNOWN_EVERYWHERE = (
    ("image/webp", ".webp"),
    ("audio/flac", ".flac"),
    ("audio/mp4", ".m4a"),
    ("audio/ogg", ".ogg"),
    ("audio/ogg", ".opus"),
    ("video/webm", ".webm"),
    ("video/x-matroska", ".mkv"),
    ("video/quicktime", ".mov"),
)
LONGEST_NAME_BYTES = 255
UNUSABLE = re.compile(r"[\x00-\x1f]" if os.name != "nt" else r'[\x00-\x1f<>:"|?*]')


@dataclass(frozen=True)
class SavePlace:
    """Where a batch of pictures goes: the folder, the file name's stem and the first free number."""

    folder: Path
    subfolder: str
    stem: str
    counter: int


class Folders:
    """The folders of one engine below one directory."""

    def __init__(self, base: Path, hosted: Hosted = NOTHING_HOSTED) -> None:
        self.base = base.resolve()
        self.hosted = hosted
        # resolved, so that a folder may be a link to another disk
        self.input, self.output, self.temp = (
            (self.base / name).resolve() for name in ("input", "output", "temp")
        )
        self.models = self.base / "models"
        self._next_number: dict[tuple[str, str], int] = {}

    def prepare(self) -> None:
        """Create the folders; what an earlier run left in temp is removed."""
        shutil.rmtree(self.temp, ignore_errors=True)
        for folder in (self.input, self.output, self.temp):
            folder.mkdir(parents=True, exist_ok=True)

    def by_type(self, kind: str) -> Path | None:
        """Return the folder that the protocol calls input, output or temp."""
        return {"input": self.input, "output": self.output, "temp": self.temp}.get(kind)

    def inside(self, folder: Path, *parts: str) -> Path:
        """Join parts below a folder; refuse whatever leads out of it."""
        for part in parts:
            if UNUSABLE.search(part):
                raise OutsideFolderError("the name holds characters that no file name can hold")
            if any(len(name.encode(errors="replace")) > LONGEST_NAME_BYTES for name in part.split("/")):
                raise OutsideFolderError("the name is longer than a file name can be")
        try:
            path = folder.joinpath(*parts).resolve()
        except (OSError, ValueError, RuntimeError) as problem:
            raise OutsideFolderError(f"not a usable path: {problem}") from problem
        if path != folder and folder not in path.parents:
            raise OutsideFolderError("the path leads out of the folder")
        return path

    def annotated(self, name: str) -> tuple[str, Path | None]:
        """Split "picture.png [output]" into the name and the folder that the suffix names."""
        for kind in ("output", "input", "temp"):
            suffix = f"[{kind}]"
            if name.endswith(suffix):
                return name[: -len(suffix)].rstrip(" "), self.by_type(kind)
        return name, None

    def input_file(self, name: object) -> Path | None:
        """Return the existing file that a load node names, or nothing."""
        if not isinstance(name, str) or not name:
            return None
        plain, folder = self.annotated(name)
        try:
            path = self.inside(folder or self.input, plain)
        except OutsideFolderError:
            return None
        return path if path.is_file() else None

    def input_files(self) -> list[str]:
        """List the files that lie directly in the input folder."""
        if not self.input.is_dir():
            return []
        return sorted(entry.name for entry in os.scandir(self.input) if entry.is_file())

    def input_images(self) -> list[str]:
        """List the input files whose names say that they are pictures."""
        return self._input_files_of("image/")

    def input_sounds(self) -> list[str]:
        """List the input files whose names say that there may be a sound in them."""
        return self._input_files_of("audio/", "video/")

    def input_videos(self) -> list[str]:
        """List the input files whose names say that they are videos."""
        return self._input_files_of("video/", "image/gif")

    def _input_files_of(self, *kinds: str) -> list[str]:
        for kind, suffix in NOT_KNOWN_EVERYWHERE:
            mimetypes.add_type(kind, suffix)
        return [
            name for name in self.input_files() if (mimetypes.guess_type(name)[0] or "").startswith(kinds)
        ]

    def models_in(self, folder: str) -> list[str]:
        """List what a model folder offers: what the engine brings itself, then files on disk."""
        own = {
            "checkpoints": CHECKPOINTS,
            "vae": VAES,
            "controlnet": CONTROLS,
            "upscale_models": UPSCALERS,
        }
        if folder in own:
            return [*own[folder], *(self.hosted.checkpoints if folder == "checkpoints" else ())]
        if folder not in ("loras", "embeddings"):
            return []  # no node of this engine could load what may lie there
        top = self.models / folder
        return sorted(
            path.relative_to(top).as_posix()
            for path in top.rglob("*")
            if path.suffix.lower() in WEIGHTS and path.is_file()
        )

    def save_place(self, prefix: str, root: Path, width: int, height: int) -> SavePlace:
        """Find folder, stem and next number for files of a prefix, which may name a subfolder."""
        wanted = os.path.normpath(_fill_tokens(prefix, width, height).replace("\\", "/"))
        subfolder, stem = Path(wanted).parent.as_posix(), Path(wanted).name
        subfolder = "" if subfolder == "." else subfolder
        try:
            folder = self.inside(root, subfolder)
            self.inside(folder, stem)
        except OutsideFolderError as problem:
            raise OutsideFolderError(
                f"Saving outside the output folder is not allowed: {problem} (prefix {prefix[:100]!r}). "
                "Use a plain name, or name/part for a subfolder."
            ) from problem
        folder.mkdir(parents=True, exist_ok=True)
        key = (str(folder), os.path.normcase(stem))
        counter = self._next_number.get(key)
        if counter is None or (folder / f"{stem}_{counter:05}_.png").exists():
            counter = _highest_number(folder, stem) + 1
        return SavePlace(folder, subfolder, stem, counter)

    def numbers_used(self, place: SavePlace, next_counter: int) -> None:
        """Remember the next free number, so that a full folder need not be listed for every picture."""
        self._next_number[(str(place.folder), os.path.normcase(place.stem))] = next_counter


def _highest_number(folder: Path, stem: str) -> int:
    highest = 0
    start = os.path.normcase(stem + "_")
    for entry in os.scandir(folder):
        name = entry.name
        if os.path.normcase(name[: len(start)]) == start:
            digits = name[len(start) :].split("_")[0]
            if digits.isascii() and digits.isdigit():
                highest = max(highest, int(digits))
    return highest


def _fill_tokens(prefix: str, width: int, height: int) -> str:
    if "%" not in prefix:
        return prefix
    now = time.localtime()

    def date(match: re.Match[str]) -> str:
        spelled = re.sub(
            "|".join(DATE_PARTS), lambda part: time.strftime(DATE_PARTS[part.group()], now), match.group(1)
        )
        return re.sub(r"[:/\\]", "-", spelled)

    filled = re.sub(r"%date:([^%]*)%", date, prefix).replace("%date%", time.strftime("%Y-%m-%d", now))
    tokens = {"%width%": str(width), "%height%": str(height)}
    for word, code in (
        ("year", "%Y"),
        ("month", "%m"),
        ("day", "%d"),
        ("hour", "%H"),
        ("minute", "%M"),
        ("second", "%S"),
    ):
        tokens[f"%{word}%"] = time.strftime(code, now)
    for token, value in tokens.items():
        filled = filled.replace(token, value)
    return filled
