"""What the UI shows of an artifact: path, figures, inputs, and its picture."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from nst_pipeline.pipeline.batch import Outcome
from nst_pipeline.pipeline.workspace import Workspace
from nst_pipeline.publish.thumbnails import inline_webp
from nst_pipeline.storage.catalogue import Input, Row
from nst_pipeline.storage.store import Picture

_MOST_LISTED = 50
"""Rows in a table of the UI; the catalogue has them all."""


def row_tags(row: Row) -> dict[str, str]:
    """The data version is the artifact's digest: equal bytes are the same version."""
    return {"dagster/data_version": row.digest or row.fingerprint}


def row_metadata(workspace: Workspace, row: Row, *, rich: bool) -> dict[str, Any]:
    """Metadata of a materialisation; `rich` adds inputs and the picture."""
    metadata: dict[str, Any] = {
        "status": row.status,
        "seconds": dg.MetadataValue.float(row.seconds),
        **dict(row.figures),
    }
    if row.error:
        metadata["empty because"] = row.error
    if row.path:
        metadata["path"] = dg.MetadataValue.path(str(workspace.root / row.path))
    if rich:
        metadata["inputs"] = _inputs_table(row.inputs)
        metadata |= {
            name: dg.MetadataValue.md(f"![{name} of {row.key}]({inline_webp(picture)})")
            for name, picture in _pictures(workspace, row).items()
        }
    return metadata


def _pictures(workspace: Workspace, row: Row) -> Mapping[str, Picture]:
    names = [name for name in row.files if name.endswith(".png")]
    return {
        name.strip(".").removesuffix(".png").removesuffix("png") or "picture": (
            workspace.store.picture(row.asset, row.key, name)
        )
        for name in names
    }


def _inputs_table(inputs: tuple[Input, ...]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({"asset": each.asset, "key": each.key, "digest": each.digest})
            for each in inputs[:_MOST_LISTED]
        ],
        schema=dg.TableSchema([dg.TableColumn(name) for name in ("asset", "key", "digest")]),
    )


def check_metadata(outcome: Outcome) -> dict[str, Any]:
    """Counts, and the images that failed with their reasons."""
    failed = sorted(outcome.failed.items())[:_MOST_LISTED]
    metadata: dict[str, Any] = {
        "made": len(outcome.made),
        "up to date": len(outcome.skipped),
        "quarantined": len(outcome.failed),
        "passed over": len(outcome.waiting),
    }
    if failed:
        metadata["images"] = dg.MetadataValue.table(
            records=[dg.TableRecord({"key": key, "error": row.error}) for key, row in failed],
            schema=dg.TableSchema([dg.TableColumn("key"), dg.TableColumn("error")]),
        )
    return metadata
