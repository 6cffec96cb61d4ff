"""What is not as it would be made now, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nst_pipeline.pipeline.engine.graph import NODES, Node
from nst_pipeline.pipeline.engine.plan import Plan, plan_asset
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.task import Task
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.settings import current_name
from nst_pipeline.storage.catalog import Row

_BLOCK = 5000
"""Rows that are read whole at a time."""


@dataclass(frozen=True)
class Stale:
    """An artifact that a run would make, and for what reason."""

    asset: str
    key: str
    reason: str


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        at = f"{prefix}{name}"
        flat |= _flat(value, f"{at}.") if isinstance(value, dict) else {at: value}
    return flat


def _settings_changed(before: str, now: str) -> str:
    old, new = _flat(json.loads(before)), _flat(json.loads(now))
    changed = (name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    names = sorted(map(current_name, changed))
    return f"settings changed: {', '.join(names)}" if names else ""


def _models_changed(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return f"weights or files changed: {', '.join(names)}" if names else ""


def _inputs_changed(row: Row, task: Task) -> str:
    before = {(each.asset, each.key): each.digest for each in row.inputs}
    other = [each for each in task.inputs if before.get((each.asset, each.key)) != each.digest]
    if not other:
        return "made from something that is gone"
    first = other[0]
    verb = "changed" if (first.asset, first.key) in before else "is new"
    more = f", and {len(other) - 1} more" if len(other) > 1 else ""
    return f"{first.asset}/{first.key} {verb}{more}"


def _reason(row: Row | None, node: Node, task: Task, plan: Plan) -> str:
    if row is None:
        return "not made yet"
    if row.fingerprint == task.fingerprint:
        return f"failed: {row.error}" if row.status == "failed" else "a file is gone or cut short"
    if row.code_version != node.code_version:
        return f"code version {node.code_version}, was {row.code_version}"
    return (
        _settings_changed(row.settings, plan.settings_json)
        or _models_changed(row.models, plan.models)
        or _inputs_changed(row, task)
    )


def _stale(view: View, node: Node, keys: Sequence[str], *, files: bool) -> Iterator[Stale]:
    plan = plan_asset(view, node, keys, files=files)
    for first in range(0, len(plan.due), _BLOCK):
        tasks = plan.due[first : first + _BLOCK]
        rows = view.workspace.catalog.latest(node.name, [task.key for task in tasks])
        for task in tasks:
            yield Stale(node.name, task.key, _reason(rows.get(task.key), node, task, plan))
    for key, reason in plan.waiting.items():
        yield Stale(node.name, key, f"waiting: {reason}")


def stale_artifacts(workspace: Workspace, *, files: bool = False) -> Iterator[Stale]:
    """All artifacts of a collection that a run would make, each asset after what it is made from.

    What is made from a stale artifact is named once that was made anew and came out different.

    Args:
        workspace: the collection; what was scanned last counts.
        files: also look whether all files are there.
    """
    view = View(workspace)
    for node in NODES:
        yield from _stale(view, node, view.keys(node), files=files)


def stale_of(workspace: Workspace, collection: Collection, key: str) -> list[Stale]:
    """Those of one photo."""
    view = View(workspace, scope=(collection, [key]))
    own = (node for node in NODES if node.collection == collection)
    return [each for node in own for each in _stale(view, node, [key], files=True)]
