"""Read and write the user's decisions on results: the file `review.jsonl` in the data root.

The file has one line of JSON for each decision, and is only ever added to: undoing is a line, too.
What a decision was about is kept with it: the digest of the result, and what was placed where.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.files import LOCAL
from nst_pipeline.storage.objects.access import is_object_store
from nst_pipeline.storage.objects.conditions import change
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.shapes import Box, Placement

REVIEW_FILE = "review.jsonl"
INPUT = "review"
"""What a decision is called among the inputs of an artifact."""

Verdict = Literal["approved", "rejected"]
Wish = Literal["another place", "another sticker", "larger", "smaller"]
Decision = Literal[Verdict, Wish]
_Kind = Literal[Decision, "note", "undo"]

SIZE_STEP = 1.2
"""Factor of a sticker's sides for one step larger."""
_NEWLINE = b"\n"


class Placed(BaseModel):
    """A sticker on the result that a decision was about; the box is in the scene's pixels."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sticker: str
    x: int
    y: int
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    flip: bool = False

    @classmethod
    def of(cls, placement: Placement) -> Placed:
        """Describe a placement."""
        return cls(sticker=placement.sticker, flip=placement.flip, **asdict(placement.box))

    def placement(self) -> Placement:
        """Return the placement that this describes."""
        return Placement(self.sticker, Box(self.x, self.y, self.width, self.height), self.flip)


class Entry(BaseModel):
    """A line of the file.

    Attributes
    ----------
    id
        Names the line, so that another one can undo it.
    at
        When it was written.
    scene
        Key of the scene.
    kind
        The decision, `note`, or `undo`.
    result
        Digest of the artifact of `harmonized` that it was about; empty if there was none.
    placements
        What was on it.
    stickers
        Of a scene that got none: names of the stickers that were tried.
    note
        Text of a note; an empty one removes the note before.
    undoes
        Of an undo: the line that no longer counts.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    scene: str = Field(min_length=1)
    kind: _Kind
    result: str = ""
    placements: tuple[Placed, ...] = ()
    stickers: tuple[str, ...] = ()
    note: str = ""
    undoes: str = ""
    id: str = Field(default_factory=lambda: uuid.uuid4().hex[:12], min_length=1)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))


@dataclass(frozen=True)
class Wishes:
    """How a scene is to be placed, by all wishes for it together.

    Attributes
    ----------
    refused_stickers
        Names of stickers that the scene must not get.
    refused_places
        Places that are not to be taken again, in the scene's pixels, each with its sticker.
    kept
        The only stickers that it may get, because another place was wished for them; empty for any.
    sized
        Placements that were to become larger or smaller, as they were then; empty if none were.
    size_of
        The result on which they were.
    steps
        Steps by which they are to be larger; negative for smaller.
    anyway
        Whether the scene is to get the best place that there is, even if none is good enough.
    """

    refused_stickers: tuple[str, ...] = ()
    refused_places: tuple[Placement, ...] = ()
    kept: tuple[str, ...] = ()
    sized: tuple[Placement, ...] = ()
    size_of: str = ""
    steps: int = 0
    anyway: bool = False

    @property
    def digest(self) -> str:
        """Digest of everything that placing depends on."""
        values = asdict(self)
        if not self.anyway:
            del values["anyway"]  # Wishes from before there was such a one keep their digest.
        return sha256(json.dumps(values, sort_keys=True).encode())

    def after(self, entry: Entry) -> Wishes:
        """Add one wish."""
        shown = tuple(each.placement() for each in entry.placements)
        names = tuple(each.sticker for each in shown)
        if entry.kind == "another sticker":
            refused = tuple(dict.fromkeys((*self.refused_stickers, *names, *entry.stickers)))
            return Wishes(refused, self.refused_places, anyway=self.anyway)
        if entry.kind == "another place":
            places = tuple(dict.fromkeys((*self.refused_places, *shown)))
            anyway = self.anyway or not shown
            return Wishes(self.refused_stickers, places, kept=names, anyway=anyway)
        step = 1 if entry.kind == "larger" else -1
        if self.sized and self.size_of == entry.result:
            return replace(self, steps=self.steps + step)
        return replace(self, sized=shown, size_of=entry.result, steps=step)

    def placements(self, scene_width: int, scene_height: int) -> tuple[Placement, ...]:
        """Return the placements of the wished size.

        A sticker keeps its foot, and the edge of the scene that hides a cut.

        Parameters
        ----------
        scene_width, scene_height
            Pixels.
        """
        factor = SIZE_STEP**self.steps
        return tuple(
            replace(each, box=_scaled(each.box, factor, scene_width, scene_height))
            for each in self.sized
        )


def _scaled(box: Box, factor: float, scene_width: int, scene_height: int) -> Box:
    """Scale a box; its larger side stays between 2 % and 200 % of the scene's."""
    side = max(box.width / scene_width, box.height / scene_height)
    factor = min(max(factor, 0.02 / side), 2.0 / side)
    width, height = max(1, round(box.width * factor)), max(1, round(box.height * factor))
    left = box.x + round((box.width - width) / 2)
    if box.x < 0:
        left = box.x
    elif box.right > scene_width:
        left = box.right - width
    return Box(left, box.bottom - height, width, height)


