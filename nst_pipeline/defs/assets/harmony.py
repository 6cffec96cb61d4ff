"""The colour model, and the natural result."""

from nst_pipeline.defs.graph_asset import graph_asset
from nst_pipeline.pipeline import graph
from nst_pipeline.pipeline.harmony import (
    HARMONIZER_FILE,
    calibration_photos,
    read_harmonizer,
    read_proposals,
)
from nst_pipeline.pipeline.item import Item, Made
from nst_pipeline.pipeline.progress import report_part
from nst_pipeline.vision.calibrate import calibrate
from nst_pipeline.vision.harmonize import harmonize


@graph_asset(graph.HARMONIZER, kinds={"numpy"}, group="harmony")
def harmonizer(item: Item) -> Made:
    """Calibrates the colour model on the collection's own cut-outs; no download.

    A small collection uses the built-in model. A calibration stays until the collection doubles.
    """
    model = calibrate(calibration_photos(item), on_step=report_part("calibration"))
    return Made({HARMONIZER_FILE: model.to_bytes()}, {"photos": model.photos})


@graph_asset(graph.HARMONIZED, kinds={"opencv"}, group="harmony")
def harmonized(item: Item) -> Made:
    """Makes the natural result: the best candidate by the realism score, or the untouched one.

    The background's bytes are the scene's, at its full resolution.
    """
    result = harmonize(
        item.picture("composites"),
        item.matte(),
        item.settings.harmonize,
        harmonizer=read_harmonizer(item),
        proposals=read_proposals(item),
    )
    scores = {name: round(float(score), 6) for name, score in result.scores.items()}
    confidence = round(result.confidence, 6)
    told = {"chosen": result.chosen, "scores": scores, "confidence": confidence}
    return Made(
        {".png": result.image, ".json": told},
        {"chosen": result.chosen, "score": scores[result.chosen], "confidence": confidence},
    )
