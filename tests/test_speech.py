"""Texts become voices: espeak-ng in its own process, a server in OpenAI's dialect, clear words without."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import av
import numpy as np
import psutil
import pytest

from studio.errors import StudioError
from studio.settings import Settings
from studio.speech import Speech, SpeechRequest, formats
from studio.speech.phonemes import Phoneme, arpabet, timed
from tests import fake_tts
from tests.fake_tts import FakeTts

HELLO = "Hello there. My name is Lyra."


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]


def samples(audio: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()


@pytest.fixture(scope="module")
def speech() -> Iterator[Speech]:
    """Speech without a server: espeak-ng."""
    opened = Speech(settings())
    yield opened
    opened.stop()


@pytest.fixture
def tts() -> Iterator[FakeTts]:
    """A voice server."""
    with fake_tts.running() as fake:
        yield fake


# ------------------------------------------------------------------- espeak-ng


def test_a_sentence_is_spoken_and_its_phonemes_stand_where_they_are_heard(speech: Speech) -> None:
    spoken = speech.speak(SpeechRequest(text=HELLO))
    sound, rate = samples(spoken.audio)
    assert spoken.engine == "espeak-ng"
    assert spoken.voice == "en-us"
    assert 1.5 < len(sound) / rate < 3
    assert np.abs(sound).max() > 5000
    names = [one.phoneme for one in spoken.phonemes]
    assert names[:8] == ["HH", "AH", "L", "OW", "DH", "EH", "R", "SIL"]
    times = [one.at for one in spoken.phonemes]
    assert times == sorted(times)
    assert times[-1] <= len(sound) / rate + 0.05
    # The pause between the sentences is quiet, the vowels beside it are not.
    pause = next(one.at for one in spoken.phonemes if one.phoneme == "SIL")
    loud = lambda at: np.abs(sound[int(at * rate) : int((at + 0.05) * rate)].astype(float)).mean()  # noqa: E731
    assert loud(pause + 0.1) < 0.05 * loud(spoken.phonemes[3].at + 0.03)


def test_speed_pitch_and_voice_are_heard(speech: Speech) -> None:
    def spoken(**values: Any) -> np.ndarray:
        return samples(speech.speak(SpeechRequest(text=HELLO, **values)).audio)[0]

    plain = spoken()
    assert len(spoken(speed=2.0)) < 0.7 * len(plain) < 0.7 * 0.8 * len(spoken(speed=0.6))
    assert loudest_pitch(spoken(pitch=1.8)) > 1.2 * loudest_pitch(plain)
    assert loudest_pitch(spoken(voice="en-us+f3")) > 1.2 * loudest_pitch(plain)
    assert not np.array_equal(spoken(voice="nova")[:10_000], plain[:10_000])  # a name of OpenAI's


def loudest_pitch(sound: np.ndarray, rate: int = 22_050) -> float:
    """The fundamental of the voice: the best lag of its autocorrelation, median over the loud parts."""
    found = []
    for start in range(0, len(sound) - 2048, 1024):
        part = sound[start : start + 2048].astype(float)
        if np.abs(part).mean() < 1500:
            continue
        power = np.abs(np.fft.rfft(part - part.mean(), 4096)) ** 2
        lags = np.fft.irfft(power)[: 2048 // 2]
        low, high = rate // 400, rate // 60
        found.append(rate / (low + int(np.argmax(lags[low:high]))))
    return float(np.median(found))


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Guten Tag", "en-us"),
        ("こんにちは", "ja"),
        ("你好", "cmn"),
        ("Привет", "ru"),
        ("नमस्ते", "hi"),
        ("مرحبا", "ar"),
    ],
)
def test_the_script_of_a_text_chooses_the_language(speech: Speech, text: str, voice: str) -> None:
    spoken = speech.speak(SpeechRequest(text=text))
    assert spoken.voice == voice
    assert {one.phoneme for one in spoken.phonemes} - {"SIL"}


def test_voices_have_names_and_can_all_be_asked_for(speech: Speech) -> None:
    voices = speech.voices()
    assert len(voices) > 150
    assert len({voice.id for voice in voices}) == len(voices)
    by_id = {voice.id: voice for voice in voices}
    assert by_id["de"].name == "German, man"
    assert by_id["de+f3"].name == "German, woman"
    for voice in (voices[0], voices[-1], by_id["fr-fr+f3"]):
        assert speech.speak(SpeechRequest(text="Lyra 42", voice=voice.id)).voice == voice.id


@pytest.mark.parametrize("voice", ["elvish", "../../etc/passwd", "en-us+", "mb/mb-en1", "x" * 60])
def test_an_unknown_voice_is_refused(speech: Speech, voice: str) -> None:
    with pytest.raises(StudioError) as caught:
        speech.speak(SpeechRequest(text="Hi", voice=voice))
    assert caught.value.code == "voice_unknown"


def test_hostile_texts_are_spoken_as_text(speech: Speech) -> None:
    for text in (
        '<speak><audio src="/etc/passwd"/>hi</speak>',
        "[[h@l'oU]] a\0b \x07 %s %n",
        "a" * 5000,
        "🙂 ok",
    ):
        assert len(speech.speak(SpeechRequest(text=text)).audio) > 1000


def test_a_text_without_sound_says_so(speech: Speech) -> None:
    with pytest.raises(StudioError) as caught:
        speech.speak(SpeechRequest(text="\u200b\u200b"))
    assert caught.value.code == "speech_failed"


def test_many_ask_at_once_and_each_hears_his_own(speech: Speech) -> None:
    texts = [f"number {index}" * (1 + index % 3) for index in range(12)]

    def sounds(text: str) -> list[str]:
        spoken = speech.speak(SpeechRequest(text=text))
        samples(spoken.audio)
        return [one.phoneme for one in spoken.phonemes]

    alone = [sounds(text) for text in texts]
    assert len({tuple(one) for one in alone}) > 8
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(sounds, texts)) == alone


def test_a_killed_worker_is_started_again() -> None:
    opened = Speech(settings())
    try:
        first = opened.speak(SpeechRequest(text=HELLO)).phonemes
        ours = [one for one in psutil.Process().children() if "espeak_worker" in " ".join(one.cmdline())]
        for worker in ours:
            worker.kill()
        psutil.wait_procs(ours, 5)
        assert opened.speak(SpeechRequest(text=HELLO)).phonemes == first
    finally:
        opened.stop()
    assert ours
    assert not any(one.is_running() for one in ours)


def test_the_library_is_loaded_in_the_worker_only() -> None:
    code = (
        "import sys; from studio.speech import Speech, SpeechRequest; from studio.settings import Settings;"
        "s = Speech(Settings(_env_file=None)); s.speak(SpeechRequest(text='hi')); s.stop();"
        "sys.exit(any('espeakng' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    missing = lambda name, *rest: None if name == "espeakng_loader" else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", missing)
    opened = Speech(settings())
    assert [engine.available for engine in opened.engines()] == [False, False, False]
    for engine, code in (("auto", "no_voice"), ("espeak-ng", "espeak_missing"), ("server", "tts_not_set")):
        with pytest.raises(StudioError) as caught:
            opened.speak(SpeechRequest(text="Hi", engine=engine))  # pyright: ignore[reportArgumentType]
        assert caught.value.code == code
        assert caught.value.hint
    assert "requirements-speech.txt" in StudioError("espeak_missing").hint


# --------------------------------------------------------------------- a server


def test_a_server_is_asked_in_openais_words(tts: FakeTts) -> None:
    opened = Speech(settings(tts_url=tts.url, tts_api_key=fake_tts.KEY, studio_tts_model="kokoro"))
    spoken = opened.speak(SpeechRequest(text=HELLO, speed=1.25, instructions="cheerful"))
    assert tts.asked == [
        {
            "model": "kokoro",
            "input": HELLO,
            "voice": "af_bella",
            "response_format": "wav",
            "speed": 1.25,
            "instructions": "cheerful",
        }
    ]
    assert (spoken.engine, spoken.voice, spoken.phonemes) == ("server", "af_bella", ())
    assert samples(spoken.audio)[1] == fake_tts.RATE
    opened.speak(SpeechRequest(text=HELLO, voice="am_adam", model="other"))
    assert (tts.asked[1]["voice"], tts.asked[1]["model"]) == ("am_adam", "other")
    opened.stop()


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/v1/audio/speech"])
def test_every_usual_form_of_the_address_is_understood(tts: FakeTts, end: str) -> None:
    opened = Speech(settings(tts_url=tts.url + end, tts_api_key=fake_tts.KEY))
    opened.speak(SpeechRequest(text="Hi"))
    assert len(tts.asked) == 1
    opened.stop()


@pytest.mark.parametrize(
    ("listed", "first"),
    [
        ({"voices": [{"id": "zoe", "name": "Zoe"}, {"nothing": 1}]}, "zoe"),
        (["tara", "leo"], "tara"),
        ({"data": [{"voice_id": "v1"}]}, "v1"),
        (None, "alloy"),
        ({"voices": 3}, "alloy"),
    ],
)
def test_voices_are_read_in_every_form_that_servers_use(tts: FakeTts, listed: Any, first: str) -> None:
    tts.voices = listed
    opened = Speech(settings(tts_url=tts.url, tts_api_key=fake_tts.KEY))
    assert opened.voices()[0].id == first
    opened.stop()


def test_failures_of_the_server_are_told_apart(tts: FakeTts) -> None:
    def code(**values: Any) -> tuple[str, str]:
        opened = Speech(settings(**{"tts_url": tts.url, "tts_api_key": fake_tts.KEY, **values}))
        with pytest.raises(StudioError) as caught:
            opened.speak(SpeechRequest(text="Hi", voice="x"))
        opened.stop()
        return caught.value.code, caught.value.message

    assert code(tts_api_key="wrong")[0] == "tts_key_refused"
    assert code(tts_url="http://127.0.0.1:9")[0] == "tts_unreachable"
    tts.answer = (500, b'{"error": {"message": "CUDA out of memory"}}')
    assert code()[0] == "speech_failed"
    assert "CUDA out of memory" in code()[1]
    tts.answer = (200, b"")
    assert "empty" in code()[1]


# ---------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("wanted", "codec", "rate"),
    [("mp3", "mp3float", 44_100), ("opus", "opus", 48_000), ("aac", "aac", 44_100), ("flac", "flac", 24_000)],
)
def test_every_format_holds_the_same_sound(wanted: formats.Format, codec: str, rate: int) -> None:
    coded = formats.convert(fake_tts.tone(1.0), wanted)
    with av.open(io.BytesIO(coded), "r") as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.rate) == (codec, rate)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(stream)]).astype(float)
    assert 0.95 < len(sound) / rate < 1.15
    middle = sound[rate // 4 : rate // 4 * 3]
    peak = np.argmax(np.abs(np.fft.rfft(middle))) * rate / len(middle)
    assert abs(peak - 220) < 5


def test_pcm_is_bare_samples_and_wav_stays_as_it_is() -> None:
    tone = fake_tts.tone(0.5)
    assert formats.convert(tone, "wav") is tone
    assert formats.convert(tone, "pcm") == samples(tone)[0].tobytes()


def test_an_answer_that_is_no_sound_is_refused() -> None:
    with pytest.raises(StudioError) as caught:
        formats.convert(b"<html>not found</html>", "mp3")
    assert caught.value.code == "speech_failed"


# --------------------------------------------------------------------- phonemes


def test_ipa_is_read_by_sounds() -> None:
    assert arpabet("ˈɛɹ") == ["EH", "R"]
    assert arpabet("ˈoʊ") == ["OW"]
    assert arpabet("tɕ") == ["CH"]
    assert arpabet("ɑ̃ː") == ["AA"]
    assert arpabet("ç") == ["HH"]
    assert arpabet("") == arpabet("ˈ") == ["SIL"]


def test_sounds_share_their_time_and_language_marks_are_left_out() -> None:
    heard = [(0.0, "ˈɛɹ"), (0.2, "(de)"), (0.2, "m"), (0.3, ""), (0.4, "")]
    assert timed(heard) == (
        Phoneme(0.0, "EH"),
        Phoneme(0.1, "R"),
        Phoneme(0.2, "M"),
        Phoneme(0.3, "SIL"),
    )
