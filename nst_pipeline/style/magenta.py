"""Repaint pictures in the style of others with Google Magenta's network, in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.hub_models import (
    find_saved_model,
    folder_digest,
    load_saved_model,
    obtain_saved_model,
    saved_model_digest,
)
from nst_pipeline.style.magenta_weights import build_name, read_layers
from nst_pipeline.style.weights.folder import build_once, models_root
from nst_pipeline.vision.images.dtype import to_float, to_uint8

BUNDLED = "bundled"
"""Handle of the model that is built from an installed package's weights."""
_LOADING = Lock()
"""Threads that need the model at the same time wait while one of them loads it."""

FloatOr8Bit = NDArray[np.uint8] | NDArray[np.float32]
"""Picture, (height, width, 3) RGB: uint8, or float32 0..1."""


def find_magenta(handle: str) -> Path | None:
    """Find the SavedModel folder of a handle on this machine; None if it is not there.

    Parameters
    ----------
    handle
        `bundled`, a TensorFlow Hub URL, or the path of a SavedModel folder.

    Raises
    ------
    ModelUnavailableError
        The handle is `bundled`, and the package with the weights is missing.
    """
    return find_saved_model(str(models_root() / build_name()) if handle == BUNDLED else handle)


def obtain_magenta(handle: str) -> Path:
    """Find the SavedModel folder of a handle; build or download it if necessary.

    Parameters
    ----------
    handle
        As in `find_magenta`.

    Raises
    ------
    ModelUnavailableError
        The path holds no SavedModel, the URL cannot be downloaded, or the bundled model cannot
        be built.
    """
    if handle == BUNDLED:
        return find_magenta(handle) or build_magenta(models_root() / build_name())
    alternative = f"set magenta.handle to `{BUNDLED}` or to a SavedModel folder"
    return obtain_saved_model(handle, setting="magenta.handle", alternative=alternative)


def build_magenta(destination: Path) -> Path:
    """Write Magenta as a SavedModel folder, completely or not at all.

    Parameters
    ----------
    destination
        The folder to write; an existing model is kept.

    Returns
    -------
    pathlib.Path
        The destination.

    Raises
    ------
    ModelUnavailableError
        The package with the weights is missing, or the folder cannot be written.
    """
    from nst_pipeline.style.networks.magenta import save_magenta

    predict, transformer = (
        read_layers(f"arbitrary_{name}.onnx") for name in ("predict", "transform")
    )
    return build_once(destination, lambda folder: save_magenta(predict, transformer, folder))


def magenta_digest_of(handle: str, folder: Path) -> str:
    """Compute the sha256 of the built-in model's weights, or of all files of another one.

    The graph of the built-in model follows from the weights and the code, and its file differs
    from build to build.
    """
    return saved_model_digest(folder) if handle == BUNDLED else folder_digest(folder)


def model_digest(handle: str = BUNDLED) -> str:
    """Compute a model's sha256; build or download the model if necessary.

    Raises
    ------
    ModelUnavailableError
        As in `obtain_magenta`.
    """
    return magenta_digest_of(handle, obtain_magenta(handle))


def _to_float(picture: FloatOr8Bit) -> NDArray[np.float32]:
    if picture.dtype == np.uint8:
        return to_float(picture.astype(np.uint8, copy=False))
    return picture.astype(np.float32, copy=False)


def _to_dtype_of(content: FloatOr8Bit, result: NDArray[np.float32]) -> FloatOr8Bit:
    return to_uint8(result) if content.dtype == np.uint8 else result


def _batches(keys: Sequence[Hashable], size: int) -> Iterator[list[int]]:
    """Yield the positions of equal keys, at most `size` at a time."""
    groups = defaultdict(list)
    for position, key in enumerate(keys):
        groups[key].append(position)
    for group in groups.values():
        for first in range(0, len(group), size):
            yield group[first : first + size]


@dataclass(frozen=True)
class Magenta:
    """The loaded model.

    Attributes
    ----------
    handle
        The value of `magenta.handle` that it was loaded from.
    digest
        As `magenta_digest_of` computes it.
    model
        The loaded SavedModel: the bundled one, or one with the call signature of TensorFlow Hub's.
    """

    handle: str
    digest: str
    model: Any

    def stylize(
        self,
        contents: Sequence[FloatOr8Bit],
        styles: Sequence[FloatOr8Bit],
        *,
        strength: float = 1.0,
        batch_size: int = 1,
    ) -> list[FloatOr8Bit]:
        """Repaint each content in the style of the picture at the same position.

        Parameters
        ----------
        contents
            Pictures of any sizes, (height, width, 3), RGB, uint8 or float32 0..1.
        styles
            One for each content, or a single one for all.
        strength
            1 for the style, 0 for the content repainted in its own style, which differs from the
            content itself. In between, the style vectors are interpolated; a model without them
            runs twice, and its results are blended.
        batch_size
            Maximum number of pictures of equal size per call of the network. With more than 1, the
            last bit of a result depends on the other pictures.

        Returns
        -------
        list of numpy.ndarray
            Pictures of the contents' sizes and dtypes.

        Raises
        ------
        ValueError
            The number of styles is neither 1 nor that of the contents, or strength is not in 0..1.
        """
        from nst_pipeline.style.networks.magenta import stylize_batch

        if len(styles) not in (1, len(contents)):
            raise ValueError(f"{len(contents)} contents need as many styles or one")
        if not 0 <= strength <= 1:
            raise ValueError(f"strength must lie between 0 and 1, not {strength}")
        paired = list(styles) * (len(contents) if len(styles) == 1 else 1)
        pairs = [(_to_float(c), _to_float(s)) for c, s in zip(contents, paired, strict=True)]
        results: list[FloatOr8Bit] = list(contents)
        for batch in _batches([(c.shape, s.shape) for c, s in pairs], batch_size):
            content, style = (np.stack([pairs[i][part] for i in batch]) for part in (0, 1))
            stylized = stylize_batch(self.model, content, style, strength)
            for position, result in zip(batch, stylized, strict=True):
                results[position] = _to_dtype_of(contents[position], result)
        return results


def load_magenta(handle: str = BUNDLED) -> Magenta:
    """Load the model, once per process; the bundled one is built on first use (seconds).

    Parameters
    ----------
    handle
        `bundled`, a TensorFlow Hub URL, or the path of a SavedModel folder.

    Raises
    ------
    ModelUnavailableError
        The model cannot be obtained, or is not a SavedModel.

    References
    ----------
    Ghiasi, Lee, Kudlur, Dumoulin and Shlens, "Exploring the Structure of a Real-Time, Arbitrary
    Neural Artistic Stylization Network", BMVC 2017.
    """
    with _LOADING:
        return _loaded(handle)


@cache
def _loaded(handle: str) -> Magenta:
    folder = obtain_magenta(handle)
    try:
        model = load_saved_model(folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"setting magenta.handle: {folder} cannot be loaded ({error}): delete it and try again"
        ) from error
    return Magenta(handle, magenta_digest_of(handle, folder), model)
