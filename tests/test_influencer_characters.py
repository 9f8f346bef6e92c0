"""Characters over REST: everything of the document's body is kept, found and used; styles; sets; refusals."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.documents.contract import check_shape, is_time
from tests.influencer_fixtures import UNKNOWN_IDS, call, influencer, refused, until

__all__ = ["influencer"]

DOCUMENTED: dict[str, Any] = {
    "name": "Character Name",
    "bio": "Character biography",
    "age": 25,
    "location": "New York, NY",
    "timezone": "America/New_York",
    "interests": ["photography", "travel"],
    "personality": {
        "extroversion": 0.7,
        "creativity": 0.8,
        "humor": 0.6,
        "professionalism": 0.5,
        "authenticity": 0.9,
        "communication_style": "casual",
        "preferred_topics": ["tech", "lifestyle"],
        "content_tone": "friendly",
        "temperature": 0.7,
    },
    "appearance": {
        "face_reference_image_url": "https://...",
        "hair_color": "brown",
        "eye_color": "blue",
        "style_keywords": ["modern", "casual"],
    },
}
STYLE = {
    "name": "Casual Style",
    "description": "Everyday casual look",
    "prompt_prefix": "casual outfit, natural lighting",
    "negative_prompt": "formal, professional",
    "is_default": False,
}
SMALL = {"width": 128, "height": 128, "steps": 1}


@pytest.fixture(scope="module")
def character(influencer: RunningApp) -> dict[str, Any]:
    return call(influencer, "POST", "/characters", json=DOCUMENTED)


def create(app: RunningApp, **values: Any) -> dict[str, Any]:
    return call(app, "POST", "/characters", json={"name": "Mia", **values})


def job_of(app: RunningApp, job_id: str) -> dict[str, Any]:
    """A job once it has ended, as the studio's own family tells it."""

    def look() -> dict[str, Any] | None:
        found = app.client.get(f"/studio/jobs/{job_id}").json()
        return found if found["status"] in {"completed", "failed", "cancelled"} else None

    return until(look)


def draw(app: RunningApp, character_id: str, **body: Any) -> dict[str, Any]:
    started = call(app, "POST", f"/characters/{character_id}/generate/image", json={**SMALL, **body})
    done = job_of(app, started["job_id"])
    assert done["status"] == "completed", done
    return done


def test_the_documented_body_is_kept_whole(character: dict[str, Any], influencer: RunningApp) -> None:
    found = call(influencer, "GET", f"/characters/{character['id']}")
    assert {name: found[name] for name in DOCUMENTED} == DOCUMENTED
    check_shape(found, {"id": str, "status": "active", "created_at": is_time, "updated_at": is_time})
    assert found["styles"] == []
    (note,) = found["notes"]  # the document prints an address that leads nowhere
    assert note.startswith("The face reference could not be fetched")


def test_further_members_are_kept_and_traits_among_them_are_said(influencer: RunningApp) -> None:
    made = create(
        influencer,
        appearance={"skin_tone": "olive", "hair_style": "long wavy", "scar_story": {"year": 2011}},
        personality={"catchphrase": "Onwards!"},
    )
    assert made["appearance"]["scar_story"] == {"year": 2011}
    assert made["personality"]["catchphrase"] == "Onwards!"
    assert "olive skin" in made["look"]
    assert "long wavy" in made["look"]


def test_what_is_left_open_is_found_once_and_stays(influencer: RunningApp) -> None:
    made = create(influencer, appearance={"hair_color": "red", "gender": "woman"}, look_seed=77)
    first = until(lambda: call(influencer, "GET", f"/characters/{made['id']}")["open_traits"])
    assert {"eye_color", "skin_tone", "hair_style", "face_shape"} <= set(first)
    assert not {"hair_color", "gender"} & set(first)
    again = create(influencer, appearance={"hair_color": "red", "gender": "woman"}, look_seed=77)
    assert call(influencer, "GET", f"/characters/{again['id']}")["open_traits"] == first


