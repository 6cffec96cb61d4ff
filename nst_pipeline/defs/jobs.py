"""One job for each phase of an update of the collection.

People launch these jobs in the UI, too. So that a click on one scene leaves nothing out of date,
the job of the scenes also publishes; the runs of an update select the assets of their phase.
"""

import dagster as dg

from nst_pipeline.pipeline.engine.asset import PHASES, Asset, Phase
from nst_pipeline.pipeline.steps import ASSETS

_DESCRIPTIONS: dict[Phase, str] = {
    "objects": "Finds the objects in the photos of `objects/`, and cuts them out as stickers.",
    "library": "Indexes the stickers, and calibrates the color model on them.",
    "scenes": "Places stickers on the photos of `scenes/`, stylizes and harmonizes them, and "
    "brings gallery and dataset up to date.",
    "publish": "Writes the gallery and the labeled dataset.",
}


def assets_of(phase: Phase) -> tuple[Asset, ...]:
    """Return the assets of a phase, each after its upstream assets."""
    return tuple(asset for asset in ASSETS if asset.phase == phase)


_ALSO_MADE: dict[Phase, Phase] = {"scenes": "publish"}
"""The phase that a phase's job makes at its end."""


def _assets_of_job(phase: Phase) -> tuple[Asset, ...]:
    return assets_of(phase) + (assets_of(_ALSO_MADE[phase]) if phase in _ALSO_MADE else ())


JOBS = {
    phase: dg.define_asset_job(
        f"{phase}_job",
        selection=dg.AssetSelection.assets(*(asset.name for asset in _assets_of_job(phase))),
        description=_DESCRIPTIONS[phase],
        executor_def=dg.in_process_executor,
    )
    for phase in PHASES
}
"""Jobs by phase."""
