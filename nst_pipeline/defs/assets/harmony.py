"""The color model, and the natural result."""

from nst_pipeline.defs.dagster_asset import graph_asset
from nst_pipeline.pipeline.engine import graph
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.progress import report_part
from nst_pipeline.pipeline.steps.harmony import (
    HARMONIZER_FILE,
    calibration_photos,
    read_harmonizer,
    read_proposals,
)
from nst_pipeline.vision.harmonize.candidates import UNTOUCHED
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.calibrate import calibrate


@graph_asset(graph.HARMONIZER, kinds={"numpy"}, group="harmony")
def harmonizer(item: Item) -> Made:
    """The model that says how an object's colors must change to fit its surroundings.

    From 40 cut-outs on it learns from your own photos (`photos`: from how many; nothing is
    downloaded), and again each time the collection has doubled. Below that a built-in one is used.
    """
    model = calibrate(calibration_photos(item), on_step=report_part("calibration"))
    return Made({HARMONIZER_FILE: model.to_bytes()}, {"photos": model.photos})


@graph_asset(graph.HARMONIZED, kinds={"opencv"}, group="harmony")
def harmonized(item: Item) -> Made:
    """The natural result: the composite with the object in the look of its surroundings.

    Several candidates are made and scored for realism; `chosen` names the one that was kept, `gain`
    is by how much it beats the untouched composite, and `confidence` how sure the pipeline is that
    anything had to be changed. Outside the object and its shadow every pixel is the scene's, at
    full size. The methods side by side: docs/methods.md.
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
        {
            "chosen": result.chosen,
            "score": scores[result.chosen],
            "gain": round(scores[result.chosen] - scores[UNTOUCHED.name], 6),
            "confidence": confidence,
        },
    )
