"""Paste a sticker on a small copy of a scene, to see how it would look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Matte, Placement, Rgb, Rgba


@dataclass(frozen=True)
class PreviewParameters:
    """Size of a preview."""

    side_px: int = 768
    """Longest side: about as large as the scene is seen on a page."""


@dataclass(frozen=True)
class Preview:
    """A scene on which stickers are tried.

    Attributes
    ----------
    scene
        (height, width, 3) uint8 RGB.
    settings
        How stickers are pasted.
    parameters
        Size of the preview.
    """

    scene: Rgb
    settings: PlacementSettings
    parameters: PreviewParameters = PreviewParameters()

    @cached_property
    def _small(self) -> Rgb:
        return shrink_to_fit(self.scene, self.parameters.side_px)

    def paste(self, placement: Placement, sticker: Rgba) -> tuple[Rgb, Matte]:
        """Paste one sticker, with its contact shadow.

        Parameters
        ----------
        placement
            On the scene, in its pixels.
        sticker
            (h, w, 4) uint8 RGB with straight alpha.

        Returns
        -------
        picture : numpy.ndarray
            (height, width, 3) uint8 RGB, at the preview's size.
        matte : numpy.ndarray
            (height, width) float32, 0..1.
        """
        scale = self._small.shape[1] / self.scene.shape[1]
        x, y, width, height = (round(side * scale) for side in vars(placement.box).values())
        box = Box(x, y, max(width, 1), max(height, 1))
        small = replace(placement, box=box)
        pasted = compose(
            self._small,
            [(small, sticker)],
            shadow=self.settings.shadow,
            bounce=self.settings.bounce,
        )
        return pasted.image, pasted.matte
