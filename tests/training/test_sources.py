"""Training folders made of a few photos in each of the layouts that public sources have."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from skimage import data

from nst_pipeline.errors import NstError
from training.cutout_network.samples import list_photos
from training.cutout_network.sources import (
    is_photographed,
    list_coco,
    list_pairs,
    list_polygons,
    prepare_photos,
    prepare_stickers,
    read_label_map,
    read_mask,
    read_polygons,
)

CAT = data.chelsea()
SCRIPT = Path(__file__).parents[2] / "training/cutout_network/sources.py"


def save(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {2: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    code = channels[picture.shape[2] if picture.ndim == 3 else 2]
    cv2.imwrite(str(path), picture if code is None else cv2.cvtColor(picture, code))
    return path


def ellipse(height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    return cv2.ellipse(
        mask, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, -1
    )


def around(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle as an outline of eight points, as a line of YOLO's labels."""
    x, y = (left + right) / 2, (top + bottom) / 2
    corners = [
        left,
        top,
        x,
        top,
        right,
        top,
        right,
        y,
        right,
        bottom,
        x,
        bottom,
        left,
        bottom,
        left,
        y,
    ]
    return " ".join(["0", *map(str, corners)])


def test_an_outline_covers_the_pixels_that_it_encloses(tmp_path):
    labels = tmp_path / "cat.txt"
    labels.write_text(around(0.25, 0.5, 0.75, 1.0) + "\n")
    [mask] = read_polygons(labels, np.zeros((100, 200, 3), np.uint8))
    truth = np.zeros((100, 200), bool)
    truth[50:, 50:150] = True
    assert np.mean((mask > 127) != truth) < 0.01
    assert mask[truth].mean() > 250 and mask[~truth].mean() < 3


def test_boxes_among_the_outlines_are_left_out(tmp_path):
    labels = tmp_path / "cat.txt"
    labels.write_text(
        f"0 0.5 0.5 0.2 0.2\n{around(0.1, 0.1, 0.4, 0.4)}\n{around(0.5, 0.5, 1, 1)}\n"
    )
    assert len(read_polygons(labels, CAT)) == 2


def test_a_line_that_is_no_outline_is_named(tmp_path):
    labels = tmp_path / "cat.txt"
    labels.write_text(f"{around(0, 0, 1, 1)}\n0 0.5 half\n")
    with pytest.raises(NstError, match=r"cat\.txt, line 2"):
        read_polygons(labels, CAT)


def test_labels_belong_to_the_images_beside_them(tmp_path):
    photo = save(tmp_path / "set/train/images_1st/a.jpg", CAT)
    (tmp_path / "set/train/labels_1st").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"set/train/labels_1st/{name}.txt").write_text(around(0, 0, 1, 1))
    (tmp_path / "set/README.txt").write_text("not labels")
    [entry] = list_polygons(tmp_path / "set")
    assert entry.photo == photo and entry.name == "train_labels_1st_a"


def test_all_that_has_a_label_is_the_object(tmp_path):
    labels = np.zeros(CAT.shape[:2], np.uint8)
    labels[10:50, 20:60], labels[50:90, 20:60] = 7, 41
    savemat(tmp_path / "person.mat", {"groundtruth": labels})
    [mask] = read_label_map(tmp_path / "person.mat", CAT)
    assert np.array_equal(mask, np.where(labels > 0, 255, 0))


def test_a_label_map_of_another_photo_is_refused(tmp_path):
    savemat(tmp_path / "person.mat", {"groundtruth": np.ones((5, 5))})
    with pytest.raises(NstError, match=r"person\.mat has the shape \(5, 5\)"):
        read_label_map(tmp_path / "person.mat", CAT)
    (tmp_path / "text.mat").write_text("no matrix")
    with pytest.raises(NstError, match=r"text\.mat is no MATLAB file"):
        read_label_map(tmp_path / "text.mat", CAT)


def test_masks_are_found_by_every_name_that_the_pipeline_uses(tmp_path):
    for name in ("a", "b", "c", "2024.05"):
        save(tmp_path / f"photos/{name}.jpg", CAT)
    for name in ("a", "b.mask", "c.0", "c.1", "2024.05", "unknown"):
        save(tmp_path / f"masks/{name}.png", ellipse(*CAT.shape[:2]))
    entries = list_pairs(tmp_path / "photos", tmp_path / "masks", ".png")
    assert {entry.name: len(entry.masks) for entry in entries} == {
        "a": 1,
        "b": 1,
        "c": 2,
        "2024.05": 1,
    }


def test_photos_shrink_with_their_masks_and_small_objects_go(tmp_path):
    photo = cv2.resize(CAT, (1200, 800))
    save(tmp_path / "photos/cat.png", photo)
    save(tmp_path / "masks/cat.0.png", ellipse(800, 1200))
    speck = np.zeros((800, 1200), np.uint8)
    speck[:40, :40] = 255
    save(tmp_path / "masks/cat.1.png", speck)
    entries = list_pairs(tmp_path / "photos", tmp_path / "masks", ".png")
    assert prepare_photos(entries, read_mask, tmp_path / "out") == 1
    [example] = list_photos(tmp_path / "out")
    picture, [mask] = example.read()
    assert picture.shape == (384, 576, 3) and mask.shape == (384, 576)
    assert abs(mask.mean() - (ellipse(800, 1200) > 0).mean()) < 0.01
    assert np.abs(picture.astype(int) - cv2.resize(photo, (576, 384))).mean() < 6


