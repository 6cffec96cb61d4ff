import dagster as dg
import pytest
from skimage import data

from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.sweep import sweep_job
from nst_pipeline.vision.images.png import decode_png, encode_png


@pytest.fixture
def root(tmp_path, vgg19_file):
    """A data root with two photos, where VGG19 takes one step."""
    settings = f"[vgg19]\nweights = '{vgg19_file}'\nside = 48\nsteps = 1\n"
    (tmp_path / "nst.toml").write_text(settings)
    (tmp_path / "scenes").mkdir()
    for name, photo in (("cup", data.coffee()), ("cat", data.chelsea())):
        (tmp_path / f"scenes/{name}.png").write_bytes(encode_png(photo[::4, ::4]))
    return tmp_path


def sweep(root, **config) -> dg.ExecuteInProcessResult:
    return sweep_job.execute_in_process(
        run_config={"ops": {"sweep_vgg19": {"config": config}}},
        resources={"collection": CollectionResource(data=str(root))},
        raise_on_error=False,
    )


def test_the_sheet_has_a_cell_for_every_pair_of_weights(root):
    given = {"content": "scenes/cup.png", "style": "scenes/cat.png", "cell_px": 64}
    done = sweep(root, **given, content_weights=[1e-8], style_weights=[1e-6, 1e-5])
    assert done.success
    (output,) = (event for event in done.all_events if event.event_type_value == "STEP_OUTPUT")
    metadata = output.step_output_data.metadata
    assert len(metadata["losses"].records) == 2
    assert metadata["sheet"].value.startswith("![sheet](data:image/webp")
    sheet = decode_png((root / "sweeps/cup-as-cat.png").read_bytes())
    assert sheet.shape[1] >= 2 * 64


def test_a_missing_picture_is_named(root):
    done = sweep(root, content="scenes/nowhere.png", style="scenes/cat.png")
    assert not done.success
    (failure,) = (event for event in done.all_events if event.event_type_value == "STEP_FAILURE")
    assert "scenes/nowhere.png cannot be read" in str(failure.event_specific_data)
