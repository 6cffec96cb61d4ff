"""The simulation of many workers is what can be worked out by hand, where it can be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scaling.measure import measure_commits
from benchmarks.scaling.simulate import Assumed, Cluster, Scene, figures, simulate

FREE = Assumed(0.0, 1e9, 1e9, 1e9, 0.0, 0.0)
"""Nothing that is shared takes time."""
SCENE = Scene(seconds=2.0, megabytes=10.0, files=5.0, artifacts=6.0)
PARTS = {
    "event_milliseconds": {"postgres": 0.0},
    "commit": {"milliseconds": 10.0},
    "images": {
        "2 megapixels": {
            "assets": {
                "composites": {"seconds": 0.5, "megabytes": 4.0, "files": 3},
                "stylized_vgg19": {"seconds": 9.0, "megabytes": 1.0, "files": 2},
                "stickers": {"seconds": 1.0, "megabytes": 2.0, "files": 1},
                "gallery": {"seconds": 5.0, "megabytes": 2.0, "files": 1},
            },
            "launch_seconds": 10.0,
            "publish_milliseconds": 36.0,
        }
    },
}


def hours(workers: int, scenes: int = 10_000, assumed: Assumed = FREE) -> float:
    return simulate(Cluster(SCENE, PARTS, assumed), scenes, workers, launch=100.0) / 3600


def test_workers_that_share_nothing_are_as_many_times_as_fast():
    one = hours(1)
    assert one == pytest.approx((10_000 * 2 + 20 * 100) / 3600, rel=1e-6)
    assert hours(10) == pytest.approx(one / 10)
    # There are only twenty runs.
    assert hours(100) == pytest.approx(one / 20)


def test_what_is_shared_bounds_them_all():
    slow = replace(FREE, store_files_per_second=10.0)
    assert hours(1, assumed=slow) > hours(10, assumed=slow)
    # 10,000 scenes of 5 files, at 10 files a second.
    assert hours(20, assumed=slow) >= 5000 / 3600
    cluster = Cluster(SCENE, PARTS, slow)
    made = simulate(cluster, 10_000, 20, launch=100.0)
    assert cluster.store.busy == pytest.approx(5000)
    assert cluster.store.busy / made > 0.9


def test_a_scene_costs_what_its_assets_do():
    assets = PARTS["images"]["2 megapixels"]["assets"]
    plain = Scene.of(assets, Assumed(objects_per_scene=0.1), vgg=False)
    assert plain == Scene(pytest.approx(0.6), pytest.approx(4.2), pytest.approx(3.1), 1.1)
    assert Scene.of(assets, Assumed(), vgg=True).seconds == pytest.approx(9.6)


def test_publishing_is_the_work_of_one():
    found = figures(PARTS, "2 megapixels", 100_000, 100, vgg=False)
    assert found["publish_share"] * found["hours"] == pytest.approx(1.0, rel=0.05)


def test_the_figures_of_the_page_are_those_of_the_parts():
    parts = json.loads((Path("benchmarks/scaling/parts.json")).read_text())
    page = (Path("docs/scaling.md")).read_text("utf-8")
    for size in parts["images"]:
        for workers in (1, 10, 100):
            found = figures(parts, size, 100_000, workers, vgg=False)
            assert f"| {size} | {workers} | {found['hours']:.1f} |" in page


def test_commits_are_measured():
    assert measure_commits(8)["milliseconds"] > 0
