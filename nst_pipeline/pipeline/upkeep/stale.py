"""Explains which artifacts are out of date, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.columns import may_be_due
from nst_pipeline.pipeline.engine.item import DueArtifact
from nst_pipeline.pipeline.engine.plan import Plan, plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.settings import current_name
from nst_pipeline.storage.catalog import Row

_BLOCK = 5000
"""Rows to read at once."""


@dataclass(frozen=True)
class StaleArtifact:
    """An artifact that a run would make, and the reason."""

    asset: str
    key: str
    reason: str


def _flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten nested settings to one level, with names such as `harmonize.method`."""
    flat: dict[str, object] = {}
    for name, value in settings.items():
        path = f"{prefix}{name}"
        flat |= _flat(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return flat


def _settings_changed(before: str, now: str) -> str:
    old, new = _flat(json.loads(before)), _flat(json.loads(now))
    changed = (name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    names = sorted(map(current_name, changed))
    return f"settings changed: {', '.join(names)}" if names else ""


def _models_changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return f"weights or files changed: {', '.join(names)}" if names else ""


def _inputs_changed(row: Row, due: DueArtifact) -> str:
    before = {(each.asset, each.key): each.digest for each in row.inputs}
    changed = [each for each in due.inputs if before.get((each.asset, each.key)) != each.digest]
    if not changed:
        return "an input is gone"
    first = changed[0]
    verb = "changed" if (first.asset, first.key) in before else "is new"
    more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{first.asset}/{first.key} {verb}{more}"


def _reason(row: Row | None, asset: Asset, due: DueArtifact, plan: Plan) -> str:
    if row is None:
        return "not made yet"
    if row.fingerprint == due.fingerprint:
        return (
            f"failed: {row.error}" if row.status == "failed" else "a file is missing or truncated"
        )
    if row.code_version != asset.code_version:
        return f"code version changed: {row.code_version} to {asset.code_version}"
    return (
        _settings_changed(row.settings, plan.settings_json)
        or _models_changed(row.models, plan.models)
        or _inputs_changed(row, due)
    )


def _stale(
    snapshot: Snapshot, asset: Asset, keys: Sequence[str], *, files: bool
) -> Iterator[StaleArtifact]:
    snapshot = snapshot.only(asset, keys)
    plan = plan_asset(snapshot, asset, keys, files=files)
    for first in range(0, len(plan.due), _BLOCK):
        block = plan.due[first : first + _BLOCK]
        rows = snapshot.workspace.catalog.latest(asset.name, [due.key for due in block])
        for due in block:
            yield StaleArtifact(asset.name, due.key, _reason(rows.get(due.key), asset, due, plan))
    for key, reason in plan.waiting.items():
        yield StaleArtifact(asset.name, key, f"waiting: {reason}")


def stale_artifacts(workspace: Workspace, *, files: bool = False) -> Iterator[StaleArtifact]:
    """Find all artifacts that a run would make now, upstream assets first.

    An artifact whose inputs are stale is not listed yet: it becomes stale if making them again
    changes them.

    Parameters
    ----------
    workspace
        The collection, as of the last scan of its inboxes.
    files
        Also check that all files exist.
    """
    snapshot = Snapshot(workspace)
    for asset in ASSETS:
        keys = snapshot.keys(asset) if files else may_be_due(snapshot, asset)
        yield from _stale(snapshot, asset, keys, files=files)


def stale_artifacts_of(workspace: Workspace, inbox: Inbox, key: str) -> list[StaleArtifact]:
    """Find the stale artifacts of one photo, checking its files, too."""
    snapshot = Snapshot(workspace, scope=(inbox, [key]))
    own = (asset for asset in ASSETS if asset.inbox == inbox)
    return [each for asset in own for each in _stale(snapshot, asset, [key], files=True)]
