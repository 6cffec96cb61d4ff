"""The code location that Dagster loads: assets, jobs, sensors, schedules and resources."""

import os

import dagster as dg

from nst_pipeline.defs.alerts import check_alert, failure_alert
from nst_pipeline.defs.assets.dagster_asset import dagster_asset
from nst_pipeline.defs.dagster_internals import plan_runs_as_ranges
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.maintenance import maintenance_job, weekly_maintenance
from nst_pipeline.defs.resources import CollectionResource, settings_when_loaded
from nst_pipeline.defs.schedules import nightly, nightly_job
from nst_pipeline.defs.sensors import inbox_sensor
from nst_pipeline.defs.sweep import sweep_job
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.settings import Settings

# Hides TensorFlow's start-up messages, which would bury Dagster's.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
plan_runs_as_ranges()


def definitions_with(settings: Settings) -> dg.Definitions:
    """Build the definitions for a collection with these settings.

    They determine the versions of the assets, so that the UI marks what was made with others as
    unsynced, and whether `harmonized` waits for `stylized_vgg19`.
    """
    return dg.Definitions(
        assets=[dagster_asset(asset, settings) for asset in ASSETS],
        jobs=[*JOBS.values(), nightly_job, sweep_job, maintenance_job],
        sensors=[inbox_sensor, failure_alert, check_alert],
        schedules=[nightly, weekly_maintenance],
        resources={"collection": CollectionResource()},
        # One process per run: models load once, and pictures pass from asset to asset in memory.
        executor=dg.in_process_executor,
    )


defs = definitions_with(settings_when_loaded())
