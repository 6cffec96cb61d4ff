"""Compacts the catalog's table every week, so that queries stay fast."""

from datetime import timedelta

import dagster as dg
from pydantic import Field

from nst_pipeline.defs.resources import CollectionResource


class MaintenanceConfig(dg.Config):
    """How much of the catalog table's own history to keep."""

    keep_days: int = Field(
        7, ge=1, description="Days for which older versions of the table stay readable."
    )


@dg.op(
    description="Sorts the catalog by key, merges its small files, and removes the files of "
    "versions older than `keep_days`."
)
def maintain_catalog(
    context: dg.OpExecutionContext, config: MaintenanceConfig, collection: CollectionResource
) -> None:
    """Maintain the table; other processes may read and write it meanwhile."""
    counts = collection.open().catalog.maintain(timedelta(days=config.keep_days))
    context.log.info(", ".join(f"{name}: {count}" for name, count in counts.items()))


@dg.job(
    description="Maintains the catalog's table: sorts it, merges its small files, and removes "
    "files that are no longer used.",
    executor_def=dg.in_process_executor,
)
def maintenance_job() -> None:
    """Run the one op that maintains the table."""
    maintain_catalog()


weekly_maintenance = dg.ScheduleDefinition(
    name="weekly_maintenance",
    job=maintenance_job,
    cron_schedule="0 5 * * 0",
    description="Every Sunday at 05:00 UTC: maintains the catalog's table.",
)
