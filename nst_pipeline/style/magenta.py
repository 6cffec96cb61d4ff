"""Magenta's arbitrary stylization: one picture painted in the style of another, in batches."""

from __future__ import annotations

import hashlib
import os
import tempfile
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
from nst_pipeline.style.magenta_weights import build_magenta, build_name, saved_model_digest
from nst_pipeline.style.reach import answers
from nst_pipeline.style.tensorflow_import import import_tensorflow, import_tensorflow_hub
from nst_pipeline.vision.images.dtype import to_float, to_uint8

BUNDLED = "bundled"
DEFAULT_BATCH_SIZE = 1
_LOADING = Lock()
"""Threads that need the model at the same time wait for one of them to load it."""

Picture = NDArray[np.uint8] | NDArray[np.float32]
"""Picture, (height, width, 3), RGB: uint8, or float32 0..1."""


def models_root() -> Path:
    """The folder that keeps built models: `NST_MODELS`, or `~/.cache/nst_pipeline/models`."""
    given = os.environ.get("NST_MODELS")
    return Path(given).expanduser() if given else Path.home() / ".cache/nst_pipeline/models"


def _is_url(handle: str) -> bool:
    return "://" in handle


def _hub_cache(handle: str) -> Path:
    # Where TensorFlow Hub unpacks a handle; asked for here without importing it.
    root = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir(), "tfhub_modules")
    return Path(root, hashlib.sha1(handle.encode()).hexdigest())


def find_magenta(handle: str) -> Path | None:
    """Find the SavedModel folder of a handle on this machine; None if it is not there (yet).

    Args:
        handle: `bundled`, a TensorFlow Hub URL, or the path of a SavedModel folder.
    """
    if handle == BUNDLED:
        folder = models_root() / build_name()
    else:
        folder = _hub_cache(handle) if _is_url(handle) else Path(handle).expanduser()
    return folder if (folder / "saved_model.pb").is_file() else None


def obtain_magenta(handle: str) -> Path:
    """Find the SavedModel folder of a handle, building or downloading it where needed.

    Raises:
        ModelUnavailableError: the path holds no SavedModel, or the URL cannot be downloaded.
    """
    found = find_magenta(handle)
    if found:
        return found
    if handle == BUNDLED:
        return build_magenta(models_root() / build_name())
    if not _is_url(handle):
        raise ModelUnavailableError(
            f"setting magenta.handle: {handle} is no SavedModel folder: "
            f"give the folder that holds saved_model.pb, or `{BUNDLED}`"
        )
    return _download(handle)


def _download(handle: str) -> Path:
    remedy = f"go online once, or set magenta.handle to `{BUNDLED}` or to a SavedModel folder"
    if not answers(handle):
        raise ModelUnavailableError(f"setting magenta.handle: {handle} does not answer: {remedy}")
    hub = import_tensorflow_hub()
    try:
        return Path(hub.resolve(handle))
    except (OSError, ValueError, RuntimeError) as error:
        message = f"setting magenta.handle: {handle} gives no model ({error}): {remedy}"
        raise ModelUnavailableError(message) from error


def model_digest(handle: str = BUNDLED) -> str:
    """Digest a handle's weights (sha256), building or downloading the model where needed.

    Raises:
        ModelUnavailableError: the model cannot be had; says what to do.
    """
    return saved_model_digest(obtain_magenta(handle))


def _as_float(picture: Picture) -> NDArray[np.float32]:
    if picture.dtype == np.uint8:
        return to_float(picture.astype(np.uint8, copy=False))
    return picture.astype(np.float32, copy=False)


def _as_input(result: NDArray[np.float32], content: Picture) -> Picture:
    """The result in the content's type; rounding to 8 bits is the last thing done."""
    return to_uint8(result) if content.dtype == np.uint8 else result


def _batches(keys: Sequence[Hashable], size: int) -> Iterator[list[int]]:
    """Positions of equal keys, at most `size` at a time."""
    groups = defaultdict(list)
    for position, key in enumerate(keys):
        groups[key].append(position)
    for group in groups.values():
        for first in range(0, len(group), size):
            yield group[first : first + size]


@dataclass(frozen=True)
class Magenta:
    """The loaded model. `digest` is the sha256 of its weights."""

    handle: str
    digest: str
    network: Any

    def stylize(
        self,
        contents: Sequence[Picture],
        styles: Sequence[Picture],
        *,
        strength: float = 1.0,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> list[Picture]:
        """Paint each content in the style of the style at the same position.

        Args:
            contents: pictures of any sizes, (height, width, 3), RGB, uint8 or float32 0..1.
            styles: as many, or a single one for all.
            strength: 1 is the style's own look and 0 the content's (its repainting in its own
                style, not the content itself). Between them the style vector is interpolated;
                a model that offers none is run twice and its two pictures are blended.
            batch_size: pictures of equal size in one call of the network.

        Returns:
            Pictures of the contents' sizes and types.

        Raises:
            ValueError: not as many styles as contents, or strength outside 0..1.
        """
        if len(styles) not in (1, len(contents)):
            raise ValueError(f"{len(contents)} contents need as many styles or one")
        if not 0 <= strength <= 1:
            raise ValueError(f"strength must lie between 0 and 1, not {strength}")
        paired = list(styles) * (len(contents) if len(styles) == 1 else 1)
        paint = self._by_vector if hasattr(self.network, "style_vector") else self._by_blending
        pairs = [(_as_float(c), _as_float(s)) for c, s in zip(contents, paired, strict=True)]
        results: list[Picture] = list(contents)
        for batch in _batches([(c.shape, s.shape) for c, s in pairs], batch_size):
            content, style = (np.stack([pairs[i][part] for i in batch]) for part in (0, 1))
            for position, result in zip(batch, paint(content, style, strength), strict=True):
                results[position] = _as_input(result, contents[position])
        return results

    def _by_vector(
        self, content: NDArray[np.float32], style: NDArray[np.float32], strength: float
    ) -> NDArray[np.float32]:
        tf = import_tensorflow()
        content = tf.constant(content)
        vector = self.network.style_vector(tf.constant(style))
        if strength < 1:
            own = self.network.style_vector(content)
            vector = own + strength * (vector - own)
        return np.asarray(self.network.transform(content, vector))

    def _by_blending(
        self, content: NDArray[np.float32], style: NDArray[np.float32], strength: float
    ) -> NDArray[np.float32]:
        tf = import_tensorflow()
        content = tf.constant(content)
        result = np.asarray(self.network(content, tf.constant(style))[0])
        if strength < 1:
            own = np.asarray(self.network(content, content)[0])
            result = own + np.float32(strength) * (result - own)
        return result


def load_magenta(handle: str = BUNDLED) -> Magenta:
    """Load the model, once per process; the bundled one is built on first use (seconds).

    Args:
        handle: `bundled`, a TensorFlow Hub URL, or the path of a SavedModel folder.

    Raises:
        ModelUnavailableError: the model cannot be had or is no SavedModel; says what to do.
    """
    with _LOADING:
        return _loaded(handle)


@cache
def _loaded(handle: str) -> Magenta:
    folder = obtain_magenta(handle)
    hub = import_tensorflow_hub()
    try:
        network = hub.load(str(folder))
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"setting magenta.handle: {folder} cannot be loaded ({error}): delete it and try again"
        ) from error
    return Magenta(handle, saved_model_digest(folder), network)
