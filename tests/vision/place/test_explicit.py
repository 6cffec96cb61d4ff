import pytest

from nst_pipeline.errors import SidecarError
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.explicit import resolve_placements, sticker_names
from nst_pipeline.vision.shapes import Box, Placement

BOX = Box(-5, 10, 40, 30)
PHOTOS = {"pets-cat-1f": "pets/cat.jpg", "cup-2e": "cup.png", "cat-3d": "cat.jpg"}


def names() -> dict[str, str]:
    stickers = [
        LibrarySticker(f"{key}.{number}", key, 90, 80, quality=0.9)
        for key in PHOTOS
        for number in range(2)
    ]
    return sticker_names(stickers, PHOTOS)


@pytest.mark.parametrize(
    ("name", "sticker"),
    [
        ("pets-cat-1f.1", "pets-cat-1f.1"),
        ("pets-cat-1f", "pets-cat-1f.0"),
        ("pets/cat.jpg", "pets-cat-1f.0"),
        ("cup.png", "cup-2e.0"),
    ],
)
def test_a_sticker_is_named_by_its_id_its_key_or_its_photo(name, sticker):
    placements = [Placement(name, BOX, flip=True)]
    assert resolve_placements(placements, names()) == [Placement(sticker, BOX, flip=True)]


def test_the_first_of_several_photos_with_the_same_name_is_taken():
    assert names()["cat.jpg"] == "pets-cat-1f.0"


def test_an_unknown_name_is_reported_with_the_file():
    with pytest.raises(SidecarError, match=r"beach\.placements\.json.*'dog\.jpg'.*give"):
        resolve_placements(
            [Placement("dog.jpg", BOX)], names(), source="scenes/beach.placements.json"
        )


def test_no_placements_are_no_error():
    assert resolve_placements([], {}) == []
