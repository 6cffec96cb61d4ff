"""The file of the user's decisions."""

import multiprocessing

import pytest
from upath import UPath

from nst_pipeline.storage.review import (
    REVIEW_FILE,
    SIZE_STEP,
    Entry,
    Placed,
    append_entry,
    read_review,
    review_of,
)
from nst_pipeline.vision.shapes import Box

CUP = Placed(sticker="cup.0", x=100, y=200, width=50, height=40)


def decided(kind: str, result: str = "r1", **given) -> Entry:
    return Entry(scene="barn", kind=kind, result=result, placements=(CUP,), **given)


def wishes_after(*kinds: str | Entry):
    entries = [each if isinstance(each, Entry) else decided(each) for each in kinds]
    return review_of(entries).of("barn").wishes


def test_what_is_written_is_read_again(tmp_path):
    root = UPath(tmp_path)
    assert read_review(root).scenes == {}
    append_entry(root, decided("approved"))
    append_entry(root, Entry(scene="barn", kind="note", note="schön"))
    review = read_review(root)
    assert (review.of("barn").decision, review.of("barn").note) == ("approved", "schön")
    assert review.entries[0].placements == (CUP,)
    assert review.problems == {}


def test_undoing_is_a_line_of_its_own_and_brings_back_what_was_decided_before(tmp_path):
    root = UPath(tmp_path)
    first, second = decided("approved"), decided("rejected")
    for each in (first, second, Entry(scene="barn", kind="undo", undoes=second.id)):
        append_entry(root, each)
    review = read_review(root)
    assert review.of("barn").decision == "approved"
    assert review.rejected == set()
    assert [each.id for each in review.entries] == [first.id]
    assert len((tmp_path / REVIEW_FILE).read_text().splitlines()) == 3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_line_that_was_cut_short_costs_only_itself(tmp_path, share):
    root, path = UPath(tmp_path), tmp_path / REVIEW_FILE
    append_entry(root, decided("approved"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: int(share * len(whole))])
    append_entry(root, Entry(scene="field", kind="rejected", result="r2"))
    review = read_review(root)
    assert {key: each.decision for key, each in review.scenes.items()} == {
        "barn": "approved",
        "field": "rejected",
    }
    assert list(review.problems) == [2]


@pytest.mark.parametrize("line", ["{}", "[]", '{"scene": "a", "kind": "maybe"}', "\xff", "null"])
def test_a_line_that_is_no_decision_is_named_and_passed_over(tmp_path, line):
    path = tmp_path / REVIEW_FILE
    path.write_bytes(line.encode("latin-1") + b"\n")
    append_entry(UPath(tmp_path), decided("rejected"))
    review = read_review(UPath(tmp_path))
    assert list(review.problems) == [1]
    assert review.rejected == {"barn"}


def _append_many(folder: str, scene: str) -> None:
    for _ in range(50):
        append_entry(UPath(folder), Entry(scene=scene, kind="note", note="x" * 500))


def test_two_processes_do_not_mix_their_lines(tmp_path):
    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=_append_many, args=(str(tmp_path), each)) for each in "ab"]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    review = read_review(UPath(tmp_path))
    assert (len(review.entries), review.problems) == (100, {})


def test_decisions_in_an_object_store_are_kept_too():
    root = UPath("memory://reviewed")
    append_entry(root, decided("approved"))
    append_entry(root, decided("rejected"))
    assert [each.kind for each in read_review(root).entries] == ["approved", "rejected"]


def test_wishes_add_up():
    wishes = wishes_after("another place", decided("another sticker", "r2"))
    assert wishes.refused_places == (CUP.placement(),)
    assert (wishes.refused_stickers, wishes.kept) == (("cup.0",), ())
    assert wishes_after("another place").kept == ("cup.0",)


def test_approving_the_same_result_takes_a_wish_back_but_a_later_result_keeps_it():
    assert wishes_after("another place", "approved") is None
    assert wishes_after("another place", decided("approved", "r2")).kept == ("cup.0",)


def test_a_size_is_wished_in_steps_about_the_foot():
    larger = wishes_after("larger", "larger").placements(1000, 800)[0].box
    assert larger.width == round(50 * SIZE_STEP**2)
    assert larger.bottom == 240
    assert larger.x + larger.width / 2 == pytest.approx(125, abs=1)
    assert wishes_after("larger", "smaller").placements(1000, 800) == (CUP.placement(),)


def test_an_edge_that_hides_a_cut_goes_on_hiding_it():
    cut = Placed(sticker="car.0", x=-8, y=100, width=100, height=50)
    right = Placed(sticker="car.0", x=208, y=100, width=100, height=50)
    for placed, edge in ((cut, lambda box: box.x == -8), (right, lambda box: box.right == 308)):
        entry = Entry(scene="barn", kind="smaller", result="r", placements=(placed,))
        assert edge(wishes_after(entry).placements(300, 200)[0].box)


def test_no_number_of_steps_makes_a_size_absurd():
    for kind in ("larger", "smaller"):
        box = wishes_after(*[kind] * 60).placements(1000, 800)[0].box
        assert 0.019 < box.height / 800 < 2.01, box
    assert Box(0, 0, 1, 1) != box


def test_the_digest_changes_with_each_wish():
    several = [wishes_after(*["larger"] * number).digest for number in (1, 2, 3)]
    assert len({*several, wishes_after("another place").digest}) == 4
    assert wishes_after("larger").digest == wishes_after("larger").digest
