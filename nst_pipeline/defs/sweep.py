"""A job that sweeps VGG's weights; the run's page shows the sheet of results."""

import dagster as dg
from pydantic import Field
from upath import UPath

from nst_pipeline.defs.assets.metadata import picture_metadata, table_metadata
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.publish.sweep_sheet import CONTENT_WEIGHTS, STYLE_WEIGHTS, sweep_weights
from nst_pipeline.settings import Vgg19Settings, load_section
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg import load_vgg
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Rgb

_FOLDER = "sweeps"
"""Folder under the data root. A sheet is not an artifact, because no asset reads it."""


class SweepConfig(dg.Config):
    """What to stylize, and the weights to try."""

    content: str = Field(description="Picture to stylize: a path, absolute or under the data root.")
    style: str = Field(description="Picture whose style to use: a path, likewise.")
    content_weights: list[float] = Field(
        list(CONTENT_WEIGHTS), description="Content weights: one row each."
    )
    style_weights: list[float] = Field(
        list(STYLE_WEIGHTS), description="Style weights: one column each."
    )
    mode: str = Field("artistic", description="`artistic` or `photographic`.")
    cell_px: int = Field(320, ge=32, description="Side of a picture on the sheet, in pixels.")


def _read(workspace: Workspace, path: str) -> Rgb:
    try:
        data = (workspace.root / path).read_bytes()
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read ({error.strerror}): give an absolute path, or one relative to "
            f"{workspace.root}"
        ) from error
    return decode_photo(data, name=path, max_megapixels=workspace.settings.ingest.max_megapixels)


@dg.op(
    description="Stylizes one picture with VGG for every pair of weights, and puts the results "
    "side by side on one labeled sheet."
)
def sweep_vgg19(
    context: dg.OpExecutionContext, config: SweepConfig, collection: CollectionResource
) -> None:
    """Write the sheet to `sweeps/` under the data root and show it on the run's page.

    Raises
    ------
    SettingError
        A picture cannot be read, or a weight is out of range.
    UnreadableImageError
        A file is not a usable picture.
    """
    workspace = collection.open()
    values = workspace.settings.vgg19.model_dump() | {"mode": config.mode}
    settings = load_section(Vgg19Settings, values, "vgg19")
    start, style = (_read(workspace, path) for path in (config.content, config.style))
    start = shrink_to_fit(start, max(config.cell_px, settings.side))
    network = load_vgg(settings)

    def stylize(label: str, chosen: Vgg19Settings) -> tuple[Rgb, float]:
        context.log.info(label)
        report = report_steps(label, context.log.info)
        made = stylize_vgg19(
            start,
            style,
            network,
            chosen,
            on_progress=lambda step: report(step.loss, step.fraction_done),
        )
        return made.image, made.loss

    sweep = sweep_weights(
        settings, config.content_weights, config.style_weights, stylize, cell_px=config.cell_px
    )
    name = f"{UPath(config.content).stem}-as-{UPath(config.style).stem}.png"
    path = workspace.root / _FOLDER / name
    write_atomically(path, encode_png(sweep.sheet))
    context.add_output_metadata(
        {
            "sheet": picture_metadata(sweep.sheet, "sheet"),
            "losses": table_metadata(sweep.cells),
            "network": network.name,
            "path": dg.MetadataValue.path(str(path)),
        }
    )


@dg.job(
    description="Tries a grid of VGG's content and style weights on one picture. Compare the "
    "results on the sheet and set the best pair in `nst.toml`.",
    executor_def=dg.in_process_executor,
)
def sweep_job() -> None:
    """Run the one op that makes the sheet."""
    sweep_vgg19()
