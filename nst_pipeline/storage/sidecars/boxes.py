"""Parse a CSV file of boxes: image,x,y,width,height[,label][,height_m]."""

from __future__ import annotations

import csv
import io

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.names import folded, normalized_name, normalized_path
from nst_pipeline.storage.sidecars.objects import (
    Note,
    SidecarObject,
    ignore_note,
    parse_edges,
    parse_height,
    parse_label,
)

_BOX_COLUMNS = ("x", "y", "width", "height")


def boxes_reader(text: str) -> csv.DictReader[str]:
    """Read the rows of a boxes file, separated by commas or, as in many countries, semicolons."""
    text = text.replace("\ufeff", "").replace("\0", "")
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    return csv.DictReader(io.StringIO(text), skipinitialspace=True, delimiter=delimiter)


def split_boxes(text: str) -> dict[str, str]:
    """Split a boxes file into one CSV text for each name in its column `image`.

    Raises
    ------
    KeyError
        There is no such column.
    """
    reader = boxes_reader(text)
    columns = list(reader.fieldnames or ())
    sections: dict[str, io.StringIO] = {}
    for row in reader:
        name = normalized_path(row["image"] or "")
        if name not in sections:
            sections[name] = io.StringIO()
            csv.writer(sections[name]).writerow(columns)
        csv.writer(sections[name]).writerow(row[column] or "" for column in columns)
    if not sections and "image" not in columns:
        raise KeyError("image")
    return {name: section.getvalue() for name, section in sections.items()}


def parse_boxes_csv(
    text: str, file_name: str, source: str = "boxes file", *, note: Note = ignore_note
) -> list[SidecarObject]:
    """Parse the boxes of one photo from CSV.

    The columns are image,x,y,width,height and, if known, label and height_m.

    Parameters
    ----------
    text
        Content of the file.
    file_name
        The photo's; rows are matched by file name, in whatever folder and case.
    source
        What messages call the file.
    note
        Called with a sentence for each row that is left out, because its box has no area.

    Returns
    -------
    list of SidecarObject
        In the file's order.

    Raises
    ------
    SidecarError
        A column is missing, or a row of this photo has no usable box.

    Examples
    --------
    >>> [cup] = parse_boxes_csv("image,x,y,width,height,label\\na.jpg,1,2,30,40,cup\\n", "a.jpg")
    >>> cup.label, cup.box
    ('cup', Box(x=1, y=2, width=30, height=40))
    """
    reader = boxes_reader(text)
    missing = [name for name in ("image", *_BOX_COLUMNS) if name not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{source} lacks the column(s) {', '.join(missing)}: add them")
    wanted = folded(normalized_name(file_name))
    try:
        rows = [row for row in reader if folded(normalized_name(row["image"] or "")) == wanted]
    except csv.Error as error:
        raise SidecarError(f"{source} is not CSV ({error}): save it again") from error
    found: list[SidecarObject] = []
    for number, row in enumerate(rows, start=1):
        # Not the line number: `text` may be only this photo's part of a file for many photos.
        where = f"{source}, row {number} of {file_name}"
        edges = parse_edges([row[name] for name in _BOX_COLUMNS], where)
        if edges is None:
            note(f"{where} is left out: its box has no area")
            continue
        height, label = parse_height(row.get("height_m"), where), row.get("label") or ""
        found.append(SidecarObject(edges, parse_label(label, where), height_m=height, where=where))
    return found
