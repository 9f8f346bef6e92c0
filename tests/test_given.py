"""Files that clients name are found below the storage folder by every spelling, and never beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.files import FileStore
from studio.given import given, given_path, place_of
from tests import local_server
from tests.fake_tts import tone
from tests.local_server import serving
from tests.studio_fixtures import add_job, finish, make_settings, open_jobs, png

BASE = "http://studio.example:8000/"


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileStore]:
    """A store with a picture of its owner's and one beside the storage folder."""
    jobs = open_jobs(tmp_path)
    content = jobs.files.settings.storage_path / "content"
    content.mkdir(parents=True)
    (content / "one.png").write_bytes(png("red"))
    (content / "voice.wav").write_bytes(tone(0.3))
    (tmp_path / "secret.png").write_bytes(png("blue"))
    yield jobs.files
    jobs.database.close()


@contextmanager
def web(answers: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    """A server of somebody else."""

    class Handler(local_server.Handler):
        content_type = None

        def do_GET(self) -> None:
            self.answer(*answers.get(self.path, (404, b"nothing here")))

    with serving(Handler) as url:
        yield url


def refused(files: FileStore, **values: str) -> str:
    with pytest.raises(StudioError) as caught:
        given(files, base_url=BASE, **values)  # pyright: ignore[reportArgumentType]
    return caught.value.code


def test_a_picture_below_the_storage_folder_goes_by_every_spelling_of_it(files: FileStore) -> None:
    root = files.settings.storage_path
    spellings = ["content/one.png", "/content/one.png", str(root.resolve() / "content" / "one.png")]
    found = [given(files, path=spelling) for spelling in spellings]
    addresses = ["/content/one.png", f"{BASE}content/one.png", f"{BASE}content/one%2Epng?width=64#top"]
    found += [given(files, url=address, base_url=BASE) for address in addresses]
    assert len({one.id for one in found}) == 1
    assert (found[0].mime_type, found[0].filename) == ("image/png", "one.png")
    assert files.path_of(found[0].id).read_bytes() == png("red")
    assert given(files, path="content/one.png", url="http://elsewhere.example/two.png").id == found[0].id
    assert place_of(files, "content/one.png") == (root / "content" / "one.png").resolve()


def test_uploads_and_results_are_found_where_the_studio_says_that_they_are(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path)
    files = jobs.files
    kept = files.store_bytes(png("green"), "green.png")
    for spelling in (
        f"files/{kept.id}",
        f"/files/{kept.id}.png",
        f"{BASE}avatarforge-controller/files/{kept.id}",
    ):
        assert given(files, url=spelling if "//" in spelling else None, path=spelling, base_url=BASE).id == (
            kept.id
        )
    job = finish(jobs, add_job(jobs.database, "front"))
    output = job.outputs[0]
    whole = files.output_path(job.id, output.name).read_bytes()
    for spelling in (
        f"outputs/{job.id}/{output.name}",
        f"/api/v1/media/{output.id}",
        f"{BASE}avatarforge-controller/outputs/{job.id}/{output.name}",
    ):
        with given_path(files, url=spelling, base_url=BASE) as path:
            assert path.read_bytes() == whole
    files.delete(kept.id)
    assert refused(files, path=f"files/{kept.id}") == "file_not_found"
    jobs.database.close()


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "content/../../secret.png",
        "content/..",
        "./content/one.png",
        "content//one.png",
        "//server/share/one.png",
        "\\\\server\\share\\one.png",
        "..\\secret.png",
        "C:\\Windows\\one.png",
        "C:secret.png",
        "/etc/passwd\0.png",
        "content/one.png\0",
        "content/one.png:stream",
        "content/.hidden.png",
        "content/NUL",
        "temp/half",
        "file:///etc/passwd",
        "a" * 2000,
        "content/%2e%2e/%2e%2e/secret.png/../x",
    ],
)
def test_nothing_beside_the_storage_folder_is_read(files: FileStore, path: str) -> None:
    (files.settings.storage_path / "temp").mkdir(exist_ok=True)
    (files.settings.storage_path / "temp" / "half").write_bytes(png())
    assert refused(files, path=path) == "given_outside"


