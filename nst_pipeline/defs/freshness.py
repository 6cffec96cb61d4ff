"""When what is made from a whole collection counts as looked after."""

from datetime import timedelta

import dagster as dg

from nst_pipeline.defs.dagster_internals import latest_event_id
from nst_pipeline.defs.report import row_metadata
from nst_pipeline.defs.versions import version_tags
from nst_pipeline.pipeline.engine.graph import NODES, Node
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.storage.keys import ALL

_LOOKED_AFTER = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(days=7), fail_window=timedelta(days=30)
)
"""Wide, because the schedule is off until somebody switches it on. With it on, the state says
within a week that the nights no longer do their work."""


def freshness(node: Node) -> dg.FreshnessPolicy | None:
    """The policy of what somebody reads: library, dataset, gallery.

    One photo's artifacts do not age, and the color model stays until the collection has doubled.
    """
    return _LOOKED_AFTER if node.name in ("sticker_library", "dataset", "gallery") else None


def confirm(workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Report what stands and was not made anew, so that a quiet collection does not look neglected.

    Returns:
        The names of the assets that were found up to date.
    """
    seen, view = latest_event_id(instance), View(workspace)
    confirmed = []
    for node in NODES:
        if freshness(node) and plan_asset(view, node, [ALL]).done:
            row = view.rows(node.name)[ALL]
            instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    node.name,
                    metadata=row_metadata(workspace, row, rich=True),
                    tags=version_tags(node, row, seen),
                )
            )
            confirmed.append(node.name)
    return confirmed
