"""Files named by settings count by their content."""

from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.settings import Settings
from nst_pipeline.style.finding.people import PEOPLE


def models(name: str, settings: Settings) -> dict[str, str]:
    return dict(BY_NAME[name].models(settings))


def test_most_assets_depend_on_no_network():
    assert models("composites", Settings()) == {}
    assert models("detections", Settings(detection={"methods": ["sidecar"]})) == {}


def test_the_networks_that_find_objects_are_identified_by_their_content(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    before = models("detections", Settings())
    assert set(before) == {"people"}
    PEOPLE.path.write_bytes(b"damaged")
    assert models("detections", Settings()) != before


def test_a_detector_file_is_identified_by_its_content(tmp_path):
    model = tmp_path / "detector.onnx"
    settings = Settings(detection={"dnn_model": str(model)})
    digests = []
    for content in (b"one", b"another", b"one"):
        model.write_bytes(content)
        digests.append(models("detections", settings)["detector"])
    assert digests[0] == digests[2] != digests[1]


def test_a_style_file_is_identified_by_its_content_and_a_keyword_has_no_digest(tmp_path):
    picture = tmp_path / "style.jpg"
    picture.write_bytes(b"picture")
    assert "style" in models("model_inputs", Settings(recipes={"style": str(picture)}))
    assert models("model_inputs", Settings(recipes={"style": "ring"})) == {}
