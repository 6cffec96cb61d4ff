"""Pascal VOC's layout: `VOCdevkit/VOC2012` with JPEG pictures, XML boxes, and lists of names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from nst_pipeline.publish.export.content import Content, Files, Rendered
from nst_pipeline.publish.export.pictures import ExportObject, ExportPicture
from nst_pipeline.publish.splits import SIDES
from nst_pipeline.vision.images.codecs import encode_jpeg
from nst_pipeline.vision.images.png import decode_png

_ROOT = "VOCdevkit/VOC2012"
"""Readers expect the folders of the challenge of 2012."""
_QUALITY = 95


def _with(parent: Xml.Element, **texts: object) -> None:
    for name, text in texts.items():
        Xml.SubElement(parent, name).text = str(text)


def _box(parent: Xml.Element, each: ExportObject) -> None:
    """Write a box as VOC does: pixels are numbered from 1, and the last ones are inside."""
    x, y, width, height = each.bbox
    box = Xml.SubElement(parent, "bndbox")
    _with(box, xmin=x + 1, ymin=y + 1, xmax=x + width, ymax=y + height)


def _annotation(picture: ExportPicture) -> bytes:
    root = Xml.Element("annotation")
    _with(root, folder="VOC2012", filename=f"{picture.name}.jpg")
    _with(Xml.SubElement(root, "source"), database="nst_pipeline", image=picture.scene_photo)
    size = Xml.SubElement(root, "size")
    _with(size, width=picture.width, height=picture.height, depth=3)
    _with(root, segmented=0)
    for each in picture.objects:
        item = Xml.SubElement(root, "object")
        _with(item, name=each.label, pose="Unspecified", truncated=int(each.is_cut))
        _with(item, difficult=each.iscrowd)
        _box(item, each)
    Xml.indent(root)
    text: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _jpeg(picture: ExportPicture) -> Rendered:
    def fill(path: Path) -> None:
        path.write_bytes(encode_jpeg(decode_png(picture.read()), quality=_QUALITY))

    return Rendered(lambda: f"jpeg {_QUALITY} {picture.source()}", fill)


def voc_files(pictures: Sequence[ExportPicture]) -> Files:
    """List the files of a Pascal VOC dataset of boxes. A crowd is `difficult`.

    Parameters
    ----------
    pictures
        Those of all parts. A negative picture has an annotation without objects.
    """
    files: dict[str, Content] = {}
    for each in pictures:
        files[f"{_ROOT}/JPEGImages/{each.name}.jpg"] = _jpeg(each)
        files[f"{_ROOT}/Annotations/{each.name}.xml"] = _annotation(each)
    names: dict[str, list[str]] = {
        side: [each.name for each in pictures if each.part == side] for side in SIDES
    }
    names["trainval"] = sorted(names["train"] + names["val"])
    for side, listed in names.items():
        if listed:
            text = "".join(f"{name}\n" for name in listed)
            files[f"{_ROOT}/ImageSets/Main/{side}.txt"] = text.encode()
    return files
