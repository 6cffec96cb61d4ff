import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.listing import list_inbox
from nst_pipeline.storage.sidecars.files import (
    sidecar_detections,
    sidecar_digest,
    sidecar_placements,
)
from nst_pipeline.storage.sidecars.matching import Part, SidecarMatching
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Box

HEADER = "image,x,y,width,height,label\n"


def coco(*boxes: tuple[str, list[int]], categories: tuple[str, ...] = ("cat",)) -> str:
    names = list(dict.fromkeys(name for name, _ in boxes))
    return json.dumps(
        {
            "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
            "annotations": [
                {"id": i, "image_id": names.index(name), "category_id": 0, "bbox": box}
                for i, (name, box) in enumerate(boxes)
            ],
            "categories": [{"id": i, "name": name} for i, name in enumerate(categories)],
        }
    )


def put(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


def matching(folder: Path, *photos: str) -> SidecarMatching:
    return SidecarMatching(UPath(folder), photos, list_inbox(UPath(folder)).sidecars)


def parts(folder: Path, photo: str, *others: str) -> list[Part]:
    return matching(folder, photo, *others).parts(photo)


def boxes(folder: Path, photo: str, *others: str) -> list[tuple[Box, str]]:
    found = sidecar_detections(UPath(folder), photo, parts(folder, photo, *others), 200, 100)
    assert all(each.source == "sidecar" and each.score == 1 for each in found)
    return [(each.box, each.label) for each in found]


def digest(folder: Path, photo: str) -> str:
    matched = matching(folder, photo)
    return sidecar_digest(UPath(folder), matched.parts(photo), matched)


def test_a_photo_without_sidecars_has_no_annotations_and_no_digest(tmp_path: Path) -> None:
    assert boxes(tmp_path, "cat.jpg") == []
    assert digest(tmp_path, "cat.jpg") == ""
    assert sidecar_placements(UPath(tmp_path), []) is None


@pytest.mark.parametrize("name", ["pets/boxes.csv", "pets/cat.boxes.csv"])
def test_boxes_are_read_from_the_photos_own_file_or_its_folders(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, HEADER + "cat.jpg,10,20,30,40,tabby\ncat.jpg,50,20,30,40,\n")
    assert boxes(tmp_path, "pets/cat.jpg") == [
        (Box(10, 20, 30, 40), "tabby"),
        (Box(50, 20, 30, 40), "object"),
    ]


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("pets/cat.coco.json", "cat.jpg"),
        ("pets/annotations.json", "cat.jpg"),
        ("annotations.json", "pets/cat.jpg"),
    ],
)
def test_coco_is_read_from_the_photos_own_file_its_folders_or_the_inboxs(
    tmp_path: Path, name: str, file_name: str
) -> None:
    put(tmp_path, name, coco((file_name, [10, 20, 30, 40])))
    assert boxes(tmp_path, "pets/cat.jpg") == [(Box(10, 20, 30, 40), "cat")]


def test_a_photo_in_another_folder_is_another_photo(tmp_path: Path) -> None:
    put(tmp_path, "annotations.json", coco(("a/cat.jpg", [10, 20, 30, 40])))
    photos = ["a/dog.jpg", "b/cat.jpg"]
    assert boxes(tmp_path, *photos[::-1]) == [] == boxes(tmp_path, *photos)


def test_a_mask_is_preferred_to_coco_and_coco_to_boxes(tmp_path: Path) -> None:
    put(tmp_path, "boxes.csv", HEADER + "cat.jpg,1,1,10,10,from boxes\n")
    assert boxes(tmp_path, "cat.jpg")[0][1] == "from boxes"
    put(tmp_path, "cat.coco.json", coco(("cat.jpg", [2, 2, 20, 20]), categories=("from coco",)))
    assert boxes(tmp_path, "cat.jpg")[0][1] == "from coco"
    mask = np.zeros((100, 200), np.uint16)
    mask[30:60, 50:90] = 65535
    (tmp_path / "cat.mask.png").write_bytes(encode_png(mask))
    (found,) = sidecar_detections(UPath(tmp_path), "cat.jpg", parts(tmp_path, "cat.jpg"), 200, 100)
    assert found.box == Box(50, 30, 40, 30)
    assert found.mask is not None and np.array_equal(found.mask, mask > 0)


