"""Texts: by a language model where the settings name one, else by a small grammar from what is known."""

from studio.writing.asked import Health, Model, Text
from studio.writing.persona import persona_of
from studio.writing.platforms import PLATFORMS, Platform, platform
from studio.writing.results import Described, Kind, Written
from studio.writing.subject import Subject, of_values, subject_of
from studio.writing.verbs import Writing

__all__ = [
    "PLATFORMS",
    "Described",
    "Health",
    "Kind",
    "Model",
    "Platform",
    "Subject",
    "Text",
    "Writing",
    "Written",
    "of_values",
    "persona_of",
    "platform",
    "subject_of",
]
