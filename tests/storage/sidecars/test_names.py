"""Names of sidecars."""

from nst_pipeline.storage.sidecars.names import (
    is_sidecar,
    normalized_name,
    normalized_path,
    sidecar_files,
    sidecar_paths,
)


def test_names_distinguish_sidecars_from_photos() -> None:
    assert is_sidecar("a/cat.mask.png") and is_sidecar("a/boxes.csv")
    assert is_sidecar("annotations.json") and is_sidecar("street.placements.json")
    assert not is_sidecar("mask.png") and not is_sidecar("cat.json")


def test_a_photo_has_its_own_files_and_those_of_its_folder_and_inbox() -> None:
    assert set(sidecar_paths("pets/old/cat.jpg")) == {
        "pets/old/cat.mask.png",
        "pets/old/cat.placements.json",
        "pets/old/cat.coco.json",
        "pets/old/annotations.json",
        "annotations.json",
        "pets/old/cat.boxes.csv",
        "pets/old/boxes.csv",
    }


def test_all_paths_of_a_photo_are_sidecars_and_listed_once() -> None:
    for photo in ("cat.jpg", "pets/cat.jpg"):
        paths = sidecar_paths(photo)
        assert all(map(is_sidecar, paths)) and len(set(paths)) == len(paths)


def test_only_existing_files_are_selected() -> None:
    present = {"pets/boxes.csv", "boxes.csv", "pets/dog.mask.png"}
    assert sidecar_files("pets/cat.jpg", present) == ["pets/boxes.csv"]
    assert sidecar_files("pets/cat.jpg", ()) == []


def test_paths_are_normalized() -> None:
    assert normalized_path(".\\pets\\cafe\u0301.jpg") == "pets/caf\u00e9.jpg"
    assert normalized_name("pets\\cafe\u0301.jpg") == "caf\u00e9.jpg"
