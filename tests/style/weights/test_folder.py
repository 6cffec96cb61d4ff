from pathlib import Path

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.weights.folder import build_once, models_root


def write_words(path: Path) -> None:
    path.write_text("weights")


def test_models_are_in_the_folder_of_nst_models(monkeypatch, tmp_path):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))

    assert models_root() == tmp_path


def test_a_model_is_built_once(tmp_path):
    built = build_once(tmp_path / "models" / "eyes.onnx", write_words)

    assert built.read_text() == "weights"
    assert build_once(built, lambda path: path.write_text("other")).read_text() == "weights"
    assert [path.name for path in built.parent.iterdir()] == ["eyes.onnx"]


def test_a_failed_build_leaves_nothing(tmp_path):
    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError("the weights end too soon")

    with pytest.raises(ValueError, match="too soon"):
        build_once(tmp_path / "eyes.onnx", fail)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    write_words(tmp_path / "file")

    with pytest.raises(ModelUnavailableError, match="set NST_MODELS"):
        build_once(tmp_path / "file" / "eyes.onnx", write_words)
