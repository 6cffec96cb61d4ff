"""What is due: an artifact whose fingerprint is not in the catalog, or whose files are gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.graph import Node
from nst_pipeline.pipeline.engine.inputs import inputs_of
from nst_pipeline.pipeline.engine.models import model_digests
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.task import Task
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import ArtifactState
from nst_pipeline.storage.fingerprint import fingerprinter
from nst_pipeline.storage.keys import ALL


@dataclass(frozen=True)
class Plan:
    """How the keys of one asset stand."""

    due: tuple[Task, ...]
    done: dict[str, ArtifactState]
    waiting: dict[str, str]
    """Key to the reason: something upstream is missing or failed."""
    settings_json: str
    models: Mapping[str, str]


def _settings_json(node: Node, settings: Settings) -> str:
    """The settings that determine an asset, as canonical JSON."""
    values = {name: getattr(settings, name).canonical() for name in node.settings}
    return json.dumps(values, sort_keys=True)


def _emptiness(view: View, node: Node) -> Callable[[str], str]:
    """What an empty upstream result of the same key says."""
    upstream = [view.standing(name) for name in node.upstream if name not in node.optional]

    def told(key: str) -> str:
        rows = (rows.get(key) for rows in upstream)
        return next((row.error for row in rows if row is not None and row.status == "empty"), "")

    return told


def _file_names(key: str, row: ArtifactState) -> list[str]:
    return [f"{'' if key == ALL else key}{name}" for name in row.files]


def _broken(view: View, asset: str, rows: Mapping[str, ArtifactState]) -> set[str]:
    """Keys of which a file is gone or not of its size."""
    names = {key: _file_names(key, row) for key, row in rows.items()}
    sizes = view.sizes(asset, [name for each in names.values() for name in each])
    return {
        key
        for key, row in rows.items()
        if sum(sizes.get(name, -row.size_bytes - 1) for name in names[key]) != row.size_bytes
    }


def plan_asset(view: View, node: Node, keys: Iterable[str], *, files: bool = True) -> Plan:
    """Sort an asset's keys into due, done and waiting.

    Args:
        view: the catalog's state.
        node: the asset.
        keys: its partition keys, or `ALL` alone.
        files: look whether the files of what is done are there, too.

    Raises:
        ModelUnavailableError: a network that determines the asset cannot be had.
    """
    settings = _settings_json(node, view.settings)
    models = model_digests(node, view.settings)
    fingerprint = fingerprinter(node.name, node.code_version, settings, models)
    rows, resolve, emptiness = (
        view.standing(node.name),
        inputs_of(node, view),
        _emptiness(view, node),
    )
    due: dict[str, Task] = {}
    done: dict[str, ArtifactState] = {}
    waiting: dict[str, str] = {}
    for key in keys:
        inputs, row = resolve(key), rows.get(key)
        if isinstance(inputs, str):
            waiting[key] = inputs
            continue
        wanted = fingerprint(inputs)
        if row is not None and row.fingerprint == wanted and row.status != "failed":
            done[key] = row
        else:
            due[key] = Task(key, inputs, wanted, emptiness(key))
    for key in _broken(view, node.name, done) if files and done else ():
        inputs, wanted = resolve(key), done.pop(key).fingerprint
        assert not isinstance(inputs, str)
        due[key] = Task(key, inputs, wanted, emptiness(key))
    return Plan(tuple(due.values()), done, waiting, settings, models)
