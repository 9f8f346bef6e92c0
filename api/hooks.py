"""Webhooks over REST, for the owner: the ledger, sending again, trying an address out, the secret."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api import v1
from api.avatarforge_schemas import Responses
from api.bodies import StrictRoute
from api.deps import StudioDep, iso_seconds
from api.docs import NULL
from api.media_schemas import BAD_QUERY
from api.owner import OWNER
from studio.errors import StudioError
from studio.hooks import Delivery, Hooks, Secret

PREFIX = f"{v1.PREFIX}/webhooks"
MAX_PAGE = 1_000_000

router = APIRouter(tags=["Webhooks"], route_class=StrictRoute, dependencies=OWNER, responses=v1.OTHERWISE)

Status = Literal["waiting", "delivered", "failed", "disabled"]


class AttemptAnswer(BaseModel):
    """One time that a delivery was sent."""

    at: str
    seconds: float | None = Field(description="How long the answer took; null while it is awaited")
    status_code: int | None
    answer: str = Field(description="How the answer begins")
    error: str | None


class DeliveryAnswer(BaseModel):
    """One event on its way to one address; `delivery_id` is the `webhook-id` of all attempts."""

    delivery_id: str
    job_id: str | None
    event: Literal["started", "output", "completed", "failed", "cancelled", "test"]
    url: str
    status: Status
    next_attempt_at: str | None
    created_at: str
    ended_at: str | None
    body: dict[str, Any]
    attempts: list[AttemptAnswer]


class DeliveryList(BaseModel):
    """A page of the ledger, the newest first."""

    deliveries: list[DeliveryAnswer]
    total: int
    page: int
    per_page: int
    has_next: bool
    has_prev: bool


class TestBody(BaseModel):
    """Where to send a test."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://example.com/webhooks"}]}
    )

    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class SecretAnswer(BaseModel):
    """What receivers check signatures with."""

    secret: str
    until: str | None = Field(description="Null: until it is replaced")


class SecretList(BaseModel):
    """The secrets that sign now, the newest first."""

    secrets: list[SecretAnswer]
    fixed: bool = Field(description="Set by STUDIO_WEBHOOK_SECRET, and changed there only")


DELIVERY: dict[str, Any] = {
    "delivery_id": "msg_5c0f7b1de8a94b0e9a6a0e2d9f5b3c11",
    "job_id": "550e8400-e29b-41d4-a716-446655440000",
    "event": "completed",
    "url": "https://your-app.com/webhooks/media-complete",
    "status": "waiting",
    "next_attempt_at": "2026-01-15T10:35:00Z",
    "created_at": "2026-01-15T10:30:00Z",
    "ended_at": NULL,
    "body": {
        "job_id": "550e8400-e29b-41d4-a716-446655440000",
        "status": "completed",
        "media_url": "https://studio.example/api/v1/media/660e8400-e29b-41d4-a716-446655440000",
        "media_id": "660e8400-e29b-41d4-a716-446655440000",
        "event": "completed",
    },
    "attempts": [
        {
            "at": "2026-01-15T10:30:00Z",
            "seconds": 0.118,
            "status_code": 503,
            "answer": "try again later",
            "error": NULL,
        }
    ],
}
SECRETS = {
    "secrets": [{"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD8hTe9gZ0nPs=", "until": NULL}],
    "fixed": False,
}


def _problem(status: int, description: str, code: str, **facts: Any) -> Responses:
    error = StudioError(code, **facts)
    return v1.failure(status, description, code, error.message, error.hint)


NOT_OWNER = _problem(403, "Only for the studio's owner", "owner_only")
NO_DELIVERY = _problem(404, "No delivery has this id", "delivery_not_found", id=DELIVERY["delivery_id"])
UNDER_WAY = _problem(409, "It is being sent at this moment", "delivery_under_way")
FIXED = _problem(409, "The secret is set by a setting", "webhook_secret_fixed")
REFUSED = v1.invalid(
    {
        "type": "address_refused",
        "loc": ["body"],
        "msg": StudioError("address_refused", why="only http and https are used").message,
        "input": NULL,
    }
)


