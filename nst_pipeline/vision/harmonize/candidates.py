"""The candidates: the ways to harmonize an object, in one registry.

To add a candidate, write a function that turns a `Request` into a `Preview`, list it in
`CANDIDATES`, and add its name to `settings.HarmonizeMethod`. If it needs a network, add the
function that runs the network to `style/proposals.py` and the one that reads stored results to
`pipeline/steps/harmonized.py`. Settings, command line, gallery and benchmarks follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.harmonize.blacks import keep_blacks
from nst_pipeline.vision.harmonize.color_change import (
    Change,
    lab_statistics,
    recolor,
    ring_change,
)
from nst_pipeline.vision.harmonize.light.change import LightChange
from nst_pipeline.vision.harmonize.model.color_model import Advice
from nst_pipeline.vision.harmonize.network_change import (
    HARMONIZER_CHANGE,
    NETWORK_CHANGE,
    NetworkChangeParameters,
    Proposals,
    apply_network_change,
)
from nst_pipeline.vision.harmonize.object_view import ObjectView, object_view
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class Request:
    """A composite to harmonize, and what is known about it.

    Attributes
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    settings
        The user's settings.
    proposals
        What networks propose for the composite.
    view
        The object and its surroundings.
    advise
        Returns the color model's advice, which takes time.
    painting
        Whether to paint the object (`should_paint`).
    share
        Share of a color change to apply, 0..1; 0 if the object looks natural.
    light
        The change of light that the object needs; None if it is not known, or not asked for.
    """

    composite: Rgb
    matte: Matte
    settings: HarmonizeSettings
    proposals: Proposals
    view: ObjectView
    advise: Callable[[], Advice]
    painting: bool
    share: float = 1.0
    light: LightChange | None = None


@dataclass(frozen=True)
class Preview:
    """What a candidate would change.

    Attributes
    ----------
    view
        The object after the change, at the size that is scored.
    render
        Renders the picture at the composite's size.
    best_guess
        The object in its true colors, as the candidate estimates them; None if it makes no
        estimate. All candidates are scored against the first best guess.
    """

    view: ObjectView
    render: Callable[[], Rgb]
    best_guess: ObjectView | None = None


@dataclass(frozen=True)
class Candidate:
    """One way to harmonize an object.

    Attributes
    ----------
    name
        Value of `harmonize.method` and key of its color fit.
    summary
        What it does, in a few words, for help texts and the gallery.
    preview
        Applies the change at the size at which it is scored.
    needs_proposal
        Whether a network must propose a picture, under the candidate's name.
    on_request
        Whether its network is too slow to run for `auto`, which then uses only stored results.
    applies
        Decides whether the candidate suits a composite; None if it suits any.
    """

    name: str
    summary: str
    preview: Callable[[Request], Preview]
    needs_proposal: bool = False
    on_request: bool = False
    applies: Callable[[Request], bool] | None = None

    @property
    def title(self) -> str:
        """The name, and in parentheses the summary."""
        return f"{self.name} ({self.summary})"

    def is_available(self, proposals: Proposals) -> bool:
        """Whether the candidate has the network's proposal that it needs."""
        return not self.needs_proposal or self.name in proposals


def _preview_untouched(request: Request) -> Preview:
    return Preview(request.view, lambda: request.composite)


def _preview_picture(request: Request, image: Rgb) -> Preview:
    # Whether there is a view depends on the matte alone, so the fallback only satisfies the types.
    return Preview(object_view(image, request.matte) or request.view, lambda: image)


def _preview_network(
    name: str, parameters: NetworkChangeParameters = NETWORK_CHANGE
) -> Callable[[Request], Preview]:
    def preview(request: Request) -> Preview:
        proposal = request.proposals[name]()
        image = apply_network_change(
            request.composite, request.matte, proposal, parameters=parameters
        )
        return _preview_picture(request, image)

    return preview


def _preview_painted(request: Request) -> Preview:
    preview = _preview_picture(request, request.proposals["painted"]().after)
    return replace(preview, best_guess=preview.view)


def should_paint(settings: HarmonizeSettings, proposals: Proposals) -> bool:
    """Decide whether to paint the object: by the settings, else if the painted one is proposed."""
    if settings.method == "painted":
        return True
    return settings.method == "auto" and not settings.color_only and "painted" in proposals


def _is_painting(request: Request) -> bool:
    return request.painting and request.share > 0


def _preview_change(request: Request, change: Change) -> Preview:
    scaled = change.scaled(request.share)
    return Preview(
        request.view.recolored(scaled), lambda: recolor(request.composite, request.matte, scaled)
    )


def _preview_advised(request: Request, change: Change) -> Preview:
    """Preview a change that is also the best guess."""
    preview = _preview_change(request, change)
    is_whole = request.share == 1
    return replace(preview, best_guess=preview.view if is_whole else request.view.recolored(change))


def _preview_ring(request: Request) -> Preview:
    view = request.view
    own, ring = lab_statistics(view.lab, view.inside), lab_statistics(view.lab, view.ring)
    return _preview_change(request, keep_blacks(ring_change(own, ring), view))


def _preview_model(request: Request) -> Preview:
    return _preview_advised(request, request.advise().change)


def _preview_light(request: Request) -> Preview:
    if request.light is None:
        return _preview_untouched(request)
    return _preview_advised(request, request.light)


def _knows_light(request: Request) -> bool:
    return request.light is not None or request.settings.method == "light"


def _asks_for_colors(request: Request) -> bool:
    """Whether colors may decide: where light is known, they would only cost time."""
    return request.light is None or request.settings.method != "auto"


UNTOUCHED = Candidate("untouched", "colors as they are", _preview_untouched)

CANDIDATES: tuple[Candidate, ...] = (
    UNTOUCHED,
    Candidate(
        "magenta",
        "half of Magenta's color change",
        _preview_network("magenta"),
        needs_proposal=True,
        on_request=True,
    ),
    Candidate(
        "vgg19",
        "half of the VGG optimization's color change",
        _preview_network("vgg19"),
        needs_proposal=True,
        on_request=True,
    ),
    Candidate(
        "network",
        "the change of the harmonization network that you chose",
        _preview_network("network", HARMONIZER_CHANGE),
        needs_proposal=True,
        on_request=True,
    ),
    Candidate(
        "painted",
        "painted like the scene, where the scene is a painting",
        _preview_painted,
        needs_proposal=True,
        applies=_is_painting,
    ),
    Candidate(
        "light",
        "fitted to the light of the scene",
        _preview_light,
        applies=_knows_light,
    ),
    Candidate(
        "ring",
        "part of the way to the colors around the object",
        _preview_ring,
        applies=_asks_for_colors,
    ),
    Candidate(
        "model",
        "the change that the color model advises",
        _preview_model,
        applies=_asks_for_colors,
    ),
)
"""All candidates. Of equal color fits the first wins; of several best guesses the first is used."""


def candidate_title(name: str) -> str:
    """Return a candidate's title, or the name itself if no candidate has it.

    Examples
    --------
    >>> candidate_title("untouched"), candidate_title("of an earlier version")
    ('untouched (colors as they are)', 'of an earlier version')
    """
    return next((each.title for each in CANDIDATES if each.name == name), name)
