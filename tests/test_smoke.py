"""One picture through the whole house."""

from tests.conftest import RunningApp


def test_a_prompt_becomes_a_picture(app: RunningApp) -> None:
    created = app.generate(prompt="female warrior, blue armor, long white hair")
    done = app.wait(created["generation_id"])
    assert done["status"] == "completed", done
    picture = app.client.get(done["output_files"][0]["url"])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
