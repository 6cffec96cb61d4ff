"""The sweep over VGG19's weights as a job: tried in the launchpad, looked at in the run's page."""

import dagster as dg
from pydantic import Field
from upath import UPath

from nst_pipeline.defs.report import picture_metadata, table_metadata
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.publish.sweep_sheet import CONTENT_WEIGHTS, STYLE_WEIGHTS, sweep_weights
from nst_pipeline.settings import Vgg19Settings, load_section
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.style.stylize_vgg19 import Vgg19Result, stylize_vgg19
from nst_pipeline.style.vgg19 import load_vgg19
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Rgb

_FOLDER = "sweeps"
"""Below the data root: what was tried is no artifact, and nothing is made of it."""


class SweepConfig(dg.Config):
    """What to try."""

    content: str = Field(description="The picture to repaint: a path, or one below the data root.")
    style: str = Field(description="The picture whose style it takes, likewise.")
    content_weights: list[float] = Field(list(CONTENT_WEIGHTS), description="One row each.")
    style_weights: list[float] = Field(list(STYLE_WEIGHTS), description="One column each.")
    mode: str = Field("artistic", description="`artistic` or `photographic`.")
    cell_px: int = Field(320, ge=32, description="Side of a picture on the sheet, pixels.")


def _read(workspace: Workspace, path: str) -> Rgb:
    try:
        data = (workspace.root / path).read_bytes()
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read ({error.strerror}): give a picture below {workspace.root}"
        ) from error
    return decode_photo(data, name=path, max_megapixels=workspace.settings.ingest.max_megapixels)


@dg.op(description="Stylize one picture by VGG19 with every pair of weights; one labeled sheet.")
def sweep_vgg19(
    context: dg.OpExecutionContext, config: SweepConfig, collection: CollectionResource
) -> None:
    """Write the sheet to `sweeps/` in the data root and show it in the run."""
    workspace = collection.open()
    given = workspace.settings.vgg19.model_dump() | {"mode": config.mode}
    settings = load_section(Vgg19Settings, given, "vgg19")
    start, look = (_read(workspace, path) for path in (config.content, config.style))
    start = shrink_to_fit(start, max(config.cell_px, settings.side))
    network = load_vgg19(settings.weights)

    def stylize(label: str, chosen: Vgg19Settings) -> Vgg19Result:
        context.log.info(label)
        told = report_steps(label, context.log.info)
        return stylize_vgg19(
            start,
            look,
            network,
            chosen,
            on_progress=lambda step: told(step.loss, step.fraction_done),
        )

    made = sweep_weights(
        settings, config.content_weights, config.style_weights, stylize, cell_px=config.cell_px
    )
    name = f"{UPath(config.content).stem}-as-{UPath(config.style).stem}.png"
    path = workspace.root / _FOLDER / name
    write_atomically(path, encode_png(made.sheet))
    context.add_output_metadata(
        {
            "sheet": picture_metadata(made.sheet, "sheet"),
            "losses": table_metadata(made.cells),
            "path": dg.MetadataValue.path(str(path)),
        }
    )


@dg.job(
    description="A grid over VGG19's content and style weights, laid on one sheet to choose from.",
    executor_def=dg.in_process_executor,
)
def sweep_job() -> None:
    """One op."""
    sweep_vgg19()
