"""Records come back as they were written, and damaged ones are named."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nst_pipeline.errors import DamagedRecordError
from nst_pipeline.storage.records import (
    PROVENANCE,
    DetectionRecord,
    Detections,
    HarmonizedRecord,
    Losses,
    PhotoRecord,
    PlacementRecord,
    Placements,
    StickerRecord,
    Stickers,
    dump_record,
    parse_record,
    sticker_png,
)
from nst_pipeline.vision.images.png import decode_png
from nst_pipeline.vision.shapes import Box, Detection, Placement

sides = st.integers(0, 5000)
boxes = st.builds(Box, st.integers(-5000, 5000), st.integers(-5000, 5000), sides, sides)
masks = st.none() | arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30)))
texts = st.text(st.characters(exclude_categories=["Cs"]))

PHOTO = PhotoRecord(
    path="cat.jpg",
    sidecars="",
    digest="0" * 64,
    width=40,
    height=30,
    megapixels=0.001,
    format="JPEG",
    mode="RGB",
    orientation=1,
)


@given(boxes, texts, masks)
def test_a_detection_survives_a_round_trip(box, label, mask):
    written = dump_record(
        Detections((DetectionRecord.of(Detection(box, label, 0.25, "people", mask)),))
    )
    again = parse_record(Detections, written, "cat.json")[0].detection()
    assert (again.box, again.label, again.score, again.source) == (box, label, 0.25, "people")
    assert (again.mask is None) == (mask is None)
    assert mask is None or np.array_equal(again.mask, mask)


@given(boxes, st.booleans())
def test_a_placement_survives_a_round_trip(box, flip):
    origin = {"object_key": "cat-1", "label": "cat", "photo": "cat.jpg"}
    digests = {"photo_digest": "1", "sticker_digest": "2"}
    record = PlacementRecord(sticker="cat-1.0", box=box, flip=flip, **origin, **digests)
    (again,) = parse_record(Placements, dump_record(Placements((record,))), "scene.json")
    assert again.placement() == Placement("cat-1.0", box, flip)


def test_only_a_placement_that_was_turned_says_why():
    origin = {"object_key": "cat-1", "label": "cat", "photo": "cat.jpg"}
    digests = {"photo_digest": "1", "sticker_digest": "2"}
    plain = PlacementRecord(sticker="cat-1.0", box=Box(0, 0, 9, 9), flip=False, **origin, **digests)
    turned = plain.model_copy(update={"turned": "mirrored: it was lit from the left"})
    written = dump_record(Placements((plain, turned)))
    assert written.count(b"turned") == 1
    assert parse_record(Placements, written, "scene.json")[1] == turned


RESULT = HarmonizedRecord(
    chosen="ring", color_fit={"ring": 0.5}, confidence=1.0, naturalness=0.6, factors={"size": 0.7}
)


def test_a_record_is_json_with_sorted_keys():
    record = RESULT
    assert json.loads(dump_record(record)) == {
        "chosen": "ring",
        "confidence": 1.0,
        "color_fit": {"ring": 0.5},
        "naturalness": 0.6,
        "factors": {"size": 0.7},
    }
    assert dump_record(record).index(b"chosen") < dump_record(record).index(b"confidence")


def test_a_result_in_a_scene_without_a_tone_has_no_such_field():
    record = RESULT
    assert "tone" not in json.loads(dump_record(record))
    toned = record.model_copy(update={"tone": "monochrome"})
    assert parse_record(HarmonizedRecord, dump_record(toned), "barn.json") == toned


def test_a_photo_without_a_copyright_notice_has_no_such_field():
    assert "copyright" not in json.loads(dump_record(PHOTO))
    noted = PHOTO.model_copy(update={"copyright": "Ann"})
    assert parse_record(PhotoRecord, dump_record(noted), "cat.json").copyright == "Ann"


@pytest.mark.parametrize("content", [b"", b"[1, 2", b'{"path": 1}', b"[]", b'"text"', b"\xff"])
def test_a_damaged_record_is_named_with_the_remedy(content):
    with pytest.raises(DamagedRecordError, match=r"cat\.json is damaged .* run `nst run`"):
        parse_record(PhotoRecord, content, "cat.json")


def test_a_record_of_a_later_version_is_refused():
    later = json.dumps({"schema": 2, **json.loads(dump_record(PHOTO))}).encode()
    with pytest.raises(DamagedRecordError, match=r"cat\.json has schema version 2"):
        parse_record(PhotoRecord, later, "cat.json")


def test_a_record_with_a_raised_version_contains_it():
    class Second(HarmonizedRecord):
        schema_version = 2

    record = Second(**RESULT.model_dump())
    assert json.loads(dump_record(record))["schema"] == 2
    assert parse_record(Second, dump_record(record), "scene.json") == record


def test_losses_are_a_plain_list():
    assert json.loads(dump_record(Losses((2.5, 1.0)))) == [2.5, 1.0]


STICKER = StickerRecord(
    sticker="cat-1.0",
    label="cat",
    source="sidecar",
    score=1.0,
    quality=0.5,
    lab=None,
    cut_by=("bottom",),
    box=(0, 0, 30, 20),
    photo="사진 1.jpg",
    photo_digest="1",
    photo_size=(40, 30),
)


def test_a_sticker_carries_its_provenance():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    file = sticker_png(pixels, STICKER)
    assert np.array_equal(decode_png(file), pixels)
    with Image.open(io.BytesIO(file)) as image:
        described = json.loads(image.info[PROVENANCE])
    assert StickerRecord.model_validate(described) == STICKER
    assert "footing" not in described


def test_a_measured_zero_is_not_the_same_as_unknown():
    rider = STICKER.model_copy(update={"footing": 0.0})
    (again,) = parse_record(Stickers, dump_record(Stickers((rider,))), "rider.json")
    assert again.footing == 0.0
