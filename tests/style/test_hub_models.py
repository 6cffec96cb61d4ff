import hashlib

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.hub_models import find_saved_model, obtain_saved_model, saved_model_digest

URL = "http://127.0.0.1:9/some/model/1"
FOR_MESSAGES = {"setting": "magenta.handle", "alternative": "leave the setting empty"}


def written(folder):
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


def test_a_folder_is_found_if_it_holds_a_saved_model(tmp_path):
    folder = written(tmp_path / "model")

    assert find_saved_model(str(folder)) == folder
    assert find_saved_model(str(tmp_path)) is None


def test_a_url_is_found_in_tensorflow_hubs_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert find_saved_model(URL) is None

    folder = written(tmp_path / hashlib.sha1(URL.encode()).hexdigest())

    assert obtain_saved_model(URL, **FOR_MESSAGES) == folder


@pytest.mark.slow
def test_the_cache_folder_is_the_one_that_tensorflow_hub_uses(tmp_path, monkeypatch):
    import tensorflow_hub as hub

    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    written(tmp_path / hashlib.sha1(URL.encode()).hexdigest())

    assert hub.resolve(URL) == str(find_saved_model(URL))


def test_a_missing_model_is_named_with_its_setting_and_the_remedy(tmp_path):
    with pytest.raises(
        ModelUnavailableError, match=r"magenta\.handle: .*is not a SavedModel.*empty"
    ):
        obtain_saved_model(str(tmp_path), **FOR_MESSAGES)
    with pytest.raises(ModelUnavailableError, match=r"does not answer: go online once.*empty"):
        obtain_saved_model(URL, **FOR_MESSAGES)


def test_the_digest_covers_the_variables_or_else_the_graph(tmp_path):
    folder = written(tmp_path / "model")
    assert saved_model_digest(folder) == hashlib.sha256(b"graph").hexdigest()

    (folder / "variables").mkdir()
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(b"numbers")

    assert saved_model_digest(folder) == hashlib.sha256(b"numbers").hexdigest()
