"""Finds new and changed photos in the inboxes and launches the runs they need."""

import dagster as dg

from nst_pipeline.defs.jobs import JOBS, PHASES
from nst_pipeline.defs.orphans import active_runs
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs import RunPlan, is_large, plan_found, plan_runs
from nst_pipeline.defs.update import Scanned, scan_inboxes
from nst_pipeline.pipeline.engine.graph import NODES
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Workspace
from nst_pipeline.storage.store import joint_digest, sha256

_INTERVAL_SECONDS = 30
_READING_SECONDS = 25.0
"""Of the 60 that Dagster gives a tick: planning, too, takes its time."""
_TRIES = 3
"""Launches for the same state: a run that was killed is made good, one that cannot go is not
launched for ever."""


def _state(workspace: Workspace) -> str:
    """What decides the plan; while it stays the same there is nothing to plan anew."""
    photos = {
        f"{collection}/{photo.path}": photo.digest + photo.sidecar_digest
        for collection in COLLECTIONS
        for photo in workspace.index(collection).photos.values()
    }
    code = " ".join(f"{node.name} {node.code_version}" for node in NODES)
    ours = sha256(f"{workspace.settings.model_dump_json()} {code}".encode())
    return f"{joint_digest(photos)} {workspace.catalog.version} {ours}"


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
    if active := active_runs(context.instance):
        # The oldest is the one at work; the others are queued behind it.
        return dg.SkipReason(f"{active[-1].job_name}, run {active[-1].run_id}, is not done yet")
    workspace = collection.open()
    before = _state(workspace)
    scanned = scan_inboxes(workspace, context.instance, seconds=_READING_SECONDS)
    for line in scanned.said:
        context.log.info(line)
    if scanned.pending:
        return dg.SkipReason(f"{scanned.pending} new and changed files are still to be read")
    state = _state(workspace)
    tries, _, seen = (context.cursor or "0 ").partition(" ")
    tried = int(tries) if seen == state else 0
    if tried >= _TRIES:
        return dg.SkipReason("nothing new in the inboxes")
    settled = (tries, seen) == (str(_TRIES), before)
    runs = _planned(workspace, context.instance, scanned, settled=settled)
    requests = [dg.RunRequest(job_name=JOBS[run.phase].name, tags=run.tags) for run in runs]
    if not requests:
        cursor = f"{_TRIES} {state}"
        return dg.SensorResult(skip_reason="everything is up to date", cursor=cursor)
    return dg.SensorResult(run_requests=requests, cursor=f"{tried + 1} {state}")


def _planned(
    workspace: Workspace, instance: dg.DagsterInstance, scanned: Scanned, *, settled: bool
) -> list[RunPlan]:
    """The runs to launch; of a large collection that had settled not everything is planned anew."""
    only_more = not any(scan.deleted for scan in scanned.found.values())
    if settled and only_more and is_large(workspace):
        return plan_found(workspace, instance, scanned.found)
    return plan_runs(View(workspace), instance)
