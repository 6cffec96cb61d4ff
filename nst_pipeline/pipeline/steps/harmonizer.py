"""The asset `harmonizer`: the color model that the collection's own photos calibrate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nst_pipeline.pipeline.engine.asset import define_asset
from nst_pipeline.pipeline.engine.inputs import Resolved, Resolver, good_inputs
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.progress import report_part, tracked
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.records import Stickers
from nst_pipeline.vision.cutout.sticker import uncrop_matte
from nst_pipeline.vision.detect.transparency import OWN_ALPHA
from nst_pipeline.vision.harmonize.model.calibrate import calibrate
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, from_bytes
from nst_pipeline.vision.shapes import Box, Matte, Rgb

_MIN_STICKERS = 40
"""With fewer stickers, a collection uses the built-in color model."""
_MAX_STICKERS = 240


def _calibration_stickers(snapshot: Snapshot, node: Node) -> Resolver:
    """Choose the stickers to calibrate on; none if the collection is small.

    Every harmonized picture depends on the calibration. It is therefore kept until the collection
    has doubled or one of the stickers has changed. A photo that fails now has not changed.
    """

    def resolve(key: str) -> Resolved:
        del key
        everything = good_inputs(snapshot, stickers)
        if len(everything) < _MIN_STICKERS:
            return ()
        before = snapshot.rows(node).get(ALL)
        kept = before.inputs if before is not None and before.status == "ok" else ()
        full = min(len(everything), _MAX_STICKERS)
        if kept and set(kept) <= set(everything) and full < 2 * len(kept):
            return kept
        return tuple(sorted(everything, key=lambda each: each.digest)[:full])

    return resolve


def _photos_with_mattes(item: Item) -> Iterator[tuple[Rgb, Matte]]:
    """Read the object photos to calibrate on, each with the matte of its first sticker."""
    inputs = item.due.inputs
    for each in tracked("calibration photos read", inputs, len(inputs)):
        record = item.record(Stickers, stickers, each.key)[0]
        if record.source == OWN_ALPHA:
            continue  # nothing is around it that its colors could fit
        photo = item.workspace.photo("objects", each.key)
        object_key, name = sticker_file(record.sticker)
        sticker = item.picture(stickers, name, object_key)
        yield photo, uncrop_matte(sticker, Box(*record.box), photo.shape[1], photo.shape[0])


@lru_cache(maxsize=2)
def _parsed(content: bytes) -> Harmonizer:
    return from_bytes(content, source=files.HARMONIZER)


def read_harmonizer(item: Item) -> Harmonizer:
    """Read the collection's color model."""
    return _parsed(item.snapshot.read(harmonizer, ALL, files.HARMONIZER))


@define_asset(
    phase="library",
    inbox=None,
    group="harmony",
    kinds={"numpy"},
    upstream=(stickers,),
    inputs=_calibration_stickers,
    code_version="4",
)
def harmonizer(item: Item) -> Made:
    """Fit the color model, which predicts how an object's colors must change to fit a scene.

    With at least 40 stickers, the model is fitted to your own photos (`photos` is their number),
    and again each time the collection has doubled. Otherwise a built-in model is used. Nothing is
    downloaded.
    """
    model = calibrate(_photos_with_mattes(item), on_step=report_part("calibration"))
    return Made({files.HARMONIZER: model.to_bytes()}, {"photos": model.photos})
