"""What is up to date is found from columns; it is what planning image by image finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from upath import UPath

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.columns import may_be_due
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.review.desk import Desk
from nst_pipeline.storage.catalog import Row
from tests.defs.conftest import SETTINGS, Collection


def not_done(snapshot: Snapshot, asset: Asset, keys: list[str]) -> list[str]:
    """Return the keys that are due or waiting."""
    done = plan_asset(snapshot, asset, keys, files=False).done
    return [key for key in keys if key not in done]


def by_columns(collection: Collection) -> dict[str, list[str]]:
    snapshot, found = Snapshot(collection.open()), {}
    for asset in ASSETS:
        if asset.inbox:
            keys = may_be_due(snapshot, asset)
            found[asset.name] = not_done(snapshot.only(asset, keys), asset, keys)
    return found


def one_by_one(collection: Collection) -> dict[str, list[str]]:
    snapshot = Snapshot(collection.open())
    return {
        asset.name: not_done(snapshot, asset, snapshot.keys(asset))
        for asset in ASSETS
        if asset.inbox
    }


def change_photo(collection: Collection) -> None:
    photo = collection.root / "scenes/temple.jpg"
    photo.write_bytes((collection.root / "scenes/a_b.jpg").read_bytes())
    (collection.root / "objects/cat.jpg").unlink()


def append(collection: Collection, row: Row, **changes: str) -> None:
    collection.open().catalog.append([replace(row, made_at=datetime.now(UTC), **changes)])


def fail_one(collection: Collection) -> None:
    rows = collection.rows("placements")
    key = next(iter(rows))
    append(collection, rows[key], status="failed", error="it broke")


def make_one_anew(collection: Collection) -> None:
    rows = collection.rows("composites")
    key = next(iter(rows))
    append(collection, rows[key], digest="0" * 64)


def change_setting(collection: Collection) -> None:
    (collection.root / "nst.toml").write_text(f"{SETTINGS}\n[harmonize]\nmethod = 'ring'\n")


def vary(collection: Collection) -> None:
    (collection.root / "nst.toml").write_text(f"{SETTINGS}\n[scenes]\nvariants = 2\n")


def annotate(collection: Collection) -> None:
    boxes = "label,x,y,width,height\ncat,1,1,9,9\n"
    (collection.root / "scenes/temple.boxes.csv").write_text(boxes)


def wish_for_another_place(collection: Collection) -> None:
    desk = Desk(UPath(collection.root))
    key = next(key for key, row in collection.rows("harmonized").items() if row.status == "ok")
    desk.decide(key, "another place", desk.scene(key)["result"])


def forget_the_library(collection: Collection) -> None:
    (collection.root / "artifacts/sticker_library/library.parquet").unlink()


@pytest.mark.parametrize(
    "change",
    [
        change_photo,
        fail_one,
        make_one_anew,
        change_setting,
        vary,
        annotate,
        wish_for_another_place,
        forget_the_library,
    ],
)
def test_columns_find_what_planning_finds(
    collection: Collection, change: Callable[[Collection], None]
):
    snapshot = Snapshot(collection.open())
    assert not any(may_be_due(snapshot, asset) for asset in ASSETS if asset.inbox)
    change(collection)
    for inbox in ("objects", "scenes"):
        collection.open().rescan(inbox)
    assert by_columns(collection) == one_by_one(collection)
