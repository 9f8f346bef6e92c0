"""One bucket of an S3-compatible store, through obstore; the only module that knows that library."""

from __future__ import annotations

import datetime
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.settings import Settings

BLOCK = 2**20
TIMEOUT_S = 60
CONNECT_S = 5


class Bucket:
    """Objects by their keys below one prefix."""

    def __init__(self, settings: Settings) -> None:
        try:
            import obstore
            from obstore import exceptions
            from obstore.store import S3Store
        except ImportError as error:
            raise StudioError("storage_library_missing") from error
        parts = urllib.parse.urlsplit(settings.storage_url)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        endpoint = asked.get("endpoint", "")
        self.identity = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}@{endpoint}"
        self.name = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self.signs_urls = asked.get("urls") == "signed"
        self._obstore = obstore
        self._failures = (exceptions.BaseError, OSError)
        given: dict[str, Any] = {"region": asked.get("region") or "us-east-1"}
        if endpoint:
            given |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        if settings.aws_access_key_id:
            given["access_key_id"] = settings.aws_access_key_id
            given["secret_access_key"] = settings.aws_secret_access_key.get_secret_value()
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": f"{TIMEOUT_S}s",
                "connect_timeout": f"{CONNECT_S}s",
            },
            # Whoever uploads tries again by himself, and whoever downloads has a person waiting.
            retry_config={"max_retries": 1, "retry_timeout": datetime.timedelta(seconds=CONNECT_S)},
            **given,
        )

    def put(self, key: str, path: Path, mime_type: str) -> None:
        """Copy a file there, in parts if it is large."""
        with self._said(key):
            self._obstore.put(self._store, key, path, attributes={"Content-Type": mime_type})

    def read(self, key: str) -> Iterator[bytes]:
        """The bytes of an object as they come in."""
        with self._said(key):
            for block in self._obstore.get(self._store, key).stream(min_chunk_size=BLOCK):
                yield bytes(block)

    def size(self, key: str) -> int | None:
        """How large an object is; None if there is none."""
        with self._said(key):
            try:
                return int(self._obstore.head(self._store, key)["size"])
            except FileNotFoundError:
                return None

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        with self._said(key):
            try:
                self._obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def signed_url(self, key: str, good_for_s: float) -> str:
        """An address at the store itself, which is good for a while and for whoever has it."""
        with self._said(key):
            return self._obstore.sign(self._store, "GET", key, datetime.timedelta(seconds=good_for_s))

    @contextmanager
    def _said(self, key: str) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            # The library adds pages of its own insides to the sentence.
            why = str(error).partition("\n")[0][:300] or type(error).__name__
            raise StudioError("storage_failed", store=self.name, key=key, why=why) from error
