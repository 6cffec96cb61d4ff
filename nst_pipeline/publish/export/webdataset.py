"""WebDataset's layout: tar files of pictures, each followed by its labels as JSON."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nst_pipeline.publish.export.content import Files, Rendered
from nst_pipeline.publish.export.pictures import ExportPicture
from nst_pipeline.publish.splits import SIDES

SHARD_PICTURES = 250
"""Pictures in a shard, about 500 MB of 2 megapixels each."""


def _labels(picture: ExportPicture) -> bytes:
    described: dict[str, Any] = {
        "width": picture.width,
        "height": picture.height,
        "scene_photo": picture.scene_photo,
        "naturalness": picture.naturalness,
        "objects": [
            {
                "bbox": each.bbox,
                "category": each.category,
                "label": each.label,
                "area": each.area,
                "iscrowd": each.iscrowd,
                "segmentation": each.polygons,
                "rle": {"size": [picture.height, picture.width], "counts": each.rle_counts},
            }
            for each in picture.objects
        ],
    }
    return json.dumps(described, ensure_ascii=False).encode()


def _add(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a file without owner and time, so that equal pictures give equal shards."""
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    shard.addfile(entry, io.BytesIO(data))


def _shard(pictures: Sequence[ExportPicture]) -> Rendered:
    def source() -> str:
        return "\n".join(f"{p.name} {p.source()} {_labels(p).decode()}" for p in pictures)

    def fill(path: Path) -> None:
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as shard:
            for each in pictures:
                _add(shard, f"{each.name}.png", each.read())
                _add(shard, f"{each.name}.json", _labels(each))

    return Rendered(source, fill)


def _shards(pictures: Sequence[ExportPicture]) -> Iterator[tuple[str, Rendered]]:
    for side in SIDES:
        part = [each for each in pictures if each.part == side]
        for number, first in enumerate(range(0, len(part), SHARD_PICTURES)):
            yield f"{side}-{number:06d}.tar", _shard(part[first : first + SHARD_PICTURES])


def webdataset_files(pictures: Sequence[ExportPicture]) -> Files:
    """List the shards of a WebDataset, `<part>-000000.tar`.

    Parameters
    ----------
    pictures
        Those of all parts.
    """
    return dict(_shards(pictures))