def test_lists_are_filtered_and_searched(influencer: RunningApp) -> None:
    made = create(
        influencer, name="Zoë Quartermain", bio="Collects porcelain foxes", interests=["cartography"]
    )
    create(influencer, name="Somebody else", status="paused")
    for search in ("quartermain", "zoe", "porcel", "cartography"):
        found = call(influencer, "GET", "/characters", params={"search": search})
        assert [one["id"] for one in found["characters"]] == [made["id"]], search
    assert call(influencer, "GET", "/characters", params={"search": "!!"})["total"] == 0
    paused = call(influencer, "GET", "/characters", params={"status": "paused"})
    assert {one["status"] for one in paused["characters"]} == {"paused"}
    page = call(influencer, "GET", "/characters", params={"limit": 1, "offset": 1})
    assert (len(page["characters"]), page["limit"], page["offset"]) == (1, 1, 1)
    for query in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"status": "gone"}):
        refused(influencer, "GET", "/characters", 422, "validation_error", params=query)


def test_changes_are_partial_and_null_takes_away(influencer: RunningApp) -> None:
    made = create(influencer, bio="Old", age=30, appearance={"hair_color": "red", "eye_color": "green"})
    path = f"/characters/{made['id']}"
    changed = call(influencer, "PUT", path, json={"age": None, "appearance": {"hair_color": None}})
    assert (changed["bio"], changed["age"]) == ("Old", None)
    assert {name for name, value in changed["appearance"].items() if value is not None} == {"eye_color"}
    assert changed["appearance"]["eye_color"] == "green"
    assert call(influencer, "PUT", path, json={"status": "paused"})["status"] == "paused"
    assert call(influencer, "PUT", path, json={})["bio"] == "Old"
    found = call(influencer, "GET", "/characters", params={"search": "green"})
    assert made["id"] in [one["id"] for one in found["characters"]]
    for body in ({"name": ""}, {"name": None}, {"status": "gone"}, {"age": -1}, {"age": "old"}):
        refused(influencer, "PUT", path, 422, "validation_error", json=body)


def test_what_is_deleted_is_hidden(influencer: RunningApp) -> None:
    made = create(influencer, name="Shortlived Sam")
    assert call(influencer, "DELETE", f"/characters/{made['id']}") == {"id": made["id"], "deleted": True}
    refused(influencer, "GET", f"/characters/{made['id']}", 404, "not_found")
    refused(influencer, "DELETE", f"/characters/{made['id']}", 404, "not_found")
    assert call(influencer, "GET", "/characters", params={"search": "shortlived"})["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "x", "age": 151},
        {"name": "x", "personality": {"humor": 1.5}},
        {"name": "x", "interests": "cats"},
        {"name": "x", "appearance": {f"member{n}": n for n in range(200)}},
        [],
        "x",
    ],
)
def test_bad_bodies_are_refused(influencer: RunningApp, body: Any) -> None:
    refused(influencer, "POST", "/characters", 422, "validation_error", json=body)


def test_unknown_ids_are_not_found(influencer: RunningApp, character: dict[str, Any]) -> None:
    for one in (known for known in UNKNOWN_IDS if not known.endswith("%2F")):  # these lead elsewhere
        for method, path, body in (
            ("GET", f"/characters/{one}", None),
            ("PUT", f"/characters/{one}", {}),
            ("DELETE", f"/characters/{one}", None),
            ("GET", f"/characters/{one}/styles", None),
            ("POST", f"/characters/{one}/styles", STYLE),
            ("POST", f"/characters/{one}/generate/image", {"prompt": "x"}),
            ("GET", f"/characters/{one}/images", None),
            ("GET", f"/characters/{one}/sets", None),
            ("GET", f"/characters/{character['id']}/styles/{one}", None),
            ("DELETE", f"/characters/{character['id']}/styles/{one}", None),
            ("GET", f"/characters/{character['id']}/sets/{one}", None),
        ):
            refused(influencer, method, path, 404, "not_found", json=body)
    refused(influencer, "PATCH", f"/characters/{character['id']}", 405)


