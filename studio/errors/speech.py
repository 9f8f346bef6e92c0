"""Voices: engines that speak, and voices that are kept."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "no_voice",
        503,
        "This studio has no engine that speaks: TTS_URL is not set and espeak-ng is not installed.",
        "Set TTS_URL to a server in OpenAI's dialect, or run: pip install -r requirements-speech.txt",
    ),
    Problem(
        "espeak_missing",
        503,
        "espeak-ng is not installed.",
        "Run: pip install -r requirements-speech.txt",
    ),
    Problem(
        "tts_not_set",
        503,
        "TTS_URL names no voice server.",
        "Set TTS_URL, for example to http://127.0.0.1:8880/v1, and start the studio again.",
    ),
    Problem(
        "tts_unreachable",
        503,
        "The voice server at {url} cannot be reached: {why}.",
        "Start it, or correct TTS_URL.",
    ),
    Problem(
        "tts_key_refused",
        503,
        "The voice server at {url} refuses the key.",
        "Set TTS_API_KEY to a key of that server.",
    ),
    Problem("speech_failed", 502, "{engine} could not speak the text: {why}.", "Try another voice or text."),
    Problem(
        "voice_unknown",
        422,
        "{engine} has no voice named {voice!r}.",
        "Choose one of the voices that the studio lists.",
    ),
    # Kept voices.
    Problem("voice_not_found", 404, "Voice not found: {id}", "Check the id, or list the voices."),
    Problem(
        "voice_too_short",
        422,
        "There are {speech_s:.1f} seconds of speech in the recording of {duration_s:.1f} seconds, "
        "and {least_s:.0f} are needed.",
        "Record somebody who speaks clearly, without music, for ten seconds or more.",
    ),
    Problem(
        "clone_refused",
        502,
        "The voice server at {url} refuses the recording: {why}.",
        "Try another recording; 10 to 25 seconds of clear speech suit most servers.",
    ),
    Problem(
        "speech_nodes_missing",
        503,
        "No ComfyUI server at hand has the nodes of {nodes}.",
        "Install the node pack {sources} on one and restart it, or choose another engine.",
    ),
)
