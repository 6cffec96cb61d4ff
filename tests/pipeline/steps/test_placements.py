"""Which stickers a scene is offered."""

import pytest

from nst_pipeline.pipeline.steps.sticker_library import Library, ObjectPhoto
from nst_pipeline.publish.splits import side_of
from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker


def library(count: int) -> Library:
    keys = [f"photo-{number}" for number in range(count)]
    stickers = [LibrarySticker(f"{key}.0", key, 300, 200, quality=0.9) for key in keys]
    return Library(stickers, {key: ObjectPhoto(f"{key}.jpg", key, "") for key in keys})


def sides(scene_digest: str, stickers: Library, settings: PlacementSettings) -> set[str]:
    considered = stickers.offer(settings)("scene", scene_digest, ()).stickers
    return {side_of(stickers.photos[each.object_key].digest) for each in considered}


@pytest.mark.parametrize("side", ["train", "val", "test"])
def test_scenes_are_offered_stickers_of_their_own_side(side):
    scene = next(name for name in map(str, range(99)) if side_of(name) == side)
    assert sides(scene, library(200), PlacementSettings()) == {side}


def test_a_scene_without_stickers_of_its_own_side_is_offered_the_others():
    few = library(2)
    assert {side_of(key) for key in few.photos} == {"train"}
    scene = next(name for name in map(str, range(99)) if side_of(name) == "val")
    assert sides(scene, few, PlacementSettings()) == {"train"}


def test_without_same_split_every_scene_is_offered_all_stickers():
    settings = PlacementSettings(same_split=False, stickers_per_scene=10)
    scene = next(name for name in map(str, range(99)) if side_of(name) == "val")
    assert len(sides(scene, library(200), settings)) > 1


@pytest.mark.parametrize("count", [2, 200])
@pytest.mark.parametrize("same_split", [True, False])
def test_many_scenes_at_once_are_offered_what_each_is_offered(count, same_split):
    offer = library(count).offer(PlacementSettings(same_split=same_split))
    scenes = [
        (f"scene-{n}{'~2' if n % 3 else ''}", str(n) if n % 9 else f"photo-{n}") for n in range(40)
    ]
    for scene, photos in zip(scenes, offer.photos(scenes), strict=True):
        assert photos == sorted({each.object_key for each in offer(*scene, ()).stickers})


def test_a_scene_is_not_offered_the_objects_of_its_own_photo():
    settings = PlacementSettings(same_split=False)
    offered = library(3).offer(settings)("scene", "photo-1", ()).stickers
    assert {each.object_key for each in offered} == {"photo-0", "photo-2"}
