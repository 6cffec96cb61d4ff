"""The definition of an asset: its inputs, how it is made, its checks, and how the UI shows it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from nst_pipeline.pipeline.engine.inputs import InputsOf, from_upstream
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.pictures import PicturesOf, picture_files
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.publish.columns import Column
from nst_pipeline.publish.report import FigurePlot
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import Input, Row
from nst_pipeline.vision.shapes import Box

Phase = Literal["objects", "library", "scenes", "publish"]
PHASES: tuple[Phase, ...] = ("objects", "library", "scenes", "publish")
"""The phases of an update of the collection, in order; each uses the results of those before."""

Make = Callable[[Sequence[Item]], Sequence[Made]]
"""Make the artifacts of several items; return them in the order of the items."""

SAMPLE_SIZE = 12
"""Artifacts of a run that a check opens by default: few enough to add little time to a run of
500."""


@dataclass(frozen=True)
class Check:
    """A check of the artifacts that a run made.

    Attributes
    ----------
    name
        Name in the UI.
    description
        When the check fails, and what to do then.
    complaint
        Inspects one artifact and returns what is wrong with it; an empty string if nothing is.
    severity
        Whether a complaint is an error or a warning.
    sample_size
        Maximum number of artifacts of a run to inspect; None for all, if the check opens no file.
    figures
        Names of the artifacts' figures that the check is about: its result has their median and
        their lowest value, which the UI plots over time.
    """

    name: str
    description: str
    complaint: Callable[[Snapshot, Row], str]
    severity: Literal["error", "warning"] = "error"
    sample_size: int | None = SAMPLE_SIZE
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class GalleryPicture:
    """A picture of an asset that the gallery shows for each scene.

    Attributes
    ----------
    name
        Identifier that can be part of a file name.
    label
        Name shown on pages.
    file
        The artifact's file, one of the names in `artifact_files`.
    window
        Returns the part of the scene that the picture shows; None if it shows the whole scene.
    explains_absence
        Whether the gallery gives the reason if the artifact is empty.
    made_by
        Name of the figure that names the network, which the gallery adds to the label.
    """

    name: str
    label: str
    file: str
    window: Callable[[Snapshot, str], Box | None] | None = None
    explains_absence: bool = True
    made_by: str = ""


TablesOf = Callable[[Workspace, Row], Mapping[str, Iterable[Mapping[str, Any]]]]
"""Return the tables of one artifact: title to rows of plain values."""


@dataclass(frozen=True)
class Presentation:
    """How the UI and the gallery show the artifacts of an asset.

    Attributes
    ----------
    pictures
        Returns the pictures of one artifact by label, in the order in which the UI shows them.
    tables
        Returns the tables of one artifact: title to rows.
    unused
        Returns the inputs of one artifact that were considered, but not used in the end.
    ranked_by
        Name of the figure by which the UI picks the artifacts of a run to look at first: those
        with the lowest values.
    counts_rows
        Name of the figure that holds the number of rows of the table that the asset writes.
    columns
        Columns of that table.
    gallery
        Pictures that the gallery shows for each scene.
    plots
        Figures that the batch report plots.
    """

    pictures: PicturesOf = picture_files
    tables: TablesOf = lambda *_: {}
    unused: Callable[[Workspace, Row], Collection[Input]] = lambda *_: ()
    ranked_by: str = ""
    counts_rows: str = ""
    columns: tuple[Column, ...] = ()
    gallery: tuple[GalleryPicture, ...] = ()
    plots: tuple[FigurePlot, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Asset(Node):
    """A node of the graph, with everything that concerns its asset.

    Attributes
    ----------
    make
        Makes the artifacts of one or more items.
    description
        Description in the UI.
    phase
        Phase in which the asset is made.
    group, kinds
        Group and kinds of the asset in the UI.
    inputs
        Finds the inputs of the asset's artifacts.
    texts
        Describes the inputs of all artifacts at once (`engine/columns.py`). Only needed beside
        `inputs` of the asset's own, in a large collection.
    models
        Returns the digests, by name, of the networks and files that determine the asset besides
        its inputs and settings.
    batch_size
        Returns how many items to pass to one call of `make`.
    exclusive
        Whether only one call of `make` may run at a time, because it uses the whole machine.
    ends_batch
        Whether a run writes the batch report after making this asset.
    checks
        Checks of the artifacts that a run made.
    presentation
        How the UI and the gallery show the artifacts.
    read_by_people
        Whether the UI warns if the asset has not been brought up to date for a while.
    consumed_in_part
        Whether each downstream artifact depends on only a few entries of this one. A change of
        its content then does not mark them as out of date in the UI.
    keeps_own_files
        Whether the asset manages its folder itself, so that the catalog does not list its
        files.
    """

    make: Make
    description: str
    phase: Phase
    group: str
    kinds: Collection[str] = ()
    inputs: InputsOf = from_upstream
    texts: Callable[[Snapshot, Node], Iterator[pa.Array]] | None = None
    models: Callable[[Settings], Mapping[str, str]] = lambda _: {}
    batch_size: Callable[[Settings], int] = lambda _: 1
    exclusive: bool = False
    ends_batch: bool = False
    checks: tuple[Check, ...] = ()
    presentation: Presentation = Presentation()
    read_by_people: bool = False
    consumed_in_part: bool = False
    keeps_own_files: bool = False


def _for_each(function: Callable[[Item], Made]) -> Make:
    return lambda items: [function(item) for item in items]


def define_asset(
    *, phase: Phase, inbox: Inbox | None, group: str, **options: Any
) -> Callable[[Callable[..., Any]], Asset]:
    """Turn a function into an asset of the same name; its docstring describes the asset.

    The function takes an `Item` and returns a `Made`. If `batch_size` is among the options, it
    takes a sequence of items and returns one `Made` for each.

    Parameters
    ----------
    phase, inbox, group
        As in `Asset`.
    **options
        The other attributes of `Asset` and `Node`.

    Examples
    --------
    >>> @define_asset(phase="scenes", inbox="scenes", group="scenes")
    ... def blank(item):
    ...     '''Make nothing.'''
    ...     return Made(empty="this asset is always empty")
    >>> blank.name, blank.description
    ('blank', 'Make nothing.')
    """

    def decorate(function: Callable[..., Any]) -> Asset:
        return Asset(
            name=function.__name__,
            description=inspect.getdoc(function) or "",
            make=function if "batch_size" in options else _for_each(function),
            phase=phase,
            inbox=inbox,
            group=group,
            **options,
        )

    return decorate
