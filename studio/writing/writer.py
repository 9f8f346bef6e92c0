"""Who writes: the servers that the settings name, and the choice of one and of its model."""

from __future__ import annotations

import threading

from studio.errors import StudioError
from studio.settings import Settings
from studio.writing.asked import Health, Message, Model, Order, Text
from studio.writing.ollama import Ollama
from studio.writing.openai import OpenAi

AT_ONCE = 12  # each keeps one of the server's threads until the model is done

Server = Ollama | OpenAi


class Writer:
    """The text servers; Ollama first, where both have what is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._usual_model = settings.llm_model
        self.servers: tuple[Server, ...] = (
            *((Ollama(settings),) if settings.ollama_url else ()),
            *((OpenAi(settings),) if settings.llm_url else ()),
        )
        self._room = threading.BoundedSemaphore(AT_ONCE)

    @property
    def is_there(self) -> bool:
        """Whether the settings name anybody who writes."""
        return bool(self.servers)

    def health(self) -> Health:
        """How the first server is that can write, or else the first of all."""
        if not self.servers:
            error = StudioError("llm_not_set")
            return Health("unhealthy", "none", "", message=f"{error.message} {error.hint}")
        told = [server.health() for server in self.servers]
        return next((one for one in told if one.status == "healthy"), told[0])

    def models(self) -> list[Model]:
        """What all servers have; refused if none of them answers."""
        if not self.servers:
            raise StudioError("llm_not_set")
        found: dict[str, Model] = {}
        failure: StudioError | None = None
        for server in self.servers:
            try:
                for model in server.models():
                    found.setdefault(model.name, model)
            except StudioError as error:
                failure = failure or error
        if failure is not None and not found:
            raise failure
        return list(found.values())

    def choose(self, wanted: str | None) -> tuple[Server, str]:
        """The server that has a model, and the model's own name there."""
        if not self.servers:
            raise StudioError("llm_not_set")
        name = (wanted or self._usual_model).strip()
        failure: StudioError | None = None
        for server in self.servers:
            try:
                if not name:
                    model = next((one for one in server.models() if one.is_for_text), None)
                elif (model := server.find(name)) is None and isinstance(server, OpenAi):
                    return server, name  # such servers know names that they do not list
            except StudioError as error:
                failure = failure or error
                continue
            if model is not None:
                return server, model.name
            failure = failure or (server.missing(name) if name else server.no_models())
        assert failure is not None
        raise failure

    def write(self, server: Server, order: Order) -> Text:
        """One answer; refused while many are being written."""
        if not self._room.acquire(blocking=False):
            raise StudioError("llm_busy", limit=AT_ONCE)
        try:
            return server.write(order)
        finally:
            self._room.release()

    def stop(self) -> None:
        """Close the connections."""
        for server in self.servers:
            server.line.close()


def asking(system: str, text: str, pictures: tuple[bytes, ...] = ()) -> tuple[Message, ...]:
    """A question, with who is to answer it before it."""
    asked = Message("user", text, pictures)
    return (Message("system", system), asked) if system else (asked,)
