"""The engine tells what it makes of words and pictures, and draws a known character under any words."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.engine_fixtures import RunningEngine, figure_graph


def test_words_are_told_as_traits(engine: RunningEngine) -> None:
    body = {"words": "a 30 year old man with red hair in a blue suit", "seed": 3}
    for path in ("/figure/account", "/api/figure/account"):
        told = engine.http.post(path, json=body).json()
        assert (told["traits"]["hair_color"], told["traits"]["gender"], told["years"]) == ("red", "man", 30)
        assert "hair_color" in told["said"]
        assert "eye_color" not in told["said"]
        assert told["clothes"] == ["blue suit"]
    assert engine.http.post("/figure/account", json=body).json() == told


def test_a_picture_fills_in_colours(engine: RunningEngine) -> None:
    data = io.BytesIO()
    picture = Image.new("RGB", (96, 128), (255, 255, 255))
    picture.paste((40, 60, 200), (24, 8, 72, 64))  # hair around
    picture.paste((230, 184, 150), (32, 20, 64, 60))  # a face
    picture.paste((20, 120, 60), (16, 70, 80, 128))  # clothes
    picture.save(data, "PNG")
    name = engine.http.post("/upload/image", files={"image": ("a.png", data.getvalue())}).json()["name"]
    told = engine.http.post("/figure/account", json={"words": "woman", "image": name}).json()
    assert "blue" in told["colours"]["hair_color"]
    assert told["traits"]["hair_color"] == told["colours"]["hair_color"]
    assert "hair_color" in told["said"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"words": 5}, 400),
        ({"words": "x", "seed": "1"}, 400),
        ({"words": "x", "image": "../../etc/passwd"}, 400),
        ({"words": "x", "image": "none.png"}, 400),
        ({"words": "a naked woman"}, 422),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(
    engine: RunningEngine, body: dict[str, object], status: int
) -> None:
    answer = engine.http.post("/figure/account", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_known_character_is_drawn_whatever_the_words_say(engine: RunningEngine) -> None:
    def spec(text: str, seed: int) -> dict[str, object]:
        graph = figure_graph(text, seed=seed)
        graph["20"] = {
            "class_type": "FigureIdentity",
            "inputs": {
                "conditioning": graph["3"]["inputs"]["positive"],
                "words": "woman, red hair",
                "seed": 5,
            },
        }
        graph["3"]["inputs"]["positive"] = ["20", 0]
        _, _, history = engine.run(graph)
        image = history["outputs"]["9"]["images"][0]
        data = engine.http.get("/view", params={key: image[key] for key in ("filename", "subfolder", "type")})
        with Image.open(io.BytesIO(data.content)) as picture:
            return json.loads(picture.info["figure"])["recipe"]["spec"]

    first, second = spec("a knight", 1), spec("an old wizard with a white beard", 2)
    for part in ("build", "skin", "eyes", "hair", "features"):
        assert first[part] == second[part], part
    assert first["garments"] != second["garments"]
