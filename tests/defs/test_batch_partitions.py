"""A partition stands for a batch of images: `run.partitioning = "batch"`."""

import dagster as dg
import pytest
from sklearn.datasets import load_sample_image

from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs.update import update
from nst_pipeline.defs.sensors import inbox_sensor
from nst_pipeline.pipeline.steps import ASSETS
from tests.defs.assets.test_versions import unsynced_partitions
from tests.defs.conftest import SETTINGS, write_photo

BATCHES = '[run]\npartitioning = "batch"\nbatch_photos = 2\n'
FIRST, SECOND = "scenes-batch-00001", "scenes-batch-00002"


@pytest.fixture
def batched(collection):
    """The complete collection, after the setting was changed: two batches of scenes."""
    (collection.root / "nst.toml").write_text(SETTINGS + BATCHES)
    return collection


def partitions(collection, inbox="scenes"):
    with collection.instance() as instance:
        return instance.get_dynamic_partitions(inbox)


def materialized(collection, asset):
    with collection.instance() as instance:
        return instance.get_materialized_partitions(dg.AssetKey(asset))


def made_by(collection, runs):
    ids = {run.run_id for run in runs}
    return {(row.asset, row.key) for row in collection.open().catalog.rows() if row.run_id in ids}


def run(collection, partition, *assets):
    with collection.instance() as instance:
        return collection.job("scenes").execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(each) for each in assets],
            raise_on_error=False,
        )


def test_a_collection_of_images_becomes_one_of_batches_and_nothing_is_made_again(batched):
    assert batched.update() == []
    assert partitions(batched) == [FIRST, SECOND]
    assert partitions(batched, "objects") == ["objects-batch-00001", "objects-batch-00002"]


def test_and_back(batched):
    images = partitions(batched)
    batched.update()
    (batched.root / "nst.toml").write_text(SETTINGS)
    assert batched.update() == []
    assert sorted(partitions(batched)) == sorted(images)


def test_a_new_photo_joins_the_last_batch_and_only_it_is_made(batched):
    batched.update()
    write_photo(batched.root / "scenes/a/0.jpg", load_sample_image("china.jpg"))
    made = made_by(batched, batched.update())
    assert partitions(batched) == [FIRST, SECOND]
    assert len({key for asset, key in made if asset == "harmonized"}) == 1
    assert all(key.startswith("a-0-") or key == "all" for _, key in made)
    assert SECOND in materialized(batched, "harmonized")
    assert FIRST not in materialized(batched, "harmonized")
    assert (batched.root / "artifacts/gallery/scenes").is_dir()
    (key,) = {key for asset, key in made if asset == "harmonized"}
    assert (batched.root / f"artifacts/gallery/scenes/{key}.html").exists()


def test_a_bad_photo_costs_its_batch_nothing(batched):
    batched.update()
    write_photo(batched.root / "scenes/bad.jpg", load_sample_image("china.jpg"))
    (batched.root / "scenes/bad.placements.json").write_text("no JSON")
    ran = batched.update()
    assert all(each.success for each in ran)
    (failed,) = [row for row in batched.rows("scene_photos").values() if row.status == "failed"]
    assert failed.key.startswith("bad")
    with batched.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("scene_photos"))
    reported = event.asset_materialization
    assert reported.partition == SECOND
    assert (reported.metadata["quarantined"].value, reported.metadata["good"].value) == (1, 1)
    first = reported.metadata["images"].records[0].data
    assert (first["key"], first["status"]) == (failed.key, "failed")


def test_a_run_of_a_batch_skips_what_is_up_to_date_and_reports_the_batch(batched):
    batched.update()
    before = batched.rows("composites")
    result = run(batched, FIRST, "composites")
    assert result.success and batched.rows("composites") == before
    assert materialized(batched, "composites") >= {FIRST}


def test_one_image_of_a_batch_is_made_alone(batched):
    """As by `nst run --only`."""
    batched.update()
    lost = batched.rows("harmonized")
    for row in lost.values():
        (batched.root / row.path).unlink()
    key = next(key for key in lost if key.startswith("a-b"))
    with batched.instance() as instance:
        (scenes, *_) = update(batched.open(), instance, batched.job, only={"scenes": {key}})
    assert (scenes.phase, scenes.count) == ("scenes", 1)
    assert [k for k, row in lost.items() if (batched.root / row.path).exists()] == [key]


def test_a_batch_of_which_nothing_can_be_made_fails_and_says_why(batched):
    for name in ("temple", "a_b"):
        (batched.root / f"scenes/{name}.placements.json").write_text("no JSON")
    (batched.root / "scenes/a/b.placements.json").write_text("no JSON")
    batched.update()
    result = run(batched, FIRST, "placements")
    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "1 more images of the batch, too" in str(failure.step_failure_data)


def test_nothing_is_unsynced_after_the_batches_were_reported(batched):
    batched.update()
    with batched.instance() as instance:
        for phase in ("objects", "scenes"):
            for partition in instance.get_dynamic_partitions(phase):
                assert (
                    batched.job(phase)
                    .execute_in_process(instance=instance, partition_key=partition)
                    .success
                )
        assert unsynced_partitions(instance, batched) == set()


def test_the_sensor_requests_a_run_for_the_batch_of_a_new_photo(batched):
    batched.update()
    write_photo(batched.root / "scenes/again.jpg", load_sample_image("china.jpg"))
    with batched.instance() as instance:
        context = dg.build_sensor_context(
            instance=instance, resources={"collection": CollectionResource(data=str(batched.root))}
        )
        request = inbox_sensor(context).run_requests[0]
    assert request.job_name == "scenes_job"
    ends = {value for name, value in request.tags.items() if "partition_range" in name}
    assert ends == {SECOND}


def test_every_asset_of_an_inbox_has_a_backfill_policy_for_whole_batches(batched):
    for asset in ASSETS:
        if asset.inbox:
            definition = batched.definitions().resolve_assets_def(asset.name)
            assert definition.backfill_policy.max_partitions_per_run == 250
