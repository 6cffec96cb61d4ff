import pytest

from nst_pipeline.storage.sidecars.names import (
    folded,
    is_boxes,
    is_coco,
    is_shared,
    is_sidecar,
    normalized_path,
    sidecar_paths,
)


@pytest.mark.parametrize(
    "path",
    [
        "cat.mask.png",
        "CUP.MASK.PNG",
        "pets/Cat.Coco.json",
        "cat.boxes.csv",
        "scenes/street.placements.json",
        "annotations.json",
        "pets/Annotations.JSON",
        "pets/boxes.csv",
    ],
)
def test_sidecars_are_known_by_their_names_in_any_case(path: str) -> None:
    assert is_sidecar(path)


@pytest.mark.parametrize(
    "path", ["cat.png", "mask.png", "my boxes.csv", "annotations.json/cat.png"]
)
def test_other_files_are_not_sidecars(path: str) -> None:
    assert not is_sidecar(path)


def test_the_name_says_what_a_sidecar_contains() -> None:
    assert is_coco("a/Annotations.json") and is_coco("cat.COCO.json")
    assert is_boxes("BOXES.csv") and is_boxes("a/cat.boxes.csv")
    assert is_shared("a/boxes.csv") and not is_shared("a/cat.boxes.csv")


def test_a_photos_sidecars_lie_beside_it_and_in_the_folders_above() -> None:
    assert sidecar_paths("a/b/cat.jpg") == (
        "a/b/cat.mask.png",
        "a/b/cat.placements.json",
        "a/b/cat.coco.json",
        "a/b/cat.boxes.csv",
        "a/b/annotations.json",
        "a/b/boxes.csv",
        "a/annotations.json",
        "a/boxes.csv",
        "annotations.json",
        "boxes.csv",
    )


def test_paths_are_compared_in_one_form() -> None:
    assert normalized_path(".\\pets\\cafe\u0301.jpg") == "pets/caf\u00e9.jpg"
    assert folded("Pets/CAFE\u0301.JPG") == "pets/caf\u00e9.jpg"
