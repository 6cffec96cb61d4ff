"""Write the files in exports/ by the annotation tools' own code: one tool per call and environment.

    python -m venv /tmp/tool && /tmp/tool/bin/pip install labelme==6.3.1
    /tmp/tool/bin/python tests/storage/annotation_files/write_exports.py labelme

Tools and versions: labelme 6.3.1; label_studio (label-studio-sdk 2.1.2); cvat (datumaro 1.13.12);
fiftyone 1.22.1. Each describes the same three objects on a picture of 60 x 40 pixels.
"""

# ruff: noqa: T201
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

EXPORTS = Path(__file__).with_name("exports")
WIDTH, HEIGHT = 60, 40
BOX = (5, 6, 20, 26)
"""A cup: left, top, right, bottom."""
POLYGON = [(30, 5), (50, 5), (50, 20), (40, 15), (30, 20)]
"""A kite."""


def mask() -> np.ndarray:
    """A ring: a mask with a hole, which no single polygon describes."""
    rows, columns = np.indices((HEIGHT, WIDTH))
    distance = np.hypot(rows - 29, columns - 44)
    return (distance < 10) & (distance > 4)


def picture() -> np.ndarray:
    """The picture, in which the objects are colored."""
    made = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    made[BOX[1] : BOX[3], BOX[0] : BOX[2]] = (200, 60, 60)
    made[mask()] = (60, 60, 200)
    return made


def write_labelme() -> None:
    """Save as LabelMe's window does."""
    from labelme import utils
    from labelme._label_file import write_label_file

    ring = mask()
    rows, columns = np.where(ring)
    top, left, bottom, right = rows.min(), columns.min(), rows.max(), columns.max()
    part = ring[top : bottom + 1, left : right + 1]

    def shape(label: str, kind: str, points: list, mask: str | None = None) -> dict:
        return {
            "label": label,
            "points": [[float(x), float(y)] for x, y in points],
            "group_id": None,
            "description": "",
            "shape_type": kind,
            "flags": {},
            "mask": mask,
        }

    encoded = utils.img_arr_to_b64(part.astype(np.uint8))
    write_label_file(
        str(EXPORTS / "labelme.json"),
        shapes=[
            shape("cup", "rectangle", [BOX[2:], BOX[:2]]),
            shape("kite", "polygon", POLYGON),
            shape("ring", "mask", [(left, top), (right, bottom)], encoded),
            shape("spot", "point", [(3, 3)]),
        ],
        image_path="photos/cup.png",
        image_height=HEIGHT,
        image_width=WIDTH,
    )


def write_label_studio() -> None:
    """Encode the brush as Label Studio does, and convert the task to its formats."""
    from label_studio_sdk.converter import Converter
    from label_studio_sdk.converter.brush import mask2rle

    config = """<View><Image name="image" value="$image"/>
    <RectangleLabels name="box" toName="image"><Label value="cup"/></RectangleLabels>
    <PolygonLabels name="line" toName="image"><Label value="kite"/></PolygonLabels>
    <BrushLabels name="brush" toName="image"><Label value="ring"/></BrushLabels></View>"""

    def region(number: int, name: str, kind: str, value: dict) -> dict:
        size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
        return {
            **size,
            "id": f"region{number}",
            "from_name": name,
            "to_name": "image",
            "type": kind,
            "origin": "manual",
            "value": value,
        }

    across, down = 100 / WIDTH, 100 / HEIGHT
    box = {
        "x": BOX[0] * across,
        "y": BOX[1] * down,
        "width": (BOX[2] - BOX[0]) * across,
        "height": (BOX[3] - BOX[1]) * down,
        "rotation": 0,
        "rectanglelabels": ["cup"],
    }
    line = {
        "points": [[x * across, y * down] for x, y in POLYGON],
        "closed": True,
        "polygonlabels": ["kite"],
    }
    levels = mask().astype(np.uint8) * 255
    brush = {"format": "rle", "rle": mask2rle(levels), "brushlabels": ["ring"]}
    regions = [
        region(1, "box", "rectanglelabels", box),
        region(2, "line", "polygonlabels", line),
        region(3, "brush", "brushlabels", brush),
    ]
    task = {
        "id": 7,
        "data": {"image": "/data/upload/1/1a2b3c4d-cup.png"},
        "annotations": [{"id": 9, "result": regions, "was_cancelled": False, "completed_by": 1}],
        "file_upload": "1a2b3c4d-cup.png",
    }
    with tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder) / "tasks.json"
        tasks.write_text(json.dumps([task]))
        converter = Converter(config, project_dir=None, download_resources=False)
        converter.convert_to_json(str(tasks), f"{folder}/json", is_dir=False)
        (result,) = (Path(folder) / "json").glob("*.json")
        shutil.copy(result, EXPORTS / "label_studio.json")
        print([each.name for each in (Path(folder) / "json").iterdir()])


def write_cvat() -> None:
    """Export by Datumaro, which writes CVAT's own format, and COCO."""
    from datumaro.components.annotation import Bbox, Mask, Polygon
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    flat = [float(value) for point in POLYGON for value in point]
    left, top, right, bottom = BOX
    item = DatasetItem(
        id="photos/cup",
        subset="default",
        media=Image.from_numpy(data=picture()[..., ::-1], ext=".png"),
        annotations=[
            Bbox(left, top, right - left, bottom - top, label=0),
            Polygon(flat, label=1),
            Mask(mask().astype(np.uint8), label=2),
        ],
    )
    dataset = Dataset.from_iterable([item], categories=["cup", "kite", "ring"])
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("cvat", "coco_instances"):
            dataset.export(f"{folder}/{kind}", kind, save_media=False)
            for each in Path(folder, kind).rglob("*"):
                print(each)
        (xml,) = Path(folder, "cvat").rglob("*.xml")
        shutil.copy(xml, EXPORTS / "cvat.xml")
        (coco,) = Path(folder, "coco_instances").rglob("*.json")
        shutil.copy(coco, EXPORTS / "datumaro_coco.json")


def write_fiftyone() -> None:
    """Export as COCO by FiftyOne."""
    import fiftyone as fo
    from fiftyone.utils.coco import COCODetectionDatasetExporter
    from PIL import Image

    ring, (left, top, right, bottom) = mask(), BOX
    rows, columns = np.where(ring)
    y, x, foot, end = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/cup.png"
        Image.fromarray(picture()).save(path)
        detections = [
            fo.Detection(
                label="cup",
                bounding_box=[
                    left / WIDTH,
                    top / HEIGHT,
                    (right - left) / WIDTH,
                    (bottom - top) / HEIGHT,
                ],
            ),
            fo.Detection(
                label="ring",
                bounding_box=[x / WIDTH, y / HEIGHT, (end - x) / WIDTH, (foot - y) / HEIGHT],
                mask=ring[y:foot, x:end],
            ),
        ]
        # The exporter itself, since a dataset needs a MongoDB server.
        exporter = COCODetectionDatasetExporter(f"{folder}/coco", classes=["cup", "ring"])
        with exporter:
            metadata = fo.ImageMetadata(width=WIDTH, height=HEIGHT)
            exporter.export_sample(path, fo.Detections(detections=detections), metadata)
        shutil.copy(f"{folder}/coco/labels.json", EXPORTS / "fiftyone_coco.json")


if __name__ == "__main__":
    {
        "labelme": write_labelme,
        "label_studio": write_label_studio,
        "cvat": write_cvat,
        "fiftyone": write_fiftyone,
    }[sys.argv[1]]()
