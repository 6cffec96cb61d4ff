"""The settings by section: defaults, bounds, and descriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from nst_pipeline.settings.section import Section


class IngestSettings(Section):
    """Which files in an inbox become partitions."""

    max_megapixels: float = Field(
        100.0,
        gt=0,
        le=1000,
        description="Larger pictures are refused before they are decoded. Decoding takes about "
        "13 MB for each megapixel.",
    )


_GREATEST_WEIGHT = 1e12
"""Larger weights of losses overflow float32."""

FinderName = Literal["sidecar", "dnn", "people", "objects"]
"""The finders registered in `nst_pipeline.vision.detect.finders`; a test compares the two."""


class ScenesSettings(Section):
    """What is made of each scene."""

    variants: int = Field(
        1,
        ge=1,
        le=100,
        description="Composites made of each scene photo, each with its own stickers and places, "
        "its own partition (`KEY~2`, `KEY~3`, ...), lineage and labels.",
    )


class DetectionSettings(Section):
    """How objects are found in photos."""

    methods: list[FinderName] = Field(
        default=["sidecar", "dnn", "people", "objects"],
        description="Finders, most trusted first; the first one that finds something decides. "
        "`sidecar`: the boxes and masks beside the photo; `dnn`: what your detector network "
        "recognizes; `people`: people; `objects`: the main objects, of any kind.",
    )
    max_objects: int = Field(
        1,
        ge=1,
        le=20,
        description="Objects kept per photo, best first. Your own boxes and masks are all kept.",
    )
    min_score: float = Field(
        0.3, ge=0, le=1, description="Detections with a lower score are dropped."
    )
    min_label_probability: float = Field(
        0.5,
        ge=0,
        le=1,
        description="An object that you did not label is named by the classifier (`cat`, `cup`, "
        "`car`) if that is at least as probable as this. Otherwise it keeps its finder's label.",
    )
    dnn_model: str = Field(
        "",
        description="Detector network for the method `dnn`: a name of `nst models`, an ONNX file "
        "(YOLO, SSD, YOLOX, D-FINE, RT-DETR), a SavedModel folder or a TensorFlow Hub URL. Empty: "
        "no network.",
    )
    dnn_labels: str = Field(
        "",
        description="UTF-8 text file with the network's class names, one per line. Empty: COCO's "
        "names for a network of `nst models`, class numbers for others.",
    )


class CutoutSettings(Section):
    """How detections become stickers."""

    network: str = Field(
        "builtin",
        description="Network that cuts objects out, and finds those of the finder `objects`. "
        "`builtin`: the one that comes with the package; or a name of `nst models`; the path of an "
        "ONNX file of U²-Net, IS-Net or BiRefNet, or of one that you trained; or a folder with "
        "encoder and decoder of the family SAM.",
    )
    matting: bool = Field(
        True,
        description="Compute a soft matte and remove the background's color from the edge "
        "(pymatting). If false, edges are hard.",
    )
    work_side: int = Field(
        640,
        ge=128,
        le=4096,
        description="Longest side at which mattes and edge colors are computed, in pixels.",
    )
    min_area_fraction: float = Field(
        0.002,
        ge=0,
        le=1,
        description="Smallest object that becomes a sticker, as a fraction of the photo's area.",
    )


LEAST_HEIGHT_M, GREATEST_HEIGHT_M = 0.001, 500.0
"""Meters: limits of what a user may give as a thing's height."""
CastShadow = Literal["auto", "left", "right", "off"]


