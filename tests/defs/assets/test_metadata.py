"""What the UI shows of artifacts and of batches."""

import base64

import cv2
import dagster as dg
import numpy as np
import pytest
from skimage import data

from nst_pipeline.defs.assets.metadata import (
    quarantine_metadata,
    row_metadata,
    table_metadata,
    without_result,
)
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.publish.thumbnails import INLINE_BYTES
from nst_pipeline.vision.images.codecs import encode_jpeg


def picture_in(markdown: dg.MarkdownMetadataValue) -> np.ndarray:
    """The picture as a browser would show it."""
    encoded = markdown.value.split("base64,")[1].removesuffix(")")
    return cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)


def shown(collection, asset: str, *, rich: bool = True) -> dict:
    row = next(row for row in collection.rows(asset).values() if row.status == "ok")
    return row_metadata(collection.open(), BY_NAME[asset], row, rich=rich)


@pytest.mark.parametrize(
    ("asset", "labels"),
    [
        ("object_photos", {"photo"}),
        ("detections", {"boxes"}),
        ("placements", {"boxes"}),
        ("stickers", {"sticker 0"}),
        ("sticker_library", {"contact sheet"}),
        ("composites", {"scene and composite", "mask"}),
        ("model_inputs", {"left: content and style", "right: content and style"}),
        ("stylized_magenta", {"left: before and after", "right: before and after"}),
        ("harmonized", {"before and after"}),
    ],
)
def test_each_asset_shows_its_pictures_tables_and_figures(made, asset, labels):
    metadata = shown(made, asset)
    pictures = {k: v for k, v in metadata.items() if isinstance(v, dg.MarkdownMetadataValue)}
    assert set(pictures) == labels
    assert list(metadata)[: len(labels)] == list(pictures), "pictures stand first"
    for markdown in pictures.values():
        assert len(markdown.value) < INLINE_BYTES + 200
        assert picture_in(markdown).std() > 1


def test_before_is_left_of_after(made):
    row = next(row for row in made.rows("composites").values() if row.status == "ok")
    workspace = made.open()
    pair = picture_in(
        row_metadata(workspace, BY_NAME["composites"], row, rich=True)["scene and composite"]
    )
    half = pair.shape[1] // 2 - 8
    scene = workspace.photo("scenes", row.key)[..., ::-1]
    small = cv2.resize(scene, (half, pair.shape[0]), interpolation=cv2.INTER_AREA)
    left, right = pair[:, :half], pair[:, -half:]
    assert np.abs(left.astype(int) - small).mean() < np.abs(right.astype(int) - small).mean()


def test_figures_are_numbers_that_plot(made):
    metadata = shown(made, "harmonized")
    assert metadata["naturalness"] == float(f"{metadata['naturalness']:.4g}")
    assert metadata["seconds"].value == round(metadata["seconds"].value, 3)
    assert metadata["path"].value.endswith(".png")


@pytest.mark.parametrize("asset", ["detections", "placements"])
def test_objects_are_listed_with_their_boxes(made, asset):
    for record in shown(made, asset)["objects shown"].records:
        assert record.data["label"]
        assert record.data["width"] > 0


def test_inputs_are_named_with_short_digests(made):
    records = shown(made, "harmonized")["inputs"].records
    assert {record.data["asset"] for record in records} == {
        each.name for each in BY_NAME["harmonized"].upstream if each.name != "stylized_vgg19"
    }
    assert {len(record.data["digest"]) for record in records} == {12}


def test_stickers_that_were_only_considered_are_listed_apart(made):
    rows = made.rows("placements")
    for key, composite in made.rows("composites").items():
        metadata = row_metadata(made.open(), BY_NAME["placements"], rows[key], rich=True)
        listed = {
            title: {r.data["key"] for r in metadata[title].records if r.data["asset"] == "stickers"}
            for title in ("inputs", "considered, but not used")
        }
        pasted = {each.key for each in composite.inputs if each.asset == "stickers"}
        assert listed["inputs"] == pasted
        assert listed["considered, but not used"]
        assert not listed["considered, but not used"] & pasted


