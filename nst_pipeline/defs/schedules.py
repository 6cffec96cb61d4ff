"""The nightly batch: one job that makes everything that is due."""

import dagster as dg

from nst_pipeline.defs.freshness import confirm
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.update import scan_inboxes, update


@dg.op(description="Scan the inboxes and run every phase that has something due.")
def bring_up_to_date(context: dg.OpExecutionContext, collection: CollectionResource) -> None:
    """The night's work; each phase is a run of its own."""
    workspace = collection.open()
    for line in scan_inboxes(workspace, context.instance).said:
        context.log.info(line)
    ran = update(
        workspace,
        context.instance,
        lambda phase: context.repository_def.get_job(JOBS[phase].name),
        announce=lambda run: context.log.info(f"{run.phase}: {run.count} due"),
    )
    for name in confirm(workspace, context.instance):
        context.log.info(f"{name} is up to date")
    if failed := [run for run in ran if not run.success]:
        raise dg.Failure(
            "; ".join(f"run {run.run_id} ({run.phase}): {run.error}" for run in failed)
        )


@dg.job(
    description="Everything that is due, and once more what failed before.",
    executor_def=dg.in_process_executor,
)
def nightly_job() -> None:
    """One op, which launches the phases one after another."""
    bring_up_to_date()


nightly = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_job,
    cron_schedule="0 2 * * *",
    description="Every night at two (UTC): scans the inboxes, makes everything that is due, tries "
    "once more what failed, and confirms what is up to date.",
)
