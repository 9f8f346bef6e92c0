"""The embedded voice: espeak-ng in a process of its own, started when it is first needed."""

from __future__ import annotations

import importlib.util
import json
import logging
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError
from studio.speech.asked import Engine, SpeechRequest, Spoken, Voice, language_of
from studio.speech.phonemes import SILENCE, timed
from studio.speech.wav import wave_file

if TYPE_CHECKING:
    from studio.speech.fitting import Fit
    from studio.speech.listening import Heard

log = logging.getLogger(__name__)

NAME = "espeak-ng"
ROOT = Path(__file__).resolve().parents[2]
START_S = 20.0
SPEAK_S = 60.0  # an hour of sound takes it about ten seconds
WORDS_PER_MINUTE = 165
WOMAN = "+f3"
# OpenAI's names, so that programs made for its server are answered with different voices.
_KNOWN_AS = {
    "alloy": "en-us+f2", "ash": "en-us+m1", "ballad": "en-gb+m7", "cedar": "en-us+m2", "coral": "en-us+f3",
    "echo": "en-us+m3", "fable": "en-gb+m4", "marin": "en-us+f1", "nova": "en-us+f4", "onyx": "en-us+m5",
    "sage": "en-gb+f2", "shimmer": "en-us+f5", "verse": "en-gb+m6",
}  # fmt: skip
_VOICE = re.compile(r"[A-Za-z0-9-]{1,40}(\+[A-Za-z0-9_-]{1,40})?")


class Espeak:
    """One worker process; calls take turns, which are short."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}

    def about(self) -> Engine:
        """Whether the extra is installed."""
        title = "espeak-ng, on this machine"
        if importlib.util.find_spec("espeakng_loader") is None:
            return Engine(NAME, title, False, StudioError("espeak_missing").message)
        return Engine(NAME, title, True)

    def voices(self) -> list[Voice]:
        """Every language in a man's and in a woman's voice."""
        with self._lock:
            listed = self._started()["voices"]
        found: list[Voice] = []
        for voice in listed:
            found.append(Voice(voice["id"], f"{voice['name']}, man", voice["language"], NAME))
            found.append(Voice(voice["id"] + WOMAN, f"{voice['name']}, woman", voice["language"], NAME))
        return sorted(found, key=lambda voice: (voice.name, voice.id))

    def speak(self, request: SpeechRequest) -> Spoken:
        """The text as a WAV file, with the time of every phoneme."""
        voice = self._voice(request)
        asked = {
            "text": request.text.replace("\0", " "),
            "voice": voice,
            "rate": round(WORDS_PER_MINUTE * request.speed),
            "pitch": max(0, min(99, round(50 * request.pitch))),
            "intonation": max(0, min(100, round(50 * request.intonation))),
        }
        answer, samples, rate = self._heard(asked)
        phonemes = timed([(at, sound) for at, sound in answer.get("phonemes", ())])
        if all(one.phoneme == SILENCE for one in phonemes):
            why = answer.get("why") or "nothing in the text can be spoken"
            raise StudioError("speech_failed", engine=NAME, why=why)
        return Spoken(wave_file(samples, rate, phonemes), ".wav", NAME, voice, phonemes)

    def like(self, heard: Heard, language: str) -> Fit:
        """The voice that comes nearest to one that was heard."""
        from studio.speech.fitting import fit  # it needs numpy, which a start need not wait for

        def say(text: str, voice: str, pitch: int, intonation: int) -> tuple[bytes, int]:
            asked = {"text": text, "voice": voice, "rate": WORDS_PER_MINUTE, "pitch": pitch}
            _, samples, rate = self._heard({**asked, "intonation": intonation})
            return samples, rate

        return fit(heard, language, say)

    def _heard(self, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes, int]:
        with self._lock:
            rate = self._started()["sample_rate"]
            answer, samples = self._asked(asked)
        if answer.get("error") == "unknown_voice":
            raise StudioError("voice_unknown", voice=asked["voice"], engine=NAME)
        return answer, samples, rate

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _voice(self, request: SpeechRequest) -> str:
        wanted = request.voice or request.language or language_of(request.text)
        voice = _KNOWN_AS.get(wanted, wanted)
        if not _VOICE.fullmatch(voice):
            raise StudioError("voice_unknown", voice=wanted, engine=NAME)
        return voice

    def _started(self) -> dict[str, Any]:
        if self._process is not None and self._process.poll() is None:
            return self._facts
        if not self.about().available:
            raise StudioError("espeak_missing")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "studio.speech.espeak_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        facts, _ = self._within(START_S, lambda process: (_line(process), b""))
        if "error" in facts:
            self._end()
            raise StudioError("speech_failed", engine=NAME, why=str(facts.get("why", "it does not start")))
        self._facts = facts
        return facts

    def _asked(self, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        def talk(process: subprocess.Popen[bytes]) -> tuple[dict[str, Any], bytes]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            answer = _line(process)
            return answer, process.stdout.read(answer.get("bytes", 0))

        return self._within(SPEAK_S, talk)

    def _within(self, seconds: float, talk: Any) -> tuple[dict[str, Any], bytes]:
        """What the worker answers; one that is silent for too long or breaks off is ended."""
        process = self._process
        assert process is not None
        answers: queue.Queue[tuple[dict[str, Any], bytes] | OSError | ValueError] = queue.Queue()

        def run() -> None:
            try:
                answers.put(talk(process))
            except (OSError, ValueError) as error:
                answers.put(error)

        threading.Thread(target=run, name="espeak", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            answer = OSError(f"it did not answer within {seconds:g} s")
        if isinstance(answer, Exception):
            log.warning("espeak-ng broke off: %s", answer)
            self._end()
            raise StudioError("speech_failed", engine=NAME, why=f"its process broke off ({answer})")
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(5)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError as error:  # what was still to be written has no reader any more
                    log.debug("espeak-ng's pipe: %s", error)


def _line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise OSError(f"it ended with code {process.wait(5)}")
    return json.loads(line)
