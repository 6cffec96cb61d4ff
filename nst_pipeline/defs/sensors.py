"""Finds new and changed photos in the inboxes and launches the runs they need."""

import dagster as dg

from nst_pipeline.defs.jobs import JOBS, PHASES
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs import PHASE_TAG, plan_runs
from nst_pipeline.defs.update import scan_inboxes
from nst_pipeline.pipeline.plan import Planner
from nst_pipeline.pipeline.workspace import COLLECTIONS, Workspace
from nst_pipeline.storage.store import joint_digest, sha256

_INTERVAL_SECONDS = 30
_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def _state(workspace: Workspace) -> str:
    """What decides the plan; while it stays the same there is nothing to plan anew."""
    photos = {
        f"{collection}/{photo.path}": photo.digest + photo.sidecar_digest
        for collection in COLLECTIONS
        for photo in workspace.index(collection).photos.values()
    }
    settings = workspace.settings.model_dump_json()
    return f"{joint_digest(photos)} {workspace.catalogue.version} {sha256(settings.encode())}"


@dg.sensor(
    jobs=[JOBS[phase] for phase in PHASES],
    minimum_interval_seconds=_INTERVAL_SECONDS,
    description="Registers new photos as partitions, retires deleted ones, and launches few, "
    "well-filled runs for what is due.",
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, collection: CollectionResource
) -> dg.SensorResult | dg.SkipReason:
    """One tick: scan, register, launch."""
    active = context.instance.get_runs(
        dg.RunsFilter(statuses=_ACTIVE, tags={PHASE_TAG: list(PHASES)}), limit=1
    )
    if active:
        return dg.SkipReason(f"run {active[0].run_id} is still at work")
    workspace = collection.open()
    for line in scan_inboxes(workspace, context.instance):
        context.log.info(line)
    state = _state(workspace)
    if state == context.cursor:
        return dg.SkipReason("nothing new in the inboxes")
    runs = plan_runs(Planner(workspace), context.instance, retry=False)
    requests = [dg.RunRequest(job_name=JOBS[run.phase].name, tags=run.tags) for run in runs]
    return dg.SensorResult(run_requests=requests, cursor=state)
