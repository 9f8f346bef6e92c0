"""For whom an event of the page is done: Gradio runs events outside of the requests that brought them."""

from __future__ import annotations

from collections.abc import Callable

from gradio.context import LocalContext

from studio import visitors
from studio.settings import Settings
from studio.visitors import OWNER, STRANGER, Visitor


def source(settings: Settings) -> Callable[[], Visitor | None]:
    """What `studio.visitors` asks."""

    def of_event() -> Visitor | None:
        event = LocalContext.request.get(None)
        if event is None:
            return None
        # Gradio keeps the request in which the edge has noted who it was.
        state = event.request.scope.get("state", {}) if event.request is not None else {}
        return state.get(visitors.IN_STATE, STRANGER if settings.tells_visitors_apart else OWNER)

    return of_event
