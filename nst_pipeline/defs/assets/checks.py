"""Asset checks: each inspects the artifacts of a run, or a sample of them if there are many.

A check gives one result for a run. It says how many images it inspected, and lists those with a
defect. No check blocks downstream assets, so that one doubtful image does not hold up the others.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from nst_pipeline.defs.assets.metadata import figures_metadata, table_metadata
from nst_pipeline.pipeline.engine.asset import Asset, Check
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.catalog import Row

_SEVERITIES = {
    "error": dg.AssetCheckSeverity.ERROR,
    "warning": dg.AssetCheckSeverity.WARN,
}


def _spec(check: Check, asset: Asset) -> dg.AssetCheckSpec:
    sample = (
        f" Inspects up to {check.sample_size} of the images that the latest run made."
        if check.sample_size
        else ""
    )
    return dg.AssetCheckSpec(
        check.name, asset=asset.name, description=f"{check.description}{sample}"
    )


def check_specs(asset: Asset) -> list[dg.AssetCheckSpec]:
    """Return the specifications of an asset's checks."""
    return [_spec(check, asset) for check in asset.checks]


def _complaint(check: Check, snapshot: Snapshot, row: Row) -> str:
    try:
        return check.complaint(snapshot, row)
    except Exception as error:
        # A check must not fail the run, whatever is wrong with the picture.
        return f"cannot be checked: {error}"


def _result(check: Check, snapshot: Snapshot, rows: Sequence[Row]) -> dg.AssetCheckResult:
    """Inspect an evenly spread sample of rows."""
    step = -(-len(rows) // check.sample_size) if check.sample_size else 1
    sample = rows[:: max(1, step)]
    complaints = {row.key: _complaint(check, snapshot, row) for row in sample}
    offenders = [{"key": key, "complaint": text} for key, text in complaints.items() if text]
    metadata: dict[str, Any] = {
        "looked at": f"{len(sample)} of {len(rows)}",
        "complaints": len(offenders),
        **figures_metadata(sample, check.figures),
    }
    return dg.AssetCheckResult(
        check_name=check.name,
        passed=not offenders,
        severity=_SEVERITIES[check.severity],
        metadata=metadata | ({"images": table_metadata(offenders)} if offenders else {}),
    )


def check_results(
    snapshot: Snapshot, asset: Asset, outcome: Outcome
) -> Iterator[dg.AssetCheckResult]:
    """Yield the results of an asset's checks on what the run made or, if nothing, skipped."""
    rows = outcome.made or {key: snapshot.rows(asset)[key] for key in outcome.skipped}
    good = [row for row in rows.values() if row.status == "ok"]
    for check in asset.checks:
        yield _result(check, snapshot, good)
