"""The check `inbox_files`: warns of files in an inbox that are not used, with the reasons.

An unreadable file is no partition, so that no run can fail for it. Scans report the check's result
when it changes, and runs of the inbox's asset report it each time.
"""

import dagster as dg

from nst_pipeline.defs.dagster_internals import latest_check_metadata
from nst_pipeline.pipeline.engine.workspace import Inbox
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.storage.inbox_index import InboxIndex

INBOX_FILES = "inbox_files"
_DESCRIPTION = (
    "Warns as long as the inbox has files that cannot be read, or annotations that belong to no "
    "photo, and lists them with the reasons. Scans update it: `inbox_sensor`, `nightly_job`, and "
    "`nst run`."
)
_MOST_LISTED = 50
"""Rows in the table; `nst status` lists all."""


def inbox_files_spec(inbox: Inbox) -> dg.AssetCheckSpec:
    """Return the specification of the check of an inbox's photos."""
    return dg.AssetCheckSpec(INBOX_FILES, asset=_asset_name(inbox), description=_DESCRIPTION)


def _asset_name(inbox: Inbox) -> str:
    return object_photos.name if inbox == "objects" else scene_photos.name


def inbox_files_result(inbox: Inbox, index: InboxIndex) -> dg.AssetCheckResult:
    """Return the result of the check for an inbox as it was at its last scan."""
    bad = {each.path: each.reason for each in index.unreadable}
    bad |= {each.path: each.detail for each in index.unmatched}
    metadata: dict[str, dg.MetadataValue] = {
        "photos": dg.MetadataValue.int(len(index.photos)),
        "unreadable": dg.MetadataValue.int(len(index.unreadable)),
        "annotations without a photo": dg.MetadataValue.int(len(index.unmatched)),
    }
    if bad:
        rows = [{"file": path, "reason": reason} for path, reason in bad.items()][:_MOST_LISTED]
        metadata["files"] = dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
    return dg.AssetCheckResult(
        asset_key=_asset_name(inbox),
        check_name=INBOX_FILES,
        passed=not bad,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def report_inbox_files(instance: dg.DagsterInstance, inbox: Inbox, index: InboxIndex) -> None:
    """Report the check outside of a run, if its files are not those that it listed last."""
    result = inbox_files_result(inbox, index)
    assert result.asset_key is not None
    before = latest_check_metadata(instance, dg.AssetCheckKey(result.asset_key, INBOX_FILES))
    if before.get("files") == result.metadata.get("files"):
        return
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=result.asset_key,
            check_name=INBOX_FILES,
            passed=result.passed,
            metadata=result.metadata,
            severity=result.severity,
        )
    )
