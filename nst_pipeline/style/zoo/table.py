"""The table of the zoo: what each model is for, where its files are, their digests, the license.

To add a model, add a row. A digest must be one that somebody published who had the file; never
take one from a download of your own alone. What a row does not say, its adapter reads from the
network's inputs and outputs (`style/zoo/signature.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from nst_pipeline.style.weights.download import RemoteFile

ZooSetting = Literal["cutout.network", "detection.dnn_model", "harmonize.network"]
"""The setting that takes a model's name."""


@dataclass(frozen=True)
class ZooModel:
    """A network that can be got by name.

    Attributes
    ----------
    name
        What settings and `nst models --get` take.
    purpose
        What it is for, in a few words.
    setting
        The setting that takes the name.
    license
        SPDX identifier of the weights' license.
    source
        Where the authors describe it.
    files
        One ONNX file, or an encoder and a decoder.
    """

    name: str
    purpose: str
    setting: ZooSetting
    license: str
    source: str
    files: tuple[RemoteFile, ...]

    @property
    def digest(self) -> str:
        """sha256 of the file, or of the files' digests if there are several."""
        if len(self.files) == 1:
            return self.files[0].sha256
        joined = "\n".join(file.sha256 for file in self.files)
        return hashlib.sha256(joined.encode()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Size of all files."""
        return sum(file.size_bytes for file in self.files)


_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
_YOLOX = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"
_HUGGING_FACE = "https://huggingface.co"
_EFFICIENT_SAM = (
    "https://raw.githubusercontent.com/yformer/EfficientSAM/"
    "d525f622e6f640acf5a0fc37c7ca1f243da5bde0/weights"
)
_MOBILE_SAM = f"{_HUGGING_FACE}/Acly/MobileSAM/resolve/0d3b403339b4674a82493d5e97964dd78089ddc8"
_D_FINE = (
    f"{_HUGGING_FACE}/onnx-community/dfine_s_obj2coco-ONNX/resolve/"
    "f69c4ca98cba7ca58aa15b3d4600867808fecf1b/onnx"
)
_PCT_NET = (
    "https://raw.githubusercontent.com/pccaza/harmonizer-onnx/"
    "046a31654875432fe303d5342aa036782270c520"
)

ZOO: dict[str, ZooModel] = {
    model.name: model
    for model in (
        ZooModel(
            "isnet",
            "main objects, fine outlines",
            "cutout.network",
            "Apache-2.0",
            "https://github.com/xuebinqin/DIS",
            (
                RemoteFile(
                    f"{_REMBG}/isnet-general-use.onnx",
                    "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
                    178_648_008,
                ),
            ),
        ),
        ZooModel(
            "u2net",
            "main objects",
            "cutout.network",
            "Apache-2.0",
            "https://github.com/xuebinqin/U-2-Net",
            (
                RemoteFile(
                    f"{_REMBG}/u2net.onnx",
                    "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
                    175_997_641,
                ),
            ),
        ),
        ZooModel(
            "u2netp",
            "main objects, small and fast",
            "cutout.network",
            "Apache-2.0",
            "https://github.com/xuebinqin/U-2-Net",
            (
                RemoteFile(
                    f"{_REMBG}/u2netp.onnx",
                    "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
                    4_574_861,
                ),
            ),
        ),
        ZooModel(
            "birefnet-lite",
            "main objects, finest outlines",
            "cutout.network",
            "MIT",
            "https://github.com/ZhengPeng7/BiRefNet",
            (
                RemoteFile(
                    f"{_REMBG}/BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
                    "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
                    224_005_088,
                ),
            ),
        ),
        ZooModel(
            "mobilesam",
            "the object in a box",
            "cutout.network",
            "Apache-2.0",
            "https://github.com/ChaoningZhang/MobileSAM",
            (
                RemoteFile(
                    f"{_MOBILE_SAM}/mobile_sam_image_encoder.onnx",
                    "580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",
                    28_157_093,
                ),
                RemoteFile(
                    f"{_MOBILE_SAM}/sam_mask_decoder_single.onnx",
                    "93915fc7c993ab9d59ab8c9ccd3bce37f7509c81ab4150a74abd4d2abbd8570d",
                    16_501_323,
                ),
            ),
        ),
        ZooModel(
            "efficientsam",
            "the object in a box",
            "cutout.network",
            "Apache-2.0",
            "https://github.com/yformer/EfficientSAM",
            (
                RemoteFile(
                    f"{_EFFICIENT_SAM}/efficient_sam_vitt_encoder.onnx",
                    "84ed466ffcc5c1f8d08409bc34a23bb364ab2c15e402cb12d4335a42be0e0951",
                    24_799_761,
                ),
                RemoteFile(
                    f"{_EFFICIENT_SAM}/efficient_sam_vitt_decoder.onnx",
                    "a62f8fa5ea080447c0689418d69e58f1e83e0b7adf9c142e2bd9bcc8045c0b11",
                    16_565_728,
                ),
            ),
        ),
        ZooModel(
            "yolox-s",
            "objects of COCO's 80 classes",
            "detection.dnn_model",
            "Apache-2.0",
            "https://github.com/Megvii-BaseDetection/YOLOX",
            (
                RemoteFile(
                    f"{_YOLOX}/yolox_s.onnx",
                    "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
                    35_858_002,
                ),
            ),
        ),
        ZooModel(
            "dfine-s",
            "objects of COCO's 80 classes, more exact",
            "detection.dnn_model",
            "Apache-2.0",
            "https://github.com/Peterande/D-FINE",
            (
                RemoteFile(
                    f"{_D_FINE}/model.onnx",
                    "b9e2e76610053aeeac3b2f1f685d8f9a1182a93a338f624b6c8cb7fb390cb532",
                    41_535_197,
                ),
            ),
        ),
        ZooModel(
            "pct-net",
            "colors of pasted objects",
            "harmonize.network",
            # The license of the authors' code and weights. The converter's MIT cannot replace it.
            "MPL-2.0",
            "https://github.com/rakutentech/PCT-Net-Image-Harmonization",
            (
                RemoteFile(
                    f"{_PCT_NET}/pct_net.onnx",
                    "5ac3c8f59ad3a58a55baae79f3886e06826e7acb932179aaed034b61d62f5997",
                    24_819_882,
                ),
            ),
        ),
    )
}
"""Every model by name."""
