"""An asset in one place: what it is made from, how it is made, and how it is checked and shown."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nst_pipeline.pipeline.engine.inputs import InputsOf, from_upstream
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.pictures import PicturesOf, picture_files
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Collection as PhotoCollection
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.publish.columns import Column
from nst_pipeline.publish.report import FigurePlot
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.shapes import Box

Phase = Literal["objects", "library", "scenes", "publish"]
PHASES: tuple[Phase, ...] = ("objects", "library", "scenes", "publish")
"""The phases of a run over the collection, in their order. Each needs those before it."""

Make = Callable[[Sequence[Item]], Sequence[Made]]
"""Makes the artifacts of several items, and returns them in the order of the items."""

SAMPLE_SIZE = 12
"""Pictures that a check opens for a batch: a run of 500 takes hardly longer."""


@dataclass(frozen=True)
class Check:
    """A check of what a run made.

    Attributes
    ----------
    name
        The check's name in the UI.
    description
        When it fails, and what to do then.
    complaint
        Looks at one artifact, and returns what is wrong with it; an empty text if nothing is.
    severity
        Whether a complaint is an error or a warning.
    sample_size
        How many artifacts of a run are looked at; None: all, for checks that open no file.
    """

    name: str
    description: str
    complaint: Callable[[Snapshot, Row], str]
    severity: Literal["error", "warning"] = "error"
    sample_size: int | None = SAMPLE_SIZE


@dataclass(frozen=True)
class GalleryPicture:
    """A picture of an asset that the gallery shows for each scene.

    Attributes
    ----------
    name
        Short and fit for a file name.
    label
        What people read.
    file
        The artifact's file: what follows the key in its name.
    window
        Returns the part of the scene that the picture shows; None: it shows all of it.
    explains_absence
        Whether the gallery says why the picture is missing where the artifact is empty.
    """

    name: str
    label: str
    file: str
    window: Callable[[Snapshot, str], Box | None] | None = None
    explains_absence: bool = True


TablesOf = Callable[[Workspace, Row], Mapping[str, Iterable[Mapping[str, Any]]]]
"""Returns, for one artifact, table title to rows of plain values."""


def no_tables(workspace: Workspace, row: Row) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    """Return no tables."""
    del workspace, row
    return {}


@dataclass(frozen=True)
class Presentation:
    """How artifacts of an asset are shown.

    Attributes
    ----------
    pictures
        Returns label to picture of one artifact; the UI shows them in this order.
    tables
        Returns table title to rows of one artifact.
    ranked_by
        The figure that tells which artifacts of a batch to look at first: those where it is low.
    counts_rows
        The figure that counts the rows of the table that the asset writes.
    columns
        The columns of that table.
    gallery
        The pictures that the gallery shows for each scene.
    plots
        The figures that the batch report plots.
    """

    pictures: PicturesOf = picture_files
    tables: TablesOf = no_tables
    ranked_by: str = ""
    counts_rows: str = ""
    columns: tuple[Column, ...] = ()
    gallery: tuple[GalleryPicture, ...] = ()
    plots: tuple[FigurePlot, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Asset(Node):
    """A node of the graph, with everything that concerns it.

    Attributes
    ----------
    make
        Makes the artifacts of one or more items.
    description
        What the UI says about the asset.
    phase
        The phase in which the asset is made.
    group, kinds
        The asset's group and kinds in the UI.
    inputs
        Finds the inputs of the asset's artifacts.
    models
        Returns name to digest of the networks and files that determine the asset besides its
        inputs and settings.
    batch_size
        How many items `make` takes at once.
    exclusive
        Whether two calls of `make` must not run at the same time, since one fills the machine.
    ends_batch
        Whether a batch is complete, and is reported, when a run has made the asset.
    checks
        Checks of what a run made.
    presentation
        How its artifacts are shown.
    read_by_people
        Whether the UI warns when nobody has brought the asset up to date for a while.
    consumed_in_part
        Whether each downstream artifact depends on a few entries of this one. A change of its
        content then does not make the UI call them out of date.
    keeps_own_files
        Whether the asset manages its folder itself, so that the catalog does not list its files.
    """

    make: Make
    description: str
    phase: Phase
    group: str
    kinds: Collection[str] = ()
    inputs: InputsOf = from_upstream
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
    *, phase: Phase, collection: PhotoCollection | None, group: str, **options: Any
) -> Callable[[Callable[..., Any]], Asset]:
    """Turn a function into an asset of the same name; its docstring describes the asset.

    The function takes an `Item` and returns what it `Made`. Where `batch_size` is among the
    options, it takes a sequence of items and returns a list.

    Parameters
    ----------
    phase, collection, group
        As in `Asset`.
    **options
        The other attributes of `Asset` and `Node`.

    Examples
    --------
    >>> @define_asset(phase="scenes", collection="scenes", group="scenes")
    ... def blank(item):
    ...     '''Nothing at all.'''
    ...     return Made(empty="this asset is always empty")
    >>> blank.name, blank.description
    ('blank', 'Nothing at all.')
    """

    def decorate(function: Callable[..., Any]) -> Asset:
        return Asset(
            name=function.__name__,
            description=inspect.getdoc(function) or "",
            make=function if "batch_size" in options else _for_each(function),
            phase=phase,
            collection=collection,
            group=group,
            **options,
        )

    return decorate
