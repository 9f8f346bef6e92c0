"""Servers that write texts."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "llm_not_set",
        503,
        "No server writes texts here: neither OLLAMA_URL nor LLM_URL is set.",
        "Set OLLAMA_URL, for example to http://127.0.0.1:11434, or LLM_URL to a server in OpenAI's dialect, "
        "and start the studio again.",
    ),
    Problem(
        "llm_unreachable",
        503,
        "The text server at {url} cannot be used: {why}.",
        "Start it (Ollama: ollama serve), or correct {setting}.",
    ),
    Problem("llm_busy", 503, "{limit} texts are being written already.", "Try again in a few seconds."),
    Problem(
        "llm_key_refused",
        503,
        "The text server at {url} refuses the key.",
        "Set LLM_API_KEY to a key of that server.",
    ),
    Problem("llm_model_missing", 422, "The text server at {url} has no model {model!r}.", "{hint}"),
    Problem("llm_no_models", 503, "The text server at {url} has no model that writes.", "{hint}"),
    Problem(
        "llm_failed",
        502,
        "The text server at {url} could not write: {why}.",
        "Look into its log, or try another model.",
    ),
    Problem(
        "llm_empty",
        502,
        "The model {model} used up its {max_tokens} tokens without an answer.",
        "Raise max_tokens, or use a model that does not think aloud.",
    ),
    Problem("platform_unknown", 422, "There is no platform named {platform!r}.", "Known are: {known}."),
)
