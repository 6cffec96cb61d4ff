"""Asset checks: what was made is looked at, a bounded sample of it in a batch.

Each check gives one result for a run. It says how many images were looked at and names those that
there is something to say about. None blocks anything: what depends on an image is made all the
same, so that one doubtful image does not cost the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from nst_pipeline.defs.report import table_metadata
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.graph import Node
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.upkeep.inspection import (
    changed_background,
    poor_matte,
    unopenable,
    worse_than_untouched,
)
from nst_pipeline.storage.catalog import Row

_SAMPLE = 12
"""Pictures looked at in a batch: a run of 500 gets hardly longer."""
_OF_WHICH = "Of the images that the latest run made, it looks at up to {count}."


@dataclass(frozen=True)
class Check:
    """One thing to look at."""

    name: str
    says: str
    """For the UI: when it fails, and what to do then."""
    complaint: Callable[[View, Row], str]
    severity: dg.AssetCheckSeverity
    at_most: int | None = _SAMPLE
    """None: all of them, where the catalog's figures say it and nothing is opened."""

    def spec(self, asset: str) -> dg.AssetCheckSpec:
        """What Dagster is told of it."""
        looks = f" {_OF_WHICH.format(count=self.at_most)}" if self.at_most else ""
        return dg.AssetCheckSpec(self.name, asset=asset, description=f"{self.says}{looks}")

    def _look(self, view: View, row: Row) -> str:
        try:
            return self.complaint(view, row)
        except Exception as error:
            # Whatever is wrong with the picture, looking at it must not fail the run that made it.
            return f"cannot be looked at: {error}"

    def result(self, view: View, rows: Sequence[Row]) -> dg.AssetCheckResult:
        """Look at a sample, evenly spread."""
        step = -(-len(rows) // self.at_most) if self.at_most else 1
        sample = rows[:: max(1, step)]
        said = {row.key: self._look(view, row) for row in sample}
        offenders = [{"key": key, "complaint": text} for key, text in said.items() if text]
        metadata = {"looked at": len(sample), "made in this run": len(rows)}
        return dg.AssetCheckResult(
            check_name=self.name,
            passed=not offenders,
            severity=self.severity,
            metadata=metadata | ({"images": table_metadata(offenders)} if offenders else {}),
        )


_OPENS = Check(
    "opens",
    "Fails if a picture cannot be read back from where it was stored, or is not of its scene's "
    "size. Then storage is at fault: delete the file, and it is made again.",
    unopenable,
    dg.AssetCheckSeverity.ERROR,
)
_BACKGROUND = Check(
    "background_untouched",
    "Fails if a pixel outside the object and its shadow is not the scene's, byte for byte. That "
    "would be a fault of the pipeline.",
    changed_background,
    dg.AssetCheckSeverity.ERROR,
)
_MATTE = Check(
    "matte_quality",
    "Warns of cut-outs that are almost empty, fill almost all of their box, or have hard edges. "
    "Draw the object's box closer, or paint a mask (docs/how-to/your-own-photos.md).",
    poor_matte,
    dg.AssetCheckSeverity.WARN,
)
_GAIN = Check(
    "no_worse_than_untouched",
    "Warns of results whose realism score is below that of the untouched composite. With "
    "`harmonize.method = auto` there are none; a method that you choose yourself may make them.",
    worse_than_untouched,
    dg.AssetCheckSeverity.WARN,
    at_most=None,
)

_CHECKS: dict[str, tuple[Check, ...]] = {
    "stickers": (_MATTE,),
    "composites": (_OPENS, _BACKGROUND),
    "stylized_vgg19": (_OPENS,),
    "harmonized": (_OPENS, _BACKGROUND, _GAIN),
}


def check_specs(node: Node) -> list[dg.AssetCheckSpec]:
    """The checks of an asset."""
    return [check.spec(node.name) for check in _CHECKS.get(node.name, ())]


def check_results(view: View, node: Node, outcome: Outcome) -> Iterator[dg.AssetCheckResult]:
    """Look at what the run made; where it made nothing, at what it found up to date."""
    standing = () if outcome.made else outcome.skipped
    rows = outcome.made or {key: view.rows(node.name)[key] for key in standing}
    whole = [row for row in rows.values() if row.status == "ok"]
    for check in _CHECKS.get(node.name, ()):
        yield check.result(view, whole)
