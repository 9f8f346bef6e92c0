"""espeak-ng as a process of its own, for it is GPL: a line of JSON in, a line of JSON and samples out.

The library is loaded here and nowhere else; who wants to hear something talks to this process over pipes.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

SYNCHRONOUS = 2  # hands the samples to a callback instead of a sound card
PHONEME_EVENTS, PHONEMES_AS_IPA, DO_NOT_EXIT = 0x0001, 0x0002, 0x8000
SENTENCE, PHONEME = 2, 7
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
TEXT_IS_UTF8 = 1


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),  # a priority byte, then a name, again and again
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The library, told where its data is."""

    def __init__(self) -> None:
        loader = importlib.import_module("espeakng_loader")
        self._library = ctypes.CDLL(loader.get_library_path())
        self._library.espeak_Synth.argtypes = (
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self._library.espeak_Info.restype = ctypes.c_char_p
        self._data = Path(loader.get_data_path())
        self._files: dict[str, str] = {}  # the library finds voices by their files' names, not by language
        options = PHONEME_EVENTS | PHONEMES_AS_IPA | DO_NOT_EXIT
        self.sample_rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, str(self._data).encode(), options)
        if self.sample_rate <= 0:
            raise OSError(f"espeak-ng cannot read its data at {self._data}")

    @property
    def version(self) -> str:
        """The library's own version."""
        return self._library.espeak_Info(None).decode().split()[0]

    def voices(self) -> list[dict[str, str]]:
        """The languages that it speaks; each can be varied by `+f1` and its like."""
        listed = self._library.espeak_ListVoices(None)
        found: dict[str, dict[str, str]] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            language = ctypes.string_at(voice.languages + 1).decode() if voice.languages else ""
            identifier = voice.identifier.decode()
            # MBROLA's voices need another program's data, and some languages come without their dictionary.
            dictionary = self._data / f"{language.split('-')[0]}_dict"
            if language not in found and not identifier.startswith("mb/") and dictionary.exists():
                found[language] = {"id": language, "name": voice.name.decode(), "language": language}
                self._files[language] = identifier.rsplit("/", 1)[-1]
            index += 1
        return list(found.values())

    def speak(
        self, text: str, voice: str, words_per_minute: int, pitch: int, intonation: int
    ) -> tuple[bytes, list[Any]]:
        """The samples, 16 bits each, and when which phoneme begins in seconds."""
        language, plus, variant = voice.partition("+")
        named = self._files.get(language, language) + plus + variant
        if self._library.espeak_SetVoiceByName(named.encode()) != 0:
            raise LookupError(voice)
        samples = bytearray()
        phonemes: list[tuple[float, str]] = []

        def heard(wave: Any, count: int, events: Any) -> int:
            if wave and count > 0:
                samples.extend(ctypes.string_at(wave, count * 2))
            index = 0
            while events[index].type != 0:
                event = events[index]
                if event.type == PHONEME:
                    sound = event.id.string.decode("utf-8", "ignore").strip()
                    phonemes.append((event.audio_position / 1000, sound))
                index += 1
            return 0

        callback = _Heard(heard)
        self._library.espeak_SetSynthCallback(callback)
        self._library.espeak_SetParameter(RATE, words_per_minute, 0)
        self._library.espeak_SetParameter(PITCH, pitch, 0)
        self._library.espeak_SetParameter(RANGE, intonation, 0)
        said = text.encode()
        if self._library.espeak_Synth(said, len(said) + 1, 0, 1, 0, TEXT_IS_UTF8, None, None) != 0:
            raise OSError("espeak-ng refused the text")
        self._library.espeak_Synchronize()
        return bytes(samples), phonemes


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer one line after the other until the pipe is closed."""
    try:
        espeak = Espeak()
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # the parent tells it
        _send(sink, {"error": "not_loaded", "why": f"{type(error).__name__}: {error}"})
        return
    _send(sink, {"version": espeak.version, "sample_rate": espeak.sample_rate, "voices": espeak.voices()})
    for line in source:
        asked = json.loads(line)
        try:
            samples, phonemes = espeak.speak(
                asked["text"], asked["voice"], asked["rate"], asked["pitch"], asked["intonation"]
            )
        except LookupError:
            _send(sink, {"error": "unknown_voice"})
        except OSError as error:
            _send(sink, {"error": "failed", "why": str(error)})
        else:
            _send(sink, {"bytes": len(samples), "phonemes": phonemes})
            sink.write(samples)
            sink.flush()


def _send(sink: BinaryIO, answer: dict[str, Any]) -> None:
    sink.write(json.dumps(answer).encode() + b"\n")
    sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
