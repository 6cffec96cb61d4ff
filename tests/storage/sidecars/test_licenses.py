from pathlib import Path

import pytest
from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.licenses import UNKNOWN, License, Licenses, license_digests

PHOTOS = ["cup.jpg", "trip/a.jpg", "trip/more/b.jpg", "trip/more/사진 1.jpg"]


@pytest.fixture
def inbox(tmp_path: Path) -> UPath:
    (tmp_path / "trip/more").mkdir(parents=True)
    (tmp_path / "trip/LICENSE.txt").write_text(
        "CC BY 4.0\n\nBy Jane Doe, see https://creativecommons.org/licenses/by/4.0/ for the terms\n"
    )
    (tmp_path / "trip/more/licenses.csv").write_text(
        "image,license,url\n사진 1.jpg,CC0-1.0,https://creativecommons.org/publicdomain/zero/1.0/\n"
    )
    return UPath(tmp_path)


def test_a_row_is_preferred_to_the_nearest_text(inbox):
    licenses = Licenses(inbox, PHOTOS)
    by = License("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
    assert licenses.of("trip/a.jpg") == licenses.of("trip/more/b.jpg") == by
    assert licenses.of("trip/more/사진 1.jpg").name == "CC0-1.0"


def test_without_a_file_the_license_is_the_photos_own_notice(inbox):
    licenses = Licenses(inbox, PHOTOS)
    assert licenses.of("cup.jpg", "© Jane Doe") == License("© Jane Doe")
    assert licenses.of("cup.jpg") == UNKNOWN


def test_only_the_photos_folders_are_searched(inbox):
    assert set(license_digests(inbox, PHOTOS)) == {"trip/LICENSE.txt", "trip/more/licenses.csv"}
    assert license_digests(inbox, ["cup.jpg"]) == {}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("LICENSE.txt", "\n", "is empty"),
        ("licenses.csv", "picture,license\nx,y\n", "lacks the column"),
    ],
)
def test_an_empty_or_incomplete_file_is_named(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(SidecarError, match=f"{name} {message}"):
        Licenses(UPath(tmp_path), ["cup.jpg"])


@pytest.mark.parametrize("name", ["Licenses.CSV", "licenses.csv"])
def test_case_and_folders_of_names_do_not_matter(tmp_path, name):
    (tmp_path / name).write_text("image,license\nimages\\CUP.JPG,CC0-1.0\n")
    (tmp_path / "license.TXT").write_text("CC BY 4.0")
    licenses = Licenses(UPath(tmp_path), ["cup.jpg", "cat.jpg"])
    assert [licenses.of(photo).name for photo in ("cup.jpg", "cat.jpg")] == ["CC0-1.0", "CC BY 4.0"]
