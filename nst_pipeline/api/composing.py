"""`nst.compose`: paste stickers on a photo."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from nst_pipeline.api.cutting import Sticker
from nst_pipeline.api.inputs import PictureLike, name_of, open_colors, open_picture
from nst_pipeline.api.results import Shown, write_file
from nst_pipeline.errors import NstError
from nst_pipeline.settings import PlacementSettings, Settings
from nst_pipeline.storage.pictures import MASK, read_sticker
from nst_pipeline.storage.records import read_provenance
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.style.tries import judge_in_preview
from nst_pipeline.vision.compose.composite import compose as paste
from nst_pipeline.vision.harmonize.tone import tone_shadows
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import Planned, assess, height_at, plan
from nst_pipeline.vision.place.support import hangs
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import SceneLight, scene_light
from nst_pipeline.vision.shapes import Box, Detection, Matte, Placement, Rgb, StickerLayer

StickerLike = Sticker | PictureLike
"""A sticker from `cut_out`, or a picture with transparency."""
_NO_ROOM = "choose another seed, a smaller placement.min_height_fraction, or the place yourself"


@dataclass(frozen=True)
class Placed:
    """Where a sticker went, and why.

    Attributes
    ----------
    sticker
        Its file, or `sticker 1`, `sticker 2`, ...
    box
        In the scene's pixels; may reach past the edges.
    flip
        Whether it was mirrored.
    plausibility
        0..1: how sure it is that the thing is carried there, is not in the way, and has its size.
    why
        What speaks for the place.
    hangs
        Whether it flies or hangs, and casts no shadow on the ground.
    """

    sticker: str
    box: Box
    flip: bool
    plausibility: float
    why: str
    hangs: bool = False

    @property
    def placement(self) -> Placement:
        """Where it went."""
        return Placement(self.sticker, self.box, self.flip, self.hangs)


@dataclass(frozen=True, eq=False)
class ComposeResult(Shown):
    """A scene with stickers on it.

    Attributes
    ----------
    picture
        (height, width, 3) uint8 RGB.
    matte
        Of all stickers together, (height, width) float32, 0..1; the mask for `harmonize`.
    shadow
        Share of light that their shadows remove from the scene, (height, width) float32, 0..1.
    placed
        Where the stickers went.
    refused
        Why stickers do not fit on the scene, by their names.
    layers
        The stickers before blending, the lowest first.
    """

    matte: Matte = field(repr=False)
    shadow: Matte = field(repr=False)
    placed: tuple[Placed, ...]
    refused: Mapping[str, str]
    layers: tuple[StickerLayer, ...] = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture as a PNG file, and its mask beside it as `NAME.mask.png`.

        Raises
        ------
        NstError
            The name does not end in `.png`, or a file cannot be written.
        """
        super().save(path)
        mask = Path(path).with_name(f"{Path(path).stem}{MASK}.png")
        write_file(mask, encode_png(to_uint8(self.matte)))


def _open_sticker(given: StickerLike, settings: Settings) -> Sticker:
    """Open a sticker. What its thing is, its file says if the pipeline made it, else its name.

    Raises
    ------
    NstError
        It has no transparency, or is transparent everywhere.
    """
    if isinstance(given, Sticker):
        return given
    if not isinstance(given, str | os.PathLike):
        pixels = open_picture(given, settings)
        if pixels.shape[2] == 3 or not pixels[..., 3].any():
            raise NstError("the sticker has no transparency: cut the object out with `cut_out`")
        return Sticker(pixels)
    path = Path(given)
    pixels = read_sticker(path, max_megapixels=settings.ingest.max_megapixels)
    record = read_provenance(path)
    if record is None:
        return Sticker(pixels, label=re.sub(r"[\W\d_]+", " ", path.stem).strip())
    return Sticker(
        pixels,
        label=record.label,
        height_m=record.height_m,
        cut_by=record.cut_by,
        light=record.light,
        footing=record.footing,
    )


def _names(given: Sequence[StickerLike]) -> list[str]:
    """Name stickers by their files, those without or with the same file by numbers."""
    names: list[str] = []
    for number, each in enumerate(given, start=1):
        name = os.fspath(each) if isinstance(each, str | os.PathLike) else f"sticker {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _described(name: str, sticker: Sticker) -> LibrarySticker:
    """Describe a sticker to the planner."""
    height, width = sticker.picture.shape[:2]
    return LibrarySticker(
        name,
        name,
        width,
        height,
        quality=sticker.quality,
        touches_bottom="bottom" in sticker.cut_by,
        touches_top="top" in sticker.cut_by,
        touches_left="left" in sticker.cut_by,
        touches_right="right" in sticker.cut_by,
        label=sticker.label,
        height_m=sticker.height_m,
        footing=sticker.footing,
        lab=mean_lab(sticker.picture),
        light=sticker.light,
    )


def _planned(each: Planned) -> Placed:
    where = each.placement
    return Placed(where.sticker, where.box, where.flip, each.plausibility, each.why, where.hangs)


