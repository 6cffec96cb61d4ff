"""Figures of a batch, computed from its rows in the catalog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

_EXAMPLES = 12
"""Number of best results shown, and number of worst results."""
_KEYS_LISTED = 8
"""Keys listed per reason; the catalog has all of them."""
_BINS = 20


@dataclass(frozen=True)
class FigurePlot:
    """A figure of an asset to plot as a histogram; its values lie in 0..1."""

    asset: str
    figure: str
    title: str
    explanation: str


@dataclass(frozen=True)
class AssetFigures:
    """Totals for one asset."""

    asset: str
    made: int
    empty: int
    failed: int
    seconds: float
    """Working time of all artifacts together."""
    megabytes: float
    networks: tuple[str, ...] = ()
    """Names of the networks that made them, from their figure `network`."""

    @property
    def seconds_each(self) -> float:
        """Mean working time per artifact, whatever its status."""
        return self.seconds / max(self.made + self.empty + self.failed, 1)


@dataclass(frozen=True)
class Reason:
    """Why artifacts of an asset failed or are empty."""

    asset: str
    status: str
    why: str
    count: int
    keys: tuple[str, ...]
    """Keys of the first few."""


@dataclass(frozen=True)
class Bar:
    """One bin of a histogram: its range, its count, and the count relative to the fullest bin."""

    start: float
    end: float
    count: int
    share: float


@dataclass(frozen=True)
class Histogram:
    """Distribution of a figure that lies in 0..1, in bins of equal width."""

    title: str
    explanation: str
    counts: tuple[int, ...]
    mean: float

    @property
    def total(self) -> int:
        """Number of values counted."""
        return sum(self.counts)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bins, ready to draw."""
        most, bins = max(self.counts), len(self.counts)
        return tuple(
            Bar(number / bins, (number + 1) / bins, count, count / most if most else 0.0)
            for number, count in enumerate(self.counts)
        )


@dataclass(frozen=True)
class ExampleResult:
    """One result shown in the report."""

    key: str
    title: str
    naturalness: float
    chosen: str
    """The candidate that became the result."""
    image: str = ""
    """A small image as a data URI; empty if there is none."""
    page: str = ""
    """Link to the scene's gallery page; empty if there is none."""


@dataclass(frozen=True)
class NotUsedSummary:
    """How much of the collection's object photos no scene gets; the gallery has a page of it."""

    photos: int
    """Photos without any sticker."""
    stickers: int
    """Stickers that no scene gets."""
    page: str
    """The page's path or address."""

    def __str__(self) -> str:
        photos, stickers = (
            f"{count} {name}{'' if count == 1 else 's'}"
            for count, name in ((self.photos, "photo"), (self.stickers, "sticker"))
        )
        return f"{photos} without a sticker, and {stickers} not used"


@dataclass(frozen=True)
class BatchSummary:
    """All figures of a report; its images are passed separately, as `ExampleResult`."""

    started: datetime
    ended: datetime
    runs: tuple[str, ...]
    assets: tuple[AssetFigures, ...]
    reasons: tuple[Reason, ...]
    histograms: tuple[Histogram, ...]
    results: int
    """Number of harmonized results."""
    methods: tuple[tuple[str, int], ...]
    """Candidates and how often each became the result, most frequent first."""
    not_used: NotUsedSummary | None = None
    """What no scene gets; None if scenes may get everything."""

    @property
    def minutes(self) -> float:
        """Time from the start of the first artifact to the end of the last."""
        return (self.ended - self.started).total_seconds() / 60

    def count(self, status: str) -> int:
        """Number of artifacts with a status: `made`, `empty` or `failed`."""
        return sum(getattr(each, status) for each in self.assets)


def _networks(rows: pd.DataFrame) -> tuple[str, ...]:
    names = (json.loads(each).get("network") for each in rows.figures)
    return tuple(sorted({str(name) for name in names if name}))