class PlacementSettings(Section):
    """Which stickers go where on a scene, and how large."""

    stickers_per_scene: int = Field(
        1, ge=0, le=10, description="Stickers pasted on each scene, if there is room for them."
    )
    seed: int = Field(
        0,
        ge=-(2**63),
        lt=2**63,
        description="A different seed gives different stickers and places.",
    )
    min_height_fraction: float = Field(
        0.1, gt=0, le=1, description="Shortest object, as a fraction of the scene's height."
    )
    max_height_fraction: float = Field(
        0.5, gt=0, le=1, description="Tallest object, as a fraction of the scene's height."
    )
    flip: bool = Field(False, description="Allow mirrored stickers.")
    match_light: bool = Field(
        True,
        description="Mirror a sticker if its light clearly comes from one side and the scene's "
        "from the other. Never mirrored: what may show letters, and things whose sides differ.",
    )
    min_quality: float = Field(
        0.5, ge=0, le=1, description="Lowest cut-out quality of a sticker that is used."
    )
    min_sticker_px: int = Field(
        112,
        ge=0,
        le=10_000,
        description="Shortest longer side of a sticker that is used, pixels: smaller cut-outs are "
        "soft, and viewers see it. With photos of 256 pixels, set 0.",
    )
    cut_objects: bool = Field(
        False,
        description="Place also objects that the bottom or a side of their photo cuts off, where "
        "the same edge of a scene hides the cut. Few of them look natural. Your own placements "
        "are free to use them.",
    )
    heights_m: dict[str, float] = Field(
        {},
        description="Real heights of things by label, in meters, such as `{gnome = 0.3}`: for "
        "words that the table of things lacks, or where yours differ. A height beside a box "
        "(`height_m`) takes precedence.",
    )
    candidates: int = Field(
        32,
        ge=1,
        le=256,
        description="Stickers that a scene is offered for each one that it gets. Among more, more "
        "belong there; but each new sticker changes the offer of more scenes.",
    )
    tries: int = Field(
        4,
        ge=1,
        le=32,
        description="Stickers and places tried for each scene. The composite that looks most "
        "natural is made; each try takes about 0.1 seconds.",
    )
    min_plausibility: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Least plausibility of a place: what carries the object, its size, and what is "
        "in the way. Below it, the scene stays empty.",
    )
    same_split: bool = Field(
        True,
        description="Paste stickers only on scenes of the same dataset split (`train`, `val` or "
        "`test`), unless that split has none. With fewer than 30 stickers, any scene may get any.",
    )
    shadow: float = Field(
        0.7,
        ge=0,
        le=1,
        description="How dark the ground directly under an object is. 0: no shadow.",
    )
    cast_shadow: CastShadow = Field(
        "auto",
        description="Soft shadows that objects cast in the sun. `auto`: only in scenes whose own "
        "shadows show for certain where the light comes from; `left`, `right`: in all scenes, with "
        "light from that side; `off`: never.",
    )
    bounce: float = Field(
        0.1,
        ge=0,
        le=1,
        description="How much of the ground's color shines on an object's foot. 0: nothing.",
    )

    @field_validator("heights_m")
    @classmethod
    def _are_heights(cls, heights: dict[str, float]) -> dict[str, float]:
        for label, height in heights.items():
            if not LEAST_HEIGHT_M <= height <= GREATEST_HEIGHT_M:
                raise ValueError(
                    f"{label} = {height:g} is no height of a thing: give meters, "
                    f"{LEAST_HEIGHT_M:g} to {GREATEST_HEIGHT_M:g}"
                )
        return heights

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_height_fraction > self.max_height_fraction:
            raise ValueError(
                "min_height_fraction is larger than max_height_fraction: lower the first or raise "
                "the second"
            )
        return self


class RecipeSettings(Section):
    """The two recipes that prepare pictures for the networks, `left` and `right`."""

    left_side: int = Field(1024, ge=64, le=8192, description="Longest side of `left`, in pixels.")
    right_side: int = Field(
        256, ge=64, le=2048, description="Side of the square `right`, in pixels."
    )
    style: str = Field(
        "ring",
        description="Where the style comes from: `ring` (the scene around the object, before "
        "pasting), `scene` (the whole scene), `composite` (the picture itself), or the path of a "
        "picture.",
    )


class MagentaSettings(Section):
    """Google Magenta's network for arbitrary image stylization."""

    handle: str = Field(
        "bundled",
        description="The network: `bundled`, a TensorFlow Hub URL, or the path of a SavedModel.",
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Blend between the picture's own style (0) and the other picture's (1).",
    )
    batch_size: int = Field(
        1,
        ge=1,
        le=64,
        description="Pictures per call of the network. More than 1 saves 2 % on a CPU at 1024 "
        "pixels, but the last bit of a result then depends on the other pictures of its batch.",
    )


StylizeMode = Literal["photographic", "artistic"]
VggPicture = Literal["object", "left", "right"]


