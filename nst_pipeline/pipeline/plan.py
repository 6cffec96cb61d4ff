"""What is due: an artifact whose fingerprint is not in the catalogue, or whose files are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from nst_pipeline.pipeline.graph import Node
from nst_pipeline.pipeline.inputs import inputs_of
from nst_pipeline.pipeline.models import model_digests
from nst_pipeline.pipeline.workspace import Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalogue import Input, Row
from nst_pipeline.storage.fingerprint import fingerprint
from nst_pipeline.storage.store import ALL


@dataclass(frozen=True)
class Task:
    """An artifact to be made, and all that determines it."""

    key: str
    inputs: tuple[Input, ...]
    fingerprint: str
    empty: str = ""
    """Why there is nothing to be made: something upstream is an empty result."""


@dataclass(frozen=True)
class Plan:
    """How the keys of one asset stand."""

    due: tuple[Task, ...]
    done: dict[str, Row]
    waiting: dict[str, str]
    """Key to the reason: something upstream is missing or failed."""
    settings_json: str
    models: Mapping[str, str]


def settings_json(node: Node, settings: Settings) -> str:
    """The settings that determine an asset, as canonical JSON."""
    values = settings.model_dump(mode="json", include=set(node.settings))
    return json.dumps(values, sort_keys=True)


class Planner:
    """A view of the catalogue at one moment, for one state of the settings."""

    def __init__(self, workspace: Workspace, settings: Settings | None = None) -> None:
        self.workspace = workspace
        self.settings = settings or workspace.settings
        self.rows = cache(workspace.catalogue.latest)
        self._sizes = cache(workspace.store.sizes)

    def keys(self, node: Node) -> list[str]:
        """All keys of an asset: the photos known to be in its inbox."""
        if node.collection is None:
            return [ALL]
        return list(self.workspace.index(node.collection).photos)

    def plan(self, node: Node, keys: Iterable[str]) -> Plan:
        """Sort keys into due, done and waiting."""
        settings, models = settings_json(node, self.settings), model_digests(node, self.settings)
        rows = self.rows(node.name)
        due, done, waiting = [], {}, {}
        resolve = inputs_of(node, self)
        for key in keys:
            inputs = resolve(key)
            if isinstance(inputs, str):
                waiting[key] = inputs
                continue
            print_ = fingerprint(node.name, node.code_version, inputs, settings, models)
            row = rows.get(key)
            if row is not None and row.fingerprint == print_ and self._stands(row):
                done[key] = row
            else:
                due.append(Task(key, inputs, print_, self._emptiness(node, key)))
        return Plan(tuple(due), done, waiting, settings, models)

    def _emptiness(self, node: Node, key: str) -> str:
        """What an empty upstream result of the same key says."""
        for name in node.upstream:
            row = self.rows(name).get(key)
            if row is not None and row.status == "empty" and name not in node.optional:
                return row.error
        return ""

    def _stands(self, row: Row) -> bool:
        """Whether the row's artifact is whole: not failed, its files there and of their size."""
        if row.status not in ("ok", "empty"):
            return False
        if not row.files:
            return True
        sizes, prefix = self._sizes(row.asset), "" if row.key == ALL else row.key
        found = [sizes.get(f"{prefix}{name}") for name in row.files]
        return None not in found and sum(size or 0 for size in found) == row.size_bytes
