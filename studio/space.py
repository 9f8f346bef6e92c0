"""Hugging Face Spaces: what differs when the studio runs on one, and bringing it there."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

ROOT = Path(__file__).resolve().parent.parent
DATA = "/data"  # where a Space keeps what must outlive it, if its owner has added storage there
ELSEWHERE = "STUDIO_SPACE_DATA"  # names another mounted folder
PORT = 7860
JOBS_PER_VISITOR = 4
# The Space's own proxy has such an address; of those that it names, the last other one is the visitor's.
PROXIES = "127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"

# What the studio needs to run; everything else stays at home, above all `.env` and the storage.
SENT = (
    "app.py",
    "main.py",
    "README.md",
    "LICENSE*",
    "CHANGELOG.md",
    "requirements*.txt",
    "api/**",
    "avatarforge/**",
    "docs/pictures/**",
    "notebooks/*.ipynb",
    "studio/**",
    "workflows/**",
)
NOT_SENT = ("**/__pycache__/**", "**/*.pyc", "**/.ipynb_checkpoints/**", "**/.DS_Store")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)


def is_here(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this process runs on a Space."""
    return bool((os.environ if environment is None else environment).get("SPACE_ID"))


def home(environment: Mapping[str, str] | None = None) -> Path:
    """The best folder to write into: one that lasts, else beside the code, else any."""
    data = (os.environ if environment is None else environment).get(ELSEWHERE) or DATA
    own = Path.home() / "avatarforge"
    for folder in (Path(data), Path.cwd()):
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / "avatarforge"
    return own


def defaults(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Settings as a Space needs them, where nothing else is said; none elsewhere."""
    if not is_here(environment):
        return {}
    folder = home(environment)
    return {
        "gradio_server_name": "0.0.0.0",
        "gradio_server_port": PORT,
        "storage_path": folder / "storage",
        "database_url": f"sqlite:///{folder / 'avatarforge.db'}",
        "forwarded_allow_ips": PROXIES,
        "studio_private_galleries": True,
        "studio_max_jobs_per_visitor": JOBS_PER_VISITOR,
    }


def keep_caches() -> None:
    """Have compiled kernels outlive a sleep; to be called before the engine is started."""
    if is_here():
        os.environ.setdefault("AVATARFORGE_CACHE_DIR", str(home() / "cache"))


@dataclass(frozen=True)
class Wanted:
    """A Space as its owner wants it."""

    name: str  # OWNER/NAME
    private: bool = False
    hardware: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def read_values(given: list[str], what: str) -> dict[str, str]:
    """`NAME=value` as the command line has it; a bare `NAME` takes its value from this environment."""
    values: dict[str, str] = {}
    for one in given:
        named = _SETTING.fullmatch(one)
        name = named[1] if named else one
        value = named[2] if named else os.environ.get(one, "")
        if not value or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            why = f"{what} {name!r} has no value here" if "=" not in one else f"{one!r} is not NAME=value"
            raise StudioError("space_unclear", why=why)
        values[name] = value
    return values


def deploy(
    wanted: Wanted,
    *,
    token: str = "",
    endpoint: str = "https://huggingface.co",
    tell: Callable[[str], None] = lambda line: None,
    root: Path = ROOT,
) -> str:
    """Create or update a Space from this checkout; gives the address of its page."""
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if not _NAME.fullmatch(wanted.name):
        raise StudioError("space_unclear", why=f"{wanted.name!r} is not OWNER/NAME")
    hub = HfApi(endpoint=endpoint, token=token or None)
    try:
        tell(f"Creating {wanted.name}, unless it is there ...")
        made = hub.create_repo(
            wanted.name,
            repo_type="space",
            space_sdk="gradio",
            private=wanted.private,
            exist_ok=True,
        )
        # Before the files, so that the first start has them already.
        for name, value in wanted.variables.items():
            tell(f"Setting the variable {name} ...")
            hub.add_space_variable(wanted.name, name, value)
        for name, value in wanted.secrets.items():
            tell(f"Setting the secret {name} ...")
            hub.add_space_secret(wanted.name, name, value)
        tell("Uploading the studio ...")
        hub.create_commit(
            wanted.name,
            repo_type="space",
            operations=_changes(root, hub.list_repo_files(wanted.name, repo_type="space")),
            commit_message="Upload AvatarForge Studio",
        )
        if wanted.hardware:
            tell(f"Asking for {wanted.hardware} ...")
            hub.request_space_hardware(wanted.name, wanted.hardware)  # pyright: ignore[reportArgumentType]
    except HfHubHTTPError as error:
        status = error.response.status_code
        why = error.server_message or str(error).splitlines()[0]
        raise StudioError("space_refused", name=wanted.name, status=status, why=why) from error
    except httpx2.HTTPError as error:
        raise StudioError("space_unreachable", endpoint=endpoint, why=str(error)) from error
    return str(made)


def _changes(root: Path, there: Iterable[str]) -> list[CommitOperationAdd | CommitOperationDelete]:
    """What is sent, and what was once and is no more: one commit, as the Space is built anew after each."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.utils import filter_repo_objects

    def chosen(names: Iterable[str]) -> list[str]:
        return list(filter_repo_objects(names, allow_patterns=list(SENT), ignore_patterns=list(NOT_SENT)))

    tops = sorted({top for pattern in SENT for top in root.glob(pattern.split("/")[0])})
    files = (path for top in tops for path in [top, *sorted(top.rglob("*"))] if path.is_file())
    here = chosen(path.relative_to(root).as_posix() for path in files)
    gone = sorted(set(chosen(there)) - set(here))
    return [
        *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=root / name) for name in here),
        *(CommitOperationDelete(path_in_repo=name) for name in gone),
    ]
