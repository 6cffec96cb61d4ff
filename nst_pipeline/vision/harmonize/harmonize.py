"""Harmonize a composite: preview the candidates, render the best, match tone, edge and grain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.candidates import (
    CANDIDATES,
    UNTOUCHED,
    Preview,
    Request,
    should_paint,
)
from nst_pipeline.vision.harmonize.finish.boundary import soften_boundary
from nst_pipeline.vision.harmonize.finish.compression import match_compression
from nst_pipeline.vision.harmonize.finish.grain import match_grain
from nst_pipeline.vision.harmonize.finish.sharpness import match_sharpness
from nst_pipeline.vision.harmonize.light.reader import (
    Reading,
    light_change,
    light_confidence,
    read_light,
)
from nst_pipeline.vision.harmonize.model.gate import share_to_apply
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.harmonize.network_change import Proposals
from nst_pipeline.vision.harmonize.object_view import object_view
from nst_pipeline.vision.harmonize.realism import UNDECIDED, score_candidate
from nst_pipeline.vision.harmonize.tone import TONE, Tone, apply_tone, find_tone
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Matte, Rgb, ToneKind

NO_PROPOSALS: Proposals = {}


@dataclass(frozen=True)
class Harmonized:
    """A harmonized composite.

    Attributes
    ----------
    image
        (height, width, 3) uint8 RGB, the composite's size.
    chosen
        Name of the candidate that became the result.
    scores
        Realism score, 0..1, of each candidate that was tried, by name.
    confidence
        Probability, 0..1, that a change was needed and helps.
    tone
        The tone of a black-and-white or toned scene, which the object has now; None for a scene
        with colors of its own.
    """

    image: Rgb
    chosen: str
    scores: dict[str, float]
    confidence: float
    tone: ToneKind | None = None


def _with_own_colors(image: Rgb, composite: Rgb, matte: Matte) -> Rgb:
    """Restore the composite's hue and chroma in the object, so that only lightness differs."""
    part = object_box(matte).slices
    lab = to_lab(composite[part])
    lab[..., 0] = to_lab(image[part])[..., 0]
    kept = composite.copy()
    kept[part] = to_rgb(lab)
    return recompose(composite, matte, kept)


def _finish(image: Rgb, composite: Rgb, matte: Matte, settings: HarmonizeSettings) -> Rgb:
    """Apply the settings to a rendered candidate, and match sharpness, edge and grain."""
    if settings.keep_colors:
        image = _with_own_colors(image, composite, matte)
    if not settings.color_only:
        for match in (match_sharpness, soften_boundary, match_grain, match_compression):
            image = match(image, matte)
    return recompose(composite, np.float32(settings.strength) * (matte > 0), image)


def _undecided(settings: HarmonizeSettings, proposals: Proposals, composite: Rgb) -> Harmonized:
    """Return the composite unchanged: there is no object, or nothing around it."""
    chosen = UNTOUCHED.name if settings.method == "auto" else settings.method
    names = [
        each.name for each in CANDIDATES if each.applies is None and each.is_available(proposals)
    ]
    scores = dict.fromkeys([*names, chosen], UNDECIDED)
    return Harmonized(composite, chosen, scores, UNDECIDED)


def _previews(request: Request) -> dict[str, Preview]:
    """Preview the candidates that are available and suit the composite."""
    return {
        each.name: each.preview(request)
        for each in CANDIDATES
        if each.is_available(request.proposals) and (each.applies is None or each.applies(request))
    }


def _scores(previews: dict[str, Preview], trust: float) -> dict[str, float]:
    """Score all previews, given the probability that the untouched object is natural."""
    untouched = previews[UNTOUCHED.name].view
    guesses = (each.best_guess for each in previews.values())
    best_guess = next(guess for guess in guesses if guess is not None)
    return {
        name: score_candidate(each.view, untouched, best_guess, trust)
        for name, each in previews.items()
    }


def _choose(scores: dict[str, float], method: str) -> str:
    """Return the name of the candidate with the best score, or of the one that is requested."""
    if method == "auto":
        return max(scores, key=scores.__getitem__)
    if method not in scores:
        raise SettingError(
            f"harmonize.method is {method!r}, but there is no {method} result for this picture: "
            "make it first, or choose auto"
        )
    return method