class Vgg19Settings(Section):
    """Style transfer by pixel optimization over the features of VGG (Gatys et al. 2016)."""

    network: Literal["auto", "vgg19", "vgg16-edges"] = Field(
        "auto",
        description="`vgg19`; `vgg16-edges`, a VGG16 that was trained from ImageNet's weights to "
        "find edges and comes with the installation; or `auto`: VGG19 if its weights are on this "
        "machine, else the other.",
    )
    weights: str = Field(
        "imagenet",
        description="VGG19's weights: `imagenet` (from Keras' cache, else downloaded), or a path.",
    )
    pictures: list[VggPicture] = Field(
        default=["left", "right"],
        description="What to optimize in each scene: the contents of the recipes `left` and "
        "`right`, and the `object` of the composite, which `harmonize.method` `vgg19` needs. Each "
        "takes seconds. Empty: nothing.",
    )
    mode: StylizeMode = Field(
        "photographic",
        description="How the object is optimized. `photographic` keeps the picture's edges and "
        "changes its colors and contrast; `artistic` is the original method, which redraws edges "
        "as brushstrokes. The recipes' contents are always `artistic`.",
    )
    luminance_only: bool = Field(False, description="Change only lightness; keep the colors.")
    optimizer: Literal["lbfgs", "adam", "classic"] = Field(
        "lbfgs",
        description="`lbfgs` and `adam` work from coarse to fine; `classic` is SGD at the rates of "
        "the Keras example, which takes thousands of steps.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="`auto` uses bfloat16 (twice as fast) if the processor has instructions for "
        "it, else float32.",
    )
    steps: int = Field(
        12, ge=1, le=10_000, description="Maximum number of optimizer steps at each size."
    )
    flat_gain: float = Field(
        0.002,
        ge=0,
        lt=1,
        description="Stop when five steps lower the loss by less than this fraction. 0: never "
        "stop early.",
    )
    side: int = Field(
        256,
        ge=32,
        le=1024,
        description="Longest side at which pictures are optimized, in pixels. On a larger picture "
        "the change is enlarged and applied.",
    )
    losses: Literal["balanced", "classic"] = Field(
        "balanced",
        description="`balanced`: every distance is relative to the style's or content's own "
        "energy, so that the weights mean the same for any network; `classic`: the plain sums of "
        "the Keras example.",
    )
    content_weight: float = Field(
        2.5e-8, ge=0, le=_GREATEST_WEIGHT, description="Higher: shapes are kept more."
    )
    style_weight: float = Field(
        1e-6, ge=0, le=_GREATEST_WEIGHT, description="Higher: the style is matched more."
    )
    total_variation_weight: float = Field(
        1e-6, ge=0, le=_GREATEST_WEIGHT, description="Higher: less noise."
    )
    laplacian_weight: float = Field(
        1e-5,
        ge=0,
        le=_GREATEST_WEIGHT,
        description="Only in mode `photographic`. Higher: edges are kept more.",
    )
    moments_weight: float = Field(
        1e-5,
        ge=0,
        le=_GREATEST_WEIGHT,
        description="Only in mode `photographic`. Higher: contrast is matched more.",
    )
    style_layers: list[str] = Field(
        default=[],
        description="Layers whose statistics define the style, such as `block1_conv1`; early ones "
        "capture fine texture. Empty: those that suit `losses`.",
    )
    content_layer: str = Field(
        "",
        description="Layer whose features define the content. Empty: the one that suits `losses`.",
    )
    style_region: Literal["ring", "scene"] = Field(
        "ring",
        description="Where the style is measured: the `ring` around the object, or the whole "
        "`scene`.",
    )


HarmonizeMethod = Literal[
    "auto", "untouched", "light", "ring", "model", "painted", "magenta", "vgg19", "network"
]
"""`auto`, or a candidate of `vision/harmonize/candidates.py`; a test compares the two."""

SceneLook = Literal["auto", "photo", "painting"]


class HarmonizeSettings(Section):
    """How composites are harmonized."""

    renamed: ClassVar[Mapping[str, str]] = {
        "colour_only": "color_only",
        "keep_colours": "keep_colors",
    }

    method: HarmonizeMethod = Field(
        "auto", description="Candidate to use; `auto` takes the one with the best color fit."
    )
    network: str = Field(
        "",
        description="Harmonization network for the method `network`: a name of `nst models`, or "
        "an ONNX file that takes a composite and its mask.",
    )
    strength: float = Field(
        1.0, ge=0, le=1, description="Share of the change to apply; 0 leaves the paste as it is."
    )
    look: SceneLook = Field(
        "auto",
        description="Kind of scene. In a painting, the object takes on brushwork and palette; "
        "`auto` decides for each scene.",
    )
    color_only: bool = Field(
        False, description="Change only colors; do not paint, or match edge, sharpness or grain."
    )
    keep_colors: bool = Field(
        False,
        description="Keep the object's hues, e.g. of a product; adapt only its lightness.",
    )

    @model_validator(mode="after")
    def _in_agreement(self) -> Self:
        if self.method == "painted" and (self.color_only or self.look == "photo"):
            raise ValueError(
                "method `painted` contradicts color_only and look `photo`: choose another method, "
                "or reset these two"
            )
        return self


