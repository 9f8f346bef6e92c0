"""The route that Prometheus scrapes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from studio.metrics import CONTENT_TYPE, exposition

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """All numbers in Prometheus' text format."""
    state = request.app.state
    return Response(
        exposition(state.http_meter, state.job_meter),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
    )
