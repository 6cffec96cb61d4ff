"""Files named by settings count by their content."""

from nst_pipeline.pipeline.engine.graph import COMPOSITES, DETECTIONS, MODEL_INPUTS
from nst_pipeline.pipeline.engine.models import model_digests
from nst_pipeline.settings import Settings


def test_most_assets_depend_on_no_network():
    assert model_digests(COMPOSITES, Settings()) == {}
    assert model_digests(DETECTIONS, Settings()) == {}


def test_a_detector_counts_by_its_content(tmp_path):
    model = tmp_path / "detector.onnx"
    settings = Settings(detection={"dnn_model": str(model)})
    digests = []
    for content in (b"one", b"another", b"one"):
        model.write_bytes(content)
        digests.append(model_digests(DETECTIONS, settings)["detector"])
    assert digests[0] == digests[2] != digests[1]


def test_a_style_file_counts_by_its_content_and_a_word_does_not(tmp_path):
    picture = tmp_path / "style.jpg"
    picture.write_bytes(b"picture")
    assert "style" in model_digests(MODEL_INPUTS, Settings(recipes={"style": str(picture)}))
    assert model_digests(MODEL_INPUTS, Settings(recipes={"style": "ring"})) == {}