def test_absolute_paths_and_encoded_dots_lead_nowhere_else(files: FileStore, tmp_path: Path) -> None:
    # An absolute path is read as an address of ours: below the storage folder, whatever is at the root.
    assert refused(files, path=str(tmp_path / "secret.png")) == "given_missing"
    assert refused(files, path="/etc/hostname") == "given_missing"
    assert refused(files, url=f"{BASE}content/%2e%2e/%2e%2e/secret.png") == "given_outside"
    assert refused(files, url="/content/..%2F..%2Fsecret.png") == "given_outside"
    assert refused(files, path="content/none.png") == "given_missing"
    assert refused(files, path="~/secret.png") == "given_missing"
    assert refused(files, path="content") == "given_missing"
    assert refused(files, path=f"{files.settings.storage_path.resolve()}/../secret.png") == "given_outside"
    assert refused(files, path="  ", url="") == "given_nothing"


@pytest.mark.skipif(os.name == "nt", reason="links need a right there that tests do not have")
def test_a_link_that_leads_out_is_not_followed(files: FileStore, tmp_path: Path) -> None:
    content = files.settings.storage_path / "content"
    (content / "link.png").symlink_to(tmp_path / "secret.png")
    (content / "up").symlink_to(tmp_path)
    (content / "inside.png").symlink_to(content / "one.png")
    assert refused(files, path="content/link.png") == "given_outside"
    assert refused(files, path="content/up/secret.png") == "given_outside"
    assert given(files, path="content/inside.png").sha256 == given(files, path="content/one.png").sha256


def test_the_bytes_decide_what_a_file_is(files: FileStore) -> None:
    content = files.settings.storage_path / "content"
    (content / "liar.png").write_bytes(b"root:x:0:0:root:/root:/bin/bash\n" * 20)
    (content / "sound.png").write_bytes(tone(0.3))
    assert refused(files, path="content/liar.png") == "invalid_image"
    assert refused(files, path="content/sound.png") == "invalid_image"
    assert given(files, path="content/voice.wav", media="audio").duration_s == pytest.approx(0.3, abs=0.02)
    kept = given(files, path="content/one.png")
    with pytest.raises(StudioError) as caught:
        given(files, path=f"files/{kept.id}", media="audio")
    assert caught.value.code == "file_of_other_kind"


def test_other_peoples_addresses_are_fetched_through_the_guard(tmp_path: Path) -> None:
    answers = {"/a.png": (200, png("red")), "/page": (200, b"<html>hello</html>")}
    with web(answers) as url:
        jobs = open_jobs(tmp_path)
        assert refused(jobs.files, url=f"{url}/a.png") == "address_refused"  # it is our own network
        assert refused(jobs.files, url="ftp://example.org/a.png") == "address_refused"
        assert refused(jobs.files, path=f"{url}/a.png") == "given_outside"  # an address is no path
        jobs.database.close()
        trusting = FileStore(
            jobs.database,
            make_settings(tmp_path, studio_allow_private_addresses=True, max_file_size=4_000),
        )
        kept = given(trusting, url=f"{url}/a.png", base_url=BASE)
        assert (kept.filename, trusting.path_of(kept.id).read_bytes()) == ("a.png", png("red"))
        assert refused(trusting, url=f"{url}/none.png") == "address_without_file"
        assert refused(trusting, url=f"{url}/page") == "invalid_image"
        answers["/huge.png"] = (200, png("red") + bytes(5_000))
        assert refused(trusting, url=f"{url}/huge.png") == "address_too_large"
        with given_path(trusting, url=f"{url}/page") as path:
            assert path.read_bytes() == b"<html>hello</html>"
        assert not path.exists()
        assert not list(trusting.settings.temp_path.iterdir())
        jobs.database.close()
