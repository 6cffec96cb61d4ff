"""The zoo: strong networks that are not installed, by name; got on request, run by ONNX Runtime."""