def test_styles_are_kept_in_order_with_one_default(influencer: RunningApp) -> None:
    made = create(influencer)
    path = f"/characters/{made['id']}/styles"
    first = call(influencer, "POST", path, json=STYLE)
    for name, value in STYLE.items():
        assert first[name] == value
    second = call(
        influencer,
        "POST",
        path,
        json={"name": "Evening", "is_default": True, "display_order": -1, "steps": 4},
    )
    third = call(influencer, "POST", path, json={"name": "Night", "is_default": True, "is_active": False})
    listed = call(influencer, "GET", path)
    assert [one["id"] for one in listed["styles"]] == [second["id"], first["id"], third["id"]]
    assert [one["is_default"] for one in listed["styles"]] == [False, False, True]
    assert [one["name"] for one in call(influencer, "GET", path, params={"is_active": False})["styles"]] == [
        "Night"
    ]
    changed = call(influencer, "PUT", f"{path}/{second['id']}", json={"is_default": True, "steps": None})
    assert (changed["is_default"], changed["steps"], changed["name"]) == (True, None, "Evening")
    assert call(influencer, "GET", f"{path}/{third['id']}")["is_default"] is False
    assert call(influencer, "DELETE", f"{path}/{first['id']}") == {"id": first["id"], "deleted": True}
    refused(influencer, "GET", f"{path}/{first['id']}", 404, "not_found")
    assert len(call(influencer, "GET", f"/characters/{made['id']}")["styles"]) == 2
    other = create(influencer)
    refused(influencer, "GET", f"/characters/{other['id']}/styles/{second['id']}", 404, "not_found")


def test_words_are_put_together_in_their_order(influencer: RunningApp) -> None:
    made = create(
        influencer,
        age=30,
        appearance={
            "gender": "male",
            "hair_color": "black",
            "negative_prompt": "hat",
            "style_keywords": ["calm"],
        },
    )
    path = f"/characters/{made['id']}"
    style = call(
        influencer,
        "POST",
        f"{path}/styles",
        json={
            "name": "Ink",
            "prompt_prefix": "ink drawing",
            "prompt_suffix": "soft light",
            "negative_prompt": "blurry",
            "steps": 2,
            "width": 192,
            "is_default": True,
        },
    )
    done = draw(influencer, made["id"], prompt="reading a book", negative_prompt="text")
    request = done["request"]
    parts = request["prompt"].split(", ")
    assert parts[:3] == ["ink drawing", "reading a book", "soft light"]
    assert parts[3] == "30 year old man"
    assert any(part.endswith("black hair") for part in parts[4:])
    assert parts[-1] == "calm"
    assert request["negative_prompt"] == "text, blurry, hat"
    assert (request["steps"], request["width"], request["height"]) == (
        2,
        192,
        128,
    )  # the style's settings win
    assert (request["character_id"], request["style_id"]) == (made["id"], style["id"])
    assert request["seed"] == made["look_seed"]


def test_clothes_are_worn_unless_the_scene_says_others(influencer: RunningApp) -> None:
    made = create(influencer, appearance={"clothing": "green hoodie"}, costumes={"gala": "silver gown"})

    def prompt(**body: Any) -> str:
        return draw(influencer, made["id"], **body)["request"]["prompt"]

    assert "green hoodie" in prompt(prompt="in the park")
    assert "green hoodie" not in prompt(prompt="in a red dress in the park")
    assert "silver gown" in prompt(prompt="at the opera", costume="gala")
    path = f"/characters/{made['id']}/generate/image"
    refused(influencer, "POST", path, 422, "validation_error", json={"prompt": "x", "costume": "none"})