def test_only_the_photos_own_entries_of_a_shared_file_change_its_digest(tmp_path: Path) -> None:
    put(tmp_path, "boxes.csv", HEADER + "cat.jpg,1,1,10,10,cat\n")
    put(tmp_path, "annotations.json", coco(("dog.jpg", [1, 1, 9, 9])))
    cat, dog = digest(tmp_path, "cat.jpg"), digest(tmp_path, "dog.jpg")
    assert cat and dog and cat != dog

    more = HEADER + "horse.jpg,3,3,10,10,horse\ncat.jpg,1,1,10,10,cat\n"
    put(tmp_path, "boxes.csv", more)
    more_coco = coco(
        ("dog.jpg", [1, 1, 9, 9]), ("cow.jpg", [1, 1, 9, 9]), categories=("cat", "cow")
    )
    put(tmp_path, "annotations.json", more_coco)
    assert (digest(tmp_path, "cat.jpg"), digest(tmp_path, "dog.jpg")) == (cat, dog)

    put(tmp_path, "boxes.csv", more.replace("cat.jpg,1", "cat.jpg,2"))
    assert digest(tmp_path, "cat.jpg") != cat


def test_a_shared_file_is_read_once(tmp_path: Path) -> None:
    rows = "".join(f"{i}.jpg,1,1,10,10,cat\n" for i in range(20_000))
    put(tmp_path, "boxes.csv", HEADER + rows)
    before = [parts(tmp_path, f"{i}.jpg") for i in (7, 8)]
    assert sidecar_detections(UPath(tmp_path), "7.jpg", before[0], 200, 100)
    put(tmp_path, "boxes.csv", (HEADER + rows).replace("cat", "dog"))
    # As long as no scan has seen another size or time, the file is not read again.
    assert sidecar_detections(UPath(tmp_path), "8.jpg", before[1], 200, 100)[0].label == "cat"
    assert boxes(tmp_path, "8.jpg")[0][1] == "dog"


def test_names_match_in_any_unicode_composition(tmp_path: Path) -> None:
    put(tmp_path, "boxes.csv", HEADER + "cafe\u0301.jpg,1,1,10,10,cup\n")
    assert boxes(tmp_path, "caf\u00e9.jpg") == [(Box(1, 1, 10, 10), "cup")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("boxes.csv", "x,y\n1,2\n"),
        ("annotations.json", "{}"),
        ("annotations.json", "no JSON"),
        ("cat.coco.json", "[]"),
        ("cat.mask.png", "no picture"),
    ],
)
def test_a_broken_sidecar_has_a_digest_and_an_error_that_names_it(
    tmp_path: Path, name: str, content: str
) -> None:
    put(tmp_path, name, content)
    assert digest(tmp_path, "cat.jpg")
    with pytest.raises(NstError, match=name):
        boxes(tmp_path, "cat.jpg")


def test_placements_are_read_and_digested(tmp_path: Path) -> None:
    put(tmp_path, "town/street.placements.json", '[{"sticker": "cat"}]')
    assert (
        sidecar_placements(UPath(tmp_path), parts(tmp_path, "town/street.jpg"))
        == '[{"sticker": "cat"}]'
    )
    assert digest(tmp_path, "town/street.jpg")


def test_the_samples_contain_boxes_that_are_read(tmp_path: Path) -> None:
    assert import_module("nst_pipeline.samples").write_samples(UPath(tmp_path))
    (cup,) = sidecar_detections(
        UPath(tmp_path / "objects"),
        "coffee.png",
        parts(tmp_path / "objects", "coffee.png"),
        600,
        400,
    )
    assert cup.label == "cup"