def test_a_result_links_to_its_page_in_the_gallery(made, monkeypatch):
    key = next(iter(made.rows("harmonized")))
    page = shown(made, "harmonized")["gallery"]
    assert page == dg.MetadataValue.path(str(made.root / f"artifacts/gallery/scenes/{key}.html"))
    monkeypatch.setenv("NST_RUN__GALLERY_URL", "http://localhost:3001/gallery/")
    page = shown(made, "harmonized")["gallery"]
    assert page == dg.MetadataValue.url(f"http://localhost:3001/gallery/scenes/{key}.html")
    assert shown(made, "gallery")["gallery"].url == "http://localhost:3001/gallery/index.html"
    assert "gallery" not in shown(made, "stickers")


def test_a_large_batch_carries_figures_only(made):
    metadata = shown(made, "harmonized", rich=False)
    assert "naturalness" in metadata
    assert not {"inputs", "before and after"} & set(metadata)


def test_an_empty_result_says_why_and_shows_no_picture(made):
    row = next(iter(made.rows("stylized_vgg19").values()))
    metadata = row_metadata(made.open(), BY_NAME["stylized_vgg19"], row, rich=True)
    assert metadata["status"] == "empty"
    assert "weights" in metadata["empty because"]
    assert not [v for v in metadata.values() if isinstance(v, dg.MarkdownMetadataValue)]


def test_a_batch_shows_its_weakest_images_first(made):
    rows = made.rows("harmonized")
    metadata = quarantine_metadata(
        Snapshot(made.open()), BY_NAME["harmonized"], Outcome(made=rows), {}
    )
    listed = [record.data["naturalness"] for record in metadata["look at first"].records]
    assert listed == sorted(listed)
    assert len(listed) == len(rows)
    assert picture_in(metadata["look at first: pictures"]).shape[1] > 600
    assert metadata["this run"] == f"{len(rows)} made, 0 up to date, 0 passed over"
    assert metadata["lowest naturalness"] == listed[0] <= metadata["median naturalness"]


def test_a_row_of_a_table_may_lack_what_others_have():
    table = table_metadata([{"key": "a", "score": 0.5}, {"key": "b", "notes": "clipped"}])
    assert [record.data for record in table.records] == [
        {"key": "a", "score": 0.5, "notes": ""},
        {"key": "b", "score": "", "notes": "clipped"},
    ]


def test_a_single_image_needs_no_sheet(made):
    key, row = next(iter(made.rows("harmonized").items()))
    metadata = quarantine_metadata(
        Snapshot(made.open()), BY_NAME["harmonized"], Outcome(made={key: row}), {}
    )
    assert "look at first: pictures" not in metadata


def test_an_image_is_quarantined_until_it_is_made_or_deleted(collection):
    broken = collection.root / "objects/broken.jpg"
    whole = encode_jpeg(data.chelsea())  # Without checksums, only decoding tells.
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + bytes(400) + whole[middle + 400 :])
    collection.update()
    node, nothing_new = BY_NAME["object_photos"], Outcome()
    view = Snapshot(collection.open())
    ((key, row),) = without_result(view, node, nothing_new)["failed"].items()
    assert key.startswith("broken")
    (record,) = quarantine_metadata(view, node, nothing_new, {key: row})["images"].records
    assert "broken.jpg" in record.data["reason"]
    broken.unlink()
    collection.update()
    assert without_result(Snapshot(collection.open()), node, nothing_new)["failed"] == {}


def test_the_table_of_candidates_says_why_one_was_chosen(made):
    metadata = shown(made, "harmonized")
    first, *others = [record.data for record in metadata["candidates"].records]
    assert first["candidate"] == metadata["chosen"]
    assert "untouched" in {first["candidate"], *(each["candidate"] for each in others)}
    assert -0.2 <= metadata["gain"] <= metadata["naturalness"]
