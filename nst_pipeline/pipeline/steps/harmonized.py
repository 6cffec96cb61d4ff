"""The asset `harmonized`: the natural result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.asset import Check, GalleryPicture, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.pictures import beside_picture
from nst_pipeline.pipeline.engine.setting_files import file_digests, network_digests
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.composites import BACKGROUND_UNTOUCHED, composites, read_matte
from nst_pipeline.pipeline.steps.harmonizer import harmonizer, read_harmonizer
from nst_pipeline.pipeline.steps.model_inputs import read_model_input
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.pipeline.steps.scene_photos import OPENS, scene_photos
from nst_pipeline.pipeline.steps.stickers import stickers
from nst_pipeline.pipeline.steps.stylized_magenta import magenta_digest, stylized_magenta
from nst_pipeline.pipeline.steps.stylized_vgg19 import stylized_vgg19, vgg_digests
from nst_pipeline.publish.report import FigurePlot
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.records import (
    HarmonizedRecord,
    PlacementRecord,
    Placements,
    StickerRecord,
    Stickers,
)
from nst_pipeline.style.finding.paintings import offers_painting
from nst_pipeline.style.light_reader import LIGHT_READER_FILE, read_lights
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.naturalness import NATURALNESS_FILE, judge_naturalness
from nst_pipeline.style.paint import paint_object
from nst_pipeline.style.proposals import network_proposal
from nst_pipeline.style.recipes import apply_result, shrink_input
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.light.reading import Reading, mean_reading
from nst_pipeline.vision.harmonize.network_change import NETWORK_CHANGE, Proposal, Proposals
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.naturalness.factors import Naturalness
from nst_pipeline.vision.shapes import Matte, Rgb

_DECIMALS = 6
_NATURALNESS_TOLERANCE = 0.05
"""The network of naturalness likes bright objects: results in a darker scene's light, which viewers
preferred to the untouched composite, had up to 0.14 less."""


def _uses_vgg(settings: Settings) -> bool:
    """Whether VGG's change is a candidate: on request only, because it rarely fits the colors."""
    return settings.harmonize.method == "vgg19"


def _digests(settings: Settings) -> dict[str, str]:
    """Digest the networks whose proposals are candidates, and the one that judges the result."""
    own = network_digests(harmonizer_network=settings.harmonize.network)
    own |= file_digests(naturalness=str(NATURALNESS_FILE), light_reader=str(LIGHT_READER_FILE))
    return magenta_digest(settings) | (vgg_digests(settings) if _uses_vgg(settings) else {}) | own


def _magenta(item: Item) -> Proposal:
    """Read the composite stylized by its surroundings and by itself, with recipe `right`.

    Their difference is the effect of the style, without the effect of repainting.
    """
    composite, side = item.picture(composites), NETWORK_CHANGE.side_px
    made_from, small = shrink_input(read_model_input(item, "right"), composite, side)

    def applied(name: str) -> Rgb:
        return apply_result(to_float(item.picture(stylized_magenta, name)), made_from, small)

    return Proposal(
        applied(files.stylized("right")), applied(files.stylized("right", by_itself=True))
    )


def _vgg19(item: Item) -> Proposal:
    return Proposal(item.picture(stylized_vgg19))


def _painted(item: Item) -> Proposal:
    magenta = load_magenta(item.settings.magenta.handle)
    scene = item.photo("scenes")
    return Proposal(paint_object(item.picture(composites), read_matte(item), scene, magenta))


def _network(item: Item) -> Proposal:
    return network_proposal(item.picture(composites), read_matte(item), item.settings)


def _has_vgg(item: Item) -> bool:
    """Whether VGG's change is a candidate, and was made.

    Raises
    ------
    SettingError
        It is one, but the settings do not let it be made.
    """
    if not _uses_vgg(item.settings):
        return False
    if "object" not in item.settings.vgg19.pictures:
        raise SettingError(
            "harmonize.method is vgg19, but vgg19.pictures lacks the object: add `object` to it"
        )
    return not item.is_empty(stylized_vgg19)


def _proposals(item: Item, composite: Rgb, matte: Matte) -> Proposals:
    """Return the networks' proposals; each is read or computed only when needed."""
    readers = {"magenta": _magenta, "vgg19": _vgg19, "painted": _painted, "network": _network}
    if not _has_vgg(item):
        del readers["vgg19"]
    if item.settings.harmonize.method != "network":
        del readers["network"]
    if not offers_painting(composite, matte, item.settings.harmonize):
        del readers["painted"]
    return {name: partial(read, item) for name, read in readers.items()}


def _placed(item: Item) -> list[tuple[PlacementRecord, StickerRecord]]:
    """Return the scene's placements, each with its sticker.

    A placement changes with its sticker, so what is read here is that of the composite.
    """
    return [
        (
            each,
            next(
                r
                for r in item.record(Stickers, stickers, key=each.object_key)
                if r.sticker == each.sticker
            ),
        )
        for each in item.record(Placements, placements)
    ]


