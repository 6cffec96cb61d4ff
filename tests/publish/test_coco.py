import contextlib
import copy
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from nst_pipeline.publish.coco import CocoDataset, DatasetScene, coco_pieces, join_scenes
from nst_pipeline.publish.coco_file import read_coco
from nst_pipeline.publish.labels import LabeledComposite, SceneObject, label_composite
from nst_pipeline.storage.sidecars.licenses import UNKNOWN, License
from nst_pipeline.vision.shapes import Box

CC0 = License("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/")


def coco_json(dataset: CocoDataset) -> bytes:
    return b"".join(coco_pieces(dataset))


def matte_of(box: Box, width: int = 80, height: int = 60) -> np.ndarray:
    matte = np.zeros((height, width), np.float32)
    matte[box.clipped(width, height).slices] = 1
    return matte


def thing(label: str, box: Box, **more: object) -> SceneObject:
    return SceneObject(label, matte_of(box), box, sticker=f"{label}-1", **more)


def scene(key: str, *objects: SceneObject, license: License = UNKNOWN) -> DatasetScene:
    labels = label_composite(
        LabeledComposite(key, f"../harmonized/{key}.png", 80, 60, f"{key}.jpg", "d1", objects)
    )
    return DatasetScene(
        labels.image,
        labels.annotations,
        chosen="ring",
        color_fit={"ring": 0.4},
        naturalness=0.7,
        license=license,
        object_licenses=(CC0,) * len(labels.annotations),
    )


@pytest.fixture
def loaded(tmp_path: Path) -> COCO:
    crowd = SceneObject(
        "cat", matte_of(Box(5, 40, 30, 15)), Box(5, 40, 30, 15), source="scene", crowd=True
    )
    scenes = [
        scene("a", thing("cat", Box(0, 0, 5, 5)), license=CC0),
        scene("b", thing("cat", Box(10, 20, 30, 25)), thing("사람", Box(60, 40, 40, 40)), crowd),
        scene("empty"),
    ]
    path = tmp_path / "coco.json"
    path.write_bytes(coco_json(join_scenes(scenes, description="demo")))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        return COCO(str(path))


def test_pycocotools_reads_the_file_without_a_warning(loaded: COCO):
    assert [image["key"] for image in loaded.loadImgs(loaded.getImgIds())] == ["a", "b", "empty"]
    assert [c["name"] for c in loaded.loadCats(loaded.getCatIds())] == ["cat", "사람"]
    assert len(loaded.getAnnIds(catIds=loaded.getCatIds(["cat"]), iscrowd=False)) == 2
    assert loaded.dataset["info"]["description"] == "demo"


def test_masks_decode_to_the_same_pixels(loaded: COCO):
    cat = loaded.loadAnns(loaded.getAnnIds(imgIds=[2]))[0]
    np.testing.assert_array_equal(loaded.annToMask(cat), matte_of(Box(10, 20, 30, 25)))
    assert (cat["area"], cat["bbox"], cat["iscrowd"]) == (750, [10, 20, 30, 25], 0)


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_a_perfect_detector_scores_one(loaded: COCO, kind: str):
    """COCO's evaluation of a detector that finds exactly what is labeled."""
    found = [
        {name: each[name] for name in ("image_id", "category_id", "bbox")}
        | {"segmentation": each["rle"], "score": 1.0}
        for each in copy.deepcopy(loaded.dataset["annotations"])
        if not each["iscrowd"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(loaded, loaded.loadRes(found), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == 1


def test_images_and_objects_name_their_licenses(loaded: COCO):
    licenses = {each["id"]: each for each in loaded.dataset["licenses"]}
    assert [licenses[image["license"]]["name"] for image in loaded.dataset["images"]] == [
        "CC0-1.0",
        "unknown",
        "unknown",
    ]
    objects = {each["object_license"] for each in loaded.dataset["annotations"]}
    assert [licenses[number]["url"] for number in objects] == [CC0.url]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_file_reads_back_as_the_same_dataset(count: int):
    objects = [thing('"images":[', Box(1, 2, 3, 4))] * 2
    scenes = [scene("a"), scene("b", *objects), scene("c", *objects, license=CC0)][:count]
    dataset = join_scenes(scenes, description="demo")
    read = read_coco(lambda: io.StringIO(coco_json(dataset).decode()))
    assert list(read.entries()) == list(dataset.entries())
    assert (read.info, read.licenses, read.categories) == (
        dataset.info,
        dataset.licenses,
        dataset.categories,
    )
    assert coco_json(read) == coco_json(dataset)


def test_a_file_that_was_cut_off_is_an_error():
    content = coco_json(join_scenes([scene("a", thing("cat", Box(1, 2, 3, 4)))])).decode()
    with pytest.raises(ValueError, match="ends in the middle"):
        list(read_coco(lambda: io.StringIO(content[:-9])).entries())
    with pytest.raises(ValueError, match="no field categories"):
        read_coco(lambda: io.StringIO(content[:200]))


def test_pieces_are_compact_json_together():
    content = coco_json(join_scenes([scene("a"), scene("b", thing("사람", Box(1, 2, 3, 4)))]))
    whole = json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":"))
    assert content.decode() == whole


def test_ids_come_first_and_coco_tools_find_plain_lists():
    document = json.loads(coco_json(join_scenes([scene("a", thing("cat", Box(1, 2, 3, 4)))])))
    assert list(document) == ["info", "licenses", "images", "categories", "annotations"]
    assert list(document["images"][0])[:2] == ["id", "copyright"]
    assert list(document["annotations"][0])[:3] == ["id", "image_id", "category_id"]
    assert "label" not in document["annotations"][0]
