"""Damaged files go through the whole graph, by `nst run` as people start it.

`--fuzz-graph N` takes N files, in batches; without it, none:

    python -m pytest tests/fuzz/test_graph.py --fuzz-graph 1000 --junit-xml figures.xml
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import INBOXES, Workspace, open_workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.upkeep.verify import verify
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.images.codecs import encode_jpeg
from tests.fuzz.mutations import hostile_json, hostile_rows, mutated, seeds
from tests.fuzz.test_fuzz import BYTES, COCO, PLACEMENTS, SECONDS
from tests.vision.images.test_phones import HEIC

PROJECT = Path(__file__).parents[2]
BATCH = 100
SETTINGS = """
[placement]
same_split = false
min_plausibility = 0.0
cut_objects = true
min_sticker_px = 0
min_height_fraction = 0.02

[recipes]
left_side = 128
right_side = 128

[vgg19]
pictures = []
"""
SIDECARS = {
    ".annotations.json": lambda random: hostile_json(COCO, random),
    ".coco.json": lambda random: hostile_json(COCO, random),
    ".boxes.csv": hostile_rows,
    ".mask.png": lambda random: mutated(seeds()["color.png"], random),
    ".placements.json": lambda random: hostile_json(PLACEMENTS, random),
}
BUG = re.compile(r"^[A-Za-z]+(Error|Exception|Interrupt|Warning): ")
"""How the catalog names an exception that is none of those with a remedy."""


@dataclass
class Entry:
    """A file of an inbox, with its sidecar if it has one."""

    inbox: str
    name: str
    photo: bytes
    sidecar: tuple[str, bytes] | None = None

    def write(self, root: Path) -> None:
        folder = root / self.inbox
        (folder / self.name).write_bytes(self.photo)
        if self.sidecar is not None:
            ending, content = self.sidecar
            (folder / f"{Path(self.name).stem}{ending}").write_bytes(content)


def entries(count: int, random: np.random.Generator) -> list[Entry]:
    """Mutated photos of every format for both inboxes, and good ones with hostile sidecars."""
    whole = {**seeds(), "phone.heic": HEIC}
    names, endings, made = list(whole), list(SIDECARS), list[Entry]()
    for number in range(count):
        inbox, name = INBOXES[number % 2], names[number // 2 % len(names)]
        if number % 4 < 3:
            made.append(Entry(inbox, f"{number}-{name}", mutated(whole[name], random)))
            continue
        ending = endings[number // 4 % len(endings)]
        sidecar = ending, SIDECARS[ending](random)
        made.append(Entry(inbox, f"{number}.jpg", whole["progressive.jpg"], sidecar))
    return made


def start_collection(root: Path) -> None:
    """Write a collection with one good photo in each inbox: a cup, and a place to stand on."""
    for inbox in INBOXES:
        (root / inbox).mkdir(parents=True)
    (root / "objects/good.jpg").write_bytes(encode_jpeg(data.coffee()))
    (root / "objects/good.boxes.csv").write_text(
        "image,x,y,width,height,label\ngood.jpg,78,12,404,376,cup\n"
    )
    (root / "scenes/good.jpg").write_bytes(encode_jpeg(load_sample_image("china.jpg")))
    (root / "nst.toml").write_text(SETTINGS)
    (root / "home").mkdir()
    shutil.copy(PROJECT / "dagster_home/dagster.yaml", root / "home")


def nst_run(root: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"NST_DATA": str(root), "DAGSTER_HOME": str(root / "home")}
    command = [Path(sys.executable).with_name("nst"), "run", "--json"]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=seconds, check=False
    )


def peak_of_children() -> int:
    """Most memory that a process took which this one started, bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def check_accounted(workspace: Workspace, batch: list[Entry]) -> None:
    """Check that each photo is refused with a reason, or has a row of each asset, or one failed."""
    for inbox in INBOXES:
        index = workspace.index(inbox)
        read = {each.path: key for key, each in index.photos.items()}
        refused = {each.path: each.reason for each in index.unreadable}
        assert all(refused.values())
        assert {each.name for each in batch if each.inbox == inbox} | {"good.jpg"} == {
            *read,
            *refused,
        }
        rows = {
            asset.name: workspace.catalog.latest(asset.name)
            for asset in ASSETS
            if asset.inbox == inbox
        }
        for key in read.values():
            found = [own[key].status for own in rows.values() if key in own]
            assert len(found) == len(rows) or "failed" in found


def seconds_of_files(rows: list[Row]) -> float:
    """Return the longest time that an artifact took, without the first of each asset's batch.

    The first one is made alone, since it loads the asset's networks.
    """
    by_asset: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.made_at):
        by_asset.setdefault(row.asset, []).append(row)
    return max(row.seconds for own in by_asset.values() for row in own[1:])


@pytest.mark.slow
def test_damaged_files_go_through_the_whole_graph(
    request, random, tmp_path, record_testsuite_property
):
    left = int(request.config.getoption("--fuzz-graph"))
    if not left:
        pytest.skip("minutes of runs: --fuzz-graph N takes N files through the graph")
    start_collection(tmp_path / "good")
    assert nst_run(tmp_path / "good", 300).returncode == 0
    usual, statuses, slowest = peak_of_children(), Counter[str](), 0.0
    for number, batch in enumerate(
        entries(min(BATCH, left - first), random) for first in range(0, left, BATCH)
    ):
        root = tmp_path / f"batch-{number}"
        start_collection(root)
        for each in batch:
            each.write(root)
        done = nst_run(root, 300 + SECONDS * len(batch))
        assert done.returncode in (0, 3), done.stderr
        assert "Traceback" not in done.stderr
        workspace = open_workspace(UPath(root))
        check_accounted(workspace, batch)
        rows = [row for asset in ASSETS for row in workspace.catalog.latest(asset.name).values()]
        bugs = [(row.asset, row.key, row.error) for row in rows if BUG.match(row.error)]
        assert bugs == []
        assert all(row.error.isprintable() for row in rows)
        assert not verify(workspace)
        statuses.update(row.status for row in rows)
        results = workspace.catalog.latest("harmonized").values()
        assert sum(row.status == "ok" for row in results) > 1, "damaged scenes get composites, too"
        slowest = max(slowest, seconds_of_files(rows))
        shutil.rmtree(root)
    grown = peak_of_children() - usual
    for name, value in {"slowest_seconds": slowest, "grown_bytes": grown, **statuses}.items():
        record_testsuite_property(name, json.dumps(value))
    assert slowest < SECONDS
    assert grown < BYTES
