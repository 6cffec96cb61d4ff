import numpy as np

from nst_pipeline.publish.contact_sheet import contact_sheet, sectioned_sheet
from nst_pipeline.publish.thumbnails import checkerboard

RED = np.full((50, 100, 3), (200, 0, 0), np.uint8)


def share(sheet: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((sheet == color).all(axis=2).sum())


def test_every_image_is_on_the_sheet_at_its_own_size():
    sheet = contact_sheet([(f"red {n}", RED) for n in range(7)], columns=3, cell_px=100)
    assert share(sheet, (200, 0, 0)) == 7 * 50 * 100
    assert sheet.shape[1] < 3 * 130 and sheet.shape[0] > 3 * 120


def test_large_images_are_reduced_to_their_cell():
    sheet = contact_sheet([("big", np.repeat(RED, 8, axis=0))], cell_px=60)
    assert 0 < share(sheet, (200, 0, 0)) <= 60 * 60


def test_stickers_are_shown_on_a_checkerboard():
    sheet = contact_sheet([("", np.zeros((64, 64, 4), np.uint8))], cell_px=64)
    np.testing.assert_array_equal(sheet[12:76, 12:76], checkerboard(64, 64))


def test_labels_are_shortened_to_the_cell():
    bare = contact_sheet([("", RED)], cell_px=100)
    short = contact_sheet([("cat", RED)], cell_px=100)
    long = contact_sheet([("a very long name of a photo, IMG_2041.jpg", RED)], cell_px=100)
    assert bare.shape == short.shape == long.shape
    assert (bare != short).any() and (short != long).any()
    assert (bare[:, :12] == long[:, :12]).all() and (bare[:, -12:] == long[:, -12:]).all()


def test_a_sheet_without_images_is_empty():
    sheet = contact_sheet([], cell_px=80)
    assert sheet.ndim == 3 and len(np.unique(sheet)) == 1


def test_sections_follow_one_another_below_their_headings():
    used = contact_sheet([("cat", RED)])
    sheet = sectioned_sheet({"Used": [("cat", RED)], "Not used: quality below 0.2": []})
    assert share(sheet, (200, 0, 0)) == share(used, (200, 0, 0))
    heading = sheet[: (len(sheet) - len(used)) // 2]
    assert len(np.unique(heading)) > 1
    np.testing.assert_array_equal(sheet[len(heading) :][: len(used), : used.shape[1]], used)
    assert sheet.shape[1] > used.shape[1]  # wide enough for the longer heading
