import io
import itertools
import re
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco_mask

from nst_pipeline.publish.coco import CocoDataset, DatasetScene, coco_pieces, join_scenes
from nst_pipeline.publish.dataset import COLUMNS, SCHEMA, write_dataset
from nst_pipeline.publish.labels import LabeledComposite, SceneObject, label_composite
from nst_pipeline.storage.sidecars.licenses import UNKNOWN, License
from nst_pipeline.storage.spool import Spool
from nst_pipeline.vision.shapes import Box


@pytest.fixture
def dataset() -> CocoDataset:
    matte = np.zeros((6, 8), np.float32)
    matte[1:4, 2:7] = 0.9
    cat = SceneObject(
        "cat", matte, Box(2, 1, 9, 3), "cat-1", "고양이.jpg", "digest of the cat", score=0.7
    )
    scene = LabeledComposite("s", "s.png", 8, 6, "s.jpg", "digest", (cat, cat))
    bare = LabeledComposite("t", "t.png", 8, 6, "t.jpg", "digest", ())
    return join_scenes([licensed(scene), licensed(bare)])


def parquet(dataset: CocoDataset) -> bytes:
    file = io.BytesIO()
    write_dataset(dataset, file)
    return file.getvalue()


def table_of(dataset: CocoDataset) -> pa.Table:
    return pq.read_table(io.BytesIO(parquet(dataset)))


def licensed(composite: LabeledComposite) -> DatasetScene:
    labels = label_composite(composite)
    return DatasetScene(
        labels.image,
        labels.annotations,
        chosen="ring",
        color_fit={"ring": 0.3},
        naturalness=0.7,
        license=License("CC0"),
        object_licenses=(UNKNOWN,) * len(labels.annotations),
    )


def test_pandas_reads_the_annotations_of_the_coco_file(dataset: CocoDataset):
    frame = table_of(dataset).to_pandas()
    assert list(frame.columns) == SCHEMA.names
    assert list(frame.annotation_id) == [
        each.id for _, labeled in dataset.entries() for each in labeled
    ]
    row = frame.iloc[0]
    assert (row.scene, row.label, row.object_photo) == ("s", "cat", "고양이.jpg")
    assert (row.license, row.object_license) == ("CC0", "unknown")
    assert list(row.bbox) == [2, 1, 5, 3] and list(row.full_bbox) == [2, 1, 9, 3]
    assert row.split == next(dataset.entries()).image.split
    assert not frame.isna().any(axis=None)


def test_masks_decode_from_the_table_alone(dataset: CocoDataset):
    row = table_of(dataset).to_pylist()[0]
    mask = coco_mask.decode({"size": [row["height"], row["width"]], "counts": row["rle_counts"]})
    assert mask.sum() == row["area"] == 15


def test_a_dataset_without_annotations_is_a_table_without_rows():
    table = table_of(join_scenes([]))
    assert (table.num_rows, table.schema.names) == (0, SCHEMA.names)


def test_equal_datasets_give_equal_bytes(dataset: CocoDataset):
    assert parquet(dataset) == parquet(dataset)


def peak_bytes(scene: DatasetScene, count: int) -> int:
    """Peak memory of writing both files of a dataset with as many scenes."""
    tracemalloc.start()
    joined = join_scenes(Spool(itertools.repeat(scene, count)))
    with tempfile.TemporaryFile() as coco, tempfile.TemporaryFile() as table:
        coco.writelines(coco_pieces(joined))
        write_dataset(joined, table)
        assert pq.ParquetFile(table).num_row_groups == count / 100
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_number_of_scenes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nst_pipeline.publish.dataset._TABLE_ROWS", 50)
    monkeypatch.setattr("nst_pipeline.publish.dataset._GROUP_TABLES", 4)
    matte = np.zeros((60, 80), np.float32)
    matte[10:40, 20:70] = 1
    cat = SceneObject("cat", matte, Box(20, 10, 50, 30), "cat-1", "cat.jpg", "digest")
    scene = licensed(LabeledComposite("s", "s.png", 80, 60, "s.jpg", "digest", (cat, cat)))
    few, many = (peak_bytes(scene, count) for count in (200, 1600))
    assert many < 1.1 * few


def test_a_crowd_has_no_polygons(dataset: CocoDataset):
    matte = np.ones((6, 8), np.float32)
    crowd = SceneObject("cat", matte, Box(0, 0, 8, 6), source="scene", crowd=True)
    scene = LabeledComposite("s", "s.png", 8, 6, "s.jpg", "digest", (crowd,))
    (row,) = table_of(join_scenes([licensed(scene)])).to_pylist()
    assert (row["iscrowd"], row["polygons"]) == (1, [])


def test_every_column_has_a_meaning():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert all(column.meaning.endswith(".") for column in COLUMNS)


def test_the_reference_page_names_every_column():
    page = Path(__file__).parents[2] / "docs/reference/dataset.md"
    named = set(re.findall(r"`(\w+)`", page.read_text("utf-8")))
    assert [name for name in SCHEMA.names if name not in named] == []
