"""What the routes over characters answer, by example, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.influencer.character_schemas import ID, NewCharacter

_AT = "2025-12-17T15:00:00Z"
_STYLE_ID = "2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10"
_JOB = "0d3f4c52-6b0e-4b5c-9c1f-0f3a1d0e7b42"

STYLE: dict[str, Any] = {
    "id": _STYLE_ID,
    "character_id": ID,
    "name": "Casual Style",
    "description": "Everyday casual look",
    "prompt_prefix": "casual outfit, natural lighting",
    "prompt_suffix": None,
    "negative_prompt": "formal, professional",
    "checkpoint": None,
    "sampler_name": None,
    "scheduler": None,
    "steps": None,
    "cfg_scale": None,
    "width": None,
    "height": None,
    "style_keywords": [],
    "display_order": 0,
    "is_active": True,
    "is_default": False,
    "created_at": _AT,
    "updated_at": _AT,
}
_ASKED: dict[str, Any] = NewCharacter.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,call-overload]
WHOLE: dict[str, Any] = {
    "id": ID,
    "name": "Character Name",
    "status": "active",
    "bio": "Character biography",
    "age": 25,
    "location": "New York, NY",
    "timezone": "America/New_York",
    "interests": ["photography", "travel"],
    "picture_url": None,
    "created_at": _AT,
    "updated_at": _AT,
    "personality": _ASKED["personality"],
    "appearance": {"hair_color": "brown", "eye_color": "blue", "style_keywords": ["modern", "casual"]},
    "costumes": {"evening": "elegant black dress"},
    "styles": [STYLE],
    "look_seed": 971817837470830,
    "look": "25 year old woman, tanned skin, heart shaped face, short bob brown hair, blue eyes",
    "open_traits": {"gender": "woman", "skin_tone": "tanned", "hair_style": "short bob"},
    "face_reference_file_id": None,
    "face_reference_url": None,
    "poses": {},
    "origin": {},
    "notes": [],
}
_SET = {
    "id": "9f1b5a34-7f0e-4d0f-8b0a-2a7d5c1e6f33",
    "character_id": ID,
    "kind": "expressions",
    "status": "processing",
    "items": [
        {
            "name": "happy",
            "words": "",
            "job_id": _JOB,
            "status": "pending",
            "image_url": None,
            "error": None,
        }
    ],
    "created_at": _AT,
}

EXAMPLES: dict[str, Any] = {
    "whole": WHOLE,
    "page": {"characters": [WHOLE], "total": 10, "limit": 20, "offset": 0},
    "fields": {
        "character": WHOLE,
        "fields": {"name": "Mia", "age": 28, "appearance": {"gender": "woman", "hair_color": "red"}},
        "not_understood": [],
    },
    "imported": {"character": WHOLE, "new_id": False, "files": 12, "skipped": []},
    "style": STYLE,
    "styles": {"character_id": ID, "styles": [STYLE], "total": 1},
    "job": {
        "job_id": _JOB,
        "status": "pending",
        "message": None,
        "progress": 0.0,
        "created_at": _AT,
        "started_at": None,
        "finished_at": None,
        "cancelled_at": None,
        "params": {"prompt": "A photo of the character in a coffee shop"},
        "result": None,
        "error": None,
        "batch_size": 1,
        "character_id": ID,
        "style_id": None,
        "seed": 971817837470830,
        "engine": "embedded",
        "workflow": "embedded",
        "notes": [],
    },
    "pictures": {
        "items": [
            {
                "id": "7f1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b10",
                "job_id": _JOB,
                "media": "image",
                "url": f"/outputs/{_JOB}/front.png",
                "name": "front.png",
                "mime_type": "image/png",
                "width": 1024,
                "height": 1024,
                "file_size": 412345,
                "created_at": _AT,
            }
        ],
        "total": 1,
        "limit": 50,
        "offset": 0,
    },
    "set": _SET,
    "sets": {"items": [_SET], "total": 1, "limit": 50, "offset": 0},
}