def _source_light(placed: Sequence[tuple[PlacementRecord, StickerRecord]]) -> Reading | None:
    """Return the mean light of the objects' own photos; None if one is unknown."""
    lights = [sticker.light for _, sticker in placed]
    areas = [placement.box.width * placement.box.height for placement, _ in placed]
    known = [light for light in lights if light is not None]
    return mean_reading(known, areas) if lights and known == lights else None


def _judge(
    picture: Rgb, matte: Matte, placed: Sequence[tuple[PlacementRecord, StickerRecord]]
) -> Naturalness:
    """Judge how natural a picture looks; the worst cut-out and the worst place count."""
    return judge_naturalness(
        picture,
        matte,
        quality=min((sticker.quality for _, sticker in placed), default=None),
        plausibility=min((placement.plausibility for placement, _ in placed), default=None),
        kinship=min(
            (placement.kinship for placement, _ in placed if placement.kinship is not None),
            default=None,
        ),
    )


def _worse_than_untouched(snapshot: Snapshot, row: Row) -> str:
    """Return a complaint if the untouched composite looks clearly more natural."""
    del snapshot
    gain = float(row.figures.get("gain", 0.0))
    if gain >= -_NATURALNESS_TOLERANCE:
        return ""
    return f"its naturalness is {-gain:.2f} below the untouched composite's"


_NO_WORSE = Check(
    "no_worse_than_untouched",
    "Warns of results that look clearly less natural than the untouched composite: look at both, "
    "and set `harmonize.method` to `untouched` if it is right.",
    _worse_than_untouched,
    severity="warning",
    sample_size=None,
    figures=("naturalness", "gain"),
)


def _tables(workspace: Workspace, row: Row) -> Mapping[str, list[dict[str, Any]]]:
    record = workspace.store.record(HarmonizedRecord, row.asset, row.key, state=row)
    fits, factors = record.color_fit, record.factors
    return {
        "what gives it away": [
            {"factor": name, "probability that it does not": factors[name]}
            for name in sorted(factors, key=factors.__getitem__)
        ],
        "candidates": [
            {"candidate": name, "color fit": fits[name]}
            for name in sorted(fits, key=fits.__getitem__, reverse=True)
        ],
    }


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="harmony",
    kinds={"opencv"},
    upstream=(
        scene_photos,
        placements,
        composites,
        stylized_magenta,
        stylized_vgg19,
        harmonizer,
    ),
    optional=(stylized_vgg19,),
    on_request=(stylized_vgg19,),
    requested=_uses_vgg,
    settings=("harmonize", "magenta"),
    models=_digests,
    code_version="14",
    checks=(OPENS, BACKGROUND_UNTOUCHED, _NO_WORSE),
    presentation=Presentation(
        pictures=beside_picture(
            composites.name, {"before and after": (files.PICTURE, files.PICTURE)}
        ),
        tables=_tables,
        ranked_by="naturalness",
        gallery=(GalleryPicture("harmonized", "Harmonized", files.PICTURE),),
        plots=(
            FigurePlot(
                "harmonized",
                "naturalness",
                "Naturalness",
                "Probability that a person takes the result for a photograph",
            ),
            FigurePlot(
                "harmonized",
                "confidence",
                "Confidence",
                "Probability that the change is an improvement",
            ),
        ),
    ),
)
def harmonized(item: Item) -> Made:
    """Make the natural result: the composite with its objects adapted to their surroundings.

    `naturalness` is the probability that a person takes it for a photograph, `gain` how much higher
    it is than the untouched composite's. The pipeline makes several candidates: `chosen` names the
    one with the best `color_fit`, and `confidence` is the probability that a change helps. `tone`
    says whether scene and objects are `monochrome` or `toned` (sepia, for example). Outside the
    object and its shadow, every pixel equals the scene's, at full size. docs/methods.md compares
    the methods.
    """
    composite, matte, placed = item.picture(composites), read_matte(item), _placed(item)
    result = harmonize(
        composite,
        matte,
        item.settings.harmonize,
        harmonizer=read_harmonizer(item),
        proposals=_proposals(item, composite, matte),
        lights=read_lights(_source_light(placed), composite, matte),
    )
    before = _judge(composite, matte, placed)
    after = before if result.image is composite else _judge(result.image, matte, placed)
    fits = {name: round(float(fit), _DECIMALS) for name, fit in result.color_fit.items()}
    confidence = round(result.confidence, _DECIMALS)
    record = HarmonizedRecord(
        chosen=result.chosen,
        color_fit=fits,
        confidence=confidence,
        naturalness=after.probability,
        factors=after.factors,
        tone=result.tone,
        left_alone=result.left_alone,
    )
    return Made(
        {files.PICTURE: result.image, files.RECORD: record},
        {
            "chosen": result.chosen,
            "naturalness": after.probability,
            "gain": round(after.probability - before.probability, _DECIMALS),
            "color_fit": fits[result.chosen],
            "confidence": confidence,
            "tone": result.tone or "none",
        },
    )
