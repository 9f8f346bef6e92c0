"""Looks at the set-up from the Python below to the servers beside, and says what to do about each fault."""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import importlib.metadata
import json
import re
import shutil
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.cli.saying import DONE, FAILED, write
from studio.errors import StudioError

if TYPE_CHECKING:
    from studio.settings import Settings

Verdict = Literal["ok", "note", "FAIL"]

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
TRIES = 2
OLDEST_COMFYUI = (0, 3, 45)
LEAST_BYTES, FEW_BYTES = 200 * 2**20, 2 * 2**30
START_S, PICTURE_S, ASK_S = 30.0, 180.0, 5.0
ENCODERS = ("libx264", "aac")
DECODERS = ("mp3", "flac", "vorbis", "opus", "pcm_s16le")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    said: str
    remedy: str = ""


Check = Iterator[Finding]


def doctor(arguments: argparse.Namespace) -> int:
    """Look at everything and print it; FAILED if something has to be mended."""
    found: list[Finding] = []
    for finding in look(arguments):
        found.append(finding)
        if not arguments.json:
            sys.stdout.write(_line(finding))
            sys.stdout.flush()
    bad = [finding for finding in found if finding.verdict == "FAIL"]
    if arguments.json:
        write({"well": not bad, "findings": [dataclasses.asdict(finding) for finding in found]})
    elif bad:
        sys.stdout.write(f"\n{len(bad)} of {len(found)} have to be mended.\n")
    else:
        sys.stdout.write("\nAll is well.\n")
    return FAILED if bad else DONE


def _line(finding: Finding) -> str:
    remedy = f"      {finding.remedy}\n" if finding.remedy else ""
    return f"{finding.verdict:4}  {finding.what}: {finding.said}\n{remedy}"


def look(arguments: argparse.Namespace) -> Check:
    """Everything in order; what cannot be looked at without something that fails is left out."""
    yield from check_python(sys.version_info[:3])
    lacking = False
    for finding in check_packages(_required(), _installed):
        lacking |= finding.verdict == "FAIL"
        yield finding
    if arguments.url:
        yield from check_studio(arguments.url, arguments.api_key)
        return
    if lacking:
        return
    settings = None
    for made in _settings(arguments.folder):
        if isinstance(made, Finding):
            yield made
        else:
            settings = made
    if settings is None:
        return
    yield from check_disk(settings.storage_path)
    yield from check_records(settings)
    yield from check_codecs()
    yield from check_port(settings.gradio_server_name, settings.gradio_server_port)
    yield from check_servers(settings.comfyui_url)
    yield from check_engine(settings)


