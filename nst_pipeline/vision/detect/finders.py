"""The registry of finders, by the names that `detection.methods` uses.

To add a finder, write a function from photo to detections in a module of this folder and register
it in `FINDERS`. In the settings, add its name to `FinderName` and what it finds to the description
of `detection.methods`. A finder that runs a network is a function of `nst_pipeline.style.finding`,
which `network_finders` hands over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nst_pipeline.settings import FinderName
from nst_pipeline.vision.shapes import Detection, Rgb

FindObjects = Callable[[Rgb], list[Detection]]
"""From a photo, (height, width, 3) uint8 RGB, to the objects in it, in its pixels."""
NetworkFinders = Mapping[FinderName, FindObjects]
"""Functions that find objects with a network, by the finder's name."""


@dataclass(frozen=True)
class FinderInput:
    """The input that every finder gets; each uses the part that it needs."""

    photo: Rgb
    """(height, width, 3) uint8 RGB, reduced to the size at which finders work."""
    given: Sequence[Detection] = ()
    """The user's own objects, in the pixels of the photo before reduction."""
    networks: NetworkFinders = field(default_factory=dict)
    """The finders that run a network, as far as they can be used here."""


@dataclass(frozen=True)
class Finder:
    """One way of finding objects in a photo."""

    name: FinderName
    """As in the setting `detection.methods`."""
    finds: str
    """What it finds. The setting's description repeats these words; a test compares them."""
    find: Callable[[FinderInput], list[Detection]]
    user_given: bool = False
    """Whether the objects are the user's own: already in the photo's pixels, and all kept."""
    deciding_share: float = 0.0
    """Part of the photo that its largest object must cover to be what the photo shows. People far
    away in a street are not."""
    finds_obstacles: bool = True
    """Whether stickers must not cover what it finds in a scene."""


def _from_network(name: FinderName) -> Callable[[FinderInput], list[Detection]]:
    def find(search: FinderInput) -> list[Detection]:
        run = search.networks.get(name)
        return [] if run is None else run(search.photo)

    return find


FINDERS: dict[str, Finder] = {
    finder.name: finder
    for finder in (
        Finder(
            "sidecar",
            "the boxes and masks beside the photo",
            lambda search: list(search.given),
            user_given=True,
        ),
        Finder("dnn", "what your detector network recognizes", _from_network("dnn")),
        Finder("people", "people", _from_network("people"), deciding_share=0.03),
        Finder(
            "objects",
            "the main objects, of any kind",
            _from_network("objects"),
            # Every scene has something that stands out, often the ground itself.
            finds_obstacles=False,
        ),
    )
}
"""Every finder by name."""
