"""Which sidecar belongs to which photo, and which to none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from nst_pipeline.storage.listing import list_inbox
from nst_pipeline.storage.sidecars.matching import (
    Part,
    SidecarMatching,
    dump_parts,
    load_parts,
    match_names,
)

HEADER = "image,x,y,width,height\n"


def matching(folder: Path, *photos: str) -> SidecarMatching:
    return SidecarMatching(UPath(folder), photos, list_inbox(UPath(folder)).sidecars)


def files(folder: Path, photo: str, *others: str) -> list[str]:
    return [part.path for part in matching(folder, photo, *others).parts(photo)]


def unmatched(folder: Path, *photos: str) -> dict[str, str]:
    return dict(matching(folder, *photos).unmatched())


def coco(*names: str) -> str:
    return json.dumps(
        {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
            "annotations": [{"image_id": n, "bbox": [1, 2, 9, 9]} for n in range(len(names))],
        }
    )


def test_a_sidecar_belongs_to_the_photo_of_its_name_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "CUP.MASK.PNG").touch()
    (tmp_path / "cat.Boxes.CSV").write_text(HEADER + "cat.jpg,1,2,3,4\n")
    assert files(tmp_path, "CUP.JPG") == files(tmp_path, "cup.jpg") == ["CUP.MASK.PNG"]
    assert files(tmp_path, "Cat.jpg") == ["cat.Boxes.CSV"]
    assert files(tmp_path, "cup2.jpg") == []


def test_of_two_spellings_the_exact_one_counts(tmp_path: Path) -> None:
    for name in ("cup.mask.png", "CUP.mask.png"):
        (tmp_path / name).touch()
    assert files(tmp_path, "cup.jpg") == ["cup.mask.png"]
    assert files(tmp_path, "CUP.jpg") == ["CUP.mask.png"]
    assert files(tmp_path, "Cup.jpg") == []
    (tmp_path / "CUP.mask.png").unlink()
    assert files(tmp_path, "CUP.jpg", "cup.jpg") == []  # it is the other photo's
    assert files(tmp_path, "CUP.jpg") == ["cup.mask.png"]


@pytest.mark.parametrize(
    "name", ["images/cup.jpg", "images\\cup.jpg", "./cup.jpg", "C:\\data\\CUP.JPG", "/a/b/cup.jpg"]
)
def test_folders_of_annotation_tools_do_not_matter(tmp_path: Path, name: str) -> None:
    (tmp_path / "annotations.json").write_text(coco(name))
    (tmp_path / "boxes.csv").write_text(f"{HEADER}{name},1,2,30,40\n")
    assert files(tmp_path, "cup.jpg", "cat.jpg") == ["annotations.json", "boxes.csv"]
    assert (
        files(tmp_path, "pets/cup.jpg") == ["annotations.json", "boxes.csv"][:2] or name[0] == "."
    )
    assert files(tmp_path, "cat.jpg", "cup.jpg") == []


def test_a_name_that_may_mean_several_photos_means_none() -> None:
    assert match_names(["images/cup.jpg"], ["a/cup.jpg", "b/cup.jpg"]) == {}
    assert match_names(["x/cup.jpg", "y/cup.jpg"], ["cup.jpg"]) == {}
    assert match_names(["x/cup.jpg", "cup.jpg"], ["cup.jpg"]) == {"cup.jpg": "cup.jpg"}
    # A photo that was deleted does not pass its boxes to another one.
    assert match_names(["a/cup.jpg"], ["a/cat.jpg", "b/cup.jpg"]) == {}
    assert match_names(["cup.jpg"], ["cat.jpg", "b/cup.jpg"]) == {}


def test_a_shared_file_describes_the_photos_in_its_folder_and_below(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    (tmp_path / "boxes.csv").write_text(HEADER + "pets/small/cat.jpg,1,2,3,4\n")
    (tmp_path / "pets/annotations.json").write_text(coco("small/cat.jpg"))
    photo = "pets/small/cat.jpg"
    assert files(tmp_path, photo) == ["pets/annotations.json", "boxes.csv"]


def test_what_matches_no_photo_is_named(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text(HEADER + "cat.jpg,1,2,30,40\nno such.jpg,1,2,3,4\n")
    content = json.loads(coco("cat.jpg"))
    content["annotations"].append({"image_id": 99, "bbox": [1, 2, 3, 4]})
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    for name in ("dog.mask.png", "cat.mask.png", "dog.placements.json"):
        (tmp_path / name).touch()
    (tmp_path / "cat.coco.json").write_text(coco("dog.jpg"))
    found = unmatched(tmp_path, "cat.jpg")
    assert found.keys() == {
        *("annotations.json", "boxes.csv", "cat.coco.json"),
        *("dog.mask.png", "dog.placements.json"),
    }
    assert "1 of 2 names" in found["boxes.csv"] and "'no such.jpg'" in found["boxes.csv"]
    assert "1 annotations have an image_id without an image" in found["annotations.json"]
    assert "name it after one" in found["dog.mask.png"]


def test_names_in_sidecars_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text(HEADER + '"\x1b[2J\nb.jpg",1,2,3,4\n')
    (tmp_path / "annotations.json").write_text(coco("\ud800.jpg"))
    assert all(detail.isascii() and detail.isprintable() for detail in unmatched(tmp_path).values())
    assert len(unmatched(tmp_path)) == 2


def test_text_ids_equal_numbers(tmp_path: Path) -> None:
    content = json.loads(coco("cup.jpg"))
    content["annotations"][0]["image_id"] = "0"
    (tmp_path / "annotations.json").write_text(json.dumps(content), "utf-8-sig")
    assert files(tmp_path, "cup.jpg") == ["annotations.json"]
    assert unmatched(tmp_path, "cup.jpg") == {}


def test_a_link_out_of_the_inbox_is_refused_and_not_used(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("cat.mask.png", "boxes.csv", "cat.coco.json"):
        (tmp_path / name).write_text(HEADER + "cat.jpg,1,2,30,40\n")
        (inbox / name).symlink_to(tmp_path / name)
    (inbox / "dog.boxes.csv").write_text(HEADER + "dog.jpg,1,2,30,40\ncow.jpg,1,2,30,40\n")
    (inbox / "cow.boxes.csv").symlink_to("dog.boxes.csv")
    assert files(inbox, "cat.jpg") == []
    assert files(inbox, "cow.jpg") == ["cow.boxes.csv"]
    listing = list_inbox(UPath(inbox))
    assert {name for name, _ in listing.refused} == {"cat.mask.png", "boxes.csv", "cat.coco.json"}


name_lists = st.lists(
    st.text("aAb/\\. ", min_size=1, max_size=9).map(lambda name: f"{name}.jpg"), unique=True
)


@given(names=name_lists, photos=name_lists)
def test_each_photo_has_one_name_and_a_name_without_exact_match_one_photo(
    names: list[str], photos: list[str]
) -> None:
    matched = match_names(names, photos)
    assert set(matched) <= set(photos) and set(matched.values()) <= set(names)
    assert match_names(reversed(names), reversed(photos)) == matched


@given(st.lists(st.builds(Part, st.text(), st.integers(), st.integers(), st.just(0), st.text())))
def test_parts_round_trip(parts: list[Part]) -> None:
    assert load_parts(dump_parts(parts)) == parts


def test_a_name_that_leaves_no_room_for_sidecars_is_told(tmp_path: Path) -> None:
    long = "사" * 80
    assert unmatched(tmp_path, "x" * 239 + ".jpg", f"pets/{long[:79]}.jpg") == {}
    told = unmatched(tmp_path, "x" * 245 + ".jpg", f"{long}.jpg")
    assert told["x" * 245 + ".jpg"] == "its name is 6 bytes too long for sidecars: shorten it"
    assert told[f"{long}.jpg"].startswith("its name is 1 bytes")


def test_a_photos_own_file_about_another_photo_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "cup.coco.json").write_text(coco("dog.jpg"))
    (tmp_path / "cat.boxes.csv").write_text(HEADER + "dog.jpg,1,2,30,40\n")
    why = unmatched(tmp_path, "Cup.jpg", "cat.jpg")
    assert why["cup.coco.json"] == (
        "its rows are about 'dog.jpg': write 'Cup.jpg', the photo beside it"
    )
    assert "write 'cat.jpg'" in why["cat.boxes.csv"]
    assert "name it after one" in unmatched(tmp_path, "dog.jpg")["cup.coco.json"]
    (tmp_path / "CUP.coco.json").write_text(coco("cup.jpg"))  # two spellings, neither the photo's
    assert "name it after one" in unmatched(tmp_path, "Cup.jpg")["CUP.coco.json"]
    (tmp_path / "dog.coco.json").write_text(coco())
    assert "no rows about 'dog.jpg'" in unmatched(tmp_path, "dog.jpg")["dog.coco.json"]
