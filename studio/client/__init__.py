"""The client for notebooks and scripts: one set of verbs over a studio here or elsewhere."""

from studio.client.state import Event, Upload
from studio.client.sync import Job, Jobs, Output, Page, Sheet, Studio
from studio.client.twin import AsyncJob, AsyncJobs, AsyncOutput, AsyncSheet, AsyncStudio
from studio.errors import StudioError

__all__ = [
    "AsyncJob",
    "AsyncJobs",
    "AsyncOutput",
    "AsyncSheet",
    "AsyncStudio",
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
