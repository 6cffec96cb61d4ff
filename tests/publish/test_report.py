"""Batch reports as HTML pages and as Markdown."""

import json
import re
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from nst_pipeline.publish.report import (
    ExampleResult,
    FigurePlot,
    best_and_worst,
    html_page,
    markdown_page,
    summarize_batch,
)

ASSETS = ["stickers", "composites", "harmonized"]
PLOTS = (
    FigurePlot("harmonized", "naturalness", "Naturalness", "1 is best"),
    FigurePlot("harmonized", "confidence", "Confidence", "a probability"),
    FigurePlot("stickers", "quality", "Cut-outs", "expected overlap"),
    FigurePlot("stickers", "no such figure", "Missing", "left out"),
)
START = datetime(2026, 11, 24, 10, tzinfo=UTC)


def row(asset: str, number: int, status: str = "ok", error: str = "", **figures) -> dict:
    return {
        "asset": asset,
        "key": f"{asset}-{number:02d}",
        "status": status,
        "size_bytes": 500_000,
        "run_id": "first" if asset == "stickers" else "second",
        "seconds": 2.0,
        "error": error,
        "figures": json.dumps(figures),
        "made_at": pd.Timestamp(START + timedelta(seconds=2 + number)),
    }


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    results = [
        row(
            "harmonized",
            n,
            naturalness=(n + 0.5) / 40,
            confidence=0.5,
            chosen="ring" if n < 10 else "model",
        )
        for n in range(40)
    ]
    failed = [row("composites", n, "failed", "the disk <is> full | no room") for n in range(9)]
    return pd.DataFrame([row("stickers", 0, quality=0.72), *failed, *results])


@pytest.fixture(scope="module")
def batch(rows):
    return summarize_batch(rows, ASSETS, result="harmonized", plots=PLOTS)


def test_each_asset_is_counted_and_timed(batch):
    assert [each.asset for each in batch.assets] == ASSETS
    composites = batch.assets[1]
    assert (composites.made, composites.failed, composites.seconds) == (0, 9, 18)
    assert composites.seconds_each == 2
    assert composites.megabytes == 4.5
    assert batch.results == 40
    assert (batch.started, batch.ended) == (START, START + timedelta(seconds=41))
    assert batch.runs == ("first", "second")


def test_equal_failures_share_one_line_that_lists_some_keys(batch):
    (reason,) = batch.reasons
    assert (reason.count, reason.keys[0]) == (9, "composites-00")
    assert len(reason.keys) < 9


def test_histograms_count_every_result(batch):
    naturalness, confidence, cut_outs = batch.histograms
    assert naturalness.counts == (2,) * 20
    assert (confidence.total, confidence.mean) == (40, 0.5)
    assert cut_outs.counts[14] == 1
    assert batch.methods == (("model", 30), ("ring", 10))


def test_the_best_and_the_worst_twelve_are_shown(rows):
    best, worst = best_and_worst(rows, result="harmonized")
    assert [each.key for each in best[:2]] == ["harmonized-39", "harmonized-38"]
    assert [each.key for each in worst[:2]] == ["harmonized-00", "harmonized-01"]
    assert len(best) == len(worst) == 12


def test_no_result_is_shown_twice_when_there_are_few(rows):
    best, worst = best_and_worst(rows[rows.asset == "harmonized"].head(5), result="harmonized")
    assert len({each.key for each in best + worst}) == len(best) + len(worst) == 5


def test_pages_embed_everything_they_show(batch):
    examples = [
        ExampleResult("a", "a b.jpg", 0.9, "ring", "data:image/webp;base64,AA==", "../a.html")
    ]
    page = html_page(batch, examples, []).decode()
    assert "the disk &lt;is&gt; full | no room" in page
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [each for each in sources if not each.startswith("data:")] == ["../a.html"]
    text = markdown_page(batch, examples, []).decode()
    assert "the disk <is> full \\| no room" in text
    assert "| harmonized | 40 | 0 | 0 | 80 s | 2.0 s | 20.0 |" in text
    assert text.endswith("[a]: data:image/webp;base64,AA==\n")


def test_a_batch_without_results_is_still_reported(rows):
    batch = summarize_batch(
        rows[rows.asset == "composites"], ASSETS, result="harmonized", plots=PLOTS
    )
    assert batch.histograms == batch.methods == ()
    assert "Batch of 24 November 2026, 10:00 UTC" in html_page(batch, [], []).decode()
    assert best_and_worst(rows[rows.asset == "composites"], result="harmonized") == ([], [])


@pytest.mark.parametrize("page", [html_page, markdown_page])
def test_the_networks_that_made_an_assets_artifacts_are_named(page):
    made = pd.DataFrame([row("composites", n, network="vgg16-edges") for n in range(2)])
    batch = summarize_batch(made, ASSETS, result="harmonized")

    assert batch.assets[0].networks == ("vgg16-edges",)
    assert "by vgg16-edges" in page(batch, [], []).decode()
