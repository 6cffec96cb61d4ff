"""The numbers of an export's labels, which stay the same when the folder is exported again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish.coco import CocoCategory, CocoDataset, LabeledImage

CATEGORIES = "categories.json"
"""File of every export: its labels, a JSON list, by their numbers from 0."""


def read_labels(path: Path | UPath) -> list[str]:
    """Read a list of labels: a JSON list, as exports write it, or a text with a label a line.

    Raises
    ------
    NstError
        The file cannot be read, is no such list, or names a label twice.
    """
    try:
        text = path.read_text("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else text.splitlines()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NstError(f"{path} cannot be read ({reason}): give a list of labels") from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise NstError(f"{path} is no list of labels: write one label a line, or a JSON list")
    labels = [each.strip() for each in found if each.strip()]
    twice = next((each for each in labels if labels.count(each) > 1), None)
    if twice is not None:
        raise NstError(f"{path} names the label {twice!r} twice: remove one")
    return labels


def number_labels(present: Iterable[str], kept: Sequence[str]) -> list[str]:
    """List labels by their numbers.

    Parameters
    ----------
    present
        The labels of the dataset.
    kept
        Labels whose numbers are given, in their order; those that are not present stay.

    Examples
    --------
    >>> number_labels({"ant", "cup", "cat"}, ["dog", "cup"])
    ['dog', 'cup', 'ant', 'cat']
    """
    return [*kept, *sorted(set(present) - set(kept))]


def renumbered(dataset: CocoDataset, labels: Sequence[str]) -> CocoDataset:
    """Give a dataset's categories the numbers of a list of labels, from 1 on, as COCO counts.

    Parameters
    ----------
    dataset
        The content of `coco.json`.
    labels
        All its labels, and maybe others, from `number_labels`.
    """
    numbers = {name: number for number, name in enumerate(labels, start=1)}
    ids = {each.id: numbers[each.name] for each in dataset.categories}
    categories = tuple(CocoCategory(id=number, name=name) for name, number in numbers.items())

    def entries() -> Iterator[LabeledImage]:
        for image, labeled in dataset.entries():
            own = (
                each.model_copy(update={"category_id": ids[each.category_id]}) for each in labeled
            )
            yield LabeledImage(image, tuple(own))

    return replace(dataset, categories=categories, entries=entries)
