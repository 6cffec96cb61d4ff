"""When the UI warns that an asset was not brought up to date for a while."""

from datetime import timedelta

import dagster as dg

from nst_pipeline.defs.assets.metadata import row_metadata
from nst_pipeline.defs.assets.versions import version_tags
from nst_pipeline.defs.dagster_internals import latest_event_id
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.storage.keys import ALL

_POLICY = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(days=7), fail_window=timedelta(days=30)
)
"""Long, because the schedule is off by default. If it is on and nightly runs stop, the UI warns
after a week."""


def freshness(asset: Asset) -> dg.FreshnessPolicy | None:
    """Return the freshness policy of an asset that people read; None for other assets.

    Artifacts of single photos do not age, and the color model is kept until the collection doubles.
    """
    return _POLICY if asset.read_by_people else None


def confirm(workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Report assets that are up to date as materialized, so that the UI does not warn about them.

    Returns
    -------
    list of str
        The names of these assets.
    """
    inputs_read_at, snapshot = latest_event_id(instance), Snapshot(workspace)
    confirmed = []
    for asset in ASSETS:
        if asset.read_by_people and plan_asset(snapshot, asset, [ALL]).done:
            row = snapshot.rows(asset)[ALL]
            instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    asset.name,
                    metadata=row_metadata(workspace, asset, row, rich=True),
                    tags=version_tags(asset, row, inputs_read_at),
                )
            )
            confirmed.append(asset.name)
    return confirmed
