"""`nst.find_objects` and `nst.cut_out`: the objects of a photo, cut out as stickers."""

from __future__ import annotations

from dataclasses import dataclass, field

from nst_pipeline.api.inputs import PictureLike, name_of, open_picture, split_alpha
from nst_pipeline.api.results import Shown
from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.finding.labels import name_objects
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.style.scene_layout import layout_once
from nst_pipeline.style.surroundings import Surroundings, read_surroundings
from nst_pipeline.vision.cutout import crop_sticker
from nst_pipeline.vision.cutout import cut_out as cut_out_of
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.detect.transparency import OWN_ALPHA, find_cut_out
from nst_pipeline.vision.harmonize.light.reading import Reading
from nst_pipeline.vision.place.cut_edges import cut_edges
from nst_pipeline.vision.shapes import Box, Detection, Matte

BoxLike = Box | tuple[int, int, int, int] | Detection
"""x, y, width, height in the photo's pixels, or an object that was found."""
_GIVEN = "box"
"""The source of an object that the caller boxed."""


class NoObjectError(NstError):
    """A photo shows no object, or nothing is left of it after cutting it out."""


@dataclass(frozen=True, eq=False)
class Sticker(Shown):
    """An object that was cut out: a picture with transparency.

    You can also make one of your own picture: `Sticker(rgba, label="cup")`.

    Attributes
    ----------
    picture
        (height, width, 4) uint8, RGB with straight alpha.
    label
        The kind of thing, which tells its size; empty if unknown.
    height_m
        Its real height, meters, if it is known.
    quality
        Expected quality of the outline, 0..1.
    box
        Where the picture lies in the photo.
    source
        Name of the finder that found it; `box` if you gave its box.
    cut_by
        The edges of the photo that cut the object off.
    matte
        (photo height, photo width) float32, 0..1: the object in the photo.
    light
        The light on what was around it in the photo, nine numbers.
    footing
        How well what is under its feet in the photo carries such a thing, 0..1.
    """

    label: str = ""
    height_m: float | None = None
    quality: float = 1.0
    box: Box | None = None
    source: str = ""
    cut_by: tuple[str, ...] = ()
    matte: Matte | None = field(default=None, repr=False)
    light: Reading | None = field(default=None, repr=False)
    footing: float | None = None


def find_objects(photo: PictureLike, *, settings: Settings | None = None) -> list[Detection]:
    """Find the objects of a photo, and name them.

    Parameters
    ----------
    photo
        A path, an array (height, width, 3 or 4) uint8, RGB or RGBA, or a PIL picture. Of a photo
        with transparency, what is visible is the object.
    settings
        `detection` says how objects are found, and how many at most. Default: the defaults, and
        the environment's `NST_` variables.

    Returns
    -------
    list of Detection
        The best one first; empty if nothing was found.

    Raises
    ------
    NstError
        The photo cannot be read.
    """
    chosen = settings or Settings()
    colors, alpha = split_alpha(open_picture(photo, chosen))
    networks = network_finders(chosen)
    found = detect(colors, chosen.detection, find_cut_out(alpha), networks=networks)
    lowest = chosen.detection.min_label_probability
    return name_objects(colors, found, min_probability=lowest)


def _boxed(box: BoxLike) -> Detection:
    """Describe the object in a box.

    Raises
    ------
    NstError
        It is not a box.
    """
    if isinstance(box, Detection):
        return box
    try:
        x, y, width, height = (box.x, box.y, box.width, box.height) if isinstance(box, Box) else box
    except (TypeError, ValueError):
        raise NstError(f"box {box!r}: give x, y, width, height in pixels") from None
    return Detection(Box(int(x), int(y), int(width), int(height)), "object", 1.0, _GIVEN)


def cut_out(
    photo: PictureLike, box: BoxLike | None = None, *, settings: Settings | None = None
) -> Sticker:
    """Cut an object out of a photo.

    Parameters
    ----------
    photo
        A path, an array (height, width, 3 or 4) uint8, RGB or RGBA, or a PIL picture. If it has
        transparency, its own alpha is the matte.
    box
        Around the object: x, y, width, height in the photo's pixels, or one of `find_objects`.
        Default: the best object that is found.
    settings
        `cutout` and `detection` say how. Default: the defaults, and the environment's `NST_`
        variables.

    Returns
    -------
    Sticker
        The object with soft edges, without the background's color in them.

    Raises
    ------
    NstError
        The photo cannot be read, no object was found, or nothing of it is left. In the last two
        cases it is a `nst_pipeline.api.cutting.NoObjectError`.
    ModelUnavailableError
        A network is missing or damaged.

    Examples
    --------
    >>> from skimage import data
    >>> cup = cut_out(data.coffee(), (78, 12, 404, 376))
    >>> cup.label, cup.quality > 0.5, cup.picture.shape[2]
    ('cup', True, 4)
    """
    chosen = settings or Settings()
    picture = open_picture(photo, chosen)
    colors, alpha = split_alpha(picture)
    if box is None:
        found = find_objects(picture, settings=chosen)
        if not found:
            raise NoObjectError(f"{name_of(photo)}: no object found: give a box around it")
        detection = found[0]
    else:
        lowest = chosen.detection.min_label_probability
        (detection,) = name_objects(colors, [_boxed(box)], min_probability=lowest)
    network = load_cutout_network(chosen.cutout.network)
    made = cut_out_of(colors, detection, chosen.cutout, network=network, alpha=alpha)
    pixels, place = crop_sticker(made)
    if not pixels.size:
        raise NoObjectError(
            f"{name_of(photo)}: nothing is left of the object after cutting it out: give a tighter "
            "box"
        )
    around = Surroundings()
    if detection.source != OWN_ALPHA:
        layout = layout_once(colors)
        around = read_surroundings(colors, layout, detection.label, made.matte)
    return Sticker(
        pixels,
        label=detection.label,
        height_m=detection.height_m,
        quality=float(made.quality),
        box=place,
        source=detection.source,
        cut_by=tuple(cut_edges(made.matte, alpha)),
        matte=made.matte,
        light=around.light,
        footing=around.footing,
    )
