"""Recognize a file of an annotation tool by its content, and read it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.annotation_files.annotated import AnnotatedPicture, Note
from nst_pipeline.storage.annotation_files.cvat import read_cvat
from nst_pipeline.storage.annotation_files.label_studio import is_label_studio, read_label_studio
from nst_pipeline.storage.annotation_files.labelme import is_labelme, read_labelme
from nst_pipeline.storage.annotation_files.plain_coco import is_coco, read_coco
from nst_pipeline.storage.sidecars.coco import load_json
from nst_pipeline.storage.sidecars.content import MAX_BYTES

_KNOWN = "a JSON file of LabelMe, Label Studio, COCO or FiftyOne, or an XML file of CVAT"


def _decoded(data: bytes, source: str) -> str:
    if len(data) > MAX_BYTES:
        raise SidecarError(f"{source} is larger than {MAX_BYTES // 1_000_000} MB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SidecarError(f"{source} is not UTF-8 text ({error}): export it again") from error


def _read_json(text: str, source: str, note: Note) -> list[AnnotatedPicture]:
    try:
        content: Any = load_json(text)
    except json.JSONDecodeError as error:
        raise SidecarError(f"{source} is not valid JSON ({error}): export it again") from error
    except ValueError as error:
        raise SidecarError(f"{source}: {error}: export it again") from error
    if is_labelme(content):
        return read_labelme(content, source, note)
    if is_label_studio(content):
        return read_label_studio(content, source, note)
    if is_coco(content):
        return read_coco(text, source, note)
    raise SidecarError(f"{source} is of an unknown kind: give {_KNOWN}")


def _members(data: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    """Yield the JSON and XML files in a ZIP file, as tools export them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.filename.lower().endswith((".json", ".xml")):
                    if member.file_size > MAX_BYTES:
                        raise SidecarError(f"{source}: {member.filename} is too large: split it")
                    yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise SidecarError(f"{source} is a damaged ZIP file ({error}): export it again") from error


def _read_text(data: bytes, source: str, note: Note) -> list[AnnotatedPicture]:
    text = _decoded(data, source)
    if text.lstrip().startswith("<"):
        return read_cvat(text, source, note)
    return _read_json(text, source, note)


def read_annotation_data(data: bytes, source: str, note: Note) -> list[AnnotatedPicture]:
    """Read the content of a file that an annotation tool exported.

    Parameters
    ----------
    data
        Its bytes: JSON, XML, or a ZIP file with such files.
    source
        What messages call the file.
    note
        Called with a sentence for what is left out.

    Raises
    ------
    SidecarError
        It is of an unknown kind, or an annotation cannot be used.
    """
    if not data.startswith(b"PK\x03\x04"):
        return _read_text(data, source, note)
    members = list(_members(data, source))
    if not members:
        raise SidecarError(f"{source} has no annotations in it: give {_KNOWN}")
    return [
        picture
        for name, content in members
        for picture in _read_text(content, f"{source}/{name}", note)
    ]


def read_annotation_file(path: Path, note: Note) -> list[AnnotatedPicture]:
    """Read a file that an annotation tool exported.

    Raises
    ------
    SidecarError
        It cannot be read, is of an unknown kind, or an annotation cannot be used.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SidecarError(f"{path} cannot be read ({error.strerror or error})") from error
    return read_annotation_data(data, str(path), note)


def by_name(pictures: list[AnnotatedPicture]) -> Mapping[str, AnnotatedPicture]:
    """Join the objects of pictures with the same name, as several files describe one."""
    joined: dict[str, AnnotatedPicture] = {}
    for each in pictures:
        same = joined.get(each.name)
        if same is not None and (same.width, same.height) == (each.width, each.height):
            objects = (*same.objects, *each.objects)
            joined[each.name] = AnnotatedPicture(each.name, each.width, each.height, objects)
        else:
            joined[each.name] = each
    return joined