def test_a_damaged_photo_is_left_out_and_named(tmp_path, capsys):
    for name in ("bad", "good"):
        save(tmp_path / f"photos/{name}.jpg", CAT)
        save(tmp_path / f"masks/{name}.png", ellipse(*CAT.shape[:2]))
    (tmp_path / "photos/bad.jpg").write_bytes(b"not a photo")
    entries = list_pairs(tmp_path / "photos", tmp_path / "masks", ".png")
    assert prepare_photos(entries, read_mask, tmp_path / "out") == 1
    assert "bad.jpg" in capsys.readouterr().err


def sticker(picture: np.ndarray) -> np.ndarray:
    return np.dstack([picture, ellipse(*picture.shape[:2])])


def test_photographed_things_are_stickers_and_drawings_are_not():
    drawing = np.full_like(CAT, (200, 60, 30))
    drawing[100:] = (10, 90, 200)
    assert is_photographed(sticker(CAT))
    assert not is_photographed(sticker(drawing))
    assert not is_photographed(sticker(CAT)[:80])
    assert not is_photographed(np.dstack([CAT, np.full(CAT.shape[:2], 255, np.uint8)]))


def test_stickers_keep_their_colors_and_transparency(tmp_path, capsys):
    save(tmp_path / "stamps/animals/cat.png", sticker(CAT))
    save(tmp_path / "stamps/plain.png", CAT)
    assert prepare_stickers(tmp_path / "stamps", tmp_path / "out") == 1
    written = cv2.imread(str(tmp_path / "out/animals_cat.png"), cv2.IMREAD_UNCHANGED)
    visible = written[..., 3] > 0
    assert np.array_equal(written[..., 3], ellipse(*CAT.shape[:2]))
    assert np.array_equal(written[visible][:, 2::-1], CAT[visible])
    row = written[150]
    first = np.flatnonzero(row[:, 3])[0]
    assert np.array_equal(row[first - 1, :3], row[first, :3]), "invisible pixels continue the cat"
    assert "plain.png" in capsys.readouterr().err


def test_the_command_line_prepares_a_new_folder_only(tmp_path):
    save(tmp_path / "photos/cat.jpg", CAT)
    save(tmp_path / "masks/cat.png", ellipse(*CAT.shape[:2]))
    command = [sys.executable, SCRIPT, "masks", *(tmp_path / n for n in ("photos", "masks", "out"))]
    first, again = (subprocess.run(command, capture_output=True, text=True) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, f"{tmp_path / 'out'}: 1 photos\n")
    assert again.returncode == 1
    assert again.stderr == f"{tmp_path / 'out'} exists: name a new folder\n"


def save_coco(path: Path, **image: object) -> Path:
    """A cat, a crowd, a table, and a box without an outline, on one photo."""
    box = {"image_id": 7, "bbox": [0, 0, 100, 100], "area": 10000}
    outline = {"segmentation": [[100, 50, 300, 50, 300, 250, 100, 250]]}
    annotations = [
        {"id": 1, "category_id": 1, "iscrowd": 0, **box, **outline},
        {"id": 2, "category_id": 1, "iscrowd": 1, **box, **outline},
        {"id": 3, "category_id": 2, "iscrowd": 0, **box, **outline},
        {"id": 4, "category_id": 1, "iscrowd": 0, "segmentation": [], **box},
    ]
    size = {"width": CAT.shape[1], "height": CAT.shape[0]}
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 7, "file_name": "train2017/cat.jpg", **size, **image}],
                "annotations": annotations,
                "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dining table"}],
            }
        )
    )
    return path


def test_objects_of_a_coco_file_have_a_mask_each(tmp_path):
    save(tmp_path / "photos" / "cat.jpg", CAT)
    save(tmp_path / "photos" / "other.jpg", CAT)
    annotations = save_coco(tmp_path / "instances.json")
    entries, read = list_coco(tmp_path / "photos", annotations, ["dining table"])
    assert prepare_photos(entries, read, tmp_path / "set") == 1
    [photo] = list_photos(tmp_path / "set")
    _, [mask] = photo.read()
    assert mask[150, 200] == 1 and mask[20, 20] == 0
    assert mask.mean() == pytest.approx(200 * 200 / mask.size, abs=0.01)


def test_a_coco_file_for_photos_of_another_size_is_left_out(tmp_path, capsys):
    save(tmp_path / "photos" / "cat.jpg", CAT)
    annotations = save_coco(tmp_path / "instances.json", width=900)
    entries, read = list_coco(tmp_path / "photos", annotations)
    assert prepare_photos(entries, read, tmp_path / "set") == 0
    assert "another size" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"images": [{"id": 1}], "annotations": []}'])
def test_a_file_that_is_not_coco_is_named(tmp_path, text):
    (tmp_path / "photos").mkdir()
    (tmp_path / "instances.json").write_text(text)
    with pytest.raises(NstError, match=r"instances\.json is no COCO file"):
        list_coco(tmp_path / "photos", tmp_path / "instances.json")
