"""Looks after the catalog's table every week, so that it answers as fast as on its first day."""

from datetime import timedelta

import dagster as dg
from pydantic import Field

from nst_pipeline.defs.resources import CollectionResource


class MaintenanceConfig(dg.Config):
    """How far back the catalog's own history reaches."""

    keep_days: int = Field(
        7, ge=1, description="Older versions of the table can be read for so many days."
    )


@dg.op(description="Sort the catalog by key, join its small files, remove those of old versions.")
def maintain_catalog(
    context: dg.OpExecutionContext, config: MaintenanceConfig, collection: CollectionResource
) -> None:
    """Readers and writers go on meanwhile."""
    did = collection.open().catalog.maintain(timedelta(days=config.keep_days))
    context.log.info(", ".join(f"{name}: {count}" for name, count in did.items()))


@dg.job(
    description="Looks after the catalog's table: joined, sorted, rid of files no longer used.",
    executor_def=dg.in_process_executor,
)
def maintenance_job() -> None:
    """One op."""
    maintain_catalog()


weekly_maintenance = dg.ScheduleDefinition(
    name="weekly_maintenance",
    job=maintenance_job,
    cron_schedule="0 5 * * 0",
    description="Every Sunday at five.",
)
