"""What is due: an artifact whose fingerprint is not in the catalogue, or whose files are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nst_pipeline.pipeline.graph import Node
from nst_pipeline.pipeline.inputs import inputs_of
from nst_pipeline.pipeline.models import model_digests
from nst_pipeline.pipeline.task import Task
from nst_pipeline.pipeline.view import View
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalogue import Row
from nst_pipeline.storage.fingerprint import fingerprint
from nst_pipeline.storage.store import ALL


@dataclass(frozen=True)
class Plan:
    """How the keys of one asset stand."""

    due: tuple[Task, ...]
    done: dict[str, Row]
    waiting: dict[str, str]
    """Key to the reason: something upstream is missing or failed."""
    settings_json: str
    models: Mapping[str, str]


def _settings_json(node: Node, settings: Settings) -> str:
    """The settings that determine an asset, as canonical JSON."""
    values = settings.model_dump(mode="json", include=set(node.settings))
    return json.dumps(values, sort_keys=True)


def _emptiness(view: View, node: Node, key: str) -> str:
    """What an empty upstream result of the same key says."""
    for name in node.upstream:
        row = view.rows(name).get(key)
        if row is not None and row.status == "empty" and name not in node.optional:
            return row.error
    return ""


def _stands(view: View, row: Row) -> bool:
    """Whether the row's artifact is whole: not failed, its files there and of their size."""
    if row.status not in ("ok", "empty"):
        return False
    if not row.files:
        return True
    sizes, prefix = view.sizes(row.asset), "" if row.key == ALL else row.key
    found = [sizes.get(f"{prefix}{name}") for name in row.files]
    return None not in found and sum(size or 0 for size in found) == row.size_bytes


def plan_asset(view: View, node: Node, keys: Iterable[str]) -> Plan:
    """Sort an asset's keys into due, done and waiting.

    Raises:
        ModelUnavailableError: a network that determines the asset cannot be had.
    """
    settings = _settings_json(node, view.settings)
    models = model_digests(node, view.settings)
    rows, resolve = view.rows(node.name), inputs_of(node, view)
    due, done, waiting = [], {}, {}
    for key in keys:
        inputs = resolve(key)
        if isinstance(inputs, str):
            waiting[key] = inputs
            continue
        wanted = fingerprint(node.name, node.code_version, inputs, settings, models)
        row = rows.get(key)
        if row is not None and row.fingerprint == wanted and _stands(view, row):
            done[key] = row
        else:
            due.append(Task(key, inputs, wanted, _emptiness(view, node, key)))
    return Plan(tuple(due), done, waiting, settings, models)