def test_the_usual_mood_is_shown_unless_the_scene_says_another(influencer: RunningApp) -> None:
    words = "a cheerful elf ranger, short silver hair, green eyes"
    made = call(influencer, "POST", "/characters/from-words", json={"words": words})["character"]
    assert made["appearance"]["expression"] == "happy"

    def prompt(**body: Any) -> str:
        return draw(influencer, made["id"], **body)["request"]["prompt"]

    assert prompt(prompt="in the park").startswith("happy expression, in the park")
    for scene in ("crying in the park", "angry, portrait", "neutral expression, portrait"):
        assert "happy expression" not in prompt(prompt=scene), scene
    assert "happy" not in draw(influencer, made["id"], prompt="in the park")["request"]["identity"]
    changed = {"appearance": {"expression": "serious"}}
    call(influencer, "PUT", f"/characters/{made['id']}", json=changed)
    assert "serious expression" in prompt(prompt="in the park")
    call(influencer, "PUT", f"/characters/{made['id']}", json={"appearance": {"expression": None}})
    assert "expression" not in prompt(prompt="in the park")
    plain = {"words": "an elf ranger, short silver hair", "save": False}
    fields = call(influencer, "POST", "/characters/from-words", json=plain)["fields"]
    assert "expression" not in fields["appearance"]


def test_a_seed_of_minus_one_is_another_one_each_time(
    influencer: RunningApp, character: dict[str, Any]
) -> None:
    path = f"/characters/{character['id']}/generate/image"
    body = {"prompt": "x", "seed": -1, **SMALL}
    seeds = {call(influencer, "POST", path, json=body)["seed"] for _ in range(2)}
    assert len(seeds) == 2
    assert character["look_seed"] not in seeds


def test_sending_it_twice_makes_one_job(influencer: RunningApp, character: dict[str, Any]) -> None:
    path = f"/characters/{character['id']}/generate/image"
    headers = {"Idempotency-Key": "twice"}
    first, second = (
        call(influencer, "POST", path, json={"prompt": "once", **SMALL}, headers=headers)["job_id"]
        for _ in range(2)
    )
    assert first == second


def test_the_documented_picture_is_drawn(influencer: RunningApp, character: dict[str, Any]) -> None:
    body = {
        "prompt": "A photo of the character in a coffee shop",
        "style_id": "uuid-optional",
        "negative_prompt": "blurry, low quality",
        "width": 256,
        "height": 256,
        "steps": 3,
        "cfg_scale": 7.0,
    }
    done = draw(influencer, character["id"], **body)
    assert done["request"]["reference_file_id"] is None
    listed = call(influencer, "GET", f"/characters/{character['id']}/images")
    assert listed["total"] >= 1
    newest = listed["items"][0]
    assert influencer.client.get(newest["url"]).headers["content-type"] == newest["mime_type"]
    assert call(influencer, "GET", f"/characters/{character['id']}")["picture_url"] == newest["url"]


def test_a_face_becomes_the_reference_of_every_picture(influencer: RunningApp) -> None:
    drawn = create(influencer, appearance={"hair_color": "green", "gender": "woman"})
    done = draw(influencer, drawn["id"], prompt="portrait")
    url = f"/outputs/{done['id']}/{done['outputs'][0]['name']}"
    made = create(influencer, appearance={"face_reference_image_url": url})
    assert made["face_reference_file_id"]
    assert (
        draw(influencer, made["id"], prompt="x")["request"]["reference_file_id"]
        == made["face_reference_file_id"]
    )
    away = call(
        influencer,
        "PUT",
        f"/characters/{made['id']}",
        json={"appearance": {"face_reference_image_url": None}},
    )
    assert away["face_reference_file_id"] is None
    noted = create(influencer, appearance={"face_reference_image_url": "http://127.0.0.1:9/face.png"})
    assert "could not be fetched" in noted["notes"][0]
    bad = {"name": "x", "appearance": {"face_reference_image_path": "../../etc/passwd"}}
    assert refused(influencer, "POST", "/characters", 422, json=bad)


def test_a_sentence_fills_the_fields(influencer: RunningApp) -> None:
    words = "Mia, a 28 year old Nordic woman with long red hair and green eyes in a blue coat"
    told = call(influencer, "POST", "/characters/from-words", json={"words": words, "save": False})
    assert told["character"] is None
    fields = told["fields"]
    assert (fields["name"], fields["age"]) == ("Mia", 28)
    assert fields["appearance"]["gender"] == "woman"
    assert fields["appearance"]["hair_color"] == "red"
    assert fields["appearance"]["eye_color"] == "green"
    assert "blue coat" in fields["appearance"]["clothing"]
    assert told["not_understood"] == ["Nordic"]
    made = call(influencer, "POST", "/characters/from-words", json={"words": words})["character"]
    assert made["origin"] == {"kind": "words", "words": words}
    refused(influencer, "POST", "/characters/from-words", 422, json={"words": "a naked woman"})


