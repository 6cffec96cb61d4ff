"""The nightly job, which makes everything that is due, and its schedule."""

import dagster as dg

from nst_pipeline.defs.assets.freshness import confirm
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import update
from nst_pipeline.defs.tags import FAILED_RUNS


@dg.op(description="Scans the inboxes and executes a run for each phase with due artifacts.")
def bring_up_to_date(context: dg.OpExecutionContext, collection: CollectionResource) -> None:
    """Scan the inboxes, make what is due, and confirm which assets are up to date.

    Raises
    ------
    Failure
        A run failed. The message names each failed run with its reason.
    """
    workspace = collection.open()
    for message in scan_inboxes(workspace, context.instance).messages:
        context.log.info(message)
    results = update(
        workspace,
        context.instance,
        lambda phase: context.repository_def.get_job(JOBS[phase].name),
        on_run=lambda plan: context.log.info(f"{plan.phase}: {plan.count} due"),
    )
    for name in confirm(workspace, context.instance):
        context.log.info(f"{name} is up to date")
    if failed := [run for run in results if not run.success]:
        raise dg.Failure(
            "; ".join(f"run {run.run_id} ({run.phase}): {run.error}" for run in failed),
            metadata={FAILED_RUNS: [run.run_id for run in failed]},
        )


@dg.job(
    description="Makes everything that is due and retries what failed before, with a separate run "
    "for each phase.",
    executor_def=dg.in_process_executor,
)
def nightly_job() -> None:
    """Run the one op that launches the phases one after another."""
    bring_up_to_date()


nightly = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_job,
    cron_schedule="0 2 * * *",
    description="Every night at 02:00 UTC: scans the inboxes, makes everything that is due, "
    "retries what failed, and confirms which assets are up to date.",
)
