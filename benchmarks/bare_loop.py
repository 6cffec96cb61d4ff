"""Make composites as a plain script would: the same library calls, without Dagster or a catalog.

It writes stickers, composites, masks, harmonized pictures, and a gallery of these (the graph's
gallery also shows the stylized pictures).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from upath import UPath

from nst_pipeline.publish.gallery import GalleryScene, Variant, write_gallery
from nst_pipeline.settings import Settings
from nst_pipeline.storage.keys import partition_key
from nst_pipeline.storage.listing import list_inbox
from nst_pipeline.storage.sidecars.files import sidecar_detections
from nst_pipeline.storage.sidecars.matching import SidecarMatching
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.style.finding.paintings import offers_painting
from nst_pipeline.style.kinship import kinship_with
from nst_pipeline.style.light_reader import read_lights
from nst_pipeline.style.magenta import Magenta, load_magenta
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.style.paint import paint_object
from nst_pipeline.style.recipes import (
    ModelInput,
    Recipe,
    apply_result,
    crop_surroundings,
    prepare_model_inputs,
)
from nst_pipeline.style.scene_layout import layout_once, load_layout_network
from nst_pipeline.style.surroundings import read_surroundings
from nst_pipeline.style.tries import judge_in_preview
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.cutout import crop_sticker, cut_out
from nst_pipeline.vision.detect import detect, find_obstacles
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.light.reading import Reading
from nst_pipeline.vision.harmonize.model.calibrate import calibrate
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.harmonize.network_change import Proposal
from nst_pipeline.vision.harmonize.tone import tone_shadows
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.place.choose import LibrarySticker, StickerCandidates
from nst_pipeline.vision.place.cut_edges import cut_edges
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Composite, Picture, Rgb, Rgba


@dataclass(frozen=True)
class _Pasted:
    """A scene with its sticker, and the inputs that the network gets."""

    key: str
    scene: Rgb
    composite: Composite
    inputs: dict[Recipe, ModelInput]
    light: Reading | None


@dataclass(frozen=True)
class _Cut:
    """A sticker's pixels, and the light of its photo."""

    pixels: Rgba
    light: Reading | None


def _photo(path: Path, settings: Settings) -> Rgb:
    limit = settings.ingest.max_megapixels
    return decode_photo(path.read_bytes(), name=str(path), max_megapixels=limit)


def _stickers(root: Path, out: Path, settings: Settings) -> Iterator[tuple[LibrarySticker, _Cut]]:
    inbox = UPath(root / "objects")
    sidecars = list_inbox(inbox).sidecars
    for path in sorted((root / "objects").glob("*.jpg")):
        photo, key = _photo(path, settings), partition_key(path.name)
        height, width = photo.shape[:2]
        beside = SidecarMatching(inbox, [path.name], sidecars).parts(path.name)
        given = sidecar_detections(inbox, path.name, beside, width, height)
        networks = network_finders(settings)
        found = detect(photo, settings.detection, given, networks=networks)[0]
        network = load_cutout_network(settings.cutout.network)
        cutout = cut_out(photo, found, settings.cutout, network=network)
        pixels, box = crop_sticker(cutout)
        (out / f"{key}.0.png").write_bytes(encode_png(pixels))
        edges = {f"touches_{edge}": True for edge in cut_edges(cutout.matte)}
        quality, lab = round(float(cutout.quality), 6), tuple(mean_lab(pixels))
        sticker = LibrarySticker(
            f"{key}.0", key, box.width, box.height, quality, label=found.label, lab=lab, **edges
        )
        around = read_surroundings(photo, layout_once(photo), found.label, cutout.matte)
        yield replace(sticker, **vars(around)), _Cut(pixels, around.light)


