"""The layers of VGG whose features define style and content, for either kind of losses.

VGG16 and VGG19 both have all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nst_pipeline.settings import Vgg19Settings


@dataclass(frozen=True)
class Layers:
    """Names of convolutions, such as `block1_conv1`."""

    style: tuple[str, ...]
    content: str


CLASSIC = Layers(tuple(f"block{block}_conv1" for block in range(1, 6)), "block5_conv2")
"""Those of the Keras example."""
BALANCED = Layers(CLASSIC.style[:-1], "block3_conv1")
"""Not those of the fifth block: in the trunk that was trained to find edges, 42 % of its channels
are silent."""


def layers_in_use(settings: Vgg19Settings) -> Layers:
    """Return the layers that the settings name, else those that suit the kind of losses.

    Examples
    --------
    >>> layers_in_use(Vgg19Settings(losses="classic")).content
    'block5_conv2'
    >>> layers_in_use(Vgg19Settings(style_layers=["block2_conv1"])).style
    ('block2_conv1',)
    """
    suited = CLASSIC if settings.losses == "classic" else BALANCED
    return Layers(
        tuple(settings.style_layers) or suited.style, settings.content_layer or suited.content
    )
