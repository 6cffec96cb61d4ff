"""Which batch a photo belongs to, kept in a file."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from nst_pipeline.storage.batches import assign_batches, load_batches, save_batches

PHOTOS = st.lists(st.text("abc", min_size=1, max_size=3), unique=True)


@given(first=PHOTOS, later=PHOTOS, size=st.integers(1, 4))
def test_photos_keep_their_batches_and_no_batch_has_too_many(first, later, size):
    before = assign_batches({}, first, size)
    now = assign_batches(before, later, size)
    assert set(now) == set(later)
    assert all(now[key] == before[key] for key in set(first) & set(later))
    assert all(count <= size for count in np.bincount([*now.values(), 0])[1:])


def test_batches_are_read_as_they_were_written(tmp_path):
    path = UPath(tmp_path / "batches_scenes.parquet")
    assert load_batches(path) == {}
    save_batches(path, {"barn-4fa81633": 1, "사진-4fa81634": 2})
    assert load_batches(path) == {"barn-4fa81633": 1, "사진-4fa81634": 2}


def test_a_damaged_file_counts_as_missing(tmp_path, caplog):
    path = UPath(tmp_path / "batches_scenes.parquet")
    path.write_bytes(b"no Parquet")
    assert load_batches(path) == {}
    assert "divided into batches anew" in caplog.text