def _pasted(
    path: Path,
    library: dict[LibrarySticker, _Cut],
    candidates: StickerCandidates,
    settings: Settings,
) -> _Pasted:
    scene, key = _photo(path, settings), partition_key(path.name)
    networks = network_finders(settings)
    obstacles = find_obstacles(scene, settings.detection, networks=networks)
    layout = load_layout_network()(scene)
    pixels = {each.sticker: cut.pixels for each, cut in library.items()}
    quality = {each.sticker: each.quality for each in library}
    planned = plan(
        scene,
        layout,
        candidates(key, 1, ()).stickers,
        obstacles,
        settings.placement,
        scene_key=key,
        judge=judge_in_preview(scene, settings.placement, pixels.__getitem__, quality.__getitem__),
        kinship=kinship_with(scene, layout),
    ).planned
    lights = {each.sticker: cut.light for each, cut in library.items()}
    labels = {each.sticker: each.label for each in library}
    rules = settings.placement
    light = scene_light(scene, rules.cast_shadow)
    placements = [
        match_light(
            each.placement,
            pixels[each.placement.sticker],
            labels[each.placement.sticker],
            lambda: light.side,
        )[0]
        for each in planned
    ]
    layers = [(each, pixels[each.sticker]) for each in placements]
    composite = compose(
        scene, layers, shadow=rules.shadow, sunlit=light.sunlit, bounce=rules.bounce
    )
    composite = tone_shadows(composite, scene)
    box = object_box(composite.matte)
    inputs = prepare_model_inputs(
        composite.image, box, crop_surroundings(scene, box), settings.recipes
    )
    # One object is pasted on each scene.
    return _Pasted(key, scene, composite, inputs, lights[placements[0].sticker])


def _stylized(
    batch: Sequence[_Pasted], magenta: Magenta, settings: Settings
) -> list[tuple[Rgb, Rgb]]:
    """Stylize composites by their surroundings and by themselves; apply both at full size."""

    def painted(recipe: Recipe, *, own: bool = False) -> list[Rgb]:
        inputs = [each.inputs[recipe] for each in batch]
        contents = [each.content[0] for each in inputs]
        styles = contents if own else [each.style[0] for each in inputs]
        strength, size = settings.magenta.strength, settings.magenta.batch_size
        results = magenta.stylize(contents, styles, strength=strength, batch_size=size)
        return [
            apply_result(result.astype(np.float32), each.inputs[recipe], each.composite.image)
            for each, result in zip(batch, results, strict=True)
        ]

    painted("left")
    return list(zip(painted("right"), painted("right", own=True), strict=True))


def _harmonize(
    each: _Pasted,
    stylized: tuple[Rgb, Rgb],
    model: Harmonizer,
    magenta: Magenta,
    settings: Settings,
) -> Rgb:
    composite, matte = each.composite.image, each.composite.matte
    proposals = {"magenta": lambda: Proposal(*stylized)}
    if offers_painting(composite, matte, settings.harmonize):
        proposals["painted"] = lambda: Proposal(paint_object(composite, matte, each.scene, magenta))
    image = harmonize(
        composite,
        matte,
        settings.harmonize,
        harmonizer=model,
        proposals=proposals,
        lights=read_lights(each.light, composite, matte),
    ).image
    for judged in (composite, image):
        judge_naturalness(judged, matte)
    return image


def _write_gallery(out: Path, keys: Sequence[str]) -> None:
    def describe(key: str) -> GalleryScene:
        variants = (
            Variant("untouched", "Untouched composite", f"../{key}.composite.png"),
            Variant("harmonized", "Harmonized", f"../{key}.png"),
        )
        return GalleryScene(key, f"{key}.jpg", "ok", key, variants, mask=f"../{key}.mask.png")

    def open_image(path: str) -> Picture:
        return decode_png((out / path.removeprefix("../")).read_bytes())

    scenes = {key: key for key in keys}
    write_gallery(
        UPath(out / "gallery"), scenes, describe, title="Composites", open_image=open_image
    )


def run(root: Path, out: Path, settings: Settings) -> int:
    """Make harmonized composites under `out` from the photos under `root`.

    Returns
    -------
    int
        Number of scenes that were harmonized.
    """
    out.mkdir(parents=True)
    library = dict(_stickers(root, out, settings))
    magenta, model = load_magenta(settings.magenta.handle), calibrate([])
    candidates = StickerCandidates(list(library), settings.placement)
    paths, size = sorted((root / "scenes").glob("*.jpg")), settings.magenta.batch_size
    for first in range(0, len(paths), size):
        batch = [
            _pasted(each, library, candidates, settings) for each in paths[first : first + size]
        ]
        for each, stylized in zip(batch, _stylized(batch, magenta, settings), strict=True):
            harmonized = _harmonize(each, stylized, model, magenta, settings)
            mask = to_uint8(each.composite.matte)
            for name, picture in (
                ("", harmonized),
                (".composite", each.composite.image),
                (".mask", mask),
            ):
                (out / f"{each.key}{name}.png").write_bytes(encode_png(picture))
    _write_gallery(out, [partition_key(path.name) for path in paths])
    return len(paths)
