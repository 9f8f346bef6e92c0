"""Sound: loading, cutting and saving it; it stays in its file until somebody plays it."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.engine.errors import Refusal
from studio.engine.folders import Folders
from studio.engine.nodes.define import Result, Run, choice, decimal, link, node, text
from studio.engine.nodes.files import common_texts, free_place, input_fingerprint, input_path
from studio.engine.talking.audio import Sound, SoundRefused, open_sound
from studio.engine.talking.recording import BITRATES, Codec, write_sound

MODULE = "comfy_extras.nodes_audio"
REFUSED = "studio.engine.talking.SoundRefused"
SAVED = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
_preview_name = "_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))


@contextmanager
def sound_refusals_said() -> Iterator[None]:
    """Let a file without a usable sound end the prompt with its own sentence."""
    try:
        yield
    except SoundRefused as refusal:
        raise Refusal(str(refusal), REFUSED) from refusal


def _check_audio(folders: Folders, audio: object) -> str | None:
    return None if folders.input_file(audio) else f"Invalid audio file: {audio}"


@node(
    "LoadAudio",
    required={"audio": choice(Folders.input_sounds, audio_upload=True)},
    outputs=("AUDIO",),
    category="audio",
    display_name="Load Audio",
    check=_check_audio,
    checked_inputs=("audio",),
    fingerprint=lambda folders, audio=None: input_fingerprint(folders, audio),
    module=MODULE,
)
def load_audio(run: Run, audio: str) -> tuple[Sound]:
    """Open a sound, or the sound of a video."""
    with sound_refusals_said():
        return (open_sound(input_path(run, audio, "sound"), audio),)


@node(
    "TrimAudioDuration",
    required={
        "audio": link("AUDIO"),
        "start_index": decimal(
            0.0,
            -0xFFFFFFFFFFFFFFFF,
            0xFFFFFFFFFFFFFFFF,
            step=0.01,
            tooltip="Where to start, in seconds; below 0 counted from the end.",
        ),
        "duration": decimal(60.0, 0.0, step=0.01, tooltip="How many seconds to keep."),
    },
    outputs=("AUDIO",),
    category="audio",
    display_name="Trim Audio Duration",
    description="Trim audio tensor into chosen time range.",
    module=MODULE,
)
def trim_audio(run: Run, audio: Sound, start_index: float, duration: float) -> tuple[Sound]:
    """Keep a part of a sound."""
    with sound_refusals_said():
        start = round(start_index * audio.rate)
        if start < 0:
            start = max(0, start + sum(block.shape[1] for block in audio.blocks(run.check)))
        length = round(duration * audio.rate)
        if length == 0:
            raise SoundRefused("A cut of 0 seconds holds no sound. Ask for a longer duration.")
        part = audio.cut(start, length)
        if next(iter(part.blocks(run.check)), None) is None:
            raise SoundRefused(
                f"{audio.name} ends before {start_index:g} s, where the cut should begin. Begin it earlier."
            )
        return (part,)


@node(
    "SaveAudio",
    required={"audio": link("AUDIO"), "filename_prefix": text("audio/ComfyUI")},
    hidden=SAVED,
    category="audio",
    display_name="Save Audio (FLAC)",
    module=MODULE,
    is_output=True,
)
def save_audio(run: Run, audio: Sound, filename_prefix: str = "ComfyUI") -> Result:
    """Write a sound without loss."""
    return _save(run, audio, filename_prefix, "flac")


def _node_that_saves(name: str, title: str, codec: Codec, usual: str) -> Callable[..., Result]:
    """A node that writes a sound with a quality to choose."""

    @node(
        name,
        required={
            "audio": link("AUDIO"),
            "filename_prefix": text("audio/ComfyUI"),
            "quality": choice(tuple(BITRATES[codec]), default=usual),
        },
        hidden=SAVED,
        category="audio",
        display_name=f"Save Audio ({title})",
        module=MODULE,
        is_output=True,
    )
    def save(run: Run, audio: Sound, filename_prefix: str = "ComfyUI", quality: str = usual) -> Result:
        return _save(run, audio, filename_prefix, codec, quality)

    return save


save_audio_mp3 = _node_that_saves("SaveAudioMP3", "MP3", "mp3", "V0")
save_audio_opus = _node_that_saves("SaveAudioOpus", "Opus", "opus", "128k")


@node(
    "PreviewAudio",
    required={"audio": link("AUDIO")},
    hidden=SAVED,
    category="audio",
    display_name="Preview Audio",
    module=MODULE,
    is_output=True,
)
def preview_audio(run: Run, audio: Sound) -> Result:
    """Write a sound for listening into the temp folder."""
    return _save(run, audio, "ComfyUI" + _preview_name, "flac", folder=lambda folders: folders.temp)


def _save(
    run: Run,
    audio: Sound,
    prefix: str,
    codec: Codec,
    quality: str = "",
    folder: Callable[[Folders], Path] = lambda folders: folders.output,
) -> Result:
    root = folder(run.folders)
    place, name, kind = free_place(run, prefix, root, f".{codec}")
    with sound_refusals_said():
        write_sound(audio, place.folder / name, codec, quality, common_texts(run), run.check)
    return Result((), {"audio": [{"filename": name, "subfolder": place.subfolder, "type": kind}]})
