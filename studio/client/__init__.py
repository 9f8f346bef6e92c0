"""The client for notebooks and scripts: one set of verbs over a studio here or elsewhere."""

from studio.client.characters import AsyncCharacter, AsyncCharacters, Character, Characters
from studio.client.state import Event, Upload
from studio.client.sync import Job, Jobs, Output, Page, Sheet, Studio
from studio.client.twin import AsyncJob, AsyncJobs, AsyncOutput, AsyncSheet, AsyncStudio
from studio.errors import StudioError

__all__ = [
    "AsyncCharacter",
    "AsyncCharacters",
    "AsyncJob",
    "AsyncJobs",
    "AsyncOutput",
    "AsyncSheet",
    "AsyncStudio",
    "Character",
    "Characters",
    "Event",
    "Job",
    "Jobs",
    "Output",
    "Page",
    "Sheet",
    "Studio",
    "StudioError",
    "Upload",
]
