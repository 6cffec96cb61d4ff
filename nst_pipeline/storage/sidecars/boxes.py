"""Parse a CSV file of boxes: image,x,y,width,height[,label][,height_m]."""

from __future__ import annotations

import csv
import io
from collections import defaultdict

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.names import folded, normalized_name, normalized_path
from nst_pipeline.storage.sidecars.objects import (
    MAX_OBJECTS,
    Note,
    SidecarObject,
    check_rows,
    ignore_note,
    parse_edges,
    parse_height,
    parse_label,
)

_BOX_COLUMNS = ("x", "y", "width", "height")
_COLUMNS = ("image", *_BOX_COLUMNS, "label", "height_m")
_MAX_ROWS = 500_000
"""More take longer to split than a scan may wait for one file."""


def _lines(text: str) -> tuple[io.StringIO, str]:
    """Return a boxes file's lines, and what separates its fields: in many countries, semicolons."""
    text = text.replace("\ufeff", "").replace("\0", "")
    header = text.partition("\n")[0]
    return io.StringIO(text), ";" if ";" in header and "," not in header else ","


def boxes_reader(text: str) -> csv.DictReader[str]:
    """Read the rows of a boxes file by their columns."""
    lines, delimiter = _lines(text)
    return csv.DictReader(lines, skipinitialspace=True, delimiter=delimiter)


class _Echo:
    """A file that hands back what is written, so that a `csv.writer` returns its rows."""

    write = str


def split_boxes(text: str) -> dict[str, str]:
    """Split a boxes file into one CSV text for each name in its column `image`.

    Other columns than those of boxes are left out, and so are the rows of one name beyond the first
    that are too many.

    Raises
    ------
    KeyError
        There is no such column.
    ValueError
        The file has too many rows.
    """
    if text.count("\n") > _MAX_ROWS:
        raise ValueError(f"it has more than {_MAX_ROWS} rows: split it, one in each folder")
    lines, delimiter = _lines(text)
    reader = csv.reader(lines, skipinitialspace=True, delimiter=delimiter)
    header = next(reader, [])
    places = {name: place for place, name in enumerate(header) if name in _COLUMNS}
    if "image" not in places:
        raise KeyError("image")
    image, wanted = places["image"], list(places.values())
    encode, last = csv.writer(_Echo()).writerow, max(wanted)
    head, lines_of = encode(places), defaultdict[str, list[str]](list)
    for row in reader:
        if not any(row):
            continue
        row += [""] * (last + 1 - len(row))
        same = lines_of[normalized_path(row[image])]
        if len(same) <= MAX_OBJECTS:
            same.append(encode([row[place] for place in wanted]))
    return {name: head + "".join(same) for name, same in lines_of.items()}


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
        A column is missing, the photo has too many rows, or one without a usable box.

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
    check_rows(len(rows), source, file_name)
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