ModelName = Literal[
    "cutout",
    "detector",
    "harmonizer_network",
    "labels",
    "magenta",
    "style",
    "vgg16-edges",
    "vgg19",
]
"""Names under which the catalog has the digests of networks and files that settings name."""


class RunSettings(Section):
    """How runs use the machine. Results do not depend on these settings."""

    workers: int = Field(
        0,
        ge=0,
        le=64,
        description="Images that a run works on at the same time. 0: one per core and per 3 GB of "
        "memory, at most 4.",
    )
    images_per_run: int = Field(
        500,
        ge=1,
        le=1_000_000,
        description="Images that one Dagster run makes at most; each run loads the networks once. "
        "On a cluster, choose it so that there are several runs for each worker. Restart the code "
        "location after a change.",
    )
    partitioning: Literal["image", "batch"] = Field(
        "image",
        description="What a partition in Dagster stands for: an image, or a batch of images, for "
        "collections of more than 100,000. Nothing is made again after a change.",
    )
    batch_photos: int = Field(
        500,
        ge=1,
        le=10_000,
        description='With `partitioning = "batch"`: photos in a batch. Those that exist keep '
        "theirs.",
    )
    cache_gb: float = Field(
        10.0,
        ge=0,
        le=1_000_000,
        description="With an object store: gigabytes of photos, artifacts and catalog that a "
        "machine keeps on its disk, in the folder `NST_CACHE`. The least recently used go first. 0 "
        "keeps nothing.",
    )
    gallery_url: str = Field(
        "",
        description="Address at which the folder `artifacts/gallery` is served, such as "
        "`http://localhost:3001/gallery`. The Dagster UI links to it; `make dev` sets it.",
    )
    saved_models: bool = Field(
        False,
        description="Load SavedModels that `magenta.handle` or `detection.dnn_model` names, and "
        "whose digest `sha256` does not pin. TensorFlow runs whatever they contain, so switch this "
        "on only for models whose makers you trust. The built-in model and ONNX files need no "
        "permission.",
    )
    sha256: dict[ModelName, str] = Field(
        {},
        description='Digests that networks and files must have, such as `{magenta = "0f3c…"}`: '
        "with another one, nothing is loaded and nothing is made. The catalog's column `models` "
        "has those that were used.",
    )

    @field_validator("sha256")
    @classmethod
    def _are_digests(cls, digests: dict[ModelName, str]) -> dict[ModelName, str]:
        for name, digest in digests.items():
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"{name}: a digest has 64 hex digits, in lower case")
        return digests


class AlertsSettings(Section):
    """Whom the Dagster daemon tells about failures. Addresses hold secrets: set them in the
    environment if `nst.toml` is shared."""

    webhook: str = Field(
        "",
        description="Address that gets a JSON object by POST: `text`, `title`, `reason`, `job`, "
        "`run_id`, `url`.",
    )
    slack: str = Field(
        "",
        description="Incoming webhook of Slack, or of a service that takes the same, such as "
        "Mattermost: it gets `text` alone.",
    )
    mail_to: list[str] = Field([], description="Mail addresses. They need `smtp`.")
    mail_from: str = Field(
        "", description="The sender's address. Empty: the first address in `mail_to`."
    )
    smtp: str = Field(
        "",
        description="Mail server, as `smtps://user:password@host:465` or `smtp://host:25`, which "
        "is encrypted if the server offers STARTTLS.",
    )
    checks: Literal["error", "warning", "none"] = Field(
        "error",
        description="Which failed checks of successful runs count: `error`: those that fail; "
        "`warning`: also those that warn, such as `quarantine`, after each run that has them; "
        "`none`: none.",
    )
    ui_url: str = Field(
        "http://localhost:3000", description="Address of the Dagster UI, for links to runs."
    )

    @field_validator("webhook", "slack", "ui_url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        if url and not re.match(r"https?://[^/\s]+", url):
            raise ValueError("not an address that starts with https:// or http://")
        return url

    @model_validator(mode="after")
    def _has_mail_server(self) -> Self:
        if self.mail_to and not re.match(r"smtps?://[^/\s]+", self.smtp):
            raise ValueError(
                "alerts.mail_to needs alerts.smtp, such as smtps://user:password@host:465"
            )
        return self
