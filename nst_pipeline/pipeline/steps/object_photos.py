"""The asset `object_photos`."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.inputs import from_inbox
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.photos import photo_record
from nst_pipeline.pipeline.engine.pictures import photo_itself
from nst_pipeline.storage import artifact_files as files


@define_asset(
    phase="objects",
    inbox="objects",
    group="objects",
    kinds={"image"},
    inputs=from_inbox,
    settings=("ingest",),
    code_version="3",
    presentation=Presentation(pictures=photo_itself("objects")),
)
def object_photos(item: Item) -> Made:
    """Open, check, and record a photo with objects to cut out.

    Each photo in the inbox `objects/` of the data root is a partition, named after the file. The
    file stays where it is. `inbox_sensor`, `nightly_job`, and `nst run` scan the inbox and add the
    partitions of new photos. To add one, put a file there: *Add a partition* has no effect.
    """
    record = photo_record(item, "objects")
    return Made({files.RECORD: record}, {"megapixels": record.megapixels})
