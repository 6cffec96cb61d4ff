"""Files named by settings count by their content."""

import hashlib

from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.settings import Settings
from nst_pipeline.style.finding.people import PEOPLE
from nst_pipeline.style.zoo.table import ZOO


def models(name: str, settings: Settings) -> dict[str, str]:
    return dict(BY_NAME[name].models(settings))


def test_assets_depend_on_the_networks_that_they_use():
    assert models("composites", Settings()) == {}
    assert set(models("placements", Settings(detection={"methods": ["sidecar"]}))) == {
        "layout",
        "light_reader",
        "naturalness",
        "habitats",
        "classifier",
    }


def test_the_networks_that_find_and_name_objects_are_identified_by_their_content(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    before = models("detections", Settings())
    assert set(before) == {"people", "classifier", "cutout"}
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


def detector_digest(handle) -> str:
    return models("detections", Settings(detection={"dnn_model": str(handle)}))["detector"]


def test_a_folder_is_identified_by_the_content_of_all_its_files(tmp_path):
    (tmp_path / "variables").mkdir()
    for name in ("saved_model.pb", "variables/variables.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"weights")
    before = detector_digest(tmp_path)
    (tmp_path / "variables/variables.data-00000-of-00001").write_bytes(b"others!")
    assert detector_digest(tmp_path) != before


def test_a_url_is_identified_by_what_was_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    url = "https://127.0.0.1:9/detector/1"
    assert "detector" not in models("detections", Settings(detection={"dnn_model": url}))
    folder = tmp_path / hashlib.sha1(url.encode()).hexdigest()
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    assert detector_digest(url) == detector_digest(folder)


def test_a_name_of_the_zoo_is_identified_by_its_digest_even_before_it_is_here():
    assert detector_digest("yolox-s") == ZOO["yolox-s"].files[0].sha256


def test_a_style_file_is_identified_by_its_content_and_a_keyword_has_no_digest(tmp_path):
    picture = tmp_path / "style.jpg"
    picture.write_bytes(b"picture")
    assert "style" in models("model_inputs", Settings(recipes={"style": str(picture)}))
    assert models("model_inputs", Settings(recipes={"style": "ring"})) == {}
