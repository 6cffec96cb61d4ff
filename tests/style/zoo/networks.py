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


def save_constant(path: Path, inputs, **answers) -> Path:
    """A network that gives the same answers to everything, each under its name."""
    nodes = [("Identity", [f"{name}_always"], [name], {}) for name in answers]
    constants = {f"{name}_always": answer for name, answer in answers.items()}
    outputs = {
        name: (INT64 if answer.dtype == np.int64 else FLOAT, answer.shape)
        for name, answer in answers.items()
    }
    return save_network(path, nodes, inputs, outputs, constants)


def save_yolox(path: Path, side: int = 64) -> Path:
    """YOLOX's signature; it sees a dog of 16 x 8 pixels around (32, 16), as a raw grid."""
    rows = np.zeros((1, (side // 8) ** 2 + (side // 16) ** 2 + (side // 32) ** 2, 85), np.float32)
    cell = (16 // 8) * (side // 8) + 32 // 8  # Row 2, column 4 of the finest grid.
    rows[0, cell, :5] = [0, 0, np.log(16 / 8), np.log(8 / 8), 0.9]
    rows[0, cell, 5 + 16] = 1
    return save_constant(path, {"images": [1, 3, side, side]}, output=rows)


def _seen():
    """One of 300 queries sees a dog in the middle of the upper half."""
    logits = np.full((1, 300, 80), -9, np.float32)
    boxes = np.zeros((1, 300, 4), np.float32)
    logits[0, 7, 16], boxes[0, 7] = np.log(9), [0.5, 0.5, 0.25, 0.25]
    return logits, boxes


def save_queries(path: Path) -> Path:
    """D-FINE's signature, as Hugging Face's transformers export it."""
    logits, boxes = _seen()
    inputs = {"pixel_values": ["batch", 3, "height", "width"]}
    return save_constant(path, inputs, logits=logits, pred_boxes=boxes)


def save_boxes(path: Path) -> Path:
    """RT-DETR's signature, as its authors export it, for photos of 200 x 100 pixels."""
    labels, scores = np.zeros((1, 300), np.int64), np.zeros((1, 300), np.float32)
    boxes = np.zeros((1, 300, 4), np.float32)
    labels[0, 7], scores[0, 7], boxes[0, 7] = 16, 0.9, [75, 37.5, 125, 62.5]
    inputs = {"images": ["batch", 3, 640, 640], "orig_target_sizes": (INT64, ["batch", 2])}
    return save_constant(path, inputs, labels=labels, boxes=boxes, scores=scores)


def _lighten(picture: str, mask: str, output: str):
    """Nodes that lighten the object by a quarter."""
    return [
        ("Mul", [mask, "quarter"], ["share"], {}),
        ("Add", ["share", "one"], ["factor"], {}),
        ("Mul", [picture, "factor"], [output], {}),
    ]


_LIGHTEN = {"quarter": np.float32(0.25), "one": np.float32(1)}


def save_harmonizer(path: Path, side=64) -> Path:
    """A harmonization network of two inputs that lightens the object by a quarter."""
    inputs = {"composite": [1, 3, side, side], "mask": [1, 1, side, side]}
    nodes = _lighten("composite", "mask", "harmonized")
    return save_network(path, nodes, inputs, {"harmonized": [1, 3, side, side]}, _LIGHTEN)


def save_joint_harmonizer(path: Path, side=64) -> Path:
    """The same with picture and mask as four channels."""
    nodes = [("Split", ["both", "parts"], ["picture", "mask"], {"axis": 1})]
    nodes += _lighten("picture", "mask", "harmonized")
    shapes = {"both": [1, 4, side, side]}, {"harmonized": [1, 3, side, side]}
    return save_network(path, nodes, *shapes, _LIGHTEN | {"parts": np.array([3, 1])})


def save_pct_net(path: Path) -> Path:
    """PCT-Net's signature; the object is lightened by a quarter, at the full size."""
    small, full = ["batch", "channels", 256, 256], ["batch", "channels", "height", "width"]
    inputs = {"image_lr": small, "image_fullres": full, "mask_lr": small, "mask_fullres": full}
    nodes = _lighten("image_fullres", "mask_fullres", "output")
    return save_network(path, nodes, inputs, {"output": full}, _LIGHTEN)
