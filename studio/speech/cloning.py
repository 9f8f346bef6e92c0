"""Giving a voice server a recording to speak like: the ways in which servers of OpenAI's dialect take one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx

from studio.errors import StudioError

log = logging.getLogger(__name__)

UPLOAD_S = 120.0
_NOT_THERE = frozenset({404, 405, 501})


def clone(http: httpx.Client, base: str, recording: Path, name: str, language: str, url: str) -> str | None:
    """The name under which the server has the voice now; nothing from one that takes no recordings.

    `base` ends in /v1. vLLM-Omni's way comes first, then Chatterbox TTS API's, then Chatterbox TTS Server's.
    """
    root = base.removesuffix("/v1")
    # Who lets a voice be cloned has the right to it; our own record of the voice is what stands for that.
    consent = {"name": name, "consent": name, "language": language}
    ways: tuple[tuple[str, str, dict[str, str]], ...] = (
        (f"{base}/audio/voices", "audio_sample", consent),
        (f"{base}/voices", "voice_file", {"voice_name": name, "language": language}),
        (f"{root}/upload_reference", "files", {}),
    )
    for address, member, fields in ways:
        with recording.open("rb") as file:
            sent = {member: (f"{name}.wav", file, "audio/wav")}
            try:
                answer = http.post(address, data=fields, files=sent, timeout=UPLOAD_S)
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
                raise StudioError("tts_unreachable", url=url, why=why) from error
        if answer.status_code in _NOT_THERE:
            continue
        if answer.status_code in (401, 403):
            raise StudioError("tts_key_refused", url=url)
        if not answer.is_success:
            raise StudioError(
                "clone_refused", url=url, why=f"status {answer.status_code}, {answer.text[:300]}"
            )
        return _name_in(answer, f"{name}.wav" if member == "files" else name)
    return None


def forget(http: httpx.Client, base: str, name: str) -> None:
    """Ask the server to remove a voice; one that cannot keeps it."""
    for address in (f"{base}/audio/voices/{name}", f"{base}/voices/{name}"):
        try:
            if http.delete(address, timeout=UPLOAD_S).is_success:
                return
        except httpx.HTTPError as error:
            log.info("the voice server cannot be told to forget %s: %s", name, error)
            return


def _name_in(answer: httpx.Response, otherwise: str) -> str:
    """What the server calls the voice, if it says so."""
    try:
        said: Any = answer.json()
    except ValueError:
        return otherwise
    voice = said.get("voice") if isinstance(said, dict) else None
    for told in (voice, said):
        if isinstance(told, dict):
            for member in ("id", "voice_id", "name"):
                if isinstance(told.get(member), str) and told[member]:
                    return told[member]
    uploaded = said.get("uploaded_files") if isinstance(said, dict) else None
    if isinstance(uploaded, list) and uploaded and isinstance(uploaded[0], str):
        return uploaded[0]
    return otherwise