def _asset_figures(rows: pd.DataFrame, asset: str) -> AssetFigures:
    selected = rows[rows.asset == asset]
    count = selected.status.value_counts()
    made, empty, failed = (int(count.get(status, 0)) for status in ("ok", "empty", "failed"))
    return AssetFigures(
        asset,
        made,
        empty,
        failed,
        seconds=float(selected.seconds.sum()),
        megabytes=float(selected.size_bytes.sum()) / 1e6,
        networks=_networks(selected),
    )


def _reasons(rows: pd.DataFrame) -> tuple[Reason, ...]:
    """Group failed and empty artifacts by reason; failures and frequent reasons come first.

    Reasons that name different photos stay separate, because each of these photos needs repair.
    """
    selected = rows[rows.status.isin(("failed", "empty"))]
    grouped = [
        Reason(str(asset), str(status), str(why), len(group), tuple(group.key[:_KEYS_LISTED]))
        for (asset, status, why), group in selected.groupby(
            ["asset", "status", "error"], sort=False
        )
    ]
    return tuple(sorted(grouped, key=lambda each: (each.status != "failed", -each.count)))


def _figures(rows: pd.DataFrame, asset: str) -> pd.DataFrame:
    """The quality figures of an asset's artifacts, indexed by key."""
    made = rows[(rows.asset == asset) & (rows.status == "ok")]
    return pd.DataFrame.from_records([json.loads(each) for each in made.figures], index=made.key)


def _histogram(plot: FigurePlot, figures: pd.DataFrame) -> Histogram | None:
    if plot.figure not in figures or figures.empty:
        return None
    values = figures[plot.figure].to_numpy(float).clip(0, 1)
    counts, _ = np.histogram(values, bins=_BINS, range=(0, 1))
    return Histogram(plot.title, plot.explanation, tuple(counts.tolist()), float(values.mean()))


def summarize_batch(
    rows: pd.DataFrame, assets: Sequence[str], *, result: str, plots: Sequence[FigurePlot] = ()
) -> BatchSummary:
    """Compute the figures of a batch.

    Parameters
    ----------
    rows
        Catalog rows of the batch, at least one.
    assets
        Asset names in display order.
    result
        The asset that holds the results; its figure `chosen` names a result's candidate.
    plots
        Figures to plot. The mean of the first one is shown at the top of the report.

    Returns
    -------
    BatchSummary
        Plots without any value are left out.
    """
    figures = {name: _figures(rows, name) for name in {result, *(plot.asset for plot in plots)}}
    results = figures[result]
    began = rows.made_at - pd.to_timedelta(rows.seconds, unit="s").dt.round("us")
    histograms = (_histogram(plot, figures[plot.asset]) for plot in plots)
    chosen = results["chosen"].value_counts() if "chosen" in results else pd.Series(dtype=int)
    return BatchSummary(
        started=began.min().to_pydatetime(),
        ended=rows.made_at.max().to_pydatetime(),
        runs=tuple(rows.run_id.drop_duplicates()),
        assets=tuple(_asset_figures(rows, name) for name in assets if (rows.asset == name).any()),
        reasons=_reasons(rows),
        histograms=tuple(each for each in histograms if each is not None),
        results=len(results),
        methods=tuple((str(name), int(count)) for name, count in chosen.items()),
    )


def best_and_worst(
    rows: pd.DataFrame, *, result: str
) -> tuple[list[ExampleResult], list[ExampleResult]]:
    """Select the best and the worst results, by naturalness and then by confidence.

    Parameters
    ----------
    rows
        Catalog rows of the batch.
    result
        The asset that holds the results, with the figures `naturalness`, `confidence` and `chosen`.

    Returns
    -------
    best, worst
        At most 12 each, the extreme first; no result is in both. Without `image` and `page`.
    """
    results = _figures(rows, result)
    if results.empty:
        return [], []
    ordered = results.sort_values(["naturalness", "confidence"], ascending=False, kind="stable")
    examples = [
        ExampleResult(str(key), str(key), float(row.naturalness), str(row.chosen))
        for key, row in ordered.iterrows()
    ]
    best = min(_EXAMPLES, (len(examples) + 1) // 2)
    return examples[:best], examples[best:][-_EXAMPLES:][::-1]
