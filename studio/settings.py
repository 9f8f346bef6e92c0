"""Every setting, read once: documented names keep their names, new ones start with STUDIO_."""

from __future__ import annotations

import base64
import re
import urllib.parse
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from studio import space
from studio.errors import StudioError
from studio.keys import Key, read_keys

DEFAULT_SECRET_KEY = "your-secret-key-change-in-production"  # the documented default, refused nowhere


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]

_WEB = "be an http:// or https:// address"
_SERVER = r"(https?://[^/\s]+(/\S*)?)?"
# What addresses have to look like, and how that is said; all are kept without a slash at their end.
_ADDRESSES: dict[str, tuple[str, str]] = {
    "gradio_root_path": (r"(/[\w.~-]+)*/?", "look like /studio"),
    "hf_endpoint": (r"https?://[^/\s]+/?", _WEB),
    "tts_url": (_SERVER, _WEB),
    "ollama_url": (_SERVER, _WEB),
    "llm_url": (_SERVER, _WEB),
    "public_base_url": (r"(https?://[^/\s?#@]+(/[^\s?#]*)?)?", "look like https://studio.example"),
}


class Settings(BaseSettings):
    """The studio's settings from the environment and from `.env`; an argument wins over both."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,  # a line without a value means the default
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What a Hugging Face Space needs comes last: everything else wins over it."""
        of_a_space = InitSettingsSource(settings_cls, space.defaults())
        return init_settings, env_settings, dotenv_settings, file_secret_settings, of_a_space

    # Documented by AvatarForge.
    storage_path: Path = Path("./storage")
    storage_url: str = ""  # a bucket in which results have a copy each
    storage_cache_mb: int = Field(default=0, ge=0)  # how much of what is there stays here; 0: all
    aws_access_key_id: str = ""
    aws_secret_access_key: SecretStr = SecretStr("")
    max_file_size: int = Field(default=52_428_800, ge=1)
    max_image_dimension: int = Field(default=4096, ge=1)
    min_image_dimension: int = Field(default=64, ge=1)
    file_cleanup_days: float = Field(default=30, ge=0)
    comfyui_url: CommaList = ()
    database_url: str = "sqlite:///./avatarforge.db"
    secret_key: str = DEFAULT_SECRET_KEY
    enable_scheduler: bool = True
    allowed_origins: CommaList = ()
    log_level: str = "INFO"
    log_file: Path | None = None

    # Documented by the Talking Avatar API; see studio/keys.py for its forms.
    api_key: SecretStr = SecretStr("")
    log_format: str = "pretty"

    # How much one client may ask for, where an API family documents a limit: a number for each time, or off.
    rate_limit_enabled: bool = True
    rate_limit_storage_url: str = ""  # a Redis that several processes share; unset: this process
    rate_limit_media_create: str = "10/minute"
    rate_limit_media_status: str = "60/minute"
    rate_limit_ai_image: str = "10/minute"
    rate_limit_ai_text: str = "30/minute"
    rate_limit_ai_content: str = "60/minute"
    rate_limit_ai_characters: str = "30/minute"

    # Where to listen; the names are Gradio's, so that a Space works as it is.
    gradio_server_name: str = "127.0.0.1"
    gradio_server_port: int = Field(default=8000, ge=0, le=65535)
    forwarded_allow_ips: str = "127.0.0.1,::1"  # proxies whose word on client addresses counts, as in uvicorn
    gradio_root_path: str = ""  # the sub-path under which a proxy shows the studio, which it takes off
    public_base_url: str = ""  # how others reach it, for addresses in what is sent to them

    # ComfyUI's folder of models, if this machine can write there; the two names below are Hugging Face's.
    comfyui_models_path: Path | None = None
    hf_token: SecretStr = SecretStr("")
    hf_endpoint: str = "https://huggingface.co"
    comfyui_path: Path | None = None  # a ComfyUI that the studio starts, watches and stops itself
    allow_install: bool = False  # whether REST may have ComfyUI and its models installed

    # Models that draw without a GPU of one's own, through the token above.
    studio_hf_models: CommaList = (
        "black-forest-labs/FLUX.1-schnell",
        "black-forest-labs/FLUX.1-dev",
        "Qwen/Qwen-Image",
        "stabilityai/stable-diffusion-xl-base-1.0",
    )
    studio_hf_provider: str = "auto"
    studio_hf_inference_url: str = ""  # an endpoint of one's own; `{model}` in it is filled in

    # A server that speaks texts in OpenAI's dialect.
    tts_url: str = ""
    tts_api_key: SecretStr = SecretStr("")
    studio_tts_model: str = "tts-1"
    studio_tts_voices: CommaList = ()  # for servers that do not list theirs

    # Servers that write texts: Ollama, and any in OpenAI's dialect.
    ollama_url: str = ""
    llm_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""  # unset: the first that the server lists

    # What a Hugging Face Space tells its app.
    space_host: str = ""
    space_author_name: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: SecretStr = SecretStr("")
    oauth_scopes: str = "openid profile"
    openid_provider_url: str = "https://huggingface.co"

    # Who may use the studio; without any of these, everybody who can reach it.
    studio_user: str = "studio"
    studio_password: SecretStr = SecretStr("")
    studio_hf_login: bool = False
    studio_hf_users: CommaList = ()
    studio_private_galleries: bool = False  # whether lists show everybody only what is theirs
    studio_max_jobs_per_visitor: int = Field(default=0, ge=0)  # waiting and running at once; 0: any number

    # The studio's own.
    studio_workflows_path: CommaList = ()  # folders with users' workflows, beside the library
    studio_engine_port: int = Field(default=0, ge=0, le=65535)  # 0: a free loopback port
    studio_engine_url: str = ""  # an embedded engine that somebody else runs; the app then starts none
    studio_comfyui_args: str = ""  # what else COMFYUI_PATH's ComfyUI is started with, such as --lowvram
    studio_lease_s: float = Field(default=10, gt=0)
    studio_attempts: int = Field(default=3, ge=1, le=20)
    studio_job_timeout_s: float = Field(default=3600, gt=0)
    studio_server_grace_s: float = Field(default=60, ge=0)  # how long running work waits for a silent server
    studio_max_queued: int = Field(default=10_000, ge=1)
    studio_cleanup_interval_s: float = Field(default=3600, gt=0)
    media_retention_days: float = Field(default=30, ge=0)  # 0: for ever
    studio_event_streams: int = Field(default=300, ge=1)
    studio_environment: str = "production"  # what /api/v1/health calls it
    studio_max_connections: int = Field(default=800, ge=10)  # many systems allow 1,024 open files
    studio_max_requests_per_client: int = Field(default=256, ge=0)  # at once; 0: as many as it likes
    studio_header_timeout_s: float = Field(default=15, gt=0)
    studio_body_timeout_s: float = Field(default=30, gt=0)
    studio_allow_private_addresses: bool = False  # whether clients may name what is on our own network
    studio_webhook_secret: SecretStr = SecretStr("")  # unset: one of our own, kept in the records
    studio_webhook_timeout_s: float = Field(default=15, gt=0, le=120)
    studio_webhook_retries_s: str = "5,300,1800,7200,18000,36000,50400"
    studio_webhook_workers: int = Field(default=4, ge=1, le=64)
    studio_max_audio_size: int = Field(default=209_715_200, ge=1)
    studio_max_audio_s: float = Field(default=1800, gt=0)
    studio_max_video_size: int = Field(default=100_000_000, ge=1, le=104_000_000)  # engines take no more
    studio_max_video_s: float = Field(default=3600, gt=0)
    studio_font: Path | None = None  # for captions on sheets, before the built-in one

    @field_validator("*", mode="before")
    @classmethod
    def _strip_comment(cls, value: Any, info: ValidationInfo) -> Any:
        """Container tools hand over `52428800  # 50MB` as it stands in the file."""
        if not isinstance(value, str):
            return value
        plain = re.sub(r"(^|\s+)#(\s.*)?$", "", value).strip()
        if plain or value == "" or info.field_name is None:
            return plain
        return cls.model_fields[info.field_name].get_default()  # nothing but a comment

    @field_validator(*_ADDRESSES)
    @classmethod
    def _plain_address(cls, value: str, info: ValidationInfo) -> str:
        name = str(info.field_name)
        pattern, form = _ADDRESSES[name]
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{name.upper()} must {form}, not {value!r}")
        return value.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
        return level

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value.lower() not in {"pretty", "json"}:
            raise ValueError("LOG_FORMAT must be pretty or json")
        return value.lower()

    @field_validator("api_key")
    @classmethod
    def _whole_keys(cls, value: SecretStr) -> SecretStr:
        read_keys(value.get_secret_value())
        return value

    @field_validator(
        "rate_limit_media_create",
        "rate_limit_media_status",
        "rate_limit_ai_image",
        "rate_limit_ai_text",
        "rate_limit_ai_content",
        "rate_limit_ai_characters",
    )
    @classmethod
    def _plain_rate(cls, value: str, info: ValidationInfo) -> str:
        if value != "off" and not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", value):
            raise ValueError(f"{str(info.field_name).upper()} must look like 10/minute, or be off")
        return value

    @field_validator("studio_font")
    @classmethod
    def _font_is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"STUDIO_FONT must name a font file, and there is none at {value}")
        return value

    @field_validator("log_file", "comfyui_models_path", "comfyui_path", "studio_font", mode="before")
    @classmethod
    def _no_file(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("storage_url")
    @classmethod
    def _plain_bucket(cls, value: str) -> str:
        if not value:
            return value
        parts = urllib.parse.urlsplit(value)
        asked = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[\w./-]*)?", value.partition("?")[0]):
            raise ValueError("STORAGE_URL must look like s3://bucket/prefix?endpoint=https://host")
        if unknown := sorted(asked.keys() - {"endpoint", "region", "urls"}):
            raise ValueError(f"STORAGE_URL takes endpoint, region and urls, not {', '.join(unknown)}")
        if asked.get("urls", "proxied") not in {"proxied", "signed"}:
            raise ValueError("urls in STORAGE_URL must be proxied or signed")
        if "endpoint" in asked and not re.fullmatch(r"https?://[^/\s]+/?", asked["endpoint"]):
            raise ValueError("the endpoint in STORAGE_URL must be an http:// or https:// address")
        return value

    @field_validator("studio_webhook_retries_s")
    @classmethod
    def _plain_pauses(cls, value: str) -> str:
        if not re.fullmatch(r"(\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*)?", value):
            raise ValueError("STUDIO_WEBHOOK_RETRIES_S must be seconds, separated by commas")
        return value

    @field_validator("studio_webhook_secret")
    @classmethod
    def _signing_secrets(cls, value: SecretStr) -> SecretStr:
        for text in _split(value.get_secret_value()):
            try:
                size = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
            except ValueError:
                size = 0
            if not text.startswith("whsec_") or not 24 <= size <= 64:
                raise ValueError("STUDIO_WEBHOOK_SECRET must be whsec_ and 24 to 64 bytes as base64")
        return value

    @field_validator("comfyui_url")
    @classmethod
    def _plain_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not re.match(r"https?://[^/\s]+", url):
                raise ValueError(f"COMFYUI_URL must be http:// or https:// addresses, not {url!r}")
        return tuple(url.rstrip("/") for url in value)

    @cached_property
    def api_keys(self) -> tuple[Key, ...]:
        """The keys that open routes; none: no route asks for one."""
        return read_keys(self.api_key.get_secret_value())

    @property
    def has_login(self) -> bool:
        """Whether everything asks for a login."""
        return bool(self.studio_password.get_secret_value()) or self.has_hub_login

    @property
    def has_hub_login(self) -> bool:
        """Whether one signs in with a Hugging Face account."""
        return self.studio_hf_login and bool(self.oauth_client_id)

    @property
    def tells_visitors_apart(self) -> bool:
        """Whether it matters who of all visitors is asking."""
        return self.studio_private_galleries or self.studio_max_jobs_per_visitor > 0

    @cached_property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets with which webhooks are signed, if the owner has set some; the newest first."""
        return tuple(_split(self.studio_webhook_secret.get_secret_value()))

    @cached_property
    def webhook_pauses_s(self) -> tuple[float, ...]:
        """How long to wait before each further attempt at a webhook."""
        return tuple(float(part) for part in _split(self.studio_webhook_retries_s))

    @cached_property
    def database_path(self) -> Path:
        """The file that holds the records, from the documented URL forms."""
        return database_path(self.database_url)

    @cached_property
    def workflow_folders(self) -> tuple[Path, ...]:
        """Where users keep workflows of their own."""
        return tuple(Path(folder) for folder in self.studio_workflows_path)

    @cached_property
    def own_workflows_path(self) -> Path:
        """Where workflows lie that were uploaded."""
        return self.storage_path / "workflows"

    @cached_property
    def once_workflows_path(self) -> Path:
        """Where graphs lie that somebody sent to be run as they are."""
        return self.storage_path / "graphs"

    @property
    def models_path(self) -> Path | None:
        """ComfyUI's folder of models: the one that is set, or that of the ComfyUI which we run."""
        if self.comfyui_models_path is None and self.comfyui_path is not None:
            return self.comfyui_path / "models"
        return self.comfyui_models_path

    @cached_property
    def files_path(self) -> Path:
        """Where uploads lie, each named by its id alone."""
        return self.storage_path / "files"

    @cached_property
    def outputs_path(self) -> Path:
        """Where results lie, one folder for each job."""
        return self.storage_path / "outputs"

    @cached_property
    def content_path(self) -> Path:
        """Where kept content lies, each file named by its id."""
        return self.storage_path / "content"

    @cached_property
    def maps_path(self) -> Path:
        """Where control maps are kept; what is missing there is drawn again."""
        return self.storage_path / "maps"

    @cached_property
    def temp_path(self) -> Path:
        """Where bytes lie until they are whole; on the disk of files and outputs, for renames."""
        return self.storage_path / "temp"


def database_path(url: str) -> Path:
    """Map `sqlite:///relative`, `sqlite:////absolute` or a bare path to a path."""
    if match := re.match(r"sqlite(?:\+\w+)?:///([^?]+)", url):
        path = match[1]
        if path != ":memory:":  # records must outlive the process
            return Path(path[1:] if re.match(r"/[A-Za-z]:", path) else path)
    elif "://" not in url and url and url != ":memory:":
        return Path(url)
    raise StudioError("database_unsupported", url=_without_password(url))


def _without_password(url: str) -> str:
    return re.sub(r"//.*@", "//***@", url)
