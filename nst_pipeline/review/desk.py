"""What lies before the reviewer: the scenes, where each is in review, and what was decided."""

from __future__ import annotations

from dataclasses import asdict
from threading import RLock
from typing import Any

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps.composites import composites
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.placements import placements, stickers_tried
from nst_pipeline.pipeline.steps.reviewed import count_review, review_state, review_states
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.storage.records import PlacementRecord, Placements, ScenePhotoRecord
from nst_pipeline.storage.review import (
    Decision,
    Entry,
    Placed,
    append_entry,
    review_stamp,
)


class OutdatedError(NstError):
    """The result that a decision is about is not the present one any more."""


class Desk:
    """The results of a collection, and the user's decisions on them.

    Parameters
    ----------
    root
        The data root.
    """

    def __init__(self, root: UPath) -> None:
        self._root, self._lock = root, RLock()
        self._snapshot = Snapshot(open_workspace(root))
        self._results, self._decisions = self._stamps()

    def _stamps(self) -> tuple[int, str]:
        """Return what changes with results, and what changes with decisions."""
        return self._snapshot.workspace.catalog.version, review_stamp(self._root)

    def version(self) -> str:
        """Return a short text that changes with results and decisions."""
        return " ".join(map(str, self._stamps()))

    def snapshot(self) -> Snapshot:
        """Return the present state of the collection."""
        with self._lock:
            results, decisions = self._stamps()
            if results != self._results:
                self._snapshot = Snapshot(open_workspace(self._root))
            elif decisions != self._decisions:
                self._snapshot.forget_review()
            self._results, self._decisions = results, decisions
            return self._snapshot

    def counts(self) -> dict[str, Any]:
        """Return how far the review is."""
        counts = count_review(self.snapshot())
        return {**asdict(counts), "problem": counts.problem(), "text": str(counts)}

    def scenes(self) -> list[dict[str, Any]]:
        """List all scenes that were made, also those left empty, briefly."""
        snapshot = self.snapshot()
        rows = snapshot.rows(harmonized)
        listed = []
        for key, state in review_states(snapshot).items():
            row = rows.get(key)
            listed.append(
                {
                    "key": key,
                    "title": snapshot.workspace.scene_title(key),
                    "state": state,
                    "result": row.digest if row and row.status == "ok" else "",
                    "naturalness": row.figures.get("naturalness") if row else None,
                    "is_wish": snapshot.review.of(key).is_wish,
                }
            )
        return listed

    def scene(self, key: str) -> dict[str, Any]:
        """Describe a scene.

        Raises
        ------
        NstError
            There is no such scene.
        """
        snapshot = self.snapshot()
        row, decided = snapshot.rows(harmonized).get(key), snapshot.review.of(key)
        has_result = row is not None and row.status == "ok"
        placed, why_empty = self._placed(snapshot, key)
        photo = snapshot.record(ScenePhotoRecord, scene_photos, key)
        return {
            "key": key,
            "title": snapshot.workspace.scene_title(key),
            "state": review_state(snapshot, key),
            "result": row.digest if row is not None and has_result else "",
            "naturalness": row.figures.get("naturalness") if row else None,
            "width": photo.width,
            "height": photo.height,
            "objects": [self._object(each, photo) for each in placed],
            "is_own_placement": photo.placements is not None,
            "empty": "" if has_result else why_empty,
            "decision": decided.decision,
            "decided_at": decided.at.isoformat() if decided.at else "",
            "note": decided.note,
        }

    def _placed(self, snapshot: Snapshot, key: str) -> tuple[list[PlacementRecord], str]:
        """Return a scene's placements, and why there are none."""
        row = snapshot.rows(placements).get(key)
        if row is None or row.status == "failed":
            return [], "" if row is None else row.error
        return list(snapshot.record(Placements, placements, key)), row.error

    def _object(self, placed: PlacementRecord, photo: ScenePhotoRecord) -> dict[str, Any]:
        box = placed.box.clipped(photo.width, photo.height)
        return {
            "label": placed.label or "object",
            "sticker": placed.sticker,
            "photo": placed.photo,
            "why": placed.why,
            "plausibility": placed.plausibility,
            "box": [
                box.x / photo.width,
                box.y / photo.height,
                box.width / photo.width,
                box.height / photo.height,
            ],
        }

    def _entry(self, key: str, kind: Decision, result: str) -> Entry:
        """Check that a decision is about the present result, and describe it."""
        snapshot = self.snapshot()
        row, state = snapshot.states(harmonized).get(key), review_state(snapshot, key)
        if state is None:
            raise NstError(f"{key} has no result to decide about: see `nst status`")
        present = row.digest if row is not None and row.status == "ok" else ""
        if result != present:
            raise OutdatedError(f"the result of {key} was made anew meanwhile: look at it again")
        is_wish = kind not in ("approved", "rejected")
        if not present and kind not in WISHES_WHEN_EMPTY:
            raise NstError(f"{key} has no result: ask for another place or sticker, or undo")
        photo = snapshot.record(ScenePhotoRecord, scene_photos, key)
        if is_wish and photo.placements is not None:
            raise NstError(f"a placements file beside {photo.path} decides: change that file")
        if not present:
            return self._entry_on_empty(snapshot, key, kind)
        return Entry(scene=key, kind=kind, result=result, placements=self._shown(snapshot, key))

    def _entry_on_empty(self, snapshot: Snapshot, key: str, kind: Decision) -> Entry:
        """Ask for stickers that were not tried yet, or for the best place that there is."""
        if kind == "another place":
            return Entry(scene=key, kind=kind)
        shown, tried = self._shown(snapshot, key), stickers_tried(snapshot, key)
        return Entry(scene=key, kind=kind, placements=shown, stickers=tried)

    def _shown(self, snapshot: Snapshot, key: str) -> tuple[Placed, ...]:
        """Return what is on a scene, or was there when it was last decided about."""
        placed, _ = self._placed(snapshot, key)
        if placed:
            return tuple(Placed.of(each.placement()) for each in placed)
        before = (each for each in reversed(snapshot.review.entries) if each.scene == key)
        return next((each.placements for each in before if each.placements), ())

    def decide(self, key: str, kind: Decision, result: str) -> None:
        """Keep a decision.

        Parameters
        ----------
        key
            The scene.
        kind
            What was decided.
        result
            Digest of the result that it is about.

        Raises
        ------
        OutdatedError
            There is another result now.
        NstError
            There is nothing to decide, or a placements file is above the wish.
        """
        with self._lock:
            append_entry(self._root, self._entry(key, kind, result))

    def note(self, key: str, text: str) -> None:
        """Keep a note on a scene; an empty one removes it.

        Raises
        ------
        NstError
            There is no such scene.
        """
        with self._lock:
            self.snapshot().workspace.photo_file("scenes", key)
            append_entry(self._root, Entry(scene=key, kind="note", note=text))

    def undo(self, key: str = "") -> Entry | None:
        """Take back the last decision or note, of one scene or of all; None if there is none."""
        with self._lock:
            entries = self.snapshot().review.entries
            last = next((each for each in reversed(entries) if key in ("", each.scene)), None)
            if last is None:
                return None
            append_entry(self._root, Entry(scene=last.scene, kind="undo", undoes=last.id))
            return last


WISHES_WHEN_EMPTY: tuple[Decision, ...] = ("another place", "another sticker")
"""What can be asked for where there is no result."""
PICTURE_ASSETS = {"harmonized": harmonized, "composites": composites}
"""Assets whose pictures the app shows, by their names."""
