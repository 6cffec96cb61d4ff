"""Tiny ONNX files with the inputs and outputs of the zoo's networks."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def save_network(path: Path, nodes, inputs, outputs, constants=None, opsets=(("", 17),)) -> Path:
    """Write a network.

    `nodes` are (operation, inputs, outputs, attributes). `inputs` and `outputs` map names to
    shapes, or to a type and a shape, `constants` to arrays.
    """

    def values(described):
        for name, shape in described.items():
            kind, axes = shape if isinstance(shape, tuple) else (FLOAT, shape)
            yield helper.make_tensor_value_info(name, kind, axes)

    graph = helper.make_graph(
        [helper.make_node(op, taken, made, **attributes) for op, taken, made, attributes in nodes],
        "tiny",
        list(values(inputs)),
        list(values(outputs)),
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*each) for each in opsets])
    model.ir_version = 9
    onnx.save(model, path)
    return path


def save_salient(path: Path, side: int, *, logits: bool = False) -> Path:
    """A salient object network that calls red what is an object.

    Its output is the red channel of its input, after a sigmoid unless `logits`.
    """
    nodes = [("Slice", ["picture", "start", "end", "axis"], ["red"], {})]
    nodes += [("Identity" if logits else "Sigmoid", ["red"], ["object"], {})]
    constants = {"start": np.array([0]), "end": np.array([1]), "axis": np.array([1])}
    shapes = {"picture": [1, 3, side, side]}, {"object": [1, 1, side, side]}
    return save_network(path, nodes, *shapes, constants)


def _save_encoder(path: Path, name: str, shape) -> None:
    """An encoder whose embedding is the picture's mean, everywhere."""
    axes = {"axes": list(range(len(shape))), "keepdims": 0}
    nodes = [("ReduceMean", [name], ["mean"], axes)]
    nodes += [("Mul", ["mean", "ones"], ["image_embeddings"], {})]
    embedding = [1, 256, 64, 64]
    constants = {"ones": np.ones(embedding, np.float32)}
    save_network(path, nodes, {name: shape}, {"image_embeddings": embedding}, constants)


def _box_masks(points: str, masks: str, axes: list[int]):
    """Nodes that answer with the box between the first two points, as the second of three masks.

    The other two are its complement; the decoder expects most of the second.
    """
    return [
        ("Cast", ["orig_im_size"], ["whole_size"], {"to": INT64}),
        ("Split", ["whole_size"], ["height", "width"], {}),
        ("Squeeze", ["height"], ["rows"], {}),
        ("Squeeze", ["width"], ["columns"], {}),
        ("Range", ["zero", "rows", "one"], ["row"], {}),
        ("Range", ["zero", "columns", "one"], ["column"], {}),
        ("Cast", ["row"], ["y_flat"], {"to": FLOAT}),
        ("Cast", ["column"], ["x"], {"to": FLOAT}),
        ("Unsqueeze", ["y_flat", "last"], ["y"], {}),
        ("Reshape", [points, "four"], ["corners"], {}),
        ("Split", ["corners"], ["left", "top", "right", "bottom"], {}),
        ("Sub", ["x", "left"], ["from_left"], {}),
        ("Sub", ["y", "top"], ["from_top"], {}),
        ("Sub", ["right", "x"], ["to_right"], {}),
        ("Sub", ["bottom", "y"], ["to_bottom"], {}),
        ("Min", ["from_left", "from_top", "to_right", "to_bottom"], ["distance"], {}),
        ("Sub", ["distance", "half"], ["inside"], {}),
        ("Neg", ["inside"], ["outside"], {}),
        *[("Unsqueeze", [each, "axes"], [f"{each}_mask"], {}) for each in ("inside", "outside")],
        (
            "Concat",
            ["outside_mask", "inside_mask", "outside_mask"],
            [masks],
            {"axis": len(axes) - 1},
        ),
        ("Identity", ["expected"], ["iou_predictions"], {}),
    ]


def _box_constants(axes: list[int]):
    return {
        "zero": np.int64(0),
        "one": np.int64(1),
        "last": np.array([1]),
        "four": np.array([4]),
        "half": np.float32(0.5),
        "axes": np.array(axes),
        "expected": np.float32([0.2, 0.9, 0.1]).reshape(*[1] * (len(axes) - 1), 3),
    }


def save_sam(folder: Path) -> Path:
    """MobileSAM's signature; the object that it finds fills the box."""
    _save_encoder(folder / "sam_encoder.onnx", "input_image", ["height", "width", 3])
    in_pixels = [
        ("ReduceMax", ["orig_im_size"], ["longest"], {}),
        ("Div", ["longest", "side"], ["scale"], {}),
        ("Mul", ["point_coords", "scale"], ["points"], {}),
    ]
    axes = [0, 1]
    inputs = {
        "image_embeddings": [1, 256, 64, 64],
        "point_coords": [1, "points", 2],
        "point_labels": [1, "points"],
        "mask_input": [1, 1, 256, 256],
        "has_mask_input": [1],
        "orig_im_size": [2],
    }
    outputs = {"masks": [1, 3, "height", "width"], "iou_predictions": [1, 3]}
    constants = _box_constants(axes) | {"side": np.float32(1024)}
    nodes = [*in_pixels, *_box_masks("points", "masks", axes)]
    save_network(folder / "sam_decoder.onnx", nodes, inputs, outputs, constants)
    return folder


def save_efficient_sam(folder: Path) -> Path:
    """EfficientSAM's signature; the object that it finds fills the box."""
    shape = ["batch", 3, "height", "width"]
    _save_encoder(folder / "efficient_encoder.onnx", "batched_images", shape)
    axes = [0, 1, 2]
    inputs = {
        "image_embeddings": [1, 256, 64, 64],
        "batched_point_coords": [1, 1, "points", 2],
        "batched_point_labels": [1, 1, "points"],
        "orig_im_size": (INT64, [2]),
    }
    outputs = {"output_masks": [1, 1, 3, "height", "width"], "iou_predictions": [1, 1, 3]}
    nodes = _box_masks("batched_point_coords", "output_masks", axes)
    decoder = folder / "efficient_decoder.onnx"
    save_network(decoder, nodes, inputs, outputs, _box_constants(axes))
    return folder
