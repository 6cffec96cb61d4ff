import pytest

from nst_pipeline.publish.splits import SIDES, side_of, split_of


def test_eight_of_ten_photos_are_for_training():
    sides = [side_of(f"photo {number}") for number in range(4000)]
    shares = {side: sides.count(side) / len(sides) for side in SIDES}
    assert shares == pytest.approx({"train": 0.8, "val": 0.1, "test": 0.1}, abs=0.02)


def test_a_composite_is_on_the_common_side_of_its_photos():
    by_side = {side_of(name): name for name in map(str, range(100))}
    assert split_of([by_side["val"], by_side["val"]]) == "val"
    assert split_of([by_side["train"]]) == "train"
    assert split_of([by_side["train"], by_side["val"]]) == "mixed"
