"""The finders that run a network, for `nst_pipeline.vision.detect`."""

from __future__ import annotations

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import FinderName, Settings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.detector import find_with_network
from nst_pipeline.style.finding.built_network import warn_once
from nst_pipeline.style.finding.people import find_people
from nst_pipeline.vision.detect.finders import FindObjects
from nst_pipeline.vision.detect.objects import find_objects
from nst_pipeline.vision.shapes import Detection, Rgb


def _if_available(name: FinderName, find: FindObjects) -> FindObjects:
    """Let a finder without its network find nothing; say so once a process."""

    def run(photo: Rgb) -> list[Detection]:
        try:
            return find(photo)
        except ModelUnavailableError as error:
            warn_once(f"the finder `{name}` is left out: {error}")
            return []

    return run


def network_finders(settings: Settings) -> dict[FinderName, FindObjects]:
    """Return the functions that find objects with networks, which are loaded on first use.

    `nst_pipeline.vision.detect.detect` takes them as its argument `networks`.

    Parameters
    ----------
    settings
        `detection.dnn_model` names the user's detector, `detection.dnn_labels` its class names,
        `cutout.network` the network that also finds objects of any kind.

    Returns
    -------
    dict
        By the finder's name. A network that comes with the installation and cannot be used is
        reported in the log, and its finder finds nothing. The user's network raises
        `ModelUnavailableError` instead.
    """
    chosen = settings.detection
    finders: dict[FinderName, FindObjects] = {
        "people": _if_available("people", find_people),
        "objects": lambda photo: find_objects(photo, load_cutout_network(settings.cutout.network)),
    }
    if chosen.dnn_model:
        finders["dnn"] = lambda photo: find_with_network(photo, chosen.dnn_model, chosen.dnn_labels)
    return finders
