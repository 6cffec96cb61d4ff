"""Finds new and changed photos in the inboxes and launches the runs that they need."""

import hashlib

import dagster as dg

from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs.inboxes import InboxScans, scan_inboxes
from nst_pipeline.defs.runs.orphans import end_orphaned_runs
from nst_pipeline.defs.runs.plans import RunPlan, is_large, plan_runs, plan_scanned
from nst_pipeline.pipeline.engine.asset import PHASES
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import INBOXES, Workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.storage.review import review_stamp
from nst_pipeline.storage.store import sha256

_INTERVAL_SECONDS = 30
_READING_SECONDS = 25.0
"""Dagster allows 60 seconds for a tick, which includes planning."""
_MAX_LAUNCHES = 3
"""Maximum number of launches for the same state, which repeats a killed run, but does not repeat a
run that cannot succeed forever."""


def _photos_digest(workspace: Workspace) -> str:
    """Digest the photos of both inboxes, which their indexes list in a fixed order."""
    digest = hashlib.sha256()
    for inbox in INBOXES:
        photos = workspace.index(inbox).photos.values()
        lines = (f"{photo.path} {photo.digest}{photo.sidecar_digest}" for photo in photos)
        digest.update("\n".join((inbox, *lines)).encode())
    return digest.hexdigest()


def _state_digest(workspace: Workspace, photos: str) -> str:
    """Digest what determines the plan: photos, decisions, catalog, settings, code versions."""
    code = " ".join(f"{asset.name} {asset.code_version}" for asset in ASSETS)
    review = review_stamp(workspace.root)
    settings_and_code = sha256(f"{workspace.settings.model_dump_json()} {code} {review}".encode())
    return f"{photos} {workspace.catalog.version} {settings_and_code}"


@dg.sensor(
    jobs=[JOBS[phase] for phase in PHASES],
    minimum_interval_seconds=_INTERVAL_SECONDS,
    description="Scans the inboxes every 30 seconds. Adds a partition for each new photo, deletes "
    "the partitions of deleted photos, and launches the runs that make what is due.",
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, collection: CollectionResource
) -> dg.SensorResult | dg.SkipReason:
    """Scan the inboxes, update the partitions, and request runs.

    The cursor holds the number of launches for a state and the state's digest.
    """
    if active := end_orphaned_runs(context.instance):
        # The oldest run is in progress; the others are queued behind it.
        return dg.SkipReason(f"{active[-1].job_name}, run {active[-1].run_id}, is not done yet")
    workspace = collection.open()
    photos = _photos_digest(workspace)
    before = _state_digest(workspace, photos)
    scanned = scan_inboxes(workspace, context.instance, seconds=_READING_SECONDS)
    for message in scanned.messages:
        context.log.info(message)
    if scanned.pending:
        return dg.SkipReason(f"{scanned.pending} new and changed files are still to be read")
    if scanned.found_news:
        photos = _photos_digest(workspace)
    state = _state_digest(workspace, photos)
    cursor_launches, _, cursor_state = (context.cursor or "0 ").partition(" ")
    launches = int(cursor_launches) if cursor_state == state else 0
    if launches >= _MAX_LAUNCHES:
        return dg.SkipReason("nothing new in the inboxes")
    settled = (cursor_launches, cursor_state) == (str(_MAX_LAUNCHES), before)
    plans = _plan(workspace, context.instance, scanned, settled=settled)
    requests = [
        dg.RunRequest(
            job_name=JOBS[plan.phase].name, asset_selection=plan.asset_keys, tags=plan.tags
        )
        for plan in plans
    ]
    if not requests:
        cursor = f"{_MAX_LAUNCHES} {state}"
        return dg.SensorResult(skip_reason="everything is up to date", cursor=cursor)
    return dg.SensorResult(run_requests=requests, cursor=f"{launches + 1} {state}")


def _plan(
    workspace: Workspace, instance: dg.DagsterInstance, scanned: InboxScans, *, settled: bool
) -> list[RunPlan]:
    """Plan the runs; in a large collection that was up to date before, only for new photos."""
    nothing_deleted = not any(scan.deleted for scan in scanned.scans.values())
    if settled and nothing_deleted and is_large(workspace):
        return plan_scanned(workspace, instance, scanned.scans)
    return plan_runs(Snapshot(workspace), instance)
