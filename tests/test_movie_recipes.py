"""Recipes inside videos: written as they stream by, read back, passed over by players."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import pytest

from studio import pictures
from studio.errors import StudioError
from studio.gallery import restore
from studio.pictures import movie
from studio.request import EditRequest, TalkRequest
from tests.films import make_film, numbers_in, pictures_in

RECIPE = {"studio": "1", "seed": 7, "request": {"kind": "talk", "title": "Grüße, Ünïcode 🐉"}}


def with_recipe(path: Path, target: Path, block: int = 4096) -> Path:
    with path.open("rb") as file:
        target.write_bytes(b"".join(pictures.film_with_recipe(iter(lambda: file.read(block), b""), RECIPE)))
    return target


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("block", [5, 4096, 1 << 20])
def test_a_recipe_comes_back_and_the_video_plays_as_before(tmp_path: Path, suffix: str, block: int) -> None:
    plain = make_film(tmp_path / f"a{suffix}", frames=12, tone_hz=440)
    kept = with_recipe(plain, tmp_path / f"b{suffix}", block)
    assert kept.read_bytes().startswith(plain.read_bytes())
    assert pictures.read_recipe(kept) == pictures.read_recipe(kept.read_bytes()) == RECIPE
    assert pictures.read_recipe(plain) is None
    assert numbers_in(pictures_in(kept)) == numbers_in(pictures_in(plain))
    with av.open(str(kept)) as one, av.open(str(plain)) as other:
        assert one.duration == other.duration


def test_the_last_recipe_counts(tmp_path: Path) -> None:
    first = with_recipe(make_film(tmp_path / "a.mp4", frames=3), tmp_path / "b.mp4")
    second = b"".join(pictures.film_with_recipe([first.read_bytes()], {"seed": 8}))
    assert pictures.read_recipe(second) == {"seed": 8}


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".gif"])
def test_other_videos_stay_as_they_are(tmp_path: Path, suffix: str) -> None:
    plain = make_film(tmp_path / f"a{suffix}", frames=5, fps=10)
    assert with_recipe(plain, tmp_path / "b").read_bytes() == plain.read_bytes()
    assert pictures.read_recipe(plain) is None


@pytest.mark.parametrize(
    "tail",
    [
        struct.pack(">I4s", 8 + 16 + 3, b"uuid") + movie.OURS + b"{a}",
        struct.pack(">I4s", 8 + 16 + 4, b"uuid") + movie.OURS + b"null",
        struct.pack(">I4s", 4_000_000_000, b"uuid") + movie.OURS + b"{}",
        struct.pack(">I4s", 3, b"uuid"),
        struct.pack(">I4sQ", 1, b"uuid", 2**63),
        struct.pack(">I4s", 0, b"mdat") + b"x" * 50,
        b"\0\0\0",
        struct.pack(">I4s", 8, b"free") * 20_000,
    ],
)
def test_broken_boxes_hold_no_recipe(tail: bytes) -> None:
    head = struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\2\0"
    assert pictures.read_recipe(head + tail) is None
    assert movie.texts(io.BytesIO(head + tail), frozenset({"avatarforge"})) == {}


def test_a_request_for_a_video_is_restored_if_its_files_are_here(tmp_path: Path) -> None:
    talk = TalkRequest(image_file_id="i", audio_file_id="a", resolution=256)
    edit = EditRequest(clip_file_ids=("c",), start_s=0.5, output_format="webm")
    film = make_film(tmp_path / "a.mp4", frames=3).read_bytes()
    for request in (talk, edit):
        recipe = {"request": request.model_dump(mode="json"), "seed": 5, "engine": "embedded"}
        source = b"".join(pictures.film_with_recipe([film], recipe))
        found = restore(source, lambda kind, name: True, lambda job: None)
        assert found.request is not None
        assert found.request.model_dump() == {**request.model_dump(), "seed": 5, "engine": "embedded"}
        gone = restore(source, lambda kind, name: kind != "file", lambda job: None)
        assert gone.request is None
        assert "upload them again" in gone.notes[0]
    with pytest.raises(StudioError):
        restore(film, lambda kind, name: True, lambda job: None)
