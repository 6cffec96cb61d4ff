"""Sensors that tell people about failed runs and failed checks, if the settings say whom to tell.

They are on by default: to set an address is enough. They also see the runs of `nst run`.
"""

from collections.abc import Iterator

import dagster as dg

from nst_pipeline.defs.dagster_internals import step_failure_message
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.tags import FAILED_RUNS
from nst_pipeline.publish.alerts import Alert, send_alert
from nst_pipeline.settings import AlertsSettings


def _alert(settings: AlertsSettings, run: dg.DagsterRun, title: str, reason: str) -> Alert:
    url = f"{settings.ui_url.rstrip('/')}/runs/{run.run_id}"
    return Alert(title=title, reason=reason, job=run.job_name, run_id=run.run_id, url=url)


def _send(context: dg.RunStatusSensorContext, settings: AlertsSettings, alert: Alert) -> None:
    for way in send_alert(settings, alert):
        context.log.info(f"{alert.title}: sent by {way}")


def _repeats_others(event: dg.DagsterEvent) -> bool:
    """Whether a step failed only because runs did that alerts of their own tell about."""
    failure = event.step_failure_data.user_failure_data
    return failure is not None and FAILED_RUNS in failure.metadata


@dg.run_failure_sensor(
    description="Tells about failed runs, by webhook, Slack or mail: see the settings `alerts`.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failure_alert(context: dg.RunFailureSensorContext, collection: CollectionResource) -> None:
    """Send an alert about a failed run, with the reasons of its failed steps.

    The nightly job fails with the runs that it executed; those are told, and it is not.

    Raises
    ------
    AlertError
        It could not be sent; the sensor's tick has the message.
    """
    settings, run = collection.open().settings.alerts, context.dagster_run
    events = context.get_step_failure_events()
    if events and all(map(_repeats_others, events)):
        context.log.info(f"{run.job_name}: not told, since the runs that failed in it are")
        return
    reasons = [step_failure_message(event) for event in events]
    reason = "\n".join(reasons) or context.failure_event.message or "no reason was given"
    _send(context, settings, _alert(settings, run, f"{run.job_name} failed", reason))


def _complaints(context: dg.RunStatusSensorContext, settings: AlertsSettings) -> Iterator[str]:
    """Name the checks that failed in a run, with the number of images, as far as they count."""
    records = context.instance.get_records_for_run(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    for record in records:
        check = record.event_log_entry.asset_check_evaluation
        if check is None or check.passed:
            continue
        if check.severity == dg.AssetCheckSeverity.ERROR or settings.checks == "warning":
            table = check.metadata.get("images") or check.metadata.get("files")
            images = f": {len(table.records)}" if isinstance(table, dg.TableMetadataValue) else ""
            yield f"{check.asset_key.to_user_string()}, check {check.check_name}{images}"


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    description="Tells about failed checks of runs that ended, likewise: see `alerts.checks`.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def check_alert(context: dg.RunStatusSensorContext, collection: CollectionResource) -> None:
    """Send an alert about the checks that failed in a run, if there are any.

    Raises
    ------
    AlertError
        It could not be sent; the sensor's tick has the message.
    """
    settings, run = collection.open().settings.alerts, context.dagster_run
    if settings.checks == "none":
        return
    if complaints := list(_complaints(context, settings)):
        title = f"{run.job_name} ended, but checks failed"
        _send(context, settings, _alert(settings, run, title, "\n".join(complaints)))
