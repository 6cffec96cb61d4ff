"""What harmonizing reads: the color model, and the networks' proposals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.steps.stylize import read_model_input
from nst_pipeline.storage.keys import ALL
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.paint import paint_object
from nst_pipeline.style.recipes import apply_result, shrink_input
from nst_pipeline.vision.cutout.sticker import uncrop_matte
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, from_bytes
from nst_pipeline.vision.harmonize.network_change import NETWORK_CHANGE, Proposal, Proposals
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.shapes import Box, Matte, Rgb

HARMONIZER_FILE = "harmonizer.npz"


@lru_cache(maxsize=2)
def _parsed(content: bytes) -> Harmonizer:
    return from_bytes(content, source=HARMONIZER_FILE)


def read_harmonizer(item: Item) -> Harmonizer:
    """The collection's color model."""
    return _parsed(item.view.workspace.store.read("harmonizer", ALL, HARMONIZER_FILE))


def calibration_photos(item: Item) -> Iterator[tuple[Rgb, Matte]]:
    """The object photos that this calibration is made from, each with its first sticker's matte."""
    workspace = item.view.workspace
    inputs = item.task.inputs
    for each in tracked("calibration photos read", inputs, len(inputs)):
        photo = workspace.photo("objects", each.key)
        told = workspace.store.record("stickers", each.key)[0]
        sticker = workspace.store.picture(
            "stickers", each.key, f".{told['sticker'].rpartition('.')[2]}.png"
        )
        yield photo, uncrop_matte(sticker, Box(*told["box"]), photo.shape[1], photo.shape[0])


def _magenta(item: Item) -> Proposal:
    """The composite stylized by its surroundings, and by itself: recipe `right`, carried back.

    Their difference is what the style changed, without what repainting alone changes.
    """
    composite, side = item.picture("composites"), NETWORK_CHANGE.side_px
    made_from, small = shrink_input(read_model_input(item, "right"), composite, side)

    def carried(name: str) -> Rgb:
        result = to_float(item.picture("stylized_magenta", name))
        return apply_result(result, made_from, small)

    return Proposal(carried(".right.png"), carried(".right.self.png"))


def _vgg19(item: Item) -> Proposal:
    return Proposal(item.picture("stylized_vgg19"))


def _painted(item: Item) -> Proposal:
    magenta = load_magenta(item.settings.magenta.handle)
    scene = item.photo("scenes")
    return Proposal(paint_object(item.picture("composites"), item.matte(), scene, magenta))


def read_proposals(item: Item) -> Proposals:
    """What the networks made of a scene's composite; its painting is made only when asked for."""
    readers = {"magenta": _magenta, "vgg19": _vgg19, "painted": _painted}
    if item.is_empty("stylized_vgg19"):
        del readers["vgg19"]
    return {name: partial(read, item) for name, read in readers.items()}
