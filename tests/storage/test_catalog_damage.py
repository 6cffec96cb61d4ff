"""A damaged catalog is one line with the remedy, and can be rebuilt."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from upath import UPath

from nst_pipeline.errors import DamagedCatalogError, NstError
from nst_pipeline.storage.catalog import Catalog, Row
from nst_pipeline.storage.catalog.repair import repair_catalog
from nst_pipeline.storage.catalog.rows import to_table

ROWS = [Row(*each, "ok", "f") for each in (("stickers", "a"), ("stickers", "b"), ("light", "a"))]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    catalog = Catalog(UPath(tmp_path))
    for row in ROWS:
        catalog.append([row])
    return tmp_path


def _table(root: Path) -> Path:
    return root / "catalog/artifacts"


def _keys(root: Path) -> list[tuple[str, str]]:
    return sorted((row.asset, row.key) for row in Catalog(UPath(root)).rows())


def _log(root: Path) -> list[Path]:
    return sorted((_table(root) / "_delta_log").glob("*.json"))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a log of text": lambda root: _log(root)[0].write_text("garbage"),
    "a log of half a line": lambda root: _log(root)[0].write_text('{"add":{'),
    "a log of zeros": lambda root: _log(root)[1].write_bytes(bytes(100)),
    "a part of the log missing": lambda root: _log(root)[0].unlink(),
    "no log": lambda root: shutil.rmtree(_table(root) / "_delta_log"),
    "a data file missing": lambda root: next(_table(root).glob("asset=light/*")).unlink(),
    "a data file of zeros": lambda root: next(_table(root).glob("asset=light/*")).write_bytes(
        bytes(99)
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_one_line_and_repair_keeps_what_can_be_read(root: Path, damage: str) -> None:
    DAMAGE[damage](root)
    catalog = Catalog(UPath(root))
    with pytest.raises(DamagedCatalogError, match=r"artifacts is damaged .*`nst repair`") as caught:
        catalog.rows()
    assert str(caught.value).isprintable()
    assert "[0m" not in str(caught.value) and "unknown" not in str(caught.value)
    done = repair_catalog(UPath(root))
    kept = [("stickers", "a"), ("stickers", "b")]
    assert _keys(root) == (kept if "data file" in damage else [("light", "a"), *kept])
    assert Path(done.kept).is_dir()
    Catalog(UPath(root)).append([Row("stickers", "c", "ok", "f")])
    assert ("stickers", "c") in _keys(root)


def test_repair_counts_copies_of_rows_once(root: Path) -> None:
    Catalog(UPath(root)).compact("stickers")
    for _ in range(2):
        assert repair_catalog(UPath(root)).rows == 3


def test_a_catalog_of_an_earlier_version_gets_the_columns_that_it_lacks(tmp_path: Path) -> None:
    older = to_table(ROWS).drop(["figures", "models"])
    write_deltalake(str(_table(tmp_path)), older, partition_by=["asset"])
    assert [dict(row.figures) for row in Catalog(UPath(tmp_path)).rows()] == [{}, {}, {}]
    Catalog(UPath(tmp_path)).append([Row("stickers", "c", "ok", "f")])
    assert len(_keys(tmp_path)) == 4


def test_a_foreign_or_later_table_is_refused(tmp_path: Path) -> None:
    write_deltalake(str(_table(tmp_path)), pa.table({"x": [1]}))
    with pytest.raises(NstError, match="table of something else: move it away"):
        Catalog(UPath(tmp_path)).append(ROWS)
    shutil.rmtree(_table(tmp_path))
    later = to_table(ROWS).append_column("mood", pa.array(["good"] * 3))
    write_deltalake(str(_table(tmp_path)), later, partition_by=["asset"])
    with pytest.raises(NstError, match=r"later version, with the columns mood"):
        Catalog(UPath(tmp_path)).rows()


def test_an_empty_catalog_is_repaired_to_an_empty_one(tmp_path: Path) -> None:
    assert repair_catalog(UPath(tmp_path)).rows == 0
    assert _keys(tmp_path) == []
