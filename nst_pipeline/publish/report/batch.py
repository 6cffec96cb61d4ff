"""A batch in figures, from its rows in the catalog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

RESULT, CUT_OUT = "harmonized", "stickers"
"""The assets whose quality is shown."""
_SHOWN = 12
"""Pictures of the best results, and of the worst."""
_KEYS_NAMED = 8
"""Of what failed for the same reason; the catalog has all."""
_BINS = 20


@dataclass(frozen=True)
class AssetFigures:
    """What was made of one asset; `seconds` are of work, all in all."""

    asset: str
    made: int
    empty: int
    failed: int
    seconds: float
    megabytes: float

    @property
    def seconds_each(self) -> float:
        """Of one artifact, made or not."""
        return self.seconds / max(self.made + self.empty + self.failed, 1)


@dataclass(frozen=True)
class Reason:
    """Why artifacts failed or are empty; of many only some are named."""

    asset: str
    status: str
    why: str
    count: int
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Histogram:
    """How often a figure from 0 to 1 fell into each of equal parts of that range."""

    title: str
    says: str
    counts: tuple[int, ...]
    mean: float

    @property
    def total(self) -> int:
        """All that was counted."""
        return sum(self.counts)


@dataclass(frozen=True)
class Shown:
    """A result with its picture; `picture` is a data URI, `page` a link to look closer."""

    key: str
    title: str
    score: float
    chosen: str
    picture: str = ""
    page: str = ""


@dataclass(frozen=True)
class Batch:
    """All that a report tells, without the pictures."""

    started: datetime
    ended: datetime
    runs: tuple[str, ...]
    assets: tuple[AssetFigures, ...]
    reasons: tuple[Reason, ...]
    histograms: tuple[Histogram, ...]
    methods: tuple[tuple[str, int], ...]
    """Candidate and how often it became the result, the most frequent first."""

    @property
    def minutes(self) -> float:
        """From the first artifact's beginning to the last one's end."""
        return (self.ended - self.started).total_seconds() / 60

    def count(self, status: str) -> int:
        """Artifacts of all assets that ended so: `made`, `empty` or `failed`."""
        return sum(getattr(each, status) for each in self.assets)

    @property
    def results(self) -> int:
        """Natural results made."""
        return sum(each.made for each in self.assets if each.asset == RESULT)


def _figures(rows: pd.DataFrame, asset: str) -> AssetFigures:
    of = rows[rows.asset == asset]
    count = of.status.value_counts()
    made, empty, failed = (int(count.get(status, 0)) for status in ("ok", "empty", "failed"))
    return AssetFigures(
        asset,
        made,
        empty,
        failed,
        seconds=float(of.seconds.sum()),
        megabytes=float(of.size_bytes.sum()) / 1e6,
    )


def _reasons(rows: pd.DataFrame) -> tuple[Reason, ...]:
    """What failed and what is empty, by reason; failures and frequent ones first.

    A failure's reason may name its photo: those that differ in that alone are still listed one by
    one, which is what who mends them needs.
    """
    told = rows[rows.status.isin(("failed", "empty"))]
    grouped = [
        Reason(str(asset), str(status), str(why), len(of), tuple(of.key[:_KEYS_NAMED]))
        for (asset, status, why), of in told.groupby(["asset", "status", "error"], sort=False)
    ]
    return tuple(sorted(grouped, key=lambda each: (each.status != "failed", -each.count)))


def _parsed(rows: pd.DataFrame, asset: str) -> pd.DataFrame:
    """The figures of what was made of an asset, with its keys."""
    of = rows[(rows.asset == asset) & (rows.status == "ok")]
    return pd.DataFrame.from_records([json.loads(each) for each in of.figures], index=of.key)


def _histogram(title: str, says: str, figures: pd.DataFrame, column: str) -> Histogram | None:
    if column not in figures or figures.empty:
        return None
    values = figures[column].to_numpy(float).clip(0, 1)
    counts, _ = np.histogram(values, bins=_BINS, range=(0, 1))
    return Histogram(title, says, tuple(counts.tolist()), float(values.mean()))


def summarize(rows: pd.DataFrame, assets: Sequence[str]) -> Batch:
    """The figures of a batch.

    Args:
        rows: of the catalog, at least one.
        assets: names in the order in which they are shown.
    """
    results, cut_out = _parsed(rows, RESULT), _parsed(rows, CUT_OUT)
    began = rows.made_at - pd.to_timedelta(rows.seconds, unit="s").dt.round("us")
    found = (
        _histogram(
            "Realism",
            "how well colors and edges should fit, 1 at best; sense is not judged",
            results,
            "score",
        ),
        _histogram("Confidence", "how surely the change was for the better", results, "confidence"),
        _histogram("Cut-outs", "expected overlap with the true outline", cut_out, "quality"),
    )
    chosen = results["chosen"].value_counts() if "chosen" in results else pd.Series(dtype=int)
    return Batch(
        started=began.min().to_pydatetime(),
        ended=rows.made_at.max().to_pydatetime(),
        runs=tuple(rows.run_id.drop_duplicates()),
        assets=tuple(_figures(rows, name) for name in assets if (rows.asset == name).any()),
        reasons=_reasons(rows),
        histograms=tuple(each for each in found if each is not None),
        methods=tuple((str(name), int(count)) for name, count in chosen.items()),
    )


def to_show(rows: pd.DataFrame) -> tuple[list[Shown], list[Shown]]:
    """The best results and the worst, by realism and then confidence; none is in both.

    Args:
        rows: of the catalog.
    """
    results = _parsed(rows, RESULT)
    if results.empty:
        return [], []
    ordered = results.sort_values(["score", "confidence"], ascending=False, kind="stable")
    shown = [
        Shown(str(key), str(key), float(row.score), str(row.chosen))
        for key, row in ordered.iterrows()
    ]
    best = min(_SHOWN, (len(shown) + 1) // 2)
    return shown[:best], shown[best:][-_SHOWN:][::-1]
