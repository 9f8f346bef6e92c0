"""What the AvatarForge documents say about each answer: members, types, fixed words."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Shape = Any  # a type, a check, a mapping of members, a list with the shape of its elements, or a fixed value

PREFIX = "/avatarforge-controller"
UNKNOWN_ID = "550e8400-e29b-41d4-a716-446655440000"

# All 13 documented routes, with ids that nothing has.
DOCUMENTED = [
    ("GET", "/health"),
    ("POST", "/upload/pose_image"),
    ("POST", "/upload/reference_image"),
    ("GET", f"/files/hash/{'0' * 64}"),
    ("GET", f"/files/{UNKNOWN_ID}"),
    ("DELETE", f"/files/{UNKNOWN_ID}"),
    ("POST", "/generate/avatar"),
    ("POST", "/generate_pose?pose=front"),
    ("POST", "/generate_all_poses"),
    ("GET", f"/generations/{UNKNOWN_ID}"),
    ("GET", "/generations?limit=1"),
    ("DELETE", f"/generations/{UNKNOWN_ID}"),
    ("GET", "/poses"),
]

# What no route serves, and what routes serve by another method only; the same with the interface behind them.
WRONG = [
    ("GET", f"{PREFIX}/nothing", 404),
    ("GET", PREFIX, 404),
    ("POST", f"{PREFIX}/generate", 404),
    ("GET", f"{PREFIX}/generations/a/b", 404),
    ("GET", f"{PREFIX}/Health", 404),
    ("GET", "/outputs", 404),
    ("GET", "/outputs/a", 404),
    ("GET", "/files", 404),
    ("GET", "/nothing/at/all", 404),
    ("DELETE", f"{PREFIX}/health", 405),
    ("PUT", f"{PREFIX}/generate/avatar", 405),
    ("GET", f"{PREFIX}/generate_pose", 405),
    ("POST", f"{PREFIX}/generations", 405),
    ("PATCH", f"{PREFIX}/files/x", 405),
    ("POST", "/poses", 405),
    ("PUT", "/generations/x", 405),
    ("POST", "/outputs/x/y.png", 405),
]


def is_uuid(value: Any) -> bool:
    """A uuid as text."""
    return isinstance(value, str) and str(uuid.UUID(value)) == value


def is_time(value: Any) -> bool:
    """UTC with a Z, which also old readers understand once it is replaced."""
    if not (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z", value)
    ):
        return False
    return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None


def is_sha256(value: Any) -> bool:
    """64 hex digits."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_size(value: Any) -> bool:
    """A whole number above zero."""
    return type(value) is int and value > 0


def is_count(value: Any) -> bool:
    """A whole number from zero on."""
    return type(value) is int and value >= 0


def matches(pattern: str) -> Callable[[Any], bool]:
    """Text of a pattern."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def one_of(*values: Any) -> Callable[[Any], bool]:
    """One of some values."""
    return lambda value: value in values


def or_null(shape: Shape) -> Callable[[Any], bool]:
    """Null, or of a shape."""

    def check(value: Any) -> bool:
        if value is not None:
            check_shape(value, shape)
        return True

    return check


DIMENSIONS = {"width": is_size, "height": is_size}
POSE = one_of("front", "back", "side", "quarter")

HEALTH = {
    "api_status": "healthy",
    "comfyui": {
        "status": str,
        "url": matches(r"https?://.+"),
        "stats": {"queue_pending": is_count, "queue_running": is_count},
    },
}
POSES = {
    "poses": [
        {"name": "front", "description": "Front-facing view with standard proportions"},
        {"name": "back", "description": "Back view with different lighting"},
        {"name": "side", "description": "Side profile with narrow aspect ratio"},
        {"name": "quarter", "description": "3/4 view showing partial features"},
    ]
}
UPLOAD = {
    "file_id": is_uuid,
    "filename": str,
    "content_hash": is_sha256,
    "size": is_size,
    "mime_type": one_of("image/png", "image/jpeg", "image/webp"),
    "dimensions": DIMENSIONS,
    "url": matches(r"/files/[0-9a-f-]{36}"),
    "is_duplicate": bool,
    "created_at": is_time,
}
HASH_FOUND = {"exists": True, "file_id": is_uuid, "message": matches(r"File exists: .+")}
HASH_MISSED = {"exists": False, "file_id": None, "message": str}
FILE_DELETED = {"message": str, "file_id": is_uuid}
OUTPUT = {
    "filename": matches(r"\S+\.png"),
    "url": matches(r"/outputs/[0-9a-f-]{36}/[\w.]+"),
    "pose_type": POSE,
    "size": is_size,
    "dimensions": DIMENSIONS,
}
GENERATION = {
    "generation_id": is_uuid,
    "status": one_of("queued", "processing", "completed", "failed"),
    "message": str,
    "output_files": list,
    "created_at": is_time,
    "started_at": or_null(is_time),
    "completed_at": or_null(is_time),
    "error": or_null(str),
    "comfyui_prompt_id": or_null(str),
}
PROCESSING = GENERATION | {
    "status": "processing",
    "message": "Generation started",
    "output_files": one_of([]),
    "started_at": is_time,
    "completed_at": None,
    "error": None,
    "comfyui_prompt_id": str,
}
COMPLETED = GENERATION | {
    "status": "completed",
    "message": matches(r"Generation completed successfully.*"),
    "output_files": [OUTPUT],
    "started_at": is_time,
    "completed_at": is_time,
    "error": None,
    "comfyui_prompt_id": str,
}
PAGE = {"total": is_count, "generations": list, "limit": is_size, "offset": is_count}
GENERATION_DELETED = {"message": "Generation deleted successfully", "generation_id": is_uuid}
PROBLEM = {"detail": matches(r"(?s).+")}
INVALID = {"detail": matches(r"(?s).+"), "errors": [{"loc": list, "msg": str, "type": str}]}


def check_shape(value: Any, shape: Shape, where: str = "answer") -> None:
    """Fail unless a value has the members that a shape names, each as it says; more members are allowed."""
    if isinstance(shape, Mapping):
        assert isinstance(value, Mapping), f"{where} is {value!r}"
        missing = set(shape) - set(value)
        assert not missing, f"{where} lacks {missing}: {value!r}"
        for name, inner in shape.items():
            check_shape(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, Sequence) and not isinstance(shape, str):
        assert isinstance(value, list), f"{where} is {value!r}"
        assert value, f"{where} is empty"
        assert len(shape) in (1, len(value)), f"{where} has {len(value)} elements"
        for index, item in enumerate(value):
            check_shape(item, shape[index if len(shape) > 1 else 0], f"{where}[{index}]")
    elif isinstance(shape, type):
        assert type(value) is shape, f"{where} is {value!r}, not {shape.__name__}"
    elif callable(shape):
        assert shape(value), f"{where} is {value!r}"
    else:
        assert value == shape, f"{where} is {value!r}, not {shape!r}"
        assert type(value) is type(shape), f"{where} is {value!r}, not {shape!r}"