def test_a_picture_gives_its_colours_and_stays_as_the_reference(influencer: RunningApp) -> None:
    drawn = create(influencer, appearance={"hair_color": "pink", "skin_tone": "pale", "gender": "woman"})
    done = draw(
        influencer, drawn["id"], prompt="portrait, plain white background", width=256, height=256, steps=4
    )
    url = f"/outputs/{done['id']}/{done['outputs'][0]['name']}"
    told = call(influencer, "POST", "/characters/from-picture", json={"name": "Twin", "image_url": url})
    assert told["character"]["face_reference_file_id"]
    assert told["fields"]["appearance"]["hair_color"] in {
        "pink",
        "hot pink",
        "rose",
        "lilac",
        "mauve",
        "salmon",
    }


def test_the_character_of_a_result_is_kept_and_drawn_again(influencer: RunningApp) -> None:
    """Whoever was drawn by words and chance alone has the same traits ever after."""
    asked = {"prompt": "elf ranger", "clothing": "brown cloak", "seed": 4711, **SMALL}
    job_id = influencer.client.post("/studio/jobs", json={"request": asked}).json()["id"]
    first = job_of(influencer, job_id)
    output = first["outputs"][0]
    made = call(
        influencer, "POST", "/characters/from-result", json={"name": "Kept", "output_id": output["id"]}
    )["character"]
    assert made["look_seed"] == 4711
    assert made["appearance"]["species"] == "elf"
    assert made["appearance"]["clothing"] == "brown cloak"
    assert made["picture_url"] == f"/outputs/{job_id}/{output['name']}"
    again = draw(influencer, made["id"], prompt="sitting in a library", seed=1)
    before, after = (recipe_of(influencer, done) for done in (first, again))
    for part in ("build", "skin", "eyes", "hair", "species", "features"):
        assert before["spec"][part] == after["spec"][part], part


def recipe_of(app: RunningApp, done: dict[str, Any]) -> dict[str, Any]:
    """What the embedded engine wrote about its drawing."""
    output = done["outputs"][0]
    data = app.client.get(f"/outputs/{done['id']}/{output['name']}").content
    with Image.open(io.BytesIO(data)) as picture:
        return json.loads(picture.info["figure"])["recipe"]


def test_sets_are_made_in_one_go(influencer: RunningApp) -> None:
    made = create(influencer, costumes={"gala": "silver gown"}, appearance={"gender": "woman"})
    path = f"/characters/{made['id']}/sets"
    started = call(
        influencer,
        "POST",
        path,
        json={"kind": "expressions", "items": [{"name": "happy"}, {"name": "angry"}], **SMALL},
    )
    assert [one["name"] for one in started["items"]] == ["happy", "angry"]

    def look() -> dict[str, Any] | None:
        found = call(influencer, "GET", f"{path}/{started['id']}")
        return found if found["status"] == "completed" else None

    done = until(look)
    assert all(one["status"] == "completed" and one["image_url"] for one in done["items"])
    costumes = call(
        influencer,
        "POST",
        path,
        json={
            "kind": "costumes",
            "keep": True,
            "items": [{"name": "rain", "words": "yellow raincoat"}],
            **SMALL,
        },
    )
    assert costumes["items"][0]["words"] == "yellow raincoat"
    kept = call(influencer, "GET", f"/characters/{made['id']}")["costumes"]
    assert kept == {"gala": "silver gown", "rain": "yellow raincoat"}
    assert [one["kind"] for one in call(influencer, "GET", path)["items"]] == ["costumes", "expressions"]
    refused(influencer, "POST", path, 422, json={"kind": "scenes"})
    refused(influencer, "POST", path, 422, json={"kind": "views", "items": [{"name": "above"}]})