# ----------------------------------------------------------------- this machine


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this Python can run the studio."""
    shown = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        remedy = "Install 3.11 or newer, then make the virtual environment anew with it."
        yield Finding("Python", "FAIL", f"{shown}; the studio needs 3.11 or newer", remedy)
    else:
        yield Finding("Python", "ok", shown)


def _required() -> list[str]:
    listed = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in listed if line.strip() and not line.startswith(("#", "-"))]


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_packages(required: Iterable[str], installed: Callable[[str], str | None]) -> Check:
    """Whether the packages are there, in releases that were tried."""
    missing: list[str] = []
    other: list[str] = []
    count = 0
    for line in required:
        name, bounds = re.match(r"([\w.-]+)(?:\[[^\]]*\])?\s*([^;#]*)", line).groups()  # pyright: ignore[reportOptionalMemberAccess]
        version = installed(name)
        count += 1
        if version is None:
            missing.append(name)
        elif not _within(version, bounds):
            other.append(f"{name} {version} (tried: {bounds.strip()})")
    remedy = f"pip install -r {ROOT / 'requirements.txt'}"
    if missing:
        yield Finding("packages", "FAIL", f"missing: {', '.join(missing)}", remedy)
    if other:
        yield Finding("packages", "note", f"not tried in this release: {', '.join(other)}", remedy)
    if not missing and not other:
        yield Finding("packages", "ok", f"all {count} are there")


def _within(version: str, bounds: str) -> bool:
    have = _numbers(version)
    for sign, bound in re.findall(r"(>=|<|==)\s*([\d.]+)", bounds):
        wanted = _numbers(bound)
        fits = {">=": have >= wanted, "<": have < wanted, "==": have == wanted}
        if not fits[sign]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part) for part in found[0].split(".")] if found else [0]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _settings(folder: Path | None) -> Iterator[Finding | Settings]:
    from pydantic import ValidationError

    from studio.client.here import settings_below
    from studio.settings import Settings

    try:
        settings = Settings() if folder is None else settings_below(folder)
        _ = settings.database_path
    except ValidationError as error:
        for item in error.errors():
            name = ".".join(map(str, item["loc"])).upper()
            yield Finding(
                "settings", "FAIL", f"{name}: {item['msg']}", "Correct it in the environment or .env."
            )
    except UnicodeDecodeError as error:
        yield Finding("settings", "FAIL", f"the .env file is not UTF-8 text: {error}", "Save it as UTF-8.")
    except StudioError as error:
        yield Finding("settings", "FAIL", error.message, error.hint)
    else:
        yield Finding("settings", "ok", "they can be read")
        yield settings


def check_disk(storage: Path, free_bytes: Callable[[Path], int] | None = None) -> Check:
    """Whether results can be kept: the folder can be written, and there is room."""
    there = storage.absolute()
    while not there.exists():
        there = there.parent
    free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
    where = f"{storage} ({free_bytes(there) / 2**30:.1f} GB free)"
    remedy = "Free some space, remove old jobs, or set STORAGE_PATH to a larger disk."
    try:
        probe = there / f".studio-{uuid.uuid4().hex}"
        try:
            probe.write_bytes(bytes(2**20))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        if free_bytes(there) >= LEAST_BYTES:
            remedy = "Check the folder's permissions, or set STORAGE_PATH to another place."
        yield Finding("disk", "FAIL", f"{where} cannot be written: {error.strerror}", remedy)
        return
    if free_bytes(there) < LEAST_BYTES:
        yield Finding("disk", "FAIL", f"{where} is full", remedy)
    elif free_bytes(there) < FEW_BYTES:
        yield Finding("disk", "note", f"{where} will soon be full", remedy)
    else:
        yield Finding("disk", "ok", where)


def check_records(settings: Settings) -> Check:
    """Whether the records can be opened, without opening them."""
    from studio.records import check_file

    path = settings.database_path
    try:
        check_file(path.absolute())
    except StudioError as error:
        yield Finding("records", "FAIL", error.message, error.hint)
    except OSError as error:
        yield Finding("records", "FAIL", f"{path}: {error.strerror}", "Check the file and its permissions.")
    else:
        yield Finding(
            "records", "ok", f"{path}" if path.exists() else f"{path} will be made at the first start"
        )


def check_codecs() -> Check:
    """Whether films can be written and recordings read."""
    import av
    from av.codec.codec import UnknownCodecError

    lacking: list[str] = []
    for name in (*ENCODERS, *DECODERS):
        try:
            av.Codec(name, "w" if name in ENCODERS else "r")
        except UnknownCodecError:
            lacking.append(name)
    if lacking:
        remedy = "pip install --force-reinstall av: its wheels bring all of them."
        yield Finding("codecs", "FAIL", f"ffmpeg lacks {', '.join(lacking)}", remedy)
    else:
        yield Finding("codecs", "ok", f"H.264 and AAC can be written (PyAV {av.__version__})")


def check_port(host: str, port: int) -> Check:
    """Whether the app can listen, or listens already."""
    if port == 0:
        yield Finding("port", "ok", "any free one will be taken")
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = error.strerror
        else:
            yield Finding("port", "ok", f"{port} is free")
            return
    local = "127.0.0.1" if host in {"0.0.0.0", "::", "localhost"} else host
    answer = _ask(f"http://{local}:{port}/avatarforge-controller/health")
    if isinstance(answer, dict) and "api_status" in answer:
        yield Finding("port", "ok", f"a studio listens on {port} already")
    else:
        remedy = f"Stop what uses {port}, or choose another one: GRADIO_SERVER_PORT or --port."
        yield Finding("port", "FAIL", f"{host}:{port} cannot be used: {why}", remedy)


# --------------------------------------------------------------------- servers


def check_servers(urls: Iterable[str]) -> Check:
    """Whether each ComfyUI answers, is new enough, and has something to draw with."""
    from studio.comfy.client import Comfy

    urls = tuple(urls)
    if not urls:
        yield Finding("ComfyUI", "ok", "none is set: pictures come from the embedded engine")
    for url in urls:
        comfy = Comfy(url, timeout_s=ASK_S)
        try:
            stats = comfy.system_stats(ASK_S)
            checkpoints = comfy.object_info().models("checkpoints")
        except StudioError as error:
            yield Finding("ComfyUI", "FAIL", error.message, f"{error.hint} It is set in COMFYUI_URL.")
            continue
        finally:
            comfy.close()
        yield from _server(url, dict(stats), len(checkpoints))


def _server(url: str, stats: dict[str, Any], checkpoints: int) -> Check:
    version = str(stats.get("system", {}).get("comfyui_version") or "")
    said = f"{url} answers, version {version or 'unknown'}, {checkpoints} checkpoints"
    if version and _numbers(version) < OLDEST_COMFYUI:
        needed = ".".join(map(str, OLDEST_COMFYUI))
        yield Finding("ComfyUI", "FAIL", said, f"Update it: the studio needs {needed} or newer.")
    elif not checkpoints:
        remedy = "Put one into its models/checkpoints, or see the README for workflows that need none."
        yield Finding("ComfyUI", "note", said, remedy)
    else:
        yield Finding("ComfyUI", "ok", said)


def check_studio(url: str, api_key: str | None) -> Check:
    """Whether a studio answers at an address, and can make pictures."""
    from studio.client import Studio

    try:
        with Studio(url, api_key=api_key) as studio:
            servers = studio.health()
    except StudioError as error:
        yield Finding("studio", "FAIL", error.message, error.hint)
        return
    yield Finding("studio", "ok", f"answers at {url}")
    for server in servers:
        name = f"{server.get('kind', '')} {server.get('url', '')}".strip()
        if server.get("status") == "healthy":
            yield Finding("server", "ok", f"{name} is healthy")
        else:
            why = server.get("error") or server.get("why") or server.get("status")
            yield Finding("server", "FAIL", f"{name}: {why}", "See the log of the studio and of the server.")


def check_engine(settings: Settings) -> Check:
    """Whether the embedded engine starts and draws; the first time its kernels are compiled by that."""
    from studio.client import Studio
    from studio.settings import Settings

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="avatarforge-doctor-", ignore_cleanup_errors=True) as folder:
        records = (Path(folder) / "records.db").as_posix()
        own = Settings(
            storage_path=Path(folder),
            database_url=f"sqlite:///{records}",
            comfyui_url=(),
            studio_engine_url=settings.studio_engine_url,
        )
        try:
            _starts(Path(folder), settings.studio_engine_url)
            with Studio(settings=own) as studio:
                job = studio.avatar("a knight", width=128, height=192, seed=1)
                first = any("first start" in str(event.data.get("text")) for event in job.events())
                job.wait(PICTURE_S, show=False)
        except StudioError as error:
            remedy = (
                f"Start an engine at {settings.studio_engine_url}, or unset STUDIO_ENGINE_URL."
                if settings.studio_engine_url
                else "See what it says: python -m studio.engine --port 0. "
                "When a package is broken: pip install --force-reinstall -r requirements.txt"
            )
            yield Finding("engine", "FAIL", error.message, remedy)
            return
    kernels = "its kernels are compiled now" if first else "its kernels were ready"
    yield Finding(
        "engine", "ok", f"drew a picture, {time.monotonic() - began:.0f} s after its start; {kernels}"
    )


def _starts(folder: Path, url: str) -> None:
    """Refuse an engine that does not come up, with what it said last."""
    from studio.comfy.client import Comfy
    from studio.comfy.engine_process import EngineProcess

    if url:
        comfy = Comfy(url, timeout_s=ASK_S)
        try:
            comfy.system_stats(ASK_S)
        finally:
            comfy.close()
        return
    engine = EngineProcess(folder / "alone")
    engine.start()
    deadline = time.monotonic() + START_S
    try:
        # One that ends at once would end again and again.
        while not engine.ready and engine.starts <= TRIES and time.monotonic() < deadline:
            time.sleep(0.1)
        engine.wait_ready(0)
    finally:
        engine.stop()


def _ask(url: str) -> Any:
    """The JSON at an address; None if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_S) as answer:
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError, http.client.HTTPException):
        return None
