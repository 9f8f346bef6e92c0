"""A writer behind OpenAI's dialect: llama.cpp, vLLM, LM Studio, LocalAI, OpenRouter, OpenAI itself."""

from __future__ import annotations

import base64
import re
from typing import Any

from studio.errors import StudioError
from studio.settings import Settings
from studio.writing.asked import EngineName, Health, Message, Model, Order, Text
from studio.writing.replies import without_thoughts
from studio.writing.transport import WRITE_S, Line, Reply, number

_EMBEDDING = re.compile(r"embed|bge-|rerank|whisper|tts|dall-e|moderation", re.IGNORECASE)
# By name, as the dialect has no way to ask; a server that refuses the picture is asked again without it.
_SEES = re.compile(
    r"gpt-4o|gpt-4\.1|gpt-5|o[34](-|$)|vision|-?vl\b|vl-|llava|pixtral|gemma-?3|gemini|claude|minicpm-v|internvl|moondream",
    re.IGNORECASE,
)
_NEWER = re.compile(r"max_completion_tokens")
_FIXED = re.compile(r"temperature", re.IGNORECASE)


class OpenAi:
    """The server at LLM_URL."""

    engine: EngineName = "openai"
    service = "openai-compatible"

    def __init__(self, settings: Settings) -> None:
        self.line = Line(settings.llm_url, "LLM_URL", settings.llm_api_key.get_secret_value())
        base = settings.llm_url.removesuffix("/chat/completions").rstrip("/")
        self._base = base if re.search(r"/v\d+(beta)?(/openai)?$", base) else f"{base}/v1"

    def models(self) -> list[Model]:
        """What the server lists; nothing from one that lists none."""
        reply = self.line.ask("GET", f"{self._base}/models")
        listed = reply.said.get("data") if isinstance(reply.said, dict) else reply.said
        if reply.status in (404, 405, 501):
            return []
        if not reply.is_success or not isinstance(listed, list):
            raise self.line.silent(f"status {reply.status}, {reply.why}")
        names = [str(one.get("id") or one.get("name") or "") for one in listed if isinstance(one, dict)]
        return [Model(name, is_for_text=_EMBEDDING.search(name) is None) for name in names if name]

    def health(self) -> Health:
        """Whether it answers and has something to write with."""
        try:
            models = tuple(self.models())
        except StudioError as error:
            return Health("unhealthy", self.service, self.line.shown, message=f"{error.message} {error.hint}")
        if not any(model.is_for_text for model in models):
            said = "It lists no models, so name one in LLM_MODEL."
            return Health("degraded", self.service, self.line.shown, models, said)
        return Health("healthy", self.service, self.line.shown, models)

    def find(self, wanted: str) -> Model | None:
        """The model of a name, if it is listed."""
        return next((model for model in self.models() if model.name.lower() == wanted.lower()), None)

    def missing(self, model: str) -> StudioError:
        """The refusal of a model that the server does not have."""
        hint = "Choose one that GET /api/generate/text/models lists, or load it on that server."
        return StudioError("llm_model_missing", url=self.line.shown, model=model, hint=hint)

    def no_models(self) -> StudioError:
        """The refusal while nothing is listed."""
        hint = "Load a model on that server, or name one in LLM_MODEL."
        return StudioError("llm_no_models", url=self.line.shown, hint=hint)

    def can_see(self, model: str) -> bool:
        """Whether a model by its name reads pictures."""
        return _SEES.search(model) is not None

    def write(self, order: Order) -> Text:
        """One answer, as a whole; what newer or simpler servers refuse is said in their way."""
        body: dict[str, Any] = {
            "model": order.model,
            "messages": [_message(one) for one in order.messages],
            "max_tokens": order.max_tokens,
            "temperature": order.temperature,
            "stream": False,
        }
        if order.seed is not None:
            body["seed"] = order.seed
        reply = self._ask(body)
        if reply.status in (400, 422) and _NEWER.search(reply.why):
            body["max_completion_tokens"] = body.pop("max_tokens")
            reply = self._ask(body)
        if reply.status in (400, 422) and _FIXED.search(reply.why):
            del body["temperature"]
            reply = self._ask(body)
        if 400 <= reply.status < 500 and reply.status != 404 and any(one.pictures for one in order.messages):
            body["messages"] = [{"role": one.role, "content": one.text} for one in order.messages]
            reply = self._ask(body)
        return self._text(order, reply)

    def _ask(self, body: dict[str, Any]) -> Reply:
        return self.line.ask("POST", f"{self._base}/chat/completions", body, seconds=WRITE_S)

    def _text(self, order: Order, reply: Reply) -> Text:
        if reply.status in (400, 404, 422) and re.search(
            r"model.{0,80}(not found|not exist|unknown)|(not found|unknown|no such).{0,20}model",
            reply.why,
            re.IGNORECASE,
        ):
            raise self.missing(order.model)
        said = reply.said if isinstance(reply.said, dict) else {}
        choices = said.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = choice.get("message")
        if not reply.is_success or not isinstance(message, dict):
            why = f"status {reply.status}, {reply.why}"
            raise StudioError("llm_failed", url=self.line.shown, why=why)
        if message.get("refusal"):
            raise StudioError("llm_failed", url=self.line.shown, why=str(message["refusal"])[:300])
        text = without_thoughts(_content(message.get("content")))
        if not text:
            raise StudioError("llm_empty", model=order.model, max_tokens=order.max_tokens)
        usage = said.get("usage")
        used = usage if isinstance(usage, dict) else {}
        return Text(
            text,
            str(said.get("model") or order.model),
            self.engine,
            is_cut=choice.get("finish_reason") == "length",
            prompt_tokens=number(used.get("prompt_tokens")),
            tokens=number(used.get("completion_tokens")),
        )


def _message(one: Message) -> dict[str, Any]:
    if not one.pictures:
        return {"role": one.role, "content": one.text}
    shown = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"},
        }
        for data in one.pictures
    ]
    return {"role": one.role, "content": [{"type": "text", "text": one.text}, *shown]}


def _content(content: Any) -> str:
    """The words of an answer, which may come in parts."""
    if isinstance(content, list):
        parts = [str(one.get("text", "")) for one in content if isinstance(one, dict)]
        return "".join(parts)
    return content if isinstance(content, str) else ""
