"""A writer behind Ollama's own API."""

from __future__ import annotations

import base64
from typing import Any

from studio.errors import StudioError
from studio.settings import Settings
from studio.writing.asked import EngineName, Health, Model, Order, Text
from studio.writing.replies import without_thoughts
from studio.writing.transport import WRITE_S, Line, Reply, number

_EMBEDDING = ("bert", "embed")


class Ollama:
    """The server at OLLAMA_URL."""

    engine: EngineName = "ollama"
    service = "ollama"

    def __init__(self, settings: Settings) -> None:
        self.line = Line(settings.ollama_url, "OLLAMA_URL")
        self._base = settings.ollama_url.removesuffix("/v1").removesuffix("/api").rstrip("/")
        self._abilities: dict[str, frozenset[str]] = {}

    def models(self) -> list[Model]:
        """What has been pulled, the newest first."""
        reply = self.line.ask("GET", f"{self._base}/api/tags")
        listed = reply.said.get("models") if isinstance(reply.said, dict) else None
        if not reply.is_success or not isinstance(listed, list):
            raise self.line.silent(f"status {reply.status}, {reply.why}; this is no Ollama")
        return [_model(one) for one in listed if isinstance(one, dict) and _name(one)]

    def health(self) -> Health:
        """Whether it answers and has something to write with."""
        try:
            reply = self.line.ask("GET", f"{self._base}/api/version")
            version = str(reply.said.get("version", "")) if isinstance(reply.said, dict) else ""
            models = tuple(self.models())
        except StudioError as error:
            return Health("unhealthy", self.service, self.line.shown, message=f"{error.message} {error.hint}")
        if not any(model.is_for_text for model in models):
            said = StudioError("llm_no_models", url=self.line.shown, hint=_PULL.format(model="llama3.2"))
            message = f"{said.message} {said.hint}"
            return Health("degraded", self.service, self.line.shown, models, message, version)
        return Health("healthy", self.service, self.line.shown, models, version=version)

    def find(self, wanted: str) -> Model | None:
        """The model of a name; without a tag it is the latest, as Ollama reads it."""
        name = wanted.lower()
        names = {name, name if ":" in name.rpartition("/")[2] else f"{name}:latest"}
        return next((model for model in self.models() if model.name.lower() in names), None)

    def missing(self, model: str) -> StudioError:
        """The refusal of a model that has not been pulled."""
        return StudioError(
            "llm_model_missing", url=self.line.shown, model=model, hint=_PULL.format(model=model)
        )

    def no_models(self) -> StudioError:
        """The refusal while there is none at all."""
        return StudioError("llm_no_models", url=self.line.shown, hint=_PULL.format(model="llama3.2"))

    def can_see(self, model: str) -> bool:
        """Whether a model reads pictures."""
        return "vision" in self._can(model)

    def write(self, order: Order) -> Text:
        """One answer, as a whole."""
        body: dict[str, Any] = {
            "model": order.model,
            "messages": [
                {"role": one.role, "content": one.text}
                | (
                    {"images": [base64.b64encode(data).decode() for data in one.pictures]}
                    if one.pictures
                    else {}
                )
                for one in order.messages
            ],
            "stream": False,
            "options": {"temperature": order.temperature, "num_predict": order.max_tokens}
            | ({"seed": order.seed} if order.seed is not None else {}),
        }
        if "thinking" in self._can(order.model):
            body["think"] = False  # thoughts would use up the tokens that were asked for
        reply = self.line.ask("POST", f"{self._base}/api/chat", body, seconds=WRITE_S)
        return self._text(order, reply)

    def _text(self, order: Order, reply: Reply) -> Text:
        if reply.status == 404 and "not found" in reply.why:
            raise self.missing(order.model)
        said = reply.said if isinstance(reply.said, dict) else {}
        message = said.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        if not reply.is_success or not isinstance(content, str):
            why = f"status {reply.status}, {reply.why}"
            raise StudioError("llm_failed", url=self.line.shown, why=why)
        text = without_thoughts(content)
        if not text:
            raise StudioError("llm_empty", model=order.model, max_tokens=order.max_tokens)
        return Text(
            text,
            str(said.get("model") or order.model),
            self.engine,
            is_cut=said.get("done_reason") == "length",
            prompt_tokens=number(said.get("prompt_eval_count")),
            tokens=number(said.get("eval_count")),
        )

    def _can(self, model: str) -> frozenset[str]:
        """What a model can do besides completing; older servers do not tell, so it can nothing."""
        if model not in self._abilities:
            reply = self.line.ask("POST", f"{self._base}/api/show", {"model": model})
            listed = reply.said.get("capabilities") if isinstance(reply.said, dict) else None
            if not reply.is_success:
                return frozenset()
            self._abilities[model] = frozenset(listed) if isinstance(listed, list) else frozenset()
        return self._abilities[model]


_PULL = "Run: ollama pull {model}"


def _model(one: dict[str, Any]) -> Model:
    details = one.get("details")
    families = (
        str(details.get("families") or details.get("family") or "") if isinstance(details, dict) else ""
    )
    name = _name(one)
    return Model(
        name,
        number(one.get("size")),
        str(one["modified_at"]) if one.get("modified_at") else None,
        is_for_text=not any(word in f"{name} {families}".lower() for word in _EMBEDDING),
    )


def _name(one: dict[str, Any]) -> str:
    return str(one.get("model") or one.get("name") or "")
