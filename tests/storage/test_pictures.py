"""Picture files by path: folders, masks, stickers."""

import os

import numpy as np
import pytest

from nst_pipeline.errors import NstError, UnreadableImageError
from nst_pipeline.storage.pictures import (
    check_matte,
    find_counterpart,
    list_pictures,
    read_bytes,
    read_matte,
    read_picture,
    read_sticker,
    read_text,
)
from nst_pipeline.vision.images.png import encode_png

RED = np.full((4, 6, 3), [255, 0, 0], np.uint8)


def test_masks_beside_pictures_are_not_listed(tmp_path):
    for name in ("b.JPG", "a.png", "a.mask.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in list_pictures(tmp_path)] == ["a.png", "b.JPG"]


@pytest.mark.parametrize(
    ("folder", "reason"), [("nowhere", "no such folder"), (".", "has no JPEG")]
)
def test_a_folder_without_pictures_is_refused(tmp_path, folder, reason):
    with pytest.raises(NstError, match=reason):
        list_pictures(tmp_path / folder)


def test_a_mask_named_mask_is_preferred_to_one_with_the_pictures_name(tmp_path):
    (tmp_path / "masks").mkdir()
    picture = tmp_path / "cup [1].jpg"
    for path in (picture, tmp_path / "masks/cup [1].png"):
        path.touch()
    assert find_counterpart(tmp_path / "masks", picture).name == "cup [1].png"
    (tmp_path / "masks/cup [1].mask.png").touch()
    assert find_counterpart(tmp_path / "masks", picture).name == "cup [1].mask.png"


def test_a_picture_is_not_its_own_mask(tmp_path):
    picture = tmp_path / "cup.png"
    picture.touch()
    with pytest.raises(NstError, match=r"no photo named cup\.mask\.png or cup\.png"):
        find_counterpart(tmp_path, picture, kind="photo")


def test_a_picture_is_read_as_rgb_up_to_a_size(tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(encode_png(RED))
    assert np.array_equal(read_picture(path), RED)
    with pytest.raises(UnreadableImageError, match=r"red\.png"):
        read_picture(path, max_megapixels=1e-6)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NstError, match=r"none\.png cannot be read \(No such file"):
        read_picture(tmp_path / "none.png")


def test_a_text_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_bytes(b"\xef\xbb\xbfimage,x")
    assert read_text(path) == "image,x"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(NstError, match="not UTF-8"):
        read_text(path)


def test_a_matte_is_0_to_1_and_of_its_pictures_size(tmp_path):
    path = tmp_path / "cup.mask.png"
    gray = np.zeros((4, 6), np.uint8)
    gray[1:3, 2:4] = 255
    path.write_bytes(encode_png(gray))
    matte = read_matte(path, RED)
    assert matte.dtype == np.float32 and set(np.unique(matte)) == {0, 1}
    check_matte(path, matte)
    with pytest.raises(NstError, match="save the mask at the picture's size"):
        read_matte(path, RED[:2])


@pytest.mark.parametrize(("value", "part"), [(0, "object"), (1, "background")])
def test_a_mask_needs_object_and_background(tmp_path, value, part):
    with pytest.raises(NstError, match=f"shows no {part}"):
        check_matte(tmp_path / "cup.mask.png", np.full((4, 6), value, np.float32))


def test_a_sticker_keeps_its_transparency(tmp_path):
    path = tmp_path / "cup.png"
    alpha = np.zeros((4, 6, 1), np.uint8)
    alpha[1, 1] = 128
    alpha[2, 2] = 255
    path.write_bytes(encode_png(np.dstack([RED, alpha])))
    assert np.array_equal(read_sticker(path)[..., 3:], alpha)


def test_a_stickers_colors_are_its_own_and_not_mixed_with_white(tmp_path):
    path = tmp_path / "glass.png"
    glass = np.full((4, 6, 4), (200, 20, 20, 128), np.uint8)
    path.write_bytes(encode_png(glass))
    assert np.array_equal(read_sticker(path), glass)
    assert np.array_equal(read_picture(path), glass[..., :3])


@pytest.mark.parametrize("hidden", [0, 255])
def test_a_mask_is_black_where_it_is_transparent(tmp_path, hidden):
    path = tmp_path / "cup.mask.png"
    mask = np.full((4, 6, 4), (hidden, hidden, hidden, 0), np.uint8)
    mask[1:3, 2:4] = 255
    mask[0, 0] = (255, 255, 255, 51)
    path.write_bytes(encode_png(mask))
    matte = read_matte(path, RED)
    assert (matte[1:3, 2:4] == 1).all() and matte.sum() == pytest.approx(4.2)


@pytest.mark.parametrize(("alpha", "reason"), [(255, "no transparency"), (0, "everywhere")])
def test_a_sticker_that_cannot_be_pasted_is_refused(tmp_path, alpha, reason):
    path = tmp_path / "cup.png"
    path.write_bytes(encode_png(np.dstack([RED, np.full((4, 6), alpha, np.uint8)])))
    with pytest.raises(NstError, match=reason):
        read_sticker(path)


def test_masks_are_found_in_any_case(tmp_path):
    for name in ("CUP.JPG", "CUP.MASK.PNG", "dog.png", "DOG.Mask.png"):
        (tmp_path / name).touch()
    assert [path.name for path in list_pictures(tmp_path)] == ["CUP.JPG", "dog.png"]
    for picture, mask in (("CUP.JPG", "CUP.MASK.PNG"), ("dog.png", "DOG.Mask.png")):
        assert find_counterpart(tmp_path, tmp_path / picture).name == mask


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "cup.png")
    with pytest.raises(NstError, match="is a pipe or a device: give a file"):
        read_bytes(tmp_path / "cup.png")