@dataclass(frozen=True)
class _Scene:
    """A scene, and the stickers to paste on it, by name."""

    picture: Rgb
    name: str
    stickers: Mapping[str, Sticker]
    settings: PlacementSettings

    @cached_property
    def light(self) -> SceneLight:
        """From where the light comes."""
        return scene_light(self.picture, self.settings.cast_shadow)

    @property
    def library(self) -> list[LibrarySticker]:
        return [_described(name, each) for name, each in self.stickers.items()]

    def planned(self) -> tuple[list[Placed], dict[str, str]]:
        """Plan all stickers, those that do not fit in their real size in a medium one."""
        layout, library = load_layout_network()(self.picture), self.library
        judge = judge_in_preview(
            self.picture,
            self.settings,
            lambda name: self.stickers[name].picture,
            lambda name: self.stickers[name].quality,
        )
        fit = partial(
            plan, self.picture, layout, settings=self.settings, scene_key=self.name, judge=judge
        )
        found = fit(library, [])
        left = [
            replace(each, label="", height_m=None)
            for each in library
            if each.sticker in found.refused
        ]
        more = fit(left, [Detection(e.placement.box, "", 1.0, "") for e in found.planned])
        placed = [_planned(each) for each in (*found.planned, *more.planned)]
        done = {each.sticker for each in placed}
        missing = [name for name in self.stickers if name not in done]
        return placed, {name: more.refused.get(name, "there is no room") for name in missing}

    def at(self, foot: tuple[int, int], height: int | None) -> Placed:
        """Place the only sticker where somebody wants it, as tall as it is there by default."""
        (sticker,), layout = self.library, load_layout_network()(self.picture)
        tall = height or height_at(self.picture, layout, sticker, foot, self.settings)
        wide = max(1, round(sticker.width * tall / sticker.height))
        box = Box(foot[0] - wide // 2, foot[1] - tall, wide, tall)
        plausibility = assess(self.picture, layout, sticker, box, [], self.settings)
        why, in_air = "your own place", hangs(sticker.label)
        return Placed(sticker.sticker, box, False, plausibility, why, in_air)


def _mirrored(placed: Placed, sticker: Sticker, side: Callable[[], float]) -> Placed:
    """Mirror a sticker if its light clearly comes from the other side."""
    if {"left", "right"} & set(sticker.cut_by):
        return placed
    after, why = match_light(placed.placement, sticker.picture, sticker.label, side)
    return replace(placed, flip=after.flip, why=f"{placed.why}; {why}" if why else placed.why)


def _pasted(scene: _Scene, placed: list[Placed], refused: Mapping[str, str]) -> ComposeResult:
    """Paste stickers where they go, with shadows."""
    settings = scene.settings
    layers = [(each.placement, scene.stickers[each.sticker].picture) for each in placed]
    made = paste(
        scene.picture,
        layers,
        shadow=settings.shadow,
        sunlit=scene.light.sunlit,
        bounce=settings.bounce,
    )
    made = tone_shadows(made, scene.picture)
    return ComposeResult(made.image, made.matte, made.shadow, tuple(placed), refused, made.layers)


def compose(
    scene: PictureLike,
    sticker: StickerLike | Sequence[StickerLike],
    *,
    at: tuple[int, int] | None = None,
    height: int | None = None,
    settings: Settings | None = None,
) -> ComposeResult:
    """Paste stickers on a photo, at plausible places and sizes, with shadows.

    What a sticker's thing is, and so its size, is known if `cut_out` named it, if the pipeline made
    its file, or by the file's name, such as `cup.png`. If it does not fit in its real size, it gets
    a medium one.

    Parameters
    ----------
    scene
        Photo to paste on: a path, an array (height, width, 3) uint8 RGB, or a PIL picture.
    sticker
        One or several: from `cut_out`, or pictures with transparency.
    at
        Where a single sticker stands: column and row, in the scene's pixels, of the middle of its
        lower edge. Default: a plausible place.
    height
        How tall it becomes there, in the scene's pixels. Only with `at`. Default: as tall as it is
        at this place in reality; medium if that is not known, or too small or too large.
    settings
        `placement` says how, such as `Settings(placement={"seed": 7})`. Default: the defaults, and
        the environment's `NST_` variables.

    Returns
    -------
    ComposeResult
        With `refused` instead of `placed` if there is no room.

    Raises
    ------
    NstError
        A picture cannot be read, a sticker has no transparency, or the place is not in the scene.
    ModelUnavailableError
        A network is damaged.
    """
    chosen = settings or Settings()
    is_many = isinstance(sticker, Sequence) and not isinstance(sticker, str)
    given: Sequence[StickerLike] = sticker if is_many else [sticker]  # type: ignore[assignment, list-item]
    picture = open_colors(scene, chosen)
    opened = [_open_sticker(each, chosen) for each in given]
    # Whoever names a sticker wants it there: the best place will do.
    wanted = {"stickers_per_scene": len(opened), "min_plausibility": 0.0}
    ready = _Scene(
        picture,
        Path(name_of(scene)).name,
        dict(zip(_names(given), opened, strict=True)),
        chosen.placement.model_copy(update=wanted),
    )
    if at is not None:
        _check_place(at, height, picture, len(opened))
        return _pasted(ready, [ready.at(at, height)], {})
    if height is not None:
        raise NstError("a height needs a place: give `at`, too")
    placed, refused = ready.planned()
    if chosen.placement.match_light:
        placed = [
            _mirrored(each, ready.stickers[each.sticker], lambda: ready.light.side)
            for each in placed
        ]
    return _pasted(ready, placed, {n: f"{why}: {_NO_ROOM}" for n, why in refused.items()})


def _check_place(at: tuple[int, int], height: int | None, scene: Rgb, count: int) -> None:
    """Check that a sticker can stand at a place.

    Raises
    ------
    NstError
        It cannot, or there are several.
    """
    tall, wide = scene.shape[:2]
    if count != 1:
        raise NstError(f"one place for {count} stickers: paste them one after the other")
    if not (0 <= at[0] < wide and 0 < at[1] <= tall):
        raise NstError(f"{at[0]},{at[1]} is not in the scene, which is {wide} x {tall} pixels")
    if height is not None and not 1 <= height <= 4 * tall:
        raise NstError(f"height {height}: give pixels, 1 to {4 * tall}")
