"""Plan which artifacts are due: those without a current fingerprint, or with missing files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.item import DueArtifact
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.pins import check_digests
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.settings import Settings
from nst_pipeline.storage.artifact_files import file_name
from nst_pipeline.storage.catalog import ArtifactState
from nst_pipeline.storage.fingerprint import fingerprinter


@dataclass(frozen=True)
class Plan:
    """The keys of one asset, sorted by what to do with them.

    Attributes
    ----------
    due
        Artifacts to make.
    done
        Artifacts that are up to date, by key.
    waiting
        Why an artifact cannot be made yet, by key: an upstream artifact is missing or failed.
    settings_json
        The settings that determine the asset, as canonical JSON.
    models
        Digests, by name, of the networks and files that determine the asset.
    """

    due: tuple[DueArtifact, ...]
    done: dict[str, ArtifactState]
    waiting: dict[str, str]
    settings_json: str
    models: Mapping[str, str]


def settings_json(node: Node, settings: Settings) -> str:
    """Return the settings that determine an asset, as canonical JSON."""
    values = {name: getattr(settings, name).canonical() for name in node.settings}
    return json.dumps(values, sort_keys=True)


def _empty_reasons(snapshot: Snapshot, node: Node) -> Callable[[str], str]:
    """Return a function that says why an artifact will be empty; an empty string if it will not."""
    needed = [each for each in node.upstream_with(snapshot.settings) if each not in node.optional]
    upstream = [snapshot.states(each) for each in needed if each.inbox == node.inbox]

    def reason(key: str) -> str:
        rows = (rows.get(key) for rows in upstream)
        return next((row.error for row in rows if row is not None and row.status == "empty"), "")

    return reason


def _file_names(key: str, row: ArtifactState) -> list[str]:
    return [file_name(key, name) for name in row.files]


def _keys_with_broken_files(
    snapshot: Snapshot, node: Node, rows: Mapping[str, ArtifactState]
) -> set[str]:
    """Return the keys whose files are missing or truncated, judging by their total size."""
    names = {key: _file_names(key, row) for key, row in rows.items()}
    sizes = snapshot.sizes(node, [name for each in names.values() for name in each])
    return {
        key
        for key, row in rows.items()
        if sum(sizes.get(name, -row.size_bytes - 1) for name in names[key]) != row.size_bytes
    }


def plan_asset(
    snapshot: Snapshot, asset: Asset, keys: Iterable[str], *, files: bool = True
) -> Plan:
    """Sort an asset's keys into due, done, and waiting.

    Parameters
    ----------
    snapshot
        State of the catalog.
    asset
        The asset.
    keys
        Partition keys, or `ALL` alone.
    files
        Also check that the files of up-to-date artifacts exist.

    Raises
    ------
    ModelUnavailableError
        A network that determines the asset is missing.
    SettingError
        A network or a file has another digest than the settings pin.
    """
    settings, models = settings_json(asset, snapshot.settings), asset.models(snapshot.settings)
    check_digests(models, snapshot.settings)
    fingerprint = fingerprinter(asset.name, asset.code_version, settings, models)
    rows, resolve = snapshot.states(asset), asset.inputs(snapshot, asset)
    empty_reason = _empty_reasons(snapshot, asset)
    due: dict[str, DueArtifact] = {}
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
            due[key] = DueArtifact(key, inputs, wanted, empty_reason(key))
    for key in _keys_with_broken_files(snapshot, asset, done) if files and done else ():
        inputs, wanted = resolve(key), done.pop(key).fingerprint
        assert not isinstance(inputs, str)
        due[key] = DueArtifact(key, inputs, wanted, empty_reason(key))
    return Plan(tuple(due.values()), done, waiting, settings, models)
