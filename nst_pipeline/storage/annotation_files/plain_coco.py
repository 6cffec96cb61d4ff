"""COCO, as CVAT, Label Studio, FiftyOne and many other tools export it."""

from __future__ import annotations

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.annotation_files.annotated import AnnotatedPicture, Note
from nst_pipeline.storage.annotation_files.label_studio import without_upload_prefix
from nst_pipeline.storage.sidecars.coco import parse_coco, split_coco
from nst_pipeline.storage.sidecars.marked import MarkedObject
from nst_pipeline.storage.sidecars.objects import SidecarObject


def is_coco(content: object) -> bool:
    """Whether parsed JSON is a COCO file."""
    return isinstance(content, dict) and {"images", "annotations"} <= content.keys()


def _marked(each: SidecarObject) -> MarkedObject:
    box = None if each.edges is None else each.box
    return MarkedObject(box, each.label, None, each.height_m, each.polygons, each.rle)


def read_coco(text: str, source: str, note: Note) -> list[AnnotatedPicture]:
    """Read a COCO file.

    Parameters
    ----------
    text
        The JSON.
    source
        What messages call the file.
    note
        Called with a sentence for what is left out.

    Raises
    ------
    SidecarError
        It is not COCO, or an annotation cannot be used.
    """
    try:
        sections, unknown = split_coco(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SidecarError(
            f"{source} is not COCO ({error!r}): it needs `images` and `annotations`"
        ) from error
    if unknown:
        note(f"{source}: {unknown} annotations have an image_id without an image")
    crowds = sum(section.count('"iscrowd": 1') for section in sections.values())
    if crowds:
        note(
            f"{source}: {crowds} annotations are left out, because they are crowds (iscrowd is 1); "
            "CVAT marks all masks so: export from it as `CVAT for images`"
        )
    pictures = []
    for name, section in sections.items():
        objects = parse_coco(section, name, source, note=note)
        frame = next((each.frame for each in objects if each.frame is not None), None)
        if objects and frame is None:
            raise SidecarError(
                f"{source}, {name}: the size is missing: give width and height of each image, or "
                "put the file into the inbox as annotations.json"
            )
        if frame is not None:
            marked = tuple(map(_marked, objects))
            width, height = map(round, frame)
            pictures.append(AnnotatedPicture(without_upload_prefix(name), width, height, marked))
    return pictures
