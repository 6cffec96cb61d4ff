"""One job for each phase of an update of the collection."""

import dagster as dg

from nst_pipeline.pipeline.engine.asset import PHASES, Asset, Phase
from nst_pipeline.pipeline.steps import ASSETS

_DESCRIPTIONS: dict[Phase, str] = {
    "objects": "Finds the objects in the photos of `objects/`, and cuts them out as stickers.",
    "library": "Indexes the stickers, and calibrates the color model on them.",
    "scenes": "Places stickers on the photos of `scenes/`, stylizes and harmonizes them.",
    "publish": "Writes the gallery and the labeled dataset.",
}


def assets_of(phase: Phase) -> tuple[Asset, ...]:
    """Return the assets of a phase, each after its upstream assets."""
    return tuple(asset for asset in ASSETS if asset.phase == phase)


JOBS = {
    phase: dg.define_asset_job(
        f"{phase}_job",
        selection=dg.AssetSelection.assets(*(asset.name for asset in assets_of(phase))),
        description=_DESCRIPTIONS[phase],
        executor_def=dg.in_process_executor,
    )
    for phase in PHASES
}
"""Jobs by phase."""
