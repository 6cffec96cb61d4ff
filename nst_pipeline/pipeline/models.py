"""Which networks determine an asset, by the digests of their weights."""

from __future__ import annotations

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline.graph import Node
from nst_pipeline.settings import Settings
from nst_pipeline.style.magenta import model_digest
from nst_pipeline.style.vgg19 import weights_digest

WITHOUT_WEIGHTS = "none"


def model_digests(node: Node, settings: Settings) -> dict[str, str]:
    """Model name to digest; `none` where an asset makes an empty result without its weights.

    Raises:
        ModelUnavailableError: Magenta cannot be had.
    """
    if node.name == "stylized_magenta":
        return {"magenta": model_digest(settings.magenta.handle)}
    if node.name == "stylized_vgg19":
        try:
            return {"vgg19": weights_digest(settings.vgg19.weights)}
        except ModelUnavailableError:
            return {"vgg19": WITHOUT_WEIGHTS}
    return {}