def _with_light(request: Request, source: Reading | None) -> tuple[Request, float]:
    """Let what is known of the light decide, except in paintings; also return the confidence."""
    confidence = request.advice.confidence
    scene = None if source is None else read_light(request.composite, request.matte)
    if source is None or scene is None or should_paint(request):
        return request, confidence
    light = light_change(source, scene, request.composite, request.matte)
    if request.settings.method != "auto":
        return replace(request, light=light), confidence
    confidence = light_confidence(light, request.view.lab[request.view.inside])
    return replace(request, light=light, share=share_to_apply(confidence)), confidence


def _harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    harmonizer: Harmonizer,
    proposals: Proposals,
    source: Reading | None,
) -> Harmonized:
    """Harmonize an object, whatever the scene's tone."""
    view = object_view(composite, matte)
    if view is None:
        return _undecided(settings, proposals, composite)
    advice = harmonizer.advise(view)
    share = share_to_apply(advice.confidence) if settings.method == "auto" else 1.0
    request = Request(composite, matte, settings, proposals, view, advice, share)
    request, certainty = _with_light(request, source)
    previews = _previews(request)
    scores = _scores(previews, 1 - request.share)
    chosen = _choose(scores, settings.method)
    image = previews[chosen].render()
    if chosen != UNTOUCHED.name:
        image = _finish(image, composite, matte, settings)
    return Harmonized(image, chosen, scores, certainty)


def _tone_to_match(composite: Rgb, matte: Matte, settings: HarmonizeSettings) -> Tone | None:
    """Find the scene's tone, unless the settings keep the object's colors."""
    if settings.keep_colors or settings.method == UNTOUCHED.name:
        return None
    return find_tone(composite, matte)


def _is_off_tone(composite: Rgb, matte: Matte, tone: Tone) -> bool:
    """Whether the object's colors visibly differ from the scene's tone."""
    view = object_view(composite, matte)
    if view is None:
        return False
    own, around = (tone.distance(view.lab[mask]) for mask in (view.inside, view.outside))
    return own > around + TONE.visible_distance


def harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    *,
    harmonizer: Harmonizer,
    proposals: Proposals = NO_PROPOSALS,
    source: Reading | None = None,
) -> Harmonized:
    """Make an object look natural in its scene.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    settings
        `method` names the candidate; `auto` takes the one with the best score, which is `untouched`
        if no change is expected to help. In a black-and-white or toned scene, the object takes
        the scene's tone in any case, unless the method is `untouched` or `keep_colors` is set. The
        other settings limit what may change.
    harmonizer
        Predicts the color change and the confidence in it.
    proposals
        What networks propose for the composite, by candidate.
    source
        Light of the object's own photo (`light.reader.read_light`). Where it is known, `auto`
        changes the object by the difference to the scene's, except in paintings; else it takes the
        color model's advice.

    Returns
    -------
    Harmonized
        If there is no object, or nothing around it, all scores are `UNDECIDED`, and nothing but
        the tone changes.

    Raises
    ------
    SettingError
        The method needs a proposal that is not given.

    Examples
    --------
    >>> import numpy as np
    >>> from nst_pipeline.vision.harmonize.model.harmonizer import builtin
    >>> composite, matte = np.full((60, 60, 3), 200, np.uint8), np.zeros((60, 60), np.float32)
    >>> matte[20:40, 20:40] = 1
    >>> composite[20:40, 20:40] = 60, 90, 160
    >>> settings = HarmonizeSettings(method="ring", color_only=True)
    >>> result = harmonize(composite, matte, settings, harmonizer=builtin())
    >>> result.chosen, result.image[0, 0].tolist(), result.image[30, 30].tolist()
    ('ring', [200, 200, 200], [122, 131, 176])
    """
    tone = _tone_to_match(composite, matte, settings)
    if tone is None:
        return _harmonize(composite, matte, settings, harmonizer, proposals, source)
    # The strength holds for the tone, too, so it is applied last.
    whole = settings.model_copy(update={"strength": 1.0})
    toned = apply_tone(composite, matte, tone)
    result = _harmonize(toned, matte, whole, harmonizer, proposals, source)
    image = apply_tone(result.image, matte, tone)
    image = recompose(composite, np.float32(settings.strength) * (matte > 0), image)
    confidence = max(result.confidence, TONE.certainty * _is_off_tone(composite, matte, tone))
    return replace(result, image=image, confidence=confidence, tone=tone.kind)
