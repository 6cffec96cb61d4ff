"""The code location: everything that Dagster is to know."""

import os

import dagster as dg

from nst_pipeline.defs.assets import ASSETS
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.maintenance import maintenance_job, weekly_maintenance
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.schedules import nightly, nightly_job
from nst_pipeline.defs.sensors import inbox_sensor
from nst_pipeline.defs.sweep import sweep_job

# One `planned` event for a run's range, rather than one for each of its partitions. Dagster reads
# it where a run is created: here for `nst run` and the nightly job, elsewhere from `.env`.
os.environ.setdefault("DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS", "1")

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[*JOBS.values(), nightly_job, sweep_job, maintenance_job],
    sensors=[inbox_sensor],
    schedules=[nightly, weekly_maintenance],
    resources={"collection": CollectionResource()},
    # One process a run: models load once, and pictures pass from asset to asset in memory.
    executor=dg.in_process_executor,
)