@dataclass(frozen=True)
class SceneReview:
    """What was decided about a scene.

    Attributes
    ----------
    decision
        The last decision; empty if there is only a note.
    result
        Digest of the result that it was about.
    at
        When; None without a decision.
    note
        The last note.
    wishes
        All wishes for its placements; None if there were none.
    wished_about, wishes_before
        The result that the last wishes were about, and the wishes that it was made by. Approving or
        rejecting that very result takes the last wishes back.
    """

    decision: Decision | Literal[""] = ""
    result: str = ""
    at: datetime | None = None
    note: str = ""
    wishes: Wishes | None = None
    wished_about: str | None = None
    wishes_before: Wishes | None = None

    @property
    def is_wish(self) -> bool:
        """Whether the last decision asks for another result."""
        return self.decision not in ("", "approved", "rejected")

    def after(self, entry: Entry) -> SceneReview:
        """Add one line of the file."""
        if entry.kind == "note":
            return replace(self, note=entry.note)
        if entry.kind == "undo":
            return self
        decided = replace(self, decision=entry.kind, result=entry.result, at=entry.at)
        is_first = entry.result != self.wished_about
        if decided.is_wish:
            before = self.wishes if is_first else self.wishes_before
            wishes = (self.wishes or Wishes()).after(entry)
            return replace(decided, wishes=wishes, wished_about=entry.result, wishes_before=before)
        return decided if is_first else replace(decided, wishes=self.wishes_before)


@dataclass(frozen=True)
class Review:
    """The content of the file.

    Attributes
    ----------
    entries
        All lines that count: no undo, and nothing that was undone; the oldest first.
    scenes
        What follows from them, by the scene's key.
    problems
        What is wrong with lines that were passed over, by their numbers.
    """

    entries: tuple[Entry, ...] = ()
    scenes: Mapping[str, SceneReview] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)

    def of(self, key: str) -> SceneReview:
        """Return what was decided about a scene."""
        return self.scenes.get(key, SceneReview())

    @property
    def rejected(self) -> set[str]:
        """Keys of the scenes that were rejected, which dataset and exports leave out."""
        return {key for key, each in self.scenes.items() if each.decision == "rejected"}


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    return ": ".join([".".join(map(str, first["loc"])), first["msg"]]).removeprefix(": ")


def review_of(entries: Iterable[Entry], problems: Mapping[int, str] | None = None) -> Review:
    """Work out what was decided from the lines of the file, in their order."""
    every = tuple(entries)
    undone = {each.undoes for each in every if each.kind == "undo"}
    counting = tuple(each for each in every if each.kind != "undo" and each.id not in undone)
    scenes: dict[str, SceneReview] = {}
    for each in counting:
        scenes[each.scene] = scenes.get(each.scene, SceneReview()).after(each)
    return Review(counting, scenes, problems or {})


def parse_review(data: bytes) -> Review:
    """Parse the content of the file.

    A line that cannot be read, such as the last one of a process that was killed while it wrote, is
    passed over; all other lines count.

    Examples
    --------
    >>> lines = b'{"scene": "barn-1a", "kind": "rejected", "id": "1"}\\n{"scene": "barn'
    >>> review = parse_review(lines)
    >>> review.of("barn-1a").decision, list(review.problems)
    ('rejected', [2])
    """
    entries, problems = list[Entry](), dict[int, str]()
    for number, line in enumerate(data.split(_NEWLINE), start=1):
        if not line.strip():
            continue
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError as error:
            problems[number] = _explain(error)
    return review_of(entries, problems)


def read_review(root: UPath) -> Review:
    """Read the decisions of a collection; nothing is decided if there is no file.

    Raises
    ------
    NstError
        The file cannot be read.
    """
    path = root / REVIEW_FILE
    try:
        return parse_review(path.read_bytes())
    except FileNotFoundError:
        return Review()
    except OSError as error:
        raise NstError(
            f"{path} cannot be read ({error.strerror or error}): correct this, or move it away"
        ) from error


def review_stamp(root: UPath) -> str:
    """Return a short text that changes with the file; empty if there is none."""
    path = root / REVIEW_FILE
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ""
    return f"{stat.st_size} {stat.st_mtime}"


def _append_locally(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # One write at the end of the file: two processes cannot mix their lines.
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        is_whole = size == 0 or file.read(1) == _NEWLINE
        # What a killed process left of a line stays a line of its own.
        file.write(line if is_whole else _NEWLINE + line)
        os.fsync(file.fileno())


def append_entry(root: UPath, entry: Entry) -> None:
    """Add a line to the file; when this returns, it would survive a power cut.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    path = root / REVIEW_FILE
    values = entry.model_dump(mode="json")
    told = {name: value for name, value in values.items() if value not in ("", [])}
    line = json.dumps(told, ensure_ascii=False).encode() + _NEWLINE
    if path.protocol in LOCAL:
        _append_locally(Path(path.path), line)
        return

    def added(before: bytes) -> bytes:
        is_whole = not before or before.endswith(_NEWLINE)
        return before + (line if is_whole else _NEWLINE + line)

    if is_object_store(path.protocol):
        change(path, added)
    else:
        path.write_bytes(added(path.read_bytes() if path.exists() else b""))
