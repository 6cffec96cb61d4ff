"""`nst.stylize`: a picture in another's style, by Magenta or VGG."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nst_pipeline.api.inputs import PictureLike, open_colors
from nst_pipeline.api.results import Shown
from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.optimize.progress import ProgressCallback
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg import load_vgg, resolve_network
from nst_pipeline.vision.shapes import Rgb

StyleNetwork = Literal["magenta", "vgg19"]


@dataclass(frozen=True, eq=False)
class StylizeResult(Shown):
    """A picture in the style of another.

    Attributes
    ----------
    picture
        (height, width, 3) uint8 RGB, of the content's size.
    network
        `magenta`, or which VGG it was: `vgg19` or `vgg16-edges`.
    loss
        Of the result; None for Magenta, which searches nothing.
    losses
        At the start of each level and after each of its steps, coarse to fine.
    evaluations
        How often the loss and its gradient were computed.
    """

    network: str
    loss: float | None = None
    losses: tuple[float, ...] = field(default=(), repr=False)
    evaluations: int = 0


def _by_magenta(content: Rgb, style: Rgb, settings: Settings) -> StylizeResult:
    magenta = load_magenta(settings.magenta.handle)
    (made,) = magenta.stylize([content], [style], strength=settings.magenta.strength)
    return StylizeResult(made.astype("uint8", copy=False), network="magenta")


def stylize(
    content: PictureLike,
    style: PictureLike,
    network: StyleNetwork = "magenta",
    *,
    settings: Settings | None = None,
    on_step: ProgressCallback | None = None,
) -> StylizeResult:
    """Repaint a whole picture in the style of another.

    Parameters
    ----------
    content
        The picture to repaint: a path, an array (height, width, 3) uint8 RGB, or a PIL picture.
    style
        The picture whose style it takes.
    network
        `magenta`, which repaints at once, or `vgg19`, which optimizes pixels for seconds.
    settings
        `magenta` or `vgg19` say how, such as `Settings(vgg19={"mode": "artistic"})`. Default: the
        defaults, and the environment's `NST_` variables.
    on_step
        Called after each step of the optimization.

    Returns
    -------
    StylizeResult
        Of the content's size.

    Raises
    ------
    NstError
        A picture cannot be read, or there is no such network.
    ModelUnavailableError
        The network is missing or damaged.
    """
    chosen = settings or Settings()
    if network not in ("magenta", "vgg19"):
        raise NstError(f"network {network!r}: give 'magenta' or 'vgg19'")
    pictures = open_colors(content, chosen), open_colors(style, chosen)
    if network == "magenta":
        return _by_magenta(*pictures, chosen)
    loaded = load_vgg(chosen.vgg19)
    made = stylize_vgg19(*pictures, loaded, chosen.vgg19, on_progress=on_step)
    return StylizeResult(
        made.image,
        network=resolve_network(chosen.vgg19),
        loss=made.loss,
        losses=tuple(made.losses),
        evaluations=made.evaluations,
    )
