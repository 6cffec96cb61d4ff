import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.store import (
    adopt_model,
    find_model,
    get_model,
    resolve_network,
    zoo_model,
)


@pytest.fixture
def own(tmp_path):
    """The user's copies of the files."""
    for name, content in (("mine.onnx", "sees"), ("left.onnx", "left"), ("right.onnx", "right")):
        (tmp_path / name).write_text(content)
    return tmp_path


def test_a_copy_under_any_name_becomes_the_model(zoo, own):
    assert find_model(zoo["eye"]) is None
    path = adopt_model(zoo["eye"], own / "mine.onnx")
    assert path.read_bytes() == b"sees" and path.name == "eye.onnx"
    assert find_model(zoo["eye"]) == resolve_network("eye", "cutout.network") == path


def test_a_model_of_two_files_is_a_folder(zoo, own):
    path = adopt_model(zoo["eyes"], own)
    assert sorted(each.name for each in path.iterdir()) == ["left.onnx", "right.onnx"]
    assert resolve_network("eyes", "detection.dnn_model") == path


def test_another_file_is_not_adopted(zoo, own):
    (own / "mine.onnx").write_text("lies")
    with pytest.raises(ModelUnavailableError, match=r"mine\.onnx is damaged.*eye\.onnx"):
        adopt_model(zoo["eye"], own / "mine.onnx")
    assert find_model(zoo["eye"]) is None


def test_a_folder_without_one_of_the_files_is_refused(zoo, own):
    (own / "right.onnx").unlink()
    with pytest.raises(ModelUnavailableError, match=r"right\.onnx is missing"):
        adopt_model(zoo["eyes"], own)
    assert find_model(zoo["eyes"]) is None


def test_what_is_here_needs_no_network(zoo, own):
    path = adopt_model(zoo["eye"], own / "mine.onnx")
    assert get_model(zoo["eye"]) == path


def test_without_a_network_the_remedy_is_a_file_from_elsewhere(zoo):
    with pytest.raises(ModelUnavailableError, match="nst models --get eye --from FILE"):
        get_model(zoo["eye"])
    with pytest.raises(ModelUnavailableError, match="nst models --get eyes --from FOLDER"):
        get_model(zoo["eyes"])


def test_a_file_that_was_damaged_later_is_found_out_when_it_is_used(zoo, own):
    adopt_model(zoo["eye"], own / "mine.onnx").write_text("lies")
    with pytest.raises(ModelUnavailableError, match=r"damaged.*nst models --get eye"):
        resolve_network("eye", "cutout.network")


def test_a_truncated_file_counts_as_missing(zoo, own):
    adopt_model(zoo["eye"], own / "mine.onnx").write_text("see")
    assert find_model(zoo["eye"]) is None
    with pytest.raises(ModelUnavailableError, match="not on this machine"):
        resolve_network("eye", "cutout.network")


def test_a_path_is_taken_as_it_is(zoo, own):
    assert resolve_network(str(own / "mine.onnx"), "cutout.network") == own / "mine.onnx"


def test_a_handle_that_names_nothing_lists_what_there_is(zoo):
    with pytest.raises(ModelUnavailableError, match=r"cutout\.network: eya .*one of eye$"):
        resolve_network("eya", "cutout.network")


def test_a_model_for_another_setting_is_refused(zoo):
    with pytest.raises(ModelUnavailableError, match=r"eyes is for detection\.dnn_model"):
        resolve_network("eyes", "cutout.network")


def test_an_unknown_name_is_answered_with_all_names(zoo):
    with pytest.raises(ModelUnavailableError, match="'ear': choose one of eye, eyes"):
        zoo_model("ear")
