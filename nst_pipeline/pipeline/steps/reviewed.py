"""What the user's decisions mean for the results that there are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.review import INPUT, REVIEW_FILE, SceneReview

ReviewState = Literal["to review", "approved", "rejected", "to be made anew", "empty"]
"""`empty`: no sticker fits, so that there is no result."""


def _made_from(row: Row, asset: str) -> str:
    """Return the digest of a row's input from an asset; empty if it has none."""
    return next((each.digest for each in row.inputs if each.asset == asset), "")


def _follows_wishes(snapshot: Snapshot, key: str, decided: SceneReview) -> bool:
    """Whether the scene was placed and made by the user's present wishes."""
    placed, result = snapshot.rows(placements).get(key), snapshot.rows(harmonized).get(key)
    if placed is None or result is None or decided.wishes is None:
        return False
    is_placed = _made_from(placed, INPUT) == decided.wishes.digest
    is_made = _made_from(result, placements.name) == placed.digest
    return is_placed and is_made


def review_state(snapshot: Snapshot, key: str) -> ReviewState | None:
    """Return where a scene is in review; None if it was not made yet, or failed.

    A decision holds for the result that it was made about. A rejection also holds for what follows
    until it is decided again, but is asked again.
    """
    row, decided = snapshot.states(harmonized).get(key), snapshot.review.of(key)
    if decided.is_wish and not _follows_wishes(snapshot, key, decided):
        return "to be made anew"
    if row is None or row.status != "ok":
        return "empty" if decided.is_wish or (row is not None and row.status == "empty") else None
    is_current = decided.result == row.digest
    if is_current and decided.decision == "approved":
        return "approved"
    return "rejected" if is_current and decided.decision == "rejected" else "to review"


def review_states(snapshot: Snapshot) -> dict[str, ReviewState]:
    """Return where each scene is in review, by key; scenes that were not made are left out."""
    states = ((key, review_state(snapshot, key)) for key in snapshot.keys(harmonized))
    return {key: state for key, state in states if state is not None}


@dataclass(frozen=True)
class ReviewCounts:
    """How far the review is.

    Attributes
    ----------
    results
        Scenes with a result, or to be made anew.
    approved, rejected, to_make
        Those approved, rejected, and to be made anew.
    to_review
        Those without a decision on the present result.
    empty
        Scenes without a result, besides.
    begun
        Whether anything was ever decided.
    problems
        What is wrong with lines of the file, by their numbers.
    """

    results: int
    approved: int
    rejected: int
    to_make: int
    to_review: int
    empty: int
    begun: bool
    problems: Mapping[int, str]

    @property
    def reviewed(self) -> int:
        """Scenes whose present result was approved or rejected."""
        return self.approved + self.rejected

    @property
    def approved_share(self) -> float:
        """Share of the reviewed results that were approved, 0..1."""
        return self.approved / self.reviewed if self.reviewed else 0.0

    def __str__(self) -> str:
        parts = [f"{self.reviewed} of {self.results} reviewed"]
        if self.reviewed:
            parts.append(f"{self.approved} approved ({self.approved_share:.0%})")
        parts += [f"{self.rejected} rejected"] if self.rejected else []
        parts += [f"{self.to_make} to be made anew by `nst run`"] if self.to_make else []
        parts += [f"{self.empty} empty"] if self.empty else []
        return ", ".join(parts)

    def problem(self) -> str:
        """Name the lines of the file that cannot be read; empty if there are none."""
        if not self.problems:
            return ""
        number, why = next(iter(self.problems.items()))
        more = f", and {len(self.problems) - 1} more lines" if len(self.problems) > 1 else ""
        return f"line {number} of {REVIEW_FILE} is not a decision ({why}){more}: all others count"


def count_review(snapshot: Snapshot) -> ReviewCounts:
    """Count the scenes by where they are in review."""
    states = Counter(review_states(snapshot).values())
    review = snapshot.review
    return ReviewCounts(
        results=states.total() - states["empty"],
        approved=states["approved"],
        rejected=states["rejected"],
        to_make=states["to be made anew"],
        to_review=states["to review"],
        empty=states["empty"],
        begun=bool(review.scenes),
        problems=review.problems,
    )
