"""Dagster marks an asset as unsynced if, and only if, something it is made from has changed."""

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from sklearn.datasets import load_sample_image

from nst_pipeline.definitions import defs
from nst_pipeline.defs.assets.freshness import confirm
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.storage import artifact_files as files
from tests.defs.conftest import write_photo


def unsynced(instance: dg.DagsterInstance, collection) -> set[str]:
    """Assets that the UI would mark, on any partition."""
    resolver = CachingStaleStatusResolver(
        instance, collection.definitions().resolve_asset_graph(), LoadingContextForTest(instance)
    )
    found = set()
    for node in ASSETS:
        rows = collection.rows(node.name) if node.inbox else {None: None}
        for key in rows:
            status = resolver.get_status(dg.AssetKey(node.name), key)
            assert status != StaleStatus.MISSING, (node.name, key)
            if status == StaleStatus.STALE:
                found.add(node.name)
    return found


def unsynced_partitions(instance: dg.DagsterInstance, collection) -> set[tuple[str, str]]:
    """Assets with the partitions that the UI would mark."""
    resolver = CachingStaleStatusResolver(
        instance, collection.definitions().resolve_asset_graph(), LoadingContextForTest(instance)
    )
    return {
        (node.name, key)
        for node in ASSETS
        if node.inbox
        for key in instance.get_dynamic_partitions(node.inbox)
        if resolver.get_status(dg.AssetKey(node.name), key) != StaleStatus.FRESH
    }


def test_nothing_is_unsynced_after_an_update(collection):
    with collection.instance() as instance:
        assert unsynced(instance, collection) == set()


def test_nothing_is_unsynced_after_one_image_was_made_again(collection):
    with collection.instance() as instance:
        key = next(iter(collection.rows("composites")))
        collection.job("scenes").execute_in_process(
            instance=instance, partition_key=key, asset_selection=[dg.AssetKey("composites")]
        )
        assert unsynced(instance, collection) == set()


def test_nothing_is_unsynced_after_a_new_object_photo_was_processed(collection):
    write_photo(collection.root / "objects/dahlia.jpg", load_sample_image("flower.jpg"))
    collection.update()
    with collection.instance() as instance:
        assert unsynced(instance, collection) == set()


def test_a_changed_input_marks_only_downstream_assets(collection):
    inside = (
        '[{"sticker": "사진 1.jpg", "x": 100, "y": 40, "width": 90, "height": 80}]'  # has a shadow
    )
    (collection.root / "scenes/temple.placements.json").write_text(inside, "utf-8")
    collection.update()
    with collection.instance() as instance:
        shadow = collection.open().store.picture
        rows = collection.rows("composites")
        key = next(key for key in rows if shadow("composites", key, files.SHADOW).any())
        collection.job("scenes").execute_in_process(
            instance=instance,
            partition_key=key,
            asset_selection=[dg.AssetKey("composites")],
            run_config={"ops": {"composites": {"config": {"placement": {"shadow": 0.1}}}}},
        )
        marked = unsynced(instance, collection)
        assert {"composites", "model_inputs", "harmonized", "dataset", "gallery"} <= marked
        assert not {"object_photos", "stickers", "placements"} & marked


def test_a_changed_setting_marks_what_depends_on_it(collection):
    settings = collection.root / "nst.toml"
    settings.write_text(settings.read_text() + "[harmonize]\nstrength = 0.5\n")
    with collection.instance() as instance:
        assert unsynced(instance, collection) == {"harmonized"}
        collection.update()
        assert unsynced(instance, collection) == set()


def test_up_to_date_assets_are_confirmed_and_stay_synced(collection):
    with collection.instance() as instance:
        before = instance.get_latest_materialization_event(dg.AssetKey("gallery"))
        assert confirm(collection.open(), instance) == ["sticker_library", "dataset", "gallery"]
        after = instance.get_latest_materialization_event(dg.AssetKey("gallery"))
        assert after.timestamp > before.timestamp
        assert unsynced(instance, collection) == set()


def test_a_scene_that_is_made_by_itself_leaves_nothing_unsynced(collection):
    scene = collection.root / "scenes/temple.jpg"
    scene.write_bytes(scene.read_bytes() + b"\0")  # the same picture, other bytes
    key = next(key for key in collection.rows("composites") if key.startswith("temple"))
    with collection.instance() as instance:
        run = collection.job("scenes").execute_in_process(instance=instance, partition_key=key)
        steps = [event.step_key for event in run.get_step_success_events()]
        assert steps.index("harmonized") < steps.index("stylized_vgg19") < steps.index("dataset")
        assert unsynced(instance, collection) == set()


@pytest.mark.parametrize("name", ["gallery", "dataset", "sticker_library"])
def test_only_assets_that_people_read_have_a_freshness_policy(name):
    policies = {n.name: defs.resolve_assets_def(n.name).get_asset_spec() for n in ASSETS}
    assert policies[name].freshness_policy is not None
    assert policies["harmonized"].freshness_policy is None
