import subprocess
import sys

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import MagentaSettings, Settings, Vgg19Settings
from nst_pipeline.style.models import models_status, prepare_models


def settings_with(weights: str, handle: str = "bundled") -> Settings:
    return Settings(magenta=MagentaSettings(handle=handle), vgg19=Vgg19Settings(weights=weights))


def test_the_status_of_missing_weights_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    magenta, trunk, people, classifier = models_status(Settings())
    vgg19 = models_status(Settings(vgg19=Vgg19Settings(network="vgg19")))[1]

    assert (magenta.name, magenta.handle, magenta.available) == ("magenta", "bundled", False)
    assert "nst models --build" in magenta.remedy
    assert (trunk.name, trunk.handle, trunk.available) == ("vgg16-edges", "bundled", False)
    assert "nst models --build" in trunk.remedy
    assert (vgg19.name, vgg19.handle, vgg19.available) == ("vgg19", "imagenet", False)
    assert f"_notop.h5 into {tmp_path}/models" in vgg19.remedy
    for built in people, classifier:
        assert "nst models --build" in built.remedy
    assert list(tmp_path.iterdir()) == []


def test_prepared_models_have_a_path_and_a_digest(vgg19_file, models_folder):
    for status in prepare_models(settings_with(str(vgg19_file))):
        assert status.available
        assert status.path is not None and status.path.exists()
        assert status.digest is not None and len(status.digest) == 64
        assert status.remedy == ""


@pytest.mark.slow
def test_the_trained_trunk_is_built_with_the_others(models_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    trunk = prepare_models(Settings())[1]

    assert (trunk.name, trunk.available) == ("vgg16-edges", True)
    assert trunk.path is not None and trunk.path.parent == models_folder


@pytest.mark.slow
def test_missing_vgg19_weights_do_not_keep_magenta_from_being_prepared(models_folder):
    magenta, vgg19, *_ = prepare_models(settings_with("/no/such.h5"))

    assert magenta.available
    assert not vgg19.available


def test_missing_magenta_is_an_error(tmp_path):
    with pytest.raises(ModelUnavailableError, match=r"magenta\.handle"):
        prepare_models(settings_with("/no/such.h5", handle=str(tmp_path)))


@pytest.mark.slow
def test_the_status_is_known_without_importing_tensorflow():
    code = (
        "import sys; from nst_pipeline.settings import Settings;"
        "from nst_pipeline.style.models import models_status; models_status(Settings());"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
