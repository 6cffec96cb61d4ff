"""The collection as Dagster's resource."""

import dagster as dg

from nst_pipeline.defs.resources import CollectionResource


@dg.op
def _open_collection(collection: CollectionResource):
    assert collection.open().settings.harmonize.color_only


@dg.job(resource_defs={"collection": CollectionResource.configure_at_launch()})
def _job():
    _open_collection()


def test_a_renamed_setting_is_a_warning_in_dagsters_log(tmp_path):
    (tmp_path / "nst.toml").write_text("[harmonize]\ncolour_only = true\n")
    config = {"resources": {"collection": {"config": {"data": str(tmp_path)}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        run = _job.execute_in_process(run_config=config, instance=instance)
        warnings = [
            each.user_message
            for each in instance.all_logs(run.run_id)
            if each.level >= 30 and not each.is_dagster_event
        ]
    path = tmp_path / "nst.toml"
    assert warnings == [
        f"{path}: harmonize.colour_only is now called harmonize.color_only: rename it"
    ]