@router.get(
    "/deliveries",
    summary="The ledger of webhooks",
    responses=v1.answers(
        {
            "deliveries": [DELIVERY],
            "total": 1,
            "page": 1,
            "per_page": 20,
            "has_next": False,
            "has_prev": False,
        },
        NOT_OWNER | BAD_QUERY,
    ),
)
def list_deliveries(
    studio: StudioDep,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
    status: Status | None = None,
    job_id: Annotated[str | None, Query(max_length=200)] = None,
) -> DeliveryList:
    """Each event for each address, with all attempts and what was answered; kept for 30 days."""
    found = studio.hooks.deliveries(page, per_page, status=status or "", job_id=job_id or "")
    return DeliveryList(
        deliveries=[_delivery(studio.hooks, one) for one in found.deliveries],
        total=found.total,
        page=page,
        per_page=per_page,
        has_next=page * per_page < found.total,
        has_prev=page > 1,
    )


@router.get(
    "/deliveries/{delivery_id}",
    summary="One delivery",
    responses=v1.answers(DELIVERY, NOT_OWNER | NO_DELIVERY),
)
def get_delivery(delivery_id: str, studio: StudioDep) -> DeliveryAnswer:
    """With its body and all attempts."""
    return _delivery(studio.hooks, studio.hooks.get(delivery_id))


@router.post(
    "/deliveries/{delivery_id}/replay",
    summary="Send a delivery again",
    responses=v1.answers(DELIVERY, NOT_OWNER | NO_DELIVERY | UNDER_WAY),
)
def replay_delivery(delivery_id: str, studio: StudioDep) -> DeliveryAnswer:
    """Under its own id, however it ended, and with all its attempts before it.

    An address that was switched off by a 410 is used again once it takes a delivery.
    """
    return _delivery(studio.hooks, studio.hooks.replay(delivery_id))


@router.post(
    "/test",
    summary="Try an address out",
    responses=v1.answers(
        DELIVERY
        | {"job_id": NULL, "event": "test", "attempts": [], "body": {"status": "test", "event": "test"}},
        NOT_OWNER | REFUSED,
    ),
)
def send_test(body: TestBody, studio: StudioDep) -> DeliveryAnswer:
    """One signed delivery that belongs to no job and is not repeated; what came of it is in the ledger."""
    return _delivery(studio.hooks, studio.hooks.test(body.url))


@router.get("/secret", summary="What webhooks are signed with", responses=v1.answers(SECRETS, NOT_OWNER))
def show_secret(studio: StudioDep, response: Response) -> SecretList:
    """As receivers need it to check signatures after Standard Webhooks."""
    return _secrets(studio.hooks, studio.hooks.secrets(), response)


@router.post(
    "/secret/rotate", summary="A new secret", responses=v1.answers(SECRETS, NOT_OWNER | FIXED | BAD_QUERY)
)
def rotate_secret(
    studio: StudioDep,
    response: Response,
    overlap_hours: Annotated[
        float, Query(ge=0, le=720, description="How long the former secret signs as well")
    ] = 24,
) -> SecretList:
    """Until the overlap is over, every delivery carries a signature by each of the two."""
    return _secrets(studio.hooks, studio.hooks.rotate(overlap_hours * 3600), response)


def _secrets(hooks: Hooks, found: list[Secret], response: Response) -> SecretList:
    response.headers["Cache-Control"] = "no-store"
    listed = [SecretAnswer(secret=one.text, until=iso_seconds(one.until)) for one in found]
    return SecretList(secrets=listed, fixed=hooks.has_fixed_secret)


def _delivery(hooks: Hooks, one: Delivery) -> DeliveryAnswer:
    created_at = iso_seconds(one.created_at)
    assert created_at is not None
    return DeliveryAnswer(
        delivery_id=one.id,
        job_id=one.job_id,
        event=one.event,
        url=one.url,
        status=one.status,
        next_attempt_at=iso_seconds(one.run_at) if one.status == "waiting" else None,
        created_at=created_at,
        ended_at=iso_seconds(one.ended_at),
        body=hooks.body(one),
        attempts=[
            AttemptAnswer(
                at=iso_seconds(attempt.at) or "",
                seconds=attempt.seconds,
                status_code=attempt.status,
                answer=attempt.answer,
                error=attempt.error,
            )
            for attempt in one.attempts
        ],
    )
