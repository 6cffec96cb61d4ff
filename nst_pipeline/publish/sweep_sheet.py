"""Stylize one picture with a grid of VGG's loss weights, to choose weights by eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.settings import Vgg19Settings, load_section
from nst_pipeline.vision.shapes import Rgb

CONTENT_WEIGHTS, STYLE_WEIGHTS = (2.5e-9, 2.5e-8, 2.5e-7), (1e-7, 1e-6, 1e-5)
"""A tenth of the defaults, the defaults, and ten times the defaults."""


@dataclass(frozen=True)
class Sweep:
    """The result of a sweep.

    Attributes
    ----------
    sheet
        (height, width, 3) uint8, RGB: all pictures with their labels.
    cells
        For each picture, by rows, its weights and loss: `content`, `style`, `loss`.
    """

    sheet: Rgb
    cells: list[dict[str, float]]


def sweep_weights(
    settings: Vgg19Settings,
    content_weights: Sequence[float],
    style_weights: Sequence[float],
    stylize: Callable[[str, Vgg19Settings], tuple[Rgb, float]],
    *,
    cell_px: int,
) -> Sweep:
    """Stylize with every pair of weights, one row for each content weight.

    Parameters
    ----------
    settings
        All settings but the two weights.
    content_weights, style_weights
        The weights of the rows and columns.
    stylize
        Makes one picture from its label and settings, and returns it with its loss.
    cell_px
        Side of a picture on the sheet, pixels.

    Returns
    -------
    Sweep
        The sheet, and the weights and loss of each picture.

    Raises
    ------
    SettingError
        A weight is out of range.
    """
    pictures: list[tuple[str, Rgb]] = []
    cells = []
    for content in content_weights:
        for style in style_weights:
            weights = {"content_weight": content, "style_weight": style}
            cell_settings = load_section(Vgg19Settings, settings.model_dump() | weights, "vgg19")
            label = f"content {content:g}, style {style:g}"
            picture, loss = stylize(label, cell_settings)
            pictures.append((label, picture))
            cells.append({"content": content, "style": style, "loss": loss})
    sheet = contact_sheet(pictures, columns=len(style_weights), cell_px=cell_px)
    return Sweep(sheet, cells)
